"""The page that says which model to use, and why not the others."""

import base64
import hashlib
import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from sertify.errors import REASONS
from sertify.outcomes import GATES
from sertify.report import wording

__all__ = ["render"]

_NUMBERS = {
    "uar_all": "UAR",
    "uar": "UAR of its emotions",
    "accuracy": "Accuracy",
    "macro_f1": "Macro F1",
    "coverage": "Coverage",
    "segment_time": "Time per segment",
    "real_time_factor": "Real-time factor",
    "peak_memory": "Peak memory",
    "parameters": "Parameters",
    "size_on_disk": "Size on disk",
}
_SIGNS = {
    "PASS": ("✓", "pass"),
    "FAIL": ("✕", "fail"),
    "INCONCLUSIVE": ("?", "inconclusive"),
    "BLOCKED": ("!", "blocked"),
    "NOT_REACHED": ("\N{EN DASH}", "not reached"),
    None: ("·", "not judged"),
}
_REFERENCES = {"random": "Random", "majority": "Majority class"}


def render(results: Mapping[str, Any]) -> str:
    """Draw results.json as one HTML page.

    The page runs no script and asks for nothing: it opens from a disk without a network, and its
    security policy refuses whatever a model's name, a label or a file name may try.
    """
    css = files(__package__).joinpath("page.css").read_text("utf-8")
    page = _environment().get_template("page.html.j2")
    return page.render(css=Markup(css), policy=_policy(css), **_content(wording.clean(results)))


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("sertify", "report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": wording.number, "moment": wording.moment}
    environment.filters |= {"percent": _percent, "shade": _shade, "compact": _compact}
    environment.tests["as_expected"] = wording.as_expected
    environment.globals |= {"GATES": GATES, "REASONS": REASONS}
    environment.globals |= {"SIGNS": _SIGNS, "REFERENCES": _REFERENCES}
    return environment


def _policy(css: str) -> str:
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def _content(shown: Mapping[str, Any]) -> dict[str, Any]:
    candidates = wording.ranked(shown)
    head, why = wording.headline(shown["selection"])
    return {
        **shown,
        "head": head,
        "why": why,
        "candidates": candidates,
        "anchors": {candidate["name"]: f"c{i}" for i, candidate in enumerate(candidates, 1)},
        "standings": {c["name"]: wording.standing(c, shown["selection"]) for c in candidates},
        "columns": _columns(candidates),
        "confusions": {candidate["name"]: _confusion(candidate) for candidate in candidates},
        "recalls": {candidate["name"]: _recalls(candidate) for candidate in candidates},
    }


def _columns(candidates: list[Mapping[str, Any]]) -> dict[str, str]:
    """Name the numbers that at least one candidate has."""
    measured = {name for candidate in candidates for name in candidate["numbers"]}
    return {name: title for name, title in _NUMBERS.items() if name in measured}


def _confusion(candidate: Mapping[str, Any]) -> Any:
    """Return the first confusion matrix among the checks of accuracy, or None."""
    checks = candidate["gates"]["accuracy"]["checks"]
    return next((c["details"]["confusion"] for c in checks if "confusion" in c["details"]), None)


def _recalls(candidate: Mapping[str, Any]) -> dict[str, Any]:
    """Return the measured recall of each emotion."""
    checks = candidate["gates"]["accuracy"]["checks"]
    measured = {one["name"]: one for check in checks for one in check["measurements"]}
    recalls = {name.partition("recall:")[2]: one for name, one in measured.items()}
    return {emotion: one for emotion, one in recalls.items() if emotion}


def _percent(share: float) -> str:
    """Write a share between 0 and 1 as a coordinate on a scale of 100."""
    return f"{100 * min(max(share, 0.0), 1.0):.1f}"


def _shade(count: int, row: list[int]) -> int:
    """Grade a count's share of its row in tenths, for a class: the policy forbids inline styles."""
    return round(10 * count / sum(row)) if sum(row) else 0


def _compact(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
