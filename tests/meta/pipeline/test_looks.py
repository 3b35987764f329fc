"""Which look at growing speech it is: what the evidence knows of the earlier ones."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sertify.candidates.reading import Candidate
from sertify.candidates.requirements import Requirements
from sertify.corpora.clips import Clip, Corpus
from sertify.evidence.store import EvidenceStore, Record
from sertify.gates.accuracy import LaterLook
from sertify.gates.parts import TOGETHER, Part
from sertify.pipeline.looks import looks_of
from sertify.report.results.speech import facts
from sertify.statistics.spending import confidence_left
from sertify.vocabulary.outcomes import Bound, Measurement, Outcome

CANDIDATE = Candidate("x", "org/x")
COMMIT = "c1"
OPEN, FAIL, PASS = Outcome.INCONCLUSIVE, Outcome.FAIL, Outcome.PASS


def corpus(clips: int, name: str = "calls", members: Sequence[Corpus] = ()) -> Corpus:
    """Return speech of so many clips, with what tells it from other versions."""
    every = tuple(Clip(f"{n}.wav", Path(), "ang", corpus=name) for n in range(clips))
    every = tuple(clip for part in members for clip in part.clips) or every
    return Corpus(name, Path(), every, f"{name}{len(every)}", members=tuple(members))


def record(speech: Corpus, outcome: Outcome = OPEN, **changes: Any) -> Record:
    """Return what a check of UAR found on it."""
    about = {
        "candidate": "x",
        "entry": CANDIDATE.fingerprint,
        "commit": COMMIT,
        "check": "test_uar",
    }
    measured = (Measurement("uar", 0.5, n=1), Measurement("coverage", 1.0))
    given = {"gate": "accuracy", "environment": "v1", "measurements": measured, **about}
    return Record(corpus=speech.fingerprint, outcome=outcome, **given | changes)


@pytest.fixture
def look(tmp_path: Path) -> Callable[..., dict[str, LaterLook]]:
    """Keep evidence, then say which look at speech it is."""

    def at(
        speech: Corpus,
        *earlier: tuple[Corpus, Record],
        part: Part | None = None,
        candidate: Candidate = CANDIDATE,
    ) -> dict[str, LaterLook]:
        store = EvidenceStore(tmp_path / "evidence.sqlite")
        for before, found in earlier:
            store.add_corpus(before.fingerprint, facts(before))
            store.add(found)
        looks = looks_of(store, candidate, COMMIT, speech).at(part or Part())
        store.close()
        return looks

    return at


def of(clips: int, outcome: Outcome = OPEN, **changes: Any) -> tuple[Corpus, Record]:
    return corpus(clips), record(corpus(clips), outcome, **changes)


def test_without_earlier_evidence_it_is_the_first(
    look: Callable[..., dict[str, LaterLook]],
) -> None:
    assert looks_of(None, CANDIDATE, COMMIT, corpus(60)).at(Part()) == {}
    assert look(corpus(60)) == {}


def test_each_smaller_version_that_did_not_pass_is_a_look(
    look: Callable[..., dict[str, LaterLook]],
) -> None:
    expected = confidence_left(0.95, [60, 90, 120])
    assert look(corpus(120), of(60), of(90, FAIL)) == {"uar": LaterLook(3, expected)}
    assert 0.99 < expected < 0.995


@pytest.mark.parametrize(
    "earlier",
    [
        of(60),
        of(60, environment="v2"),
        of(90),
        of(30, PASS),
        of(30, candidate="y"),
        of(30, commit="c2"),
        of(30, entry="before"),
        of(30, gate="degeneracy"),
        of(30, check="test_uar@calls"),
        of(30, measurements=()),
        (corpus(30, "studio"), record(corpus(30, "studio"))),
    ],
)
def test_what_is_no_look_at_a_smaller_version(
    earlier: tuple[Corpus, Record], look: Callable[..., dict[str, LaterLook]]
) -> None:
    """The same speech, larger speech, what passed, another model, entry, gate, part or corpus."""
    assert look(corpus(60), earlier) == {}


def test_judging_again_changes_nothing(look: Callable[..., dict[str, LaterLook]]) -> None:
    second = look(corpus(90), of(60))
    assert look(corpus(90), of(90), of(120)) == second
    assert look(corpus(60)) == {}


def test_what_has_passed_once_is_not_looked_at_until_it_does(
    look: Callable[..., dict[str, LaterLook]],
) -> None:
    assert look(corpus(120), of(60, PASS), of(90)) == {}


def test_a_part_has_grown_where_its_own_clips_are_more(
    look: Callable[..., dict[str, LaterLook]],
) -> None:
    def joined(calls: int, studio: int) -> Corpus:
        return corpus(0, "calls + studio", [corpus(calls), corpus(studio, "studio")])

    before, now = joined(60, 50), joined(60, 100)
    names = ("test_uar@together", "test_uar@calls", "test_uar@studio")
    earlier = [(before, record(before, check=name)) for name in names]
    assert look(now, *earlier, part=Part("calls", corpus="calls")) == {}
    studio = look(now, part=Part("studio", corpus="studio"))
    assert studio == {"uar": LaterLook(2, confidence_left(0.95, [50, 100]))}
    assert look(now, part=Part(TOGETHER)) == {
        "uar": LaterLook(2, confidence_left(0.95, [110, 160]))
    }


def test_only_what_is_judged_by_an_interval_is_corrected(
    look: Callable[..., dict[str, LaterLook]],
) -> None:
    plain = Requirements(uar=(Bound(min=0.4),), recall=(Bound(min=0.1, confidence=0.9),))
    candidate = replace(CANDIDATE, requirements=plain)
    chance, worst = Measurement("chance", 0.25), Measurement("recall:anger", 0.2)
    entry = candidate.fingerprint
    found = look(
        corpus(60),
        of(30, FAIL, entry=entry),
        of(30, check="test_chance", entry=entry, measurements=(chance,)),
        of(30, check="test_recall", entry=entry, measurements=(worst,)),
        candidate=candidate,
    )
    levels = {
        name: confidence_left(sure, [30, 60]) for name, sure in (("chance", 0.95), ("recall", 0.9))
    }
    assert found == {name: LaterLook(2, level) for name, level in levels.items()}
