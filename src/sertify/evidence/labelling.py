"""What a candidate said of each clip, kept so that candidates can be compared clip by clip."""

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, Self


@dataclass(frozen=True)
class Labelling:
    """Predictions in the words of the taxonomy, one of each clip that could be judged.

    ``corpus`` is the fingerprint of the audio, ``emotions`` what the candidate can express,
    ``seen`` why a corpus, by its name, was part of the candidate's training.

    The others have one value of each clip. ``keys`` tell it from all others, by its content and
    labels, whatever it is called; then its name, its emotion or None, the predicted one, its
    probability, its speaker or None, the name of its corpus, its language or None. ``genders``, of
    its speaker or None, and ``clusters``, what it is resampled with, are empty where no clip has
    one.
    """

    candidate: str
    corpus: str
    emotions: tuple[str, ...]
    keys: tuple[str, ...]
    clips: tuple[str, ...]
    truth: tuple[str | None, ...]
    predicted: tuple[str, ...]
    confidence: tuple[float, ...]
    speakers: tuple[str | None, ...]
    corpora: tuple[str, ...]
    languages: tuple[str | None, ...]
    seen: Mapping[str, str] = field(default_factory=dict)
    genders: tuple[str | None, ...] = ()
    clusters: tuple[str | None, ...] = ()

    @cached_property
    def counting(self) -> tuple[int, ...]:
        """Where the labelled clips are, without what was seen in training if other speech is."""
        labelled = [place for place, truth in enumerate(self.truth) if truth is not None]
        unseen = tuple(place for place in labelled if self.corpora[place] not in self.seen)
        return unseen or tuple(labelled)

    @cached_property
    def groups(self) -> tuple[tuple[str, str] | None, ...]:
        """The speaker of each clip, told from namesakes in other corpora; None where unknown."""
        return tuple(
            None if speaker is None else (corpus, speaker)
            for corpus, speaker in zip(self.corpora, self.speakers, strict=True)
        )

    @cached_property
    def units(self) -> tuple[tuple[str, ...] | None, ...]:
        """What each clip is resampled with: its cluster where it has one, else its group."""
        if not self.clusters:
            return self.groups
        return tuple(
            group if cluster is None else (corpus, "cluster", cluster)
            for group, corpus, cluster in zip(self.groups, self.corpora, self.clusters, strict=True)
        )

    def at(self, places: Sequence[int], column: str) -> list[str]:
        """Return what stands in a column for some clips."""
        values = getattr(self, column)
        return [values[place] for place in places]

    def pack(self) -> bytes:
        """Return it for a database."""
        content = {column.name: getattr(self, column.name) for column in fields(self)}
        # zlib's usual level takes four times as long for a tenth less.
        return zlib.compress(json.dumps(content).encode(), level=1)

    @classmethod
    def unpack(cls, data: bytes) -> Self:
        """Rebuild it from what `pack` gave."""
        fields: dict[str, Any] = json.loads(zlib.decompress(data))
        columns = {key: tuple(value) for key, value in fields.items() if isinstance(value, list)}
        return cls(**fields | columns)
