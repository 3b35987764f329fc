"""How right a candidate is on groups of the speech: of a language, corpus, gender or speaker."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sertify.evidence.labelling import Labelling
from sertify.report.results.model.candidate import GroupResult
from sertify.report.results.model.fields import EstimateResult
from sertify.statistics.intervals import Interval
from sertify.statistics.jackknife import uar_estimate
from sertify.vocabulary.languages import language_tag

_MOST_SPEAKERS = 24
_Codes = NDArray[np.int64]
_Kind = Literal["language", "corpus", "gender", "speaker"]


def groups(labelling: Labelling) -> tuple[GroupResult, ...]:
    """Describe how right a candidate is on each group of the speech.

    UAR is over the clips whose emotion it can express, ``coverage`` their share. Its interval is
    by cluster or speaker where clips have one, at 95 %; over several corpora it is their mean. A
    group of one of these has none, for nobody knows from one how others differ. What was seen in
    training does not count as long as there is other speech. A kind of groups is left out where
    there are not two, and speakers where there are more than 24.
    """
    clips = _Clips.of(labelling)
    return tuple(
        GroupResult(kind=kind, name=name, **_described(clips.where(column == name), kind))
        for kind, column in _columns(labelling).items()
        if len(names := sorted({*column} - {None})) > 1
        if kind != "speaker" or len(names) <= _MOST_SPEAKERS
        for name in names
    )


@dataclass(frozen=True)
class _Clips:
    """The clips that count, in columns of shape (n,); -1 is a speaker or unit without a name."""

    truth: _Codes
    hits: NDArray[np.bool_]
    expressible: NDArray[np.bool_]
    corpora: _Codes
    speakers: _Codes
    units: _Codes

    @classmethod
    def of(cls, labelling: Labelling) -> "_Clips":
        column = partial(labelling.at, labelling.counting)
        truth = column("truth")
        return cls(
            truth=_codes(truth),
            hits=np.array(truth) == np.array(column("predicted")),
            expressible=np.isin(truth, labelling.emotions),
            corpora=_codes(column("corpora")),
            speakers=_codes(column("groups")),
            units=_codes(column("units")),
        )

    def where(self, wanted: NDArray[np.bool_]) -> "_Clips":
        return _Clips(*(column[wanted] for column in vars(self).values()))


def _columns(labelling: Labelling) -> dict[_Kind, NDArray[np.object_]]:
    """Return by kind of groups the one that each clip that counts is of."""
    tags = {name: language_tag(name) or name for name in {*labelling.languages} if name}
    several = len({*labelling.corpora}) > 1
    column = partial(labelling.at, labelling.counting)
    columns: dict[_Kind, Sequence[str | None]] = {
        "language": [tags.get(name) for name in column("languages")],
        "corpus": column("corpora"),
        "gender": column("genders") if labelling.genders else (),
        "speaker": [who and ("/".join(who) if several else who[1]) for who in column("groups")],
    }
    return {kind: np.array(values, object) for kind, values in columns.items()}


def _codes(values: Sequence[Any]) -> _Codes:
    index = {value: place for place, value in enumerate(dict.fromkeys(values))}
    if None in index:
        index[None] = -1
    return np.array([index[value] for value in values], np.int64)


def _described(clips: _Clips, kind: _Kind) -> dict[str, Any]:
    kept = clips.where(clips.expressible)
    speakers, units = (len({*col.tolist()} - {-1}) for col in (clips.speakers, clips.units))
    return {
        "clips": len(clips.truth),
        "speakers": speakers,
        "coverage": float(clips.expressible.mean()),
        "uar": _uar(kept, bounded=kind != "speaker" and units != 1) if kept.truth.size else None,
    }


def _uar(clips: _Clips, *, bounded: bool) -> EstimateResult:
    parts = [clips.where(clips.corpora == corpus) for corpus in {*clips.corpora.tolist()}]
    uars = [_estimate(part) for part in parts]
    mean = math.fsum(value for value, _ in uars) / len(uars)
    if not bounded:
        return EstimateResult(value=mean)
    # Distances of independent estimates add up as squares, as those of `scores` do.
    below = math.hypot(*(value - interval.low for value, interval in uars)) / len(uars)
    above = math.hypot(*(interval.high - value for value, interval in uars)) / len(uars)
    return EstimateResult(value=mean, low=max(0.0, mean - below), high=min(1.0, mean + above))


def _estimate(clips: _Clips) -> tuple[float, Interval]:
    named = clips.units if (clips.units >= 0).any() else None
    return uar_estimate(clips.truth, clips.hits, named)
