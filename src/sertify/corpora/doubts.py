"""What weakens conclusions from a corpus, in sentences that know how much they matter."""

from collections.abc import Iterable, Mapping
from typing import ClassVar, Self

from sertify.vocabulary.text import listed


class Doubt(str):
    """A sentence about a corpus; the heavier, the sooner it is told.

    ``WRONG``: what is taken for the truth may be wrong. ``LOST``: clips are not judged.
    ``COUNTED``: numbers are less certain than they look, which any sentence is by default.
    ``TOLD``: how something was understood.
    """

    WRONG: ClassVar[int] = 3
    LOST: ClassVar[int] = 2
    COUNTED: ClassVar[int] = 1
    TOLD: ClassVar[int] = 0

    weight: int

    def __new__(cls, text: str, weight: int = COUNTED) -> Self:
        """Keep the weight beside the text."""
        doubt = super().__new__(cls, text)
        doubt.weight = weight
        return doubt


def in_order(texts: Iterable[str]) -> tuple[str, ...]:
    """Return sentences, each once, the heaviest first; those of equal weight stay in order."""
    return tuple(sorted(dict.fromkeys(texts), key=lambda text: -weighed(text).weight))


def of_several(texts: Mapping[str, Iterable[str]]) -> tuple[Doubt, ...]:
    """Return the sentences about each of several corpora, by its name; what is the same is one."""
    about: dict[str, list[str]] = {}
    for name, own in texts.items():
        for text in own:
            about.setdefault(text, []).append(name)
    return tuple(
        Doubt(f"{listed(names)}: {text}", weighed(text).weight) for text, names in about.items()
    )


def weighed(text: str) -> Doubt:
    """Return a sentence with a weight."""
    return text if isinstance(text, Doubt) else Doubt(text)
