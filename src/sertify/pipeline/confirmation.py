"""Judges the selected candidate once more, on speech that had no part in selecting it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from sertify.candidates.reading import Candidate
from sertify.corpora.flaws import told_of
from sertify.evidence.store import EvidenceStore
from sertify.gates import confirming
from sertify.gates.accuracy import Score
from sertify.gates.confirming import Basis
from sertify.gates.parts import Part
from sertify.pipeline.checking import judgement_of
from sertify.pipeline.telling import Announce
from sertify.pipeline.way import Way
from sertify.vocabulary.text import listed

if TYPE_CHECKING:
    from sertify.corpora.clips import Corpus  # only a name here: it need not be read yet


def confirm(
    run: Way,
    candidate: Candidate,
    corpus: "Corpus",
    tell: Announce,
    *,
    basis: Basis | None = None,
    store: EvidenceStore | None = None,
) -> dict[str, Any]:
    """Return what the candidate scores, and whether that still meets what was required of it.

    ``basis`` is what it was chosen by; ``store`` keeps how often the speech has confirmed a choice.
    """
    way = run.branch(candidate=candidate, data=corpus, store=None, tell=_naming(corpus.name, tell))
    scored = None
    try:
        # What has been judged before the weights were left out is confirmed with them.
        if not (settings := run.get("settings")).weights:
            way = way.branch(settings=replace(settings, weights=True))
        scored = way.get("scorebook")(Part())
        judgement = confirming.judge_confirmation(scored, candidate.requirements, basis)
    except Exception as error:  # the reports of all that was judged before must be written
        judgement = judgement_of(error)
    finally:
        way.close()
    used = _used(candidate, corpus, basis, store) if scored else ()
    told = told_of(scored.details if scored else {})
    doubts = [*corpus.warnings, *told, *_doubts(run, candidate, corpus, basis, scored), _worn(used)]
    rejected = scored.details["rejected_clips"] if scored else ()
    return {
        "corpus": corpus.name,
        "fingerprint": corpus.fingerprint,
        "requested": corpus.requested or len(corpus.clips),
        "clips": (scored.coverage.n or 0) if scored else 0,
        "rejected": dict(Counter(clip["reason"] for clip in rejected)),
        "seen": dict(scored.details.get("seen", {})) if scored else {},
        "warnings": [doubt for doubt in doubts if doubt],
        "looks": max(1, len(used)),
        "power": _power(candidate, corpus, basis),
        "outcome": str(judgement.outcome),
        "reason": judgement.reason,
        "message": judgement.message,
        "measurements": [asdict(measurement) for measurement in judgement.measurements],
    }


def _used(
    candidate: Candidate, corpus: "Corpus", basis: Basis | None, store: EvidenceStore | None
) -> tuple[str, ...]:
    """Note that the speech was listened to for this choice; return whom it was used for so far."""
    if store is None or basis is None:
        return ()
    choice = (candidate.name, candidate.fingerprint, basis.commit, basis.corpus)
    return store.add_confirmation(corpus.fingerprint, *choice)


def _worn(used: Sequence[str]) -> str:
    """Say that speech by which several choices were confirmed is no longer new."""
    if len(used) < 2:
        return ""
    who = listed(dict.fromkeys(used))
    return (
        f"this speech has been used to confirm {len(used)} choices ({who}): what was chosen after"
        " a look at it is no longer confirmed by it; use other speakers"
    )


def _doubts(
    run: Way, candidate: Candidate, corpus: "Corpus", basis: Basis | None, scored: Score | None
) -> Iterator[str]:
    """Say where the speech can tell little, or is harder than what the choice rests on."""
    if basis is None:
        return
    apart = run.get("settings").hold_out is not None
    yield confirming.weakness(candidate.requirements, basis, *_extent(corpus), apart=apart)
    if scored is not None and confirming.has_fallen(scored.uar, basis):
        yield (
            f"UAR is {scored.uar.value:.2f}, not {basis.expected.value:.2f} as where it was chosen,"
            " which is more than chance explains: this speech is harder"
        )


def _power(candidate: Candidate, corpus: "Corpus", basis: Basis | None) -> float | None:
    if basis is None:
        return None
    return confirming.power(candidate.requirements, basis, *_extent(corpus))


def _extent(corpus: "Corpus") -> tuple[int, int]:
    """Return how many speakers and clips with a label there are."""
    clips = [clip for clip in corpus.clips if clip.label is not None]
    return len({clip.group for clip in clips} - {None}), len(clips)


def _naming(corpus: str, tell: Announce) -> Announce:
    """Tell on what speech the model is judged once more."""
    return lambda what, unit="", clips=(): tell(
        f"on {corpus}," if clips and not what else what, unit, clips
    )
