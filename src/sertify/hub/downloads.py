"""Files of a hub into its cache: those that are no more than they may be, in time, and sound."""

import shutil
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from huggingface_hub import hf_hub_download
from huggingface_hub.utils import filter_repo_objects

from sertify.hub import bounds
from sertify.hub.bounds import rationed
from sertify.hub.checksums import changed_files
from sertify.hub.progress import Silent
from sertify.hub.waiting import each_within
from sertify.vocabulary.errors import Blocked
from sertify.vocabulary.text import amount, listed

_IN_FOLDERS = "*/*"  # such as the checkpoints of a training run

CARD = "README.md"
LARGEST, LARGEST_LIST = 4_000_000, 32_000_000
"""Bytes that are read of a file such as a config or a card, and of a list of tensors by file."""


def largest(name: str) -> int:
    """Return how many bytes are read of a file that is no weights."""
    return LARGEST_LIST if name.endswith(".index.json") else LARGEST


def small_files(
    files: Mapping[str, int], patterns: Collection[str], subfolder: str = ""
) -> tuple[dict[str, int], str]:
    """Return the sizes of the files that patterns name, and a remark on those that are no small.

    Those of a subfolder are taken in place of those at the top, and the card of the whole beside.
    """
    start = f"{subfolder}/" if subfolder else ""
    inside = [name.removeprefix(start) for name in files if name.startswith(start)]
    kept = filter_repo_objects(inside, allow_patterns=list(patterns), ignore_patterns=[_IN_FOLDERS])
    above = {CARD} & files.keys() if subfolder and CARD in patterns else ()
    names = [*(start + name for name in kept), *above]
    sizes = {name: files[name] for name in names}
    small = {name: size for name, size in sizes.items() if size <= largest(name)}
    remarks = [
        f"{name} has {amount(size)}, of which no more than {amount(largest(name))} would be read"
        for name, size in sizes.items()
        if name not in small
    ]
    return small, "; ".join(remarks)


def download(
    model: str,
    folder: Path,
    wanted: Mapping[str, int],
    *,
    offline: bool,
    bar: type[Silent] = Silent,
    kind: str = "model",
) -> None:
    """Download what is missing; what differs from the hub's listing once more."""
    if not offline:
        require_space(model, folder, missing(folder, wanted))
    _get(model, folder, missing(folder, wanted), offline=offline, bar=bar, kind=kind)
    changed = list(changed_files(folder, wanted))
    if changed and not offline:
        for name in changed:
            (folder / name).resolve().unlink(missing_ok=True)  # another process may be as far
            (folder / name).unlink(missing_ok=True)
        again = {name: wanted[name] for name in changed}
        _get(model, folder, again, offline=False, bar=bar, kind=kind)
        changed = list(changed_files(folder, wanted))
    if changed:
        text = f"the checksum of {changed[0]} of {model} is not the one that the hub lists"
        raise Blocked("checksum_mismatch", text)


def _get(
    model: str,
    folder: Path,
    wanted: Mapping[str, int],
    *,
    offline: bool,
    bar: type[Silent],
    kind: str,
) -> None:
    """Have each file in the folder, several at a time, within what all of them may take."""
    size = sum(wanted.values())
    seconds = min(bounds.download_time(size), bounds.ration().left())

    def get(name: str) -> None:
        options: dict[str, Any] = {"local_files_only": offline, "tqdm_class": bar}
        options |= {"repo_type": kind}
        with rationed(f"{name} of {model}", wanted[name], seconds, file=True):
            hf_hub_download(
                model, name, revision=folder.name, etag_timeout=bounds.TIMEOUT, **options
            )

    what = f"{listed(wanted, most=1)} of {model}"
    with rationed(what, size, seconds, online=not offline):
        each_within(seconds, what, get, wanted)


def missing(folder: Path, wanted: Mapping[str, int]) -> dict[str, int]:
    """Return the sizes of those files that are not in the folder."""
    return {name: size for name, size in wanted.items() if not (folder / name).exists()}


def require_space(model: str, folder: Path, wanted: Mapping[str, int]) -> None:
    """Raise ``Blocked`` with ``disk_full`` where a download could not end well."""
    there = next(path for path in (folder, *folder.parents) if path.exists())
    # What another commit has as well is not downloaded; the client knows by what, here the size
    # has to do.
    known = {path.stat().st_size for path in (folder.parents[1] / "blobs").glob("*")}
    size = sum(size for size in wanted.values() if size not in known)
    free = shutil.disk_usage(there).free
    if size > free:
        message = f"{model} needs {amount(size)} more, {amount(free)} are free in {there}"
        raise Blocked("disk_full", message)
