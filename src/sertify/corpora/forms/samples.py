"""Stretches of files that are counted in samples, as SpeechBrain does."""

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import soundfile

from sertify.corpora.forms.spans import Stretch
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.text import quoted


def stretch_of_samples(place: str, row: Mapping[str, Any] | None, path: Path) -> Stretch:
    """Return the stretch of a file between the samples ``start`` and ``stop`` of a row.

    Raises ``ConfigurationError`` where they are none.
    """
    if row is None or row.get("stop") is None:
        return 0.0, None
    rate = _rate(path)
    try:
        first, last = int(row.get("start") or 0), int(row["stop"])
    except (TypeError, ValueError, OverflowError):
        first, last = 0, -1
    if not 0 <= first < last:
        told = f"{quoted(row.get('start'))} and {quoted(row['stop'])}"
        raise ConfigurationError(
            f"{place}: start and stop are {told}, but should be samples, the first before the last"
        )
    return first / rate, last / rate


def _rate(path: Path) -> int:
    # Libsndfile's errors are runtime errors.
    with contextlib.suppress(OSError, RuntimeError), path.open("rb") as file:
        return int(soundfile.info(file).samplerate)
    return 16_000
