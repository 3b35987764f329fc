"""When a candidate need not hear the rest: what it is held against, and what that decides."""

from collections.abc import Sequence
from dataclasses import dataclass

from sertify.statistics import curtailment
from sertify.statistics.curtailment import LOOKS, Foresight
from sertify.vocabulary.outcomes import Bound


@dataclass(frozen=True)
class Terms:
    """What a candidate is held against while it hears more and more of the clips.

    Attributes
    ----------
    bound
        What is required of its UAR on all clips.
    leader, leader_uar
        The candidate that is ahead so far, and its UAR on all clips; None where nobody is.
    worth
        UAR that all other aims together can make up for.
    rivals
        How many candidates are compared with the best.
    """

    bound: Bound | None = None
    leader: str = ""
    leader_uar: float | None = None
    worth: float = 0.0
    rivals: int = 1


def decide(foresights: Sequence[Foresight], terms: Terms) -> str | None:
    """Return the reason to stop a candidate, given what a look foretells of each corpus.

    It is ``low_uar``, ``behind``, or None as long as there is none.
    """
    bound, chances = terms.bound, len(LOOKS)
    if bound is not None and bound.min is not None:
        if curtailment.upper_end(foresights, bound.confidence, chances) < bound.min:
            return "low_uar"
    leader, rivals = terms.leader_uar, terms.rivals
    if leader is not None:
        if curtailment.is_behind(foresights, leader, terms.worth, rivals, chances):
            return "behind"
    return None
