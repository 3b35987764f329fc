"""However a run ends, its reports and its status say whether it came to its end."""

import json
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.projects import begun, ended, judged, kill, project, wait_for
from tests.meta.runs import Outcome

INTERRUPTED = pytest.ExitCode.INTERRUPTED
NAMES = ("first", "second", "third")
OWN = """
import os, signal, time
from pathlib import Path
import pytest

def hangs():
    Path("hanging").touch()
    time.sleep(60)

ACTS = {
    "hangs": hangs,
    "exits": lambda: pytest.exit("done", returncode=0),
    "interrupts": lambda: signal.raise_signal(signal.SIGINT),
    "terminates": lambda: signal.raise_signal(signal.SIGTERM),
    "fails": lambda: pytest.fail("as it should"),
    "dies": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "skips": lambda: pytest.skip("not today"),
    "passes": lambda: None,
}

@pytest.mark.loadability
def test_own(candidate):
    if candidate.name == "second" or os.environ["ACT"] in ("skips", "dies"):
        ACTS[os.environ["ACT"]]()
"""
SLOW_END = """
import time
from pathlib import Path
import pytest

@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session):
    if hasattr(session.config, "workerinput"):
        return
    Path("ending").touch()
    until = time.monotonic() + 1.5
    while time.monotonic() < until:
        time.sleep(0.05)
"""
WORKERS = pytest.mark.parametrize("workers", ["0", "2"], ids=["serial", "workers"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return project(tmp_path / "project", OWN, NAMES)


def unfinished(outcome: Outcome) -> dict[str, Any]:
    """Return the run, of which each report says that it has not finished."""
    run: dict[str, Any] = outcome.results["run"]
    assert not run["finished"]
    for name in ("index.html", "summary.md"):
        assert "Not finished" in (outcome.reports / name).read_text("utf-8")
    assert outcome.suite["sertify:finished"] == "false"
    return run


def redrawn(folder: Path) -> str:
    command = [sys.executable, "-m", "sertify", "report"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow(5)
@WORKERS
class TestSignals:
    @pytest.mark.parametrize(
        ("number", "group"),
        [(signal.SIGINT, True), (signal.SIGTERM, False)],
        ids=["ctrl-c", "sigterm"],
    )
    def test_what_was_judged_is_kept_and_the_reports_say_that_there_is_more(
        self, folder: Path, workers: str, number: signal.Signals, group: bool
    ) -> None:
        process = begun(folder, "-n", workers, ACT="hangs")
        wait_for(folder / "hanging", process)
        kill(process, number, group=group)
        outcome = ended(folder, process)
        assert outcome.code == INTERRUPTED, outcome.output
        assert unfinished(outcome)["asked"] == len(NAMES)
        assert f"Not finished: {outcome.results['run']['judged']} of 3 candidates" in outcome.output
        if workers == "0":
            assert outcome.results["run"]["judged"] == 1
            assert outcome.candidate("first")["gates"]["loadability"]["checks"]
            assert "Not finished: 1 of 3" in redrawn(folder)

    def test_a_second_one_does_not_cost_the_reports_and_a_third_ends_it(
        self, folder: Path, workers: str
    ) -> None:
        (folder / "conftest.py").write_text(SLOW_END)
        process = begun(folder, "-n", workers, ACT="fails")
        wait_for(folder / "ending", process)
        for _ in range(2):
            kill(process, signal.SIGINT, group=False)
            time.sleep(0.2)
        outcome = ended(folder, process)
        assert outcome.code == -signal.SIGINT, outcome.output
        assert "once more, and they are lost" in outcome.output
        assert outcome.results["run"]["finished"]

    def test_what_is_killed_leaves_nothing_that_could_be_taken_for_a_result(
        self, folder: Path, workers: str
    ) -> None:
        assert judged(folder, ACT="fails").results["run"]["finished"]
        process = begun(folder, "-n", workers, "--compare", "reports", ACT="hangs")
        wait_for(folder / "hanging", process)
        kill(process, signal.SIGKILL, group=True)
        outcome = ended(folder, process)
        assert unfinished(outcome)["judged"] == 0
        assert outcome.results["selection"]["candidate"] is None
        assert [case.kind for case in outcome.cases] == ["error"]
        assert "Not finished" in redrawn(folder)


@pytest.mark.slow(3)
class TestStopped:
    @WORKERS
    def test_code_that_ends_the_run_with_0_does_not_make_it_green(
        self, folder: Path, workers: str
    ) -> None:
        outcome = judged(folder, "-n", workers, ACT="exits")
        assert outcome.code != pytest.ExitCode.OK
        if workers == "0":
            assert unfinished(outcome)["judged"] == 1

    @pytest.mark.parametrize("act", ["interrupts", "terminates"])
    def test_a_signal_from_within_is_one_from_outside(self, folder: Path, act: str) -> None:
        outcome = judged(folder, ACT=act)
        assert outcome.code == INTERRUPTED
        assert unfinished(outcome)["judged"] == 1

    @WORKERS
    def test_the_first_failure_may_end_it(self, folder: Path, workers: str) -> None:
        outcome = judged(folder, "-x", "-n", workers, ACT="fails")
        assert outcome.code in (pytest.ExitCode.TESTS_FAILED, INTERRUPTED)
        if workers == "0":
            assert unfinished(outcome)["judged"] == 2
            assert "Not finished: 2 of 3 candidates" in outcome.output

    @WORKERS
    def test_where_all_is_skipped_it_is_not_green(self, folder: Path, workers: str) -> None:
        outcome = judged(folder, "-n", workers, ACT="skips")
        assert outcome.code == pytest.ExitCode.NO_TESTS_COLLECTED
        assert "Nothing was judged" in outcome.output

    def test_earlier_reports_are_read_first_and_stay_where_nothing_is_selected(
        self, folder: Path
    ) -> None:
        before = judged(folder, ACT="passes").results
        nothing = judged(folder, "-k", "typo", ACT="passes")
        assert nothing.code == pytest.ExitCode.NO_TESTS_COLLECTED
        assert nothing.results == before
        outcome = judged(folder, "--compare", "reports", ACT="passes")
        assert outcome.results["changes"]["created"] == before["created"]

    def test_an_error_of_a_plugin_costs_neither_table_nor_reports(self, folder: Path) -> None:
        (folder / "conftest.py").write_text("def pytest_runtest_logfinish(): raise OSError('odd')")
        outcome = judged(folder, ACT="passes")
        assert outcome.code == pytest.ExitCode.INTERNAL_ERROR
        assert "Not finished: 1 of 3 candidates" in outcome.output
        assert unfinished(outcome)["judged"] == 1


@pytest.mark.slow(6)
class TestDeadWorkers:
    def test_each_candidate_is_judged_however_many_workers_die(self, tmp_path: Path) -> None:
        own = OWN.replace('in ("skips", "dies")', '== "dies" and candidate.name[0] == "x"')
        names = [f"x{number}" for number in range(6)] + ["good"]
        folder = project(tmp_path / "project", own, names)
        outcome = judged(folder, "-n", "1", ACT="dies")
        assert outcome.code == pytest.ExitCode.TESTS_FAILED
        assert outcome.results["run"]["finished"], outcome.output
        kinds = {name: [case.kind for case in outcome.of(name)] for name in names}
        assert kinds == {name: ["error"] for name in names} | {"good": ["passed"]}

    def test_what_nobody_is_left_to_judge_is_said(self, folder: Path) -> None:
        outcome = judged(folder, "-n", "1", "--max-worker-restart", "0", ACT="dies")
        assert outcome.code == pytest.ExitCode.TESTS_FAILED
        reasons = {name: outcome.of(name)[0].properties["reason"] for name in NAMES}
        assert reasons == {
            "first": "worker_crashed",
            "second": "not_judged",
            "third": "not_judged",
        }
        assert unfinished(outcome)["judged"] == 1
        assert "BLOCKED not_judged: no process was left" in outcome.output
        (case,) = outcome.of("third")
        assert (case.kind, case.properties["outcome"]) == ("error", "BLOCKED")


OWN_BENCHMARK = """
import pytest

@pytest.mark.speed
def test_own(candidate, benchmark):
    benchmark(int)
"""
FEW_BYTES = """
import resource
import pytest

@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish():
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))
    return (yield)
"""


@pytest.mark.slow(2)
class TestReports:
    @pytest.mark.parametrize(
        "names", [("index.html", "summary.md"), ("results.json", "junit.xml")], ids=str
    )
    def test_one_in_whose_place_is_a_folder_costs_no_other(
        self, folder: Path, names: tuple[str, ...]
    ) -> None:
        for name in names:
            (folder / "reports" / name / "full").mkdir(parents=True)
        outcome = judged(folder, ACT="passes")
        assert outcome.code == pytest.ExitCode.TESTS_FAILED
        self.assert_only_missing(outcome, *names)

    def test_one_that_the_disk_has_no_room_for_costs_no_other(self, folder: Path) -> None:
        (folder / "conftest.py").write_text(FEW_BYTES)
        outcome = judged(folder, ACT="passes")
        assert outcome.code == pytest.ExitCode.TESTS_FAILED
        self.assert_only_missing(outcome, "index.html")

    @pytest.mark.parametrize(
        ("option", "name"), [("--junitxml", "junit"), ("--benchmark-json", "benchmarks")]
    )
    def test_one_elsewhere_costs_none_here(self, tmp_path: Path, option: str, name: str) -> None:
        folder = project(tmp_path / "project", OWN_BENCHMARK, ["only"])
        (tmp_path / "elsewhere").touch()
        quick = ("--benchmark-max-time=0.01", "--benchmark-warmup=off")
        outcome = judged(folder, option, tmp_path / "elsewhere" / "file", *quick)
        assert outcome.code == pytest.ExitCode.TESTS_FAILED, outcome.output
        assert f"{name} is missing: {tmp_path / 'elsewhere' / 'file'} could not" in outcome.output
        assert outcome.results["run"]["finished"]
        assert "INTERNALERROR" not in outcome.output

    def test_the_summary_of_a_job_costs_none(self, folder: Path) -> None:
        step = str(folder / "none" / "summary")
        outcome = judged(folder, ACT="passes", GITHUB_STEP_SUMMARY=step)
        assert outcome.code == pytest.ExitCode.TESTS_FAILED
        assert f"summary of the job is missing: {step} could not be written" in outcome.output
        assert len(outcome.cases) == len(NAMES)

    def assert_only_missing(self, outcome: Outcome, *missing: str) -> None:
        """Make sure of the table, of the line on what is missing, and of all other reports."""
        assert "\ncandidate load label" in outcome.output
        for name in missing:
            assert f"{outcome.reports / name} could not be written (" in outcome.output
        assert "INTERNALERROR" not in outcome.output
        written = {"index.html", "results.json", "summary.md", "junit.xml"} - {*missing}
        for name in written:
            assert (outcome.reports / name).stat().st_size
        if "results.json" in written:
            assert json.loads((outcome.reports / "results.json").read_text())["run"]["finished"]
        if "junit.xml" in written:
            ET.parse(outcome.reports / "junit.xml")
        assert not [*outcome.reports.glob(".*.[0-9]*")]
