"""A real, tiny model answers every clip alone, or the clip is named with the reason why not."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sertify.candidates import Candidate
from sertify.corpora import Corpus, read_corpus
from sertify.errors import Blocked
from sertify.hub import read_index, take_snapshot
from sertify.models import LoadedModel, load, outline
from sertify.predictions import RejectedClip, predict, respond
from tests.meta import tiny

RATE = 16_000
Make = Callable[..., Corpus]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> LoadedModel:
    folder = tiny.build(tmp_path_factory.mktemp("model"))
    snapshot = take_snapshot(Candidate("tiny", str(folder), folder))
    return load(outline(snapshot, read_index(snapshot)), threads=1)


def speech(seconds: float, pitch: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return a tone whose loudness changes five times a second."""
    times = np.arange(round(seconds * RATE)) / RATE
    return 0.4 * np.sin(2 * np.pi * pitch * times) * np.sin(np.pi * 5 * times)


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Make a corpus of clips, of which some may be no sound at all."""

    def call(*good: str, bad: tuple[str, ...] = (), folder: str = "calls") -> Corpus:
        root = tmp_path / folder
        root.mkdir()
        for index, name in enumerate(sorted(good)):
            soundfile.write(root / name, speech(0.3 + 0.1 * index, 100 + 30 * index), RATE)
        for name in bad:
            (root / name).write_text("no audio")
        return read_corpus(root)

    return call


def test_answers_are_in_the_order_of_the_clips(model: LoadedModel, make: Make) -> None:
    corpus = make("c.wav", "a.wav", "b.wav")
    predictions = predict(model, corpus)
    assert predictions.clips == corpus.clips
    assert predictions.labels == tiny.LABELS
    assert predictions.rejected == ()
    for clip, logits in zip(corpus.clips, predictions.logits, strict=True):
        waveform, _ = soundfile.read(clip.path, dtype="float32")
        np.testing.assert_array_equal(logits, model.logits(waveform))


def test_the_prediction_is_the_label_of_the_largest_logit(model: LoadedModel, make: Make) -> None:
    predictions = predict(model, make("a.wav", "b.wav"))
    largest = [max(zip(row, tiny.LABELS, strict=True))[1] for row in predictions.logits.tolist()]
    assert predictions.predicted == largest


def test_an_answer_depends_on_no_other_clip(model: LoadedModel, make: Make) -> None:
    alone = predict(model, make("a.wav"))
    among = predict(model, make("a.wav", "b.wav", "c.wav", folder="more"))
    np.testing.assert_array_equal(alone.logits[0], among.logits[0])


def test_clips_that_cannot_be_judged_are_named_and_counted(
    model: LoadedModel, make: Make, tmp_path: Path
) -> None:
    make("b.wav", "d.wav", bad=("a.wav", "e.wav"))
    soundfile.write(tmp_path / "calls" / "c.wav", np.zeros(RATE), RATE)
    soundfile.write(tmp_path / "calls" / "f.wav", speech(0.02, 100), RATE)
    (tmp_path / "calls" / "metadata.csv").write_text(
        "path\n" + "\n".join(f"{n}.wav" for n in "abcdefg")
    )
    predictions = predict(model, read_corpus(tmp_path / "calls"))
    assert [clip.name for clip in predictions.clips] == ["b.wav", "d.wav"]
    assert predictions.logits.shape == (2, 3)
    assert predictions.rejected == (
        RejectedClip("a.wav", "undecodable"),
        RejectedClip("c.wav", "silent"),
        RejectedClip("e.wav", "undecodable"),
        RejectedClip("f.wav", "too_short"),
        RejectedClip("g.wav", "undecodable"),
    )
    assert predictions.rejections == {"undecodable": 3, "silent": 1, "too_short": 1}


def test_a_corpus_without_any_sound_cannot_be_judged(model: LoadedModel, make: Make) -> None:
    corpus = make(bad=("a.wav", "b.wav"))
    with pytest.raises(Blocked) as caught:
        predict(model, corpus)
    assert str(caught.value) == "no_data: no clip of calls can be judged: 2 undecodable"


def test_progress_counts_every_clip(model: LoadedModel, make: Make) -> None:
    calls: list[tuple[int, int]] = []
    corpus = make("a.wav", "c.wav", bad=("b.wav",))
    predict(model, corpus, lambda done, total: calls.append((done, total)))
    assert calls == [(1, 3), (2, 3), (3, 3)]


def test_a_model_answers_speech_noise_and_silence(model: LoadedModel, make: Make) -> None:
    corpus = make("b.wav", bad=("a.wav",))
    responses = respond(model, corpus)
    assert list(responses) == ["speech", "noise", "silence"]
    np.testing.assert_array_equal(responses["speech"], predict(model, corpus).logits[0])
    np.testing.assert_array_equal(responses["noise"], model.noise_logits())
    np.testing.assert_array_equal(responses["silence"], model.logits(np.zeros(RATE, np.float32)))


def test_without_speech_noise_and_silence_are_left(model: LoadedModel, make: Make) -> None:
    assert list(respond(model, make(bad=("a.wav",)))) == ["noise", "silence"]
