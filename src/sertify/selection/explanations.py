"""Why a candidate was chosen, or none was: in sentences."""

import re
from collections.abc import Mapping, Sequence

from sertify.evidence.labelling import Labelling
from sertify.selection.aims import Aims
from sertify.selection.comparison import Comparison, compare, obstacles
from sertify.selection.verdicts import Standing, Verdict, ahead_of, disturbed, timing_record
from sertify.vocabulary.text import listed

LEAD = 0.01
"""An advantage in an aim that is worth telling."""


def why_chosen(
    chosen: str,
    qualified: Sequence[Verdict],
    comparison: Comparison | None,
    aims: Mapping[str, Aims],
    equal: Sequence[str],
) -> str:
    """Say what was chosen, by how much it is ahead, or what it has over those as accurate."""
    if len(qualified) == 1:
        return f"Use {chosen}: the only candidate that qualified ({_shown(qualified[0])})."
    number = f"{len(qualified)} qualified candidates"
    others = [name for name in equal if name != chosen]
    advantage = _advantages(chosen, others, aims)
    if comparison is None:
        return f"Use {chosen}: nothing tells which of {number} is the most accurate{advantage}."
    replicates, best = comparison.replicates, comparison.tied[0]
    uar = dict(zip(replicates.names, replicates.values.tolist(), strict=True))
    on = _on(comparison)
    if not others:
        ahead = _margin(comparison)
        return f"Use {chosen}: the highest UAR, {uar[chosen]:.2f}{on}, of {number}{ahead}."
    tied = [name for name in others if name in comparison.tied]
    against = f", of {number}" if chosen == best else f", where {best} has {uar[best]:.2f}"
    cannot = f"; the data cannot tell it from {listed(tied)}" if tied else ""
    given = "" if chosen in comparison.tied else "; less accurate, but within the margin"
    highest = "the highest UAR, " if chosen == best else "UAR "
    return f"Use {chosen}: {highest}{uar[chosen]:.2f}{on}{against}{given or cannot}{advantage}."


def why_not_compared(labellings: Sequence[Labelling], comparison: Comparison | None) -> str:
    """Say what stood in the way of a comparison, where there is none."""
    if comparison is not None or len(labellings) < 2:
        return ""
    why = (f"{corpus}: {reason}" for corpus, reason in obstacles(labellings).items())
    return f" They could not be compared on {'; '.join(why)}."


def _on(comparison: Comparison) -> str:
    """Say what the candidates were compared on."""
    number = len({name for names in comparison.emotions.values() for name in names})
    corpora = [*comparison.emotions]
    where = f" of {listed(corpora)}" if len(corpora) > 1 or comparison.left_out else ""
    clips = f"{comparison.replicates.clips:,} clips{where}"
    return f" on the {clips} of {number} emotions that all can express"


def _margin(comparison: Comparison) -> str:
    """Say how far the next one is behind, and how sure that is; nothing where there is none."""
    if not comparison.differences:
        return ""
    next_best = min(comparison.differences, key=lambda difference: difference.value)
    p = "< 0.001" if next_best.p_holm < 0.001 else f"= {next_best.p_holm:.2g}"
    return f", {next_best.value:.2f} above {next_best.other} (p {p})"


def _advantages(chosen: str, others: Sequence[str], aims: Mapping[str, Aims]) -> str:
    """Say what the chosen one has over those that are as accurate, if anything."""
    words = {"speed": "fastest", "diversity": "most varied", "language": "best fit in language"}
    if not others:
        return ""
    own, theirs = aims[chosen].known(), [aims[name].known() for name in others]
    ahead = [
        word
        for aim, word in words.items()
        if all(own.get(aim, 0) - their.get(aim, 0) >= LEAD for their in theirs)
    ]
    if not ahead:
        return ", and it does best on all aims together"
    return f", and it is the {' and the '.join(ahead)}"


def _shown(verdict: Verdict) -> str:
    measured = verdict.number("uar_all")
    if measured is None:
        return "UAR unknown"
    if measured.low is None or measured.high is None:
        return f"UAR over all clips {measured.value:.2f}"
    return f"UAR over all clips {measured.value:.2f} [{measured.low:.2f}, {measured.high:.2f}]"


def still_higher(
    chosen: str, verdicts: Sequence[Verdict], labellings: Mapping[str, Labelling]
) -> str:
    """Name those that have not qualified, but measure higher than the chosen on common clips."""
    higher = []
    for verdict in verdicts:
        name = verdict.candidate.name
        open_or_rejected = verdict.standing in (Standing.UNDECIDED, Standing.REJECTED)
        missed = open_or_rejected and verdict.gate == "accuracy"
        if not missed or name not in labellings or chosen not in labellings:
            continue
        comparison = compare([labellings[chosen], labellings[name]])
        if comparison is not None and comparison.tied[0] == name:
            own, other = comparison.replicates.values
            where = listed([*comparison.emotions])
            higher.append(
                f"{name} ({verdict.standing}) has {other:.2f} against {own:.2f} on {where}"
            )
    return f" Not qualified, but higher in UAR: {'; '.join(higher)}." if higher else ""


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


def busy_machine(verdicts: Sequence[Verdict], equal: Sequence[str]) -> str:
    """Say which speeds are not to be relied on, for other work disturbed their measurement."""
    names = disturbed(verdicts)
    if not names:
        return ""
    so = ", so speed has no part in the choice" if len(equal) > 1 and {*names} & {*equal} else ""
    again = "measure again with `pytest -m speed` when nothing else runs"
    return f" The machine was busy when the speed of {listed(names)} was measured{so}; {again}."


def _against(one: Verdict, reference: Verdict, labellings: Mapping[str, Labelling]) -> str:
    """Say how much faster or slower a variant is, and what it loses; "" where neither is known."""
    name, other = one.candidate.name, reference.candidate.name
    pace, loss = _pace(one, reference), _loss(name, other, labellings)
    standing = "" if one.standing is Standing.QUALIFIED else f" ({one.standing})"
    if not pace:
        return f"{name}{standing}, against {other}, {loss}" if loss else ""
    link = ", but " if loss.startswith("loses accuracy") else ", and "
    return f"{name}{standing} {pace}{link if loss else ''}{loss}"


def _pace(one: Verdict, reference: Verdict) -> str:
    """Say how many times faster it is, for a segment of the same length."""
    ours, theirs = _timed(one), _timed(reference)
    if ours is None or theirs is None or ours[1] != theirs[1] or disturbed([one, reference]):
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


def _loss(name: str, reference: str, labellings: Mapping[str, Labelling]) -> str:
    """Say whether the data show it to be less accurate, and by how much."""
    if name not in labellings or reference not in labellings:
        return ""
    comparison = compare([labellings[reference], labellings[name]])
    if comparison is None:
        return "could not be compared in UAR"
    (gap,) = comparison.differences
    lower = gap.better == reference
    verb = "loses accuracy" if lower else "gains accuracy"
    if len(comparison.tied) > 1:
        verb = "loses nothing measurable"
    size = f"{gap.value:.2f} {'lower' if lower else 'higher'}" if gap.value else "the same"
    return f"{verb}: UAR {size} [{gap.low:.2f}, {gap.high:.2f}]"


def still_open(verdicts: Sequence[Verdict]) -> str:
    """Say how many candidates are undecided, and which a race has stopped, if any."""
    undecided = [verdict for verdict in verdicts if verdict.standing is Standing.UNDECIDED]
    number = sum(ahead_of(verdict) is None for verdict in undecided)
    said = f" Undecided: {number} of {len(verdicts)} candidates." if number else ""
    stopped: dict[str, list[str]] = {}
    for verdict in undecided:
        if leader := ahead_of(verdict):
            stopped.setdefault(leader, []).append(verdict.candidate.name)
    for leader, names in stopped.items():
        said += f" Stopped early, being behind {leader}: {', '.join(names)}."
    return said


def why_none(verdicts: Sequence[Verdict]) -> str:
    """Say why none can be chosen, and which came closest: it failed the latest gate."""
    names: dict[str, list[str]] = {}
    for verdict in verdicts:
        if verdict.standing is Standing.UNDECIDED:
            names.setdefault(verdict.reason or verdict.message, []).append(verdict.candidate.name)
    if names:
        undecided = "; ".join(f"{listed(those)} ({why})" for why, those in names.items())
        return f"No candidate has qualified yet; undecided: {undecided}."
    rejected = [verdict for verdict in verdicts if verdict.standing is Standing.REJECTED]
    if not rejected:
        return "There is no candidate to choose from."
    closest = max(rejected, key=_progress)
    return (
        f"No candidate qualified; {closest.candidate.name} came closest, rejected by"
        f" {closest.gate} ({closest.reason}: {closest.message}){_lacking(closest)}."
    )


def _progress(verdict: Verdict) -> tuple[int, float]:
    """Return how far a candidate came: its last gate, and how right it was."""
    uar = verdict.number("uar_all")
    return list(verdict.gates).index(str(verdict.gate)), uar.value if uar is not None else 0.0


def _lacking(verdict: Verdict) -> str:
    """Say by how much the worst of the measurements that miss their limits does so."""
    record = verdict.gates[str(verdict.gate)].first
    if record is None:
        return ""
    limits = re.findall(r"at (least|most) ([\d.e+-]+)", record.requirement)
    missing = [
        ((float(limit) - measurement.value) * (1 if side == "least" else -1), measurement)
        for side, limit in limits
        for measurement in record.measurements
        if f"{measurement.name}=" in record.message
    ]
    worst, measured = max(missing, key=lambda pair: pair[0], default=(0.0, None))
    if measured is None or worst <= 0:
        return ""
    unit = "" if measured.unit in ("1", measured.name) else f" {measured.unit}"
    return f"; it misses the limit by {worst:.2g}{unit}"
