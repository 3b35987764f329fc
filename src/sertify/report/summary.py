"""The summary for a pull request or a GitHub Actions job, in GitHub's Markdown."""

from collections.abc import Iterable, Iterator

from sertify.report import sentences
from sertify.report.changes import since
from sertify.report.formats import as_expected, headline, moment, moves, number, ranked, standing
from sertify.report.open_questions import open_questions
from sertify.report.results.model.candidate import CandidateResult
from sertify.report.results.model.results import Results
from sertify.vocabulary.reasons import meaning

_COLUMNS = ("candidate", "verdict", "{}", sentences.UAR["uar_own"], "time per segment", "reason")
_LONGEST, _LONGEST_CELL = 1000, 200
# An entity is text to Markdown wherever it stands, while a backslash is not inside a table's code.
_ENTITIES = {ord(character): f"&#{ord(character)};" for character in "\\`*_{}[]<>()!|~&:$\"'=^"}
# GitHub looks for mentions and issue numbers after rendering: only a gap hides them.
_ENTITIES |= {ord("@"): "@&#8203;", ord("#"): "&#35;&#8203;"}


def draw_summary(results: Results) -> str:
    """Draw results.json as a headline, a table of the candidates and what they were judged on."""
    shown = results.cleaned()
    (first, *second), others = sentences.of_verdict(shown.selection)
    head, why = headline(first, shown.selection.candidate)
    blocks = [f"### {_text(head)}", *map(_text, [why, *second, *open_questions(shown)])]
    if unfinished := sentences.unfinished(shown.run):
        blocks.insert(0, f"> **{_text(unfinished)}** {_text(sentences.GO_ON)}")
    if shown.unlabelled:
        blocks.append(f"> **{sentences.NO_SELECTION}:** {_text(shown.unlabelled.sentence)}")
    if shown.changes:
        blocks.append(_items(since.matters(shown.changes, most=8)))
    blocks += ["\n".join(_table(shown)), _items([*others, *_notes(shown)]), _footer(shown)]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _notes(shown: Results) -> Iterator[str]:
    if any(sentences.is_starred(candidate, shown.corpus) for candidate in shown.candidates):
        yield sentences.SEEN
    yield from filter(None, map(sentences.clips, shown.speech))
    yield from sentences.doubts(shown)
    yield from moves(shown)


def _table(shown: Results) -> Iterator[str]:
    over = sentences.over(shown)
    uar = sentences.UAR["uar"] + (f" ({over})" if over else "")
    yield _line(heading.format(uar) for heading in _COLUMNS)
    yield _line(("---", "---", "---:", "---:", "---:", "---"))
    for candidate in ranked(shown):
        yield _line(_text(cell, _LONGEST_CELL) for cell in _cells(candidate, shown))
    for name, scores in shown.references.items():
        uar = _text(number(scores.get("uar")))
        yield _line((f"*{_text(name)}*", "*reference*", uar, "", "", ""))


def _cells(candidate: CandidateResult, shown: Results) -> Iterator[str]:
    yield candidate.name
    place = standing(candidate, shown.selection)
    yield f"{place}, as expected" if as_expected(candidate) else place
    starred = sentences.is_starred(candidate, shown.corpus)
    yield number(candidate.numbers.get("uar")) + sentences.MARK * starred
    yield number(candidate.numbers.get("uar_own"))
    yield number(candidate.numbers.get("segment_time"))
    yield _reason(candidate)


def _reason(candidate: CandidateResult) -> str:
    """Give the reason code with what was found, or with its meaning where nothing was said."""
    code = candidate.reason
    if code is None:
        return ""
    return f"{code}: {candidate.message or meaning(code)}"


def _footer(shown: Results) -> str:
    clips = [f"{corpus.judged:,} clips of {corpus.name}" for corpus in shown.speech]
    data = ", ".join(clips) or "no corpus"
    made = f"sertify {shown.sertify}, {data}, {moment(shown.created)}"
    return f"<sub>{_text(made)}</sub>"


def _items(texts: Iterable[str]) -> str:
    return "\n".join(f"- {_text(text)}" for text in texts)


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _text(text: str, longest: int = _LONGEST) -> str:
    """Escape a text so that GitHub shows it letter for letter, cut where it is endless."""
    cut = text if len(text) <= longest else text[: longest - 1] + "…"
    return cut.translate(_ENTITIES).replace("www.", "www&#46;")
