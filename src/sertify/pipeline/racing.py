"""A race: a candidate hears the clips in looks, until it is foreseen what all would say."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sertify.candidates.reading import Candidate
from sertify.corpora.clips import Corpus
from sertify.pipeline.courses import Course, courses, look_of, uar_of
from sertify.pipeline.leading import Contest, Rival
from sertify.pipeline.predictions import Predictions, Stop
from sertify.selection.aims import most_to_make_up
from sertify.statistics import curtailment
from sertify.statistics.curtailment import LOOKS, Foresight, Look
from sertify.vocabulary.errors import Blocked
from sertify.vocabulary.outcomes import Bound

Ask = Callable[[Corpus], Predictions]


@dataclass(frozen=True)
class Terms:
    """What a candidate is held against while it hears more and more of the clips.

    Attributes
    ----------
    bound
        What is required of its UAR on all clips.
    leader, leader_uar
        The candidate that is ahead so far, and its UAR on all clips; None where nobody is.
    worth
        UAR that all other aims together can make up for.
    rivals
        How many candidates are compared with the best.
    """

    bound: Bound | None = None
    leader: str = ""
    leader_uar: float | None = None
    worth: float = 0.0
    rivals: int = 1


def decide(foresights: Sequence[Foresight], terms: Terms) -> str | None:
    """Return the reason to stop a candidate, given what a look foretells of each corpus.

    It is ``low_uar``, ``behind``, or None as long as there is none.
    """
    bound, leader = terms.bound, terms.leader_uar
    if bound is not None and _most(foresights, bound) < (bound.min or 0.0):
        return "low_uar"
    against = (terms.worth, terms.rivals, len(LOOKS))
    if leader is not None and curtailment.is_behind(foresights, leader, *against):
        return "behind"
    return None


def _most(foresights: Sequence[Foresight], bound: Bound) -> float:
    """Return the most that can be expected of what is held against the requirement in the end."""
    return curtailment.upper_end(foresights, bound.confidence, len(LOOKS))


def may_stop(candidate: Candidate, key: str, commit: str, contest: Contest | None) -> bool:
    """Whether a race may end before a candidate has heard all.

    Baselines, and those whose rejection is announced, are judged in full, and so is what once was.
    Without a ``key`` answers are not remembered: each look would be asked anew.
    """
    if contest is None or not key or candidate.status != "candidate":
        return False
    return not contest.has_heard_all(candidate, commit)


def race(ask: Ask, candidate: Candidate, seen: Mapping[str, str], contest: Contest) -> Predictions:
    """Ask a candidate about more and more of the clips, until the rest would change nothing.

    ``ask`` is called with one look after the other, each part of the next; ``seen`` is why a corpus
    was part of its training. What was heard when it was stopped is returned, with the reason.
    """
    corpus = contest.corpus
    run = courses(corpus, candidate.requirements.emotions, seen)
    for share in LOOKS if run else ():
        heard = _heard(ask, look_of(corpus, share))
        stop = heard and _stop(heard, candidate, run, contest, seen)
        if heard and stop:
            return replace(heard, stopped=stop)
    return ask(corpus)


def _heard(ask: Ask, look: Corpus) -> Predictions | None:
    """Return what is said of a look; None where none of it can be judged, as more of it may be."""
    try:
        return ask(look) if look.clips else None
    except Blocked as blocked:
        if blocked.reason.code != "no_data":
            raise
        return None


def _stop(
    heard: Predictions,
    candidate: Candidate,
    run: Sequence[Course],
    contest: Contest,
    seen: Mapping[str, str],
) -> Stop | None:
    """Return why nothing more needs to be heard, if so."""
    names = (clip.name for clip in heard.clips)
    said = dict(zip(names, heard.emotions(candidate), strict=True))
    leader = _leader(contest.rivals(candidate, seen), run)
    looks = [course.look(said, leader.said if leader else None) for course in run]
    if not all(map(curtailment.tells, looks)):
        return None
    foresights, terms = [*map(curtailment.foresee, looks)], _terms(candidate, leader, run, contest)
    reason = decide(foresights, terms)
    if reason is None:
        return None
    share = len(heard.clips) / len(contest.corpus.clips)
    tell = _too_low if reason == "low_uar" else _behind
    facts: dict[str, Any] = {"share": share, "clips": len(heard.clips), "uar": _mean(looks)}
    facts |= {"leader": terms.leader} if reason == "behind" else {}
    return Stop(reason, tell(share, looks, foresights, terms), {"race": facts})


def _leader(rivals: Iterable[Rival], run: Sequence[Course]) -> Rival | None:
    scored = [(uar, rival) for rival in rivals if (uar := uar_of(rival.said, run)) == uar]
    return max(scored, key=lambda pair: pair[0])[1] if scored else None


def _terms(
    candidate: Candidate, leader: Rival | None, run: Sequence[Course], contest: Contest
) -> Terms:
    suite = contest.suite
    return Terms(
        bound=candidate.requirements.bound("uar"),
        leader=leader.name if leader else "",
        leader_uar=uar_of(leader.said, run) if leader else None,
        worth=most_to_make_up(leader.aims, suite.preferences) if leader else 0.0,
        rivals=max(1, sum(one.status == "candidate" for one in suite.candidates) - 1),
    )


def _too_low(
    share: float, looks: Sequence[Look], foresights: Sequence[Foresight], terms: Terms
) -> str:
    assert terms.bound is not None
    what = "it" if terms.bound.confidence is None else "its interval"
    return (
        f"foreseen after {share:.0%} of the clips: uar={_mean(looks):.2f} on them, and {what} could"
        f" at most reach {_most(foresights, terms.bound):.2f} on all of them, but should be"
        f" {terms.bound}"
    )


def _behind(share: float, looks: Sequence[Look], _: Sequence[Foresight], terms: Terms) -> str:
    ahead = [replace(look, hits=look.leader.hits) for look in looks if look.leader]
    return (
        f"behind {terms.leader} after {share:.0%} of the clips: UAR {_mean(looks):.2f} against"
        f" {_mean(ahead):.2f} on them"
    )


def _mean(looks: Sequence[Look]) -> float:
    """Return the UAR of what was heard, the mean over corpora."""
    return sum(map(curtailment.heard_uar, looks)) / len(looks)
