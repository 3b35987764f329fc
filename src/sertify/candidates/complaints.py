"""What is wrong with candidates.yaml, in words for whoever wrote it."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping

from pydantic import ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from sertify.vocabulary.text import did_you_mean, quoted, shortened
from sertify.vocabulary.yaml_lines import Document, Location

_MOST_TOLD = 100

_WANTED = {
    "string_type": "text",
    "string_unicode": "text in valid Unicode",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "finite_number": "a finite number",
    "greater_than": "more than {gt:g}",
    "greater_than_equal": "at least {ge:g}",
    "less_than": "less than {lt:g}",
    "less_than_equal": "at most {le:g}",
    "literal_error": "{expected}",
    "string_too_short": "some text",
    "string_too_long": "text of at most {max_length} characters",
    "too_short": "a list of at least {min_length}",
}
_WANTED_OF_KEY = {
    "name": "letters (a to z), digits, '.', '_' and '-', the first one a letter or digit",
    "languages": "a language code such as ru",
    "language": "a language code such as ru",
    "model": "a hub id such as superb/wav2vec2-base-superb-er, or a folder such as ./my-model",
    "feature_extractor": "a hub id, a folder such as ./my-model, or {sampling_rate: 16000}",
    "revision": "a branch, tag or commit",
    "adapter": "a hub id, or a folder such as ./my-adapter",
    "subfolder": "a folder of the repository such as checkpoint-500, without ./ or a / at an end",
    "robustness": "true, or conditions such as [noise, phone]",
    "fairness": "true, or groups such as [gender, accent]",
    "streaming": "true, or seconds such as [0.5, 1, 2]",
    "latency": "a mapping such as {max: 0.8, percentile: 95}",
    "requests_per_second": "a mapping such as {min: 4, latency: 0.5}",
    "weights": "a file of the repository such as model.fp16.safetensors",
}
_AMOUNTS = ("seconds_needed", "flips_per_minute")
_OF_MOST = (
    "drop", "top_share", "class_share", "calibration_error", "real_time_factor", *_AMOUNTS,
)  # fmt: skip


def complaint(message: str) -> PydanticCustomError:
    """Return an error for a validator to raise; `message` goes on from the key, as in "is odd"."""
    return PydanticCustomError("complaint", "{message}", {"message": message})


def problems_of(
    invalid: ValidationError, document: Document, keys_at: Callable[[Location], Iterable[str]]
) -> Iterator[tuple[Location, str]]:
    """Say what was and what should be, for each error, with the place it is about.

    ``invalid`` is what pydantic found in the value of `document`; ``keys_at`` tells which keys may
    stand in a place.
    """
    for error in invalid.errors(include_url=False):
        # Where items are wrong, pydantic counts what is left of the list.
        if error["type"] != "too_short" or not error["input"]:
            at = _location(error, document)
            yield at, _in_words(error, at, keys_at(at))


def report(file: str, document: Document, problems: Mapping[Location, str]) -> str:
    """Return `problems` as lines with file, line, candidate and problem, from top to bottom."""
    names = names_in(document)
    lines = sorted(
        (_line(at, document), _candidate(at, names) + problem) for at, problem in problems.items()
    )
    told = [f"{file}:{line}: {shortened(text, 1000)}" for line, text in lines[:_MOST_TOLD]]
    text = "\n".join(told + [f"and {len(lines) - len(told):,} more"] * (len(lines) > len(told)))
    # YAML can escape half a character, which no terminal can print.
    return text.encode(errors="backslashreplace").decode()


def names_in(document: Document) -> list[str | None]:
    """Return the name of each candidate, None where it has none or what is there is no name."""
    match document.value:
        case {"candidates": tuple(entries)}:
            names = [entry.get("name") if isinstance(entry, dict) else None for entry in entries]
            return [name if isinstance(name, str) else None for name in names]
    return []


def _location(error: ErrorDetails, document: Document) -> Location:
    at: Location = ()
    there = True
    for part in error["loc"]:
        # Pydantic also names members of a union, which stand nowhere in the file.
        there = (*at, part) in document.lines
        at = (*at, part) if there else at
    # A key that is not there is named all the same where it should be.
    named = error["type"] in ("missing", "complaint") and not there
    absent = error["loc"][-1:] if named else ()
    return at + tuple(key for key in absent if isinstance(key, str) and key[:1] != "<")


def _line(at: Location, document: Document) -> int:
    return document.lines[at] if at in document.lines else _line(at[:-1], document)


def _candidate(at: Location, names: list[str | None]) -> str:
    match at:
        case ("candidates", int(index), *_):
            name = names[index]
            shown = index + 1 if name is None else json.dumps(name, ensure_ascii=False)
            return f"candidate {shown}: "
    return ""


def _key(at: Location) -> str:
    """Return what the reader calls the place `at`, such as ``requirements.uar.min``."""
    inside_entry = at[:1] == ("candidates",) and len(at) > 1
    parts = (
        f"[{part}]" if isinstance(part, int) else f".{part}" for part in at[2 * inside_entry :]
    )
    return "".join(parts).removeprefix(".")


def _in_words(error: ErrorDetails, at: Location, known: Iterable[str]) -> str:
    key, inside = _key(at), _key(at[:-1])
    word, where = str(at[-1]) if at else "", f" in {inside}" if inside else ""
    match error["type"]:
        case "complaint":
            return f"{key} {error['msg']}"
        case "missing":
            return f"key {word!r} is missing{where}"
        case "extra_forbidden":
            return f"unknown key {word!r}{where}{did_you_mean(word, known)}"
        case _:
            subject = key or ("it" if at else "the file")
            return f"{subject} is {_shown(error['input'])}, but should be {_wanted(error, subject)}"


def _wanted(error: ErrorDetails, key: str) -> str:
    kind, known = error["type"], _WANTED.get(error["type"])
    if key == "the file":
        return "a mapping with the key candidates, and others such as requirements"
    if kind == "string_pattern_mismatch":
        # What has a pattern and no word of its own is a name: of a candidate or of a corpus.
        word = key.rpartition(".")[2].partition("[")[0]
        return _WANTED_OF_KEY.get(word, _WANTED_OF_KEY["name"])
    instead = kind.startswith("model_") or kind == "float_type"  # of a word where a list may be
    if instead and (word := key.rpartition(".")[2]) in _WANTED_OF_KEY:
        return _WANTED_OF_KEY[word]
    if kind.startswith("model_") and key.startswith("requirements."):
        of_most = ".fairness." in key or key.rpartition(".")[2].partition("[")[0] in _OF_MOST
        limit = "{max: 2}" if key.endswith(_AMOUNTS) else "{max: 0.1}"
        return f"a mapping such as {limit if of_most else '{min: 0.5}'}"
    if kind == "string_type" and isinstance(error["input"], int | float):
        return "text; quote it"
    if known is None:
        return error["msg"].removeprefix("Input should be ")
    return known.format_map(error.get("ctx", {})).replace("'", "")


def _shown(value: object) -> str:
    match value:
        case None:
            return "empty"
        case bool():
            return str(value).lower()
        case Mapping():
            return "a mapping"
        case tuple():
            return "a list" if value else "an empty list"
    return quoted(value)
