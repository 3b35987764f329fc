"""Lengths of clips are those that their files tell; of segments, those that are asked for."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from sertify.candidates.reading import Candidate
from sertify.candidates.requirements import Requirements
from sertify.corpora.clips import Clip
from sertify.gates.speed import Timing
from sertify.pipeline.finding_stages import request_lengths, timing
from sertify.pipeline.hearing import Segmenting
from sertify.pipeline.lengths import typical_lengths
from sertify.pipeline.settings import Settings


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


def test_nobody_waits_for_hours_that_only_a_header_tells_of(tmp_path: Path) -> None:
    (short,) = clips(tmp_path, 1)
    assert typical_lengths([Clip("a", short.path, start=0.0, end=61_200.0)]) == (300.0,)


def test_of_a_stretch_its_own_length_is_told_and_of_what_is_not_there_none(tmp_path: Path) -> None:
    (whole,) = clips(tmp_path, 1)
    missing = tmp_path / "none.wav"
    assert typical_lengths([Clip("a", whole.path, start=2.0, end=5.0)]) == (3.0,)
    assert typical_lengths([Clip("a", missing), Clip("b", whole.path, start=9.0)]) == ()
    assert typical_lengths([]) == ()


# ------------------------------------------------------------------ of segments

SEGMENTED = Segmenting(2.0, 0.5)
ASKED = Requirements.model_validate({"latency": ({"max": 0.5}, {"max": 3.0, "segment": 30.0})})
CANDIDATE = Candidate("x", "./x", requirements=ASKED)


class Watch:
    """A stopwatch that is asked, and measures nothing."""

    def timing(self, seconds: float, _: Any, hop: float | None, rounds: int) -> Timing:
        return Timing(seconds, (0.1,) * rounds, 1.0, 1.0, 1.0, 1, 1, hop=hop)


@contextmanager
def tell(_: str) -> Iterator[None]:
    yield


@pytest.mark.parametrize(
    ("segmenting", "seconds", "hop", "usual"),
    [
        (None, 5.0, None, True),
        (None, 30.0, None, False),
        (SEGMENTED, 2.0, 0.5, True),
        # Five seconds are in ``segments``, which --segment replaces.
        (SEGMENTED, 5.0, None, False),
        (SEGMENTED, 30.0, None, False),
    ],
)
def test_a_length_that_only_a_limit_names_has_no_hop_and_is_judged_by_nothing_else(
    segmenting: Segmenting | None, seconds: float, hop: float | None, usual: bool
) -> None:
    settings = Settings(candidates=Path("x"), segmenting=segmenting)
    found = timing(Watch(), CANDIDATE, seconds, None, settings, tell)  # type: ignore[arg-type]
    assert (found.hop, found.usual) == (hop, usual)
    limits = ASKED.latencies(seconds, usual=found.usual)
    assert [limit.max for limit in limits] == [0.5] * usual + [3.0] * (seconds == 30)


def test_requests_are_as_long_as_clips_or_else_as_the_segments_that_are_heard() -> None:
    settings = Settings(candidates=Path("x"))
    assert request_lengths(None, CANDIDATE, settings) == ASKED.segments
    segmented = Settings(candidates=Path("x"), segmenting=SEGMENTED)
    assert request_lengths(None, CANDIDATE, segmented) == (2.0,)
