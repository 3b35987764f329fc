"""Cuts, gains and clipping are exact."""

import numpy as np
import pytest

from tests.meta.corpora.perturbing.spoken import heard, level_in_decibel, speech, white


def test_a_start_is_missing() -> None:
    found = heard(speech(), "start", 100)
    assert np.array_equal(found[:-1_600], speech()[1_600:])
    assert not found[-1_600:].any()


def test_an_end_is_missing() -> None:
    found = heard(speech(), "end", 100)
    assert np.array_equal(found[:-1_600], speech()[:-1_600])
    assert not found[-1_600:].any()


def test_a_pause_comes_first() -> None:
    found = heard(speech(), "pause", 100)
    assert not found[:1_600].any()
    assert np.array_equal(found[1_600:], speech()[:-1_600])


@pytest.mark.parametrize("kind", ["start", "end", "pause"])
def test_half_of_a_clip_is_left(kind: str) -> None:
    clip = white(16_000, 0.5)
    assert np.count_nonzero(heard(clip, kind, 300)) == 4_000
    assert np.count_nonzero(heard(clip, kind, 200)) == 4_800


@pytest.mark.parametrize("decibel", [-12, -6, 6, 12, -0.5])
def test_a_gain_is_exact(decibel: float) -> None:
    found = heard(speech(), "gain", decibel)
    rise = level_in_decibel(found) - level_in_decibel(speech())
    assert rise == pytest.approx(decibel, abs=1e-4)
    assert np.allclose(found, speech() * 10 ** (decibel / 20), rtol=1e-6)


def test_what_is_too_loud_for_full_scale_is_kept() -> None:
    clip = speech() / np.abs(speech()).max()
    assert np.abs(heard(clip, "gain", 12)).max() == pytest.approx(10**0.6, rel=1e-5)


@pytest.mark.parametrize("percent", [0.1, 0.3, 1, 10])
def test_so_many_samples_are_clipped(percent: float) -> None:
    clip = white(16_000)
    found = heard(clip, "clipping", percent)
    clipped = found != clip
    assert clipped.sum() == round(clip.size * percent / 100)
    assert set(np.abs(found[clipped])) == {np.abs(found).max()}


@pytest.mark.parametrize(("percent", "peak"), [(1, 0.4375), (0.3, 0.6015625)])
def test_clipping_is_that_of_others(percent: float, peak: float) -> None:
    """As the ClipByRatio of auglib 1.1.0 has it, of the same clip."""
    assert np.abs(heard(speech(), "clipping", percent)).max() == peak


def test_clipping_leaves_half_of_what_is_not_silence() -> None:
    clip = np.zeros(1_000, np.float32)
    clip[:4] = 0.1, 0.2, 0.3, 0.4
    found = heard(clip, "clipping", 50)
    assert found[:4] == pytest.approx([0.1, 0.2, 0.2, 0.2])
    assert heard(clip, "clipping", 0.1)[:4] == pytest.approx([0.1, 0.2, 0.3, 0.3])
