"""Worlds to choose in: candidates with labels, answers, times and languages of their own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from sertify.candidates.entries import Preferences
from sertify.candidates.reading import Candidate
from sertify.candidates.requirements import Requirements
from sertify.evidence.labelling import Labelling
from sertify.evidence.store import Record
from sertify.selection.choosing import Selection, select
from sertify.selection.verdicts import GateResult, Standing, Verdict
from sertify.vocabulary.outcomes import ALWAYS, Measurement, Outcome

SEVEN = ("anger", "calm", "disgust", "fear", "happiness", "neutral", "sadness")


@dataclass(frozen=True)
class Speech:
    """Clips of one corpus: their emotions, and who speaks."""

    name: str
    truth: tuple[str, ...]
    speakers: tuple[str, ...]

    @classmethod
    def balanced(
        cls, name: str, speakers: int, each: int, emotions: Sequence[str] = SEVEN
    ) -> "Speech":
        """Return so many clips of each speaker, of each emotion in turn."""
        rows = [(emotions[n % len(emotions)], s) for s in range(speakers) for n in range(each)]
        truth, who = zip(*rows, strict=True)
        return cls(name, truth, tuple(f"s{one}" for one in who))


@dataclass(frozen=True)
class One:
    """A candidate: what it answers to each corpus, what it has labels for, what it costs."""

    name: str
    answers: Mapping[str, Sequence[str]]
    labels: tuple[str, ...] = SEVEN
    seconds: float = 1.0
    segment: float = 5.0
    languages: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()


def answering(
    speech: Speech, rate: float, seed: int, labels: Sequence[str] = SEVEN, spread: float = 0.05
) -> tuple[str, ...]:
    """Return answers of which a share is right, of what there are labels for."""
    rng = np.random.default_rng(seed)
    own = {who: rng.normal(rate, spread) for who in dict.fromkeys(speech.speakers)}
    said = []
    for truth, who in zip(speech.truth, speech.speakers, strict=True):
        others = [label for label in labels if label != truth]
        right = truth in labels and rng.random() < own[who]
        said.append(truth if right else str(rng.choice(others)))
    return tuple(said)


@dataclass(frozen=True)
class World:
    """Candidates, the speech they are judged on, and what is preferred."""

    speech: tuple[Speech, ...]
    candidates: tuple[One, ...]
    preferences: Preferences = field(default_factory=Preferences)
    emotions: tuple[str, ...] | None = None

    def choose(self) -> Selection:
        """Return the choice."""
        answers = {one.name: self._labelling(one) for one in self.candidates}
        return select([self._verdict(one) for one in self.candidates], answers, self.preferences)

    def _verdict(self, one: One) -> Verdict:
        measured = (
            Measurement("time_p50", one.seconds, "s"),
            Measurement("segment", one.segment, "s"),
        )
        record = Record(
            "x", "", "c1", "speed", "test_time", "", "", Outcome.PASS, measurements=measured
        )
        gates = {
            gate: GateResult(gate, Outcome.PASS, (record,) if gate == "speed" else ())
            for gate in ALWAYS
        }
        asked = Requirements(emotions=self.emotions)
        candidate = Candidate(
            one.name, f"org/{one.name}", languages=one.languages, requirements=asked
        )
        return Verdict(candidate, Standing.QUALIFIED, gates)

    def _labelling(self, one: One) -> Labelling:
        rows = [
            (f"{corpus.name}/{n}.wav", corpus.name, truth, who, said)
            for corpus in self.speech
            for n, (truth, who, said) in enumerate(
                zip(corpus.truth, corpus.speakers, one.answers[corpus.name], strict=True)
            )
        ]
        keys, corpora, truth, who, said = zip(*rows, strict=True)
        return Labelling(
            candidate=one.name,
            corpus="f00d",
            emotions=tuple(sorted(one.labels)),
            keys=keys,
            clips=keys,
            truth=truth,
            predicted=said,
            confidence=(0.5,) * len(keys),
            speakers=who,
            corpora=corpora,
            languages=("ko",) * len(keys),
            seen=dict.fromkeys(one.seen, "its card says so"),
        )
