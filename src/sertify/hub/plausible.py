"""Whether the values of a configuration can be meant, before anything is built of them.

A config.json of a few bytes can ask for a network, a list of labels or a bank of filters that no
memory holds. What may stand there is in plausible.toml beside this; keys that are not there are the
business of transformers.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from sertify.vocabulary.files import read_words
from sertify.vocabulary.text import quoted, shortened

MOST_LABELS = 10_000
LONGEST_NAME = 200
"""Characters of a label, or of a class."""
_LONGEST_NAMES = 500_000  # of all labels together

_WORDS: Mapping[str, Mapping[str, Any]] = read_words(__file__)
_MOST_LEVELS = 4  # of configurations in configurations


def oddity(content: object, file: str, *, called: str = "") -> str:
    """Return what is wrong with the parsed content of `file`; an empty string where nothing is.

    ``file`` is config.json or preprocessor_config.json, whatever it is ``called`` here. The text
    names the key, what its value is and what it should be.
    """
    if not isinstance(content, dict):
        return f"{called or file} is {quoted(content)}, but should be an object with keys"
    found = next(_oddities(content, _WORDS[file], levels=_MOST_LEVELS), "")
    return f"{called or file}: {found}" if found else ""


def _oddities(content: Mapping[str, Any], words: Mapping[str, Any], levels: int) -> Iterator[str]:
    yield from _numbers(content, words["numbers"])
    if "lists" in words:
        yield from _lists(content, words["lists"])
        yield from _multiples(content, words["multiples"])
        yield from _kinds(content, words["kinds"])
        yield from _names(content)
    for key, inner in content.items() if levels else ():
        if key.endswith("_config") and isinstance(inner, dict):
            yield from (f"{key:.50}.{what}" for what in _oddities(inner, words, levels - 1))


def _numbers(content: Mapping[str, Any], limits: Mapping[str, tuple[int, int]]) -> Iterator[str]:
    for key, (least, most) in limits.items():
        value = content.get(key)
        if value is not None and not _is_whole(value, least, most):
            yield _wrong(key, value, f"a whole number from {least:,} to {most:,}")


def _lists(content: Mapping[str, Any], words: Mapping[str, Any]) -> Iterator[str]:
    (least, most), (shortest, longest) = words["numbers"], words["length"]
    wanted = f"a list of {shortest} to {longest} whole numbers from {least:,} to {most:,}"
    for row in words["rows"]:
        there = {key: content[key] for key in row if content.get(key) is not None}
        for key, value in there.items():
            whole = isinstance(value, list) and all(_is_whole(each, least, most) for each in value)
            if not whole or not shortest <= len(value) <= longest:
                yield _wrong(key, value, wanted)
                return
        lengths = {key: len(value) for key, value in there.items()}
        if len({*lengths.values()}) > 1:
            told = ", ".join(f"{key} {length}" for key, length in lengths.items())
            yield f"lists that should be equally long have these lengths: {told}"


def _multiples(content: Mapping[str, Any], words: Mapping[str, list[str]]) -> Iterator[str]:
    for key, divisors in words.items():
        size = content.get(key)
        for divisor in divisors:
            number = content.get(divisor)
            if type(size) is type(number) is int and number and size % number:
                yield _wrong(key, size, f"a multiple of {divisor}, which is {number}")


def _names(content: Mapping[str, Any]) -> Iterator[str]:
    for key in ("id2label", "label2id"):
        labels = content.get(key)
        if labels is None:
            continue
        if not isinstance(labels, dict | list):
            yield _wrong(key, labels, "an object with a key for each label")
        elif len(labels) > MOST_LABELS:
            yield f"{key} has {len(labels):,} entries, but should have at most {MOST_LABELS:,}"
        else:
            names = _names_among(key, labels)
            yield from (f"{key} has {odd}" for odd in map(_odd_label, names) if odd)
            if (length := sum(len(str(name)) for name in names)) > _LONGEST_NAMES:
                wanted = f"but at most {_LONGEST_NAMES:,} are read"
                yield f"{key} has labels of {length:,} characters together, {wanted}"


def _names_among(key: str, labels: Mapping[Any, Any] | list[Any]) -> list[Any]:
    """Return what are labels by the key, and what else is text, for some tables are turned."""
    if isinstance(labels, list):
        return labels
    keys, values = [*labels], [*labels.values()]
    names, others = (keys, values) if key == "label2id" else (values, keys)
    return [*names, *(text for text in others if isinstance(text, str))]


def _odd_label(label: object) -> str:
    """Return what is wrong with a label; a number may stand for one, and null for none."""
    if isinstance(label, str) and len(label) > LONGEST_NAME:
        return f"a label of {len(label):,} characters, but at most {LONGEST_NAME} are read"
    return "" if isinstance(label, str | int | float | None) else f"{quoted(label)} as a label"


def _kinds(content: Mapping[str, Any], words: Mapping[str, list[str]]) -> Iterator[str]:
    named = f"text of at most {LONGEST_NAME} characters"
    for key, value in content.items():
        if value is None:
            continue
        if key in words["texts"] and not _is_name(value):
            yield _wrong(key, value, named)
        if key in words["objects"] and not isinstance(value, dict):
            yield _wrong(key, value, "an object with keys")
        if key.endswith(tuple(words["shares"])) and not _is_share(value):
            yield _wrong(shortened(key), value, "a number from 0 to 1")
    classes = content.get("architectures")
    if classes is not None and not (isinstance(classes, list) and all(map(_is_name, classes))):
        yield _wrong("architectures", classes, "a list of names of classes")


def _wrong(key: str, value: object, wanted: str) -> str:
    return f"{key} is {quoted(value)}, but should be {wanted}"


def _is_whole(value: object, least: int, most: int) -> bool:
    return type(value) is int and least <= value <= most


def _is_share(value: object) -> bool:
    return isinstance(value, int | float) and type(value) is not bool and 0 <= value <= 1


def _is_name(value: object) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST_NAME
