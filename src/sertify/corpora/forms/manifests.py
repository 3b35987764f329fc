"""What manifests of NeMo, SpeechBrain and Kaldi have in common: files with facts and stretches."""

import contextlib
import math
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import soundfile

from sertify.corpora.clips import Clip
from sertify.corpora.clusters import clusters_of
from sertify.corpora.forms.file_names import public_named
from sertify.corpora.forms.places import Places, unrooted
from sertify.corpora.forms.roles import Table, gender_of, roles_of
from sertify.corpora.forms.vote_columns import voted
from sertify.corpora.listings import Listing, Wish, refuse_repeated, stretched
from sertify.corpora.splits import split_of
from sertify.corpora.trees import Tree
from sertify.corpora.votes import Votes, united
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.text import counted, fold, listed, quoted

Stretch = tuple[float, float | None]
"""Seconds of a file between which a recording lies; it ends with the file where the end is None."""

_FACTS = ("label", "speaker", "language", "gender", "split")
_LONGEST = 1e7  # seconds, more than a hundred days


@dataclass(frozen=True)
class Manifest:
    """One manifest as it was written.

    Parameters
    ----------
    name
        Its own, relative to the tree.
    table
        The facts of each recording; its columns are those that `roles_of` knows, among others.
    files, spans
        Of each row.
    unit
        What a row is called by its number: "line" or "entry".
    """

    name: str
    table: Table
    files: Sequence[str]
    spans: Sequence[Stretch]
    unit: str = "line"

    @property
    def folder(self) -> str:
        """The folder that it lies in."""
        return self.name.rpartition("/")[0]

    def place(self, row: int) -> str:
        """Say where the row of an index stands."""
        return place_of(self.table, self.unit, self.table.rows[row][0])


def place_of(table: Table, unit: str, number: int) -> str:
    """Say where a row stands: a line as editors count it, or an entry."""
    return f"{table.path}:{number}" if unit == "line" else f"{table.path}, {unit} {number}"


def listing_of_all(
    tree: Tree, manifests: Sequence[Manifest], layout: str, wish: Wish, *, folders: bool = False
) -> Listing:
    """Return the recordings of all manifests.

    The split is that of a column, else what the manifest is called after, or its folder where
    ``folders`` are.

    Raises ``ConfigurationError`` where none of the files is there, or one is listed twice.
    """
    used, warnings = _used(manifests, folders)
    found = [*_recordings(tree, used, wish, folders)]
    clips, votes = _voted(used, [clip for clip, *_ in found], wish)
    lost = [told for _, told, there in found if not there]
    if clips and len(lost) == len(clips):
        raise ConfigurationError(
            f"{lost[0]} is not below {tree.root}, nor is any other of its"
            f" {counted(len(clips), 'recording')}: give the folder that holds the audio as well"
        )
    names = listed(one.name for one in used)
    refuse_repeated(f"{tree.root / used[0].name if len(used) == 1 else names}:", clips)
    for one in used:
        warnings += roles_of(one.table)[1]
    warnings += _moved([told for _, told, there in found if there and told], names)
    columns = dict.fromkeys(name for one in used for name in one.table.columns)
    public = public_named(tree.root, clips)
    listing = Listing(tuple(clips), layout, public, warnings=tuple(warnings), votes=votes)
    return replace(listing, columns=tuple(columns))


def _voted(
    manifests: Sequence[Manifest], clips: Sequence[Clip], wish: Wish
) -> tuple[list[Clip], Votes | None]:
    """Return the clips of all rows, each once, and the votes that the manifests tell."""
    kept: list[Clip] = []
    votes, first = None, 0
    for one in manifests:
        rows = clips[first : first + len(one.files)]
        own, told = voted(rows, one.table, roles_of(one.table)[0], wish.labels)
        first, votes = first + len(rows), united(votes, told)
        kept += own
    return kept, votes


def _split(one: Manifest, folders: bool) -> str | None:
    return split_named(one.folder if folders else one.name)


def _used(manifests: Sequence[Manifest], folders: bool) -> tuple[Sequence[Manifest], list[str]]:
    """Return the manifests that are named after splits, if any, and what is said of others."""
    used = [one for one in manifests if _split(one, folders)] or manifests
    beside = [one.name for one in manifests if one not in used]
    verb = "is" if len(beside) == 1 else "are"
    why = (
        f"{listed(beside)} {verb} not read: the recordings are those of"
        f" {listed(one.name for one in used)}, named after their splits"
    )
    return used, [why] if beside else []


def _recordings(
    tree: Tree, manifests: Sequence[Manifest], wish: Wish, folders: bool
) -> Iterator[tuple[Clip, str, bool]]:
    """Yield each clip, what is to be told of its place, if anything, and whether it is there."""
    places = Places(tree)
    for one in manifests:
        for row, clip in enumerate(_clips(one, _split(one, folders), wish)):
            given = one.files[row]
            name, there = places.find(given, one.folder)
            path = unrooted(given)
            usual = name in (path, posixpath.normpath(posixpath.join(one.folder, path)))
            told = f"{given} as {name}" if there else f"{one.place(row)}: {quoted(given)}"
            placed = replace(clip, name=stretched(name, clip.start, clip.end))
            yield replace(placed, path=tree.root / name), "" if there and usual else told, there


def _moved(told: Sequence[str], names: str) -> list[str]:
    files = counted(len({*told}), "file")
    verb = "is" if len({*told}) == 1 else "are"
    return [f"{files} of {names} {verb} found by the end of the path: {told[0]}"] if told else []


def split_named(name: str) -> str | None:
    """Return the split that a file or a folder is named after.

    >>> split_named("data/train_manifest.json"), split_named("dev"), split_named("emotions.json")
    ('train', 'validation', None)
    """
    base = name.rpartition("/")[2].partition(".")[0]
    return next((split for word in fold(base).split() if (split := split_of(word))), None)


def span_of(place: str, start: object, end: object = None, length: object = None) -> Stretch:
    """Return the stretch that numbers or texts of seconds tell; a length goes from the start on.

    Raises ``ConfigurationError`` where they are no times of a file.
    """
    first = _seconds(place, "start", start) or 0.0
    last = _seconds(place, "end", end)
    if last is None and (long := _seconds(place, "duration", length)) is not None:
        last = first + long
    if last is not None and last <= first:
        raise ConfigurationError(
            f"{place}: it ends at {last:g} s, but should end after its start, {first:g} s"
        )
    return first, last


def samples_of(place: str, path: Path, row: Mapping[str, Any]) -> Stretch:
    """Return the stretch whose start and stop SpeechBrain counts in samples of the file.

    Raises ``ConfigurationError`` where they are no numbers of samples.
    """
    rate = _rate(path)
    try:
        first, last = int(row.get("start") or 0) / rate, int(row["stop"]) / rate
    except (TypeError, ValueError, OverflowError) as error:
        told = f"{quoted(row.get('start'))} and {quoted(row['stop'])}"
        raise ConfigurationError(
            f"{place}: start and stop are {told}, but should be samples"
        ) from error
    return span_of(place, first, last)


def _rate(path: Path) -> int:
    with contextlib.suppress(OSError, RuntimeError):  # as which libsndfile's errors are known
        return int(soundfile.info(path).samplerate)
    return 16_000


def _seconds(place: str, what: str, value: object) -> float | None:
    if value is None or value == "":
        return None
    try:
        seconds = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        seconds = math.nan
    if isinstance(value, bool) or not 0 <= seconds <= _LONGEST:
        raise ConfigurationError(
            f"{place}: its {what} is {quoted(value)}, but should be seconds of the file, from 0 on"
        )
    return seconds


def _clips(one: Manifest, split: str | None, wish: Wish) -> Iterator[Clip]:
    roles, _ = roles_of(one.table)
    columns = {name: one.table.values(index) for index, name in enumerate(one.table.columns)}
    clusters = clusters_of(wish.cluster, columns) or [None] * len(one.files)
    rows = zip(one.table.rows, one.spans, clusters, strict=True)
    for (_, values), (start, end), cluster in rows:
        facts = (values[roles[role]] if role in roles else None for role in _FACTS)
        label, speaker, language, gender, own = facts
        clip = Clip("", one.table.path, label, speaker, language, gender_of(gender), own or split)
        yield replace(clip, start=start, end=end, cluster=cluster)
