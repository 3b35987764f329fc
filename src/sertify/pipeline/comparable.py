"""Which groups of clips can be compared, and on which clips."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from sertify.pipeline.judged import Judged
from sertify.vocabulary.text import listed

MOST_GROUPS = 12
"""The largest groups of a column; of so many, 66 pairs are compared."""

LEAST_SPEAKERS = 2
"""Of a group, below which nothing is known of how its speakers differ."""

LEAST_CLIPS = 20
"""Of a group, below which each emotion has hardly any."""


@dataclass(frozen=True)
class Comparable:
    """Clips of the groups that can be compared, the group of each, and what was left out.

    ``why_not`` says why there are no two groups, where there are not.
    """

    judged: Judged
    values: tuple[str, ...]
    left_out: tuple[str, ...]
    why_not: str = ""

    @property
    def names(self) -> list[str]:
        """The groups in alphabetical order."""
        return sorted(set(self.values))

    def size(self, name: str) -> tuple[int, int | None]:
        """Return how many clips a group has, and speakers where these are known."""
        places = [place for place, value in enumerate(self.values) if value == name]
        speakers = {self.judged.clips[place].group for place in places} - {None}
        return len(places), len(speakers) or None


def comparable(
    judged: Judged, values: Sequence[str | None], column: str, *, across: bool = False
) -> Comparable:
    """Keep the 12 largest groups, of 20 clips and, where these are named, two speakers or more.

    Unless they are compared ``across`` corpora, of several corpora those count that have clips of
    two groups or more: else a gap would be one of corpora.
    """
    told = [place for place, value in enumerate(values) if value is not None]
    group = ["" if value is None else value for value in values]
    enough = _large_enough(judged, group, told)
    kept, before = told, [-1]
    while kept != before:
        before = kept
        names = _large_enough(judged, group, kept)[:MOST_GROUPS]
        corpora = _of_several(judged, group, kept, names)
        kept = [
            place
            for place in kept
            if group[place] in names
            if across or judged.clips[place].corpus in corpora
        ]
    found = Comparable(
        judged.at(kept),
        tuple(group[place] for place in kept),
        tuple(_left_out(judged, group, told, kept, enough)),
    )
    if _share_an_emotion(found):
        return found
    why = "no two groups have clips of the same emotion"
    if len(found.names) < 2:
        why = _why_not(column, {group[place] for place in told}, enough)
    return Comparable(judged.at([]), (), found.left_out, why)


def _share_an_emotion(found: Comparable) -> bool:
    pairs = {*zip(found.values, found.judged.truth, strict=True)}
    return len({emotion for _, emotion in pairs}) < len(pairs)


def _large_enough(judged: Judged, group: Sequence[str], places: Sequence[int]) -> list[str]:
    """Return the groups that have enough speakers, or clips, the largest first."""
    clips, named = Counter(group[place] for place in places), judged.units
    enough = [name for name in sorted(clips) if clips[name] >= LEAST_CLIPS]
    if named is not None:
        pairs = {(group[place], named[place]) for place in places}
        speakers = Counter(name for name, _ in pairs)
        enough = [name for name in enough if speakers[name] >= LEAST_SPEAKERS]
    return sorted(enough, key=lambda name: -clips[name])


def _of_several(
    judged: Judged, group: Sequence[str], places: Sequence[int], names: Collection[str]
) -> set[str]:
    """Return the corpora that have clips of two of these groups or more."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for place in places:
        if group[place] in names:
            found[judged.clips[place].corpus].add(group[place])
    return {corpus for corpus, of in found.items() if len(of) > 1}


def _left_out(
    judged: Judged,
    group: Sequence[str],
    told: Sequence[int],
    kept: Sequence[int],
    enough: Sequence[str],
) -> Iterator[str]:
    groups = [{group[place] for place in places} for places in (told, kept)]
    corpora = [{judged.clips[place].corpus for place in places} for places in (told, kept)]
    lost = sorted(groups[0] - groups[1])
    few = [name for name in lost if name not in enough]
    most = [name for name in lost if name in enough[MOST_GROUPS:]]
    if few:
        yield f"left out for fewer than {_least(judged)}: {listed(few)}"
    if most:
        yield f"left out beyond the {MOST_GROUPS} largest groups: {listed(most)}"
    if kept and (left := sorted(corpora[0] - corpora[1])):
        yield f"left out without clips of two of these groups: {listed(left)}"


def _why_not(column: str, groups: Collection[str], enough: Sequence[str]) -> str:
    if not groups:
        return f"no clip tells its {column}, so no groups are compared"
    if len(groups) == 1:
        return f"all clips are of one group, {listed(groups)}, so there is nothing to compare"
    if len(enough) > 1:
        return (
            f"no corpus has clips of two groups, and a gap between corpora is not one of {column};"
            " to compare corpora, name the group `corpus`"
        )
    return f"fewer than two of the {len(groups)} groups have enough speakers or clips to compare"


def _least(judged: Judged) -> str:
    speakers = f"{LEAST_SPEAKERS} speakers or " if judged.units is not None else ""
    return f"{speakers}{LEAST_CLIPS} clips"
