"""Draws the pictures of the report that the README shows.

    make qualify && python docs/screenshots.py

Needs Chromium. The report is the one in ``reports/``, or in the folder that is given.
"""

import argparse
import shutil
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

IMAGES = Path(__file__).parent / "images"
WIDTH = 1180


def take(report: Path, folder: Path) -> list[Path]:
    """Write a picture of each place of the report in both themes, and return their paths."""
    folder.mkdir(exist_ok=True)
    taken = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for theme in ("light", "dark"):
            context = browser.new_context(
                viewport={"width": WIDTH, "height": 820}, color_scheme=theme
            )
            page = context.new_page()
            page.goto(report.resolve().as_uri())
            for name, show in {"verdict": _verdict, "charts": _charts}.items():
                show(page)
                path = folder / f"report-{name}-{theme}.png"
                page.screenshot(path=path)
                taken.append(path)
            context.close()
        browser.close()
    return taken


def _verdict(page: Page) -> None:
    page.evaluate("scrollTo(0, 0)")


def _charts(page: Page) -> None:
    page.locator("#numbers").scroll_into_view_if_needed()
    page.locator("#chart-trade-off svg").wait_for()
    page.evaluate("document.querySelector('#numbers').scrollIntoView()")
    page.wait_for_timeout(300)  # until the charts have found their width


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("reports", nargs="?", default="reports", type=Path)
    for path in take(parser.parse_args().reports / "index.html", IMAGES):
        print(path)
