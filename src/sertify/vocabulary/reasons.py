"""The codes by which a candidate is rejected or blocked, what each means and what to do.

They stand in reasons.toml beside this, and are part of the contract with whoever reads
``junit.xml``, ``results.json`` or writes ``reason:`` into ``candidates.yaml``: codes are added,
never renamed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from sertify.vocabulary.files import read_words


@dataclass(frozen=True)
class Reason:
    """One way to be turned down.

    ``fault`` is whether the model is at fault; else it could not be judged, or not in this run.
    """

    code: str
    meaning: str
    cure: str
    fault: bool = True


_TABLE: Mapping[str, Mapping[str, list[Any]]] = read_words(__file__)

REASONS: Mapping[str, Reason] = MappingProxyType(
    {code: Reason(code, *row) for rows in _TABLE.values() for code, row in rows.items()}
)
"""Every reason code, by code."""

QUALIFIED = ("not_robust", "unfair", "low_worst_group")
"""The codes that never stand alone: behind a colon is of what, as in ``not_robust:phone``."""


def reason_of(code: str) -> Reason:
    """Return the reason of a code; ``KeyError`` where there is none.

    >>> reason_of("unfair:accent").code, reason_of("random_head").fault
    ('unfair:accent', True)
    """
    reason = REASONS[_plain(code)]
    return replace(reason, code=code)


def meaning(code: str) -> str:
    """Say what a code means; nothing where no version knows it."""
    known = _plain(code)
    return REASONS[known].meaning if known in REASONS else ""


def gate_of(code: str) -> str | None:
    """Return the gate that rejects a candidate for a reason; None where that is none.

    >>> gate_of("not_robust:phone"), gate_of("timed_out"), gate_of("chance_level:x")
    ('robustness', None, None)
    """
    return GATE_OF.get(_plain(code))


def _plain(code: str) -> str:
    plain, _, what = code.partition(":")
    return plain if what and plain in QUALIFIED else code


GATE_OF: Mapping[str, str] = MappingProxyType(
    {code: gate for gate, rows in _TABLE.items() if gate != "others" for code in rows}
)
"""The gate that rejects a candidate for a reason, by code."""
