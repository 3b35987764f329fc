"""What takes the place of the progress bars of the hub's client."""

from collections.abc import Callable
from threading import Lock
from typing import Any

from huggingface_hub.utils import tqdm

Tell = Callable[[float, float], None]
"""Is told how many bytes have come, and their total, by any thread."""


class Silent(tqdm):
    """In place of the client's bars, which would be drawn across what else is on the terminal."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        silent = {**options, "disable": True}
        super().__init__(*arguments, **silent)  # type: ignore[no-untyped-call]
        self.counts_bytes = options.get("unit") == "B"


def telling(progress: Tell, total: float) -> type[Silent]:
    """Return a class of bars, one a file, that tell of the bytes of all; at once, of none."""
    lock, done = Lock(), [0.0]
    progress(0, total)

    class Telling(Silent):
        def update(self, n: float | None = 1) -> None:
            if self.counts_bytes and n:
                with lock:
                    done[0] += n
                progress(min(done[0], total), total)

    return Telling
