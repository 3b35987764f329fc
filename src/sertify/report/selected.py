"""Writes what a program needs to use the selected candidate."""

from contextlib import suppress
from pathlib import Path

from sertify.report.results.model.results import Results
from sertify.report.results.model.selected import SelectedFile
from sertify.vocabulary.files import write_whole


def write_selected(results: Results, folder: Path) -> Path | None:
    """Write selected/selected.json, or remove that of an earlier run where nothing is selected.

    None where there is nothing to write; a program must not go on with what is out of date.
    """
    path = folder / "selected" / "selected.json"
    try:
        found = SelectedFile.of(results)
        if found is not None:
            path.parent.mkdir(exist_ok=True)
            write_whole(path, found.text())
            return path
    except BaseException:
        _remove(path)
        raise
    _remove(path)
    return None


def _remove(path: Path) -> None:
    if path.parent.is_dir():
        path.unlink(missing_ok=True)
        with suppress(OSError):  # others may keep something there
            path.parent.rmdir()
