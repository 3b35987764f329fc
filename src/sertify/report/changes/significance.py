"""Whether a number that differs between two runs differs by more than noise."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sertify.report.results.model.candidate import CandidateResult, CheckResult
from sertify.report.results.model.fields import Measured
from sertify.report.results.model.results import Noise
from sertify.statistics.comparisons import holm

WITH_INTERVAL = ("uar", "uar_own", "accuracy", "macro_f1")
"""Numbers with an interval; the others follow from the clips or from the files."""

LOST = "drop:"
"""What begins the name of the UAR that is lost in a condition."""

COMPARED = (*WITH_INTERVAL, "coverage", "parameters", "size_on_disk", "segment_time")
"""The numbers that are compared."""

_QUANTILE = 1.96
_LEVEL = 0.05
# Runs on the same hardware differ by what stays the same within each, and is on no record: where
# memory lies, how warm the processor is, who shares the machine.
_BETWEEN_RUNS = 0.2


@dataclass(frozen=True)
class Pair:
    """A candidate in both runs, and whether these had the same speech, versions and machine."""

    before: CandidateResult
    after: CandidateResult
    speech: bool
    versions: bool
    machine: bool

    @property
    def same(self) -> bool:
        """Whether its answers should be the same to the last digit."""
        keys = ("model", "commit", "loader", "labels")
        alike = all(getattr(self.before, key) == getattr(self.after, key) for key in keys)
        told = alike and self.before.commit is not None
        # Other kernels and other threads add up in another order, which may tip a clip.
        return told and self.speech and self.versions and self.machine

    @property
    def emotions(self) -> bool:
        """Whether UAR was over the same emotions."""
        before, after = (
            [part.frame for part in run.parts[:1]] for run in (self.before, self.after)
        )
        return before == after

    def values(self, name: str) -> tuple[float, float] | None:
        """Return a number of both runs, where both have measured it."""
        before, after = (None if one is None else one.value for one in self.numbers(name))
        return None if before is None or after is None else (before, after)

    def numbers(self, name: str) -> tuple[Measured | None, Measured | None]:
        """Return a number of both runs with its interval."""
        return _numbers(self.before).get(name), _numbers(self.after).get(name)

    @property
    def drops(self) -> tuple[str, ...]:
        """The names of what both lose in other conditions."""
        before, after = ({*_drops(run)} for run in (self.before, self.after))
        return tuple(name for name in _drops(self.after) if name in before & after)

    def differs(self, name: str) -> bool:
        """Whether both runs have measured a number, and not the same."""
        values = self.values(name)
        return values is not None and not math.isclose(*values, rel_tol=1e-9)


def clear(pairs: Sequence[Pair]) -> set[tuple[str, str]]:
    """Return the estimates, by candidate and name, that surely differ on the same speech.

    A z-test on the standard errors of both intervals, each (high - low) / 2 / 1.96, at 95 %,
    corrected after Holm for all estimates of the candidates in which something has changed that
    their answers depend on; what is lost in other conditions is corrected by itself. It takes the
    runs for independent. On the same clips they are not, so it is conservative: a difference that
    a paired test would find may go unnoticed.
    """
    compared = [pair for pair in pairs if pair.speech and not pair.same]
    return {
        estimate
        for names in (lambda _: WITH_INTERVAL, lambda pair: pair.drops)
        for estimate in _clear(compared, names)
    }


def _clear(
    pairs: Sequence[Pair], names: Callable[[Pair], Sequence[str]]
) -> Iterator[tuple[str, str]]:
    ps = {
        (pair.after.name, name): p
        for pair in pairs
        for name in names(pair)
        if (pair.emotions or not _over_those_that_count(name)) and (p := _p(pair, name)) is not None
    }
    corrected = zip(ps, holm([*ps.values()]), strict=True)
    yield from (estimate for estimate, p in corrected if p < _LEVEL)


def _over_those_that_count(name: str) -> bool:
    return name == "uar" or name.startswith(LOST)


def _numbers(candidate: CandidateResult) -> dict[str, Measured]:
    return candidate.numbers | _drops(candidate)


def _drops(candidate: CandidateResult) -> dict[str, Measured]:
    return {
        f"{LOST}{one.condition}": Measured(name="drop", **one.drop.model_dump())
        for one in candidate.robustness
        if one.drop
    }


def noise(pair: Pair, name: str, clear: bool) -> tuple[Noise, str]:
    """Tell whether a difference is more than noise, and why that is unknown or cannot be.

    ``clear`` is whether an estimate is among the clear ones. Coverage follows from the clips, and
    parameters and size from the files: there, any difference is more than noise.
    """
    if name == "segment_time":
        return _noise_of_time(pair)
    if name in ("parameters", "size_on_disk"):
        return "more", ""
    if not pair.speech:
        return "unknown", "the speech changed"
    if _over_those_that_count(name) and not pair.emotions:
        return "unknown", "the emotions that count changed"
    if pair.same:
        return "more", (
            "a contradiction: commit, speech and versions are the same, so it should be the same"
            " to the last digit, unless its entry in candidates.yaml changed"
        )
    if name == "coverage" or clear:
        return "more", ""
    return ("within", "") if _p(pair, name) is not None else ("unknown", "it has no interval")


def _p(pair: Pair, name: str) -> float | None:
    """Return the two-sided p-value of no difference; None where an interval is not known."""
    values = pair.values(name)
    errors = [_error(number) for number in pair.numbers(name)]
    error = math.hypot(*(each or 0.0 for each in errors))
    if values is None or None in errors or error == 0:
        return None
    return math.erfc(abs(values[0] - values[1]) / error / math.sqrt(2))


def _error(number: Measured | None) -> float | None:
    """Return the standard error, as if the interval were that of a normal distribution."""
    if number is None or number.low is None or number.high is None:
        return None
    return (number.high - number.low) / 2 / _QUANTILE


def _noise_of_time(pair: Pair) -> tuple[Noise, str]:
    """Compare the median of the slower run with the 90th percentile of the faster.

    Where that was not recorded, with the 95th, or as there were too few rounds for either, with
    the slowest. A difference below 20 % is never more than noise.
    """
    if not pair.machine:
        return "unknown", "the hardware or its threads changed"
    before, after = _timed(pair.before), _timed(pair.after)
    if before is None or after is None:
        return "unknown", "its spread was not recorded"
    if before.value("segment") != after.value("segment"):
        return "unknown", "the length of the audio changed"
    disturbed = before.details.get("noise") or after.details.get("noise")
    if disturbed:
        return "unknown", f"the machine had other work: {disturbed}"
    faster, slower = sorted((before, after), key=_median)
    edges = (faster.value(f"time_{name}") for name in ("p90", "p95", "max"))
    edge = next(filter(None, edges), None)
    if edge is None:
        return "unknown", "its spread was not recorded"
    beyond = _median(slower) > max(edge, _median(faster) * (1 + _BETWEEN_RUNS))
    return ("more" if beyond else "within"), ""


def _timed(candidate: CandidateResult) -> CheckResult | None:
    """Return the check of speed that the time per segment is from."""
    time = candidate.value("segment_time")
    checks = candidate.checks("speed") if time is not None else ()
    return next((check for check in checks if check.value("time_p50") == time), None)


def _median(check: CheckResult) -> float:
    return check.value("time_p50") or 0.0
