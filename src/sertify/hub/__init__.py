"""From a candidate to a snapshot: which files its repository holds, at which commit."""

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from glob import escape
from pathlib import Path
from typing import Any, BinaryIO, cast

from huggingface_hub import (
    constants,
    get_cached_repo_tree,
    snapshot_download,
)
from huggingface_hub.errors import (
    CachedRepoTreeNotFoundError,
    LocalEntryNotFoundError,
    RevisionResolutionError,
)
from huggingface_hub.utils import filter_repo_objects, tqdm

from sertify.candidates import Candidate
from sertify.errors import Blocked, Rejected
from sertify.hub import client
from sertify.hub.card import Card, read_card
from sertify.hub.checksums import changed_files
from sertify.hub.client import Api, hub_errors, limit_waiting
from sertify.hub.parts import RemoteFile
from sertify.hyperparams import read_hyperparams
from sertify.libraries import library_of
from sertify.outcomes import listed
from sertify.tensors import (
    CorruptWeights,
    NotInspectable,
    TensorIndex,
    read_safetensors,
    read_torch,
)

__all__ = ["Card", "Repository", "Snapshot", "fetch", "read_index", "take_snapshot", "weight_files"]

_EXTRACTOR = ("preprocessor_config.json", "processor_config.json")
# By name, for a repository may hold other files of any size.
_SMALL_FILES = (
    "config.json", "adapter_config.json", "*.index.json", *_EXTRACTOR, "README.md",
    "hyperparams.yaml", "label_encoder.txt",
)  # fmt: skip
_IN_FOLDERS = "*/*"  # such as the checkpoints of a training run

_SHARD = r"(-\d+-of-\d+)?"
_FORMATS = (
    rf"model{_SHARD}\.safetensors",
    rf"pytorch_model{_SHARD}\.bin",
    r"(onnx/)?model\.onnx(_data(_\d+)?|\.data)?",
    r"(onnx/)?[^/]+\.onnx(_data(_\d+)?|\.data)?",
)
_SPEECHBRAIN = ("model.ckpt", "wav2vec2.ckpt")


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

    def read_json(self, name: str) -> Any:
        """Return the parsed content of a file; OSError or ValueError where that is not possible."""
        return json.loads((self.folder / name).read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Snapshot(Repository):
    """The repository of a candidate, and what else it is made of.

    Attributes
    ----------
    companions
        The repositories that it takes its feature extractor or its backbone's config from, by
        the name that they are asked for; or why there is none.
    gated
        Whether its files are for those only whom its author lets in; None where no hub said so.
    remark
        What the reader of the report should know of how it was come by.
    """

    candidate: Candidate = field(kw_only=True)
    companions: Mapping[str, Repository | Rejected] = field(default_factory=dict, kw_only=True)
    gated: bool | None = field(default=None, kw_only=True, compare=False)
    remark: str = field(default="", kw_only=True, compare=False)

    @property
    def identity(self) -> str:
        """The commit, and those of the companions: changes with anything that is judged."""
        others = [one.commit for one in self.companions.values() if isinstance(one, Repository)]
        return "+".join([self.commit, *others])

    @property
    def weight_files(self) -> tuple[str, ...]:
        """The files that weights would be read from, the safest format first."""
        return weight_files(self.files)

    @property
    def weight_size(self) -> int:
        """Bytes of the files that the weights are read from."""
        return sum(self.files[name] for name in self.weight_files)

    @property
    def card(self) -> Card:
        """What its model card declares."""
        return read_card(self.folder)

    def companion(self, name: str) -> Repository:
        """Return another repository that this one needs, or raise why there is none."""
        found = self.companions[name]
        if isinstance(found, Rejected):
            raise found
        return found


def take_snapshot(candidate: Candidate, *, offline: bool = False) -> Snapshot:
    """Resolve the candidate's revision to a commit and fetch its small files.

    Where the hub does not answer, what is in its cache is taken, and the snapshot says so.

    Raises
    ------
    Rejected
        ``not_found`` or ``revision_not_found``.
    Blocked
        ``gated``, ``unreachable``, ``timed_out``, ``offline_not_cached`` or ``disk_full``.
    """
    if candidate.folder is not None:
        found, gated, remark = _local(candidate.model, candidate.folder), None, ""
    else:
        revision = candidate.revision
        found, gated, remark = _remote(candidate.model, revision, _SMALL_FILES, offline=offline)
    return Snapshot(
        **vars(found),
        candidate=candidate,
        companions=_companions(candidate, found, offline=offline),
        gated=gated,
        remark=remark,
    )


def fetch(repository: Repository, names: Collection[str]) -> None:
    """Download files, each as far as it is missing.

    Raises
    ------
    Blocked
        ``unreachable``, ``timed_out``, ``checksum_mismatch``, ``offline_not_cached`` or
        ``disk_full``.
    """
    if repository.of_hub and names:
        model, commit, offline = repository.model, repository.commit, repository.offline
        with hub_errors(model, commit, offline=offline):
            _download(model, commit, [escape(name) for name in names], offline=offline)


def read_index(snapshot: Snapshot) -> TensorIndex:
    """Return names, shapes and types of the tensors of the weight files, without downloading them.

    Raises
    ------
    Rejected
        ``no_weights``, ``unsupported_library`` or ``corrupt_weights``.
    Blocked
        As :func:`take_snapshot`.
    """
    names = snapshot.weight_files
    if not names:
        library = library_of(snapshot.files)
        if library:
            raise Rejected("unsupported_library", f"its weights are in {library} only")
        there = listed(sorted(snapshot.files)) if snapshot.files else "no file at all"
        raise Rejected("no_weights", f"it has no weights in a known format, but {there}")
    _require_shards(snapshot, names[0])
    with hub_errors(snapshot.model, snapshot.commit, offline=snapshot.offline):
        return TensorIndex.merged(_index_of(snapshot, name) for name in names)


def weight_files(names: Iterable[str]) -> tuple[str, ...]:
    """Return the files that weights would be read from, the safest format first."""
    there = sorted(names)
    found = ([name for name in there if re.fullmatch(form, name)] for form in _FORMATS)
    speechbrain = [name for name in _SPEECHBRAIN if name in there]
    first = next(filter(None, found), [])
    return tuple(first or (speechbrain if "hyperparams.yaml" in there else []))


def _require_shards(snapshot: Snapshot, first: str) -> None:
    """Reject weights in several files of which the list names one that is not there."""
    if not re.search(r"-of-\d+\.", first):
        return
    listing = re.sub(rf"{_SHARD}(\.\w+)$", r"\2.index.json", first)
    try:
        named = set(snapshot.read_json(listing)["weight_map"].values())
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        message = f"{listing}, which lists the parts of the weights, cannot be read"
        raise Rejected("corrupt_weights", message) from error
    lost = sorted(str(name) for name in named - snapshot.files.keys())
    if lost:
        message = f"{listing} names {lost[0]}, which is not there"
        raise Rejected("corrupt_weights", message)


def _index_of(snapshot: Snapshot, name: str) -> TensorIndex:
    if ".onnx" in name:
        return TensorIndex({}, problem=f"{name} is a graph, not a list of tensors")
    read = read_safetensors if name.endswith(".safetensors") else read_torch
    try:
        with _open(snapshot, name) as file:
            return read(file, snapshot.files[name])
    except NotInspectable as error:
        return TensorIndex({}, problem=f"{name} {error}")
    except CorruptWeights as error:
        raise Rejected("corrupt_weights", f"{name} {error}") from error


def _open(snapshot: Snapshot, name: str) -> BinaryIO:
    path = snapshot.folder / name
    if path.is_file():
        return path.open("rb")
    if snapshot.offline:
        raise LocalEntryNotFoundError(f"{name} is not in the cache")
    remote = RemoteFile(snapshot.model, snapshot.commit, name, snapshot.files[name])
    return cast("BinaryIO", remote)


def _companions(
    candidate: Candidate, found: Repository, *, offline: bool
) -> dict[str, Repository | Rejected]:
    extractor = candidate.feature_extractor
    companions: dict[str, Repository | Rejected] = {}
    if isinstance(extractor, str):
        folder = candidate.feature_extractor_folder
        companions[extractor] = _companion(extractor, folder, "no_feature_extractor", offline)
    backbone = _backbone(found)
    if backbone is not None:
        companions[backbone] = _companion(backbone, None, "no_config", offline)
    return companions


def _backbone(found: Repository) -> str | None:
    """Name of the repository that a SpeechBrain one takes the config of its backbone from."""
    if "hyperparams.yaml" not in found.files:
        return None
    try:
        text = (found.folder / "hyperparams.yaml").read_text(encoding="utf-8")
        source = read_hyperparams(text).get("wav2vec2_hub")
    except (OSError, ValueError):
        return None  # the loader will say so
    return source if isinstance(source, str) else None


def _companion(name: str, folder: Path | None, code: str, offline: bool) -> Repository | Rejected:
    try:
        if folder is not None:
            return _local(name, folder)
        return _remote(name, None, ("config.json", *_EXTRACTOR), offline=offline)[0]
    except Rejected as rejection:
        return Rejected(code, rejection.message)


def _remote(
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
    remark = (
        f"{constants.ENDPOINT} does not answer: judged as it is in the cache" if trouble else ""
    )
    gated = None if api.info is None else bool(api.info.gated)
    found = Repository(model, folder.name, folder, files, of_hub=True, offline=offline)
    return found, gated, remark


class _Silent(tqdm):
    def __init__(self, *arguments: Any, **options: Any) -> None:
        silent = {**options, "disable": True}
        super().__init__(*arguments, **silent)  # type: ignore[no-untyped-call]


def _download(
    model: str,
    revision: str,
    patterns: Collection[str],
    ignored: str | None = None,
    *,
    offline: bool,
) -> Path:
    """Download what is missing; what differs from the hub's listing once more."""
    options: dict[str, Any] = {
        # Small files come in a moment, several repositories at a time.
        "tqdm_class": _Silent if ignored else None,
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
            (folder / name).resolve().unlink()
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


def _local(model: str, folder: Path) -> Repository:
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
