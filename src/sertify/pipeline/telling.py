"""How somebody who waits is told what is being done."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from sertify.corpora.clips import Clip


class Announce(Protocol):
    """Tells somebody who waits what is being done."""

    def __call__(
        self, what: str, unit: str = "", clips: "Sequence[Clip]" = ()
    ) -> AbstractContextManager[Callable[[float, float], None]]:
        """Begin to tell of a piece of work; what this gives takes how much is done, and of what.

        ``clips`` are those that are answered, where the pace is to be told in times of real time.
        """
        ...


def silently(
    what: str,  # noqa: ARG001
    unit: str = "",  # noqa: ARG001
    clips: "Sequence[Clip]" = (),  # noqa: ARG001
) -> AbstractContextManager[Callable[[float, float], None]]:
    """Tell nobody."""
    return nullcontext(lambda done, total: None)  # noqa: ARG005
