"""The frame of all scores: the emotions of a corpus that recall is averaged over."""

from collections import Counter
from collections.abc import Iterable, Sequence

ENOUGH = 0.1
"""Of an even share of the clips: what an emotion has to have, to be in the frame unasked."""


def frame(truths: Iterable[str | None], wanted: Sequence[str] | None = None) -> tuple[str, ...]:
    """Return the emotions of a corpus that a score is over, the same for each candidate.

    ``truths`` are the emotions of its clips, None without a label. By default those count that have
    at least a tenth of an even share of the clips, as the recall of fewer says little; what is
    ``wanted`` counts wherever it occurs, and nothing else. An emotion that a candidate has no label
    for is in the frame all the same: it is never recognised.

    >>> frame(["anger"] * 50 + ["joy"] * 40 + ["fear"])
    ('anger', 'joy')
    >>> frame(["anger"] * 50 + ["joy"] * 40 + ["fear"], wanted=["fear", "anger", "disgust"])
    ('anger', 'fear')
    """
    clips = Counter(truth for truth in truths if truth is not None)
    least = ENOUGH * clips.total() / max(1, len(clips))
    kept = (name for name, n in clips.items() if (n >= least if wanted is None else name in wanted))
    return tuple(sorted(kept))


def too_few_clips(
    truths: Iterable[str | None], wanted: Sequence[str] | None = None
) -> dict[str, int]:
    """Return how many clips each emotion has that is left out of the frame for want of clips.

    Of what was named as ``wanted`` none is.

    >>> too_few_clips(["anger"] * 50 + ["joy"] * 40 + ["fear", None])
    {'fear': 1}
    """
    clips = Counter(truth for truth in truths if truth is not None)
    kept = frame(clips.elements())
    return {name: clips[name] for name in sorted(clips) if wanted is None and name not in kept}
