"""Evidence becomes results.json: its structure, what counts in it, and what JUnit repeats of it."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from sertify import __version__
from sertify.candidates.entries import Preferences, Priorities
from sertify.candidates.reading import Candidate, Suite
from sertify.corpora.clips import Corpus
from sertify.corpora.flaws import Flaw, sentences_on
from sertify.corpora.joining import join
from sertify.corpora.reading import read_corpus
from sertify.evidence.environment import describe_environment, fingerprint
from sertify.evidence.labelling import Labelling
from sertify.evidence.store import EvidenceStore, Record
from sertify.gates.parts import TOGETHER
from sertify.report.page import tables
from sertify.report.results import speech
from sertify.report.results.conclusion import conclude, suite_properties
from sertify.report.results.model.choice import SelectionResult
from sertify.report.results.model.results import SCHEMA, Results, results_schema
from sertify.report.results.model.speech import CorpusResult
from sertify.statistics import intervals, references
from sertify.vocabulary.outcomes import ALWAYS, Measurement, Outcome
from sertify.vocabulary.reasons import REASONS
from tests.meta.drawn_results import Content, five_qualify

ENVIRONMENT = describe_environment("cpu", threads=1)
GOOD = Candidate("good", "org/good", languages=("en",), licence="mit", note="a note")
BAD = Candidate("bad", "org/bad", status="rejected", reasons=("random_head",), revision="v1")
OTHER = Candidate("other", "org/other", languages=("ko",))
SUITE = Suite((GOOD, BAD))


@pytest.fixture
def store(tmp_path: Path) -> EvidenceStore:
    return EvidenceStore(tmp_path / "evidence.sqlite")


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Corpus]:
    """Make a corpus of a clip a label."""

    def call(*labels: str, folder: str = "calls", speakers: int = 2) -> Corpus:
        root = tmp_path / folder
        root.mkdir()
        rows = [f"{n}.wav,{label},s{n % speakers},en" for n, label in enumerate(labels)]
        text = "\n".join(["file_name,label,speaker,language", *rows])
        (root / "metadata.csv").write_text(text)
        for number in range(len(labels)):
            (root / f"{number}.wav").write_bytes(f"\0{folder} {number}".encode())
        return read_corpus(root)

    return call


def record(candidate: Candidate, gate: str, **more: Any) -> Record:
    fields: dict[str, Any] = {
        "candidate": candidate.name,
        "entry": candidate.fingerprint,
        "commit": "c1",
        "check": f"test_{gate}",
        "corpus": "",
        "environment": fingerprint(ENVIRONMENT, gate),
        "outcome": Outcome.PASS,
        "siblings": (f"test_{gate}",),
        "judged_at": "2026-11-22T18:00:00+00:00",
    }
    return Record(gate=gate, **fields | more)


MEASURED: dict[str, tuple[Measurement, ...]] = {
    "loadability": (Measurement("size_on_disk", 378.3, "MB"),),
    "labels": (Measurement("labels", 2, "labels"),),
    "degeneracy": (Measurement("top_share", 0.6, n=3),),
    "accuracy": (
        Measurement("uar", 0.4, low=0.3, high=0.5, n=3),
        Measurement("uar_own", 0.6, low=0.5, high=0.7, n=3),
    ),
    "speed": (Measurement("time_p50", 0.7, "s"), Measurement("segment", 5, "s")),
}
DETAILS: dict[str, dict[str, Any]] = {
    "labels": {"labels": ["ang", "sad", "weird"]},
    "accuracy": {
        "rejected_clips": [{"file": "2.wav", "reason": "silent"}],
        "confusion": {"labels": ["anger"], "columns": ["anger", "sadness"], "counts": [[1, 1]]},
    },
}


def judge_good(
    store: EvidenceStore, corpus: Corpus | None, candidate: Candidate = GOOD, labelled: bool = True
) -> None:
    """Keep evidence that one passes whatever can be judged."""
    for gate in ALWAYS:
        if gate == "accuracy" and (corpus is None or not labelled):
            continue
        heard = corpus if gate in ("degeneracy", "accuracy") else None
        more = {"measurements": MEASURED[gate], "details": DETAILS.get(gate, {})}
        store.add(record(candidate, gate, corpus=heard.fingerprint if heard else "", **more))
    if corpus is not None:
        store.add_corpus(corpus.fingerprint, speech.facts(corpus))


def judge_bad(store: EvidenceStore) -> None:
    failure = {"outcome": Outcome.FAIL, "reason": "random_head", "message": "its head is random"}
    store.add(record(BAD, "loadability", **failure))


def concluded(
    store: EvidenceStore, corpus: Corpus | None = None, suite: Suite = SUITE, **options: Any
) -> Content:
    """Conclude, and make sure that the result is what the schema allows, and can be read again."""
    given = corpus.fingerprint if corpus else None
    results = conclude(suite, store, ENVIRONMENT, corpus=given, **options)
    content: Content = json.loads(results.text())
    jsonschema.validate(content, results_schema(), format_checker=jsonschema.FormatChecker())
    assert Results.model_validate(content) == results
    return content


# ------------------------------------------------------------------ structure


def test_without_evidence_there_is_still_a_result(store: EvidenceStore) -> None:
    results = concluded(store, command="pytest")
    assert (results["schema"], results["sertify"]) == (SCHEMA, __version__)
    assert (results["command"], results["environment"]) == ("pytest", ENVIRONMENT)
    assert [one["verdict"] for one in results["candidates"]] == ["undecided", "undecided"]
    assert (results["corpus"], results["references"], results["stale"]) == (None, {}, [])
    assert results["selection"]["candidate"] is None


def test_a_run_on_labelled_speech_ends_in_a_selection(
    store: EvidenceStore, make: Callable[..., Corpus]
) -> None:
    corpus = make("angry", "sad", "sad", "calm")
    judge_good(store, corpus)
    judge_bad(store)
    results = concluded(store, corpus)
    uar = "UAR 0.40 [0.30, 0.50]"
    speed = results["selection"]["aims"]["good"]["speed"]
    assert 0 < speed < 1
    needed = results["selection"].pop("deployment")
    assert (needed["model"], needed["commit"], needed["golden"]) == ("org/good", "c1", None)
    assert [one["emotion"] for one in needed["labels"]] == ["anger", "sadness", None]
    assert results["selection"] == {
        "candidate": "good",
        "tied": ["good"],
        "pareto": ["good"],
        "sentence": f"Use good: the only candidate that qualified ({uar}).",
        "weights": Priorities().model_dump(),
        "margin": 0.02,
        "aims": {"good": {"speed": speed}},
        "totals": {"good": pytest.approx(4 * speed * 0.03)},
        "firmness": None,
        "comparison": None,
        "confirmation": None,
    }
    assert results["unlabelled"] is None
    truth = ["anger", "calm", "sadness", "sadness"]
    lucky = intervals.random_range(truth)
    assert results["references"] == {
        "random": references.random_reference(truth)
        | {"uar_low": lucky.low, "uar_high": lucky.high},
        "majority": references.majority_reference(truth),
    }
    facts, flaw = speech.facts(corpus), Flaw("silent")
    assert results["corpus"] == facts | {
        "judged": 3,
        "rejected": [{"file": "2.wav", "reason": "silent", "detail": ""}],
        "warnings": [*sentences_on([("2.wav", flaw)]), *facts["warnings"]],
    }


def test_what_was_found_about_a_candidate_that_qualifies(
    store: EvidenceStore, make: Callable[..., Corpus]
) -> None:
    corpus = make("angry", "sad")
    judge_good(store, corpus)
    good = concluded(store, corpus)["candidates"][0]
    gates, numbers = good.pop("gates"), good.pop("numbers")
    assert [part["part"] for part in good.pop("parts")] == ["calls"]
    assert good == {
        "name": "good",
        "model": "org/good",
        "revision": None,
        "commit": "c1",
        "status": "candidate",
        "expected": [],
        "verdict": "qualified",
        "gate": None,
        "reason": None,
        "message": "",
        "cure": None,
        "languages": ["en"],
        "licence": "mit",
        "note": "a note",
        "loader": None,
        "architecture": None,
        "remarks": [],
        "repository": {},
        "labels": ["ang", "sad", "weird"],
        "emotions": ["anger", "sadness"],
        "errors": [],
        "groups": [],
        "robustness": [],
        "corruption": None,
        "said_of_nothing": [],
        "fairness": [],
        "streaming": None,
        "speaker_level": None,
        "operating_point": None,
    }
    assert [gates[gate]["outcome"] for gate in ALWAYS] == ["PASS"] * 5
    assert gates["accuracy"]["checks"][0]["details"] == DETAILS["accuracy"]
    values = {name: number["value"] for name, number in numbers.items()}
    assert values == {
        "uar": 0.4,
        "uar_own": 0.6,
        "top_share": 0.6,
        "size_on_disk": 378.3,
        "segment_time": 0.7,
    }


REPOSITORY = {"licence": "mit", "languages": ["ko"], "gated": False}
LOOKED_AT = {"loader": "pooled-head", "architecture": "PooledHead", "outputs": ["ang", None]}


def test_what_the_repository_declares_stands_where_the_entry_says_nothing(
    store: EvidenceStore,
) -> None:
    details = {"repository": REPOSITORY, **LOOKED_AT, "remark": "Its head is odd."}
    store.add(record(BAD, "loadability", details=details))
    bad = concluded(store)["candidates"][1]
    assert {key: bad[key] for key in ("languages", "licence", "labels", "repository")} == {
        "languages": ["ko"],
        "licence": "mit",
        "labels": ["ang"],
        "repository": REPOSITORY,
    }
    assert {key: bad[key] for key in ("loader", "architecture", "remarks")} == {
        "loader": "pooled-head",
        "architecture": "PooledHead",
        "remarks": ["Its head is odd."],
    }


def test_what_several_checks_remark_is_said_once(store: EvidenceStore) -> None:
    checks, details = ("test_a", "test_b"), {"remark": "Its head is odd."}
    for check in checks:
        facts: dict[str, Any] = {"check": check, "siblings": checks, "details": details}
        store.add(record(BAD, "loadability", **facts))
    assert concluded(store)["candidates"][1]["remarks"] == ["Its head is odd."]


def test_what_was_found_about_a_candidate_that_is_rejected(store: EvidenceStore) -> None:
    judge_bad(store)
    bad = concluded(store)["candidates"][1]
    decision = {key: bad[key] for key in ("verdict", "gate", "reason", "message", "cure")}
    assert decision == {
        "verdict": "rejected",
        "gate": "loadability",
        "reason": "random_head",
        "message": "its head is random",
        "cure": REASONS["random_head"].cure,
    }
    assert (bad["expected"], bad["revision"]) == (["random_head"], "v1")
    assert [gate["outcome"] for gate in bad["gates"].values()] == ["FAIL", *["NOT_REACHED"] * 4]
    assert bad["gates"]["loadability"]["checks"] == [
        {
            "check": "test_loadability",
            "outcome": "FAIL",
            "reason": "random_head",
            "message": "its head is random",
            "requirement": "",
            "measurements": [],
            "details": {},
            "corpus": "",
            "tolerated": False,
            "judged_at": "2026-11-22T18:00:00+00:00",
        }
    ]
    assert (bad["labels"], bad["emotions"], bad["numbers"]) == ([], [], {})


def test_what_is_inconclusive_is_mended_by_more_clips(store: EvidenceStore) -> None:
    unsure = {"outcome": Outcome.INCONCLUSIVE, "reason": "low_uar", "message": "cannot tell"}
    store.add(record(GOOD, "accuracy", **unsure))
    good = concluded(store)["candidates"][0]
    assert (good["verdict"], good["gate"]) == ("undecided", "accuracy")
    assert good["cure"] == "judge it on more clips"


def test_labels_that_the_entry_gives_are_known_before_any_evidence(store: EvidenceStore) -> None:
    given = replace(GOOD, labels=("ang", "pos"), emotions={"pos": "happiness"})
    (result,) = concluded(store, suite=Suite((given,)))["candidates"]
    assert (result["labels"], result["emotions"]) == (["ang", "pos"], ["anger", "happiness"])


# ------------------------------------------------------------------ which audio counts


def test_without_data_nothing_is_known_of_accuracy(store: EvidenceStore) -> None:
    judge_good(store, None)
    good = concluded(store)["candidates"][0]
    assert (good["verdict"], good["message"]) == ("undecided", "not judged yet: accuracy")


def test_a_run_without_data_keeps_the_labelled_speech_that_was_judged_last(
    store: EvidenceStore, make: Callable[..., Corpus]
) -> None:
    corpus = make("angry", "sad", "sad")
    judge_good(store, corpus)
    with_data, without = concluded(store, corpus), concluded(store)
    created = {"created": with_data["created"]}
    assert without | created == with_data


def test_unlabelled_data_does_not_replace_labelled_speech(
    store: EvidenceStore, make: Callable[..., Corpus]
) -> None:
    corpus, unlabelled = make("angry", "sad"), make("", folder="unlabelled")
    judge_good(store, corpus)
    store.add_corpus(unlabelled.fingerprint, speech.facts(unlabelled))
    assert concluded(store, unlabelled)["corpus"]["fingerprint"] == corpus.fingerprint


def test_labelled_speech_that_was_in_the_same_place_is_there_no_more(
    store: EvidenceStore, make: Callable[..., Corpus]
) -> None:
    corpus = make("angry", "sad")
    judge_good(store, corpus)
    emptied = replace(make("", folder="unlabelled"), path=corpus.path)
    store.add_corpus(emptied.fingerprint, speech.facts(emptied))
    results = concluded(store, emptied)
    assert results["corpus"] is None
    assert results["candidates"][0]["verdict"] == "undecided"


def test_evidence_on_other_speech_is_stale(
    store: EvidenceStore, make: Callable[..., Corpus]
) -> None:
    corpus, other = make("angry", "sad"), make("sad", folder="other")
    judge_good(store, corpus)
    store.add_corpus(other.fingerprint, speech.facts(other))
    results = concluded(store, other)
    assert results["candidates"][0]["verdict"] == "undecided"
    assert results["stale"] == [
        {
            "candidate": "good",
            "gate": gate,
            "commit": "c1",
            "corpus": corpus.fingerprint,
            "why": f"on other audio, {corpus.fingerprint}",
        }
        for gate in ("degeneracy", "accuracy")
    ]


def test_stale_evidence_is_listed_once_a_gate(store: EvidenceStore) -> None:
    for check in ("test_a", "test_b"):
        store.add(record(GOOD, "labels", check=check, environment="other"))
    (stale,) = concluded(store)["stale"]
    assert (stale["gate"], stale["why"]) == ("labels", "measured in another environment")


# ------------------------------------------------------------------ side by side

TWO = Suite((GOOD, BAD, OTHER))
EMOTIONS = ("anger", "sadness")


def answer(
    store: EvidenceStore,
    corpus: Corpus,
    candidate: Candidate,
    wrong: int = 0,
    entry: str = "",
    commit: str = "c1",
    versions: str = "",
    seen: dict[str, str] | None = None,
) -> None:
    """Keep what a candidate said: right, but for so many clips."""
    clips = corpus.clips
    right = [clip.emotion or EMOTIONS[n % 2] for n, clip in enumerate(clips)]
    swapped = dict(zip(EMOTIONS, EMOTIONS[::-1], strict=True))
    answers = Labelling(
        candidate=candidate.name,
        corpus=corpus.fingerprint,
        emotions=EMOTIONS,
        keys=tuple(clip.name for clip in clips),
        clips=tuple(clip.name for clip in clips),
        truth=tuple(clip.emotion for clip in clips),
        predicted=tuple(swapped[word] if n < wrong else word for n, word in enumerate(right)),
        confidence=(0.75,) * len(clips),
        speakers=tuple(clip.speaker for clip in clips),
        corpora=tuple(clip.corpus for clip in clips),
        languages=tuple(clip.language for clip in clips),
        seen=seen or {},
    )
    versions = versions or fingerprint(ENVIRONMENT, "accuracy")
    store.add_labelling(entry or candidate.fingerprint, commit, versions, answers)


@pytest.fixture
def both(store: EvidenceStore, make: Callable[..., Corpus]) -> Corpus:
    """A corpus on which two candidates qualified."""
    corpus = make(*["angry", "sad"] * 30, speakers=15)
    for candidate in (GOOD, OTHER):
        judge_good(store, corpus, candidate)
    return corpus


def test_candidates_are_compared_by_what_they_said(store: EvidenceStore, both: Corpus) -> None:
    answer(store, both, GOOD)
    answer(store, both, OTHER, wrong=24)
    results = concluded(store, both, TWO)
    selection = results["selection"]
    assert (selection["candidate"], selection["tied"]) == ("good", ["good"])
    firm = {"again": 1.0, "close": 1.0, "weights": 1.0, "expected": pytest.approx(1, abs=0.01)}
    assert selection["firmness"] == firm
    assert comparison_adds_up(selection)
    comparison = selection["comparison"]
    assert comparison["emotions"] == {"calls": ["anger", "sadness"]}
    assert (comparison["clips"], comparison["speakers"], comparison["chance"]) == (60, 15, 0.5)
    values = {name: one["value"] for name, one in comparison["uar"].items()}
    assert values == pytest.approx({"good": 1, "other": 0.6})
    for one in comparison["uar"].values():
        assert 0 <= one["low"] <= one["value"] <= one["high"] <= 1
    (difference,) = comparison["differences"]
    assert (difference["better"], difference["other"]) == ("good", "other")
    assert difference["value"] == pytest.approx(0.4)


def comparison_adds_up(selection: dict[str, Any]) -> bool:
    """Whether UAR, and what the page says the other aims are worth, are the value."""
    read = SelectionResult.model_validate(selection)
    assert read.comparison is not None
    extra = tables.worths(read, read.aims)
    sums = {
        name: one.value + sum(extra[name].values()) for name, one in read.comparison.uar.items()
    }
    return sums == pytest.approx(read.totals)


@pytest.mark.parametrize("term", ["entry", "commit", "versions"])
def test_stale_answers_are_not_used(store: EvidenceStore, both: Corpus, term: str) -> None:
    answer(store, both, GOOD)
    older: dict[str, Any] = {term: "older"}
    answer(store, both, OTHER, wrong=24, **older)
    comparison = concluded(store, both, TWO)["selection"]["comparison"]
    assert [*comparison["uar"]] == ["good"]
    answer(store, both, OTHER, wrong=24)
    comparison = concluded(store, both, TWO)["selection"]["comparison"]
    assert [*comparison["uar"]] == ["good", "other"]


def test_answers_on_other_speech_are_not_used(
    store: EvidenceStore, both: Corpus, make: Callable[..., Corpus]
) -> None:
    for candidate in (GOOD, OTHER):
        answer(store, make("angry", "sad", folder=candidate.name), candidate)
    selection = concluded(store, both, TWO)["selection"]
    assert selection["comparison"] is None
    assert "nothing tells which of 2 qualified candidates" in selection["sentence"]


def test_a_corpus_that_one_has_seen_does_not_compare_them(
    store: EvidenceStore, both: Corpus
) -> None:
    answer(store, both, GOOD, seen={"calls": "its model card lists calls"})
    answer(store, both, OTHER, wrong=24)
    assert concluded(store, both, TWO)["selection"]["comparison"] is None


def test_a_run_without_data_compares_as_the_last_one_did(
    store: EvidenceStore, both: Corpus
) -> None:
    answer(store, both, GOOD)
    answer(store, both, OTHER, wrong=24)
    with_data, without = concluded(store, both, TWO), concluded(store, suite=TWO)
    assert without["selection"] == with_data["selection"]


def test_preferences_reach_the_selection(store: EvidenceStore, both: Corpus) -> None:
    for candidate in (GOOD, OTHER):
        answer(store, both, candidate)
    korean = Suite(TWO.candidates, Preferences(languages=("ko",), margin=0.02))
    selection = concluded(store, both, korean)["selection"]
    assert (selection["candidate"], selection["margin"]) == ("other", 0.02)
    assert [one["language"] for one in selection["aims"].values()] == [0, 1]
    assert concluded(store, both, TWO)["selection"]["candidate"] == "good"


# ------------------------------------------------------------------ without labels


def test_unlabelled_speech_ends_in_a_choice_without_ground_truth(
    store: EvidenceStore, make: Callable[..., Corpus]
) -> None:
    corpus = make(*[""] * 40)
    for candidate in (GOOD, OTHER):
        judge_good(store, corpus, candidate, labelled=False)
        answer(store, corpus, candidate, wrong=5 * (candidate is OTHER))
    results = concluded(store, corpus, TWO)
    assert results["selection"]["candidate"] is None
    found = results["unlabelled"]
    assert found["sentence"].startswith("Without ground truth, start with good: of 2 candidates")
    assert (found["candidate"], found["confidence"]) == ("good", {"good": 0.75, "other": 0.75})
    (pair,) = found["agreements"]
    assert (pair["first"], pair["second"], pair["clips"]) == ("good", "other", 40)
    assert pair["low"] < pair["kappa"] < pair["high"]
    assert pair["emotions"] == ["anger", "sadness"]
    assert found["corpus"]["fingerprint"] == corpus.fingerprint
    assert found["aims"].keys() == found["totals"].keys() == {"good", "other"}


def test_where_none_came_as_far_unlabelled_speech_says_so(
    store: EvidenceStore, make: Callable[..., Corpus]
) -> None:
    corpus = make("")
    judge_bad(store)
    store.add_corpus(corpus.fingerprint, speech.facts(corpus))
    found = concluded(store, corpus)["unlabelled"]
    assert found["candidate"] is None
    assert found["sentence"].startswith("Without ground truth, and no candidate came as far")
    assert found["agreements"] == []


def test_labelled_speech_needs_no_such_choice(store: EvidenceStore, both: Corpus) -> None:
    assert concluded(store, both, TWO)["unlabelled"] is None
    assert concluded(store, suite=TWO)["unlabelled"] is None


# ------------------------------------------------------------------ parts of the speech


def scored(store: EvidenceStore, corpus: Corpus, part: str, uar: float, **details: Any) -> None:
    """Keep evidence of the good one's UAR and accuracy on a part of the speech."""
    at = f"@{part}" if part else ""
    numbers = {
        "test_uar": (Measurement("uar", uar / 2, n=4), Measurement("uar_own", uar, n=3)),
        "test_accuracy": (Measurement("accuracy", uar + 0.1, n=3),),
    }
    for check, measured in numbers.items():
        more: dict[str, Any] = {"measurements": measured}
        more["details"] = details if check == "test_uar" else {}
        variants = (check + end for end in ("@calls", f"@{TOGETHER}", "@language-ko"))
        more["siblings"] = (*numbers, *variants)
        store.add(record(GOOD, "accuracy", check=check + at, corpus=corpus.fingerprint, **more))


def test_each_part_of_the_speech_has_its_numbers(
    store: EvidenceStore, make: Callable[..., Corpus]
) -> None:
    calls, studio = make("angry", "sad"), make("sad", "joy", folder="studio")
    corpus = join([calls, studio])
    why = {"calls": "its model card lists calls"}
    expressible = {
        "frame": ["anger", "sadness"],
        "too_few_clips": {"fear": 1},
        "expressible": ["anger", "sadness"],
        "inexpressible": [],
    }
    none: dict[str, Any] = {"frame": [], "too_few_clips": {}}
    scored(store, corpus, "calls", 0.8, seen=why, **expressible)
    scored(store, corpus, TOGETHER, 0.5, seen=why, expressible=["sadness"])
    scored(store, corpus, "language-ko", 0.3, inexpressible=["happiness"])
    store.add_corpus(corpus.fingerprint, speech.facts(corpus))
    good = concluded(store, corpus)["candidates"][0]
    assert good["numbers"]["uar_own"]["value"] == 0.5
    rest = {
        name: [part.pop(name) for part in good["parts"]] for name in ("numbers", "seen", "chance")
    }
    assert [one["uar_own"] for one in rest["chance"]] == [None, 1 / 2, None]
    assert good["parts"] == [
        {
            "part": TOGETHER,
            **none,
            "expressible": ["sadness"],
            "inexpressible": [],
            "languages": ["en"],
            "language_fit": 1,
        },
        {"part": "calls", **expressible, "languages": ["en"], "language_fit": 1},
        {
            "part": "language-ko",
            **none,
            "expressible": [],
            "inexpressible": ["happiness"],
            "languages": ["ko"],
            "language_fit": 0,
        },
    ]
    assert rest["seen"] == [why, why, {}]
    values = [{name: one["value"] for name, one in part.items()} for part in rest["numbers"]]
    assert values == [
        {"uar": uar / 2, "uar_own": uar, "accuracy": pytest.approx(uar + 0.1)}
        for uar in (0.5, 0.8, 0.3)
    ]


def test_one_corpus_is_a_part_by_its_name(
    store: EvidenceStore, make: Callable[..., Corpus]
) -> None:
    corpus = make("angry", "sad")
    scored(store, corpus, "", 0.5)
    store.add_corpus(corpus.fingerprint, speech.facts(corpus))
    (part,) = concluded(store, corpus)["candidates"][0]["parts"]
    assert (part["part"], part["seen"], part["languages"]) == ("calls", {}, ["en"])


def test_one_corpus_that_a_requirement_names_is_one_part(
    store: EvidenceStore, make: Callable[..., Corpus]
) -> None:
    corpus = make("angry", "sad")
    for part in ("", "calls"):
        scored(store, corpus, part, 0.5)
    store.add_corpus(corpus.fingerprint, speech.facts(corpus))
    parts = concluded(store, corpus)["candidates"][0]["parts"]
    assert [part["part"] for part in parts] == ["calls"]


def test_why_clips_were_not_judged_the_most_frequent_reason_first() -> None:
    rejected = [{"file": f"{n}.wav", "reason": "silent"} for n in range(3)]
    content = five_qualify()["corpus"] | {"left_out": {"no_label": 2, "silent": 1}}
    corpus = CorpusResult.model_validate(content | {"rejected": rejected})
    assert [*corpus.reasons.items()] == [("silent", 4), ("no_label", 2)]


# ------------------------------------------------------------------ facts and properties


def test_a_corpus_is_described(make: Callable[..., Corpus]) -> None:
    corpus = make("angry", "ANG", "Joyful")
    assert speech.facts(corpus) == {
        "name": "calls",
        "path": str(corpus.path),
        "fingerprint": corpus.fingerprint,
        "layout": "metadata.csv",
        "public": None,
        "requested": 3,
        "left_out": {},
        "clips": 3,
        "labelled": True,
        "emotions": {"anger": 2, "happiness": 1},
        "whole": {},
        "speakers": 2,
        "languages": ["en"],
        "listeners": None,
        "warnings": [*corpus.warnings],
        "rejected": [],
        "parts": [],
    }


def test_a_joined_corpus_is_described_with_its_parts(make: Callable[..., Corpus]) -> None:
    calls, studio = make("angry", "sad"), make("sad", "sad", "joy", folder="studio")
    facts = speech.facts(join([calls, studio]))
    assert facts["parts"] == [speech.facts(calls), speech.facts(studio)]
    assert (facts["name"], facts["clips"], facts["requested"]) == ("calls + studio", 5, 5)
    assert facts["emotions"] == {"anger": 1, "happiness": 1, "sadness": 3}
    assert facts["speakers"] == 4


def described(corpus: Corpus) -> CorpusResult:
    return speech.corpus_result(speech.facts(corpus), [])


def test_clips_that_no_candidate_could_be_asked_about_are_not_judged(
    make: Callable[..., Corpus],
) -> None:
    corpus = make("angry", "sad", "sad")
    (corpus.path / "1.wav").unlink()
    corpus = read_corpus(corpus.path)
    facts = speech.facts(corpus)
    assert facts["rejected"] == [{"file": "1.wav", "reason": "missing", "detail": ""}]
    found = speech.corpus_result(facts, [])
    assert (found.judged, [clip.file for clip in found.rejected]) == (2, ["1.wav"])
    assert found.warnings[0].startswith("1 clip cannot be judged (missing): there is no such file")
    blocked = record(
        GOOD,
        "degeneracy",
        corpus=corpus.fingerprint,
        outcome=Outcome.BLOCKED,
        details={
            "rejected_clips": [
                {"file": "0.wav", "reason": "too_short"},
                {"file": "1.wav", "reason": "undecodable"},
                {"file": "2.wav", "reason": "missing"},
            ],
            "notable_clips": [{"file": "2.wav", "remark": "rescaled: 16 bits"}],
        },
    )
    found = speech.corpus_result(facts, [blocked])
    # What is there in this run is not missing for what an earlier one said.
    assert [(clip.file, clip.reason) for clip in found.rejected] == [
        ("0.wav", "too_short"),
        ("1.wav", "missing"),
    ]
    assert found.judged == 1
    assert any(text.startswith("1 clip (rescaled): ") for text in found.warnings)


def test_references_are_the_mean_of_the_corpora(make: Callable[..., Corpus]) -> None:
    calls, studio = make("angry", "sad"), make("sad", "sad", "joy", "neutral", folder="studio")
    unlabelled = make("", folder="unlabelled")
    found = speech.references(described(join([calls, studio, unlabelled])))
    random = [references.random_reference(["anger", "sadness"])]
    random += [references.random_reference(["sadness", "sadness", "happiness", "neutral"])]
    assert found["random"] == {
        name: pytest.approx((random[0][name] + random[1][name]) / 2) for name in random[0]
    }
    assert found["majority"]["uar"] == pytest.approx((1 / 2 + 1 / 3) / 2)
    assert speech.references(described(unlabelled)) == speech.references(None) == {}


VOTES = "file_name,rater1,rater2,rater3\n" + "".join(
    f"{place}.wav,{votes}\n"
    for place, votes in enumerate(
        ["angry,angry,angry", "angry,angry,sad", "sad,sad,sad", "sad,sad,sad", "sad,happy,angry"]
    )
)


@pytest.fixture
def voted(tmp_path: Path) -> Corpus:
    """Return a corpus of five clips that three listened to, of whom nobody agrees on the last."""
    for place in range(5):
        (tmp_path / f"{place}.wav").write_text(str(place))
    (tmp_path / "metadata.csv").write_text(VOTES)
    return read_corpus(tmp_path, name="voted")


def test_listeners_are_described_and_one_of_them_is_a_reference(voted: Corpus) -> None:
    found = speech.facts(voted)["listeners"]
    # Of the second clip, one says sad where both others say angry; of the last, no two agree.
    assert found["counts"] == {
        "anger": {"anger": 1.0, "sadness": pytest.approx(1 / 3)},
        "sadness": {"sadness": 2.0},
    }
    assert (found["clips"], found["votes"]) == (5, 3.0)
    assert 0 < found["alpha"] < 1
    human = speech.references(described(voted))["human"]
    assert human["uar"] == pytest.approx((3 / 4 + 1) / 2)


def test_one_annotator_is_no_reference_where_a_corpus_has_none(
    voted: Corpus, make: Callable[..., Corpus]
) -> None:
    other = make("angry", "sad")
    assert "human" not in speech.references(described(join([voted, other])))
    assert speech.facts(other)["listeners"] is None
    # Nor where the others never say one of the emotions that count.
    assert "human" not in speech.references(described(voted), ["anger", "happiness"])


def test_references_are_of_the_whole_where_clips_were_drawn(make: Callable[..., Corpus]) -> None:
    drawn = read_corpus(make(*["neutral"] * 9, "sad").path, limit=2)
    facts = speech.facts(drawn)
    assert facts["emotions"] == {"neutral": 1, "sadness": 1}
    assert facts["whole"] == {"neutral": 9, "sadness": 1}
    assert any("weighed back" in warning for warning in facts["warnings"])
    found = speech.references(described(drawn))
    assert found["majority"] == references.majority_reference(["neutral"] * 9 + ["sadness"])
    assert found["random"]["uar_high"] == intervals.random_range(["neutral", "sadness"]).high


def test_a_corpus_without_labels_is_described(make: Callable[..., Corpus]) -> None:
    facts = speech.facts(make(""))
    assert (facts["labelled"], facts["emotions"]) == (False, {})


def test_junit_repeats_the_selection_and_where_it_is_from(
    store: EvidenceStore, make: Callable[..., Corpus]
) -> None:
    corpus = make("angry", "sad")
    judge_good(store, corpus)
    results = concluded(store, corpus, command="pytest --data calls")
    assert suite_properties(Results.model_validate(results)) == {
        "sertify:schema": SCHEMA,
        "sertify:version": __version__,
        "sertify:selection": "good",
        "sertify:sentence": results["selection"]["sentence"],
        "sertify:clips": "2 requested, 2 read, 1 judged; not: 1 silent",
        "sertify:tied": "good",
        "sertify:corpus": corpus.fingerprint,
        "sertify:corpus.name": "calls",
        "sertify:command": "pytest --data calls",
        "sertify:finished": "true",
    } | {f"sertify:environment.{key}": value for key, value in ENVIRONMENT.items()}


def test_junit_has_empty_text_for_what_there_is_not(store: EvidenceStore) -> None:
    properties = suite_properties(Results.model_validate(concluded(store)))
    names = ("selection", "tied", "clips", "corpus", "corpus.name")
    assert [properties[f"sertify:{name}"] for name in names] == [""] * 5
    assert all(isinstance(value, str) for value in properties.values())
