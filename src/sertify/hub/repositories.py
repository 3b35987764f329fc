"""What a repository holds at one commit, and its files as they are needed."""

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from glob import escape
from pathlib import Path
from typing import Any, cast

from huggingface_hub import constants, get_cached_repo_tree, snapshot_download
from huggingface_hub.errors import (
    CachedRepoTreeNotFoundError,
    LocalEntryNotFoundError,
    RevisionResolutionError,
)
from huggingface_hub.utils import filter_repo_objects

from sertify.hub import client
from sertify.hub.checksums import changed_files
from sertify.hub.client import Api, hub_errors, limit_waiting
from sertify.hub.progress import Silent, Tell, telling
from sertify.vocabulary.errors import Blocked, Rejected
from sertify.vocabulary.files import read_text
from sertify.vocabulary.text import listed

_IN_FOLDERS = "*/*"  # such as the checkpoints of a training run

SHARD = r"-\d+-of-\d+"
EXTERNAL_DATA = r"(_data(_\d+)?|\.data)"
"""How the names of the files end that hold the weights of a graph."""

# In the order in which transformers looks for them.
_FORMATS = (
    r"model\.safetensors",
    rf"model{SHARD}\.safetensors",
    r"pytorch_model\.bin",
    rf"pytorch_model{SHARD}\.bin",
    rf"(onnx/)?model\.onnx{EXTERNAL_DATA}?",
    rf"(onnx/)?[^/]+\.onnx{EXTERNAL_DATA}?",
)
SPEECHBRAIN_WEIGHTS = ("model.ckpt", "wav2vec2.ckpt")
"""The files of a checkpoint in SpeechBrain's format."""


@dataclass(frozen=True)
class Repository:
    """What a repository holds at one commit.

    Attributes
    ----------
    model
        Its hub id, or the folder as it is written in candidates.yaml.
    commit
        The hub's commit, or ``sha256:`` and the hash of the contents of a local folder.
    folder
        Where its small files are; others are there once :func:`fetch` returned.
    files
        Size in bytes of every file of the repository, by its name.
    of_hub
        Whether more can be downloaded.
    """

    model: str
    commit: str
    folder: Path
    files: Mapping[str, int] = field(repr=False)
    of_hub: bool = False
    offline: bool = field(default=False, compare=False)

    @property
    def listing(self) -> str:
        """The end of a sentence that says which files it has."""
        return f"its files are {listed(sorted(self.files))}" if self.files else "it has no files"

    def read_json(self, name: str) -> Any:
        """Return the parsed content of a file; OSError or ValueError where that is not possible."""
        return json.loads(read_text(self.folder / name))


def fetch(repository: Repository, names: Collection[str], progress: Tell | None = None) -> None:
    """Download files, each as far as it is missing.

    ``progress`` is called, by several threads, with the number of bytes that came and their total.
    Raises ``Blocked``: ``unreachable``, ``timed_out``, ``checksum_mismatch``,
    ``offline_not_cached`` or ``disk_full``.
    """
    if repository.of_hub and names:
        model, commit, offline = repository.model, repository.commit, repository.offline
        with hub_errors(model, commit, offline=offline):
            there, sizes = repository.folder, repository.files
            total = sum(sizes.get(name, 0) for name in names if not (there / name).exists())
            bar = telling(progress, total) if progress and total else Silent
            _download(model, commit, [*map(escape, names)], offline=offline, bar=bar)


def weight_files(names: Iterable[str]) -> tuple[str, ...]:
    """Return the files that weights would be read from, the safest format first."""
    there = sorted(names)
    by_format = ([name for name in there if re.fullmatch(form, name)] for form in _FORMATS)
    speechbrain = [name for name in SPEECHBRAIN_WEIGHTS if name in there]
    first = next(filter(None, by_format), [])
    return tuple(first or (speechbrain if "hyperparams.yaml" in there else []))


def remote(
    model: str, revision: str | None, patterns: Collection[str], *, offline: bool
) -> tuple[Repository, bool | None, str]:
    """Return a repository of the hub, whether it is gated, and a remark."""
    limit_waiting()
    offline = offline or constants.HF_HUB_OFFLINE
    with hub_errors(model, revision, offline=offline):
        api = Api()
        trouble = None if offline else api.trouble(model, revision)
        cached = offline or trouble is not None
        try:
            at = api.resolve_revision(model, revision=revision, local_files_only=cached)
            folder = _download(model, at, patterns, _IN_FOLDERS, offline=cached)
            files = _listing(model, folder)
        except (LocalEntryNotFoundError, RevisionResolutionError):
            if trouble is None:
                raise
            raise trouble from trouble.__cause__
    silence = f"{constants.ENDPOINT} gave no usable answer, so what the cache has of it was judged"
    gated = None if api.info is None else bool(api.info.gated)
    repository = Repository(model, folder.name, folder, files, of_hub=True, offline=offline)
    return repository, gated, silence if trouble else ""


def _download(
    model: str,
    revision: str,
    patterns: Collection[str],
    ignored: str | None = None,
    *,
    offline: bool,
    bar: type[Silent] = Silent,
) -> Path:
    """Download what is missing; what differs from the hub's listing once more."""
    options: dict[str, Any] = {
        "tqdm_class": bar,
        "revision": revision,
        "allow_patterns": list(patterns),
        "ignore_patterns": ignored,
        "etag_timeout": client.TIMEOUT,
        "local_files_only": offline,
    }
    folder = Path(cast("str", snapshot_download(model, **options)))
    sizes = _listing(model, folder)
    names = filter_repo_objects(sizes, allow_patterns=list(patterns), ignore_patterns=ignored)
    wanted = {name: sizes[name] for name in names}
    changed = list(changed_files(folder, wanted))
    if changed and not offline:
        for name in changed:
            (folder / name).resolve().unlink(missing_ok=True)  # another process may be as far
            (folder / name).unlink(missing_ok=True)
        snapshot_download(model, **options)
        changed = list(changed_files(folder, wanted))
    if changed:
        text = f"the checksum of {changed[0]} of {model} is not the one that the hub lists"
        raise Blocked("checksum_mismatch", text)
    return folder


def _listing(model: str, folder: Path) -> dict[str, int]:
    """Sizes of all files of the repository of which `folder` holds some, by the hub's listing."""
    try:
        tree = get_cached_repo_tree(model, revision=folder.name)
    except CachedRepoTreeNotFoundError:
        # A download of single files, as transformers makes it, leaves none. Without weights,
        # nothing then tells a part of a repository from one that has none.
        sizes = _sizes(folder)
        if not weight_files(sizes):
            raise LocalEntryNotFoundError(f"no weights in {folder}") from None
        return sizes
    return {file.path: file.size for file in tree}


def local(model: str, folder: Path) -> Repository:
    """Return a folder as a repository. Raises ``Rejected`` with ``not_found``."""
    if not folder.is_dir():
        raise Rejected("not_found", f"there is no folder {model}")
    digest = hashlib.sha256()
    files = _sizes(folder)
    for name in sorted(files):
        with (folder / name).open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        digest.update(f"{name}\0{content}\n".encode())
    return Repository(model, f"sha256:{digest.hexdigest()[:40]}", folder, files)


def _sizes(folder: Path) -> dict[str, int]:
    """Sizes of the files of a repository; hidden files are not part of it."""
    files = (path for path in folder.rglob("*") if path.is_file())
    names = {path.relative_to(folder).as_posix(): path.stat().st_size for path in files}
    return {name: size for name, size in names.items() if "/." not in f"/{name}"}
