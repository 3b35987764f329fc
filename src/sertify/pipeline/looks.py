"""Which look at growing speech this is: the evidence knows of the earlier ones."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sertify.candidates.reading import Candidate
from sertify.candidates.requirements import ESTIMATES, Requirements
from sertify.evidence.store import EvidenceStore, Record
from sertify.gates.accuracy import LaterLook
from sertify.gates.parts import Part
from sertify.statistics.spending import confidence_left
from sertify.vocabulary.outcomes import CONFIDENCE, Outcome

if TYPE_CHECKING:
    from sertify.corpora.clips import Corpus  # only a name here: it need not be read yet


@dataclass(frozen=True)
class Looks:
    """What was found on earlier, smaller versions of the speech, with what is known of these.

    A version is of the same name or names. Of one that is not smaller nothing is known to have
    grown since: judging the same speech again is no new look.
    """

    requirements: Requirements
    clips: Mapping[str | None, int]
    earlier: Sequence[tuple[Record, Mapping[str, Any]]] = field(default=(), repr=False)

    def at(self, part: Part) -> dict[str, LaterLook]:
        """Return by what is measured which look at a part it is, and the confidence left for it.

        What has passed before is not looked at until it does, so no more is asked of it.
        """
        present = self.clips.get(part.corpus, self.clips[None])
        sizes = {
            name: {size: outcome for size, outcome in found if size < present}
            for name, found in self._found(part).items()
        }
        return {
            name: LaterLook(
                len(sizes[name]) + 1, confidence_left(confidence, [*sizes[name], present])
            )
            for name, confidence in _confidences(self.requirements, part)
            if sizes.get(name) and Outcome.PASS not in sizes[name].values()
        }

    def _found(self, part: Part) -> Mapping[str, list[tuple[int, Outcome]]]:
        """Return the number of clips and the outcome of each earlier look, by what was measured."""
        found = defaultdict(list)
        for record, facts in self.earlier:
            if record.measurements and record.check.partition("@")[2] == part.name:
                parts = {each["name"]: each["clips"] for each in facts["parts"]}
                size = parts.get(part.corpus, facts["clips"])
                name = record.measurements[0].name.partition(":")[0]
                found[name].append((size, record.outcome))
        return found


def looks_of(
    store: EvidenceStore | None, candidate: Candidate, commit: str, corpus: "Corpus"
) -> Looks:
    """Return what the evidence knows of looks of a candidate at smaller versions of a corpus."""
    clips = {part.name: len(part.clips) for part in corpus.members} | {None: len(corpus.clips)}
    records = store.records([candidate.name]) if store is not None else ()
    mine = [
        record
        for record in records
        if (record.gate, record.entry, record.commit) == ("accuracy", candidate.fingerprint, commit)
        and record.corpus not in ("", corpus.fingerprint)
    ]
    facts = {name: store and store.corpus(name) for name in {record.corpus for record in mine}}
    earlier = [(record, about) for record in mine if (about := facts[record.corpus])]
    namesakes = [(record, about) for record, about in earlier if about["name"] == corpus.name]
    return Looks(candidate.requirements, clips, namesakes)


def with_confidence_left(candidate: Candidate, later: LaterLook | None) -> Candidate:
    """Return a candidate of which UAR on all speech is asked at the confidence left at a look."""
    bound = candidate.requirements.bound("uar")
    if later is None or bound is None:
        return candidate
    left = later.asked(bound)
    uar = tuple(left if one is bound else one for one in candidate.requirements.uar)
    return replace(candidate, requirements=candidate.requirements.model_copy(update={"uar": uar}))


def _confidences(requirements: Requirements, part: Part) -> Iterator[tuple[str, float]]:
    """Yield what is judged by an interval, and the confidence that is asked for at one look."""
    bounds = {name: requirements.bound(name, part.corpus, part.language) for name in ESTIMATES}
    for name, bound in bounds.items():
        if bound is not None and bound.confidence is not None:
            yield name, bound.confidence
    uar = bounds["uar"]
    if uar is None or uar.confidence is None:
        yield "chance", CONFIDENCE
