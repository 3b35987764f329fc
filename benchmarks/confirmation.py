"""How often held-out speakers turn a run red: for models that are good, and for others.

    python -m benchmarks.confirmation --pools 1000 --seed 0

Each pool is a corpus of `simulation.py`, of which some speakers are held out. A model whose UAR on
the others meets the requirement is judged once more on those. To be caught, it is another model
there: the one that is chosen scores 0.6, what the speakers who are held out hear less. Before, what
was INCONCLUSIVE was red as well.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.simulation import (
    SETTINGS,
    THRESHOLD,
    Corpus,
    Setting,
    corpora,
    print_rows,
    true_uars,
)
from sertify.candidates.requirements import Requirements
from sertify.gates.accuracy import Score
from sertify.gates.confirming import Basis, judge_confirmation, power
from sertify.gates.parts import Part
from sertify.statistics.intervals import wilson
from sertify.statistics.jackknife import uar_estimate
from sertify.vocabulary.outcomes import Measurement, Outcome

__all__ = ["Told", "told"]

REQUIREMENTS = Requirements()
"""The defaults: UAR of at least 0.4, with 95 % confidence."""
UARS = (0.60, 0.50, 0.30, 0.20)
SPEAKERS, SHARES = (10, 24), (0.2, 0.3, 0.5)


@dataclass(frozen=True)
class Told:
    """What was found of a model in how many of the pools in which it was chosen."""

    chosen: int
    outcomes: Counter[Outcome]
    powers: float

    def share(self, *outcomes: Outcome) -> str:
        """Return how many were found to be one of these, in percent."""
        number = sum(self.outcomes[outcome] for outcome in outcomes)
        ends = wilson(number, self.chosen)
        return f"{100 * number / self.chosen:.1f} [{100 * ends.low:.1f}, {100 * ends.high:.1f}]"


def told(speakers: int, share: float, after: str, pools: int, seed: int) -> Told:
    """Choose the best model by the speakers who are kept, and confirm what it is ``after``."""
    setting = replace(SETTINGS[0], name="held out", speakers=speakers, uars=UARS)
    held = min(max(round(share * speakers), 1), speakers - 1)
    outcomes: Counter[Outcome] = Counter()
    powers: list[float] = []
    for corpus in corpora(setting, true_uars(setting), pools, seed):
        first = _uar(corpus, "best", np.array(corpus.speakers) >= held)
        if (first.low or 0) >= THRESHOLD:
            basis = Basis(first)
            powers.append(power(REQUIREMENTS, basis, held, 0) or 0.0)
            scored = _score(_uar(corpus, after, np.array(corpus.speakers) < held), setting)
            outcomes[judge_confirmation(scored, REQUIREMENTS, basis).outcome] += 1
    return Told(len(powers), outcomes, float(np.mean(powers)))


def _uar(corpus: Corpus, name: str, which: NDArray[np.bool_]) -> Measurement:
    truth = np.unique(corpus.truth, return_inverse=True)[1]
    right = np.array(corpus.truth) == np.array(corpus.predictions[name])
    speakers = np.array(corpus.speakers)[which]
    value, interval = uar_estimate(truth[which], right[which], speakers)
    ends = (interval.low, interval.high)
    return Measurement("uar", value, "1", *ends, len(speakers), len({*speakers}))


def _score(uar: Measurement, setting: Setting) -> Score:
    given: dict[str, Any] = {one.name: uar for one in fields(Score) if one.type is Measurement}
    given |= {name: Measurement(name, 1.0) for name in ("coverage", "coverage_emotions")}
    return Score(Part(), **given, recalls=(), precisions=(), chance=1 / setting.classes)


MODELS = {"best": "still 0.60", "near": "now 0.50", "middle": "now 0.30", "threshold": "now 0.20"}


def _rows(pools: int, seed: int) -> Iterator[str]:
    head = ("speakers", "held out", "model", "red before", "red now", "confirmed", "power told")
    yield f"| {' | '.join(head)} |\n{'|---' * len(head)}|\n"
    for speakers in SPEAKERS:
        for share in SHARES:
            for after, name in MODELS.items():
                found = told(speakers, share, after, pools, seed)
                red = found.share(Outcome.FAIL, Outcome.INCONCLUSIVE), found.share(Outcome.FAIL)
                rest = (found.share(Outcome.PASS), f"{100 * found.powers:.0f}")
                yield f"| {' | '.join([str(speakers), f'{share:g}', name, *red, *rest])} |\n"


if __name__ == "__main__":
    print_rows(_rows, __doc__, 1000)
