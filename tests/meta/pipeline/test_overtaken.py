"""Who can no longer be selected is not heard in other conditions, and the choice stays."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

import sertify
from sertify.candidates.entries import Preferences
from sertify.candidates.reading import Candidate, Suite
from sertify.corpora.clips import Corpus
from sertify.evidence.store import EvidenceStore
from sertify.pipeline.leading import Contest
from sertify.pipeline.overtaken import require_chance
from sertify.vocabulary.errors import NotReached
from sertify.vocabulary.outcomes import Outcome
from tests.meta.pipeline.test_racing import ENVIRONMENT, LAX, Asked, corpus, judged, noisy
from tests.meta.runs import SPEECH

ROBUST = {"robustness": {"conditions": ("gain -6 dB",)}}


def candidate(name: str, status: Any = "candidate", **requirements: Any) -> Candidate:
    from sertify.candidates.requirements import Requirements

    asked = Requirements.model_validate(ROBUST | requirements)
    return Candidate(name, name, status=status, requirements=asked)


A, B = candidate("a"), candidate("b")
PASSED = {"robustness": Outcome.PASS}


@pytest.fixture
def store(tmp_path: Path) -> EvidenceStore:
    return EvidenceStore(tmp_path / "evidence.sqlite")


def contest(store: EvidenceStore, speech: Corpus, *, margin: float = 0.02) -> Contest:
    suite = Suite((A, B), preferences=Preferences(margin=margin))
    return Contest(suite, store, ENVIRONMENT, speech)


def stopped(
    what: Contest, one: Candidate = B, recall: float = 0.6, seen: dict[str, str] | None = None
) -> NotReached | None:
    try:
        require_chance(one, "c1", Asked(recall, seed=1)(what.corpus), seen or {}, what)
    except NotReached as error:
        return error
    return None


def test_who_is_behind_by_more_than_can_be_made_up_for_is_not_asked(store: EvidenceStore) -> None:
    what = contest(store, corpus())
    judged(what, A, Asked(0.9), outcomes=PASSED)
    error = stopped(what)
    assert error is not None
    assert error.reason.code == "behind"
    assert error.message.startswith("behind a: UAR 0.")
    assert error.message.endswith(
        "and all other aims could make up for 0.14 at most, so it is not heard in other conditions"
    )
    facts = error.details["race"]
    assert (facts["leader"], facts["clips"], facts["share"]) == ("a", 480, 1.0)
    assert facts["uar"] == pytest.approx(0.6, abs=0.06)


def test_who_could_make_up_for_it_is_asked(store: EvidenceStore) -> None:
    what = contest(store, corpus())
    judged(what, A, Asked(0.9), outcomes=PASSED)
    assert stopped(what, recall=0.82) is None
    assert stopped(contest(store, corpus(), margin=0.0), recall=0.82) is not None
    assert stopped(contest(store, corpus(), margin=0.2)) is None


@pytest.mark.parametrize(
    ("outcomes", "leads"),
    [
        ({"robustness": Outcome.PASS}, True),
        ({}, False),
        ({"robustness": Outcome.FAIL}, False),
        ({"robustness": Outcome.INCONCLUSIVE}, False),
        ({"robustness": Outcome.NOT_REACHED}, False),
        ({"robustness": Outcome.PASS, "speed": Outcome.FAIL}, False),
        ({"robustness": Outcome.PASS, "accuracy": Outcome.FAIL}, False),
    ],
    ids=str,
)
def test_only_who_has_passed_robustness_leads(
    store: EvidenceStore, outcomes: dict[str, Outcome], leads: bool
) -> None:
    what = contest(store, corpus())
    judged(what, A, Asked(0.9), outcomes=outcomes)
    assert (stopped(what) is not None) is leads


def test_baselines_and_who_was_asked_before_are_asked(store: EvidenceStore) -> None:
    what = contest(store, corpus())
    judged(what, A, Asked(0.9), outcomes=PASSED)
    assert stopped(what, candidate("b", "baseline")) is None
    assert stopped(what, candidate("b", "rejected")) is None
    assert stopped(what, seen={"calls": "its card says so"}) is None
    judged(what, B, Asked(0.6, seed=1), outcomes=PASSED)
    assert stopped(what) is None


@pytest.mark.slow(20)
class TestRuns:
    @pytest.fixture
    def call(self, tmp_path: Path) -> Callable[..., sertify.Results]:
        models = {
            name: noisy(tmp_path / name, scale, 1) for name, scale in (("best", 0), ("near", 2))
        }

        def call(*names: str, reports: str, **keys: Any) -> sertify.Results:
            self.asked = Counter[str]()
            path = tmp_path / f"{reports}.yaml"
            common = LAX | {"uar": {"min": 0.3, "confidence": 0.95}, "segments": [1]} | ROBUST
            content = {
                "requirements": common,
                "selection": {"margin": 0.001},
                "candidates": [{"name": name, "model": str(models[name])} for name in names],
            }
            YAML().dump(content, path)

            def told(name: str, what: str, done: float, total: float) -> None:
                if what == "disturbed clips" and done:
                    self.asked[name] = int(total)

            return sertify.qualify(
                path,
                data=SPEECH,
                limit=112,
                reports=tmp_path / reports,
                cache=tmp_path / "cache.sqlite",
                threads=1,
                progress=told,
                **keys,
            )

        return call

    @pytest.mark.parametrize("names", [("best", "near"), ("near", "best")])
    def test_the_same_one_is_selected_with_and_without(
        self, call: Callable[..., sertify.Results], names: tuple[str, ...]
    ) -> None:
        full = call(*names, reports="full")
        assert self.asked == {"best": 60, "near": 60}
        raced = call(*names, reports="raced", race=True)
        by_name = {one.name: one for one in raced.candidates}
        if names[0] == "best":
            assert self.asked == {"best": 60}
            assert (by_name["near"].verdict, by_name["near"].reason) == ("undecided", "behind")
            assert "Stopped early, being behind best: near." in raced.selection.sentence
        else:
            assert self.asked == {"best": 60, "near": 60}
        assert by_name["best"].gates["robustness"].outcome is Outcome.PASS
        assert full.selection.candidate == raced.selection.candidate == "best"

        again = call(*names, reports="raced")
        assert [one.verdict for one in again.candidates] == [one.verdict for one in full.candidates]
