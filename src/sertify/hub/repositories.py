"""What a repository holds at one commit, and its files as they are needed."""

import hashlib
import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any, cast

from huggingface_hub import constants, get_cached_repo_tree, snapshot_download
from huggingface_hub.errors import (
    CachedRepoTreeNotFoundError,
    LocalEntryNotFoundError,
    RevisionResolutionError,
)

from sertify.candidates.spelling import spelling_doubt
from sertify.hub import bounds
from sertify.hub.answers import checked_sizes
from sertify.hub.bounds import rationed
from sertify.hub.client import Api, limit_waiting
from sertify.hub.downloads import download, largest, missing, small_files
from sertify.hub.progress import Silent, Tell, telling
from sertify.hub.troubles import hub_errors
from sertify.vocabulary.errors import Blocked, Rejected, SertifyError
from sertify.vocabulary.files import Footprint, read_text, stamps_in
from sertify.vocabulary.text import amount, listed, shown

# How often a folder is read that is written meanwhile.
_READINGS = 3

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
FUNASR_WEIGHTS = ("model.pt",)
"""The file of a checkpoint in FunASR's format."""
# Of formats whose files have names that others have as well: the file that tells.
_OTHER_FORMATS = {"hyperparams.yaml": SPEECHBRAIN_WEIGHTS, "config.yaml": FUNASR_WEIGHTS}


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
    subfolder
        The folder of the hub's repository that is taken for the whole of it; "" for none.
    stamps
        How the files of a local folder looked when they were read for ``commit``, by their names.
    digests
        SHA-256 of the files of a local folder, in hex, by the names of `path_of`.
    closed
        Whether this process may download nothing; then :func:`fetch` raises `Wanted`.
    """

    model: str
    commit: str
    folder: Path
    files: Mapping[str, int] = field(repr=False)
    of_hub: bool = False
    subfolder: str = ""
    offline: bool = field(default=False, compare=False)
    stamps: Mapping[str, Footprint] = field(default_factory=dict, compare=False, repr=False)
    digests: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    closed: bool = field(default=False, compare=False, repr=False)

    @property
    def listing(self) -> str:
        """The end of a sentence that says which files it has."""
        return f"its files are {listed(sorted(self.files))}" if self.files else "it has no files"

    @property
    def root(self) -> Path:
        """The folder of the whole repository."""
        return self.folder.parents[self.subfolder.count("/")] if self.subfolder else self.folder

    def path_of(self, name: str) -> str:
        """Return what the hub calls one of the files."""
        return f"{self.subfolder}/{name}" if self.subfolder else name

    def read_json(self, name: str) -> Any:
        """Return the parsed content of a file; OSError or ValueError where that is not possible.

        A config that was printed into ``NAME.config`` has the name of its class in front.
        """
        size, most = self.files.get(name, 0), largest(name)
        if size > most:
            raise ValueError(f"it has {amount(size)}, and no more than {amount(most)} are read")
        text = read_text(self.folder / name)
        return json.loads(re.sub(r"^\w+ (?=\{)", "", text) if name.endswith(".config") else text)


class Wanted(SertifyError):
    """Raised for files that another process has to download: of ``model``, those of ``names``."""

    def __init__(self, model: str, *names: str) -> None:
        super().__init__(model, *names)
        self.model, self.names = model, names


def fetch(repository: Repository, names: Collection[str], progress: Tell | None = None) -> None:
    """Download files, each as far as it is missing.

    ``progress`` is called, by several threads, with the number of bytes that came and their total.
    Raises ``Blocked``: ``unreachable``, ``timed_out``, ``checksum_mismatch``,
    ``offline_not_cached`` or ``disk_full``; and `Wanted` where another process has to.
    """
    sizes = {name: size for name, size in repository.files.items() if name in names}
    if repository.of_hub and repository.closed:
        if lacking := missing(repository.folder, sizes):
            raise Wanted(repository.model, *lacking)
    elif repository.of_hub and names:
        limit_waiting()
        model, commit, offline = repository.model, repository.commit, repository.offline
        with hub_errors(model, commit, offline=offline):
            there = repository.root
            wanted = {repository.path_of(name): size for name, size in sizes.items()}
            total = sum(missing(there, wanted).values())
            bar = telling(progress, total) if progress and total else Silent
            download(model, there, wanted, offline=offline, bar=bar)


def supplied(work: Callable[[], Any], repositories: Collection[Repository]) -> Any:
    """Return what ``work`` does; what it wants of these is downloaded, and it is tried again.

    What it wants a second time in a row does not come, and `Wanted` is raised.
    """
    last: tuple[Any, ...] = ()
    while True:
        try:
            return work()
        except Wanted as wanted:
            there = [one for one in repositories if one.model == wanted.model and not one.closed]
            if not there or wanted.args == last:
                raise
            last = wanted.args
            for repository in there:
                fetch(repository, wanted.names)


def weight_files(names: Iterable[str]) -> tuple[str, ...]:
    """Return the files that weights would be read from, the safest format first."""
    there = sorted(names)
    by_format = ([name for name in there if re.fullmatch(form, name)] for form in _FORMATS)
    others = (
        [n for n in names if n in there] for sign, names in _OTHER_FORMATS.items() if sign in there
    )
    return tuple(next(filter(None, (*by_format, *others)), ()))


def remote(
    model: str,
    revision: str | None,
    patterns: Collection[str],
    *,
    subfolder: str = "",
    offline: bool,
) -> tuple[Repository, bool | None, str]:
    """Return a repository of the hub, or one of its folders, whether it is gated, and a remark.

    Its card and the small files that patterns name are fetched.
    """
    limit_waiting()
    offline = offline or constants.HF_HUB_OFFLINE
    with hub_errors(model, revision, offline=offline), _looking(model, offline=offline):
        api = Api()
        trouble = None if offline else api.trouble(model, revision)
        cached = offline or trouble is not None
        try:
            at = api.resolve_revision(model, revision=revision, local_files_only=cached)
            folder, files = _list(model, at, subfolder, offline=cached)
            small, remark = small_files(files, patterns, subfolder)
            download(model, folder, small, offline=cached)
        except (LocalEntryNotFoundError, RevisionResolutionError):
            if trouble is None:
                raise
            raise trouble from trouble.__cause__
    silence = f"{constants.ENDPOINT} gave no usable answer, so what the cache has of it was judged"
    gated = None if api.info is None else bool(api.info.gated)
    repository = _within(
        subfolder, Repository(model, folder.name, folder, files, of_hub=True, offline=offline)
    )
    return repository, gated, "; ".join(filter(None, [silence if trouble else "", remark]))


def _looking(model: str, *, offline: bool) -> AbstractContextManager[None]:
    what = f"what the hub has of {model}"
    return rationed(what, bounds.LARGEST_ANSWER, bounds.LOOK, online=not offline)


def _within(subfolder: str, whole: Repository) -> Repository:
    """Return one of its folders as a repository; ``Rejected`` with ``not_found`` if not there."""
    if not subfolder:
        return whole
    start = f"{subfolder}/"
    files = {n.removeprefix(start): size for n, size in whole.files.items() if n.startswith(start)}
    if not files:
        folders = sorted({str(PurePosixPath(name).parent) for name in whole.files} - {"."})
        has = f"its folders are {listed(folders)}" if folders else "it has no folders"
        raise Rejected("not_found", f"{whole.model} has no folder {shown(subfolder)}; {has}")
    return replace(whole, folder=whole.folder / subfolder, subfolder=subfolder, files=files)


def _list(
    model: str, revision: str, subfolder: str, *, offline: bool
) -> tuple[Path, Mapping[str, int]]:
    """Return the folder of a commit in the cache, and the sizes of its files, as the hub lists."""
    what = f"the listing of {model}"
    with rationed(what, bounds.LARGEST_ANSWER, bounds.LOOK, bounds.MOST_REQUESTS):
        options: dict[str, Any] = {"local_files_only": offline, "tqdm_class": Silent}
        nothing = snapshot_download(model, revision=revision, allow_patterns=[], **options)
        folder = Path(cast("str", nothing))
        if not offline:  # of what it cannot keep there, the client says nothing
            folder.mkdir(parents=True, exist_ok=True)
        return folder, _listing(model, folder, subfolder)


def _listing(model: str, folder: Path, subfolder: str) -> Mapping[str, int]:
    """Sizes of all files of the repository of which `folder` holds some, by the hub's listing."""
    try:
        tree = get_cached_repo_tree(model, revision=folder.name)
    except CachedRepoTreeNotFoundError:
        # A download of single files, as transformers makes it, leaves none. Without weights,
        # nothing then tells a part of a repository from one that has none.
        sizes = _sizes(folder)
        start = f"{subfolder}/" if subfolder else ""
        if not weight_files(name.removeprefix(start) for name in sizes if name.startswith(start)):
            raise LocalEntryNotFoundError(f"no weights in {folder}") from None
        return sizes
    return checked_sizes((file.path, file.size) for file in tree)


def local(model: str, folder: Path, subfolder: str = "") -> Repository:
    """Return a folder, or one that is in it, as a repository.

    Raises ``Rejected`` with ``not_found``, or ``Blocked`` with ``changed_while_judged`` where it is
    written faster than it can be read.
    """
    if not folder.is_dir():
        raise Rejected("not_found", f"there is no folder {model}{spelling_doubt(model)}")
    for _ in range(_READINGS):
        stamps = stamps_in(folder)
        digests = _digests(folder, stamps)
        if digests is not None and stamps == stamps_in(folder):
            sizes = {name: size for name, (size, _, _) in stamps.items()}
            whole = Repository(
                model, _commit(digests), folder, sizes, stamps=stamps, digests=digests
            )
            return _within(subfolder, whole)
    message = f"{model} is written to all the time; wait until that has ended"
    raise Blocked("changed_while_judged", message)


def _digests(folder: Path, names: Iterable[str]) -> dict[str, str] | None:
    """Return the SHA-256 of the contents of files by their names; None where one has gone."""
    found = {}
    for name in sorted(names):
        try:
            with (folder / name).open("rb") as file:
                found[name] = hashlib.file_digest(file, "sha256").hexdigest()
        except FileNotFoundError:
            return None
    return found


def _commit(digests: Mapping[str, str]) -> str:
    """Return the hash of the names of files and of their contents."""
    digest = hashlib.sha256()
    for name, content in digests.items():
        digest.update(f"{name}\0{content}\n".encode())
    return f"sha256:{digest.hexdigest()[:40]}"


def _sizes(folder: Path) -> dict[str, int]:
    """Sizes of the files of a repository; hidden files are not part of it."""
    return {name: size for name, (size, _, _) in stamps_in(folder).items()}
