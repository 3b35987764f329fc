"""What it will take to hear clips again, told before most of it is spent."""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from sertify.candidates.reading import Suite
from sertify.pipeline.settings import Settings, conditions_of
from sertify.vocabulary.text import counted

# Seconds before which a pace says more of the start than of the work.
_SETTLED = 1.0
# Seconds that nobody needs to be told of beforehand.
_SHORT = 10.0


def planned(settings: Settings, suite: Suite, there: float = math.inf) -> dict[str, str]:
    """Say by gate in how many ways how many of the clips are heard again, where that is asked.

    >>> from pathlib import Path
    >>> planned(Settings(candidates=Path("none.yaml")), Suite(()))
    {}
    """
    works = {"robustness": in_conditions, "streaming": in_time}
    counts = {gate: [*_counts(gate, settings, suite, there)] for gate in works}
    return {
        gate: f"{works[gate](*max(asked, key=math.prod))} for {_whom(len(asked))}"
        for gate, asked in counts.items()
        if asked and settings.data
    }


def _counts(gate: str, settings: Settings, suite: Suite, there: float) -> Iterator[tuple[int, int]]:
    """Yield in how many ways a candidate hears how many clips."""
    for one in suite.candidates:
        asked = one.requirements
        if one.status == "rejected" or not asked.asks(gate):
            continue
        if gate == "streaming":
            yield len(asked.streamed.seconds), int(min(asked.streamed.clips, there))
        elif asked.robustness is not None:
            yield len(conditions_of(settings, one)), int(min(asked.robustness.clips, there))


def in_conditions(conditions: int, clips: int) -> str:
    """Say in how many conditions how many clips are heard."""
    return f"robustness: {counted(conditions, 'condition')} x {counted(clips, 'clip')}"


def in_time(seconds: int, clips: int) -> str:
    """Say how often how many clips are heard in part; windows depend on how long they are."""
    return f"streaming: {counted(seconds, 'length')} x {counted(clips, 'clip')}, and their windows"


def in_parts(clips: int, answers: int) -> str:
    """Say how many answers that takes, once it is known how long the clips are."""
    return f"streaming: {counted(answers, 'answer')} to parts of {counted(clips, 'clip')}"


@dataclass
class Budget:
    """Tells once in a run how long each candidate will take, of whom so many are asked by gate."""

    candidates: Mapping[str, int]
    say: Callable[[str], None]
    clock: Callable[[], float] = time.monotonic
    told: set[str] = field(default_factory=set)

    def watching(
        self, progress: Callable[[float, float], None], work: str, answers: int
    ) -> Callable[[float, float], None]:
        """Return what is told of the answers in its place, and measures their pace.

        ``work`` is what so many ``answers`` are needed for; it begins with the gate.
        What was known before takes no time, and the first answer that of loading the model, too:
        pace begins with that answer.
        """
        first: tuple[float, float] | None = None
        known = 0.0

        def heed(done: float, total: float) -> None:
            nonlocal first, known
            progress(done, total)
            if first is None and not known and done > 1:
                known = done
                return
            now = self.clock()
            began, before = first = first or (now, done)
            if gate not in self.told and done > before and now - began >= _SETTLED:
                self.told.add(gate)
                self._tell((now - began) / (done - before) * answers, work, gate)

        gate = work.partition(":")[0]
        return heed

    def _tell(self, seconds: float, work: str, gate: str) -> None:
        candidates = self.candidates.get(gate, 1)
        whom = _whom(candidates) if candidates > 1 else "it"
        if seconds >= _SHORT:
            self.say(f"{work}, {_span(seconds)} for {whom}")


def _whom(candidates: int) -> str:
    return f"each of {candidates} candidates" if candidates > 1 else "1 candidate"


def _span(seconds: float) -> str:
    """Say about how long that is."""
    for unit, size in (("hour", 3600), ("minute", 60)):
        if seconds >= 1.5 * size:
            return f"about {seconds / size:.0f} {unit}s"
    return f"about {counted(max(1, round(seconds)), 'second')}"
