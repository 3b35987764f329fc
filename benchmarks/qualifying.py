"""Runs of sertify, called as users call it, and what they leave behind."""

import sqlite3
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from benchmarks.processes import ROOT, Finished, run
from sertify.evidence.labelling import Labelling

__all__ = [
    "JUDGED",
    "REFUSED",
    "Qualification",
    "answers",
    "new_rows",
    "stored",
    "write_candidates",
]

JUDGED = (0, 1)
"""Exit statuses of a run that judged: random models may be rejected."""
REFUSED = (4, 5)
"""Exit statuses where candidates.yaml or the options are refused, or no check is chosen."""

# Nothing may end a random model's way: what counts is that it is asked.
_NO_LIMITS = (
    "top_share", "entropy", "effective_emotions", "consistency", "coverage", "uar", "class_share",
)  # fmt: skip


def write_candidates(path: Path, models: dict[str, Path], **keys: Any) -> Path:
    """Write a candidates.yaml of these models that has no limits; ``keys`` go to each entry."""
    content = {
        "requirements": dict.fromkeys(_NO_LIMITS),
        "candidates": [
            {"name": name, "model": str(folder), **keys} for name, folder in models.items()
        ],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return path


@dataclass(frozen=True)
class Qualification:
    """A run of sertify in a folder of its own, where its reports and pytest's cache are."""

    candidates: Path
    data: Path | None
    folder: Path

    @property
    def reports(self) -> Path:
        """Where evidence and reports are."""
        return self.folder / "reports"

    @property
    def cache(self) -> Path:
        """Where pytest's cache is, and in it the predictions."""
        return self.folder / "cache"

    def run(self, *arguments: str, accept: Sequence[int] = JUDGED) -> Finished:
        """Judge; a second time in the same folder finds what the first one kept."""
        command: list[str | Path] = [
            sys.executable, "-m", "pytest", ROOT / "tests" / "checks", "-q",
            "--candidates", self.candidates, "--reports", self.reports,
            "-o", f"cache_dir={self.cache}", *arguments,
            *(("--data", self.data) if self.data else ()),
        ]  # fmt: skip
        return run(command, accept=accept)


def answers(reports: Path) -> dict[str, Labelling]:
    """Return what each candidate said of each clip, in the order of the clips' names."""
    with closing(sqlite3.connect(reports / "evidence.sqlite")) as connection:
        rows = connection.execute("SELECT candidate, answers FROM answers").fetchall()
    return {name: Labelling.unpack(packed) for name, packed in rows}


def stored(cache: Path) -> Counter[str]:
    """Return the number of rows of each table of the stores in pytest's cache.

    This is the place that knows what a store of predictions looks like: SQLite files, with a row
    for each answer.
    """
    found: Counter[str] = Counter()
    for path in cache.rglob("*"):
        if path.is_file() and _is_database(path):
            found += _rows(path)
    return found


def _is_database(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(15) == b"SQLite format 3"


def _rows(path: Path) -> Counter[str]:
    with closing(sqlite3.connect(path)) as connection:
        query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
        names = [name for (name,) in connection.execute(query)]
        counts = {n: connection.execute(f'SELECT count(*) FROM "{n}"').fetchone()[0] for n in names}
    return Counter(counts)


def new_rows(before: Counter[str], after: Counter[str]) -> int:
    """Return how many answers were computed between two counts: one row each, of one table."""
    added = after - before
    return max(added.values(), default=0)
