"""Evidence becomes results.json: its structure, what counts in it, and what JUnit repeats of it."""

import json
from collections.abc import Callable
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from sertify import __version__, metrics
from sertify.candidates import Candidate
from sertify.corpora import Corpus, read_corpus
from sertify.environment import describe, fingerprint
from sertify.errors import REASONS
from sertify.evidence import EvidenceStore, Record
from sertify.outcomes import GATES, Measurement, Outcome
from sertify.report.results import SCHEMA, conclude, corpus_facts, suite_properties

ENVIRONMENT = describe("cpu", threads=1)
GOOD = Candidate("good", "org/good", languages=("en",), licence="mit", note="a note")
BAD = Candidate("bad", "org/bad", status="rejected", reasons=("random_head",), revision="v1")
Results = dict[str, Any]


@pytest.fixture
def store(tmp_path: Path) -> EvidenceStore:
    return EvidenceStore(tmp_path / "evidence.sqlite")


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Corpus]:
    """Make a corpus of a clip a label."""

    def call(*labels: str, folder: str = "calls") -> Corpus:
        root = tmp_path / folder
        root.mkdir()
        rows = [f"{n}.wav,{label},s{n % 2},en" for n, label in enumerate(labels)]
        text = "\n".join(["file_name,label,speaker,language", *rows])
        (root / "metadata.csv").write_text(text)
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
        Measurement("uar", 0.6, low=0.5, high=0.7, n=3),
        Measurement("uar_all", 0.4, low=0.3, high=0.5, n=3),
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


def judge_good(store: EvidenceStore, corpus: Corpus | None) -> None:
    """Keep evidence that the good one passes whatever can be judged."""
    for gate in GATES:
        if gate == "accuracy" and corpus is None:
            continue
        heard = corpus if gate in ("degeneracy", "accuracy") else None
        more = {"measurements": MEASURED[gate], "details": DETAILS.get(gate, {})}
        store.add(record(GOOD, gate, corpus=heard.fingerprint if heard else "", **more))
    if corpus is not None:
        store.add_corpus(corpus.fingerprint, corpus_facts(corpus))


def judge_bad(store: EvidenceStore) -> None:
    failure = {"outcome": Outcome.FAIL, "reason": "random_head", "message": "its head is random"}
    store.add(record(BAD, "loadability", **failure))


def concluded(store: EvidenceStore, corpus: Corpus | None = None, **options: Any) -> Results:
    """Conclude, and make sure that the result is what the schema and JSON allow."""
    given = corpus.fingerprint if corpus else None
    results = conclude((GOOD, BAD), store, ENVIRONMENT, corpus=given, **options)
    schema = json.loads(files("sertify.report").joinpath("results.schema.json").read_text())
    jsonschema.validate(results, schema, format_checker=jsonschema.FormatChecker())
    loaded: Results = json.loads(json.dumps(results, allow_nan=False))
    assert loaded == results
    return results


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
    corpus = make("angry", "sad", "sad", "weird")
    judge_good(store, corpus)
    judge_bad(store)
    results = concluded(store, corpus)
    uar = "UAR over all clips 0.40 [0.30, 0.50]"
    assert results["selection"] == {
        "candidate": "good",
        "tied": ["good"],
        "pareto": ["good"],
        "sentence": f"Use good: the only candidate that qualified ({uar}).",
    }
    truth = ["anger", "sadness", "sadness", "weird"]
    assert results["references"] == {
        "random": metrics.random_reference(truth),
        "majority": metrics.majority_reference(truth),
    }
    assert results["corpus"] == corpus_facts(corpus) | {
        "judged": 3,
        "rejected": [{"file": "2.wav", "reason": "silent"}],
    }


def test_what_was_found_about_a_candidate_that_qualifies(
    store: EvidenceStore, make: Callable[..., Corpus]
) -> None:
    corpus = make("angry", "sad")
    judge_good(store, corpus)
    good = concluded(store, corpus)["candidates"][0]
    gates, numbers = good.pop("gates"), good.pop("numbers")
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
    }
    assert [gates[gate]["outcome"] for gate in GATES] == ["PASS"] * 5
    assert gates["accuracy"]["checks"][0]["details"] == DETAILS["accuracy"]
    values = {name: number["value"] for name, number in numbers.items()}
    assert values == {
        "uar": 0.6,
        "uar_all": 0.4,
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
    (result,) = conclude((given,), store, ENVIRONMENT)["candidates"]
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
    store.add_corpus(unlabelled.fingerprint, corpus_facts(unlabelled))
    assert concluded(store, unlabelled)["corpus"]["fingerprint"] == corpus.fingerprint


def test_evidence_on_other_speech_is_stale(
    store: EvidenceStore, make: Callable[..., Corpus]
) -> None:
    corpus, other = make("angry", "sad"), make("sad", folder="other")
    judge_good(store, corpus)
    store.add_corpus(other.fingerprint, corpus_facts(other))
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


# ------------------------------------------------------------------ facts and properties


def test_a_corpus_is_described(make: Callable[..., Corpus]) -> None:
    corpus = make("angry", "ANG", "Weird")
    assert corpus_facts(corpus) == {
        "name": "calls",
        "path": str(corpus.path),
        "fingerprint": corpus.fingerprint,
        "clips": 3,
        "labelled": True,
        "emotions": {"anger": 2, "weird": 1},
        "speakers": 2,
        "languages": ["en"],
        "warnings": ["label 'Weird' is no known emotion, so no candidate can be right about it"],
    }


def test_a_corpus_without_labels_is_described(make: Callable[..., Corpus]) -> None:
    facts = corpus_facts(make(""))
    assert (facts["labelled"], facts["emotions"], facts["warnings"]) == (False, {}, [])


def test_junit_repeats_the_selection_and_where_it_is_from(
    store: EvidenceStore, make: Callable[..., Corpus]
) -> None:
    corpus = make("angry", "sad")
    judge_good(store, corpus)
    results = concluded(store, corpus, command="pytest --data calls")
    assert suite_properties(results) == {
        "sertify:schema": SCHEMA,
        "sertify:version": __version__,
        "sertify:selection": "good",
        "sertify:sentence": results["selection"]["sentence"],
        "sertify:tied": "good",
        "sertify:corpus": corpus.fingerprint,
        "sertify:corpus.name": "calls",
        "sertify:command": "pytest --data calls",
    } | {f"sertify:environment.{key}": value for key, value in ENVIRONMENT.items()}


def test_junit_has_empty_text_for_what_there_is_not(store: EvidenceStore) -> None:
    properties = suite_properties(concluded(store))
    names = ("selection", "tied", "corpus", "corpus.name")
    assert [properties[f"sertify:{name}"] for name in names] == ["", "", "", ""]
    assert all(isinstance(value, str) for value in properties.values())
