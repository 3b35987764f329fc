"""What the clips that were drawn of a corpus stand for."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from sertify.corpora.clips import Clip
from sertify.corpora.doubts import Doubt
from sertify.vocabulary.text import listed, shown


def standing_for(whole: Sequence[Clip], drawn: Sequence[Clip]) -> list[Clip]:
    """Return the clips that were drawn, each weighed by what it stands for.

    That is the number of clips of its label in the whole, for each that was drawn.
    """
    every, some = (Counter(clip.label for clip in clips) for clips in (whole, drawn))
    return [replace(clip, weight=every[clip.label] / some[clip.label]) for clip in drawn]


def doubts_about(whole: Sequence[Clip], drawn: Sequence[Clip]) -> Iterator[str]:
    """Yield what is to be known of numbers on clips that were drawn and weighed."""
    if len({clip.weight for clip in drawn}) > 1:
        yield Doubt(
            "--limit drew as many clips of each label; all numbers but UAR, recall and counts are"
            " weighed back to how often each label occurs without it",
            Doubt.TOLD,
        )
    lost = {clip.label for clip in whole} - {clip.label for clip in drawn}
    if lost:
        names = listed(shown(label or "no label") for label in sorted(lost, key=str))
        yield f"--limit leaves no clip of {names}, so no number tells of these"
