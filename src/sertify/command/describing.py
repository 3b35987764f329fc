"""What is known of a repository without its weights, as facts and as lines for a terminal."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sertify.pipeline.inspection import Inspection
from sertify.pipeline.proposals import Proposal
from sertify.vocabulary.outcomes import Outcome
from sertify.vocabulary.reasons import reason_of
from sertify.vocabulary.text import amount, clean, listed
from sertify.vocabulary.yaml_writing import as_lines

_SHORT = 12  # characters of a commit
_MOST = 12  # labels, or tensors of a head
_TELLS = "as far as can be told without its weights"


def facts_of(proposal: Proposal) -> dict[str, Any]:
    """Return in JSON types what is known of a repository, by the entry that is proposed for it."""
    plain, found = proposal.plain, proposal.inspection
    flaws = dict.fromkeys((each.reason, each.message) for each in (*plain.flaws, *found.flaws))
    facts: dict[str, Any] = {
        "model": found.candidate.model,
        "verdict": _verdict(found),
        "reason": found.reason,
        "problems": [_problem(code or "", message) for code, message in flaws],
        **_of_network(found),
        **_of_repository(found),
        "remarks": [*found.remarks],
        "perhaps": [*proposal.perhaps],
    }
    # In an entry, what a terminal would act on is written as an escape.
    entry = None if proposal.entry is None else dict(proposal.entry)
    return {**clean(facts), "entry": entry}


def lines_of(facts: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is known for whoever reads it in a terminal, the entry at the end."""
    yield sentence_of(facts)
    for name, value in _rows(facts):
        yield f"  {name:<10} {value}"
    for problem in facts["problems"]:
        yield f"  {'wrong':<10} {problem['reason']}: {problem['message']}"
        yield f"  {'':<10} what helps: {problem['cure']}"
    for remark in facts["remarks"]:
        yield f"  {'remark':<10} {remark}"
    if facts["perhaps"]:
        (line,) = as_lines({"labels": facts["perhaps"]}, indent=0)
        yield f"  {'perhaps':<10} {line.removeprefix('- ')}"
        yield f"  {'':<10} so its model card says; check it, then write it instead of the reason"
    if facts["entry"] is not None:
        known = facts.get("listed_as")
        there = f", where it is already, as {known}" if known else ""
        yield f"  its entry in candidates.yaml{there}:"
        yield ""
        yield from as_lines(facts["entry"])


def sentence_of(facts: Mapping[str, Any]) -> str:
    """Say whether it can be used."""
    commit = facts.get("commit")
    at = f" at {commit.removeprefix('sha256:')[:_SHORT]}" if commit else ""
    return f"{facts['model']}{at}: {_can_be_used(facts)}"


def _verdict(found: Inspection) -> str:
    if found.flaw is None:
        return "usable"
    return "blocked" if found.flaw.outcome is Outcome.BLOCKED else "rejected"


def _can_be_used(facts: Mapping[str, Any]) -> str:
    if facts["verdict"] == "blocked":
        return f"could not be looked at, {facts['reason']}"
    if facts["verdict"] == "rejected":
        return f"cannot be used, {facts['reason']}"
    entry = "with the entry below, " if facts["problems"] else ""
    return f"can be used, {entry}{_TELLS}"


def _problem(code: str, message: str) -> dict[str, str]:
    return {"reason": code, "message": message, "cure": reason_of(code).cure}


def _of_repository(found: Inspection) -> dict[str, Any]:
    if found.snapshot is None:
        return {}
    card = found.snapshot.card
    return {
        "commit": found.snapshot.commit,
        "weight_files": [*found.snapshot.weight_files],
        "weight_size": found.snapshot.weight_size,
        "licence": card.licence,
        "languages": [*card.languages],
        "datasets": [*dict.fromkeys((*card.datasets, *card.mentions))],
        "gated": found.snapshot.gated,
    }


def _of_network(found: Inspection) -> dict[str, Any]:
    outline, index = found.outline, found.index
    facts: dict[str, Any] = {"architecture": _architecture(found)}
    if index is not None:
        facts["parameters"] = index.parameters
    if outline is not None:
        emotion_of = found.candidate.emotion_of
        names = [str(label) for label in outline.labels]
        facts |= {
            "loader": outline.loader.name,
            "labels": [{"label": name, "emotion": emotion_of(name)} for name in names],
            "outputs": outline.outputs,
            "sampling_rate": outline.sampling_rate,
            "head": _head(found),
        }
    return facts


def _architecture(found: Inspection) -> str | None:
    """Return the class that loads it, or else the first that its config names."""
    if found.outline is not None:
        return found.outline.architecture
    named = (found.config or {}).get("architectures")
    return str(named[0]) if isinstance(named, list) and named else None


def _head(found: Inspection) -> list[str] | None:
    """Return the layers of the checkpoint that are none of the backbone's, with their shapes.

    None where that cannot be told.
    """
    weights = found.outline.weights if found.outline else None
    tensors = found.index.tensors if found.index else {}
    if weights is None or not any(map(weights.in_backbone, tensors)):
        return None  # its names are not those of the network
    return [
        f"{name.removesuffix('.weight')} {[*tensor.shape]}"
        for name, tensor in tensors.items()
        if len(tensor.shape) > 1 and not weights.in_backbone(name)
    ]


def _rows(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield name and value of what is known."""
    loader, named = facts.get("loader"), facts["architecture"]
    other = any(problem["reason"] == "wrong_task" for problem in facts["problems"])
    rows = {
        "task": f"{'not ' * other}audio classification ({named})" if named else "",
        "loader": loader,
        "labels": listed(map(_label, facts.get("labels", ())), _MOST) if loader else "",
        "head": _head_row(facts.get("head")),
        "input": f"{facts['sampling_rate']:,} Hz" if facts.get("sampling_rate") else "",
        "size": _size(facts),
        "licence": facts.get("licence"),
        "languages": _among(facts.get("languages")),
        "trained on": _among(facts.get("datasets")),
        "gated": "its author has to grant access" if facts.get("gated") else "",
    }
    return ((name, value) for name, value in rows.items() if value)


def _among(names: Sequence[str] | None) -> str:
    return listed(names, _MOST) if names else ""


def _head_row(head: Sequence[str] | None) -> str:
    if head is None:
        return ""
    return listed(head, _MOST) if head else "none in the checkpoint"


def _label(of: Mapping[str, Any]) -> str:
    return (
        of["label"] if of["label"] == of["emotion"] else f"{of['label']} = {of['emotion'] or '?'}"
    )


def _size(facts: Mapping[str, Any]) -> str:
    if not facts.get("weight_files"):
        return ""
    size = f"{amount(facts['weight_size'])} in {listed(facts['weight_files'])}"
    weights = facts.get("parameters")
    if not weights:
        return size
    number = f"{weights / 1e6:,.1f} million" if weights >= 1e6 else f"{weights:,}"
    return f"{size}; {number} weights"
