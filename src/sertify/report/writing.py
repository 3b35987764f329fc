"""Writes what a run concludes: results.json, index.html, summary.md, selected/selected.json."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from sertify.report import selected, summary
from sertify.report.page import page
from sertify.report.results.model.results import Results
from sertify.vocabulary.files import write_whole
from sertify.vocabulary.logins import without_logins
from sertify.vocabulary.text import clean

# What `sertify report` writes, too.
_DRAWN = ("report", "numbers", "summary", "deployment", "model card")
# What nobody looks for on a terminal, as long as it is there.
_SILENT = ("summary", "summary of the job", "benchmarks")


@dataclass
class Written:
    """Where reports are, and why others are not, by what they are; none costs the others."""

    paths: dict[str, Path] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)

    def attempt(self, name: str, path: Path, write: Callable[[], object]) -> None:
        """Write one, and note what became of it."""
        try:
            write()
        except Exception as error:
            why = f"{path} could not be written ({_why(error)})"
            self.missing[name] = clean(without_logins(why))
        else:
            self.paths[name] = path

    def whole(self, name: str, path: Path, draw: Callable[[], str]) -> None:
        """Draw one, and write it all or nothing."""
        self.attempt(name, path, lambda: write_whole(path, draw()))

    def add(self, other: "Written") -> None:
        """Note what became of others."""
        self.paths |= other.paths
        self.missing |= other.missing

    def told(self) -> Iterator[tuple[str, Path]]:
        """Yield what is written, for a terminal."""
        yield from ((name, path) for name, path in self.paths.items() if name not in _SILENT)

    def complaints(self) -> Iterator[str]:
        """Yield a line on each that is missing: why, and what to do."""
        for name, why in self.missing.items():
            again = "`sertify report` draws it again" if name in _DRAWN else "run it again"
            yield f"{name} is missing: {why}; mend that, then {again}"


def write_reports(
    results: Results,
    folder: Path,
    audio: Mapping[str, str] | None = None,
    *,
    beginning: bool = False,
) -> Written:
    """Write all reports into a folder.

    ``audio`` are the recordings that the page plays, as :func:`recordings.recorded` returns them.
    Where ``GITHUB_STEP_SUMMARY`` names a file, the summary is appended to it, but not at the
    ``beginning`` of a run.
    """
    with suppress(OSError):  # each says so itself
        folder.mkdir(parents=True, exist_ok=True)
    written = Written()
    written.whole("report", folder / "index.html", lambda: page.draw_page(results, audio))
    written.whole("numbers", folder / "results.json", results.text)
    written.whole("summary", folder / "summary.md", lambda: summary.draw_summary(results))
    path = folder / "selected" / "selected.json"
    written.attempt("deployment", path, lambda: selected.write_selected(results, folder))
    if not path.exists():  # nothing was selected
        written.paths.pop("deployment", None)
    step = os.environ.get("GITHUB_STEP_SUMMARY")
    if step and not beginning:
        path = Path(step)
        written.attempt("summary of the job", path, lambda: _append(path, results))
    return written


def _append(path: Path, results: Results) -> None:
    with path.open("a", encoding="utf-8", errors="backslashreplace") as file:
        file.write(summary.draw_summary(results))


def _why(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return f"{type(error).__name__}: {error}".partition("\n")[0]
