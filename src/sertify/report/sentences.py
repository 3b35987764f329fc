"""What every report says in the same words: of the choice, and of the speech it rests on."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from sertify.report.formats import number
from sertify.report.results.speech import reasons

UAR = {"uar_all": "UAR (all emotions)", "uar": "UAR (its own emotions)"}
"""The two that must not be taken for each other, by the number's name."""

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


def firmness(selection: Mapping[str, Any]) -> str:
    """Say how firm a choice among several is; "" where there was none or nothing is known.

    Examples
    --------
    >>> firmness({"totals": {"a": 0.8, "b": 0.7}, "firmness": {"data": 0.8395, "weights": 1}})
    'It stays on top in 83 % of resamples of the clips and in 100 % of other weightings.'
    """
    firm = selection["firmness"]
    if firm is None or len(selection["totals"]) < 2:
        return ""
    # Rounded up, 100 % would promise what 99.9 % do not keep.
    data, weights = (math.floor(100 * firm[name]) for name in ("data", "weights"))
    resamples = f"{data} % of resamples of the clips"
    return f"It stays on top in {resamples} and in {weights} % of other weightings."


def confirmation(selection: Mapping[str, Any]) -> str:
    """Say whether a choice held on other speech, or how to find out; "" without a choice."""
    found = selection["confirmation"]
    if selection["candidate"] is None:
        return ""
    if found is None:
        return _HINT
    judged = f"{found['clips']:,} of {found['requested']:,} clips of {found['corpus']}"
    known = f"; without {', '.join(found['seen'])}, seen in training" if found["seen"] else ""
    where = f"held-out speech ({judged}{known})"
    said = _CONFIRMED[found["outcome"]].format(where)
    measured = [
        f"{UAR.get(one['name'], one['name'])} {number(one)}" for one in found["measurements"]
    ]
    why = [f"{found['reason']}: {found['message']}"] if found["reason"] else measured
    return f"{said}{': ' if why else ''}{', '.join(why)}."


def clips(corpus: Mapping[str, Any]) -> str:
    """Account for the clips where not all were judged: how many, and why the others were not."""
    why = unjudged(corpus)
    if not why:
        return ""
    judged = f"{corpus['requested']:,} clips requested, {corpus['judged']:,} judged"
    return f"{judged}; not: {', '.join(f'{many:,} {reason}' for reason, many in why.items())}"


def doubts(shown: Mapping[str, Any], most: int = 3) -> Iterator[str]:
    """Say what weakens conclusions from the speech; no more than ``most``, and how many more."""
    found = [*_precision(shown), *_partial(shown)]
    found += [text for one in speech_of(shown) for text in one["warnings"]]
    confirmation = shown["selection"]["confirmation"] or {"warnings": ()}
    found += [f"held-out speech: {text}" for text in confirmation["warnings"]]
    found = list(dict.fromkeys(found))
    yield from found[:most]
    if len(found) > most:
        yield f"and {len(found) - most} more in the report"


def _precision(shown: Mapping[str, Any]) -> Iterator[str]:
    """Say that models computed in less than their full precision."""
    dtype = shown["environment"].get("dtype", "float32")
    if dtype != "float32":
        yield f"computed in {dtype}: in float32 a model may be more accurate, and of another speed"


def _partial(shown: Mapping[str, Any]) -> Iterator[str]:
    """Say whose mean is over less speech than that of the others."""
    for candidate in shown["candidates"]:
        whole = next(iter(candidate["parts"]), None)
        if whole is not None and whole["seen"] and not is_seen(whole, shown["corpus"]):
            known = ", ".join(whole["seen"])
            yield (
                f"{candidate['name']} was trained on {known}, so its UAR is over the rest,"
                " and not to be compared with the UAR of others over all"
            )


def is_seen(part: Mapping[str, Any], corpora: Mapping[str, Any] | None) -> bool:
    """Whether a result decides nothing: all speech of the part was seen in training.

    A mean leaves out what was seen, as long as something else remains.
    """
    seen, names = part["seen"], [one["name"] for one in (corpora or {}).get("parts", ())]
    if part["part"] in names:
        return part["part"] in seen
    return bool(seen) and all(name in seen for name in names)


def is_starred(candidate: Mapping[str, Any], corpus: Mapping[str, Any] | None) -> bool:
    """Whether what a candidate scores on all speech together decides nothing."""
    whole = candidate["parts"][:1] if "uar_all" in candidate["numbers"] else ()
    return any(is_seen(part, corpus) for part in whole)


def speech_of(shown: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """List the corpora: the labelled one that counts, and the one without labels."""
    unlabelled = shown["unlabelled"]
    found = (shown["corpus"], unlabelled["corpus"] if unlabelled else None)
    return [one for one in found if one is not None]


def unjudged(corpus: Mapping[str, Any]) -> dict[str, int]:
    """Return why clips were not judged, and how many; what was held out has no reason."""
    why = reasons(corpus)
    rest = corpus["requested"] - corpus["judged"] - sum(why.values())
    return why | ({"set aside": rest} if rest > 0 else {})
