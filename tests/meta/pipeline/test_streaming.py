"""A real, tiny model hears the first seconds of clips, and windows of them: each once."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from sertify.candidates.reading import Candidate
from sertify.candidates.requirements import Requirements
from sertify.corpora.audio import read_audio
from sertify.corpora.clips import Corpus
from sertify.corpora.reading import read_corpus
from sertify.corpora.recordings import Recordings
from sertify.evidence.cache import Cache
from sertify.gates.streaming import Streamed
from sertify.hub.snapshots import read_index, take_snapshot
from sertify.models.loading import load, outline
from sertify.models.model import LoadedModel
from sertify.pipeline.hearing import Segmenting
from sertify.pipeline.lazy_model import LazyModel
from sertify.pipeline.predictions import predict
from sertify.pipeline.streaming import HOP, listen
from tests.meta import tiny

RATE = 16_000
LABELS = tiny.LABELS  # angry, happy, sad


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> LoadedModel:
    folder = tiny.build(tmp_path_factory.mktemp("model"))
    snapshot = take_snapshot(Candidate("tiny", str(folder), folder))
    return load(outline(snapshot, read_index(snapshot)), threads=1)


class Listener:
    """Says how loud the last quarter of a second is, by a label for each level."""

    def __init__(self, loaded: LoadedModel) -> None:
        self.sizes: list[int] = []

        def network(waveforms: Any) -> NDArray[np.float32]:
            self.sizes += [sound.size for sound in waveforms]
            levels = [float(np.abs(sound[-RATE // 4 :]).max()) for sound in waveforms]
            places = [min(2, int(level / 0.3)) for level in levels]
            return np.eye(3, dtype=np.float32)[places]

        self.model = LazyModel.of(dataclasses.replace(loaded, network=network))


def write(folder: Path, seconds: float = 3.0, clips: int = 36, turn: float = 1.2) -> Corpus:
    """Write clips that are as loud as their label says, and as the first one's before a turn."""
    folder.mkdir()
    rows = ["file,label,speaker"]
    for number in range(clips):
        times = np.arange(round(seconds * RATE)) / RATE
        level = np.where(times < turn, 0.15, (0.15, 0.45, 0.75)[number % 3])
        soundfile.write(folder / f"{number}.wav", level * np.sin(700 * times + number), RATE)
        rows.append(f"{number}.wav,{LABELS[number % 3]},s{number // 6}")
    (folder / "metadata.csv").write_text("\n".join(rows))
    return read_corpus(folder)


def heard(
    subject: LazyModel,
    corpus: Corpus,
    segmenting: Segmenting | None = None,
    told: list[tuple[int, int]] | None = None,
    **asked: Any,
) -> Streamed:
    requirements = Requirements.model_validate({"streaming": True, **asked}, strict=False)
    candidate = Candidate("tiny", "tiny", requirements=requirements)
    recordings = Recordings(limit=0)
    predictions = predict(subject, corpus, None, segmenting, recordings)

    def watching(clips: int, answers: int) -> Any:
        if told is not None:
            told.append((clips, answers))
        return lambda _, __: None

    return listen(subject, predictions, candidate, {}, recordings, watching)


def test_it_is_asked_about_the_first_seconds_and_windows_once(
    loaded: LoadedModel, tmp_path: Path
) -> None:
    listener, told = Listener(loaded), list[tuple[int, int]]()
    found = heard(listener.model, write(tmp_path / "a"), told=told, streaming=[1, 2.5, 5])
    asked = sorted(listener.sizes[36:])
    # Of each clip 1 s, 2.5 s and, as it has 3 s, no 5 s; windows of 2 s from 0, 0.5 and 1 s.
    assert asked == sorted([RATE] * 36 + [5 * RATE // 2] * 36 + [2 * RATE] * 36 * 3)
    assert told == [(36, len(asked))]
    assert [(one.seconds, one.longer, one.told) for one in found.points] == [
        (1.0, 36, True), (2.5, 36, True), (5.0, 0, False),
    ]  # fmt: skip
    assert found.answers == len(asked)


def test_what_is_needed_and_how_often_it_changes_is_what_was_built(
    loaded: LoadedModel, tmp_path: Path
) -> None:
    """Before 1.2 s all sound alike: after 1 s two thirds are wrong, and from 2 s on none is."""
    listener = Listener(loaded)
    found = heard(listener.model, write(tmp_path / "a"), streaming={"window": 0.5})
    assert [round(one.drop.value, 6) for one in found.points if one.drop] == pytest.approx(
        [2 / 3, 2 / 3, 0, 0, 0]
    )
    assert (found.needed.value, found.needed.low) == (2.0, 2.0)
    # Six windows: in two thirds of the clips one change, in 2.5 s.
    assert found.flips is not None
    assert found.flips.value == pytest.approx(2 / 3 / (5 * HOP) * 60)
    assert found.agreeing is not None
    assert found.agreeing.value == pytest.approx(1 - 2 / 3 * 2 / 6)


def test_answers_are_known_the_next_time(loaded: LoadedModel, tmp_path: Path) -> None:
    listener, corpus = Listener(loaded), write(tmp_path / "a", clips=12)
    listener.model.cache, listener.model.key = Cache(tmp_path / "answers.sqlite"), "key"
    first = heard(listener.model, corpus)
    asked = len(listener.sizes)
    assert heard(listener.model, corpus) == first
    assert len(listener.sizes) == asked
    heard(listener.model, corpus, streaming=[0.7])
    assert len(listener.sizes) == asked + 12


def test_short_clips_count_whole_and_have_no_windows(loaded: LoadedModel, tmp_path: Path) -> None:
    found = heard(Listener(loaded).model, write(tmp_path / "a", seconds=1.5))
    assert [one.longer for one in found.points] == [36, 36, 0, 0, 0]
    assert [one.drop.value for one in found.points if one.drop][2:] == [0, 0, 0]
    assert found.needed.value is None  # after 1 s, the most that is told, two thirds are wrong
    assert (found.flips, found.agreeing, found.moved_over) == (None, None, 0)


def test_silence_has_no_answer(loaded: LoadedModel, tmp_path: Path) -> None:
    corpus = write(tmp_path / "a", clips=12)
    for clip in corpus.clips:
        sound = read_audio(clip.content, RATE)
        sound[:RATE] = 0
        soundfile.write(clip.path, sound, RATE)
    found = heard(Listener(loaded).model, read_corpus(tmp_path / "a"), streaming=[0.5, 2])
    first, second = (one.drop for one in found.points)
    assert first is not None
    assert second is not None
    assert (first.disturbed, second.disturbed) == (0.0, 1.0)


def test_a_clip_that_begins_with_silence_for_as_long_as_is_listened_is_a_long_one(
    loaded: LoadedModel, tmp_path: Path
) -> None:
    corpus = write(tmp_path / "a", clips=12, seconds=32)
    for clip in corpus.clips:
        sound = read_audio(clip.content, RATE)
        sound[: round(31.5 * RATE)] = 0
        soundfile.write(clip.path, sound, RATE)
    found = heard(Listener(loaded).model, read_corpus(tmp_path / "a"), streaming=[2])
    assert [one.longer for one in found.points] == [12]
    assert [one.drop.disturbed for one in found.points if one.drop] == [0.0]


def test_an_answer_stands_while_it_is_silent(loaded: LoadedModel, tmp_path: Path) -> None:
    """Of 3 s, one is silent: of six windows two, and the answer changes once in 2.5 s."""
    corpus = write(tmp_path / "a", clips=12, turn=2)
    for clip in corpus.clips:
        sound = read_audio(clip.content, RATE)
        sound[RATE : 2 * RATE] = 0
        soundfile.write(clip.path, sound, RATE)
    found = heard(
        Listener(loaded).model, read_corpus(tmp_path / "a"), streaming={"window": 0.5}
    ).flips
    assert found is not None
    assert found.value == pytest.approx(2 / 3 / (5 * HOP) * 60)


def test_as_much_as_can_be_asked_for_can_be_heard(loaded: LoadedModel, tmp_path: Path) -> None:
    corpus = write(tmp_path / "a", seconds=30.5, clips=12)
    found = heard(Listener(loaded).model, corpus, streaming={"seconds": [30], "window": 10})
    assert [(one.seconds, one.longer) for one in found.points] == [(30.0, 12)]
    assert found.moved_over == 12


def test_a_stretch_is_cut_into_segments_as_a_clip_is(loaded: LoadedModel, tmp_path: Path) -> None:
    listener = Listener(loaded)
    heard(listener.model, write(tmp_path / "a", clips=12), Segmenting(1, 1), streaming=[2])
    assert {*listener.sizes} == {RATE}
    # Three of each clip; then two of its start and of its windows, of which one is its start.
    assert len(listener.sizes) == 12 * (3 + 2 * 3)


def test_without_labels_there_is_no_uar_to_lose(loaded: LoadedModel, tmp_path: Path) -> None:
    corpus = write(tmp_path / "a", clips=12)
    (tmp_path / "a" / "metadata.csv").unlink()
    found = heard(Listener(loaded).model, read_corpus(tmp_path / "a"))
    assert corpus.labelled
    assert not found.labelled
    assert found.needed.value is None
    assert found.points[0].unchanged.value < 1
    assert found.flips is not None
