"""Robustness as its users ask for it: in runs of pytest, of its workers, and from Python."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

import sertify
from tests.meta.runs import Case, Outcome, Run

pytestmark = pytest.mark.slow(30)

NAME = "wavlm-tiny"
PHONE, LEVEL = "test_it_holds_up[wavlm-tiny@gsm_25dB]", "test_it_holds_up[wavlm-tiny@gain_-6dB]"


def asked(**keys: Any) -> dict[str, Any]:
    """Return requirements of a phone, which the model cannot bear, and of another level."""
    return {"robustness": {"conditions": ["gsm", "gain -6 dB"], "clips": 42, **keys}}


def heard(outcome: Outcome) -> dict[str, Case]:
    return {case.name: case for case in outcome.cases if case.gate == "robustness"}


def numbers(results: dict[str, Any]) -> list[Any]:
    """Return all that the gate measured, told and decided, without the time."""
    (candidate,) = [one for one in results["candidates"] if one["name"] == NAME]
    checks = candidate["gates"]["robustness"]["checks"]
    left_out = ("judged_at", "siblings")
    return [{key: one[key] for key in one if key not in left_out} for one in checks]


Call = Callable[..., Outcome]


@pytest.fixture
def call(run: Run, some_speech: Path, known: Path, write: Callable[..., Path]) -> Call:
    """Run all gates but speed on a candidate, with these requirements and other keys."""

    def call(*args: str, gates: str = "not speed", cache: Path = known, **keys: Any) -> Outcome:
        path = write(NAME, **keys)
        return run("-m", gates, "--data", str(some_speech), *args, candidates=path, cache=cache)

    return call


def test_what_is_proven_to_lose_too_much_is_rejected(call: Call) -> None:
    outcome = call(requirements=asked(drop={"max": 0.05}))
    assert outcome.code == pytest.ExitCode.TESTS_FAILED
    cases = heard(outcome)
    assert {name: case.kind for name, case in cases.items()} == {PHONE: "failure", LEVEL: "passed"}
    assert cases[PHONE].properties["reason"] == "not_robust:phone"
    assert cases[PHONE].message.startswith(
        "FAIL not_robust:phone: on a phone (gsm 25 dB) it loses 0."
    )
    assert "but should lose at most 0.05 [wavlm-tiny@" in cases[PHONE].message
    found = outcome.candidate(NAME)
    assert (found["verdict"], found["reason"]) == ("rejected", "not_robust:phone")
    assert found["gate"] == "robustness"

    expected = call(
        requirements=asked(drop={"max": 0.05}), status="rejected", reason="not_robust:phone"
    )
    assert expected.code == pytest.ExitCode.OK, expected.output
    lax = call(requirements=asked(drop={"max": 1.0}), status="rejected", reason="not_robust:phone")
    assert lax.code == pytest.ExitCode.TESTS_FAILED
    assert "now qualifies" in heard(lax)[PHONE].message


def test_what_cannot_be_told_is_tolerated_unless_proof_is_asked_for(call: Call) -> None:
    first = call(requirements=asked(drop={"max": 1.0}), gates="robustness")
    lost = numbers(first.results)[0]["measurements"][0]
    assert lost["name"] == "drop"
    limit = round((lost["value"] + lost["high"]) / 2, 3)
    outcome = call(requirements=asked(drop={"max": limit}))
    assert outcome.code == pytest.ExitCode.OK, outcome.output
    case = heard(outcome)[PHONE]
    assert (case.kind, case.properties["outcome"]) == ("passed", "INCONCLUSIVE")
    found = outcome.candidate(NAME)
    assert found["gates"]["robustness"]["tolerated"] is True
    assert found["reason"] is None
    assert "not judged yet: speed" in found["message"]

    strict = call(requirements=asked(drop={"max": limit, "confidence": 0.95}))
    assert strict.code == pytest.ExitCode.TESTS_FAILED
    case = heard(strict)[PHONE]
    assert case.message.startswith("INCONCLUSIVE not_robust:phone: on a phone (gsm 25 dB) it loses")
    assert "with 95% confidence; 42 clips of 12 speakers cannot tell" in case.message
    found = strict.candidate(NAME)
    assert (found["verdict"], found["reason"]) == ("undecided", "not_robust:phone")


def test_every_door_finds_the_same_and_nothing_is_asked_twice(
    call: Call, write: Callable[..., Path], some_speech: Path, tmp_path: Path
) -> None:
    limits = asked(drop={"max": 0.05}, unchanged={"min": 0.5})
    options = {"requirements": limits, "gates": "robustness"}
    alone = call(cache=tmp_path / "cache", **options)
    assert heard(alone).keys() == {PHONE, LEVEL}
    shared = call("-n", "2", cache=tmp_path / "other", **options)
    assert numbers(shared.results) == numbers(alone.results)
    told: list[str] = []
    called = sertify.qualify(
        write(NAME, requirements=limits),
        data=some_speech,
        gates=["robustness"],
        reports=tmp_path / "called",
        cache=tmp_path / "cache" / "d" / "sertify" / "answers.sqlite",
        threads=1,
        progress=lambda *news: told.append(str(news[1])),
    )
    assert numbers(called.model_dump(mode="json")) == numbers(alone.results)
    assert "disturbed clips" in told
    assert "loading its weights" not in told


def test_segments_of_speech_without_labels_in_noise_of_the_user(
    run: Run, write: Callable[..., Path], some_speech: Path, tmp_path: Path
) -> None:
    speech, noise = tmp_path / "unlabelled", tmp_path / "noise"
    speech.mkdir()
    noise.mkdir()
    for number, clip in enumerate(sorted((some_speech / "audio").iterdir())[:24]):
        (speech / f"{number}.flac").write_bytes(clip.read_bytes())
    rain = 0.1 * np.random.default_rng(0).standard_normal(16_000)
    soundfile.write(noise / "rain.wav", rain, 16_000)
    path = write(NAME, requirements={"robustness": {"conditions": ["environment 10 dB", "room"]}})
    args = ("-m", "robustness", "--data", speech, "--segment", "2", "--noise", noise)
    outcome = run(*args, candidates=path)
    cases = {name.partition("@")[2]: case for name, case in heard(outcome).items()}
    assert {*cases} == {"environment_10dB]", *(f"reverb_{n}s]" for n in ("0.3", "0.5", "1"))}
    for case in cases.values():
        assert case.kind == "passed"
        assert "measured:unchanged" in case.properties
        assert "measured:drop" not in case.properties


def test_without_its_sounds_a_condition_is_not_reached(call: Call) -> None:
    named = {"robustness": {"conditions": ["environment 10 dB", "gain -6 dB"], "clips": 42}}
    outcome = call(requirements=named, gates="robustness")
    cases = {name.partition("@")[2]: case for name, case in heard(outcome).items()}
    assert cases["gain_-6dB]"].kind == "passed"
    assert cases["environment_10dB]"].kind == "skipped"
    assert cases["environment_10dB]"].properties["reason"] == "no_data"
    assert "give --noise PATH" in cases["environment_10dB]"].message


def test_a_gate_that_nobody_asks_for_is_refused(call: Call) -> None:
    outcome = call(gates="robustness")
    assert outcome.code == pytest.ExitCode.USAGE_ERROR
    assert "no candidate asks for robustness" in outcome.output


def test_the_run_says_what_is_ahead(call: Call) -> None:
    outcome = call(requirements=asked(), gates="robustness")
    assert "robustness: 2 conditions x 42 clips for 1 candidate" in outcome.output
