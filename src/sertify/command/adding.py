"""Adds entries for repositories to candidates.yaml, as far as their files tell what to write."""

from collections.abc import Generator, Iterator, Sequence
from pathlib import Path

from sertify.candidates.writing import Book
from sertify.command.describing import facts_of, sentence_of
from sertify.command.inspecting import EntryDraft, entries_for, proposing
from sertify.pipeline.proposals import Proposal
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.reasons import reason_of
from sertify.vocabulary.yaml_writing import as_lines

# Of what is not there, an entry would be a guess.
_NOWHERE = ("not_found", "revision_not_found")


def add(
    references: Sequence[str],
    path: Path,
    *,
    name: str | None = None,
    revision: str | None = None,
    pin: bool = False,
    offline: bool = False,
) -> Generator[str, None, int]:
    """Add an entry for each repository; yield what was done, return 1 where one was left out.

    ``pin`` writes the commits that they are at. One that cannot be used gets an entry which says
    so. What could not be looked at, or is not there, gets none.

    Raises
    ------
    ConfigurationError
        If one is there already, or a file or a reference is wrong; nothing is written then.
    OSError
        If the file is read-only, which is told at once, or cannot be written.
    """
    book = Book.read(path)
    entries = [*_named(entries_for(references, book, revision), name, book)]
    _require_new(book, entries)
    book.require_writable()
    written: list[EntryDraft] = []
    with proposing(book, entries, offline=offline) as proposed:
        for proposal in map(proposed, entries):
            yield sentence_of(facts_of(proposal))
            if entry := _to_write(proposal, pin):
                written.append(entry)
                yield from as_lines(entry)
            else:
                yield f"  not added: {_why(proposal)}"
    _write(path, written)
    names = ", ".join(str(entry["name"]) for entry in written)
    yield f"{path}: added {names}" if written else f"{path}: left as it was"
    return int(len(written) < len(entries))


def _named(entries: Sequence[EntryDraft], name: str | None, book: Book) -> Iterator[EntryDraft]:
    """Give the entry the name that was asked for, if one was."""
    if name is not None and len(entries) > 1:
        raise ConfigurationError("--name goes with one model; leave it out, or add one at a time")
    if name in book.names:
        raise ConfigurationError(f"{book.path}: has a candidate {name} already; give another name")
    yield from entries if name is None else [{**entries[0], "name": name}]


def _require_new(book: Book, entries: Sequence[EntryDraft]) -> None:
    for entry in entries:
        known = book.holding(book.with_entry(entry).candidate(entry["name"]))
        if known:
            there = f"{entry['model']} is there already, as {known}"
            raise ConfigurationError(f"{book.path}: {there}; give --revision to add another of it")
        book = book.with_entry(entry)


def _to_write(proposal: Proposal, pin: bool) -> EntryDraft | None:
    found, entry = proposal.inspection, proposal.entry
    if entry is None or found.reason in _NOWHERE:
        return None
    snapshot = found.snapshot
    if not pin or snapshot is None or not snapshot.of_hub:
        return entry
    # Where it stands in entries that people write.
    first = {key: entry[key] for key in ("name", "model")}
    return {
        **first,
        "revision": snapshot.commit,
        **{k: v for k, v in entry.items() if k != "revision"},
    }


def _why(proposal: Proposal) -> str:
    flaw = proposal.inspection.flaw
    assert flaw is not None
    assert flaw.reason is not None
    return f"{flaw.reason}: {flaw.message}; {reason_of(flaw.reason).cure}"


def _write(path: Path, written: Sequence[EntryDraft]) -> None:
    """Add to the file as it is now, for looking at repositories takes its time."""
    if written:
        book = Book.read(path)
        for entry in written:
            book = book.with_entry(entry)
        book.write()
