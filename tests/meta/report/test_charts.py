"""What the charts are drawn from is what results.json says."""

import json
from importlib.resources import files
from typing import Any

import pytest

from sertify.report.formats import ranked
from sertify.report.page.charts import charts
from tests.meta.drawn_gates import both_gates, streamed
from tests.meta.drawn_results import (
    EMOTIONS,
    Content,
    as_results,
    five_qualify,
    measurement,
    nothing_qualifies,
    qualified,
    several_corpora,
    without_corpus,
)


def drawn(results: Content) -> dict[str, Any]:
    candidates = ranked(as_results(results))
    anchors = {one.name: one.name for one in candidates}
    found = charts(as_results(results), candidates, anchors)
    assert found is not None
    drawings: dict[str, Any] = found["drawings"]
    return drawings


def test_uar_of_each_part_and_measure_stands_with_its_interval() -> None:
    drawing = drawn(several_corpora())["chart-uar"]
    found = {(one["id"], one["part"], one["measure"]): one for one in drawing["rows"]}
    row = found["ast", "emodb", "uar"]
    assert (row["value"], row["low"], row["high"]) == pytest.approx((0.58, 0.54, 0.62))
    assert found["ast", "emodb", "uar_own"]["value"] == pytest.approx(0.6)
    assert drawing["params"] == {"part": "together", "measure": "uar"}
    assert len(found) == len(drawing["rows"]) == 5 * 4 * 2


def test_chance_depends_on_the_emotions_that_count() -> None:
    rows = drawn(several_corpora())["chart-uar"]["rows"]
    chances = {(one["part"], one["measure"]): one["chance"] for one in rows}
    assert chances["emodb", "uar"] == chances["together", "uar"] == pytest.approx(1 / 4)
    assert chances["emodb", "uar_own"] == pytest.approx(1 / 3)
    assert chances["together", "uar_own"] is None


def test_what_guessing_scores_is_one_line_with_its_range() -> None:
    (line,) = drawn(five_qualify())["chart-uar"]["references"]
    assert (line["name"], line["value"]) == ("guessing, majority class", 0.25)
    assert (line["low"], line["high"]) == (0.21, 0.29)


def test_range_of_guessing_is_of_one_corpus_only() -> None:
    lines = drawn(several_corpora())["chart-uar"]["references"]
    assert {one["part"] for one in lines} == {"together", "our-calls", "emodb", "language-ko"}
    assert not any("low" in one for one in lines)


def test_one_annotator_is_a_line_of_the_part_that_listeners_are_known_of() -> None:
    results = several_corpora()
    emotions = results["candidates"][0]["parts"][1]["frame"]
    counts = {one: {one: 3.0, "other": 1.0} for one in emotions}
    listeners = {"clips": 8, "votes": 3.0, "alpha": 0.5, "counts": counts}
    results["corpus"]["parts"][0]["listeners"] = listeners
    results["references"]["human"] = {"uar": 0.7}
    lines = drawn(results)["chart-uar"]["references"]
    found = {line["part"]: line["value"] for line in lines if line["name"] == "one annotator"}
    assert found == {"together": 0.7, "our-calls": 0.75}


def test_what_was_seen_in_training_is_hollow_and_on_no_front() -> None:
    drawings = drawn(several_corpora())
    hollow = {one["id"] for one in drawings["chart-uar"]["rows"] if one["seen"]}
    assert hollow == {"distil", "hubert-base"}
    points = {one["id"]: one for one in drawings["chart-trade-off"]["rows"]}
    assert {name for name, one in points.items() if one["seen"]} == {"distil"}
    assert not points["distil"]["front"]


def test_who_has_seen_some_of_the_speech_is_on_no_front() -> None:
    points = {one["id"]: one for one in drawn(several_corpora())["chart-trade-off"]["rows"]}
    assert not points["hubert-base"]["front"]
    assert points["wavlm-base"]["front"]


def test_front_is_of_those_that_qualified() -> None:
    results = five_qualify()
    fast = qualified("fast", 0.9, 0.001) | {"verdict": "baseline", "status": "baseline"}
    results["candidates"].append(fast)
    points = {one["id"]: one for one in drawn(results)["chart-trade-off"]["rows"]}
    assert {name for name, one in points.items() if one["front"]} == {
        "distil",
        "hubert-base",
        "wavlm-base",
    }
    assert [name for name, one in points.items() if one["chosen"]] == ["wavlm-base"]
    assert points["fast"]["time"] == 0.001


def test_there_is_no_front_of_times_that_other_work_disturbed() -> None:
    results = five_qualify()
    check = results["candidates"][0]["gates"]["speed"]["checks"][0]
    check["details"]["noise"] = "other processes kept 1.9 of 2 cores busy"
    points = drawn(results)["chart-trade-off"]["rows"]
    assert not any(one["front"] for one in points)
    assert all(one["disturbed"] for one in points)


def test_candidate_has_its_own_charts() -> None:
    drawings = drawn(five_qualify())
    recalls = drawings["ast-recalls"]["rows"]
    assert [one["name"] for one in recalls] == list(EMOTIONS)
    shares = {(one["name"], one["kind"]): one["value"] for one in drawings["ast-classes"]["rows"]}
    assert shares["anger", "true"] == 0.25
    assert shares["anger", "predicted"] == 0.125
    latency = [(one["seconds"], one["kind"]) for one in drawings["ast-latency"]["rows"]]
    assert latency == [(s, kind) for s in (1, 5, 10) for kind in ("p50", "p95")]
    assert {one["kind"] for one in drawings["ast-memory"]["rows"]} == {
        "all of the process",
        "above the model",
    }
    assert drawings["ast-groups"]["rows"][1]["name"] == "language ko (210 clips)"
    assert "dawn-recalls" not in drawings


def test_what_stays_is_drawn_with_what_is_wished_and_what_that_gives() -> None:
    results = five_qualify()
    drawing = drawn(results)["ast-abstaining"]
    point = results["candidates"][3]["operating_point"]
    assert [one["precision"] for one in drawing["rows"]] == [
        one["precision"] for one in point["curve"]
    ]
    assert drawing["rows"][0]["said"] == "below 0.97: 5 % stay, precision 0.98"
    wish, given = drawing["references"]
    assert wish == {"wished": 0.8, "name": "wished: 0.8"}
    assert (given["coverage"], given["precision"]) == (0.83, 0.8)
    assert (given["least"], given["most"], given["low"], given["high"]) == pytest.approx(
        (0.78, 0.88, 0.75, 0.85)
    )
    point["point"]["precision"] = None
    assert [*drawn(results)["ast-abstaining"]["references"]] == [wish]
    point["point"] = None
    assert [*drawn(results)["ast-abstaining"]["references"]] == [wish]


def test_nothing_is_drawn_of_nothing() -> None:
    results = nothing_qualifies()
    assert charts(as_results(results), ranked(as_results(results)), {"asr": "c1"}) is None


def test_without_labelled_speech_only_speed_is_drawn() -> None:
    results = without_corpus()
    results["candidates"][0]["groups"] = []
    assert drawn(results).keys() == {"ast-latency", "ast-memory"}


def test_number_without_a_value_is_left_out() -> None:
    results = five_qualify()
    results["candidates"][0]["numbers"]["uar"] = measurement("uar", 0.5) | {"value": None}
    names = {one["id"] for one in drawn(results)["chart-trade-off"]["rows"]}
    assert results["candidates"][0]["name"] not in names
    assert len(names) == 4


def test_every_specification_is_used() -> None:
    kept = {
        path.name
        for path in files("sertify.report.page").joinpath("vega_lite").iterdir()
        if "vl" in path.name
    }
    drawings = (*drawn(both_gates()).values(), *drawn(streamed()).values())
    used = {f"{one['spec']}.vl.json" for one in drawings}
    assert kept == used
    for name in kept:
        assert json.loads(
            files("sertify.report.page").joinpath("vega_lite", name).read_text("utf-8")
        )
