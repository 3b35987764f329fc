"""The command-line options of sertify."""

import argparse
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pytest

from sertify.complaints import did_you_mean
from sertify.environment import describe, may_have_accelerator, usable_cores
from sertify.predictions import Segmenting
from sertify.requirements import CORPUS_NAME
from sertify.slices import LANGUAGE, TOGETHER

__all__ = ["OPTIONS", "Options", "Source", "add_options", "environment_of", "is_worker", "joined"]


def add_options(parser: pytest.Parser) -> None:
    """Declare the options; what each means is said in its help."""
    group = parser.getgroup("sertify", "qualification of speech-emotion models")
    group.addoption(
        "--candidates",
        metavar="FILE",
        help="the models to judge and what is required of them (default: candidates.yaml)",
    )
    group.addoption(
        "--data",
        metavar="[NAME=]PATH",
        action="append",
        default=[],
        help="folder of speech: with a metadata file, one subfolder per label, or the layout of a"
        " public corpus; may be given several times",
    )
    group.addoption(
        "--layout",
        metavar="[NAME=]LAYOUT",
        action="append",
        default=[],
        help="how to read --data, such as metadata, folders, audformat or ravdess (default: look)",
    )
    group.addoption("--split", metavar="NAME", help="judge on this split of --data only")
    group.addoption(
        "--limit",
        type=_positive,
        metavar="N",
        help="judge on at most N clips of each corpus, of all labels and speakers: a quick look",
    )
    group.addoption(
        "--segment",
        type=_seconds,
        metavar="SECONDS",
        help="judge clips in segments of this length, and average their probabilities",
    )
    group.addoption(
        "--hop",
        type=_seconds,
        metavar="SECONDS",
        help="from the start of a segment to that of the next (default: the segment's length)",
    )
    group.addoption(
        "--confirm",
        metavar="[NAME=]PATH",
        help="folder of speech that has no part in the selection, to judge the selected one on",
    )
    group.addoption(
        "--hold-out",
        type=_share,
        metavar="SHARE",
        help="the same with a share of the speakers of --data, such as 0.3",
    )
    group.addoption(
        "--reports",
        metavar="DIR",
        help="where evidence and reports are written (default: reports)",
    )
    group.addoption("--device", default="auto", help="cpu, cuda, mps or auto (default: auto)")
    group.addoption(
        "--threads",
        type=_positive,
        metavar="N",
        help="threads that a model may use (default: all cores, shared out over the workers)",
    )
    group.addoption(
        "--dtype",
        choices=DTYPES,
        default=DTYPES[0],
        help="what models compute in; on most CPUs all but float32 is many times slower",
    )
    group.addoption(
        "--no-cache",
        action="store_true",
        help="ask models anew; else what they answered before is looked up (see --cache-clear)",
    )
    group.addoption(
        "--cache-size",
        type=_size,
        default=2**30,
        metavar="MB",
        help="how much of that is kept (default: 1024)",
    )
    group.addoption(
        "--offline", action="store_true", help="use what is in the hub's cache; no network"
    )
    group.addoption(
        "--no-weights",
        action="store_true",
        help="judge what can be told without downloading weights, and no more",
    )
    group.addoption(
        "--lock",
        action="store_true",
        help="write the commits that were judged beside the candidates: candidates.lock.yaml",
    )
    group.addoption(
        "--locked",
        action="store_true",
        help="judge only what is still at the commit that candidates.lock.yaml says",
    )


def joined(args: Sequence[str], here: Path) -> list[str] | None:
    """Return the arguments with ``--data PATH`` written as ``--data=PATH``, where that matters.

    pytest looks for its root folder and settings before it knows the options of plugins, and takes
    the value of one for a path of tests: with recordings outside the project it finds no settings.
    """
    result: list[str] = []
    for arg in map(str, args):
        if result and result[-1] in _PATHS and _misleads(here / arg, here):
            result[-1] += f"={arg}"
        else:
            result.append(arg)
    return None if len(result) == len(args) else result


def _misleads(path: Path, here: Path) -> bool:
    return path.exists() and not path.resolve().is_relative_to(here.resolve())


@dataclass(frozen=True)
class Source:
    """A folder of speech; its name stands in the names of tests."""

    name: str
    path: Path
    layout: str = "auto"


@dataclass(frozen=True)
class Options:
    """The options of a run, with their defaults filled in."""

    candidates: Path
    data: tuple[Source, ...]
    confirm: Source | None
    hold_out: float | None
    split: str | None
    limit: int | None
    segmenting: Segmenting | None
    reports: Path
    device: str
    threads: int
    dtype: str
    cache: bool
    cache_size: int
    offline: bool
    weights: bool
    lock: bool
    locked: bool

    @classmethod
    def of(cls, config: pytest.Config) -> Self:
        """Read the options; paths are relative to where pytest was called."""
        here = config.invocation_params.dir
        layouts = dict(map(_layout, config.getoption("layout")))
        sources = tuple(_source(text, here, layouts) for text in config.getoption("data"))
        text = config.getoption("confirm")
        confirm = None if text is None else _source(text, here, layouts)
        _refuse_stray(layouts, [*sources, *([confirm] if confirm else [])])
        return cls(
            candidates=here
            / (config.getoption("candidates") or config.rootpath / "candidates.yaml"),
            data=_distinct(sources),
            confirm=confirm,
            hold_out=config.getoption("hold_out"),
            split=config.getoption("split"),
            limit=config.getoption("limit"),
            segmenting=_segmenting(config.getoption("segment"), config.getoption("hop")),
            reports=here / (config.getoption("reports") or config.rootpath / "reports"),
            device=config.getoption("device"),
            threads=config.getoption("threads") or _share_of_cores(config),
            dtype=config.getoption("dtype"),
            cache=not config.getoption("no_cache"),
            cache_size=config.getoption("cache_size"),
            offline=config.getoption("offline"),
            weights=not config.getoption("no_weights"),
            lock=config.getoption("lock"),
            locked=config.getoption("locked"),
        )


DTYPES = ("float32", "bfloat16", "float16")
_PATHS = ("--candidates", "--data", "--confirm", "--reports")
_NAME = re.compile(CORPUS_NAME)

OPTIONS = pytest.StashKey[Options]()
_ENVIRONMENT = pytest.StashKey[dict[str, str]]()


def environment_of(config: pytest.Config) -> dict[str, str]:
    """Describe, once a run, what models are judged with; ``auto`` needs torch to tell."""
    if _ENVIRONMENT not in config.stash:
        options = config.stash[OPTIONS]
        device = _device(options.device)
        config.stash[_ENVIRONMENT] = describe(device, options.threads, options.dtype)
    return config.stash[_ENVIRONMENT]


def _device(wish: str) -> str:
    if wish == "cpu" or (wish == "auto" and not may_have_accelerator()):
        return "cpu"
    from sertify.models import choose_device

    return choose_device(wish)


def is_worker(config: pytest.Config) -> bool:
    """Whether this process is a worker of pytest-xdist."""
    return hasattr(config, "workerinput")


def _share_of_cores(config: pytest.Config) -> int:
    workers = getattr(config, "workerinput", {}).get("workercount")
    # The process that workers report to says the same of itself as they do.
    workers = workers or config.getoption("numprocesses", default=None) or 1
    return max(1, usable_cores() // int(workers))


def _source(text: str, here: Path, layouts: Mapping[str, str]) -> Source:
    name, equals, path = text.partition("=")
    if not (equals and _NAME.fullmatch(name)) or (here / text).exists():
        path = text
        name = re.sub(r"[^A-Za-z0-9._-]+", "-", (here / text).resolve().name).strip("-._") or "data"
    layout = layouts.get(name, layouts.get("", "auto"))
    return Source(name, here / Path(path).expanduser(), layout)


def _refuse_stray(layouts: Mapping[str, str], sources: Sequence[Source]) -> None:
    names = [source.name for source in sources]
    stray = next((name for name in layouts if name and name not in names), None)
    if stray is not None:
        hint = did_you_mean(stray, names)
        raise pytest.UsageError(f"--layout: no --data or --confirm is called {stray!r}{hint}")


def _layout(text: str) -> tuple[str, str]:
    name, equals, layout = text.rpartition("=")
    return (name, layout) if equals else ("", text)


def _distinct(sources: tuple[Source, ...]) -> tuple[Source, ...]:
    names = [source.name for source in sources]
    reserved = [name for name in names if name == TOGETHER or name.startswith(LANGUAGE)]
    twice = next((name for name in names if names.count(name) > 1 or name in reserved), None)
    if twice is None:
        return sources
    why = "means another part of the speech" if twice in reserved else "names two folders"
    raise pytest.UsageError(f"--data: {twice} {why}; give another name with --data NAME=PATH")


def _segmenting(seconds: float | None, hop: float | None) -> Segmenting | None:
    if seconds is None and hop is not None:
        raise pytest.UsageError("--hop goes with --segment SECONDS, which is missing")
    if seconds is not None and hop is not None and hop > seconds:
        raise pytest.UsageError(
            f"--hop {hop:g} leaves out speech; it should be at most {seconds:g}"
        )
    return None if seconds is None else Segmenting(seconds, hop or seconds)


def _seconds(text: str) -> float:
    return _number(text, 0.1, 600, "a number of seconds from 0.1 to 600")


def _share(text: str) -> float:
    return _number(text, 0.01, 0.99, "a share of the speakers between 0 and 1, such as 0.3")


def _number(text: str, least: float, most: float, wanted: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not least <= value <= most:
        raise argparse.ArgumentTypeError(f"is {text!r}, but should be {wanted}")
    return value


def _size(text: str) -> int:
    return _positive(text) * 2**20


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"is {text!r}, but should be a whole number, 1 or more")
    return int(text)
