"""What it will take to hear clips in conditions, told before most of it is spent."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from sertify.candidates.reading import Suite
from sertify.pipeline.settings import Settings, conditions_of
from sertify.vocabulary.text import counted

# Seconds before which a pace says more of the start than of the work.
_SETTLED = 1.0
# Seconds that nobody needs to be told of beforehand.
_SHORT = 10.0


def planned(settings: Settings, suite: Suite, there: float = math.inf) -> str:
    """Say in how many conditions how many of the clips are heard; "" where nobody is asked to.

    >>> from pathlib import Path
    >>> planned(Settings(candidates=Path("none.yaml")), Suite(()))
    ''
    """
    asked = [
        (len(conditions_of(settings, one)), int(min(one.requirements.robustness.clips, there)))
        for one in suite.candidates
        if one.requirements.robustness is not None and one.status != "rejected"
    ]
    if not asked or not settings.data:
        return ""
    conditions, clips = max(asked, key=math.prod)
    return f"{_work(conditions, clips)} for {_whom(len(asked))}"


@dataclass
class Budget:
    """Tells once in a run how long each of so many candidates will take."""

    candidates: int
    say: Callable[[str], None]
    clock: Callable[[], float] = time.monotonic
    told: bool = False

    def watching(
        self, progress: Callable[[float, float], None], conditions: int, clips: int
    ) -> Callable[[float, float], None]:
        """Return what is told of the answers in its place, and measures their pace.

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
            if not self.told and done > before and now - began >= _SETTLED:
                self.told = True
                self._tell((now - began) / (done - before), conditions, clips)

        return heed

    def _tell(self, pace: float, conditions: int, clips: int) -> None:
        seconds = pace * conditions * clips
        whom = _whom(self.candidates) if self.candidates > 1 else "it"
        if seconds >= _SHORT:
            self.say(f"{_work(conditions, clips)}, {_span(seconds)} for {whom}")


def _work(conditions: int, clips: int) -> str:
    return f"robustness: {counted(conditions, 'condition')} x {counted(clips, 'clip')}"


def _whom(candidates: int) -> str:
    return f"each of {candidates} candidates" if candidates > 1 else "1 candidate"


def _span(seconds: float) -> str:
    """Say about how long that is."""
    for unit, size in (("hour", 3600), ("minute", 60)):
        if seconds >= 1.5 * size:
            return f"about {seconds / size:.0f} {unit}s"
    return f"about {counted(max(1, round(seconds)), 'second')}"
