"""What a SpeechBrain repository says of itself, read without running any of it.

`hyperparams.yaml` is HyperPyYAML: SpeechBrain imports and calls whatever its tags name. Here tags
construct nothing, and what follows a tag is read as if the tag were not there.
"""

import ast
import re
from collections.abc import Mapping
from typing import Any

import yaml

_MAX_CHARACTERS = 250_000
_MAX_DEPTH = 32
_MAX_VALUES = 50_000
_MAX_TEXT = 10_000  # of a text put together from references
_REFERENCE = re.compile(r"<([^<>\[\]]+)>")
_MAKERS = ("!new:", "!name:", "!apply:", "!module:")
_ARROW = " => "


class _Reference(str):
    """The text after `!ref`."""


class _InertLoader(yaml.SafeLoader):
    """Reads each tagged value as a plain one."""


def _plain(loader: _InertLoader, _tag: str, node: yaml.Node) -> object:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    # An object without arguments, `!new:a.B`, is followed by nothing.
    return node.value or None


def _reference(_loader: _InertLoader, node: yaml.Node) -> _Reference:
    if not isinstance(node, yaml.ScalarNode):
        raise yaml.constructor.ConstructorError(None, None, "!ref needs text", node.start_mark)
    return _Reference(node.value)


_InertLoader.add_multi_constructor(None, _plain)
_InertLoader.add_constructor("!ref", _reference)


def read_hyperparams(text: str) -> dict[str, Any]:
    """Return the values of a hyperparams.yaml, with its references to plain values resolved.

    `!ref <key>` becomes the value of the key, and `!ref <folder>/file` text. A reference to
    anything but a plain value, such as a module, stays the text it is: ``"<wav2vec2>"``.
    """
    loader, node = _compose(text)
    try:
        values = loader.construct_document(node)
    except (yaml.YAMLError, ValueError, LookupError, AttributeError, TypeError) as error:
        # PyYAML's own constructors trip over a value that is not of the kind its tag says.
        raise ValueError(f"not valid YAML: {_cause(error)}") from None
    references = _References(values)
    return {key: references.resolve(value) for key, value in values.items()}


def class_names(text: str) -> dict[str, str]:
    """Return what each key at the top would be made with: ``{"avg_pool": "speechbrain..."}``."""
    _, node = _compose(text)
    return {
        key.value: value.tag.removeprefix(maker)
        for key, value in node.value
        for maker in _MAKERS
        if value.tag.startswith(maker)
    }


def label_names(text: str) -> tuple[str, ...]:
    """Return the labels of a label_encoder.txt, in the order of the outputs they name."""
    if len(text) > _MAX_CHARACTERS:
        raise ValueError(f"{len(text):,} characters, but at most {_MAX_CHARACTERS:,}")
    names: dict[int, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if line and not line.strip("="):
            break
        name, index = _label(line, number)
        if index in names:
            raise ValueError(f"line {number}: index {index} is that of {names[index]!r} already")
        if name in names.values():
            raise ValueError(f"line {number}: {name!r} has an index already")
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
    literal, arrow, index = line.strip().rpartition(_ARROW)
    if not arrow:
        raise ValueError(f"line {number}: not of the form 'label' => index")
    try:
        name = ast.literal_eval(literal)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        name = None
    if not isinstance(name, str):
        raise ValueError(f"line {number}: the label is not a text in quotes")
    if not (index.isascii() and index.isdigit() and len(index) < 7):
        raise ValueError(f"line {number}: the index is not a whole number from 0 up")
    return name, int(index)


def _compose(text: str) -> tuple[_InertLoader, yaml.MappingNode]:
    if len(text) > _MAX_CHARACTERS:
        raise ValueError(f"{len(text):,} characters, but at most {_MAX_CHARACTERS:,}")
    try:
        loader = _InertLoader(text)
        node = loader.get_single_node()
    except RecursionError:
        raise ValueError("not valid YAML: nested too deeply") from None
    except yaml.YAMLError as error:
        raise ValueError(f"not valid YAML: {_cause(error)}") from None
    if not isinstance(node, yaml.MappingNode):
        raise ValueError("it is not a mapping from names to values")
    _size(node, {}, 0)
    return loader, node


def _size(node: yaml.Node, known: dict[int, int], depth: int) -> int:
    """Number of values in `node` were its aliases written out; too many of them raise."""
    if depth > _MAX_DEPTH:
        # An alias inside of its own anchor never gets to the end, either.
        raise ValueError(f"{_where(node)}: nested more than {_MAX_DEPTH} deep")
    if id(node) not in known:
        if isinstance(node, yaml.MappingNode):
            _check_keys(node)
            inner = [value for _, value in node.value]
        else:
            inner = node.value if isinstance(node, yaml.SequenceNode) else []
        size = 1 + sum(_size(value, known, depth + 1) for value in inner)
        if size > _MAX_VALUES:
            raise ValueError(f"{_where(node)}: more than {_MAX_VALUES:,} values")
        known[id(node)] = size
    return known[id(node)]


def _check_keys(node: yaml.MappingNode) -> None:
    seen: set[str] = set()
    for key, _ in node.value:
        # Keys that are merged (<<) are left out on purpose: nobody needs them, and they multiply.
        if not isinstance(key, yaml.ScalarNode) or key.tag != "tag:yaml.org,2002:str":
            raise ValueError(f"{_where(key)}: a key is not plain text")
        if key.value in seen:
            raise ValueError(f"{_where(key)}: {key.value!r} is there twice")
        seen.add(key.value)


class _References:
    """Values of the top that are texts or numbers, found once each however often referred to."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values
        self._known: dict[str, Any] = {}
        self._path: list[str] = []

    def resolve(self, value: Any) -> Any:
        if isinstance(value, _Reference):
            return self._follow(value)
        if isinstance(value, dict):
            return {key: self.resolve(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.resolve(inner) for inner in value]
        return value

    def _follow(self, reference: _Reference) -> Any:
        texts = _REFERENCE.split(reference.strip())
        texts[1::2] = keys = [self._target(key) for key in texts[1::2]]
        if len(texts) == 3 and not texts[0] and not texts[2]:
            return keys[0]
        text = "".join(map(str, texts))
        if len(text) > _MAX_TEXT:
            raise ValueError(f"a reference stands for more than {_MAX_TEXT:,} characters")
        return text

    def _target(self, key: str) -> Any:
        if key not in self._values:
            raise ValueError(f"it refers to <{key}>, which is not there")
        if key in self._path or len(self._path) > _MAX_DEPTH:
            raise ValueError(f"its reference to <{key}> leads in a circle, or too far")
        if key not in self._known:
            self._path.append(key)
            value = self._values[key]
            plain = not isinstance(value, dict | list | None)
            self._known[key] = self.resolve(value) if plain else f"<{key}>"
            self._path.pop()
        return self._known[key]


def _where(node: yaml.Node) -> str:
    return f"line {node.start_mark.line + 1}"


def _cause(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    if not isinstance(error, yaml.YAMLError):
        return "a value is not of the kind its tag says"
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    return f"line {mark.line + 1}: {problem}" if mark else problem
