"""From predictions to numbers: those of scikit-learn, for each corpus, and their means."""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics
from sklearn.calibration import calibration_curve

from sertify.candidates.reading import Candidate
from sertify.candidates.requirements import Requirements
from sertify.corpora.clips import Clip, Corpus, stratified
from sertify.corpora.standing import standing_for
from sertify.gates.accuracy import LaterLook, Score, judge_score
from sertify.gates.parts import TOGETHER, Part
from sertify.pipeline.predictions import Predictions, RejectedClip
from sertify.pipeline.scores import score
from sertify.statistics import intervals, jackknife
from sertify.vocabulary.errors import Blocked
from sertify.vocabulary.outcomes import Bound, Measurement

LABELS = ("ang", "hap", "neu", "sad")
EMOTIONS = ("anger", "happiness", "neutral", "sadness")
SHORT = dict(zip(EMOTIONS, LABELS, strict=True))
LONG = dict(zip(LABELS, EMOTIONS, strict=True))
CANDIDATE = Candidate("x", "org/x")
CALLS, STUDIO = Part("calls", corpus="calls"), Part("studio", corpus="studio")
WHY = {"calls": "its card lists calls", "studio": "its card lists studio"}


def clips(truth: Sequence[str | None], corpus: str = "calls", **columns: Any) -> tuple[Clip, ...]:
    """Return a clip of each emotion; a column is a value of all clips, or one of each."""
    return tuple(
        Clip(
            f"{corpus}/{n}.wav",
            Path(),
            label,
            corpus=corpus,
            **{
                name: value[n] if isinstance(value, list) else value
                for name, value in columns.items()
            },
        )
        for n, label in enumerate(truth)
    )


def predictions(
    heard: Sequence[Clip], predicted: Sequence[str], labels: tuple[str, ...] = LABELS
) -> Predictions:
    """Return what a model of these labels says of clips, besides one that it could not hear."""
    logits = np.zeros((len(heard), len(labels)), np.float32)
    logits[range(len(heard)), [labels.index(label) for label in predicted]] = 1
    silent = Clip("z.wav", Path(), "anger", corpus="calls")
    corpus = Corpus("calls", Path(), (*heard, silent), "f00d")
    return Predictions(corpus, labels, tuple(heard), logits, (RejectedClip("z.wav", "silent"),))


def scored(predicted: Sequence[str], truth: Sequence[str], **columns: Any) -> Score:
    return score(predictions(clips(truth, **columns), predicted), CANDIDATE)


def study(size: int = 120, seed: int = 0) -> tuple[list[str], list[str]]:
    """Return truth and predictions of a model that is right about two clips of three."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(EMOTIONS, size)
    heard = np.where(rng.random(size) < 0.55, truth, rng.choice(EMOTIONS, size))
    return truth.tolist(), [SHORT[emotion] for emotion in heard.tolist()]


def generated(seed: int, size: int = 200) -> Predictions:
    """Return predictions with logits of their own, of clips of which some are of other emotions."""
    rng = np.random.default_rng(seed)
    truth = rng.choice([*EMOTIONS, "fear", "boredom"], size).tolist()
    logits = rng.normal(size=(size, 4)).astype(np.float32)
    for row, emotion in zip(logits, truth, strict=True):
        if emotion in EMOTIONS:
            row[EMOTIONS.index(emotion)] += 1.5
    corpus = Corpus("calls", Path(), clips(truth), "f00d")
    return Predictions(corpus, LABELS, corpus.clips, logits, ())


# ------------------------------------------------------------------ against scikit-learn


@pytest.mark.parametrize("seed", range(3))
def test_scores_equal_those_of_scikit_learn(seed: int) -> None:
    found = generated(seed)
    ours = score(found, CANDIDATE)
    kept = [n for n, clip in enumerate(found.clips) if clip.label in EMOTIONS]
    truth = [str(found.clips[n].label) for n in kept]
    said = [LONG[found.predicted[n]] for n in kept]
    probabilities = found.probabilities[kept]
    right = np.array(truth) == said
    shown, sure = calibration_curve(right, probabilities.max(axis=1), n_bins=15)
    inner = np.linspace(0, 1, 16)[1:-1]
    sizes = np.bincount(np.searchsorted(inner, probabilities.max(axis=1)), minlength=15)
    shares = np.array([np.mean([word == name for word in said]) for name in EMOTIONS])
    wanted = np.array([truth.count(name) / len(truth) for name in EMOTIONS])
    recall = sklearn_metrics.balanced_accuracy_score(truth, said)
    expected = wanted * recall + (1 - wanted) * (1 - recall) / (len(EMOTIONS) - 1)
    lower, upper = np.minimum(wanted, expected), np.maximum(wanted, expected)
    assert {name: getattr(ours, name).value for name in NUMBERS} == pytest.approx(
        {
            "coverage": len(kept) / 200,
            "uar": sklearn_metrics.balanced_accuracy_score(truth, said) * 4 / 6,
            "uar_own": sklearn_metrics.balanced_accuracy_score(truth, said),
            "coverage_emotions": 4 / 6,
            "accuracy": sklearn_metrics.accuracy_score(truth, said),
            "macro_f1": sklearn_metrics.f1_score(truth, said, average="macro"),
            "calibration_error": (np.abs(shown - sure) * sizes[sizes > 0]).sum() / len(kept),
            "brier_score": sklearn_metrics.brier_score_loss(
                truth, probabilities, labels=EMOTIONS, scale_by_half=False
            ),
            "class_share": np.maximum(np.maximum(shares - upper, lower - shares), 0).max(),
        }
    )
    recalls = sklearn_metrics.recall_score(truth, said, average=None)
    precisions = sklearn_metrics.precision_score(truth, said, average=None)
    assert by_name(ours.recalls) == pytest.approx(named("recall", recalls))
    assert by_name(ours.precisions) == pytest.approx(named("precision", precisions))
    assert [one.n for one in ours.recalls] == [truth.count(name) for name in EMOTIONS]
    assert [one.n for one in ours.precisions] == [said.count(name) for name in EMOTIONS]


NUMBERS = (
    "coverage", "coverage_emotions", "uar", "uar_own", "accuracy", "macro_f1", "calibration_error",
    "brier_score", "class_share",
)  # fmt: skip


def by_name(measured: Sequence[Measurement]) -> dict[str, float]:
    return {one.name: one.value for one in measured}


def named(name: str, values: Sequence[float]) -> dict[str, float]:
    return {f"{name}:{emotion}": value for emotion, value in zip(EMOTIONS, values, strict=True)}


@pytest.mark.parametrize("seed", range(3))
def test_uar_has_a_recall_of_0_for_what_is_inexpressible(
    seed: int,
) -> None:
    found = generated(seed)
    ours = score(found, CANDIDATE)
    truth = [clip.label for clip in found.clips]
    said = [LONG[word] for word in found.predicted]
    expected = sklearn_metrics.recall_score(
        truth, said, average="macro", labels=sorted({*map(str, truth)}), zero_division=0
    )
    assert (ours.uar.name, ours.uar.n) == ("uar", 200)
    assert ours.uar.value == pytest.approx(expected)
    assert ours.uar.value == pytest.approx(ours.uar_own.value * 4 / 6)
    assert ours.details["frame"] == ["anger", "boredom", "fear", "happiness", "neutral", "sadness"]
    assert ours.details["expressible"] == [*EMOTIONS]
    assert ours.details["inexpressible"] == ["boredom", "fear"]


def test_chance_is_one_of_the_emotions_that_count() -> None:
    assert score(generated(0), CANDIDATE).chance == 1 / 6
    assert scored(["ang", "sad"], ["anger", "fear"]).chance == 1 / 2
    assert scored(["ang", "sad"], ["anger", "anger"]).chance == 1
    assert scored(["ang", "sad"], ["anger", "sadness"]).chance == 1 / 2


# ------------------------------------------------------------------ intervals


def test_every_estimate_has_its_interval_and_its_number_of_clips() -> None:
    truth, predicted = study()
    for one in estimates(scored(predicted, truth)):
        assert one.low is not None
        assert one.high is not None
        assert 0 < one.low <= one.value <= one.high <= 1
        assert one.n == (truth.count(one.name[7:]) if one.name.startswith("recall:") else 120)


def estimates(scored: Score) -> list[Measurement]:
    whole = [scored.uar, scored.uar_own, scored.accuracy, scored.macro_f1, scored.coverage]
    return whole + list(scored.recalls)


def test_intervals_are_by_speaker_and_clips_that_name_none_are_of_one() -> None:
    truth, predicted = study()
    speakers = [f"s{n // 10}" for n in range(120)]
    words = [LONG[label] for label in predicted]
    for groups, number in ((speakers, 12), (None, None)):
        expected = jackknife.metric_intervals(truth, words, groups, ["uar"])["uar"]
        ours = scored(predicted, truth, speaker=groups)
        assert (ours.uar.low, ours.uar.high) == (expected.low, expected.high)
        assert ours.uar.speakers == number
    incomplete = scored(predicted, truth, speaker=[*speakers[:-10], *[None] * 10])
    assert (incomplete.uar.low, incomplete.uar.speakers) == (
        scored(predicted, truth, speaker=speakers).uar.low,
        12,
    )


def test_intervals_are_by_cluster_where_there_is_one() -> None:
    truth, predicted = study()
    speakers, sessions = ([f"{n // size}" for n in range(120)] for size in (10, 30))
    words = [LONG[label] for label in predicted]
    expected = jackknife.metric_intervals(truth, words, sessions, ["uar"])["uar"]
    ours = scored(predicted, truth, speaker=speakers, cluster=sessions)
    assert (ours.uar.low, ours.uar.high) == (expected.low, expected.high)
    assert ours.uar.speakers == 12
    by_speaker = scored(predicted, truth, speaker=speakers)
    assert ours.class_share.high != by_speaker.class_share.high


def test_all_right_is_not_certain() -> None:
    ours = scored(["ang"] * 10, ["anger"] * 10)
    interval = intervals.wilson(10, 10)
    for one in (ours.accuracy, ours.recalls[0], ours.precisions[0]):
        assert (one.low, one.high) == pytest.approx((interval.low, interval.high))


@pytest.mark.parametrize("scope", [{}, {"corpus": "calls"}])
@pytest.mark.parametrize(
    "name", ["uar", "uar_own", "accuracy", "macro_f1", "coverage", "recall", "precision"]
)
def test_what_decides_is_at_the_confidence_of_its_requirement(
    name: str, scope: dict[str, Any]
) -> None:
    truth, predicted = study()
    truth[:20] = ["fear"] * 20
    bound = Bound(min=0.1, confidence=0.5, **scope)
    candidate = replace(CANDIDATE, requirements=Requirements.model_validate({name: bound}))
    found = predictions(clips(truth), predicted)
    usual, own = (score(found, one, CALLS) for one in (CANDIDATE, candidate))
    reported = [*estimates(usual), *usual.precisions]
    assert reported == [*estimates(own), *own.precisions]
    concerned = {one.name: one for one in reported if one.name.partition(":")[0] == name}
    assert own.decisive.keys() == concerned.keys()
    assert usual.decisive == {}
    for one in own.decisive.values():
        assert one.value == concerned[one.name].value
        assert width(one) < 0.6 * width(concerned[one.name])


def test_what_decides_of_several_corpora_is_their_mean() -> None:
    bound = Bound(min=0.1, confidence=0.5)
    candidate = replace(CANDIDATE, requirements=Requirements(uar=(bound,), coverage=(bound,)))
    whole = score(joined(), candidate)
    assert whole.decisive.keys() == {"uar", "coverage"}
    assert whole.decisive["uar"].value == pytest.approx(whole.uar.value)
    assert width(whole.decisive["uar"]) < 0.6 * width(whole.uar)
    assert whole.decisive["coverage"].value == pytest.approx(whole.coverage.value)


def width(measured: Measurement) -> float:
    assert measured.low is not None
    assert measured.high is not None
    return measured.high - measured.low


# ------------------------------------------------------------------ what stands beside them


def test_predictions_outside_the_truth_are_columns_of_the_confusions() -> None:
    ours = scored(["ang", "neu", "sad"], ["anger", "anger", "sadness"])
    third = pytest.approx(1 / 3)
    assert ours.details == {
        "frame": ["anger", "sadness"],
        "too_few_clips": {},
        "expressible": ["anger", "sadness"],
        "inexpressible": [],
        "rejected_clips": [{"file": "z.wav", "reason": "silent"}],
        "confusion": {
            "labels": ["anger", "sadness"],
            "columns": ["anger", "neutral", "sadness"],
            "counts": [[1, 1, 0], [0, 0, 1]],
        },
        "class_shares": {
            "truth": {"anger": pytest.approx(2 / 3), "sadness": third},
            "predicted": {"anger": third, "neutral": third, "sadness": third},
        },
    }


def test_without_a_clip_that_the_model_can_express_all_scores_are_the_worst() -> None:
    ours = scored(["ang", "sad"], ["fear", "disgust"])
    assert (ours.coverage.value, ours.coverage.low) == (0, 0)
    assert ours.coverage.high == pytest.approx(0.658, abs=1e-3)
    worst = {"uar_own": 0, "accuracy": 0, "macro_f1": 0, "calibration_error": 1, "brier_score": 2}
    for name, value in worst.items():
        assert getattr(ours, name) == Measurement(name, value, n=0)
    assert (ours.uar.value, ours.uar.n) == (0, 2)
    assert (ours.recalls, ours.precisions, ours.chance) == ((), (), 1 / 2)
    assert "confusion" not in ours.details


def test_the_entrys_own_emotions_decide_what_a_label_means() -> None:
    candidate = replace(CANDIDATE, emotions={"pos": "happiness"})
    judged = predictions(clips(["joy", "joy"]), ["pos", "neg"], labels=("pos", "neg"))
    assert score(judged, candidate).accuracy.value == 0.5
    assert score(judged, CANDIDATE).coverage.value == 0


def test_clips_without_a_label_are_accounted_for() -> None:
    ours = score(predictions(clips(["anger", None]), ["ang", "ang"]), CANDIDATE)
    assert ours.coverage.n == 1
    assert ours.details["rejected_clips"] == [
        {"file": "z.wav", "reason": "silent"},
        {"file": "calls/1.wav", "reason": "no_label"},
    ]


@pytest.mark.parametrize("part", [STUDIO, Part("language-ko", language="ko")])
def test_a_part_without_a_labelled_clip_is_blocked(part: Part) -> None:
    heard = clips(["anger"], language="de") + clips([None], "studio", language="ko")
    with pytest.raises(Blocked, match=f"no labelled clip of {part.name} could be judged") as caught:
        score(predictions(heard, ["ang", "ang"]), CANDIDATE, part)
    assert caught.value.reason.code == "no_data"


# ------------------------------------------------------------------ several corpora


def joined() -> Predictions:
    """Return predictions on two corpora of different sizes, emotions and languages."""
    (calls, said), (studio, guessed) = study(120), study(40, seed=1)
    studio = ["fear" if emotion == "sadness" else emotion for emotion in studio]
    heard = clips(calls, speaker=[f"s{n // 10}" for n in range(120)], language="ko-KR")
    heard += clips(studio, "studio", speaker=[f"s{n // 10}" for n in range(40)], language="de")
    return predictions(heard, said + guessed)


def test_a_corpus_is_scored_as_if_it_were_alone() -> None:
    found = joined()
    alone = replace(found, clips=found.clips[120:], logits=found.logits[120:])
    assert score(found, CANDIDATE, STUDIO).uar == score(alone, CANDIDATE).uar
    assert score(found, CANDIDATE, STUDIO).chance == 1 / 4


def test_several_corpora_weigh_the_same_whatever_their_sizes() -> None:
    found = joined()
    whole, *parts = (score(found, CANDIDATE, part) for part in (Part(TOGETHER), CALLS, STUDIO))
    for name in NUMBERS:
        several = [getattr(part, name) for part in parts]
        assert getattr(whole, name) == mean(several), name
    assert whole.chance == 1 / 4
    assert (whole.uar.n, whole.uar.speakers) == (160, 12 + 4)
    assert whole.uar_own.n == 120 + (parts[1].uar_own.n or 0)
    assert whole.details["expressible"] == [*EMOTIONS]
    assert whole.details["inexpressible"] == ["fear"]


def mean(measured: Sequence[Measurement]) -> Any:
    """Return what the mean of two estimates should be, by Zou & Donner's formula for their sum."""
    first, second = measured
    value: Any = (first.value + second.value) / 2
    if first.low is None or second.low is None or first.high is None or second.high is None:
        ends: tuple[Any, Any] = (None, None)
    else:
        below = math.sqrt((first.value - first.low) ** 2 + (second.value - second.low) ** 2) / 2
        above = math.sqrt((first.high - first.value) ** 2 + (second.high - second.value) ** 2) / 2
        ends = (pytest.approx(value - below), pytest.approx(value + above))
    n = (first.n or 0) + (second.n or 0)
    speakers = (first.speakers or 0) + (second.speakers or 0) if first.speakers else None
    value = pytest.approx(value)
    return Measurement(first.name, value, "1", *ends, n, speakers)


def test_an_emotion_of_one_corpus_only_is_the_mean_of_that_one() -> None:
    found = joined()
    whole, calls, studio = (
        score(found, CANDIDATE, part) for part in (Part(TOGETHER), CALLS, STUDIO)
    )
    assert [one.name for one in studio.recalls] == [
        "recall:anger", "recall:happiness", "recall:neutral",
    ]  # fmt: skip
    assert [one.name for one in whole.recalls] == [one.name for one in calls.recalls]
    assert whole.recalls[3].value == calls.recalls[3].value
    assert (whole.recalls[3].low, whole.recalls[3].high) == pytest.approx(
        (calls.recalls[3].low, calls.recalls[3].high)
    )
    assert whole.recalls[0] == mean([calls.recalls[0], studio.recalls[0]])


def test_a_language_is_scored_over_its_clips() -> None:
    found = joined()
    korean = score(found, CANDIDATE, Part("language-ko", language="ko"))
    assert korean.uar == score(found, CANDIDATE, CALLS).uar


def test_a_corpus_of_which_nothing_can_be_expressed_counts_only_for_uar_and_coverage() -> None:
    truth, predicted = study()
    heard = clips(truth) + clips(["fear", "disgust"] * 15, "studio")
    whole = score(predictions(heard, predicted + ["ang"] * 30), CANDIDATE, Part(TOGETHER))
    calls = scored(predicted, truth)
    over_all = ("coverage", "coverage_emotions", "uar")
    for name in over_all:
        assert getattr(whole, name).value == getattr(calls, name).value / 2, name
    for name in set(NUMBERS) - {*over_all}:
        assert getattr(whole, name) == getattr(calls, name), name
    assert whole.chance == (1 / 4 + 1 / 2) / 2


# ------------------------------------------------------------------ corpora seen in training


def test_a_corpus_seen_in_training_is_left_out_of_the_mean() -> None:
    found = joined()
    ours = score(found, CANDIDATE, Part(TOGETHER), {"calls": WHY["calls"]})
    unseen = score(found, CANDIDATE, STUDIO)
    assert ours.seen == ""
    assert [getattr(ours, name) for name in NUMBERS] == [getattr(unseen, name) for name in NUMBERS]
    assert (ours.chance, ours.details["seen"]) == (unseen.chance, {"calls": WHY["calls"]})


def test_where_all_were_seen_the_mean_is_of_all_and_says_so() -> None:
    found = joined()
    ours = score(found, CANDIDATE, Part(TOGETHER), WHY)
    assert ours.seen == "its card lists calls; its card lists studio"
    assert ours.uar == score(found, CANDIDATE).uar
    assert ours.details["seen"] == WHY


def test_a_seen_corpus_by_itself_is_scored_but_says_so() -> None:
    found = joined()
    ours = score(found, CANDIDATE, CALLS, {"calls": WHY["calls"]})
    assert (ours.seen, ours.uar) == (WHY["calls"], score(found, CANDIDATE, CALLS).uar)


def test_what_was_seen_is_told_of_the_parts_that_it_belongs_to() -> None:
    ours = score(joined(), CANDIDATE, STUDIO, {"calls": WHY["calls"]})
    assert ours.seen == ""
    assert "seen" not in ours.details


def test_an_unseen_corpus_without_labels_does_not_stand_in_for_a_seen_one() -> None:
    heard = clips(["anger", "sadness"]) + clips([None], "studio")
    found = predictions(heard, ["ang", "sad", "ang"])
    ours = score(found, CANDIDATE, Part(TOGETHER), {"calls": WHY["calls"]})
    assert (ours.seen, ours.uar.value) == (WHY["calls"], 1)


# ------------------------------------------------------------------ clips that stand for others


def limited(size: int) -> tuple[Predictions, Predictions]:
    """Return what a model says of speech that is mostly neutral, and of the clips of a limit."""
    rng, labels = np.random.default_rng(5), [*EMOTIONS, "fear"]
    truth = rng.choice(labels, 3000, p=[0.05, 0.06, 0.77, 0.04, 0.08]).tolist()
    known = [SHORT.get(emotion, "neu") for emotion in truth]
    said = np.where(rng.random(3000) < 0.6, known, rng.choice(LABELS, 3000)).tolist()
    whole = clips(truth, speaker=[f"s{n % 30}" for n in range(3000)])
    answers = dict(zip([clip.name for clip in whole], said, strict=True))
    some = standing_for(whole, stratified(whole, size))
    return predictions(whole, said), predictions(some, [answers[clip.name] for clip in some])


def test_a_limit_on_skewed_speech_leaves_the_numbers_of_the_whole() -> None:
    whole, some = (score(found, CANDIDATE) for found in limited(600))
    assert some.coverage.value == pytest.approx(whole.coverage.value, abs=1e-9)
    assert some.coverage.n == 600
    for name in ("accuracy", "macro_f1", "class_share", "calibration_error", "brier_score"):
        assert getattr(some, name).value == pytest.approx(getattr(whole, name).value, abs=0.05)
    for one, other in ((some.accuracy, whole.accuracy), (some.macro_f1, whole.macro_f1)):
        assert one.low is not None
        assert one.high is not None
        assert one.low < other.value < one.high
        assert width(one) > width(other)
    precisions = by_name(whole.precisions)
    assert by_name(some.precisions) == pytest.approx(precisions, abs=0.12)
    true, wanted = (one.details["class_shares"]["truth"] for one in (some, whole))
    assert true == pytest.approx(wanted)


def test_uar_and_recall_are_of_the_clips_as_they_were_drawn() -> None:
    _, some = limited(600)
    plain = replace(some, clips=tuple(replace(clip, weight=1) for clip in some.clips))
    weighed, unweighed = score(some, CANDIDATE), score(plain, CANDIDATE)
    assert (weighed.uar, weighed.recalls) == (unweighed.uar, unweighed.recalls)
    assert weighed.details["confusion"] == unweighed.details["confusion"]
    assert unweighed.coverage.value == pytest.approx(0.8, abs=0.01)
    assert weighed.coverage.value > 0.9


def test_equal_weights_change_nothing() -> None:
    found = generated(1)
    heavy = replace(found, clips=tuple(replace(clip, weight=7.5) for clip in found.clips))
    assert score(heavy, CANDIDATE) == score(found, CANDIDATE)


def test_what_decides_of_weighed_clips_is_weighed_as_well() -> None:
    names = ("coverage", "uar", "accuracy", "macro_f1", "precision", "recall")
    bounds = {name: Bound(min=0.1, confidence=0.5) for name in names}
    sure = replace(CANDIDATE, requirements=Requirements.model_validate(bounds))
    _, some = limited(600)
    usual, own = score(some, CANDIDATE), score(some, sure)
    measured = by_name([*estimates(usual), *usual.precisions])
    assert by_name([*own.decisive.values()]).items() <= measured.items()
    assert width(own.decisive["coverage"]) < 0.6 * width(own.coverage)
    assert width(own.decisive["accuracy"]) < 0.6 * width(own.accuracy)


def test_weighed_clips_of_which_none_can_be_expressed_have_no_more_than_coverage() -> None:
    heard = [replace(clip, weight=n + 1.0) for n, clip in enumerate(clips(["fear", "disgust"]))]
    ours = score(predictions(heard, ["ang", "sad"]), CANDIDATE)
    assert (ours.coverage.value, ours.accuracy.n) == (0, 0)


@pytest.mark.parametrize("name", ["uar", "chance"])
def test_a_later_look_is_decided_by_a_wider_interval(name: str) -> None:
    truth, predicted = study()
    heard = predictions(clips(truth), predicted)
    first = score(heard, CANDIDATE)
    later = score(heard, CANDIDATE, looks={name: LaterLook(2, 0.988)})
    assert later.uar == first.uar  # which is what reports show
    assert first.decisive == {}
    wider = later.decisive["uar"]
    assert (wider.low or 1) < (first.uar.low or 0) < (first.uar.high or 1) < (wider.high or 0)
    assert later.looks == {name: LaterLook(2, 0.988)}


def test_shares_of_emotions_are_told_speaker_by_speaker_where_there_are_clips_enough() -> None:
    truth = (["anger"] * 9 + ["sadness"] * 8) * 4
    said = ["ang"] * 17 + ["sad"] * 17 + ["ang"] * 17 + ["sad"] * 17
    speakers = [f"s{n // 17}" for n in range(68)]
    told = scored(said, truth, speaker=speakers).by_speaker["speaker_level"]
    assert (told["speakers"], told["least"]) == (4, 8)
    anger = told["shares"]["anger"]
    assert anger["error"] == pytest.approx((8 + 9) / 17 / 2)
    assert anger["error_low"] < anger["error"] < anger["error_high"]
    assert (anger["rank"], anger["rank_low"]) == (None, None)
    assert scored(said[:33], truth[:33], speaker=speakers[:33]).by_speaker["speaker_level"] == {
        **told,
        "speakers": 1,
        "shares": scored(said[:17], truth[:17], speaker=speakers[:17]).by_speaker["speaker_level"][
            "shares"
        ],
    }
    assert scored(said, truth).by_speaker == {}
    assert scored(said[:16], truth[:16], speaker=speakers[:16]).by_speaker == {}
    judgement = judge_score(
        scored(said, truth, speaker=speakers), "class_share", Requirements(), "skewed_predictions"
    )
    assert judgement.details == {"speaker_level": told}


def test_speakers_of_several_corpora_are_told_of_each_corpus() -> None:
    truth = ["anger"] * 8 + ["sadness"] * 8
    both = (*clips(truth, speaker="s"), *clips(truth, corpus="studio", speaker="s"))
    heard = predictions(both, ["ang"] * 32)
    assert score(heard, CANDIDATE).by_speaker == {}
    assert score(heard, CANDIDATE, STUDIO).by_speaker["speaker_level"]["speakers"] == 1
