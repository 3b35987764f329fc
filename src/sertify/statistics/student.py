"""Quantiles: of the normal distribution, and of Student's t."""

from statistics import NormalDist

__all__ = ["normal_quantile", "t_quantile", "t_tail"]


def normal_quantile(confidence: float) -> float:
    """Return the two-sided normal quantile, 1.96 for 0.95."""
    _check(confidence)
    return NormalDist().inv_cdf((1 + confidence) / 2)


def t_quantile(confidence: float, freedom: float) -> float:
    """Return the two-sided quantile of Student's t, 2.26 for 0.95 and 9 degrees of freedom."""
    from scipy.special import stdtrit  # half a second, which collecting tests needn't wait for

    _check(confidence)
    return float(stdtrit(freedom, (1 + confidence) / 2))


def t_tail(t: float, freedom: float) -> float:
    """Return the two-sided p-value of a t statistic."""
    from scipy.special import stdtr  # as above

    return 2 * float(stdtr(freedom, -abs(t)))


def _check(confidence: float) -> None:
    if not 0 < confidence < 1:
        raise ValueError(f"confidence={confidence}, but should lie between 0 and 1")
