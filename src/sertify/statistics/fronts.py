"""Which of several things no other beats in everything."""

from collections.abc import Sequence


def pareto_front(points: Sequence[tuple[float, ...]]) -> list[bool]:
    """Tell of each point whether no other is as high in each dimension and higher in one.

    >>> pareto_front([(0.5, 3), (0.7, 2), (0.6, 1), (0.5, 3)])
    [True, True, False, True]
    """
    return [not any(_beats(other, point) for other in points) for point in points]


def _beats(other: tuple[float, ...], point: tuple[float, ...]) -> bool:
    return other != point and all(theirs >= ours for theirs, ours in zip(other, point, strict=True))
