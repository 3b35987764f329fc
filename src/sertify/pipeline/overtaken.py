"""In a race: who can no longer be selected is not asked about what is asked on wish."""

from collections.abc import Mapping

from sertify.candidates.reading import Candidate
from sertify.pipeline.courses import courses, uar_of
from sertify.pipeline.leading import Contest
from sertify.pipeline.predictions import Predictions
from sertify.selection.aims import most_to_make_up
from sertify.vocabulary.errors import NotReached
from sertify.vocabulary.outcomes import GATES

_WORDS = {"robustness": "heard in other conditions", "streaming": "asked about parts of clips"}


def require_chance(
    candidate: Candidate,
    commit: str,
    predictions: Predictions,
    seen: Mapping[str, str],
    contest: Contest,
    gate: str = "robustness",
) -> None:
    """Raise ``NotReached`` with ``behind`` where another candidate is preferred whatever comes.

    That is one which has passed the gates from accuracy to this one, and whose UAR on all clips is
    above this one's by more than all other aims could make up for. Baselines, those whose rejection
    is announced, and who was asked before, are asked in full.
    """
    if candidate.status != "candidate" or contest.was_asked(candidate, commit, gate):
        return
    run = courses(contest.corpus, candidate.requirements.emotions, seen)
    if not run:
        return
    passed = GATES[GATES.index("accuracy") : GATES.index(gate) + 1]
    names = (clip.name for clip in predictions.clips)
    own = uar_of(dict(zip(names, predictions.emotions(candidate), strict=True)), run)
    for rival in contest.rivals(candidate, seen, passed):
        theirs = uar_of(rival.said, run)
        most = most_to_make_up(rival.aims, contest.suite.preferences)
        if own + most < theirs:
            facts = {
                "share": 1.0, "clips": len(predictions.clips), "uar": own, "leader": rival.name,
            }  # fmt: skip
            message = (
                f"behind {rival.name}: UAR {own:.2f} against {theirs:.2f}, and all other aims could"
                f" make up for {most:.2f} at most, so it is not {_WORDS[gate]}"
            )
            raise NotReached("behind", message, {"race": facts})
