"""How many processes ``-n auto`` stands for."""

import psutil
import pytest

from sertify.evidence.environment import usable_cores
from sertify.plugin.collection import Candidates
from sertify.plugin.options import candidates_file

__all__ = ["fastest", "number_of_workers"]

ROOM = 2.5e9
"""Bytes that a worker needs for a model of 316 million weights, and for asking it."""


def fastest(config: pytest.Config) -> int:
    """Return how many workers judge the candidates of a run in the least time on this machine."""
    candidates = len(Candidates(candidates_file(config)).all())
    return number_of_workers(candidates, usable_cores(), psutil.virtual_memory().available)


def number_of_workers(candidates: int, cores: int, memory: float) -> int:
    """Return 0 where this process alone is as fast: a candidate is never shared out.

    Answers take as long in several processes as in as many threads of one. What only one core can
    do (imports, loading, statistics) takes less time in several; measured in docs/performance.md.

    >>> number_of_workers(13, cores=4, memory=32e9)
    4
    >>> number_of_workers(13, cores=4, memory=6e9)
    2
    >>> number_of_workers(1, cores=4, memory=32e9)
    0
    """
    workers = min(candidates, cores, int(memory // ROOM))
    return workers if workers > 1 else 0
