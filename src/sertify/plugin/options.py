"""What the options of a run say."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pytest

from sertify.candidates.limits import allowances_of
from sertify.evidence.cache import Cache
from sertify.pipeline.settings import (
    Settings,
    layout_of,
    require_distinct,
    require_named,
    segmenting_of,
    source_of,
)
from sertify.pipeline.speech import Speech
from sertify.plugin.early import REMEMBERED
from sertify.plugin.letters import received
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.machine import usable_cores


@dataclass(frozen=True, kw_only=True)
class Options(Settings):
    """The options of a run of pytest, with their defaults filled in."""

    compare: Path | None
    model_index: bool
    report_audio: int
    cache: bool
    cache_size: int
    lock: bool

    @classmethod
    def of(cls, config: pytest.Config) -> Self:
        """Read the options; paths are relative to where pytest was called."""
        try:
            return cls._of(config)
        except ConfigurationError as error:
            raise pytest.UsageError(str(error)) from error

    @classmethod
    def _of(cls, config: pytest.Config) -> Self:
        here = config.invocation_params.dir
        layouts = dict(map(layout_of, config.getoption("layout")))
        data = tuple(source_of(text, here, layouts) for text in received(config.getoption("data")))
        text = received(config.getoption("confirm"))
        confirm = None if text is None else source_of(text, here, layouts)
        earlier = received(config.getoption("compare"))
        require_named(layouts, [*data, *([confirm] if confirm else [])])
        require_distinct(data)
        return cls(
            candidates=candidates_file(config),
            data=data,
            confirm=confirm,
            hold_out=config.getoption("hold_out"),
            split=config.getoption("split"),
            limit=config.getoption("limit"),
            segmenting=segmenting_of(config.getoption("segment"), config.getoption("hop")),
            noise=_given(config, "noise"),
            rooms=_given(config, "rooms"),
            reports=_path(config, "reports", "reports"),
            report_audio=config.getoption("report_audio"),
            compare=None if earlier is None else here / Path(earlier).expanduser(),
            model_index=config.getoption("model_index"),
            device=config.getoption("device"),
            threads=config.getoption("threads") or max(1, usable_cores() // _sharers(config)),
            sharers=_sharers(config),
            limits=allowances_of(config.getoption("limits")),
            dtype=config.getoption("dtype"),
            cache=not config.getoption("no_cache"),
            cache_size=config.getoption("cache_size"),
            offline=config.getoption("offline"),
            weights=not config.getoption("no_weights"),
            lock=config.getoption("lock"),
            locked=config.getoption("locked"),
            race=config.getoption("race"),
        )


OPTIONS = pytest.StashKey[Options]()
RUN_SPEECH = pytest.StashKey[Speech]()
"""The speech of the run, where this process has read it."""


def candidates_file(config: pytest.Config) -> Path:
    """Return the path of the file that lists the candidates."""
    return _path(config, "candidates", "candidates.yaml")


def _path(config: pytest.Config, option: str, otherwise: str) -> Path:
    return _given(config, option) or config.rootpath / otherwise


def _given(config: pytest.Config, option: str) -> Path | None:
    """Return the path that an option gives, if any; ``--reports=~/new`` no shell expands."""
    path = received(config.getoption(option))
    return config.invocation_params.dir / Path(path).expanduser() if path else None


def environment_of(config: pytest.Config) -> dict[str, str]:
    """Return what models are judged with in this run."""
    return config.stash[OPTIONS].environment


def open_cache(config: pytest.Config, options: Options) -> Cache:
    """Return the cache of the project, within pytest's; ``--no-cache`` remembers nothing.

    pytest itself clears it with ``--cache-clear``, and has none under ``-p no:cacheprovider``.
    """
    folder = getattr(config, "cache", None)
    if folder is None or not options.cache:
        return Cache(None)
    try:
        return Cache(folder.mkdir("sertify") / REMEMBERED, options.cache_size)
    except OSError as error:
        cache = Cache(None)
        cache.problem = f"pytest's cache_dir cannot be used ({error})"
        return cache


def _sharers(config: pytest.Config) -> int:
    workers = getattr(config, "workerinput", {}).get("workercount")
    # The process that workers report to says the same of itself as they do.
    return int(workers or config.getoption("numprocesses", default=None) or 1)
