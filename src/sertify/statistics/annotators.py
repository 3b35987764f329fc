"""How far those who listened agree, and how right one of them is by the word of the others.

A ballot has the votes on one clip, by what they say; ballots are given with how often each occurs.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from sertify.statistics.confusion import from_counts

Ballots = Iterable[tuple[Mapping[str, int], int]]


def krippendorff_alpha(ballots: Ballots) -> float:
    """Return how far annotators agree beyond what their votes make likely by chance.

    1 is agreement on each clip, and 0 that of chance. Clips of fewer than two votes tell nothing;
    how many others have does not matter. NaN where all votes say the same, or no two are on one
    clip. Krippendorff (2011), Computing Krippendorff's alpha-reliability, for nominal data.

    >>> ballots = [({"anger": 2}, 2), ({"joy": 2}, 1), ({"anger": 1, "joy": 1}, 1)]
    >>> round(krippendorff_alpha(ballots), 3)
    0.533
    """
    differing, votes = 0.0, Counter[str]()
    for ballot, times in ballots:
        cast = sum(ballot.values())
        if cast < 2:
            continue
        agreeing = sum(number * number for number in ballot.values())
        differing += times * (cast * cast - agreeing) / (cast - 1)
        votes.update({said: number * times for said, number in ballot.items()})
    total = votes.total()
    expected = total * total - sum(number * number for number in votes.values())
    return 1 - (total - 1) * differing / expected if expected else math.nan


def against_the_others(ballots: Ballots) -> dict[str, dict[str, float]]:
    """Count what one annotator says where most of the others say something, by what they say.

    A vote counts as its share of those on the clip, so that clips count alike. Nothing is known of
    clips of fewer than three votes, and where as many of the others say two things.

    >>> against_the_others([({"anger": 2, "joy": 1}, 3)])
    {'anger': {'joy': 1.0}}
    >>> against_the_others([({"anger": 3, "joy": 1}, 2)])
    {'anger': {'anger': 1.5, 'joy': 0.5}}
    """
    counts: defaultdict[str, defaultdict[str, float]]
    counts = defaultdict(lambda: defaultdict(float))
    for ballot, times in ballots:
        cast = sum(ballot.values())
        for said, number in ballot.items() if cast > 2 else ():
            truth = most_voted(Counter(ballot) - Counter([said]))
            if truth is not None:
                counts[truth][said] += times * number / cast
    return {truth: dict(sorted(said.items())) for truth, said in sorted(counts.items())}


def most_voted(ballot: Mapping[str, float]) -> str | None:
    """Return what most votes say, None where there is none or as many say something else.

    >>> most_voted({"anger": 2, "joy": 1}), most_voted({"anger": 1, "joy": 1})
    ('anger', None)
    """
    most = max(ballot.values(), default=0)
    first = [said for said, number in ballot.items() if number == most and number > 0]
    return first[0] if len(first) == 1 else None


def human_reference(
    counts: Mapping[str, Mapping[str, float]], emotions: Sequence[str]
) -> dict[str, float] | None:
    """Return what one annotator scores over some emotions, by the majority of the others.

    ``counts`` are those of `against_the_others`. None where the others never say one of the
    emotions: its recall is not known.

    >>> counts = {"anger": {"anger": 3, "joy": 1}, "joy": {"joy": 1}}
    >>> human_reference(counts, ["anger", "joy"])["uar"]
    0.875
    """
    if not emotions or any(not counts.get(emotion) for emotion in emotions):
        return None
    table = np.zeros((len(emotions), len(emotions) + 1))
    for row, emotion in enumerate(emotions):
        for said, number in counts[emotion].items():
            column = emotions.index(said) if said in emotions else len(emotions)
            table[row, column] += number
    names = ("accuracy", "uar", "macro_f1")
    return {name: float(from_counts(name, table)) for name in names}  # type: ignore[arg-type]
