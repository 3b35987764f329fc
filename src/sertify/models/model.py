"""From a snapshot to a model that answers: the only package that imports torch and transformers."""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray

from sertify.corpora.audio import Waveform, white_noise
from sertify.gates.loadability import require_sound
from sertify.gates.weights import WeightReport
from sertify.hub.snapshots import Snapshot
from sertify.models.blueprints import Batching, Blueprint, Network
from sertify.models.failures import out_of_memory
from sertify.models.processes.quota import Deed, unnoted


@dataclass(frozen=True)
class LoadedModel:
    """A model in memory.

    ``load_time`` are the seconds from files to it. ``batching`` says which clips it may be asked
    about together, ``concurrent`` whether several threads may ask it at a time. ``note`` is told of
    each question, where one thread asks.
    """

    blueprint: Blueprint
    weights: WeightReport
    load_time: float
    device: str
    network: Network = field(repr=False)
    batching: Batching = Batching.SINGLE
    concurrent: bool = True
    note: Callable[[Deed], None] = field(default=unnoted, repr=False, compare=False)

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

    def logits(self, waveform: Waveform) -> NDArray[np.float32]:
        """Answer one clip: mono samples of shape (n,) in [-1, 1] at :attr:`sampling_rate`.

        Returns logits of shape (len(labels),). Raises ``Blocked`` with ``out_of_memory``.
        """
        with warnings.catch_warnings(action="ignore"):
            row: NDArray[np.float32] = self.answer([waveform])[0]
        return row

    def answer(self, waveforms: Sequence[Waveform]) -> NDArray[np.float32]:
        """Answer several clips in one forward, also from several threads at a time.

        Returns logits of shape (len(waveforms), len(labels)); raises as :meth:`logits` does.
        """
        self.note("forward")
        what = f"{sum(waveform.size for waveform in waveforms)} samples"
        with out_of_memory(what), torch.inference_mode():
            return self.network(waveforms)

    def noise_logits(self) -> NDArray[np.float32]:
        """Return the logits of shape (len(labels),) for one second of noise, asked for once."""
        return self._noise_logits

    @cached_property
    def _noise_logits(self) -> NDArray[np.float32]:
        assert self.sampling_rate is not None
        return self.logits(white_noise(1, self.sampling_rate))


def certify(model: LoadedModel) -> None:
    """Raise `Rejected` where a model cannot be trusted with a question."""
    rate, problem = model.sampling_rate, model.blueprint.extractor_problem
    require_sound(model.weights, rate, problem, model.labels, model.noise_logits)
