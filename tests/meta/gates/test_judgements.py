"""Predictions, scores and timings against requirements: what passes, what does not, and why."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sertify.candidates.latency import LatencyLimit, Serving
from sertify.candidates.reading import Candidate
from sertify.candidates.requirements import Requirements
from sertify.corpora.clips import Clip, Corpus
from sertify.gates import degeneracy
from sertify.gates.accuracy import (
    LaterLook,
    Score,
    judge_above_chance,
    judge_calibration,
    judge_coverage,
    judge_each,
    judge_novelty,
    judge_score,
)
from sertify.gates.confirming import judge_confirmation
from sertify.gates.degeneracy import Consistency, judge_consistency, judge_response
from sertify.gates.parts import TOGETHER, Part
from sertify.gates.serving import Served, Trial, judge_served
from sertify.gates.speed import Timing, judge_timing
from sertify.pipeline.predictions import Predictions, RejectedClip
from sertify.vocabulary.outcomes import Bound, Judgement, Measurement, Outcome

LABELS = ("ang", "hap", "neu", "sad")
CANDIDATE = Candidate("x", "org/x")


def predictions(predicted: Sequence[str], labels: tuple[str, ...] = LABELS) -> Predictions:
    """Return what a model of these labels says of clips."""
    numbers = range(len(predicted))
    clips = tuple(Clip(f"{n}.wav", Path()) for n in numbers)
    logits = np.zeros((len(clips), len(labels)), np.float32)
    logits[numbers, [labels.index(label) for label in predicted]] = 1
    corpus = Corpus("calls", Path(), clips, "f00d")
    return Predictions(corpus, labels, clips, logits, (RejectedClip("z.wav", "silent"),))


def found(judgement: Judgement) -> str:
    """Return the outcome, and where there is more to say the reason and the message."""
    reason = f"{judgement.reason}:" if judgement.reason else ""
    return " ".join(filter(None, [judgement.outcome, reason, judgement.message]))


# ------------------------------------------------------------------ degeneracy


def top_share(predictions: Predictions, bound: Bound | None = None) -> Judgement:
    truths = predictions.truths
    return degeneracy.judge_top_share(predictions.predicted, truths, bound, predictions.account)


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
    judgement = top_share(predictions(predicted), Bound(max=0.9))
    assert found(judgement) == expected
    assert judgement.measurements == (Measurement("top_share", predicted.count("neu") / 10, n=10),)
    assert judgement.details["top_label"] == "neu"
    assert judgement.details["shares"]["neu"] == predicted.count("neu") / 10
    assert judgement.details["rejected_clips"] == [{"file": "z.wav", "reason": "silent"}]


def test_how_the_answers_were_come_by_is_told_with_them() -> None:
    asked = predictions(["a", "b"], ("a", "b"))
    assert "remark" not in top_share(asked).details
    cramped = replace(asked, remarks=("went on with half", "and with a quarter"))
    assert top_share(cramped).details["remark"] == "went on with half; and with a quarter"


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
    judgement = degeneracy.judge_spread(
        predicted, [None] * len(predicted), len(LABELS), Bound(min=0.2)
    )
    assert found(judgement) == expected


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
    judgement = degeneracy.judge_diversity(predicted, [None] * len(predicted), Bound(min=1.5))
    assert found(judgement) == expected


def test_diversity_counts_emotions_rather_than_labels() -> None:
    several = predictions(["joy", "happy", "hap"], labels=("joy", "happy", "hap"))
    judgement = degeneracy.judge_diversity(several.emotions(CANDIDATE), [None] * 3, Bound(min=1.5))
    assert judgement.measurements == (Measurement("effective_emotions", 1.0, "emotions", n=3),)
    assert judgement.outcome is Outcome.FAIL


def test_a_requirement_that_is_off_is_measured_all_the_same() -> None:
    constant = predictions(["neu"] * 3)
    judged = (
        top_share(constant),
        degeneracy.judge_spread(constant.predicted, [None] * 3, len(LABELS), None),
        degeneracy.judge_diversity(constant.predicted, [None] * 3, None),
    )
    assert [found(one) for one in judged] == ["PASS"] * 3
    assert [one.measurements[0].value for one in judged] == [1, 0, 1]


WORDS = ("neutral", "anger", "fear", "happiness", "sadness", "disgust", "surprise")


def skewed(share: float, emotions: int, clips: int = 1000) -> list[str]:
    """Return truths of which so many are neutral, the rest of the other emotions by turns."""
    rest = max(emotions - 1, round(clips * (1 - share)))
    return ["neutral"] * (clips - rest) + [WORDS[1 + n % (emotions - 1)] for n in range(rest)]


def variety(predicted: Sequence[str], truths: Sequence[str | None]) -> list[str]:
    """Return what the three judgements on variety find, by the default requirements."""
    asked = Requirements()
    judged = (
        degeneracy.judge_top_share(predicted, truths, asked.top_share, {}),
        degeneracy.judge_spread(predicted, truths, len(WORDS), asked.entropy),
        degeneracy.judge_diversity(predicted, truths, asked.effective_emotions),
    )
    return [found(judgement) for judgement in judged]


@pytest.mark.parametrize("emotions", [2, 3, 7])
@pytest.mark.parametrize("share", [1 / 7, 0.5, 0.9, 0.95, 0.97, 0.99, 0.999])
def test_on_skewed_speech_who_is_right_is_varied_and_who_is_constant_is_not(
    share: float, emotions: int
) -> None:
    truths = skewed(share, emotions)
    assert variety(truths, truths) == ["PASS"] * 3
    assert variety(["neutral"] * 1000, truths) == [
        f"FAIL {reason}, each of the {emotions} emotions of the clips counting the same"
        for reason in (
            "constant_prediction: top_share=1, but should be at most 0.95 (neutral)",
            "low_entropy: entropy=0, but should be at least 0.2",
            "few_emotions: effective_emotions=1 emotions, but should be at least 1.5",
        )
    ]


def test_no_more_variety_is_asked_than_the_labels_of_the_clips_have() -> None:
    truths, strict = skewed(0.9, 2), Bound(min=0.9)
    assert found(degeneracy.judge_spread(truths, truths, 7, strict)) == "PASS"
    assert found(degeneracy.judge_diversity(truths, truths, Bound(min=3))) == "PASS"
    assert found(degeneracy.judge_top_share(truths, truths, Bound(max=0.4), {})) == "PASS"
    assert variety(["neutral"] * 9, ["neutral"] * 9) == ["PASS"] * 3  # nothing else was to be said
    most = degeneracy.judge_diversity(["neutral"] * 1000, truths, Bound(min=3)).message
    assert "should be at least 2, each" in most


def test_clips_without_a_label_say_nothing_of_variety_beside_those_that_have_one() -> None:
    truths = ["anger", "neutral", None, None]
    judgement = degeneracy.judge_top_share(["neutral"] * 4, truths, Bound(max=0.9), {})
    assert judgement.measurements == (Measurement("top_share", 1.0, n=2),)
    assert variety(["anger", "neutral", "neutral", "neutral"], truths) == ["PASS"] * 3
    half = degeneracy.judge_top_share(["anger", "neutral", "fear", "fear"], truths, None, {})
    assert half.details["even_shares"] == {"anger": 0.5, "neutral": 0.5}
    assert half.details["shares"]["fear"] == 0.5


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


def test_what_is_said_of_nothing_decides_nothing() -> None:
    alike = logits([1, 2], [1, 2], [1, 2])
    others = {"pink noise": np.array([5, 1], np.float32), "hum": np.array([0, 9], np.float32)}
    said = [{"sound": "hum", "label": "joy", "emotion": "happiness", "probability": 0.9}]
    judgement = judge_response(alike | others, said)
    assert (judgement.outcome, judgement.reason) == (Outcome.FAIL, "ignores_input")
    assert judgement.message.startswith("speech, noise, silence get logits")
    assert judgement.details == {"said_of_nothing": said}
    passed = judge_response(logits([1, 2], [1, 2], [1, 2.1]) | others, said)
    assert passed.outcome is Outcome.PASS
    assert passed.details == {"said_of_nothing": said}


@pytest.mark.parametrize(
    ("unchanged", "expected"),
    [
        (3, "PASS"),
        (2, "PASS"),
        (1, "FAIL inconsistent: consistency=0.25, but should be at least 0.5"),
    ],
)
def test_consistency(unchanged: int, expected: str) -> None:
    changed = Consistency(gain=0.5, shift=0.25, n=1, unchanged=unchanged, pairs=4)
    judgement = judge_consistency(changed, Bound(min=0.5))
    assert found(judgement) == expected
    assert judgement.measurements == (
        Measurement("consistency", unchanged / 4, n=1),
        Measurement("consistency:gain", 0.5, n=1),
        Measurement("consistency:shift", 0.25, n=1),
    )
    assert judge_consistency(changed, None).outcome is Outcome.PASS


# ------------------------------------------------------------------ scores


def estimate(name: str, value: float, half: float = 0.1) -> Measurement:
    return Measurement(name, value, low=value - half, high=value + half, n=100)


SCORE = Score(
    part=Part(),
    coverage=estimate("coverage", 0.8),
    coverage_emotions=Measurement("coverage_emotions", 0.75, n=100),
    uar=estimate("uar", 0.5),
    uar_own=estimate("uar_own", 0.6),
    accuracy=estimate("accuracy", 0.6),
    macro_f1=estimate("macro_f1", 0.45),
    class_share=Measurement("class_share", 0.2, n=100),
    calibration_error=Measurement("calibration_error", 0.3, n=100),
    brier_score=Measurement("brier_score", 0.7, n=100),
    recalls=(),
    precisions=(),
    chance=0.25,
    details={
        "confusion": {},
        "frame": ["anger", "fear", "neutral", "sadness"],
        "expressible": ["anger", "neutral", "sadness"],
    },
)
CALLS, KOREAN = Part("calls", corpus="calls"), Part("language-ko", language="ko")
SEEN = "its model card lists calls among its datasets"
REASON = {
    "uar": "low_uar",
    "uar_own": "low_uar_own",
    "accuracy": "low_accuracy",
    "macro_f1": "low_macro_f1",
    "class_share": "skewed_predictions",
    "calibration_error": "miscalibrated",
}


def judged(name: str, *bounds: Bound, **change: Any) -> Judgement:
    requirements = Requirements.model_validate({name: bounds})
    return judge_score(replace(SCORE, **change), name, requirements, REASON[name])


@pytest.mark.parametrize(
    ("name", "met", "missed", "shown"),
    [
        ("uar", Bound(min=0.5), Bound(min=0.6), "uar=0.5 [0.4, 0.6]"),
        ("uar_own", Bound(min=0.6), Bound(min=0.7), "uar_own=0.6 [0.5, 0.7]"),
        ("accuracy", Bound(min=0.6), Bound(min=0.7), "accuracy=0.6 [0.5, 0.7]"),
        ("macro_f1", Bound(min=0.4), Bound(min=0.5), "macro_f1=0.45 [0.35, 0.55]"),
        ("class_share", Bound(max=0.2), Bound(max=0.15), "class_share=0.2"),
        ("calibration_error", Bound(max=0.3), Bound(max=0.1), "calibration_error=0.3"),
    ],
)
def test_each_score_has_its_requirement_and_its_reason(
    name: str, met: Bound, missed: Bound, shown: str
) -> None:
    assert judged(name, met) == replace(judged(name), requirement=str(met))
    expected = f"FAIL {REASON[name]}: {shown}, but should be {missed}"
    assert found(judged(name, missed)) == expected
    assert found(judged(name)) == "PASS"
    assert judged(name).measurements[0] == getattr(SCORE, name)


def test_what_stands_beside_a_score_is_judged_with_it_but_does_not_decide() -> None:
    assert judged("uar", Bound(min=0.45)).measurements == (SCORE.uar,)
    assert judged("uar", Bound(min=0.45)).details == SCORE.details
    assert judged("accuracy").details == {}
    beside = judged("calibration_error", Bound(max=0.5)).measurements
    assert beside == (SCORE.calibration_error, SCORE.brier_score)


def test_how_a_candidate_is_to_be_used_stands_beside_the_calibration_of_all_speech_alone() -> None:
    facts = {"operating": {"wished": 0.8}}
    asked = Requirements()
    whole = judge_calibration(SCORE, facts, asked)
    assert whole == replace(judged("calibration_error"), details=facts)
    for part in (Part("calls", corpus="calls"), Part("language-ko", language="ko")):
        of_part = judge_calibration(replace(SCORE, part=part), facts, asked)
        assert of_part.details == {}
    together = replace(SCORE, part=Part("together"))
    assert judge_calibration(together, facts, asked).details == facts
    strict = Requirements.model_validate({"calibration_error": (Bound(max=0.1),)})
    missed = judge_calibration(SCORE, facts, strict)
    assert (missed.reason, missed.details) == ("miscalibrated", facts)


@pytest.mark.parametrize(
    ("least", "expected"),
    [
        (0.75, "PASS"),
        (
            0.78,
            (
                "FAIL low_coverage: coverage_emotions=0.75, but should be at least 0.78: it has a"
                " label for 3 of the 4 emotions that count, none for fear"
            ),
        ),
        (
            0.9,
            (
                "FAIL low_coverage: coverage=0.8 [0.7, 0.9], but should be at least 0.9;"
                " coverage_emotions=0.75, but should be at least 0.9: it has a label for 3 of the 4"
                " emotions that count, none for fear"
            ),
        ),
    ],
)
def test_coverage_is_of_clips_and_of_emotions(least: float, expected: str) -> None:
    judgement = judge_coverage(SCORE, Requirements(coverage=(Bound(min=least),)))
    assert found(judgement) == expected
    assert judgement.measurements == (SCORE.coverage, SCORE.coverage_emotions)


def test_where_clips_are_too_few_the_message_is_about_clips() -> None:
    few = replace(SCORE, coverage=estimate("coverage", 0.3))
    assert found(judge_coverage(few, Requirements())) == (
        "FAIL low_coverage: coverage=0.3 [0.2, 0.4], but should be at least 0.5"
    )
    on_calls = judge_coverage(replace(few, part=CALLS), Requirements())
    assert on_calls.message.startswith("coverage=0.3 [0.2, 0.4] on calls, but")


def test_by_default_uar_has_to_be_sure() -> None:
    assert found(judge_score(SCORE, "uar", Requirements(), "low_uar")) == "PASS"
    unsure = judge_score(
        replace(SCORE, uar=estimate("uar", 0.46)), "uar", Requirements(), "low_uar"
    )
    assert found(unsure) == (
        "INCONCLUSIVE low_uar: uar=0.46 [0.36, 0.56], but should be at least 0.4 with 95%"
        " confidence; 100 clips cannot tell; 260 would in 5 of 10 cases, 1,700 in 8 of 10"
    )


@pytest.mark.parametrize(
    ("part", "least", "outcome"),
    [
        (Part(), 0.5, "PASS"),
        (Part(), 0.55, "FAIL"),
        (CALLS, 0.55, "PASS"),
        (Part("studio", corpus="studio"), 0.55, "FAIL"),
        (KOREAN, 0.55, "FAIL"),
        (Part("language-de", language="de"), 0.55, "PASS"),
    ],
)
def test_a_part_is_held_against_the_requirement_on_it(
    part: Part, least: float, outcome: str
) -> None:
    bounds = (
        Bound(min=least),
        Bound(min=0.1, corpus="calls"),
        Bound(min=0.9, language="ko"),
    )
    assert judged("uar", *bounds, part=part).outcome == outcome


# ------------------------------------------------------------------ chance


@pytest.mark.parametrize(
    ("uar", "chance", "expected"),
    [
        (estimate("uar", 0.5), 0.25, "PASS"),
        (
            estimate("uar", 0.52),
            0.5,
            (
                "INCONCLUSIVE chance_level: uar=0.52 [0.42, 0.62], but should be at least 0.5, the"
                " score of guessing, with 95% confidence; 100 clips cannot tell; 650 would in 5 of"
                " 10 cases, 5,100 in 8 of 10"
            ),
        ),
        (
            estimate("uar", 0.3),
            0.5,
            (
                "FAIL chance_level: uar=0.3 [0.2, 0.4], but should be at least 0.5, the score"
                " of guessing, with 95% confidence"
            ),
        ),
    ],
)
@pytest.mark.parametrize("requirements", [Requirements(), Requirements(uar=())])
def test_a_uar_that_guessing_may_have_reached_does_not_pass(
    uar: Measurement, chance: float, expected: str, requirements: Requirements
) -> None:
    judgement = judge_above_chance(replace(SCORE, uar=uar, chance=chance), requirements)
    assert found(judgement) == expected
    assert judgement.measurements == (Measurement("chance", chance),)


@pytest.mark.parametrize(
    ("part", "sure"), [(Part(), "95%"), (CALLS, "80%"), (KOREAN, "60%")], ids=str
)
def test_chance_is_left_behind_as_surely_as_the_uar_has_to_be(part: Part, sure: str) -> None:
    bounds = (
        Bound(min=0.1),
        Bound(min=0.1, confidence=0.8, corpus="calls"),
        Bound(min=0.1, confidence=0.6, language="ko"),
    )
    below = replace(SCORE, part=part, chance=0.9)
    judgement = judge_above_chance(below, Requirements(uar=bounds))
    assert judgement.requirement == f"at least 0.9 with {sure} confidence"


# ------------------------------------------------------------------ looks at growing speech


def test_a_later_look_at_growing_speech_is_at_the_confidence_that_is_left() -> None:
    later = replace(SCORE, looks={"uar": LaterLook(2, 0.98831)})
    judgement = judge_score(
        later, "uar", Requirements(uar=(Bound(min=0.01, confidence=0.95),)), "r"
    )
    assert (
        judgement.requirement
        == "at least 0.01 with 98.83% confidence, at the 2nd look at growing speech"
    )
    plain = judge_score(later, "uar", Requirements(uar=(Bound(min=0.01),)), "r")
    assert plain.requirement == "at least 0.01"  # nothing is sure, at any look
    above = judge_above_chance(later, Requirements(uar=(Bound(min=0.01, confidence=0.95),)))
    assert above.requirement.endswith("with 98.83% confidence, at the 2nd look at growing speech")


def test_chance_is_looked_at_again_also_where_no_requirement_is_sure() -> None:
    later = replace(SCORE, looks={"chance": LaterLook(3, 0.994)})
    for bounds in ((), (Bound(min=0.3),)):
        requirement = judge_above_chance(later, Requirements(uar=bounds)).requirement
        assert requirement.endswith("with 99.4% confidence, at the 3rd look at growing speech")


# ------------------------------------------------------------------ seen in training


@pytest.mark.parametrize("part", [Part(), Part(TOGETHER), KOREAN])
def test_speech_of_which_nothing_is_new_is_inconclusive(part: Part) -> None:
    judgement = judge_novelty(
        replace(SCORE, part=part, seen=SEEN, details={"seen": {"calls": SEEN}}), Requirements()
    )
    expected = f"{SEEN}, so its score there says nothing about new speech"
    assert found(judgement) == f"INCONCLUSIVE seen_in_training: {expected}"
    assert judgement.measurements == (Measurement("seen_corpora", 1, "corpora"),)


def test_a_seen_corpus_next_to_others_is_no_reason() -> None:
    assert found(judge_novelty(replace(SCORE, part=CALLS, seen=SEEN), Requirements())) == "PASS"
    left_out = judge_novelty(replace(SCORE, details={"seen": {"calls": SEEN}}), Requirements())
    assert found(left_out) == "PASS"
    assert left_out.measurements[0].value == 1
    assert judge_novelty(SCORE, Requirements()).measurements[0].value == 0


def test_what_confirms_a_choice_has_to_meet_all_that_speech_can_show() -> None:
    assert found(judge_confirmation(SCORE, Requirements())) == "PASS"
    scoped = Requirements(uar=(Bound(min=0.99, corpus="calls"),))
    assert found(judge_confirmation(SCORE, scoped)).startswith("FAIL low_uar")
    by_luck = replace(SCORE, uar=estimate("uar", 0.52), chance=0.5)
    lenient = Requirements(uar=(Bound(min=0.1),))
    assert found(judge_confirmation(by_luck, lenient)).startswith("INCONCLUSIVE chance_level")
    little = replace(SCORE, coverage=Measurement("coverage", 0.4, n=100))
    assert found(judge_confirmation(little, Requirements())).startswith("FAIL low_coverage")
    seen = replace(SCORE, seen=SEEN, details={"seen": {"calls": SEEN}})
    assert found(judge_confirmation(seen, Requirements())).startswith("INCONCLUSIVE seen_in")


def test_uneven_shares_are_rejected_only_beyond_doubt() -> None:
    for low, outcome in ((0.1, "PASS"), (0.16, "FAIL skewed_predictions")):
        uneven = replace(SCORE, class_share=Measurement("class_share", 0.2, "1", low, 0.3, 50))
        judgement = judge_score(uneven, "class_share", Requirements(), "skewed_predictions")
        assert found(judgement).startswith(outcome)
    sure = Requirements(class_share=(Bound(max=0.15, confidence=0.95),))
    unsure = replace(SCORE, class_share=Measurement("class_share", 0.1, "1", 0.05, 0.3, 50))
    judgement = judge_score(unsure, "class_share", sure, "skewed_predictions")
    assert found(judgement).startswith("INCONCLUSIVE skewed_predictions")


def test_a_requirement_on_a_seen_corpus_is_inconclusive() -> None:
    about_it = Requirements(uar=(Bound(min=0.4), Bound(min=0.3, corpus="calls")))
    seen = replace(SCORE, part=CALLS, seen=SEEN)
    assert found(judge_novelty(seen, about_it)).startswith("INCONCLUSIVE seen_in_training")
    assert found(judge_novelty(replace(seen, part=Part("b", corpus="b")), about_it)) == "PASS"


@pytest.mark.parametrize("name", REASON)
def test_what_was_seen_in_training_is_measured_but_decides_nothing(name: str) -> None:
    worst = Bound(max=0.0) if name in ("class_share", "calibration_error") else Bound(min=1.0)
    assert judged(name, worst).outcome is Outcome.FAIL
    seen = judged(name, worst, seen=SEEN)
    assert (found(seen), seen.requirement) == ("PASS", "")
    assert seen.measurements[0] == getattr(SCORE, name)


def test_neither_is_chance_nor_the_worst_emotion_decided_by_what_was_seen() -> None:
    guess = replace(SCORE, uar=estimate("uar", 0.1), seen=SEEN)
    assert found(judge_above_chance(guess, Requirements())) == "PASS"
    assert found(judge_each(guess, (JOY,), "recall", Requirements(recall=(SURE,)))) == "PASS"


# ------------------------------------------------------------------ several at once

ANGER = Measurement("recall:anger", 0.9, low=0.8, high=0.95, n=30)
JOY = Measurement("recall:joy", 0.3, low=0.2, high=0.4, n=30)
FEAR = Measurement("recall:fear", 0.55, low=0.4, high=0.7, n=30)
SURE = Bound(min=0.5, confidence=0.95)


@pytest.mark.parametrize(
    ("measured", "bounds", "expected"),
    [
        ((ANGER, FEAR), (Bound(min=0.5),), "PASS"),
        ((ANGER, JOY), (), "PASS"),
        ((ANGER, JOY), (Bound(min=0.5, corpus="calls"),), "PASS"),
        ((), (Bound(min=0.5),), "PASS"),
        (
            (ANGER, FEAR, JOY),
            (SURE,),
            (
                "FAIL low_recall: recall:joy=0.3 [0.2, 0.4], but should be at least 0.5 with 95% "
                "confidence"
            ),
        ),
        (
            (ANGER, FEAR),
            (SURE,),
            (
                "INCONCLUSIVE low_recall: recall:fear=0.55 [0.4, 0.7], but should be at least "
                "0.5 with 95% confidence; 30 clips cannot tell; 160 would in 5 of 10 cases,"
                " 1,200 in 8 of 10"
            ),
        ),
        (
            (JOY, FEAR),
            (Bound(min=0.6),),
            (
                "FAIL low_recall: recall:joy=0.3 [0.2, 0.4], but should be at least 0.6; "
                "recall:fear=0.55 [0.4, 0.7], but should be at least 0.6"
            ),
        ),
    ],
)
def test_the_worst_of_several_counts(
    measured: tuple[Measurement, ...], bounds: tuple[Bound, ...], expected: str
) -> None:
    requirements = Requirements(recall=bounds)
    judgement = judge_each(SCORE, measured, "recall", requirements)
    assert found(judgement) == expected
    assert judgement.measurements == measured
    assert judgement.requirement == str(requirements.bound("recall") or "")


def test_precisions_have_a_requirement_and_a_reason_of_their_own() -> None:
    measured = (Measurement("precision:joy", 0.3, n=10),)
    requirements = Requirements(recall=(Bound(min=0.9),), precision=(Bound(min=0.5),))
    judgement = judge_each(SCORE, measured, "precision", requirements)
    assert found(judgement) == "FAIL low_precision: precision:joy=0.3, but should be at least 0.5"


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


QUIET = replace(
    TIMING,
    throughput=4.5,
    cold_start=2.5,
    memory_above_model=200.0,
    load_average=0.3,
    contention=0.1,
    other_load=0.5,
    cores=2,
    energy=20.0,
)

FEW = {"rounds_needed": {"time_p90": 44, "time_p95": 90, "time_p99": 459}}


@pytest.mark.parametrize("told", [True, False])
def test_a_timing_is_measured_in_the_units_of_the_report(told: bool) -> None:
    measured = {one.name: one for one in judge_timing(QUIET if told else TIMING, None).measurements}
    if told:
        assert [
            measured.pop(name) for name in list(measured) if getattr(TIMING, name, 0) is None
        ] == [
            Measurement("throughput", 4.5, "s/s"),
            Measurement("cold_start", 2.5, "s"),
            Measurement("memory_above_model", 200.0, "MB"),
            Measurement("load_average", 0.3, "threads"),
            Measurement("contention", 0.1),
            Measurement("other_load", 0.5, "cores"),
            Measurement("energy", 20.0, "J"),
        ]
    assert tuple(measured.values()) == (
        Measurement("time_p50", 11.0, "s", 5.0, 17.0, n=21),
        Measurement("time_max", 21.0, "s", n=21),
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
    for timing in (TIMING, QUIET):
        judgement = judge_timing(timing, Bound(max=most))
        assert found(judgement) == expected
        assert (judgement.measurements, judgement.details) == (timing.measurements, FEW)


WAITED = "its threads waited for a core for 25% of the time"
TAKEN = "other processes kept 0.6 of 2 cores busy"


@pytest.mark.parametrize(
    ("told", "noise"),
    [
        ({"contention": 0.25}, WAITED),
        ({"other_load": 0.6}, TAKEN),
        ({"contention": 0.25, "other_load": 0.6}, f"{WAITED}, and {TAKEN}"),
        ({"other_load": 0.6, "cores": None}, TAKEN),
    ],
)
def test_on_a_machine_with_other_work_slow_is_inconclusive_and_fast_is_fast(
    told: dict[str, Any], noise: str
) -> None:
    noisy = replace(QUIET, **told)
    slow = judge_timing(noisy, Bound(max=0.3))
    assert found(slow) == (
        "INCONCLUSIVE too_slow: real_time_factor=0.5, but should be at most 0.3 (22 s of audio, 2 "
        f"threads); but {noise}: measure again on a quiet machine"
    )
    fast = judge_timing(noisy, Bound(max=0.5))
    assert found(fast) == "PASS"
    for one in (slow, fast):
        assert one.details == {"noise": noise} | FEW
        assert one.measurements == noisy.measurements


def test_other_work_does_not_excuse_what_is_far_too_slow() -> None:
    hopeless = judge_timing(replace(QUIET, contention=0.25), Bound(max=0.001))
    assert found(hopeless) == (
        "FAIL too_slow: real_time_factor=0.5, but should be at most 0.001 (22 s of audio, 2"
        " threads)"
    )
    assert hopeless.details == {"noise": WAITED} | FEW


def test_threads_that_wait_for_each_other_are_no_noise() -> None:
    judgement = judge_timing(replace(QUIET, contention=0.3, other_load=0.02), Bound(max=0.001))
    assert (judgement.outcome, dict(judgement.details)) == (Outcome.FAIL, FEW)


def test_other_work_on_cores_that_the_model_leaves_free_is_no_noise() -> None:
    beside = replace(QUIET, other_load=6.2, cores=8)
    assert found(judge_timing(beside, Bound(max=0.3))).startswith("FAIL too_slow")
    assert judge_timing(replace(beside, threads=8), None).details["noise"]


def rounds(n: int, above: int = 0) -> Timing:
    """Return a timing whose rounds take half a second, but for some that take two."""
    return replace(TIMING, length=5, rounds=(0.5,) * (n - above) + (2.0,) * above)


@pytest.mark.parametrize(
    ("n", "told"),
    [
        (6, {}),
        (7, {"time_p50"}),
        (43, {"time_p50"}),
        (44, {"time_p50", "time_p90"}),
        (89, {"time_p50", "time_p90"}),
        (90, {"time_p50", "time_p90", "time_p95"}),
        (459, {"time_p50", "time_p90", "time_p95", "time_p99"}),
    ],
)
def test_a_percentile_is_told_where_the_rounds_suffice_and_else_how_many_do(
    n: int, told: set[str]
) -> None:
    judgement = judge_timing(rounds(n), None)
    spread = {one.name for one in judgement.measurements if one.low is not None}
    assert spread == {*told}
    names = {one.name for one in judgement.measurements if one.name.startswith("time_p")}
    assert names == {"time_p50", *told}
    needed = {"time_p50": 7, "time_p90": 44, "time_p95": 90, "time_p99": 459}
    missing = {name: least for name, least in needed.items() if name not in told}
    assert judgement.details == ({"rounds_needed": missing} if missing else {})


P95 = LatencyLimit(max=0.8)


@pytest.mark.parametrize(
    ("n", "above", "outcome"),
    [
        (89, 0, "INCONCLUSIVE"),
        (90, 0, "PASS"),
        (90, 1, "INCONCLUSIVE"),
        (130, 1, "PASS"),
        (45, 7, "FAIL"),
        (45, 6, "INCONCLUSIVE"),
        (45, 45, "FAIL"),
        (1, 1, "INCONCLUSIVE"),
    ],
)
def test_a_percentile_is_held_against_its_limit_by_the_count_of_those_above(
    n: int, above: int, outcome: str
) -> None:
    judgement = judge_timing(rounds(n, above), Bound(max=1), [P95])
    assert (judgement.outcome, judgement.requirement) == (outcome, "at most 1; p95 at most 0.8 s")
    assert judgement.reason == (None if outcome == "PASS" else "too_slow")


def test_what_rounds_say_of_a_percentile_is_told_in_counts() -> None:
    assert found(judge_timing(rounds(90, 1), None, [P95])) == (
        "INCONCLUSIVE too_slow: time_p95 should be at most 0.8 s (5 s of audio, 2 threads), which"
        " cannot be told: 1 of 90 rounds took longer; to meet it takes at least 130 rounds if no"
        " more do (120 s are spent on them at most, unless --benchmark-min-rounds=130 asks for"
        " more)"
    )
    slow = rounds(90, 30)
    assert found(judge_timing(slow, None, [P95])) == (
        "FAIL too_slow: time_p95 is more than 0.8 s, but should be at most 0.8 s (5 s of audio, 2"
        " threads); 30 of 90 rounds took longer"
    )
    busy = judge_timing(replace(slow, other_load=1.5), None, [P95])
    assert found(busy).startswith("INCONCLUSIVE too_slow: time_p95 is more than 0.8 s")
    assert found(busy).endswith("cores busy: measure again on a quiet machine")
    hopeless = judge_timing(replace(slow, other_load=1.5), None, [LatencyLimit(max=0.05)])
    assert hopeless.outcome is Outcome.FAIL


def test_the_worst_of_factor_and_latencies_counts() -> None:
    limits = [LatencyLimit(max=3, percentile=50), LatencyLimit(max=0.4, percentile=50)]
    slow = judge_timing(rounds(90), Bound(max=1), limits)
    assert found(slow).startswith("FAIL too_slow: time_p50 is more than 0.4 s")
    assert found(judge_timing(rounds(90), Bound(max=0.01), limits[:1])).startswith(
        "FAIL too_slow: real_time_factor=0.1"
    )
    assert found(judge_timing(rounds(90), Bound(max=1), limits[:1])) == "PASS"


# ------------------------------------------------------------------ requests a second

ASKED = Serving(min=4, latency=0.5)


MACHINE: dict[str, Any] = {
    "capacity": 9.0, "lengths": (1.0, 3.0), "hands": 2, "threads": 2, "cores": 2,
}  # fmt: skip


def served(*trials: Trial, **others: Any) -> Served:
    given: dict[str, Any] = {"asked": ASKED, **MACHINE, **others}
    return Served(trials=trials, **given)


def trial(rate: float, late: int, n: int = 259, **others: Any) -> Trial:
    return Trial(rate, n, (0.2,) * (n - late) + (0.9,) * late, **others)


def test_the_largest_rate_that_held_is_told_and_the_one_that_is_asked_for_decides() -> None:
    found_out = served(trial(4, 0), trial(8, 60), trial(6, 1), trial(7, 9))
    judgement = judge_served(found_out)
    assert (found(judgement), judgement.requirement) == ("PASS", str(ASKED))
    assert judgement.measurements == (
        Measurement("requests_per_second", 6, "1/s", n=259),
        Measurement("response_time_p50", 0.2, "s", 0.2, 0.2, n=259),
        Measurement("response_time_p95", 0.2, "s", 0.2, 0.2, n=259),
        Measurement("request_capacity", 9.0, "1/s"),
        Measurement("request_length", 2.0, "s"),
        Measurement("threads", 2, "threads"),
    )
    told = [one["outcome"] for one in judgement.details["trials"]]
    assert told == ["PASS", "FAIL", "PASS", "INCONCLUSIVE"]


def test_too_few_answers_in_time_are_too_slow() -> None:
    assert found(judge_served(served(trial(4, 60), trial(2.5, 0)))) == (
        "FAIL too_slow: requests_per_second=2.5, but should be at least 4 a second, p95 at most"
        " 0.5 s; 60 of 259 requests at 4 a second took longer"
    )
    none = found(judge_served(served(trial(4, 60), trial(2.5, 60))))
    assert none.startswith("FAIL too_slow: requests_per_second=none that was tried, but")


def test_what_requests_cannot_tell_is_open() -> None:
    judgement = judge_served(
        served(trial(4, 0, n=80), asked=Serving(min=4, latency=0.5, budget=20))
    )
    assert found(judgement) == (
        "INCONCLUSIVE too_slow: requests_per_second should be at least 4 a second, p95 at most"
        " 0.5 s, which cannot be told: 0 of 80 requests at 4 a second took longer; to meet it takes"
        " at least 90 requests if no more do, in 23 s: give it a budget of 23 s"
    )
    assert judgement.details["takes_at_least"] == 90
    beyond = found(judge_served(served(trial(4, 9))))  # 9 late ones were not planned for
    assert beyond.endswith(
        "at least 371 requests if no more do, in 93 s: give it a budget of 371 s"
    )


def test_a_rate_does_not_hold_in_a_trial_too_short_for_a_line_to_grow() -> None:
    patient = Serving(min=4, latency=30, budget=120)
    judgement = judge_served(served(trial(4, 0, n=480), asked=patient))
    assert judgement.outcome is Outcome.INCONCLUSIVE
    assert judgement.message.endswith(
        "2,400 requests if no more do, in 600 s: give it a budget of 600 s"
    )
    late = judge_served(served(Trial(4, 480, (40.0,) * 480), asked=patient))
    assert late.outcome is Outcome.FAIL


@pytest.mark.parametrize("late", [60, 0])
def test_late_answers_on_a_busy_machine_wait_for_a_quiet_one(late: int) -> None:
    busy = judge_served(served(trial(4, late, other_load=1.5)))
    assert busy.details["noise"] == "other processes kept 1.5 of 2 cores busy"
    if late:
        assert busy.outcome is Outcome.INCONCLUSIVE
        assert busy.message.endswith("busy: measure again on a quiet machine")
    else:
        assert busy.outcome is Outcome.PASS
