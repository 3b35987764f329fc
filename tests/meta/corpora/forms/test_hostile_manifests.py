"""Manifests from anywhere are read or refused in words, and lead to no file outside."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sertify.corpora.reading import read_corpus
from sertify.vocabulary.errors import ConfigurationError
from tests.meta.corpora.rows import noise

scalar = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
KEYS = (
    *("audio_filepath", "wav", "label", "emotion", "offset", "duration", "start", "end", "stop"),
    *("rater_1", "rater_2", "angry", "sad", "speaker", "Conversation", "감정", "annotator"),
)
key = st.sampled_from(KEYS) | st.text(max_size=5)
document = st.recursive(
    scalar,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(key, inner | st.just("a.wav"), max_size=6)
    ),
    max_leaves=25,
)
usual = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def read(root: Path, **options: str) -> None:
    """Read a folder; whatever is found lies in it."""
    try:
        corpus = read_corpus(root, **options)  # type: ignore[arg-type]
    except ConfigurationError:
        return
    for clip in corpus.clips:
        assert clip.path.absolute().is_relative_to(root.resolve())
        assert "\0" not in clip.name


@usual
@given(st.lists(document, max_size=4), st.sampled_from(["auto", "manifest", "json"]))
def test_any_json_is_read_or_refused(tmp_path: Path, rows: list[object], layout: str) -> None:
    noise(tmp_path / "angry" / "a.wav")
    noise(tmp_path / "sad" / "b.wav")
    (tmp_path / "m.json").write_text("\n".join(map(json.dumps, rows)))
    (tmp_path / "a.json").write_text(json.dumps(rows))
    (tmp_path / "b.json").write_text(json.dumps(rows[:1]))
    read(tmp_path, layout=layout)


line = st.text(st.characters(codec="utf-8"), max_size=30) | st.sampled_from(
    [
        "u a.wav",
        "u ../../etc/passwd",
        "u /etc/passwd",
        "u a.wav 0 1",
        "v u 0 1",
        "v u 1 0",
        "u angry",
    ]
)


@usual
@given(st.lists(line, max_size=5), st.lists(line, max_size=5), st.lists(line, max_size=5))
def test_any_data_folder_is_read_or_refused(
    tmp_path: Path, scp: list[str], segments: list[str], emotions: list[str]
) -> None:
    noise(tmp_path / "angry" / "a.wav")
    for name, rows in (("wav.scp", scp), ("segments", segments), ("utt2emo", emotions)):
        (tmp_path / name).write_text("\n".join(rows), "utf-8", errors="replace")
    read(tmp_path)
    read(tmp_path, layout="kaldi")


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"a":' * 100_000,
        '{"audio_filepath": "a.wav", "label": "' + "x" * 2**21 + '"}',
        '{"audio_filepath": "a.wav", "offset": 1e400, "duration": 1, "label": "sad"}\n' * 2,
        '{"audio_filepath": "a\\u0000.wav", "label": "sad"}\n' * 2,
        '{"audio_filepath": "' + "../" * 5000 + 'a.wav", "label": "sad"}\n' * 2,
        '{"audio_filepath": ["a.wav", "b.wav"], "label": "sad"}\n' * 2,
        '{"audio_filepath": "\\ud800.wav", "label": "sad"}\n' * 2,
    ],
)
def test_what_is_made_to_break_a_reader(tmp_path: Path, text: str) -> None:
    noise(tmp_path / "angry" / "a.wav")
    noise(tmp_path / "sad" / "b.wav")
    (tmp_path / "m.json").write_text(text, "utf-8")
    read(tmp_path)
    read(tmp_path, layout="manifest")
