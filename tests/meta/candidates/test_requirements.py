"""Requirements hold for all speech, or for one corpus or language; each says so once."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sertify.candidates.bounds import as_written
from sertify.candidates.requirements import ESTIMATES, Requirements
from sertify.vocabulary.outcomes import Bound

CALLS, KOREAN = Bound(min=0.6, corpus="calls"), Bound(min=0.3, language="ko")
REST = Bound(min=0.5, confidence=0.9)
SEVERAL = Requirements(uar=(REST, CALLS, KOREAN))


def test_the_defaults_ask_for_what_is_of_use_and_no_more() -> None:
    asked = {name: getattr(Requirements(), name) for name in (*ESTIMATES, "consistency")}
    assert {name: bounds for name, bounds in asked.items() if bounds} == {
        "uar": (Bound(min=0.4, confidence=0.95),),
        "class_share": (Bound(max=0.15),),
        "coverage": (Bound(min=0.5),),
        "consistency": Bound(min=0.5),
    }
    assert Requirements().scopes == ()


END = dict.fromkeys(ESTIMATES, "min") | {"class_share": "max", "calibration_error": "max"}


@pytest.mark.parametrize("name", ["class_share", "calibration_error"])
def test_of_what_should_be_small_the_most_is_named(name: str) -> None:
    with pytest.raises(ValidationError, match="needs max: a low value is not a reason"):
        Requirements.model_validate({name: {"min": 0.2}})


@pytest.mark.parametrize("name", ESTIMATES)
def test_one_limit_is_a_list_of_one_and_null_is_none(name: str) -> None:
    written = {END[name]: 0.2, "corpus": "calls"}
    bound = Bound(**written)  # type: ignore[arg-type]
    for value in (written, (written,), bound):
        taken = Requirements.model_validate({name: value})
        assert getattr(taken, name) == (bound,)
    assert getattr(Requirements.model_validate({name: None}), name) == ()


@pytest.mark.parametrize(
    ("corpus", "language", "bound"),
    [
        (None, None, REST),
        ("calls", None, CALLS),
        ("other", None, REST),
        (None, "ko", KOREAN),
        (None, "de", None),
    ],
)
def test_a_corpus_has_its_own_limit_or_that_of_all_speech_a_language_only_its_own(
    corpus: str | None, language: str | None, bound: Bound | None
) -> None:
    assert SEVERAL.bound("uar", corpus, language) == bound


def test_a_limit_for_one_corpus_asks_nothing_of_the_others() -> None:
    only = Requirements(uar=(CALLS,))
    assert only.bound("uar", "calls") == CALLS
    assert only.bound("uar") is None
    assert only.bound("uar", "other") is None


def test_scopes_are_told_once_in_their_order() -> None:
    again = Requirements(
        uar=(CALLS, KOREAN, REST),
        recall=(Bound(min=0.1, corpus="studio"), Bound(min=0.1, corpus="calls")),
    )
    assert again.scopes == (("calls", None), (None, "ko"), ("studio", None))


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        (Bound(min=0.5, corpus="calls", language="ko"), "has both corpus and language"),
        ((REST, Bound(min=0.1)), "limits the same speech twice"),
        ((CALLS, Bound(min=0.9, corpus="calls")), "limits the same speech twice"),
        ((KOREAN, Bound(min=0.9, language="ko")), "limits the same speech twice"),
        (Bound(min=0.5, corpus="a b"), "should match pattern"),
        (Bound(min=0.5, language="Korean"), "should match pattern"),
        (Bound(min=1.5, corpus="calls"), "less than or equal to 1"),
        (Bound(corpus="calls"), "needs min or max"),
        (Bound(max=0.5), "needs min: a high value is not a reason to reject a model"),
    ],
)
def test_a_scope_that_is_none_or_is_there_twice_is_refused(
    wrong: Bound | tuple[Bound, ...], problem: str
) -> None:
    with pytest.raises(ValidationError, match=problem):
        Requirements.model_validate({"uar": wrong})


@pytest.mark.parametrize("name", ["top_share", "entropy", "consistency", "real_time_factor"])
def test_what_is_no_estimate_cannot_be_narrowed_down(name: str) -> None:
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        Requirements.model_validate({name: {"max": 0.5, "corpus": "calls"}})


scopes = st.one_of(
    st.just((None, None)),
    st.tuples(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,9}", fullmatch=True), st.none()),
    st.tuples(st.none(), st.from_regex(r"[a-z]{2,3}(-[A-Z]{2})?", fullmatch=True)),
)


@given(st.dictionaries(scopes, st.floats(0, 1), max_size=5), st.sampled_from(ESTIMATES))
def test_each_scope_has_the_limit_that_was_written_for_it(
    limits: dict[tuple[str | None, str | None], float], name: str
) -> None:
    bounds = tuple(
        Bound(**dict[str, Any]({END[name]: limit}), corpus=corpus, language=language)
        for (corpus, language), limit in limits.items()
    )
    requirements = Requirements.model_validate({name: bounds})
    assert [requirements.bound(name, *scope) for scope in limits] == [*bounds]
    written = {name: tuple(as_written(bound) for bound in bounds)}
    assert Requirements.model_validate(written) == requirements


# ------------------------------------------------------------------ latencies


def test_a_limit_of_latency_is_about_a_percentile_and_of_all_segments_or_one() -> None:
    asked = Requirements.model_validate(
        {"latency": ({"max": 2.0}, {"max": 0.8, "percentile": 50, "segment": 2.0})}
    )
    everywhere, narrow = asked.latency
    assert (everywhere.percentile, everywhere.segment) == (95, None)
    assert asked.lengths == (1.0, 5.0, 10.0, 2.0)
    assert asked.latencies(5.0) == (everywhere,)
    assert asked.latencies(2.0) == (everywhere, narrow)
    assert asked.latencies(2.0, usual=False) == (narrow,)
    assert Requirements.model_validate({"latency": None}).latency == ()


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"latency": {"percentile": 95}}, "Field required"),
        ({"latency": {"max": 0.0}}, "greater than 0"),
        ({"latency": {"max": 1.0, "percentile": 97}}, "50, 90, 95 or 99"),
        ({"latency": ({"max": 1.0}, {"max": 2.0})}, "limits the same percentile twice"),
        ({"requests_per_second": {"min": 4.0}}, "Field required"),
        ({"requests_per_second": {"min": 4.0, "latency": 1.0, "budget": 0.0}}, "greater than 0"),
    ],
)
def test_what_is_no_limit_of_a_latency_is_refused(wrong: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        Requirements.model_validate(wrong)


def test_an_entry_without_these_is_judged_as_before() -> None:
    usual = Requirements().as_judged()
    assert not {"latency", "requests_per_second"} & usual.keys()
    asked = Requirements.model_validate({"requests_per_second": {"min": 4.0, "latency": 1.0}})
    assert asked.as_judged() == usual | {
        "requests_per_second": {"min": 4.0, "latency": 1.0, "percentile": 95, "budget": 120.0}
    }
