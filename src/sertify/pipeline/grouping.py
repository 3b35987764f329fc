"""Which group each clip is of: as its corpus says, or as its sound tells."""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sertify.corpora.bands import SIGNAL_GROUPS
from sertify.corpora.clips import Clip, digest_of
from sertify.corpora.columns import column_for, known_value
from sertify.corpora.forms.roles import aliases_of, gender_of
from sertify.corpora.recordings import Recordings
from sertify.corpora.splits import split_of
from sertify.evidence.cache import Cache
from sertify.pipeline.estimating import estimated_bands
from sertify.vocabulary.errors import NotReached
from sertify.vocabulary.text import counted, did_you_mean, fold, listed, quoted


@dataclass(frozen=True)
class Grouping:
    """The group of each clip by one column.

    Parameters
    ----------
    name
        As it was asked for.
    values
        Of each clip, in their order; None where nothing tells.
    estimated
        Whether the sound tells, and not the corpus.
    remark
        What has to be known of the groups; "" where that is nothing.
    """

    name: str
    values: tuple[str | None, ...]
    estimated: bool = False
    remark: str = ""


def digest_of_groups(name: str, clips: Sequence[Clip]) -> str:
    """Return what changes with the group of any clip, in whichever order these are.

    Evidence on groups is worth nothing for others. What only the sound tells, the digests of the
    clips and the version of the estimate do.
    """
    told, _ = _told(name, clips)
    signal = SIGNAL_GROUPS.get(fold(name))
    if signal is not None and not any(told):
        return f"estimate {signal.version}"
    facts = (
        json.dumps([clip.digest, clip.start, clip.end, value])
        for clip, value in zip(clips, told, strict=True)
    )
    return digest_of("\n".join(sorted(facts)))[:16]


def is_field(column: str, *fields: str) -> bool:
    """Whether a column is one of what each clip has as such, by any of its names.

    >>> is_field("Sex", "gender"), is_field("accent", "gender", "language")
    (True, False)
    """
    return any(fold(column) in aliases_of(field) for field in fields)


def group_values(
    name: str, clips: Sequence[Clip], recordings: Recordings, cache: Cache | None = None
) -> Grouping:
    """Return the group of each clip: gender, language, corpus, split, a column, pitch or snr.

    What the corpora say goes before what their sound tells, and is compared without regard to case.
    What was estimated of the sound is kept in the ``cache`` under its content. A clip that cannot
    be decoded is of no group.

    Raises ``NotReached`` with ``no_data`` where no clip tells such a group.
    """
    told, remark = _told(name, clips)
    if any(value is not None for value in told):
        return Grouping(name, told, remark=_remark(name, told, remark))
    signal = SIGNAL_GROUPS.get(fold(name))
    if signal is None:
        raise NotReached("no_data", _unknown(name, clips))
    values = estimated_bands(fold(name), signal, clips, recordings, cache)
    if not any(values):
        raise NotReached("no_data", f"the sound of no clip tells its {name}")
    return Grouping(name, values, estimated=True, remark=_remark(name, values, signal.remark))


def told_gender(clip: Clip) -> str | None:
    """Return the gender that is told of a clip; None of one that is said to be unknown."""
    return _plain(gender_of(clip.gender))


def _split(clip: Clip) -> str | None:
    return None if clip.split is None else split_of(clip.split) or _plain(clip.split)


_FIELDS: Mapping[str, Callable[[Clip], str | None]] = {
    "gender": told_gender,
    "language": lambda clip: clip.language and known_value(clip.language),
    "corpus": lambda clip: clip.corpus or None,
    "split": _split,
}
"""What each clip has as such; gender and the others may be asked for by what columns are called."""


def _plain(value: str | None) -> str | None:
    told = None if value is None else known_value(value)
    return None if told is None else told.casefold() or None


def _told(name: str, clips: Sequence[Clip]) -> tuple[tuple[str | None, ...], str]:
    """Return what the corpora say of each clip, and of which columns that is, if of others."""
    field = next((field for field in _FIELDS if fold(name) in aliases_of(field)), None)
    if field is not None and any(values := tuple(map(_FIELDS[field], clips))):
        return values, ""
    found = {
        corpus: column
        for corpus, columns in _columns(clips).items()
        if (column := column_for(name, columns)) is not None
    }
    values = tuple(_plain(clip.columns.get(found.get(clip.corpus, ""))) for clip in clips)
    others = dict.fromkeys(column for column in found.values() if fold(column) != fold(name))
    told = f"{name} is read from {listed(map(quoted, others))}" if others else ""
    return values, told


def _columns(clips: Sequence[Clip]) -> dict[str, dict[str, None]]:
    """Return the names of the columns of each corpus."""
    columns: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for clip in clips:
        columns[clip.corpus].update(dict.fromkeys(clip.columns))
    return columns


def _remark(name: str, values: Sequence[str | None], said: str) -> str:
    silent = sum(value is None for value in values)
    clips = f"{silent:,} of {counted(len(values), 'clip')} tell{'s' * (silent == 1)} no {name}"
    return "; ".join(filter(None, [said, clips if silent else ""]))


def _unknown(name: str, clips: Sequence[Clip]) -> str:
    """Say what clips can be grouped by instead."""
    fields = [field for field, read in _FIELDS.items() if any(map(read, clips))]
    columns = dict.fromkeys(name for names in _columns(clips).values() for name in names)
    known = [*dict.fromkeys([*fields, *columns, *SIGNAL_GROUPS])]
    hint = did_you_mean(name, known)
    if fold(name) in aliases_of("gender"):
        hint = "; pitch groups voices by how high they sound"
    elif fold(name) in aliases_of("speaker"):
        hint = "; a group is of several speakers"
    few = " (a column that groups clips has 2 to 50 different values)"
    near = "" if hint.startswith("; known") else hint
    return (
        f"no clip tells its {quoted(name)}: clips can be grouped by {listed(known, most=30)}"
        f"{few if columns else ''}{near}"
    )
