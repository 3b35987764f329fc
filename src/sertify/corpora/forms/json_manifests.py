"""Manifests in JSON: lines as NeMo writes them, a document as SpeechBrain does, a list."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sertify.corpora.doubts import Doubt
from sertify.corpora.forms.manifests import (
    Manifest,
    listing_of_all,
    place_of,
)
from sertify.corpora.forms.resolving import PathFinder
from sertify.corpora.forms.roles import Table, roles_of
from sertify.corpora.forms.vote_columns import tells_labels
from sertify.corpora.listings import Declined, Form, Listing, Wish
from sertify.corpora.suffixes import SUFFIXES, UNREAD_SUFFIXES
from sertify.corpora.trees import Tree, ending
from sertify.vocabulary.emotions import emotion_of
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.text import amount, fold, listed, quoted

_ENDINGS = frozenset({".json", ".jsonl", ".ndjson", ".manifest"})
# What only manifests have, and what other JSON may have as well.
_OWN = ("audio_filepath", "wav")
_FILES = (
    *(*_OWN, "audio_file", "audio_path", "wav_path", "audio", "file_name", "filename"),
    *("file", "filepath", "file_path", "path"),
)
_MOST_MANIFESTS = 64
_DEEPEST = 3
_LONGEST_LINE = 2**20
_MOST_BYTES = 2**27  # of a document, which is read whole
_Rows = list[tuple[int, dict[str, Any]]]


def read_json_manifests(tree: Tree, wish: Wish) -> Listing | Declined | None:
    """Read the manifests of a folder, or the one that is named after ``manifest:``.

    Without emotions they are of speech recognition, and read where somebody asks for it only.

    Raises ``ConfigurationError`` where a row of one is none that can be read, naming it.
    """
    names = [wish.detail] if wish.detail else [*_candidates(tree)]
    if wish.detail and wish.detail not in tree.files:
        near = listed(_candidates(tree))
        raise ConfigurationError(
            f"--data {tree.root}: has no manifest {wish.detail!r}; its JSON files are {near}"
        )
    manifests, why = list[Manifest](), list[str]()
    for name in names:
        try:
            rows = _rows(tree.root / name)
            manifests += [] if rows is None else [_manifest(tree, name, *rows)]
        except ConfigurationError as error:
            if wish.detail or _names_audio(tree.root / name):
                raise
            why.append(Doubt(f"{name} not read: {error}", Doubt.TOLD))
    found = _listing(tree, manifests, wish)
    if isinstance(found, Listing):
        return replace(found, warnings=(*found.warnings, *why))
    return Declined((*(found.why if found else ()), *why)) if found or why else None


def _listing(tree: Tree, manifests: Sequence[Manifest], wish: Wish) -> Listing | Declined | None:
    if wish.named:
        return listing_of_all(tree, manifests, "manifest", wish) if manifests else None
    believed = [one for one in manifests if _is_believed(one, tree)]
    labelled = [
        one for one in believed if tells_labels(one.table, roles_of(one.table)[0], wish.labels)
    ]
    if believed and not labelled:
        what = listed(one.name for one in believed)
        return Declined((f"{what} not read: no emotion of a recording is told there",))
    return listing_of_all(tree, labelled, "manifest", wish) if labelled else None


def _is_believed(one: Manifest, tree: Tree) -> bool:
    """Whether it is a manifest; any JSON may hold paths, so one of these has to be there."""
    own = {fold(name) for name in _OWN} & {fold(column) for column in one.table.columns}
    return bool(own) or bool(PathFinder(tree, f"{one.folder}/").resolve(one.files).names)


def _names_audio(path: Path) -> bool:
    """Whether the start of a text names a recording; any JSON may have a key such as ``path``."""
    with path.open("rb") as file:
        start = file.read(_LONGEST_LINE).lower()
    return any(f'{suffix}"'.encode() in start for suffix in SUFFIXES | UNREAD_SUFFIXES)


MANIFESTS = Form("manifest", "manifest of NeMo or SpeechBrain", read_json_manifests)


def _candidates(tree: Tree) -> Iterator[str]:
    """Yield the names of what may be manifests; where there are many, they are none."""
    names = [
        name
        for name in tree.files
        if ending(name) in _ENDINGS
        and name.count("/") < _DEEPEST
        and not name.rpartition("/")[2].startswith("metadata.")
    ]
    if len(names) <= _MOST_MANIFESTS:
        yield from names


def _rows(path: Path) -> tuple[_Rows, str] | None:
    """Return the rows of a manifest and what they are called, None of what is no manifest."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            first = file.readline(_LONGEST_LINE)
            while first.isspace():
                first = file.readline(_LONGEST_LINE)
            row = _parsed(first)
            if isinstance(row, dict) and _file_key(row) and not _is_named(row):
                # Of other columns, a table of that ending is read as one.
                lines = ending(path.name) != ".jsonl" or fold(_OWN[0]) in map(fold, row)
                return ([*_lines(path)], "line") if lines else None
        document = _document(path)
    except (OSError, UnicodeDecodeError):
        return None
    rows = _entries(document)
    fitting = rows and all(_file_key(row) for row in rows)
    return ([*enumerate(rows, start=1)], "entry") if fitting else None


def _is_named(row: Mapping[str, Any]) -> bool:
    """Whether it is a document of named rows on one line."""
    return any(isinstance(value, dict) and _file_key(value) for value in row.values())


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    with path.open(encoding="utf-8-sig") as file:
        number = 0
        while line := file.readline(_LONGEST_LINE + 1):
            number += 1
            if line.isspace():
                continue
            row = _parsed(line)
            if not isinstance(row, dict) or not _file_key(row):
                raise ConfigurationError(
                    f'{path}:{number}: should be an object such as {{"audio_filepath": "a.wav"}}'
                )
            yield number, row


def _document(path: Path) -> Any:
    size = path.stat().st_size
    if size > _MOST_BYTES:
        raise ConfigurationError(
            f"{path}: is JSON of {amount(size)}, but of one document at most"
            f" {amount(_MOST_BYTES)} are read: write one object a line, in a .jsonl"
        )
    return _parsed(path.read_text("utf-8-sig"))


def _entries(document: Any) -> Sequence[dict[str, Any]]:
    """Return the rows of a document: a list, named rows, or the one list that an object has."""
    if isinstance(document, dict):
        rows = [*document.values()]
        key = "file_name" if any(ending(name) in SUFFIXES for name in document) else "id"
        if rows and all(isinstance(row, dict) for row in rows):
            return [{key: name} | row for name, row in document.items()]
        labels = [row for row in rows if isinstance(row, str) and emotion_of(row)]
        # Checksums and transcripts are told by the names of files as well.
        if key == "file_name" and 2 * len(labels) >= len(rows):
            return [{key: name, "label": str(label)} for name, label in document.items()]
        lists = [value for value in rows if isinstance(value, list)]
        document = lists[0] if len(lists) == 1 else None
    if isinstance(document, list) and all(isinstance(row, dict) for row in document):
        return document
    return ()


def _file_key(row: Mapping[str, Any]) -> str | None:
    folded = {fold(key): key for key in row}
    return next((folded[name] for name in map(fold, _FILES) if name in folded), None)


def _manifest(tree: Tree, name: str, rows: _Rows, unit: str) -> Manifest:
    path = tree.root / name
    columns = tuple(dict.fromkeys(key for _, row in rows for key in row))
    texts = tuple((number, tuple(_text(row.get(key)) for key in columns)) for number, row in rows)
    table = Table(path, columns, texts)
    places = [place_of(table, unit, number) for number, _ in rows]
    files = [_file(*pair) for pair in zip(places, (row for _, row in rows), strict=True)]
    inner = [row.get("wav") for _, row in rows]
    samples = [one if isinstance(one, dict) else None for one in inner]
    return Manifest(name, table, files, samples if any(samples) else None, unit)


def _text(value: object) -> str | None:
    """Return a scalar as text; what is none tells no fact of a recording."""
    if value is None or isinstance(value, (dict, list)) or value != value:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip() or None


def _file(place: str, row: Mapping[str, Any]) -> str:
    value = row[_file_key(row) or ""]
    if isinstance(value, dict):
        value = value.get("file") or value.get("files") or value.get("path")
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise ConfigurationError(
            f"{place}: its file is {quoted(value)}, but should be the path of one"
        )
    return value
