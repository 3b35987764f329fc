"""From predictions to how far groups of the speech are apart."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from sertify.candidates.reading import Candidate
from sertify.candidates.requirements import Requirements
from sertify.corpora.clips import Clip
from sertify.gates.fairness import UNNAMED, GroupedScore, GroupScore, kind_of_gap
from sertify.gates.frame import frame
from sertify.pipeline.comparable import Comparable, comparable
from sertify.pipeline.grouping import Grouping, is_field, told_gender
from sertify.pipeline.judged import Judged, judged_clips
from sertify.pipeline.predictions import Predictions
from sertify.statistics.confounding import confoundings
from sertify.statistics.gaps import KINDS, Gap, gaps
from sertify.statistics.grouped import Grouped, grouped, worst_group
from sertify.statistics.intervals import t_quantile
from sertify.statistics.unbiased import CHANCE_DRAWS, chance_gaps
from sertify.vocabulary.errors import NotReached
from sertify.vocabulary.outcomes import CONFIDENCE, Measurement
from sertify.vocabulary.text import listed

# Columns whose groups are compared although each corpus may be of one.
_ACROSS = ("corpus", "language")
# Groups of which all is shown that may differ; of more, what has a limit, and UAR.
_MOST_FOR_ALL = 6
# Speakers times draws, which take about a second.
_MOST_PLACES, _FEWEST_DRAWS = 2_000_000, 200


def score_by_group(
    column: str,
    predictions: Predictions,
    candidate: Candidate,
    seen: Mapping[str, str],
    groupings: Callable[[str], Grouping],
) -> GroupedScore:
    """Compare what is said to the groups of a column, over the emotions that count.

    These are those of each corpus that count for UAR (:mod:`gates.frame`) and that the candidate
    can express. Corpora that it was trained on, and ``seen`` says why, are left out as long as
    others remain. ``groupings`` has the groups of the clips of the corpus, by column.

    Raises
    ------
    NotReached
        ``no_data`` where the column has no two groups, and is named in candidates.yaml or a proof
        is asked for.
    """
    asked, clips = candidate.requirements, predictions.corpus.clips
    named, known = asked.fairness is not None and asked.fairness.named, _gender_is_known(clips)
    if column == "pitch" and not named and known:
        return GroupedScore(column)  # which is not what was asked for, so nothing is said of it
    # Of the usual groups, pitch stands for a gender that is not known; nothing stands for a proof.
    needed = named or (_asks_for_proof(asked) and (known or column == "pitch"))
    try:
        told = groupings(column)
    except NotReached:
        if needed:
            raise
        return GroupedScore(column, remark=f"no clip tells its {column}, so no groups are compared")
    judged, why_seen = _new_to_it(judged_clips(predictions, candidate), seen)
    able, mute = _that_counts(judged, predictions, asked)
    by_clip = dict(zip(clips, told.values, strict=True))
    values = [by_clip[clip] for clip in able.clips]
    chosen = comparable(able, values, column, across=is_field(column, *_ACROSS))
    if chosen.why_not and needed:
        raise NotReached("no_data", f"{column}: {chosen.why_not}")
    remarks = (chosen.why_not, told.remark, mute, *chosen.left_out)
    scored = GroupedScore(
        column,
        estimated=told.estimated,
        by_speaker=chosen.judged.units is not None,
        remark="; ".join(filter(None, remarks)),
        seen=why_seen,
    )
    return scored if chosen.why_not else _compared(scored, chosen, asked)


def _asks_for_proof(asked: Requirements) -> bool:
    limits = [*(asked.fairness.limits.values() if asked.fairness else ()), asked.worst_group]
    return any(bound is not None and bound.confidence is not None for bound in limits)


def _gender_is_known(clips: Sequence[Clip]) -> bool:
    return 2 * sum(told_gender(clip) is not None for clip in clips) > len(clips)


def _new_to_it(judged: Judged, seen: Mapping[str, str]) -> tuple[Judged, str]:
    """Return the clips that were not in its training, or all, and why these decide nothing."""
    new = judged.where(lambda clip: clip.corpus not in seen)
    return (new, "") if new.clips else (judged, "; ".join(dict.fromkeys(seen.values())))


def _that_counts(
    judged: Judged, predictions: Predictions, asked: Requirements
) -> tuple[Judged, str]:
    """Return the clips of emotions that count and that it can express; and say which it cannot."""
    truths: dict[str, list[str | None]] = {}
    for clip in predictions.corpus.clips:
        truths.setdefault(clip.corpus, []).append(clip.emotion)
    frames = {corpus: {*frame(of, asked.emotions)} for corpus, of in truths.items()}
    counted = judged.where(lambda clip: clip.emotion in frames[clip.corpus])
    able = counted.where(lambda clip: clip.emotion in judged.emotions)
    mute = sorted({*counted.truth} - {*able.truth})
    return able, f"it has no label for {listed(mute)}" if mute else ""


def _compared(scored: GroupedScore, chosen: Comparable, asked: Requirements) -> GroupedScore:
    judged = chosen.judged
    speech = grouped(judged.truth, judged.predicted, chosen.values, judged.units)
    everywhere = speech.common(speech.names)
    limited, others = _gaps(speech, asked)
    unnamed = "" if scored.by_speaker else UNNAMED
    worst = _worst(speech, chosen, asked) if everywhere else None
    return replace(
        scored,
        groups=tuple(_group(name, speech, chosen, everywhere) for name in speech.names),
        limited=limited,
        others=others,
        worst=None if worst is None else worst[1],
        worst_name="" if worst is None else worst[0],
        chance=chance_gaps(speech, draws=_draws(speech)) if everywhere else {},
        confounded=_confounded(scored.column, chosen),
        remark="; ".join(filter(None, [scored.remark, unnamed])),
    )


def _gaps(speech: Grouped, asked: Requirements) -> tuple[tuple[Gap, ...], tuple[Gap, ...]]:
    """Return the gaps with a limit, each at the confidence of that, and others to be shown."""
    limits = {} if asked.fairness is None else asked.fairness.limits
    levels = {kind: bound.confidence or CONFIDENCE for kind, bound in limits.items()}
    limited = [
        gap
        for level in dict.fromkeys(levels.values())
        for gap in gaps(speech, [*limits], confidence=level)
        if levels[kind_of_gap(gap)] == level
    ]
    shown = KINDS if len(speech.names) <= _MOST_FOR_ALL else KINDS[:1]
    others = gaps(speech, [kind for kind in shown if kind not in limits])
    return tuple(limited), tuple(others)


def _draws(speech: Grouped) -> int:
    """Return how often speakers change places: less often where they are many, who vary little."""
    places = speech.units if speech.codes is not None else 1
    return max(_FEWEST_DRAWS, min(CHANCE_DRAWS, _MOST_PLACES // max(1, places)))


def _worst(speech: Grouped, chosen: Comparable, asked: Requirements) -> tuple[str, Measurement]:
    bound = asked.worst_group
    level = CONFIDENCE if bound is None or bound.confidence is None else bound.confidence
    found = worst_group(speech, confidence=level)
    ends, (clips, speakers) = found.interval, chosen.size(found.name)
    uar = Measurement("worst_group_uar", found.value, "1", ends.low, ends.high, clips, speakers)
    return found.name, uar


def _group(name: str, speech: Grouped, chosen: Comparable, everywhere: Sequence[str]) -> GroupScore:
    """Score a group over the emotions that each has; where there are none, over its own."""
    rate = speech.heard_as(name, [*everywhere] or speech.common([name])).rate("uar")
    ends, (clips, speakers) = rate.interval(t_quantile(CONFIDENCE, rate.freedom)), chosen.size(name)
    uar = Measurement("uar", rate.value, "1", ends.low, ends.high, clips, speakers)
    return GroupScore(name, clips, speakers, uar)


def _confounded(column: str, chosen: Comparable) -> tuple[str, ...]:
    """Say what else the groups are, of what is known of each clip."""
    clips = chosen.judged.clips
    others: dict[str, Sequence[str | None]] = {
        "corpus": [clip.corpus for clip in clips],
        "language": [clip.language for clip in clips],
        "gender": [*map(told_gender, clips)],
        "emotion": [clip.emotion for clip in clips],
    }
    told = {name: of for name, of in others.items() if not is_field(column, name)}
    found = confoundings(chosen.values, told, chosen.judged.units)
    return tuple(words for one in found if (words := one.words(column)))
