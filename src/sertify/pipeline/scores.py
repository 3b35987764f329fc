"""From predictions to the numbers that say how well they agree with the truth."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sertify.candidates.reading import Candidate
from sertify.candidates.requirements import Requirements
from sertify.corpora.flaws import NO_LABEL
from sertify.gates.accuracy import LaterLook, Score
from sertify.gates.frame import frame, too_few_clips
from sertify.gates.parts import Part
from sertify.pipeline.averages import mean_score
from sertify.pipeline.judged import Judged, judged_clips
from sertify.pipeline.measuring import (
    estimates,
    measured_brier_score,
    measured_calibration_error,
    measured_class_share,
    measured_confusions,
    measured_precisions,
    measured_rate,
    measured_speakers,
)
from sertify.pipeline.predictions import Predictions
from sertify.pipeline.weighing_back import weighed_back
from sertify.statistics.confusion import label_set
from sertify.vocabulary.errors import Blocked
from sertify.vocabulary.outcomes import CONFIDENCE, Measurement


def score(
    predictions: Predictions,
    candidate: Candidate,
    part: Part | None = None,
    seen: Mapping[str, str] | None = None,
    looks: Mapping[str, LaterLook] | None = None,
) -> Score:
    """Compare predictions with the labels of a part of the corpus; by default, all of it.

    UAR is over the emotions of the corpus that count, the same for each candidate, whichever clips
    could be judged; of an emotion without a judged clip nothing is known, and it is left out.
    Intervals are by cluster or speaker where clips of a corpus have one, those without being of
    one, else by clip, as those of coverage and precision always are.

    Parameters
    ----------
    seen
        Why a corpus, by its name, is known to the candidate from its training. Such corpora are
        left out of a mean as long as others remain.
    looks
        By what is measured, which look at growing speech this is, and the confidence left for it.

    Raises
    ------
    Blocked
        ``no_data`` where no labelled clip of the part was judged.
    """
    part, seen = part or Part(), seen or {}
    table = judged_clips(predictions, candidate).where(part.takes)
    corpora = dict.fromkeys(clip.corpus for clip in table.clips)
    if not corpora:
        which = part.name or predictions.corpus.name
        raise Blocked("no_data", f"no labelled clip of {which} could be judged")
    kept = [name for name in corpora if name not in seen] or list(corpora)
    levels, looks = _confidences(candidate.requirements, part), looks or {}
    levels |= {"uar" if name == "chance" else name: look.confidence for name, look in looks.items()}
    wanted = candidate.requirements.emotions
    truths = {name: _truths(predictions, part, name) for name in kept}
    scores = [
        weighed_back(
            _score_corpus(table.of_corpus(name), frame(of, wanted), part, levels),
            table.of_corpus(name),
            levels,
        )
        for name, of in truths.items()
    ]
    result = scores[0] if len(scores) == 1 else mean_score(scores)
    why = "; ".join(dict.fromkeys(seen[name] for name in kept if name in seen))
    known = {name: seen[name] for name in corpora if name in seen}
    few = sum((Counter(too_few_clips(of, wanted)) for of in truths.values()), Counter[str]())
    accounts = _accounts(predictions, part, known)
    details = {**result.details, "too_few_clips": dict(sorted(few.items())), **accounts}
    return replace(result, seen=why, details=details, looks=looks)


def _confidences(requirements: Requirements, part: Part) -> dict[str, float]:
    """Return the confidence of the interval that each requirement is compared with."""
    names = ("coverage", "uar", "uar_own", "accuracy", "macro_f1", "recall", "precision")
    bounds = {name: requirements.bound(name, part.corpus, part.language) for name in names}
    return {
        name: CONFIDENCE if bound is None or bound.confidence is None else bound.confidence
        for name, bound in bounds.items()
    }


def _truths(predictions: Predictions, part: Part, corpus: str) -> list[str | None]:
    """Return the emotion of each clip of a corpus, judged or not: they are the same for all."""
    clips = predictions.corpus.clips
    return [clip.emotion for clip in clips if clip.corpus == corpus and part.takes(clip)]


def _score_corpus(
    table: Judged, emotions: Sequence[str], part: Part, levels: Mapping[str, float]
) -> Score:
    kept = table.where(lambda clip: clip.emotion in table.emotions)
    framed = _Framed.of(table, kept, emotions)
    measured = _measure(kept)
    rest = [emotion for emotion in sorted(set(table.truth)) if emotion not in table.emotions]
    scored = sorted(set(kept.truth))
    return Score(
        part=part,
        coverage=measured_rate("coverage", len(kept.clips), len(table.clips), CONFIDENCE),
        coverage_emotions=framed.coverage,
        uar=framed.uar(measured["uar_own"] if framed.able is kept else None),
        uar_own=measured["uar_own"],
        accuracy=measured["accuracy"],
        macro_f1=measured["macro_f1"],
        class_share=measured_class_share(kept),
        calibration_error=measured_calibration_error(kept),
        brier_score=measured_brier_score(kept),
        recalls=tuple(value for name, value in measured.items() if name.startswith("recall:")),
        precisions=measured_precisions(kept, CONFIDENCE),
        chance=1 / max(1, len(framed.emotions)),
        details={"frame": [*framed.emotions], "expressible": scored, "inexpressible": rest}
        | measured_confusions(kept),
        decisive=_decisive(kept, len(table.clips), levels) | framed.decisive(levels),
        by_speaker=measured_speakers(framed.able),
    )


@dataclass(frozen=True)
class _Framed:
    """The clips of the emotions that count, and those of them that a candidate can express."""

    emotions: tuple[str, ...]
    clips: int
    able: Judged

    @classmethod
    def of(cls, table: Judged, kept: Judged, emotions: Sequence[str]) -> "_Framed":
        judged = Counter(table.truth)
        counted = tuple(emotion for emotion in emotions if emotion in judged)
        clips = sum(judged[emotion] for emotion in counted)
        return cls(counted, clips, kept.where(lambda clip: clip.emotion in counted))

    @property
    def coverage(self) -> Measurement:
        """The share of the emotions that it has a label for."""
        return Measurement("coverage_emotions", self._share, n=self._n)

    @property
    def _n(self) -> int:
        """The clips; none where there are not two emotions to tell apart."""
        return self.clips if len(self.emotions) > 1 else 0

    @property
    def _share(self) -> float:
        return len({*self.able.truth}) / max(1, len(self.emotions))

    def uar(self, own: Measurement | None, confidence: float = CONFIDENCE) -> Measurement:
        """Average recall, of which nobody doubts that it is 0 where there is no label.

        ``own`` is the UAR of what it has labels for, where that is known already.
        """
        if not self._n or not self.able.clips:
            return Measurement("uar", 0.0, "1", 0.0, 0.0, self._n)
        own = own or estimates(self.able, ["uar"], {"uar": confidence})["uar"]
        low, high = (end and end * self._share for end in (own.low, own.high))
        return Measurement("uar", own.value * self._share, "1", low, high, self.clips, own.speakers)

    def decisive(self, levels: Mapping[str, float]) -> dict[str, Measurement]:
        """Return UAR where its requirement asks for another confidence than usual."""
        if levels["uar"] == CONFIDENCE:
            return {}
        return {"uar": self.uar(None, levels["uar"])}


def _measure(table: Judged) -> dict[str, Measurement]:
    """Measurements by name; all are 0 where there is no clip."""
    if not table.clips:
        return {name: Measurement(name, 0.0, n=0) for name in _ESTIMATED}
    return estimates(table, [*_ESTIMATED, *_recall_names(table)], {})


def _decisive(kept: Judged, clips: int, levels: Mapping[str, float]) -> dict[str, Measurement]:
    """Return by name what is compared with a requirement at another confidence than usual."""
    other = {name: level for name, level in levels.items() if level != CONFIDENCE}
    decisive: list[Measurement] = []
    if "coverage" in other:
        decisive.append(measured_rate("coverage", len(kept.clips), clips, other["coverage"]))
    if "precision" in other:
        decisive += measured_precisions(kept, other["precision"])
    names = [*_ESTIMATED, *_recall_names(kept)] if kept.clips else []
    wanted = [name for name in names if name.partition(":")[0] in other]
    decisive += estimates(kept, wanted, other).values() if wanted else ()
    return {measurement.name: measurement for measurement in decisive}


_ESTIMATED = ("accuracy", "uar_own", "macro_f1")


def _recall_names(table: Judged) -> list[str]:
    return [f"recall:{emotion}" for emotion in label_set(table.truth)]


def _accounts(predictions: Predictions, part: Part, seen: Mapping[str, str]) -> dict[str, Any]:
    """Say what became of each clip of a part, and which corpora were seen in training."""
    clips = [clip for clip in predictions.corpus.clips if part.takes(clip)]
    of_part, corpora = {clip.name for clip in clips}, {clip.corpus for clip in clips}
    unlabelled = [
        {"file": clip.name, "reason": NO_LABEL}
        for clip in predictions.clips
        if clip.label is None and clip.name in of_part
    ]
    account = {
        kind: [clip for clip in told if clip["file"] in of_part]
        for kind, told in predictions.clips_account.items()
    }
    account["rejected_clips"] += unlabelled
    known = {name: why for name, why in seen.items() if name in corpora}
    said = {name: told for name, told in predictions.account.items() if name == "remark"}
    return account | said | ({"seen": known} if known else {})
