"""Cuts results.json into the tables of the page."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sertify.report.results.speech import rejected_of
from sertify.report.sentences import is_seen, unjudged

Shown = Mapping[str, Any]


def compared(selection: Shown) -> list[dict[str, Any]]:
    """List the candidates that were compared by their UAR, the best first, with what that says."""
    found = selection["comparison"]
    if found is None:
        return []
    behind = {one["other"]: one for one in found["differences"]}
    ranked = sorted(found["uar"], key=lambda name: (name in behind, -found["uar"][name]["value"]))
    return [
        {
            "name": name,
            "uar": found["uar"][name],
            "difference": behind.get(name),
            "said": _said(name, behind, selection) if behind else "",
        }
        for name in ranked
    ]


def _said(name: str, behind: Shown, selection: Shown) -> str:
    if name not in behind:
        return "the most accurate"
    if name in selection["tied"]:
        return "not told apart"
    near = selection["margin"] and behind[name]["low"] <= selection["margin"]
    return "less accurate, within the margin" if near else "less accurate"


def uncommon(shown: Shown) -> dict[str, list[str]]:
    """Return by corpus its emotions that took no part in the comparison."""
    found = shown["selection"]["comparison"]
    common = found["emotions"] if found else {}
    corpora = {one["name"]: one["emotions"] for one in _parts(shown["corpus"])}
    return {
        corpus: [emotion for emotion in corpora.get(corpus, ()) if emotion not in emotions]
        for corpus, emotions in common.items()
    }


def accounted(corpus: Shown) -> dict[str, Any]:
    """Add to a corpus a row for each that it was joined from: its clips, and why not all count."""
    rows = [_row(one, corpus) for one in _parts(corpus)]
    return {**corpus, "rows": rows}


def _row(part: Shown, corpus: Shown) -> dict[str, Any]:
    rejected = rejected_of(part, corpus)
    judged = part["clips"] - len({one["file"] for one in rejected})
    row = {**part, "judged": judged, "rejected": rejected}
    return row | {"why": unjudged(row)}


def by_part(candidates: Iterable[Shown], corpus: Shown | None) -> dict[str, list[dict[str, Any]]]:
    """Return by part of the speech how each candidate did on it."""
    found: dict[str, list[dict[str, Any]]] = {}
    for candidate in candidates:
        for part in candidate["parts"]:
            name, seen = part["part"], part["seen"]
            row = {**part, "name": candidate["name"]}
            row |= {"seen": {name: seen[name]} if name in seen else seen}
            found.setdefault(name, []).append(row | {"decides_nothing": is_seen(part, corpus)})
    return found


def confusions(candidate: Shown) -> list[tuple[str, Any, Any]]:
    """List the part of the speech, the confusions on it, and the shares of each emotion."""
    return [
        (check["check"].partition("@")[2], check["details"]["confusion"], shares)
        for check in candidate["gates"]["accuracy"]["checks"]
        if "confusion" in check["details"]
        for shares in [check["details"].get("class_shares")]
    ]


def recalls(candidate: Shown) -> dict[str, Any]:
    """Return the measured recall of each emotion, on all the speech that was judged."""
    for check in candidate["gates"]["accuracy"]["checks"]:
        named = {one["name"].partition("recall:")[2]: one for one in check["measurements"]}
        found = {emotion: one for emotion, one in named.items() if emotion}
        if found:
            return found
    return {}


def seen(candidate: Shown) -> dict[str, str]:
    """Return the corpora that a candidate has seen in its training, and why they count as seen."""
    return {corpus: why for part in candidate["parts"] for corpus, why in part["seen"].items()}


def known(candidate: Shown) -> list[str]:
    """List the corpora that a model card names."""
    repository = candidate["repository"]
    return [*dict.fromkeys([*repository.get("datasets", ()), *repository.get("mentions", ())])]


def reference(scores: Shown, column: str) -> dict[str, Any]:
    """Return what a model that hears nothing scores; of its own emotions it has none."""
    if column != "uar_all":
        return {"value": None if column == "uar" else scores.get(column)}
    return {"value": scores["uar"], "low": scores.get("uar_low"), "high": scores.get("uar_high")}


def _parts(corpus: Shown | None) -> Sequence[Shown]:
    return [] if corpus is None else corpus["parts"] or [corpus]
