"""The choice that a run makes, as its users see it: corpora, statistics, selection."""

import json
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from sertify.statistics.spending import confidence_left
from tests.meta.runs import FIXTURES, SPEECH, Case, Outcome, Run

Write = Callable[..., Path]

# What the small part of the speech that these tests use cannot promise.
LENIENT: dict[str, Any] = {
    "uar": {"min": 0.3},
    "class_share": None,
    "accuracy": None,
    "macro_f1": None,
    "recall": None,
    "consistency": None,
}


@pytest.fixture
def run(run: Run, known: Path) -> Run:
    """Call pytest on the checks; what a model has answered in another test is known."""
    return partial(run, cache=known)


def closing(outcome: Outcome, name: str = "test_a_candidate_is_selected") -> Case | None:
    return next((case for case in outcome.cases if case.name == name), None)


def named(outcome: Outcome, name: str) -> Case:
    return next(case for case in outcome.cases if case.name == name)


def suite(path: Path, *candidates: dict[str, Any], **rest: Any) -> Path:
    """Write a candidates.yaml of small models with what else it says."""
    entries = [
        one | {"model": str(FIXTURES / "models" / one.get("model", one["name"]))}
        for one in candidates
    ]
    requirements = LENIENT | {"segments": [1]} | rest.pop("requirements", {})
    file = path / "candidates.yaml"
    YAML().dump({"requirements": requirements, "candidates": entries, **rest}, file)
    return file


# ------------------------------------------------------------------ whether there is a selection


def test_a_selection_is_a_test_case_of_its_own(run: Run, some_speech: Path, tmp_path: Path) -> None:
    outcome = run("--data", some_speech, candidates=suite(tmp_path, {"name": "wavlm-tiny"}))
    case = closing(outcome)
    assert outcome.code == 0, outcome.output
    assert case is not None
    assert case.kind == "passed"
    assert case.properties == {
        "gate": "selection",
        "outcome": "PASS",
        "selection": "wavlm-tiny",
        "tied": "wavlm-tiny",
    }
    assert outcome.suite["sertify:clips"] == "84 requested, 84 read, 84 judged"


def test_no_selection_fails_the_run_and_says_what_the_closest_lacks(
    run: Run, some_speech: Path, tmp_path: Path
) -> None:
    file = suite(tmp_path, {"name": "wav2vec2-tiny"}, requirements={"uar": {"min": 0.97}})
    outcome = run("--data", some_speech, candidates=file)
    case = closing(outcome)
    assert outcome.code == 1
    assert case is not None
    assert case.kind == "failure"
    assert case.message.startswith(
        "No candidate qualified; wav2vec2-tiny came closest, rejected by accuracy (low_uar: uar=0."
    )
    assert "it misses the limit by 0." in case.message


def test_what_is_not_judged_yet_leaves_it_open(run: Run, some_speech: Path, tmp_path: Path) -> None:
    file = suite(tmp_path, {"name": "wavlm-tiny"})
    outcome = run("--data", some_speech, "-m", "not speed", candidates=file)
    case = closing(outcome)
    assert outcome.code == 0, outcome.output
    assert case is not None
    assert case.kind == "skipped"
    assert "wavlm-tiny (not judged yet: speed)" in case.message
    later = run("-m", "speed", candidates=file)
    assert later.results["selection"]["candidate"] == "wavlm-tiny"


def test_a_gate_for_ci_is_not_asked_for_a_selection(run: Run, tmp_path: Path) -> None:
    file = suite(tmp_path, {"name": "wavlm-tiny"})
    outcome = run("-m", "loadability", candidates=file)
    assert outcome.code == 0
    assert closing(outcome) is None


# ------------------------------------------------------------------ bystanders


@pytest.mark.slow(15)
def test_a_bystander_of_two_emotions_changes_nothing(run: Run, tmp_path: Path) -> None:
    """Its other labels never occur; on the two that it has, hubert-tiny is better."""
    few = tmp_path / "few-tiny"
    shutil.copytree(FIXTURES / "models" / "wavlm-tiny", few)
    config = json.loads((few / "config.json").read_text())
    others = iter(("boredom", "contempt", "calm", "enthusiasm", "excitement"))
    names = {
        place: label if label in ("angry", "anger", "neutral") else next(others)
        for place, label in config["id2label"].items()
    }
    config |= {"id2label": names, "label2id": {label: int(at) for at, label in names.items()}}
    (few / "config.json").write_text(json.dumps(config))
    lax = dict.fromkeys(("class_share", "top_share", "entropy", "effective_emotions"))
    asked = {"coverage": {"min": 0.2}, "uar": {"min": 0.2}, **lax}
    good = [{"name": "wavlm-tiny"}, {"name": "hubert-tiny"}]
    arguments = ("--data", SPEECH)
    alone = run(*arguments, candidates=suite(tmp_path, *good, requirements=asked))
    file = suite(tmp_path, *good, {"name": "few", "model": str(few)}, requirements=asked)
    both = run(*arguments, candidates=file)
    told = {one["name"]: one["verdict"] for one in both.results["candidates"]}
    assert told == dict.fromkeys(("wavlm-tiny", "hubert-tiny", "few"), "qualified")
    for outcome in (alone, both):
        sentence = outcome.results["selection"]["sentence"]
        assert sentence.startswith("Use wavlm-tiny: UAR 0.86 over the 7 emotions, 0.")
        assert " above hubert-tiny [0." in sentence


# ------------------------------------------------------------------ several corpora


def test_each_corpus_is_judged_and_all_together(
    run: Run, corpora: tuple[Path, Path], tmp_path: Path
) -> None:
    first, second = corpora
    file = suite(tmp_path, {"name": "wavlm-tiny"}, {"name": "wav2vec2-tiny"})
    outcome = run("--data", f"one={first}", f"--data=two={second}", candidates=file)
    assert outcome.code == 0, outcome.output
    for part in ("together", "one", "two"):
        assert named(outcome, f"test_uar[wavlm-tiny@{part}]").kind == "passed"
    parts = {one["part"]: one for one in outcome.candidate("wavlm-tiny")["parts"]}
    values = [parts[name]["numbers"]["uar"]["value"] for name in ("one", "two")]
    assert parts["together"]["numbers"]["uar"]["value"] == pytest.approx(sum(values) / 2)
    assert outcome.candidate("wavlm-tiny")["numbers"]["uar"] == parts["together"]["numbers"]["uar"]
    corpus = outcome.results["corpus"]
    assert [one["name"] for one in corpus["parts"]] == ["one", "two"]
    assert corpus["parts"][1]["languages"] == ["fr", "ko", "ru"]
    comparison = outcome.results["selection"]["comparison"]
    assert list(comparison["emotions"]) == ["one", "two"]
    assert "one (metadata.csv, 42 clips), two (metadata.csv, 42 clips)" in outcome.output


def test_a_requirement_is_about_a_corpus_or_a_language(
    run: Run, corpora: tuple[Path, Path], tmp_path: Path
) -> None:
    first, second = corpora
    bounds = [{"min": 0.2}, {"min": 0.999, "corpus": "two"}, {"min": 0.1, "language": "ko"}]
    file = suite(tmp_path, {"name": "wav2vec2-tiny"}, requirements={"uar": bounds})
    outcome = run("--data", f"one={first}", f"--data=two={second}", candidates=file)
    assert named(outcome, "test_uar[wav2vec2-tiny@one]").kind == "passed"
    assert named(outcome, "test_uar[wav2vec2-tiny@language-ko]").kind == "passed"
    two = named(outcome, "test_uar[wav2vec2-tiny@two]")
    assert two.kind == "failure"
    assert " on two, but should be at least 0.999" in two.message
    assert outcome.candidate("wav2vec2-tiny")["reason"] == "low_uar"


def test_a_requirement_on_speech_that_is_not_there_is_not_met(
    run: Run, corpora: tuple[Path, Path], tmp_path: Path
) -> None:
    bounds = [{"min": 0.2}, {"min": 0.2, "language": "ko"}]
    file = suite(tmp_path, {"name": "wavlm-tiny"}, requirements={"uar": bounds})
    outcome = run("--data", corpora[0], candidates=file)
    case = named(outcome, "test_uar[wavlm-tiny@language-ko]")
    assert case.kind == "skipped"
    assert "a requirement is about language-ko, which needs speech in ko" in case.message
    assert outcome.results["selection"]["candidate"] is None


# ------------------------------------------------------------------ seen in training


def test_what_was_seen_in_training_is_shown_but_decides_nothing(
    run: Run, corpora: tuple[Path, Path], tmp_path: Path
) -> None:
    first, second = corpora
    file = suite(tmp_path, {"name": "wavlm-tiny", "trained_on": ["two"]}, {"name": "wav2vec2-tiny"})
    outcome = run("--data", f"one={first}", f"--data=two={second}", candidates=file)
    assert outcome.code == 0, outcome.output
    parts = {one["part"]: one for one in outcome.candidate("wavlm-tiny")["parts"]}
    why = {"two": "candidates.yaml says it was trained on two"}
    assert parts["two"]["seen"] == parts["together"]["seen"] == why
    assert parts["together"]["numbers"]["uar"] == parts["one"]["numbers"]["uar"]
    comparison = outcome.results["selection"]["comparison"]
    assert comparison["left_out"] == {"two": "seen in training by wavlm-tiny"}


def test_nothing_but_what_was_seen_in_training_is_inconclusive(
    run: Run, some_speech: Path, tmp_path: Path
) -> None:
    known = {"name": "wavlm-tiny", "trained_on": ["ours"]}
    data = ("--data", f"ours={some_speech}")
    outcome = run(*data, candidates=suite(tmp_path, known))
    case = named(outcome, "test_speech_is_new_to_it[wavlm-tiny]")
    assert case.kind == "failure"
    assert case.properties["reason"] == "seen_in_training"
    assert named(outcome, "test_uar[wavlm-tiny]").kind == "passed"
    assert outcome.candidate("wavlm-tiny")["verdict"] == "undecided"
    counted = suite(tmp_path, known, selection={"count_seen": True})
    assert run(*data, candidates=counted).results["selection"]["candidate"] == "wavlm-tiny"


# ------------------------------------------------------------------ looks at growing speech


def test_speech_that_has_grown_is_looked_at_with_more_care(
    run: Run, some_speech: Path, tmp_path: Path
) -> None:
    sure = {"uar": {"min": 0.8, "confidence": 0.95}}
    file = suite(tmp_path, {"name": "wavlm-tiny"}, requirements=sure)
    speech, asked = ("--data", f"ours={some_speech}"), "at least 0.8 with 95% confidence"
    left = f"{100 * confidence_left(0.95, [28, 56, 84]):.4g}"
    later = f"at least 0.8 with {left}% confidence, at the 3rd look at growing speech"
    found = []
    for options in (["--limit=28"], ["--limit=56"], [], [], ["--limit=28"]):
        outcome = run(*speech, "-m", "accuracy", *options, candidates=file)
        found.append(named(outcome, "test_uar[wavlm-tiny]").message.partition("should be ")[2])
    first, second, *rest = (message.partition(";")[0] for message in found)
    assert first == asked
    assert second.startswith("at least 0.8 with 98.9")
    assert second.endswith("% confidence, at the 2nd look at growing speech")
    assert rest == [later, later, asked]


# ------------------------------------------------------------------ confirmation


def test_speakers_that_were_held_out_confirm_the_selected_one(
    run: Run, some_speech: Path, tmp_path: Path
) -> None:
    file = suite(tmp_path, {"name": "wavlm-tiny"})
    outcome = run("--data", some_speech, "--hold-out", "0.34", candidates=file)
    assert outcome.code == 0, outcome.output
    case = closing(outcome, "test_the_selected_one_is_confirmed")
    confirmation = outcome.results["selection"]["confirmation"]
    assert case is not None
    assert case.kind == "passed"
    assert confirmation["outcome"] == "PASS"
    assert confirmation["clips"] == 28
    assert outcome.results["corpus"]["clips"] == 56
    assert confirmation["fingerprint"] != outcome.results["corpus"]["fingerprint"]


def test_what_few_speakers_leave_open_does_not_turn_the_run_red(
    run: Run, some_speech: Path, tmp_path: Path
) -> None:
    sure = {"uar": {"min": 0.55, "confidence": 0.95}}
    file = suite(tmp_path, {"name": "wavlm-tiny"}, requirements=sure)
    held = ("--data", some_speech, "--hold-out", "0.17")
    for _ in range(2):  # the same look, for the same choice
        outcome = run(*held, candidates=file)
    assert outcome.code == 0, outcome.output
    assert outcome.results["selection"]["candidate"] == "wavlm-tiny"
    case = closing(outcome, "test_the_selected_one_is_confirmed")
    confirmation = outcome.results["selection"]["confirmation"]
    assert case is not None
    assert (case.kind, case.properties["outcome"]) == ("skipped", "INCONCLUSIVE")
    assert confirmation["outcome"] == "INCONCLUSIVE"
    assert "chosen by, as far as 2 speakers can tell" in confirmation["message"]
    assert confirmation["looks"] == 1
    assert 0 < confirmation["power"] < 0.8
    said = [text for text in confirmation["warnings"] if "would confirm" in text]
    assert [text[:44] for text in said] == ["2 speakers would confirm a UAR of 0.84 in on"]
    assert ": --hold-out 0." in said[0]
    assert "Neither confirmed nor refuted on held-out speech" in " ".join(outcome.output.split())


def test_held_out_speech_remembers_whom_it_confirmed(
    run: Run, some_speech: Path, tmp_path: Path
) -> None:
    held = ("--data", some_speech, "--hold-out", "0.34")
    for name in ("wavlm-tiny", "hubert-tiny"):
        outcome = run(*held, candidates=suite(tmp_path, {"name": name}))
    confirmation = outcome.results["selection"]["confirmation"]
    assert confirmation["looks"] == 2
    assert (
        "this speech has been used to confirm 2 choices (wavlm-tiny, hubert-tiny): what was chosen"
        " after a look at it is no longer confirmed by it; use other speakers"
    ) in confirmation["warnings"]


def test_other_speech_that_it_fails_on_turns_the_run_red(
    run: Run, corpora: tuple[Path, Path], tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong"
    shutil.copytree(corpora[1], wrong)
    text = (wrong / "metadata.csv").read_text("utf-8")
    swapped = {"anger": "sadness", "sadness": "fear", "fear": "anger", "neutral": "happiness"}
    rows = [line.split(",") for line in text.splitlines()]
    for row in rows[1:]:
        row[1] = swapped.get(row[1], "neutral")
    (wrong / "metadata.csv").write_text("\n".join(map(",".join, rows)) + "\n", "utf-8")
    file = suite(tmp_path, {"name": "wavlm-tiny"})
    outcome = run("--data", corpora[0], "--confirm", wrong, candidates=file)
    case = closing(outcome, "test_the_selected_one_is_confirmed")
    assert outcome.code == 1
    assert outcome.results["selection"]["candidate"] == "wavlm-tiny"
    assert case is not None
    assert case.kind == "failure"
    assert "FAIL low_uar: uar=0" in case.message


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--confirm", "{speech}"], "84 of its clips are in --data as well, such as audio/"),
        (["--confirm", "{speech}", "--hold-out", "0.5"], "two ways to one end; give one"),
        (["--hold-out", "2"], "is '2', but should be a share of the speakers between 0 and 1"),
        (["--hop", "1"], "--hop goes with --segment SECONDS, which is missing"),
        (["--data", "{speech}/"], "names two folders; give another name with --data NAME=PATH"),
        (
            ["--data", "together={speech}"],
            "together means another part of the speech; give another name",
        ),
        (["--split", "test"], "split"),
        (["--segment", "1", "--hop", "3"], "--hop 3 leaves out speech; it should be at most 1"),
        (["--lock", "--locked"], "--lock and --locked exclude each other; give one of them"),
        (
            ["--layout", "speech=metadata"],
            "no --data or --confirm is called 'speech'; did you mean 'speech0'?",
        ),
        (["--layout", "ravdes"], "ravdess"),
    ],
)
def test_a_mistake_in_an_option_ends_the_run(
    run: Run, some_speech: Path, tmp_path: Path, options: list[str], message: str
) -> None:
    file = suite(tmp_path, {"name": "wavlm-tiny"})
    given = [one.format(speech=some_speech) for one in options]
    outcome = run("--data", some_speech, *given, candidates=file)
    assert outcome.code == 4
    assert message in " ".join(outcome.output.split())
    assert "Traceback" not in outcome.output


def test_what_is_nearly_called_like_a_corpus_is_a_mistake(
    run: Run, some_speech: Path, tmp_path: Path
) -> None:
    for wrong in (
        {"corpora": {"cals": {"language": "ko"}}},
        {"requirements": {"uar": [{"min": 0.2}, {"min": 0.3, "corpus": "cals"}]}},
    ):
        file = suite(tmp_path, {"name": "wavlm-tiny"}, **wrong)
        outcome = run("--data", f"calls={some_speech}", candidates=file)
        assert outcome.code == 4
        assert "no --data is called 'cals'; did you mean 'calls'?" in outcome.output


def test_labelled_and_unlabelled_speech_do_not_mix(
    run: Run, some_speech: Path, tmp_path: Path
) -> None:
    plain = tmp_path / "plain"
    shutil.copytree(some_speech / "audio", plain)
    file = suite(tmp_path, {"name": "wavlm-tiny"})
    both = ("--data", some_speech, "--data", plain, "--layout", "plain=unlabelled")
    outcome = run(*both, candidates=file)
    assert outcome.code == 4
    assert "plain has no labels, but other corpora have" in outcome.output


def test_a_name_that_guards_against_nothing_is_warned_of(
    run: Run, some_speech: Path, tmp_path: Path
) -> None:
    file = suite(tmp_path, {"name": "wavlm-tiny", "trained_on": ["emdb"]})
    outcome = run("--data", some_speech, "-m", "accuracy", "--limit", "14", candidates=file)
    assert "wavlm-tiny was trained on emdb, which is neither" in " ".join(outcome.output.split())


def test_a_look_at_other_segments_does_not_decide_later_runs(run: Run, tmp_path: Path) -> None:
    file = suite(tmp_path, {"name": "wavlm-tiny"}, requirements={"real_time_factor": {"max": 0.4}})
    data = ("--data", SPEECH, "--limit", "42")
    assert run(*data, candidates=file).results["selection"]["candidate"] == "wavlm-tiny"
    strict = suite(
        tmp_path, {"name": "wavlm-tiny"}, requirements={"real_time_factor": {"max": 0.4}}
    )
    run(*data, "-m", "speed", "--segment", "0.1", candidates=strict)
    again = run(*data, candidates=file)
    assert again.results["selection"]["candidate"] == "wavlm-tiny", again.output
    assert [one["check"] for one in again.candidate("wavlm-tiny")["gates"]["speed"]["checks"]] == [
        "test_time_per_segment@1s"
    ]


# ------------------------------------------------------------------ without labels


def test_unlabelled_speech_gives_a_choice_that_is_marked_as_such(
    run: Run, some_speech: Path, tmp_path: Path
) -> None:
    plain = tmp_path / "calls"
    shutil.copytree(some_speech / "audio", plain)
    file = suite(tmp_path, {"name": "wavlm-tiny"}, {"name": "hubert-tiny"}, {"name": "ast-tiny"})
    options = ("-m", "degeneracy", "--layout", "unlabelled")
    outcome = run(*options, "--data", plain, candidates=file)
    assert outcome.code == 0, outcome.output
    assert outcome.results["selection"]["candidate"] is None
    unlabelled = outcome.results["unlabelled"]
    assert unlabelled["candidate"] in ("wavlm-tiny", "hubert-tiny", "ast-tiny")
    assert unlabelled["sentence"].startswith("Without ground truth, start with ")
    assert unlabelled["corpus"]["name"] == "calls"
    assert unlabelled["corpus"]["judged"] == 84
    assert len(unlabelled["agreements"]) == 3
    assert all(pair["low"] < pair["kappa"] < pair["high"] for pair in unlabelled["agreements"])
    assert "Without ground truth" in outcome.output
    assert closing(outcome) is None


# ------------------------------------------------------------------ segments and subsets


def test_segments_are_averaged_and_timed(run: Run, some_speech: Path, tmp_path: Path) -> None:
    file = suite(tmp_path, {"name": "wavlm-tiny"})
    whole = run("--data", some_speech, "-m", "accuracy", candidates=file).results["corpus"]
    outcome = run("--data", some_speech, "--segment", "0.5", "--hop", "0.25", candidates=file)
    assert outcome.results["corpus"]["fingerprint"] != whole["fingerprint"]
    lengths = [
        case.name for case in outcome.of("wavlm-tiny") if case.name.startswith("test_time_per")
    ]
    assert lengths == ["test_time_per_segment[wavlm-tiny@0.5s]"]


def test_a_limit_takes_some_clips_and_says_so(run: Run, some_speech: Path, tmp_path: Path) -> None:
    file = suite(tmp_path, {"name": "wavlm-tiny"})
    outcome = run("--data", some_speech, "--limit", "21", candidates=file)
    assert outcome.suite["sertify:clips"] == "84 requested, 21 read, 21 judged; not: 63 limit"


def test_a_model_is_loaded_once_however_many_parts_and_lengths(
    run: Run, corpora: tuple[Path, Path], tmp_path: Path
) -> None:
    names = ("wavlm-tiny", "wav2vec2-tiny")
    requirements = {"segments": [0.5, 1, 2]}
    file = suite(tmp_path, *({"name": name} for name in names), requirements=requirements)
    data = ("--data", f"one={corpora[0]}", f"--data=two={corpora[1]}", "--limit", "7")
    options = ("--setup-show", "-m", "accuracy or speed")
    outcome = run(*data, *options, candidates=file, cache=None)  # no model was asked before
    # A way computes a stage once (test_way.py). Each begins two: one to its model and predictions,
    # and when all candidates have come so far, another to its stopwatch alone.
    assert outcome.output.count("SETUP    S way ") == 2 * len(names)


def test_speech_that_confirms_may_be_read_by_a_layout_of_its_own(
    run: Run, corpora: tuple[Path, Path], tmp_path: Path
) -> None:
    file = suite(tmp_path, {"name": "wavlm-tiny"})
    data = ("--data", f"one={corpora[0]}", "--confirm", f"two={corpora[1]}")
    outcome = run(*data, "--layout", "two=metadata", "--collect-only", candidates=file)
    assert outcome.code == 0, outcome.output
    wrong = run(*data, "--layout", "tow=metadata", "--collect-only", candidates=file)
    assert wrong.code == 4
    assert "no --data or --confirm is called 'tow'; did you mean 'two'?" in wrong.output
