"""What those who listened said of clips: the label is what most of them say."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sertify.corpora.clips import Clip
from sertify.corpora.doubts import Doubt
from sertify.vocabulary.emotions import emotion_of
from sertify.vocabulary.text import counted, fold, listed

Ballot = tuple[tuple[str, int], ...]
"""How many say each emotion, in alphabetical order."""


@dataclass(frozen=True)
class Votes:
    """The votes on clips, by their names.

    Parameters
    ----------
    of
        By the name of a clip, how many say each label, or how likely or strong each is.
    source
        Where they stand, for a message.
    counted
        Whether the numbers are of annotators, who may agree or not.
    decisive
        Whether the label is what most say; else the corpus has a label of its own.
    """

    of: Mapping[str, Mapping[str, float]]
    source: str
    counted: bool = True
    decisive: bool = True

    @property
    def labels(self) -> frozenset[str]:
        """All that is said."""
        return frozenset(label for ballot in self.of.values() for label in ballot)


def united(one: Votes | None, other: Votes | None) -> Votes | None:
    """Return the votes of two tables of one corpus."""
    if one is None or other is None:
        return one or other
    counted_, decisive = one.counted and other.counted, one.decisive and other.decisive
    return Votes({**one.of, **other.of}, one.source, counted_, decisive)


def elected(
    votes: Votes | None, clips: Iterable[Clip], emotions: Mapping[str, str | None]
) -> tuple[list[Clip], list[Clip]]:
    """Return the clips with what most votes say as their label, and those without a majority.

    Votes are for emotions: labels that mean the same are one. The label is the one of these that
    most say. ``emotions`` is what a label map says, by folded label.
    """
    if votes is None or not votes.decisive:
        return [*clips], []
    kept, tied = list[Clip](), list[Clip]()
    for clip in clips:
        ballot = votes.of.get(clip.name, {})
        label = _winner(ballot, emotions)
        tie = label is None and any(ballot.values())
        (tied if tie else kept).append(replace(clip, label=label))
    return kept, tied


def ballots_of(
    votes: Votes | None,
    kept: Sequence[Clip],
    tied: Iterable[Clip],
    emotions: Mapping[str, str | None],
) -> tuple[tuple[Ballot, int], ...]:
    """Return what several who listened said of clips, and how often each ballot occurs.

    Those without a majority count as well, in the splits that are kept: agreement would be taken
    for larger than it is without them.
    """
    if votes is None or not votes.counted:
        return ()
    splits = {clip.split for clip in kept}
    ballots = Counter[Ballot]()
    for clip in (*kept, *(clip for clip in tied if clip.split in splits)):
        said = Counter[str]()
        for label, number in votes.of.get(clip.name, {}).items():
            said[_meant(label, emotions)] += round(number)
        if said.total() > 1:
            ballots[tuple(sorted(said.items()))] += 1
    return tuple(sorted(ballots.items()))


def remarks(votes: Votes | None, tied: Sequence[Clip]) -> Iterator[Doubt]:
    """Say what was taken for the label, and of which clips that is not known."""
    if votes is not None and votes.decisive:
        yield Doubt(f"labels are what most votes say: {votes.source}", Doubt.TOLD)
    if tied:
        yield Doubt(
            f"{counted(len(tied), 'clip')} left out: no majority, as many votes say two things:"
            f" {listed((clip.name for clip in tied), most=3)}",
            Doubt.TOLD,
        )


def _winner(ballot: Mapping[str, float], emotions: Mapping[str, str | None]) -> str | None:
    by_emotion: dict[str, dict[str, float]] = {}
    for label, number in ballot.items():
        by_emotion.setdefault(_meant(label, emotions), {})[label] = number
    sums = {emotion: sum(labels.values()) for emotion, labels in by_emotion.items()}
    most = max(sums.values(), default=0)
    # Shares such as 0.1 + 0.2 and 0.3 are as many.
    first = [emotion for emotion, number in sums.items() if number > most - 1e-9]
    if most <= 0 or len(first) > 1:
        return None
    labels = by_emotion[first[0]]
    return max(labels, key=lambda label: (labels[label], label))


def _meant(label: str, emotions: Mapping[str, str | None]) -> str:
    return emotions.get(fold(label)) or emotion_of(label) or fold(label)


def with_labels(clips: Iterable[Clip], votes: Votes | None) -> Collection[str]:
    """Return all labels that clips have, or votes say."""
    own = {clip.label for clip in clips if clip.label is not None}
    return own if votes is None else own | votes.labels
