"""What README.md of a data set declares of its files and labels, and what their names tell."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeGuard

from sertify.vocabulary.files import read_words
from sertify.vocabulary.yaml_lines import read_yaml

_WORDS = read_words(__file__)
_LONGEST = 1_000_000
_LONGEST_PATTERN, _MOST_PIECES = 300, 20
_PIECE = re.compile(r"(\*\*/|\*+|\?|\{[^{}]*\})")
_FRONT_MATTER = re.compile(r"\A\ufeff?\s*---\r?\n(.*?)\r?\n---(?:\r?\n|\Z)", re.DOTALL)
# As `datasets` names what it writes: data/train-00000-of-00002.parquet.
_SHARD = re.compile(r"(?:.*/)?(?P<split>\w[\w.]*?)-\d{5,}-of-\d{5,}(?:-\w+)?\.\w+")
SPLITS: Mapping[str, str] = {
    word: split for split, words in _WORDS["splits"].items() for word in words
}
"""The split by each word that means it, folded."""
_PART = re.compile(r"(.*-)(\d{5,9})-of-(\d{5,9})(?:-\w+)?\.\w+")
_APART = re.compile(r"[^a-z]+")


@dataclass(frozen=True)
class Configuration:
    """One of the ways in which a data set is to be read, as its README.md declares it.

    ``patterns`` are those of the names of its files, each with its split; None where it has none.
    """

    name: str
    patterns: tuple[tuple[str | None, str], ...]
    default: bool = False

    def files(self, names: Iterable[str]) -> dict[str, str | None]:
        """Return the split by name, of those files that are its."""
        every = self.patterns
        found = (
            (name, [split for split, glob in every if fits_glob(name, glob)]) for name in names
        )
        return {name: splits[0] for name, splits in found if splits}


@dataclass(frozen=True)
class DataCard:
    """What README.md of a data set declares; empty where nothing is said.

    ``classes`` are the names of what an integer in a column stands for, by the column's name.
    """

    configurations: tuple[Configuration, ...] = ()
    classes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def main(self) -> Configuration | None:
        """The configuration that is taken where nobody names one; None where there is no such."""
        several = [one for one in self.configurations if one.default or one.name == "default"]
        return next(
            iter(several or self.configurations[:1] * (len(self.configurations) == 1)), None
        )


def read_data_card(folder: Path) -> DataCard:
    """Return what the README.md of a folder declares."""
    content = _front_matter(folder)
    declared = content.get("configs")
    configs = [one for one in declared if isinstance(one, dict)] if _is_list(declared) else []
    # Configurations may name the classes of one column differently: then none is believed.
    every, classes = [*_classes(content)], dict(_classes(content))
    torn = {name for name, names in every if classes[name] != names}
    kept = {name: names for name, names in classes.items() if name not in torn}
    return DataCard(tuple(map(_configuration, configs)), kept)


def split_told_by(name: str) -> str | None:
    """Return the split that the name of a file, or of a folder on its way, tells.

    >>> [split_told_by(name) for name in ("train-00000-of-00002.parquet", "de/dev/a.tar", "a.tar")]
    ['train', 'validation', None]
    """
    if (shard := _SHARD.fullmatch(name)) and shard["split"] != "data":
        return SPLITS.get(shard["split"].casefold(), shard["split"])
    for part in reversed(name.casefold().split("/")):
        splits = {SPLITS[word] for word in _APART.split(part) if word in SPLITS}
        if len(splits) == 1:
            return splits.pop()
    return None


def absent_parts(names: Iterable[str]) -> Iterator[tuple[int, int, str]]:
    """Yield how many files of how many there are, where their names tell, and one that lacks.

    >>> list(absent_parts(["train-00000-of-00003.parquet", "train-00002-of-00003.parquet"]))
    [(2, 3, 'train-00001-of-00003')]
    """
    found: dict[tuple[str, str], set[int]] = {}
    for name in names:
        if part := _PART.fullmatch(name):
            found.setdefault((part[1], part[3]), set()).add(int(part[2]))
    for (start, total), numbers in found.items():
        if len(numbers) < int(total):
            lacking = next(number for number in range(len(numbers) + 1) if number not in numbers)
            yield len(numbers), int(total), f"{start}{lacking:0{len(total)}}-of-{total}"


def fits_glob(name: str, pattern: str) -> bool:
    """Whether a pattern of names of files is that of a name.

    ``*`` stands for any text without ``/``, ``**`` for any, ``{a,b}`` for either.

    >>> fits_glob("data/train-00000.parquet", "data/train-*"), fits_glob("a/b.wav", "*.wav")
    (True, False)
    """
    pieces = _PIECE.split(pattern.removeprefix("./"), _MOST_PIECES)
    if len(pattern) > _LONGEST_PATTERN or len(pieces) > 2 * _MOST_PIECES:
        return False
    # A regular expression could take for ever: whoever wrote README.md may want that.
    ends = {0}
    for piece in pieces:
        if ends and piece:
            ends = _after(name, piece, ends)
    return len(name) in ends


def _after(name: str, piece: str, starts: Collection[int]) -> set[int]:
    """Return where a piece of a pattern may end in a name, by where it may begin."""
    if piece == "**/":
        least = min(starts)
        return {*starts, *(at + 1 for at in range(least, len(name)) if name[at] == "/")}
    if piece.startswith("**"):
        return {*range(min(starts), len(name) + 1)}
    if piece == "*":
        found: set[int] = set()
        for start in sorted(starts):
            if start not in found:
                slash = name.find("/", start)
                found.update(range(start, (len(name) if slash < 0 else slash) + 1))
        return found
    if piece == "?":
        return {start + 1 for start in starts if name[start : start + 1] not in ("", "/")}
    either = piece.startswith("{") and piece.endswith("}")
    texts = piece[1:-1].split(",") if either else [piece]
    return {start + len(text) for start in starts for text in texts if name.startswith(text, start)}


def _front_matter(folder: Path) -> dict[Any, Any]:
    text = ""
    with suppress(OSError), (folder / "README.md").open(encoding="utf-8", errors="replace") as file:
        text = file.read(_LONGEST)
    found = _FRONT_MATTER.match(text)
    value = read_yaml(found[1].encode(), any_keys=True).value if found else None
    return value if isinstance(value, dict) else {}


def _configuration(content: Mapping[Any, Any]) -> Configuration:
    folder = content.get("data_dir")
    inside = f"{folder.strip('/')}/" if isinstance(folder, str) and folder.strip("/.") else ""
    patterns = tuple(_patterns(content.get("data_files")))
    if not patterns and inside:
        patterns = ((None, "**"),)
    return Configuration(
        str(content.get("config_name", "default")),
        tuple((split, inside + pattern) for split, pattern in patterns),
        content.get("default") is True,
    )


def _patterns(given: Any, split: str | None = None) -> Iterator[tuple[str | None, str]]:
    """Yield split and pattern of what may be a text, a list, or a mapping from the split."""
    if isinstance(given, str):
        yield split, given
    elif _is_list(given):
        for one in given:
            yield from _patterns(one, split)
    elif isinstance(given, dict) and "path" in given:
        yield from _patterns(given["path"], str(given.get("split") or split or "train"))
    elif isinstance(given, dict):
        for name, inner in given.items():
            yield from _patterns(inner, str(name))


def _classes(content: Mapping[Any, Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    declared = content.get("dataset_info")
    for info in declared if _is_list(declared) else [declared]:
        features = info.get("features") if isinstance(info, dict) else None
        for feature in features if _is_list(features) else ():
            if isinstance(feature, dict) and (names := _names_of(feature.get("dtype"))):
                yield str(feature.get("name")), names


def _names_of(kind: Any) -> tuple[str, ...]:
    label = kind.get("class_label") if isinstance(kind, dict) else None
    names = label.get("names") if isinstance(label, dict) else None
    if _is_list(names):
        return tuple(map(str, names))
    if not isinstance(names, dict):
        return ()
    numbered = {int(key): str(name) for key, name in names.items() if str(key).isdecimal()}
    every = tuple(numbered.get(key, "") for key in range(len(numbered)))
    return every if all(every) else ()


def _is_list(value: Any) -> TypeGuard[Sequence[Any]]:
    return isinstance(value, Sequence) and not isinstance(value, str)
