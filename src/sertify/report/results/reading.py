"""A results.json that is there already, in a file that nobody vouches for."""

import json
import reprlib
from pathlib import Path
from typing import Any, NoReturn

from pydantic import ValidationError

from sertify.report.results.earlier import EARLIER, in_words_of_today
from sertify.report.results.model.results import SCHEMA, Results
from sertify.vocabulary.about import VERSION
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.text import clean

_LARGEST = 2**26
_WANTED = "give the results.json of an earlier run, or the folder that holds it"


def read_results(path: Path) -> Results:
    """Read the results.json of an earlier run; a folder stands for the one in it.

    What a terminal or a browser acts on is left out of its texts. Where it is not there, or not
    what a run writes, a ``ConfigurationError`` says what to give instead. What version 0.1 wrote is
    read in the words of today.
    """
    file = path / "results.json" if path.is_dir() else path
    content = _content(file)
    schema = content.get("schema") if isinstance(content, dict) else None
    if schema not in (SCHEMA, EARLIER):
        what = f"is of schema {reprlib.repr(schema)}, but should be of {SCHEMA!r}"
        _refuse(file, f"{what}, which this sertify {VERSION} writes")
    try:
        if schema == EARLIER:
            content = in_words_of_today(content) | {"schema": SCHEMA}
        return Results.model_validate(clean(content))
    except ValidationError as error:
        _refuse(file, f"{_problem(error)}; it is damaged", ": ")
    except RecursionError:
        _refuse(file, "is nested too deeply")


def _content(file: Path) -> Any:
    if not file.is_file():
        _refuse(file, "is not there")
    try:
        if file.stat().st_size > _LARGEST:
            _refuse(file, f"is larger than {_LARGEST >> 20} MB, as no results.json is")
        return json.loads(file.read_bytes())
    except OSError as error:
        _refuse(file, f"cannot be read ({error.strerror})")
    except RecursionError:
        _refuse(file, "is nested too deeply")
    except ValueError as error:
        _refuse(file, f"is no JSON ({error})")


def _problem(error: ValidationError) -> str:
    """Say where the first problem is; what stands there was written by who knows whom."""
    first = error.errors(include_url=False)[0]
    place = ".".join(map(str, first["loc"]))[:200]
    if first["type"] == "missing":
        return f"has no {place}"
    message = first["msg"].removeprefix("Value error, ").replace("Input", "it")[:200]
    return f"has {reprlib.repr(first['input'])} as {place}, but {message.replace('tuple', 'list')}"


def _refuse(file: Path, why: str, link: str = "; ") -> NoReturn:
    raise ConfigurationError(f"--compare: {file} {why}{link}{_WANTED}") from None
