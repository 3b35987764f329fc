"""What is left to a candidate of time and memory."""

import math
import time
from dataclasses import dataclass, field
from typing import Literal, Self

from sertify.candidates.limits import Allowances
from sertify.vocabulary.machine import free_memory

Deed = Literal["load", "forward"]


def unnoted(_: Deed) -> None:
    """Tell nobody what is about to be done."""


@dataclass(frozen=True)
class Quota:
    """Limits of the processes of one candidate, by the clock of this machine.

    Attributes
    ----------
    seconds
        How long each may take of what a process is asked to do.
    until
        When, by ``time.monotonic``, all of it has to be over, and how long that was from the start.
    memory
        Bytes that a process may hold; None where that is not limited.
    refuses
        Whether the system is to refuse more. What drives a GPU asks for far more than it holds.
    """

    seconds: dict[Deed, float] = field(default_factory=dict)
    until: float = math.inf
    whole: float = math.inf
    memory: int | None = None
    refuses: bool = True

    @classmethod
    def of(cls, limits: Allowances, sharers: int = 1, *, refuses: bool = True) -> Self:
        """Begin to count; ``sharers`` are the processes that share the free memory."""
        whole = math.inf if limits.candidate is None else limits.candidate
        seconds: dict[Deed, float] = {
            "load": math.inf if limits.load is None else limits.load,
            "forward": math.inf if limits.forward is None else limits.forward,
        }
        memory = limits.bytes_of(free_memory() / sharers)
        return cls(seconds, time.monotonic() + whole, whole, memory, refuses)

    def exceeded(self, deed: Deed, since: float, times: int = 1) -> str:
        """Say which limit a deed that began at ``since`` has passed; empty while there is none."""
        now, most = time.monotonic(), times * self.seconds.get(deed, math.inf)
        if now - since > most:
            several = f" {times} times over" if times > 1 else ""
            text = f"{deed} took more than {self.seconds[deed]:g} s{several}"
            return f"{text} (`limits: {{{deed}: ...}}`)"
        if now > self.until:
            return f"all of it took more than {self.whole:g} s (`limits: {{candidate: ...}}`)"
        return ""
