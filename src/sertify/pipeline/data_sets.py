"""Data sets of the hub as folders: those of their files that are asked for, and nothing else."""

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sertify.candidates.locks import Locked, lock_path, read_lock
from sertify.pipeline.chosen_files import chosen_files, scripts_in
from sertify.pipeline.settings import Settings
from sertify.pipeline.telling import on_one_line
from sertify.vocabulary.data_addresses import DataAddress
from sertify.vocabulary.errors import Blocked, ConfigurationError, Rejected

if TYPE_CHECKING:
    from sertify.corpora.unpacking import Scratch
    from sertify.hub.datasets import DataRepository

_PARQUET_BRANCH = "refs/convert/parquet"


@dataclass(frozen=True)
class LocalData:
    """A data set of the hub on this machine.

    Parameters
    ----------
    path
        A folder of links to those of its files that are asked for; it goes with ``keeper``.
    home
        The folder of the hub's cache that they are in.
    locked
        What candidates.lock.yaml is to say of it.
    remarks
        What is to be known of how it was come by, in sentences.
    """

    path: Path
    home: Path
    keeper: "Scratch"
    locked: Locked
    remarks: tuple[str, ...] = ()


def local_data(address: DataAddress, settings: Settings) -> LocalData:
    """Download what is asked for of a data set.

    Raises ``ConfigurationError`` where that cannot be done, or the data set is not what is locked.
    """
    from sertify.hub.datasets import have

    try:
        data, remarks = _found(address, settings)
        remarks = (*remarks, *filter(None, [data.remark]))
        locked = Locked(f"datasets/{address.repository}", data.commit)
        remarks = (*remarks, *_moved(address, locked, settings))
        files = chosen_files(address, data.folder, data.files, settings.split)
        with on_one_line(sys.stderr, f"downloading {address}, MB") as heed:
            have(data, files, heed and _in_megabytes(heed))
    except (Blocked, Rejected) as error:
        cure = _CURES.get(error.reason.code, error.reason.cure)
        raise ConfigurationError(f"--data {address}: {error.message}; {cure}") from error
    keeper, folder = _linked(data, files)
    return LocalData(folder, data.folder, keeper, locked, remarks)


_CURES: Mapping[str, str] = {
    "not_found": "check the spelling; what is private needs a login with `hf auth login`",
    "revision_not_found": "write another one behind the @, or leave it out",
}


def _in_megabytes(heed: Callable[[float, float], None]) -> Callable[[float, float], None]:
    return lambda done, total: heed(round(done / 1e6), round(total / 1e6))


def _found(address: DataAddress, settings: Settings) -> "tuple[DataRepository, tuple[str, ...]]":
    """Return the data set; of one that only a script could make, what the hub made of it."""
    from sertify.hub.datasets import look_at

    data = look_at(address, offline=settings.offline)
    scripts = scripts_in(address, data.files)
    if not scripts:
        return data, ()
    told = f"its files are made by a script ({scripts[0]}), which is never run"
    converted = replace(address, revision=_PARQUET_BRANCH)
    try:
        found = look_at(converted, offline=settings.offline)
    except Rejected as error:
        raise ConfigurationError(
            f"--data {address}: {told}, and the hub has no Parquet files of it; download what it"
            " is made of, and give that folder"
        ) from error
    return found, (f"{told}; the Parquet files that the hub made of it were read",)


def _moved(address: DataAddress, now: Locked, settings: Settings) -> tuple[str, ...]:
    """Say that a data set is at another commit than is locked; refuse it where it has to be."""
    if not settings.locked and not lock_path(settings.candidates).is_file():
        return ()
    locked = read_lock(settings.candidates).get(str(address))
    if locked == now or (locked is None and not settings.locked):
        return ()
    known = f"is locked at {locked.commit}" if locked else f"is not in {_lock_name(settings)}"
    message = f"--data {address}: {known}, but is at {now.commit}"
    if settings.locked:
        cure = f"write hf://datasets/{address.repository}@{locked.commit}, or" if locked else ""
        raise ConfigurationError(
            f"{message}; {cure} write a new lock with --lock".replace(";  ", "; ")
        )
    return (message.removeprefix("--data "),)


def _lock_name(settings: Settings) -> str:
    return lock_path(settings.candidates).name


def _linked(data: "DataRepository", files: Mapping[str, int]) -> "tuple[Scratch, Path]":
    """Return a temporary folder of links to files, which are copied where there are no links."""
    from sertify.corpora.unpacking import Scratch

    keeper = Scratch()
    folder = keeper.path / data.address.name
    for name in files:
        place, source = folder / name, (data.folder / name).resolve()
        place.parent.mkdir(parents=True, exist_ok=True)
        with suppress(OSError):
            place.symlink_to(source)
            continue
        try:
            os.link(source, place)
        except OSError:
            shutil.copy(source, place)
    return keeper, folder
