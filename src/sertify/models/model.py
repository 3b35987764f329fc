"""From a snapshot to a model that answers: the only package that imports torch and transformers."""

import gc
import math
import os
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache

# oneDNN would keep memory for every new length of a clip; it reads this when it is first used.
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "0")

import numpy as np
import torch
from numpy.typing import NDArray

from sertify.corpora.audio import noise
from sertify.gates.loadability import require_sound
from sertify.gates.weights import WeightReport
from sertify.hub.snapshots import Snapshot
from sertify.hub.tensors.index import TensorIndex
from sertify.models.blueprints import Batching, Blueprint, Loader, Network, batching_of
from sertify.models.failures import out_of_memory, text_of
from sertify.models.loaders.choice import choose_loader
from sertify.models.loaders.legacy import index_of_files
from sertify.models.networks import TorchNetwork
from sertify.models.variants import convert
from sertify.vocabulary.errors import Blocked, ConfigurationError, Rejected

__all__ = [
    "TOLERANCE",
    "Batching",
    "Blueprint",
    "LoadedModel",
    "Loader",
    "Network",
    "batch_deviation",
    "certify",
    "choose_device",
    "choose_loader",
    "is_concurrent",
    "load",
    "outline",
    "proven",
]


TOLERANCE = 1e-4
"""Of the range of logits: how far they may move by sharing a batch."""


@dataclass(frozen=True)
class LoadedModel:
    """A model in memory.

    Attributes
    ----------
    weights
        Where each of them came from.
    load_time
        Seconds from files to a model in memory.
    batching
        Which clips it may be asked about together.
    concurrent
        Whether several threads may ask it at a time.
    """

    blueprint: Blueprint
    weights: WeightReport
    load_time: float
    device: str
    network: Network = field(repr=False)
    batching: Batching = Batching.SINGLE
    concurrent: bool = True

    @property
    def snapshot(self) -> Snapshot:
        """The repository that it was loaded from."""
        return self.blueprint.snapshot

    @property
    def labels(self) -> tuple[str | None, ...]:
        """Name of each output, in index order; None where the config names none for an index."""
        return self.blueprint.labels

    @property
    def sampling_rate(self) -> int | None:
        """Hz that :meth:`logits` expects; None where there is no feature extractor."""
        return self.blueprint.sampling_rate

    @property
    def size_on_disk(self) -> int:
        """Bytes of the files that it was loaded from."""
        return sum(self.snapshot.files[name] for name in self.blueprint.files)

    @property
    def receptive_field(self) -> int:
        """Samples below which the model cannot answer."""
        return self.blueprint.receptive_field

    def logits(self, waveform: NDArray[np.float32]) -> NDArray[np.float32]:
        """Answer one clip.

        Parameters
        ----------
        waveform
            Mono samples of shape (n,) in [-1, 1] at :attr:`sampling_rate`.

        Returns
        -------
        Logits of shape (len(labels),).

        Raises
        ------
        Blocked
            ``out_of_memory``.
        """
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            row: NDArray[np.float32] = self.answer([waveform])[0]
        return row

    def answer(self, waveforms: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        """Answer several clips in one forward, also from several threads at a time.

        Returns logits of shape (len(waveforms), len(labels)); raises as :meth:`logits` does.
        """
        what = f"{sum(one.size for one in waveforms)} samples"
        with out_of_memory(what), torch.inference_mode():
            return self.network(waveforms)

    def noise_logits(self) -> NDArray[np.float32]:
        """Return the logits of shape (len(labels),) for one second of the same noise."""
        assert self.sampling_rate is not None
        return self.logits(noise(1, self.sampling_rate))


def choose_device(wish: str) -> str:
    """Resolve ``auto`` to the best device of this machine; refuse one that it does not have."""
    cuda, mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    if wish == "auto":
        return "cuda" if cuda else "mps" if mps else "cpu"
    kind = wish.partition(":")[0]
    if not {"cpu": True, "cuda": cuda, "mps": mps}.get(kind, False):
        there = ", ".join(["cpu", *["cuda"] * cuda, *["mps"] * mps])
        raise ConfigurationError(f"--device is {wish}, but this machine has {there}")
    return "cpu" if kind == "cpu" else wish


def outline(snapshot: Snapshot, index: TensorIndex) -> Blueprint:
    """Choose a loader, and say what network it will make, without a byte of weights.

    Raises
    ------
    Rejected
        ``no_config``, ``bad_config``, ``unsupported_library``, ``wrong_task``,
        ``needs_remote_code`` or ``no_weights``.
    """
    try:
        return choose_loader(snapshot, index).outline(snapshot, index)
    except Rejected as rejection:
        wish = snapshot.candidate.loader
        if wish == "auto":
            raise
        message = f"{rejection.message} (candidates.yaml says loader: {wish})"
        raise Rejected(rejection.reason.code, message) from rejection


def load(
    blueprint: Blueprint,
    *,
    device: str = "cpu",
    threads: int | None = None,
    seed: int = 0,
    dtype: str = "float32",
) -> LoadedModel:
    """Make a model of files that are on this machine, without any network access.

    ``seed`` decides what random weights get, where the checkpoint lacks some. ``threads`` is how
    many one forward may use, from now on and for all models of the process.

    Raises
    ------
    Rejected
        ``corrupt_weights``, ``unsafe_pickle``, ``incompatible_shapes`` and what the loader knows.
    Blocked
        ``out_of_memory``, and where it cannot be converted to its variant.
    """
    if threads:
        torch.set_num_threads(threads)
    torch.manual_seed(seed)
    _tidy()
    started = time.perf_counter()
    if blueprint.unknown:
        index = index_of_files(blueprint.snapshot)
        blueprint = outline(blueprint.snapshot, index) if index else blueprint
    network, weights = blueprint.loader.load(blueprint, device)
    network = convert(_cast(network, blueprint, dtype), blueprint, device)
    load_time = time.perf_counter() - started
    model = LoadedModel(blueprint, weights, load_time, device, network, batching_of(network))
    misfit = _misfit(model)
    if misfit:
        unfit = replace(blueprint, sampling_rate=None, extractor_problem=misfit)
        return replace(model, blueprint=unfit)
    return model


def _cast(network: Network, blueprint: Blueprint, dtype: str) -> Network:
    if dtype == "float32":
        return network
    variant = blueprint.snapshot.candidate.variant
    if not isinstance(network, TorchNetwork) or variant not in ("fp32", "compile"):
        what = f"loader {blueprint.loader.name}" if variant == "fp32" else variant
        message = f"{what} answers in float32, but --dtype is {dtype}; leave one of them out"
        raise Blocked("no_variant", message)
    network.cast(getattr(torch, dtype))
    return network


def is_concurrent(model: LoadedModel) -> bool:
    """Whether several threads may ask the model at a time, each about a clip of its own.

    A repository's own code never promised that; what transformers has is looked at.
    """
    if model.snapshot.candidate.trust_remote_code:
        return False
    if not isinstance(model.network, TorchNetwork):
        return True  # as `Network` says
    with torch.inference_mode(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return not model.network.remembers(_noises(model, (0.5, 0.25, 0.625)))


def proven(model: LoadedModel) -> tuple[LoadedModel, float]:
    """Return the model, to be asked only as changes no answer, and its `batch_deviation`."""
    model = replace(model, concurrent=is_concurrent(model))
    if model.batching is Batching.SINGLE:
        return model, 0.0
    moved = batch_deviation(model)
    return (model if moved <= TOLERANCE else replace(model, batching=Batching.SINGLE)), moved


def _noises(model: LoadedModel, lengths: Sequence[float]) -> list[NDArray[np.float32]]:
    """Return noise of so many seconds, each from another sample on and at another level."""
    rate = model.sampling_rate
    assert rate is not None
    return [
        noise(seconds + 0.1 * place, rate)[-max(round(seconds * rate), model.receptive_field) :]
        / np.float32(2**place)
        for place, seconds in enumerate(lengths)
    ]


def batch_deviation(model: LoadedModel) -> float:
    """Return how far logits move by sharing a batch, as a share of their range over clips.

    That is infinite where the model cannot be asked so. The clips are four of noise, of lengths
    that `LoadedModel.batching` allows to be mixed.
    """
    mixed = model.batching in (Batching.MASKED, Batching.ANY)
    clips = _noises(model, (0.5, 0.25, 0.375, 0.625) if mixed else (0.5,) * 4)
    alone = np.stack([model.logits(clip) for clip in clips])
    # A model that answers all alike has no range, but rounds all the same.
    scale = max(float(np.ptp(alone)), float(np.abs(alone).max()) * 1e-2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            together = model.answer(clips)
        except (RuntimeError, ValueError, TypeError, LookupError):
            return math.inf  # code of the repository may be made for a clip at a time
    if together.shape != alone.shape:
        return math.inf
    moved = float(np.abs(together - alone).max())
    return moved / scale if scale else moved


def certify(model: LoadedModel) -> None:
    """Raise `Rejected` where a model cannot be trusted with a question."""
    rate, problem = model.sampling_rate, model.blueprint.extractor_problem
    require_sound(model.weights, rate, problem, model.labels, model.noise_logits)


@cache
def _forget_imports() -> None:
    gc.collect()
    gc.freeze()  # modules are many objects, and none of them is ever garbage


def _tidy() -> None:
    """Free the last network: it holds reference cycles, and may still be in memory."""
    _forget_imports()
    gc.collect()


def _misfit(model: LoadedModel) -> str:
    """Say why the model cannot take what its feature extractor makes of a second, if so."""
    if model.sampling_rate is None:
        return ""
    try:
        model.noise_logits()
    except (RuntimeError, ValueError, TypeError, AttributeError, LookupError) as error:
        return f"what the feature extractor prepares does not fit the model: {text_of(error)}"
    return ""
