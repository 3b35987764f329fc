"""Tables of speakers that lie beside a corpus: what they say of somebody holds for his clips."""

import contextlib
from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import replace

from sertify.corpora.clips import Clip, with_facts
from sertify.corpora.columns import OtherColumns, in_common
from sertify.corpora.doubts import Doubt
from sertify.corpora.forms.other_columns import told_beside
from sertify.corpora.forms.roles import Table, aliases_of, gender_of
from sertify.corpora.forms.tables import read_table
from sertify.corpora.listings import Listing
from sertify.corpora.trees import Tree, ending
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.files import read_words, stamp_of
from sertify.vocabulary.text import fold, listed

_WORDS = read_words(__file__)
_NAMES = frozenset(map(fold, _WORDS["names"]))
_KEYS = aliases_of("speaker") | {"id", "name", "key"}
_MOST_TABLES = 4
_MOST_BYTES = 2**24  # a table of speakers has a line for each


def with_speakers(tree: Tree, listing: Listing) -> Listing:
    """Return a listing with what tables of speakers say, which lie in the folder of the corpus.

    That is columns that its clips do not have, and the gender of those that name none. A table
    counts where one of its columns names at least half of the speakers.
    """
    names = {clip.speaker for clip in listing.clips} - {None}
    read = listing.layout.split(", ")
    for name in (one for one in _tables(tree) if names and one not in read):
        with contextlib.suppress(ConfigurationError):  # anybody's table may be called so
            table = read_table(tree.root / name)
            key = _key(table, names)
            if key is not None:
                listing = _told(listing, table, key, name)
    return listing


def _tables(tree: Tree) -> Sequence[str]:
    found = [
        name
        for name in tree.files
        if ending(name) in _WORDS["endings"]
        and fold(name.rpartition("/")[2][: -len(ending(name))]) in _NAMES
        and 0 < (stamp_of(tree.root / name) or (0,))[0] <= _MOST_BYTES
    ]
    return sorted(found, key=lambda name: (name.count("/"), name))[:_MOST_TABLES]


def _key(table: Table, speakers: set[str | None]) -> int | None:
    """Return the column that names the speakers."""
    found = {
        index: len(speakers & {*table.values(index)})
        for index, name in enumerate(table.folded)
        if name in _KEYS
    }
    best = max(found, key=lambda index: found[index], default=None)
    return best if best is not None and 2 * found[best] >= len(speakers) else None


def _told(listing: Listing, table: Table, key: int, name: str) -> Listing:
    gender = next((i for i, one in enumerate(table.folded) if one in aliases_of("gender")), None)
    columns = _by_speaker(table, {"speaker": key, **({} if gender is None else {"gender": gender})})
    pairs = [] if gender is None else [*zip(table.values(key), table.values(gender), strict=True)]
    said: defaultdict[str, set[str | None]] = defaultdict(set)
    for who, value in pairs:
        if who and value:
            said[who].add(gender_of(value))
    genders = {who: next(iter(values)) for who, values in said.items() if len(values) == 1}
    clips = tuple(_joined(listing.clips, columns, genders))
    if clips == listing.clips and all(
        one.columns == other.columns for one, other in zip(clips, listing.clips, strict=True)
    ):
        return listing
    remark = Doubt(f"{listed([name])} tells of the speakers", Doubt.TOLD)
    return replace(listing, clips=clips, warnings=(*listing.warnings, remark))


def _by_speaker(table: Table, roles: Mapping[str, int]) -> dict[str | None, OtherColumns]:
    rows: defaultdict[str | None, list[OtherColumns]] = defaultdict(list)
    told = told_beside(table, roles)
    for who, columns in zip(table.values(roles["speaker"]), told, strict=True):
        rows[who].append(columns)
    return {who: in_common(several) for who, several in rows.items()}


def _joined(
    clips: Sequence[Clip],
    columns: Mapping[str | None, OtherColumns],
    genders: Mapping[str, str | None],
) -> Iterator[Clip]:
    """Yield clips with what is said of their speakers; what is said of themselves counts."""
    known = dict[Hashable, OtherColumns]()
    for clip in clips:
        told = columns.get(clip.speaker) if clip.speaker is not None else None
        both = clip.columns
        if told:
            pair = clip.columns.told, clip.speaker
            both = known.setdefault(pair, OtherColumns({**told, **clip.columns}))
        gender = clip.gender or genders.get(clip.speaker or "")
        yield with_facts(clip, columns=both, gender=gender)
