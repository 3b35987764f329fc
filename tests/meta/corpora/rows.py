"""Rows of tables of data sets: how one is written, and what is to be read of it."""

import re
import zlib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from sertify.corpora.clips import Corpus
from sertify.corpora.reading import read_corpus
from sertify.vocabulary.errors import ConfigurationError

RATE = 16_000


@dataclass(frozen=True)
class Row:
    """A data set, and what is to be read of it; what is None is not looked at.

    Parameters
    ----------
    write
        Writes it into an empty folder; may return what is to be given to ``--data`` instead of it.
    emotions
        Clips by emotion; "" stands for those without.
    speakers
        The names of all speakers.
    left_out
        Clips that were not taken, by reason.
    says
        What the warnings say, as regular expressions, each found in one of them.
    quiet
        What no warning says.
    refused
        What is said of it instead, as a regular expression.
    options
        Of `read_corpus`.
    """

    name: str
    write: Callable[[Path], Path | None]
    layout: str | None = None
    clips: int | None = None
    emotions: Mapping[str, int] | None = None
    labels: Mapping[str, str | None] | None = None
    speakers: frozenset[str] | None = None
    left_out: Mapping[str, int] | None = None
    says: tuple[str, ...] = ()
    quiet: tuple[str, ...] = ()
    refused: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)


def check(row: Row, folder: Path) -> Corpus | None:
    """Write a data set, read it, and compare; return the corpus, if it is one."""
    root = folder / "my-speech"
    root.mkdir()
    place = row.write(root) or root
    if row.refused:
        with pytest.raises(ConfigurationError) as caught:
            read_corpus(place, **row.options)
        text = str(caught.value).replace(str(place), "PATH")
        assert re.search(row.refused, text), text
        return None
    corpus = read_corpus(place, **row.options)
    said = "\n".join(corpus.warnings)
    found = {
        "layout": corpus.layout,
        "clips": len(corpus.clips),
        "emotions": dict(Counter(clip.emotion or "" for clip in corpus.clips)),
        "labels": {clip.name: clip.label for clip in corpus.clips},
        "speakers": frozenset(clip.speaker for clip in corpus.clips if clip.speaker),
        "left_out": dict(corpus.left_out),
    }
    wanted = {key: value for key in found if (value := getattr(row, key)) is not None}
    assert {key: found[key] for key in wanted} == wanted, said
    assert not [text for text in row.says if not re.search(text, said)], said
    assert not [text for text in row.quiet if re.search(text, said)], said
    return corpus


def noise(path: Path, seed: int | str = 0, seconds: float = 0.3, rate: int = RATE) -> Path:
    """Write a little noise, another one for each seed; by default, for each path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    start = zlib.crc32(
        f"{path.parent.name}/{path.name}".encode() if seed == 0 else str(seed).encode()
    )
    samples = np.random.default_rng(start).standard_normal(round(seconds * rate)) / 10
    kind = {".wave": "WAV", ".opus": "OGG", ".oga": "OGG"}.get(path.suffix)
    subtype = "OPUS" if path.suffix == ".opus" else None
    soundfile.write(path, samples.clip(-1, 1), rate, format=kind, subtype=subtype)
    return path


def noises(root: Path, *names: str) -> None:
    """Write noise into several files below a folder."""
    for name in names:
        noise(root / name)
