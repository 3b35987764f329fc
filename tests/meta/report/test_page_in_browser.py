"""The page in a real browser: it draws, sorts, filters, and nothing in it gets out of hand."""

import base64
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from sertify.report.page import page
from tests.meta.drawn_gates import both_gates, crowd_heard_again, hostile_gates, streamed
from tests.meta.drawn_results import (
    HOSTILE,
    Content,
    as_results,
    crowd,
    five_qualify,
    hostile_names,
    nothing_qualifies,
    several_corpora,
    without_corpus,
    without_truth,
)

pytestmark = pytest.mark.slow(1.5)

EVERY = {
    "results": five_qualify,
    "nothing_qualified": nothing_qualifies,
    "no_corpus": without_corpus,
    "no_truth": without_truth,
    "several": several_corpora,
    "hostile": hostile_names,
    "both_gates": both_gates,
    "hostile_gates": hostile_gates,
}
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}
# As root, Chromium runs without its sandbox or not at all; it is to ask nobody for updates.
SWITCHES = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium as the system has it."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("needs a browser: install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=SWITCHES)
        yield browser
        browser.close()


@dataclass
class Opened:
    """A page, and what it said and asked for."""

    page: Page
    said: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def rows(self) -> list[str]:
        """Return the names in the matrix that can be seen, from top to bottom."""
        return self.page.locator("table.gates tbody tr:visible th").all_inner_texts()

    def opened(self) -> "Opened":
        """Unfold everything, and wait until what is in it is drawn."""
        self.page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        self.page.evaluate("dispatchEvent(new Event('beforeprint'))")
        self.page.wait_for_function(
            "document.querySelectorAll('figure.chart:not(:has(svg))').length === 0"
        )
        return self


Open = Callable[..., Opened]


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Open results as a page from the disk."""
    contexts = []

    def show(results: Content, **options: Any) -> Opened:
        file = tmp_path / "index.html"
        file.write_text(page.draw_page(as_results(results)), "utf-8", errors="backslashreplace")
        context = browser.new_context(**{"viewport": DESKTOP, **options})
        contexts.append(context)
        opened = Opened(context.new_page())
        opened.page.on("console", lambda message: opened.said.append(message.text))
        opened.page.on("pageerror", lambda error: opened.said.append(str(error)))
        opened.page.on("dialog", lambda dialog: opened.said.append(dialog.message))
        opened.page.on("request", lambda request: opened.requests.append(request.url))
        opened.page.goto(file.as_uri())
        return opened

    yield show
    for context in contexts:
        context.close()


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_page_draws_without_an_error_or_a_request(
    show: Open, name: str, viewport: dict[str, int]
) -> None:
    opened = show(EVERY[name](), viewport=viewport).opened()
    assert opened.said == []
    assert [url for url in opened.requests if not url.startswith("file:")] == []
    assert len(opened.requests) == 1
    width = opened.page.evaluate("document.documentElement.scrollWidth")
    assert width <= viewport["width"]


@pytest.mark.parametrize(
    ("name", "scheme"),
    [
        ("results", "light"),
        ("no_truth", "dark"),
        ("nothing_qualified", "light"),
        ("hostile", "dark"),
        ("both_gates", "light"),
        ("both_gates", "dark"),
    ],
)
def test_page_is_accessible(show: Open, name: str, scheme: str) -> None:
    opened = show(EVERY[name](), color_scheme=scheme).opened()
    # What passes is of no matter, and would be told of each element.
    options = {"resultTypes": ["violations"]}
    found = Axe().run(opened.page, options=options).response["violations"]
    grave = [one for one in found if one["impact"] in ("serious", "critical")]
    said = [(one["id"], [node["html"][:200] for node in one["nodes"]][:3]) for one in grave]
    assert said == []


# Counts the pixels of a picture that are not of the colour of its corner.
COUNT = """async (source) => {
    const picture = new Image();
    picture.src = source;
    await picture.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [picture.width, picture.height];
    const context = canvas.getContext("2d");
    context.drawImage(picture, 0, 0);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    const differs = (i) => [0, 1, 2].some((c) => Math.abs(data[i + c] - data[c]) > 24);
    let count = 0;
    for (let i = 0; i < data.length; i += 4) count += differs(i);
    return count / (data.length / 4);
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_charts_are_drawn(show: Open, browser: Browser, scheme: str) -> None:
    opened = show(five_qualify(), color_scheme=scheme).opened()
    figures = opened.page.locator("figure.chart").all()
    assert len(figures) == 2 + 5 * 6
    blank = browser.new_page()
    for figure in figures[:7:2]:
        picture = base64.b64encode(figure.locator("svg").screenshot()).decode()
        drawn = blank.evaluate(COUNT, f"data:image/png;base64,{picture}")
        assert 0.005 < drawn < 0.6, figure.get_attribute("id")
    blank.close()


def test_chart_marks_each_candidate_at_its_value(show: Open) -> None:
    results = five_qualify()
    opened = show(results).opened()
    marks = opened.page.locator("#chart-uar [aria-roledescription=point]")
    said = [mark.get_attribute("aria-label") or "" for mark in marks.all()]
    ordered = sorted(results["candidates"][:5], key=lambda one: -one["numbers"]["uar"]["value"])
    assert len(said) == 5
    for one in ordered:
        value = one["numbers"]["uar"]["value"]
        assert any(one["name"] in text and f"{value:.2f}" in text for text in said), said
    trade_off = opened.page.locator("#chart-trade-off [aria-roledescription=point]")
    assert trade_off.count() == 5


def test_chart_shows_another_part_of_the_speech(show: Open) -> None:
    opened = show(several_corpora()).opened()
    marks = opened.page.locator("#chart-uar [aria-roledescription=point]")
    before = [mark.get_attribute("aria-label") for mark in marks.all()]
    opened.page.locator("select[data-param=part]").select_option("emodb")
    opened.page.wait_for_function(
        "old => document.querySelector('#chart-uar [aria-roledescription=point]')"
        ".getAttribute('aria-label') !== old",
        arg=before[0],
    )
    assert len(before) == marks.count() == 5


def test_matrix_is_filtered(show: Open) -> None:
    results = five_qualify()
    results["candidates"][0]["languages"] = ["ko", "en"]
    opened = show(results).opened()
    status = opened.page.locator("#filter [name=status]")
    status.select_option("tied")
    assert opened.rows() == ["hubert-base"]
    assert opened.page.locator("article.candidate:visible").count() == 1
    assert opened.page.locator("#filter output").inner_text() == "1 of 11 candidates"
    status.select_option("")
    opened.page.locator("#filter [name=language]").select_option("ko")
    assert opened.rows() == ["hubert-base"]
    opened.page.locator("#chart-uar [aria-roledescription=point]").nth(1).wait_for(state="detached")
    opened.page.get_by_role("button", name="Show all").click()
    opened.page.locator("#filter [name=labels]").fill("4")
    assert len(opened.rows()) == 5
    opened.page.locator("#filter [name=labels]").fill("")
    opened.page.locator("#filter [name=text]").fill("RANDOM_head")
    assert opened.rows() == ["dawn"]
    opened.page.locator("#filter [name=text]").fill("nothing is called so")
    assert opened.rows() == []
    assert opened.said == []


def test_matrix_is_sorted(show: Open) -> None:
    opened = show(five_qualify())
    ranked = opened.rows()
    heading = opened.page.locator("table.gates").get_by_role("columnheader", name="Candidate")
    heading.get_by_role("button").click()
    assert opened.rows() == sorted(ranked)
    assert heading.get_attribute("aria-sort") == "ascending"
    heading.get_by_role("button").press("Enter")
    assert opened.rows() == sorted(ranked, reverse=True)
    gate = opened.page.locator("table.gates").get_by_role("button", name="Degeneracy")
    gate.click()
    signs = opened.page.locator("table.gates tbody td:nth-child(4)").all_inner_texts()
    assert [text.split()[-1] for text in signs] == sorted(
        (text.split()[-1] for text in signs), key=["pass", "fail", "reached"].index
    )
    assert heading.get_attribute("aria-sort") is None
    numbers = opened.page.locator("section[aria-labelledby=numbers] table")
    times = "tbody td:nth-child(7)"
    numbers.get_by_role("button", name="Time per segment").click()
    assert numbers.locator(times).first.inner_text() == "0.012 s"


def test_cell_of_the_matrix_opens_what_was_measured(show: Open) -> None:
    opened = show(five_qualify())
    cell = opened.page.locator("table.gates tr:has-text('always-neutral') td:nth-child(4) a")
    cell.press("Enter")
    dialog = opened.page.locator("dialog")
    assert dialog.is_visible()
    assert "always-neutral: degeneracy" in dialog.inner_text()
    assert "constant_prediction found in always-neutral, but should not be" in dialog.inner_text()
    opened.page.keyboard.press("Escape")
    assert not dialog.is_visible()
    assert cell.evaluate("one => one === document.activeElement")
    opened.page.locator("table.gates tr:has-text('wavlm-base') td:nth-child(3) a").click()
    assert "at least 4" in dialog.inner_text()
    assert "constant_prediction" not in dialog.inner_text()
    dialog.get_by_role("button", name="Close").click()
    assert not dialog.is_visible()


def test_candidate_is_lit_up_everywhere(show: Open) -> None:
    opened = show(five_qualify()).opened()
    points = opened.page.locator("#chart-trade-off [aria-roledescription=point]")

    pale = opened.page.locator("#chart-trade-off [aria-roledescription=point][opacity^='0']")
    assert points.count() == 5
    assert pale.count() == 0
    opened.page.locator("table.gates tr:has-text('distil')").hover()
    expect(pale).to_have_count(4)
    assert not any("distil" in (one.get_attribute("aria-label") or "") for one in pale.all())
    assert opened.page.locator("tr.lit:has-text('distil')").count() >= 3
    opened.page.locator("#chart-uar").scroll_into_view_if_needed()
    opened.page.locator("#chart-uar [aria-label^='ast']").hover()
    expect(pale.and_(opened.page.locator("[aria-label*='distil']"))).to_have_count(1)
    assert pale.count() == 4
    assert "ast" in opened.page.locator("#tip").inner_text()
    assert opened.page.locator("tr.lit:has-text('distil')").count() == 0


POINT = "[aria-roledescription=point]"


def test_charts_of_conditions_highlight_who_is_picked(show: Open) -> None:
    opened = show(both_gates()).opened()
    curve = opened.page.locator(f"#chart-kind-0 {POINT}")
    every = opened.page.locator(f"#chart-conditions {POINT}")
    assert (curve.count(), every.count()) == (5 * 3, 5 * 15)
    bright = opened.page.locator(f"#chart-kind-0 {POINT}:not([opacity^='0'])")
    assert bright.count() == 3
    said = [one.get_attribute("aria-label") or "" for one in bright.all()]
    assert all(
        re.fullmatch(r"wavlm-base: babble \d+ dB costs 0.\d{3} \[.+\] UAR", one) for one in said
    )
    picked = opened.page.get_by_label("Highlight")
    picked.focus()
    opened.page.keyboard.press("End")
    expect(bright.and_(opened.page.locator("[aria-label^='distil']"))).to_have_count(3)
    assert bright.count() == 3
    assert opened.said == []


def test_charts_of_conditions_follow_the_filter(show: Open) -> None:
    opened = show(crowd_heard_again(60)).opened()
    curve = opened.page.locator(f"#chart-kind-0 {POINT}")
    assert curve.count() == 12 * 3
    opened.page.locator("#filter [name=text]").fill("model-1")
    first = curve.and_(opened.page.locator("[aria-label^='model-1:']"))
    expect(first).to_have_count(3)
    assert opened.page.locator("table.heard tbody tr:visible").count() == 6
    assert opened.said == []


def test_table_of_conditions_is_sorted_by_what_is_lost(show: Open) -> None:
    opened = show(both_gates())
    table = opened.page.locator("table.heard")
    heading = table.get_by_role("button", name="reverb 1 s")
    heading.press("Enter")
    heading.press("Enter")
    lost = [
        float(one.get_attribute("data-key") or 0) for one in table.locator("td:nth-child(13)").all()
    ]
    assert lost == sorted(lost, reverse=True)
    assert lost[0] > lost[-1]
    assert table.locator("th.name").nth(1).inner_text() == "distil"


def test_chart_of_gaps_shows_another_kind(show: Open) -> None:
    opened = show(both_gates()).opened()
    points = opened.page.locator(f"#chart-gaps-0 {POINT}")
    assert points.count() == 5
    assert "UAR 0.060 [-0.040, 0.160] higher for female" in (
        opened.page.locator("#chart-gaps-0 [aria-label^='wavlm']").get_attribute("aria-label") or ""
    )
    opened.page.get_by_label("Gap in").first.select_option("recall")
    expect(points.and_(opened.page.locator("[aria-label*='recall of anger']"))).to_have_count(5)
    groups = opened.page.locator(f"#chart-groups-0 {POINT}")
    assert groups.count() == 5 * 2
    assert opened.page.locator("#chart-groups-0 text", has_text="female").count() == 1
    assert opened.page.locator(f"#c1-gaps-0 {POINT}").count() == 6


def test_lines_of_the_speech_heard_follow_the_highlight(show: Open) -> None:
    opened = show(streamed()).opened()
    points = opened.page.locator(f"#chart-streaming {POINT}")
    expect(points).to_have_count(2 * 3)
    said = opened.page.locator("#chart-streaming [aria-label*='0.400 [0.300, 0.500] after 0.5 s']")
    assert "0.700 on whole clips" in (said.get_attribute("aria-label") or "")
    assert opened.page.locator(f"#c1-heard {POINT}").count() == 3
    section = opened.page.locator("section[aria-labelledby=streaming]")
    section.get_by_label("Highlight").select_option(index=1)
    expect(points).to_have_count(2 * 3)
    assert opened.said == []


def test_both_gates_are_whole_without_scripts(show: Open) -> None:
    opened = show(both_gates(), java_script_enabled=False)
    for name in ("robustness", "fairness"):
        section = opened.page.locator(f"section[aria-labelledby={name}]")
        assert section.locator("figure:visible, form:visible").count() == 0
        assert section.locator("tbody tr").count() >= 15


def test_hostile_names_are_text(show: Open) -> None:
    opened = show(hostile_names()).opened()
    opened.page.locator("#filter [name=text]").fill("<script>")
    assert opened.rows()[0] == "<script>alert(1)</script>"
    opened.page.get_by_role("button", name="Show all").click()
    opened.page.locator("table.gates tbody td a").first.click()
    assert opened.page.locator("dialog h2").inner_text().startswith(tuple(HOSTILE))
    assert opened.page.locator("img, iframe, script[src]").count() == 0
    assert "한국어-감정-모델" in opened.page.inner_text("body")
    assert opened.said == []
    assert len(opened.requests) == 1


def test_page_is_whole_without_scripts(show: Open) -> None:
    opened = show(five_qualify(), java_script_enabled=False)
    assert len(opened.rows()) == 11
    assert "Use wavlm-base" in opened.page.inner_text("h1")
    assert opened.page.locator("figure:visible, form:visible, select:visible").count() == 0
    assert opened.page.locator("section[aria-labelledby=numbers] tbody tr").count() == 5


def test_page_prints_what_is_folded(show: Open) -> None:
    opened = show(five_qualify())
    opened.page.emulate_media(media="print")
    assert not opened.page.locator("#filter select").first.is_visible()
    assert opened.page.locator("article.candidate table.checks").first.is_visible()
    assert opened.page.locator("#filter output").is_visible()
    assert opened.page.pdf().startswith(b"%PDF")


def test_link_leads_to_what_the_filter_had_hidden(show: Open) -> None:
    opened = show(five_qualify())
    opened.page.locator("section.verdict summary").first.click()
    opened.page.locator("#filter [name=status]").select_option("rejected")
    assert not opened.page.locator("article.candidate", has_text="ast").first.is_visible()
    opened.page.locator("section.verdict a", has_text="hubert-base").first.click()
    # A browser tells the page where a link has led only after the click.
    opened.page.locator("article.candidate", has_text="hubert-base").first.wait_for()
    assert len(opened.rows()) == 11


def test_going_back_shows_what_the_controls_say(show: Open) -> None:
    opened = show(five_qualify())
    opened.page.locator("#filter [name=status]").select_option("use")
    opened.page.goto("about:blank")
    opened.page.go_back()
    said = opened.page.locator("#filter [name=status]").input_value()
    assert (said, len(opened.rows())) in (("", 11), ("use", 1))


def test_many_candidates_stay_usable(show: Open) -> None:
    opened = show(crowd(100))
    assert len(opened.rows()) == 100
    opened.page.locator("#chart-uar").scroll_into_view_if_needed()
    opened.page.locator("#chart-uar svg").wait_for()
    # Only what is looked at has been drawn: the rest costs nothing.
    assert opened.page.locator("figure.chart svg").count() <= 4
    opened.page.locator("#filter [name=text]").fill("model-99")
    assert opened.rows() == ["model-99"]
    assert opened.said == []


def test_page_is_small_enough_to_mail() -> None:
    results = crowd(15)
    clips = {f"corpus/speaker-{number}/clip-{number}.wav": "silent" for number in range(2000)}
    results["corpus"]["rejected"] = [{"file": a, "reason": b} for a, b in clips.items()]
    assert len(page.draw_page(as_results(results)).encode()) < 3_000_000
