"""Writes what a run concludes: results.json, index.html, summary.md."""

import os
from collections.abc import Mapping
from pathlib import Path

from sertify.report import summary
from sertify.report.page import page
from sertify.report.results.model.results import Results
from sertify.vocabulary.files import write_whole


def write_reports(
    results: Results, folder: Path, audio: Mapping[str, str] | None = None
) -> dict[str, Path]:
    """Write all reports into a folder and return their paths by what they are.

    ``audio`` are the recordings that the page plays, as :func:`recordings.recorded` returns them.
    Where ``GITHUB_STEP_SUMMARY`` names a file, the summary is appended to it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    in_markdown = summary.draw_summary(results)
    write_whole(folder / "results.json", results.text())
    write_whole(folder / "summary.md", in_markdown)
    write_whole(folder / "index.html", page.draw_page(results, audio))
    if step := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(step).open("a", encoding="utf-8") as file:
            file.write(in_markdown)
    return {"report": folder / "index.html", "numbers": folder / "results.json"}
