"""Many clips are answered at once, and each as if it were alone."""

import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from transformers import (
    Wav2Vec2ConformerConfig,
    Wav2Vec2ConformerForSequenceClassification,
    Wav2Vec2FeatureExtractor,
)

from sertify.candidates.reading import Candidate
from sertify.hub.snapshots import read_index, take_snapshot
from sertify.models.blueprints import Batching
from sertify.models.engine import answers, batches
from sertify.models.loading import load, outline
from sertify.models.model import LoadedModel
from sertify.models.networks import TorchNetwork
from sertify.models.proofs import batch_deviation, is_concurrent, proven
from sertify.vocabulary.errors import Blocked
from tests.meta import tiny

Waveform = NDArray[np.float32]


def loaded(folder: Path) -> LoadedModel:
    snapshot = take_snapshot(Candidate("tiny", str(folder), folder))
    return load(outline(snapshot, read_index(snapshot)), threads=1)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> LoadedModel:
    return loaded(tiny.build(tmp_path_factory.mktemp("model")))


def clips(*lengths: int) -> list[Waveform]:
    generator = np.random.default_rng(len(lengths))
    return [0.1 * generator.standard_normal(one, dtype=np.float32) for one in lengths]


def silent(size: int) -> Waveform:
    return np.zeros(size, np.float32)


class TestBatches:
    LENGTHS = st.lists(st.integers(1, 40), max_size=150)

    @given(LENGTHS, st.sampled_from(list(Batching)), st.integers(1, 100))
    def test_every_clip_is_in_one_batch_that_is_small_enough(
        self, lengths: list[int], batching: Batching, most: int
    ) -> None:
        made = list(batches(map(silent, lengths), batching, most, stretch=1.2))
        places = [place for batch in made for place, _ in batch]
        assert sorted(places) == list(range(len(lengths)))
        for batch in made:
            sizes = [waveform.size for _, waveform in batch]
            assert [lengths[place] for place, _ in batch] == sizes
            assert len(sizes) == 1 or max(sizes) * len(sizes) <= most

    @given(LENGTHS, st.integers(1, 100))
    def test_lengths_are_mixed_only_where_that_changes_nothing(
        self, lengths: list[int], most: int
    ) -> None:
        for batching, ratio in [("single", 1), ("equal", 1), ("masked", 1.2)]:
            for batch in batches(map(silent, lengths), Batching(batching), most, stretch=1.2):
                sizes = [waveform.size for _, waveform in batch]
                assert max(sizes) <= ratio * min(sizes)
                assert len(batch) == 1 or batching != "single"

    def test_equal_lengths_share_a_batch_wherever_they_stand(self) -> None:
        made = batches(map(silent, [5, 7, 5, 7, 5]), Batching.EQUAL, most=100)
        assert sorted(sorted(place for place, _ in batch) for batch in made) == [[0, 2, 4], [1, 3]]

    def test_reading_ahead_is_bounded_by_samples(self) -> None:
        read = 0

        def long_ones() -> Iterator[Waveform]:
            nonlocal read
            for _ in range(10):
                read += 1
                yield silent(5_000_000)

        next(batches(long_ones(), Batching.EQUAL, most=1))
        assert read == 2


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("architecture", sorted(tiny.ARCHITECTURES))
def test_an_answer_is_that_of_the_clip_alone(
    tmp_path: Path, architecture: str, threads: int
) -> None:
    model = loaded(tiny.build(tmp_path, architecture))
    waveforms = clips(8_000, 16_000, 8_000, 400, 12_345, 8_000, 16_000, 20_000)
    found = dict(answers(model, iter(waveforms), threads))
    assert sorted(found) == list(range(len(waveforms)))
    alone = np.stack([model.logits(one) for one in waveforms])
    together = np.stack([found[place] for place in range(len(waveforms))])
    np.testing.assert_allclose(together, alone, rtol=0, atol=1e-4 * float(np.ptp(alone)))


def test_the_same_clips_get_the_same_answers_whatever_the_threads(model: LoadedModel) -> None:
    waveforms = clips(*[4_000, 8_000] * 8)
    one, four = (dict(answers(model, iter(waveforms), threads)) for threads in (1, 4))
    for place in one:
        np.testing.assert_array_equal(one[place], four[place])


class TestProof:
    def test_a_shared_forward_that_changes_nothing_is_proven(self, model: LoadedModel) -> None:
        assert model.batching is Batching.EQUAL
        assert batch_deviation(model) < 1e-5

    def test_one_that_changes_answers_is_caught(self, model: LoadedModel) -> None:
        """A group norm takes its statistics over the padding, so lengths must not be mixed."""
        network: Any = model.network
        lying = replace(network, batching=Batching.ANY)
        assert batch_deviation(replace(model, network=lying, batching=Batching.ANY)) > 1e-4

    @pytest.mark.parametrize(
        "answer",
        [
            lambda _: np.zeros((1, 3), np.float32),
            lambda waveforms: np.array(waveforms).reshape(0, 3),
        ],
        ids=["one row for all", "an error"],
    )
    def test_one_that_takes_a_clip_at_a_time_is_caught(
        self, model: LoadedModel, answer: Callable[[Any], Any]
    ) -> None:
        def network(waveforms: Sequence[Waveform]) -> NDArray[np.float32]:
            return np.zeros((1, 3), np.float32) if len(waveforms) == 1 else answer(waveforms)

        single = replace(model, network=network, batching=Batching.EQUAL)
        assert batch_deviation(single) == np.inf
        found, _ = proven(single)
        assert found.batching is Batching.SINGLE

    def test_a_model_that_averages_over_its_batch_is_caught(self, model: LoadedModel) -> None:
        def averaging(waveforms: Sequence[Waveform]) -> NDArray[np.float32]:
            mean = np.mean([np.abs(one).mean() for one in waveforms])
            return np.array([[np.abs(one).mean() - mean, mean] for one in waveforms], np.float32)

        liar = replace(model, network=averaging)
        assert batch_deviation(replace(liar, batching=Batching.EQUAL)) > 1e-4

    def test_noise_is_asked_about_once(self, model: LoadedModel) -> None:
        asked: list[str] = []
        noted = replace(model, note=asked.append)
        np.testing.assert_array_equal(noted.noise_logits(), model.noise_logits())
        noted.noise_logits()
        assert asked == ["forward"]


class TestThreads:
    def test_what_keeps_nothing_of_a_clip_may_be_asked_by_several(self, model: LoadedModel) -> None:
        assert is_concurrent(model)

    @pytest.mark.parametrize("kind", ["rotary", "relative"])
    def test_what_keeps_something_is_found(self, model: LoadedModel, kind: str) -> None:
        """Rotary embeddings keep the length of the last clip, and break where two clips meet."""
        config = Wav2Vec2ConformerConfig(
            position_embeddings_type=kind,
            hidden_size=32,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=32,
            conv_dim=(32,) * 7,
            classifier_proj_size=32,
        )
        module = Wav2Vec2ConformerForSequenceClassification(config).eval()
        network = TorchNetwork(module, Wav2Vec2FeatureExtractor())
        concurrent = is_concurrent(replace(model, network=network))
        assert concurrent is (kind == "relative")
        found = dict(
            answers(
                replace(model, network=network, concurrent=concurrent),
                clips(*range(8_000, 12_000, 100)),
                3,
            )
        )
        assert len(found) == 40

    def test_code_of_a_repository_never_promised_it(self, model: LoadedModel) -> None:
        snapshot = model.snapshot
        trusted = replace(snapshot, candidate=replace(snapshot.candidate, trust_remote_code=True))
        blueprint = replace(model.blueprint, snapshot=trusted)
        assert not is_concurrent(replace(model, blueprint=blueprint))

    def test_one_thread_asks_what_is_not_concurrent(self, model: LoadedModel) -> None:
        asking: set[int] = set()

        def network(waveforms: Sequence[Waveform]) -> NDArray[np.float32]:
            asking.add(threading.get_ident())
            time.sleep(0.001)
            return np.array([[one[0]] for one in waveforms], np.float32)

        for concurrent in (False, True):
            asking.clear()
            model = replace(model, network=network, concurrent=concurrent)
            dict(answers(model, clips(*range(400, 440)), 3))
            assert (len(asking) > 1) is concurrent


class Cramped:
    """A network for which no more than so many samples fit into memory at a time."""

    batching = Batching.EQUAL

    def __init__(self, samples: int) -> None:
        self.samples = samples
        self.heard: list[int] = []
        self._taken = 0
        self._lock = threading.Lock()

    def __call__(self, waveforms: Sequence[Waveform]) -> NDArray[np.float32]:
        size = sum(one.size for one in waveforms)
        with self._lock:
            self._taken += size
            full = self._taken > self.samples
        try:
            if full:
                raise MemoryError
            time.sleep(0.002)  # long enough for another thread to come along
            self.heard.append(len(waveforms))
            return np.array([[one[0]] for one in waveforms], np.float32)
        finally:
            with self._lock:
                self._taken -= size


class TestMemory:
    def ask(self, model: LoadedModel, cramped: Cramped, waveforms: list[Waveform]) -> list[str]:
        small = replace(model, network=cramped, batching=Batching.EQUAL)
        said: list[str] = []
        found = dict(answers(small, iter(waveforms), 2, said.append))
        for place, waveform in enumerate(waveforms):
            assert found[place] == waveform[0]
        return said

    def test_batches_are_halved_until_they_fit_and_that_is_said(self, model: LoadedModel) -> None:
        cramped = Cramped(3 * 4_000)
        said = self.ask(model, cramped, clips(*[4_000] * 40))
        assert max(cramped.heard) <= 3
        assert said
        assert said[0].startswith("not enough memory for ")
        assert said[0].endswith("went on with half as many at a time")

    def test_nothing_of_a_forward_that_failed_is_kept(self, model: LoadedModel) -> None:
        failed: list[weakref.ref[Waveform]] = []

        def network(waveforms: Sequence[Waveform]) -> NDArray[np.float32]:
            assert [one for one in failed if one() is not None] == []
            if len(waveforms) > 2:
                taken = np.zeros(1_000, np.float32)
                failed.append(weakref.ref(taken))
                raise MemoryError
            return np.array([[one[0]] for one in waveforms], np.float32)

        small = replace(model, network=network, batching=Batching.EQUAL)
        assert len(dict(answers(small, clips(*[4_000] * 16), 1))) == 16
        assert len(failed) >= 2

    def test_clips_that_are_brought_to_a_length_count_as_long(self) -> None:
        made = list(batches(clips(*[100] * 8), Batching.ANY, most=2_000, least=1_000))
        assert [len(batch) for batch in made] == [2] * 4

    def test_where_there_is_enough_nothing_is_said(self, model: LoadedModel) -> None:
        cramped = Cramped(10**9)
        assert self.ask(model, cramped, clips(*[4_000] * 40)) == []
        assert max(cramped.heard) == 16  # four seconds

    def test_a_clip_that_needs_all_memory_is_answered_alone(self, model: LoadedModel) -> None:
        assert self.ask(model, Cramped(50_000), clips(*[40_000, 50_000] * 6))

    def test_a_single_clip_that_is_too_large_is_blocked(self, model: LoadedModel) -> None:
        small = replace(model, network=Cramped(30_000), batching=Batching.EQUAL)
        with pytest.raises(Blocked, match="not enough memory for 40000 samples") as caught:
            dict(answers(small, iter(clips(4_000, 40_000, 4_000)), 2))
        assert caught.value.reason.code == "out_of_memory"


class TestErrors:
    def test_what_reading_raises_is_raised(self, model: LoadedModel) -> None:
        def broken() -> Iterator[Waveform]:
            yield from clips(4_000, 4_000)
            raise OSError("the disk is gone")

        with pytest.raises(OSError, match="the disk is gone"):
            dict(answers(model, broken(), 2))

    def test_what_the_network_raises_is_raised(self, model: LoadedModel) -> None:
        def broken(waveforms: Sequence[Waveform]) -> NDArray[np.float32]:
            raise RuntimeError(f"no answer to {len(waveforms)}")

        with pytest.raises(RuntimeError, match="no answer to 1"):
            dict(answers(replace(model, network=broken, batching=Batching.SINGLE), clips(400), 2))

    def test_who_stops_listening_leaves_no_thread_behind(self, model: LoadedModel) -> None:
        before = set(threading.enumerate())
        listening = answers(model, (one for one in clips(*[4_000] * 500)), 2)
        next(listening)
        listening.close()  # type: ignore[attr-defined]
        assert set(threading.enumerate()) <= before

    def test_no_clips_have_no_answers(self, model: LoadedModel) -> None:
        assert dict(answers(model, [], 2)) == {}
