"""The fairness gate as its users call it: pytest, on the embedded models and speech."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import sertify
from tests.meta.runs import SPEECH, Case, Outcome, Run

NAME = "wavlm-tiny"
ALIKE, WORST = "test_groups_are_treated_alike", "test_worst_group"
GAP = {"recall": None}
HEADER, *ROWS = (SPEECH / "metadata.csv").read_text("utf-8").splitlines()
EMOTIONS = sorted({row.split(",")[1] for row in ROWS})

Change = Callable[[dict[str, str]], None]


@pytest.fixture
def speech(tmp_path: Path) -> Callable[..., Path]:
    """Return the embedded speech under another table; its sounds are links to the same."""

    def call(change: Change = lambda _: None, *, without: str = "") -> Path:
        folder = tmp_path / "speech"
        folder.mkdir(exist_ok=True)
        if not (folder / "audio").exists():
            (folder / "audio").mkdir()
            for file in (SPEECH / "audio").iterdir():
                (folder / "audio" / file.name).hardlink_to(file)
        names = HEADER.split(",")
        table = [dict(zip(names, row.split(",", len(names) - 1), strict=True)) for row in ROWS]
        for row in table:
            change(row)
        kept = [name for name in table[0] if name not in ("text", without)]
        lines = [",".join(kept), *(",".join(row[name] for name in kept) for row in table)]
        (folder / "metadata.csv").write_text("\n".join(lines) + "\n", "utf-8")
        return folder

    return call


def mislabelled(row: dict[str, str]) -> None:
    """Label what men say as another emotion, so that hardly any of it is right."""
    if row["gender"] == "male":
        row["label"] = EMOTIONS[(EMOTIONS.index(row["label"]) + 1) % len(EMOTIONS)]


@pytest.fixture
def judged(run: Run, write: Callable[..., Path], known: Path) -> Callable[..., Outcome]:
    """Judge a model by the fairness gate alone."""

    def call(data: Path, *args: str, name: str = NAME, keys: Any = None, **asked: Any) -> Outcome:
        path = write(name, requirements=asked, **(keys or {}))
        return run("-m", "fairness", "--data", data, *args, candidates=path, cache=known)

    return call


def case(outcome: Outcome, check: str) -> Case:
    return next(one for one in outcome.cases if one.name.startswith(check))


def details(outcome: Outcome, check: str, name: str = NAME) -> dict[str, Any]:
    checks = outcome.candidate(name)["gates"]["fairness"]["checks"]
    found: dict[str, Any] = next(one for one in checks if one["check"] == check)["details"]
    return found


def test_a_model_that_understands_men_less_is_rejected(
    judged: Callable[..., Outcome], speech: Callable[..., Path]
) -> None:
    outcome = judged(speech(mislabelled), fairness=True)
    assert outcome.code == pytest.ExitCode.TESTS_FAILED
    found = case(outcome, f"{ALIKE}[{NAME}@gender]")
    assert (found.kind, found.properties["reason"]) == ("failure", "unfair:gender")
    assert "FAIL unfair:gender: " in found.message
    assert "UAR is 0." in found.message
    assert "higher for female than for male (gender), but should differ by at most" in found.message
    assert float(found.properties["measured:gap:uar"].split()[0]) > 0.4
    assert case(outcome, f"{ALIKE}[{NAME}@pitch]").kind == "passed"
    assert outcome.candidate(NAME)["reason"] == "unfair:gender"
    told = details(outcome, f"{ALIKE}@gender")["groups"]
    assert [(one["name"], one["clips"], one["speakers"]) for one in told["groups"]] == [
        ("female", 210, 6),
        ("male", 210, 6),
    ]
    gap = next(one for one in told["gaps"] if one["metric"] == "uar")
    assert (gap["one"], gap["other"], gap["limit"], gap["within"]) == (
        "female",
        "male",
        0.075,
        False,
    )
    assert gap["sure_low"] > 0.075
    assert told["chance"]["uar"]["most"] < gap["value"]
    assert (told["estimated"], told["confounded"]) == (False, [])


def test_it_may_be_expected(judged: Callable[..., Outcome], speech: Callable[..., Path]) -> None:
    keys = {"status": "rejected", "reason": "unfair:gender"}
    outcome = judged(speech(mislabelled), keys=keys, fairness=True)
    assert outcome.code == pytest.ExitCode.OK, outcome.output
    assert case(outcome, f"{ALIKE}[{NAME}@gender]").kind == "skipped"
    mended = judged(speech(), keys=keys, fairness={"uar": {"max": 0.9}, **GAP})
    assert mended.code == pytest.ExitCode.TESTS_FAILED
    assert "now qualifies" in case(mended, f"{ALIKE}[{NAME}@gender]").message


def test_one_that_treats_all_alike_is_accepted(judged: Callable[..., Outcome]) -> None:
    outcome = judged(SPEECH, fairness={"uar": {"max": 0.5}, **GAP}, worst_group={"min": 0.1})
    assert outcome.code == pytest.ExitCode.OK, outcome.output
    assert {one.kind for one in outcome.cases} == {"passed"}
    assert {one.properties["outcome"] for one in outcome.of(NAME)} == {"PASS"}
    assert "pitch:" not in outcome.output


def test_what_cannot_be_told_is_said_and_tolerated_unless_proof_is_asked_for(
    judged: Callable[..., Outcome],
) -> None:
    outcome = judged(SPEECH, fairness={"groups": ["gender"], "uar": {"max": 0.1}, **GAP})
    assert outcome.code == pytest.ExitCode.OK, outcome.output
    found = case(outcome, ALIKE)
    assert (found.kind, found.properties["outcome"]) == ("passed", "INCONCLUSIVE")
    assert outcome.candidate(NAME)["gates"]["fairness"]["tolerated"]
    limit = {"max": 0.1, "confidence": 0.9}
    outcome = judged(SPEECH, fairness={"groups": ["gender"], "uar": limit, **GAP})
    assert outcome.code == pytest.ExitCode.TESTS_FAILED
    found = case(outcome, ALIKE)
    assert found.kind == "failure"
    assert found.message.startswith("INCONCLUSIVE unfair:gender: UAR is ")
    assert outcome.candidate(NAME)["verdict"] == "undecided"


def test_the_worst_group_is_required_by_itself(
    judged: Callable[..., Outcome], speech: Callable[..., Path]
) -> None:
    outcome = judged(speech(mislabelled), worst_group={"min": 0.35})
    found = case(outcome, f"{WORST}[{NAME}@gender]")
    assert found.properties["reason"] == "low_worst_group:gender"
    assert " of male (gender), but should be at least 0.35" in found.message
    assert case(outcome, f"{ALIKE}[{NAME}@gender]").kind == "passed"
    assert outcome.candidate(NAME)["reason"] == "low_worst_group:gender"


def test_nobody_is_asked_unless_it_is_required(judged: Callable[..., Outcome]) -> None:
    outcome = judged(SPEECH)
    assert outcome.code == pytest.ExitCode.USAGE_ERROR
    assert "write `fairness: true` under `requirements:`" in outcome.output


@pytest.mark.parametrize("column", ["accent", "<b onclick=x>colour</b>", "akzent der städte"])
def test_a_column_that_the_speech_does_not_have_leaves_it_undecided(
    judged: Callable[..., Outcome], column: str
) -> None:
    outcome = judged(SPEECH, "-rs", fairness=[column])
    assert {one.kind for one in outcome.of(NAME)} == {"skipped"}
    assert "no_data: " in case(outcome, ALIKE).message
    assert outcome.candidate(NAME)["verdict"] == "undecided"
    assert "<b onclick" not in (outcome.reports / "index.html").read_text("utf-8")


def test_hostile_values_of_a_column_are_shown_harmless(
    judged: Callable[..., Outcome], speech: Callable[..., Path]
) -> None:
    def change(row: dict[str, str]) -> None:
        mislabelled(row)
        odd = "<img src=x onerror=alert(1)>::error::"
        row["language"] = odd if row["gender"] == "male" else "de"
        row["text"] = f"\x1b]0;x\x07{row['gender']}"

    outcome = judged(speech(change), fairness=["language", "text"])
    found = case(outcome, f"{ALIKE}[{NAME}@language]")
    assert found.properties["reason"] == "unfair:language"
    assert case(outcome, f"{ALIKE}[{NAME}@text]").kind == "skipped"  # no text that can be shown
    assert "higher for de than for " in found.message
    assert "\x1b]0" not in outcome.output
    assert "\n::error" not in outcome.output
    assert "<img src=x" not in (outcome.reports / "index.html").read_text("utf-8")
    assert "language is as good as gender (V = 1.00" in found.message


def test_speech_that_names_no_speaker_is_told_of(
    judged: Callable[..., Outcome], speech: Callable[..., Path]
) -> None:
    outcome = judged(speech(mislabelled, without="speaker"), fairness=["gender"])
    assert case(outcome, ALIKE).properties["reason"] == "unfair:gender"
    told = details(outcome, f"{ALIKE}@gender")["groups"]
    assert [one["speakers"] for one in told["groups"]] == [None, None]
    assert "no clip names a speaker" in told["remark"]


def test_where_no_gender_is_known_the_pitch_of_the_voice_stands_for_it(
    judged: Callable[..., Outcome], speech: Callable[..., Path]
) -> None:
    outcome = judged(speech(without="gender"), fairness=True)
    assert case(outcome, f"{ALIKE}[{NAME}@gender]").kind == "passed"
    assert f"{NAME}: gender: no clip tells its gender" in outcome.output
    found = case(outcome, f"{ALIKE}[{NAME}@pitch]")
    assert found.properties["reason"] == "unfair:pitch"
    assert (found.kind, found.properties["outcome"]) == ("passed", "INCONCLUSIVE")  # two voices
    told = details(outcome, f"{ALIKE}@pitch")["groups"]
    assert told["estimated"]
    assert "pitch is estimated from the sound" in told["remark"]


def test_any_column_of_the_corpus_may_be_named(
    judged: Callable[..., Outcome], speech: Callable[..., Path]
) -> None:
    def change(row: dict[str, str]) -> None:
        mislabelled(row)
        row["accent"] = {"male": "North", "female": "south"}[row["gender"]]

    outcome = judged(speech(change), fairness=["Accent"])
    found = case(outcome, f"{ALIKE}[{NAME}@Accent]")
    assert found.properties["reason"] == "unfair:Accent"
    assert " higher for south than for north (Accent)" in found.message
    keys = {"status": "rejected", "reason": "unfair:Accent"}
    assert judged(speech(change), keys=keys, fairness=["Accent"]).code == pytest.ExitCode.OK


def test_speech_without_labels_is_not_judged(
    run: Run, write: Callable[..., Path], known: Path
) -> None:
    path = write(NAME, requirements={"fairness": True})
    args = ("--data", SPEECH / "audio", "--layout", "unlabelled")
    refused = run("-m", "fairness", *args, candidates=path, cache=known)
    assert refused.code == pytest.ExitCode.USAGE_ERROR
    outcome = run("-m", "labels or fairness", *args, candidates=path, cache=known)
    skipped = [one for one in outcome.of(NAME) if one.gate == "fairness"]
    assert {one.kind for one in skipped} == {"skipped"}
    assert "no clip with a label" in skipped[0].message


def test_workers_find_the_same(judged: Callable[..., Outcome], speech: Callable[..., Path]) -> None:
    data = speech(mislabelled)
    alone, shared = (
        details(judged(data, *args, fairness=["gender"]), f"{ALIKE}@gender")
        for args in ((), ("-n", "2"))
    )
    assert alone == shared


def test_a_corrected_gender_is_not_answered_by_earlier_evidence(
    run: Run, write: Callable[..., Path], speech: Callable[..., Path], known: Path
) -> None:
    path = write(NAME, requirements={"fairness": ["gender"]})

    def swap(row: dict[str, str]) -> None:
        mislabelled(row)
        row["gender"] = {"male": "female", "female": "male"}[row["gender"]]

    def called(gates: str, data: Path) -> Outcome:
        return run("-m", gates, "--data", data, candidates=path, cache=known)

    called("fairness", speech(mislabelled))
    same = called("labels", speech(mislabelled))
    assert same.candidate(NAME)["gates"]["fairness"]["outcome"] == "FAIL"
    other = called("labels or degeneracy", speech(swap))
    assert other.candidate(NAME)["gates"]["fairness"]["outcome"] is None


def test_python_finds_the_same(
    write: Callable[..., Path], speech: Callable[..., Path], tmp_path: Path
) -> None:
    path = write(NAME, requirements={"fairness": True, "worst_group": {"min": 0.35}})
    found = sertify.qualify(
        path,
        data=speech(mislabelled),
        gates=["fairness"],
        reports=tmp_path / "called",
        cache=None,
        threads=1,
    ).candidates[0]
    assert (found.verdict, found.reason) == ("rejected", "unfair:gender")
    assert "higher for female than for male (gender)" in (found.message or "")
