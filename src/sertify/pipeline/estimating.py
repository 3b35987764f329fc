"""What the sound of clips tells of their groups, each clip heard once and kept by its content."""

import json
import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from statistics import median

from sertify.corpora.bands import SignalGroup
from sertify.corpora.clips import Clip
from sertify.corpora.flaws import UnreadableAudio
from sertify.corpora.recordings import Recordings
from sertify.evidence.cache import Cache, content_key
from sertify.vocabulary.errors import Blocked

_RATE = 16_000
_NEUTRAL = "neutral"
_LEAST_NEUTRAL = 3  # clips without an emotion that tell how high somebody's voice is
_MOST_CLIPS = 20  # of a speaker, more of which move the median little

_Number = Callable[[Clip], float | None]


def estimated_bands(
    name: str,
    signal: SignalGroup,
    clips: Sequence[Clip],
    recordings: Recordings,
    cache: Cache | None = None,
) -> tuple[str | None, ...]:
    """Return the band of each clip in a group that sound tells; of its speaker, if it is of these.

    Numbers are looked for in the ``cache``, and kept there. None of a clip that cannot be decoded,
    or does not tell.
    """
    number = _remembered(name, signal, recordings, cache or Cache(None))
    numbers = _of_voices(clips, number) if signal.by_speaker else [number(clip) for clip in clips]
    return tuple(None if found is None else signal.band(found) for found in numbers)


def _remembered(name: str, signal: SignalGroup, recordings: Recordings, cache: Cache) -> _Number:
    """Return what tells the number of a clip, and hears it where that is not known."""
    key = content_key("signal group", name, signal.version, _RATE)
    known = cache.answers(key)

    def number(clip: Clip) -> float | None:
        question = content_key(clip.digest, clip.start, clip.end)
        found, is_known = _kept(known.get(question))
        if not is_known:
            found, lasting = _heard(signal, clip, recordings)
            if lasting:
                known[question] = json.dumps(found).encode()
                cache.keep(key, question, known[question])
        return found

    return number


def _kept(content: bytes | None) -> tuple[float | None, bool]:
    """Return a number that was estimated before, and whether there is any; None may be known."""
    with suppress(ValueError, RecursionError):
        number = json.loads(content or b"?")
        if number is None or (type(number) in (int, float) and math.isfinite(number)):
            return number, True
    return None, False


def _heard(signal: SignalGroup, clip: Clip, recordings: Recordings) -> tuple[float | None, bool]:
    """Return what the sound of a clip tells, and whether its digest says that it always will."""
    try:
        waveform = recordings.read(clip, _RATE)
    except (UnreadableAudio, Blocked):  # whoever judges the clip says why
        return None, False
    return signal.estimate(waveform, _RATE), clip.identified


def _of_voices(clips: Sequence[Clip], number: _Number) -> Iterator[float | None]:
    """Yield for each clip the number of its speaker; its own, where it names none."""
    by_speaker: defaultdict[object, list[Clip]] = defaultdict(list)
    for clip in clips:
        if clip.group is not None:
            by_speaker[clip.group].append(clip)
    voices = {who: _of_voice(spoken, number) for who, spoken in by_speaker.items()}
    for clip in clips:
        yield number(clip) if clip.group is None else voices[clip.group]


def _of_voice(clips: Sequence[Clip], number: _Number) -> float | None:
    """Return the median over some clips of a speaker: of neutral ones, where there are three."""
    ordered = sorted(clips, key=lambda clip: (clip.digest, clip.start, clip.name))
    neutral = [clip for clip in ordered if clip.emotion == _NEUTRAL]
    others = [clip for clip in ordered if clip.emotion != _NEUTRAL]
    calm = [*islice(_numbers(neutral, number), _MOST_CLIPS)]
    if len(calm) < _LEAST_NEUTRAL:
        calm += islice(_numbers(others, number), _MOST_CLIPS - len(calm))
    return median(calm) if calm else None


def _numbers(clips: Sequence[Clip], number: _Number) -> Iterator[float]:
    return (found for clip in clips if (found := number(clip)) is not None)
