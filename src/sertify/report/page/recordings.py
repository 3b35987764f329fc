"""Recordings for the page to play, where a run asks for them: compressed, and within a limit."""

import base64
from collections.abc import Iterator
from io import BytesIO

import soundfile

from sertify.corpora.audio import UnreadableAudio, read_audio
from sertify.corpora.clips import Clip, Corpus, content_keys, require_same
from sertify.report.formats import ranked
from sertify.report.results.model.results import Results
from sertify.vocabulary.errors import Blocked

_LONGEST = 15.0
_RATE = 16_000
# 40 kbit/s: at 24 and below, LAME takes away what is above 5 kHz, fricatives first.
_SMALL = {"bitrate_mode": "CONSTANT", "compression_level": 0.8}
_Sound = tuple[str, float, float | None]


def recorded(results: Results, corpus: Corpus, limit: int) -> dict[str, str]:
    """Return the recordings of clips that results.json tells of, as ``data:`` URIs by their keys.

    Errors of the best-placed candidates come first, then what candidates disagree on. Where one
    would exceed the limit, it and all after it are left out: their URI is empty. Other speech than
    this run's, and what cannot be decoded, has none. Clips of the same sound share one.

    ``corpus`` is the speech of this run, ``limit`` the characters that the URIs may have in all.
    """
    clips = dict(zip(content_keys(corpus.clips), corpus.clips, strict=True))
    told = [key for key in dict.fromkeys(_told(results)) if key in clips]
    uris: dict[_Sound, str | None] = {}
    for clip in (clips[key] for key in told):
        if _sound(clip) not in uris:
            uri = _uri(clip) if limit >= 0 else ""
            limit -= len(uri or "")
            uris[_sound(clip)] = uri if limit >= 0 else ""
    return {key: uri for key in told if (uri := uris[_sound(clips[key])]) is not None}


def _told(results: Results) -> Iterator[str]:
    for candidate in ranked(results):
        yield from (clip.key for clip in candidate.errors)
    yield from (clip.key for clip in results.disagreements)


def _sound(clip: Clip) -> _Sound:
    return clip.digest, clip.start, clip.end


def _uri(clip: Clip) -> str | None:
    """Return the first seconds of a clip, None where they cannot be decoded or compressed."""
    latest = clip.start + _LONGEST
    end = latest if clip.end is None else min(clip.end, latest)
    file = BytesIO()
    try:
        samples = read_audio(clip.content, _RATE, 1, clip.start, end)
        require_same(clip)
        # MP3, because all browsers play it; Safari does not play Opus in Ogg but in its latest.
        soundfile.write(file, samples, _RATE, format="MP3", **_SMALL)
    except (UnreadableAudio, soundfile.LibsndfileError, Blocked):
        return None
    return f"data:audio/mpeg;base64,{base64.b64encode(file.getvalue()).decode()}"
