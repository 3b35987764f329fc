"""Measures what a model's answers cost, in a process in which nothing else runs."""

import gc
import itertools
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import Module

from sertify.corpora.audio import Waveform
from sertify.hub.snapshots import Snapshot
from sertify.hub.tensors.index import TensorIndex
from sertify.models import engine, memory
from sertify.models.loading import load, outline
from sertify.models.model import LoadedModel, certify
from sertify.models.processes.quota import Deed, unnoted
from sertify.models.proofs import proven
from sertify.models.speed import energy, machine_load
from sertify.models.speed.arrivals import answer_in_turn
from sertify.models.speed.rates import arrivals
from sertify.models.speed.stopwatch import WARM_UP
from sertify.vocabulary.machine import usable_cores

Answers = Callable[
    [LoadedModel, Iterable[Waveform], int], Iterator[tuple[int, NDArray[np.float32]]]
]
"""What answers many waveforms: the model, these and a number of threads to indexes and logits."""

_Readings = tuple[machine_load.Reading, energy.Counters]


class Bench:
    """A model and one waveform at a time, which it is asked about again and again.

    What is measured is returned by its name in `Timing`, in the units that this says.
    ``arguments`` are those of :func:`sertify.models.loading.load`.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        index: TensorIndex,
        arguments: Mapping[str, Any],
        answers: Answers = engine.answers,
    ) -> None:
        # sertify saves memory by what costs time in use.
        os.environ.pop("ONEDNN_PRIMITIVE_CACHE_CAPACITY", None)
        self._snapshot, self._index = snapshot.shut(), index
        self._arguments, self._answers = arguments, answers
        self.note: Callable[[Deed], None] = unnoted

    def load(self) -> tuple[int, dict[str, Any]]:
        """Load the model, of which files are there; return its sampling rate and what that cost.

        Raises ``Rejected`` or ``Blocked`` where it cannot be loaded or trusted with a question.
        """
        blueprint = outline(self._snapshot, self._index)
        gc.collect()
        gc.freeze()  # else loading would look through all that was imported
        started = time.perf_counter()
        model = load(blueprint, **self._arguments, note=self.note)  # asks it a first question, too
        cold_start = time.perf_counter() - started
        certify(model)
        model, _ = proven(model)
        # A runtime has the threads that it was loaded with: several hands would have as many each.
        module = isinstance(getattr(model.network, "module", None), Module)
        self._model = replace(model, concurrent=model.concurrent and module, note=unnoted)
        assert model.sampling_rate is not None
        self._rate, self._held = model.sampling_rate, memory.held()
        return self._rate, {
            "load_time": model.load_time,
            "cold_start": cold_start,
            "size_on_disk": model.size_on_disk / 1e6,
            "parameters": model.weights.parameters,
            "threads": torch.get_num_threads(),
        }

    def prepare(self, waveform: Waveform) -> dict[str, Any]:
        """Take a waveform, and answer it until nothing is done for the first time any more."""
        self._waveform = waveform
        peak = memory.peak(lambda: self._ask(waveform))
        for _ in range(WARM_UP - 1):
            self._ask(waveform)
        self._before: _Readings | None = None
        self._answered = 0
        return {"peak_memory": peak, "memory_above_model": max(0.0, peak - self._held)}

    def answer(self) -> float:
        """Answer the waveform once, and return the seconds that it took."""
        if self._before is None:
            self._before = self._read()
        self._answered += 1
        started = time.perf_counter()
        self._ask(self._waveform)
        return time.perf_counter() - started

    def usage(self) -> dict[str, Any]:
        """Return what went on since the first answer after :meth:`prepare`, with the pauses."""
        assert self._before is not None
        (before, fuel), (after, rest) = self._before, self._read()
        used = energy.joules(fuel, rest)
        return {
            "contention": machine_load.contention(before, after),
            "other_load": machine_load.other_load(before, after),
            "cores": usable_cores(),
            "energy": None if used is None else used / self._answered,
        }

    def throughput(self, asked: int) -> float:
        """Answer the waveform so many times at once; return the seconds of audio per second."""
        threads = torch.get_num_threads()
        for _ in self._answers(self._model, itertools.repeat(self._waveform, 2 * threads), threads):
            pass  # what is done for the first time: a compiler makes graphs for batches
        waveforms = itertools.repeat(self._waveform, asked)
        started = time.perf_counter()
        answered = sum(1 for _ in self._answers(self._model, waveforms, threads))
        torch.set_num_threads(threads)
        _synchronise(self._model.device)
        elapsed = time.perf_counter() - started
        return answered * self._waveform.size / self._rate / elapsed

    def serve(
        self, lengths: Sequence[float], requests: int, rate: float, latency: float, most_late: int
    ) -> dict[str, Any]:
        """Answer requests that come at random, so many a second, about noise of these seconds.

        Once more than so many take longer than ``latency``, the others are left. Returns the
        latencies and how long answers alone took, in s, in how many hands, and what went on.
        """
        threads = torch.get_num_threads()
        hands = engine.hands(self._model, threads)
        late: list[float] = []

        def too_late(took: float) -> bool:
            late.extend([took] if took > latency else [])
            return len(late) > most_late

        waveforms = self._model.blueprint.noises(lengths)
        about = np.random.default_rng(0).integers(len(waveforms), size=requests)
        coming = zip(arrivals(requests, rate), (waveforms[one] for one in about), strict=True)
        before = machine_load.read_counters()
        answered = answer_in_turn(self._ask, coming, hands, threads // hands, too_late)
        after = machine_load.read_counters()
        torch.set_num_threads(threads)
        return {
            "latencies": tuple(one.latency for one in answered),
            "services": tuple(one.service for one in answered),
            "hands": hands,
            "contention": machine_load.contention(before, after),
            "other_load": machine_load.other_load(before, after),
        }

    def _ask(self, waveform: Waveform) -> None:
        self._model.logits(waveform)
        _synchronise(self._model.device)

    def _read(self) -> _Readings:
        return machine_load.read_counters(), _energy_of(self._model.device)


def _synchronise(device: str) -> None:
    """Wait for a GPU, which works on when it has been asked."""
    kind = torch.device(device).type
    if kind == "cuda":
        torch.cuda.synchronize(device)
    elif kind == "mps":
        torch.mps.synchronize()


def _energy_of(device: str) -> energy.Counters:
    kind = torch.device(device).type
    if kind == "cuda":
        return energy.read_gpu(str(torch.cuda.get_device_properties(device).uuid))
    return energy.read_processor() if kind == "cpu" else {}
