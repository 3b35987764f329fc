"""YAML as plain values that know the line they stand on; the one reader of all YAML.

Only the graph of nodes is taken from the YAML library; tags never construct anything. Whatever is
wrong with the text ends up in `Document.problems`, so that one reading finds all of it. Who wrote
the text need not be trusted: what it may cost to read is limited, aliases included.
"""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from sertify.vocabulary.text import shortened

Location = tuple[str | int, ...]
"""The keys and indices that lead to a value, from the top."""

_MAX_BYTES = 1_000_000
_MAX_DEPTH = 32
_MAX_VALUES = 50_000
_CORE = "tag:yaml.org,2002:"
_TEXT = ("str", "timestamp", "value")  # a date is text
_KINDS = frozenset({*_TEXT, "merge", "map", "seq", "null", "bool", "int", "float"})
_BOOLEANS = {"true": True, "false": False}


@dataclass(frozen=True)
class Document:
    """What a YAML text says.

    ``value`` is made of dict, tuple, str, int, float, bool and None. ``lines`` has the line of
    each value, which for the value of a key is the line of the key. ``tags`` has the tag
    of each value that has one, where these are noted.
    """

    value: object
    lines: Mapping[Location, int]
    problems: Mapping[Location, str]
    tags: Mapping[Location, str] = field(default_factory=dict)

    def require_sound(self) -> None:
        """Raise ``ValueError`` with the first problem and its line, where there is one."""
        for at, problem in self.problems.items():
            raise ValueError(f"line {self.lines[at]}: {problem}")


class _UnreadableError(Exception):
    def __init__(self, line: int, problem: str) -> None:
        super().__init__(line, problem)
        self.document = Document(None, {(): line}, {(): problem})


def read_yaml(data: bytes, *, any_keys: bool = False, tags: bool = False) -> Document:
    """Return what the YAML 1.2 text `data` says, with all that is wrong with it.

    Keys have to be text unless ``any_keys`` may stand there, numbers say. Tags are a problem unless
    they are to be noted: then a value is read as if its tag were not there.
    """
    reader = _Reader(any_keys, tags)
    try:
        node = _compose(_decode(data))
        value = None if node is None else reader.value(node, ())
    except _UnreadableError as error:
        return error.document
    return Document(value, {(): 1} | reader.lines, reader.problems, reader.tags)


def _decode(data: bytes) -> str:
    if len(data) > _MAX_BYTES:
        raise _UnreadableError(1, f"{len(data):,} bytes, but at most {_MAX_BYTES:,}")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise _UnreadableError(line, "not UTF-8 text; save the file as UTF-8") from None


class _BoundedComposer(Composer):
    """Gives up as soon as there is too much: to compose all of it could take a minute."""

    nodes = depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        self.nodes += 1
        self.depth += 1
        if self.nodes > 2 * _MAX_VALUES:  # keys are nodes, too
            raise _too_many()
        if self.depth > _MAX_DEPTH + 1:
            raise _too_deep(self.parser.peek_event().start_mark.line + 1)
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


def _compose(text: str) -> Node | None:
    library = YAML(typ="safe", pure=True)
    library.Composer = _BoundedComposer
    try:
        with warnings.catch_warnings():
            # An anchor may be defined anew, the library warns of it all the same.
            warnings.simplefilter("ignore")
            node: Node | None = library.compose(text)
            return node
    except (YAMLError, ValueError, OverflowError) as error:
        raise _UnreadableError(_line_of(error, text), f"not valid YAML: {_cause(error)}") from None


def _line_of(error: Exception, text: str) -> int:
    if isinstance(error, MarkedYAMLError) and error.problem_mark is not None:
        return int(error.problem_mark.line) + 1
    return text.count("\n", 0, error.position) + 1 if isinstance(error, ReaderError) else 1


def _cause(error: Exception) -> str:
    if isinstance(error, ReaderError):
        return f"character U+{int(error.character):04X} is not allowed"
    cause = shortened(str(getattr(error, "problem", None) or error))
    return f"{cause}; indent with spaces" if r"'\t'" in cause else cause


def _too_deep(line: int) -> _UnreadableError:
    return _UnreadableError(line, f"nested more than {_MAX_DEPTH} levels deep")


def _too_many() -> _UnreadableError:
    return _UnreadableError(1, f"more than {_MAX_VALUES:,} values, aliases included")


class _Reader:
    """Turns nodes into values and notes their lines and problems on the way."""

    def __init__(self, any_keys: bool, tags: bool) -> None:
        self.lines: dict[Location, int] = {}
        self.problems: dict[Location, str] = {}
        self.tags: dict[Location, str] = {}
        self._any_keys, self._noting = any_keys, tags
        self._values = self._characters = 0

    def value(self, node: Node, at: Location) -> object:
        self.lines.setdefault(at, node.start_mark.line + 1)
        self._refuse_bombs(node, at)
        kind = _kind(node)
        if kind not in _KINDS:
            if not self._noting:
                self.problems[at] = f"tag {shortened(kind)} is not allowed; leave it out"
                return None
            self.tags[at] = kind
        if isinstance(node, MappingNode):
            return self._mapping(node, at)
        if isinstance(node, SequenceNode):
            return tuple(self.value(item, (*at, index)) for index, item in enumerate(node.value))
        assert isinstance(node, ScalarNode)
        return self._scalar(node, kind, at)

    def _refuse_bombs(self, node: Node, at: Location) -> None:
        # Places are not counted: the keys 1 and "1" share theirs.
        self._values += 1
        self._characters += len(node.value) if isinstance(node, ScalarNode) else 0
        if len(at) > _MAX_DEPTH:
            raise _too_deep(self.lines[at])
        if self._values > _MAX_VALUES:
            raise _too_many()
        if self._characters > _MAX_BYTES:
            raise _UnreadableError(1, f"more than {_MAX_BYTES:,} characters, aliases included")

    def _mapping(self, node: MappingNode, at: Location) -> dict[Any, object]:
        values: dict[Any, object] = {}
        for key_node, value_node in node.value:
            here = (*at, _source(key_node))
            first, self.lines[here] = self.lines.get(here), key_node.start_mark.line + 1
            name = shortened(str(here[-1]))
            if not self._is_key(key_node):
                self.problems[here] = f"key {name} should be text; quote it"
            elif _kind(key_node) == "merge":
                self.problems[here] = "keys cannot be merged with <<; write them out"
            elif (key := self._scalar(key_node, _kind(key_node), here)) in values:
                self.problems[here] = f"key {name!r} is there twice, first on line {first}"
            else:
                values[key] = self.value(value_node, here)
        return values

    def _is_key(self, node: Node) -> bool:
        scalar = isinstance(node, ScalarNode)
        return scalar and (self._any_keys or _kind(node) in (*_TEXT, "merge"))

    def _scalar(self, node: ScalarNode, kind: str, at: Location) -> object:
        if kind not in _KINDS:
            return node.value or None  # a tag alone, such as `!new:a.B`, is followed by nothing
        try:
            return _constructed(node.value, kind)
        except (ValueError, KeyError):
            self.problems[at] = f"{_source(node):.40} is not a usable value; quote it if it is text"
            return None


def _kind(node: Node) -> str:
    tag = str(node.tag)
    kind = tag.removeprefix(_CORE)
    return kind if kind in _KINDS else tag.replace(_CORE, "!!")


def _source(node: Node) -> str:
    return str(node.value) if isinstance(node, ScalarNode) else "made of several values"


def _constructed(source: str, kind: str) -> object:
    match kind:
        case "null":
            return None
        case "bool":
            return _BOOLEANS[source.lower()]
        case "int":
            return _whole(source)
        case "float":
            # Python writes the special values without YAML's dot.
            return float(source.lower().replace(".inf", "inf").replace(".nan", "nan"))
        case _:
            return source


def _whole(source: str) -> int:
    value = int(source, 0 if source.lstrip("+-")[:2] in ("0x", "0o", "0b") else 10)
    if value.bit_length() > 63:
        raise ValueError("too large")
    return value
