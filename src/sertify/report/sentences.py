"""What every report says in the same words: of the choice, and of the speech it rests on."""

import math
import re
from collections.abc import Iterator

from sertify.report.formats import moment, number
from sertify.report.results.model.candidate import CandidateResult, PartResult
from sertify.report.results.model.choice import FirmnessResult, SelectionResult
from sertify.report.results.model.results import Results, RunResult
from sertify.report.results.model.speech import CorpusFacts, CorpusResult, Listeners
from sertify.vocabulary.text import counted, listed

UAR = {"uar": "UAR", "uar_own": "UAR (its own emotions)"}
"""The two that must not be taken for each other, by the number's name."""

REFERENCES = {"random": "Random", "majority": "Majority class", "human": "One annotator"}
"""What candidates are held beside, by the name in results.json."""

TITLES = {
    **UAR,
    "coverage": "Coverage",
    "coverage_emotions": "Coverage of emotions",
    "accuracy": "Accuracy",
    "macro_f1": "Macro F1",
    "segment_time": "Time per segment",
    "real_time_factor": "Real-time factor",
    "requests_per_second": "Requests per second",
    "peak_memory": "Peak memory",
    "parameters": "Parameters",
    "size_on_disk": "Size on disk",
    "consistency": "Consistency",
    "seconds_needed": "Speech needed",
    "flips_per_minute": "Flips a minute",
    "class_share": "Class shares off by",
    "calibration_error": "Calibration error",
    "brier_score": "Brier score",
}
"""What the key numbers are called, by their names."""

MARK = "*"
"""Stands behind a number that decides nothing."""

SEEN = f"{MARK} seen in training, does not count"

NO_SELECTION = "Not a selection"
"""What a choice on unlabelled speech is marked with."""

_CONFIRMED = {
    "PASS": "Confirmed on {}",
    "FAIL": "Not confirmed on {}",
    "INCONCLUSIVE": "Neither confirmed nor refuted on {}",
    "BLOCKED": "Could not be confirmed on {}",
}
_HINT = "Not confirmed on speech held out from the choice; --confirm or --hold-out does that."


def unfinished(run: RunResult | None) -> str:
    """Say that a run did not come to its end, and how far it came; "" where it did.

    >>> began = "2026-11-22T17:59:00+00:00"
    >>> unfinished(RunResult(started=began, finished=False, asked=9, judged=2))
    'Not finished: 2 of 9 candidates were judged by the run that began 2026-11-22 17:59 UTC.'
    """
    if run is None or run.finished:
        return ""
    number = f"{run.judged:,} of {counted(run.asked, 'candidate')}"
    return f"Not finished: {number} were judged by the run that began {moment(run.started)}."


GO_ON = "What was judged is kept: the same command goes on from there."
"""What to do about a run that did not finish."""


def of_verdict(selection: SelectionResult) -> tuple[list[str], list[str]]:
    """Return the two sentences of the verdict that a reader needs, and the others.

    The first says what to use and why, the second how sure that is.
    """
    first, *others = (
        re.split(r"(?<=\.) ", selection.sentence) if selection.candidate else [selection.sentence]
    )
    sure = [firmness(selection), confirmation(selection)]
    sure = [text for text in (sure[::-1] if selection.confirmation else sure) if text]
    return [first, *sure[:1]], [*others, *sure[1:]]


def firmness(selection: SelectionResult) -> str:
    """Say how firm a choice among several is; "" where there was none or nothing is known."""
    alone = len(selection.totals) < 2
    return "" if alone or selection.firmness is None else how_firm(selection.firmness)


def how_firm(firmness: FirmnessResult) -> str:
    """Say how firm a choice is; "" where an earlier version knew less of it.

    >>> found = how_firm(FirmnessResult(again=0.8395, close=0.97, weights=1, expected=0.842))
    >>> found.partition(",")[0]
    'On fresh speech like this: UAR 0.84; in 83 % it is chosen again'
    """
    if firmness.again is None or firmness.close is None or firmness.expected is None:
        return ""
    # Rounded up, 100 % would promise what 99.9 % do not keep.
    again, close = (math.floor(100 * share) for share in (firmness.again, firmness.close))
    return (
        f"On fresh speech like this: UAR {firmness.expected:.2f}; in {again} % it is chosen again,"
        f" in {close} % within 0.03 of the best."
    )


def confirmation(selection: SelectionResult) -> str:
    """Say whether a choice held on other speech, or how to find out; "" without a choice."""
    found = selection.confirmation
    if selection.candidate is None:
        return ""
    if found is None:
        return _HINT
    judged = f"{found.clips:,} of {found.requested:,} clips of {found.corpus}"
    known = f"; without {', '.join(found.seen)}, seen in training" if found.seen else ""
    where = f"held-out speech ({judged}{known})"
    said = _CONFIRMED[found.outcome].format(where)
    measured = [f"{UAR.get(each.name, each.name)} {number(each)}" for each in found.measurements]
    why = [f"{found.reason}: {found.message}"] if found.reason else measured
    return f"{said}{': ' if why else ''}{', '.join(why)}."


def clips(corpus: CorpusResult) -> str:
    """Account for the clips where not all were judged: how many, and why the others were not."""
    why = unjudged(corpus)
    if not why:
        return ""
    judged = f"{corpus.requested:,} clips requested, {corpus.judged:,} judged"
    return f"{judged}; not: {', '.join(f'{many:,} {reason}' for reason, many in why.items())}"


def doubts(results: Results, most: int = 3) -> Iterator[str]:
    """Say what weakens conclusions from the speech; no more than ``most``, and how many more."""
    texts = [*_precision(results), *_partial(results), *_too_few(results)]
    texts += [text for corpus in results.speech for text in corpus.warnings]
    if confirmation := results.selection.confirmation:
        texts += [f"held-out speech: {text}" for text in confirmation.warnings]
    texts = list(dict.fromkeys(texts))
    yield from texts[:most]
    if len(texts) > most:
        yield f"and {len(texts) - most} more in the report"


def _precision(results: Results) -> Iterator[str]:
    """Say that models computed in less than their full precision."""
    dtype = results.environment.get("dtype", "float32")
    if dtype == "mixed":
        yield (
            "answers are in fewer bits where these could not change a label: probabilities are near"
            " those of float32, but not the same (--dtype mixed)"
        )
    elif dtype != "float32":
        yield f"computed in {dtype}: in float32 a model may be more accurate, and of another speed"


def _partial(results: Results) -> Iterator[str]:
    """Say whose mean is over less speech than that of the others."""
    for candidate in results.candidates:
        for whole in candidate.parts[:1]:
            if whole.seen and not is_seen(whole, results.corpus):
                yield (
                    f"{candidate.name} was trained on {', '.join(whole.seen)}, so its UAR is over"
                    " the rest, and not to be compared with the UAR of others over all"
                )


def counting(results: Results) -> tuple[str, ...]:
    """Return the emotions that UAR is over; none where several corpora have each their own."""
    wholes = (part for candidate in results.candidates for part in candidate.parts[:1])
    frames = {part.frame for part in wholes if part.frame}
    return next(iter(frames)) if len(frames) == 1 and len(results.corpora) == 1 else ()


def over(results: Results) -> str:
    """Say how many emotions UAR is over, where that is one number; else ""."""
    number = len(counting(results))
    return f"{number} emotions" if number else ""


def _too_few(results: Results) -> Iterator[str]:
    """Say which emotions of each corpus do not count, as they have too few clips."""
    names = {corpus.name for corpus in results.corpora}
    parts = (part for candidate in results.candidates for part in candidate.parts)
    few = {part.part: part.too_few_clips for part in parts if part.part in names}
    for corpus, clips in few.items():
        if clips:
            have, them = ("emotion has", "it") if len(clips) == 1 else ("emotions have", "them")
            yield (
                f"{len(clips)} {have} too few clips in {corpus} to count:"
                f" {listed(f'{emotion} ({n})' for emotion, n in clips.items())};"
                f" name {them} under `emotions:`, beside the others, to have {them} count"
            )


def is_seen(part: PartResult, corpus: CorpusFacts | None) -> bool:
    """Whether a result decides nothing: all speech of the part was seen in training.

    A mean leaves out what was seen, as long as something else remains.
    """
    names = [each.name for each in corpus.parts] if corpus else []
    if part.part in names:
        return part.part in part.seen
    return bool(part.seen) and all(name in part.seen for name in names)


def is_starred(candidate: CandidateResult, corpus: CorpusFacts | None) -> bool:
    """Whether what a candidate scores on all speech together decides nothing."""
    whole = candidate.parts[:1] if "uar" in candidate.numbers else ()
    return any(is_seen(part, corpus) for part in whole)


def unjudged(corpus: CorpusResult) -> dict[str, int]:
    """Return why clips were not judged, and how many; what was held out has no reason."""
    why = corpus.reasons
    rest = corpus.requested - corpus.judged - sum(why.values())
    return why | ({"set aside": rest} if rest > 0 else {})


def listeners(found: Listeners) -> str:
    """Say how many annotators the labels of a corpus are from, and how far they agree."""
    alpha = "not known" if found.alpha is None else number(found.alpha)
    heard = f"{counted(found.clips, 'clip')} were labelled by {found.votes:.3g} annotators each"
    return f"{heard}, in the mean; their agreement, Krippendorff's alpha, is {alpha}."
