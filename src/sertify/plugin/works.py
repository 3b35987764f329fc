"""Pieces of work under way, and how they are told of in one line."""

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Work", "told"]

# Seconds, beyond which nobody waits.
_AGES = 359_999


@dataclass(frozen=True)
class Work:
    """A piece of work under way: ``done`` of ``total`` units, at so many a second.

    Attributes
    ----------
    name, place, of
        The candidate, and which of how many it is.
    what
        What is done, such as ``loading the weights``.
    unit
        What is counted, ``B`` for bytes; nothing is, where ``total`` is 0.
    audio
        Seconds of audio in a unit; 0 where it holds none.
    """

    name: str
    place: int = 0
    of: int = 0
    what: str = ""
    unit: str = ""
    audio: float = 0.0
    done: float = 0
    total: float = 0
    pace: float = 0.0


def told(works: Sequence[Work]) -> str:
    """Say in one line what is being done; that of several candidates is summed up.

    Examples
    --------
    >>> told([Work("ast", 3, 13, "downloading", "B", 0, 412e6, 1.26e9, 38e6)])
    'ast (3 of 13): downloading 412 MB of 1.26 GB, 38 MB/s, 0:22 left'
    >>> clips = Work("ast", 1, 2, "", "clips", 2.0, 310, 1440, 19)
    >>> told([clips])
    'ast (1 of 2): 310 of 1,440 clips, 38x real time, 0:59 left'
    >>> told([clips, clips, Work("hubert", 2, 2, "loading the weights")])
    '3 candidates at work: 620 of 2,880 clips, 76x real time, 0:59 left; loading the weights'
    """
    alike: dict[tuple[str, str], list[Work]] = {}
    for work in works:
        alike.setdefault((work.what, work.unit), []).append(work)
    said = "; ".join(map(_summed, alike.values()))
    if len(works) != 1:
        return f"{len(works)} candidates at work: {said}" if works else ""
    one = works[0]
    return f"{one.name} ({one.place} of {one.of}): {said}" if one.of else f"{one.name}: {said}"


def _summed(works: Sequence[Work]) -> str:
    """Say how far pieces of the same kind of work are."""
    what, unit = works[0].what, works[0].unit
    done, total, pace = (
        sum(getattr(one, key) for one in works) for key in ("done", "total", "pace")
    )
    if not total:
        return what or f"asking about {unit}"
    amount = f"{_size(done)} of {_size(total)}" if unit == "B" else f"{done:,} of {total:,} {unit}"
    parts = [f"{what} {amount}".lstrip()]
    if pace:
        real = sum(one.pace * one.audio for one in works)
        other = f"{_size(pace)}/s" if unit == "B" else f"{pace:.1f}/s"
        parts += [f"{real:.{int(real < 10)}f}x real time" if real else other]
        parts += [f"{_clock((total - done) / pace)} left"]
    return ", ".join(parts)


def _size(number: float) -> str:
    """Write a number of bytes: ``412 MB``, ``1.26 GB``."""
    if number < 999.5e6:
        return f"{number / 1e6:.0f} MB" if number >= 999.5e3 else f"{number / 1e3:.0f} kB"
    return f"{number / 1e9:.2f} GB"


def _clock(seconds: float) -> str:
    """Write a time: ``0:42``, ``1:02:03``."""
    minutes, rest = divmod(round(min(max(seconds, 0), _AGES)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
