"""Candidates are compared on the same clips, over the emotions that the user needs."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

from sertify.evidence.labelling import Labelling
from sertify.selection.agreements import agreements
from sertify.selection.comparison import Comparison, compare, needed, obstacles
from sertify.statistics.paired import Paired

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
    return {name: each[0] for name in found.names if (each := found.uar(name))}


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
    assert (found.chance("a"), found.clips) == (1 / 4, 200)


def test_an_emotion_without_a_label_is_never_recognised() -> None:
    one, few = heard("a", 0.6), renamed(heard("b", 0.6, seed=1), "happiness", "boredom")
    found = compared(one, few)
    assert found.emotions == {"calls": EMOTIONS}
    assert uars(found) == {"a": uar(one), "b": uar(few)}
    own = uar(few, ("anger", "neutral", "sadness")).expected
    assert uars(found)["b"] == pytest.approx(own * 3 / 4)
    assert (found.chance("b"), found.clips) == (1 / 4, 200)


def renamed(answers: Labelling, *pairs: str) -> Labelling:
    """Return answers of a model that has labels for other emotions: each second for each first."""
    names = dict(zip(pairs[::2], pairs[1::2], strict=True))
    return replace(
        answers,
        emotions=tuple(names.get(name, name) for name in answers.emotions),
        predicted=tuple(names.get(name, name) for name in answers.predicted),
    )


def test_what_is_wanted_is_what_recall_is_over() -> None:
    one, other = heard("a", 0.7), heard("b", 0.5, seed=1)
    wanted = ("sadness", "anger", "fear")
    found = compare([one, other], wanted)
    assert found is not None
    assert found.emotions == {"calls": ("anger", "sadness")}
    assert uars(found) == {each.candidate: uar(each, wanted) for each in (one, other)}
    assert (found.chance("a"), found.clips) == (1 / 2, 100)


def test_an_emotion_of_a_few_clips_counts_only_where_it_is_wanted() -> None:
    truth = [*EMOTIONS] * 25 + ["fear"]
    pair = [said(name, truth, truth) for name in "ab"]
    assert compared(*pair).emotions == {"calls": EMOTIONS}
    asked = compare(pair, ("fear", "anger"))
    assert asked is not None
    assert asked.emotions == {"calls": ("anger", "fear")}


def test_nobody_decides_what_others_are_compared_on() -> None:
    pair = heard("a", 0.8), heard("b", 0.5, seed=1)
    few = renamed(heard("few", 0.9, seed=2), "happiness", "boredom", "sadness", "calm")
    alone, beside = compared(*pair), compared(*pair, few)
    found, before = (one.between("a", "b") for one in (beside, alone))
    assert found is not None
    assert before is not None
    for name in ("value", "low", "high", "p", "detectable"):
        assert getattr(found, name) == pytest.approx(getattr(before, name))
    assert [uars(beside)[name] for name in "ab"] == [uars(alone)[name] for name in "ab"]
    assert beside.leader == alone.leader == "a"


def test_an_emotion_that_no_clip_has_makes_guessing_no_harder() -> None:
    pair = [said(name, ["anger", "sadness"] * 20, ["anger", "neutral"] * 20) for name in "ab"]
    assert compared(*pair).chance("a") == 1 / 2
    assert compared(*pair).emotions == {"calls": ("anger", "sadness")}


def test_renamed_clips_are_the_same_clips() -> None:
    one, other = heard("a", 0.7), heard("b", 0.5, seed=1)
    shuffled = replace(other, clips=other.clips[::-1])
    assert uars(compared(one, shuffled)) == uars(compared(one, other))


def test_a_clip_that_one_could_not_judge_is_no_part_of_its_own_uar_in_whatever_order() -> None:
    one, other = heard("a", 0.7), heard("b", 0.5, seed=1)
    kept = [*range(199, 39, -1)]
    columns = ("keys", "clips", "truth", "predicted", "confidence", "speakers", "corpora")
    fewer = Labelling(
        **vars(other) | {name: tuple(other.at(kept, name)) for name in (*columns, "languages")}
    )
    found = compared(one, fewer)
    assert uars(found) == {"a": uar(one), "b": uar(fewer)}
    assert found.clips == 200
    beside = compared(fewer, replace(fewer, candidate="c"), one)
    assert uars(beside)["b"] == uars(compared(fewer, replace(fewer, candidate="c")))["b"]


def test_clips_without_a_label_do_not_count() -> None:
    truth, predicted = study(0.7)
    partly = [*truth[:100], *[None] * 100]
    found = compared(said("a", partly, predicted), said("b", partly, truth))
    assert found.clips == 100
    assert uars(found)["b"] == 1


def test_one_that_has_a_label_for_none_is_right_about_none() -> None:
    found = compared(
        heard("a", 0.9), said("b", study(0.9)[0], ["fear"] * 200, emotions=("boredom", "fear"))
    )
    assert uars(found)["b"] == 0
    assert (found.leader, found.tied) == ("a", ("a",))


def test_without_labels_nothing_is_compared() -> None:
    nothing = [None] * 8
    several = [said(name, nothing, EMOTIONS * 2) for name in "ab"]
    assert compare(several) is None
    assert obstacles(several, None) == {}


def test_without_two_of_the_emotions_wanted_nothing_is_compared() -> None:
    several = [heard(name, 0.9) for name in "ab"]
    assert compare(several, ("anger", "fear")) is None
    assert obstacles(several, ("anger", "fear")) == {
        "calls": "it has clips of fewer than two of the emotions"
    }


def test_one_alone_has_its_uar_and_nobody_to_be_compared_with() -> None:
    found = compared(heard("a", 0.7))
    assert uars(found) == {"a": uar(heard("a", 0.7))}
    assert (found.leader, found.differences, found.tied) == ("a", (), ("a",))


@pytest.mark.parametrize(
    ("wanted", "common"),
    [
        (None, ("anger", "neutral", "sadness")),
        (("sadness", "happiness", "fear"), ("sadness",)),
        (("happiness",), ()),
    ],
)
def test_what_two_have_in_common_is_of_what_is_needed(
    wanted: tuple[str, ...] | None, common: tuple[str, ...]
) -> None:
    one, other = heard("a", 0.7), renamed(heard("b", 0.5), "happiness", "boredom")
    shared = {*one.emotions} & {*other.emotions}
    assert needed([one, other], wanted) & shared == {*common}


# ------------------------------------------------------------------ several corpora


def on_both(name: str, calls: float, studio: float, seed: int = 0, **more: Any) -> Labelling:
    """Return answers to two corpora, of which so large shares are right."""
    second = said(name, *study(studio, size=40, seed=seed + 10), corpus="studio")
    return replace(together(heard(name, calls, seed=seed), second), **more)


SEEN_CALLS, SEEN_STUDIO = ({corpus: "its card says so"} for corpus in ("calls", "studio"))


def test_several_corpora_weigh_the_same() -> None:
    shares = {"a": 0.8, "b": 0.4}
    found = compared(
        *(on_both(name, one, one / 2, seed) for seed, (name, one) in enumerate(shares.items()))
    )
    for seed, (name, share) in enumerate(shares.items()):
        calls = uar(heard(name, share, seed=seed)).expected
        studio = uar(said(name, *study(share / 2, size=40, seed=seed + 10))).expected
        assert uars(found)[name] == pytest.approx((calls + studio) / 2)
    assert found.emotions == {"calls": EMOTIONS, "studio": EMOTIONS}
    assert found.clips == 240


def test_chance_is_the_mean_of_the_corpora() -> None:
    few = [said(name, ["anger", "sadness"] * 5, ["anger"] * 10, corpus="studio") for name in "ab"]
    both = [together(heard(name, 0.5), one) for name, one in zip("ab", few, strict=True)]
    assert compared(*both).chance("a") == pytest.approx((1 / 4 + 1 / 2) / 2)
    seen = [replace(both[0], seen=SEEN_CALLS), both[1], replace(both[1], candidate="c")]
    assert [compared(*seen).chance(name) for name in "ab"] == [1 / 2, pytest.approx(3 / 8)]


@pytest.mark.parametrize(
    ("seen", "why"),
    [({"a"}, "seen in training by a"), ({"a", "b"}, "seen in training by a, b")],
)
def test_a_corpus_that_one_of_two_has_seen_says_nothing_of_them(seen: set[str], why: str) -> None:
    both = [
        on_both(name, 1.0, 0.5, seed, seen=SEEN_CALLS if name in seen else {})
        for seed, name in enumerate("ab")
    ]
    found = compared(*both)
    assert (found.left_out, [*found.emotions]) == ({"calls": why}, ["studio"])
    assert uars(found)["a"] == uar(said("a", *study(0.5, size=40, seed=10), corpus="studio"))


def test_what_one_has_seen_is_left_out_for_its_pairs_alone() -> None:
    pair = on_both("a", 0.8, 0.5), on_both("b", 0.5, 0.6, 1)
    crammed = on_both("c", 1.0, 0.3, 2, seen=SEEN_CALLS)
    found, alone = compared(*pair, crammed), compared(*pair)
    assert found.left_out == {"calls": "seen in training by c"}
    both, before = (one.between("a", "b") for one in (found, alone))
    assert both is not None
    assert before is not None
    assert (both.value, both.low) == pytest.approx((before.value, before.low))
    assert (found.clips, [*found.emotions]) == (240, ["calls", "studio"])
    assert uars(found)["c"] == uar(said("c", *study(0.3, size=40, seed=12)))
    with_c = found.between("a", "c")
    assert with_c is not None
    expected = uar(said("a", *study(0.5, size=40, seed=10))).expected - uars(found)["c"]
    assert with_c.value == pytest.approx(expected)


def test_where_each_corpus_was_seen_by_one_of_two_nothing_is_compared() -> None:
    both = [on_both("a", 0.9, 0.9, seen=SEEN_CALLS), on_both("b", 0.9, 0.9, seen=SEEN_STUDIO)]
    assert compare(both) is None
    assert obstacles(both, None) == {
        "calls": "seen in training by a",
        "studio": "seen in training by b",
    }


def test_two_without_a_corpus_in_common_are_not_told_apart() -> None:
    others = on_both("c", 0.5, 0.5, 2)
    found = compared(
        on_both("a", 0.9, 0.9, seen=SEEN_CALLS), on_both("b", 0.9, 0.9, 1, seen=SEEN_STUDIO), others
    )
    assert found.between("a", "b") is None
    assert {*found.tied} == {"a", "b"}
    assert [{one.better, one.other} for one in found.differences] == [{found.leader, "c"}]


def test_a_corpus_of_other_emotions_is_compared_over_these() -> None:
    other = [said(name, ["fear", "boredom"] * 9, ["anger"] * 18, corpus="studio") for name in "ab"]
    found = compared(*(together(heard(one.candidate, 0.5), one) for one in other))
    assert found.emotions == {"calls": EMOTIONS, "studio": ("boredom", "fear")}


def test_a_corpus_of_one_emotion_is_left_out_for_that_reason() -> None:
    other = [said(name, ["fear"] * 9, ["anger"] * 9, corpus="studio") for name in "ab"]
    found = compared(*(together(heard(one.candidate, 0.5), one) for one in other))
    assert found.left_out == {"studio": "it has clips of fewer than two of the emotions"}


# ------------------------------------------------------------------ how sure


def test_a_difference_that_the_data_shows_parts_them() -> None:
    found = compared(heard("a", 0.3, seed=1), heard("b", 0.9))
    (difference,) = found.differences
    assert (difference.better, difference.other) == ("b", "a")
    assert difference.p_corrected < 0.001
    assert found.tied == ("b",)


def test_a_difference_that_it_does_not_show_leaves_them_tied() -> None:
    found = compared(heard("a", 0.6, seed=1), heard("b", 0.6, seed=2), heard("c", 0.1, seed=3))
    assert sorted(found.tied) == ["a", "b"]
    near, far = found.differences
    assert (far.other, near.p_corrected >= far.p_corrected) == ("c", True)


def test_speakers_are_resampled_and_those_without_a_name_are_one() -> None:
    speakers: list[str | None] = [f"s{n % 20}" for n in range(200)]
    by_speaker = resampled(speakers)
    assert (by_speaker.by_speaker, by_speaker.groups) == (True, 20)
    speakers[7] = speakers[8] = None
    one_more = resampled(speakers)
    assert (one_more.by_speaker, one_more.groups) == (True, 21)
    by_clip = resampled([None] * 200)
    assert (by_clip.by_speaker, by_clip.groups) == (False, 200)


def resampled(speakers: Sequence[str | None]) -> Paired:
    return compared(*(heard(name, 0.6, speakers=speakers) for name in "ab")).corpora["calls"]


def test_clusters_are_resampled_where_clips_have_one() -> None:
    clusters = tuple(f"{n % 5}" for n in range(200))
    speakers: list[str | None] = [f"s{n % 20}" for n in range(200)]
    one, other = (
        replace(heard(name, 0.6, seed, speakers=speakers), clusters=clusters)
        for seed, name in enumerate("ab")
    )
    found = compared(one, other).corpora["calls"]
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
        assert [one.other for one in again.differences] == [one.other for one in first.differences]
        for one, same in zip(again.differences, first.differences, strict=True):
            assert one.p_corrected == pytest.approx(same.p_corrected)


SHARES = {"a": 0.7, "b": 0.66, "c": 0.4}


def test_what_is_drawn_and_who_is_known_have_a_row_for_each_corpus() -> None:
    found = compared(
        on_both("a", 0.8, 0.5, seen=SEEN_CALLS),
        on_both("b", 0.5, 0.6, 1),
        on_both("c", 0.3, 0.4, 2),
    )
    assert found.known.tolist() == [[0, 1, 1], [1, 1, 1]]
    assert found.values[0, 0] == 0
    samples = found.samples(500)
    assert samples.shape == (2, 3, 500)
    assert not samples[0, 0].any()
    np.testing.assert_allclose(samples.mean(axis=2), found.values, atol=0.02)


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
