"""What other conditions cost a candidate, and whether that is too much."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sertify.candidates.requirements import Requirements
from sertify.vocabulary.condition_places import heard_where
from sertify.vocabulary.conditions import Condition, kind_of_condition
from sertify.vocabulary.outcomes import (
    Bound,
    Judgement,
    Measurement,
    Outcome,
    judge_unless_proven,
)


@dataclass(frozen=True)
class Disturbance:
    """What a condition does to a candidate's predictions, on the same clips.

    Attributes
    ----------
    unchanged
        The share of its predictions that stay, corrected for chance, and ``share``, as it is; None
        where the condition changes nothing that the candidate hears.
    drop
        The UAR that is lost: ``clean`` less ``disturbed``; None without labels.
    worsened, mended
        The rates of clips that were right before only, or after only.
    clips, at_hand
        How many clips were asked about, and how many there are.
    binding
        Whether a limit is held against it: not of speech that was seen in training.
    remark
        What the reader should know of how it was come by.
    decisive
        By name, what a limit asks for at another confidence than usual.
    """

    condition: Condition
    clips: int
    at_hand: int
    unchanged: Measurement | None = None
    share: Measurement | None = None
    drop: Measurement | None = None
    clean: Measurement | None = None
    disturbed: Measurement | None = None
    worsened: float | None = None
    mended: float | None = None
    binding: bool = True
    remark: str = ""
    decisive: Mapping[str, Measurement] = field(default_factory=dict)


def judge_condition(found: Disturbance, requirements: Requirements) -> Judgement:
    """Hold what a condition costs against the limits; the worst outcome counts.

    Without a ``confidence`` in a limit only what is proven to miss it is rejected.
    """
    reason = f"not_robust:{found.condition.family}"
    judged = [*_judged(found, requirements, reason)]
    worst = max(judged, key=_severity) if judged else Judgement(Outcome.PASS)
    alike = [one for one in judged if _severity(one) == _severity(worst)]
    return replace(
        worst,
        measurements=_measured(found),
        message="; ".join(one.message for one in alike if one.message),
        requirement="; ".join(one.requirement for one in judged if one.requirement),
        details=_details(found, requirements),
    )


def _judged(found: Disturbance, requirements: Requirements, reason: str) -> Iterator[Judgement]:
    for name in ("drop", "unchanged"):
        measured: Measurement | None = getattr(found, name)
        bound = _limit(found, requirements, name)
        if measured is not None and bound is not None:
            decisive = found.decisive.get(name, measured)
            judgement = judge_unless_proven(decisive, bound, reason)
            yield _worded(judgement, found, name, bound)


def _limit(found: Disturbance, requirements: Requirements, name: str) -> Bound | None:
    robustness = requirements.robustness
    if robustness is None or not found.binding:
        return None
    return robustness.limit(name, found.condition)


def _severity(judgement: Judgement) -> int:
    if judgement.outcome is Outcome.INCONCLUSIVE:
        return 1 if judgement.tolerated else 2
    return 3 if judgement.outcome is Outcome.FAIL else 0


def _worded(judgement: Judgement, found: Disturbance, name: str, bound: Bound) -> Judgement:
    """Say in words what was measured in which condition, and what it should be."""
    requirement = f"{name} {bound}" + ("" if bound.confidence else ", beyond doubt")
    if not judgement.message:
        return replace(judgement, requirement=requirement)
    # What would tell, if anything, stands behind the limit, which has no proof to ask for.
    _, _, needed = judgement.message.partition("; ")
    tell = _lost if name == "drop" else _changed
    measured = found.decisive.get(name) or getattr(found, name)
    where = f"{heard_where(found.condition.family)} ({found.condition})"
    message = f"{where} {tell(found, measured)} {bound}"
    if needed and measured.value == measured.value:
        message += f"; {needed}{_more(found)}"
    return replace(judgement, message=message, requirement=requirement)


def _lost(found: Disturbance, drop: Measurement) -> str:
    assert found.clean is not None
    assert found.disturbed is not None
    ends = f"{found.clean.value:.2f} to {found.disturbed.value:.2f}"
    return f"it loses {_shown(drop)} UAR ({ends}), but should lose"


def _changed(_: Disturbance, unchanged: Measurement) -> str:
    if unchanged.value != unchanged.value:
        return "it says one thing only, so nothing tells how much stays, which should be"
    return f"{_shown(unchanged)} of its predictions stay, corrected for chance, which should be"


def _shown(measured: Measurement) -> str:
    return f"{measured.value:.3g} [{measured.low or 0:.2f}, {measured.high or 0:.2f}]"


def _more(found: Disturbance) -> str:
    """Say that there are more clips, which need only be asked for."""
    if found.at_hand <= found.clips:
        return ""
    return f"; `clips:` under `robustness:` asks more of the {found.at_hand:,} at hand"


def _measured(found: Disturbance) -> tuple[Measurement, ...]:
    every = (found.drop, found.clean, found.disturbed, found.unchanged, found.share)
    return tuple(one for one in every if one is not None)


def _details(found: Disturbance, requirements: Requirements) -> dict[str, Any]:
    condition, kind = found.condition, kind_of_condition(found.condition.kind)
    limits = {
        "limit": _limit(found, requirements, "drop") if found.drop else None,
        "limit_unchanged": _limit(found, requirements, "unchanged") if found.unchanged else None,
    }
    rates = {"worsened": found.worsened, "mended": found.mended}
    return {
        "condition": {
            "kind": kind.name,
            "family": kind.family,
            "severity": condition.severity,
            "unit": kind.unit,
            "text": kind.text,
            "name": str(condition),
        },
        **{name: rate for name, rate in rates.items() if rate is not None},
        "clips": found.clips,
        "limit": limits["limit"] and limits["limit"].max,
        "limit_unchanged": limits["limit_unchanged"] and limits["limit_unchanged"].min,
        **({"remark": found.remark} if found.remark else {}),
    }
