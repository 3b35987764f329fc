"""Audio that was decoded before, for the next model that wants it at the same rate."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Lock
from typing import IO

import numpy as np

from sertify.corpora.audio import Note, Waveform, read_audio, segments, unheeded
from sertify.corpora.clips import Clip, require_same
from sertify.corpora.flaws import Flaw, UnreadableAudio

_Key = tuple[str, float, float | None, int]


@dataclass
class Recordings:
    """Decodes clips, each once for all models; what was decoded lies in a temporary file.

    Nothing is put there beyond ``limit`` bytes: in memory it would be as much.
    """

    limit: int = 2**31
    _file: IO[bytes] | None = None
    _places: dict[_Key, tuple[int, int]] = field(default_factory=dict)
    _flaws: dict[_Key, Flaw] = field(default_factory=dict)
    _remarks: dict[_Key, tuple[str, ...]] = field(default_factory=dict)
    _end: int = 0
    _lock: Lock = field(default_factory=Lock)

    def read(
        self, clip: Clip, sampling_rate: int, least: int = 1, note: Note = unheeded
    ) -> Waveform:
        """Return the samples of a clip as :func:`audio.read_audio` does, and raise what it does.

        A clip is known by its digest; one without is always decoded. Raises ``Blocked`` with
        ``changed_while_judged`` where the file is no longer what that tells of.
        """
        key = (clip.digest, clip.start, clip.end, sampling_rate)
        if key in self._flaws:
            raise UnreadableAudio(self._flaws[key].code, self._flaws[key].detail)
        samples = self._fetch(key)
        if samples is None:
            samples = self._decode(clip, key)
        for remark in self._remarks.get(key, ()):
            note(remark)
        if samples.size < least:
            raise UnreadableAudio("too_short")
        return samples

    @staticmethod
    def segments(
        clip: Clip,
        sampling_rate: int,
        seconds: float,
        hop: float,
        least: int = 1,
        note: Note = unheeded,
    ) -> Iterator[Waveform]:
        """Yield the segments of a clip as :func:`audio.segments` does, and raise what it does."""
        how = (clip.content, sampling_rate, seconds, hop, least, clip.start, clip.end, note)
        try:
            yield from segments(*how)
        except UnreadableAudio:
            require_same(clip)
            raise
        require_same(clip)

    def _decode(self, clip: Clip, key: _Key) -> Waveform:
        remarks: list[str] = []
        try:
            samples = read_audio(clip.content, key[-1], 1, clip.start, clip.end, remarks.append)
        except UnreadableAudio as error:
            require_same(clip)
            if clip.identified and error.lasting:
                self._flaws[key] = error.flaw
            raise
        require_same(clip)
        self._remarks[key] = tuple(remarks)
        if clip.identified:
            self._store(key, samples)
        return samples

    def _fetch(self, key: _Key) -> Waveform | None:
        with self._lock:
            if self._file is None or key not in self._places:
                return None
            offset, size = self._places[key]
            samples = np.empty(size, np.float32)
            self._file.seek(offset)
            self._file.readinto(samples.data)  # type: ignore[attr-defined]
        return samples

    def _store(self, key: _Key, samples: Waveform) -> None:
        with self._lock:
            if self._end + samples.nbytes > self.limit:
                return
            try:
                self._file = self._file or tempfile.TemporaryFile(prefix="sertify-")  # noqa: SIM115
                self._file.seek(self._end)
                self._file.write(samples.data)
            except OSError:
                self.limit = 0  # the disk is full: go on without
                return
            self._places[key] = (self._end, samples.size)
            self._end += samples.nbytes

    def close(self) -> None:
        """Remove the file."""
        with self._lock:
            if self._file is not None:
                self._file.close()
            self._file = None
            self._places.clear()
            self.limit = 0
