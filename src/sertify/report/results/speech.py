"""What results.json says of the speech: the corpora, their clips, and each candidate on each."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sertify.corpora.clips import Corpus
from sertify.corpora.flaws import NO_LABEL, PASSING, Flaw, told_of
from sertify.evidence.store import Record
from sertify.gates.frame import frame
from sertify.gates.parts import LANGUAGE, TOGETHER
from sertify.report.results.model.candidate import Chance, PartResult
from sertify.report.results.model.fields import Measured
from sertify.report.results.model.speech import CorpusFacts, CorpusResult
from sertify.selection.verdicts import Verdict
from sertify.statistics import intervals
from sertify.statistics.annotators import (
    against_the_others,
    human_reference,
    krippendorff_alpha,
)
from sertify.statistics.references import majority_reference, random_reference
from sertify.vocabulary.languages import language_fit

_NUMBERS = (
    "uar", "uar_own", "coverage", "coverage_emotions", "accuracy", "macro_f1", "class_share",
    "calibration_error", "brier_score",
)  # fmt: skip


def facts(corpus: Corpus) -> dict[str, Any]:
    """Describe a corpus in JSON types; a joined one with those it was joined from."""
    emotions = Counter(clip.emotion for clip in corpus.clips if clip.emotion is not None)
    described = {
        "name": corpus.name,
        "path": str(corpus.path),
        "fingerprint": corpus.fingerprint,
        "layout": corpus.layout,
        "public": corpus.public,
        "requested": corpus.requested or len(corpus.clips),
        "left_out": dict(corpus.left_out),
        "clips": len(corpus.clips),
        "labelled": corpus.labelled,
        "emotions": dict(sorted(emotions.items())),
        "whole": _whole(corpus),
        "speakers": len({clip.group for clip in corpus.clips} - {None}),
        "languages": sorted({clip.language for clip in corpus.clips if clip.language}),
        "warnings": list(corpus.warnings),
        "listeners": listeners_of(corpus),
        "rejected": [_rejected(clip.name, clip.flaw) for clip in corpus.clips if clip.flaw],
    }
    return described | {"parts": [facts(part) for part in corpus.members]}


def listeners_of(corpus: Corpus) -> dict[str, Any] | None:
    """Describe how far those agree who listened to the clips of a corpus."""
    ballots = [(dict(ballot), times) for ballot, times in corpus.ballots]
    clips = sum(times for _, times in ballots)
    if not clips:
        return None
    alpha = krippendorff_alpha(ballots)
    return {
        "clips": clips,
        "votes": sum(times * sum(ballot.values()) for ballot, times in ballots) / clips,
        "alpha": None if math.isnan(alpha) else alpha,
        "counts": against_the_others(ballots),
    }


def _whole(corpus: Corpus) -> dict[str, int]:
    """Return how many clips of each emotion there were before some were drawn, if they were."""
    stood_for: defaultdict[str, float] = defaultdict(float)
    for clip in corpus.clips:
        if clip.emotion is not None:
            stood_for[clip.emotion] += clip.weight
    drawn = any(clip.weight != 1 for clip in corpus.clips)
    return {name: round(clips) for name, clips in sorted(stood_for.items())} if drawn else {}


def references(
    corpus: CorpusResult | None, needed: Sequence[str] | None = None
) -> dict[str, dict[str, float]]:
    """Return what two models that hear nothing would reach, and one who listens, ``human``.

    That is one annotator by the majority of the others, where each corpus tells of its annotators.
    Over several corpora, each is the mean. It is over the emotions that count: those that are
    ``needed``, by default all of enough clips. Corpora of which no clip could be judged, or with
    fewer than two such emotions, have no scores to hold beside. Like the scores, they are of all
    speech where only some clips of it were drawn.
    """
    parts = [
        part
        for part in (corpus.alone if corpus else ())
        if corpus and corpus.part(part).judged and len({*_counting(part.emotions, needed)}) > 1
    ]
    if not parts:
        return {}
    truths = [_counting(part.whole or part.emotions, needed) for part in parts]
    random = _mean([random_reference(truth) for truth in truths])
    if len(parts) == 1:
        lucky = intervals.random_range(_counting(parts[0].emotions, needed))
        random |= {"uar_low": lucky.low, "uar_high": lucky.high}
    found = {"random": random, "majority": _mean([majority_reference(truth) for truth in truths])}
    humans = [_human(part, truth) for part, truth in zip(parts, truths, strict=True)]
    known = [human for human in humans if human is not None]
    return found | ({"human": _mean(known)} if len(known) == len(parts) else {})


def _human(part: CorpusFacts, truth: Sequence[str]) -> dict[str, float] | None:
    counts = part.listeners.counts if part.listeners else {}
    return human_reference(counts, sorted({*truth}))


def _counting(clips: Mapping[str, int], needed: Sequence[str] | None) -> list[str]:
    """Return the emotion of each clip of which it counts."""
    counting = frame(Counter(clips).elements(), needed)
    return [emotion for emotion in Counter(clips).elements() if emotion in counting]


def corpus_result(facts: Mapping[str, Any], records: Sequence[Record]) -> CorpusResult:
    """Add to what is known of a corpus the clips that could not be judged, and what is said of it.

    Those of which their first bytes tell it are so for every candidate, also where none came as far
    as hearing them.
    """
    at_sight = {clip["file"]: clip for clip in facts.get("rejected", ())}
    heard = [record.details for record in records if record.corpus == facts["fingerprint"]]
    rejected = {(clip["file"], clip["reason"]): clip for clip in at_sight.values()}
    for clip in (clip for details in heard for clip in details.get("rejected_clips", ())):
        # What may have passed since was looked for in this run; where labels are not asked for,
        # none is missing.
        dropped = PASSING if facts["labelled"] else (*PASSING, NO_LABEL)
        if clip["file"] not in at_sight and clip["reason"] not in dropped:
            rejected[clip["file"], clip["reason"]] = clip
    notable = {(one["file"], one["remark"]): one for each in heard for one in _notable(each)}
    told = {"rejected_clips": [*rejected.values()], "notable_clips": [*notable.values()]}
    listed = [rejected[pair] for pair in sorted(rejected)]
    # One that had another name in an earlier run is listed twice.
    judged = max(0, facts["clips"] - len({file for file, _ in rejected}))
    warnings = [*told_of(told), *facts["warnings"]]
    found = {"judged": judged, "rejected": listed, "warnings": warnings}
    return CorpusResult.model_validate({**facts, **found})


def _notable(details: Mapping[str, Any]) -> Sequence[Mapping[str, str]]:
    found: Sequence[Mapping[str, str]] = details.get("notable_clips", ())
    return found


def _rejected(name: str, flaw: Flaw) -> dict[str, str]:
    return {"file": name, "reason": flaw.code, "detail": flaw.detail}


def part_results(verdict: Verdict, corpus: CorpusResult | None) -> Iterator[PartResult]:
    """Describe how a candidate did on each part of the speech: all of it, a corpus, a language."""
    judged: dict[str, list[Record]] = {}
    for record in verdict.gates["accuracy"].records:
        judged.setdefault(record.check.partition("@")[2], []).append(record)
    corpora = [part.name for part in corpus.alone] if corpus else []
    alone = corpus.name if corpus and "" in judged else None
    for name in dict.fromkeys(("", TOGETHER, *corpora, *sorted(judged))):
        if name in judged and name != alone:
            yield _part(name, judged[name], verdict, corpus)


def _part(
    name: str, records: Sequence[Record], verdict: Verdict, corpus: CorpusResult | None
) -> PartResult:
    measured = {one.name: one for record in records for one in record.measurements}
    details = {key: value for record in records for key, value in record.details.items()}
    expressible, inexpressible = (details.get(key, []) for key in ("expressible", "inexpressible"))
    whole = name == TOGETHER or name.startswith(LANGUAGE)
    several = corpus is not None and len(corpus.alone) > 1 and whole
    own = 0 if several else len(expressible)
    languages = _languages(name, corpus)
    return PartResult(
        part=name or (corpus.name if corpus else ""),
        seen=details.get("seen", {}),
        frame=details.get("frame", ()),
        too_few_clips=details.get("too_few_clips", {}),
        expressible=expressible,
        inexpressible=inexpressible,
        chance=Chance(
            uar=measured["chance"].value if "chance" in measured else None,
            uar_own=1 / own if own else None,
        ),
        languages=languages,
        language_fit=language_fit(verdict.languages, languages),
        numbers={
            number: Measured.model_validate(measured[number])
            for number in _NUMBERS
            if number in measured
        },
    )


def _languages(name: str, corpus: CorpusResult | None) -> tuple[str, ...]:
    """Return the languages of a part of the speech."""
    if name.startswith(LANGUAGE):
        return (name.removeprefix(LANGUAGE),)
    whole = name in ("", TOGETHER)
    of_part = [part for part in corpus.alone if whole or part.name == name] if corpus else []
    return tuple(sorted({language for part in of_part for language in part.languages}))


def _mean(scores: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {name: sum(score[name] for score in scores) / len(scores) for name in scores[0]}
