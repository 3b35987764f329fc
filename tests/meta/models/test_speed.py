"""What an answer costs, measured in a process of its own: what counts, and who outlives whom."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from sertify.candidates.reading import Suite, read_candidates
from sertify.corpora.audio import white_noise
from sertify.evidence.environment import describe_environment, fingerprint
from sertify.evidence.store import EvidenceStore, Record
from sertify.gates.speed import Timing, judge_timing
from sertify.hub.snapshots import read_index, take_snapshot
from sertify.models import loading, memory, model
from sertify.models.model import LoadedModel
from sertify.models.speed import bench, energy
from sertify.models.speed.machine_load import (
    Reading,
    contention,
    load_average,
    other_load,
    read_counters,
)
from sertify.models.speed.stopwatch import Clock, Stopwatch
from sertify.report.results.conclusion import conclude
from sertify.vocabulary.errors import Blocked, Rejected
from sertify.vocabulary.outcomes import Bound
from tests.meta.runs import EMBEDDED, ROOT, Run

CPU: dict[str, Any] = {"device": "cpu", "threads": 1}

# What they need is imported, so that the processes start in no time.
pytestmark = [pytest.mark.slow(1), pytest.mark.usefixtures("_imported")]


def inputs(name: str) -> tuple[Any, ...]:
    """Return what a bench is made of, of an embedded candidate."""
    candidate = next(one for one in read_candidates(EMBEDDED) if one.name == name)
    snapshot = take_snapshot(candidate)
    return snapshot, read_index(snapshot), CPU


def half(
    model: LoadedModel, waveforms: Iterable[NDArray[np.float32]], threads: int
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Answer every other clip."""
    assert threads == 1
    for place, waveform in enumerate(waveforms):
        if place % 2:
            yield place, model.logits(waveform)


@pytest.fixture(scope="module")
def watch(_imported: None) -> Iterator[Stopwatch]:
    """A sound model in its own process."""
    started = Stopwatch(*inputs("wavlm-tiny"))
    yield started
    started.close()


# ------------------------------------------------------------------ the clock


class Hand:
    """A clock that is set by hand."""

    time = 100.0

    def read(self) -> float:
        return self.time


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9))))
def test_the_way_to_the_work_and_back_does_not_count(
    calls: list[tuple[int, int, int]],
) -> None:
    hand = Hand()
    clock = Clock(hand.read)
    started = clock.now()

    def work(there: int, took: int, back: int) -> float:
        hand.time += there + took + back
        return took

    for call in calls:
        assert clock.call(lambda call=call: work(*call)) == call[1]  # type: ignore[misc]
    assert clock.now() - started == sum(took for _, took, _ in calls)


def test_time_outside_of_calls_does_count() -> None:
    hand = Hand()
    clock = Clock(hand.read)
    started = clock.now()
    hand.time += 3
    assert clock.now() - started == 3


# ------------------------------------------------------------------ the other process


def test_a_model_is_measured_in_a_process_of_its_own(watch: Stopwatch) -> None:
    rate, loaded = watch.remote.ask("load")
    reference = loading.load(loading.outline(*inputs("wavlm-tiny")[:2]), **CPU)
    assert rate == reference.sampling_rate == 16_000
    assert loaded["parameters"] == reference.weights.parameters
    assert loaded["size_on_disk"] == reference.size_on_disk / 1e6
    assert loaded["threads"] == 1
    assert 0 < loaded["load_time"] < loaded["cold_start"]
    assert watch.remote.pid not in (None, os.getpid())


def test_each_length_is_measured_anew(watch: Stopwatch) -> None:
    for seconds in (1, 2):
        used = watch.remote.ask("prepare", white_noise(seconds, 16_000))
        assert 0 <= used["memory_above_model"] < used["peak_memory"]
        took = [watch.remote.ask("answer") for _ in range(3)]
        assert min(took) > 0
        usage = watch.remote.ask("usage")
        assert usage["cores"] == len(os.sched_getaffinity(0))
        assert usage["contention"] is None or 0 <= usage["contention"] <= 1
        assert watch.remote.ask("throughput", 4) > 0


def test_only_what_was_answered_is_throughput() -> None:
    snapshot, index, arguments = inputs("wavlm-tiny")
    measuring = bench.Bench(snapshot, index, arguments, half)
    measuring.load()
    measuring.prepare(white_noise(1, 16_000))
    assert measuring.throughput(8) > 0
    assert measuring.throughput(1) == 0


def test_oneDNN_may_keep_what_a_user_lets_it_keep(monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: N802
    monkeypatch.setenv("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "0")
    bench.Bench(*inputs("wavlm-tiny"))
    assert "ONEDNN_PRIMITIVE_CACHE_CAPACITY" not in os.environ


@pytest.mark.parametrize(
    ("name", "code"), [("nan-weights", "non_finite_weights"), ("random-head", "random_head")]
)
def test_what_is_rejected_there_is_rejected_here(name: str, code: str) -> None:
    with pytest.raises(Rejected) as there:
        Stopwatch(*inputs(name))
    with pytest.raises(Rejected) as here:
        model.certify(loading.load(loading.outline(*inputs(name)[:2])))
    assert there.value.reason.code == code
    assert there.value.args == here.value.args


def test_an_error_that_nobody_expects_arrives_as_text(tmp_path: Path) -> None:
    watch = Stopwatch(*inputs("wavlm-tiny"), dump=tmp_path / "crashes" / "wavlm-tiny.txt")
    with pytest.raises(Blocked, match=r"TypeError: .*missing 1 .*; see crashes/w") as error:
        watch.remote.ask("prepare")
    assert error.value.reason.code == "unexpected_error"
    assert "Traceback" in (tmp_path / "crashes" / "wavlm-tiny.txt").read_text("utf-8")
    assert watch.remote.ask("load")
    watch.close()


def test_a_process_that_is_killed_blocks_the_candidate() -> None:
    watch = Stopwatch(*inputs("wavlm-tiny"))
    watch.remote.ask("prepare", white_noise(1, 16_000))
    assert watch.remote.pid is not None
    os.kill(watch.remote.pid, signal.SIGKILL)
    for _ in range(2):
        with pytest.raises(Blocked, match=r"killed \(SIGKILL\) in forward") as error:
            watch.remote.ask("answer", deed="forward")
        assert error.value.reason.code == "crashed"
    watch.close()


def test_what_cannot_be_loaded_for_lack_of_a_method_leaves_no_process() -> None:
    before = set(multiprocessing.active_children())
    with pytest.raises(Blocked, match="unexpected keyword argument 'colour'"):
        Stopwatch(*inputs("wavlm-tiny")[:2], {"colour": "red"})
    assert set(multiprocessing.active_children()) <= before


ORPHAN = """
import signal, sys, time
from pathlib import Path
from sertify.candidates.reading import read_candidates
from sertify.hub.snapshots import read_index, take_snapshot
from sertify.models.speed.stopwatch import Stopwatch
# What a shell starts in the background ignores it.
signal.signal(signal.SIGINT, signal.default_int_handler)
candidate = next(one for one in read_candidates(Path(sys.argv[1])) if one.name == "wavlm-tiny")
snapshot = take_snapshot(candidate)
watch = Stopwatch(snapshot, read_index(snapshot), {"device": "cpu", "threads": 1})
print(watch.remote.pid, flush=True)
time.sleep(600)
raise SystemExit("the main module ran twice")
"""


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT])
def test_a_process_does_not_outlive_the_one_that_asks(tmp_path: Path, end: signal.Signals) -> None:
    script = tmp_path / "orphan.py"
    script.write_text(ORPHAN)
    parent = subprocess.Popen(
        [sys.executable, script, EMBEDDED],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
    )
    with parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        family = psutil.Process(parent.pid).children(recursive=True)
        assert child in family
        parent.send_signal(end)
    _, alive = psutil.wait_procs(family, timeout=60)
    assert alive == []


# ------------------------------------------------------------------ through pytest-benchmark


def test_the_gate_measures_by_the_options_of_pytest_benchmark(
    run: Run, write: Callable[..., Path], tmp_path: Path
) -> None:
    saved = tmp_path / "saved.json"
    options = ("--benchmark-min-rounds=7", "--benchmark-max-time=0", f"--benchmark-json={saved}")
    outcome = run("-m", "speed", *options, candidates=write("wavlm-tiny"))
    assert outcome.code == 0, outcome.output
    (kept,) = json.loads(saved.read_text())["benchmarks"]
    (check,) = outcome.candidate("wavlm-tiny")["gates"]["speed"]["checks"]
    measured = {one["name"]: one["value"] for one in check["measurements"]}
    assert kept["extra_info"] == measured
    assert kept["stats"]["rounds"] == check["measurements"][0]["n"] == 7
    assert kept["stats"]["median"] == pytest.approx(measured["time_p50"])
    assert measured["segment"] == 1
    numbers = outcome.candidate("wavlm-tiny")["numbers"]
    shown = ("throughput", "cold_start", "peak_memory", "memory_above_model")
    assert {name: numbers[name]["value"] for name in shown} == {n: measured[n] for n in shown}


SERVING = {"min": 60, "latency": 60, "percentile": 90, "budget": 4}


def test_what_is_asked_of_latencies_is_measured_and_met(
    run: Run,
    write: Callable[..., Path],
    some_speech: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sertify.gates.serving._LONG", 0.01)  # of a minute, which is ample
    asked = {
        "latency": [{"max": 60, "percentile": 50}, {"max": 60, "segment": 2, "percentile": 90}],
        "requests_per_second": SERVING,
    }
    saved = tmp_path / "saved.json"
    options = ("--benchmark-min-rounds=3", "--benchmark-max-time=0", f"--benchmark-json={saved}")
    outcome = run(
        *("--benchmark-only", "--data", some_speech),
        *options,
        candidates=write("wavlm-tiny", requirements=asked),
    )
    assert outcome.code == 0, outcome.output
    (gate,) = (outcome.candidate("wavlm-tiny")["gates"][name] for name in ["speed"])
    assert gate["outcome"] == "PASS"
    first, second, served = gate["checks"]
    named = [one["check"].removeprefix("test_") for one in gate["checks"]]
    assert named == ["time_per_segment@1s", "time_per_segment@2s", "requests_per_second@p90"]
    spread = [{each["name"]: each for each in one["measurements"]} for one in gate["checks"]]
    assert spread[0]["time_p50"]["n"] == 22
    assert spread[1]["time_p90"]["n"] == 127
    assert spread[1]["time_p90"]["high"] is not None
    assert first["requirement"] == "at most 1; p50 at most 60 s"
    assert second["requirement"] == "p90 at most 60 s"  # it is in no ``segments``
    assert served["requirement"] == "at least 60 a second, p90 at most 60 s"
    trial = served["details"]["trials"][0]
    assert (trial["rate"], trial["late"], trial["outcome"]) == (60, 0, "PASS")
    assert trial["answered"] == trial["requests"] == spread[2]["response_time_p90"]["n"] == 127
    rate = outcome.candidate("wavlm-tiny")["numbers"]["requests_per_second"]["value"]
    assert rate == spread[2]["requests_per_second"]["value"] >= 60
    kept = json.loads(saved.read_text())["benchmarks"]
    assert [one["group"] for one in kept] == [
        *("1 s of audio", "2 s of audio"),
        "60 requests a second",
    ]


def test_of_too_few_requests_nothing_is_concluded(run: Run, write: Callable[..., Path]) -> None:
    asked = {"requests_per_second": SERVING | {"percentile": 99, "budget": 0.01}}
    outcome = run(*("-m", "speed"), candidates=write("wavlm-tiny", requirements=asked))
    segment, served = outcome.candidate("wavlm-tiny")["gates"]["speed"]["checks"]
    assert segment["outcome"] == "PASS"
    assert (served["outcome"], served["reason"]) == ("INCONCLUSIVE", "too_slow")
    assert "0 of 1 request at 60 a second took longer" in served["message"]
    assert "at least 72,000 requests if no more do, in 1,200 s" in served["message"]
    assert outcome.candidate("wavlm-tiny")["cure"] == "measure it again as often as it says"


def test_what_noise_left_open_is_cured_by_quiet(tmp_path: Path) -> None:
    (candidate,) = [one for one in read_candidates(EMBEDDED) if one.name == "wavlm-tiny"]
    timing = Timing(1, (2.0, 2.0), 0.5, 900.0, 378.0, 94, 2, contention=0.9)
    environment = describe_environment("cpu", 2)
    record = Record.of(
        judge_timing(timing, Bound(max=1)),
        candidate=candidate.name,
        entry=candidate.fingerprint,
        commit="c1",
        gate="speed",
        check="test_time_per_segment",
        corpus="",
        environment=fingerprint(environment, "speed"),
    )
    store = EvidenceStore(tmp_path / "evidence.sqlite")
    store.add(record)
    (one,) = conclude(Suite((candidate,)), store, environment).candidates
    assert (one.verdict, one.reason) == ("undecided", "too_slow")
    assert one.cure == "measure it again on a quiet machine"


# ------------------------------------------------------------------ what else the machine does


def reading(clock: float, own: float, busy: float, **threads: tuple[int, int]) -> Reading:
    return Reading(clock, own, busy, threads)


@pytest.mark.parametrize(
    ("after", "share"),
    [
        (reading(1, 1, 1, main=(150, 10)), 0.0),
        (reading(1, 1, 1, main=(180, 30)), 0.2),
        (reading(1, 1, 1, main=(150, 10), late=(30, 20)), 0.2),
        (reading(1, 1, 1, main=(100, 10)), None),
        (reading(1, 1, 1), None),
        (reading(1, 1, 1, main=(150, 0)), None),
    ],
    ids=["quiet", "busy", "a new thread", "idle", "not told", "not counted"],
)
def test_contention_is_the_share_of_waiting(after: Reading, share: float | None) -> None:
    assert contention(reading(0, 0, 0, main=(100, 10)), after) == share


@pytest.mark.parametrize(
    ("after", "cores"),
    [
        (reading(20, 4, 28), 0.8),
        (reading(20, 4, 20), 0.0),
        (reading(20, 4, 19.9), 0.0),
        (reading(10.05, 2.05, 18.1), None),
    ],
    ids=["busy", "quiet", "rounded", "too short"],
)
def test_the_load_of_others_is_what_the_cores_did_beside_this(
    after: Reading, cores: float | None
) -> None:
    assert other_load(reading(10, 2, 18), after) == cores


def test_the_counters_of_this_machine_only_grow() -> None:
    before, after = read_counters(), read_counters()
    assert after.clock > before.clock
    assert (after.own >= before.own, after.busy >= before.busy) == (True, True)
    for thread in before.threads.keys() & after.threads.keys():
        assert after.threads[thread] >= before.threads[thread]
    average = load_average()
    assert average is None or average >= 0


# ------------------------------------------------------------------ energy and memory


def meter(folder: Path, name: str, used: int | str, limit: int = 1_000_000) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "name").write_text(f"{name}\n")
    (folder / "energy_uj").write_text(f"{used}\n")
    (folder / "max_energy_range_uj").write_text(f"{limit}\n")


def test_energy_is_that_of_packages_and_memory_also_where_a_meter_starts_again(
    tmp_path: Path,
) -> None:
    parts = {"intel-rapl:0": "package-0", "intel-rapl:0:0": "core", "intel-rapl:0:1": "dram"}
    parts |= {"intel-rapl:1": "psys", "intel-rapl-mmio:0": "package-0", "dtpm": "package-0"}
    for zone, name in parts.items():
        meter(tmp_path / zone, name, 900_000)
    before = energy.read_processor(tmp_path)
    assert sorted(before) == ["intel-rapl:0", "intel-rapl:0:1"]
    for zone, name in parts.items():
        meter(tmp_path / zone, name, 950_000 if name == "dram" else 100_000)
    assert energy.joules(before, energy.read_processor(tmp_path)) == pytest.approx(0.25)


def test_where_energy_cannot_be_read_there_is_none(tmp_path: Path) -> None:
    assert energy.read_processor(tmp_path / "none") == {}
    meter(tmp_path / "intel-rapl:0", "package-0", "secret")
    meter(tmp_path / "intel-rapl:1", "package-1", 5)
    (tmp_path / "intel-rapl:1" / "energy_uj").unlink()
    (tmp_path / "intel-rapl:1" / "energy_uj").mkdir()  # opening it fails, as without permission
    assert energy.read_processor(tmp_path) == {}
    assert energy.joules({}, {}) is None
    assert energy.joules({"a": (1, 9)}, {}) is None
    assert energy.joules({"a": (1, 9)}, {"a": (1, 9)}) is None
    assert energy.read_gpu("no-such-gpu") == {}


def test_the_peak_of_memory_is_seen_although_it_has_passed() -> None:
    def fill() -> None:
        full = np.ones(64_000_000, np.uint8)
        time.sleep(0.1)  # who watches may have to wait for its turn
        del full

    before = memory.held()
    assert memory.peak(fill) - before > 40
    assert memory.held() - before < 40
