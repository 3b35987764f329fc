"""The suite as its users call it: pytest, on the embedded candidates."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
from ruamel.yaml import YAML

from sertify.candidates.locks import Locked, read_lock, write_lock
from sertify.evidence.store import EvidenceStore
from sertify.vocabulary.machine import usable_cores
from tests.meta.corpora.rows import noise
from tests.meta.runs import CHECKS, EMBEDDED, FIXTURES, ROOT, SPEECH, Run


def rejected() -> list[Any]:
    entries = YAML(typ="safe").load(EMBEDDED)["candidates"]
    return [(one["name"], one["reason"]) for one in entries if one.get("status") == "rejected"]


class TestRejections:
    @pytest.mark.parametrize(("name", "reason"), rejected())
    def test_each_way_of_being_wrong_is_found(
        self, run: Run, some_speech: Path, write: Callable[..., Path], name: str, reason: str
    ) -> None:
        outcome = run("--data", some_speech, candidates=write(name, status=None, reason=None))
        assert outcome.code == pytest.ExitCode.TESTS_FAILED
        failed = next(case for case in outcome.of(name) if case.kind != "passed")
        assert (failed.kind, failed.properties["outcome"]) == ("failure", "FAIL")
        assert failed.properties["reason"] == reason
        assert failed.message.startswith(f"FAIL {reason}: ")
        assert f"[{name}" in failed.message
        later = outcome.of(name)[outcome.of(name).index(failed) + 1 :]
        assert outcome.candidate(name)["reason"] == reason
        assert {case.properties["gate"] for case in later if case.kind == "passed"} <= {
            failed.properties["gate"]
        }

    def test_an_expected_rejection_is_green(self, run: Run, write: Callable[..., Path]) -> None:
        outcome = run("-m", "loadability", candidates=write("random-head"))
        assert outcome.code == pytest.ExitCode.OK
        kinds = [case.kind for case in outcome.of("random-head")]
        assert kinds == ["passed"] * 5 + ["skipped"] * 9
        expected = outcome.of("random-head")[5]
        assert expected.properties["outcome"] == "FAIL"
        assert expected.properties["reason"] == "random_head"

    def test_a_repaired_model_turns_the_run_red(self, run: Run, write: Callable[..., Path]) -> None:
        path = write("wav2vec2-tiny", status="rejected", reason="random_head")
        outcome = run("-m", "loadability", candidates=path)
        assert outcome.code == pytest.ExitCode.TESTS_FAILED
        failed = next(case for case in outcome.cases if case.kind == "failure")
        assert failed.name.startswith("test_every_weight_comes_from_the_checkpoint")
        assert failed.message.startswith(
            "now qualifies: it passes the check that should reject it for random_head"
        )
        assert failed.properties["outcome"] == "FAIL"
        assert failed.properties["reason"] == "now_qualifies"

    def test_another_reason_than_the_one_written_down_is_red(
        self, run: Run, write: Callable[..., Path]
    ) -> None:
        outcome = run("-m", "loadability", candidates=write("random-head", reason="dimensional"))
        assert outcome.code == pytest.ExitCode.TESTS_FAILED
        failed = next(case for case in outcome.cases if case.kind == "failure")
        assert failed.properties["reason"] == "random_head"
        assert "candidates.yaml expects it to be rejected for dimensional" in failed.message

    @pytest.mark.parametrize(
        ("gate", "requirement", "bound", "reason"),
        [
            ("degeneracy", "top_share", {"max": 0.1}, "constant_prediction"),
            ("degeneracy", "entropy", {"min": 1.0}, "low_entropy"),
            ("degeneracy", "effective_emotions", {"min": 6}, "few_emotions"),
            ("degeneracy", "consistency", {"min": 1.0}, "inconsistent"),
            ("accuracy", "coverage", {"min": 0.9}, "low_coverage"),
            ("accuracy", "uar", {"min": 0.99}, "low_uar"),
            ("accuracy", "uar_own", {"min": 0.99}, "low_uar_own"),
            ("accuracy", "accuracy", {"min": 0.99}, "low_accuracy"),
            ("accuracy", "macro_f1", {"min": 0.99}, "low_macro_f1"),
            ("accuracy", "recall", {"min": 1.0}, "low_recall"),
            ("accuracy", "precision", {"min": 1.0}, "low_precision"),
            ("accuracy", "class_share", {"max": 0.001, "confidence": 0.5}, "skewed_predictions"),
            ("accuracy", "calibration_error", {"max": 0.001}, "miscalibrated"),
            ("speed", "real_time_factor", {"max": 1e-9}, "too_slow"),
            ("speed", "latency", {"max": 1e-9, "percentile": 50}, "too_slow"),
            ("speed", "requests_per_second", {"min": 50, "latency": 1e-9}, "too_slow"),
        ],
    )
    def test_each_requirement_is_held_against_its_own_measurement(
        self,
        run: Run,
        some_speech: Path,
        write: Callable[..., Path],
        known: Path,
        gate: str,
        requirement: str,
        bound: dict[str, float],
        reason: str,
    ) -> None:
        path = write("wav2vec2-tiny", requirements={requirement: bound})
        outcome = run("-m", gate, "--data", some_speech, candidates=path, cache=known)
        failed = [
            case for case in outcome.cases if case.kind == "failure" and case.gate != "selection"
        ]
        assert [case.properties["reason"] for case in failed] == [reason]

    @pytest.mark.parametrize(
        ("labels", "reason"),
        [
            (["anger", "fear", "happiness", "neutral", "Anger "], "duplicate_labels"),
            (
                ["anger", "fear", "joy", "neutral", "\x1b]0;x\x07\n::error::"],
                "unknown_labels",
            ),
        ],
    )
    def test_labels_of_the_repository_are_judged_and_shown_harmless(
        self, run: Run, tmp_path: Path, labels: list[str], reason: str
    ) -> None:
        folder = tmp_path / "model"
        shutil.copytree(FIXTURES / "models" / "wav2vec2-tiny", folder)
        config = json.loads((folder / "config.json").read_text())
        config["id2label"] = dict(enumerate(labels))
        config["label2id"] = {label: index for index, label in enumerate(labels)}
        (folder / "config.json").write_text(json.dumps(config))
        path = tmp_path / "candidates.yaml"
        path.write_text("candidates: [{name: odd, model: ./model}]")
        outcome = run("-m", "labels", candidates=path)
        failed = [
            case for case in outcome.cases if case.kind == "failure" and case.gate != "selection"
        ]
        assert [case.properties["reason"] for case in failed] == [reason]
        assert "\x1b]0" not in outcome.output
        assert "\n::error" not in outcome.output

    def test_a_model_that_does_not_hear_is_found(self, run: Run, tmp_path: Path) -> None:
        folder = tmp_path / "model"
        shutil.copytree(FIXTURES / "models" / "wav2vec2-tiny", folder)
        weights = safetensors.torch.load_file(folder / "model.safetensors")
        weights["projector.weight"].zero_()
        path = folder / "model.safetensors"
        safetensors.torch.save_file(weights, path, metadata={"format": "pt"})
        path = tmp_path / "candidates.yaml"
        path.write_text("candidates: [{name: deaf, model: ./model}]")
        outcome = run("-m", "degeneracy", candidates=path)
        failed = next(case for case in outcome.cases if case.kind == "failure")
        assert failed.properties["reason"] == "ignores_input"

    def test_a_requirement_that_is_missed_is_red(
        self, run: Run, write: Callable[..., Path]
    ) -> None:
        path = write("wav2vec2-tiny", requirements={"min_labels": 6})
        outcome = run("-m", "labels", candidates=path)
        failed = next(case for case in outcome.cases if case.kind == "failure")
        message = "FAIL too_few_labels: labels=5, but should be at least 6"
        assert re.fullmatch(rf"{message} \[wav2vec2-tiny@[0-9a-f]{{7}}\]", failed.message)

    def test_a_hub_that_cannot_be_reached_is_an_error_not_a_failure(
        self, run: Run, tmp_path: Path
    ) -> None:
        path = tmp_path / "candidates.yaml"
        path.write_text("candidates: [{name: far, model: nobody/nothing}]")
        outcome = run("--offline", candidates=path)
        first, *rest = outcome.cases
        assert first.kind == "error"
        assert first.properties["outcome"] == "BLOCKED"
        assert first.properties["reason"] == "offline_not_cached"
        assert "nobody/nothing is not in the cache" in first.message
        assert {case.kind for case in rest} == {"skipped"}
        assert outcome.candidate("far")["verdict"] == "undecided"


class TestWholeRun:
    @pytest.mark.slow(30)
    def test_the_embedded_candidates_are_green_and_one_is_selected(self, run: Run) -> None:
        outcome = run("--data", SPEECH)
        assert outcome.code == pytest.ExitCode.OK, outcome.output
        selected = outcome.results["selection"]["candidate"]
        assert outcome.candidate(selected)["verdict"] == "qualified"
        assert outcome.candidate(selected)["numbers"]["uar"]["value"] >= 0.8
        assert outcome.candidate("baseline-tiny")["verdict"] == "baseline"
        assert f"Use {selected}" in outcome.output
        assert outcome.suite["sertify:selection"] == selected
        assert outcome.suite["sertify:corpus"] == outcome.results["corpus"]["fingerprint"]
        page = (outcome.reports / "index.html").read_text("utf-8")
        assert all(one["name"] in page for one in outcome.results["candidates"])

    def test_every_case_keeps_the_contract_with_readers_of_junit(
        self, run: Run, some_speech: Path, write: Callable[..., Path]
    ) -> None:
        names = ("wav2vec2-tiny", "random-head", "generic-labels", "constant")
        outcome = run("--data", some_speech, candidates=write(*names))
        kinds = {
            "PASS": {"passed"},
            "FAIL": {"failure", "skipped"},
            "INCONCLUSIVE": {"failure"},
            "NOT_REACHED": {"skipped"},
        }
        for case in (one for one in outcome.cases if one.properties["gate"] != "selection"):
            properties = case.properties
            assert case.kind in kinds[properties["outcome"]]
            assert {"candidate", "gate"} <= set(properties)
            assert ("reason" in properties) == (properties["outcome"] != "PASS")
            measured = [v for k, v in properties.items() if k.startswith("measured:")]
            assert all(re.fullmatch(r"-?[0-9.e+-]+ \S+", value) for value in measured), measured
            assert measured or properties["outcome"] != "PASS"

    def test_three_runs_add_up_to_a_selection(
        self, run: Run, some_speech: Path, write: Callable[..., Path]
    ) -> None:
        path = write("wav2vec2-tiny")
        first = run(
            "-m", "loadability or labels or degeneracy", "--data", some_speech, candidates=path
        )
        assert first.candidate("wav2vec2-tiny")["verdict"] == "undecided"
        assert first.candidate("wav2vec2-tiny")["message"] == "not judged yet: accuracy, speed"
        second = run("-m", "accuracy", "--data", some_speech, candidates=path)
        assert second.candidate("wav2vec2-tiny")["message"] == "not judged yet: speed"
        third = run("--benchmark-only", candidates=path)
        assert {case.properties["gate"] for case in third.cases} == {"speed"}
        table = third.output.partition("- benchmark ")[2].partition("Legend")[0].splitlines()
        assert table[1].split()[-3:] == ["Median", "IQR", "Rounds"]
        assert max(map(len, table)) <= 100
        assert third.results["selection"]["candidate"] == "wav2vec2-tiny"

    def test_what_is_announced_to_be_rejected_earlier_is_not_reached(
        self, run: Run, some_speech: Path, write: Callable[..., Path]
    ) -> None:
        path = write("generic-labels", "constant", "random-head", "too-few-labels")
        outcome = run("-m", "accuracy", "--data", some_speech, candidates=path)
        assert outcome.code == pytest.ExitCode.OK
        assert {case.properties["outcome"] for case in outcome.cases} == {"NOT_REACHED"}
        reasons = {c.properties["candidate"]: c.properties["reason"] for c in outcome.cases}
        assert reasons == {
            "generic-labels": "no_labels",
            "constant": "constant_prediction",
            "random-head": "random_head",
            "too-few-labels": "too_few_labels",
        }


LEAK = """
from sertify.pipeline import prefetch

real = prefetch.take_snapshot

def send(**headers):
    raise LookupError(f"odd answer to {headers}")

def take(*_, **__):
    print("Bearer hf_secretsecret")
    send(authorization="Bearer hf_secretsecret")

def pytest_unconfigure():
    prefetch.take_snapshot = real

prefetch.take_snapshot = take
"""


class TestSecrets:
    def test_a_login_in_a_traceback_is_shown_nowhere(
        self, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "leak.py").write_text(LEAK)
        monkeypatch.syspath_prepend(tmp_path)
        path = tmp_path / "candidates.yaml"
        path.write_text("candidates: [{name: far, model: nobody/nothing}]")
        outcome = run("-m", "labels", "-l", "-rA", "-p", "leak", candidates=path)
        assert outcome.of("far")[0].properties["reason"] == "unexpected_error"
        assert "secretsecret" not in outcome.output
        for file in outcome.reports.rglob("*.*"):
            assert b"secretsecret" not in file.read_bytes(), file


class TestWithoutWeights:
    def test_what_needs_no_weights_is_judged_and_the_rest_says_so(
        self, run: Run, write: Callable[..., Path]
    ) -> None:
        names = ("wavlm-tiny", "random-head", "truncated", "nan-weights", "dimensional")
        outcome = run("--no-weights", candidates=write(*names))
        assert outcome.code == pytest.ExitCode.OK, outcome.output
        reasons = {name: outcome.candidate(name)["reason"] for name in names}
        assert reasons == {
            "wavlm-tiny": None,
            "random-head": "random_head",
            "truncated": "corrupt_weights",
            "nan-weights": None,  # which only loading would find
            "dimensional": "dimensional",
        }
        cases = {case.name: case for case in outcome.of("wavlm-tiny")}
        skipped = cases["test_weights_load[wavlm-tiny]"]
        assert skipped.properties["outcome"] == "NOT_REACHED"
        message = "not_selected: it needs the weights, and --no-weights leaves them out"
        assert skipped.message == message
        assert cases["test_every_weight_is_in_the_checkpoint[wavlm-tiny]"].kind == "passed"
        assert cases["test_labels_are_enough[wavlm-tiny]"].kind == "passed"
        assert re.search(r"wavlm-tiny +part +ok +-", outcome.output)

    @pytest.mark.parametrize("options", [["-m", "speed"], ["--benchmark-only"]], ids=str)
    def test_a_run_that_would_judge_nothing_is_refused(
        self, run: Run, write: Callable[..., Path], options: list[str]
    ) -> None:
        outcome = run("--no-weights", *options, candidates=write("wavlm-tiny"))
        assert outcome.code == pytest.ExitCode.USAGE_ERROR
        message = "--no-weights leaves nothing to judge of what was selected"
        assert message in outcome.output

    def test_a_head_that_another_loader_knows_is_told_without_weights(
        self, run: Run, write: Callable[..., Path]
    ) -> None:
        outcome = run("--no-weights", candidates=write("foreign-head"))
        found = outcome.candidate("foreign-head")
        assert (found["loader"], found["architecture"]) == (
            "pooled-head",
            "PooledHead",
        )
        assert "and would start a random one; loaded as pooled-head instead" in found["remarks"][0]
        assert "foreign-head: transformers has no class for this head (pooling" in outcome.output

    def test_a_candidate_may_forbid_all_but_the_stock_loader(
        self, run: Run, write: Callable[..., Path]
    ) -> None:
        path = write("foreign-head", loader="transformers")
        outcome = run("--no-weights", candidates=path)
        assert outcome.candidate("foreign-head")["reason"] == "random_head"
        assert "and has classifier.dense.bias" in outcome.candidate("foreign-head")["message"]

    def test_the_head_of_another_class_answers_as_the_model_that_it_was_made_of(
        self, run: Run, write: Callable[..., Path]
    ) -> None:
        outcome = run("--data", SPEECH, "-m", "accuracy", candidates=write("foreign-head"))
        assert outcome.code == pytest.ExitCode.OK, outcome.output
        assert outcome.candidate("foreign-head")["numbers"]["uar"]["value"] >= 0.5


class TestLock:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        folder = tmp_path / "model"
        shutil.copytree(FIXTURES / "models" / "wav2vec2-tiny", folder)
        return folder

    @pytest.fixture
    def path(self, folder: Path, tmp_path: Path) -> Path:
        assert folder.is_dir()
        path = tmp_path / "models.yaml"
        path.write_text("candidates: [{name: mine, model: ./model}, {name: lost, model: ./lost}]")
        return path

    def test_what_was_judged_is_locked(self, run: Run, path: Path) -> None:
        outcome = run("-m", "labels", "--lock", candidates=path)
        locked = read_lock(path)
        assert locked == {"mine": Locked("./model", outcome.candidate("mine")["commit"])}
        assert f"lock: {path.parent / 'models.lock.yaml'}" in outcome.output

    def test_a_lock_keeps_what_a_run_did_not_judge(self, run: Run, path: Path) -> None:
        write_lock(path, {"lost": Locked("./lost", "abc"), "gone": Locked("./gone", "abc")})
        run("-m", "labels", "--lock", candidates=path)
        assert list(read_lock(path)) == ["mine", "lost"]

    def test_a_run_says_what_has_moved_on(self, run: Run, path: Path, folder: Path) -> None:
        run("-m", "labels", "--lock", candidates=path)
        assert run("-m", "labels", candidates=path).results["moved"] == {}
        before = read_lock(path)["mine"].commit
        (folder / "README.md").write_text("# Better")
        outcome = run("-m", "labels", candidates=path)
        assert outcome.results["moved"] == {"mine": before}
        after = outcome.candidate("mine")["commit"]
        old, new = (one.removeprefix("sha256:")[:7] for one in (before, after))
        text = f"mine has moved on since candidates.lock.yaml, from {old} to {new}"
        assert text in outcome.output
        assert text in (outcome.reports / "summary.md").read_text("utf-8")
        assert "It has moved on" in (outcome.reports / "index.html").read_text("utf-8")

    def test_what_has_moved_on_is_not_judged_where_that_is_asked_for(
        self, run: Run, path: Path, folder: Path
    ) -> None:
        run("-m", "labels", "--lock", candidates=path)
        outcome = run("-m", "labels", "--locked", "-k", "mine", candidates=path)
        assert outcome.code == pytest.ExitCode.OK
        (folder / "README.md").write_text("# Better")
        outcome = run("-m", "labels", "--locked", "-k", "mine", candidates=path)
        first = outcome.of("mine")[0]
        assert (first.kind, first.properties["reason"]) == ("error", "moved_on")
        assert "BLOCKED moved_on: ./model is locked at sha256:" in first.message

    def test_a_lock_that_cannot_be_read_is_written_anew(self, run: Run, path: Path) -> None:
        path.with_suffix(".lock.yaml").write_text("[")
        assert run("-m", "labels", candidates=path).code == pytest.ExitCode.USAGE_ERROR
        run("-m", "labels", "--lock", candidates=path)
        assert list(read_lock(path)) == ["mine"]

    def test_a_lock_that_cannot_be_written_is_said_at_once(self, run: Run, path: Path) -> None:
        path.with_suffix(".lock.yaml").mkdir()
        outcome = run("-m", "labels", "--lock", candidates=path)
        assert outcome.code == pytest.ExitCode.USAGE_ERROR
        assert "models.lock.yaml: cannot be written" in outcome.output

    def test_without_a_lock_nothing_can_be_locked(self, run: Run, path: Path) -> None:
        outcome = run("-m", "labels", "--locked", candidates=path)
        assert outcome.code == pytest.ExitCode.USAGE_ERROR
        assert "models.lock.yaml: no such file; write it with `pytest --lock`" in outcome.output


class TestSpeechThatCannotBeJudged:
    def fill(self, root: Path, write: Callable[[Path], object]) -> Path:
        """Write clips of two emotions."""
        for number in range(6):
            path = root / ("angry", "sad")[number % 2] / f"{number}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            write(path)
        return root

    def test_of_no_clip_stops_before_a_model_is_loaded(self, run: Run, tmp_path: Path) -> None:
        pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1\n"
        root = self.fill(tmp_path / "calls", lambda path: path.write_text(pointer))
        outcome = run("--data", root)
        assert outcome.code == pytest.ExitCode.USAGE_ERROR
        said = " ".join(outcome.output.split())
        assert "none of its 6 clips can be judged: 6 lfs_pointer: a Git LFS pointer" in said
        assert "run `git lfs pull` in its repository" in said

    def test_is_counted_alike_by_page_terminal_numbers_and_junit(
        self, run: Run, write: Callable[..., Path], tmp_path: Path
    ) -> None:
        root = self.fill(tmp_path / "calls", lambda path: noise(path, seconds=0.01))
        outcome = run("-m", "not speed", "--data", root, candidates=write("wav2vec2-tiny"))
        said = " ".join(outcome.output.split())
        assert "6 clips requested, 0 judged; not: 6 too_short" in said
        assert "6 clips cannot be judged (too_short): it is shorter than what the model" in said
        corpus = outcome.results["corpus"]
        assert (corpus["judged"], len(corpus["rejected"])) == (0, 6)
        assert outcome.suite["sertify:clips"].endswith("6 read, 0 judged; not: 6 too_short")
        assert "<dd>0 of 6</dd>" in (outcome.reports / "index.html").read_text("utf-8")


class TestOptions:
    def test_accuracy_without_data_says_what_to_give(self, run: Run) -> None:
        outcome = run("-m", "accuracy")
        assert outcome.code == pytest.ExitCode.USAGE_ERROR
        assert "-m accuracy needs labelled speech: give --data PATH" in outcome.output

    def test_accuracy_on_speech_without_labels_says_what_to_give(
        self, run: Run, tmp_path: Path
    ) -> None:
        (tmp_path / "speech").mkdir()
        for number, path in enumerate(sorted((SPEECH / "audio").iterdir())[:12]):
            shutil.copy(path, tmp_path / "speech" / f"{number}{path.suffix}")
        (tmp_path / "speech" / "labels.csv").write_text("file,mood,emotion_felt\nnone.wav,1,sad\n")
        outcome = run("-m", "accuracy", "--data", tmp_path / "speech")
        assert outcome.code == pytest.ExitCode.USAGE_ERROR
        said = " ".join(outcome.output.split())
        assert "no clip of --data has a label: speech was read as plain files; labels.csv" in said
        assert (
            "labels.csv not read: it has no column label; 'emotion_felt' of labels.csv may" in said
        )

    def test_everything_but_accuracy_needs_no_data(
        self, run: Run, write: Callable[..., Path]
    ) -> None:
        outcome = run("-m", "not (accuracy or speed)", candidates=write("random-head"))
        assert outcome.code == pytest.ExitCode.OK

    def test_without_data_the_accuracy_gate_is_skipped_and_says_so(
        self, run: Run, write: Callable[..., Path]
    ) -> None:
        outcome = run("-m", "not speed", candidates=write("wav2vec2-tiny"))
        skipped = [case for case in outcome.cases if case.properties["gate"] == "accuracy"]
        assert outcome.code == pytest.ExitCode.OK
        assert {case.properties["reason"] for case in skipped} == {"no_data"}

    @pytest.mark.parametrize(
        ("option", "value", "message"),
        [
            ("--data", "nowhere", "there is no such folder"),
            ("--candidates", "nowhere.yaml", "no such file"),
        ],
    )
    def test_a_path_that_is_not_there_is_said_at_once(
        self, run: Run, option: str, value: str, message: str
    ) -> None:
        outcome = run(option, value)
        assert outcome.code == pytest.ExitCode.USAGE_ERROR
        assert message in outcome.output

    def test_mistakes_in_the_file_are_said_at_once(self, run: Run, tmp_path: Path) -> None:
        path = tmp_path / "candidates.yaml"
        path.write_text("candidates:\n- name: a\n  modle: x/y\n- name: a\n  model: x/y\n")
        outcome = run(candidates=path)
        assert outcome.code == pytest.ExitCode.USAGE_ERROR
        assert "did you mean 'model'?" in outcome.output
        assert "name is already taken on line 2" in outcome.output

    def test_keywords_and_first_failure_work_as_in_any_project(
        self, run: Run, write: Callable[..., Path]
    ) -> None:
        path = write("wav2vec2-tiny", "random-head", status=None, reason=None)
        chosen = run("-k", "wav2vec2 and labels", candidates=path)
        assert {case.properties["candidate"] for case in chosen.cases} == {"wav2vec2-tiny"}
        stopped = run("-m", "loadability", "-k", "random", "-x", candidates=path)
        assert [case.kind for case in stopped.cases] == ["passed"] * 5 + ["failure"]

    def test_other_tests_are_left_alone(self, pytester: pytest.Pytester) -> None:
        pytester.makepyfile(
            """
            def test_something(): pass
            def test_fixture_of_a_name_that_sertify_uses(candidate): pass
            """
        )
        result = pytester.runpytest_inprocess("-p", "no:cacheprovider")
        result.assert_outcomes(passed=1, errors=1)
        result.stdout.fnmatch_lines("*fixture 'candidate' not found*")
        assert not (pytester.path / "reports").exists()
        result.stdout.no_fnmatch_line("*sertify: *")


class TestWorkers:
    @pytest.mark.slow(15)
    def test_workers_judge_as_one_process_does(
        self, run: Run, corpora: tuple[Path, Path], write: Callable[..., Path]
    ) -> None:
        names = ("wav2vec2-tiny", "ast-tiny", "random-head")
        few_clips = {"uar": {"min": 0.3}, "uar_own": {"min": 0.3}}
        path = write(*names, requirements=few_clips)
        args = ("-m", "not speed", f"--data=one={corpora[0]}", f"--data=two={corpora[1]}")
        serial = run(*args, candidates=path).results
        shared = run(*args, "-n", "2", candidates=path)
        assert shared.code == pytest.ExitCode.OK, shared.output
        for alone, together in zip(serial["candidates"], shared.results["candidates"], strict=True):
            assert alone["verdict"] == together["verdict"]
            assert alone["numbers"].get("uar") == together["numbers"].get("uar")
            assert alone["parts"] == together["parts"]
        assert [len(one["parts"]) for one in serial["candidates"]] == [3, 3, 0]

    @pytest.mark.slow(4)
    def test_reports_may_go_to_a_new_folder_elsewhere(
        self, pytester: pytest.Pytester, write: Callable[..., Path], tmp_path: Path
    ) -> None:
        reports = tmp_path / "new" / "reports"
        options = ("-p", "no:cacheprovider", "-m", "labels", "-n", "1", "--reports", reports)
        path = write("wav2vec2-tiny")
        result = pytester.runpytest_inprocess(CHECKS, "--candidates", path, *options)
        result.assert_outcomes(passed=5)
        assert (reports / "results.json").is_file()

    @pytest.mark.parametrize(
        ("names", "workers"), [(["wavlm-tiny"], 0), (["backbone", "speech-recogniser"], 2)]
    )
    def test_auto_starts_as_many_workers_as_can_share_the_candidates(
        self, run: Run, write: Callable[..., Path], names: list[str], workers: int
    ) -> None:
        workers = workers if usable_cores() > 1 else 0
        outcome = run("-m", "labels", "--no-weights", "-n", "auto", candidates=write(*names))
        assert (f"created: {workers}/{workers} workers" in outcome.output) is bool(workers)
        assert len(outcome.cases) == 5 * len(names)

    def test_the_speed_gate_says_that_it_needs_a_run_of_its_own(
        self, run: Run, write: Callable[..., Path]
    ) -> None:
        outcome = run("-m", "speed", "-n", "1", candidates=write("wav2vec2-tiny"))
        assert outcome.code == pytest.ExitCode.NO_TESTS_COLLECTED
        assert "Nothing was judged: every check was skipped." in outcome.output
        assert outcome.cases
        for case in outcome.cases:
            assert case.properties["reason"] == "needs_serial_run"
            assert "pytest -m speed -n 0" in case.message

    @pytest.mark.slow(8)
    def test_a_candidate_that_kills_its_worker_is_told_and_the_others_go_on(
        self, run: Run, write: Callable[..., Path], tmp_path: Path
    ) -> None:
        deadly = tmp_path / "deadly"
        shutil.copytree(FIXTURES / "models" / "wav2vec2-tiny", deadly)
        config = json.loads((deadly / "config.json").read_text())
        config |= {"model_type": "deadly", "auto_map": {"AutoConfig": "deadly.Deadly"}}
        (deadly / "config.json").write_text(json.dumps(config))
        (deadly / "deadly.py").write_text("import os\nos._exit(1)\n")
        path = write("wav2vec2-tiny")
        content = YAML(typ="safe").load(path)
        killer = {"name": "killer", "model": str(deadly), "trust_remote_code": True}
        content["candidates"] = [killer, *content["candidates"]]
        YAML().dump(content, path)
        outcome = run("-m", "loadability", "-n", "2", candidates=path)
        assert outcome.code == pytest.ExitCode.TESTS_FAILED
        cases = outcome.of("killer")
        assert len(cases) == 14
        assert [case.kind for case in cases].count("error") == 1
        assert {c.properties["reason"] for c in cases if c.kind != "passed"} == {"exited"}
        assert outcome.candidate("killer")["reason"] == "exited"
        assert {case.kind for case in outcome.of("wav2vec2-tiny")} == {"passed"}


@pytest.mark.slow(3)
class TestCollection:
    def test_a_hundred_candidates_need_neither_torch_nor_network(self, tmp_path: Path) -> None:
        path = tmp_path / "candidates.yaml"
        entries = [{"name": f"c{n}", "model": f"org/model-{n}"} for n in range(100)]
        YAML().dump({"candidates": entries}, path)
        script = f"""
import socket, sys
class Refusing(socket.socket):
    def connect(self, address): raise AssertionError(f"connects to {{address}}")
socket.socket = Refusing
import pytest
code = pytest.main(["--collect-only", "-q", "--candidates", {str(path)!r}, {str(CHECKS)!r}])
assert code == 0, code
assert not {{"torch", "transformers"}} & set(sys.modules), "imported"
"""
        environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": ""}
        done = subprocess.run(
            [sys.executable, "-c", script],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
        assert "test_uar[c99]" in done.stdout


OWN_CHECK = """
import pytest

@pytest.fixture(scope="session")
def pitch(predictions):
    return len(predictions.clips)

@pytest.mark.degeneracy
def test_pitch(candidate, pitch):
    assert pitch

def test_speech_without_a_candidate(data, recordings):
    assert data.clips and recordings
"""


class TestOwnChecks:
    @pytest.fixture
    def file(self, tmp_path: Path) -> Path:
        file = tmp_path / "own" / "test_own.py"
        file.parent.mkdir()
        file.write_text(OWN_CHECK)
        return file

    def test_a_check_with_a_fixture_of_its_own_is_known_with_commit_and_speech(
        self, run: Run, some_speech: Path, write: Callable[..., Path], file: Path
    ) -> None:
        path = write("wavlm-tiny")
        outcome = run(file, "--data", some_speech, "-k", "test_pitch", candidates=path)
        assert outcome.code == 0
        (kept,) = EvidenceStore(outcome.reports / "evidence.sqlite").records(["wavlm-tiny"])
        assert kept.check == "test_pitch"
        assert kept.commit.startswith("sha256:")
        assert kept.corpus

    def test_what_no_candidate_decides_needs_none(
        self, run: Run, some_speech: Path, write: Callable[..., Path], file: Path
    ) -> None:
        path = write("wavlm-tiny")
        outcome = run(file, "--data", some_speech, "-k", "without_a_candidate", candidates=path)
        assert outcome.code == 0
