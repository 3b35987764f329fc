"""Holds a candidate's model: in the process that asks, or in one of its own."""

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sertify.corpora.audio import Waveform
from sertify.hub.snapshots import Snapshot
from sertify.hub.tensors.index import TensorIndex
from sertify.models import engine
from sertify.models.blueprints import Batching, Blueprint
from sertify.models.examination import Examination
from sertify.models.loaders.choice import choose_loader
from sertify.models.loading import load, outline
from sertify.models.memory import keep_blocks, keep_little
from sertify.models.mixed import Mixed
from sertify.models.model import LoadedModel
from sertify.models.networks import TorchNetwork
from sertify.models.processes.quota import Deed, unnoted
from sertify.models.processes.serving import streams

# Those of a forward for each of two threads, and as many again.
_PRIMITIVES = 32


class Hosted:
    """A model that is in memory while somebody asks for it; ``make`` takes a random seed.

    With ``mixed``, waveforms are answered as :class:`sertify.models.mixed.Mixed` does.
    """

    def __init__(self, make: Callable[[int], LoadedModel], *, mixed: bool = False) -> None:
        keep_little()
        self._make, self._wants_mixed = make, mixed
        self._mixed: Mixed | None = None
        self.note: Callable[[Deed], None] = unnoted
        self._model: LoadedModel | None = None

    def load(self, seed: int = 0) -> None:
        """Load it anew; two at a time may be more than there is memory for."""
        self.release()
        self._model = self._make(seed)

    def examine(self) -> Examination:
        """Say what loading it shows."""
        return Examination.of(self._loaded())

    def noise_again(self) -> list[float]:
        """Return the logits for one second of noise, after a load under another random seed."""
        self.load(1)
        return self.noise()

    def noise(self) -> list[float]:
        """Return the logits for one second of noise, of shape (len(labels),)."""
        logits: list[float] = self._loaded().noise_logits().tolist()
        return logits

    @streams
    def answers(
        self,
        waveforms: Iterable[Waveform],
        say: Callable[[str], None],
        batching: Batching,
        concurrent: bool,
        threads: int,
    ) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """Answer waveforms as :func:`sertify.models.engine.answers` does."""
        loaded = replace(self._loaded(), note=unnoted)  # threads cannot tell at a time
        model = replace(loaded, batching=batching, concurrent=concurrent)
        plain = model.snapshot.candidate.variant == "fp32"
        if self._mixed is None and self._wants_mixed and plain:
            self._mixed = Mixed(model.network) if isinstance(model.network, TorchNetwork) else None
        if self._mixed is None:
            yield from engine.answers(model, waveforms, threads, say)
            return
        yield from engine.answers(replace(model, network=self._mixed), waveforms, threads, say)
        if outcome := self._mixed.outcome:
            say(outcome)

    def release(self) -> None:
        """Let go of it."""
        if self._model is not None:
            self._model = self._mixed = None
            gc.collect()  # networks hold reference cycles

    def _loaded(self) -> LoadedModel:
        if self._model is None:
            self.load()
        assert self._model is not None
        return self._model


class Workbench(Hosted):
    """All that is asked of a snapshot with torch and transformers, the repository's code included.

    ``arguments`` are those of :func:`sertify.models.loading.load`.
    """

    def __init__(self, snapshot: Snapshot, arguments: Mapping[str, Any]) -> None:
        dtype = arguments.get("dtype", "float32")
        # This process has the variables of another, which need not know of it.
        keep_little(0 if dtype == "float32" else _PRIMITIVES)
        super().__init__(self._of_blueprint, mixed=dtype == "mixed")
        keep_blocks()
        self._snapshot, self._arguments = snapshot.shut(), arguments
        self._blueprint: Blueprint | None = None

    def choose(self) -> str:
        """Return the name of the loader, by the names of files alone."""
        return choose_loader(self._snapshot, TensorIndex({})).name

    def outline(self, index: TensorIndex) -> dict[str, Any]:
        """Return what is known of the blueprint, in JSON types."""
        self._blueprint = outline(self._snapshot, index)
        return self._blueprint.to_json()

    def make(self, index: TensorIndex, seed: int) -> None:
        """Load the model of a snapshot of which the files are there."""
        if self._blueprint is None:
            self._blueprint = outline(self._snapshot, index)
        self.load(seed)

    def _of_blueprint(self, seed: int) -> LoadedModel:
        assert self._blueprint is not None
        return load(self._blueprint, **self._arguments, seed=seed, note=self.note)
