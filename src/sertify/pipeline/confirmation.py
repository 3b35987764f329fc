"""Judges the selected candidate once more, on speech that had no part in selecting it."""

import functools
from collections import Counter
from contextlib import closing
from dataclasses import asdict
from typing import Any

import pytest

from sertify.candidates.locks import read_lock
from sertify.candidates.reading import Candidate
from sertify.corpora.clips import Corpus
from sertify.gates import accuracy, loadability, weights
from sertify.gates.accuracy import Score
from sertify.pipeline.lazy_model import Subject
from sertify.pipeline.scores import score
from sertify.pipeline.speech import seen_corpora
from sertify.pipeline.stages import load_model, open_cache, sharing, subject_key
from sertify.plugin.collection import CANDIDATES
from sertify.plugin.options import OPTIONS, environment_of
from sertify.plugin.progress import Progress
from sertify.vocabulary.errors import Blocked, Rejected
from sertify.vocabulary.outcomes import Judgement, Outcome


def confirm(config: pytest.Config, candidate: Candidate, corpus: Corpus) -> dict[str, Any]:
    """Return what the candidate scores, and whether that still meets what was required of it."""
    judged, scored = 0, None
    try:
        scored = _score(config, candidate, corpus)
        judgement = accuracy.judge_confirmation(scored, candidate.requirements)
        judged = scored.uar.n or 0
    except Rejected as error:
        judgement = Judgement(Outcome.FAIL, (), error.reason.code, error.message)
    except Blocked as error:
        judgement = Judgement(Outcome.BLOCKED, (), error.reason.code, error.message)
    except Exception as error:  # the reports of all that was judged before must be written
        said = f"{type(error).__name__}: {error}"
        judgement = Judgement(Outcome.BLOCKED, (), "unexpected_error", said)
    rejected = Counter(
        one["reason"] for one in (scored.details["rejected_clips"] if scored else ())
    )
    return {
        "corpus": corpus.name,
        "fingerprint": corpus.fingerprint,
        "requested": corpus.requested or len(corpus.clips),
        "clips": judged,
        "rejected": dict(rejected),
        "seen": dict(scored.details.get("seen", {})) if scored else {},
        "warnings": list(corpus.warnings),
        "outcome": str(judgement.outcome),
        "reason": judgement.reason,
        "message": judgement.message,
        "measurements": [asdict(one) for one in judgement.measurements],
    }


def _score(config: pytest.Config, candidate: Candidate, corpus: Corpus) -> Score:
    from sertify.models import loading
    from sertify.pipeline.predictions import predict
    from sertify.pipeline.prefetch import Survey

    options = config.stash[OPTIONS]
    locked = read_lock(options.candidates) if options.locked else None
    with Survey((), offline=options.offline, locked=locked) as survey:
        index = survey.index(candidate)
        loadability.require(weights.judge_index(**index.facts))
        snapshot = survey.snapshot(candidate)
        load = functools.partial(
            load_model,
            survey,
            loading.outline(snapshot, index),
            config,
            device=environment_of(config)["device"],
            threads=options.threads,
            dtype=options.dtype,
        )
        key = subject_key(snapshot, candidate, environment_of(config))
        with closing(open_cache(config, options)) as cache:
            subject = Subject(sharing(load), cache, key, options.threads)
            subject.certify()
            what, clips = f"on {corpus.name},", corpus.clips
            with Progress(config, candidate.name, what, "clips", clips) as progress:
                predictions = predict(subject, corpus, progress, options.segmenting)
    suite, card = config.stash[CANDIDATES].suite, snapshot.card
    return score(predictions, candidate, seen=seen_corpora(suite, candidate, card, corpus))
