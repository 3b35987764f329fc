"""What an object in a process of its own can do to whoever asks it: nothing but be told of."""

import itertools
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from sertify.candidates.limits import Allowances, allowances_of
from sertify.candidates.reading import read_candidates
from sertify.models.processes.quota import Quota
from sertify.models.processes.remote import Remote
from sertify.models.processes.starting import room_prefix
from sertify.vocabulary.errors import Blocked, ConfigurationError

pytestmark = [pytest.mark.slow(1), pytest.mark.usefixtures("_imported")]


def begin(dump: Path | None = None, **limits: Any) -> Remote:
    quota = Quota.of(Allowances(**{"load": 30, "forward": 30, **limits}))
    return Remote("tests.meta.models.misbehaving", "Misbehaving", quota=quota, dump=dump)


@pytest.fixture
def remote(tmp_path: Path) -> Iterator[Remote]:
    started = begin(tmp_path / "crashes" / "one.txt")
    yield started
    started.close()


def blocked(remote: Remote, method: str, *inputs: Any, **options: Any) -> Blocked:
    with pytest.raises(Blocked) as error:
        remote.ask(method, *inputs, **options)
    return error.value


# What ends the process: the method, its inputs, the reason and what the message says.
ENDS = [
    ("segfault", (), "crashed", "segmentation fault (SIGSEGV) in forward"),
    ("abort", (), "crashed", "aborted (SIGABRT) in forward"),
    ("kill", (int(signal.SIGTERM),), "crashed", "terminated (SIGTERM) in forward"),
    ("kill", (int(signal.SIGKILL),), "crashed", "killed (SIGKILL) in forward"),
    ("exit", (0,), "exited", "its process ended itself with exit code 0 in forward"),
    ("exit", (3,), "exited", "its process ended itself with exit code 3 in forward"),
]


@pytest.mark.parametrize(("method", "inputs", "code", "says"), ENDS)
def test_an_end_is_told_again_and_again(
    remote: Remote, method: str, inputs: tuple[Any, ...], code: str, says: str
) -> None:
    for _ in range(2):
        error = blocked(remote, method, *inputs, deed="forward")
        assert error.reason.code == code
        assert says in error.message
        assert "see crashes/one.txt" in error.message


# What the process outlives.
ERRORS = [
    ("leave", (), "exited", "its code asked to end the process (SystemExit: 0)"),
    ("interrupt", (), "unexpected_error", "KeyboardInterrupt"),
    ("close_generator", (), "unexpected_error", "GeneratorExit"),
    ("unspeakable", (), "unexpected_error", "Unspeakable: <its text cannot be told"),
    ("surrogate", (), "unexpected_error", "ValueError: \\udce4"),
    ("recurse", (), "unexpected_error", "RecursionError"),
    ("no_such_method", (), "unexpected_error", "AttributeError"),
    ("fail_untested", (), "unexpected_error", "is newer than 5.0, the newest that was tested: if"),
]


@pytest.mark.parametrize(("method", "inputs", "code", "says"), ERRORS)
def test_an_error_is_told_and_the_next_question_answered(
    remote: Remote, method: str, inputs: tuple[Any, ...], code: str, says: str
) -> None:
    error = blocked(remote, method, *inputs)
    assert error.reason.code == code
    assert says in error.message
    error.message.encode()
    assert remote.ask("echo", 1) == 1


def test_a_dump_shows_where_it_crashed(remote: Remote, tmp_path: Path) -> None:
    blocked(remote, "segfault")
    dump = (tmp_path / "crashes" / "one.txt").read_text("utf-8")
    assert dump.startswith("segmentation fault (SIGSEGV) in load")
    assert "in segfault" in dump


@pytest.mark.parametrize("method", ["sleep", "hang"])
@pytest.mark.parametrize(
    ("limits", "says"),
    [
        ({"forward": 1}, "forward took more than 1 s (`limits: {forward: ...}`)"),
        ({"candidate": 1}, "all of it took more than 1 s (`limits: {candidate: ...}`)"),
    ],
)
def test_what_takes_too_long_is_ended_and_says_where_it_hung(
    tmp_path: Path, method: str, limits: dict[str, float], says: str
) -> None:
    remote = begin(tmp_path / "one.txt", **limits)
    error = blocked(remote, method, deed="forward")
    assert error.reason.code == "timed_out"
    assert says in error.message
    assert f"in {method}" in (tmp_path / "one.txt").read_text("utf-8")
    assert remote.pid is not None
    assert not psutil.pid_exists(remote.pid)


def test_several_at_a_time_may_take_as_many_times_as_long() -> None:
    remote = begin(forward=1)
    assert remote.ask("sleep", 1.5, deed="forward", times=10) is None
    remote.close()


def test_memory_has_a_limit() -> None:
    remote = begin(memory="300 MB")
    assert remote.ask("allocate", 100_000_000) == 1
    error = blocked(remote, "allocate", 900_000_000)
    assert error.reason.code == "out_of_memory"
    assert "858. MiB" in error.message
    assert error.message.endswith("of 300 MB allowed (`limits: {memory: ...}`)")
    assert remote.ask("echo", 1) == 1
    remote.close()


def test_memory_that_the_system_does_not_refuse_is_seen() -> None:
    quota = Quota.of(Allowances(load=30, memory="50 MB"), refuses=False)
    remote = Remote("tests.meta.models.misbehaving", "Misbehaving", quota=quota)
    error = blocked(remote, "hold", 200_000_000)
    assert error.reason.code == "out_of_memory"
    assert "of 50 MB allowed" in error.message


def test_what_it_prints_is_taken_and_the_end_kept(remote: Remote, tmp_path: Path) -> None:
    remote.ask("print", 20_000_000)
    blocked(remote, "exit", 1)
    dump = (tmp_path / "crashes" / "one.txt").read_text("utf-8")
    assert dump.endswith("the end\n")
    assert len(dump) < 100_000


@pytest.mark.parametrize("leave", [False, True])
def test_what_it_has_started_ends_with_it(remote: Remote, leave: bool) -> None:
    pid = remote.ask("start") if not leave else None
    pid = pid or remote.ask("start")
    process = psutil.Process(pid)
    remote.close()
    gone, alive = psutil.wait_procs([process], timeout=10)
    assert gone
    assert not alive


def test_nothing_of_one_reaches_another() -> None:
    first = begin()
    before = first.ask("state")
    first.ask("spoil")
    second = begin()
    after = second.ask("state")
    assert after["folder"] != before["folder"]
    same = [key for key in before if key != "folder"]
    assert {key: before[key] for key in same} == {key: after[key] for key in same}
    first.close()
    second.close()
    assert not Path(before["folder"]).exists()


def test_the_environment_is_that_of_who_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPOILT", "by us")
    remote = begin()
    assert remote.ask("state")["environment"] == "by us"
    remote.close()


def test_a_process_that_dies_is_missed_also_where_a_child_of_it_lives(remote: Remote) -> None:
    error = blocked(remote, "fork_and_abort")
    assert error.reason.code == "crashed"


def test_each_thing_that_it_is_about_to_do_has_its_own_time() -> None:
    remote = begin(forward=1.5)
    assert remote.ask("three_forwards", 1.0, deed="forward") is None
    remote.close()


def test_what_cannot_be_sent_is_told(remote: Remote) -> None:
    assert "AttributeError" in blocked(remote, "unsendable").message
    error = blocked(remote, "of_a_class_that_is_not_here")
    assert error.reason.code == "unexpected_error"


def test_half_a_message_does_not_hold_up_anybody() -> None:
    remote = begin(load=1)
    assert blocked(remote, "half_a_message").reason.code == "timed_out"


def test_a_second_end_ends_nobody_else(remote: Remote) -> None:
    remote.ask("echo", 1)
    remote.close()
    stranger = subprocess.Popen(["sleep", "60"], start_new_session=True)
    remote.pid = stranger.pid
    remote.close()
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_who_starts_a_process_keeps_its_own_main_module() -> None:
    main = sys.modules["__main__"]
    threads = [threading.Thread(target=lambda: begin().close()) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sys.modules["__main__"] is main


def test_folders_of_runs_that_were_killed_are_removed(tmp_path: Path) -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    ours, others = (Path(tempfile.mkdtemp(prefix=f"sertify-{pid}-")) for pid in (gone.pid, 1))
    link = Path(tempfile.gettempdir()) / f"sertify-{gone.pid}-link"
    link.symlink_to(tmp_path)
    room_prefix.cache_clear()  # as in a run that has just begun
    begin().close()
    assert not ours.exists()
    assert others.exists()
    assert tmp_path.exists()
    others.rmdir()
    link.unlink()


class TestStreams:
    def items(self, number: int = 5) -> list[Any]:
        return [np.full(size + 1, size, np.float32) for size in range(number)]

    def stream(self, remote: Remote, items: Any, *inputs: Any) -> list[Any]:
        self.said: list[str] = []
        return [*remote.stream("double", *inputs, items=iter(items), say=self.said.append)]

    def test_arrays_go_there_and_come_back(self, remote: Remote) -> None:
        for _ in range(2):
            found = self.stream(remote, self.items())
            assert [place for place, _ in found] == [0, 1, 2, 3, 4]
            for (_, double), item in zip(found, self.items(), strict=True):
                np.testing.assert_array_equal(double, 2 * item)
            assert self.said == [f"at {place}" for place in range(5)]

    def test_none_and_empty_ones_are_arrays_like_others(self, remote: Remote) -> None:
        assert self.stream(remote, []) == []
        empty = np.zeros(0, np.float32)
        assert [answer.size for _, answer in self.stream(remote, [empty, empty])] == [0, 0]

    def test_more_than_the_way_holds(self, remote: Remote) -> None:
        items = [np.ones(1_000_000, np.float32) for _ in range(20)]
        assert len(self.stream(remote, items)) == 20

    def test_an_error_ends_it_and_the_next_question_is_answered(self, remote: Remote) -> None:
        items = [np.ones(1_000_000, np.float32) for _ in range(20)]
        with pytest.raises(Blocked, match="ValueError"):
            self.stream(remote, items, 1, "surrogate")
        assert len(self.stream(remote, items)) == 20

    @pytest.mark.parametrize("how", ["segfault", "hang"])
    def test_an_end_ends_it(self, how: str) -> None:
        remote = begin(forward=1)
        with pytest.raises(Blocked) as error:
            self.stream(remote, self.items(), 1, how)
        assert error.value.reason.code == {"segfault": "crashed", "hang": "timed_out"}[how]

    def test_what_the_arrays_raise_is_raised(self, remote: Remote) -> None:
        def broken() -> Iterator[Any]:
            yield np.zeros(1, np.float32)
            raise OSError("the disk")

        with pytest.raises(OSError, match="the disk"):
            self.stream(remote, broken())
        assert remote.ask("echo", 1) == 1

    def test_whoever_is_slow_to_send_is_not_taken_for_slow_to_answer(self) -> None:
        remote = begin(forward=0.5)

        def slow() -> Iterator[Any]:
            for _ in range(3):
                time.sleep(1)
                yield np.zeros(1, np.float32)

        assert len(self.stream(remote, slow())) == 3
        remote.close()

    def test_limits_hold_while_answers_come(self) -> None:
        remote = begin(candidate=1.5)
        with pytest.raises(Blocked) as error:
            self.stream(remote, itertools.repeat(np.zeros(1, np.float32)), -1, "", 0.05)
        assert error.value.reason.code == "timed_out"

    def test_nothing_more_is_read_after_an_error(self, remote: Remote) -> None:
        taken = []

        def items() -> Iterator[Any]:
            for place in range(1000):
                taken.append(place)
                time.sleep(0.01)
                yield np.zeros(1, np.float32)

        with pytest.raises(Blocked, match="ValueError"):
            self.stream(remote, items(), 0, "surrogate")
        assert len(taken) < 500

    def test_a_hang_behind_the_last_answer_is_seen(self) -> None:
        remote = begin(forward=1)
        with pytest.raises(Blocked) as error:
            [*remote.stream("never_ends", items=iter(self.items()), say=print)]
        assert error.value.reason.code == "timed_out"

    def test_who_wants_no_more_ends_the_process(self, remote: Remote) -> None:
        answers = remote.stream("double", items=self.items(), say=print)
        for _ in answers:
            break
        del answers
        assert remote.closed
        assert not remote.fallen
        assert remote.pid is not None
        assert not psutil.pid_exists(remote.pid)


class TestLimits:
    def test_they_are_read_from_texts(self) -> None:
        limits = Allowances().updated(allowances_of(["load=5", "memory=25%", "candidate=none"]))
        assert limits.model_dump() == {
            "load": 5, "forward": 600, "candidate": None, "memory": "25%",
        }  # fmt: skip
        assert limits.bytes_of(8e9) == 2_000_000_000
        assert Allowances(memory="1.5 GB").bytes_of(1) == 1_500_000_000
        assert Allowances(memory=None).bytes_of(1) is None

    def test_a_candidate_has_its_own_in_place_of_those_for_all(self, tmp_path: Path) -> None:
        path = tmp_path / "candidates.yaml"
        path.write_text(
            "limits: {load: 5, memory: 2 GB}\n"
            "candidates:\n"
            "- {name: a, model: org/a, limits: {load: null, forward: 7}}\n"
            "- {name: b, model: org/b}\n"
        )
        first, second = read_candidates(path)
        assert (first.limits.load, first.limits.forward, first.limits.memory) == (None, 7, "2 GB")
        assert (second.limits.load, second.limits.forward) == (5, 600)

    @pytest.mark.parametrize(
        ("written", "says"),
        [
            ("{laod: 5}", "did you mean 'load'?"),
            ("{load: 0}", "load is 0, but should be"),
            ("{memory: 5}", "memory is 5"),
            ("{memory: lots}", "memory is 'lots', but should be an amount such as 90% or 6 GB"),
            ("{memory: 101%}", "memory is '101%', but should be an amount such as"),
        ],
    )
    def test_what_is_no_limit_is_refused(self, tmp_path: Path, written: str, says: str) -> None:
        path = tmp_path / "candidates.yaml"
        path.write_text(f"limits: {written}\ncandidates: [{{name: a, model: org/a}}]\n")
        with pytest.raises(ConfigurationError) as error:
            read_candidates(path)
        assert says in str(error.value)

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("load", "but should be KEY=VALUE"),
            (
                "load=soon",
                "--limits load is 'soon', but should be a number of seconds above 0, or none",
            ),
            ("load=-1", "should be a number of seconds"),
            ("load=inf", "should be a number of seconds"),
            ("Load=1", "--limits has the key 'Load', which is unknown; did you mean 'load'?"),
            ("memory=300%", "should be an amount such as 90% or 6 GB, or none"),
            ("load=nan", "should be a number of seconds"),
            ("memory=lots", "should be an amount such as 90% or 6 GB, or none"),
        ],
    )
    def test_others_are_refused(self, text: str, says: str) -> None:
        with pytest.raises(ConfigurationError, match=r".") as error:
            allowances_of([text])
        assert says in str(error.value)


def test_signals_for_the_run_do_not_reach_it(remote: Remote) -> None:
    remote.ask("echo", 1)
    assert os.getpgid(remote.pid or 0) == remote.pid != os.getpgid(0)
