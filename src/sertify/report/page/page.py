"""The page that says which model to use, and why not the others."""

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from sertify.report import formats, sentences
from sertify.report.open_questions import open_questions
from sertify.report.page import fairness, robustness, streaming, tables
from sertify.report.page.charts import charts
from sertify.report.results.model.candidate import CandidateResult
from sertify.report.results.model.results import Results
from sertify.selection.aims import AIMS
from sertify.vocabulary.outcomes import GATES
from sertify.vocabulary.reasons import meaning

_SIGNS = {
    "PASS": ("✓", "pass"),
    "FAIL": ("✕", "fail"),
    "INCONCLUSIVE": ("?", "inconclusive"),
    "BLOCKED": ("!", "blocked"),
    "NOT_REACHED": ("\N{EN DASH}", "not reached"),
    None: ("·", "not judged"),
}
_TOLERATED = ("?", "cannot tell")
_TOLERANCE = "the speech cannot tell, and nothing is held against it"
# What has a chart or a table of its own on the page.
_TOLD_ELSEWHERE = (
    "confusion", "class_shares", "rejected_clips", "notable_clips", "condition", "groups",
    "said_of_nothing", "speaker_level", "streaming", "worsened", "mended", "clips", "limit",
    "limit_unchanged", "uar_clean", "uar_disturbed", "unchanged_share",
)  # fmt: skip
_ORDER = ("PASS", "INCONCLUSIVE", "BLOCKED", "FAIL", "NOT_REACHED", None)
_AIMS = {name: name.capitalize() for name in AIMS[1:]}
_FOLDED = 12
_LISTED = 200
_WORDS = ("GO_ON", "MARK", "NO_SELECTION", "SEEN", "UAR")


def draw_page(results: Results, audio: Mapping[str, str] | None = None) -> str:
    """Draw results.json as one HTML page; ``audio`` has the data URIs of clips by their names.

    The page asks for nothing: it opens from a disk without a network. It runs its own scripts only,
    and its security policy refuses whatever a model's name, a label or a file name may try.
    """
    css = _read("page.css")
    scripts = [_read("vega/bundle.js"), _read("page.js")]
    return _template().render(
        css=Markup(css),
        scripts=[Markup(script) for script in scripts],
        policy=_policy(css, scripts),
        audio=dict(audio or {}),
        **_content(results.cleaned()),
    )


def _read(name: str) -> str:
    return files(__package__).joinpath(name).read_text("utf-8")


@cache  # a run draws the page when it begins, too, and compiling takes most of the time
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("sertify", "report/page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": formats.number, "moment": formats.moment}
    environment.filters["thousandths"] = formats.thousandths
    environment.filters |= {
        "shade": _shade,
        "meaning": meaning,
        "compact": _compact,
        "coded": _coded,
    }
    environment.filters |= {"p": _p, "reference": tables.reference}
    environment.tests["as_expected"] = formats.as_expected
    environment.globals |= {"REFERENCES": sentences.REFERENCES}
    environment.globals |= {"listeners": sentences.listeners}
    environment.globals |= {"SIGNS": _SIGNS, "ORDER": _ORDER}
    environment.globals |= {"TOLERATED": _TOLERATED, "TOLERANCE": _TOLERANCE}
    environment.globals |= {"TOLD_ELSEWHERE": _TOLD_ELSEWHERE}
    environment.globals |= {"FOLDED": _FOLDED, "LISTED": _LISTED}
    environment.globals |= {"AIMS": _AIMS, "worths": tables.worths}
    environment.globals |= {name: getattr(sentences, name) for name in _WORDS}
    environment.globals |= {"robustness_of": robustness, "fairness_of": fairness}
    environment.globals |= {"streaming_of": streaming}
    return environment.get_template("page.html.j2")


def _policy(css: str, scripts: Iterable[str]) -> str:
    allowed = " ".join(_digest(script) for script in scripts)
    return (
        f"default-src 'none'; script-src {allowed}; style-src-elem {_digest(css)};"
        # Vega sets the styles of what it draws on each element.
        " style-src-attr 'unsafe-inline'; media-src data:;"
        " base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _content(shown: Results) -> dict[str, Any]:
    selection, candidates = shown.selection, formats.ranked(shown)
    (first, *second), others = sentences.of_verdict(selection)
    head, why = formats.headline(first, selection.candidate)
    anchors = {candidate.name: f"c{i}" for i, candidate in enumerate(candidates, 1)}
    return {
        **dict(shown),
        "head": head,
        "unfinished": sentences.unfinished(shown.run),
        "why": why,
        "sure": second,
        "open_questions": open_questions(shown),
        "others": others,
        "candidates": candidates,
        "gates": [gate for gate in GATES if any(gate in one.gates for one in candidates)],
        "tolerance": any(gate.tolerated for one in candidates for gate in one.gates.values()),
        "anchors": anchors,
        "charts": charts(shown, candidates, anchors),
        "languages": sorted({tag for candidate in candidates for tag in candidate.languages}),
        "standings": {c.name: formats.standing(c, selection) for c in candidates},
        "columns": _columns(candidates),
        "heard": robustness.heard_in_conditions(candidates),
        "grouped": fairness.by_column(candidates),
        "confusions": {c.name: tables.confusions(c) for c in candidates},
        "recalls": {c.name: tables.measured_recalls(c) for c in candidates},
        "seen": {c.name: tables.trained_on(c) for c in candidates},
        "known": {c.name: tables.known(c) for c in candidates},
        "starred": {c.name for c in candidates if sentences.is_starred(c, shown.corpus)},
        "doubts": [*sentences.doubts(shown, most=10_000)],
        "compared": tables.compared(selection),
        "uars": tables.accuracies(selection),
        "agreement": tables.agreement(shown.unlabelled),
        "left_aside": tables.left_aside(shown),
        "speech": [(corpus, tables.rows_of(corpus)) for corpus in shown.speech],
        "counting": sentences.counting(shown),
        "by_part": tables.by_part(candidates, shown.corpus),
    }


def _columns(candidates: Iterable[CandidateResult]) -> dict[str, str]:
    """Name the numbers that at least one candidate has."""
    measured = {name for candidate in candidates for name in candidate.numbers}
    return {name: title for name, title in sentences.TITLES.items() if name in measured}


def _shade(count: int, row: list[int]) -> int:
    """Grade a count's share of its row in tenths, for a class: the policy forbids inline styles."""
    return round(10 * count / sum(row)) if sum(row) else 0


def _coded(text: str) -> Markup:
    """Set apart what stands between backticks."""
    pieces = text.split("`")
    if len(pieces) % 2 == 0:
        return escape(text)
    return Markup().join(
        Markup("<code>{}</code>").format(piece) if place % 2 else piece
        for place, piece in enumerate(pieces)
    )


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.2g}"


def _compact(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
