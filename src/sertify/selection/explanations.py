"""Why a candidate was chosen: in sentences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sertify.candidates.entries import Preferences
from sertify.evidence.labelling import Labelling
from sertify.selection.aims import AIMS, POINTS, Aims, weights_of
from sertify.selection.comparison import Comparison, obstacles
from sertify.selection.others import Shared, better_on_fewer, still_higher
from sertify.selection.variants import beside_variants
from sertify.selection.verdicts import Standing, Verdict, disturbed
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
    return f"Use {choice.chosen}: UAR {uar[0]:.2f} over {_frame(choice.comparison)}{beside}."


def _frame(comparison: Comparison) -> str:
    """Say what recall is averaged over."""
    number = len({name for names in comparison.emotions.values() for name in names})
    corpora = [*comparison.corpora]
    where = f" of {listed(corpora)}" if len(corpora) > 1 or comparison.left_out else ""
    return f"the {number} emotions{where}"


def _above(choice: Choice) -> str:
    """Say how far the next one is behind, and whom the data cannot tell from it."""
    assert choice.comparison is not None
    if not choice.comparison.differences:
        return ""
    found = choice.comparison.differences[0]
    tied = [name for name in choice.comparison.tied if name != choice.chosen]
    if not tied:
        return f", {found.value:.2f} above {found.other} {_interval(found)}{_where(choice, found)}"
    near = f", {found.value:.2f} above {found.other} {_interval(found)}{_where(choice, found)}"
    return (
        f"{near}; the data cannot tell it from {listed(tied)}{_ahead(choice, tied, ', and it is ')}"
    )


def _below(choice: Choice) -> str:
    """Say what makes up for what the chosen one is less accurate."""
    assert choice.comparison is not None
    leader = choice.comparison.leader
    found = choice.comparison.between(leader, choice.chosen)
    made_up = _ahead(choice, [leader], ", but ") or ", but it does best on all aims together"
    if found is None:
        return f"; it could not be compared with {leader}{made_up}"
    told = leader in choice.comparison.tied and choice.chosen in choice.comparison.tied
    cannot = f"; the data cannot tell it from {leader}" if told else ""
    behind = f"{found.value:.2f} below {leader} {_interval(found)}{_where(choice, found)}"
    return f", {behind}{made_up}{cannot}"


def _interval(found: Difference) -> str:
    return f"[{found.low:.2f}, {found.high:.2f}]"


def _where(choice: Choice, found: Difference) -> str:
    """Name the corpora that are new to both, where these are not all."""
    assert choice.comparison is not None
    pair = {found.better, found.other}
    corpora = choice.comparison.corpora
    both = [name for name, one in corpora.items() if pair <= {*one.names}]
    return f" on {listed(both)}" if len(both) < len(corpora) else ""


def _ahead(choice: Choice, others: Sequence[str], link: str) -> str:
    """Say what the chosen one has over each of the others, the most that is worth first."""
    names, found = [choice.chosen, *others], []
    weights = weights_of(choice.preferences)[0].tolist()
    for aim, weight in zip(AIMS[1:], weights, strict=True):
        own, *theirs = (getattr(choice.aims[name], aim) or 0.0 for name in names)
        lead = own - max(theirs)
        if lead > 0 and weight and (word := _word(aim, lead)):
            found.append((lead * POINTS[aim] * weight, word))
    words = [word for _, word in sorted(found, reverse=True)]
    return f"{link}{' and '.join(words)}" if words else ""


def _word(aim: str, lead: float) -> str:
    """Say what a lead in an aim is; "" where it is too small to tell."""
    if aim == "speed":
        times = 10 ** (lead * POINTS["speed"])
        return f"{times:.2g} times as fast" if times >= 1.05 else ""
    words = {"diversity": "more varied", "language": "the better fit in language"}
    return words[aim] if lead >= 0.01 else ""


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
    names = disturbed(verdicts)
    if not names:
        return ""
    return (
        f" The machine was busy when the speed of {listed(names)} was measured, which may look"
        " slower than it is; measure again with `pytest -m speed` when nothing else runs."
    )


def still_open(verdicts: Sequence[Verdict]) -> str:
    """Say how many candidates are undecided, if any."""
    number = sum(verdict.standing is Standing.UNDECIDED for verdict in verdicts)
    return f" Undecided: {number} of {len(verdicts)} candidates." if number else ""
