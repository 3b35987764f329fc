"""What candidates said is kept in the words of the taxonomy, and comes back as it was."""

import json
import os
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sertify.candidates.reading import Candidate
from sertify.corpora.clips import Clip, Corpus, content_keys
from sertify.evidence.labelling import Labelling
from sertify.pipeline.predictions import Predictions, RejectedClip

CLIPS = (
    Clip("calls/a.wav", Path(), "Wut", "s1", "de-DE", corpus="calls"),
    Clip(os.fsdecode(b"calls/\xe4.wav"), Path(), None, "s2", None, corpus="calls"),
    Clip("studio/한.wav", Path(), "Weird", None, "ko", corpus="studio"),
)


def predictions() -> Predictions:
    """Return logits of a model that has two labels for one emotion."""
    corpus = Corpus("calls + studio", Path(), (*CLIPS, Clip("z.wav", Path())), "f00d")
    logits = np.log(np.array([[0.5, 0.3, 0.2], [0.3, 0.4, 0.3], [0.2, 0.2, 0.6]], np.float32))
    return Predictions(
        corpus, ("ang", "joy", "pos"), CLIPS, logits, (RejectedClip("z.wav", "silent"),)
    )


ANSWERS = predictions().labelling(
    Candidate("x", "org/x", emotions={"pos": "happiness"}),
    {"calls": "its model card lists calls"},
)


def test_answers_are_predictions_in_the_words_of_the_taxonomy() -> None:
    found = ANSWERS
    assert found == Labelling(
        candidate="x",
        corpus="f00d",
        emotions=("anger", "happiness"),
        keys=ANSWERS.keys,
        clips=tuple(clip.name for clip in CLIPS),
        truth=("anger", None, "weird"),
        predicted=("anger", "happiness", "happiness"),
        confidence=pytest.approx((0.5, 0.7, 0.8)),  # type: ignore[arg-type]
        speakers=("s1", "s2", None),
        corpora=("calls", "calls", "studio"),
        languages=("de-DE", None, "ko"),
        seen={"calls": "its model card lists calls"},
    )


def test_a_clip_is_known_by_its_content_not_by_its_name() -> None:
    first, second, third = (Clip(name, Path(name), "sad", digest="aa") for name in "abc")
    renamed = [replace(first, name="z.wav", path=Path("z.wav")), replace(third, digest="bb")]
    keys = list(content_keys([first, second, third]))
    assert len(set(keys)) == 3  # copies are numbered
    known, changed = content_keys(renamed)
    assert known == keys[0]
    assert changed not in keys
    for other in ({"label": "angry"}, {"start": 1.0}, {"speaker": "s2"}, {"corpus": "b"}):
        assert next(content_keys([replace(first, **other)])) != keys[0]


def test_a_speaker_is_told_from_a_namesake_in_another_corpus() -> None:
    namesakes = replace(ANSWERS, speakers=("s1", None, "s1"))
    assert namesakes.groups == (("calls", "s1"), None, ("studio", "s1"))


def test_a_clip_is_resampled_with_its_cluster_else_with_its_speaker() -> None:
    assert ANSWERS.units == ANSWERS.groups
    clustered = replace(ANSWERS, clusters=("1", None, "1"))
    assert clustered.units == (
        ("calls", "cluster", "1"),
        ("calls", "s2"),
        ("studio", "cluster", "1"),
    )
    assert Labelling.unpack(clustered.pack()) == clustered


def test_clusters_of_clips_are_kept() -> None:
    made = predictions()
    clips = tuple(replace(clip, cluster=one) for clip, one in zip(CLIPS, "121", strict=True))
    kept = replace(made, clips=clips).labelling(Candidate("x", "org/x"), {})
    assert kept.clusters == ("1", "2", "1")
    assert ANSWERS.clusters == ()


def test_what_was_kept_before_there_were_clusters_is_read() -> None:
    content = json.loads(zlib.decompress(ANSWERS.pack()))
    del content["clusters"]
    assert Labelling.unpack(zlib.compress(json.dumps(content).encode())) == ANSWERS


def test_a_column_of_some_clips() -> None:
    assert ANSWERS.at([2, 0], "predicted") == ["happiness", "anger"]


def test_what_is_packed_comes_back_with_names_that_are_not_utf_8() -> None:
    again = Labelling.unpack(ANSWERS.pack())
    assert again == ANSWERS
    assert os.fsencode(again.clips[1]) == b"calls/\xe4.wav"


rows = st.tuples(
    st.text(), st.none() | st.text(), st.text(), st.floats(0, 1), st.none() | st.text()
)


@given(st.lists(rows), st.dictionaries(st.text(), st.text()))
def test_any_answers_come_back(
    table: list[tuple[str, str | None, str, float, str | None]], seen: dict[str, str]
) -> None:
    clips, truth, predicted, confidence, names = zip(*table, strict=True) if table else [()] * 5
    answers = Labelling(
        "x",
        "f",
        tuple(predicted),
        clips,
        clips,
        truth,
        predicted,
        confidence,
        names,
        clips,
        names,
        seen,
    )
    assert Labelling.unpack(answers.pack()) == answers
