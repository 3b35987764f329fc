"""The end of a run: what a choice rests on when it is confirmed on other speech."""

import pytest

from sertify.report.ending import basis_of
from tests.meta import drawn_results
from tests.meta.drawn_results import as_results


def test_what_is_luck_is_taken_off_whichever_corpora_were_compared_on() -> None:
    results = as_results(drawn_results.five_qualify())
    comparison, firmness = results.selection.comparison, results.selection.firmness
    chosen = next(c for c in results.candidates if c.name == results.selection.candidate)
    assert comparison is not None
    assert firmness is not None
    luck = comparison.uar[chosen.name].value - (firmness.expected or 0)
    found = basis_of(results)
    assert found is not None
    # Over all corpora it scores another UAR than over those that others were compared on as well.
    assert found.uar.value != pytest.approx(comparison.uar[chosen.name].value)
    assert found.expected.value == pytest.approx(found.uar.value - luck)


def test_a_choice_without_a_comparison_is_held_against_what_was_measured() -> None:
    content = drawn_results.five_qualify()
    content["selection"] |= {"comparison": None, "firmness": None}
    found = basis_of(as_results(content))
    assert found is not None
    assert found.expected == found.uar


def test_without_a_choice_there_is_none() -> None:
    assert basis_of(as_results(drawn_results.nothing_qualifies())) is None
