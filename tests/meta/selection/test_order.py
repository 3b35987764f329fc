"""Candidates are put in order one against one, so that no bystander changes who is ahead."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from sertify.selection.order import least_leads

Floats = NDArray[np.float64]

shares = st.floats(0, 1).map(lambda share: round(share, 3))
sizes = st.tuples(st.integers(1, 3), st.integers(1, 6))


@st.composite
def worlds(draw: Callable[..., Floats]) -> tuple[Floats, Floats]:
    """Return UARs of candidates that are known on all corpora, and what their aims are worth."""
    n_corpora, n_candidates = draw(sizes)
    uar = draw(arrays(float, (n_corpora, n_candidates), elements=shares))
    worth = draw(arrays(float, n_candidates, elements=shares))
    return uar, worth / 10


@given(worlds())
def test_where_all_are_known_it_is_the_order_of_their_values(world: tuple[Floats, Floats]) -> None:
    uar, worth = world
    values = uar.mean(axis=0) + worth
    leads = least_leads(uar, np.ones(uar.shape), worth)
    assert values[leads.argmax()] == pytest.approx(values.max())
    for place, value in enumerate(values):
        others = np.delete(values, place)
        assert leads[place] == pytest.approx(value - others.max() if others.size else 0)


@given(worlds(), st.data())
def test_one_that_does_not_win_changes_nothing_by_leaving(
    world: tuple[Floats, Floats], data: st.DataObject
) -> None:
    uar, worth = world
    known = np.ones(uar.shape)
    first = int(least_leads(uar, known, worth).round(9).argmax())
    others = [place for place in range(uar.shape[1]) if place != first]
    gone = data.draw(st.sets(st.sampled_from(others))) if others else set()
    left = [place for place in range(uar.shape[1]) if place not in gone]
    again = least_leads(uar[:, left], known[:, left], worth[left]).round(9)
    assert left[int(again.argmax())] == first


@given(worlds(), st.data())
def test_being_better_never_makes_a_winner_lose(
    world: tuple[Floats, Floats], data: st.DataObject
) -> None:
    uar, worth = world
    known = data.draw(arrays(float, uar.shape, elements=st.sampled_from([0.0, 1.0])))
    first = int(least_leads(uar, known, worth).argmax())
    uar[:, first] += 0.1
    assert least_leads(uar, known, worth).argmax() == first


def test_a_winner_beats_each_other_one_where_not_all_are_known_everywhere() -> None:
    """The first has seen the easy corpus, where all are right: its own mean is the lowest."""
    uar = np.array([[0.0, 0.95, 0.94], [0.6, 0.5, 0.4]])
    known = np.array([[0.0, 1, 1], [1, 1, 1]])
    np.testing.assert_allclose(least_leads(uar, known), [0.1, -0.1, -0.2])


def test_in_a_circle_the_one_that_is_beaten_by_the_least_comes_first() -> None:
    """The first beats the second by .1, this the third by .2, and this the first by .05."""
    uar = np.array([[0.6, 0.5, 0], [0, 0.7, 0.5], [0.5, 0, 0.55]])
    known = np.array([[1.0, 1, 0], [0, 1, 1], [1, 0, 1]])
    np.testing.assert_allclose(least_leads(uar, known), [-0.05, -0.1, -0.2])


def test_two_without_a_corpus_in_common_are_compared_by_what_else_they_are_worth() -> None:
    uar, known = np.array([[0.9, 0], [0, 0.3]]), np.eye(2)
    assert least_leads(uar, known).tolist() == [0, 0]
    leads = least_leads(uar, known, np.array([0.0, 0.05]))
    np.testing.assert_allclose(leads, [-0.05, 0.05])


def test_one_alone_leads_by_nothing() -> None:
    assert least_leads(np.array([[0.7]]), np.ones((1, 1))).tolist() == [0]


@pytest.mark.parametrize("many_weightings", [True, False])
@pytest.mark.parametrize("many_corpora", [True, False])
def test_draws_are_told_one_by_one(many_corpora: bool, many_weightings: bool) -> None:
    rng = np.random.default_rng(3)
    uar, worth = rng.random((2, 4, 5)), rng.random((4, 5)) / 10
    known = np.array([[1.0, 1, 1, 0], [0, 1, 1, 1]])
    uar = uar if many_corpora else uar[:, :, :1].repeat(5, axis=2)
    worth = worth if many_weightings else worth[:, :1]
    found = least_leads(uar, known, worth)
    for draw in range(5):
        added = worth[:, draw if many_weightings else 0]
        np.testing.assert_allclose(found[:, draw], least_leads(uar[:, :, draw], known, added))
