"""The clips that say most: confident errors of a candidate, and what candidates disagree on."""

import heapq
import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sertify.evidence.labelling import Answers
from sertify.selection.verdicts import Standing, Verdict
from sertify.vocabulary.emotions import EMOTIONS
from sertify.vocabulary.outcomes import GATES

__all__ = ["disagreements", "errors"]

_MOST_ERRORS = 10
_MOST_DISAGREEMENTS = 20
_KNOWN = frozenset(EMOTIONS)

Names = Mapping[str, str]
_Said = list[tuple[Answers, int]]


def errors(answers: Answers, names: Names) -> list[dict[str, Any]]:
    """List a candidate's most confident wrong answers in JSON types, the most confident first.

    They are on labelled clips of emotions that it can express: it is no wonder that others are
    missed. What was seen in training does not count as long as there is other speech.

    Parameters
    ----------
    names
        What a clip is called now, by its key; elsewhere it keeps the name it was answered under.
    """
    truth, predicted, expressible = answers.truth, answers.predicted, {*answers.emotions}
    wrong = [
        place
        for place in answers.counting
        if truth[place] != predicted[place] and truth[place] in expressible
    ]
    worst = heapq.nsmallest(
        _MOST_ERRORS,
        wrong,
        key=lambda place: (-answers.confidence[place], _name(answers, place, names)),
    )
    return [
        _clip(answers, place, names)
        | {"predicted": answers.predicted[place], "confidence": answers.confidence[place]}
        for place in worst
    ]


def disagreements(
    verdicts: Sequence[Verdict], answers: Mapping[str, Answers], names: Names
) -> list[dict[str, Any]]:
    """List the clips on which candidates disagree most, in JSON types, labelled or not.

    Asked are those that came as far as accuracy, but for baselines. Most is the largest entropy of
    the emotions that they predict, then the largest sum of their confidence, then the name. What is
    predicted beside emotions says nothing about these. Nothing is listed on which all agree.
    ``names`` are those of :func:`errors`.
    """
    asked = [answers[one.candidate.name] for one in verdicts if _is_asked(one, answers)]
    entropies = _entropies(asked)
    largest = heapq.nlargest(_MOST_DISAGREEMENTS, entropies.values())
    said = _by_clip(asked, {key for key, entropy in entropies.items() if entropy >= largest[-1]})

    def rank(key: str) -> tuple[float, float, str]:
        certain = math.fsum(one.confidence[place] for one, place in said[key])
        return -entropies[key], -certain, _name(*said[key][0], names)

    return [
        _clip(*said[key][0], names)
        | {
            "predicted": {
                one.candidate: {
                    "emotion": one.predicted[place],
                    "confidence": one.confidence[place],
                }
                for one, place in said[key]
            }
        }
        for key in sorted(said, key=rank)[:_MOST_DISAGREEMENTS]
    ]


def _is_asked(verdict: Verdict, answers: Mapping[str, Answers]) -> bool:
    known = verdict.candidate.name in answers and verdict.standing is not Standing.BASELINE
    return known and verdict.gate not in GATES[: GATES.index("accuracy")]


def _entropies(asked: Sequence[Answers]) -> dict[str, float]:
    """Return the entropy of the emotions predicted for each clip, by its key, where it is not 0."""
    said: dict[str, list[str]] = {}
    for one in asked:
        for key, word in zip(one.keys, one.predicted, strict=True):
            said.setdefault(key, []).append(word)
    torn = {key: words for key, words in said.items() if len({*words}) > 1}
    return {key: entropy for key, words in torn.items() if (entropy := _entropy(words)) > 0}


def _entropy(words: Sequence[str]) -> float:
    # In one order, so that which candidate says what makes no difference.
    counts = sorted(Counter(word for word in words if word in _KNOWN).values())
    total = sum(counts)
    return -math.fsum(count / total * math.log(count / total) for count in counts)


def _by_clip(asked: Sequence[Answers], keys: Collection[str]) -> dict[str, _Said]:
    """Return whose answers tell of a clip, and where in these it is, by its key."""
    found: dict[str, _Said] = {}
    for one in asked:
        for place, key in enumerate(one.keys):
            if key in keys:
                found.setdefault(key, []).append((one, place))
    return found


def _clip(answers: Answers, place: int, names: Names) -> dict[str, Any]:
    return {
        "key": answers.keys[place],
        "clip": _name(answers, place, names),
        "corpus": answers.corpora[place],
        "language": answers.languages[place],
        "speaker": answers.speakers[place],
        "truth": answers.truth[place],
    }


def _name(answers: Answers, place: int, names: Names) -> str:
    return names.get(answers.keys[place], answers.clips[place])
