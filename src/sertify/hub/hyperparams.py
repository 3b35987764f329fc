"""What a SpeechBrain repository says of itself, read without running any of it.

`hyperparams.yaml` is HyperPyYAML: SpeechBrain imports and calls whatever its tags name. Here tags
construct nothing, and what follows a tag is read as if the tag were not there.
"""

import ast
import re
import warnings
from typing import Any

from sertify.hub.plausible import LONGEST_NAME
from sertify.vocabulary.text import quoted
from sertify.vocabulary.yaml_lines import Document, Location, read_yaml

_MAX_CHARACTERS = 250_000
_MAX_STEPS = 32  # from one reference to the next
_MAX_TEXT = 10_000  # of a text put together from references
_REFERENCE = re.compile(r"<([^<>\[\]]+)>")
# As `repr` writes it, and nothing else that Python could evaluate.
_LITERAL = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""")
_MAKERS = ("!new:", "!name:", "!apply:", "!module:")


def read_hyperparams(text: str) -> dict[str, Any]:
    """Return the values of a hyperparams.yaml, with its references to plain values resolved.

    `!ref <key>` becomes the value of the key, and `!ref <folder>/file` text. A reference to
    anything but a plain value, such as a module, stays the text it is: ``"<wav2vec2>"``.
    """
    references = _References(_read(text))
    return {key: references.resolve(value, (key,)) for key, value in references.values.items()}


def class_names(text: str) -> dict[str, str]:
    """Return what each key at the top would be made with: ``{"avg_pool": "speechbrain..."}``."""
    return {
        str(at[0]): tag.partition(":")[2]
        for at, tag in _read(text).tags.items()
        if len(at) == 1 and tag.startswith(_MAKERS)
    }


def label_names(text: str) -> tuple[str, ...]:
    """Return the labels of a label_encoder.txt, in the order of the outputs they name."""
    if len(text) > _MAX_CHARACTERS:
        raise ValueError(f"{len(text):,} characters, but at most {_MAX_CHARACTERS:,}")
    names: dict[int, str] = {}
    indexes: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if line and not line.strip("="):
            break
        name, index = _label(line, number)
        if index in names:
            other = quoted(names[index])
            raise ValueError(f"line {number}: index {index} is already that of {other}")
        if indexes.setdefault(name, index) != index:
            raise ValueError(f"line {number}: {quoted(name)} already has an index")
        names[index] = name
    else:
        raise ValueError("it ends before its line of equals signs; is it complete?")
    if not names:
        raise ValueError("it names no label")
    gaps = sorted(set(range(len(names))) - names.keys())
    if gaps:
        raise ValueError(f"its {len(names)} labels leave out index {gaps[0]}")
    return tuple(names[index] for index in range(len(names)))


def _label(line: str, number: int) -> tuple[str, int]:
    literal, arrow, index = line.strip().rpartition(" => ")
    if not arrow:
        raise ValueError(f"line {number}: not of the form 'label' => index")
    if not _LITERAL.fullmatch(literal):
        raise ValueError(f"line {number}: the label is not text in quotes")
    try:
        with warnings.catch_warnings(action="ignore"):  # of escapes that Python does not know
            name: str = ast.literal_eval(literal)
    except (ValueError, SyntaxError):
        raise ValueError(f"line {number}: the label is not text in quotes") from None
    if len(name) > LONGEST_NAME:
        length = f"{len(name):,} characters, but at most {LONGEST_NAME} are read"
        raise ValueError(f"line {number}: the label has {length}")
    if not (index.isascii() and index.isdigit() and len(index) < 7):
        raise ValueError(f"line {number}: the index is not a whole number from 0 up")
    return name, int(index)


def _read(text: str) -> Document:
    document = read_yaml(text.encode(errors="replace"), any_keys=True, tags=True)
    document.require_sound()
    if not isinstance(document.value, dict):
        raise ValueError("it is not a mapping from names to values")
    return document


class _References:
    """Values of the top that are texts or numbers, found once each however often referred to."""

    def __init__(self, document: Document) -> None:
        self._document = document
        top: Any = document.value
        self.values = {str(key): value for key, value in top.items()}
        self._known: dict[str, Any] = {}
        self._characters = 0
        self._path: list[str] = []

    def resolve(self, value: Any, at: Location) -> Any:
        if self._document.tags.get(at) == "!ref":
            if not isinstance(value, str):
                raise ValueError(f"line {self._document.lines[at]}: !ref needs text")
            return self._follow(value)
        if isinstance(value, dict):
            return {key: self.resolve(inner, (*at, str(key))) for key, inner in value.items()}
        if isinstance(value, tuple):
            return tuple(self.resolve(inner, (*at, index)) for index, inner in enumerate(value))
        return value

    def _follow(self, reference: str) -> Any:
        texts = _REFERENCE.split(reference.strip())
        texts[1::2] = keys = [self._target(key) for key in texts[1::2]]
        if len(texts) == 3 and not texts[0] and not texts[2]:
            return keys[0]
        parts = [*map(str, texts)]
        length = sum(map(len, parts))
        self._characters += length
        if length > _MAX_TEXT or self._characters > _MAX_CHARACTERS:
            raise ValueError(f"a reference stands for more than {_MAX_TEXT:,} characters")
        return "".join(parts)

    def _target(self, key: str) -> Any:
        if key not in self.values:
            raise ValueError(f"it refers to <{key}>, which is missing")
        if key in self._path or len(self._path) > _MAX_STEPS:
            raise ValueError(f"its reference to <{key}> leads in a circle, or too far")
        if key not in self._known:
            self._path.append(key)
            value = self.values[key]
            plain = not isinstance(value, dict | tuple | None)
            self._known[key] = self.resolve(value, (key,)) if plain else f"<{key}>"
            self._path.pop()
        return self._known[key]
