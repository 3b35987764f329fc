"""From a snapshot to a model that answers: the only package that imports torch and transformers."""

import gc
import time
import warnings
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from numpy.typing import NDArray

from sertify.audio import noise
from sertify.errors import ConfigurationError, Rejected
from sertify.hub import Snapshot
from sertify.integrity import judge_feature_extractor, judge_logits, require
from sertify.models.blueprints import Blueprint, Loader, Network
from sertify.models.guards import out_of_memory, text_of
from sertify.models.legacy import index_of_files
from sertify.models.loaders import choose_loader
from sertify.tensors import TensorIndex
from sertify.weights import WeightReport, judge_finite_weights, judge_weights

__all__ = [
    "Blueprint",
    "LoadedModel",
    "Loader",
    "Network",
    "certify",
    "choose_device",
    "choose_loader",
    "load",
    "outline",
]


@dataclass(frozen=True)
class LoadedModel:
    """A model in memory.

    Attributes
    ----------
    weights
        Where each of them came from.
    load_time
        Seconds from files to a model in memory.
    """

    blueprint: Blueprint
    weights: WeightReport
    load_time: float
    device: str
    network: Network = field(repr=False)

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
        what = f"{waveform.size} samples"
        with out_of_memory(what), torch.inference_mode(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            answers = self.network([waveform])
        row: NDArray[np.float32] = answers[0]
        return row

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
    return wish


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
    blueprint: Blueprint, *, device: str = "cpu", threads: int | None = None, seed: int = 0
) -> LoadedModel:
    """Make a model of files that are on this machine, without any network access.

    ``seed`` decides what random weights get, where the checkpoint lacks some.

    Raises
    ------
    Rejected
        ``corrupt_weights``, ``unsafe_pickle``, ``incompatible_shapes`` and what the loader knows.
    Blocked
        ``out_of_memory``.
    """
    if threads:
        torch.set_num_threads(threads)
    torch.manual_seed(seed)
    gc.collect()  # networks hold reference cycles, and the last one may still be in memory
    started = time.perf_counter()
    if blueprint.unknown:
        index = index_of_files(blueprint.snapshot)
        blueprint = outline(blueprint.snapshot, index) if index else blueprint
    network, weights = blueprint.loader.load(blueprint, device)
    load_time = time.perf_counter() - started
    model = LoadedModel(blueprint, weights, load_time, device, network)
    misfit = _misfit(model)
    if misfit:
        unfit = replace(blueprint, sampling_rate=None, extractor_problem=misfit)
        return replace(model, blueprint=unfit)
    return model


def certify(model: LoadedModel) -> None:
    """Raise :class:`~sertify.errors.Rejected` where a model cannot be trusted with a question."""
    require(judge_weights(model.weights))
    require(judge_finite_weights(model.weights))
    blueprint = model.blueprint
    require(judge_feature_extractor(blueprint.sampling_rate, blueprint.extractor_problem))
    require(judge_logits(model.noise_logits(), model.labels))


def _misfit(model: LoadedModel) -> str:
    """Say why the model cannot take what its feature extractor makes of a second, if so."""
    if model.sampling_rate is None:
        return ""
    try:
        model.noise_logits()
    except (RuntimeError, ValueError, TypeError, AttributeError, LookupError) as error:
        return f"what the feature extractor prepares does not fit the model: {text_of(error)}"
    return ""
