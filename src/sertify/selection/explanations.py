"""Why a candidate was chosen: in sentences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sertify.candidates.entries import Preferences
from sertify.evidence.labelling import Labelling
from sertify.selection.aims import AIMS, POINTS, Aims, seconds_for_a_second, weights_of
from sertify.selection.comparison import Comparison, obstacles
from sertify.selection.others import Shared, better_on_fewer, still_higher
from sertify.selection.variants import beside_variants
from sertify.selection.verdicts import Standing, Verdict, ahead_of, timed_beside_others
from sertify.statistics.comparisons import Difference
from sertify.vocabulary.text import listed


@dataclass(frozen=True)
class Choice:
    """Whom the highest value has, and what it was found by; ``wanted`` are the emotions needed."""

    chosen: str
    qualified: Sequence[Verdict]
    comparison: Comparison | None
    aims: Mapping[str, Aims]
    labellings: Mapping[str, Labelling]
    preferences: Preferences
    wanted: Sequence[str] | None = None
    shared: Sequence[Shared] = ()

    @property
    def others(self) -> list[str]:
        """The other qualified candidates."""
        names = (verdict.candidate.name for verdict in self.qualified)
        return [name for name in names if name != self.chosen]


def why_chosen(choice: Choice, verdicts: Sequence[Verdict]) -> str:
    """Say what to use and why, and what the reader should know of the others."""
    return "".join(
        (
            _verdict(choice),
            _not_compared(choice),
            busy_machine(choice.qualified),
            beside_variants(choice.chosen, verdicts, choice.labellings),
            still_open(verdicts),
            still_higher(choice.chosen, verdicts, choice.labellings, choice.wanted),
            better_on_fewer(choice.shared),
        )
    )


def _verdict(choice: Choice) -> str:
    if not choice.others:
        shown = _shown(choice.qualified[0])
        return f"Use {choice.chosen}: the only candidate that qualified ({shown})."
    uar = choice.comparison.uar(choice.chosen) if choice.comparison else None
    if choice.comparison is None or uar is None:
        return (
            f"Use {choice.chosen}: nothing tells which of {len(choice.qualified)} qualified"
            f" candidates is the most accurate{_ahead(choice, choice.others, ', and it is ')}."
        )
    leads = choice.comparison.leader == choice.chosen
    beside = _above(choice) if leads else _below(choice)
    frame = _frame(choice.comparison, choice.chosen)
    return f"Use {choice.chosen}: UAR {uar[0]:.2f} over {frame}{beside}."


def _frame(comparison: Comparison, chosen: str) -> str:
    """Say what the recall of the chosen one is averaged over."""
    corpora = [name for name, one in comparison.corpora.items() if chosen in one.names]
    number = len({emotion for name in corpora for emotion in comparison.emotions[name]})
    where = f" of {listed(corpora)}" if len(corpora) > 1 or comparison.left_out else ""
    return f"the {number} emotions{where}"


def _above(choice: Choice) -> str:
    """Say how far the next one is behind, and whom the data cannot tell from it."""
    assert choice.comparison is not None
    if not choice.comparison.differences:
        return ""
    gap = _gap(choice, choice.comparison.differences[0].other)
    tied = [name for name in choice.comparison.tied if name != choice.chosen]
    if not tied:
        return f", {gap}"
    ahead = _ahead(choice, tied, ", and it is ")
    return f", {gap}; the data cannot tell it from {listed(tied)}{ahead}"


def _below(choice: Choice) -> str:
    """Say what makes up for what the chosen one is less accurate."""
    assert choice.comparison is not None
    leader = choice.comparison.leader
    gap, best = _gap(choice, leader), "it does best on all aims together"
    if not gap:
        ahead = _ahead(choice, [leader], ", but it is ") or f", but {best}"
        return f"; it could not be compared with {leader}{ahead}"
    if choice.chosen in choice.comparison.tied:
        ahead = _ahead(choice, [leader], ", and it is ") or f", and {best}"
        return f", {gap}; the data cannot tell it from {leader}{ahead}"
    return f", {gap}{_ahead(choice, [leader], ', but ') or f', but {best}'}"


def _gap(choice: Choice, other: str) -> str:
    """Say how far the chosen one is above or below another; "" where they share no corpus."""
    assert choice.comparison is not None
    found = choice.comparison.between(choice.chosen, other)
    if found is None:
        return ""
    side = "above"
    if found.value < 0:
        found, side = choice.comparison.between(other, choice.chosen) or found, "below"
    size = f"{found.value:.2f} {side}" if round(found.value, 2) else "the same UAR as"
    return f"{size} {other} [{found.low:.2f}, {found.high:.2f}]{_where(choice.comparison, found)}"


def _where(comparison: Comparison, found: Difference) -> str:
    """Name the corpora that are new to both, where these are not all."""
    pair = {found.better, found.other}
    both = [name for name, one in comparison.corpora.items() if pair <= {*one.names}]
    return f" on {listed(both)}" if len(both) < len(comparison.corpora) else ""


def _ahead(choice: Choice, others: Sequence[str], link: str) -> str:
    """Say what the chosen one has over each of the others, the most that is worth first."""
    names, found = [choice.chosen, *others], []
    weights = weights_of(choice.preferences)[0].tolist()
    for aim, weight in zip(AIMS[1:], weights, strict=True):
        own, *theirs = (getattr(choice.aims[name], aim) or 0.0 for name in names)
        lead = own - max(theirs)
        word = _faster(choice, others) if aim == "speed" else _WORDS[aim]
        if weight and word and lead >= _TOLD:
            found.append((lead * POINTS[aim] * weight, word))
    words = [word for _, word in sorted(found, reverse=True)]
    return f"{link}{' and '.join(words)}" if words else ""


_WORDS = {"diversity": "more varied", "language": "the better fit in language"}
_TOLD = 0.005
# Of a lead in an aim: of speed, 1.05 times.


def _faster(choice: Choice, others: Sequence[str]) -> str:
    """Say how many times as fast it is as the fastest of the others, as far as that is known."""
    seconds = {each.candidate.name: seconds_for_a_second(each) for each in choice.qualified}
    own, theirs = seconds[choice.chosen], [known for name in others if (known := seconds[name])]
    if own is None or not theirs:
        return ""
    # To two digits, and never as a power of ten.
    return f"{float(f'{min(theirs) / own:.2g}'):g} times as fast"


def _not_compared(choice: Choice) -> str:
    """Say what stood in the way of a comparison, where there is none."""
    if choice.comparison is not None or len(choice.labellings) < 2:
        return ""
    names = [choice.chosen, *choice.others]
    some = [choice.labellings[name] for name in names if name in choice.labellings]
    why = [f"{corpus}: {reason}" for corpus, reason in obstacles(some, choice.wanted).items()]
    return f" They could not be compared on {'; '.join(why)}." if why else ""


def _shown(verdict: Verdict) -> str:
    measured = verdict.number("uar")
    if measured is None:
        return "UAR unknown"
    if measured.low is None or measured.high is None:
        return f"UAR {measured.value:.2f}"
    return f"UAR {measured.value:.2f} [{measured.low:.2f}, {measured.high:.2f}]"


def busy_machine(verdicts: Sequence[Verdict]) -> str:
    """Say which speeds are not to be relied on, for other work disturbed their measurement."""
    names = timed_beside_others(verdicts)
    if not names:
        return ""
    return (
        f" The machine was busy when the speed of {listed(names)} was measured, which may look"
        " slower than it is; measure again with `pytest -m speed` when nothing else runs."
    )


def still_open(verdicts: Sequence[Verdict]) -> str:
    """Say how many candidates are undecided, and which a race has stopped, if any."""
    undecided = [verdict for verdict in verdicts if verdict.standing is Standing.UNDECIDED]
    number = sum(ahead_of(verdict) is None for verdict in undecided)
    said = f" Undecided: {number} of {len(verdicts)} candidates." if number else ""
    stopped: dict[str, list[str]] = {}
    for verdict in undecided:
        if leader := ahead_of(verdict):
            stopped.setdefault(leader, []).append(verdict.candidate.name)
    for leader, names in stopped.items():
        said += f" Stopped early, being behind {leader}: {', '.join(names)}."
    return said
