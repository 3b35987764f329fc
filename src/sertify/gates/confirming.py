"""Whether speech that had no part in a choice confirms it, and how much it can tell at all."""

import math
from dataclasses import dataclass, replace

from sertify.candidates.requirements import Requirements
from sertify.gates import accuracy
from sertify.gates.accuracy import Score
from sertify.statistics.confirming import WANTED_POWER, Prospect, lower_beyond_chance
from sertify.vocabulary.outcomes import Judgement, Measurement, Outcome
from sertify.vocabulary.text import counted

_LEFT = 2
"""Speakers without whom there would be nothing to choose by."""


@dataclass(frozen=True)
class Basis:
    """What a choice rests on: a UAR on a corpus of that fingerprint, of a model at a commit.

    ``corrected`` is that UAR without what the best of several owes to luck, where it is known.
    """

    uar: Measurement
    corpus: str = ""
    commit: str = ""
    corrected: float | None = None

    @property
    def expected(self) -> Measurement:
        """What it should score on other speech of the kind; the interval moves with the value."""
        value, low, high = self.uar.value, self.uar.low, self.uar.high
        if self.corrected is None or low is None or high is None:
            return self.uar
        less = self.corrected - value
        return replace(self.uar, value=self.corrected, low=max(0.0, low + less), high=high + less)


def judge_confirmation(
    scored: Score, requirements: Requirements, basis: Basis | None = None
) -> Judgement:
    """Ask of speech that had no part in a choice what was asked before: novelty, UAR, coverage.

    UAR fails where its whole interval is below the limit; or where it does not show that the limit
    is met, and is below what the choice rests on by more than chance explains. What few speakers
    leave open is inconclusive. Where limits on UAR are about some of the speech only, the strictest
    of them counts.
    """
    requirements = with_one_limit(requirements)
    judgements = (
        accuracy.judge_novelty(scored, requirements),
        _held_against(scored, basis, _beyond_doubt(scored, requirements)),
        _held_against(scored, basis, accuracy.judge_above_chance(scored, requirements)),
        accuracy.judge_coverage(scored, requirements),
    )
    ranked = (Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.PASS)
    worst = min(judgements, key=lambda judgement: ranked.index(judgement.outcome))
    return replace(worst, measurements=(scored.uar, scored.uar_own, scored.coverage))


def with_one_limit(requirements: Requirements) -> Requirements:
    """Return them with the strictest limit on UAR for all speech, where there is none for that."""
    strictest = max(requirements.uar, key=lambda bound: bound.min or 0, default=None)
    if strictest is None or requirements.bound("uar") is not None:
        return requirements
    general = replace(strictest, corpus=None, language=None)
    return requirements.model_copy(update={"uar": (general,)})


def _beyond_doubt(scored: Score, requirements: Requirements) -> Judgement:
    """Leave open what missed a limit by chance, also where the value alone would decide."""
    judgement = accuracy.judge_score(scored, "uar", requirements, "low_uar")
    bound, high = requirements.bound("uar"), scored.uar.high
    least = bound.min if bound is not None else None
    if judgement.outcome is not Outcome.FAIL or least is None or high is None or high < least:
        return judgement
    message = f"{judgement.message}; {_size(scored.uar)} cannot tell"
    return replace(judgement, outcome=Outcome.INCONCLUSIVE, message=message)


def _held_against(scored: Score, basis: Basis | None, judgement: Judgement) -> Judgement:
    """Say of what is left open whether it agrees with what the choice rests on; fail it if not."""
    if judgement.outcome is not Outcome.INCONCLUSIVE or basis is None:
        return judgement
    before = f"the UAR of {basis.expected.value:.2f} that it was chosen by"
    if has_fallen(scored.uar, basis):
        message = f"{judgement.message}; and it is below {before}, by more than chance explains"
        return replace(judgement, outcome=Outcome.FAIL, message=message)
    agrees = f"it agrees with {before}, as far as {_size(scored.uar)} can tell"
    return replace(judgement, message=f"{judgement.message}; {agrees}")


def has_fallen(uar: Measurement, basis: Basis) -> bool:
    """Whether a UAR is below the one that a choice rests on by more than chance explains."""
    first = basis.expected
    if first.low is None or uar.high is None:
        return False
    return lower_beyond_chance((first.value, first.low), (uar.value, uar.high))


def power(requirements: Requirements, basis: Basis, speakers: int, clips: int) -> float | None:
    """Return how often so much speech would confirm a model that is as good as it was measured.

    None where no limit on UAR is set, or nothing is known of how sure the first UAR was. Speakers
    are counted where both corpora name them, clips else.
    """
    prospect, held = _prospect(requirements, basis, speakers), speakers or clips
    return None if prospect is None else prospect.power(held)


def weakness(
    requirements: Requirements, basis: Basis, speakers: int, clips: int, *, apart: bool
) -> str:
    """Say where so much speech can hardly confirm a choice, and how much would do; else "".

    ``apart`` is whether it was held out of the speech that the choice rests on.
    """
    prospect, held = _prospect(requirements, basis, speakers), speakers or clips
    if prospect is None or (chance := prospect.power(held)) >= WANTED_POWER:
        return ""
    few = counted(held, "speaker" if speakers else "clip")
    return (
        f"{few} would confirm a UAR of {prospect.value:.2f} in only {math.floor(100 * chance)} % of"
        f" cases; {_cure(prospect, speakers, apart=apart)}"
    )


def _cure(prospect: Prospect, speakers: int, *, apart: bool) -> str:
    """Say how much speech would do."""
    enough, total = prospect.enough(), prospect.units + speakers
    if enough is None:
        return "it is too close to the limit for any number to do"
    what = f"for 80 % it takes {counted(enough, 'speaker' if speakers else 'clip')}"
    if not apart:
        return what
    if enough > total - _LEFT:
        return f"{what}, which {total} cannot spare"
    return f"{what}: --hold-out {-(-100 * enough // total) / 100:g}"


def _prospect(requirements: Requirements, basis: Basis, speakers: int) -> Prospect | None:
    first, bound = basis.expected, with_one_limit(requirements).bound("uar")
    units = first.speakers if speakers else first.n
    if bound is None or bound.min is None or first.low is None or first.high is None or not units:
        return None
    return Prospect(first.value, first.low, first.high, units, bound.min, bound.confidence)


def _size(uar: Measurement) -> str:
    """Say how much speech it is, in the unit that counts."""
    return counted(uar.speakers, "speaker") if uar.speakers else counted(uar.n or 0, "clip")
