"""What the options of a run say."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pytest

from sertify.candidates.complaints import did_you_mean
from sertify.candidates.requirements import CORPUS_NAME
from sertify.evidence.environment import describe, may_have_accelerator, usable_cores
from sertify.gates.parts import LANGUAGE, TOGETHER

if TYPE_CHECKING:
    from sertify.pipeline.predictions import (
        Segmenting,  # collecting must not wait for what reads audio
    )

__all__ = ["OPTIONS", "Options", "Source", "candidates_file", "environment_of"]


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
    segmenting: "Segmenting | None"
    reports: Path
    compare: Path | None
    model_index: bool
    report_audio: int
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
        earlier = config.getoption("compare")
        _refuse_stray(layouts, [*sources, *([confirm] if confirm else [])])
        return cls(
            candidates=candidates_file(config),
            data=_distinct(sources),
            confirm=confirm,
            hold_out=config.getoption("hold_out"),
            split=config.getoption("split"),
            limit=config.getoption("limit"),
            segmenting=_segmenting(config.getoption("segment"), config.getoption("hop")),
            reports=here / (config.getoption("reports") or config.rootpath / "reports"),
            report_audio=config.getoption("report_audio"),
            compare=None if earlier is None else here / Path(earlier).expanduser(),
            model_index=config.getoption("model_index"),
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


_NAME = re.compile(CORPUS_NAME)


def candidates_file(config: pytest.Config) -> Path:
    """Return the path of the file that lists the candidates."""
    given = config.getoption("candidates") or config.rootpath / "candidates.yaml"
    return config.invocation_params.dir / given


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
    from sertify.models.model import choose_device

    return choose_device(wish)


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


def _segmenting(seconds: float | None, hop: float | None) -> "Segmenting | None":
    if seconds is None and hop is not None:
        raise pytest.UsageError("--hop goes with --segment SECONDS, which is missing")
    if seconds is not None and hop is not None and hop > seconds:
        raise pytest.UsageError(
            f"--hop {hop:g} leaves out speech; it should be at most {seconds:g}"
        )
    if seconds is None:
        return None
    from sertify.pipeline.predictions import Segmenting

    return Segmenting(seconds, hop or seconds)
