"""Writes what a run concludes: results.json, index.html, summary.md."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sertify.report import summary
from sertify.report.page import page


def write(
    results: Mapping[str, Any], folder: Path, audio: Mapping[str, str] | None = None
) -> dict[str, Path]:
    """Write all reports into a folder and return their paths by what they are.

    ``audio`` are the recordings that the page plays, as :func:`recordings.recorded` returns them.
    Where ``GITHUB_STEP_SUMMARY`` names a file, the summary is appended to it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    told = summary.render(results)
    texts = {
        "results.json": json.dumps(results, indent=2, ensure_ascii=False, allow_nan=False) + "\n",
        "summary.md": told,
        "index.html": page.render(results, audio),
    }
    for name, text in texts.items():
        _replace(folder / name, text)
    if step := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(step).open("a", encoding="utf-8") as file:
            file.write(told)
    return {"report": folder / "index.html", "numbers": folder / "results.json"}


def _replace(path: Path, text: str) -> None:
    """Write a file such that nobody ever reads half of it."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(text, encoding="utf-8", errors="backslashreplace")
    draft.replace(path)
