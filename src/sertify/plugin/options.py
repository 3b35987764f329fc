"""The command-line options of sertify."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pytest

from sertify.environment import describe, usable_cores

__all__ = ["OPTIONS", "Options", "add_options", "environment_of", "is_worker", "joined"]


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
        metavar="PATH",
        help="folder of speech with a metadata.csv, or with one subfolder per label",
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
class Options:
    """The options of a run, with their defaults filled in."""

    candidates: Path
    data: Path | None
    reports: Path
    device: str
    threads: int
    offline: bool
    weights: bool
    lock: bool
    locked: bool

    @classmethod
    def of(cls, config: pytest.Config) -> Self:
        """Read the options; paths are relative to where pytest was called."""
        here = config.invocation_params.dir
        data = config.getoption("data")
        return cls(
            candidates=here
            / (config.getoption("candidates") or config.rootpath / "candidates.yaml"),
            data=None if data is None else here / Path(data).expanduser(),
            reports=here / (config.getoption("reports") or config.rootpath / "reports"),
            device=config.getoption("device"),
            threads=config.getoption("threads") or _share_of_cores(config),
            offline=config.getoption("offline"),
            weights=not config.getoption("no_weights"),
            lock=config.getoption("lock"),
            locked=config.getoption("locked"),
        )


_PATHS = ("--candidates", "--data", "--reports")

OPTIONS = pytest.StashKey[Options]()
_ENVIRONMENT = pytest.StashKey[dict[str, str]]()


def environment_of(config: pytest.Config) -> dict[str, str]:
    """Describe, once a run, what models are judged with; ``auto`` needs torch to tell."""
    if _ENVIRONMENT not in config.stash:
        from sertify.models import choose_device

        options = config.stash[OPTIONS]
        device = choose_device(options.device)
        config.stash[_ENVIRONMENT] = describe(device, options.threads)
    return config.stash[_ENVIRONMENT]


def is_worker(config: pytest.Config) -> bool:
    """Whether this process is a worker of pytest-xdist."""
    return hasattr(config, "workerinput")


def _share_of_cores(config: pytest.Config) -> int:
    workers = getattr(config, "workerinput", {}).get("workercount")
    # The process that workers report to says the same of itself as they do.
    workers = workers or config.getoption("numprocesses", default=None) or 1
    return max(1, usable_cores() // int(workers))


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"is {text!r}, but should be a whole number, 1 or more")
    return int(text)
