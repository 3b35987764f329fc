"""The group of each clip by what its corpus says of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sertify.corpora.clips import Clip, digest_of
from sertify.vocabulary.errors import NotReached
from sertify.vocabulary.text import fold, listed, quoted

_COLUMNS = ("gender", "language", "corpus", "split")


@dataclass(frozen=True)
class KnownValues:
    """The value of each clip in a column; None where nothing tells."""

    name: str
    values: tuple[str | None, ...]
    estimated: bool = False
    remark: str = ""


def known_values(name: str, clips: Sequence[Clip]) -> KnownValues:
    """Return the group of each clip; ``NotReached`` for a column that the corpus does not have."""
    if name in ("pitch", "snr"):
        return KnownValues(name, (None,) * len(clips), estimated=True)
    if name not in _COLUMNS:
        message = f"the speech has no column {quoted(name)}, but one of {listed(_COLUMNS)}"
        raise NotReached("no_data", message)
    told = (getattr(clip, name) for clip in clips)
    return KnownValues(name, tuple(fold(value) if value else None for value in told))


def digest_of_known(name: str, clips: Sequence[Clip]) -> str:
    """Return what tells the group of each clip, in whichever order the clips are; "" of none."""
    try:
        values = known_values(name, clips).values
    except NotReached:
        return ""
    told = zip(clips, values, strict=True)
    facts = (f"{clip.digest}\0{clip.start}\0{clip.end}\0{value}" for clip, value in told)
    return digest_of("\n".join(sorted(facts)))[:16]
