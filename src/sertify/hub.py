"""From a candidate to a snapshot: which files its repository holds, at which commit."""

import errno
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
from huggingface_hub import (
    HfApi,
    constants,
    get_cached_repo_tree,
    get_session,
    snapshot_download,
)
from huggingface_hub.errors import (
    CachedRepoTreeNotFoundError,
    DisabledRepoError,
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from sertify.candidates import Candidate
from sertify.errors import Blocked, Rejected

__all__ = ["Snapshot", "fetch_feature_extractor", "fetch_weights", "take_snapshot"]

TIMEOUT = 30.0
"""Seconds without an answer after which the hub counts as unreachable; its client has no limit."""

_EXTRACTOR = ["preprocessor_config.json", "processor_config.json"]
# By name, for a repository may hold other files of any size.
_SMALL_FILES = ["config.json", "adapter_config.json", "*.index.json", *_EXTRACTOR]
_IN_FOLDERS = ["*/*"]  # such as the checkpoints of a training run

_SHARD = r"(-\d+-of-\d+)?"
_FORMATS = (rf"model{_SHARD}\.safetensors", rf"pytorch_model{_SHARD}\.bin")


@dataclass(frozen=True)
class Snapshot:
    """What a candidate's repository holds at one commit.

    Attributes
    ----------
    commit
        The hub's commit, or ``sha256:`` and the hash of the contents of a local folder.
    folder
        Where its small files are; the weights are there once :func:`fetch_weights` returned.
    files
        Size in bytes of every file of the repository, by its name.
    """

    candidate: Candidate
    commit: str
    folder: Path
    files: Mapping[str, int] = field(repr=False)

    def read_json(self, name: str) -> Any:
        """Return the parsed content of a file; OSError or ValueError where that is not possible."""
        return json.loads((self.folder / name).read_text(encoding="utf-8"))

    @property
    def weight_files(self) -> tuple[str, ...]:
        """The files that transformers would read the weights from, safetensors first."""
        return _weight_files(self.files)

    @property
    def weight_size(self) -> int:
        """Bytes of the files that the weights are read from."""
        return sum(self.files[name] for name in self.weight_files)


def take_snapshot(candidate: Candidate, *, offline: bool = False) -> Snapshot:
    """Resolve the candidate's revision to a commit and fetch its small files.

    Raises
    ------
    Rejected
        ``not_found`` or ``revision_not_found``.
    Blocked
        ``gated``, ``unreachable``, ``offline_not_cached`` or ``disk_full``.
    """
    if candidate.folder is not None:
        return _local_snapshot(candidate, candidate.folder)
    with _hub_errors(candidate.model, candidate.revision, offline=offline):
        if not (offline or constants.HF_HUB_OFFLINE):
            _greet(candidate)
        folder = _download(candidate.model, candidate.revision, _SMALL_FILES, offline=offline)
        return Snapshot(candidate, folder.name, folder, _listing(candidate.model, folder))


def fetch_weights(snapshot: Snapshot, *, offline: bool = False) -> None:
    """Download the weights, and the repository's code where the candidate allows it to run.

    Raises
    ------
    Blocked
        ``unreachable``, ``offline_not_cached`` or ``disk_full``.
    """
    candidate = snapshot.candidate
    if candidate.folder is not None:
        return
    patterns = [*_SMALL_FILES, *snapshot.weight_files]
    if candidate.trust_remote_code:
        patterns.append("*.py")
    with _hub_errors(candidate.model, snapshot.commit, offline=offline):
        _download(candidate.model, snapshot.commit, patterns, offline=offline)


def fetch_feature_extractor(candidate: Candidate, *, offline: bool = False) -> Path | None:
    """Return the folder of the other repository that ``feature_extractor`` names, if it does.

    Raises
    ------
    Rejected
        ``no_feature_extractor``.
    Blocked
        ``gated``, ``unreachable``, ``offline_not_cached`` or ``disk_full``.
    """
    source = candidate.feature_extractor
    if not isinstance(source, str):
        return None
    if candidate.feature_extractor_folder is not None:
        return candidate.feature_extractor_folder
    try:
        with _hub_errors(source, None, offline=offline):
            return _download(source, None, _EXTRACTOR, offline=offline)
    except Rejected as rejection:
        raise Rejected("no_feature_extractor", rejection.message) from rejection


def _greet(candidate: Candidate) -> None:
    """Ask the hub for the repository once: a download would ask again for half a minute."""
    _limit_waiting()
    HfApi().model_info(candidate.model, revision=candidate.revision, timeout=TIMEOUT)


def _limit_waiting() -> None:
    """Have the client's session give up after TIMEOUT, also where the client would not."""
    session = get_session()
    hooks = session.event_hooks
    if _give_up not in hooks["request"]:
        session.event_hooks = {**hooks, "request": [*hooks["request"], _give_up]}


def _give_up(request: httpx2.Request) -> None:
    request.extensions["timeout"] = httpx2.Timeout(TIMEOUT).as_dict()


def _listing(model: str, folder: Path) -> dict[str, int]:
    """Sizes of all files of the repository of which `folder` holds some, by the hub's listing."""
    try:
        tree = get_cached_repo_tree(model, revision=folder.name)
    except CachedRepoTreeNotFoundError:
        # A download of single files, as transformers makes it, leaves none. Without weights,
        # nothing then tells a part of a repository from one that has none.
        sizes = _sizes(folder)
        if not _weight_files(sizes):
            raise LocalEntryNotFoundError(f"no weights in {folder}") from None
        return sizes
    return {file.path: file.size for file in tree}


def _weight_files(names: Iterable[str]) -> tuple[str, ...]:
    formats = ([n for n in sorted(names) if re.fullmatch(form, n)] for form in _FORMATS)
    return tuple(next(filter(None, formats), ()))


def _local_snapshot(candidate: Candidate, folder: Path) -> Snapshot:
    if not folder.is_dir():
        raise Rejected("not_found", f"there is no folder {candidate.model}")
    digest = hashlib.sha256()
    files = _sizes(folder)
    for name in sorted(files):
        with (folder / name).open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        digest.update(f"{name}\0{content}\n".encode())
    return Snapshot(candidate, f"sha256:{digest.hexdigest()[:40]}", folder, files)


def _sizes(folder: Path) -> dict[str, int]:
    """Sizes of the files of a repository; hidden files are not part of it."""
    files = (path for path in folder.rglob("*") if path.is_file())
    names = {path.relative_to(folder).as_posix(): path.stat().st_size for path in files}
    return {name: size for name, size in names.items() if "/." not in f"/{name}"}


def _download(model: str, revision: str | None, patterns: list[str], *, offline: bool) -> Path:
    _limit_waiting()
    folder = snapshot_download(
        model,
        revision=revision,
        allow_patterns=patterns,
        ignore_patterns=_IN_FOLDERS,
        etag_timeout=TIMEOUT,
        local_files_only=offline,
    )
    assert isinstance(folder, str)
    return Path(folder)


@contextmanager
def _hub_errors(model: str, revision: str | None, *, offline: bool) -> Iterator[None]:
    """Say in the words of sertify what the hub's client raises."""
    at = f"{model}@{revision}" if revision else model
    try:
        yield
    except GatedRepoError as error:
        raise Blocked("gated", f"{model} is gated, and this machine has no access") from error
    except (RepositoryNotFoundError, DisabledRepoError, HFValidationError) as error:
        raise Rejected("not_found", f"the hub has no model {model}") from error
    except RevisionNotFoundError as error:
        raise Rejected("revision_not_found", f"{model} has no revision {revision}") from error
    except (LocalEntryNotFoundError, OfflineModeIsEnabled) as error:
        if offline or constants.HF_HUB_OFFLINE:
            message = f"{at} is not in the cache, and the network may not be used"
            raise Blocked("offline_not_cached", message) from error
        raise _unreachable(at, error) from error
    except (HfHubHTTPError, httpx2.HTTPError, ValueError, TypeError, KeyError) as error:
        # The latter three: what answered is no hub, but the page of a proxy, say.
        raise _unreachable(at, error) from error
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise Blocked("disk_full", f"no space left for {at}") from error
        if error.errno is not None:
            raise
        # The client's own, such as for a file that is shorter than announced.
        raise _unreachable(at, error) from error


def _unreachable(at: str, error: Exception) -> Blocked:
    first_line = str(error).strip().partition("\n")[0] or type(error).__name__
    return Blocked("unreachable", f"{constants.ENDPOINT} gave no answer for {at}: {first_line}")
