"""The variants of the chosen one's model, beside it: what each gains and loses."""

from collections.abc import Mapping, Sequence

from sertify.evidence.labelling import Labelling
from sertify.selection.comparison import compare
from sertify.selection.verdicts import Standing, Verdict, timed_beside_others, timing_record


def beside_variants(
    chosen: str, verdicts: Sequence[Verdict], labellings: Mapping[str, Labelling]
) -> str:
    """Compare the variants of the chosen one's model with it as fp32, or else with the chosen."""
    entry = chosen.partition("+")[0]
    family = {
        verdict.candidate.name: verdict
        for verdict in verdicts
        if verdict.candidate.name.partition("+")[0] == entry
    }
    reference = family.get(entry) or family[chosen]
    others = (verdict for verdict in family.values() if verdict is not reference)
    sentence = "; ".join(filter(None, (_against(one, reference, labellings) for one in others)))
    return f" {sentence}." if sentence else ""


def _against(one: Verdict, reference: Verdict, labellings: Mapping[str, Labelling]) -> str:
    """Say how much faster or slower a variant is, and what it loses; "" where neither is known."""
    name, other = one.candidate.name, reference.candidate.name
    pace = _pace(one, reference)
    loss = _loss(name, other, labellings, one.candidate.requirements.emotions)
    standing = "" if one.standing is Standing.QUALIFIED else f" ({one.standing})"
    if not pace:
        return f"{name}{standing}, against {other}, {loss}" if loss else ""
    link = ", but " if loss.startswith("loses accuracy") else ", and "
    return f"{name}{standing} {pace}{link if loss else ''}{loss}"


def _pace(one: Verdict, reference: Verdict) -> str:
    """Say how many times faster it is, for a segment of the same length."""
    ours, theirs = _timed(one), _timed(reference)
    if (
        ours is None
        or theirs is None
        or ours[1] != theirs[1]
        or timed_beside_others([one, reference])
    ):
        return ""
    (time, length), (other, _) = ours, theirs
    quotient = f"{max(time, other) / min(time, other):.1f}"
    than = f"{quotient} times {'faster' if time < other else 'slower'} than"
    how = "as fast as" if quotient == "1.0" else than
    return f"is {how} {reference.candidate.name} ({time:.2g} s for {length:g} s)"


def _timed(verdict: Verdict) -> tuple[float, float] | None:
    """Return the seconds that a segment takes, and its own."""
    record = timing_record(verdict)
    time, length = (record and record.value(name) for name in ("time_p50", "segment"))
    return (time.value, length.value) if time and length and time.value > 0 else None


def _loss(
    name: str,
    reference: str,
    labellings: Mapping[str, Labelling],
    wanted: Sequence[str] | None,
) -> str:
    """Say whether the data show it to be less accurate, and by how much."""
    if name not in labellings or reference not in labellings:
        return ""
    comparison = compare([labellings[reference], labellings[name]], wanted)
    if comparison is None:
        return "could not be compared in UAR"
    (gap,) = comparison.differences
    lower = gap.better == reference
    verb = "loses accuracy" if lower else "gains accuracy"
    if len(comparison.tied) > 1:
        verb = "loses nothing measurable"
    size = f"{gap.value:.2f} {'lower' if lower else 'higher'}" if gap.value else "the same"
    return f"{verb}: UAR {size} [{gap.low:.2f}, {gap.high:.2f}]"
