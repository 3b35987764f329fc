"""No candidate that is not chosen decides who is: recipes that once did, and random worlds."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sertify.candidates.entries import Preferences, Priorities
from tests.meta.selection.worlds import SEVEN, One, Speech, World, answering

# ------------------------------------------------------------------ recipes


def candidate(
    name: str, speech: Speech, rate: float, seed: int, labels: tuple[str, ...] = SEVEN
) -> One:
    return One(name, {speech.name: answering(speech, rate, seed, labels)}, labels)


def without(world: World, name: str) -> World:
    return replace(world, candidates=tuple(o for o in world.candidates if o.name != name))


def test_a_bad_slow_one_with_few_labels_does_not_overturn_a_clear_choice() -> None:
    speech = Speech.balanced("calls", 24, 63)
    a, b = candidate("a", speech, 0.76, 1), candidate("b", speech, 0.59, 2)
    # On the two emotions that it knows, b is better than a.
    said = [
        truth if truth in ("anger", "neutral") else word
        for truth, word in zip(speech.truth, b.answers["calls"], strict=True)
    ]
    b = replace(b, answers={"calls": said})
    weak = ("anger", "neutral")
    poor = [
        ("fear" if truth in weak and n % 3 == 0 else word)
        for n, (truth, word) in enumerate(zip(speech.truth, a.answers["calls"], strict=True))
    ]
    a = replace(a, answers={"calls": poor})
    few = candidate("few", speech, 0.65, 3, ("anger", "neutral", "boredom", "contempt", "tired"))
    few = replace(few, seconds=10.0)
    alone = World((speech,), (a, b)).choose()
    both = World((speech,), (a, b, few)).choose()
    assert alone.candidate == both.candidate
    assert alone.comparison is not None
    assert both.comparison is not None
    assert both.comparison.emotions == alone.comparison.emotions == {"calls": SEVEN}
    assert both.comparison.between("a", "b") == alone.comparison.between("a", "b")


def test_five_labels_of_which_only_neutral_is_shared_leave_the_comparison_as_it_is() -> None:
    speech = Speech.balanced("calls", 12, 42)
    a, b = candidate("a", speech, 0.82, 1), candidate("b", speech, 0.51, 2)
    b = replace(b, seconds=0.1)
    first = candidate("first", speech, 0.5, 3, ("neutral", "anger", "calm", "tired", "bored"))
    other = candidate("other", speech, 0.5, 4, ("neutral", "fear", "sadness", "awe", "shame"))
    found = World((speech,), (a, b, first, other)).choose()
    assert found.candidate == "a"
    assert found.sentence.startswith("Use a: UAR 0.8")
    assert " over the 7 emotions, 0.3" in found.sentence


def test_who_has_seen_the_large_corpus_does_not_take_it_from_the_others() -> None:
    large, small = Speech.balanced("large", 24, 60), Speech.balanced("small", 4, 14)
    rates = {"a": (0.7, 0.5), "b": (0.5, 0.55), "crammed": (0.99, 0.4)}
    ones = [
        One(
            name,
            {
                one.name: answering(one, rate, seed)
                for one, rate in zip((large, small), two, strict=True)
            },
        )
        for seed, (name, two) in enumerate(rates.items())
    ]
    crammed = replace(ones[2], seen=("large",))
    alone = World((large, small), (*ones[:2],)).choose()
    found = World((large, small), (*ones[:2], crammed)).choose()
    assert alone.candidate == found.candidate == "a"
    assert alone.comparison is not None
    assert found.comparison is not None
    assert found.comparison.between("a", "b") == alone.comparison.between("a", "b")
    assert found.comparison.left_out == {"large": "seen in training by crammed"}


def test_nobody_drops_out_as_nobody_else_is_new_to_the_same_speech() -> None:
    speech = tuple(Speech.balanced(name, 6, 42) for name in ("one", "two"))
    worlds = {"a": (0.85, "two", 0.2), "b": (0.6, "one", 1), "c": (0.45, "one", 5)}
    worlds["d"] = (0.45, "two", 5)
    ones = [
        One(
            name,
            {one.name: answering(one, rate, seed) for one in speech},
            seconds=seconds,
            seen=(seen,),
        )
        for seed, (name, (rate, seen, seconds)) in enumerate(worlds.items())
    ]
    found = [World(speech, tuple(ones[:number])).choose() for number in (2, 3, 4)]
    assert [choice.candidate for choice in found] == ["a", "a", "a"]
    assert "it could not be compared with b, but it is 5 times as fast" in found[1].sentence


def test_not_told_apart_is_not_equal() -> None:
    speech = Speech.balanced("calls", 4, 21)
    best, fast = candidate("best", speech, 0.62, 1), candidate("fast", speech, 0.56, 2)
    fast = replace(fast, seconds=best.seconds / 1.5)
    found = World((speech,), (best, fast)).choose()
    assert found.comparison is not None
    assert {*found.tied} == {"best", "fast"}
    gap = found.comparison.between("best", "fast")
    assert gap is not None
    assert gap.value > 0.03
    assert found.candidate == "best"


def test_the_margin_is_what_is_given_up_for_ten_times_the_speed_at_most() -> None:
    speech = Speech.balanced("calls", 24, 63)
    good, fair = candidate("good", speech, 0.61, 1), candidate("fair", speech, 0.48, 2)
    fair = replace(fair, seconds=0.1)
    choose = World((speech,), (good, fair), Preferences(margin=0.02)).choose
    assert choose().candidate == "good"


# ------------------------------------------------------------------ random worlds

FOUR = SEVEN[:4]
CLIPS = 48


@st.composite
def worlds(draw: st.DrawFn, corpora: int = 2, seen: bool = False, least: int = 2) -> World:
    speech = tuple(
        Speech.balanced(f"corpus{n}", draw(st.integers(2, 4)), 12, FOUR)
        for n in range(draw(st.integers(1, corpora)))
    )
    names = [f"m{n}" for n in range(draw(st.integers(least, 5)))]
    return World(speech, tuple(_one(draw, name, speech, seen) for name in names))


def _one(draw: st.DrawFn, name: str, speech: tuple[Speech, ...], seen: bool) -> One:
    more = draw(st.sets(st.sampled_from((*FOUR, "boredom")), min_size=2))
    rate, seed = draw(st.floats(0.2, 0.95)), draw(st.integers(0, 10**6))
    labels = tuple(sorted(more))
    known = draw(st.sets(st.sampled_from([one.name for one in speech]))) if seen else ()
    return One(
        name,
        {one.name: answering(one, rate, seed, labels) for one in speech},
        labels,
        seconds=draw(st.floats(0.001, 100)),
        languages=draw(st.sampled_from(((), ("ko",), ("en",)))),
        seen=tuple(sorted(known)) if len(known) < len(speech) else (),
    )


def clear(world: World) -> str:
    """Return the chosen one; worlds where another is exactly as good are no example."""
    found = world.choose()
    values = sorted(found.totals.values())
    assume(len(values) < 2 or values[-1] - values[-2] > 1e-9)
    assert found.candidate is not None
    return found.candidate


often = settings(max_examples=60, deadline=None)


@often
@given(worlds(least=3))
def test_removing_one_that_is_not_chosen_changes_nothing(world: World) -> None:
    chosen = clear(world)
    for one in world.candidates:
        if one.name != chosen:
            assert without(world, one.name).choose().candidate == chosen


@often
@given(worlds(seen=True, least=3))
def test_nor_does_it_where_some_have_seen_some_of_the_speech(world: World) -> None:
    found = world.choose()
    pairs = [
        without_all(world, {found.candidate, other.name}).choose().candidate
        for other in world.candidates
        if other.name != found.candidate
    ]
    assume(all(winner == found.candidate for winner in pairs))  # no circle among them
    for one in world.candidates:
        if one.name != found.candidate:
            assert without(world, one.name).choose().candidate == found.candidate


def without_all(world: World, kept: set[str | None]) -> World:
    return replace(world, candidates=tuple(o for o in world.candidates if o.name in kept))


@often
@given(worlds(seen=True))
def test_whom_nobody_beats_one_against_one_is_chosen(world: World) -> None:
    names = [one.name for one in world.candidates]
    unbeaten = [
        name
        for name in names
        if all(without_all(world, {name, o}).choose().candidate == name for o in names if o != name)
    ]
    assume(len(unbeaten) == 1)
    assert world.choose().candidate == unbeaten[0]


@often
@given(worlds(), st.integers(0, 10**6))
def test_better_never_loses(world: World, at: int) -> None:
    chosen = clear(world)
    better = tuple(
        _corrected(one, world, at) if one.name == chosen else one for one in world.candidates
    )
    assert replace(world, candidates=better).choose().candidate == chosen


def _corrected(one: One, world: World, at: int) -> One:
    """Return the candidate with one more right answer, if it can have one."""
    wrong = [
        (corpus.name, n, truth)
        for corpus in world.speech
        for n, truth in enumerate(corpus.truth)
        if truth in one.labels and one.answers[corpus.name][n] != truth
    ]
    if not wrong:
        return one
    name, n, truth = wrong[at % len(wrong)]
    said = [*one.answers[name]]
    said[n] = truth
    return replace(one, answers={**one.answers, name: tuple(said)})


@often
@given(worlds(), st.floats(1, 1000))
def test_slower_never_wins_and_faster_never_loses(world: World, factor: float) -> None:
    chosen = clear(world)

    def timed(change: Callable[[One], float]) -> World:
        ones = tuple(replace(one, seconds=change(one)) for one in world.candidates)
        return replace(world, candidates=ones)

    slower = timed(lambda one: one.seconds * (1 if one.name == chosen else factor))
    faster = timed(lambda one: one.seconds / (factor if one.name == chosen else 1))
    assert slower.choose().candidate == faster.choose().candidate == chosen


@often
@given(worlds())
def test_neither_order_nor_names_nor_units_matter(world: World) -> None:
    chosen = clear(world)
    turned = replace(world, candidates=world.candidates[::-1], speech=world.speech[::-1])
    assert turned.choose().candidate == chosen
    names = {one.name: f"z{len(world.candidates) - n}" for n, one in enumerate(world.candidates)}
    renamed = tuple(replace(one, name=names[one.name]) for one in world.candidates)
    assert replace(world, candidates=renamed).choose().candidate == names[chosen]
    longer = tuple(
        replace(one, seconds=one.seconds * 2, segment=one.segment * 2) for one in world.candidates
    )
    assert replace(world, candidates=longer).choose().candidate == chosen


@often
@given(
    worlds(),
    st.tuples(*(st.integers(0, 9) for _ in range(3))).filter(any),
    st.sampled_from([0.01, 0.5, 100]),
)
def test_the_scale_of_the_weights_does_not_matter(
    world: World, weights: tuple[int, ...], scale: float
) -> None:
    def choose(factor: float) -> str | None:
        speed, diversity, language = (weight * factor for weight in weights)
        priorities = Priorities(speed=speed, diversity=diversity, language=language)
        return clear(replace(world, preferences=Preferences(weights=priorities)))

    assert choose(1) == choose(scale)


@often
@given(worlds())
def test_without_a_margin_the_most_accurate_is_chosen(world: World) -> None:
    found = replace(world, preferences=Preferences(margin=0)).choose()
    assert found.comparison is not None
    uar = {name: found.comparison.uar(name) for name in found.comparison.names}
    values = {name: one[0] for name, one in uar.items() if one}
    assert values[found.candidate or ""] == pytest.approx(max(values.values()))
