"""How well predictions meet the truth, and how varied they are.

``truth``, ``prediction`` and ``labels`` are as in :mod:`sertify.confusion`, from whose counts all
is computed that compares with the truth; so are the errors. A prediction outside the label set
counts as wrong. A ratio 0/0 is not a number, so its class is left out of dictionaries and means.
Metrics lie in 0..1 where nothing else is said, and have no unit. No clips are a ``ValueError``.
"""

from sertify.metrics.agreement import accuracy, cohen_kappa, macro_f1, precisions, recalls, uar
from sertify.metrics.calibration import brier_score, expected_calibration_error
from sertify.metrics.diversity import (
    effective_emotions,
    entropy,
    share_differences,
    shares,
    top_share,
)
from sertify.metrics.references import majority_reference, random_reference

__all__ = [
    "accuracy",
    "brier_score",
    "cohen_kappa",
    "effective_emotions",
    "entropy",
    "expected_calibration_error",
    "macro_f1",
    "majority_reference",
    "precisions",
    "random_reference",
    "recalls",
    "share_differences",
    "shares",
    "top_share",
    "uar",
]
