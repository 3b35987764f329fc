"""Numbers of what a candidate said of labelled clips, each with its interval."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from sertify.pipeline.judged import Judged
from sertify.statistics import agreement, calibration, diversity, intervals, jackknife
from sertify.statistics.confusion import confusion, from_counts, label_set
from sertify.statistics.intervals import Interval
from sertify.statistics.leaning import leaning
from sertify.statistics.speaker_level import FEWEST_CLIPS, SpeakerShare, speaker_level
from sertify.vocabulary.outcomes import CONFIDENCE, Measurement


def estimates(
    judged: Judged, names: Sequence[str], levels: Mapping[str, float]
) -> dict[str, Measurement]:
    """Measure metrics by name; ``levels`` are the confidences other than usual."""
    counts, labels = confusion(judged.truth, judged.predicted), label_set(judged.truth)
    clips = {f"recall:{label}": int(row.sum()) for label, row in zip(labels, counts, strict=True)}
    return {
        name: Measurement(
            name, float(from_counts(_metric(name), counts, labels)), "1", interval.low,
            interval.high, clips.get(name, len(judged.clips)), judged.speakers,
        )
        for name, interval in _intervals(judged, names, levels).items()
    }  # fmt: skip


def _intervals(
    judged: Judged, names: Sequence[str], levels: Mapping[str, float]
) -> dict[str, Interval]:
    """Return the interval of each metric, in the order of the names."""
    by_level: dict[float, list[str]] = {}
    for name in names:
        by_level.setdefault(levels.get(name.partition(":")[0], CONFIDENCE), []).append(name)
    intervals: dict[str, Interval] = {}
    for level, some in by_level.items():
        found = jackknife.metric_intervals(
            judged.truth,
            judged.predicted,
            judged.units,
            [_metric(name) for name in some],
            confidence=level,
        )
        intervals |= {name: found[_metric(name)] for name in some}
    return {name: intervals[name] for name in names}


def _metric(name: str) -> str:
    return name.removesuffix("_own")


def measured_rate(name: str, hits: int, clips: int, confidence: float) -> Measurement:
    """Measure a plain rate, with its interval by clip."""
    interval = intervals.wilson(hits, clips, confidence)
    return Measurement(name, hits / clips, "1", interval.low, interval.high, clips)


def measured_precisions(judged: Judged, confidence: float) -> tuple[Measurement, ...]:
    """Measure the precision of each emotion that was said."""
    if not judged.clips:
        return ()
    return tuple(
        measured_rate(f"precision:{name}", round(value * n), n, confidence)
        for name, value in agreement.precisions(judged.truth, judged.predicted).items()
        if (n := judged.predicted.count(name))
    )


def measured_class_share(judged: Judged) -> Measurement:
    """Measure the emotion that is said too often or too rarely, beyond what errors explain."""
    if not judged.clips:
        return Measurement("class_share", 1.0, n=0)
    found = leaning(judged.truth, judged.predicted, judged.emotions, judged.units)
    low, high = found.interval.low, found.interval.high
    return Measurement("class_share", found.excess, "1", low, high, len(judged.clips))


def measured_calibration_error(judged: Judged) -> Measurement:
    """Measure how far confidence is from how often it is right."""
    if not judged.clips:
        return Measurement("calibration_error", 1.0, n=0)
    error = calibration.expected_calibration_error(judged.sureness(), judged.correct())
    return Measurement("calibration_error", error, n=len(judged.clips))


def measured_brier_score(judged: Judged) -> Measurement:
    """Measure the Brier score; 2, the worst, where there is no clip."""
    if not judged.clips:
        return Measurement("brier_score", 2.0, n=0)
    value = calibration.brier_score(judged.truth, judged.probabilities, judged.emotions)
    return Measurement("brier_score", value, n=len(judged.clips))


def measured_confusions(judged: Judged) -> dict[str, Any]:
    """Return which emotions were taken for which, in JSON types; nothing without clips."""
    if not judged.clips:
        return {}
    truth, predicted = judged.truth, judged.predicted
    rows, columns = sorted(set(truth)), sorted({*truth, *predicted})
    counts = confusion(truth, predicted, columns)[:, :-1]
    matrix = [counts[columns.index(row)].tolist() for row in rows]
    shares = {name: truth.count(name) / len(truth) for name in rows}
    return {
        "confusion": {"labels": rows, "columns": columns, "counts": matrix},
        "class_shares": {"truth": shares, "predicted": diversity.shares(predicted)},
    }


def measured_speakers(judged: Judged) -> dict[str, Any]:
    """Return how well emotions' shares are told speaker by speaker, in JSON types.

    Of clips of one corpus; nothing where no speaker has eight clips of each emotion.
    """
    named = judged.where(lambda clip: clip.speaker is not None)
    if not named.clips:
        return {}
    speakers, emotions = [clip.group for clip in named.clips], label_set(judged.truth)
    found = speaker_level(named.truth, named.predicted, speakers, emotions)
    if not found.speakers:
        return {}
    shares = {emotion: _in_json(one) for emotion, one in found.shares.items()}
    told = {"speakers": found.speakers, "least": FEWEST_CLIPS, "shares": shares}
    return {"speaker_level": told}


def _in_json(share: SpeakerShare) -> dict[str, float | None]:
    error, rank = share.error_interval, share.rank_interval
    ranked = not math.isnan(share.rank)
    return {
        "error": share.error,
        "error_low": error.low,
        "error_high": error.high,
        "rank": share.rank if ranked else None,
        "rank_low": rank.low if ranked else None,
        "rank_high": rank.high if ranked else None,
    }
