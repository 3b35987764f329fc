"""Whatever a candidate's model does to its process, it is told of it, and no other is touched."""

import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from pathlib import Path

import psutil
import pytest

from tests.chaos.models import write_pool
from tests.chaos.projects import begun_on, ended, kill, run_on, wait_for
from tests.meta.runs import SPEECH, Outcome

CRASHED, EXITED, LATE = "crashed", "exited", "timed_out"
UNEXPECTED, MEMORY = "unexpected_error", "out_of_memory"
BROKEN = "broken_code"

# What its code does, when, and what is said of it: the reason, and words of the message.
ROWS = [
    ("segfault", "config", CRASHED, "segmentation fault (SIGSEGV) in load"),
    ("exit", "config", EXITED, "exit code 0 in load"),
    ("hang", "config", LATE, "load took more than 4 s"),
    ("odd", "config", UNEXPECTED, "Odd: odd"),
    ("interrupt", "config", UNEXPECTED, "KeyboardInterrupt"),
    ("memory", "config", MEMORY, "of 2 GB allowed"),
    ("segfault", "forward", CRASHED, "segmentation fault (SIGSEGV) in forward"),
    ("abort", "forward", CRASHED, "aborted (SIGABRT) in forward"),
    ("terminate", "forward", CRASHED, "terminated (SIGTERM) in forward"),
    ("exit", "forward", EXITED, "exit code 0 in forward"),
    ("pytest-exit", "forward", BROKEN, "Exit: done"),
    ("system-exit", "forward", EXITED, "SystemExit: 0"),
    ("odd", "forward", UNEXPECTED, "Odd: odd"),
    ("mute", "forward", BROKEN, "Mute"),
    ("surrogate", "forward", BROKEN, "LookupError: half"),
    ("hang", "forward", LATE, "forward took more than 4 s"),
    ("hang-hard", "forward", LATE, "forward took more than 4 s"),
    ("memory", "forward", MEMORY, "of 2 GB allowed"),
    ("deaf", "forward", CRASHED, "its process stopped to listen in forward"),
    ("segfault", "speed", CRASHED, "segmentation fault (SIGSEGV) in"),
    ("hang", "speed", LATE, "took more than 4 s"),
    ("exit", "speed", EXITED, "exit code 0 in"),
    ("spoils", "forward", "", ""),
    ("prints", "config", "", ""),
]
NAMES = {f"{act}.{at}": (act, at) for act, at, _, _ in ROWS}
WORKERS = ["0", "2"]


@pytest.fixture(scope="module", params=WORKERS, ids=["serial", "workers"])
def outcome(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """Judge them all, with sound ones between them."""
    folder = tmp_path_factory.mktemp("pool")
    write_pool(folder, NAMES, sound=6)
    marks = "loadability or speed"
    return run_on(folder, "-m", marks, "-n", request.param, "--benchmark-max-time=0.05")


@pytest.mark.slow(60)
class TestAPool:
    def test_the_run_comes_to_its_end(self, outcome: Outcome) -> None:
        assert outcome.code == pytest.ExitCode.TESTS_FAILED, outcome.output
        assert "INTERNALERROR" not in outcome.output
        assert outcome.results["run"]["finished"]
        ET.parse(outcome.reports / "junit.xml")
        assert (outcome.reports / "junit.xml").stat().st_size < 2_000_000

    @pytest.mark.parametrize(("act", "at", "reason", "says"), ROWS)
    def test_what_it_did_is_told_of_it(
        self, outcome: Outcome, act: str, at: str, reason: str, says: str
    ) -> None:
        cases = outcome.of(f"{act}.{at}")
        told = [case for case in cases if case.kind in ("error", "failure")]
        if "needs_serial_run" in {case.properties.get("reason") for case in cases}:
            reason = "" if at == "speed" else reason
        if not reason:
            assert told == []
            return
        assert [case.properties["reason"] for case in told] == [reason]
        blocked = reason != BROKEN  # which is of what it says, not of its process
        assert (told[0].properties["outcome"] == "BLOCKED") is blocked
        assert says in told[0].message

    def test_the_sound_ones_are_untouched(self, outcome: Outcome) -> None:
        sound = {c.properties["candidate"] for c in outcome.cases if "candidate" in c.properties}
        for name in [name for name in sound if name.startswith("sound")]:
            kinds = {c.properties.get("reason", c.kind) for c in outcome.of(name)}
            assert kinds <= {"passed", "needs_serial_run"}, name

    def test_nothing_is_left_behind(self, outcome: Outcome) -> None:  # noqa: ARG002
        alive = [p.info["cmdline"] for p in psutil.process_iter(["cmdline"])]
        assert [line for line in alive if line == ["sleep", "987"]] == []

    def test_a_crash_leaves_a_file_that_says_where(self, outcome: Outcome) -> None:
        dump = outcome.reports / "crashes" / "segfault.forward.txt"
        assert "in string_at" in dump.read_text("utf-8")
        message = next(c.message for c in outcome.of("segfault.forward") if c.kind == "error")
        assert "see crashes/segfault.forward.txt" in message
        assert not (outcome.reports / "crashes" / "sound-last.txt").exists()


@pytest.mark.slow(10)
@pytest.mark.parametrize("deed", ["hang", "hang-hard"])
def test_what_hangs_ends_with_a_run_that_is_killed(tmp_path: Path, deed: str) -> None:
    write_pool(tmp_path, {"bad": (deed, "forward")}, sound=1, forward=900)
    mark = tmp_path / "mark"
    given = ("--reports", tmp_path / "reports", "-m", "loadability")
    process = begun_on(tmp_path, *given, MARK=str(mark))
    wait_for(mark, process)
    family = psutil.Process(process.pid).children(recursive=True)
    assert len(family) > 1
    process.kill()
    process.communicate()
    _, alive = psutil.wait_procs(family, timeout=20)
    assert alive == []


@pytest.mark.slow(20)
@pytest.mark.parametrize(
    ("number", "again"),
    [(signal.SIGINT, False), (signal.SIGTERM, False), (signal.SIGINT, True)],
    ids=["interrupt", "terminate", "interrupt twice"],
)
def test_who_is_told_to_stop_does_not_wait_for_what_hangs(
    tmp_path: Path, number: signal.Signals, again: bool
) -> None:
    write_pool(tmp_path, {"hang.forward": ("hang", "forward")}, sound=1, forward=900)
    mark, reports = tmp_path / "mark", tmp_path / "reports"
    given = ("--reports", reports, "-m", "loadability")
    process = begun_on(tmp_path, *given, MARK=str(mark))
    wait_for(mark, process)
    family = psutil.Process(process.pid).children(recursive=True)
    kill(process, number, group=False)
    if again:
        time.sleep(0.01)
        kill(process, number, group=False)
    outcome = ended(tmp_path, process)
    assert outcome.code == pytest.ExitCode.INTERRUPTED, outcome.output
    assert not outcome.results["run"]["finished"]
    assert outcome.candidate("sound-0")["verdict"] == "undecided"
    _, alive = psutil.wait_procs(family, timeout=10)
    assert alive == []


@pytest.mark.slow(10)
def test_nothing_that_touches_a_model_is_in_the_process_of_the_run(tmp_path: Path) -> None:
    write_pool(tmp_path, {}, sound=1)
    script = f"""
import sys, sertify
found = sertify.qualify(
    {str(tmp_path / "candidates.yaml")!r}, data={str(SPEECH)!r}, limit=21, cache=None,
    reports={str(tmp_path / "reports")!r}, threads=1
)
heavy = {{"torch", "transformers", "onnxruntime"}}
print(found.candidates[0].name, sorted(heavy & {{*sys.modules}}))
"""
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "sound-last []"


def test_a_pool_knows_its_deeds(tmp_path: Path) -> None:
    path = write_pool(tmp_path, {"a": ("hang", "forward")}, sound=1)
    assert path.read_text("utf-8").count("sound-") == 2
