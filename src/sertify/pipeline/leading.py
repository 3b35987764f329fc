"""Who leads: the most accurate of those that have passed all that they were asked so far."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sertify.candidates.reading import Candidate, Suite
from sertify.corpora.clips import Corpus, content_keys
from sertify.evidence.environment import fingerprint
from sertify.evidence.labelling import Labelling
from sertify.evidence.store import EvidenceStore
from sertify.pipeline.courses import Said
from sertify.selection.aims import Aims, aims_of
from sertify.selection.verdicts import Context, GateResult, Verdict, current, verdict
from sertify.vocabulary.outcomes import GATES, Outcome


@dataclass(frozen=True)
class Rival:
    """A candidate that has heard all, and passed: what it said of each clip, what else it is."""

    name: str
    said: Said
    aims: Aims


@dataclass(frozen=True)
class Contest:
    """What is known of the candidates on a corpus: from this run, its workers, and earlier ones."""

    suite: Suite
    store: EvidenceStore
    environment: Mapping[str, str]
    corpus: Corpus

    def has_heard_all(self, candidate: Candidate, commit: str) -> bool:
        """Whether it is known what a candidate says of all clips."""
        return self._labelling(candidate, commit) is not None

    def was_asked(self, candidate: Candidate, commit: str, gate: str) -> bool:
        """Whether it is known what a gate found of a candidate."""
        (judged,) = self._verdicts([candidate])
        found = judged.gates.get(gate)
        known = found is not None and found.outcome not in (None, Outcome.NOT_REACHED)
        return known and judged.commit == commit

    def rivals(
        self, candidate: Candidate, seen: Mapping[str, str], passed: Sequence[str] = ("accuracy",)
    ) -> Iterator[Rival]:
        """Yield those that a candidate may be behind: they were trained on the same of the speech.

        What another one has not seen, or has, would be compared on other corpora. They have
        ``passed`` these gates, as far as they are asked of them.
        """
        others = [one for one in self.suite.candidates if one.name != candidate.name]
        for other, judged in zip(others, self._verdicts(others), strict=True):
            leads = _leads(judged, passed)
            said = self._labelling(other, judged.commit or "") if leads else None
            if said is not None and {*said.seen} == {*seen}:
                aims = aims_of([judged], {other.name: said}, {}, self.suite.preferences)
                yield Rival(other.name, self._by_clip(said), aims[other.name])

    def keep(self, candidate: Candidate, commit: str, said: Labelling) -> None:
        """Keep what a candidate says of all clips."""
        environment = fingerprint(self.environment, "accuracy")
        self.store.add_labelling(candidate.fingerprint, commit, environment, said)

    def _verdicts(self, candidates: Sequence[Candidate]) -> Iterator[Verdict]:
        records = self.store.records(one.name for one in candidates)
        gates = {gate: fingerprint(self.environment, gate) for gate in GATES}
        context = Context(self.corpus.fingerprint, gates)
        for one in candidates:
            yield verdict(one, current(one, records, context)[0])

    def _labelling(self, candidate: Candidate, commit: str) -> Labelling | None:
        where = (self.corpus.fingerprint, fingerprint(self.environment, "accuracy"))
        return self.store.labelling(candidate.name, candidate.fingerprint, commit, *where)

    def _by_clip(self, said: Labelling) -> dict[str, str]:
        known = dict(zip(said.keys, said.predicted, strict=True))
        clips = self.corpus.clips
        keyed = zip(clips, content_keys(clips), strict=True)
        return {clip.name: known[key] for clip, key in keyed if key in known}


def _leads(judged: Verdict, passed: Sequence[str]) -> bool:
    """Whether these gates were passed, and of the others those that were judged."""
    if judged.candidate.status != "candidate":
        return False
    needed = {found.outcome for gate, found in _deciding(judged) if gate in passed}
    others = {found.outcome for gate, found in _deciding(judged) if gate not in passed}
    return needed <= {Outcome.PASS} and others <= {Outcome.PASS, None}


def _deciding(judged: Verdict) -> Iterator[tuple[str, GateResult]]:
    return ((gate, found) for gate, found in judged.gates.items() if not found.tolerated)
