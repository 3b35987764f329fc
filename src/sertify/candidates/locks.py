"""The commits that were judged, in candidates.lock.yaml beside candidates.yaml."""

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from io import StringIO
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ruamel.yaml import YAML

from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.files import read_start, write_whole
from sertify.vocabulary.yaml_lines import read_yaml

_TITLE = (
    "# The commits that were judged, written by `pytest --lock`. Keep it under version control;\n"
    "# `pytest --locked` judges nothing that is at another commit.\n"
)
_DATA = "hf://"


@dataclass(frozen=True)
class Locked:
    """What a candidate was: its repository, and the commits of all that it is made of."""

    model: str
    commit: str


def lock_path(candidates: Path) -> Path:
    """Return where the lock of a candidates file is: ``candidates.lock.yaml``."""
    return candidates.with_suffix(".lock.yaml")


def read_lock(candidates: Path) -> dict[str, Locked]:
    """Return what each candidate is locked at, by its name.

    Raises ``ConfigurationError`` if there is no lock, or it is none that sertify wrote.
    """
    path = lock_path(candidates)
    try:
        document = read_yaml(read_start(path))
        document.require_sound()
        content: Any = document.value
        return {
            name: Locked(str(entry["model"]), str(entry["commit"]))
            for name, entry in content.items()
        }
    except FileNotFoundError:
        message = f"{path}: no such file; write it with `pytest --lock`"
        raise ConfigurationError(message) from None
    except (OSError, ValueError, TypeError, AttributeError, LookupError) as error:
        message = f"{path}: cannot be read as a lock; write a new one with `pytest --lock`"
        raise ConfigurationError(message) from error


def moved_on(candidates: Path, commits: Mapping[str, str]) -> dict[str, str]:
    """Return what those are locked at, by name, that were found at another commit.

    Raises ``ConfigurationError`` where there is a lock that cannot be read.
    """
    if not lock_path(candidates).is_file():
        return {}
    locked = read_lock(candidates)
    known = {name: locked[name].commit for name in commits if name in locked}
    return {name: commit for name, commit in known.items() if commit != commits[name]}


def require_writable(candidates: Path) -> None:
    """Raise ``ConfigurationError`` where a lock could not be written."""
    path = lock_path(candidates)
    place = path if path.exists() else path.parent
    if path.is_dir() or not os.access(place, os.W_OK):
        raise ConfigurationError(
            f"{path}: cannot be written; change its permissions, or leave out --lock"
        )


def write_lock(candidates: Path, entries: Mapping[str, Locked]) -> Path:
    """Write what each candidate is locked at, all or nothing, and return where."""
    path = lock_path(candidates)
    text = StringIO()
    YAML().dump({name: asdict(entry) for name, entry in entries.items()}, text)
    write_whole(path, _TITLE + text.getvalue())
    return path


def update_lock(
    candidates: Path,
    models: Mapping[str, str],
    commits: Mapping[str, str],
    others: Mapping[str, Locked] = MappingProxyType({}),
) -> Path:
    """Write the commits that were judged; of what was not, the lock stays as it is.

    ``models`` are the repositories of all candidates, ``commits`` what they were found at;
    ``others`` are data sets, by their addresses.
    """
    try:
        locked = read_lock(candidates)
    except ConfigurationError:
        locked = {}  # there is none, or none that could be kept
    now = locked | {
        name: Locked(model, commits[name]) for name, model in models.items() if name in commits
    }
    kept = {name: now[name] for name in models if name in now}
    # Which data sets a run is about, no file says; so those of other runs stay.
    kept |= {name: entry for name, entry in locked.items() if name.startswith(_DATA)}
    return write_lock(candidates, kept | dict(others))
