"""Codecs run in memory at the rate that is asked for, and what they make is in time."""

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import soundfile
from scipy.signal import correlate

from sertify.corpora.perturbing import codecs
from sertify.corpora.survey import Waveform
from sertify.vocabulary.errors import ConfigurationError
from tests.meta.corpora.perturbing.spoken import RATES, clips, gain_at, heard, speech, white

CODED = [("opus", 24), ("opus", 12), ("mp3", 32), ("mp3", 16)]
PHONES = [("mulaw", 25), ("alaw", 25), ("gsm", 25)]


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize(("kind", "severity"), CODED + PHONES)
def test_nothing_comes_late(kind: str, severity: float, rate: int) -> None:
    found = heard(speech(rate), kind, severity, rate)
    late = int(correlate(found, speech(rate)).argmax()) - (speech(rate).size - 1)
    assert abs(late) <= rate / 8_000  # a sample of a telephone


@pytest.mark.parametrize(("kind", "severity"), CODED)
@pytest.mark.parametrize("clip", clips(), ids=len)
def test_speech_is_still_understood(kind: str, severity: float, clip: Waveform) -> None:
    found = heard(clip, kind, severity)
    assert np.corrcoef(clip, found)[0, 1] > 0.75


@pytest.fixture
def kilobits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the list to which each coding adds its kbit/s."""
    found: list[float] = []
    write: Callable[..., None] = soundfile.write

    def spy(file: io.BytesIO, samples: Waveform, rate: int, *args: Any, **options: Any) -> None:
        write(file, samples, rate, *args, **options)
        found.append(8 * len(file.getvalue()) * rate / len(samples) / 1_000)

    monkeypatch.setattr(soundfile, "write", spy)
    return found


@pytest.mark.parametrize("kilobit", [8, 16, 24, 32, 48, 64])
def test_mp3_has_the_rate_that_was_asked_for(kilobit: int, kilobits: list[float]) -> None:
    heard(white(44_100, 8), "mp3", kilobit, 44_100)
    assert kilobits == [pytest.approx(kilobit, rel=0.02)]


@pytest.mark.parametrize("kilobit", [12, 24, 48])
def test_opus_has_about_that(kilobit: int, kilobits: list[float]) -> None:
    heard(np.concatenate(clips()), "opus", kilobit)
    # It varies, and a container is around it.
    assert kilobits == [pytest.approx(kilobit, rel=0.2)]


@pytest.mark.parametrize(("kind", "mild", "severe"), [("opus", 24, 12), ("mp3", 32, 16)])
def test_fewer_bits_are_worse(kind: str, mild: float, severe: float) -> None:
    clip = np.concatenate(clips())
    errors = [np.std(heard(clip, kind, severity) - clip) for severity in (mild, severe)]
    assert errors[0] < 0.8 * errors[1]


@pytest.mark.parametrize(("kind", "severity"), CODED)
def test_what_is_too_loud_is_coded_softer(kind: str, severity: float) -> None:
    loud = 8 * speech() / np.abs(speech()).max()
    found = heard(loud, kind, severity)
    assert np.abs(found).max() > 4
    assert np.corrcoef(loud, found)[0, 1] > 0.75


@pytest.mark.parametrize(
    "coding", [codecs.Coding(44_100, "OGG", "OPUS"), codecs.Coding(8_000, "WAV", "AMR")]
)
def test_a_codec_that_is_not_there_is_told(coding: codecs.Coding) -> None:
    with pytest.raises(ConfigurationError) as caught:
        codecs.round_trip(speech(), coding)
    told = f"{coding.subtype} at {coding.rate} Hz cannot be coded by libsndfile "
    assert str(caught.value).startswith(told)
    assert str(caught.value).endswith("one that can, or leave the condition out")


def test_models_that_hear_more_lose_it() -> None:
    found = heard(white(48_000), "mp3", 64, 48_000)
    assert gain_at(3_000, white(48_000), found, 48_000) == pytest.approx(0, abs=1)
    assert gain_at(9_000, white(48_000), found, 48_000) < -30
