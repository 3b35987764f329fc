"""What must not change a choice, over random worlds of candidates."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sertify.candidates.entries import Preferences, Priorities
from sertify.candidates.reading import Candidate
from sertify.evidence.labelling import Labelling
from sertify.evidence.store import Record
from sertify.selection.choosing import select
from sertify.selection.verdicts import GateResult, Standing, Verdict
from sertify.vocabulary.outcomes import GATES, Measurement, Outcome

EMOTIONS = ("anger", "fear", "happiness", "neutral", "sadness")
OTHERS = ("boredom", "calm", "contempt", "disgust", "surprise")
CLIPS = 60

pytestmark = pytest.mark.slow(0.5)


@dataclass(frozen=True)
class One:
    """A candidate: what it said of each clip, and how long it takes for 5 seconds."""

    answers: Labelling
    seconds: float
    languages: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.answers.candidate


def verdict(one: One) -> Verdict:
    measured = Measurement("time_p50", one.seconds, "s"), Measurement("segment", 5, "s")
    terms = ("", "c1", "speed", "test_time", "", "", Outcome.PASS)
    timed = (Record(one.name, *terms, measurements=measured),)
    gates = {gate: GateResult(gate, Outcome.PASS, timed * (gate == "speed")) for gate in GATES}
    candidate = Candidate(one.name, f"org/{one.name}", languages=one.languages)
    return Verdict(candidate, Standing.QUALIFIED, gates)


def chosen(world: Sequence[One], preferences: Preferences | None = None) -> str | None:
    answers = {one.name: one.answers for one in world}
    return select([*map(verdict, world)], answers, preferences).candidate


def candidate(rng: np.random.Generator, name: str, truth: np.ndarray, known: int) -> One:
    """Draw one that has labels for so many of the emotions, and is as often right as it happens."""
    right = rng.random(CLIPS) < rng.uniform(0.2, 0.95)
    said = np.where(right, truth, rng.choice(EMOTIONS, CLIPS))
    lost = rng.permutation(EMOTIONS)[known:]
    names = {old: new if old in lost else old for old, new in zip(EMOTIONS, OTHERS, strict=True)}
    answers = Labelling(
        candidate=name,
        corpus="f00d",
        emotions=tuple(names.values()),
        keys=tuple(f"{place}.wav" for place in range(CLIPS)),
        clips=tuple(f"{place}.wav" for place in range(CLIPS)),
        truth=tuple(truth.tolist()),
        predicted=tuple(names[word] for word in said.tolist()),
        confidence=(0.5,) * CLIPS,
        speakers=tuple(f"s{place % 6}" for place in range(CLIPS)),
        corpora=("calls",) * CLIPS,
        languages=("en",) * CLIPS,
    )
    return One(answers, float(10 ** rng.uniform(-2, 1)), ("en",) if rng.random() < 0.5 else ("ko",))


@st.composite
def worlds(draw: st.DrawFn) -> list[One]:
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    truth = rng.permutation(np.tile(EMOTIONS, CLIPS // 5))
    known = draw(st.lists(st.integers(0, 5), min_size=2, max_size=5))
    return [candidate(rng, f"c{n}", truth, labels) for n, labels in enumerate(known)]


random_worlds = settings(max_examples=40, deadline=None)


@random_worlds
@given(worlds(), st.data())
def test_no_bystander_changes_the_winner(world: list[One], data: st.DataObject) -> None:
    winner = chosen(world)
    others = [one for one in world if one.name != winner]
    gone = data.draw(st.sampled_from(others)).name
    assert chosen([one for one in world if one.name != gone]) == winner


@random_worlds
@given(worlds(), st.integers(0, 2**32), st.integers(0, 5))
def test_one_that_is_added_wins_or_changes_nothing(world: list[One], seed: int, known: int) -> None:
    truth = np.array(world[0].answers.truth)
    more = candidate(np.random.default_rng(seed), "more", truth, known)
    assert chosen([*world, more]) in (chosen(world), "more")


@random_worlds
@given(worlds())
def test_a_winner_that_is_right_more_often_still_wins(world: list[One]) -> None:
    winner = chosen(world)
    assert chosen([better(one) if one.name == winner else one for one in world]) == winner


def better(one: One) -> One:
    """Return it as right on two more clips of each emotion that it has a label for."""
    answers, spare = one.answers, dict.fromkeys(one.answers.emotions, 2)
    said = list(answers.predicted)
    for place, truth in enumerate(answers.truth):
        if truth and said[place] != truth and spare.get(truth, 0):
            said[place], spare[truth] = truth, spare[truth] - 1
    return replace(one, answers=replace(answers, predicted=tuple(said)))


@random_worlds
@given(worlds(), st.floats(1.01, 100))
def test_one_that_lost_does_not_win_by_being_slower(world: list[One], factor: float) -> None:
    winner = chosen(world)
    for loser in (one for one in world if one.name != winner):
        slower = replace(loser, seconds=loser.seconds * factor)
        assert chosen([slower if one is loser else one for one in world]) == winner


@random_worlds
@given(worlds(), st.floats(0.01, 100))
def test_names_order_and_the_scale_of_weights_change_nothing(
    world: list[One], factor: float
) -> None:
    preferences = Preferences(weights=Priorities(speed=3, diversity=2, language=1))
    scaled = Priorities(speed=3 * factor, diversity=2 * factor, language=factor)
    names = {one.name: f"model {7 - n}" for n, one in enumerate(world)}
    turned = [
        replace(one, answers=replace(one.answers, candidate=names[one.name])) for one in world[::-1]
    ]
    winner = chosen(world, preferences)
    assert winner is not None
    assert chosen(turned, Preferences(weights=scaled)) == names[winner]
