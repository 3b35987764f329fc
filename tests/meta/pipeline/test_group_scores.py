"""From predictions to groups: which clips count, which groups are compared, what is left out."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import recall_score

from sertify.candidates.fairness import Fairness
from sertify.candidates.reading import Candidate
from sertify.candidates.requirements import Requirements
from sertify.corpora.clips import Clip, Corpus
from sertify.corpora.recordings import Recordings
from sertify.gates.fairness import GroupedScore
from sertify.pipeline.group_scores import score_by_group
from sertify.pipeline.grouping import Grouping, group_values
from sertify.pipeline.predictions import Predictions
from sertify.vocabulary.errors import NotReached
from sertify.vocabulary.outcomes import Bound

EMOTIONS = ("anger", "happiness", "neutral", "sadness")


def spoken(
    speakers: int = 12,
    each: int = 3,
    emotions: Sequence[str] = EMOTIONS,
    corpus: str = "calls",
    **columns: Any,
) -> list[Clip]:
    """Return clips of speakers who say each emotion; every other one is a woman."""
    return [
        Clip(
            f"{corpus}/{who}-{emotion}-{n}.wav",
            Path(),
            emotion,
            **{
                "speaker": f"s{who}",
                "gender": ("female", "male")[who % 2],
                "language": "de",
                "corpus": corpus,
                **{name: value(who) for name, value in columns.items()},
            },
        )
        for who in range(speakers)
        for emotion in emotions
        for n in range(each)
    ]


def said(
    clips: Sequence[Clip], labels: Sequence[str] = EMOTIONS, bias: float = 0.0, seed: int = 0
) -> Predictions:
    """Return what a model says that is right in four of five cases, less often of men."""
    rng = np.random.default_rng(seed)
    logits = rng.random((len(clips), len(labels))).astype(np.float32)
    for row, clip in zip(logits, clips, strict=True):
        if clip.emotion in labels and rng.random() > 0.2 + bias * (clip.gender == "male"):
            row[labels.index(clip.emotion)] += 1
    corpora = [
        Corpus(name, Path(), tuple(one for one in clips if one.corpus == name), name)
        for name in dict.fromkeys(clip.corpus for clip in clips)
    ]
    whole = Corpus("all", Path(), tuple(clips), "f00d", members=tuple(corpora))
    return Predictions(whole, tuple(labels), tuple(clips), logits, ())


def asked(*groups: str, **other: Any) -> Candidate:
    fairness = Fairness(groups=groups) if groups else Fairness()
    return Candidate("x", "org/x", requirements=Requirements(fairness=fairness, **other))


def scored(
    predictions: Predictions, column: str = "gender", *groups: str, **other: Any
) -> GroupedScore:
    return judged(column, predictions, asked(*groups, **other), {})


def judged(
    column: str, predictions: Predictions, candidate: Candidate, seen: dict[str, str]
) -> GroupedScore:
    def groupings(name: str) -> Grouping:
        return group_values(name, predictions.corpus.clips, Recordings(limit=0))

    return score_by_group(column, predictions, candidate, seen, groupings)


# ------------------------------------------------------------------ what is compared


def test_the_gap_is_that_of_scikit_learn() -> None:
    clips = spoken()
    predictions = said(clips, bias=0.4)
    found = scored(predictions)
    words = [EMOTIONS[place] for place in predictions.logits.argmax(axis=1)]
    recalls = {}
    for gender in ("female", "male"):
        kept = [place for place, clip in enumerate(clips) if clip.gender == gender]
        pairs = [[clips[place].emotion for place in kept], [words[place] for place in kept]]
        recalls[gender] = recall_score(*pairs, average="macro", labels=EMOTIONS)
    gap = next(one for one in found.limited if one.metric == "uar")
    assert (gap.one, gap.other, gap.speakers) == ("female", "male", (6, 6))
    assert gap.value == pytest.approx(recalls["female"] - recalls["male"])
    assert {group.name: group.uar.value for group in found.groups} == pytest.approx(recalls)
    assert [(group.clips, group.speakers) for group in found.groups] == [(72, 6), (72, 6)]
    assert found.worst is not None
    assert found.worst_name == "male"
    assert found.worst.value == pytest.approx(recalls["male"])
    assert (found.worst.n, found.worst.speakers) == (72, 6)
    assert found.chance["uar"].value == pytest.approx(gap.value)
    assert found.chance["uar"].as_large < 0.05


def test_what_has_no_limit_costs_no_power() -> None:
    found = scored(said(spoken()))
    assert {one.metric.partition(":")[0] for one in found.limited} == {"uar", "recall"}
    assert {one.metric.partition(":")[0] for one in found.others} == {"precision", "share"}
    assert {round(one.sure, 6) for one in found.limited} == {round(1 - 0.05 / 5, 6)}


def test_each_limit_is_judged_at_its_own_confidence_and_all_count() -> None:
    limits = Fairness(uar=Bound(max=0.1, confidence=0.8))
    candidate = Candidate("x", "org/x", requirements=Requirements(fairness=limits))
    found = judged("gender", said(spoken()), candidate, {})
    levels = {
        one.metric.partition(":")[0]: (one.confidence, round(one.sure, 6)) for one in found.limited
    }
    assert levels == {"uar": (0.8, 1 - 0.2 / 5), "recall": (0.95, 1 - 0.05 / 5)}


def test_the_worst_group_alone_has_no_limits_of_gaps() -> None:
    alone = Requirements(worst_group=Bound(min=0.35, confidence=0.8))
    candidate = Candidate("x", "org/x", requirements=alone)
    found = judged("gender", said(spoken()), candidate, {})
    assert found.limited == ()
    assert found.worst is not None
    assert found.worst.low is not None
    wide = judged("gender", said(spoken()), asked(), {}).worst
    assert wide is not None
    assert wide.low is not None
    assert found.worst.low > wide.low


def test_only_emotions_count_that_it_can_express_and_that_have_clips_enough() -> None:
    clips = spoken() + spoken(1, 1, ["fear"])
    found = scored(said(clips, labels=EMOTIONS[:3]))
    assert {one.metric for one in found.limited} == {"uar", *(f"recall:{e}" for e in EMOTIONS[:3])}
    assert "it has no label for sadness" in found.remark
    assert "fear" not in found.remark


# ------------------------------------------------------------------ which groups


def test_groups_of_one_speaker_are_left_out_and_named() -> None:
    clips = spoken(7, gender=lambda who: "diverse" if who == 6 else ("female", "male")[who % 2])
    found = scored(said(clips))
    assert [group.name for group in found.groups] == ["female", "male"]
    assert "left out for fewer than 2 speakers or 20 clips: diverse" in found.remark


def test_groups_of_a_handful_of_clips_are_left_out() -> None:
    few = spoken(4, 1, gender=lambda _: "diverse", speaker=lambda who: f"d{who}")
    found = scored(said(spoken() + few))
    assert [group.name for group in found.groups] == ["female", "male"]
    assert "fewer than 2 speakers or 20 clips: diverse" in found.remark
    enough = spoken(5, 1, gender=lambda _: "diverse", speaker=lambda who: f"d{who}")
    assert "diverse" in {group.name for group in scored(said(spoken() + enough)).groups}


def test_where_no_speaker_is_named_clips_count() -> None:
    clips = [replace(clip, speaker=None) for clip in spoken(12)]
    clips += [
        replace(clip, gender="diverse", speaker=None) for clip in spoken(1, 4, corpus="calls")
    ]
    found = scored(said(clips))
    assert [group.speakers for group in found.groups] == [None, None]
    assert not found.by_speaker
    assert "no clip names a speaker" in found.remark
    assert "left out for fewer than 20 clips: diverse" in found.remark


def test_of_very_many_groups_the_largest_are_compared() -> None:
    clips = [
        clip
        for who in range(60)
        for clip in spoken(1, 3 + (who < 24), speaker=lambda _, who=who: f"s{who}")
    ]
    clips = [replace(clip, language=f"l{int((clip.speaker or '')[1:]) % 30:02}") for clip in clips]
    found = scored(said(clips), "language", "language")
    assert len(found.groups) == 12
    assert "left out beyond the 12 largest groups: " in found.remark
    # All that may differ would be 66 pairs times 13.
    assert {one.metric.partition(":")[0] for one in found.limited} == {"uar", "recall"}
    assert found.others == ()


def test_ten_thousand_values_are_told_in_short() -> None:
    clips = spoken(12) + [
        replace(clip, gender=f"\x1b[31m{n}", speaker=f"x{n}")
        for n, clip in enumerate(spoken(2500, 1))
    ]
    found = scored(said(clips))
    assert len(found.groups) == 2
    assert len(found.remark) < 2000
    assert found.remark.isprintable()


# ------------------------------------------------------------------ where there are no groups


@pytest.mark.parametrize(
    ("gender", "said_of_it"),
    [
        (lambda _: None, "no clip tells its "),
        (lambda _: "female", "all clips are of one group, female, so there is nothing to compare"),
        (lambda who: f"g{who}", "fewer than two of the 12 groups have enough speakers or clips"),
    ],
)
def test_usual_groups_that_are_not_there_pass_and_named_ones_are_not_judged(
    gender: Any, said_of_it: str
) -> None:
    predictions = said(spoken(gender=gender))
    found = scored(predictions)
    assert found.groups == ()
    assert found.remark.startswith(said_of_it)
    with pytest.raises(NotReached, match="no_data: ") as why:
        scored(predictions, "gender", "gender")
    assert said_of_it in str(why.value)


@pytest.mark.parametrize(
    "proof",
    [
        {"fairness": Fairness(uar=Bound(max=0.1, confidence=0.95))},
        {"fairness": None, "worst_group": Bound(min=0.3, confidence=0.9)},
    ],
)
def test_where_proof_is_asked_for_usual_groups_that_are_not_there_are_not_judged(
    proof: dict[str, Any],
) -> None:
    candidate = Candidate("x", "org/x", requirements=Requirements(**proof))
    women = said(spoken(gender=lambda _: "female"))
    with pytest.raises(NotReached, match="all clips are of one group, female"):
        judged("gender", women, candidate, {})
    assert judged("pitch", women, candidate, {}) == GroupedScore("pitch")
    nobody = said(spoken(gender=lambda _: None))
    assert judged("gender", nobody, candidate, {}).remark.startswith("no clip tells its gender")
    with pytest.raises(NotReached, match="pitch"):
        judged("pitch", nobody, candidate, {})
    assert len(judged("gender", said(spoken()), candidate, {}).groups) == 2


def test_a_column_that_is_not_there_is_no_fault_of_the_model() -> None:
    with pytest.raises(NotReached, match="accent") as why:
        scored(said(spoken()), "accent", "accent")
    assert why.value.reason.code == "no_data"


def test_pitch_stands_for_gender_only_where_that_is_not_known() -> None:
    found = scored(said(spoken()), "pitch")
    assert found.groups == ()
    assert not found.remark


@pytest.mark.parametrize("gender", ["unknown", "prefer not to say", "N/A", "?"])
def test_a_gender_that_is_said_to_be_unknown_is_not_known(gender: str) -> None:
    predictions = said(spoken(gender=lambda who: (gender, "female")[who % 4 == 0]))
    assert scored(predictions, "pitch").remark
    found = scored(predictions)
    assert found.groups == ()
    assert found.remark.startswith("all clips are of one group, female")


# ------------------------------------------------------------------ several corpora


def two_corpora() -> list[Clip]:
    """Return a corpus of women and men, and one of women alone."""
    women = [
        replace(clip, gender="female")
        for clip in spoken(6, corpus="studio", language=lambda _: "en")
    ]
    return spoken(corpus="calls") + women


def test_a_corpus_of_one_group_is_left_out() -> None:
    found = scored(said(two_corpora()))
    assert [(group.name, group.clips) for group in found.groups] == [("female", 72), ("male", 72)]
    assert "left out without clips of two of these groups: studio" in found.remark


def test_groups_that_are_never_in_one_corpus_are_not_compared() -> None:
    clips = spoken(corpus="calls", gender=lambda _: "male")
    clips += spoken(corpus="studio", gender=lambda _: "female")
    found = scored(said(clips))
    assert found.groups == ()
    assert "a gap between corpora is not one of gender" in found.remark
    with pytest.raises(NotReached, match="name the group `corpus`"):
        scored(said(clips), "gender", "gender")


@pytest.mark.parametrize(
    ("column", "names"), [("corpus", {"calls", "studio"}), ("language", {"de", "en"})]
)
def test_corpora_and_languages_may_be_compared_themselves(column: str, names: set[str]) -> None:
    found = scored(said(two_corpora()), column, column)
    assert {group.name for group in found.groups} == names


@pytest.mark.parametrize("column", ["corpus", "language"])
def test_of_these_a_corpus_is_left_out_for_its_groups_alone(column: str) -> None:
    alone = [replace(clip, corpus="alone", language="ru") for clip in spoken(1, each=8)]
    found = scored(said(two_corpora() + alone), column, column)
    left = {"corpus": "alone", "language": "ru"}[column]
    assert found.remark == f"left out for fewer than 2 speakers or 20 clips: {left}"


def test_what_goes_along_with_a_group_is_said() -> None:
    clips = spoken(12, corpus="calls", gender=lambda who: "female" if who < 10 else "male")
    clips += spoken(12, corpus="studio", gender=lambda who: "female" if who < 2 else "male")
    found = scored(said(clips))
    assert any(one.startswith("gender largely goes along with corpus") for one in found.confounded)
    assert not any("emotion" in one for one in found.confounded)
    assert scored(said(spoken())).confounded == ()


def test_what_it_was_trained_on_is_left_out_as_long_as_others_remain() -> None:
    clips = spoken(corpus="calls") + spoken(corpus="studio")
    predictions = said(clips)
    one = judged("gender", predictions, asked(), {"calls": "its card lists calls"})
    assert (sum(group.clips for group in one.groups), one.seen) == (144, "")
    seen = {"calls": "its card lists calls", "studio": "its card lists studio"}
    both = judged("gender", predictions, asked(), seen)
    assert sum(group.clips for group in both.groups) == 288
    assert both.seen == "its card lists calls; its card lists studio"


def test_emotions_that_no_two_groups_share_leave_nothing_to_compare() -> None:
    clips = spoken(6, emotions=EMOTIONS[:2], gender=lambda _: "female")
    clips += spoken(
        6, emotions=EMOTIONS[2:], gender=lambda _: "male", speaker=lambda who: f"m{who}"
    )
    found = scored(said(clips))
    assert found.groups == ()
    assert found.remark.startswith("no two groups have clips of the same emotion")


def test_three_groups_of_which_two_share_emotions_have_no_worst() -> None:
    clips = spoken(6, emotions=EMOTIONS[:2], gender=lambda _: "female")
    clips += spoken(
        6, emotions=EMOTIONS[1:3], gender=lambda _: "male", speaker=lambda who: f"m{who}"
    )
    clips += spoken(
        6, emotions=EMOTIONS[2:], gender=lambda _: "other", speaker=lambda who: f"o{who}"
    )
    found = scored(said(clips))
    assert {(gap.one, gap.other) for gap in found.limited} == {
        ("female", "male"),
        ("male", "other"),
    }
    assert (found.worst, found.chance) == (None, {})
    assert {group.name for group in found.groups} == {"female", "male", "other"}
