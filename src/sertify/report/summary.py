"""The summary for a pull request or a GitHub Actions job, in GitHub's Markdown."""

from collections.abc import Iterator, Mapping
from typing import Any

from sertify.report import sentences
from sertify.report.changes import since
from sertify.report.formats import as_expected, headline, moment, moved, number, ranked, standing
from sertify.vocabulary.reasons import REASONS
from sertify.vocabulary.text import clean

_COLUMNS = ("candidate", "verdict", sentences.UAR["uar_all"], "time per segment", "reason")
_LONGEST, _LONGEST_CELL = 1000, 200
# An entity is text to Markdown wherever it stands, while a backslash is not inside a table's code.
_ENTITIES = {ord(character): f"&#{ord(character)};" for character in "\\`*_{}[]<>()!|~&:$\"'=^"}
# GitHub looks for mentions and issue numbers after rendering: only a gap hides them.
_ENTITIES |= {ord("@"): "@&#8203;", ord("#"): "&#35;&#8203;"}


def render(results: Mapping[str, Any]) -> str:
    """Draw results.json as a headline, a table of the candidates and what they were judged on."""
    shown = clean(results)
    head, why = headline(shown["selection"])
    notes = "\n".join(f"- {_text(text)}" for text in _notes(shown))
    table = "\n".join(_table(shown))
    top = [f"### {_text(head)}", _text(why), _choice(shown), _changes(shown)]
    blocks = [*top, table, notes, _footer(shown)]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _choice(shown: Mapping[str, Any]) -> str:
    """Say how sure the choice is; what is no selection stands apart, and says so."""
    selection, unlabelled = shown["selection"], shown["unlabelled"]
    sure = [sentences.firmness(selection), sentences.confirmation(selection)]
    lines = [" ".join(_text(text) for text in sure if text)]
    if unlabelled:
        lines.append(f"> **{sentences.NO_SELECTION}:** {_text(unlabelled['sentence'])}")
    return "\n\n".join(line for line in lines if line)


def _changes(shown: Mapping[str, Any]) -> str:
    found = shown.get("changes")
    return "\n".join(f"- {_text(text)}" for text in since.told(found, most=8)) if found else ""


def _notes(shown: Mapping[str, Any]) -> Iterator[str]:
    if any(sentences.is_starred(one, shown["corpus"]) for one in shown["candidates"]):
        yield sentences.SEEN
    for corpus in sentences.speech_of(shown):
        if unjudged := sentences.clips(corpus):
            yield unjudged
    yield from sentences.doubts(shown)
    yield from moved(shown)


def _table(shown: Mapping[str, Any]) -> Iterator[str]:
    yield _line(_COLUMNS)
    yield _line(("---", "---", "---:", "---:", "---"))
    for candidate in ranked(shown):
        yield _line(_text(cell, _LONGEST_CELL) for cell in _cells(candidate, shown))
    for name, scores in shown["references"].items():
        yield _line((f"*{_text(name)}*", "*reference*", _text(number(scores.get("uar"))), "", ""))


def _cells(candidate: Mapping[str, Any], shown: Mapping[str, Any]) -> Iterator[str]:
    numbers = candidate["numbers"]
    yield candidate["name"]
    place = standing(candidate, shown["selection"])
    yield f"{place}, as expected" if as_expected(candidate) else place
    starred = sentences.is_starred(candidate, shown["corpus"])
    yield number(numbers.get("uar_all")) + sentences.MARK * starred
    yield number(numbers.get("segment_time"))
    yield _reason(candidate)


def _reason(candidate: Mapping[str, Any]) -> str:
    """Give the reason code with what was found, or with its meaning where nothing was said."""
    code = candidate["reason"]
    if code is None:
        return ""
    meaning = REASONS[code].meaning if code in REASONS else ""
    return f"{code}: {candidate['message'] or meaning}"


def _footer(shown: Mapping[str, Any]) -> str:
    speech = [f"{one['judged']:,} clips of {one['name']}" for one in sentences.speech_of(shown)]
    data = ", ".join(speech) or "no corpus"
    made = f"sertify {shown['sertify']}, {data}, {moment(shown['created'])}"
    return f"<sub>{_text(made)}</sub>"


def _line(cells: Any) -> str:
    return f"| {' | '.join(cells)} |"


def _text(text: str, longest: int = _LONGEST) -> str:
    """Escape a text so that GitHub shows it letter for letter, cut where it is endless."""
    cut = text if len(text) <= longest else text[: longest - 1] + "…"
    return cut.translate(_ENTITIES).replace("www.", "www&#46;")
