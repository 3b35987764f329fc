"""Of the qualified candidates the best is used, and of those that are tied the cheapest."""

from collections.abc import Sequence

import pytest

from sertify.candidates import Candidate
from sertify.evidence import Record
from sertify.outcomes import GATES, Measurement, Outcome
from sertify.selection import Selection, pareto, segment_time, select
from sertify.verdicts import GateResult, Standing, Verdict


def evidence(gate: str, *measured: Measurement) -> Record:
    return Record("x", "", "c1", gate, f"test_{gate}", "", "", Outcome.PASS, measurements=measured)


def timed(length: float, seconds: float) -> Record:
    measured = Measurement("time_p50", seconds, "s"), Measurement("segment", length, "s")
    return evidence("speed", *measured)


def one(
    name: str,
    uar: float | None = None,
    seconds: float | None = None,
    size: float | None = None,
    standing: Standing = Standing.QUALIFIED,
    half_width: float | None = 0.05,
    **decision: str,
) -> Verdict:
    """Return the verdict on a candidate, with the numbers by which it is compared."""
    records: dict[str, tuple[Record, ...]] = dict.fromkeys(GATES, ())
    if uar is not None:
        ends = () if half_width is None else (uar - half_width, uar + half_width)
        records["accuracy"] = (evidence("accuracy", Measurement("uar_all", uar, "1", *ends)),)
    if seconds is not None:
        records["speed"] = (timed(5, seconds),)
    if size is not None:
        records["loadability"] = (evidence("loadability", Measurement("size_on_disk", size)),)
    gates = {gate: GateResult(gate, Outcome.PASS, records[gate]) for gate in GATES}
    return Verdict(Candidate(name, f"org/{name}"), standing, gates, **decision)


# ------------------------------------------------------------------ which one


@pytest.mark.parametrize(
    ("verdicts", "chosen", "tied"),
    [
        ([one("a", 0.6, 1)], "a", ("a",)),
        ([one("a", 0.5, 1), one("b", 0.7, 9)], "b", ("b",)),
        ([one("a", 0.66, 1), one("b", 0.7, 9)], "a", ("a", "b")),
        ([one("a", 0.66, 9), one("b", 0.7, 1)], "b", ("a", "b")),
        ([one("a", 0.5, 1), one("b", 0.7, 9), one("c", 0.68, 5)], "c", ("b", "c")),
        ([one("a", 0.7, 1, 300), one("b", 0.7, 1, 200)], "b", ("a", "b")),
        ([one("a", 0.7, 1, 100), one("b", 0.71, 1, 100)], "b", ("a", "b")),
        ([one("a", 0.7, 1, 100), one("b", 0.7, 1, 100)], "a", ("a", "b")),
        ([one("a", 0.7, None), one("b", 0.7, 9)], "b", ("a", "b")),
        ([one("a", 0.7, half_width=None), one("b", 0.69, 1)], "a", ("a",)),
        ([one("a"), one("b", 0.1)], "b", ("b",)),
    ],
)
def test_the_highest_uar_wins_and_of_those_tied_the_cheapest(
    verdicts: list[Verdict], chosen: str, tied: tuple[str, ...]
) -> None:
    selection = select(verdicts)
    assert selection.candidate == chosen
    assert selection.tied == tied


def test_the_end_of_the_interval_is_tied() -> None:
    assert select([one("a", 0.5, 1), one("b", 0.75, 9, half_width=0.25)]).tied == ("a", "b")


@pytest.mark.parametrize("standing", [Standing.BASELINE, Standing.REJECTED, Standing.UNDECIDED])
def test_only_the_qualified_are_chosen_from(standing: Standing) -> None:
    other = one("other", 0.99, 0.01, 1, standing=standing)
    selection = select([other, one("a", 0.5, 1)])
    sentence = "Use a: the only candidate that qualified (UAR over all clips 0.50 [0.45, 0.55])."
    if standing is Standing.UNDECIDED:
        sentence += " Undecided: 1 of 2 candidates."
    assert selection == Selection("a", sentence, ("a",), ("a",))


# ------------------------------------------------------------------ the sentence


@pytest.mark.parametrize(
    ("verdicts", "sentence"),
    [
        (
            [one("a", 0.7, 1), one("b", 0.5, 2)],
            "Use a: the highest UAR over all clips 0.70 [0.65, 0.75] of 2 qualified candidates.",
        ),
        (
            [one("a", 0.7, 1), one("b", 0.68, 2), one("c", 0.66, 2), one("d", 0.1, 0.1)],
            (
                "Use a: the highest UAR over all clips 0.70 [0.65, 0.75] of 4 qualified candidates;"
                " the data cannot tell it from b, c, but it is the fastest."
            ),
        ),
        (
            [one("a", 0.68, 1), one("b", 0.7, 2), one("c", 0.3, 0.5)],
            (
                "Use a: UAR over all clips 0.68 [0.63, 0.73], within the interval of b's"
                " 0.70 [0.65, 0.75]; the data cannot tell it from b, but it is the fastest."
            ),
        ),
        (
            [one("a", 0.68, 1, 90), one("b", 0.7, 1, 95)],
            (
                "Use a: UAR over all clips 0.68 [0.63, 0.73], within the interval of b's"
                " 0.70 [0.65, 0.75]; the data cannot tell it from b, but it is the smallest."
            ),
        ),
        (
            [one("a", 0.7), one("b", 0.7)],
            (
                "Use a: the highest UAR over all clips 0.70 [0.65, 0.75] of 2 qualified candidates;"
                " the data cannot tell it from b."
            ),
        ),
        (
            [one("a", 0.7, half_width=None), one("b", 0.1)],
            "Use a: the highest UAR over all clips 0.70 of 2 qualified candidates.",
        ),
        ([one("a")], "Use a: the only candidate that qualified (UAR over all clips unknown)."),
    ],
)
def test_the_sentence_says_why(verdicts: list[Verdict], sentence: str) -> None:
    assert select(verdicts).sentence == sentence


def rejected(name: str, gate: str) -> Verdict:
    reason, message = f"{gate}_reason", f"{gate} says no"
    return one(name, standing=Standing.REJECTED, gate=gate, reason=reason, message=message)


def undecided(name: str, message: str, reason: str = "") -> Verdict:
    return one(name, standing=Standing.UNDECIDED, message=message, reason=reason)


BASELINE = one("reference", 0.9, 0.1, standing=Standing.BASELINE)


@pytest.mark.parametrize(
    ("verdicts", "sentence"),
    [
        ([], "There is no candidate to choose from."),
        ([BASELINE], "There is no candidate to choose from."),
        (
            [rejected("a", "labels"), rejected("b", "accuracy"), rejected("c", "accuracy")],
            (
                "No candidate qualified; b came closest, rejected by accuracy"
                " (accuracy_reason: accuracy says no)."
            ),
        ),
        (
            [
                rejected("a", "labels"),
                undecided("b", "not judged yet: speed"),
                undecided("c", "the hub gave no answer"),
                undecided("d", "not judged yet: speed"),
                BASELINE,
            ],
            (
                "No candidate has qualified yet; undecided: b, d (not judged yet: speed);"
                " c (the hub gave no answer)."
            ),
        ),
        (
            [undecided(name, f"no answer for {name}", "unreachable") for name in "abcdefgh"],
            (
                "No candidate has qualified yet; undecided: a, b, c, d, e, f and 2 more"
                " (unreachable)."
            ),
        ),
    ],
)
def test_where_none_qualified_the_sentence_says_what_came_closest(
    verdicts: list[Verdict], sentence: str
) -> None:
    assert select(verdicts) == Selection(None, sentence)


# ------------------------------------------------------------------ accuracy against speed


@pytest.mark.parametrize(
    ("verdicts", "front"),
    [
        ([], ()),
        ([one("a", 0.7, 2), one("b", 0.5, 1)], ("a", "b")),
        ([one("a", 0.7, 1), one("b", 0.5, 2)], ("a",)),
        ([one("a", 0.7, 1), one("b", 0.7, 2), one("c", 0.6, 1)], ("a",)),
        ([one("a", 0.7, 1), one("b", 0.7, 1)], ("a", "b")),
        ([one("a", 0.7), one("b", 0.6), one("c", 0.5, 1)], ("a", "c")),
    ],
)
def test_no_other_beats_the_front_in_both(
    verdicts: Sequence[Verdict], front: tuple[str, ...]
) -> None:
    assert pareto(verdicts) == front


def test_the_front_is_of_the_qualified() -> None:
    assert select([one("a", 0.5, 1), BASELINE]).pareto == ("a",)


@pytest.mark.parametrize(
    ("lengths", "compared"),
    [((1, 5, 10), 5), ((1, 7, 30), 7), ((1, 2), 2), ((30, 10), 10), ((5.5, 6), 5.5)],
)
def test_speed_is_compared_at_5_seconds_or_the_length_nearest_to_it(
    lengths: tuple[float, ...], compared: float
) -> None:
    records = tuple(timed(length, length / 10) for length in lengths)
    gates = {gate: GateResult(gate, None, records if gate == "speed" else ()) for gate in GATES}
    found = segment_time(Verdict(Candidate("x", "org/x"), Standing.QUALIFIED, gates))
    assert found == Measurement("time_p50", compared / 10, "s")


def test_without_a_timing_there_is_none() -> None:
    assert segment_time(one("a", 0.7)) is None
