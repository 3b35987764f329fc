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
from sertify.report.results.model.candidate import CandidateResult
from sertify.report.results.model.results import SCHEMA, Change, Results, results_schema
from sertify.report.results.reading import read_results

FILE = Path(__file__).with_name("results-0.1.json")
OLD: dict[str, Any] = json.loads(FILE.read_text("utf-8"))
CONTENT: dict[str, Any] = json.loads(read_results(FILE).text())


@pytest.fixture
def results() -> Results:
    return read_results(FILE)


def test_it_is_read_in_full(results: Results) -> None:
    assert OLD["schema"] == "sertify.results/1"
    assert results.contract == SCHEMA
    jsonschema.validate(json.loads(results.text()), results_schema())
    names = {"uar": "uar_all", "uar_own": "uar"}
    for new, old in zip(results.candidates, OLD["candidates"], strict=True):
        before = {name: old["numbers"].get(names.get(name, name)) for name in new.numbers}
        assert {name: one.value for name, one in new.numbers.items()} == {
            name: one and one["value"] for name, one in before.items()
        }
        assert len(new.numbers) == len(old["numbers"])
    text = results.text()
    assert "uar_all" not in text
    assert text.count('"uar_own"') == FILE.read_text("utf-8").count('"uar_all"') > 9


def test_what_uar_was_over_is_told(results: Results) -> None:
    five = results.candidates[1]
    (part,) = five.parts
    assert len(part.expressible) == 5
    assert [*part.frame] == sorted(OLD["corpus"]["emotions"])
    assert part.chance.uar == pytest.approx(1 / 7)
    assert part.chance.uar_own == pytest.approx(1 / 5)
    (check,) = (each for each in five.checks("accuracy") if each.check == "test_uar")
    uar, own = check.value("uar"), check.value("uar_own") or 0.0
    assert uar == five.value("uar") == pytest.approx(own * 5 / 7)


def test_it_is_compared_with(results: Results) -> None:
    gone = results.model_copy(update={"candidates": results.candidates[1:]})
    changes = since(results, gone)
    assert changes.sentence == "The selection is the same, wavlm-tiny."
    (change,) = changes.candidates
    assert (change.name, change.kind) == (results.candidates[0].name, "removed")


def test_it_is_drawn(results: Results) -> None:
    drawn = page.draw_page(results)
    assert "Use wavlm-tiny" in drawn
    # A total was a weighted mean of the aims, and no UAR.
    assert "The weighted mean of the aims" in drawn
    assert "The highest value is chosen" not in drawn
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


def of_today(results: Results, uar: float, **part: Any) -> Results:
    """Return what another version finds of the five-label candidate on the same speech."""
    five = results.candidates[1]
    numbers = {**five.numbers, "uar": five.numbers["uar"].model_copy(update={"value": uar})}
    parts = tuple(each.model_copy(update=part) for each in five.parts)
    changed: CandidateResult = five.model_copy(update={"numbers": numbers, "parts": parts})
    newer = {**results.environment, "sertify": "0.2.0"}
    return results.model_copy(update={"candidates": (changed,), "environment": newer})


def uar_change(results: Results, now: Results) -> Change:
    (found,) = (one for one in since(results, now).candidates if one.kind == "number")
    assert found.number == "uar"
    return found


def test_uar_is_compared_with_what_was_over_all_emotions(results: Results) -> None:
    before = OLD["candidates"][1]["numbers"]["uar_all"]["value"]
    found = uar_change(results, of_today(results, before - 0.2))
    assert found.before == pytest.approx(before)
    assert found.noise == "more"


def test_uar_over_other_emotions_is_not_compared(results: Results) -> None:
    found = uar_change(results, of_today(results, 0.4, frame=("anger", "fear")))
    assert found.noise == "unknown"
    assert "the emotions that count changed" in found.sentence


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
