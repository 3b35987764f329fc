"""What results.json says of the speech: the corpora, their clips, and each candidate on each."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sertify.corpora.clips import Corpus
from sertify.evidence.store import Record
from sertify.gates.parts import LANGUAGE, TOGETHER
from sertify.selection.verdicts import Verdict
from sertify.statistics import intervals
from sertify.statistics.references import majority_reference, random_reference
from sertify.vocabulary.languages import language_fit

_CHECKS = {
    "test_uar": ("uar", "uar_all"),
    "test_coverage": ("coverage",),
    "test_accuracy": ("accuracy",),
    "test_macro_f1": ("macro_f1",),
    "test_class_shares": ("class_share",),
    "test_calibration": ("calibration_error", "brier_score"),
}


def facts(corpus: Corpus) -> dict[str, Any]:
    """Describe a corpus in JSON types; a joined one with those it was joined from."""
    emotions = Counter(clip.emotion for clip in corpus.clips if clip.emotion is not None)
    described = {
        "name": corpus.name,
        "path": str(corpus.path),
        "fingerprint": corpus.fingerprint,
        "layout": corpus.layout,
        "public": corpus.public,
        "requested": corpus.requested or len(corpus.clips),
        "left_out": dict(corpus.left_out),
        "clips": len(corpus.clips),
        "labelled": corpus.labelled,
        "emotions": dict(sorted(emotions.items())),
        "speakers": len({clip.group for clip in corpus.clips} - {None}),
        "languages": sorted({clip.language for clip in corpus.clips if clip.language}),
        "warnings": list(corpus.warnings),
    }
    return described | {"parts": [facts(part) for part in corpus.members]}


def references(facts: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what two models that hear nothing would reach; over several corpora, in the mean.

    Those of which no clip could be judged have none, as they have no scores to hold beside.
    """
    corpora = [one for one in _corpora(facts) if one["emotions"] and _is_heard(one, facts)]
    if not corpora:
        return {}
    truths = [
        [emotion for emotion, number in one["emotions"].items() for _ in range(number)]
        for one in corpora
    ]
    random = _mean([random_reference(truth) for truth in truths])
    if len(truths) == 1:
        lucky = intervals.random_range(truths[0])
        random |= {"uar_low": lucky.low, "uar_high": lucky.high}
    return {
        "random": random,
        "majority": _mean([majority_reference(truth) for truth in truths]),
    }


def corpus(facts: Mapping[str, Any] | None, records: Sequence[Record]) -> dict[str, Any] | None:
    """Add to what is known of the corpus the clips that could not be judged."""
    if facts is None:
        return None
    rejected = {
        (clip["file"], clip["reason"])
        for record in records
        if record.corpus == facts["fingerprint"]
        for clip in record.details.get("rejected_clips", ())
        # Where labels are not asked for, none is missing.
        if facts["labelled"] or clip["reason"] != "no_label"
    }
    listed = [{"file": file, "reason": reason} for file, reason in sorted(rejected)]
    judged = facts["clips"] - len({file for file, _ in rejected})
    return {**facts, "judged": judged, "rejected": listed}


def rejected_of(part: Mapping[str, Any], whole: Mapping[str, Any]) -> list[Mapping[str, str]]:
    """List the clips of a corpus that could not be judged; ``whole`` is what it is joined into."""
    # Where corpora are joined, the names of their clips begin with theirs.
    start = f"{part['name']}/" if whole.get("parts") else ""
    return [one for one in whole.get("rejected", ()) if one["file"].startswith(start)]


def reasons(corpus: Mapping[str, Any]) -> dict[str, int]:
    """Return why clips of a corpus were not judged, and how many, the most frequent first."""
    left_out = Counter(corpus.get("left_out", {}))
    rejected = Counter(clip["reason"] for clip in corpus.get("rejected", ()))
    return dict((left_out + rejected).most_common())


def parts(verdict: Verdict, facts: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """Describe how a candidate did on each part of the speech: all of it, a corpus, a language."""
    records = {one.check: one for one in verdict.gates["accuracy"].records}
    names = [check.partition("@")[2] for check in records if check.startswith("test_uar")]
    described = []
    judged = sorted({name for name in names if f"test_uar{_at(name)}" in records})
    in_order = ("", TOGETHER, *(one["name"] for one in _corpora(facts)), *judged)
    alone = facts["name"] if facts and "" in judged else None
    for name in dict.fromkeys(name for name in in_order if name in judged and name != alone):
        found = {
            number: records[check + _at(name)].value(number)
            for check, numbers in _CHECKS.items()
            if check + _at(name) in records
            for number in numbers
        }
        details = records[f"test_uar{_at(name)}"].details
        described.append(
            {
                "part": name or (facts["name"] if facts else ""),
                "seen": details.get("seen", {}),
                "expressible": details.get("expressible", []),
                "inexpressible": details.get("inexpressible", []),
                "chance": _chance(name, records, details, facts),
                "languages": _languages(name, facts),
                "language_fit": language_fit(verdict.languages, _languages(name, facts)),
                "numbers": {key: asdict(value) for key, value in found.items() if value},
            }
        )
    return described


def _chance(
    name: str,
    records: Mapping[str, Record],
    details: Mapping[str, Any],
    facts: Mapping[str, Any] | None,
) -> dict[str, float | None]:
    """Return what guessing scores: among its own emotions, and among all of one corpus."""
    judged = records.get(f"test_uar_is_above_chance{_at(name)}")
    own = judged.value("chance") if judged else None
    emotions = [*details.get("expressible", ()), *details.get("inexpressible", ())]
    several = len(_corpora(facts)) > 1 and (name == TOGETHER or name.startswith(LANGUAGE))
    known = emotions and not several
    return {
        "uar": own.value if own else None,
        "uar_all": 1 / len(emotions) if known else None,
    }


def _at(name: str) -> str:
    return f"@{name}" if name else ""


def _languages(name: str, facts: Mapping[str, Any] | None) -> list[str]:
    """Return the languages of a part of the speech."""
    if name.startswith(LANGUAGE):
        return [name.removeprefix(LANGUAGE)]
    of_part = [one for one in _corpora(facts) if one["name"] == name or name in ("", TOGETHER)]
    return sorted({language for one in of_part for language in one["languages"]})


def _corpora(facts: Mapping[str, Any] | None) -> list[Mapping[str, Any]]:
    return [] if facts is None else [*(facts["parts"] or [facts])]


def _is_heard(part: Mapping[str, Any], whole: Mapping[str, Any] | None) -> bool:
    """Whether any clip of a corpus could be judged."""
    unheard = {one["file"] for one in rejected_of(part, whole or {})}
    clips: int = part["clips"]
    return len(unheard) < clips


def _mean(scores: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {name: sum(one[name] for one in scores) / len(scores) for name in scores[0]}
