"""How long the page takes to answer its reader, with many candidates on it.

    python -m benchmarks.page [--candidates 100] [--rounds 10] [--robustness]

Each interaction is timed in headless Chromium from the event to the frame that shows its effect.
"""

import argparse
import json
import shutil
import statistics
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from sertify.report.page import page
from tests.meta.drawn_gates import crowd_heard_again
from tests.meta.drawn_results import as_results, crowd

__all__ = ["measure"]

_INTERACTIONS = {
    "filter by text": "const e = document.querySelector('#filter [name=text]');"
    " e.value = i % 2 ? 'model-9' : ''; e.dispatchEvent(new Event('input', {bubbles: true}));",
    "filter by status": "const e = document.querySelector('#filter [name=status]');"
    " e.selectedIndex = i % 3; e.dispatchEvent(new Event('input', {bubbles: true}));",
    "sort": "document.querySelectorAll('table.gates th button')[i % 6].click();",
    "open a cell": "document.querySelector('dialog').close();"
    " document.querySelectorAll('table.gates a.sign')[i].click();",
    "point at a candidate": "document.querySelectorAll('table.gates tbody tr')[i]"
    ".dispatchEvent(new PointerEvent('pointerover', {bubbles: true}));",
}
_TIMED = """async ([action, rounds]) => {
    const act = new Function("i", action);
    const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    const times = [];
    for (let i = 0; i < rounds; i++) {
        await frame();
        const start = performance.now();
        act(i);
        await frame();
        times.push(performance.now() - start);
    }
    return times;
}"""


def measure(candidates: int, rounds: int, *, robustness: bool = False) -> dict[str, Any]:
    """Return milliseconds by interaction, median and worst, and the size of the page in bytes.

    With ``robustness``, half of the candidates were heard in the usual conditions, too.
    """
    results = crowd_heard_again(candidates) if robustness else crowd(candidates)
    text = page.draw_page(as_results(results))
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = Path(folder) / "index.html"
        file.write_text(text, "utf-8")
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        # The policy of the page forbids what measures it.
        opened = browser.new_context(bypass_csp=True).new_page()
        opened.goto(file.as_uri())
        opened.locator("#chart-trade-off").scroll_into_view_if_needed()
        opened.locator("#chart-trade-off svg").wait_for()
        if robustness:
            opened.locator("#chart-kind-0").scroll_into_view_if_needed()
            opened.locator("#chart-kind-0 svg").wait_for()
        found = {
            name: opened.evaluate(_TIMED, [act, rounds]) for name, act in _INTERACTIONS.items()
        }
        browser.close()
    times = {
        name: {"median": round(statistics.median(one), 1), "worst": round(max(one), 1)}
        for name, one in found.items()
    }
    return {"candidates": candidates, "bytes": len(text.encode()), "milliseconds": times}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--candidates", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--robustness", action="store_true")
    given = parser.parse_args()
    found = measure(given.candidates, given.rounds, robustness=given.robustness)
    print(json.dumps(found, indent=2))
