"""How sure an estimate is: confidence intervals, comparisons, and how much data would settle them.

Clips of one speaker resemble each other, so a thousand clips of ten speakers tell little more
about new speakers than ten speakers do. What is said here of new speakers resamples speakers.
The formulas, their sources and what simulation says of them are in ``docs/statistics.md``.
"""

from sertify.planning import factor_to_settle
from sertify.statistics.bootstrapping import bootstrap, kappa_interval
from sertify.statistics.comparisons import Difference, compare, tied, uar_intervals
from sertify.statistics.intervals import Interval, random_range, wilson
from sertify.statistics.replicates import Replicates, combine, paired

__all__ = [
    "Difference",
    "Interval",
    "Replicates",
    "bootstrap",
    "combine",
    "compare",
    "factor_to_settle",
    "kappa_interval",
    "paired",
    "random_range",
    "tied",
    "uar_intervals",
    "wilson",
]
