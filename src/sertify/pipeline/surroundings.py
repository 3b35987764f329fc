"""The sounds that conditions need: other clips, and folders of the user's."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from sertify.corpora.clips import Clip, Corpus
from sertify.corpora.flaws import UnreadableAudio
from sertify.corpora.perturbing.noises import FEWEST_VOICES
from sertify.corpora.perturbing.sound_folders import LONGEST_SOUND, FolderOfSounds, read_sounds
from sertify.corpora.recordings import Recordings
from sertify.corpora.survey import Waveform
from sertify.evidence.cache import content_key
from sertify.vocabulary.conditions import GIVEN, Condition

VOICES = 24
"""Clips of which some talk beside each other one."""

_AT_A_TIME = 6
_OPTIONS = {
    "noises": ("recordings of noise", "--noise"),
    "responses": ("impulse responses", "--rooms"),
}

Sounds = tuple[str, Callable[[], Sequence[Waveform]]]
"""What tells some sounds from others, and what makes them, once they are to be heard."""


@dataclass
class SoundFolders:
    """The folders of sounds that the user gives, each read once at a rate."""

    folders: Mapping[str, Path]
    _read: dict[tuple[str, int], FolderOfSounds] = field(default_factory=dict)

    def at(self, name: str, rate: int) -> FolderOfSounds:
        """Return what a folder holds, by what it holds; raises as `read_sounds`."""
        if (name, rate) not in self._read:
            self._read[name, rate] = read_sounds(self.folders[name], rate)
        return self._read[name, rate]


@dataclass(frozen=True)
class Voices:
    """Some clips of the speech, which talk beside each other one.

    Which they are depends on the speech alone, and not on the order of work.
    """

    corpus: Corpus
    rate: int
    recordings: Recordings

    @cached_property
    def clips(self) -> tuple[Clip, ...]:
        """The first half a minute of as many clips of each emotion and speaker."""
        return tuple(map(_start_of, self.corpus.sample(VOICES, seed=1).clips))

    @cached_property
    def _waveforms(self) -> Mapping[Clip, Waveform]:
        return {clip: self._heard(clip) for clip in self.clips}

    def _heard(self, clip: Clip) -> Waveform:
        try:
            return self.recordings.read(clip, self.rate)
        except UnreadableAudio:  # as where its first half a minute is silent
            return np.zeros(0, np.float32)

    def beside(self, clip: Clip) -> Sounds:
        """Return those of other speakers, or where these are few, all that are not the clip."""
        others = [one for one in self.clips if (one.digest, one.start) != (clip.digest, clip.start)]
        strangers = [one for one in others if one.group != clip.group]
        chosen = strangers if len(strangers) >= _AT_A_TIME else others
        key = content_key(*((one.digest, one.start, one.end) for one in chosen))
        return key, lambda: [self._waveforms[one] for one in chosen]


@dataclass(frozen=True)
class Surroundings:
    """All sounds that there are for a model that hears at a rate."""

    voices: Voices
    given: SoundFolders

    def lacking(self, condition: Condition) -> str:
        """Say what a condition lacks to be made, and how to give it; "" where that is nothing."""
        needs, there = condition.needs, len(self.voices.clips)
        if needs in GIVEN and needs not in self.given.folders:
            what, option = _OPTIONS[needs]
            return f"{condition} needs {what}: give {option} PATH"
        if needs == "voices" and there <= FEWEST_VOICES:
            return (
                f"{condition} needs {FEWEST_VOICES} clips beside each one, {FEWEST_VOICES + 1} in"
                f" all, but {there} are there: give more"
            )
        return ""

    def beside(self, clip: Clip, condition: Condition) -> Sounds:
        """Return the sounds that a clip is heard with in a condition that lacks nothing."""
        if condition.needs == "voices":
            return self.voices.beside(clip)
        if condition.needs in GIVEN:
            found = self.given.at(condition.needs, self.voices.rate)
            return found.digest, lambda: found.waveforms
        return "", tuple


def _start_of(clip: Clip) -> Clip:
    end = clip.start + LONGEST_SOUND
    return replace(clip, end=end if clip.end is None else min(end, clip.end))
