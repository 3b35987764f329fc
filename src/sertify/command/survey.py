"""What is to be known of a corpus before it judges anything, in JSON types."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import median
from typing import Any

from sertify.candidates.entries import CorpusEntry
from sertify.candidates.reading import Suite
from sertify.corpora.clips import Clip, Corpus, Heed
from sertify.corpora.flaws import Flaw, notes_on, reasons_of
from sertify.corpora.labels import has_too_many_unknown
from sertify.corpora.sounding import Sound, sounds_of
from sertify.gates.frame import frame
from sertify.report.results.speech import listeners_of
from sertify.statistics.resolution import finest_difference
from sertify.vocabulary.emotions import emotion_of, nearest
from sertify.vocabulary.text import clean

MOST_NAMES = 100
"""Of clips that are listed for one reason, and of labels that may mean an emotion."""


def facts_of_corpus(corpus: Corpus, suite: Suite, heed: Heed | None = None) -> dict[str, Any]:
    """Return what was read, and what it can show; all of its recordings are decoded for that.

    ``suite`` says which emotions have to count, and what it has to say of the corpus already.
    ``heed`` is told how many of how many clips are decoded.
    """
    clips, sounds = corpus.clips, sounds_of(corpus.clips, heed)
    heard = [clip for clip, sound in zip(clips, sounds, strict=True) if not sound.flaw]
    unknown, near = dict(corpus.unknown_labels), _near(corpus)
    facts = {
        "name": corpus.name,
        "path": str(corpus.path),
        "layout": corpus.layout,
        "public": corpus.public,
        "fingerprint": corpus.fingerprint,
        "requested": corpus.requested or len(clips),
        "left_out": dict(corpus.left_out),
        "clips": len(clips),
        "labels": _labels(clips),
        "unknown_labels": {
            label: {"clips": number, "near": near.get(label)} for label, number in unknown.items()
        },
        "speakers": _counted(clip.speaker for clip in clips),
        "genders": _counted(clip.gender for clip in clips),
        "languages": _counted(clip.language for clip in clips),
        "splits": _counted(clip.split for clip in clips),
        "listeners": listeners_of(corpus),
        **_of_sounds(clips, sounds),
        "warnings": [*corpus.warnings],
        "resolution": _resolution(heard, suite),
        "stops": has_too_many_unknown(corpus) or all(sound.flaw for sound in sounds),
        "entry": _entry(corpus, suite.corpora.get(corpus.name, CorpusEntry())),
    }
    found: dict[str, Any] = clean(facts)
    return found


def _near(corpus: Corpus) -> dict[str, str | None]:
    """Return the emotion whose name is nearly an unknown label; of the most frequent labels."""
    near = {label: nearest(label) for label, _ in corpus.unknown_labels[:MOST_NAMES]}
    return {label: word and emotion_of(word) for label, word in near.items()}


def _counted(values: Iterable[str | None]) -> dict[str, int]:
    return dict(sorted(Counter(value for value in values if value is not None).items()))


def _labels(clips: Sequence[Clip]) -> list[dict[str, Any]]:
    """Return the labels as they are written, what each means, and how many clips have it."""
    numbers = Counter((clip.emotion, clip.label) for clip in clips)
    ordered = sorted(numbers.items(), key=lambda one: (-one[1], str(one[0])))
    return [
        {"label": label, "emotion": emotion, "clips": number}
        for (emotion, label), number in ordered
    ]


def _of_sounds(clips: Sequence[Clip], sounds: Sequence[Sound]) -> dict[str, Any]:
    seconds = [sound.seconds for sound in sounds if sound.seconds is not None]
    pairs = [*zip(clips, sounds, strict=True)]
    rejected: dict[str, list[tuple[str, Flaw]]] = {}
    for clip, sound in pairs:
        if sound.flaw:
            rejected.setdefault(sound.flaw.code, []).append((clip.name, sound.flaw))
    return {
        "seconds": _lengths(seconds),
        "rates": _counted(str(sound.rate) for sound in sounds if sound.rate),
        "channels": _counted(str(sound.channels) for sound in sounds if sound.channels),
        "formats": _counted(sound.kind for sound in sounds),
        "rejected": {
            why: {
                "clips": len(those),
                "names": [name for name, _ in those[:MOST_NAMES]],
                "told": reasons_of(those),
            }
            for why, those in sorted(rejected.items())
        },
        "remarks": [
            *notes_on((clip.name, text) for clip, sound in pairs for text in sound.remarks)
        ],
    }


def _lengths(seconds: Sequence[float]) -> dict[str, float]:
    """Return what lengths there are; their sum alone where no recording can be heard."""
    found = {"total": math.fsum(seconds)}
    if seconds:
        found |= {"least": min(seconds), "median": median(seconds), "most": max(seconds)}
    return {name: round(value, 3) for name, value in found.items()}


def _resolution(clips: Sequence[Clip], suite: Suite) -> float | None:
    """Return the smallest difference in UAR that can be told; None where none can."""
    wanted = next((each.requirements.emotions for each in suite.candidates), None)
    counting = frame((clip.emotion for clip in clips), wanted)
    numbers = Counter(clip.emotion for clip in clips if clip.emotion in counting)
    units = {clip.unit for clip in clips} - {None}
    known = {str(emotion): number for emotion, number in numbers.items()}
    least = finest_difference([known], len(units) if len(units) > 1 else numbers.total())
    return round(least, 4) if least < 1 else None


def _entry(corpus: Corpus, known: CorpusEntry) -> dict[str, Any]:
    """Return what to write of it in candidates.yaml; empty where all is understood.

    Where nobody but the reader can know what is meant, the value is None.
    """
    draft: dict[str, Any] = {}
    if corpus.unknown_labels:
        draft["label_map"] = dict(known.label_map) | _near(corpus)
    if any(clip.language is None for clip in corpus.clips):
        draft["language"] = known.language
    return draft
