"""Golden answers: what a candidate said of a few clips, to check a deployment against."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain, zip_longest
from typing import Any

from sertify.candidates.reading import Candidate
from sertify.corpora.clips import Clip
from sertify.pipeline.operating import cooled
from sertify.pipeline.predictions import Predictions

GOLDEN = 20
"""Clips whose answers are kept."""

SEED = 0

_LONGEST = 1000
"""Characters of the name of a clip above which nobody will find it by that."""


def golden_answers(
    predictions: Predictions, candidate: Candidate, temperature: float | None
) -> list[dict[str, Any]]:
    """Return what was said of twenty labelled clips, in JSON types.

    Which ones, their contents and the seed decide: each emotion has its turn. Clips that were heard
    in another way than they are written are left out, and copies. ``temperature`` is that of the
    emotions' probabilities; None for none.
    """
    emotions, probabilities = predictions.emotion_probabilities(candidate)
    told = probabilities if temperature is None else cooled(probabilities, temperature)
    said = predictions.predicted
    return [
        {
            **_where(clip, joined=bool(predictions.corpus.members)),
            "truth": clip.emotion,
            "segments": predictions.segments[place] if predictions.segments else 1,
            "logits": [float(f"{logit:.9g}") for logit in predictions.logits[place]],
            "label": said[place],
            "emotion": candidate.emotion_of(said[place]),
            "probabilities": _by_name(emotions, probabilities[place]),
            "calibrated": None if temperature is None else _by_name(emotions, told[place]),
        }
        for place, clip in _chosen(predictions)
    ]


def _by_name(emotions: Sequence[str], row: Sequence[float]) -> dict[str, float]:
    return {name: round(float(value), 8) for name, value in zip(emotions, row, strict=True)}


def _where(clip: Clip, *, joined: bool) -> dict[str, Any]:
    """Return where a clip is: its file as its own corpus calls it, and the stretch of that."""
    name = clip.name.removeprefix(f"{clip.corpus}/") if joined else clip.name
    if clip.start or clip.end is not None:
        name = name.rpartition("#t=")[0] or name
    place = {"file": name, "corpus": clip.corpus, "sha256": clip.digest}
    return place | {"start": clip.start, "end": clip.end}


def _chosen(predictions: Predictions) -> list[tuple[int, Clip]]:
    """Return the places of the clips and these, the emotions in turn."""
    odd = {name for name, _ in predictions.notable}
    by_emotion: defaultdict[str, list[tuple[str, int, Clip]]] = defaultdict(list)
    for place, clip in enumerate(predictions.clips):
        usable = clip.identified and clip.name not in odd and len(clip.name) <= _LONGEST
        if clip.emotion is not None and usable:
            by_emotion[clip.emotion].append((_rank(clip), place, clip))
    queues = [[*_distinct(sorted(by_emotion[emotion]))] for emotion in sorted(by_emotion)]
    in_turn = [one for one in chain.from_iterable(zip_longest(*queues)) if one is not None]
    return in_turn[:GOLDEN]


def _distinct(ranked: Sequence[tuple[str, int, Clip]]) -> Iterator[tuple[int, Clip]]:
    known: set[str] = set()
    for rank, place, clip in ranked:
        if rank not in known:
            known.add(rank)
            yield place, clip


def _rank(clip: Clip) -> str:
    text = f"{SEED}\0{clip.digest}\0{clip.start}\0{clip.end}"
    return hashlib.sha256(text.encode()).hexdigest()
