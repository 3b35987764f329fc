"""Judges the selected candidate once more, on speech that had no part in selecting it."""

from collections import Counter
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from sertify.candidates.reading import Candidate
from sertify.gates import accuracy
from sertify.gates.parts import Part
from sertify.pipeline.checking import judgement_of
from sertify.pipeline.telling import Announce
from sertify.pipeline.way import Way

if TYPE_CHECKING:
    from sertify.corpora.clips import Corpus  # only a name here: it need not be read yet


def confirm(run: Way, candidate: Candidate, corpus: "Corpus", tell: Announce) -> dict[str, Any]:
    """Return what the candidate scores, and whether that still meets what was required of it."""
    way = run.branch(candidate=candidate, data=corpus, store=None, tell=_naming(corpus.name, tell))
    scored = None
    try:
        # What has been judged before the weights were left out is confirmed with them.
        if not (settings := run.get("settings")).weights:
            way = way.branch(settings=replace(settings, weights=True))
        scored = way.get("scorebook")(Part())
        judgement = accuracy.judge_confirmation(scored, candidate.requirements)
    except Exception as error:  # the reports of all that was judged before must be written
        judgement = judgement_of(error)
    finally:
        way.close()
    rejected = scored.details["rejected_clips"] if scored else ()
    return {
        "corpus": corpus.name,
        "fingerprint": corpus.fingerprint,
        "requested": corpus.requested or len(corpus.clips),
        "clips": (scored.coverage.n or 0) if scored else 0,
        "rejected": dict(Counter(clip["reason"] for clip in rejected)),
        "seen": dict(scored.details.get("seen", {})) if scored else {},
        "warnings": list(corpus.warnings),
        "outcome": str(judgement.outcome),
        "reason": judgement.reason,
        "message": judgement.message,
        "measurements": [asdict(measurement) for measurement in judgement.measurements],
    }


def _naming(corpus: str, tell: Announce) -> Announce:
    """Tell on what speech the model is judged once more."""
    return lambda what, unit="", clips=(): tell(
        f"on {corpus}," if clips and not what else what, unit, clips
    )
