"""A JSON file for each recording, as AI-Hub has them: what is told stands at any depth in it."""

import functools
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sertify.corpora.forms.manifests import Manifest, listing_of_all
from sertify.corpora.forms.roles import COLUMN_NAMES, Table, aliases_of, roles_of
from sertify.corpora.forms.vote_columns import tells_labels
from sertify.corpora.listings import Declined, Form, Listing, Wish
from sertify.corpora.splits import split_of
from sertify.corpora.trees import Tree, ending
from sertify.vocabulary.files import read_start, read_words
from sertify.vocabulary.text import counted, fold, listed

_KEYS = {
    what: tuple(fold(word).replace(" ", "") for word in words)
    for what, words in read_words(__file__).items()
}
_ROLES = frozenset().union(*map(aliases_of, COLUMN_NAMES)) | frozenset(
    key for keys in _KEYS.values() for key in keys
)
_MOST_BYTES = 2**22
_MOST_VALUES = 2_000
_DEEPEST = 8
_LONGEST = 200
# A number of one or two digits says which of those who talk in one recording it is.
_NUMBER = re.compile(r"\d{1,2}")


def read_recordings(tree: Tree, wish: Wish) -> Listing | Declined | None:
    """Read the recordings that have a JSON file of their own name, and the turns in them."""
    pairs, strays = _pairs(tree)
    if not pairs or not (wish.named or (len(pairs) > 1 and 2 * len(pairs) >= len(tree.audio))):
        return None
    rows, broken = list[dict[str, str]](), list[str]()
    for name, audio in pairs.items():
        document = _document(tree.root / name)
        if document is None:
            broken.append(name)
            continue
        rows += [{**row, "file_name": audio} for row in _rows(document, audio)]
    columns = tuple(dict.fromkeys(["file_name", *(key for row in rows for key in row)]))
    texts = (tuple(row.get(column) for column in columns) for row in rows)
    table = Table(tree.root, columns, tuple(enumerate(texts, start=1)))
    if not wish.named and not tells_labels(table, roles_of(table)[0], wish.labels):
        return Declined((f"{counted(len(pairs), 'JSON file')} not read: none tells an emotion",))
    files = [row["file_name"] for row in rows]
    manifest = Manifest("", table, files, unit="entry")
    listing = listing_of_all(tree, [manifest], "JSON of each recording", wish)
    return Listing(**{**vars(listing), "warnings": (*listing.warnings, *_said(broken, strays))})


RECORDINGS = Form("json", "JSON file of each recording", read_recordings)


def _said(broken: list[str], strays: list[str]) -> Iterator[str]:
    if broken:
        yield f"{counted(len(broken), 'file')} not read, no JSON: {listed(broken, most=3)}"
    if strays:
        yield (
            f"{counted(len(strays), 'JSON file')} not read, as no recording is called like"
            f" {'it' if len(strays) == 1 else 'them'}: {listed(strays, most=3)}"
        )


def _pairs(tree: Tree) -> tuple[dict[str, str], list[str]]:
    """Return the recording of each JSON file, and the names of those that have none."""
    by_stem: defaultdict[str, list[str]] = defaultdict(list)
    for name in tree.audio:
        by_stem[_stem(name)].append(name)
    pairs, strays = {}, []
    for name in (one for one in tree.files if ending(one) == ".json"):
        found = _likely(name, by_stem.get(_stem(name), []))
        if len(found) == 1:
            pairs[name] = found[0]
        else:
            strays.append(name)
    return pairs, strays


def _likely(name: str, recordings: Sequence[str]) -> Sequence[str]:
    """Return those in the same folder, else those with most folders in common, such as ``s1``."""
    if len(recordings) < 2:
        return recordings
    beside = [one for one in recordings if one.rpartition("/")[0] == name.rpartition("/")[0]]
    way = Counter(name.split("/")[:-1])
    common = {one: (way & Counter(one.split("/")[:-1])).total() for one in recordings}
    return beside or [one for one in recordings if common[one] == max(common.values())]


def _stem(name: str) -> str:
    base = name.rpartition("/")[2]
    return base[: -len(ending(base))] if ending(base) else base


def _document(path: Path) -> Any:
    try:
        content = read_start(path) if path.stat().st_size <= _MOST_BYTES else b""
    except OSError:
        return None
    for encoding in ("utf-8-sig", "cp949"):
        try:
            return json.loads(content.decode(encoding))
        except (UnicodeDecodeError, RecursionError):
            continue
        except ValueError:
            return None
    return None


def _rows(document: Any, audio: str) -> Iterator[dict[str, str]]:
    """Yield what is told of a recording, or of each turn of those who talk in it."""
    whole = _facts(document)
    whole["split"] = next(filter(None, map(_split, audio.split("/")[:-1])), "")
    turns = _turns(document, _DEEPEST)
    for turn in turns or [{}]:
        row = whole | {key: value for key, value in _facts(turn).items() if value}
        if turns and _NUMBER.fullmatch(row.get("speaker", "")):
            row["speaker"] = f"{_stem(audio)}/{row['speaker']}"
        yield {key: value for key, value in row.items() if value}


def _split(folder: str) -> str | None:
    return next(filter(None, map(split_of, re.split(r"[\W\d_]+", folder))), None)


def _turns(value: Any, depth: int) -> list[dict[str, Any]]:
    """Return the first list of objects that have a start, an end and an emotion each."""
    if depth == 0 or not isinstance(value, (dict, list)):
        return []
    if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
        facts = map(_facts, value)
        if all(one.get("start") and one.get("end") for one in facts) and any(
            _facts(one).get("label") for one in value
        ):
            return value
    inner = value.values() if isinstance(value, dict) else value
    found = (_turns(one, depth - 1) for one in inner if isinstance(one, (dict, list)))
    return next(filter(None, found), [])


def _facts(document: Any) -> dict[str, str]:
    """Return the columns of a table that an object tells, whatever it holds at whichever depth."""
    scalars: dict[str, str] = {}
    for key, value in _scalars(document):
        scalars.setdefault(key, value)
    by_key = {_bare(key): value for key, value in reversed(scalars.items())}
    facts = {
        what: next((by_key[key] for key in keys if key in by_key), "")
        for what, keys in _KEYS.items()
        if what not in ("file", "inside")
    }
    rest = {key: value for key, value in scalars.items() if not {_bare(key), _folded(key)} & _ROLES}
    return rest | facts


_folded = functools.lru_cache(4096)(fold)  # the same keys stand in each file


def _bare(key: str) -> str:
    return _folded(key).replace(" ", "")


def _scalars(document: Any) -> Iterator[tuple[str, str]]:
    """Yield keys and short values, those of the upper levels first; none that is in a list."""
    level = [("", document)]
    left = _MOST_VALUES
    for _ in range(_DEEPEST):
        deeper: list[tuple[str, Any]] = []
        for above, value in level:
            for key, inner in value.items() if isinstance(value, dict) else ():
                left -= 1
                if left < 0:
                    return
                named = _bare(str(key))
                if isinstance(inner, dict):
                    deeper.append((named, inner))
                elif isinstance(inner, (str, int, float)) and len(str(inner)) <= _LONGEST:
                    text = str(inner).strip().replace("\0", "")
                    yield str(key), text
                    if named in _KEYS["inside"] and above in _KEYS["label"]:
                        yield above, text
        level = deeper
