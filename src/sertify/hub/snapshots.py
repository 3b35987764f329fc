"""From a candidate to a snapshot: which files its repository holds, at which commit."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO, cast

from huggingface_hub.errors import LocalEntryNotFoundError

from sertify.candidates.reading import Candidate
from sertify.hub import bounds
from sertify.hub.auto_maps import foreign_code
from sertify.hub.bounds import rationed
from sertify.hub.card import Card, read_card
from sertify.hub.companions import built_on
from sertify.hub.downloads import CARD
from sertify.hub.funasr import funasr_model
from sertify.hub.libraries import library_of
from sertify.hub.ranges import RemoteFile
from sertify.hub.repositories import FUNASR_WEIGHTS, SHARD, Repository, local, remote, weight_files
from sertify.hub.tensors.checkpoints import read_torch
from sertify.hub.tensors.index import CorruptWeights, NotInspectable, TensorIndex
from sertify.hub.tensors.safetensors_files import read_safetensors
from sertify.hub.troubles import hub_errors
from sertify.vocabulary.errors import Rejected
from sertify.vocabulary.text import listed

EXTRACTOR_FILES = ("preprocessor_config.json", "processor_config.json")
"""Where transformers looks for a feature extractor."""

# By name, for a repository may hold other files of any size.
_SMALL_FILES = (
    "config.json", "adapter_config.json", "*.index.json", *EXTRACTOR_FILES, "README.md",
    "label_encoder.txt", "*.config", "*.yaml",
    "configuration.json", "tokens.txt", "tokens.json", "am.mvn",
)  # fmt: skip


_NO_WEIGHTS = r"^(adapter_|training_args|optimizer|scheduler|rng_state)"
"""How names begin that end as those of weights do."""


ADAPTER_WEIGHTS = ("adapter_model.safetensors", "adapter_model.bin")
"""Files that adapters are kept in, the safer format first."""

_OF_COMPANIONS = ("config.json", "adapter_config.json", *EXTRACTOR_FILES)


@dataclass(frozen=True)
class Snapshot(Repository):
    """The repository of a candidate, and what else it is made of.

    ``companions`` are the repositories that it takes its feature extractor or its backbone's config
    from, by the name that they are asked for; or why there is none. ``gated`` says whether its
    files are for those only whom its author lets in; None where no hub said so. ``remark`` is what
    the reader of the report should know of how it was come by.
    """

    candidate: Candidate = field(kw_only=True)
    companions: Mapping[str, Repository | Rejected] = field(default_factory=dict, kw_only=True)
    gated: bool | None = field(default=None, kw_only=True, compare=False)
    remark: str = field(default="", kw_only=True, compare=False)

    @property
    def identity(self) -> str:
        """The commit, and those of the companions: changes with anything that is judged."""
        return "+".join([self.commit, *self._commits.values()])

    @property
    def weight_files(self) -> tuple[str, ...]:
        """The files that weights would be read from: those asked for, else the safest format."""
        wish = self.candidate.weights
        return weight_files(self.files) if wish is None else tuple({wish} & self.files.keys())

    @property
    def weight_size(self) -> int:
        """Bytes of the files that the weights are read from."""
        return sum(self.files[name] for name in self.weight_files)

    @property
    def card(self) -> Card:
        """What its model card declares."""
        return read_card(self.card_folder)

    @property
    def card_folder(self) -> Path:
        """Where its model card is, which of a subfolder is that of the whole repository."""
        return self.folder if CARD in self.files else self.root

    @property
    def facts(self) -> dict[str, Any]:
        """What it is to be judged by."""
        repository = {
            **asdict(self.card),
            "weight_files": list(self.weight_files),
            "gated": self.gated,
            "companions": self._commits,
        }
        return {
            "files": len(self.files),
            "weight_size": self.weight_size,
            "repository": repository,
            "remark": self.remark,
        }

    @property
    def _commits(self) -> dict[str, str]:
        others = self.companions.items()
        return {name: other.commit for name, other in others if isinstance(other, Repository)}

    @property
    def repositories(self) -> tuple[Repository, ...]:
        """The repository itself, and the companions that there are."""
        return (self, *(one for one in self.companions.values() if isinstance(one, Repository)))

    def shut(self) -> "Snapshot":
        """Return the same for a process that may download nothing."""
        others = {
            name: replace(other, closed=True) if isinstance(other, Repository) else other
            for name, other in self.companions.items()
        }
        return replace(self, closed=True, companions=others)

    def companion(self, name: str) -> Repository:
        """Return another repository that this one needs, or raise why there is none."""
        companion = self.companions[name]
        if isinstance(companion, Rejected):
            raise companion
        return companion


def take_snapshot(candidate: Candidate, *, offline: bool = False) -> Snapshot:
    """Resolve the candidate's revision to a commit and fetch its small files.

    Where the hub does not answer, what is in its cache is taken, and the snapshot says so.

    Raises ``Rejected``: ``not_found`` or ``revision_not_found``; and ``Blocked``: ``gated``,
    ``unreachable``, ``timed_out``, ``offline_not_cached`` or ``disk_full``.
    """
    place = candidate.subfolder or ""
    if candidate.folder is not None:
        repository, gated, remark = local(candidate.model, candidate.folder, place), None, ""
    else:
        repository, gated, remark = remote(
            candidate.model, candidate.revision, _SMALL_FILES, subfolder=place, offline=offline
        )
    return Snapshot(
        **vars(repository),
        candidate=candidate,
        companions=_companions(candidate, repository, offline=offline),
        gated=gated,
        remark=remark,
    )


def read_index(snapshot: Snapshot) -> TensorIndex:
    """Return names, shapes and types of the tensors of the weight files, without downloading them.

    Raises ``Rejected``: ``no_weights``, ``unsupported_library`` or ``corrupt_weights``; and
    ``Blocked`` as :func:`take_snapshot` does.
    """
    names = snapshot.weight_files
    if not names:
        return _nothing(snapshot)
    _require_shards(snapshot, names[0])
    return replace(index_of(snapshot, names), adapter=_index_of_adapter(snapshot))


def _index_of_adapter(snapshot: Snapshot) -> TensorIndex | None:
    """Return the index of the adapter that its entry names; None where there is none to read."""
    name = snapshot.candidate.adapter
    home = None if name is None else snapshot.companions[name]
    there = home.files if isinstance(home, Repository) else ()
    file = next((one for one in ADAPTER_WEIGHTS if one in there), None)
    return index_of(home, [file]) if isinstance(home, Repository) and file else None


def index_of(repository: Repository, names: Iterable[str]) -> TensorIndex:
    """Return the index of weight files of a repository; raises as :func:`read_index` does."""
    model = repository.model
    with (
        hub_errors(model, repository.commit, offline=repository.offline),
        rationed(f"the index of {model}", bounds.LARGEST_ANSWER, bounds.LOOK),
    ):
        return TensorIndex.merged(_index_of(repository, name) for name in names)


def _nothing(snapshot: Snapshot) -> TensorIndex:
    """Return an empty index for a loader that may know better; else say what there is instead."""
    wish = snapshot.candidate.weights
    if wish is not None:
        message = f"candidates.yaml says weights: {wish}, which is not there; {snapshot.listing}"
        raise Rejected("no_weights", message)
    if snapshot.candidate.loader != "auto":
        return TensorIndex({}, problem="it has no weights in a known format")
    if funasr_model(snapshot):
        raise Rejected("no_weights", f"it has no {listed(FUNASR_WEIGHTS)}; {snapshot.listing}")
    # Which says of what a repository is a mirror, but nothing of weights.
    library = library_of(snapshot.files.keys() - {"configuration.json"})
    advice = _elsewhere(snapshot.files)
    if library and not advice:
        raise Rejected("unsupported_library", f"its weights are only in {library}")
    message = f"it has no weights in a known format; {snapshot.listing}"
    raise Rejected("no_weights", message + advice)


def _elsewhere(names: Iterable[str]) -> str:
    """Return the end of a sentence that proposes weights of another name or in a folder."""
    there = sorted(name for name in names if name.endswith((".safetensors", ".bin")))
    usual = [name for name in there if weight_files([name.rpartition("/")[2]])]
    if usual and "/" in usual[0]:
        return f". Set `subfolder: {usual[0].rpartition('/')[0]}` to take those in a folder"
    whole = [name for name in there if not re.search(rf"/|{SHARD}|{_NO_WEIGHTS}", name)]
    return f". Set `weights: {whole[0]}` if that is them" if whole else ""


def _require_shards(snapshot: Snapshot, first: str) -> None:
    """Reject weights in several files of which the list names one that is not there."""
    if not re.search(r"-of-\d+\.", first):
        return
    listing = re.sub(rf"{SHARD}(\.\w+)$", r"\1.index.json", first)
    try:
        named = set(snapshot.read_json(listing)["weight_map"].values())
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        message = f"{listing}, which lists the parts of the weights, cannot be read"
        raise Rejected("corrupt_weights", message) from error
    lost = sorted(str(name) for name in named - snapshot.files.keys())
    if lost:
        raise Rejected("corrupt_weights", f"{listing} lists {listed(lost[:1])}, which is missing")
    # What is indexed and judged are the parts; no other file is to be loaded.
    others = sorted(named - {*snapshot.weight_files})
    if others:
        wrong = f"lists {listed(others[:1])}, which is no part of the weights by its name"
        raise Rejected("corrupt_weights", f"{listing} {wrong}")


def _index_of(repository: Repository, name: str) -> TensorIndex:
    if ".onnx" in name:
        return TensorIndex({}, problem=f"{name} is a graph, not a list of tensors")
    read = read_safetensors if name.endswith(".safetensors") else read_torch
    try:
        with _open(repository, name) as file:
            return read(file, repository.files[name])
    except NotInspectable as error:
        return TensorIndex({}, problem=f"{name} {error}")
    except CorruptWeights as error:
        raise Rejected("corrupt_weights", f"{name} {error}") from error


def _open(repository: Repository, name: str) -> BinaryIO:
    path = repository.folder / name
    if path.is_file():
        return path.open("rb")
    if repository.offline:
        raise LocalEntryNotFoundError(f"{name} is not in the cache")
    whole = repository.path_of(name)
    remote = RemoteFile(repository.model, repository.commit, whole, repository.files[name])
    return cast("BinaryIO", remote)


def _companions(
    candidate: Candidate, repository: Repository, *, offline: bool
) -> dict[str, Repository | Rejected]:
    extractor = candidate.feature_extractor
    companions: dict[str, Repository | Rejected] = {}
    if isinstance(extractor, str):
        folder = candidate.feature_extractor_folder
        companions[extractor] = _companion(extractor, folder, "no_feature_extractor", offline)
    for backbone in built_on(repository):
        companions[backbone] = _companion(backbone, None, "no_config", offline)
    if (name := candidate.adapter) is not None:
        own, folder = name == candidate.model, candidate.adapter_folder
        companions[name] = (
            repository if own else _companion(name, folder, "unsupported_adapter", offline)
        )
    for name in foreign_code(repository):
        if commit := candidate.trusted_code.get(name):
            companions[code_of(name)] = _code(name, commit, offline)
    return companions


def code_of(name: str) -> str:
    """Return by which name a repository is a companion whose code is trusted, at its commit."""
    return f"code of {name}"


def _code(name: str, commit: str, offline: bool) -> Repository | Rejected:
    try:
        found = remote(name, commit, ("*.py",), offline=offline)[0]
    except Rejected as rejection:
        return Rejected("needs_remote_code", f"trusted_code: {rejection.message}")
    if found.commit != commit:  # what else the hub may take for a revision was read by nobody
        message = f"the hub has {found.commit} for the commit {commit} of {name}"
        return Rejected("needs_remote_code", f"trusted_code: {message}")
    return found


def _companion(name: str, folder: Path | None, code: str, offline: bool) -> Repository | Rejected:
    try:
        if folder is not None:
            return local(name, folder)
        return remote(name, None, _OF_COMPANIONS, offline=offline)[0]
    except Rejected as rejection:
        return Rejected(code, rejection.message)
