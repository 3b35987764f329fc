"""Labels as float32 gives them, for less of its time: in fewer bits where these cannot change one.

A clip is answered in 16 bits, and again in float32 where its two largest logits are so near to each
other that rounding could have changed places. How far rounding moves logits is learnt from clips
that are answered in both.
"""

import copy
import math
import threading
import time
import zlib
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from sertify.corpora.audio import Waveform
from sertify.models.networks import TorchNetwork
from sertify.models.proofs import scale_of
from sertify.vocabulary.machine import free_memory
from sertify.vocabulary.text import counted, text_of_error

LEARNT = 8
"""Clips that are answered in both ways before any is answered in one."""

MARGIN = 4.0
"""How many times the largest deviation seen two logits have to be apart."""

COARSEST = 0.05
"""The largest deviation, as a share of the range of logits, that 16 bits are put up with for."""

AUDITED = 50
"""One in so many clips is answered in both ways whatever its margin."""

_SOONEST = 4  # clips after which it may be given up
_UNLIKELY = 1.1  # the share of float32's time at which it is, while little is known
_RECENT = 64  # clips by which it is seen later that margins have become narrow
_SHORTER = 0.7  # the share of the shortest length that is known which is not
_QUICKER = 0.8  # the share of the time that a multiplication has to take for a try


class Mixed:
    """A network that answers with the labels of ``exact``, and nearly with its logits.

    The logits of 16 bits are corrected by the mean deviation of the learnt clips. Where this does
    not save time, or the deviation is large, all is answered by ``exact``, and `outcome` says why.
    """

    def __init__(self, exact: TorchNetwork) -> None:
        self._exact = exact
        self._kind = torch.bfloat16 if exact.module.device.type == "cpu" else torch.float16
        self._book = _Book(str(self._kind).removeprefix("torch."))
        self._quick = self._copied()
        self.least = exact.least

    def __call__(self, waveforms: Sequence[Waveform]) -> NDArray[np.float32]:
        """Answer as `Network` says."""
        quick = self._quick
        if quick is None or self._book.given_up:
            self._quick = None  # nobody asks it again
            return self._exact(waveforms)
        if self._book.takes(len(waveforms)):
            with self._book.learning(len(waveforms)):
                return self._both(quick, waveforms)
        answers = None if self._book.given_up else self._given(quick, waveforms)
        if answers is None:
            return self._exact(waveforms)
        answers += self._book.shift
        again = self._book.near(answers)
        open_to_doubt = again | np.array(
            [_audited(waveform) or self._book.is_short(waveform.size) for waveform in waveforms]
        )
        self._book.count(again)
        self._book.keep(answers[~open_to_doubt])
        if open_to_doubt.any():
            places = np.flatnonzero(open_to_doubt)
            doubted = [waveforms[place] for place in places.tolist()]
            wanted = self._exact(doubted)
            self._book.note(doubted, wanted, answers[places])
            answers[places] = wanted
        return answers

    @property
    def outcome(self) -> str:
        """What came of it, for whoever reads the answers; empty where there are none."""
        return self._book.outcome()

    def _both(self, quick: TorchNetwork, waveforms: Sequence[Waveform]) -> NDArray[np.float32]:
        started = _clock(self._kind)
        wanted = self._exact(waveforms)
        between = _clock(self._kind)
        if self._book.given_up:
            return wanted
        answers = self._given(quick, waveforms)
        if answers is not None:
            seconds = between - started, _clock(self._kind) - between
            self._book.learn(waveforms, wanted, answers, *seconds)
        return wanted

    def _given(
        self, quick: TorchNetwork, waveforms: Sequence[Waveform]
    ) -> NDArray[np.float32] | None:
        """Answer in 16 bits; None where that fails, as it may for clips of one length only."""
        try:
            return quick(waveforms)
        except Exception as error:  # of a repository's own code, it may be any
            self._book.give_up(f"cannot answer: {text_of_error(error)}")
            return None

    def _copied(self) -> TorchNetwork | None:
        if self._kind is torch.bfloat16 and not _multiplies_sooner(torch.get_num_threads()):
            self._book.give_up("is not multiplied faster by this processor")
            return None
        if self._kind is torch.bfloat16 and free_memory() < _size(self._exact.module):
            self._book.give_up("has no memory for weights of its own")
            return None
        try:
            return replace(self._exact, module=_in_fewer_bits(self._exact.module, self._kind))
        except Exception as error:  # of a repository's own code, it may be any
            self._book.give_up(f"is not what its module can become: {text_of_error(error)}")
            return None


class _Book:
    """What is known of the deviation, shared by the threads that ask.

    Those that come after the learnt clips wait until these are answered, so that which clips are
    answered again does not depend on how long an answer takes.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._begun = self._ended = 0
        self._change = threading.Condition()
        self._wanted: list[NDArray[np.float32]] = []
        self._given: list[NDArray[np.float32]] = []
        self._seconds = [0.0, 0.0]
        self._spread = 0.0
        self._recent: deque[bool] = deque(maxlen=_RECENT)
        self._asked = 0
        self._kept: list[float] = []  # how far apart the two largest logits are of the others
        self._shortest: float = math.inf
        self.shift: Any = np.float32(0)
        self.given_up = ""

    def takes(self, clips: int) -> bool:
        """Whether these clips are to be learnt from; if not, wait for those that are."""
        with self._change:
            while not self.given_up:
                if self._begun < LEARNT:
                    self._begun += clips
                    return True
                if self._ended >= self._begun:
                    return False
                self._change.wait()
            return False

    @contextmanager
    def learning(self, clips: int) -> Iterator[None]:
        """Tell those that wait once these clips are learnt from; where that fails, others are."""
        learnt = 0
        try:
            yield
            learnt = clips
        finally:
            with self._change:
                self._begun -= clips - learnt
                self._ended += learnt
                self._change.notify_all()

    def learn(
        self,
        waveforms: Sequence[Waveform],
        wanted: NDArray[np.float32],
        given: NDArray[np.float32],
        exact: float,
        quick: float,
    ) -> None:
        """Take what clips were answered in both ways, and the seconds of each."""
        with self._change:
            self._shortest = min(self._shortest, *(waveform.size for waveform in waveforms))
            self._seconds[0] += exact
            self._seconds[1] += quick
            self._wanted += [*wanted]
            self._given += [*given]
            moved = np.array(self._wanted) - np.array(self._given)
            self.shift = moved.mean(axis=0)
            self._spread = float(np.ptp(moved - self.shift, axis=1).max())
            self._asked += len(wanted)
            self._judge()

    def note(
        self,
        waveforms: Sequence[Waveform],
        wanted: NDArray[np.float32],
        given: NDArray[np.float32],
    ) -> None:
        """Take what some clips were answered in both ways: after the shift."""
        with self._change:
            self._shortest = min(self._shortest, *(waveform.size for waveform in waveforms))
            spread = float(np.ptp(wanted - given, axis=1).max())
            if np.isfinite(spread):
                self._spread = max(self._spread, spread)
                self._require_precision()

    def is_short(self, size: int) -> bool:
        """Whether a clip is unlike those that are known, whose mean is over more of the speech."""
        return size < _SHORTER * self._shortest

    def near(self, answers: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Say for each clip whether its label could be another one in float32."""
        with np.errstate(invalid="ignore"):
            apart = _margins(answers) > MARGIN * self._spread
        return ~(apart & np.isfinite(answers).all(axis=1))

    def count(self, again: NDArray[np.bool_]) -> None:
        with self._change:
            self._asked += len(again)
            self._recent += again.tolist()
            if len(self._recent) == _RECENT:
                self._require_gain(float(np.mean(self._recent)), 1.0)

    def keep(self, answers: NDArray[np.float32]) -> None:
        """Take what nobody asks for again."""
        with self._change:
            self._kept += _margins(answers).tolist()

    def give_up(self, why: str) -> None:
        with self._change:
            self.given_up = self.given_up or why
            self._change.notify_all()

    def outcome(self) -> str:
        """Say how clips were answered; nothing where none were."""
        given_up = f"for {self._name} {self.given_up}"
        if self.given_up and not self._kept:
            return f"answered in float32, {given_up}"
        if not self._asked:
            return ""
        doubtful = sum(margin <= self._spread for margin in self._kept)
        late = f"of {counted(doubtful, 'clip')}, given before logits were seen to move so far"
        but = f" ({late}, perhaps not)" if doubtful else ""
        where = f"; then all are in float32, {given_up}" if self.given_up else ""
        return (
            f"the labels are those of float32{but}: {self._asked - len(self._kept):,} of"
            f" {self._asked:,} answers are in float32, the others in {self._name}, which moves"
            f" logits by up to {self._share():.1%} of their range{where}"
        )

    def _judge(self) -> None:
        """Give it up where that is clear already."""
        outputs, many = len(self._wanted[0]), len(self._wanted)
        if outputs < 2 or not np.isfinite(self._given).all():
            self.give_up("gives numbers that are not finite" if outputs > 1 else "has one output")
        elif many >= _SOONEST and np.isfinite(self._wanted).all():
            self._require_precision()
            share = float(self.near(np.array(self._wanted)).mean())
            self._require_gain(share, 1.0 if many >= LEARNT else _UNLIKELY)

    def _require_precision(self) -> None:
        if self._share() > COARSEST:
            limit = f"{self._share():.1%} of their range, which should be at most {COARSEST:.0%}"
            self.give_up(f"moves logits by {limit}")

    def _require_gain(self, near: float, most: float) -> None:
        exact, quick = self._seconds
        if exact and quick / exact + near > most:
            self.give_up(
                f"takes {quick / exact:.0%} of the time, and {near:.0%} of the clips are too near"
                " to a tie to do without float32"
            )

    def _share(self) -> float:
        return self._spread / (scale_of(np.array(self._wanted)) or 1.0)


def _margins(answers: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how far the two largest logits of each clip are apart."""
    two = np.partition(answers, -2, axis=1)[:, -2:]
    with np.errstate(invalid="ignore"):
        apart: NDArray[np.float32] = two[:, 1] - two[:, 0]
    return apart


def _audited(waveform: Waveform) -> bool:
    """Whether a clip is one of those that are answered in both ways, by its content alone."""
    return zlib.crc32(waveform.tobytes()) % AUDITED == 0


def _in_fewer_bits(module: Any, kind: torch.dtype) -> Any:
    """Return a copy of a module; never is there another one in float32."""
    smaller: dict[int, Any] = {}
    for parameter in module.parameters():
        small = parameter.detach().to(kind) if parameter.is_floating_point() else parameter.detach()
        smaller[id(parameter)] = torch.nn.Parameter(small, requires_grad=False)
    for buffer in module.buffers():
        smaller[id(buffer)] = buffer.to(kind) if buffer.is_floating_point() else buffer.clone()
    return copy.deepcopy(module, smaller)


def _size(module: Any) -> float:
    """Return the bytes of a module's weights: twice what they take in 16 bits."""
    return float(sum(each.numel() * each.element_size() for each in module.parameters()))


def _clock(kind: torch.dtype) -> float:
    """Return seconds: of this thread's work on a CPU, where others may have had the core."""
    return time.thread_time() if kind is torch.bfloat16 else time.perf_counter()


@cache
def _multiplies_sooner(threads: int) -> bool:  # noqa: ARG001
    """Whether this processor multiplies bfloat16 faster: without instructions it is far slower."""
    exact, quick = (_least_time(kind) for kind in (torch.float32, torch.bfloat16))
    return quick < _QUICKER * exact


def _least_time(kind: torch.dtype) -> float:
    left, right = torch.ones(256, 768, dtype=kind), torch.ones(768, 768, dtype=kind)
    times = []
    for _ in range(4):  # the first is not the fastest
        started = time.perf_counter()
        torch.nn.functional.linear(left, right)
        times.append(time.perf_counter() - started)
    return min(times)
