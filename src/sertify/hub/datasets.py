"""Data sets of the hub, at one commit, and those of their files that are asked for."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from huggingface_hub import constants, get_cached_repo_tree, snapshot_download
from huggingface_hub.errors import (
    CachedRepoTreeNotFoundError,
    LocalEntryNotFoundError,
    RevisionResolutionError,
)

from sertify.hub import bounds
from sertify.hub.answers import checked_sizes
from sertify.hub.bounds import rationed
from sertify.hub.client import Api, limit_waiting
from sertify.hub.downloads import CARD, LARGEST, download, missing, require_space
from sertify.hub.progress import Silent, Tell, telling
from sertify.hub.troubles import hub_errors
from sertify.vocabulary.data_addresses import DataAddress

_KIND = "dataset"
_AT_A_TIME = 200  # files, each of which waits in a thread


@dataclass(frozen=True)
class DataRepository:
    """What a data set of the hub holds at one commit.

    Parameters
    ----------
    folder
        Where its files are once they were downloaded; the card is.
    files
        Size in bytes of every file, by its name.
    remark
        Where the hub did not answer, that what its cache has was taken.
    """

    address: DataAddress
    commit: str
    folder: Path
    files: Mapping[str, int] = field(repr=False)
    offline: bool = False
    remark: str = ""


def look_at(address: DataAddress, *, offline: bool) -> DataRepository:
    """Return what a data set holds at its revision; its README.md is downloaded.

    Where the hub does not answer, what is in its cache is taken, and ``remark`` says so.

    Raises ``Rejected`` and ``Blocked`` as `sertify.hub.snapshots.take_snapshot` does.
    """
    limit_waiting()
    name, revision = address.repository, address.revision
    offline = offline or constants.HF_HUB_OFFLINE
    look = rationed(
        f"what the hub has of {name}", bounds.LARGEST_ANSWER, bounds.LOOK, online=not offline
    )
    with hub_errors(name, revision, offline=offline, kind="data set"), look:
        api = Api()
        api.kind = _KIND
        trouble = None if offline else api.trouble(name, revision)
        cached = offline or trouble is not None
        try:
            at = api.resolve_revision(
                name, repo_type=_KIND, revision=revision, local_files_only=cached
            )
            folder, files = _list(name, at, offline=cached)
            card = {CARD: files[CARD]} if 0 < files.get(CARD, 0) <= LARGEST else {}
            download(name, folder, card, offline=cached, kind=_KIND)
        except (LocalEntryNotFoundError, RevisionResolutionError):
            if trouble is None:
                raise
            raise trouble from trouble.__cause__
    silence = f"{constants.ENDPOINT} gave no usable answer, so what the cache has of it was read"
    return DataRepository(
        address, folder.name, folder, files, offline or cached, silence if trouble else ""
    )


def have(data: DataRepository, names: Collection[str], progress: Tell | None = None) -> None:
    """Download files of a data set, each as far as it is missing.

    Raises ``Blocked``: ``gated``, ``unreachable``, ``timed_out``, ``checksum_mismatch``,
    ``offline_not_cached`` or ``disk_full``.
    """
    limit_waiting()
    name = data.address.repository
    with hub_errors(name, data.commit, offline=data.offline, kind="data set"):
        sizes = {file: data.files[file] for file in names}
        wanted = missing(data.folder, sizes)
        total = sum(wanted.values())
        bar = telling(progress, total) if progress and total else Silent
        # What is there already has been checked when it came: its name is its checksum.
        if not data.offline:
            require_space(name, data.folder, wanted)
        files = [*wanted]
        for start in range(0, len(files), _AT_A_TIME):
            part = {file: wanted[file] for file in files[start : start + _AT_A_TIME]}
            download(name, data.folder, part, offline=data.offline, bar=bar, kind=_KIND)


def _list(name: str, revision: str, *, offline: bool) -> tuple[Path, Mapping[str, int]]:
    """Return the folder of a commit in the cache, and the sizes of its files, as the hub lists."""
    what = f"the listing of {name}"
    with rationed(what, bounds.LARGEST_ANSWER, bounds.LOOK, bounds.MOST_REQUESTS):
        options: dict[str, Any] = {"local_files_only": offline, "tqdm_class": Silent}
        nothing = snapshot_download(
            name, repo_type=_KIND, revision=revision, allow_patterns=[], **options
        )
        folder = Path(cast("str", nothing))
        if not offline:
            folder.mkdir(parents=True, exist_ok=True)
        try:
            tree = get_cached_repo_tree(name, repo_type=_KIND, revision=folder.name)
        except CachedRepoTreeNotFoundError:  # another program downloaded some of its files
            raise LocalEntryNotFoundError(f"no listing of {name}") from None
        return folder, checked_sizes((file.path, file.size) for file in tree)
