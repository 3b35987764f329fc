"""Lengths of clips are those that their files tell."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from sertify.corpora.clips import Clip
from sertify.pipeline.lengths import typical_lengths


def clips(folder: Path, number: int) -> list[Clip]:
    """Return clips of 1, 2, 3 … hundredths of a second, the longest first."""
    found = []
    for place in range(number, 0, -1):
        path = folder / f"{place}.wav"
        soundfile.write(path, np.zeros(80 * place), 8000)
        found.append(Clip(path.name, path))
    return found


def test_of_few_clips_each_length_is_told_and_of_many_some_that_stand_for_all(
    tmp_path: Path,
) -> None:
    assert typical_lengths(clips(tmp_path, 3)) == (0.01, 0.02, 0.03)
    told = typical_lengths(clips(tmp_path, 100))
    assert len(told) == 32
    assert list(told) == sorted(told)
    assert np.mean(told) == pytest.approx(0.505, abs=0.005)


def test_of_a_stretch_its_own_length_is_told_and_of_what_is_not_there_none(tmp_path: Path) -> None:
    (whole,) = clips(tmp_path, 1)
    missing = tmp_path / "none.wav"
    assert typical_lengths([Clip("a", whole.path, start=2.0, end=5.0)]) == (3.0,)
    assert typical_lengths([Clip("a", missing), Clip("b", whole.path, start=9.0)]) == ()
    assert typical_lengths([]) == ()
