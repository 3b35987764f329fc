"""What candidates lose in other conditions, as multiples of what a baseline loses there."""

from collections.abc import Mapping, Sequence

from sertify.selection.verdicts import Standing, Verdict
from sertify.statistics.robustness import corruption_errors


def corruption(verdicts: Sequence[Verdict]) -> dict[str, dict[str, float]]:
    """Return the relative corruption errors of each candidate by family, by its name.

    They are relative to the first baseline of which drops of UAR are known, over the conditions of
    a family that both were heard in; see :func:`sertify.statistics.robustness.corruption_errors`.
    Nothing, where there is no such baseline; it is not told of itself.
    """
    drops = {verdict.candidate.name: _drops(verdict) for verdict in verdicts}
    baselines = (v.candidate.name for v in verdicts if v.standing is Standing.BASELINE)
    baseline = next((name for name in baselines if drops[name]), None)
    if baseline is None:
        return {}
    others = {name: own for name, own in drops.items() if name != baseline and own}
    found = {name: _relative(own, drops[baseline]) for name, own in others.items()}
    return {name: errors for name, errors in found.items() if errors}


def _drops(verdict: Verdict) -> dict[tuple[str, str], float]:
    """Return what is lost by family and condition."""
    records = verdict.gates["robustness"].records if "robustness" in verdict.gates else ()
    found = {}
    for record in records:
        drop, condition = record.value("drop"), record.details.get("condition")
        if drop is not None and condition is not None:
            found[condition["family"], condition["name"]] = drop.value
    return found


def _relative(
    own: Mapping[tuple[str, str], float], baseline: Mapping[tuple[str, str], float]
) -> dict[str, float]:
    both = sorted(own.keys() & baseline.keys())
    families = {family for family, _ in both}
    losses, others = (
        {family: [drops[key] for key in both if key[0] == family] for family in families}
        for drops in (own, baseline)
    )
    return corruption_errors(losses, others)
