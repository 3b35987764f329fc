"""What makes the numbers of a corpus less certain than they look."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence

from sertify.corpora.audio import duration_of
from sertify.corpora.clips import Clip
from sertify.corpora.contents import MISSING
from sertify.corpora.doubts import Doubt
from sertify.corpora.suffixes import SUFFIXES, UNREAD_SUFFIXES, ending
from sertify.vocabulary.languages import language_tag
from sertify.vocabulary.text import counted, listed

# SHA-256 of nothing: clips that hold nothing are no copies of each other.
_EMPTY = hashlib.sha256().hexdigest()

_FORMATS = SUFFIXES | UNREAD_SUFFIXES
_PADDING = 0.15  # seconds

FEWEST_SPEAKERS = 10
"""Below this, an interval that resamples speakers is too narrow to trust."""


def warnings_about(clips: Sequence[Clip]) -> Iterator[str]:
    """Say what is doubtful about the clips of one corpus, whose files have been digested."""
    yield from _repetitions(alike(clips))
    yield from _twins(clips)
    yield from _unknown_languages(clips)
    if any(clip.label is not None for clip in clips):
        clustered = any(clip.cluster is not None for clip in clips)
        yield from _clusters(clips) if clustered else _speakers(clips)


def shared_speakers(clips: Iterable[Clip]) -> Iterator[str]:
    """Say which speakers are in more than one split."""
    splits = defaultdict(set)
    for clip in clips:
        if clip.speaker is not None and clip.split is not None:
            splits[clip.speaker].add(clip.split)
    shared = {speaker: names for speaker, names in splits.items() if len(names) > 1}
    if shared:
        which = (f"{speaker} ({listed(sorted(shared[speaker]))})" for speaker in sorted(shared))
        verb = "is" if len(shared) == 1 else "are"
        yield (
            f"{counted(len(shared), 'speaker')} {verb} in more than one split: {listed(which)};"
            " a model trained on one split has heard the other's voices"
        )


def shared_audio(clips: Iterable[Clip]) -> Iterator[str]:
    """Say which audio is in more than one corpus."""
    across = [group for group in alike(clips) if len(_facts(group, "corpus")) > 1]
    if across:
        sounds = f"{counted(len(across), 'sound')} {'is' if len(across) == 1 else 'are'}"
        corpora = sorted({clip.corpus for group in across for clip in group})
        yield (
            f"{sounds} in more than one corpus ({listed(corpora)}):"
            f" {listed(map(_equation, across), most=3)};"
            " they count twice in the results over all corpora and make their intervals"
            " too narrow, so remove them from all but one"
        )


def alike(clips: Iterable[Clip]) -> list[list[Clip]]:
    """Group clips of the same bytes, and of the same stretch of them."""
    groups: dict[Hashable, list[Clip]] = defaultdict(list)
    for clip in clips:
        if clip.digest not in (MISSING, _EMPTY):
            groups[clip.digest, clip.start, clip.end].append(clip)
    return [group for group in groups.values() if len(group) > 1]


def _repetitions(groups: Sequence[Sequence[Clip]]) -> Iterator[str]:
    torn = [group for group in groups if len(_facts(group, "emotion")) > 1]
    if torn:
        sounds = f"{counted(len(torn), 'sound')} {'has' if len(torn) == 1 else 'have'}"
        yield Doubt(
            f"{sounds} more than one label: {listed(map(_equation, torn), most=3)};"
            " at most one of them can be right, so remove the others",
            Doubt.WRONG,
        )
    same = [group for group in groups if len(_facts(group, "emotion")) == 1]
    copies = sum(len(group) - 1 for group in same)
    if copies:
        verb = "is a byte-identical copy" if copies == 1 else "are byte-identical copies"
        yield (
            f"{counted(copies, 'clip')} {verb} of another: {listed(map(_equation, same), most=3)};"
            " they count twice and make intervals too narrow"
        )


def _twins(clips: Sequence[Clip]) -> Iterator[str]:
    """Say which clips may be in several formats: of one name, label and length."""
    if len({ending(clip.name) for clip in clips} & _FORMATS) < 2:
        return
    groups: dict[Hashable, list[Clip]] = defaultdict(list)
    for clip in (clip for clip in clips if ending(clip.name) in _FORMATS):
        base = clip.name.rpartition("/")[2].removesuffix(ending(clip.name))
        groups[base.casefold(), clip.emotion, clip.speaker, clip.start, clip.end].append(clip)
    twins = [
        (first, other)
        for first, *others in groups.values()
        for other in others
        if ending(first.name) != ending(other.name) and _are_as_long(first, other)
    ]
    if twins:
        number = counted(len(twins), "clip")
        yield (
            f"{number} {'has' if len(twins) == 1 else 'have'} name, label and length of another in"
            f" another format: {listed(map(_equation, twins), most=3)}; where they hold the same"
            " recording, it counts twice, so give the folder of one format"
        )


def _are_as_long(one: Clip, other: Clip) -> bool:
    """Whether files are equally long, but for what encoders add; unknown lengths are none."""
    seconds, others = duration_of(one.content), duration_of(other.content)
    known = seconds is not None and others is not None
    return known and one.digest != other.digest and abs((seconds or 0) - (others or 0)) < _PADDING


def _equation(group: Sequence[Clip]) -> str:
    """Return the names of clips that are the same, with their labels where these differ."""
    several = len(_facts(group, "emotion")) > 1
    names = (f"{clip.name} ({clip.label})" if several else clip.name for clip in group[:3])
    return " = ".join(names)


def _facts(group: Iterable[Clip], fact: str) -> set[str | None]:
    return {getattr(clip, fact) for clip in group}


def _unknown_languages(clips: Iterable[Clip]) -> Iterator[str]:
    named = Counter(clip.language for clip in clips if clip.language is not None)
    unknown = {language: n for language, n in named.items() if language_tag(language) is None}
    names = sorted(set(unknown))
    if unknown:
        one = len(names) == 1
        verdict = "is not a language code" if one else "are not language codes"
        yield (
            f"language{'' if one else 's'} {listed(map(repr, names))} {verdict} such as ko"
            f" ({counted(sum(unknown.values()), 'clip')}), so these clips count for no"
            " language; write the ISO 639 code"
        )


def _clusters(clips: Sequence[Clip]) -> Iterator[str]:
    """Say how few clusters there are, and of speakers who are in several."""
    clusters = defaultdict(set)
    for clip in clips:
        clusters[clip.group].add(clip.cluster)
    torn = sum(len(names) > 1 for speaker, names in clusters.items() if speaker is not None)
    if torn:
        yield (
            f"{counted(torn, 'speaker')} {'is' if torn == 1 else 'are'} in more than one cluster:"
            " intervals by cluster do not count how speakers differ, so compare with those without"
        )
    units = {clip.unit for clip in clips} - {None}
    if len(units) < FEWEST_SPEAKERS:
        yield (f"{counted(len(units), 'cluster')}: intervals are wide below {FEWEST_SPEAKERS}")


def _speakers(clips: Sequence[Clip]) -> Iterator[str]:
    speakers = {clip.speaker for clip in clips} - {None}
    nameless = sum(clip.speaker is None for clip in clips)
    too_narrow = "intervals treat clips as independent, which makes them too narrow"
    if not speakers:
        yield f"no clip names its speaker: {too_narrow}"
    elif nameless:
        yield f"{nameless} of {counted(len(clips), 'clip')} name no speaker: {too_narrow}"
    elif len(speakers) < FEWEST_SPEAKERS:
        number = counted(len(speakers), "speaker")
        yield f"{number}: intervals are wide below {FEWEST_SPEAKERS}"
