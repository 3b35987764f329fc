"""Gates that nobody asks for, and sounds that nobody hears, are refused before anything is done."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from sertify.candidates.reading import Candidate, Suite
from sertify.candidates.requirements import Requirements
from sertify.pipeline.optional_gates import require_wanted
from sertify.pipeline.settings import Settings, Source
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.outcomes import GATES

DATA = (Source("calls", Path("calls")),)


def suite(**requirements: Any) -> Suite:
    asked = Requirements.model_validate(requirements, strict=False)
    return Suite((Candidate("plain", "plain"), Candidate("a", "a", requirements=asked)))


def settings(**options: Any) -> Settings:
    return Settings(candidates=Path("c.yaml"), **({"data": DATA} | options))


def refused(options: Settings, asked: Suite, *gates: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        require_wanted(options, asked, gates or GATES)
    return str(caught.value)


@pytest.mark.parametrize("gate", ["robustness", "fairness", "streaming"])
def test_a_gate_that_nobody_asks_for_is_refused_alone(gate: str) -> None:
    assert refused(settings(), suite(), gate) == (
        f"no candidate asks for {gate}, so nothing would be judged: write `{gate}: true` under"
        " `requirements:` in the candidates file"
    )
    require_wanted(settings(), suite(), ["accuracy", gate])
    require_wanted(settings(), suite(), GATES)
    require_wanted(settings(), suite(**{gate: True}), [gate])


def test_it_needs_speech() -> None:
    asked = suite(robustness=True)
    message = refused(settings(data=()), asked, "robustness")
    assert message == "-m robustness needs speech: give --data PATH"
    require_wanted(settings(data=()), asked, GATES)


def test_a_folder_of_sounds_is_read_and_heard(tmp_path: Path) -> None:
    asked = suite(robustness=["noise", "room"])
    assert refused(settings(noise=tmp_path / "nois"), asked) == (
        f"--noise {tmp_path}/nois is no folder; give a folder of recordings"
    )
    assert refused(settings(rooms=tmp_path), asked) == (
        f"--rooms {tmp_path} holds no audio, such as .wav or .flac; give a folder of recordings"
    )
    (tmp_path / "a.wav").write_bytes(b"no sound")
    assert "none of its 1 recording can be used" in refused(settings(noise=tmp_path), asked)
    soundfile.write(tmp_path / "b.wav", np.full(1600, 0.1) * np.sin(np.arange(1600)), 16_000)
    require_wanted(settings(noise=tmp_path, rooms=tmp_path), asked, GATES)


def test_sounds_that_nobody_hears_are_refused(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "b.wav", 0.1 * np.sin(np.arange(1600)), 16_000)
    message = refused(settings(noise=tmp_path), suite(robustness=["phone"]))
    assert message.startswith("--noise: no candidate is heard with these sounds; write")
    assert "--noise" in refused(settings(noise=tmp_path), suite())
    require_wanted(settings(noise=tmp_path), suite(robustness=True), GATES)
