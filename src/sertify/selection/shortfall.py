"""Why no candidate was chosen, and what the closest one lacks: in a sentence."""

import re
from collections.abc import Sequence

from sertify.selection.verdicts import Standing, Verdict
from sertify.vocabulary.text import listed


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
    uar = verdict.number("uar")
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
