"""Robustness and fairness in results.json, in the charts and tables of the page, and in words."""

import copy
import json
import re
from typing import Any

import jsonschema
import pytest

from sertify.report import summary, terminal
from sertify.report.changes.since import since
from sertify.report.formats import ranked
from sertify.report.open_questions import open_questions
from sertify.report.page import fairness, robustness, streaming
from sertify.report.page.charts import charts
from sertify.report.page.page import draw_page
from sertify.report.results.model.candidate import GateChecks
from sertify.report.results.model.results import Results, results_schema
from sertify.report.results.more_gates import more_gates
from sertify.vocabulary.conditions import CONDITION_FAMILIES, Condition, standard_conditions
from tests.meta.drawn_gates import (
    alike,
    both_gates,
    column_checks,
    condition_check,
    described,
    hostile_gates,
    streamed,
    under,
    while_spoken,
    worst_of,
)
from tests.meta.drawn_results import (
    Content,
    as_results,
    check,
    five_qualify,
    gate,
    measurement,
    qualified,
)


def typed(**gates: Content) -> dict[str, Any]:
    return more_gates({name: GateChecks.model_validate(one) for name, one in gates.items()})


def drawn(results: Content) -> dict[str, Any]:
    candidates = ranked(as_results(results))
    found = charts(as_results(results), candidates, {one.name: one.name for one in candidates})
    assert found is not None
    drawings: dict[str, Any] = found["drawings"]
    return drawings


# ------------------------------------------------------------------ results.json


def test_what_a_condition_costs_has_types() -> None:
    about = described(Condition("babble", 20.0))
    (found,) = typed(robustness=gate("PASS", condition_check(about, 0.02)))["robustness"]
    assert (found.condition, found.family, found.severity) == ("babble 20 dB", "noise", 20)
    assert (found.drop.value, found.drop.low) == (0.02, pytest.approx(-0.02))
    assert (found.uar_clean, found.uar_disturbed) == (0.7, pytest.approx(0.68))
    assert (found.limit, found.limit_unchanged, found.clips) == (0.05, None, 60)
    assert (found.outcome, found.tolerated) == ("INCONCLUSIVE", True)


def test_without_labels_there_is_no_drop_and_what_is_no_number_is_null() -> None:
    about = described(Condition("pink", 20.0))
    one = condition_check(about, 0.0)
    one["measurements"] = [measurement("unchanged", 0.9) | {"value": None}]
    one["details"] |= {"worsened": float("nan"), "mended": -0.0}
    (found,) = typed(robustness=gate("PASS", one))["robustness"]
    assert (found.drop, found.unchanged, found.worsened, found.mended) == (None, None, None, 0)


@pytest.mark.parametrize(
    ("code", "name"),
    [
        *((one.code, str(one)) for one in standard_conditions()),
        (Condition("reverb", 0.5).code, "reverb 0.5 s"),
        ("response", "response"),
    ],
)
def test_a_condition_that_was_blocked_is_told_by_its_code(code: str, name: str) -> None:
    blocked = check(f"it_holds_up@{code}", "BLOCKED", "timed_out", message="too long")
    (found,) = typed(robustness=gate("BLOCKED", blocked))["robustness"]
    assert (found.condition, found.outcome, found.drop) == (name, "BLOCKED", None)


@pytest.mark.parametrize("code", ["", "unheard_of", "babble", "babble_1e999dB", "babble_--1dB"])
def test_a_code_that_nobody_knows_is_left_to_the_checks(code: str) -> None:
    blocked = check(f"it_holds_up@{code}", "BLOCKED", "timed_out")
    assert typed(robustness=gate("BLOCKED", blocked))["robustness"] == ()


def test_groups_have_their_gaps_and_the_worst_of_them() -> None:
    (found,) = typed(fairness=worst_of(column_checks("gender", 0.06)))["fairness"]
    assert (found.column, found.estimated, found.outcome) == ("gender", False, "INCONCLUSIVE")
    assert (found.tolerated, found.worst_outcome, found.worst_tolerated) == (True, "PASS", False)
    assert found.worst.value == pytest.approx(0.6)
    assert [(one.name, one.speakers) for one in found.groups] == [("female", 5), ("male", 4)]
    (uar,) = (one for one in found.gaps if one.metric == "uar")
    assert (uar.speakers, uar.within, uar.needed) == ((5, 4), None, 31)
    assert found.chance["uar"].most == 0.06


def test_groups_whose_uar_is_no_number_have_none() -> None:
    one = column_checks("gender", 0.06)[0]
    one["details"]["groups"]["groups"][0]["uar"] = {"value": float("nan"), "low": 0, "high": 1}
    one["details"]["groups"]["groups"][1]["uar"] = None
    (found,) = typed(fairness=gate("PASS", one))["fairness"]
    assert [group.uar for group in found.groups] == [None, None]
    assert found.worst is None


def test_where_nothing_was_asked_nothing_is_said() -> None:
    found = typed(accuracy=gate("PASS", check("uar")))
    assert not any(found.values())
    assert Results.model_validate(five_qualify()).candidates[0].robustness == ()


def test_it_follows_the_schema_and_can_be_read_again() -> None:
    for content in (both_gates(), hostile_gates()):
        text = as_results(content).cleaned().text()
        jsonschema.validate(json.loads(text), results_schema())
        assert Results.model_validate_json(text).text() == text


# ------------------------------------------------------------------ the page


def test_conditions_go_from_mild_to_severe() -> None:
    severe = [
        Condition("babble", 0.0),
        Condition("gain", 12.0),
        Condition("babble", 20.0),
        Condition("gain", -6.0),
        Condition("lowpass", 2000.0),
        Condition("lowpass", 4000.0),
        Condition("opus", 12.0),
        Condition("opus", 24.0),
    ]
    results = five_qualify()
    results["candidates"][0] = under(results["candidates"][0], [*map(described, severe)], 0.1)
    found = robustness.heard_in_conditions(ranked(as_results(results)))
    assert [one.condition for one in found.conditions] == [
        "babble 20 dB",
        "babble 0 dB",
        "gain -6 dB",
        "gain 12 dB",
        "lowpass 4000 Hz",
        "lowpass 2000 Hz",
        "opus 24 kbit/s",
        "opus 12 kbit/s",
    ]


def test_kinds_of_several_severities_have_a_curve_with_the_limit() -> None:
    drawings = drawn(both_gates())
    assert {name for name in drawings if "kind" in name} == {"chart-kind-0", "chart-kind-1"}
    babble = drawings["chart-kind-0"]
    assert babble["params"]["labels"] == ["20", "10", "0"]
    assert babble["params"]["floor"] < 0 < babble["params"]["ceiling"]
    every = drawings[babble["rows"][0]]
    conditions, rows = every["params"]["conditions"], every["rows"]
    assert len(conditions) == 15
    assert [conditions[place] for place in babble["params"]["places"]] == [
        "babble 20 dB",
        "babble 10 dB",
        "babble 0 dB",
    ]
    assert [*babble["params"]["places"].values()] == [0, 1, 2]
    assert len(rows) == 5 * 15
    unlimited = {conditions[one["place"]] for one in rows if one["limit"] is None}
    assert len(unlimited) == 3


def test_a_gap_is_seen_from_the_group_that_has_more() -> None:
    (column,) = typed(fairness=worst_of(column_checks("gender", -0.06)))["fairness"]
    uar, recall, share = fairness.largest_gaps(column)
    assert (uar.more, uar.less, uar.speakers) == ("male", "female", "4 and 5")
    ends = (uar.value.value, uar.value.low, uar.value.high, uar.sure.low, uar.sure.high)
    assert ends == pytest.approx((0.06, -0.04, 0.16, -0.09, 0.21))
    assert (uar.told, recall.told, share.told) == (("?", "cannot tell"), ("✓", "within"), ("", ""))
    assert (uar.metric, recall.metric, share.metric) == (
        "UAR",
        "recall of anger",
        "share of anger",
    )


def test_gaps_that_matter_come_first() -> None:
    (column,) = typed(fairness=worst_of(column_checks("gender", 0.18)))["fairness"]
    found = fairness.notable_gaps(column)
    assert [one.outcome for one in found] == ["FAIL", *["INCONCLUSIVE"] * 4, "None"]


def test_what_is_to_be_known_of_groups_is_said_of_whom_it_is_true() -> None:
    results = five_qualify()
    for place, remark in enumerate(("no label for joy", "no label for joy", "")):
        one = results["candidates"][place] = alike(results["candidates"][place], 0.02)
        one["fairness"][0] |= {"remark": remark, "confounded": ["gender goes along with corpus"]}
    by, _ = fairness.by_column(as_results(results).candidates)
    first, second = (results["candidates"][place]["name"] for place in (0, 1))
    assert by.sentences == [
        f"{first}, {second}: no label for joy",
        "gender goes along with corpus",
    ]


def test_page_tells_what_is_within_and_beyond() -> None:
    page = draw_page(as_results(both_gates()))
    robust, fair = (
        re.search(rf'<h2 id="{name}">.*?</section>', page, re.DOTALL)
        for name in ("robustness", "fairness")
    )
    assert robust
    assert fair
    words = re.findall(r'<span class="word">([^<]+)</span>', robust[0])
    assert {"within", "cannot tell", "beyond"} == {*map(str.strip, words)}
    assert "unchanged 0.8" in robust[0]
    assert "What is said of nothing" in robust[0]
    assert "Relative to the baseline" in robust[0]
    assert "estimated from the signal" in fair[0]
    assert "gender goes with corpus (V = 0.62)" in fair[0]
    assert "about 31" in fair[0]
    assert "[-0.040, 0.160]" in fair[0]
    assert "Speaker by speaker" in page
    assert "nothing is held against it" in page


def test_a_gate_that_is_asked_of_some_is_not_asked_of_others() -> None:
    results = five_qualify()
    results["candidates"][1] = alike(results["candidates"][1], 0.02)
    page = draw_page(as_results(results))
    assert page.count("not asked</span>") == 10
    assert 'id="fairness"' in page
    assert 'id="robustness"' not in page


def test_page_of_five_gates_is_as_it_was() -> None:
    page = draw_page(as_results(five_qualify()))
    for word in ("Robustness", "Fairness", "not asked", "held against", 'data-param="picked"'):
        assert word not in page, word


def test_a_thousand_conditions_are_drawn_within_bounds() -> None:
    results = hostile_gates(1000)
    drawings = drawn(results)
    assert drawings["chart-conditions"]["params"]["most"] == 24
    assert len([name for name in drawings if "chart-kind" in name]) <= 12
    page = draw_page(as_results(results))
    assert "800 more conditions in results.json" in page
    assert "<script>alert(1)" not in page
    assert not re.search(
        r"-0\.0+(?!\d)", re.sub(r'data-key="[^"]*"|<script.*?</script>', "", page, flags=re.DOTALL)
    )


# ------------------------------------------------------------------ in words


def test_what_cannot_be_told_of_the_chosen_one_is_said_once() -> None:
    results = five_qualify()
    one = results["candidates"][1]
    phone = described(Condition("mulaw", 25.0))
    results["candidates"][1] = under(one, [phone, phone | {"name": "mulaw 20 dB"}], 0.03)
    (said,) = open_questions(as_results(results))
    assert said == "Whether it holds up on a phone, this speech cannot tell."
    lines = [text for text, _ in terminal.lines(as_results(results), 100)]
    assert lines.count(said) == 1
    assert summary.draw_summary(as_results(results)).count(said) == 1
    assert draw_page(as_results(results)).count(said) == 1


def test_what_is_told_is_no_open_question() -> None:
    results = five_qualify()
    phone = described(Condition("mulaw", 25.0))
    results["candidates"][1] = under(results["candidates"][1], [phone], 0.0)
    assert open_questions(as_results(results)) == ()
    other = five_qualify()
    other["candidates"][0] = under(other["candidates"][0], [phone], 0.03)
    assert open_questions(as_results(other)) == ()


def test_groups_are_an_open_question_too() -> None:
    (said,) = open_questions(as_results(both_gates()))
    assert said.endswith("or treats all alike by gender, pitch, this speech cannot tell.")


@pytest.mark.parametrize("family", CONDITION_FAMILIES)
def test_each_family_has_its_words(family: str) -> None:
    results = five_qualify()
    about = described(Condition("babble", 20.0)) | {"family": family}
    results["candidates"][1] = under(results["candidates"][1], [about], 0.03)
    assert f"in {family}," not in open_questions(as_results(results))[0] or family == "noise"


def test_terminal_has_columns_for_what_is_asked() -> None:
    lines = [text for text, _ in terminal.lines(as_results(both_gates()), 120)]
    heading = lines[0].split()
    assert heading[1:8] == ["load", "label", "degen", "acc", "rob", "fair", "speed"]
    rows = {line.split()[0]: line.split() for line in lines[1:8]}
    assert rows["wavlm-base"][5:7] == ["(?)", "(?)"]
    assert rows["ast"][5] == rows["distil"][6] == "FAIL"
    assert rows["ast"][-1] == "not_robust:phone"
    assert "(?) the data cannot tell, and nothing is held against it" in lines
    usual = [text for text, _ in terminal.lines(as_results(five_qualify()), 120)]
    assert usual[0].split()[1:6] == ["load", "label", "degen", "acc", "speed"]
    assert not any("(?)" in line for line in usual)


def test_gates_that_come_or_go_between_runs_are_no_matter() -> None:
    before, after = as_results(five_qualify()), as_results(both_gates())
    assert since(before, after).candidates
    assert since(after, before).candidates
    assert not since(after, copy.deepcopy(after)).candidates


@pytest.mark.parametrize(("lost", "noise", "said"), [(0.6, "more", "worse"), (0.05, "within", "")])
def test_what_is_lost_is_compared_with_an_earlier_run(lost: float, noise: str, said: str) -> None:
    about = described(Condition("mulaw", 25.0))
    before, after = five_qualify(), five_qualify()
    for results, harm in ((before, 0.02), (after, lost)):
        results["candidates"][0] = under(results["candidates"][0], [about], harm)
    after["candidates"][0]["commit"] = "another"
    changed = since(as_results(before), as_results(after)).candidates
    (found,) = (one for one in changed if one.number == "drop:mulaw 25 dB")
    assert (found.noise, found.before, found.after) == (noise, 0.02, lost)
    assert found.sentence.startswith("UAR lost in mulaw 25 dB ")
    assert ("(worse" in found.sentence) == bool(said)


def test_what_is_lost_in_one_run_only_is_not_compared() -> None:
    about = [described(Condition(kind, 25.0)) for kind in ("mulaw", "gsm")]
    before, after = five_qualify(), five_qualify()
    before["candidates"][0] = under(before["candidates"][0], about[:1], 0.02)
    after["candidates"][0] = under(after["candidates"][0], about[1:], 0.5)
    changed = since(as_results(before), as_results(after)).candidates
    assert not any((one.number or "").startswith("drop:") for one in changed)


def test_undecided_where_proof_is_asked() -> None:
    one = qualified("ast", 0.6, 0.2)
    about = described(Condition("mulaw", 25.0))
    checks = [condition_check(about, 0.03) | {"tolerated": False}]
    results = five_qualify()
    results["candidates"].append(
        under(one, [about], 0.03) | {"name": "sure", "verdict": "undecided"}
    )
    results["candidates"][-1]["gates"]["robustness"] = gate("INCONCLUSIVE", *checks)
    results["candidates"][-1] |= {"gate": "robustness", "reason": "not_robust:phone"}
    lines = [text for text, _ in terminal.lines(as_results(results), 120)]
    (row,) = (line for line in lines if line.startswith("sure "))
    assert row.split()[5] == "?"
    assert row.endswith("not_robust:phone?")


# ------------------------------------------------------------------ streaming


def test_what_is_said_while_somebody_speaks_has_types_and_a_schema() -> None:
    found = typed(streaming=while_spoken())["streaming"]
    assert found.needed.value == 2.0
    assert (found.flips.value, found.flips_outcome, found.tolerated) == (12.0, "PASS", True)
    assert [point.seconds for point in found.points] == [0.5, 1.0, 2.0, 3.0]
    assert typed(streaming=gate("BLOCKED"))["streaming"] is None
    jsonschema.validate(json.loads(as_results(streamed()).cleaned().text()), results_schema())


@pytest.mark.parametrize(
    ("gate_of", "says"),
    [
        (while_spoken(), "2 s [1, > 2]"),
        (while_spoken(needed={"value": None, "low": None, "high": None}), "> 2 s [> 2, > 2]"),
        (while_spoken(whole=None), ""),
    ],
)
def test_the_seconds_needed_are_said_with_their_range(gate_of: Content, says: str) -> None:
    assert streaming.need_of(typed(streaming=gate_of)["streaming"]) == says


def test_lines_are_drawn_of_seconds_that_are_told() -> None:
    drawings = drawn(streamed())
    rows = drawings["chart-streaming"]["rows"]
    assert len(rows) == 2 * 3
    (first,) = (row for row in rows if row["whole"] == 0.7 and row["seconds"] == 0.5)
    del first["id"], first["whole"], first["seconds"]
    assert first == {"longer": 60, "value": 0.4, "low": 0.3, "high": 0.5}
    assert drawings["chart-streaming"]["params"]["alone"] is False
    alone = [one for name, one in drawings.items() if name.endswith("-heard")]
    assert sum(one["params"]["alone"] for one in alone) == 2


def test_page_and_words_tell_of_it() -> None:
    page = draw_page(as_results(streamed()))
    (section,) = re.findall(r'<h2 id="streaming">.*?</section>', page, re.DOTALL)
    assert section.count("[1, &gt; 2]") == 2
    assert "15 of 60 longer" in section
    assert "12" in section
    assert "cannot tell" in section
    assert page.count("While somebody speaks") == 2
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(set(ids)) == len(ids)
    (question,) = open_questions(as_results(streamed()))
    assert question == "Whether it needs no more than 1 s of speech, this speech cannot tell."
    assert 'id="streaming"' not in draw_page(as_results(five_qualify()))
