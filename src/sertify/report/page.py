"""The page that says which model to use, and why not the others."""

import base64
import hashlib
import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from sertify.aims import AIMS
from sertify.errors import REASONS
from sertify.outcomes import GATES
from sertify.report import sentences, views, wording

__all__ = ["render"]

_NUMBERS = {
    **sentences.UAR,
    "coverage": "Coverage",
    "accuracy": "Accuracy",
    "macro_f1": "Macro F1",
    "segment_time": "Time per segment",
    "real_time_factor": "Real-time factor",
    "peak_memory": "Peak memory",
    "parameters": "Parameters",
    "size_on_disk": "Size on disk",
    "consistency": "Consistency",
    "class_share": "Class shares off by",
    "calibration_error": "Calibration error",
    "brier_score": "Brier score",
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
_AIMS = {name: name.capitalize() for name in AIMS}
_FOLDED = 12
_WORDS = ("MARK", "NO_SELECTION", "SEEN", "UAR")


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
    environment.filters |= {"p": _p, "reference": views.reference}
    environment.globals |= {"SIGNS": _SIGNS, "REFERENCES": _REFERENCES, "FOLDED": _FOLDED}
    environment.globals |= {"AIMS": _AIMS, "UNLABELLED_AIMS": _AIMS | {"accuracy": "Agreement"}}
    environment.globals |= {name: getattr(sentences, name) for name in _WORDS}
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
        "confusions": {c["name"]: views.confusions(c) for c in candidates},
        "recalls": {c["name"]: views.recalls(c) for c in candidates},
        "seen": {c["name"]: views.seen(c) for c in candidates},
        "known": {c["name"]: views.known(c) for c in candidates},
        "starred": {c["name"] for c in candidates if sentences.is_starred(c, shown["corpus"])},
        "firm": sentences.firmness(shown["selection"]),
        "confirmed": sentences.confirmation(shown["selection"]),
        "compared": views.compared(shown["selection"]),
        "uncommon": views.uncommon(shown),
        "speech": [views.accounted(corpus) for corpus in sentences.speech_of(shown)],
        "by_part": views.by_part(candidates, shown["corpus"]),
    }


def _columns(candidates: list[Mapping[str, Any]]) -> dict[str, str]:
    """Name the numbers that at least one candidate has."""
    measured = {name for candidate in candidates for name in candidate["numbers"]}
    return {name: title for name, title in _NUMBERS.items() if name in measured}


def _percent(share: float) -> str:
    """Write a share between 0 and 1 as a coordinate on a scale of 100."""
    return f"{100 * min(max(share, 0.0), 1.0):.1f}"


def _shade(count: int, row: list[int]) -> int:
    """Grade a count's share of its row in tenths, for a class: the policy forbids inline styles."""
    return round(10 * count / sum(row)) if sum(row) else 0


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.2g}"


def _compact(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
