"""What the outputs of a model are called, and whether these are emotions."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from sertify.candidates.reading import Candidate
from sertify.vocabulary.emotions import is_dimension, is_generic, refusal
from sertify.vocabulary.outcomes import Bound, Judgement, Measurement, Outcome, judge
from sertify.vocabulary.text import did_you_mean, fold, listed


def judge_named_labels(labels: Sequence[str]) -> Judgement:
    """Reject outputs that are called LABEL_0, LABEL_1 and so on."""
    generic = [label for label in labels if is_generic(label)]
    measured = Measurement("unnamed_labels", len(generic), "labels")
    if not generic and labels:
        return Judgement(Outcome.PASS, (measured,))
    message = f"the labels are {listed(labels)}, but should be names"
    return Judgement(Outcome.FAIL, (measured,), "no_labels", message)


def judge_distinct_labels(labels: Sequence[str]) -> Judgement:
    """Reject labels of which two are the same but for case and blanks."""
    numbers = Counter(label.strip().casefold() for label in labels)
    twice = sorted(label for label, number in numbers.items() if number > 1)
    measured = Measurement("duplicate_labels", len(twice), "labels")
    if not twice:
        return Judgement(Outcome.PASS, (measured,))
    message = f"more than one output is called {listed(twice)}, but labels should be distinct"
    return Judgement(Outcome.FAIL, (measured,), "duplicate_labels", message)


def judge_dimensions(labels: Sequence[str], problem_type: str | None) -> Judgement:
    """Reject a model that outputs dimensions of emotion rather than classes."""
    dimensions = [label for label in labels if is_dimension(label)]
    measured = Measurement("dimensional_labels", len(dimensions), "labels")
    if not dimensions and problem_type != "regression":
        return Judgement(Outcome.PASS, (measured,))
    trained = f" (problem_type {problem_type})" if problem_type else ""
    message = f"the labels are {listed(labels)}{trained}, but should be emotions"
    return Judgement(Outcome.FAIL, (measured,), "dimensional", message)


def judge_emotions(labels: Sequence[str], candidate: Candidate) -> Judgement:
    """Reject labels that neither the taxonomy nor the candidate's ``emotions:`` knows."""
    named = [label for label in labels if not is_generic(label) and not is_dimension(label)]
    unknown = [label for label in named if candidate.emotion_of(label) is None]
    measured = Measurement("unknown_labels", len(unknown), "labels")
    if not unknown:
        return Judgement(Outcome.PASS, (measured,), details=_strangers(labels, candidate))
    several = len(unknown) > 1
    subject = f"labels {listed(unknown)} are" if several else f"label {listed(unknown)} is"
    message = f"{subject} not known as an emotion, but each label should be"
    message += "".join(f"; {why}" for label in unknown[:3] if (why := refusal(label)))
    return Judgement(Outcome.FAIL, (measured,), "unknown_labels", message)


def _strangers(labels: Sequence[str], candidate: Candidate) -> dict[str, str]:
    """Tell of what `emotions:` says of labels that there are none of."""
    there = {*map(fold, labels)}
    strange = [name for name in candidate.emotions if fold(name) not in there]
    if not strange:
        return {}
    near = did_you_mean(strange[0], labels)
    told = f"`emotions:` has {listed(strange)}, but no label is called that{near}"
    return {"remark": told if told.endswith("?") else f"{told}."}


def judge_label_count(labels: Sequence[str], least: int) -> Judgement:
    """Reject a model with fewer labels than required."""
    measured = Measurement("labels", len(set(labels)), "labels")
    judgement = judge(measured, Bound(min=least), "too_few_labels")
    return replace(judgement, details={"labels": list(labels)})
