"""The clips that say most: confident errors of a candidate, and what candidates disagree on."""

import heapq
import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sertify.evidence.labelling import Labelling
from sertify.report.results.model.candidate import DisagreementClip, ErrorClip, Prediction
from sertify.selection.verdicts import Standing, Verdict
from sertify.vocabulary.emotions import EMOTIONS
from sertify.vocabulary.outcomes import GATES

_MOST_ERRORS = 10
_MOST_DISAGREEMENTS = 20
_KNOWN = frozenset(EMOTIONS)

_Names = Mapping[str, str]
_Said = list[tuple[Labelling, int]]


def errors(labelling: Labelling, names: _Names) -> tuple[ErrorClip, ...]:
    """List a candidate's most confident wrong answers, the most confident first.

    They are on labelled clips of emotions that it can express: it is no wonder that others are
    missed. What was seen in training does not count as long as there is other speech.

    Parameters
    ----------
    names
        What a clip is called now, by its key; elsewhere it keeps the name it was answered under.
    """
    truth, predicted, expressible = labelling.truth, labelling.predicted, {*labelling.emotions}
    wrong = [
        place
        for place in labelling.counting
        if truth[place] != predicted[place] and truth[place] in expressible
    ]
    worst = heapq.nsmallest(
        _MOST_ERRORS,
        wrong,
        key=lambda place: (-labelling.confidence[place], _name(labelling, place, names)),
    )
    return tuple(
        ErrorClip(
            **_clip(labelling, place, names),
            predicted=predicted[place],
            confidence=labelling.confidence[place],
        )
        for place in worst
    )


def disagreements(
    verdicts: Sequence[Verdict], labellings: Mapping[str, Labelling], names: _Names
) -> tuple[DisagreementClip, ...]:
    """List the clips on which candidates disagree most, labelled or not.

    Asked are those that came as far as accuracy, but for baselines. Most is the largest entropy of
    the emotions that they predict, then the largest sum of their confidence, then the name. What is
    predicted beside emotions says nothing about these. Nothing is listed on which all agree.
    ``names`` are those of :func:`errors`.
    """
    asked = [labellings[each.candidate.name] for each in verdicts if _is_asked(each, labellings)]
    entropies = _entropies(asked)
    largest = heapq.nlargest(_MOST_DISAGREEMENTS, entropies.values())
    said = _by_clip(asked, {key for key, entropy in entropies.items() if entropy >= largest[-1]})

    def rank(key: str) -> tuple[float, float, str]:
        certain = math.fsum(labelling.confidence[place] for labelling, place in said[key])
        return -entropies[key], -certain, _name(*said[key][0], names)

    return tuple(
        DisagreementClip(**_clip(*said[key][0], names), predicted=_predictions(said[key]))
        for key in sorted(said, key=rank)[:_MOST_DISAGREEMENTS]
    )


def _predictions(said: _Said) -> dict[str, Prediction]:
    return {
        labelling.candidate: Prediction(
            emotion=labelling.predicted[place], confidence=labelling.confidence[place]
        )
        for labelling, place in said
    }


def _is_asked(verdict: Verdict, labellings: Mapping[str, Labelling]) -> bool:
    known = verdict.candidate.name in labellings and verdict.standing is not Standing.BASELINE
    return known and verdict.gate not in GATES[: GATES.index("accuracy")]


def _entropies(asked: Sequence[Labelling]) -> dict[str, float]:
    """Return the entropy of the emotions predicted for each clip, by its key, where it is not 0."""
    said: dict[str, list[str]] = {}
    for labelling in asked:
        for key, word in zip(labelling.keys, labelling.predicted, strict=True):
            said.setdefault(key, []).append(word)
    torn = {key: words for key, words in said.items() if len({*words}) > 1}
    return {key: entropy for key, words in torn.items() if (entropy := _entropy(words)) > 0}


def _entropy(words: Sequence[str]) -> float:
    # In one order, so that which candidate says what makes no difference.
    counts = sorted(Counter(word for word in words if word in _KNOWN).values())
    total = sum(counts)
    return -math.fsum(count / total * math.log(count / total) for count in counts)


def _by_clip(asked: Sequence[Labelling], keys: Collection[str]) -> dict[str, _Said]:
    """Return whose answers tell of a clip, and where in these it is, by its key."""
    said: dict[str, _Said] = {}
    for labelling in asked:
        for place, key in enumerate(labelling.keys):
            if key in keys:
                said.setdefault(key, []).append((labelling, place))
    return said


def _clip(labelling: Labelling, place: int, names: _Names) -> dict[str, Any]:
    return {
        "key": labelling.keys[place],
        "clip": _name(labelling, place, names),
        "corpus": labelling.corpora[place],
        "language": labelling.languages[place],
        "speaker": labelling.speakers[place],
        "truth": labelling.truth[place],
    }


def _name(labelling: Labelling, place: int, names: _Names) -> str:
    return names.get(labelling.keys[place], labelling.clips[place])
