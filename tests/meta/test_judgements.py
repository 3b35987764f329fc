"""Predictions, scores and timings against requirements: what passes, what does not, and why."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

from sertify import judgements, statistics
from sertify.candidates import Candidate, Requirements
from sertify.corpora import Clip, Corpus
from sertify.judgements import Timing, judge_each, judge_response, judge_timing, judge_uar
from sertify.outcomes import Bound, Judgement, Measurement, Outcome
from sertify.predictions import Predictions, RejectedClip
from sertify.scores import Score, score

LABELS = ("ang", "hap", "neu", "sad")
CANDIDATE = Candidate("x", "org/x")


def predictions(
    predicted: Sequence[str],
    truth: Sequence[str] | None = None,
    speakers: Sequence[str | None] | None = None,
    labels: tuple[str, ...] = LABELS,
) -> Predictions:
    """Return what a model of these labels says of clips of these emotions and speakers."""
    numbers = range(len(predicted))
    clips = tuple(
        Clip(f"{n}.wav", Path(), truth[n] if truth else None, speakers[n] if speakers else None)
        for n in numbers
    )
    logits = np.zeros((len(clips), len(labels)), np.float32)
    logits[numbers, [labels.index(label) for label in predicted]] = 1
    corpus = Corpus("calls", Path(), clips, "f00d")
    return Predictions(corpus, labels, clips, logits, (RejectedClip("z.wav", "silent"),))


def scored(predicted: Sequence[str], truth: Sequence[str], **options: Any) -> Score:
    return score(predictions(predicted, truth, **options), CANDIDATE)


def found(judgement: Judgement) -> str:
    """Return the outcome, and where there is more to say the reason and the message."""
    reason = f"{judgement.reason}:" if judgement.reason else ""
    return " ".join(filter(None, [judgement.outcome, reason, judgement.message]))


# ------------------------------------------------------------------ degeneracy


@pytest.mark.parametrize(
    ("predicted", "expected"),
    [
        (["neu"] * 9 + ["sad"], "PASS"),
        (
            ["neu"] * 10,
            "FAIL constant_prediction: top_share=1, but should be at most 0.9 (neu)",
        ),
    ],
)
def test_top_share(predicted: list[str], expected: str) -> None:
    judgement = judgements.judge_top_share(predictions(predicted), Bound(max=0.9))
    assert found(judgement) == expected
    assert judgement.measurements == (Measurement("top_share", predicted.count("neu") / 10, n=10),)
    assert judgement.details["top_label"] == "neu"
    assert judgement.details["shares"]["neu"] == predicted.count("neu") / 10
    assert judgement.details["rejected_clips"] == [{"file": "z.wav", "reason": "silent"}]


@pytest.mark.parametrize(
    ("predicted", "expected"),
    [
        (["neu", "sad"] * 5, "PASS"),
        (
            ["neu"] * 19 + ["sad"],
            "FAIL low_entropy: entropy=0.1432, but should be at least 0.2",
        ),
    ],
)
def test_spread(predicted: list[str], expected: str) -> None:
    assert found(judgements.judge_spread(predictions(predicted), Bound(min=0.2))) == expected


@pytest.mark.parametrize(
    ("predicted", "expected"),
    [
        (["neu", "sad"], "PASS"),
        (
            ["neu", "neu"],
            "FAIL few_emotions: effective_emotions=1 emotions, but should be at least 1.5",
        ),
    ],
)
def test_diversity(predicted: list[str], expected: str) -> None:
    judgement = judgements.judge_diversity(predictions(predicted), CANDIDATE, Bound(min=1.5))
    assert found(judgement) == expected


def test_diversity_counts_emotions_rather_than_labels() -> None:
    several = predictions(["joy", "happy", "hap"], labels=("joy", "happy", "hap"))
    judgement = judgements.judge_diversity(several, CANDIDATE, Bound(min=1.5))
    assert judgement.measurements == (Measurement("effective_emotions", 1.0, "emotions", n=3),)
    assert judgement.outcome is Outcome.FAIL


def test_a_requirement_that_is_off_is_measured_all_the_same() -> None:
    constant = predictions(["neu"] * 3)
    judged = (
        judgements.judge_top_share(constant, None),
        judgements.judge_spread(constant, None),
        judgements.judge_diversity(constant, CANDIDATE, None),
    )
    assert [found(one) for one in judged] == ["PASS"] * 3
    assert [one.measurements[0].value for one in judged] == [1, 0, 1]


def logits(*rows: Sequence[float]) -> dict[str, Any]:
    names = ("speech", "noise", "silence")
    return {name: np.array(row, np.float32) for name, row in zip(names, rows, strict=False)}


@pytest.mark.parametrize(
    ("responses", "expected"),
    [
        (logits([1, 2], [1, 2], [1, 2.1]), "PASS"),
        (logits([1e-3, 0], [0, 1e-3]), "PASS"),
        (
            logits([1, 2], [1, 2.0001], [1, 2]),
            (
                "FAIL ignores_input: speech, noise, silence get logits within 0.0001 of each "
                "other, but should differ"
            ),
        ),
        (
            logits([0, 0], [0, 0]),
            (
                "FAIL ignores_input: speech, noise get logits within 0 of each other, but should "
                "differ"
            ),
        ),
        (
            logits([1, np.nan], [1, 2]),
            (
                "FAIL ignores_input: speech, noise get logits within nan of each other, but "
                "should differ"
            ),
        ),
    ],
)
def test_response(responses: dict[str, Any], expected: str) -> None:
    assert found(judge_response(responses)) == expected


# ------------------------------------------------------------------ score

EMOTIONS = ("anger", "happiness", "neutral", "sadness")
SHORT = dict(zip(EMOTIONS, LABELS, strict=True))


def study(clips: int = 120) -> tuple[list[str], list[str]]:
    """Return truth and predictions of a model that is right about two clips of three."""
    rng = np.random.default_rng(0)
    truth = rng.choice(EMOTIONS, clips)
    heard = np.where(rng.random(clips) < 0.55, truth, rng.choice(EMOTIONS, clips))
    return truth.tolist(), [SHORT[emotion] for emotion in heard.tolist()]


def test_score_equals_scikit_learn() -> None:
    truth, predicted = study()
    ours = scored(predicted, truth)
    words = [dict(zip(LABELS, EMOTIONS, strict=True))[label] for label in predicted]
    assert ours.accuracy.value == pytest.approx(sklearn_metrics.accuracy_score(truth, words))
    assert ours.uar.value == pytest.approx(sklearn_metrics.balanced_accuracy_score(truth, words))
    assert ours.macro_f1.value == pytest.approx(
        sklearn_metrics.f1_score(truth, words, average="macro")
    )
    recalls = sklearn_metrics.recall_score(truth, words, average=None)
    assert [one.value for one in ours.recalls] == pytest.approx(recalls)
    assert [one.name for one in ours.recalls] == [f"recall:{emotion}" for emotion in EMOTIONS]
    assert [one.n for one in ours.recalls] == [truth.count(emotion) for emotion in EMOTIONS]
    table = sklearn_metrics.confusion_matrix(truth, words)
    assert ours.details["confusion"] == {
        "labels": [*EMOTIONS],
        "columns": [*EMOTIONS],
        "counts": table.tolist(),
    }


def test_every_estimate_has_its_interval_and_its_number_of_clips() -> None:
    truth, predicted = study()
    ours = scored(predicted, truth)
    for one in (ours.uar, ours.accuracy, ours.macro_f1, ours.uar_all, ours.coverage):
        assert one.low is not None
        assert one.high is not None
        assert 0 < one.low <= one.value <= one.high <= 1
        assert one.n == 120


def test_emotions_that_the_model_cannot_express_count_only_in_uar_all() -> None:
    ours = scored(["ang", "sad", "sad", "ang"], ["anger", "sadness", "fear", "fear"])
    assert (ours.coverage.value, ours.coverage.n) == (0.5, 4)
    assert (ours.uar.value, ours.uar.n) == (1.0, 2)
    assert (ours.accuracy.value, ours.macro_f1.value) == (1.0, 1.0)
    assert (ours.uar_all.name, ours.uar_all.n) == ("uar_all", 4)
    assert ours.uar_all.value == pytest.approx(2 / 3)
    assert [one.name for one in ours.recalls] == ["recall:anger", "recall:sadness"]


def test_predictions_outside_the_truth_are_columns_of_the_confusions() -> None:
    ours = scored(["ang", "neu", "sad"], ["anger", "anger", "sadness"])
    assert ours.details == {
        "rejected_clips": [{"file": "z.wav", "reason": "silent"}],
        "confusion": {
            "labels": ["anger", "sadness"],
            "columns": ["anger", "neutral", "sadness"],
            "counts": [[1, 1, 0], [0, 0, 1]],
        },
    }


def test_without_a_clip_that_the_model_can_express_all_scores_are_0() -> None:
    ours = scored(["ang", "sad"], ["fear", "disgust"])
    assert ours.coverage.value == 0
    assert ours.coverage.low == 0
    assert ours.coverage.high == pytest.approx(0.658, abs=1e-3)
    assert [ours.uar, ours.accuracy, ours.macro_f1] == [
        Measurement(name, 0.0, n=0) for name in ("uar", "accuracy", "macro_f1")
    ]
    assert (ours.uar_all.value, ours.uar_all.n) == (0, 2)
    assert ours.recalls == ()
    assert "confusion" not in ours.details
    assert (
        found(judge_uar(ours, Bound(min=0.4))) == "FAIL low_uar: uar=0, but should be at least 0.4"
    )


def test_the_entrys_own_emotions_decide_what_a_label_means() -> None:
    candidate = replace(CANDIDATE, emotions={"pos": "happiness"})
    judged = predictions(["pos", "neg"], ["joy", "joy"], labels=("pos", "neg"))
    assert score(judged, candidate).accuracy.value == 0.5
    assert score(judged, CANDIDATE).coverage.value == 0


def test_intervals_are_by_speaker_where_every_clip_names_one() -> None:
    truth, predicted = study()
    speakers: list[str | None] = [f"s{n // 10}" for n in range(120)]
    words = [dict(zip(LABELS, EMOTIONS, strict=True))[label] for label in predicted]
    for groups in (speakers, None):
        expected = statistics.bootstrap(truth, words, groups, ["uar"])["uar"]
        ours = scored(predicted, truth, speakers=groups)
        assert (ours.uar.low, ours.uar.high) == (expected.low, expected.high)
    incomplete = scored(predicted, truth, speakers=[*speakers[:-1], None])
    assert incomplete == scored(predicted, truth)


def test_all_right_is_not_certain() -> None:
    ours = scored(["ang"] * 10, ["anger"] * 10)
    interval = statistics.wilson(10, 10)
    assert (ours.accuracy.low, ours.accuracy.high) == (interval.low, interval.high)
    assert (ours.recalls[0].low, ours.recalls[0].high) == (interval.low, interval.high)


@pytest.mark.parametrize("name", ["uar", "accuracy", "macro_f1", "coverage", "recall"])
def test_intervals_are_at_the_confidence_of_their_requirement(name: str) -> None:
    truth, predicted = study()
    truth[:20] = ["fear"] * 20
    bound = Bound(min=0.1, confidence=0.5)
    candidate = replace(CANDIDATE, requirements=Requirements.model_validate({name: bound}))
    usual, own = (score(predictions(predicted, truth), one) for one in (CANDIDATE, candidate))
    for before, after in zip(estimates(usual), estimates(own), strict=True):
        assert before.value == after.value
        concerned = after.name.partition(":")[0] == name
        assert (width(after) < 0.6 * width(before)) is concerned
        assert (after == before) is not concerned


def estimates(scored: Score) -> list[Measurement]:
    whole = [scored.uar, scored.accuracy, scored.macro_f1, scored.coverage, scored.uar_all]
    return whole + list(scored.recalls)


def width(measured: Measurement) -> float:
    assert measured.low is not None
    assert measured.high is not None
    return measured.high - measured.low


@pytest.mark.parametrize(
    ("predicted", "least", "expected"),
    [
        (["ang", "sad"], 0.4, "PASS"),
        (
            ["ang", "ang"],
            0.6,
            "FAIL low_uar: uar=0.5 [0, 1], but should be at least 0.6",
        ),
    ],
)
def test_uar(predicted: list[str], least: float, expected: str) -> None:
    ours = scored(predicted, ["anger", "sadness"])
    judgement = judge_uar(ours, Bound(min=least))
    assert found(judgement) == expected
    assert judgement.measurements == (ours.uar, ours.uar_all)
    assert judgement.details == ours.details


# ------------------------------------------------------------------ several at once

ANGER = Measurement("recall:anger", 0.9, low=0.8, high=0.95, n=30)
JOY = Measurement("recall:joy", 0.3, low=0.2, high=0.4, n=30)
FEAR = Measurement("recall:fear", 0.55, low=0.4, high=0.7, n=30)
SURE = Bound(min=0.5, confidence=0.95)


@pytest.mark.parametrize(
    ("measured", "bound", "expected"),
    [
        ((ANGER, FEAR), Bound(min=0.5), "PASS"),
        ((ANGER, JOY), None, "PASS"),
        ((), Bound(min=0.5), "PASS"),
        (
            (ANGER, FEAR, JOY),
            SURE,
            (
                "FAIL low_recall: recall:joy=0.3 [0.2, 0.4], but should be at least 0.5 with 95% "
                "confidence"
            ),
        ),
        (
            (ANGER, FEAR),
            SURE,
            (
                "INCONCLUSIVE low_recall: recall:fear=0.55 [0.4, 0.7], but should be at least "
                "0.5 with 95% confidence; 30 clips cannot tell, about 270 could"
            ),
        ),
        (
            (JOY, FEAR),
            Bound(min=0.6),
            (
                "FAIL low_recall: recall:joy=0.3 [0.2, 0.4], but should be at least 0.6; "
                "recall:fear=0.55 [0.4, 0.7], but should be at least 0.6"
            ),
        ),
    ],
)
def test_the_worst_of_several_counts(
    measured: tuple[Measurement, ...],
    bound: Bound | None,
    expected: str,
) -> None:
    judgement = judge_each(measured, bound, "low_recall")
    assert found(judgement) == expected
    assert judgement.measurements == measured
    assert judgement.requirement == ("" if bound is None else str(bound))


# ------------------------------------------------------------------ speed

TIMING = Timing(
    length=22,
    rounds=tuple(float(n) for n in range(1, 22)),
    load_time=0.5,
    peak_memory=900.0,
    size_on_disk=378.3,
    parameters=94_371_712,
    threads=2,
)


def test_a_timing_is_measured_in_the_units_of_the_report() -> None:
    assert judge_timing(TIMING, None).measurements == (
        Measurement("time_p50", 11.0, "s", n=21),
        Measurement("time_p95", 20.0, "s", n=21),
        Measurement("real_time_factor", 0.5),
        Measurement("segment", 22, "s"),
        Measurement("load_time", 0.5, "s"),
        Measurement("peak_memory", 900.0, "MB"),
        Measurement("size_on_disk", 378.3, "MB"),
        Measurement("parameters", 94_371_712, "weights"),
        Measurement("threads", 2, "threads"),
    )


@pytest.mark.parametrize(
    ("most", "expected"),
    [
        (0.5, "PASS"),
        (
            0.3,
            (
                "FAIL too_slow: real_time_factor=0.5, but should be at most 0.3 (22 s of audio, 2 "
                "threads)"
            ),
        ),
    ],
)
def test_timing(most: float, expected: str) -> None:
    judgement = judge_timing(TIMING, Bound(max=most))
    assert found(judgement) == expected
    assert judgement.measurements == TIMING.measurements
