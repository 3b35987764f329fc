"""Whether predictions vary with what is heard, and with nothing else.

Where the clips have labels, each emotion counts the same in what is said of their variety: on
speech that is 97 % neutral a model that is always right says neutral as often. So ``truths`` are
the emotions of the clips, in the order of the predictions, None where no label tells.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sertify.vocabulary.outcomes import Bound, Judgement, Measurement, Outcome, judge
from sertify.vocabulary.text import listed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Sounds that a model may well hear as what they are like: noise.
_ALIKE = ("pink noise", "hum")

Truths = Sequence[str | None]


@dataclass(frozen=True)
class Consistency:
    """How often the predicted label stays the same under a change that must not matter.

    ``gain`` is the share of the predictions that stay the same 6 dB louder or softer, ``shift``
    that of those 10 ms earlier or later, ``n`` the number of clips that were changed. ``pairs`` is
    how many predictions there are for a changed clip, ``unchanged`` how many of them stay the same.
    """

    gain: float
    shift: float
    n: int
    unchanged: int
    pairs: int


def judge_top_share(
    predicted: Sequence[str],
    truths: Truths,
    bound: Bound | None,
    account: Mapping[str, Any],
) -> Judgement:
    """Reject a model that gives nearly all clips the same label.

    ``account`` is what else stands in the details: of the clips that could not be judged.
    """
    from sertify.statistics import diversity

    shares = diversity.shares(predicted, diversity.evening(truths))
    top = next(iter(shares))
    emotions = _emotions(truths)
    measured = Measurement("top_share", shares[top], n=_counted(truths))
    attainable = _attainable(bound, 1 / emotions if emotions else None)
    judgement = judge(measured, attainable, "constant_prediction")
    message = judgement.message and f"{judgement.message} ({top}){_how(truths)}"
    even = {"even_shares": shares} if emotions else {}
    details = {"top_label": top, "shares": diversity.shares(predicted), **even, **account}
    return replace(judgement, message=message, details=details)


def judge_spread(
    predicted: Sequence[str], truths: Truths, labels: int, bound: Bound | None
) -> Judgement:
    """Reject predictions whose normalised entropy over so many labels is too low."""
    from sertify.statistics import diversity

    value = diversity.entropy(predicted, labels, diversity.evening(truths))
    emotions = _emotions(truths)
    reached = math.log(emotions) / math.log(max(emotions, labels, 2)) if emotions else None
    measured = Measurement("entropy", value, n=_counted(truths))
    judgement = judge(measured, _attainable(bound, reached), "low_entropy")
    return replace(judgement, message=judgement.message and judgement.message + _how(truths))


def judge_diversity(emotions: Sequence[str], truths: Truths, bound: Bound | None) -> Judgement:
    """Reject predictions of too few effective emotions, exp(H)."""
    from sertify.statistics import diversity

    value = diversity.effective_emotions(emotions, diversity.evening(truths))
    measured = Measurement("effective_emotions", value, "emotions", n=_counted(truths))
    judgement = judge(measured, _attainable(bound, _emotions(truths) or None), "few_emotions")
    return replace(judgement, message=judgement.message and judgement.message + _how(truths))


def _emotions(truths: Truths) -> int:
    return len({*truths} - {None})


def _counted(truths: Truths) -> int:
    """Return how many clips count: those with a label, or all where none has one."""
    return sum(truth is not None for truth in truths) or len(truths)


def _how(truths: Truths) -> str:
    """Say how clips were counted, where that is not one by one."""
    emotions = _emotions(truths)
    return f", each of the {emotions} emotions of the clips counting the same" if emotions else ""


def _attainable(bound: Bound | None, reached: float | None) -> Bound | None:
    """Ask for no more variety than the labels of the clips themselves have, all counting alike."""
    if bound is None or reached is None:
        return bound
    # A little slack, as a logarithm of a sum is not exact.
    least = None if bound.min is None else min(bound.min, reached * (1 - 1e-9))
    most = None if bound.max is None else max(bound.max, reached * (1 + 1e-9))
    return replace(bound, min=least, max=most)


def judge_response(
    logits: "Mapping[str, NDArray[np.float32]]", said_of_nothing: Sequence[Any] = ()
) -> Judgement:
    """Reject a model that gives unlike sounds (name: logits of shape (n,)) the same logits.

    What is ``said_of_nothing``, where nobody speaks, stands in the details and decides nothing.
    """
    import numpy as np

    unlike = {name: row for name, row in logits.items() if name not in _ALIKE}
    stacked = np.stack(list(unlike.values()))
    spread = float(np.ptp(stacked, axis=0).max())
    measured = Measurement("response", spread, "logits")
    details = {"said_of_nothing": [*said_of_nothing]} if said_of_nothing else {}
    # Rounding alone moves logits by a few 1e-6 of their size.
    if spread > 1e-4 * float(np.abs(stacked).max()):
        return Judgement(Outcome.PASS, (measured,), details=details)
    message = f"{listed(unlike)} get logits within {spread:.2g} of each other, but should differ"
    return Judgement(Outcome.FAIL, (measured,), "ignores_input", message, details=details)


def judge_consistency(facts: Consistency, bound: Bound | None) -> Judgement:
    """Reject predictions that change with what must not matter: volume, a shift of 10 ms."""
    measured = Measurement("consistency", facts.unchanged / facts.pairs, n=facts.n)
    judgement = judge(measured, bound, "inconsistent")
    gain = Measurement("consistency:gain", facts.gain, n=facts.n)
    shift = Measurement("consistency:shift", facts.shift, n=facts.n)
    return replace(judgement, measurements=(measured, gain, shift))
