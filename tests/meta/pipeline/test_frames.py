"""A score is over the emotions that the user needs, whatever a candidate has labels for."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from sertify.candidates.reading import Candidate
from sertify.candidates.requirements import Requirements
from sertify.corpora.clips import Clip, Corpus
from sertify.gates.accuracy import judge_above_chance, judge_score
from sertify.gates.confirming import judge_confirmation
from sertify.gates.parts import TOGETHER, Part
from sertify.pipeline.checking import run_check
from sertify.pipeline.checks import checks_of, read_checks
from sertify.pipeline.predictions import Predictions
from sertify.pipeline.scores import score
from sertify.pipeline.settings import Settings
from sertify.pipeline.stages import STAGES
from sertify.pipeline.way import Way
from sertify.vocabulary.errors import Blocked
from sertify.vocabulary.outcomes import Bound, Judgement, Outcome
from tests.meta.runs import ROOT

SEVEN = ("anger", "boredom", "disgust", "fear", "happiness", "neutral", "sadness")
TWO = ("anger", "neutral")


def corpus(sizes: dict[str, int], name: str = "calls", speakers: int = 12) -> tuple[Clip, ...]:
    """Return so many clips of each emotion, of speakers in turn."""
    truth = [emotion for emotion, many in sizes.items() for _ in range(many)]
    return tuple(
        Clip(f"{name}/{n}.wav", Path(), emotion, corpus=name, speaker=f"s{n % speakers}")
        for n, emotion in enumerate(truth)
    )


def heard(clips: Sequence[Clip], labels: Sequence[str], right: float) -> Predictions:
    """Return predictions that are right about a share of what there are labels for."""
    rng = np.random.default_rng(0)
    logits = np.zeros((len(clips), len(labels)), np.float32)
    for row, clip in zip(logits, clips, strict=True):
        sure = clip.emotion in labels and rng.random() < right
        others = [place for place, label in enumerate(labels) if label != clip.emotion]
        row[labels.index(str(clip.emotion)) if sure else rng.choice(others)] = 2
    held = Corpus("calls", Path(), tuple(clips), "f00d")
    return Predictions(held, tuple(labels), tuple(clips), logits, ())


@pytest.fixture(scope="module")
def modules() -> list[ModuleType]:
    return list(read_checks(ROOT / "tests" / "checks"))


def judged(predictions: Predictions, modules: list[ModuleType]) -> dict[str, Judgement]:
    """Return what the checks of accuracy find by the default requirements."""
    candidate, settings = Candidate("x", "org/x"), Settings(candidates=Path())
    given = {"score": score(predictions, candidate), "operating": {}}
    way = Way(STAGES, candidate=candidate).branch(**given)
    return {
        check.name: run_check(way, check)
        for check in checks_of(modules, candidate, settings)
        if check.gate == "accuracy"
    }


# ------------------------------------------------------------------ few labels


@pytest.mark.parametrize(
    "sizes",
    [dict.fromkeys(SEVEN, 60), dict.fromkeys(SEVEN, 20) | dict.fromkeys(TWO, 150)],
    ids=["as many of each", "most clips of the two"],
)
def test_a_model_of_two_emotions_of_seven_is_rejected_by_default(
    sizes: dict[str, int], modules: list[ModuleType]
) -> None:
    found = judged(heard(corpus(sizes), TWO, 0.6), modules)
    failed = {name: one.reason for name, one in found.items() if one.outcome is Outcome.FAIL}
    assert failed.items() >= {"test_coverage": "low_coverage", "test_uar": "low_uar"}.items()
    assert found["test_coverage"].message.endswith(
        "coverage_emotions=0.2857, but should be at least 0.5: it has a label for 2 of the 7"
        " emotions that count, none for boredom, disgust, fear, happiness, sadness"
    )


def test_the_same_model_of_all_seven_passes(modules: list[ModuleType]) -> None:
    found = judged(heard(corpus(dict.fromkeys(SEVEN, 60)), SEVEN, 0.6), modules)
    assert {name: one.message for name, one in found.items() if one.message} == {}


def test_what_has_no_label_is_never_recognised_which_nobody_doubts() -> None:
    clips = corpus(dict.fromkeys(SEVEN, 60))
    found = score(heard(clips, TWO, 0.6), Candidate("x", "org/x"))
    own = found.uar_own
    assert own.low is not None
    assert own.high is not None
    assert found.uar.value == pytest.approx(own.value * 2 / 7)
    assert (found.uar.low, found.uar.high) == pytest.approx((own.low * 2 / 7, own.high * 2 / 7))
    assert (found.uar.n, own.n, found.uar.speakers) == (420, 120, 12)
    assert found.chance == 1 / 7


def test_a_model_that_expresses_nothing_of_what_counts_has_a_uar_of_0_for_sure() -> None:
    found = score(heard(corpus({"fear": 20, "boredom": 20}), TWO, 0.6), Candidate("x", "org/x"))
    assert (found.uar.value, found.uar.low, found.uar.high, found.uar.n) == (0, 0, 0, 40)
    assert (found.uar_own.n, found.coverage_emotions.value) == (0, 0)


# ------------------------------------------------------------------ which emotions count


def needing(*emotions: str) -> Candidate:
    return Candidate("x", "org/x", requirements=Requirements(emotions=emotions))


RARE = dict.fromkeys(SEVEN, 60) | {"fear": 4, "boredom": 2}


def test_emotions_of_few_clips_do_not_count_and_are_told() -> None:
    found = score(heard(corpus(RARE), SEVEN, 0.6), Candidate("x", "org/x"))
    counting = [name for name in SEVEN if name not in ("boredom", "fear")]
    assert found.details["frame"] == counting
    assert found.details["too_few_clips"] == {"boredom": 2, "fear": 4}
    assert (found.uar.n, found.uar_own.n, found.chance) == (300, 306, 1 / 5)
    recalls = {one.name: one.value for one in found.recalls}
    assert found.uar.value == pytest.approx(np.mean([recalls[f"recall:{e}"] for e in counting]))
    assert found.uar_own.value == pytest.approx(np.mean([*recalls.values()]))


def test_emotions_that_are_named_count_whatever_their_clips_and_no_others_do() -> None:
    found = score(heard(corpus(RARE), SEVEN, 0.6), needing("fear", "anger", "contempt"))
    assert found.details["frame"] == ["anger", "fear"]
    assert found.details["too_few_clips"] == {}
    recalls = {one.name: one.value for one in found.recalls}
    expected = (recalls["recall:anger"] + recalls["recall:fear"]) / 2
    assert found.uar.value == pytest.approx(expected)
    assert (found.uar.n, found.chance) == (64, 1 / 2)


def test_a_model_of_few_labels_qualifies_for_those_who_need_no_others() -> None:
    predictions = heard(corpus(dict.fromkeys(SEVEN, 60)), TWO, 0.9)
    needed, default = score(predictions, needing(*TWO)), score(predictions, Candidate("x", "org/x"))
    assert needed.uar == replace(default.uar_own, name="uar")
    assert needed.coverage_emotions.value == 1
    assert judge_score(needed, "uar", Requirements(), "low_uar").outcome is Outcome.PASS
    assert judge_score(default, "uar", Requirements(), "low_uar").outcome is Outcome.FAIL


def test_which_emotions_count_does_not_depend_on_the_clips_that_a_model_could_hear() -> None:
    clips = corpus({"anger": 60, "neutral": 60, "fear": 5})
    whole = heard(clips, SEVEN, 0.6)
    kept = [place for place, clip in enumerate(clips) if clip.emotion == "fear" or place % 2]
    some = Predictions(
        whole.corpus, whole.labels, tuple(clips[n] for n in kept), whole.logits[kept], ()
    )
    candidate = Candidate("x", "org/x")
    found = [score(each, candidate) for each in (whole, some)]
    assert [one.details["frame"] for one in found] == [["anger", "fear", "neutral"]] * 2
    deaf = [place for place, clip in enumerate(clips) if clip.emotion != "fear"]
    mute = Predictions(
        whole.corpus, whole.labels, tuple(clips[n] for n in deaf), whole.logits[deaf], ()
    )
    assert score(mute, candidate).details["frame"] == ["anger", "neutral"]


# ------------------------------------------------------------------ several corpora


def test_each_corpus_has_its_own_emotions_and_the_mean_is_of_the_corpora() -> None:
    clips = corpus(dict.fromkeys(SEVEN, 40)) + corpus({"anger": 90, "fear": 90, "joy": 2}, "studio")
    found = heard(clips, ("anger", "neutral", "fear", "joy"), 0.7)
    candidate = Candidate("x", "org/x")
    whole, calls, studio = (
        score(found, candidate, part)
        for part in (Part(TOGETHER), Part("calls", "calls"), Part("studio", "studio"))
    )
    assert [calls.chance, studio.chance] == [1 / 7, 1 / 2]
    assert studio.details["too_few_clips"] == {"happiness": 2}
    for name in ("uar", "coverage_emotions", "uar_own"):
        mean = (getattr(calls, name).value + getattr(studio, name).value) / 2
        assert getattr(whole, name).value == pytest.approx(mean), name
    assert whole.chance == pytest.approx((1 / 7 + 1 / 2) / 2)
    assert whole.details["frame"] == [*SEVEN]


# ------------------------------------------------------------------ one emotion alone


def test_where_two_emotions_do_not_count_no_uar_is_judged_and_nobody_is_at_fault(
    modules: list[ModuleType],
) -> None:
    found = judged(heard(corpus({"anger": 60, "fear": 2}), SEVEN, 0.9), modules)
    blocked = {name: one for name, one in found.items() if one.outcome is Outcome.BLOCKED}
    assert blocked.keys() == {"test_uar", "test_uar_is_above_chance"}
    said = "of the emotions that count, the speech has clips of anger, but UAR takes two at least"
    assert {(one.reason, one.message) for one in blocked.values()} == {("one_emotion", said)}
    assert [one.outcome for one in found.values() if one not in blocked.values()] == [
        Outcome.PASS
    ] * (len(found) - 2)


def test_a_corpus_of_one_emotion_has_no_part_in_the_mean_of_uar() -> None:
    alone = corpus(dict.fromkeys(SEVEN, 40))
    candidate, both = Candidate("x", "org/x"), alone + corpus({"neutral": 50}, "studio")
    whole = score(heard(both, SEVEN, 0.7), candidate, Part(TOGETHER))
    calls = score(heard(both, SEVEN, 0.7), candidate, Part("calls", "calls"))
    assert (whole.uar, whole.chance) == (calls.uar, calls.chance)
    assert judge_above_chance(whole, Requirements()).outcome is Outcome.PASS


def test_one_emotion_confirms_nothing() -> None:
    found = score(heard(corpus({"anger": 60}), SEVEN, 0.9), Candidate("x", "org/x"))
    with pytest.raises(Blocked, match="UAR takes two"):
        judge_confirmation(found, Requirements(uar=(Bound(min=0.1),)))
