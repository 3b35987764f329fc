"""How long the clips of a corpus are, without decoding them."""

from collections.abc import Sequence

from sertify.corpora.audio import duration_of
from sertify.corpora.clips import Clip

_LOOKED_AT = 400
_LONGEST = 300.0  # seconds: a header may tell of hours that nobody has recorded
_TOLD = 32


def typical_lengths(clips: Sequence[Clip]) -> tuple[float, ...]:
    """Return the seconds of some clips, as short and as long as all of them, the shortest first.

    Of many, only some are looked at. Empty where none tells how long it is.
    """
    some = clips[:: -(-len(clips) // _LOOKED_AT) or 1]
    known = sorted(length for clip in some if (length := _length(clip)))
    places = (round((place + 0.5) / _TOLD * len(known) - 0.5) for place in range(_TOLD))
    return tuple(known) if len(known) <= _TOLD else tuple(known[place] for place in places)


def _length(clip: Clip) -> float | None:
    end = clip.end if clip.end is not None else duration_of(clip.content)
    return None if end is None or end <= clip.start else min(end - clip.start, _LONGEST)
