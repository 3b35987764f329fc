"""A results.json of sertify 0.1.0 is still read, compared with, drawn, and told from another."""

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from benchmarks.same_results import differences
from sertify.report import summary, terminal
from sertify.report.changes.since import since
from sertify.report.page import page
from sertify.report.results.model.results import Results, results_schema
from sertify.report.results.reading import read_results

FILE = Path(__file__).with_name("results-0.1.json")
CONTENT: dict[str, Any] = json.loads(FILE.read_text("utf-8"))


@pytest.fixture
def results() -> Results:
    return read_results(FILE)


def test_it_is_read_in_full(results: Results) -> None:
    written = json.loads(results.text())
    jsonschema.validate(written, results_schema())
    assert written["corpus"].pop("whole") == {}  # which came later
    assert written == CONTENT


def test_it_is_compared_with(results: Results) -> None:
    gone = results.model_copy(update={"candidates": results.candidates[1:]})
    changes = since(results, gone)
    assert changes.sentence == "The selection is the same, wavlm-tiny."
    (change,) = changes.candidates
    assert (change.name, change.kind) == (results.candidates[0].name, "removed")


def test_it_is_drawn(results: Results) -> None:
    assert "Use wavlm-tiny" in page.draw_page(results)
    assert summary.draw_summary(results).startswith("### Use wavlm-tiny")
    assert any(text.startswith("Use wavlm-tiny") for text, _ in terminal.lines(results))


def test_what_came_later_may_be_missing() -> None:
    older = copy.deepcopy(CONTENT)
    for key in ("changes", "disagreements", "stale", "unlabelled", "moved"):
        del older[key]
    for candidate in older["candidates"]:
        del candidate["errors"], candidate["groups"]
    assert Results.model_validate(older).disagreements == ()


def test_what_is_not_known_is_ignored(results: Results) -> None:
    newer = copy.deepcopy(CONTENT) | {"energy": 1}
    newer["candidates"][0]["gates"]["robustness"] = {"outcome": "PASS", "checks": [], "new": 1}
    read = Results.model_validate(newer)
    assert read.candidates[0].gates.keys() > results.candidates[0].gates.keys()


class TestSameResults:
    """benchmarks.same_results, by which the content of two runs is compared."""

    def test_times_and_dates_may_differ(self) -> None:
        other = copy.deepcopy(CONTENT) | {"created": "2026-01-01T00:00:00+00:00"}
        other["candidates"][0]["numbers"]["segment_time"]["value"] = 99.0
        other["candidates"][0]["numbers"]["real_time_factor"]["value"] = 99.0
        assert [*differences(CONTENT, other)] == []

    def test_what_is_found_may_not(self) -> None:
        other = copy.deepcopy(CONTENT)
        other["candidates"][0]["numbers"]["uar"]["value"] = 0.5
        other["candidates"][1]["verdict"] = "undecided"
        places = [text.partition(":")[0] for text in differences(CONTENT, other)]
        assert places == ["candidates.0.numbers.uar.value", "candidates.1.verdict"]
        without = differences(CONTENT, other, without_speed=True)
        assert [text.partition(":")[0] for text in without] == places[:1]
