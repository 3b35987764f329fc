"""Candidates are compared on the clips and emotions that they share, and that none has seen."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

from sertify.evidence.labelling import Labelling
from sertify.selection.comparison import Comparison, agreements, compare

EMOTIONS = ("anger", "happiness", "neutral", "sadness")


def said(
    name: str,
    truth: Sequence[str | None],
    predicted: Sequence[str],
    emotions: tuple[str, ...] = EMOTIONS,
    corpus: str = "calls",
    speakers: Sequence[str | None] | None = None,
    **more: Any,
) -> Labelling:
    """Return what a candidate said of the clips of one corpus."""
    n = len(truth)
    return Labelling(
        candidate=name,
        corpus="f00d",
        emotions=emotions,
        keys=tuple(f"{corpus}/{place}.wav" for place in range(n)),
        clips=tuple(f"{corpus}/{place}.wav" for place in range(n)),
        truth=tuple(truth),
        predicted=tuple(predicted),
        confidence=(0.5,) * n,
        speakers=(None,) * n if speakers is None else tuple(speakers),
        corpora=(corpus,) * n,
        languages=(None,) * n,
        **more,
    )


def together(first: Labelling, second: Labelling) -> Labelling:
    """Return what a candidate said of two corpora."""
    columns = (
        "keys",
        "clips",
        "truth",
        "predicted",
        "confidence",
        "speakers",
        "corpora",
        "languages",
    )
    return replace(
        first, **{name: getattr(first, name) + getattr(second, name) for name in columns}
    )


def study(share: float, size: int = 200, seed: int = 0) -> tuple[list[str], list[str]]:
    """Return emotions, each as often, and predictions of which a share is right."""
    rng = np.random.default_rng(seed)
    truth = np.tile(EMOTIONS, size // 4)
    return truth.tolist(), np.where(
        rng.random(len(truth)) < share, truth, rng.choice(EMOTIONS, len(truth))
    ).tolist()


def heard(name: str, share: float, seed: int = 0, **more: Any) -> Labelling:
    return said(name, *study(share, seed=seed), **more)


def compared(*answers: Labelling) -> Comparison:
    found = compare(answers)
    assert found is not None
    return found


def uars(found: Comparison) -> dict[str, float]:
    return dict(zip(found.replicates.names, found.replicates.values.tolist(), strict=True))


def uar(answers: Labelling, emotions: Sequence[str] = EMOTIONS) -> Any:
    pairs = zip(answers.truth, answers.predicted, strict=True)
    truth, predicted = zip(*(pair for pair in pairs if pair[0] in emotions), strict=True)
    labels = sorted(set(truth))
    return pytest.approx(
        sklearn_metrics.recall_score(truth, predicted, labels=labels, average="macro")
    )


# ------------------------------------------------------------------ on what


def test_on_the_same_clips_and_emotions_it_is_uar() -> None:
    one, other = heard("a", 0.8), heard("b", 0.3, seed=1)
    found = compared(one, other)
    assert uars(found) == {"a": uar(one), "b": uar(other)}
    assert (found.emotions, found.left_out) == ({"calls": EMOTIONS}, {})
    assert (found.chance, found.replicates.clips) == (1 / 4, 200)


def test_only_emotions_count_that_all_can_express_and_other_answers_are_wrong() -> None:
    one = heard("a", 0.6)
    other = replace(heard("b", 0.6, seed=1), emotions=("neutral", "anger", "boredom", "sadness"))
    other = replace(
        other,
        predicted=tuple("boredom" if word == "happiness" else word for word in other.predicted),
    )
    found = compared(one, other)
    shared = ("anger", "neutral", "sadness")
    assert found.emotions == {"calls": shared}
    assert uars(found) == {"a": uar(one, shared), "b": uar(other, shared)}
    assert (found.chance, found.replicates.clips) == (1 / 3, 150)


def test_an_emotion_that_no_clip_has_makes_guessing_no_harder() -> None:
    pair = [said(name, ["anger", "sadness"] * 20, ["anger", "neutral"] * 20) for name in "ab"]
    assert compared(*pair).chance == 1 / 2
    assert compared(*pair).emotions == {"calls": ("anger", "sadness")}


def test_renamed_clips_are_the_same_clips() -> None:
    one, other = heard("a", 0.7), heard("b", 0.5, seed=1)
    shuffled = replace(other, clips=other.clips[::-1])
    assert uars(compared(one, shuffled)) == uars(compared(one, other))


def test_only_clips_count_that_all_were_asked_about_in_whatever_order() -> None:
    one, other = heard("a", 0.7), heard("b", 0.5, seed=1)
    kept = [*range(199, 39, -1)]
    columns = ("keys", "clips", "truth", "predicted", "confidence", "speakers", "corpora")
    same, fewer = (
        Labelling(
            **vars(answers)
            | {name: tuple(answers.at(kept, name)) for name in (*columns, "languages")}
        )
        for answers in (one, other)
    )
    found = compared(one, fewer)
    assert uars(found) == {"a": uar(same), "b": uar(fewer)}
    assert found.replicates.clips == 160


def test_clips_without_a_label_do_not_count() -> None:
    truth, predicted = study(0.7)
    partly = [*truth[:100], *[None] * 100]
    found = compared(said("a", partly, predicted), said("b", partly, truth))
    assert found.replicates.clips == 100
    assert uars(found)["b"] == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("anger", "sadness"), ("happiness", "neutral")),
        (("anger", "sadness"), ("anger", "neutral")),
        (EMOTIONS, ("boredom", "fear")),
        (EMOTIONS, ()),
    ],
)
def test_without_two_emotions_in_common_nothing_is_compared(
    one: tuple[str, ...], other: tuple[str, ...]
) -> None:
    assert compare([heard("a", 0.9, emotions=one), heard("b", 0.9, emotions=other)]) is None


def test_without_labels_nothing_is_compared() -> None:
    nothing = [None] * 8
    assert compare([said(name, nothing, EMOTIONS * 2) for name in "ab"]) is None


def test_without_a_clip_in_common_nothing_is_compared() -> None:
    assert compare([heard("a", 0.9), heard("b", 0.9, corpus="studio")]) is None


# ------------------------------------------------------------------ several corpora


def test_several_corpora_weigh_the_same() -> None:
    parts = {
        name: (
            heard(name, share, seed=seed),
            said(name, *study(share / 2, size=40, seed=seed + 10), corpus="studio"),
        )
        for seed, (name, share) in enumerate({"a": 0.8, "b": 0.4}.items())
    }
    found = compared(*(together(*both) for both in parts.values()))
    for name, (calls, studio) in parts.items():
        means = (uars(compared(calls))[name] + uars(compared(studio))[name]) / 2
        assert uars(found)[name] == pytest.approx(means)
    assert found.emotions == {"calls": EMOTIONS, "studio": EMOTIONS}
    assert found.replicates.clips == 240


def test_chance_is_the_mean_of_the_corpora() -> None:
    few = [said(name, ["anger", "sadness"] * 5, ["anger"] * 10, corpus="studio") for name in "ab"]
    both = [together(heard(name, 0.5), one) for name, one in zip("ab", few, strict=True)]
    assert compared(*both).chance == pytest.approx((1 / 4 + 1 / 2) / 2)


@pytest.mark.parametrize(
    ("seen", "why"),
    [({"a"}, "seen in training by a"), ({"a", "b"}, "seen in training by a, b")],
)
def test_a_corpus_that_any_has_seen_is_left_out(seen: set[str], why: str) -> None:
    both = [
        replace(
            together(heard(name, 1.0), said(name, *study(0.5), corpus="studio")),
            seen={"calls": "its card says so"} if name in seen else {},
        )
        for name in "ab"
    ]
    found = compared(*both)
    assert (found.left_out, [*found.emotions]) == ({"calls": why}, ["studio"])
    assert uars(found)["a"] == uars(compared(said("a", *study(0.5), corpus="studio")))["a"]


def test_where_each_corpus_was_seen_by_one_nothing_is_compared() -> None:
    both = [together(heard(name, 0.9), said(name, *study(0.9), corpus="studio")) for name in "ab"]
    seen = [{"calls": "its card says so"}, {"studio": "its card says so"}]
    assert compare([replace(one, seen=why) for one, why in zip(both, seen, strict=True)]) is None


def test_a_corpus_of_other_emotions_is_left_out_for_that_reason() -> None:
    other = [said(name, ["fear"] * 9, ["anger"] * 9, corpus="studio") for name in "ab"]
    found = compared(*(together(heard(one.candidate, 0.5), one) for one in other))
    assert found.left_out == {"studio": "it has fewer than two emotions that all can express"}


# ------------------------------------------------------------------ how sure


def test_a_difference_that_the_data_shows_parts_them() -> None:
    found = compared(heard("a", 0.3, seed=1), heard("b", 0.9))
    (difference,) = found.differences
    assert (difference.better, difference.other) == ("b", "a")
    assert difference.p_holm < 0.001
    assert found.tied == ("b",)


def test_a_difference_that_it_does_not_show_leaves_them_tied() -> None:
    found = compared(heard("a", 0.6, seed=1), heard("b", 0.6, seed=2), heard("c", 0.1, seed=3))
    assert sorted(found.tied) == ["a", "b"]


def test_speakers_are_resampled_and_those_without_a_name_are_one() -> None:
    speakers: list[str | None] = [f"s{n % 20}" for n in range(200)]
    by_speaker = compared(*(heard(name, 0.6, speakers=speakers) for name in "ab")).replicates
    assert (by_speaker.by_speaker, by_speaker.groups) == (True, 20)
    speakers[7] = speakers[8] = None
    one_more = compared(*(heard(name, 0.6, speakers=speakers) for name in "ab")).replicates
    assert (one_more.by_speaker, one_more.groups) == (True, 21)
    nobody: list[str | None] = [None] * 200
    by_clip = compared(*(heard(name, 0.6, speakers=nobody) for name in "ab")).replicates
    assert (by_clip.by_speaker, by_clip.groups) == (False, 200)


def test_clusters_are_resampled_where_clips_have_one() -> None:
    clusters = tuple(f"{n % 5}" for n in range(200))
    speakers: list[str | None] = [f"s{n % 20}" for n in range(200)]
    one, other = (
        replace(heard(name, 0.6, seed, speakers=speakers), clusters=clusters)
        for seed, name in enumerate("ab")
    )
    found = compared(one, other).replicates
    assert (found.by_speaker, found.groups) == (True, 5)
    (by_cluster,), (by_speaker,) = (
        agreements([replace(each, clusters=given) for each in (one, other)])
        for given in (clusters, ())
    )
    assert by_cluster.interval != by_speaker.interval


def test_the_order_of_candidates_does_not_matter() -> None:
    several = [heard(name, share, seed) for seed, (name, share) in enumerate(SHARES.items())]
    first = compared(*several)
    for order in permutations(several):
        again = compared(*order)
        assert uars(again) == uars(first)
        assert {*again.tied} == {*first.tied}
        assert {*again.differences} == {*first.differences}


SHARES = {"a": 0.7, "b": 0.66, "c": 0.4}


# ------------------------------------------------------------------ agreement


def test_agreement_is_kappa_on_the_clips_that_both_give_a_shared_emotion() -> None:
    truth = [None] * 200
    one = said("a", truth, study(0.7, seed=1)[1])
    words = ["boredom" if word == "sadness" else word for word in study(0.7, seed=2)[1]]
    other = said("b", truth, words, emotions=("anger", "boredom", "happiness", "neutral"))
    (pair,) = agreements([one, other])
    kept = [n for n in range(200) if one.predicted[n] != "sadness" and words[n] != "boredom"]
    expected = sklearn_metrics.cohen_kappa_score(
        one.at(kept, "predicted"), other.at(kept, "predicted")
    )
    assert pair.kappa == pytest.approx(expected)
    assert (pair.first, pair.second, pair.clips) == ("a", "b", len(kept))
    assert pair.emotions == ("anger", "happiness", "neutral")
    assert pair.interval is not None
    assert pair.interval.low < expected < pair.interval.high


@pytest.mark.parametrize(
    ("predicted", "clips"), [(["anger"] * 8, 8), (["sadness"] * 8, 0)], ids=["same", "none"]
)
def test_without_two_emotions_said_there_is_no_kappa(predicted: list[str], clips: int) -> None:
    one = said("a", [None] * 8, predicted)
    other = said("b", [None] * 8, ["anger"] * 8, emotions=("anger", "fear"))
    (pair,) = agreements([one, other])
    assert (pair.kappa, pair.interval, pair.clips) == (None, None, clips)


def test_each_pair_has_its_agreement() -> None:
    three = [heard(name, 0.5, seed) for seed, name in enumerate("abc")]
    pairs = agreements(three)
    assert [(one.first, one.second) for one in pairs] == [("a", "b"), ("a", "c"), ("b", "c")]
    assert agreements(three[:1]) == ()


def test_a_speaker_is_resampled_once_in_each_corpus_that_has_the_name() -> None:
    """With as many speakers as namesakes, only what tells them apart can widen an interval."""
    names = [f"s{n % 5}" for n in range(200)]
    same, told = (
        [
            together(
                heard(name, 0.6, seed, speakers=names),
                said(
                    name,
                    *study(0.6, seed=seed + 5),
                    corpus="studio",
                    speakers=[f"{prefix}{one}" for one in names],
                ),
            )
            for seed, name in enumerate("ab")
        ]
        for prefix in ("", "other-")
    )
    assert agreements(same)[0].interval == agreements(told)[0].interval
