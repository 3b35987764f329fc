"""What takes longest begins before all else, and only where somebody may ask for it."""

import gc
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from sertify.plugin import early
from sertify.plugin.early import REMEMBERED
from tests.meta.runs import CHECKS, FIXTURES

# Tells, before checks are collected, whether the process that imports torch has begun.
_TELLING = """
from multiprocessing import forkserver

def pytest_sessionstart(session):
    print("begun:", forkserver._forkserver._forkserver_pid is not None)
"""
_NOBODY = ("-k", "there_is_no_such_check")


def run(folder: Path, *options: str, telling: str = _TELLING) -> subprocess.CompletedProcess[str]:
    """Run checks in a session of their own, of which nothing may be left."""
    (folder / "telling.py").write_text(telling)
    command = [sys.executable, "-m", "pytest", str(CHECKS), "-p", "telling", "-q", "-s"]
    cache = ("-o", f"cache_dir={folder / 'cache'}", "--reports", str(folder / "reports"))
    with subprocess.Popen(
        [*command, *cache, *options],
        cwd=folder,
        text=True,
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        # To its end, which what it left behind would hold up: it has the other end of the pipe.
        output = process.communicate()[0]
    assert not [one for one in psutil.process_iter() if _is_left(one, process.pid)]
    return subprocess.CompletedProcess(command, process.returncode, output)


def _is_left(process: psutil.Process, session: int) -> bool:
    """Whether it imports torch; what multiprocessing cleans up with ends a moment later."""
    try:
        command = " ".join(process.cmdline())
        return os.getsid(process.pid) == session and "multiprocessing.forkserver" in command
    except (OSError, psutil.Error):
        return False


def listed(folder: Path, text: str = "") -> str:
    path = folder / "candidates.yaml"
    model = FIXTURES / "models" / "wav2vec2-tiny"
    path.write_text(text or f"candidates: [{{name: good, model: {model}}}]\n")
    return str(path)


@pytest.mark.skipif(not hasattr(os, "getsid"), reason="there are no sessions here")
@pytest.mark.slow(9)
class TestWarmingUp:
    @pytest.mark.parametrize("options", [(), ("--cache-clear",), ("--no-cache",)])
    def test_it_begins_where_nothing_is_known_and_ends_where_nobody_asks(
        self, tmp_path: Path, options: tuple[str, ...]
    ) -> None:
        known = tmp_path / "cache" / "d" / "sertify" / REMEMBERED
        if options:
            known.parent.mkdir(parents=True)
            known.touch()
        found = run(tmp_path, "--candidates", listed(tmp_path), *_NOBODY, *options)
        assert "begun: True" in found.stdout
        assert found.returncode == pytest.ExitCode.NO_TESTS_COLLECTED

    def test_not_where_something_is_known(self, tmp_path: Path) -> None:
        known = tmp_path / "cache" / "d" / "sertify" / REMEMBERED
        known.parent.mkdir(parents=True)
        known.touch()
        assert "begun: False" in run(tmp_path, "--candidates", listed(tmp_path), *_NOBODY).stdout

    def test_not_where_checks_are_listed_only(self, tmp_path: Path) -> None:
        found = run(tmp_path, "--candidates", listed(tmp_path), "--collect-only")
        assert "begun: False" in found.stdout

    def test_not_where_markers_are_listed_only(self, tmp_path: Path) -> None:
        first = "import pytest\n\n@pytest.hookimpl(tryfirst=True)\ndef pytest_unconfigure(config)"
        telling = _TELLING.replace("def pytest_sessionstart(session)", first)
        options = ("--candidates", listed(tmp_path), "--markers")
        assert "begun: False" in run(tmp_path, *options, telling=telling).stdout

    def test_not_in_the_process_that_workers_report_to(self, tmp_path: Path) -> None:
        options = ("--candidates", listed(tmp_path), *_NOBODY, "-n", "1")
        assert "begun: False" in run(tmp_path, *options).stdout

    def test_nothing_outlives_a_mistake(self, tmp_path: Path) -> None:
        found = run(tmp_path, "--candidates", listed(tmp_path, "candidates: 1\n"))
        assert found.returncode == pytest.ExitCode.USAGE_ERROR


def test_a_run_within_a_test_leaves_the_garbage_collector_as_it_is(
    pytester: pytest.Pytester,
) -> None:
    threshold, frozen = gc.get_threshold(), gc.get_freeze_count()
    candidates = listed(pytester.path)
    pytester.runpytest_inprocess(str(CHECKS), "--collect-only", "--candidates", candidates, "-q")
    assert gc.get_threshold() == threshold
    assert gc.get_freeze_count() <= frozen  # of what is frozen, some may go


@pytest.mark.slow(3)
def test_a_process_that_lives_on_after_a_run_can_collect_its_garbage(tmp_path: Path) -> None:
    program = """
import gc, sys
import pytest

before = gc.get_threshold()
assert pytest.main(sys.argv[1:]) == 5
print("frozen:", gc.get_freeze_count(), gc.get_threshold() == before)
"""
    options = (*_NOBODY, "-q", "-p", "no:cacheprovider", "--reports", str(tmp_path / "reports"))
    found = subprocess.run(
        [sys.executable, "-c", program, str(CHECKS), "--candidates", listed(tmp_path), *options],
        cwd=tmp_path,
        text=True,
        capture_output=True,
        check=True,
    )
    assert "frozen: 0 True" in found.stdout


def test_what_is_imported_for_later_is_waited_for_at_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    imported: list[str] = []
    begun = threading.Event()

    def slowly(name: str) -> None:
        begun.set()
        time.sleep(0.05)
        imported.append(name)

    monkeypatch.setattr(early, "import_module", slowly)
    helper = early._Helper()
    helper.start()
    begun.wait()
    helper.stop()
    assert len(imported) == 1
    assert not helper.is_alive()
