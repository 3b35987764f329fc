"""The metrics agree with scikit-learn and audmetric, and say what they do where those differ."""

import itertools
import math
from collections.abc import Callable, Iterator
from random import Random

import audmetric
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn import metrics as sklearn_metrics

from sertify.statistics import agreement, calibration, confusion, diversity, references

EMOTIONS = ("anger", "disgust", "fear", "joy", "neutral", "sadness")
COMPARISONS = (agreement.accuracy, agreement.uar, agreement.macro_f1)
Case = tuple[list[str], list[str]]

emotions = st.sampled_from(EMOTIONS)
cases = st.lists(st.tuples(emotions, emotions), min_size=1, max_size=60).map(
    lambda pairs: ([t for t, _ in pairs], [p for _, p in pairs])
)
answers = st.lists(emotions, min_size=1, max_size=60)


def generated(n_cases: int = 2000) -> Iterator[Case]:
    """Yield cases of 1 to 40 clips whose truth and prediction each know only some emotions."""
    rng = np.random.default_rng(0)
    for _ in range(n_cases):
        n_clips = rng.integers(1, 41)
        known = [rng.choice(EMOTIONS, rng.integers(1, 7), replace=False) for _ in range(2)]
        truth, guess = (rng.choice(some, n_clips) for some in known)
        yield truth.tolist(), np.where(rng.random(n_clips) < 0.4, truth, guess).tolist()


def defined(values: list[float]) -> dict[str, float]:
    """Name the values of the emotions, without those that are not a number."""
    return {e: v for e, v in zip(EMOTIONS, values, strict=True) if not math.isnan(v)}


SOME = 4  # every fourth is enough where scikit-learn takes milliseconds for each


@pytest.fixture(scope="module")
def many() -> list[Case]:
    """Return two thousand cases, single clips and missing classes among them."""
    return list(generated())


def test_equal_scikit_learn(many: list[Case]) -> None:
    for case, labels in zip(
        many[::SOME], itertools.cycle([None, EMOTIONS, EMOTIONS[::-1]]), strict=False
    ):
        options = {"labels": labels or sorted(set(case[0])), "zero_division": np.nan}
        ours = [metric(*case, labels) for metric in COMPARISONS]
        assert ours == pytest.approx(
            [
                sklearn_metrics.accuracy_score(*case),
                sklearn_metrics.recall_score(*case, average="macro", **options),
                sklearn_metrics.f1_score(*case, average="macro", **options),
            ]
        )


def test_per_class_values_equal_scikit_learn(many: list[Case]) -> None:
    for case in many[::SOME]:
        precisions, recalls, *_ = sklearn_metrics.precision_recall_fscore_support(
            *case, labels=EMOTIONS, average=None, zero_division=np.nan
        )
        assert agreement.precisions(*case, EMOTIONS) == pytest.approx(defined(precisions))
        assert agreement.recalls(*case, EMOTIONS) == pytest.approx(defined(recalls))


def test_confusion_equals_scikit_learn(many: list[Case]) -> None:
    for truth, prediction in many[::SOME]:
        scored = sorted(set(truth))
        heard = [label if label in scored else "~other" for label in prediction]
        theirs = sklearn_metrics.confusion_matrix(truth, heard, labels=[*scored, "~other"])
        np.testing.assert_array_equal(confusion.confusion(truth, prediction), theirs[:-1])


def test_equal_audmetric_where_every_label_is_true(many: list[Case]) -> None:
    complete = [case for case in many if set(case[1]) <= set(case[0])]
    assert len(complete) > 500
    for case in complete:
        theirs = (
            audmetric.accuracy(*case),
            audmetric.unweighted_average_recall(*case),
            audmetric.unweighted_average_fscore(*case),
        )
        assert [metric(*case) for metric in COMPARISONS] == pytest.approx(theirs)
        assert agreement.recalls(*case) == pytest.approx(audmetric.recall_per_class(*case))


@given(cases)
def test_lie_between_0_and_1(case: Case) -> None:
    assert all(0 <= metric(*case) <= 1 for metric in COMPARISONS)


@given(cases)
def test_are_1_for_the_truth_itself(case: Case) -> None:
    assert [metric(case[0], case[0]) for metric in COMPARISONS] == [1, 1, 1]


@given(cases, st.randoms(use_true_random=False))
def test_do_not_depend_on_the_order_of_clips(case: Case, random: Random) -> None:
    pairs = list(zip(*case, strict=True))
    random.shuffle(pairs)
    shuffled = [t for t, _ in pairs], [p for _, p in pairs]
    for metric in (*COMPARISONS, agreement.recalls, agreement.precisions):
        assert metric(*shuffled) == metric(*case)


@given(cases, st.permutations(EMOTIONS))
def test_do_not_depend_on_the_order_of_labels(case: Case, labels: list[str]) -> None:
    for metric in COMPARISONS:
        assert metric(*case, labels) == pytest.approx(metric(*case, EMOTIONS))


@given(cases)
def test_a_prediction_outside_the_label_set_is_wrong(case: Case) -> None:
    truth, prediction = case
    foreign = ["calm" if t != p else p for t, p in zip(truth, prediction, strict=True)]
    assert agreement.accuracy(truth, foreign) == agreement.accuracy(truth, prediction)
    assert agreement.uar(truth, foreign) == agreement.uar(truth, prediction)
    assert confusion.confusion(truth, foreign)[:, -1].sum() == foreign.count("calm")


def test_a_label_that_is_predicted_but_never_true_lowers_macro_f1_only() -> None:
    truth, prediction, labels = ["anger", "joy"], ["anger", "fear"], ["anger", "fear", "joy"]
    assert agreement.uar(truth, prediction, labels) == agreement.uar(truth, prediction) == 1 / 2
    assert agreement.macro_f1(truth, prediction, labels) == pytest.approx(1 / 3)
    assert agreement.macro_f1(truth, prediction) == 1 / 2


@given(st.lists(cases, min_size=1, max_size=5))
def test_a_stack_of_counts_gives_the_values_of_its_matrices(stack: list[Case]) -> None:
    counts = np.stack([confusion.confusion(*case, EMOTIONS) for case in stack])
    for metric in COMPARISONS:
        values = confusion.from_counts(metric.__name__, counts, EMOTIONS)
        assert values.tolist() == [metric(*case, EMOTIONS) for case in stack]
    for label in EMOTIONS:
        values = confusion.from_counts(f"recall:{label}", counts, EMOTIONS)
        expected = [agreement.recalls(*case, EMOTIONS).get(label, math.nan) for case in stack]
        np.testing.assert_array_equal(values, expected)


@given(answers)
def test_shares_sum_to_1_with_the_most_frequent_first(prediction: list[str]) -> None:
    shares = diversity.shares(prediction)
    assert sum(shares.values()) == pytest.approx(1)
    assert list(shares.values()) == sorted(shares.values(), reverse=True)
    assert diversity.top_share(prediction) == shares[next(iter(shares))]


def test_shares_break_ties_by_name() -> None:
    assert list(diversity.shares(["joy", "fear", "joy", "fear", "anger"])) == [
        "fear",
        "joy",
        "anger",
    ]


@given(answers)
def test_diversity_lies_between_one_label_and_all(prediction: list[str]) -> None:
    distinct = len(set(prediction))
    assert 0 <= diversity.entropy(prediction, len(EMOTIONS)) <= 1
    assert 1 <= diversity.effective_emotions(prediction) <= distinct + 1e-9


@given(st.integers(1, 6), st.integers(1, 9))
def test_diversity_of_equally_frequent_labels_counts_them(n_labels: int, clips: int) -> None:
    prediction = list(EMOTIONS[:n_labels]) * clips
    assert diversity.effective_emotions(prediction) == pytest.approx(n_labels)
    assert diversity.entropy(prediction, n_labels) == pytest.approx(float(n_labels > 1))


@given(answers)
def test_entropy_equals_the_logarithm_of_effective_emotions(prediction: list[str]) -> None:
    hill = diversity.effective_emotions(prediction)
    assert diversity.entropy(prediction, 6) == pytest.approx(
        math.log(hill) / math.log(6), abs=1e-12
    )


@given(answers)
def test_majority_reference_scores_the_constant_answer(truth: list[str]) -> None:
    constant = [references.majority_reference(truth)[name] for name in ("accuracy", "uar")]
    assert constant == pytest.approx([diversity.top_share(truth), 1 / len(set(truth))])


@pytest.mark.parametrize(
    "truth", [["joy"], ["joy", "fear"], ["joy", "joy", "fear"], list("aabbbc"), list("aabbcd")]
)
def test_random_reference_is_the_mean_over_all_possible_guesses(truth: list[str]) -> None:
    guesses = list(itertools.product(sorted(set(truth)), repeat=len(truth)))
    reference = references.random_reference(truth)
    for metric in COMPARISONS:
        mean = np.mean([metric(truth, guess) for guess in guesses])
        assert reference[metric.__name__] == pytest.approx(mean)


def test_random_reference_of_many_clips_is_finite() -> None:
    reference = references.random_reference(list("abcd") * 2500)
    assert reference == pytest.approx({"accuracy": 0.25, "uar": 0.25, "macro_f1": 0.25}, abs=1e-4)


@pytest.mark.parametrize("metric", [*COMPARISONS, confusion.confusion, agreement.recalls])
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([], []), "no clips: a metric needs at least one"),
        ((["joy", "fear"], ["joy"]), "2 true labels, but 1 predictions"),
        ((["joy", "fear"], ["joy"] * 2, ["joy"]), "true labels outside the label set: fear"),
        ((["joy"], ["joy"], ["joy", "joy"]), "the label set names a label twice: joy, joy"),
    ],
)
def test_say_what_is_wrong_with_their_arguments(
    metric: Callable[..., object], arguments: tuple[list[str], ...], message: str
) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        metric(*arguments)


@pytest.mark.parametrize(
    "describe",
    [
        diversity.shares,
        diversity.top_share,
        diversity.effective_emotions,
        references.majority_reference,
        references.random_reference,
        lambda none: diversity.entropy(none, 4),
    ],
)
def test_no_clips_have_no_value(describe: Callable[[list[str]], object]) -> None:
    with pytest.raises(ValueError, match="no clips"):
        describe([])


@given(answers)
def test_entropy_rejects_more_labels_than_the_model_has(prediction: list[str]) -> None:
    assume((distinct := len(set(prediction))) > 1)
    with pytest.raises(ValueError, match=f"{distinct} labels predicted, but the model has 1"):
        diversity.entropy(prediction, 1)


def test_an_unknown_metric_is_named_with_the_known_ones() -> None:
    known = "accuracy, uar, macro_f1, kappa, recall:joy"
    with pytest.raises(ValueError, match=f"^metric 'f1', but should be one of {known}$"):
        confusion.from_counts("f1", np.ones((1, 2), dtype=np.int64), ["joy"])


def test_kappa_equals_scikit_learn(many: list[Case]) -> None:
    differing = [case for case in many[::4] if len({*case[0], *case[1]}) > 1]
    assert len(differing) > 400
    for case in differing:
        theirs = sklearn_metrics.cohen_kappa_score(*case)
        assert agreement.cohen_kappa(*case) == pytest.approx(theirs, abs=1e-12)
        assert agreement.cohen_kappa(*case[::-1]) == pytest.approx(theirs, abs=1e-12)


@given(answers)
def test_kappa_of_one_model_with_itself_is_1(answered: list[str]) -> None:
    kappa = agreement.cohen_kappa(answered, answered)
    assert kappa == 1 if len(set(answered)) > 1 else math.isnan(kappa)


def confidences(n_cases: int = 1000) -> Iterator[tuple[list[float], list[bool], int]]:
    """Yield confidences, some of them 0, 1 or on the edge of a bin, and whether each was right."""
    rng = np.random.default_rng(0)
    for _ in range(n_cases):
        n, bins = rng.integers(1, 60), int(rng.choice([1, 2, 4, 8, 15]))
        sure = np.where(rng.random(n) < 0.3, rng.integers(0, 5, n) / 4, rng.random(n))
        yield sure.tolist(), (rng.random(n) < 0.6).tolist(), bins


def spelt_out(sure: list[float], right: list[bool], bins: int) -> float:
    """Return the expected calibration error, bin by bin as Guo et al. write it."""
    error = 0.0
    for m in range(bins):
        low, high = m / bins, (m + 1) / bins
        held = [i for i, p in enumerate(sure) if low < p <= high or (m == 0 and p == 0)]
        if held:
            accuracy = sum(right[i] for i in held) / len(held)
            confidence = sum(sure[i] for i in held) / len(held)
            error += len(held) / len(sure) * abs(accuracy - confidence)
    return error


def test_the_calibration_error_is_that_of_the_paper() -> None:
    for sure, right, bins in confidences():
        ours = calibration.expected_calibration_error(sure, right, bins)
        assert ours == pytest.approx(spelt_out(sure, right, bins), abs=1e-12)


def test_a_calibrated_model_has_nearly_no_calibration_error() -> None:
    rng = np.random.default_rng(0)
    sure = rng.random(100_000)
    right = rng.random(100_000) < sure
    assert calibration.expected_calibration_error(sure.tolist(), right.tolist()) < 0.01
    squared = (sure**2).tolist()
    assert calibration.expected_calibration_error(squared, right.tolist()) == pytest.approx(
        1 / 2 - 1 / 3, abs=0.01
    )


def probabilities(n: int, seed: int) -> tuple[list[str], NDArray[np.float64]]:
    rng = np.random.default_rng(seed)
    return rng.choice(EMOTIONS, n).tolist(), rng.dirichlet(np.ones(len(EMOTIONS)), n)


@pytest.mark.parametrize("seed", range(50))
def test_the_brier_score_is_the_sum_of_those_of_the_classes(seed: int) -> None:
    truth, given_probabilities = probabilities(1 + seed, seed)
    columns = zip(EMOTIONS, given_probabilities.T, strict=True)
    theirs = sum(np.mean((column - np.equal(truth, label)) ** 2) for label, column in columns)
    ours = calibration.brier_score(truth, given_probabilities, EMOTIONS)
    assert ours == pytest.approx(theirs)
    assert 0 <= ours <= 2
    if set(truth) == set(EMOTIONS):
        sklearn = sklearn_metrics.brier_score_loss(
            truth, given_probabilities, labels=EMOTIONS, scale_by_half=False
        )
        assert ours == pytest.approx(sklearn)


def test_the_brier_score_reaches_its_ends() -> None:
    certain = np.array([[1.0, 0.0], [1.0, 0.0]])
    assert calibration.brier_score(["joy", "joy"], certain, ["joy", "fear"]) == 0
    assert calibration.brier_score(["fear", "fear"], certain, ["joy", "fear"]) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([], []), "no clips"),
        (([0.5, 0.5], [True]), "2 confidences, but 1 predictions"),
        (([1.5], [True]), "confidences should lie within 0..1; give probabilities, not logits"),
        (([math.nan], [True]), "confidences should lie within 0..1"),
        (([0.5], [True], 0), "bins=0, but should be at least 1"),
    ],
)
def test_calibration_says_what_is_wrong(
    arguments: tuple[list[float], list[bool]], message: str
) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        calibration.expected_calibration_error(*arguments)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([[0.5, 0.5]], r"probabilities of shape \(1, 2\), but should be \(2, 2\)"),
        ([[1.2, 0.6], [0.5, 0.5]], r"probabilities should lie within 0\.\.1"),
        ([[0.5, -0.5], [0.5, 0.5]], r"probabilities should lie within 0\.\.1"),
        ([[math.nan, 0.5], [0.5, 0.5]], r"probabilities should lie within 0\.\.1"),
    ],
)
def test_the_brier_score_says_what_is_wrong(rows: list[list[float]], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        calibration.brier_score(["joy", "fear"], np.array(rows), ["joy", "fear"])
