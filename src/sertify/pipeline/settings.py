"""What a run is asked to do, the same for all candidates."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sertify.candidates.bounds import CORPUS_NAME
from sertify.candidates.limits import Allowances
from sertify.candidates.reading import Candidate
from sertify.evidence.environment import describe_environment, may_have_accelerator
from sertify.gates.parts import LANGUAGE, TOGETHER
from sertify.vocabulary.archives import archive_kind, without_ending
from sertify.vocabulary.conditions import Condition
from sertify.vocabulary.data_addresses import DataAddress, data_address, may_be_of_hub
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.machine import DTYPES, usable_cores
from sertify.vocabulary.text import did_you_mean

if TYPE_CHECKING:
    from sertify.pipeline.hearing import Segmenting  # collecting must not wait for what reads audio

_NAME = re.compile(CORPUS_NAME)


@dataclass(frozen=True)
class Source:
    """A folder of speech, or a data set of the hub; its name stands in the names of tests."""

    name: str
    path: Path
    layout: str = "auto"
    address: DataAddress | None = None


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the stages of every candidate go by.

    Attributes
    ----------
    candidates
        The file that lists them.
    data
        The speech that they are judged on.
    confirm, hold_out
        Speech that has no part in the selection: a folder, or a share of the speakers.
    split, limit
        What of the speech is taken.
    segmenting
        How clips are cut; None where each is heard whole.
    noise, rooms
        Folders of noises and of impulse responses, for conditions that need them.
    reports
        The folder of evidence and reports.
    threads
        How many a model may use.
    offline, weights, locked
        Whether the network is left alone, weights are downloaded, and only what is at the commit
        of candidates.lock.yaml is judged.
    race
        Whether a candidate is asked no more once it is foreseen what all clips would say.
    limits
        What a candidate may take, in place of what candidates.yaml says.
    sharers
        Processes that judge candidates at a time.
    """

    candidates: Path
    data: tuple[Source, ...] = ()
    confirm: Source | None = None
    hold_out: float | None = None
    split: str | None = None
    limit: int | None = None
    segmenting: "Segmenting | None" = None
    noise: Path | None = None
    rooms: Path | None = None
    reports: Path = Path("reports")
    device: str = "auto"
    threads: int = field(default_factory=usable_cores)
    dtype: str = "float32"
    offline: bool = False
    weights: bool = True
    locked: bool = False
    race: bool = False
    limits: Allowances = field(default_factory=Allowances)
    sharers: int = 1

    def __post_init__(self) -> None:
        """Refuse what no stage could go by."""
        _require("limit", self.limit, _is_count, "a whole number from 1")
        _require("threads", self.threads, _is_count, "a whole number from 1")
        _require("dtype", self.dtype, DTYPES.__contains__, f"one of {', '.join(DTYPES)}")
        if self.dtype == "mixed" and self.segmenting is not None:
            raise ConfigurationError(
                "dtype is mixed, which keeps the label of a clip that is heard whole, but with"
                " segmenting it is that of a mean over segments; leave out one of the two"
            )
        shares = "a share of the speakers between 0 and 1, such as 0.3"
        _require("hold_out", self.hold_out, _is_share, shares)

    @property
    def sounds(self) -> dict[str, Path]:
        """The folders of sounds that are given, by what a condition calls them that needs them."""
        folders = {"noises": self.noise, "responses": self.rooms}
        return {name: folder for name, folder in folders.items() if folder is not None}

    @cached_property
    def environment(self) -> dict[str, str]:
        """What models are judged with; a device that is ``auto`` may need torch to tell."""
        return describe_environment(_device(self.device), self.threads, self.dtype)


def conditions_of(settings: Settings, candidate: Candidate) -> tuple[Condition, ...]:
    """Return the conditions that a candidate is asked in, with the sounds that are given."""
    robustness = candidate.requirements.robustness
    return () if robustness is None else robustness.asked(settings.sounds)


def segments_of(settings: Settings, candidate: Candidate) -> tuple[float, ...]:
    """Return the seconds of the segments that speed is required of: those that are heard."""
    heard = settings.segmenting
    return candidate.requirements.segments if heard is None else (heard.seconds,)


def _require(name: str, value: Any, fits: Callable[[Any], bool], wanted: str) -> None:
    if value is not None and not fits(value):
        raise ConfigurationError(f"{name} is {value!r}, but should be {wanted}")


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 1


def _is_share(value: Any) -> bool:
    return isinstance(value, int | float) and 0 < value < 1


def _device(wish: str) -> str:
    if wish == "cpu" or (wish == "auto" and not may_have_accelerator()):
        return "cpu"
    from sertify.models.loading import choose_device

    return choose_device(wish)


def source_of(text: str, here: Path, layouts: Mapping[str, str] | None = None) -> Source:
    """Read ``[NAME=]PATH``, relative to a folder; ``layouts`` are by name, "" for all others."""
    name, equals, path = text.partition("=")
    if not (equals and _NAME.fullmatch(name)) or (here / text).exists():
        name, path = "", text
    address = _address_of(path, here)
    place = (here / path).resolve()
    of_table = place.is_file() and not archive_kind(place.name)[0]
    folder = place.parent if of_table else place  # a table is that of its folder
    own = without_ending(folder.name) if address is None else address.name
    name = name or re.sub(r"[^A-Za-z0-9._-]+", "-", own).strip("-._") or "data"
    layouts = layouts or {}
    layout = layouts.get(name, layouts.get("", "auto"))
    return Source(name, here / Path(path).expanduser(), layout, address)


def _address_of(path: str, here: Path) -> DataAddress | None:
    """Return the data set of the hub that is meant by what should be a path, if any is.

    Raises ``ConfigurationError`` where that is not sure.
    """
    try:
        address = data_address(path)
    except ValueError as error:
        raise ConfigurationError(f"--data {path}: {error}") from None
    nothing = address is None and not (here / path).exists()
    if nothing and may_be_of_hub(path) and not (here / path).parent.exists():
        raise ConfigurationError(
            f"--data {path}: there is no such folder; if the data set of the hub is meant, write"
            f" --data hf://datasets/{path}"
        )
    return address


def layout_of(text: str) -> tuple[str, str]:
    """Read ``[NAME=]LAYOUT``; the name is "" where none is given."""
    name, equals, layout = text.rpartition("=")
    return (name, layout) if equals else ("", text)


def require_named(layouts: Mapping[str, str], sources: Sequence[Source]) -> None:
    """Complain of a layout for speech that is not there."""
    names = [source.name for source in sources]
    stray = next((name for name in layouts if name and name not in names), None)
    if stray is not None:
        hint = did_you_mean(stray, names)
        raise ConfigurationError(f"--layout: no --data or --confirm is called {stray!r}{hint}")


def require_distinct(sources: Sequence[Source]) -> None:
    """Complain of a name that is given twice, or that means another part of the speech."""
    names = [source.name for source in sources]
    reserved = [name for name in names if name == TOGETHER or name.startswith(LANGUAGE)]
    twice = next((name for name in names if names.count(name) > 1 or name in reserved), None)
    if twice is not None:
        why = "means another part of the speech" if twice in reserved else "names two folders"
        message = f"--data: {twice} {why}; give another name with --data NAME=PATH"
        raise ConfigurationError(message)


def segmenting_of(seconds: float | None, hop: float | None) -> "Segmenting | None":
    """Return how clips are cut; without a hop, one segment follows the other."""
    if seconds is None and hop is not None:
        raise ConfigurationError("--hop goes with --segment SECONDS, which is missing")
    if seconds is not None and hop is not None and hop > seconds:
        message = f"--hop {hop:g} leaves out speech; it should be at most {seconds:g}"
        raise ConfigurationError(message)
    if seconds is None:
        return None
    from sertify.pipeline.hearing import Segmenting

    return Segmenting(seconds, seconds if hop is None else hop)
