"""The words a check speaks: measurement, requirement, outcome, judgement."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from sertify.vocabulary.planning import factor_to_settle
from sertify.vocabulary.text import LONGEST_MESSAGE, bounded, counted, ordinal, shortened

GATES = (
    "loadability", "labels", "degeneracy", "accuracy",
    "robustness", "fairness", "streaming", "speed",
)  # fmt: skip
"""The groups of checks, in the order in which a candidate passes them."""

ALWAYS = tuple(gate for gate in GATES if gate not in ("robustness", "fairness", "streaming"))
"""Those that are asked of each; the others are only where a requirement names them."""

CONFIDENCE = 0.95
"""Confidence of the intervals that are reported, and of those that no requirement names one for."""

# Clips that nobody will collect to settle a question.
_MOST = 100_000
# Speakers below which an interval is so wide that how it will shrink says nothing.
_FEWEST = 5


class Outcome(StrEnum):
    """What a check found; the values appear in JUnit and in results.json."""

    PASS = "PASS"
    FAIL = "FAIL"
    INCONCLUSIVE = "INCONCLUSIVE"
    BLOCKED = "BLOCKED"
    NOT_REACHED = "NOT_REACHED"


@dataclass(frozen=True)
class Measurement:
    """What was measured.

    ``unit`` is a word such as ``s``, ``MB``, ``labels``, or ``1`` for a ratio. ``low`` and
    ``high`` bound the confidence interval where the value is an estimate, ``n`` is the number of
    clips it was estimated from, and ``speakers`` that of their speakers where these are known.
    """

    name: str
    value: float
    unit: str = "1"
    low: float | None = None
    high: float | None = None
    n: int | None = None
    speakers: int | None = None


@dataclass(frozen=True)
class Bound:
    """A requirement on one measurement.

    With ``confidence``, the measurement's interval has to lie within the bounds; an interval that
    straddles one is inconclusive. ``corpus`` or ``language`` narrow it down to some of the speech,
    ``condition`` to how that is heard.
    ``look`` says that it is judged at speech which has grown, for which time, from the second on.
    """

    min: float | None = None
    max: float | None = None
    confidence: float | None = None
    corpus: str | None = None
    language: str | None = None
    condition: str | None = None
    look: int | None = None

    def __str__(self) -> str:
        parts = [f"at least {_plain(self.min)}"] if self.min is not None else []
        parts += [f"at most {_plain(self.max)}"] if self.max is not None else []
        text = " and ".join(parts)
        if self.confidence is not None:
            text += f" with {_plain(100 * self.confidence)}% confidence"
        return text + (f", at the {ordinal(self.look)} look at growing speech" if self.look else "")


@dataclass(frozen=True)
class Judgement:
    """The outcome of one check with its evidence.

    ``details`` holds what a report shows beyond the measurements (confusion matrix, key names),
    in JSON types only. Of texts that others wrote it keeps as much as can be shown. Its ``remark``
    is a message of several sentences. ``tolerated`` is an outcome that is told and decides nothing:
    INCONCLUSIVE where no proof is required.
    """

    outcome: Outcome
    measurements: tuple[Measurement, ...] = ()
    reason: str | None = None
    message: str = ""
    requirement: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    tolerated: bool = False

    @property
    def passes(self) -> bool:
        """Whether nothing is held against the candidate."""
        return self.outcome is Outcome.PASS or self.tolerated

    def __post_init__(self) -> None:
        object.__setattr__(self, "message", shortened(self.message, LONGEST_MESSAGE))
        remark = self.details.get("remark")
        whole = {"remark": shortened(remark, LONGEST_MESSAGE)} if isinstance(remark, str) else {}
        object.__setattr__(self, "details", {**bounded(self.details), **whole})


def judge(measured: Measurement, bound: Bound | None, reason: str) -> Judgement:
    """Hold a measurement against its requirement.

    >>> judge(Measurement("labels", 4, "labels"), Bound(min=5), "too_few_labels").message
    'labels=4, but should be at least 5'
    >>> judge(Measurement("uar", 0.6, low=0.55, high=0.65), Bound(min=0.5), "low_uar").outcome
    <Outcome.PASS: 'PASS'>
    """
    if bound is None:
        return Judgement(Outcome.PASS, (measured,))
    outcome = _compare(measured, bound)
    if outcome is Outcome.PASS:
        return Judgement(outcome, (measured,), requirement=str(bound))
    message = f"{measured.name}={_shown(measured, bound)}, but should be {bound}"
    if outcome is Outcome.INCONCLUSIVE:
        message += _clips_needed(measured, bound)
    return Judgement(outcome, (measured,), reason, message, str(bound))


def judge_unless_proven(measured: Measurement, bound: Bound | None, reason: str) -> Judgement:
    """Hold an estimate against a requirement that only what is proven to miss it is rejected by.

    Without a confidence in the requirement, what cannot be told is said and tolerated.

    >>> lost = Measurement("drop", 0.06, low=0.01, high=0.11)
    >>> found = judge_unless_proven(lost, Bound(max=0.05), "not_robust:phone")
    >>> found.outcome, found.tolerated
    (<Outcome.INCONCLUSIVE: 'INCONCLUSIVE'>, True)
    """
    if bound is None or bound.confidence is not None:
        return judge(measured, bound, reason)
    judgement = judge(measured, replace(bound, confidence=CONFIDENCE), reason)
    return replace(judgement, tolerated=judgement.outcome is Outcome.INCONCLUSIVE)


def _compare(measured: Measurement, bound: Bound) -> Outcome:
    low, high = measured.value, measured.value
    if bound.confidence is not None and measured.low is not None and measured.high is not None:
        low, high = measured.low, measured.high
    least = -math.inf if bound.min is None else bound.min
    most = math.inf if bound.max is None else bound.max
    if least <= low and high <= most:
        return Outcome.PASS
    # A comparison with NaN is false, so a measurement that is not a number never passes.
    apart = high < least or low > most or math.isnan(low) or math.isnan(high)
    return Outcome.FAIL if apart or low == high else Outcome.INCONCLUSIVE


def _clips_needed(measured: Measurement, bound: Bound) -> str:
    """Say how much data would show on which side of the limit the measurement lies."""
    if not measured.n:
        return "; the data cannot tell"
    has = f"; {measured.n:,} clips"
    has += f" of {counted(measured.speakers, 'speaker')}" if measured.speakers else ""
    if measured.speakers and measured.speakers < _FEWEST:
        return f"{has} cannot tell, and so few rarely can: judge it on 10 speakers or more"
    return f"{has} cannot tell{_chances(measured, bound, measured.n)}"


def _chances(measured: Measurement, bound: Bound, clips: int) -> str:
    even, likely = (_factor(measured, bound, chance) for chance in (0.5, 0.8))
    if even * clips > _MOST:
        return ": the value is too close to the limit"
    first, second = (_units(measured, factor) for factor in (even, likely))
    if measured.value in (0, 1):
        return f"; {first} or more could"
    what = " such speakers" if measured.speakers else ""
    last = f"but 8 of 10 take more than {_MOST:,} clips"
    last = last if likely * clips > _MOST else f"{second} in 8 of 10"
    return f"; {first}{what} would in 5 of 10 cases, {last}"


def _factor(measured: Measurement, bound: Bound, chance: float) -> float:
    assert measured.low is not None
    assert measured.high is not None
    limit = bound.min if bound.min is not None and measured.low < bound.min else bound.max or 0.0
    return factor_to_settle(
        measured.value, measured.low, measured.high, limit, chance,
        bound.confidence or 0.95, measured.speakers,
    )  # fmt: skip


def _units(measured: Measurement, factor: float) -> str:
    """Return so many times the speakers, or clips, and more than there are."""
    units = measured.speakers or measured.n or 0
    return f"{roughly(max(units * factor, units + 1)):,}"


def roughly(number: float) -> int:
    """Round up to two digits: more would claim to know.

    >>> roughly(31), roughly(1234)
    (31, 1300)
    """
    whole = math.ceil(number)
    unit: int = 10 ** max(0, len(str(whole)) - 2)
    return math.ceil(whole / unit) * unit


def _shown(measured: Measurement, bound: Bound) -> str:
    value = _plain(measured.value)
    if float(value) in (bound.min, bound.max):
        value = str(measured.value)  # rounded, it would look as if it met the limit
    if measured.unit not in ("1", measured.name):
        value += f" {measured.unit}"
    if measured.low is None or measured.high is None:
        return value
    ends = (measured.low, measured.high)
    low, high = (_plain(round(end, 4) if measured.unit == "1" else end) for end in ends)
    return f"{value} [{low}, {high}]"


def _plain(value: float | None) -> str:
    return f"{value:.4g}"
