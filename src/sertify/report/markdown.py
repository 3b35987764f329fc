"""The summary for a pull request or a GitHub Actions job, in GitHub's Markdown."""

from collections.abc import Iterator, Mapping
from typing import Any

from sertify.errors import REASONS
from sertify.report.wording import clean, headline, moment, moved, number, ranked, standing

__all__ = ["render"]

_COLUMNS = ("candidate", "verdict", "UAR", "time per segment", "reason")
_LONGEST = 200
# An entity is text to Markdown wherever it stands, while a backslash is not inside a table's code.
_ENTITIES = {ord(character): f"&#{ord(character)};" for character in "\\`*_{}[]<>()!|~&:$\"'=^"}
# GitHub looks for mentions and issue numbers after rendering: only a gap hides them.
_ENTITIES |= {ord("@"): "@&#8203;", ord("#"): "&#35;&#8203;"}


def render(results: Mapping[str, Any]) -> str:
    """Draw results.json as a headline, a table of the candidates and what they were judged on."""
    shown = clean(results)
    head, why = headline(shown["selection"])
    notes = "\n".join(f"- {_text(text)}" for text in moved(shown))
    blocks = [f"### {_text(head)}", _text(why), "\n".join(_table(shown)), notes, _footer(shown)]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _table(shown: Mapping[str, Any]) -> Iterator[str]:
    yield _line(_COLUMNS)
    yield _line(("---", "---", "---:", "---:", "---"))
    for candidate in ranked(shown):
        yield _line(map(_text, _cells(candidate, standing(candidate, shown["selection"]))))
    for name, scores in shown["references"].items():
        yield _line((f"*{_text(name)}*", "*reference*", _text(number(scores.get("uar"))), "", ""))


def _cells(candidate: Mapping[str, Any], place: str) -> Iterator[str]:
    yield candidate["name"]
    yield place
    yield from (number(candidate["numbers"].get(name)) for name in ("uar_all", "segment_time"))
    yield _reason(candidate)


def _reason(candidate: Mapping[str, Any]) -> str:
    """Give the reason code with what was found, or with its meaning where nothing was said."""
    code = candidate["reason"]
    if code is None:
        return ""
    meaning = REASONS[code].meaning if code in REASONS else ""
    return f"{code}: {candidate['message'] or meaning}"


def _footer(shown: Mapping[str, Any]) -> str:
    corpus = shown["corpus"]
    data = f"{corpus['judged']:,} clips of {corpus['name']}" if corpus else "no corpus"
    made = f"sertify {shown['sertify']}, {data}, {moment(shown['created'])}"
    return f"<sub>{_text(made)}</sub>"


def _line(cells: Any) -> str:
    return f"| {' | '.join(cells)} |"


def _text(text: str) -> str:
    """Escape a text so that GitHub shows it letter for letter, cut where it is endless."""
    cut = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    return cut.translate(_ENTITIES).replace("www.", "www&#46;")
