"""From a snapshot to a model that answers: the only package that imports torch and transformers."""

import gc
import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from sertify.audio import noise
from sertify.errors import ConfigurationError
from sertify.hub import Snapshot
from sertify.integrity import (
    WeightReport,
    judge_feature_extractor,
    judge_finite_weights,
    judge_logits,
    judge_weights,
    require,
)
from sertify.models.extractors import load_extractor
from sertify.models.guards import out_of_memory, text_of
from sertify.models.networks import check_weight_files, load_network, receptive_field

__all__ = ["LoadedModel", "certify", "choose_device", "load"]


@dataclass(frozen=True)
class LoadedModel:
    """A model in memory.

    Attributes
    ----------
    labels
        Name of each output, in index order; None where the config names none for an index.
    sampling_rate
        Hz that :meth:`logits` expects; None where there is no feature extractor.
    extractor_problem
        Why there is none.
    receptive_field
        Samples below which the model cannot answer.
    load_time
        Seconds from files to a model in memory.
    """

    snapshot: Snapshot
    labels: tuple[str | None, ...]
    problem_type: str | None
    weights: WeightReport
    sampling_rate: int | None
    extractor_problem: str
    receptive_field: int
    load_time: float
    device: str
    _network: Any = field(repr=False)
    _extractor: Any = field(repr=False)

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
            inputs = self._extractor(
                waveform, sampling_rate=self.sampling_rate, return_tensors="pt"
            ).to(self.device)
            output: NDArray[np.float32] = self._network(**inputs).logits[0].float().cpu().numpy()
        return output

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


def load(
    snapshot: Snapshot,
    extractor_folder: Path | None = None,
    *,
    device: str = "cpu",
    threads: int | None = None,
    seed: int = 0,
) -> LoadedModel:
    """Load a model whose weights have been fetched, without any network access.

    ``seed`` decides what random weights get, where the checkpoint lacks some.

    Raises
    ------
    Rejected
        ``no_weights``, ``corrupt_weights``, ``unsafe_pickle``, ``incompatible_shapes``,
        ``needs_remote_code``, ``bad_config`` or ``wrong_task``.
    Blocked
        ``out_of_memory``.
    """
    if threads:
        torch.set_num_threads(threads)
    torch.manual_seed(seed)
    gc.collect()  # networks hold reference cycles, and the last one may still be in memory
    check_weight_files(snapshot)
    started = time.perf_counter()
    network, weights = load_network(snapshot, device)
    load_time = time.perf_counter() - started
    extractor, problem = load_extractor(snapshot, extractor_folder, network.config)
    model = LoadedModel(
        snapshot=snapshot,
        labels=_labels(snapshot, network.config),
        problem_type=network.config.problem_type,
        weights=weights,
        sampling_rate=None if extractor is None else int(extractor.sampling_rate),
        extractor_problem=problem,
        receptive_field=receptive_field(network.config),
        load_time=load_time,
        device=device,
        _network=network,
        _extractor=extractor,
    )
    misfit = _misfit(model)
    return replace(model, sampling_rate=None, extractor_problem=misfit) if misfit else model


def certify(model: LoadedModel) -> None:
    """Raise :class:`~sertify.errors.Rejected` where a model cannot be trusted with a question."""
    require(judge_weights(model.weights))
    require(judge_finite_weights(model.weights))
    require(judge_feature_extractor(model.sampling_rate, model.extractor_problem))
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


def _labels(snapshot: Snapshot, config: Any) -> tuple[str | None, ...]:
    given = snapshot.candidate.labels
    if given is not None:
        return given
    names: Mapping[int, Any] = config.id2label or {}
    return tuple(
        None if names.get(index) is None else str(names[index]) for index in range(len(names))
    )
