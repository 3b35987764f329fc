"""A model is loaded once, for what is not known of it, and no answer is taken for another's."""

import gc
import weakref
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sertify.candidates.reading import Candidate
from sertify.corpora.clips import Corpus
from sertify.corpora.reading import read_corpus
from sertify.corpora.recordings import Recordings
from sertify.evidence.cache import Cache
from sertify.hub.snapshots import Snapshot, read_index, take_snapshot
from sertify.models.blueprints import Batching, Blueprint, Recalled
from sertify.models.examination import Examination
from sertify.models.host import Hosted
from sertify.models.loading import load, outline
from sertify.models.model import LoadedModel
from sertify.pipeline.lazy_model import LazyModel, recall
from sertify.pipeline.predictions import predict
from sertify.pipeline.questions import Answer
from sertify.vocabulary.errors import Blocked, Rejected
from tests.meta import tiny
from tests.meta.runs import SPEECH


class Loader:
    """Loads a tiny model, and counts how often."""

    def __init__(self, folder: Path) -> None:
        self.snapshot = take_snapshot(Candidate("tiny", str(folder), folder))
        self.seeds: list[int] = []
        self.alive: list[weakref.ref[LoadedModel]] = []

    def __call__(self, seed: int) -> LoadedModel:
        gc.collect()
        assert [one for one in self.alive if one() is not None] == []
        self.seeds.append(seed)
        blueprint = outline(self.snapshot, read_index(self.snapshot))
        model = load(blueprint, threads=1, seed=seed)
        self.alive.append(weakref.ref(model))
        return model


@pytest.fixture
def loader(tmp_path: Path) -> Loader:
    return Loader(tiny.build(tmp_path / "model"))


@pytest.fixture(scope="module")
def speech() -> Corpus:
    return read_corpus(SPEECH).sample(7)


class TestExaminations:
    def test_what_loading_showed_is_known_afterwards(self, loader: Loader) -> None:
        cache = Cache(None)
        first = LazyModel(Hosted(loader), cache, "key")
        first.certify()
        again = first.logits_of_another_load
        assert loader.seeds == [0, 1]
        second = LazyModel(Hosted(loader), cache, "key")
        second.certify()
        assert second.examination == first.examination
        np.testing.assert_array_equal(second.logits_of_another_load, again)
        assert loader.seeds == [0, 1]

    def test_another_key_is_another_model(self, loader: Loader) -> None:
        cache = Cache(None)
        for key in ("one", "other"):
            LazyModel(Hosted(loader), cache, key).certify()
        assert loader.seeds == [0, 0]

    def test_it_says_what_the_model_is(self, loader: Loader) -> None:
        found = LazyModel(Hosted(loader), Cache(None), "key").examination
        model = loader(0)
        assert found.labels == tiny.LABELS
        assert (found.sampling_rate, found.receptive_field) == (16_000, model.receptive_field)
        assert found.size_on_disk == model.size_on_disk
        assert found.batching is Batching.EQUAL
        assert 0 <= found.batch_deviation < 1e-5
        np.testing.assert_array_equal(found.noise_logits, model.noise_logits())

    def test_one_model_is_in_memory_at_a_time(self, loader: Loader) -> None:
        subject = LazyModel(Hosted(loader), Cache(None), "key")
        subject.certify()
        subject.logits_of_another_load  # noqa: B018 - the loader checks it
        subject.release()
        gc.collect()
        assert [one for one in loader.alive if one() is not None] == []

    def test_a_batch_that_changes_answers_is_not_used(self, loader: Loader) -> None:
        def liar(seed: int) -> LoadedModel:
            model = loader(seed)
            lying: Any = replace(model.network, batching=Batching.ANY)  # type: ignore[type-var]
            return replace(model, network=lying, batching=Batching.ANY)

        found = LazyModel(Hosted(liar), Cache(None), "key").examination
        assert found.batching is Batching.SINGLE
        assert found.batch_deviation > 1e-4

    def test_a_flaw_is_looked_for_again(self, tmp_path: Path) -> None:
        folder = tiny.build(tmp_path)
        tensors = tiny.read_tensors(folder)
        tensors["classifier.weight"][0, 0] = float("nan")
        tiny.write_tensors(folder, tensors)
        loader, cache = Loader(folder), Cache(None)
        for _ in range(2):
            with pytest.raises(Rejected, match=r"classifier\.weight"):
                LazyModel(Hosted(loader), cache, "key").certify()
        assert loader.seeds == [0, 0]


class TestAnswers:
    def test_a_clip_is_asked_about_once(self, loader: Loader, speech: Corpus) -> None:
        cache = Cache(None)
        first = predict(LazyModel(Hosted(loader), cache, "key"), speech)
        again = predict(LazyModel(Hosted(loader), cache, "key"), speech)
        np.testing.assert_array_equal(first.logits, again.logits)
        assert loader.seeds == [0]
        assert len(cache.answers("key")) == len(speech.clips) + 1  # and the examination

    def test_progress_goes_on_from_what_is_known(self, loader: Loader, speech: Corpus) -> None:
        cache, calls = Cache(None), []
        predict(LazyModel(Hosted(loader), cache, "key"), speech.narrowed(speech.clips[:5]))
        predict(LazyModel(Hosted(loader), cache, "key"), speech, lambda *call: calls.append(call))
        assert calls == [(5, 7), (6, 7), (7, 7)]

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda _: b"",
            lambda content: content[:-1],
            lambda content: content + b"\0\0\0\0",
            lambda content: b"?" + content[1:],
            lambda content: content[:5] + b"\0\0\xc0\x7f" * ((len(content) - 5) // 4),  # NaN
        ],
        ids=["nothing", "cut", "longer", "unknown", "not finite"],
    )
    def test_an_answer_that_is_none_is_asked_for_again(
        self, loader: Loader, speech: Corpus, spoil: Callable[[bytes], bytes]
    ) -> None:
        cache = Cache(None)
        expected = predict(LazyModel(Hosted(loader), cache, "key"), speech)
        for question, content in cache.answers("key").items():
            if content[:1] == b"=":
                cache.keep("key", question, spoil(content))
        found = predict(LazyModel(Hosted(loader), cache, "key"), speech)
        np.testing.assert_allclose(found.logits, expected.logits, atol=1e-6)

    def test_a_file_that_is_gone_for_a_moment_is_not_given_up(
        self, loader: Loader, speech: Corpus, tmp_path: Path
    ) -> None:
        clip = replace(speech.clips[0], path=tmp_path / "a.wav")
        corpus = speech.narrowed([clip, *speech.clips[1:]])
        cache = Cache(None)
        with pytest.raises(Blocked, match="changed_while_judged"):
            predict(LazyModel(Hosted(loader), cache, "key"), corpus)
        clip.path.write_bytes(speech.clips[0].path.read_bytes())
        assert predict(LazyModel(Hosted(loader), cache, "key"), corpus).rejected == ()

    def test_a_file_that_holds_no_audio_is_remembered(
        self, loader: Loader, speech: Corpus, tmp_path: Path
    ) -> None:
        clip = replace(speech.clips[0], path=tmp_path / "a.wav", digest="of this text", stamp=None)
        clip.path.write_bytes(bytes(100))
        corpus = speech.narrowed([clip, *speech.clips[1:]])
        cache = Cache(None)
        for _ in range(2):
            assert len(predict(LazyModel(Hosted(loader), cache, "key"), corpus).rejected) == 1
            clip.path.unlink(missing_ok=True)
        assert (
            b"!undecodable: libsndfile says Format not recognised." in cache.answers("key").values()
        )

    def test_answers_survive_packing(self) -> None:
        logits = np.array([1.5, -2, 1e-30], np.float32)
        found = Answer.unpack(Answer(logits, 4, 2.5).pack(), 3)
        assert found is not None
        np.testing.assert_array_equal(found.logits, logits)
        assert (found.segments, found.seconds) == (4, 2.5)
        mute = Answer(None, 0, flaw="silent")
        assert Answer.unpack(mute.pack(), 3) == mute

    def test_what_is_remarkable_in_them_survives_too(self) -> None:
        remarks = ("rescaled: 16 bits, its peak is 20000", "louder_channel")
        logits = np.array([1.5, -2, 1e-30], np.float32)
        packed = Answer(logits, 1, 2.5, remarks=remarks).pack()
        found = Answer.unpack(packed, 3)
        assert found is not None
        assert found.remarks == remarks
        for other in (packed[:-60], packed[:21] + b"?", packed[:20], b"=", b""):
            assert Answer.unpack(other, 3) is None

    def test_a_reason_of_another_version_is_told_as_it_is(
        self, loader: Loader, speech: Corpus
    ) -> None:
        cache = Cache(None)
        predict(LazyModel(Hosted(loader), cache, "key"), speech)
        for key, content in [*cache.answers("key").items()]:
            if content[:1] == b"=":
                cache.keep("key", key, b"!haunted: by an earlier version")
                break
        (rejected,) = predict(LazyModel(Hosted(loader), cache, "key"), speech).rejected
        assert (rejected.reason, rejected.detail) == ("haunted", "by an earlier version")


class TestBlueprints:
    def snapshot(self, folder: Path) -> Snapshot:
        return take_snapshot(Candidate("tiny", str(folder), folder))

    def test_one_can_be_judged_without_being_made_again(self, tmp_path: Path) -> None:
        snapshot = self.snapshot(tiny.build(tmp_path))
        made = outline(snapshot, read_index(snapshot))
        found = recall(cache := Cache(None), "key", "outline", lambda: made, Blueprint.to_json)
        assert found is made
        recalled = recall(
            cache,
            "key",
            "outline",
            lambda: pytest.fail("made again"),
            load=lambda facts: Blueprint.from_json(snapshot, facts),
        )
        assert recalled.facts == made.facts
        assert recalled.weights == made.weights
        assert replace(recalled, loader=made.loader) == made
        assert recalled.loader == Recalled(made.loader.name)

    @pytest.mark.parametrize(
        "content",
        [b'{"val', b"[]", b'{"value": 1}', b'{"rejected": ["no_such_code", ""]}', b"\xff\xfe"],
        ids=str,
    )
    def test_what_is_damaged_is_computed_anew(self, content: bytes) -> None:
        cache = Cache(None)
        cache.keep("key", "what", content)
        found = recall(cache, "key", "what", lambda: {"a": 2}, load=lambda value: dict(value))
        assert found == {"a": 2}
        assert recall(cache, "key", "what", lambda: pytest.fail("asked again")) == {"a": 2}

    def test_nothing_is_remembered_without_a_key(self) -> None:
        cache = Cache(None)
        numbers = iter((1, 2))
        assert [recall(cache, "", "what", lambda: next(numbers)) for _ in range(2)] == [1, 2]

    def test_a_rejection_is_recalled_with_its_reason(self) -> None:
        def refuse() -> None:
            raise Rejected("wrong_task", "it writes down words")

        cache = Cache(None)
        for compute in (refuse, lambda: pytest.fail("asked again")):
            with pytest.raises(Rejected, match="it writes down words") as caught:
                recall(cache, "key", "outline", compute)
            assert caught.value.reason.code == "wrong_task"


class TestRecordings:
    def test_a_clip_is_decoded_once_for_all(self, tmp_path: Path, speech: Corpus) -> None:
        clip = replace(speech.clips[0], path=tmp_path / "a.wav")
        clip.path.write_bytes(speech.clips[0].path.read_bytes())
        recordings = Recordings()
        first = recordings.read(clip, 16_000)
        other = recordings.read(clip, 8_000)
        clip.path.unlink()
        np.testing.assert_array_equal(recordings.read(clip, 16_000), first)
        np.testing.assert_array_equal(recordings.read(clip, 8_000), other)
        assert first.size == pytest.approx(2 * other.size, abs=2)
        recordings.close()

    def test_what_cannot_be_judged_is_remembered_too(self, tmp_path: Path, speech: Corpus) -> None:
        clip = replace(speech.clips[0], path=tmp_path / "a.wav", digest="of something else")
        clip = replace(clip, stamp=None)  # what it looked like is not known
        clip.path.write_bytes(bytes(100))
        recordings = Recordings()
        for _ in range(2):
            with pytest.raises(Exception, match="undecodable"):
                recordings.read(clip, 16_000)
            clip.path.write_bytes(speech.clips[0].path.read_bytes())

    def test_its_limit_is_kept(self, tmp_path: Path, speech: Corpus) -> None:
        recordings = Recordings(limit=100)
        clip = replace(speech.clips[0], path=tmp_path / "a.wav")
        clip.path.write_bytes(speech.clips[0].path.read_bytes())
        recordings.read(clip, 16_000)
        clip.path.unlink()
        with pytest.raises(Blocked, match="changed_while_judged"):
            recordings.read(clip, 16_000)

    def test_a_clip_that_is_too_short_for_one_may_do_for_another(self, speech: Corpus) -> None:
        recordings = Recordings()
        size = recordings.read(speech.clips[0], 16_000).size
        with pytest.raises(Exception, match="too_short"):
            recordings.read(speech.clips[0], 16_000, size + 1)
        assert recordings.read(speech.clips[0], 16_000, size).size == size
        recordings.close()


def test_an_examination_of_a_model_without_extractor_asks_nothing(tmp_path: Path) -> None:
    folder = tiny.build(tmp_path)
    (folder / "preprocessor_config.json").unlink()
    found = Examination.of(Loader(folder)(0))
    assert found.sampling_rate is None
    assert found.flaw is not None
    assert found.flaw.reason.code == "no_feature_extractor"
