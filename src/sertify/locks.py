"""The commits that were judged, in candidates.lock.yaml beside candidates.yaml."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from io import StringIO
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from sertify.errors import ConfigurationError

__all__ = ["Locked", "lock_path", "read_lock", "write_lock"]

_TITLE = (
    "# The commits that were judged, written by `pytest --lock`. Keep it under version control;\n"
    "# `pytest --locked` judges nothing that is at another commit.\n"
)


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

    Raises
    ------
    ConfigurationError
        If there is no lock, or it is none that sertify wrote.
    """
    path = lock_path(candidates)
    try:
        content = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
        return {str(name): Locked(**entry) for name, entry in content.items()}
    except FileNotFoundError:
        message = f"{path}: no such file; write it with `pytest --lock`"
        raise ConfigurationError(message) from None
    except (OSError, ValueError, YAMLError, TypeError, AttributeError) as error:
        problem = str(error).strip().partition("\n")[0]
        message = f"{path}: is no lock of sertify ({problem}); write it anew with `pytest --lock`"
        raise ConfigurationError(message) from error


def write_lock(candidates: Path, entries: Mapping[str, Locked]) -> Path:
    """Write what each candidate is locked at, and return where."""
    path = lock_path(candidates)
    text = StringIO()
    YAML().dump({name: asdict(entry) for name, entry in entries.items()}, text)
    path.write_text(_TITLE + text.getvalue(), encoding="utf-8")
    return path
