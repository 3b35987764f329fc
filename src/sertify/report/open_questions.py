"""What the speech cannot tell of the candidate that was chosen, and nobody holds against it."""

from collections.abc import Iterator

from sertify.report.results.model.candidate import CandidateResult
from sertify.report.results.model.results import Results
from sertify.vocabulary.condition_places import where_heard
from sertify.vocabulary.text import listed, shortened

_MOST = 4
_LONGEST = 60


def open_questions(results: Results) -> tuple[str, ...]:
    """Say in one sentence what cannot be told of the chosen one; nothing where all is told."""
    chosen = results.named(results.selection.candidate)
    asked = [*_conditions(chosen), *_groups(chosen), *_parts(chosen)] if chosen else []
    if not asked:
        return ()
    *first, last = asked
    whether = f"{', '.join(first)}, or {last}" if first else last
    return (f"Whether it {whether}, this speech cannot tell.",)


def _conditions(chosen: CandidateResult) -> Iterator[str]:
    families = dict.fromkeys(one.family for one in chosen.robustness if one.tolerated)
    places = [where_heard(family) for family in families]
    if places:
        yield f"holds up {listed(places, _MOST)}"


def _groups(chosen: CandidateResult) -> Iterator[str]:
    columns = [_cut(one.column) for one in chosen.fairness if one.tolerated]
    if columns:
        yield f"treats all alike by {listed(columns, _MOST)}"
    if any(one.worst_tolerated for one in chosen.fairness):
        yield "understands the worst group well enough"


def _parts(chosen: CandidateResult) -> Iterator[str]:
    found = chosen.streaming
    if found and found.tolerated:
        yield f"needs no more than {found.limit:g} s of speech"
    if found and found.flips_tolerated:
        yield "keeps to its answer while somebody speaks"


def _cut(text: str) -> str:
    return shortened(text, _LONGEST)
