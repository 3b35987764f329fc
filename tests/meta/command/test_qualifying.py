"""Called from Python, the suite finds what a run of pytest finds, and shares what it knows."""

import multiprocessing
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import sertify
from sertify.evidence import store
from sertify.evidence.store import EvidenceStore
from sertify.vocabulary.outcomes import GATES
from tests.meta.runs import SPEECH, Run

UNTIMED = [gate for gate in GATES if gate != "speed"]


def findings(results: sertify.Results) -> dict[str, Any]:
    """Return of each candidate what does not depend on when and how fast it was found."""
    measured = {
        each.name: {
            name: number for name, number in each.numbers.items() if not name.endswith("_time")
        }
        for each in results.candidates
    }
    return {
        each.name: (each.verdict, each.reason, each.message, each.gates.keys(), measured[each.name])
        for each in results.candidates
    } | {"": (results.selection.sentence, results.selection.tied)}


def test_it_finds_what_a_run_of_pytest_finds(
    run: Run, write: Callable[..., Path], some_speech: Path, tmp_path: Path
) -> None:
    path = write("wavlm-tiny", "hubert-tiny", "constant", "not-found")
    outcome = run("-m", "not speed", "--data", some_speech, candidates=path)
    called = sertify.qualify(
        path, data=some_speech, gates=UNTIMED, reports=tmp_path / "called", cache=None, threads=1
    )
    assert findings(called) == findings(sertify.Results.model_validate(outcome.results))
    verdicts = {each.name: (each.verdict, each.reason) for each in called.candidates}
    assert verdicts["constant"] == ("rejected", "constant_prediction")
    assert verdicts["not-found"] == ("rejected", "not_found")
    names = {file.name for file in (tmp_path / "called").iterdir()}
    assert {"results.json", "index.html", "summary.md", "evidence.sqlite"} <= names


def test_what_is_known_is_not_asked_again(
    write: Callable[..., Path], some_speech: Path, tmp_path: Path
) -> None:
    path = write("wavlm-tiny")
    told: list[str] = []

    def call(*gates: str) -> sertify.Results:
        told.clear()
        return sertify.qualify(
            path,
            data=some_speech,
            gates=gates,
            reports=tmp_path / "reports",
            cache=tmp_path / "cache.sqlite",
            threads=1,
            progress=lambda *news: told.append(str(news[1])),
        )

    first = call(*UNTIMED)
    assert "loading its weights" in told
    second = call("accuracy")
    assert "loading its weights" not in told
    assert findings(second) == findings(first)


def test_times_are_measured_one_model_at_a_time(write: Callable[..., Path], tmp_path: Path) -> None:
    path = write("wavlm-tiny", "hubert-tiny")
    measuring: list[int] = []
    results = sertify.qualify(
        path,
        gates=["speed"],
        reports=tmp_path / "reports",
        cache=None,
        threads=1,
        progress=lambda *_: measuring.append(len(multiprocessing.active_children())),
    )
    assert max(measuring) == 1
    candidate, _ = results.candidates
    assert candidate.value("real_time_factor")
    assert candidate.numbers["segment_time"].n is not None
    assert candidate.numbers["segment_time"].n >= 5


def test_an_error_of_who_is_told_is_no_fault_of_a_model(
    write: Callable[..., Path], tmp_path: Path
) -> None:
    def percent(_: str, __: str, done: float, total: float) -> None:
        assert done / total >= 0

    path = write("wavlm-tiny")
    with pytest.raises(ZeroDivisionError):
        sertify.qualify(path, reports=tmp_path / "reports", cache=None, progress=percent)
    assert not EvidenceStore(tmp_path / "reports" / "evidence.sqlite").records(["wavlm-tiny"])


def test_evidence_that_is_locked_meanwhile_is_kept_beside_and_told(
    write: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "PATIENCE", 0.1)
    path, file = write("hubert-tiny"), tmp_path / "reports" / "evidence.sqlite"
    options: dict[str, Any] = {"reports": tmp_path / "reports", "gates": ["loadability"]}
    EvidenceStore(file).check()
    with closing(sqlite3.connect(file, isolation_level=None)) as other:

        def lock(*_: object) -> None:
            if not other.in_transaction:
                other.execute("BEGIN IMMEDIATE")

        with pytest.warns(
            UserWarning, match=r"cannot be written \(.*\); what this run found is in"
        ):
            results = sertify.qualify(path, **options, cache=None, weights=False, progress=lock)
    assert results.candidates[0].commit
    with pytest.warns(UserWarning, match="evidence.sqlite has taken in evidence-"):
        sertify.qualify(path, **options, cache=None, weights=False)


def test_the_selected_one_is_confirmed_also_where_no_weights_are_judged(
    write: Callable[..., Path], some_speech: Path, tmp_path: Path
) -> None:
    path = write("wavlm-tiny", requirements={"uar": {"min": 0.2}, "real_time_factor": None})
    without: dict[str, Any] = {"weights": False, "gates": ["labels", "accuracy"]}
    every: dict[str, Any] = {}
    confirmations = [
        sertify.qualify(
            path,
            data=some_speech,
            hold_out=0.3,
            reports=tmp_path / "reports",
            cache=tmp_path / "cache.sqlite",
            threads=1,
            **keywords,
        ).selection.confirmation
        for keywords in (every, without)
    ]
    assert confirmations[0] is not None
    assert confirmations[0].clips > 0
    assert confirmations[1] == confirmations[0]


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"gates": ["acuracy"]}, r"gates: there is no gate 'acuracy'; did you mean 'accuracy'\?"),
        ({"data": "nowhere"}, "nowhere"),
        ({"hop": 1.0}, "--hop goes with --segment"),
        ({"split": "test"}, "go with --data PATH"),
        ({"locked": True}, "candidates.lock.yaml: no such file"),
        ({"gates": []}, "no gate is asked for"),
        ({"gates": "accuracy"}, "accuracy needs labelled speech: give --data PATH"),
        ({"gates": ["speed"], "weights": False}, "--no-weights leaves nothing to judge"),
        ({"threads": 0}, "threads is 0, but should be a whole number from 1"),
        ({"limit": "28", "data": SPEECH}, "limit is '28', but should be a whole number from 1"),
        ({"hold_out": 1.5, "data": SPEECH}, "hold_out is 1.5, but should be a share"),
        ({"dtype": "float8"}, "dtype is 'float8', but should be one of float32, bfloat16"),
        (
            {"dtype": "mixed", "segment": 2.0, "data": SPEECH},
            "dtype is mixed, .* with segmenting it is that of a mean over segments",
        ),
        ({"progress": "yes"}, "progress is 'yes', but should be a function"),
    ],
    ids=str,
)
def test_what_cannot_be_done_is_said_before_anything_is(
    write: Callable[..., Path], tmp_path: Path, keywords: dict[str, Any], message: str
) -> None:
    with pytest.raises(sertify.ConfigurationError, match=message):
        sertify.qualify(write("wavlm-tiny"), reports=tmp_path, cache=None, **keywords)


def test_the_face_is_listed_and_imported_on_demand() -> None:
    assert set(dir(sertify)) == {*sertify.__all__, "__version__"}
    assert [name for name in sertify.__all__ if getattr(sertify, name) is None] == []
    with pytest.raises(AttributeError, match="no attribute 'qualifi'"):
        sertify.qualifi  # noqa: B018
    code = "import sertify, sys; print({'torch', 'pydantic', 'numpy', 'pytest'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
