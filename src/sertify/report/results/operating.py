"""What results.json says of the confidence from which on a candidate is to be believed."""

import math
from collections.abc import Mapping
from typing import Any

from sertify.report.results.model.operating import OperatingPointResult
from sertify.selection.verdicts import Verdict

MOVED_DETAILS = ("operating", "golden", "preparation")
"""Details of a check that have a place of their own in results.json."""


def operating_result(verdict: Verdict, wished: float) -> OperatingPointResult | None:
    """Describe how sure a candidate should be; None where nobody knows.

    ``wished`` is the share of answers that should be right by now: a threshold that was chosen for
    another one is left out, and the sentence says so.
    """
    facts = verdict.detail("operating")
    if not facts:
        return None
    try:
        sentence = _sentence(facts, wished)
        point = facts["point"] if facts["wished"] == wished else None
        told = {**facts, "point": point, "sentence": sentence}
        return OperatingPointResult.model_validate(told)
    except (ValueError, LookupError, TypeError):  # another version may have written it
        return None


def _sentence(facts: Mapping[str, Any], wished: float) -> str:
    """Say where to abstain, and what that gives.

    >>> known = {"wished": 0.8, "temperature": 1.25, "curve": [{"coverage": 1, "precision": 0.6}]}
    >>> _sentence({**known, "point": None}, 0.8)
    'No confidence is high enough for a precision of 0.80: of all clips, 0.60 are right.'
    """
    if facts["wished"] != wished:
        return (
            f"It was asked for a precision of {facts['wished']:.2f}, but {wished:.2f} is wished by"
            " now: run `pytest -m accuracy` again."
        )
    point, curve = facts["point"], facts["curve"]
    if point is None:
        return (
            f"No confidence is high enough for a precision of {wished:.2f}: of all clips,"
            f" {curve[-1]['precision']:.2f} are right."
        )
    heat = facts["temperature"]
    at = "" if heat is None else f", at a temperature of {heat:.2f}"
    if not point["threshold"]:
        right = _share(point["precision"])
        return f"It need not abstain for a precision of {wished:.2f}: without, it is {right}."
    return f"Abstain below a confidence of {_confidence(point['threshold'])}{at}: {_gives(point)}."


def _gives(point: Mapping[str, Any]) -> str:
    coverage = point["coverage"]
    value, low, high = (round(100 * coverage[end]) for end in ("value", "low", "high"))
    stay = f"{value} % of the clips stay [{low} %, {high} %]"
    if point["precision"] is None:
        return f"{stay}, so that nobody knows how many are right"
    return f"{stay}, precision {_share(point['precision'])}"


def _share(estimate: Mapping[str, float]) -> str:
    return "{value:.2f} [{low:.2f}, {high:.2f}]".format_map(estimate)


def _confidence(threshold: float) -> str:
    """Write a confidence that is below 1 as one that is.

    >>> _confidence(0.621), _confidence(0.99973)
    ('0.62', '0.9997')
    """
    return f"{threshold:.2f}" if threshold < 0.99 else f"{math.floor(1e4 * threshold) / 1e4:.4f}"
