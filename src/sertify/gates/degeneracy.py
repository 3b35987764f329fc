"""Whether predictions vary with what is heard, and with nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sertify.vocabulary.outcomes import Bound, Judgement, Measurement, Outcome, judge
from sertify.vocabulary.text import listed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


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
    predicted: Sequence[str], bound: Bound | None, account: Mapping[str, Any]
) -> Judgement:
    """Reject a model that gives nearly all clips the same label.

    ``account`` is what else stands in the details: of the clips that could not be judged.
    """
    from sertify.statistics import diversity

    shares = diversity.shares(predicted)
    top = max(shares, key=lambda label: shares[label])
    measured = Measurement("top_share", shares[top], n=len(predicted))
    judgement = judge(measured, bound, "constant_prediction")
    details = {"top_label": top, "shares": shares, **account}
    message = judgement.message and f"{judgement.message} ({top})"
    return replace(judgement, message=message, details=details)


def judge_spread(predicted: Sequence[str], labels: int, bound: Bound | None) -> Judgement:
    """Reject predictions whose normalised entropy over so many labels is too low."""
    from sertify.statistics import diversity

    value = diversity.entropy(predicted, labels)
    return judge(Measurement("entropy", value, n=len(predicted)), bound, "low_entropy")


def judge_diversity(emotions: Sequence[str], bound: Bound | None) -> Judgement:
    """Reject predictions of too few effective emotions, exp(H)."""
    from sertify.statistics import diversity

    value = diversity.effective_emotions(emotions)
    measured = Measurement("effective_emotions", value, "emotions", n=len(emotions))
    return judge(measured, bound, "few_emotions")


def judge_response(logits: "Mapping[str, NDArray[np.float32]]") -> Judgement:
    """Reject a model that gives unlike sounds (name: logits of shape (n,)) the same logits."""
    import numpy as np

    stacked = np.stack(list(logits.values()))
    spread = float(np.ptp(stacked, axis=0).max())
    measured = Measurement("response", spread, "logits")
    # Rounding alone moves logits by a few 1e-6 of their size.
    if spread > 1e-4 * float(np.abs(stacked).max()):
        return Judgement(Outcome.PASS, (measured,))
    message = f"{listed(logits)} get logits within {spread:.2g} of each other, but should differ"
    return Judgement(Outcome.FAIL, (measured,), "ignores_input", message)


def judge_consistency(facts: Consistency, bound: Bound | None) -> Judgement:
    """Reject predictions that change with what must not matter: volume, a shift of 10 ms."""
    measured = Measurement("consistency", facts.unchanged / facts.pairs, n=facts.n)
    judgement = judge(measured, bound, "inconsistent")
    gain = Measurement("consistency:gain", facts.gain, n=facts.n)
    shift = Measurement("consistency:shift", facts.shift, n=facts.n)
    return replace(judgement, measurements=(measured, gain, shift))
