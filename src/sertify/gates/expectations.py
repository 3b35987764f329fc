"""What candidates.yaml expects of a check, against what the check found."""

from dataclasses import dataclass
from enum import Enum, auto

from sertify.candidates.reading import Candidate
from sertify.vocabulary.outcomes import Judgement, Outcome


class Colour(Enum):
    """What a test shall show."""

    GREEN = auto()
    RED = auto()
    EXPECTED_RED = auto()


@dataclass(frozen=True)
class Settlement:
    """What a test shows, and what it says; ``now_qualifies`` where a rejection did not come."""

    colour: Colour
    message: str = ""
    now_qualifies: bool = False


def settle(candidate: Candidate, judgement: Judgement, *, last_owner: bool) -> Settlement:
    """Compare a judgement with the rejection that ``reason:`` of a candidate announces.

    ``last_owner`` is whether no later check could still find one of the announced reasons.
    """
    announced = " or ".join(candidate.reasons)
    if judgement.outcome is Outcome.FAIL and judgement.reason in candidate.reasons:
        return Settlement(Colour.EXPECTED_RED, f"{judgement.reason}: {judgement.message}")
    # A later check may prove what this one cannot tell.
    told = judgement.tolerated and not (last_owner and judgement.reason in candidate.reasons)
    if judgement.outcome is not Outcome.PASS and not told:
        message = judgement.message
        if candidate.reasons:
            message += f"; candidates.yaml expects it to be rejected for {announced}"
        return Settlement(Colour.RED, f"{judgement.outcome} {judgement.reason}: {message}")
    if last_owner:
        message = (
            f"now qualifies: it passes the check that should reject it for {announced};"
            " change its status, or its reason, in candidates.yaml"
        )
        return Settlement(Colour.RED, message, now_qualifies=True)
    return Settlement(Colour.GREEN)
