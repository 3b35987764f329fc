"""Answers many clips at the hardware's speed, none of which depends on the others."""

import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Any

import numpy as np
import psutil
import torch
from numpy.typing import NDArray

from sertify.corpora.audio import Waveform
from sertify.models.blueprints import Batching
from sertify.models.memory import give_back
from sertify.models.model import LoadedModel
from sertify.vocabulary.errors import Blocked

Batch = list[tuple[int, Waveform]]

# Clips, and samples, that are looked at together for some that may share a forward.
_WINDOW = 64
_WINDOW_SAMPLES = 8_000_000
# Seconds of a batch: on a core, two clips of a second take 0.84 of the time that they take one by
# one, longer ones as long as before; other devices are idle unless they have much to do.
_BATCH = 4.0
_LARGE_BATCH = 120.0
# How much longer than another a clip may be in whose batch it is padded.
_STRETCH = 1.15
# Batches after which freed memory is given back: to take it again costs time.
_TIDY = 16
# Bytes that a forward takes for a sample: 512 channels after a stride of 5, in several layers.
_BYTES_PER_SAMPLE = 4_000


def answers(
    model: LoadedModel,
    waveforms: Iterable[Waveform],
    threads: int = 1,
    say: Callable[[str], None] | None = None,
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Answer clips as they come.

    On a CPU each thread answers clips of its own on one core, for that takes less time than all
    cores on one clip; unless the model is not `LoadedModel.concurrent`. ``waveforms`` is read ahead
    in a thread of its own, by a window that is small whatever there is to come. Where memory does
    not suffice, smaller batches are tried, then clips one at a time, and ``say`` is told of it.

    Yields positions in ``waveforms``, in no certain order, and logits of shape (len(labels),).
    Raises ``Blocked`` with ``out_of_memory`` for a single clip, and what reading them raises.
    """
    with warnings.catch_warnings(action="ignore"):  # once, for it is no matter of a thread alone
        crew = _Crew(model, threads, say)
        try:
            yield from crew.work(waveforms)
        finally:
            crew.leave()


def hands(model: LoadedModel, threads: int) -> int:
    """Return how many clips are answered at a time, each by as many of the threads."""
    return threads if model.device == "cpu" and model.concurrent else 1


def batches(
    waveforms: Iterable[Waveform], batching: Batching, most: int, stretch: float = 1, least: int = 0
) -> Iterator[Batch]:
    """Group clips, with their positions, into batches of up to ``most`` samples, padding included.

    Clips may be ``stretch`` times as long as the shortest of their batch where they can be padded;
    ``least`` is the length that all are brought to before. Which clips share a batch depends on
    nothing but the clips.
    """
    for window in _windows(enumerate(waveforms)):
        if batching is Batching.SINGLE:
            yield from ([numbered] for numbered in window)
            continue
        batch: Batch = []
        for place, waveform in sorted(window, key=lambda numbered: -numbered[1].size):
            longest = max(least, batch[0][1].size) if batch else 0
            full = longest * (len(batch) + 1) > most
            if batch and (full or not _goes_with(batch, waveform, batching, stretch)):
                yield batch
                batch = []
            batch.append((place, waveform))
        yield batch


def _windows(numbered: Iterable[tuple[int, Waveform]]) -> Iterator[Batch]:
    window: Batch = []
    for place, waveform in numbered:
        window.append((place, waveform))
        if len(window) == _WINDOW or sum(w.size for _, w in window) > _WINDOW_SAMPLES:
            yield window
            window = []
    if window:
        yield window


def _goes_with(batch: Batch, waveform: Waveform, batching: Batching, stretch: float) -> bool:
    if batching is Batching.ANY:
        return True
    return batch[0][1].size <= waveform.size * (stretch if batching is Batching.MASKED else 1)


class _Room:
    """Keeps the samples that are being answered at a time below what memory allows."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._taken = 0
        self._change = threading.Condition()

    @contextmanager
    def taken(self, size: int) -> Iterator[None]:
        """Wait until there is room; what is larger than all of it has to be alone."""
        with self._change:
            self._change.wait_for(lambda: not self._taken or self._taken + size <= self.limit)
            self._taken += size
        try:
            yield
        finally:
            with self._change:
                self._taken -= size
                self._change.notify_all()

    def shrink(self, size: int) -> None:
        """Learn that there was too little room for so many samples."""
        with self._change:
            self.limit = min(self.limit, size // 2)


class _Crew:
    """Threads that share a model, and one that reads ahead for them."""

    def __init__(self, model: LoadedModel, threads: int, say: Callable[[str], None] | None) -> None:
        assert model.sampling_rate is not None
        self._model = model
        self._on_cpu = model.device == "cpu"
        self._hands = hands(model, threads)
        self._threads = threads // self._hands
        self._least = int(getattr(model.network, "least", 0))
        self._crew: list[threading.Thread] = []
        self._done: SimpleQueue[Any] = SimpleQueue()
        self._waiting: SimpleQueue[Batch | None] = SimpleQueue()
        self._ahead = threading.Semaphore(2 * self._hands)
        self._room = _Room(psutil.virtual_memory().available // 2 // _BYTES_PER_SAMPLE)
        self._left = threading.Event()
        self._say = say or (lambda _: None)

    def work(self, waveforms: Iterable[Waveform]) -> Iterator[tuple[int, NDArray[np.float32]]]:
        crew = [threading.Thread(target=self._answer, daemon=True) for _ in range(self._hands)]
        crew.append(threading.Thread(target=self._read, args=(waveforms,), daemon=True))
        for thread in crew:
            thread.start()
            self._crew.append(thread)
        working = len(crew)
        while working:
            result = self._done.get()
            if isinstance(result, BaseException):
                raise result
            if result is None:
                working -= 1
            else:
                yield result

    def leave(self) -> None:
        """Drop what nobody waits for, and wait for what is being done: the room is needed next."""
        self._left.set()
        self._ahead.release(_WINDOW)
        for _ in range(self._hands):
            self._waiting.put(None)
        for thread in self._crew:
            thread.join()

    def _read(self, waveforms: Iterable[Waveform]) -> None:
        # Padding costs a CPU as much time as speech.
        seconds, stretch = (_BATCH, 1.0) if self._on_cpu else (_LARGE_BATCH, _STRETCH)
        most = round(seconds * (self._model.sampling_rate or 0))
        try:
            for batch in batches(waveforms, self._model.batching, most, stretch, self._least):
                self._ahead.acquire()
                if self._left.is_set():
                    return
                self._waiting.put(batch)
        except BaseException as error:
            self._done.put(error)
        finally:
            for _ in range(self._hands):
                self._waiting.put(None)
            self._done.put(None)

    def _answer(self) -> None:
        if self._on_cpu:
            torch.set_num_threads(self._threads)  # of this thread's forwards
        asked = 0
        try:
            while (batch := self._waiting.get()) is not None and not self._left.is_set():
                self._ahead.release()
                for answer in self._ask(batch):
                    self._done.put(answer)
                asked += 1
                if asked % _TIDY == 0:
                    give_back()
            give_back()
        except BaseException as error:
            self._done.put(error)
        finally:
            self._done.put(None)

    def _ask(self, batch: Batch) -> Iterator[tuple[int, NDArray[np.float32]]]:
        places, waveforms = zip(*batch, strict=True)
        size = max(self._least, *(waveform.size for waveform in waveforms)) * len(waveforms)
        alone = size > self._room.limit
        if alone and len(batch) > 1:
            yield from self._halves(batch)
            return
        logits, problem = self._try(waveforms, size, alone=alone)
        if logits is not None:
            yield from zip(places, logits, strict=True)
            return
        # Not where the error was caught: that would hold what the forward had taken.
        if not self._on_cpu:
            torch.cuda.empty_cache()
        self._room.shrink(size)
        self._say(f"{problem}: went on with half as many at a time")
        yield from self._halves(batch)

    def _try(
        self, waveforms: Sequence[Waveform], size: int, *, alone: bool
    ) -> tuple[NDArray[np.float32] | None, str]:
        try:
            with self._room.taken(size):
                return self._model.answer(waveforms), ""
        except Blocked as error:
            if error.reason.code != "out_of_memory" or alone:
                raise
            return None, error.message

    def _halves(self, batch: Batch) -> Iterator[tuple[int, NDArray[np.float32]]]:
        half = (len(batch) + 1) // 2
        for part in filter(None, (batch[:half], batch[half:])):
            yield from self._ask(part)
