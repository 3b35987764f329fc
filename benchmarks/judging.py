"""What statistics and report take, once the models have answered: made-up answers, judged in full.

    python -m benchmarks.judging FOLDER --clips 10000 --candidates 15

prints one line of JSON: seconds of each stage. Candidates differ in how often they are right, so
that all qualify and are compared with each other.
"""

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from benchmarks.clips import LABELS, SPEAKERS
from benchmarks.qualifying import write_candidates
from sertify.candidates.reading import Candidate, Suite, read_suite
from sertify.corpora.clips import Clip, Corpus
from sertify.evidence.environment import describe_environment, fingerprint
from sertify.evidence.store import EvidenceStore, Record
from sertify.gates import accuracy
from sertify.pipeline import scores
from sertify.pipeline.predictions import Predictions
from sertify.report.results import speech
from sertify.report.results.conclusion import conclude
from sertify.report.writing import write_reports
from sertify.vocabulary.outcomes import GATES, Judgement, Outcome

__all__ = ["Stages", "judge", "made_up"]


@dataclass
class Stages:
    """Seconds that each stage has taken so far."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        """Add what is done within to a stage."""
        start = time.perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start


def made_up(clips: int, candidates: int, seed: int = 0) -> list[Predictions]:
    """Return predictions of each candidate on one corpus, each a little better than the last."""
    rng = np.random.default_rng(seed)
    emotions = rng.integers(len(LABELS), size=clips)
    corpus = Corpus("calls", Path("calls"), _clips(emotions.tolist()), "0123456789abcdef")
    truth = np.eye(len(LABELS))[emotions]
    return [
        Predictions(
            corpus, LABELS, corpus.clips,
            (rng.normal(size=truth.shape) + (1.5 + 0.1 * place) * truth).astype(np.float32), (),
        )
        for place in range(candidates)
    ]  # fmt: skip


def _clips(emotions: Sequence[int]) -> tuple[Clip, ...]:
    return tuple(
        Clip(
            f"{n:06d}.wav", Path(f"calls/{n:06d}.wav"), LABELS[emotion],
            f"speaker-{n % SPEAKERS}", "en", corpus="calls", digest=f"{n:064x}",
        )
        for n, emotion in enumerate(emotions)
    )  # fmt: skip


def judge(predictions: Sequence[Predictions], folder: Path) -> dict[str, float]:
    """Judge predictions as a run does, and write its reports; return the seconds of each stage."""
    stages, environment = Stages(), describe_environment("cpu", threads=1)
    store = EvidenceStore(folder / "reports" / "evidence.sqlite")
    suite = _suite(folder, len(predictions))
    corpus = predictions[0].corpus
    for candidate, found in zip(suite.candidates, predictions, strict=True):
        with stages.of("scores"):
            score = scores.score(found, candidate)
        with stages.of("evidence"):
            answers = found.labelling(candidate, {})
            kept = fingerprint(environment, "accuracy")
            store.add_labelling(candidate.fingerprint, "c1", kept, answers)
            for record in _records(candidate, corpus, score, environment):
                store.add(record)
    store.add_corpus(corpus.fingerprint, speech.facts(corpus))
    with stages.of("conclusion"):
        results = conclude(suite, store, environment, corpus=corpus.fingerprint)
    if len(results.selection.tied) < 1:
        raise SystemExit("no candidate was selected, so nothing was compared; mend the answers")
    with stages.of("reports"):
        write_reports(results, folder / "reports")
    return stages.seconds | {"total": sum(stages.seconds.values())}


def _suite(folder: Path, candidates: int) -> Suite:
    models = {f"candidate-{n}": folder / f"{n}" for n in range(candidates)}
    return read_suite(write_candidates(folder / "candidates.yaml", models))


def _records(
    candidate: Candidate, corpus: Corpus, score: accuracy.Score, environment: dict[str, str]
) -> Iterator[Record]:
    wanted = candidate.requirements
    found = {
        "test_uar": accuracy.judge_score(score, "uar", wanted, "low_uar"),
        "test_coverage": accuracy.judge_coverage(score, wanted),
        "test_accuracy": accuracy.judge_score(score, "accuracy", wanted, "low_accuracy"),
        "test_macro_f1": accuracy.judge_score(score, "macro_f1", wanted, "low_macro_f1"),
        "test_recall_of_each_emotion": accuracy.judge_each(score, score.recalls, "recall", wanted),
        "test_uar_is_above_chance": accuracy.judge_above_chance(score, wanted),
    }
    earlier = {f"test_{gate}": gate for gate in GATES if gate != "accuracy"}
    rest = {name: Judgement(Outcome.PASS) for name in earlier}
    for name, judgement in (found | rest).items():
        gate = earlier.get(name, "accuracy")
        yield Record.of(
            judgement, candidate=candidate.name, entry=candidate.fingerprint, commit="c1",
            gate=gate, check=name, environment=fingerprint(environment, gate),
            corpus=corpus.fingerprint if gate in ("degeneracy", "accuracy") else "",
            siblings=(name,) if name in rest else tuple(found),
            judged_at=datetime.now(UTC).isoformat(),
        )  # fmt: skip


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--clips", type=int, default=10_000)
    parser.add_argument("--candidates", type=int, default=15)
    arguments = parser.parse_args()
    predictions = made_up(arguments.clips, arguments.candidates)
    print(json.dumps(judge(predictions, arguments.folder)))


if __name__ == "__main__":
    _main()
