"""``sertify data`` says how speech is read, in seconds, and what to write where it is not."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from sertify.command.main import main
from sertify.corpora.flaws import Flaw, reasons_of
from sertify.pipeline import telling
from sertify.statistics.resolution import finest_difference
from tests.meta.corpora.rows import noises
from tests.meta.pipeline.test_telling import Terminal

SUITE = """\
candidates:
  - {name: one, model: org/one}
corpora:
  calls:
    label_map: {complaint: anger}
    language: ko
"""


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Speech of two speakers, with one clip that holds nothing and one that has no label."""
    monkeypatch.chdir(tmp_path)
    root = tmp_path / "calls"
    names = [f"{speaker}/{n}.wav" for speaker in ("anna", "ben") for n in range(6)]
    noises(root, *names)
    soundfile.write(root / "ben/5.wav", np.zeros(8_000), 16_000)
    lines = (f"{name},{'angry' if n % 2 else 'sad'},{name[:-6]}" for n, name in enumerate(names))
    (root / "metadata.csv").write_text("\n".join(["file_name,label,speaker", *lines]) + "\n")
    return root


def told(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> list[str]:
    """Return the lines that are printed, without blanks at their ends and between words."""
    assert main(["data", *arguments]) == code
    return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]


def facts(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> Any:
    assert main(["data", "--json", *arguments]) == code
    return json.loads(capsys.readouterr().out)


def test_all_that_was_found_is_told(calls: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = told(capsys, "calls")
    assert lines[0] == f"calls: metadata.csv, {calls}"
    for line in (
        "clips 11 of 12 can be judged, 3.3 s",
        f"rejected {reasons_of([('ben/5.wav', Flaw('silent'))])}",
        "length 0.3 to 0.3 s, half of them up to 0.3 s",
        "sound WAV, 16 kHz",
        "labels 6 angry -> anger",
        "6 sad -> sadness",
        "speakers 2, 6 clips each: anna, ben",
        "- 2 speakers: intervals are wide below 10",
        "language: … # such as ko",
    ):
        assert line in lines
    assert "can show nothing about accuracy: too few labelled clips or speakers" in lines


def test_how_small_a_difference_it_can_show(
    calls: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = "".join(
        f"{speaker}/{n}.wav,{('sad', 'calm')[n % 2]},{speaker}{n // 6}\n"
        for speaker in ("anna", "ben")
        for n in range(36)
    )
    (calls / "metadata.csv").write_text(f"file_name,label,speaker\n{rows}")
    noises(calls, *(row.partition(",")[0] for row in rows.splitlines()))
    (found,) = facts(capsys, "calls")
    expected = finest_difference([{"calm": 36, "sadness": 36}], 12)
    assert found["resolution"] == round(expected, 4) < 0.3
    line = f"can show a difference in UAR of {expected:.2f} between two models, in 8 of 10 cases"
    assert any(each.startswith(line) for each in told(capsys, "calls"))


def test_the_same_is_there_as_json(calls: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (found,) = facts(capsys, "calls", "--limit", "8")
    assert (found["name"], found["path"], found["layout"]) == ("calls", str(calls), "metadata.csv")
    assert (found["requested"], found["clips"], found["left_out"]) == (12, 8, {"limit": 4})
    assert found["labels"] == [
        {"label": "angry", "emotion": "anger", "clips": 4},
        {"label": "sad", "emotion": "sadness", "clips": 4},
    ]
    assert found["speakers"] == {"anna": 4, "ben": 4}
    assert (found["rates"], found["formats"], found["stops"]) == ({"16000": 8}, {"WAV": 8}, False)
    assert found["entry"] == {"language": None}


def test_what_the_suite_says_of_it_is_known(
    calls: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (calls.parent / "candidates.yaml").write_text(SUITE)
    table = (calls / "metadata.csv").read_text().replace("angry", "complaint")
    (calls / "metadata.csv").write_text(table)
    (found,) = facts(capsys, "calls")
    assert (found["languages"], found["entry"]) == ({"ko": 12}, {})
    assert found["labels"][0] == {"label": "complaint", "emotion": "anger", "clips": 6}


def test_labels_that_stop_a_run_are_told_with_the_lines_to_write(
    calls: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = (calls / "metadata.csv").read_text()
    (calls / "metadata.csv").write_text(table.replace("angry", "Angray").replace("sad", "lost", 1))
    lines = told(capsys, "calls", code=1)
    assert "labels 5 sad -> sadness" in lines
    assert "6 'Angray' is no known emotion, nearest is anger" in lines
    assert "1 'lost' is no known emotion" in lines
    start = lines.index("label_map: # null leaves the clips of a label out")
    assert lines[start + 1 : start + 3] == ["'Angray': anger", "'lost': …"]
    (found,) = facts(capsys, "calls", code=1)
    assert found["entry"]["label_map"] == {"Angray": "anger", "lost": None}
    assert found["left_out"] == {"unknown label": 7}


def test_a_limit_does_not_make_unknown_labels_more(
    calls: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = "".join(f"ben/{n}.wav,{'Angray' if n < 4 else 'sad'}\n" for n in range(100))
    noises(calls, *(f"ben/{n}.wav" for n in range(100)))
    (calls / "metadata.csv").write_text(f"file_name,label\n{rows}")
    (found,) = facts(capsys, "calls", "--limit", "12")
    assert (found["left_out"]["unknown label"], found["stops"]) == (4, False)


@pytest.mark.parametrize(
    ("header", "row", "why"),
    [
        ("file_name,label", "ben/0.wav,3", "too many labels are no known emotion; see the entry"),
        ("file_name,rater_1,rater_2", "ben/0.wav,sad,calm", "no clip can be judged"),
        ("file_name,label", "ben/5.wav,sad", "no clip can be judged"),
    ],
)
def test_nothing_left_to_judge_is_told(
    calls: Path, capsys: pytest.CaptureFixture[str], header: str, row: str, why: str
) -> None:
    (calls / "metadata.csv").write_text(f"{header}\n{row}\n")
    text = "\n".join(told(capsys, "calls", code=1))
    assert "clips 0 of 12 can be judged" in text
    assert f"but a run stops here: {why}" in text
    assert "can show nothing about accuracy" in text


def test_of_many_labels_some_are_told(calls: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = "".join(f"ben/{n}.wav,what was said {n}\n" for n in range(20_000))
    (calls / "metadata.csv").write_text(f"file_name,label\n{rows}")
    lines = told(capsys, "calls", code=1)
    assert "and 19,988 more that are no known emotions" in lines
    assert len(lines) < 200


def test_that_nothing_can_be_heard_is_told(calls: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in calls.rglob("*.wav"):
        path.write_bytes(b"version https://git-lfs.github.com/spec/v1\n")
    lines = told(capsys, "calls", code=1)
    assert "clips 0 of 12 can be judged" in lines
    assert any(line.startswith("rejected 12 lfs_pointer: ") for line in lines)
    assert "but a run stops here: no clip can be judged" in lines
    table = (calls / "metadata.csv").read_text()
    (calls / "metadata.csv").write_text(table.replace("angry", "0").replace("sad", "1"))
    (found,) = facts(capsys, "calls", code=1)
    assert (found["clips"], found["seconds"], found["stops"]) == (0, {"total": 0.0}, True)


def test_who_waits_for_decoding_is_told(calls: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert calls.is_dir()
    for name in ("_PATIENCE", "_PAUSE"):
        monkeypatch.setattr(telling, name, 0.0)
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    assert main(["data", "calls"]) == 0
    assert "decoding the speech, clips: 12 of 12" in terminal.getvalue()


def test_names_of_files_do_nothing_to_a_terminal(
    calls: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (calls / "metadata.csv").rename(calls / "l\x1b[31m.csv")
    (calls / "x\x1b]0;owned\x07.csv").write_text("file,text\nben/0.wav,no\n")
    text = "\n".join(told(capsys, "calls"))
    assert "owned" in text
    assert "\x1b" not in text
    (calls.parent / "a\x1b[31m").mkdir()
    assert main(["data", "a\x1b[31m"]) == 2
    assert "a\\x1b[31m: holds no audio" in capsys.readouterr().err


def test_several_are_told_one_by_one(calls: Path, capsys: pytest.CaptureFixture[str]) -> None:
    noises(calls.parent / "studio", "angry/a.wav", "sad/b.wav")
    lines = told(capsys, "calls", "other=studio", "--layout", "other=folders")
    assert f"other: folder per label, {calls.parent / 'studio'}" in lines
    assert [each["name"] for each in facts(capsys, "calls", "studio")] == ["calls", "studio"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "there is no such folder"),
        (["calls", "--split", "test"], "split 'test' is asked for, but no clip names its split"),
        (["calls", "--limit", "0"], "limit is 0, but should be a whole number from 1"),
        (["calls", "--layout", "emodbs"], "layout 'emodbs' is unknown; did you mean 'emodb'"),
        (
            ["calls", "--layout", "cals=folders"],
            "--layout: no --data or --confirm is called 'cals'",
        ),
        (["calls", "calls"], "calls names two folders"),
        (["calls", "--candidates", "nowhere.yaml"], "nowhere.yaml"),
    ],
)
def test_a_wrong_value_is_told(
    calls: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert calls.is_dir()
    assert main(["data", *arguments]) == 2
    assert message in capsys.readouterr().err
