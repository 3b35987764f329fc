"""A real, tiny model answers every clip alone, or the clip is named with the reason why not."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch
import transformers
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from sertify.candidates.reading import Candidate
from sertify.corpora.clips import Clip, Corpus, make_corpus
from sertify.corpora.reading import read_corpus
from sertify.gates.degeneracy import Consistency
from sertify.hub.snapshots import read_index, take_snapshot
from sertify.models.loading import load, outline
from sertify.models.model import LoadedModel
from sertify.pipeline.consistency import ask_again, respond, said_of_silence
from sertify.pipeline.hearing import Segmenting
from sertify.pipeline.lazy_model import LazyModel
from sertify.pipeline.predictions import Predictions, RejectedClip, predict
from sertify.vocabulary.errors import Blocked, ConfigurationError
from tests.meta import tiny

RATE = 16_000
UNKNOWN = "libsndfile says Format not recognised."
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
            (root / name).write_bytes(bytes(100))
        return read_corpus(root)

    return call


def test_answers_are_in_the_order_of_the_clips(model: LoadedModel, make: Make) -> None:
    corpus = make("c.wav", "a.wav", "b.wav")
    predictions = predict(LazyModel.of(model), corpus)
    assert predictions.clips == corpus.clips
    assert predictions.labels == tiny.LABELS
    assert predictions.rejected == ()
    for clip, logits in zip(corpus.clips, predictions.logits, strict=True):
        waveform, _ = soundfile.read(clip.path, dtype="float32")
        np.testing.assert_array_equal(logits, model.logits(waveform))


def test_the_prediction_is_the_label_of_the_largest_logit(model: LoadedModel, make: Make) -> None:
    predictions = predict(LazyModel.of(model), make("a.wav", "b.wav"))
    largest = [max(zip(row, tiny.LABELS, strict=True))[1] for row in predictions.logits.tolist()]
    assert predictions.predicted == largest


def test_an_answer_depends_on_no_other_clip(model: LoadedModel, make: Make) -> None:
    alone = predict(LazyModel.of(model), make("a.wav"))
    among = predict(LazyModel.of(model), make("a.wav", "b.wav", "c.wav", folder="more"))
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
    predictions = predict(LazyModel.of(model), read_corpus(tmp_path / "calls"))
    assert [clip.name for clip in predictions.clips] == ["b.wav", "d.wav"]
    assert predictions.logits.shape == (2, 3)
    assert predictions.rejected == (
        RejectedClip("a.wav", "undecodable", UNKNOWN),
        RejectedClip("c.wav", "silent"),
        RejectedClip("e.wav", "undecodable", UNKNOWN),
        RejectedClip("f.wav", "too_short"),
        RejectedClip("g.wav", "missing"),
    )
    assert predictions.rejections == {"undecodable": 2, "silent": 1, "too_short": 1, "missing": 1}


def test_clips_that_are_heard_in_another_way_than_they_are_written_are_named(
    model: LoadedModel, make: Make, tmp_path: Path
) -> None:
    make("a.wav", "b.wav", "c.wav", "d.wav")
    folder = tmp_path / "calls"
    good, _ = soundfile.read(folder / "a.wav")
    soundfile.write(folder / "b.wav", np.round(good * 32_768), RATE, subtype="FLOAT")
    soundfile.write(folder / "c.wav", np.stack([good, -good], 1), RATE)
    soundfile.write(folder / "d.wav", good * 8, RATE, subtype="FLOAT")
    corpus = read_corpus(folder)
    for segmenting in (None, Segmenting(1, 1)):
        found = predict(LazyModel.of(model), corpus, segmenting=segmenting)
        told = {name: remark.partition(":")[0] for name, remark in found.notable}
        assert told == {
            "b.wav": "rescaled",
            "c.wav": "louder_channel",
            "d.wav": "beyond_full_scale",
        }
        assert [one["file"] for one in found.account["notable_clips"]] == [
            "b.wav",
            "c.wav",
            "d.wav",
        ]
        np.testing.assert_allclose(found.logits[1], found.logits[0], atol=1e-4)
        np.testing.assert_allclose(found.logits[2], found.logits[0], atol=1e-4)


def test_a_corpus_without_any_sound_cannot_be_judged(model: LoadedModel, make: Make) -> None:
    corpus = make(bad=("a.wav", "b.wav"))
    with pytest.raises(Blocked) as caught:
        predict(LazyModel.of(model), corpus)
    assert str(caught.value) == "no_data: no clip of calls can be judged: 2 undecodable"


def test_progress_counts_every_clip(model: LoadedModel, make: Make) -> None:
    calls: list[tuple[int, int]] = []
    corpus = make("a.wav", "c.wav", bad=("b.wav",))
    predict(LazyModel.of(model), corpus, lambda done, total: calls.append((done, total)))
    assert calls == [(1, 3), (2, 3), (3, 3)]


def test_a_model_answers_speech_noise_and_silence(model: LoadedModel, make: Make) -> None:
    corpus = make("b.wav", bad=("a.wav",))
    responses = respond(LazyModel.of(model), corpus)
    assert list(responses) == ["speech", "noise", "silence", "pink noise", "hum"]
    np.testing.assert_allclose(responses["speech"], predict(LazyModel.of(model), corpus).logits[0])
    np.testing.assert_array_equal(responses["noise"], model.noise_logits())
    np.testing.assert_array_equal(responses["silence"], model.logits(np.zeros(RATE, np.float32)))


def test_without_speech_noise_and_silence_are_left(model: LoadedModel, make: Make) -> None:
    assert list(respond(LazyModel.of(model), make(bad=("a.wav",)))) == [
        *("noise", "silence", "pink noise", "hum"),
    ]


def test_what_is_said_of_nothing_is_told(model: LoadedModel, make: Make) -> None:
    subject, candidate = LazyModel.of(model), Candidate("tiny", "tiny")
    responses = respond(subject, make("a.wav"))
    told = said_of_silence(responses, subject, candidate)
    assert [one["sound"] for one in told] == ["silence", "white noise", "pink noise", "hum"]
    for one, name in zip(told, ("silence", "noise", "pink noise", "hum"), strict=True):
        exponents = np.exp(responses[name].astype(float))
        assert one["label"] == tiny.LABELS[int(exponents.argmax())]
        assert one["emotion"] in ("anger", "happiness", "sadness")
        assert one["probability"] == pytest.approx(exponents.max() / exponents.sum(), abs=1e-5)
    several = LazyModel.of(model)
    several.examination = replace(several.examination, multi_label=True)
    (first, *_) = said_of_silence(responses, several, candidate)
    assert first["probability"] == pytest.approx(
        1 / (1 + np.exp(-float(responses["silence"].max()))), abs=1e-5
    )


def test_a_clip_may_be_a_stretch_of_a_file(model: LoadedModel, tmp_path: Path) -> None:
    path = tmp_path / "call.flac"
    soundfile.write(path, np.r_[np.zeros(RATE), speech(2, 100), speech(2, 200)], RATE)
    stretches = {"a": (0.0, 1.0), "b": (1.0, 2.5), "c": (2.5, None), "d": (5.0, 6.0)}
    clips = [Clip(name, path, start=begin, end=end) for name, (begin, end) in stretches.items()]
    corpus = make_corpus("calls", tmp_path, clips)
    predictions = predict(LazyModel.of(model), corpus)
    assert predictions.rejected == (RejectedClip("a", "silent"), RejectedClip("d", "empty"))
    waveform, _ = soundfile.read(path, dtype="float32")
    b, c = waveform[RATE : 5 * RATE // 2], waveform[5 * RATE // 2 :]
    np.testing.assert_array_equal(predictions.logits, [model.logits(b), model.logits(c)])
    np.testing.assert_array_equal(respond(LazyModel.of(model), corpus)["speech"], model.logits(b))


# ------------------------------------------------------------------ probabilities

LOGITS = arrays(np.float32, (3, 4), elements=st.floats(-1e4, 1e4, width=32))


def answered(logits: Any, labels: tuple[str, ...]) -> Predictions:
    """Return predictions of these logits."""
    clips = tuple(Clip(f"{number}.wav", Path()) for number in range(len(logits)))
    corpus = make_corpus("calls", Path(), clips)
    return Predictions(corpus, labels, clips, np.array(logits, np.float32), ())


@given(LOGITS)
def test_probabilities_are_the_softmax_of_the_logits(logits: NDArray[np.float32]) -> None:
    predictions = answered(logits, ("a", "b", "c", "d"))
    expected = torch.tensor(logits, dtype=torch.float64).softmax(dim=1).numpy()
    assert predictions.probabilities.dtype == np.float64
    np.testing.assert_allclose(predictions.probabilities, expected, rtol=1e-9, atol=1e-300)
    np.testing.assert_allclose(predictions.confidence, expected.max(axis=1), rtol=1e-9)


@given(LOGITS)
def test_probabilities_of_labels_with_one_meaning_add_up(logits: NDArray[np.float32]) -> None:
    labels = ("angry", "sadness", "furious at us", "Tired")
    candidate = Candidate("x", "org/x", emotions={"furious at us": "anger"})
    predictions = answered(logits, labels)
    emotions, probabilities = predictions.emotion_probabilities(candidate)
    assert emotions == ("anger", "sadness", "Tired")
    angry, sad, furious, tired = predictions.probabilities.T
    np.testing.assert_array_equal(probabilities, np.stack([angry + furious, sad, tired], axis=1))
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)


def test_the_likeliest_emotion_may_be_another_than_that_of_the_likeliest_label() -> None:
    predictions = answered([[1.0, 0.9, 0.9]], ("sad", "angry", "frustrated"))
    candidate = Candidate("x", "org/x", emotions={"frustrated": "anger"})
    emotions, probabilities = predictions.emotion_probabilities(candidate)
    assert predictions.emotions(candidate) == ["sadness"]
    assert emotions[probabilities[0].argmax()] == "anger"


# ------------------------------------------------------------------ segments


def softmax(logits: Any) -> Any:
    return torch.tensor(np.array(logits), dtype=torch.float64).softmax(dim=-1).numpy()


def test_the_answer_for_a_clip_is_the_mean_over_its_segments(
    model: LoadedModel, tmp_path: Path
) -> None:
    samples = np.r_[speech(1, 100), 0.2 * speech(1, 300), speech(0.6, 200)].astype(np.float32)
    soundfile.write(tmp_path / "a.wav", samples, RATE, subtype="FLOAT")
    soundfile.write(tmp_path / "b.wav", samples[:9_000], RATE, subtype="FLOAT")
    predictions = predict(LazyModel.of(model), read_corpus(tmp_path), segmenting=Segmenting(1, 1))
    assert predictions.segments == (3, 1)
    assert predictions.segmenting == Segmenting(1, 1)
    parts = [samples[:RATE], samples[RATE : 2 * RATE], samples[2 * RATE :]]
    probabilities = softmax([model.logits(part) for part in parts])
    assert np.ptp(probabilities, axis=0).max() > 1e-4  # else any of them would do
    np.testing.assert_allclose(predictions.probabilities[0], probabilities.mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(
        predictions.probabilities[1], softmax(model.logits(samples[:9_000])), atol=1e-6
    )
    np.testing.assert_allclose(np.exp(predictions.logits).sum(axis=1), 1, atol=1e-6)


@pytest.fixture(scope="module")
def multi_label(tmp_path_factory: pytest.TempPathFactory) -> LoadedModel:
    """A model that was trained to say of each label by itself whether it holds."""
    folder = tiny.build(tmp_path_factory.mktemp("multi"), problem_type="multi_label_classification")
    snapshot = take_snapshot(Candidate("tiny", str(folder), folder))
    return load(outline(snapshot, read_index(snapshot)), threads=1)


def test_labels_that_may_hold_together_have_the_scores_of_the_pipeline(
    multi_label: LoadedModel, make: Make
) -> None:
    corpus = make("a.wav", "b.wav")
    predictions = predict(LazyModel.of(multi_label), corpus)
    folder = multi_label.snapshot.folder
    ask = transformers.pipeline("audio-classification", str(folder), device="cpu")
    for row, clip in zip(predictions.probabilities, corpus.clips, strict=True):
        samples, _ = soundfile.read(clip.path, dtype="float32")
        scores = {said["label"]: said["score"] for said in ask(samples)}
        np.testing.assert_allclose(row, [scores[label] for label in predictions.labels], atol=1e-6)
    assert not np.allclose(predictions.probabilities.sum(axis=1), 1)


def test_segments_of_labels_that_may_hold_together(
    multi_label: LoadedModel, tmp_path: Path
) -> None:
    samples = np.r_[speech(1, 100), 0.2 * speech(1, 300)].astype(np.float32)
    soundfile.write(tmp_path / "a.wav", samples, RATE, subtype="FLOAT")
    subject, corpus = LazyModel.of(multi_label), read_corpus(tmp_path)
    (row,) = predict(subject, corpus, segmenting=Segmenting(1, 1)).probabilities
    logits = [multi_label.logits(part) for part in (samples[:RATE], samples[RATE:])]
    expected = torch.tensor(np.array(logits)).double().sigmoid().mean(dim=0).numpy()
    np.testing.assert_allclose(row, expected, atol=1e-6)


def test_of_labels_with_one_meaning_that_may_hold_together_the_likeliest_counts() -> None:
    predictions = replace(
        answered([[3.0, 2.0, -1e4]], ("sad", "unhappy", "angry")), multi_label=True
    )
    candidate = Candidate("x", "org/x", emotions={"unhappy": "sadness"})
    emotions, probabilities = predictions.emotion_probabilities(candidate)
    assert emotions == ("sadness", "anger")
    np.testing.assert_allclose(probabilities, [[1 / (1 + np.exp(-3)), 0]])
    (sure,) = predictions.labelling(candidate, {}).confidence
    assert sure == pytest.approx(0.952574)


# ------------------------------------------------------------------ lengths that do not fit

SPECTROGRAMS = {"ast": 0.64, "whisper": 1.0}
"""Seconds that tiny models hear of a clip."""


@pytest.mark.parametrize(("architecture", "seconds"), SPECTROGRAMS.items())
def test_clips_that_are_longer_than_a_model_hears_are_told(
    architecture: str, seconds: float, tmp_path: Path
) -> None:
    folder = tiny.build(tmp_path / "model", architecture)
    snapshot = take_snapshot(Candidate("tiny", str(folder), folder))
    subject = LazyModel.of(load(outline(snapshot, read_index(snapshot)), threads=1))
    (tmp_path / "clips").mkdir()
    for name, length in [("a.wav", seconds), ("b.wav", seconds + 0.5), ("c.wav", 3)]:
        soundfile.write(tmp_path / "clips" / name, speech(length, 150), RATE)
    corpus = read_corpus(tmp_path / "clips")
    said = f"it hears {seconds:g} s, and of 2 clips of 3 only that much"
    assert predict(subject, corpus).remarks == (
        f"{said}: judge in segments with --segment {seconds:g}",
    )
    assert predict(subject, corpus, segmenting=Segmenting(seconds, seconds)).remarks == ()


def test_clips_of_other_lengths_than_a_model_is_made_for_are_told(
    model: LoadedModel, make: Make
) -> None:
    blueprint = replace(model.blueprint, shortest=0.35, longest=0.45)
    subject = LazyModel.of(replace(model, blueprint=blueprint))
    assert predict(subject, make("a.wav", "b.wav", "c.wav", "d.wav")).remarks == (
        (
            "2 clips of 4 are longer than the 0.45 s that it was made for: judge in segments with"
            " --segment 0.45"
        ),
        "1 clip of 4 is shorter than the 0.35 s that it was made for",
    )


def test_a_model_that_hears_all_of_every_clip_needs_no_word(model: LoadedModel, make: Make) -> None:
    assert predict(LazyModel.of(model), make("a.wav")).remarks == ()


def test_without_segmenting_each_clip_is_one_segment(model: LoadedModel, make: Make) -> None:
    predictions = predict(LazyModel.of(model), make("a.wav", "c.wav", bad=("b.wav",)))
    assert predictions.segments == (1, 1)
    assert predictions.segmenting is None


def test_segments_may_overlap_or_leave_gaps(model: LoadedModel, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", speech(3, 100), RATE)
    corpus = read_corpus(tmp_path)
    for hop, count in [(0.25, 9), (0.5, 5), (1, 3), (2, 2), (5, 1)]:
        assert predict(LazyModel.of(model), corpus, segmenting=Segmenting(1, hop)).segments == (
            count,
        )


def test_a_clip_that_is_too_long_as_a_whole_has_segments(
    model: LoadedModel, tmp_path: Path
) -> None:
    with soundfile.SoundFile(tmp_path / "a.flac", "w", 8_000, 1) as file:
        for _ in range(61):
            file.write(speech(5, 200))  # ten seconds at this rate
    corpus = read_corpus(tmp_path)
    with pytest.raises(Blocked, match="1 too_long"):
        predict(LazyModel.of(model), corpus)
    assert predict(LazyModel.of(model), corpus, segmenting=Segmenting(2, 60)).segments == (11,)


def test_clips_without_a_segment_are_named(model: LoadedModel, make: Make, tmp_path: Path) -> None:
    make("b.wav", bad=("a.wav",))
    soundfile.write(tmp_path / "calls" / "c.wav", np.zeros(RATE * 3), RATE)
    soundfile.write(tmp_path / "calls" / "d.wav", speech(0.02, 100), RATE)
    damaged = np.r_[speech(9, 100), np.nan]
    soundfile.write(tmp_path / "calls" / "e.wav", damaged, RATE, subtype="FLOAT")
    predictions = predict(
        LazyModel.of(model), read_corpus(tmp_path / "calls"), segmenting=Segmenting(1, 1)
    )
    assert [clip.name for clip in predictions.clips] == ["b.wav"]
    assert predictions.rejections == {
        "undecodable": 1,
        "silent": 1,
        "too_short": 1,
        "not_finite": 1,
    }


@pytest.mark.parametrize(
    ("seconds", "hop", "message"),
    [
        (0, 1, "seconds is 0, but should be from 0.1 to 600"),
        (1, 0.01, "hop is 0.01, but should be from 0.1 to 600"),
        (601, 1, "seconds is 601, but"),
        (1, float("nan"), "hop is nan, but"),
        (float("inf"), 1, "seconds is inf, but"),
    ],
)
def test_what_is_no_segment_is_refused(seconds: float, hop: float, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        Segmenting(seconds, hop)


# ------------------------------------------------------------------ ask_again


class Ear:
    """A network that judges by one number of a waveform, and remembers what it heard."""

    def __init__(self, measure: Callable[[NDArray[np.float32]], float], scale: float = 1) -> None:
        self.measure, self.scale = measure, scale
        self.heard: list[NDArray[np.float32]] = []

    def __call__(self, waveforms: Sequence[NDArray[np.float32]], /) -> NDArray[np.float32]:
        self.heard.extend(waveforms)
        rows = [[self.measure(one), 0, -10] for one in waveforms]
        return self.scale * np.array(rows, np.float32)


def peak(waveform: NDArray[np.float32]) -> float:
    return float(np.abs(waveform).max())


def test_probabilities_too_small_for_a_float_are_added_all_the_same(
    model: LoadedModel, make: Make
) -> None:
    far = replace(model, network=Ear(lambda _: 1, scale=10_000))
    predictions = predict(LazyModel.of(far), make("a.wav"), segmenting=Segmenting(0.1, 0.1))
    np.testing.assert_allclose(predictions.logits, [[0, -10_000, -110_000]], atol=1e-6)


def heard_again(
    model: LoadedModel, corpus: Corpus, ear: Ear, **options: Any
) -> tuple[Consistency, list[NDArray[np.float32]]]:
    """Return how consistent the network is, and what it hears after the predictions."""
    listener = replace(model, network=ear)
    predictions = predict(
        LazyModel.of(listener), corpus, segmenting=options.pop("segmenting", None)
    )
    ear.heard.clear()
    return ask_again(LazyModel.of(listener), predictions, **options), ear.heard


def test_a_network_that_hears_nothing_never_changes_its_mind(
    model: LoadedModel, make: Make
) -> None:
    result, heard = heard_again(model, make("a.wav", "b.wav", "c.wav"), Ear(lambda _: 1))
    assert result == Consistency(gain=1, shift=1, n=3, unchanged=12, pairs=12)
    assert len(heard) == 12  # the clip as it is was answered before


def test_the_changes_are_those_of_gain_and_time(model: LoadedModel, make: Make) -> None:
    corpus = make("a.wav")
    _, (softer, louder, early, late) = heard_again(model, corpus, Ear(lambda _: 1))
    waveform, _ = soundfile.read(corpus.clips[0].path, dtype="float32")
    np.testing.assert_allclose(softer, waveform * 10 ** (-6 / 20), rtol=1e-6)
    np.testing.assert_allclose(louder, waveform * 10 ** (6 / 20), rtol=1e-6)
    np.testing.assert_array_equal(early, waveform[160:])
    np.testing.assert_array_equal(late, np.r_[np.zeros(160, np.float32), waveform])
    assert {one.dtype for one in (softer, louder, early, late)} == {np.dtype(np.float32)}


def test_a_network_that_judges_by_loudness_is_caught(model: LoadedModel, make: Make) -> None:
    result, _ = heard_again(model, make("a.wav", "b.wav"), Ear(lambda one: peak(one) - 0.3))
    assert result == Consistency(gain=0.5, shift=1, n=2, unchanged=6, pairs=8)


def test_a_network_that_judges_by_the_onset_is_caught(model: LoadedModel, make: Make) -> None:
    onset = Ear(lambda one: peak(one[:160]) / peak(one) - 0.2)  # the clips begin softly
    result, _ = heard_again(model, make("a.wav", "b.wav"), onset)
    assert result == Consistency(gain=1, shift=0.5, n=2, unchanged=6, pairs=8)


@pytest.mark.parametrize(
    ("loudest", "gains"), [(1.0, [0.5012]), (0.9, [0.5012]), (0.8, [0.5012, 1.25]), (2, [0.5012])]
)
def test_no_clip_is_made_louder_than_full_scale(
    model: LoadedModel, tmp_path: Path, loudest: float, gains: list[float]
) -> None:
    samples = speech(0.5, 100) * loudest / np.abs(speech(0.5, 100)).max()
    soundfile.write(tmp_path / "a.wav", samples, RATE, subtype="FLOAT")
    result, heard = heard_again(model, read_corpus(tmp_path), Ear(lambda _: 1))
    assert result.pairs == len(gains) + 2
    assert [peak(one) for one in heard[:-2]] == pytest.approx(
        [gain * loudest for gain in gains], abs=1e-3
    )


def test_a_clip_loses_no_more_than_it_can_spare(model: LoadedModel, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", speech(1, 100)[2_000:2_450], RATE)
    result, heard = heard_again(model, read_corpus(tmp_path), Ear(lambda _: 1))
    assert result.n == 1
    assert [one.size for one in heard] == [450, 450, 400, 610]


def test_no_more_clips_are_asked_about_than_wished(model: LoadedModel, make: Make) -> None:
    corpus = make(*(f"{letter}.wav" for letter in "abcdefgh"), bad=("i.wav",))
    calls: list[tuple[int, int]] = []
    result, heard = heard_again(
        model, corpus, Ear(lambda _: 1), clips=3, progress=lambda *call: calls.append(call)
    )
    judged = corpus.narrowed(corpus.clips[:-1]).sample(3)
    lengths = [soundfile.info(clip.path).frames for clip in judged.clips]
    assert result.n == 3
    assert [one.size for one in heard[::4]] == lengths
    assert calls == [(done, 12) for done in range(1, 13)]


def test_segments_are_changed_one_by_one(model: LoadedModel, tmp_path: Path) -> None:
    samples = np.r_[speech(1, 100), 0.5 * speech(1, 100)]
    soundfile.write(tmp_path / "a.wav", 2 * samples, RATE)
    result, heard = heard_again(
        model, read_corpus(tmp_path), Ear(lambda _: 1), segmenting=Segmenting(1, 1)
    )
    assert (result.n, result.pairs, len(heard)) == (1, 4, 8)
    assert [one.size for one in heard[4:]] == [15_840, 15_840, 16_160, 16_160]
    for first, second in pairwise(heard[:4:2]):  # softer, then louder: both by the same gain
        assert peak(first) < peak(second) <= 1
    assert peak(heard[3]) == pytest.approx(peak(heard[2]) / 2, rel=1e-3)


def test_a_trained_model_is_nearly_consistent() -> None:
    root = Path(__file__).parents[3] / "fixtures"
    snapshot = take_snapshot(Candidate("tiny", "tiny", root / "models" / "wav2vec2-tiny"))
    trained = load(outline(snapshot, read_index(snapshot)), threads=1)
    predictions = predict(LazyModel.of(trained), read_corpus(root / "speech" / "test").sample(20))
    result = ask_again(LazyModel.of(trained), predictions, clips=10)
    assert len(set(predictions.predicted)) > 2
    assert result.n == 10
    assert result.unchanged / result.pairs > 0.7
    assert result.gain == 1  # its feature extractor normalises
