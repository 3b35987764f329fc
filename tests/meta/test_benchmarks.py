"""The benchmarks, in small: what they count, fit, compare and run is what it should be."""

import json
import math
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import soundfile
import torch
import transformers
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from benchmarks import (
    checkpoints,
    contenders,
    documents,
    draw,
    drawn,
    flops,
    gates,
    graded,
    growth,
    judging,
    processes,
    qualifying,
    race,
    runs,
)
from benchmarks.clips import LABELS, Lengths, change_one, read_clips, write_clips
from benchmarks.compare import compare
from benchmarks.material import SIZES, Material
from benchmarks.rows import Row, of_ratios, skipped, table
from tests.meta import tiny
from tests.meta.runs import ROOT

SETTINGS = {"size": "base", "clips": 200, "rounds": 5}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkpoints.build("tiny", tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clips(tmp_path_factory.mktemp("clips"), 3, Lengths(0.5, 1.0))


# ------------------------------------------------------------------ material


def test_clips_are_audible_and_of_unlike_lengths(tmp_path: Path) -> None:
    waveforms = read_clips(write_clips(tmp_path, 20, Lengths(0.1, 0.2)))
    sizes = [waveform.size for waveform in waveforms]
    assert len(set(sizes)) == 20
    assert all(1_600 <= size <= 3_200 for size in sizes)
    assert all(abs(waveform).max() > 0.4 for waveform in waveforms)


def test_clips_are_the_same_each_time_and_not_written_twice(tmp_path: Path) -> None:
    one, other = (write_clips(tmp_path / name, 2, Lengths(0.1, 0.2)) for name in "ab")
    for path in (one / "audio").iterdir():
        assert path.read_bytes() == (other / "audio" / path.name).read_bytes()
    (one / "audio" / "00000.wav").unlink()
    assert len(read_clips(write_clips(one, 2, Lengths(0.1, 0.2)))) == 1


def test_one_clip_changes(clips: Path, tmp_path: Path) -> None:
    copy = write_clips(tmp_path, 3, Lengths(0.5, 1.0))
    change_one(copy)
    pairs = zip(read_clips(clips), read_clips(copy), strict=True)
    assert [bool((one == other).all()) for one, other in pairs] == [False, True, True]


def test_clips_are_cut_from_recordings(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "ramp.wav", torch.linspace(0.1, 0.9, 800).numpy(), 8_000)
    cut = write_clips(tmp_path / "cut", 4, Lengths(0.3, 0.4), speech=tmp_path)
    assert all(waveform.size >= 4_800 for waveform in read_clips(cut))


def test_a_folder_without_recordings_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="holds no audio, but should"):
        write_clips(tmp_path / "cut", 1, Lengths(), speech=tmp_path)


# ------------------------------------------------------------------ operations


@pytest.mark.parametrize("layer", [(10, 768, 3072), (1, 3, 5)])
def test_operations_of_a_linear_layer(layer: tuple[int, int, int]) -> None:
    rows, inputs, outputs = layer
    counted = _counted(torch.nn.Linear(inputs, outputs), torch.randn(rows, inputs))
    assert flops.linear(*layer) == counted == 2 * rows * inputs * outputs


@pytest.mark.parametrize("groups", [1, 4])
def test_operations_of_a_convolution(groups: int) -> None:
    layer = torch.nn.Conv1d(8, 16, 5, stride=2, groups=groups)
    sound = torch.randn(1, 8, 101)
    assert flops.convolution(49, 8, 16, 5, groups) == _counted(layer, sound)


@pytest.mark.parametrize("samples", [16_000, 33_333])
@pytest.mark.parametrize("architecture", ["wav2vec2", "hubert", "wavlm"])
def test_operations_of_a_whole_model_are_those_that_torch_counts(
    tmp_path: Path, architecture: str, samples: int
) -> None:
    folder = tiny.build(tmp_path, architecture)
    # What torch counts of fused attention depends on the kernel that it takes.
    network = transformers.AutoModelForAudioClassification.from_pretrained(
        folder, attn_implementation="eager"
    )
    assert flops.model(folder, samples) == _counted(network.eval(), torch.randn(1, samples))


def _counted(network: Callable[..., Any], sound: torch.Tensor) -> int:
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(sound)
    return int(counter.get_total_flops())


# ------------------------------------------------------------------ growth


@given(
    power=st.floats(0, 3),
    factor=st.floats(1e-3, 1e3),
    sizes=st.lists(st.integers(1, 10**6), min_size=2, max_size=6, unique=True),
)
def test_the_exponent_of_a_power_is_found(power: float, factor: float, sizes: list[int]) -> None:
    values = [factor * size**power for size in sizes]
    assert growth.exponent(sizes, values) == pytest.approx(power, abs=1e-6)


@pytest.mark.parametrize(("sizes", "values"), [([1, 10], [0, 5]), ([10, 10], [1, 2])])
def test_without_a_line_there_is_no_exponent(sizes: list[float], values: list[float]) -> None:
    assert math.isnan(growth.exponent(sizes, values))


def points() -> list[dict[str, float]]:
    """Return a grid in which time is their product, and nothing is stored."""
    return [
        dict.fromkeys(growth.MEASURES, float(clips * candidates))
        | {"clips": clips, "candidates": candidates, "store": 0.0}
        for clips in (10, 100)
        for candidates in (1, 4)
    ]


def test_exponents_are_over_clips_and_over_candidates() -> None:
    found = growth.exponents(points())
    assert found["clips"]["wall"] == pytest.approx(1)
    assert found["candidates"]["wall"] == pytest.approx(1)
    assert found["clips"]["store"] is None
    assert "| store | - | - |" in growth.table(found)


# ------------------------------------------------------------------ contenders


@pytest.mark.slow(8)
@pytest.mark.parametrize("name", ["pipeline-1", "onnxruntime"])
def test_a_contender_answers_as_the_bare_loop_does(name: str, model: Path, clips: Path) -> None:
    if name == "onnxruntime":
        pytest.importorskip("onnxruntime")
        checkpoints.export(model)
    bare, other = (runs.contender(one, model, clips) for one in ("bare", name))
    assert len(bare.labels) == 3
    assert set(bare.labels) <= set(LABELS)
    assert runs.agreement(other, bare)["labels"] == 1
    assert runs.agreement(other, bare)["confidence"] < 1e-5
    assert torch.allclose(torch.tensor(other.logits), torch.tensor(bare.logits), atol=1e-4)
    assert bare.loop is not None
    assert 0 < bare.loop < bare.wall
    assert bare.peak > 50e6


def test_the_bare_loop_answers_as_transformers_does(model: Path, clips: Path) -> None:
    said = list(contenders.bare(model, read_clips(clips)))[1:]
    for (label, logits), waveform in zip(said, read_clips(clips), strict=True):
        reference = tiny.reference(model, waveform)
        assert logits == pytest.approx(reference.tolist(), abs=1e-5)
        assert label == LABELS[int(reference.argmax())]


@pytest.mark.slow(2)
def test_a_package_that_is_absent_is_told(model: Path, clips: Path) -> None:
    if "evaluate" in {one.partition("==")[0] for one in _installed()}:
        pytest.skip("evaluate is installed")
    found = runs.contender("evaluate", model, clips)
    assert found.absent == "datasets is not installed"


def _installed() -> list[str]:
    command = [sys.executable, "-m", "pip", "freeze"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


def test_made_up_answers_are_judged_in_full(tmp_path: Path) -> None:
    seconds = judging.judge(judging.made_up(140, 3), tmp_path)
    results = json.loads((tmp_path / "reports" / "results.json").read_text("utf-8"))
    assert [one["verdict"] for one in results["candidates"]] == ["qualified"] * 3
    assert results["selection"]["comparison"]["clips"] == 140
    assert seconds["total"] == pytest.approx(sum(seconds.values()) - seconds["total"])


def test_each_has_every_place_once() -> None:
    orders = list(gates.rotated("abc", 3))
    assert [sorted(place) for place in zip(*orders, strict=True)] == [["a", "b", "c"]] * 3


def test_the_rows_of_a_store_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "v" / "sertify" / "predictions"
    path.parent.mkdir(parents=True)
    (tmp_path / "lastfailed").write_text("{}")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE answers (key TEXT)")
        connection.execute("INSERT INTO answers VALUES ('one')")
    before = qualifying.stored(tmp_path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany("INSERT INTO answers VALUES (?)", [("two",), ("three",)])
    assert before == {"answers": 1}
    assert qualifying.new_rows(before, qualifying.stored(tmp_path)) == 2


# ------------------------------------------------------------------ races


def test_pools_are_graded_and_near_ties_are_at_the_top() -> None:
    pool = drawn.draw(1_200, 12, seed=0)
    uars = sorted(_uar(pool, name) for name in pool.said)
    assert len(set(pool.speakers)) >= drawn.SPEAKERS
    assert uars[0] < 0.5
    assert uars[-1] - uars[-3] < 0.1
    assert [_uar(pool, name) for name in pool.said] != uars
    assert drawn.draw(1_200, 12, seed=0) == pool
    assert drawn.draw(1_200, 12, seed=1) != pool


def _uar(pool: drawn.Drawn, name: str) -> float:
    right = [one == said for one, said in zip(pool.truth, pool.said[name], strict=True)]
    hits = {
        label: [hit for hit, truth in zip(right, pool.truth, strict=True) if truth == label]
        for label in LABELS
    }
    return sum(sum(each) / len(each) for each in hits.values()) / len(LABELS)


@pytest.mark.slow(8)
def test_a_candidate_says_what_was_drawn_and_shares_its_trunk(tmp_path: Path) -> None:
    material = Material(tmp_path, SIZES["tiny"], clips=12, rounds=1)
    trunk, spoken = material.model("wide"), material.corpus(12, race.SHORTEST)
    pool = drawn.draw(12, 2, seed=0)
    speech, models = graded.write(material, pool, dict.fromkeys(pool.said, trunk), spoken, "pool")
    for name, folder in models.items():
        assert [label for label, _ in contenders.bare(folder, read_clips(speech))][1:] == (
            pool.said[name]
        )
    shards = [folder / "model-00001-of-00002.safetensors" for folder in models.values()]
    assert len({path.stat().st_ino for path in shards}) == 1


def test_what_a_race_did_not_ask_is_told_by_its_checks() -> None:
    def told(details: Any) -> dict[str, Any]:
        return {"gates": {"accuracy": {"checks": [{"details": None}, {"details": details}]}}}

    assert race.clips_heard(told({"race": {"clips": 33, "share": 0.08}}), 400) == 33
    assert race.clips_heard(told({"confusion": {}}), 400) == 400


def test_the_time_of_a_process_is_told_in_seconds_of_the_processor() -> None:
    busy = "import time\nwhile time.process_time() < 0.6: pass"
    idle = "import time; time.sleep(0.6)"
    found = [processes.run([sys.executable, "-c", code]).processor for code in (busy, idle)]
    assert found[0] > 0.3
    assert found[1] < 0.3


# ------------------------------------------------------------------ results


def row(name: str, value: float | None, unit: str = "ratio", wanted: float = 0.9) -> dict[str, Any]:
    made = Row(name, f"what {name} is", "others", wanted, unit, value, value, value)
    return made.to_json() | {"settings": SETTINGS}


def result(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"rows": [*rows]}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (row("gate", 0.8), row("gate", 0.91)),
        (row("gate", 0.8), row("gate", 0.4)),
        (row("collect", 0.01, "s", 0.3), row("collect", 0.05, "s", 0.3)),
        (row("evaluate", None), row("evaluate", 0.7)),
        (row("race-same", 0, "pools", 0), row("race-same", 0, "pools", 0)),
    ],
)
def test_noise_is_no_regression(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert compare(result(old), result(new)) == ([], [])


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (row("gate", 0.8), row("gate", 1.0), "gate: 1, but was 0.8 (worse by 25 %)"),
        (
            row("collect", 0.01, "s", 0.3),
            row("collect", 0.1, "s", 0.3),
            "collect: 0.1, but was 0.01 (worse by 30 % of its limit)",
        ),
        (
            row("race-same", 0, "pools", 0),
            row("race-same", 1, "pools", 0),
            "race-same: 1, but was 0 (worse by 100 % of its limit)",
        ),
    ],
)
def test_a_regression_is_told(old: dict[str, Any], new: dict[str, Any], told: str) -> None:
    assert compare(result(old), result(new)) == ([told], [])


def test_what_is_not_measured_alike_is_not_compared() -> None:
    small = row("gate", 9.0) | {"settings": SETTINGS | {"size": "tiny"}}
    gone = skipped(Row("evaluate", "", "", 0.8, "ratio"), "evaluate is not installed").to_json()
    old = result(row("gate", 0.8), row("evaluate", 0.7), row("workers", 0.9))
    worse, incomparable = compare(old, result(small, gone | {"settings": SETTINGS}))
    assert worse == []
    assert [text.partition(":")[0] for text in incomparable] == ["gate", "evaluate", "workers"]
    assert "'size': 'base'" in incomparable[0]
    assert "evaluate is not installed" in incomparable[1]


@pytest.mark.parametrize(("value", "status"), [(0.81, 0), (1.3, 1)])
def test_the_exit_status_says_whether_anything_became_worse(
    tmp_path: Path, value: float, status: int
) -> None:
    for name, one in (("old", row("gate", 0.8)), ("new", row("gate", value))):
        (tmp_path / name).write_text(json.dumps(result(one)))
    files = (str(tmp_path / name) for name in ("old", "new"))
    command = [sys.executable, "-m", "benchmarks.compare", *files]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (status, "")
    assert ("gate: 1.3" in done.stdout) is bool(status)


def test_a_ratio_is_the_median_of_its_rounds() -> None:
    found = of_ratios(Row("gate", "", "", 0.9, "ratio"), [1, 4, 8], [2, 4, 1])
    assert (found.measured, found.low, found.high, found.ok) == (1, 0.5, 8, False)
    assert "| 1 (0.5 to 8; 3) |" in table([found.to_json()])


def test_the_table_says_what_is_ok_and_what_was_not_measured() -> None:
    lines = table([row("a", 0.8), row("b", 0.95), row("c", None) | {"remark": "no time"}])
    assert lines.splitlines()[2:] == [
        "| what a is | others | 0.9 | 0.8 | ok |",
        "| what b is | others | 0.9 | 0.95 | **no** |",
        "| what c is | others | 0.9 | not measured: no time |  |",
    ]


def full() -> dict[str, Any]:
    machine = dict.fromkeys(
        ("cpu", "cores", "platform", "python", "torch", "transformers", "onnxruntime", "sertify"),
        "x",
    )
    limit = {
        "model": "tiny",
        "flops": 4e9,
        "seconds_of_audio": 2.0,
        "gemm_flops_per_second": 5e10,
        "share": {"bare loop": 0.4, "sertify": 0.5},
    }
    return {
        "created": "2026-01-01T00:00:00+00:00",
        "machine": machine,
        "settings": SETTINGS,
        "rows": [row("gate", 0.8), row("<b>", 0.95)],
        "limit": [limit],
        "growth": points(),
        "exponents": growth.exponents(points()),
    }


def test_the_page_takes_the_tables_and_can_take_them_again() -> None:
    page = documents.PAGE.read_text("utf-8")
    once = documents.filled(page, full())
    assert "| what gate is | others | 0.9 | 0.8 | ok |" in once
    assert "| tiny | 2 | 50 | 40 % | 50 % |" in once
    assert "Not measured yet" not in once
    assert documents.filled(once, full()) == once


def test_a_page_without_its_marks_is_refused() -> None:
    with pytest.raises(ValueError, match=r"performance\.md should have '<!-- measurements"):
        documents.filled("# Performance", full())


def test_pictures_are_svg_with_a_line_for_each_number_of_candidates() -> None:
    bars, curves = draw.bars(full()["rows"]), draw.curves(points())
    names = [one.text for one in ElementTree.fromstring(bars).iter() if one.text]
    assert "<b> : others" in names
    lines = [one for one in ElementTree.fromstring(curves).iter() if one.tag.endswith("polyline")]
    assert len(lines) == 2 * (len(growth.MEASURES) - 1)
    assert "nothing was written" in curves
