"""An earlier results.json: what of it is compared, from a file that nobody vouches for."""

import json
import reprlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    FailFast,
    FiniteFloat,
    ValidationError,
    model_validator,
)

from sertify import __version__
from sertify.report.results.conclusion import SCHEMA
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.text import clean

_LARGEST = 2**26
_WANTED = "give the results.json of an earlier run, or the folder that holds it"


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)


class Number(_Part):
    """A measurement with the bounds of its 95 % interval, where it is an estimate."""

    value: FiniteFloat | None
    unit: str = "1"
    low: FiniteFloat | None = None
    high: FiniteFloat | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "Number":
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"low={self.low:g} should not be above high={self.high:g}")
        return self


class Numbers(_Part):
    """The key numbers that are compared; None for one that was not measured."""

    uar_all: Number | None = None
    uar: Number | None = None
    accuracy: Number | None = None
    macro_f1: Number | None = None
    coverage: Number | None = None
    parameters: Number | None = None
    size_on_disk: Number | None = None
    segment_time: Number | None = None


class Measured(Number):
    """A measurement of a check."""

    name: str


class Details(_Part):
    """What speaks against the times of a check of speed; empty where nothing does."""

    noise: str = ""


class Check(_Part):
    """A check of speed."""

    measurements: Annotated[list[Measured], FailFast()]
    details: Details


class Gate(_Part):
    """The checks of a gate."""

    checks: Annotated[list[Check], FailFast()]


class Gates(_Part):
    """The gate that says how times varied."""

    speed: Gate


class Candidate(_Part):
    """What was found about a candidate."""

    name: str
    model: str
    commit: str | None
    verdict: Literal["qualified", "rejected", "baseline", "undecided"]
    reason: str | None
    loader: str | None
    labels: Annotated[list[str], FailFast()]
    numbers: Numbers
    gates: Gates


class Environment(_Part):
    """The part of the environment that answers or times depend on."""

    sertify: str | None = None
    torch: str | None = None
    transformers: str | None = None
    numpy: str | None = None
    soundfile: str | None = None
    soxr: str | None = None
    loaders: str | None = None
    dtype: str | None = None
    device: str | None = None
    cpu: str | None = None
    cores: str | None = None
    threads: str | None = None


class Confirmation(_Part):
    """What the selected one scored on speech that had no part in selecting it."""

    corpus: str
    fingerprint: str
    requested: int
    clips: int
    rejected: dict[str, int]
    seen: dict[str, str]
    warnings: Annotated[list[str], FailFast()]
    outcome: Literal["PASS", "FAIL", "INCONCLUSIVE", "BLOCKED"]
    reason: str | None
    message: str
    measurements: Annotated[list[Measured], FailFast()]


class Selection(_Part):
    """The candidate to use, if any, and how that was confirmed."""

    candidate: str | None
    confirmation: Confirmation | None = None


class Corpus(_Part):
    """The labelled speech."""

    fingerprint: str


def _moment(stamp: str) -> str:
    datetime.fromisoformat(stamp)
    return stamp


class Findings(_Part):
    """What a run concluded."""

    created: Annotated[str, AfterValidator(_moment)]
    sertify: str
    selection: Selection
    candidates: Annotated[list[Candidate], FailFast()]
    corpus: Corpus | None
    environment: Environment


def findings(results: Mapping[str, Any]) -> Findings:
    """Take from the content of results.json what is compared.

    Raises ``ValidationError`` for what no run writes.
    """
    return Findings.model_validate(clean(results))


def read(path: Path) -> Findings:
    """Read the results.json of an earlier run; a folder stands for the one in it.

    Raises
    ------
    ConfigurationError
        Where it is not there, or not what a run writes; it says what to give instead.
    """
    file = path / "results.json" if path.is_dir() else path
    content = _content(file)
    schema = content.get("schema") if isinstance(content, dict) else None
    if schema != SCHEMA:
        what = f"is of schema {reprlib.repr(schema)}, but should be of {SCHEMA!r}"
        _refuse(file, f"{what}, which this sertify {__version__} writes; {_WANTED}")
    try:
        return findings(content)
    except ValidationError as error:
        _refuse(file, f"{_problem(error)}; it is damaged: {_WANTED}")
    except RecursionError:
        _refuse(file, f"is nested too deeply; {_WANTED}")


def _content(file: Path) -> Any:
    if not file.is_file():
        _refuse(file, f"is not there; {_WANTED}")
    try:
        if file.stat().st_size > _LARGEST:
            _refuse(file, f"is larger than {_LARGEST >> 20} MB, as no results.json is; {_WANTED}")
        return json.loads(file.read_bytes())
    except OSError as error:
        _refuse(file, f"cannot be read ({error.strerror}); {_WANTED}")
    except (ValueError, RecursionError) as error:
        _refuse(file, f"is no JSON ({error}); {_WANTED}")


def _problem(error: ValidationError) -> str:
    """Say where the first problem is; what stands there was written by who knows whom."""
    first = error.errors(include_url=False)[0]
    place = ".".join(map(str, first["loc"]))[:200]
    if first["type"] == "missing":
        return f"has no {place}"
    message = first["msg"].removeprefix("Value error, ").replace("Input", "it")[:200]
    return f"has {reprlib.repr(first['input'])} as {place}, but {message}"


def _refuse(file: Path, why: str) -> NoReturn:
    raise ConfigurationError(f"--compare: {file} {why}") from None
