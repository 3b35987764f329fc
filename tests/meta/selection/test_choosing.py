"""Of the qualified the one that is worth most is used: accuracy, and a little for other aims."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sertify.candidates.entries import Preferences, Priorities
from sertify.candidates.reading import Candidate
from sertify.corpora.clips import Clip, Corpus
from sertify.evidence.labelling import Labelling
from sertify.evidence.store import Record
from sertify.gates.accuracy import Score, judge_above_chance, judge_each, judge_score
from sertify.gates.parts import Part
from sertify.gates.speed import Timing, judge_timing
from sertify.pipeline.predictions import Predictions
from sertify.pipeline.scores import score
from sertify.selection.aims import Aims
from sertify.selection.choosing import Selection, pareto, select
from sertify.selection.explanations import busy_machine
from sertify.selection.variants import beside_variants
from sertify.selection.verdicts import GateResult, Standing, Verdict, verdict
from sertify.vocabulary.outcomes import ALWAYS, Bound, Judgement, Measurement, Outcome

EMOTIONS = ("anger", "happiness", "neutral", "sadness")


def evidence(gate: str, *measured: Measurement) -> Record:
    return Record("x", "", "c1", gate, f"test_{gate}", "", "", Outcome.PASS, measurements=measured)


def one(
    name: str,
    seconds: float | None = None,
    standing: Standing = Standing.QUALIFIED,
    uar: Measurement | None = None,
    languages: tuple[str, ...] = (),
    **decision: str,
) -> Verdict:
    """Return the verdict on a candidate that takes so long for 5 seconds of speech."""
    records: dict[str, tuple[Record, ...]] = dict.fromkeys(ALWAYS, ())
    if uar is not None:
        records["accuracy"] = (evidence("accuracy", uar),)
    if seconds is not None:
        timed = Measurement("time_p50", seconds, "s"), Measurement("segment", 5, "s")
        records["speed"] = (evidence("speed", *timed),)
    gates = {gate: GateResult(gate, Outcome.PASS, records[gate]) for gate in ALWAYS}
    candidate = Candidate(name, f"org/{name}", languages=languages)
    return Verdict(candidate, standing, gates, **decision)


def said(name: str, truth: Sequence[str], predicted: Sequence[str], **more: Any) -> Labelling:
    n, corpus = len(truth), more.pop("corpora", "calls")
    return Labelling(
        candidate=name,
        corpus="f00d",
        keys=tuple(f"{corpus}/{place}.wav" for place in range(n)),
        clips=tuple(f"{corpus}/{place}.wav" for place in range(n)),
        truth=tuple(truth),
        predicted=tuple(predicted),
        confidence=(0.5,) * n,
        speakers=(None,) * n,
        corpora=(corpus,) * n,
        languages=(more.pop("language", None),) * n,
        **{"emotions": EMOTIONS} | more,
    )


def heard(name: str, right: int, shift: int = 0, **more: Any) -> Labelling:
    """Return answers to 200 clips, of each emotion as many; of 50 so many are right.

    The wrong ones are elsewhere with another shift, and of another emotion in turn.
    """
    truth, predicted = [], []
    for emotion in EMOTIONS:
        others = [other for other in EMOTIONS if other != emotion]
        for n in range(50):
            truth.append(emotion)
            wrong = (n + shift) % 50 >= right
            predicted.append(others[n % 3] if wrong else emotion)
    return said(name, truth, predicted, **more)


def on_both(name: str, calls: int, studio: int, **more: Any) -> Labelling:
    """Return answers to the clips of two corpora."""
    first, second = heard(name, calls, **more), heard(name, studio, corpora="studio", **more)
    columns = ("keys", "clips", "truth", "predicted", "confidence", "speakers", "corpora")
    both = {name: getattr(first, name) + getattr(second, name) for name in (*columns, "languages")}
    return replace(first, **both)


def chosen(
    verdicts: Sequence[Verdict], *answers: Labelling, preferences: Preferences | None = None
) -> Selection:
    return select(verdicts, {one.candidate: one for one in answers}, preferences)


def weighing(**weights: float) -> Preferences:
    none = {"speed": 0, "diversity": 0, "language": 0}
    return Preferences(weights=Priorities(**none | weights))


def renamed(answers: Labelling, name: str, *pairs: str) -> Labelling:
    """Return answers of a model that has labels for other emotions: each second for each first."""
    names = dict(zip(pairs[::2], pairs[1::2], strict=True))
    return replace(
        answers,
        candidate=name,
        emotions=tuple(names.get(each, each) for each in answers.emotions),
        predicted=tuple(names.get(each, each) for each in answers.predicted),
    )


# ------------------------------------------------------------------ accuracy comes first

GOOD, NEAR, BAD = heard("good", 44), heard("near", 43, shift=20), heard("bad", 24, shift=7)


@pytest.mark.parametrize("preferences", [None, weighing(speed=1), weighing(language=1, speed=9)])
def test_no_weight_lets_a_much_less_accurate_one_win(preferences: Preferences | None) -> None:
    verdicts = [one("bad", 0.01, languages=("ko",)), one("good", 10)]
    selection = chosen(
        verdicts, replace(BAD, languages=("ko",) * 200), GOOD, preferences=preferences
    )
    assert (selection.candidate, selection.tied) == ("good", ("good",))
    assert selection.firmness is not None
    assert selection.firmness.again > 0.99
    assert selection.firmness.weights == 1


def test_a_clear_winner_is_chosen_whatever_is_drawn() -> None:
    selection = chosen([one("bad", 1), one("good", 1)], BAD, GOOD)
    assert selection.sentence == (
        "Use good: UAR 0.88 over the 4 emotions, 0.40 above bad [0.30, 0.50]."
    )
    firmness = selection.firmness
    assert firmness is not None
    assert (firmness.again, firmness.close, firmness.weights) == (1, 1, 1)
    assert firmness.expected == pytest.approx(0.88, abs=0.002)


def test_the_aims_are_told_and_the_value_is_uar_and_what_they_are_worth() -> None:
    selection = chosen([one("good", 5), one("bad", 50)], GOOD, BAD)
    assert selection.aims["good"].accuracy == pytest.approx((0.88 - 0.25) / 0.75)
    assert selection.aims["bad"].accuracy == pytest.approx((0.48 - 0.25) / 0.75)
    assert [aim.speed for aim in selection.aims.values()] == [0.25, 0]
    assert [*selection.aims["good"].known()] == ["accuracy", "speed", "diversity"]
    varied = {name: aim.diversity or 0 for name, aim in selection.aims.items()}
    assert selection.totals == pytest.approx(
        {"good": 0.88 + 0.03 + 0.01 * varied["good"], "bad": 0.48 + 0.01 * varied["bad"]}
    )
    assert selection.candidate == max(selection.totals, key=lambda name: selection.totals[name])


# ------------------------------------------------------------------ of nearly the same accuracy


@pytest.mark.parametrize(("fast", "slow"), [("good", "near"), ("near", "good")])
def test_of_two_that_are_nearly_as_accurate_the_faster_is_used(fast: str, slow: str) -> None:
    selection = chosen([one(slow, 10), one("bad", 0.01), one(fast, 1)], GOOD, NEAR, BAD)
    assert selection.candidate == fast
    assert set(selection.tied) == {"good", "near"}
    assert selection.sentence.endswith(
        f"; the data cannot tell it from {slow}, and it is 10 times as fast."
    )


def test_not_told_apart_is_not_equally_accurate() -> None:
    """Speed is worth what it is worth in UAR, whether or not the data tell two apart."""
    okay = heard("okay", 41, shift=30)
    selection = chosen([one("good", 1.5), one("okay", 1)], GOOD, okay)
    assert {*selection.tied} == {"good", "okay"}
    assert selection.candidate == "good"
    assert selection.sentence == (
        "Use good: UAR 0.88 over the 4 emotions, 0.06 above okay [-0.02, 0.14]; the data cannot"
        " tell it from okay."
    )


def test_useless_candidates_do_not_untie_the_leading_ones() -> None:
    alone = chosen([one("good", 1), one("okay", 1)], GOOD, OKAY)
    useless = [heard(f"useless {n}", 13, shift=n) for n in range(10)]
    verdicts = [one("good", 1), one("okay", 1), *(one(each.candidate, 1) for each in useless)]
    beside = chosen(verdicts, GOOD, OKAY, *useless)
    assert alone.tied == beside.tied == ("good",)
    assert beside.sentence == alone.sentence


def test_the_sentence_says_what_the_chosen_one_lacks_and_has() -> None:
    selection = chosen([one("good", 10), one("near", 1)], GOOD, NEAR)
    assert selection.sentence == (
        "Use near: UAR 0.86 over the 4 emotions, 0.02 below good [-0.05, 0.09]; the data cannot"
        " tell it from good, and it is 10 times as fast."
    )


@pytest.mark.parametrize(
    ("seconds", "times"), [(5.2, ""), (6, ", and it is 1.2 times"), (1260, ", and it is 250 times")]
)
def test_how_many_times_as_fast_it_is_stands_as_a_number_that_is_read_at_once(
    seconds: float, times: str
) -> None:
    sentence = chosen([one("near", seconds), one("good", 5)], GOOD, NEAR).sentence
    assert sentence.endswith(f"tell it from near{times}{' as fast' if times else ''}.")


def test_a_speed_that_is_unknown_is_worth_nothing_and_not_compared() -> None:
    preferences = Preferences(margin=0.05)
    selection = chosen([one("good"), one("near", 1)], GOOD, NEAR, preferences=preferences)
    assert selection.candidate == "near"
    assert "as fast" not in selection.sentence


@pytest.mark.parametrize(
    ("preferences", "best"),
    [
        (Preferences(), "near"),
        (Preferences(margin=0), "good"),
        (Preferences(margin=0.005), "good"),
        (weighing(speed=1), "near"),
        (weighing(speed=1, diversity=9), "good"),
        (weighing(language=1), "good"),
    ],
)
def test_weights_and_margin_move_the_choice_among_the_nearly_as_accurate(
    preferences: Preferences, best: str
) -> None:
    verdicts = [one("good", 10), one("near", 1), one("bad", 0.001)]
    assert chosen(verdicts, GOOD, NEAR, BAD, preferences=preferences).candidate == best


@pytest.mark.parametrize("order", [("english", "korean"), ("korean", "english")])
def test_the_language_wanted_decides_between_equals(order: tuple[str, str]) -> None:
    spoken = {"english": ("en",), "korean": ("ko",)}
    verdicts = [one(name, 1, languages=spoken[name]) for name in order]
    answers = [heard(name, 40, language="en") for name in order]
    wanted = chosen(verdicts, *answers, preferences=Preferences(languages=("ko",)))
    assert wanted.candidate == "korean"
    assert wanted.sentence == (
        "Use korean: UAR 0.80 over the 4 emotions, the same UAR as english [-0.01, 0.01]; the data"
        " cannot tell it from english, and it is the better fit in language."
    )
    assert chosen(verdicts, *answers).candidate == "english"


def test_what_is_too_little_to_be_told_is_weighed_all_the_same() -> None:
    """A hundredth of a point in each of three: together they are worth more than .001 UAR."""
    verdicts = [one("good", 1.04), one("near", 1)]
    selection = chosen(verdicts, GOOD, NEAR, preferences=Preferences(margin=1))
    assert selection.candidate == "near"
    assert selection.sentence.endswith(
        "; the data cannot tell it from good, and it does best on all aims together."
    )


def test_of_those_that_are_the_same_in_all_the_first_of_the_file_is_used() -> None:
    twins = {name: replace(GOOD, candidate=name) for name in "ab"}
    for order in ("ab", "ba"):
        selection = chosen([one(name, 1) for name in order], *(twins[name] for name in order))
        assert selection.candidate == order[0]
        assert set(selection.tied) == {"a", "b"}
        assert selection.firmness is not None
        assert (selection.firmness.again, selection.firmness.weights) == (1, 1)


# ------------------------------------------------------------------ the margin

OKAY = heard("okay", 37, shift=30)


@pytest.mark.parametrize(
    ("margin", "best", "sentence"),
    [
        (0, "good", "Use good: UAR 0.88 over the 4 emotions, 0.14 above okay [0.05, 0.23]."),
        (
            0.1,
            "okay",
            (
                "Use okay: UAR 0.74 over the 4 emotions, 0.14 below good [0.05, 0.23], but 100"
                " times as fast."
            ),
        ),
    ],
)
def test_accuracy_is_given_up_for_the_other_aims_by_the_margin(
    margin: float, best: str, sentence: str
) -> None:
    verdicts = [one("good", 10), one("okay", 0.1), one("bad", 0.1)]
    preferences = Preferences(margin=margin)
    selection = chosen(verdicts, GOOD, OKAY, BAD, preferences=preferences)
    assert (selection.candidate, selection.sentence) == (best, sentence)
    assert selection.tied == ("good",)
    assert selection.firmness is not None
    assert selection.firmness.again > 0.5
    assert selection.firmness.close > 0.9 if best == "good" else selection.firmness.close < 0.1


# ------------------------------------------------------------------ who else takes part


def test_a_bad_slow_one_of_few_labels_changes_nothing() -> None:
    """It was the winner's downfall when all were compared on what all can express."""
    a, b = heard("a", 40), heard("b", 35, shift=20)
    few = renamed(heard("few", 30, shift=7), "few", "happiness", "boredom", "sadness", "calm")
    for standing in (few, replace(few, predicted=("anger",) * 200)):
        pair = chosen([one("a", 1), one("b", 0.9)], a, b)
        three = chosen([one("a", 1), one("b", 0.9), one("few", 10)], a, b, standing)
        assert three.candidate == pair.candidate == "a"
        assert {name: three.totals[name] for name in "ab"} == pair.totals
        assert three.comparison is not None
        assert three.comparison.emotions == {"calls": EMOTIONS}


def test_one_that_has_seen_the_large_corpus_leaves_it_to_the_others() -> None:
    a, b = on_both("a", 45, 20), on_both("b", 30, 24)
    verdicts = [one("a", 1), one("b", 1)]
    pair = chosen(verdicts, a, b)
    crammed = replace(on_both("c", 50, 10), seen={"calls": "its model card lists calls"})
    three = chosen([*verdicts, one("c", 1)], a, b, crammed)
    assert three.candidate == pair.candidate == "a"
    assert three.sentence == (
        "Use a: UAR 0.65 over the 4 emotions of calls, studio, 0.11 above b [0.07, 0.15]."
    )


def test_one_that_is_better_on_the_emotions_it_has_is_named_with_what_to_do() -> None:
    a = heard("a", 40)
    few = renamed(heard("few", 50), "few", "happiness", "boredom", "sadness", "calm")
    selection = chosen([one("a", 1), one("few", 1)], a, few)
    assert selection.sentence == (
        "Use a: UAR 0.80 over the 4 emotions, 0.30 above few [0.24, 0.36]. few is 0.20 [0.12, 0.28]"
        " above it on the 2 emotions that both have labels for (anger, neutral); if these are all"
        " that is needed, name them under `emotions:`."
    )
    (pair,) = selection.shared
    assert (pair.other, pair.emotions) == ("few", ("anger", "neutral"))
    assert pair.difference.better == "few"
    assert pair.difference.value == pytest.approx(0.2)


def test_what_one_of_few_labels_is_worse_in_is_told_but_not_in_the_sentence() -> None:
    few = renamed(heard("few", 30, shift=7), "few", "happiness", "boredom")
    selection = chosen([one("good", 1), one("few", 1)], GOOD, few)
    assert "labels for" not in selection.sentence
    (pair,) = selection.shared
    assert (pair.difference.better, pair.emotions) == ("good", ("anger", "neutral", "sadness"))


def test_those_with_the_same_labels_or_none_in_common_are_compared_once() -> None:
    fewer = renamed(BAD, "fewer", "anger", "calm", "happiness", "boredom", "neutral", "fear")
    verdicts = [one("good", 1), one("near", 1), one("fewer", 1)]
    assert chosen(verdicts, GOOD, NEAR, fewer).shared == ()


def test_the_emotions_wanted_are_what_the_choice_is_over() -> None:
    few = renamed(heard("few", 50), "few", "happiness", "boredom", "sadness", "calm")
    verdicts = [needing(one(name, 1), "anger", "neutral") for name in ("a", "few")]
    selection = chosen(verdicts, heard("a", 40), few)
    assert selection.sentence == (
        "Use few: UAR 1.00 over the 2 emotions, 0.20 above a [0.12, 0.28]."
    )
    assert selection.shared == ()


def needing(verdict: Verdict, *emotions: str) -> Verdict:
    """Return it as judged for a user that needs no other emotions."""
    candidate = verdict.candidate
    needs = candidate.requirements.model_copy(update={"emotions": emotions})
    return replace(verdict, candidate=replace(candidate, requirements=needs))


# ------------------------------------------------------------------ on which speech


def test_a_corpus_seen_in_training_never_decides() -> None:
    verdicts = [one("crammed", 1), one("honest", 1)]
    crammed, honest = on_both("crammed", 50, 25), on_both("honest", 30, 42)
    assert chosen(verdicts, crammed, honest).candidate == "crammed"
    seen = replace(crammed, seen={"calls": "its model card lists calls"})
    selection = chosen(verdicts, seen, honest)
    assert selection.candidate == "honest"
    assert selection.sentence == (
        "Use honest: UAR 0.84 over the 4 emotions of studio, 0.34 above crammed [0.27, 0.41]."
    )
    assert selection.comparison is not None
    assert selection.comparison.left_out == {"calls": "seen in training by crammed"}


def test_the_sentence_names_the_speech_that_is_new_to_the_chosen_one() -> None:
    seen = {"seen": {"calls": "its model card lists calls"}}
    verdicts = [one(name, 1) for name in "abc"]
    answers = on_both("a", 50, 45, **seen), on_both("b", 40, 30), on_both("c", 35, 20)
    assert chosen(verdicts, *answers).sentence == (
        "Use a: UAR 0.90 over the 4 emotions of studio, 0.30 above b [0.23, 0.37] on studio."
    )


def test_two_that_share_no_speech_are_told_apart_by_the_other_aims() -> None:
    verdicts = [one("a", 10), one("b", 1), one("c", 10)]
    a = replace(on_both("a", 45, 21), seen={"calls": "its model card lists calls"})
    b = replace(on_both("b", 19, 45), seen={"studio": "its model card lists studio"})
    selection = chosen(verdicts, a, b, on_both("c", 20, 20))
    assert selection.comparison is not None
    assert (selection.comparison.leader, selection.candidate) == ("a", "b")
    assert selection.sentence == (
        "Use b: UAR 0.38 over the 4 emotions of calls; it could not be compared with a, but it is"
        " 10 times as fast."
    )


@pytest.mark.parametrize(
    ("truth", "seen", "why"),
    [
        (GOOD.truth, {"calls": "its model card lists calls"}, "seen in training by bad"),
        (("anger",) * 200, {}, "it has clips of fewer than two of the emotions"),
        ((None,) * 200, {}, ""),
    ],
    ids=["seen", "one emotion", "unlabelled"],
)
def test_where_nothing_can_be_compared_the_selection_says_so(
    truth: tuple[str | None, ...], seen: dict[str, str], why: str
) -> None:
    good, other = replace(GOOD, truth=truth), replace(BAD, truth=truth, seen=seen)
    selection = chosen([one("good", 10), one("bad", 1)], good, other)
    assert (selection.candidate, selection.comparison, selection.firmness) == ("bad", None, None)
    assert selection.sentence == (
        "Use bad: nothing tells which of 2 qualified candidates is the most accurate, and it is"
        f" 10 times as fast.{f' They could not be compared on calls: {why}.' if why else ''}"
    )
    assert selection.tied == ("good", "bad")


def test_one_to_whom_no_speech_is_new_is_not_chosen_over_those_that_were_compared() -> None:
    crammed = replace(heard("crammed", 50), seen={"calls": "its model card lists calls"})
    verdicts = [one("crammed", 0.1), one("good", 10), one("bad", 10)]
    selection = chosen(verdicts, crammed, GOOD, BAD)
    assert selection.sentence == (
        "Use good: UAR 0.88 over the 4 emotions of calls, 0.40 above bad [0.30, 0.50]."
    )
    assert selection.comparison is not None
    assert selection.comparison.names == ("good", "bad")


def test_without_any_answers_the_other_aims_decide() -> None:
    selection = select([one("a", 2), one("b", 1)])
    assert selection.candidate == "b"
    assert selection.sentence == (
        "Use b: nothing tells which of 2 qualified candidates is the most accurate, and it is 2"
        " times as fast."
    )


def test_one_whose_answers_are_unknown_is_not_chosen_over_one_that_was_compared() -> None:
    claimed = one("unknown", 0.1, uar=Measurement("uar", 0.99))
    selection = chosen([claimed, one("good", 1)], GOOD)
    assert selection.candidate == "good"
    assert selection.sentence == "Use good: UAR 0.88 over the 4 emotions."
    assert [*selection.totals] == ["good"]
    both = chosen([claimed, one("good", 9), one("near", 0.8)], GOOD, NEAR)
    assert both.candidate == "near"
    assert "0.02 below good" in both.sentence


# ------------------------------------------------------------------ how firm it is


def near_ties() -> tuple[list[Verdict], list[Labelling]]:
    verdicts = [one("good", 3), one("near", 2), one("okay", 1), one("bad", 0.1)]
    return verdicts, [GOOD, NEAR, heard("okay", 42, shift=30), BAD]


def test_near_ties_are_less_firm() -> None:
    verdicts, answers = near_ties()
    firmness = chosen(verdicts, *answers).firmness
    assert firmness is not None
    assert 0.1 < firmness.again < 0.95
    assert 0.5 < firmness.close < 1
    assert 0.1 < firmness.weights < 1


def test_it_is_the_same_every_time_and_in_every_order() -> None:
    verdicts, answers = near_ties()
    first = chosen(verdicts, *answers)
    assert first.firmness == chosen(verdicts, *answers).firmness
    assert first.firmness is not None
    for order in permutations(range(4)):
        again = chosen([verdicts[n] for n in order], *(answers[n] for n in order))
        assert (again.candidate, set(again.tied)) == (first.candidate, set(first.tied))
        assert again.totals == pytest.approx(first.totals)
        assert again.firmness is not None
        assert vars(again.firmness) == pytest.approx(vars(first.firmness))


def test_a_weight_of_0_is_drawn_as_0() -> None:
    verdicts = [one("good", 10, languages=("en",)), one("near", 1, languages=("ko",))]
    answers = [replace(own, languages=("en",) * 200) for own in (GOOD, NEAR)]
    firmness = chosen(verdicts, *answers, preferences=weighing(speed=1)).firmness
    assert firmness is not None
    assert firmness.weights == 1
    with_language = chosen(verdicts, *answers, preferences=weighing(speed=1, language=1)).firmness
    assert with_language is not None
    assert with_language.weights < 0.95


def guessed_equal(seed: int, number: int = 8) -> list[Labelling]:
    """Return answers of models that are all right on 60 % of all speech, by chance on these."""
    rng, truth = np.random.default_rng(seed), np.repeat(EMOTIONS, 50)
    wrong = np.roll(EMOTIONS, 1).repeat(50)
    return [
        said(f"m{n}", truth.tolist(), np.where(rng.random(200) < 0.6, truth, wrong).tolist())
        for n in range(number)
    ]


def test_the_best_of_equal_ones_looks_better_than_is_to_be_expected() -> None:
    observed, expected = [], []
    for seed in range(20):
        answers = guessed_equal(seed)
        selection = chosen([one(each.candidate, 1) for each in answers], *answers)
        assert selection.comparison is not None
        assert selection.candidate is not None
        assert selection.firmness is not None
        found = selection.comparison.uar(selection.candidate)
        assert found is not None
        observed.append(found[0])
        expected.append(selection.firmness.expected)
        assert selection.firmness.expected < found[0]
        assert selection.firmness.again < 0.6
        assert selection.firmness.close > 0.5
    assert np.mean(observed) > 0.63
    assert np.mean(expected) == pytest.approx(0.6, abs=0.015)


def test_one_alone_is_expected_to_be_as_good_as_it_was() -> None:
    firmness = chosen([one("good", 1)], GOOD).firmness
    assert firmness is not None
    assert (firmness.again, firmness.close, firmness.weights) == (1, 1, 1)
    assert firmness.expected == pytest.approx(0.88, abs=0.002)


# ------------------------------------------------------------------ who can be chosen


@pytest.mark.parametrize("standing", [Standing.BASELINE, Standing.REJECTED, Standing.UNDECIDED])
def test_only_the_qualified_are_chosen_from(standing: Standing) -> None:
    uar = Measurement("uar", 0.5, "1", 0.45, 0.55)
    selection = chosen([one("good", 0.1, standing), one("bad", 1, uar=uar)], GOOD, BAD)
    sentence = "Use bad: the only candidate that qualified (UAR 0.50 [0.45, 0.55])."
    if standing is Standing.UNDECIDED:
        sentence += " Undecided: 1 of 2 candidates."
    assert (selection.candidate, selection.sentence) == ("bad", sentence)
    assert [*selection.aims] == [*selection.tied] == [*selection.pareto] == ["bad"]


@pytest.mark.parametrize(
    ("uar", "shown"),
    [(None, "UAR unknown"), (Measurement("uar", 0.5), "UAR 0.50")],
)
def test_what_is_not_known_of_the_only_one_is_not_claimed(
    uar: Measurement | None, shown: str
) -> None:
    sentence = f"Use a: the only candidate that qualified ({shown})."
    assert select([one("a", uar=uar)]).sentence == sentence


TWO = ("anger", "sadness")


def two_classes(guess: np.random.Generator | None, right: float = 0.0) -> Predictions:
    """Return predictions on 400 clips of two emotions: constant, a guess, or right for a share."""
    truth = TWO * 200
    predicted = np.full(400, "anger")
    if guess is not None:
        predicted = np.where(guess.random(400) < right, truth, guess.choice(TWO, 400))
    logits = np.array([[word == emotion for emotion in TWO] for word in predicted], np.float32)
    clips = tuple(Clip(f"{n}.wav", Path(), label) for n, label in enumerate(truth))
    return Predictions(Corpus("calls", Path(), clips, "f00d"), TWO, clips, logits, ())


def judged(name: str, found: Predictions, seconds: float) -> tuple[Verdict, Labelling]:
    """Return the verdict on a candidate of which all but UAR is known to be in order."""
    candidate = Candidate(name, f"org/{name}")
    scored = score(found, candidate)
    judgements = {
        "test_uar": judge_score(scored, "uar", candidate.requirements, "low_uar"),
        "test_uar_is_above_chance": judge_above_chance(scored, candidate.requirements),
    }
    records = [
        Record.of(
            judgement,
            candidate=name,
            entry=candidate.fingerprint,
            commit="c1",
            gate="accuracy",
            check=check,
            corpus="f00d",
            environment="",
            siblings=tuple(judgements),
        )
        for check, judgement in judgements.items()
    ]
    timed = Measurement("time_p50", seconds, "s"), Measurement("segment", 5, "s")
    records += [evidence(gate, *timed) for gate in ALWAYS if gate != "accuracy"]
    records = [replace(record, siblings=record.siblings or (record.check,)) for record in records]
    return verdict(candidate, records), found.labelling(candidate, {})


@pytest.mark.parametrize("seed", [None, *range(10)])
def test_a_model_that_guesses_is_not_selected_even_where_two_classes_make_guessing_look_good(
    seed: int | None,
) -> None:
    guess = None if seed is None else np.random.default_rng(seed)
    lucky, guessed = judged("lucky", two_classes(guess), 0.01)
    able, answered = judged("able", two_classes(np.random.default_rng(99), right=0.5), 10)
    record = lucky.gates["accuracy"].first
    assert record is not None
    assert record.reason == "chance_level"
    assert able.standing is Standing.QUALIFIED
    assert chosen([lucky, able], guessed, answered).candidate == "able"
    assert chosen([lucky], guessed).candidate is None


# ------------------------------------------------------------------ where none qualified


def rejected(name: str, gate: str, judgement: Judgement | None = None) -> Verdict:
    """Return the verdict on a candidate that a gate rejects."""
    judgement = judgement or Judgement(Outcome.FAIL, (), f"{gate}_reason", f"{gate} says no")
    names = {"candidate": name, "entry": "", "commit": "c1", "corpus": "", "environment": ""}
    record = Record.of(judgement, gate=gate, check="test_a", **names)
    return verdict(Candidate(name, f"org/{name}"), [record])


def undecided(name: str, message: str, reason: str = "") -> Verdict:
    return one(name, standing=Standing.UNDECIDED, message=message, reason=reason)


BASELINE = one("reference", 0.1, Standing.BASELINE)


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


def some(name: str, value: float, half: float = 0.05) -> Measurement:
    return Measurement(name, value, low=value - half, high=value + half, n=50)


ALL_WRONG = Score(
    part=Part(),
    coverage=some("coverage", 0.2),
    coverage_emotions=Measurement("coverage_emotions", 0.2),
    uar=some("uar", 0.1),
    uar_own=some("uar_own", 0.3),
    accuracy=some("accuracy", 0.2),
    macro_f1=some("macro_f1", 0.2),
    class_share=Measurement("class_share", 0.4, n=50),
    calibration_error=Measurement("calibration_error", 0.6, n=50),
    brier_score=Measurement("brier_score", 1.4, n=50),
    recalls=(some("recall:anger", 0.45), some("recall:sadness", 0.1), some("recall:fear", 0.9)),
    precisions=(),
    chance=0.5,
)
ASKED = Candidate("x", "org/x").requirements.model_copy(
    update={"recall": (Bound(min=0.5),), "calibration_error": (Bound(min=0.1, max=0.2),)}
)
SLOW = Timing(22, (11.0, 11.0), 0.5, 900.0, 378.0, 94, 2)


@pytest.mark.parametrize(
    ("gate", "judgement", "lacks"),
    [
        ("accuracy", judge_score(ALL_WRONG, "uar", ASKED, "low_uar"), "0.3"),
        ("accuracy", judge_score(ALL_WRONG, "coverage", ASKED, "low_coverage"), "0.3"),
        (
            "accuracy",
            judge_score(ALL_WRONG, "class_share", ASKED, "skewed_predictions"),
            "0.25",
        ),
        (
            "accuracy",
            judge_score(ALL_WRONG, "calibration_error", ASKED, "miscalibrated"),
            "0.4",
        ),
        ("accuracy", judge_each(ALL_WRONG, ALL_WRONG.recalls, "recall", ASKED), "0.4"),
        ("speed", judge_timing(SLOW, Bound(max=0.3)), "0.2"),
        (
            "labels",
            Judgement(
                Outcome.FAIL,
                (Measurement("labels", 4, "labels"),),
                "too_few_labels",
                "labels=4, but should be at least 5",
                "at least 5",
            ),
            "1",
        ),
    ],
    ids=["uar", "coverage", "class_share", "calibration_error", "recall", "speed", "labels"],
)
def test_the_closest_one_is_told_with_what_it_lacks(
    gate: str, judgement: Judgement, lacks: str
) -> None:
    worst = rejected("b", "loadability")
    sentence = select([worst, rejected("a", gate, judgement)]).sentence
    assert sentence == (
        f"No candidate qualified; a came closest, rejected by {gate}"
        f" ({judgement.reason}: {judgement.message}); it misses the limit by {lacks}."
    )


def test_of_those_at_the_same_gate_the_more_accurate_came_closest() -> None:
    low, high = (
        Judgement(Outcome.FAIL, (some("uar", uar),), "low_uar", "low") for uar in (0.2, 0.35)
    )
    sentence = select([rejected("a", "accuracy", low), rejected("b", "accuracy", high)]).sentence
    assert sentence.startswith("No candidate qualified; b came closest")


# ------------------------------------------------------------------ the front


@pytest.mark.parametrize(
    ("points", "front"),
    [
        ({}, ()),
        ({"a": (0.7, 0.2), "b": (0.5, 1.0)}, ("a", "b")),
        ({"a": (0.7, 1.0), "b": (0.5, 0.2)}, ("a",)),
        ({"a": (0.7, 1.0), "twin": (0.7, 1.0)}, ("a", "twin")),
        ({"a": (0.7, 1.0), "b": (0.7, 0.9), "c": (0.6, 1.0)}, ("a",)),
        ({"a": (0.7, None), "b": (0.6, 0.1)}, ("a", "b")),
        ({"a": (0.7, None), "b": (0.6, None)}, ("a",)),
    ],
)
def test_no_other_is_as_good_in_all_and_better_in_one(
    points: Mapping[str, tuple[float, float | None]], front: tuple[str, ...]
) -> None:
    aims = {name: Aims(accuracy, speed, 0.5, None) for name, (accuracy, speed) in points.items()}
    assert pareto(aims) == front


def test_all_aims_count_for_the_front() -> None:
    aims = {"fast": Aims(0.7, 1, 0.5, 0), "korean": Aims(0.6, 0.5, 0.4, 1)}
    assert pareto(aims) == ("fast", "korean")


def test_the_front_is_of_the_qualified_and_holds_the_chosen() -> None:
    assert chosen([one("bad", 1), BASELINE], BAD).pareto == ("bad",)
    verdicts, answers = near_ties()
    selection = chosen(verdicts, *answers)
    assert selection.candidate in selection.pareto


# ------------------------------------------------------------------ the others


def test_one_that_has_not_qualified_but_measures_higher_is_named() -> None:
    gates = dict(one("good", 1).gates)
    undecided = replace(one("good", 1), standing=Standing.UNDECIDED, gate="accuracy", gates=gates)
    selection = chosen([one("bad", 1), undecided], GOOD, BAD)
    assert selection.candidate == "bad"
    assert selection.sentence.endswith(
        " Not qualified, but higher in UAR: good (undecided) has 0.88 against 0.48 on calls."
    )
    slow = replace(undecided, gate="speed")
    assert "Not qualified" not in chosen([one("bad", 1), slow], GOOD, BAD).sentence
    lower = replace(one("bad", 1), standing=Standing.UNDECIDED, gate="accuracy")
    assert "Not qualified" not in chosen([one("good", 1), lower], GOOD, BAD).sentence


# ------------------------------------------------------------------ variants of the chosen one

FP32, INT8 = heard("wavlm", 44), heard("wavlm+int8-dynamic", 43, shift=20)
SAME = replace(FP32, candidate="wavlm+int8-dynamic")
WORSE, BETTER = heard("wavlm+int8-dynamic", 24), heard("wavlm+int8-dynamic", 50)


def beside(chosen: str, verdicts: Sequence[Verdict], *answers: Labelling) -> str:
    return beside_variants(chosen, verdicts, {one.candidate: one for one in answers})


@pytest.mark.parametrize("chosen", ["wavlm", "wavlm+int8-dynamic"])
@pytest.mark.parametrize(
    ("seconds", "variant", "told"),
    [
        (
            1.8,
            INT8,
            ["1.8 times faster than", "and loses nothing measurable", "0.02 lower [-0.05, 0.09]"],
        ),
        (0.5, WORSE, ["2.0 times slower than", "but loses accuracy", "0.40 lower [0.33, 0.47]"]),
        (1.01, BETTER, ["as fast as", "and gains accuracy", "0.12 higher [0.07, 0.17]"]),
        (1, SAME, ["as fast as", "and loses nothing measurable", "the same [-0.01, 0.01]"]),
    ],
    ids=["faster", "worse", "better", "the-same"],
)
def test_a_variant_is_told_with_what_it_gains_and_loses(
    chosen: str, seconds: float, variant: Labelling, told: list[str]
) -> None:
    verdicts = [one("wavlm", seconds), one("wavlm+int8-dynamic", 1), one("wavlm2", 9)]
    found = beside(chosen, verdicts, FP32, variant, heard("wavlm2", 3))
    pace, loss, uar = told
    assert found == f" wavlm+int8-dynamic is {pace} wavlm (1 s for 5 s), {loss}: UAR {uar}."


def test_all_variants_of_the_chosen_are_told_against_fp32_or_else_the_chosen() -> None:
    rejected = one("wavlm+compile", standing=Standing.REJECTED)
    verdicts = [one("wavlm", 4), one("wavlm+onnx", 2), rejected, one("other+onnx", 1)]
    assert (
        beside("wavlm+onnx", verdicts)
        == " wavlm+onnx is 2.0 times faster than wavlm (2 s for 5 s)."
    )
    answers = [FP32, replace(FP32, candidate="wavlm+compile")]
    assert beside("wavlm", verdicts, *answers) == (
        " wavlm+onnx is 2.0 times faster than wavlm (2 s for 5 s); wavlm+compile (rejected),"
        " against wavlm, loses nothing measurable: UAR the same [-0.01, 0.01]."
    )
    without = [one("wavlm+onnx", 2), one("wavlm+openvino", 1), rejected]
    assert beside("wavlm+onnx", without) == (
        " wavlm+openvino is 2.0 times faster than wavlm+onnx (1 s for 5 s)."
    )


def test_what_cannot_be_compared_is_not_claimed() -> None:
    verdicts = [one("wavlm", 2), one("wavlm+int8-dynamic", 1)]
    known = [replace(each, seen={"calls": "its card says so"}) for each in (FP32, INT8)]
    assert beside("wavlm", verdicts, *known).endswith(", and could not be compared in UAR.")


def disturbed(verdict: Verdict) -> Verdict:
    """Return it as measured beside other work."""
    records = tuple(
        replace(each, details={"noise": "x"}) for each in verdict.gates["speed"].records
    )
    speed = replace(verdict.gates["speed"], records=records)
    return replace(verdict, gates={**verdict.gates, "speed": speed})


def test_no_speed_is_compared_that_other_work_disturbed() -> None:
    verdicts = [one("wavlm", 2), disturbed(one("wavlm+int8-dynamic", 1))]
    assert beside("wavlm", verdicts) == ""
    assert beside("wavlm", verdicts, FP32, INT8).startswith(
        " wavlm+int8-dynamic, against wavlm, loses nothing measurable: UAR"
    )
    again = "; measure again with `pytest -m speed` when nothing else runs."
    busy = " The machine was busy when the speed of wavlm+int8-dynamic was measured"
    assert busy_machine(verdicts) == f"{busy}, which may look slower than it is{again}"
    assert busy_machine(verdicts[:1]) == ""


def test_a_disturbed_time_counts_as_it_was_measured_and_the_sentence_says_so() -> None:
    found = select([one("slow", 2), disturbed(one("quick", 1))])
    assert found.candidate == "quick"
    assert "the speed of quick was measured, which may look slower than it is" in found.sentence


def test_without_variants_there_is_nothing_to_tell() -> None:
    verdicts = [one("wavlm", 2), one("wavlm2", 1)]
    assert beside("wavlm", verdicts, FP32, heard("wavlm2", 44)) == ""
    assert beside("wavlm", [one("wavlm"), one("wavlm+onnx")]) == ""
