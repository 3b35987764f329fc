"""YAML written by people, with an item more in one of its lists: all else stays to the byte."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

# A digit begins only what goes on with a slash, as no number does.
_PLAIN = re.compile(r"(?:\.{0,2}/)*(?:[A-Za-z]|\w+/\w)(?:[\w ./+-]*[\w.+-])?", re.ASCII)
# What readers of older YAML take for something else than text.
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_END_OF_DOCUMENT = re.compile(r"(?:\.\.\.|---)\s")


def as_lines(entry: Mapping[str, Any], indent: int = 2) -> list[str]:
    """Return a mapping as the lines of an item of a list.

    >>> as_lines({"name": "x", "model": "a/b", "languages": ["en", "no"]}, indent=0)
    ['- name: x', '  model: a/b', '  languages: [en, "no"]']
    """
    heads = ["- ", *["  "] * len(entry)]
    items = zip(heads, entry.items(), strict=False)
    return [f"{' ' * indent}{head}{key}: {_value(value)}" for head, (key, value) in items]


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_value(key)}: {_value(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    return _text(value) if isinstance(value, str) else str(value).lower()


def _text(text: str) -> str:
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return f'"{"".join(map(_escaped, text))}"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if "\ud800" <= character <= "\udfff":
        return "\ufffd"  # half a character, which no file can hold
    return character if character.isprintable() else f"\\U{ord(character):08x}"


def extended(text: str, key: str, item: Mapping[str, Any]) -> str:
    """Return a YAML text with an item more at the end of the list that is the value of a key.

    The text has to be sound, and to hold a mapping; the key, or a value, may be missing.
    """
    top = YAML(typ="safe", pure=True).compose(text) if text.strip() else None
    pairs = top.value if isinstance(top, MappingNode) else []
    lines = _LINE.findall(text)[:-1]
    place = next((n for n, (one, _) in enumerate(pairs) if one.value == key), None)
    if place is None:
        return _with(lines, _end(lines), [f"{key}:", *as_lines(item)])
    value = pairs[place][1]
    if isinstance(value, SequenceNode) and value.flow_style:
        return _in_brackets(text, value, item)
    after = [one.start_mark.line for one, _ in pairs[place + 1 :]]
    return _in_block(lines, pairs[place][0].start_mark.line, after, value, item)


def _in_block(
    lines: Sequence[str], start: int, after: Sequence[int], value: Node, item: Mapping[str, Any]
) -> str:
    items = value.value if isinstance(value, SequenceNode) else []
    indent = value.start_mark.column if items else 2
    new = as_lines(item, indent)
    if len(items) > 1:
        # As entries are set apart that are there.
        between = lines[items[-2].end_mark.line - 1 : items[-1].start_mark.line]
        new = [""] * any(not line.strip() for line in between) + new
    end = _last(lines, start, after[0], indent) + 1 if after else _end(lines)
    return _with(lines, end, new)


def _last(lines: Sequence[str], start: int, end: int, indent: int) -> int:
    """Return the last line of a list, with the comments that are set in as it is."""
    own = re.compile(rf" {{{indent}}}-| {{{indent + 1},}}\S| {{{max(indent, 1)}}}#")
    return max([start, *(n for n in range(start, end) if own.match(lines[n]))])


def _end(lines: Sequence[str]) -> int:
    """Return how many lines there are before a mark that ends them."""
    marks = (n for n, line in enumerate(lines) if n and _END_OF_DOCUMENT.match(line))
    return next(marks, len(lines))


def _with(lines: Sequence[str], at: int, new: Sequence[str]) -> str:
    before, ending = "".join(lines[:at]), _ending("".join(lines))
    if before and not before.endswith(("\n", "\r")):
        before += ending
    if not new[0] and before.endswith(2 * ending):
        new = new[1:]
    return before + "".join(line + ending for line in new) + "".join(lines[at:])


def _ending(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _in_brackets(text: str, value: Node, item: Mapping[str, Any]) -> str:
    written = _value(item)
    if not value.value:
        at = value.start_mark.index + 1
        return text[:at] + written + text[at:]
    last = value.value[-1]
    above = re.search(r"(?:\A|[\r\n])([ \t]*)\Z", text[: last.start_mark.index])
    gap = _ending(text) + above[1] if above else " "
    at = last.end_mark.index
    return f"{text[:at]},{gap}{written}{text[at:]}"
