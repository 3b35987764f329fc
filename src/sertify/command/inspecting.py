"""Says what repositories are, in seconds and without their weights, and which entries to write."""

import json
import os
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sertify.candidates.reading import Candidate, Suite
from sertify.candidates.spelling import (
    DEFAULT_BRANCH,
    address_of,
    is_folder,
    is_hub_id,
    is_local,
    misspelling,
    spelling_doubt,
)
from sertify.candidates.writing import Book, free_name
from sertify.command.describing import facts_of, lines_of
from sertify.evidence.cache import Cache
from sertify.pipeline.checks import read_checks
from sertify.pipeline.inspection import Inspection, inspected
from sertify.pipeline.places import CHECKS
from sertify.pipeline.proposals import Proposal, propose
from sertify.pipeline.settings import Settings
from sertify.pipeline.stages import STAGES
from sertify.pipeline.way import Way
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.text import quoted

EntryDraft = Mapping[str, Any]
"""An entry of candidates.yaml, as it is written there."""


def inspect(
    references: Sequence[str],
    book: Book,
    *,
    revision: str | None = None,
    offline: bool = False,
    as_json: bool = False,
) -> Generator[str, None, int]:
    """Yield what each repository is, line by line; return 1 where one cannot be used, else 0.

    ``book`` has what is required of a candidate; ``revision`` is that of all.

    Raises
    ------
    ConfigurationError
        If a reference is none, or candidates.yaml is wrong.
    """
    entries = entries_for(references, book, revision)
    told: list[dict[str, Any]] = []
    with proposing(book, entries, offline=offline) as proposed:
        for entry in entries:
            told.append(facts_of(proposed(entry)) | {"listed_as": _listed_as(book, entry)})
            if not as_json:
                yield from [""] * (len(told) > 1)
                yield from lines_of(told[-1])
    if as_json:
        yield json.dumps(told, indent=2)
    return int(any(each["verdict"] != "usable" for each in told))


def entries_for(references: Sequence[str], book: Book, revision: str | None) -> list[EntryDraft]:
    """Return the entries that name what is asked for, and nothing else of it.

    What an address of the hub says is understood. Raises ``ConfigurationError`` as `inspect` does.
    """
    names = [*book.names]
    entries: list[EntryDraft] = []
    for reference in references:
        named = _named(reference, book.path.resolve().parent, revision)
        names.append(free_name(_wish(named["model"], book), names))
        entries.append({"name": names[-1], **named})
    return entries


@contextmanager
def proposing(
    book: Book, entries: Sequence[EntryDraft], *, offline: bool
) -> Iterator[Callable[[EntryDraft], Proposal]]:
    """Give what proposes an entry in place of one of these; their repositories are asked at once.

    The candidates are judged as a run of pytest on the book with that entry would do.
    """
    ahead = tuple(_candidate(book, entry) for entry in entries)
    reports = book.path.parent / "reports"
    settings = Settings(
        candidates=book.path, reports=reports, device="cpu", offline=offline, weights=False
    )
    modules = [*read_checks(CHECKS)]
    given = {"settings": settings, "suite": Suite(ahead), "ahead": ahead, "cache": Cache(None)}
    with closing(Way(STAGES, **given, store=None)) as run:

        def look(entry: EntryDraft) -> Inspection:
            candidate = _candidate(book, entry)
            if candidate not in ahead:
                run.get("repositories").forget(candidate)
            return inspected(run, modules, settings, candidate)

        yield lambda entry: propose(entry, look)


def _listed_as(book: Book, entry: EntryDraft) -> str:
    return book.holding(_candidate(book, entry))


def _candidate(book: Book, entry: EntryDraft) -> Candidate:
    return book.with_entry(entry).candidate(entry["name"])


def _named(reference: str, root: Path, revision: str | None) -> dict[str, Any]:
    """Return the keys of an entry that say which repository is meant."""
    also = {"revision": revision} if revision else {}
    if is_local(reference) or is_folder(reference, Path.cwd()):
        return {"model": _from(root, Path(reference).expanduser()), **also}
    address = address_of(reference)
    if address is not None and not address.refusal and is_hub_id(address.model):
        return {"model": address.model, **_place(address.revision, revision, reference)} | (
            {"subfolder": address.subfolder} if address.subfolder else {}
        )
    if not is_hub_id(reference):
        neither = f"which is neither an id nor a folder that is there{spelling_doubt(reference)}"
        problem = misspelling(reference) or f"is {quoted(reference)}, {neither}"
        raise ConfigurationError(f"MODEL {problem}")
    return {"model": reference, **also}


def _place(found: str | None, wish: str | None, reference: str) -> dict[str, str]:
    """Return the revision that is asked for, by an address or an option; the usual one is none."""
    if found and wish and found != wish:
        message = f"MODEL is {quoted(reference)}, at {found}, but --revision says {wish}"
        raise ConfigurationError(message)
    revision = wish or (found if found != DEFAULT_BRANCH else None)
    return {"revision": revision} if revision else {}


def _from(root: Path, folder: Path) -> str:
    """Return how a candidates file names a folder: relative where it is near."""
    place = folder.resolve()
    if root not in (place, *place.parents) and root.parent not in place.parents:
        return place.as_posix()
    path = Path(os.path.relpath(place, root)).as_posix()
    return path if path.startswith("..") else f"./{path}"


def _wish(model: str, book: Book) -> str:
    place = (book.path.resolve().parent / model).resolve()
    return place.name if is_local(model) else model.rpartition("/")[2]
