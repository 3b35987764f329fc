"""Without labels candidates are compared by agreement, and the sentence says what that is worth."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from sertify.candidates.entries import Preferences, Priorities
from sertify.candidates.reading import Candidate
from sertify.evidence.labelling import Labelling
from sertify.selection.consensus import Consensus, consensus
from sertify.selection.verdicts import GateResult, Standing, Verdict
from sertify.vocabulary.outcomes import ALWAYS, Outcome

EMOTIONS = ("anger", "happiness", "neutral", "sadness")
CAVEAT = "That says nothing about how often it is right: label some clips to find out."
AGREEMENT = Preferences(margin=0)


def said(name: str, predicted: Sequence[str], confidence: float = 0.5) -> Labelling:
    n = len(predicted)
    return Labelling(
        candidate=name,
        corpus="f00d",
        emotions=EMOTIONS,
        keys=tuple(f"{place}.wav" for place in range(n)),
        clips=tuple(f"{place}.wav" for place in range(n)),
        truth=(None,) * n,
        predicted=tuple(predicted),
        confidence=(confidence,) * n,
        speakers=(None,) * n,
        corpora=("calls",) * n,
        languages=("ko",) * n,
    )


def heard(name: str, noise: float, seed: int, confidence: float = 0.5) -> Labelling:
    """Return what is the same for all candidates but for a share of it."""
    rng = np.random.default_rng(seed)
    same = np.tile(EMOTIONS, 50)
    words = np.where(rng.random(200) < noise, rng.choice(EMOTIONS, 200), same)
    return said(name, words.tolist(), confidence)


OUTCOMES: dict[str, Outcome | None] = {
    "loadability": Outcome.PASS,
    "labels": Outcome.PASS,
    "degeneracy": Outcome.PASS,
    "accuracy": None,
    "speed": Outcome.PASS,
}


def one(
    name: str,
    standing: Standing = Standing.UNDECIDED,
    candidate: dict[str, Any] | None = None,
    **outcomes: Outcome | None,
) -> Verdict:
    """Return the verdict on a candidate that no labels have judged."""
    found = OUTCOMES | outcomes
    gates = {gate: GateResult(gate, found[gate], ()) for gate in ALWAYS}
    return Verdict(Candidate(name, f"org/{name}", **candidate or {}), standing, gates)


ANSWERS = {
    "a": heard("a", 0.1, 1, confidence=0.9),
    "b": heard("b", 0.2, 2, confidence=0.7),
    "c": heard("c", 0.9, 3, confidence=0.4),
}
THREE = [one(name) for name in ANSWERS]


def found(
    verdicts: Sequence[Verdict], answers: dict[str, Labelling], preferences: Preferences = AGREEMENT
) -> Consensus:
    result = consensus(verdicts, answers, preferences)
    assert result is not None
    return result


# ------------------------------------------------------------------ what it says


def test_the_one_that_the_others_agree_with_is_to_begin_with() -> None:
    result = found(THREE, ANSWERS)
    kappas = {
        frozenset((first, second)): cohen_kappa_score(
            ANSWERS[first].predicted, ANSWERS[second].predicted
        )
        for first, second in ("ab", "ac", "bc")
    }
    means = {
        name: np.mean([kappa for pair, kappa in kappas.items() if name in pair]) for name in "abc"
    }
    assert {name: aim.accuracy for name, aim in result.aims.items()} == pytest.approx(means)
    assert result.candidate == max(means, key=lambda name: means[name])
    assert result.totals == pytest.approx(means)
    assert result.confidence == pytest.approx({"a": 0.9, "b": 0.7, "c": 0.4})
    assert [(pair.first, pair.second) for pair in result.agreements] == [
        *map(tuple, ("ab", "ac", "bc"))
    ]


def test_the_sentence_says_that_there_is_no_ground_truth() -> None:
    result = found(THREE, ANSWERS)
    kappa = result.aims[result.candidate].accuracy
    assert result.sentence == (
        f"Without ground truth, start with {result.candidate}: of 3 candidates it is the best by"
        f" agreement with the others (mean kappa {kappa:.2f}) and diversity. {CAVEAT}"
    )


def test_one_candidate_agrees_with_nobody() -> None:
    result = found(THREE[:1], ANSWERS)
    assert result.sentence == (
        f"Without ground truth, start with a: no other candidate came as far. {CAVEAT}"
    )
    assert (result.aims["a"].accuracy, result.agreements) == (None, ())


def test_where_no_agreement_can_be_measured_the_other_aims_decide() -> None:
    constant = {name: said(name, ["anger"] * 9) for name in "ab"}
    languages = {"a": ("de",), "b": ("ko",)}
    verdicts = [one(name, candidate={"languages": own}) for name, own in languages.items()]
    result = found(verdicts, constant, Preferences())
    assert result.sentence == (
        "Without ground truth, start with b: it is the best by diversity and language; no"
        f" agreement could be measured. {CAVEAT}"
    )


def test_the_other_aims_count_as_much_as_they_are_worth_in_uar() -> None:
    usual = found(THREE, ANSWERS, Preferences())
    diversity = {name: aim.diversity for name, aim in usual.aims.items()}
    agreement = found(THREE, ANSWERS).totals
    assert usual.totals == pytest.approx(
        {name: agreement[name] + 0.01 * (diversity[name] or 0) for name in "abc"}
    )


def test_agreement_below_chance_counts_as_none() -> None:
    opposite = {
        "a": said("a", ["anger", "sadness"] * 20),
        "b": said("b", ["sadness", "anger"] * 20),
    }
    result = found([one("a"), one("b")], opposite)
    assert result.agreements[0].kappa == -1
    assert {name: aim.accuracy for name, aim in result.aims.items()} == {"a": 0, "b": 0}


def test_the_weights_of_the_user_decide() -> None:
    languages = {"a": ("de",), "b": ("de",), "c": ("ko",)}
    verdicts = [one(name, candidate={"languages": own}) for name, own in languages.items()]
    language = Preferences(weights=Priorities(speed=0, diversity=0, language=1), margin=0.5)
    assert found(verdicts, ANSWERS).candidate != "c"
    assert found(verdicts, ANSWERS, language).candidate == "c"


# ------------------------------------------------------------------ who takes part


@pytest.mark.parametrize(
    "excluded",
    [
        one("a", Standing.BASELINE, {"status": "baseline"}),
        one("a", candidate={"status": "rejected", "reasons": ("random_head",)}),
        one("a", Standing.REJECTED, loadability=Outcome.FAIL),
        one("a", Standing.REJECTED, labels=Outcome.FAIL),
        one("a", Standing.REJECTED, degeneracy=Outcome.FAIL),
        one("a", Standing.REJECTED, accuracy=Outcome.FAIL),
        one("a", Standing.REJECTED, speed=Outcome.FAIL),
        one("a", degeneracy=Outcome.BLOCKED),
        one("a", degeneracy=None),
        one("a", speed=Outcome.BLOCKED),
    ],
    ids=lambda verdict: f"{verdict.standing}-{verdict.candidate.status}",
)
def test_who_is_no_choice_has_no_say(excluded: Verdict) -> None:
    result = found([excluded, *THREE[1:]], ANSWERS)
    assert result.candidate in ("b", "c")
    assert [*result.aims] == ["b", "c"]
    assert [(pair.first, pair.second) for pair in result.agreements] == [("b", "c")]
    assert consensus([excluded], ANSWERS) is None


@pytest.mark.parametrize(
    "included",
    [
        one("a"),
        one("a", speed=None),
        one("a", Standing.QUALIFIED, accuracy=Outcome.PASS),
        one("a", accuracy=Outcome.INCONCLUSIVE),
    ],
    ids=["undecided", "not timed yet", "qualified", "inconclusive"],
)
def test_who_passed_what_can_be_judged_takes_part(included: Verdict) -> None:
    assert [*found([included, *THREE[1:]], ANSWERS).aims] == ["a", "b", "c"]


def test_without_answers_there_is_nothing_to_say() -> None:
    assert consensus(THREE, {}) is None
    assert consensus([], ANSWERS) is None
    assert [*found(THREE, {"c": ANSWERS["c"]}).aims] == ["c"]


def test_it_does_not_depend_on_the_order_of_candidates() -> None:
    first, again = found(THREE, ANSWERS), found(THREE[::-1], ANSWERS)
    assert again.candidate == first.candidate
    assert again.totals == pytest.approx(first.totals)


def test_labels_that_are_there_are_not_looked_at() -> None:
    right = {
        name: replace(answers, truth=ANSWERS["c"].predicted) for name, answers in ANSWERS.items()
    }
    assert found(THREE, right).candidate == found(THREE, ANSWERS).candidate
