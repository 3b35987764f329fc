"""With `--dtype mixed` labels are those of float32; where that saves nothing, all else is, too."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn
from transformers.modeling_outputs import SequenceClassifierOutput

from sertify.candidates.reading import Candidate
from sertify.corpora.audio import white_noise
from sertify.hub.snapshots import read_index, take_snapshot
from sertify.models import mixed
from sertify.models.blueprints import Batching
from sertify.models.host import Hosted
from sertify.models.loading import load, outline
from sertify.models.mixed import AUDITED, LEARNT, Mixed
from sertify.models.model import LoadedModel
from sertify.models.networks import OtherInterface, TorchNetwork
from tests.meta import tiny

Waveform = NDArray[np.float32]
LABELS = 5


class Extractor:
    sampling_rate = 16_000

    def __call__(self, waveforms: Sequence[Waveform], **_: object) -> "Inputs":
        return Inputs(torch.from_numpy(np.stack(waveforms)))


class Inputs(dict[str, torch.Tensor]):
    def __init__(self, values: torch.Tensor) -> None:
        super().__init__(values=values)

    def to(self, kind: torch.dtype) -> "Inputs":
        return Inputs(self["values"].to(kind))


class Shared(list[str]):
    """What a copy of its owner writes to as well."""

    def __deepcopy__(self, _: object) -> "Shared":
        return self


class Scripted(nn.Module):
    """Answers with the first LABELS samples of a clip as logits, moved by ``moves`` in 16 bits."""

    def __init__(self, moves: Callable[[torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1))
        self.moves = moves
        self.asked = Shared()

    device = torch.device("cpu")

    @property
    def dtype(self) -> torch.dtype:
        return self.weight.dtype

    def forward(self, values: torch.Tensor) -> SequenceClassifierOutput:
        exact = self.dtype is torch.float32
        self.asked.append("exact" if exact else "quick")
        wide = values.float()
        logits = wide if exact else wide + self.moves(wide)
        return SequenceClassifierOutput(logits=logits[:, :LABELS])


def paced(monkeypatch: pytest.MonkeyPatch, exact: float, quick: float) -> None:
    """Let an answer in float32 and one in fewer bits take so many seconds."""
    monkeypatch.setattr(mixed, "_multiplies_sooner", lambda _: True)
    ticks = iter([0.0, exact, exact + quick] * 10_000)
    monkeypatch.setattr(mixed, "_clock", lambda _: next(ticks))


def scripted(moves: Callable[[torch.Tensor], torch.Tensor]) -> TorchNetwork:
    return TorchNetwork(Scripted(moves), Extractor(), Batching.EQUAL)


def clip(*logits: float) -> Waveform:
    return np.array(logits, np.float32)


def clips(many: int, seed: int, narrow: float = 0.0) -> list[Waveform]:
    """Make clips of wide margins, and a share of ``narrow`` with hardly any."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(many):
        logits = rng.permutation(np.array([3.0, 1.0, 0.0, -1.0, -2.0]) + rng.normal(0, 0.1, 5))
        if rng.random() < narrow:
            first, second = np.argsort(-logits)[:2]
            logits[second] = logits[first] - rng.uniform(0, 0.05)
        made.append(logits.astype(np.float32))
    return made


def shaken(size: float, bias: float = 0.0) -> Callable[[torch.Tensor], torch.Tensor]:
    """Move each logit by up to ``size``, the same way for the same clip, and the first by more."""

    def moves(values: torch.Tensor) -> torch.Tensor:
        noise = torch.frac(values * 7919.77) * 2 * size - size
        return noise + bias * torch.eye(values.shape[1])[0]

    return moves


def labels(answers: Sequence[NDArray[np.float32]]) -> list[int]:
    return [int(row.argmax()) for row in answers]


def asked(network: TorchNetwork, sort: str) -> int:
    return int(network.module.asked.count(sort))


class TestLabels:
    def test_are_those_of_float32_on_thousands_of_clips_of_which_many_are_near_a_tie(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        paced(monkeypatch, exact=1.0, quick=0.4)
        exact = scripted(shaken(0.02))
        subject = Mixed(exact)
        speech = clips(4000, seed=1, narrow=0.3)
        answers = [subject([waveform])[0] for waveform in speech]
        assert labels(answers) == labels(speech)
        # Without a second question they would not be: that is what it is for.
        alone = [
            waveform + shaken(0.02)(torch.tensor(waveform[None])).numpy()[0] for waveform in speech
        ]
        assert labels(alone) != labels(speech)
        assert asked(exact, "exact") < 0.45 * len(speech)

    @pytest.mark.parametrize("share", [0.5, 0.9, 0.999])
    def test_an_adversary_who_moves_the_two_largest_apart_by_what_was_seen_changes_none(
        self, monkeypatch: pytest.MonkeyPatch, share: float
    ) -> None:
        paced(monkeypatch, exact=1.0, quick=0.4)

        def against(values: torch.Tensor) -> torch.Tensor:
            order = values.argsort(dim=1, descending=True)
            moved = torch.zeros_like(values)
            sign = torch.where(torch.frac(values[:, :1] * 7919.77).abs() < 0.5, -1.0, 1.0)
            moved.scatter_(1, order[:, :1], -0.03 * sign)
            moved.scatter_(1, order[:, 1:2], 0.03 * sign)
            return moved

        exact = scripted(against)
        subject = Mixed(exact)
        for waveform in clips(200, seed=2):
            subject([waveform])
        for place in range(200):
            margin = share * 0.06
            waveform = clip(1.0 + place / 1e4, 1.0 + place / 1e4 - margin, -1, -2, -3)
            assert subject([waveform])[0].argmax() == 0

    def test_a_shift_that_all_clips_share_is_taken_back(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        paced(monkeypatch, exact=1.0, quick=0.4)
        exact = scripted(shaken(0.001, bias=0.5))
        subject = Mixed(exact)
        speech = clips(300, seed=3)
        answers = np.array([subject([waveform])[0] for waveform in speech])
        assert np.abs(answers - np.array(speech)).max() < 0.03
        assert asked(exact, "exact") < 0.1 * len(speech)

    def test_what_is_not_finite_is_asked_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        paced(monkeypatch, exact=1.0, quick=0.4)
        huge = clip(500, 1, 0, -1, -2)

        def overflows(values: torch.Tensor) -> torch.Tensor:
            return torch.where(values > 100, torch.inf, 0.0)

        subject = Mixed(scripted(overflows))
        for waveform in clips(50, seed=4):
            subject([waveform])
        np.testing.assert_array_equal(subject([huge])[0], huge)

    def test_a_batch_that_fails_is_not_what_the_bound_is_learnt_from(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        paced(monkeypatch, exact=1.0, quick=0.4)
        exact = scripted(shaken(0.02))
        subject = Mixed(exact)
        wrong = [np.zeros((LABELS, 1), np.float32)] * LEARNT  # as where there is too little memory
        with pytest.raises(OtherInterface):
            subject(wrong)
        speech = clips(400, seed=16, narrow=0.3)
        answers = [subject([waveform])[0] for waveform in speech]
        assert labels(answers) == labels(speech)
        assert asked(exact, "quick") > LEARNT

    def test_threads_that_wait_for_a_batch_that_fails_learn_by_themselves(self) -> None:
        book = mixed._Book("bfloat16")
        assert book.takes(LEARNT)
        taken: list[bool] = []
        other = threading.Thread(target=lambda: taken.append(book.takes(1)), daemon=True)
        other.start()
        with pytest.raises(OtherInterface), book.learning(LEARNT):
            raise OtherInterface
        other.join(10)
        assert taken == [True]

    def test_labels_given_before_logits_were_seen_to_move_as_far_are_told(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        paced(monkeypatch, exact=1.0, quick=0.4)
        size = 0.001
        subject = Mixed(scripted(lambda values: shaken(size)(values)))
        for waveform in clips(20, seed=17):
            subject([waveform])
        subject([clip(1.0, 1.0 - 0.03, -1, -2, -3)])
        assert subject.outcome.startswith("the labels are those of float32: ")
        size = 0.04
        for waveform in clips(20 * AUDITED, seed=18):
            subject([waveform])
        assert subject.outcome.startswith(
            "the labels are those of float32 (of 1 clip, given before logits were seen to move so"
            " far, perhaps not): "
        )

    def test_one_clip_in_fifty_keeps_the_bound_honest(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        paced(monkeypatch, exact=1.0, quick=0.4)
        size = 0.001
        exact = scripted(lambda values: shaken(size)(values))
        subject = Mixed(exact)
        for waveform in clips(100, seed=5):
            subject([waveform])
        size = 0.04  # of speech of another kind
        for waveform in clips(20 * AUDITED, seed=6):
            subject([waveform])
        near = clip(1.0, 1.0 - 0.06, -1, -2, -3)
        before = asked(exact, "exact")
        subject([near])
        assert asked(exact, "exact") == before + 1

    def test_speech_that_is_shorter_than_what_is_known_is_learnt_from_too(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        paced(monkeypatch, exact=1.0, quick=0.4)

        def by_length(values: torch.Tensor) -> torch.Tensor:
            return shaken(0.001 if values.shape[1] > LABELS else 0.04)(values)

        exact = scripted(by_length)
        subject = Mixed(exact)
        for waveform in clips(40, seed=20):
            subject([np.concatenate([waveform, np.full(LABELS, -9, np.float32)])])
        first, second = clips(2, seed=21)
        near = clip(1.0, 1.0 - 0.06, -1, -2, -3)
        subject([first])
        before = asked(exact, "exact")
        subject([near])
        assert asked(exact, "exact") == before + 1
        subject([second])
        assert asked(exact, "exact") == before + 1


class TestGivingUp:
    def test_where_margins_are_narrow_after_a_few_clips(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        paced(monkeypatch, exact=1.0, quick=0.5)
        exact = scripted(shaken(0.04))
        subject = Mixed(exact)
        speech = clips(100, seed=7, narrow=1.0)
        answers = [subject([waveform])[0] for waveform in speech]
        np.testing.assert_array_equal(answers, speech)
        assert asked(exact, "quick") <= LEARNT
        assert "too near to a tie" in subject.outcome

    def test_where_margins_become_narrow_later(self, monkeypatch: pytest.MonkeyPatch) -> None:
        paced(monkeypatch, exact=1.0, quick=0.5)
        exact = scripted(shaken(0.02))
        subject = Mixed(exact)
        for waveform in clips(50, seed=8):
            subject([waveform])
        before = asked(exact, "quick")
        for waveform in clips(400, seed=9, narrow=1.0):
            subject([waveform])
        assert asked(exact, "quick") - before < 100
        assert "too near to a tie" in subject.outcome

    def test_where_it_takes_as_long(self, monkeypatch: pytest.MonkeyPatch) -> None:
        paced(monkeypatch, exact=1.0, quick=1.2)
        exact = scripted(shaken(0.0001))
        subject = Mixed(exact)
        for waveform in clips(50, seed=10):
            subject([waveform])
        assert asked(exact, "quick") == 4
        assert "takes 120% of the time" in subject.outcome

    def test_where_logits_move_far(self, monkeypatch: pytest.MonkeyPatch) -> None:
        paced(monkeypatch, exact=1.0, quick=0.1)
        subject = Mixed(scripted(shaken(0.5)))
        speech = clips(50, seed=11)
        answers = [subject([waveform])[0] for waveform in speech]
        np.testing.assert_array_equal(answers, speech)
        assert "of their range, which should be at most 5%" in subject.outcome

    def test_where_a_processor_has_no_instructions_for_it_no_clip_is_tried(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(mixed, "_multiplies_sooner", lambda _: False)
        exact = scripted(shaken(0.001))
        subject = Mixed(exact)
        for waveform in clips(20, seed=12):
            subject([waveform])
        assert asked(exact, "quick") == 0
        assert subject.outcome == (
            "answered in float32, for bfloat16 is not multiplied faster by this processor"
        )

    def test_where_there_is_no_memory_for_a_copy(self, monkeypatch: pytest.MonkeyPatch) -> None:
        paced(monkeypatch, exact=1.0, quick=0.1)
        monkeypatch.setattr(mixed, "free_memory", lambda: 3)
        subject = Mixed(scripted(shaken(0.001)))
        (waveform,) = clips(1, seed=16)
        np.testing.assert_array_equal(subject([waveform])[0], waveform)
        assert subject.outcome.endswith("for bfloat16 has no memory for weights of its own")

    @pytest.mark.parametrize("error", [RuntimeError, TypeError, NotImplementedError])
    def test_where_a_layer_has_no_such_arithmetic(
        self, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
    ) -> None:
        paced(monkeypatch, exact=1.0, quick=0.1)

        def fails(_: torch.Tensor) -> torch.Tensor:
            raise error("not implemented for 'BFloat16'")

        speech = clips(20, seed=13)
        subject = Mixed(scripted(fails))
        np.testing.assert_array_equal([subject([waveform])[0] for waveform in speech], speech)
        assert "cannot answer: " in subject.outcome

    @pytest.mark.parametrize("error", [RuntimeError, AttributeError, AssertionError])
    def test_where_it_fails_only_later(
        self, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
    ) -> None:
        paced(monkeypatch, exact=1.0, quick=0.1)

        def fails(values: torch.Tensor) -> torch.Tensor:
            if (values > 100).any():
                raise error("not for clips of this length")
            return shaken(0.001)(values)

        subject = Mixed(scripted(fails))
        for waveform in clips(20, seed=19):
            subject([waveform])
        huge = clip(500, 1, 0, -1, -2)
        np.testing.assert_array_equal(subject([huge])[0], huge)
        for waveform in clips(20, seed=20):
            np.testing.assert_array_equal(subject([waveform])[0], waveform)
        assert subject.outcome.startswith("the labels are those of float32: ")
        assert subject.outcome.endswith(
            "; then all are in float32, for bfloat16 cannot answer:"
            f" {error.__name__}: not for clips of this length"
        )

    def test_a_failure_in_float32_is_told_and_nobody_waits_for_it(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        paced(monkeypatch, exact=1.0, quick=0.4)
        subject = Mixed(scripted(shaken(0.001)))
        with pytest.raises(OtherInterface, match="a row for each"):
            subject([np.zeros((LABELS, 1), np.float32)])
        for waveform in clips(20, seed=14):
            assert subject([waveform])[0].shape == (LABELS,)


class TestModels:
    @pytest.fixture(scope="class")
    @classmethod
    def model(cls, tmp_path_factory: pytest.TempPathFactory) -> LoadedModel:
        folder = tiny.build(tmp_path_factory.mktemp("mixed"))
        snapshot = take_snapshot(Candidate("tiny", str(folder), folder))
        return load(outline(snapshot, read_index(snapshot)), threads=1, dtype="mixed")

    @staticmethod
    def speech() -> list[Waveform]:
        rng = np.random.default_rng(15)
        noise = white_noise(3, 16_000)
        return [
            noise[start : start + size] * np.float32(level)
            for start, size, level in zip(
                rng.integers(0, 16_000, 120),
                rng.integers(400, 24_000, 120),
                rng.uniform(0.01, 1, 120),
                strict=True,
            )
        ]

    def test_threads_that_ask_at_a_time_get_the_labels_of_float32(
        self, model: LoadedModel, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(mixed, "_multiplies_sooner", lambda _: True)
        monkeypatch.setattr(mixed._Book, "_require_gain", lambda *_: None)
        said: list[str] = []
        given = (model.batching, True, 2)
        exact = dict(Hosted(lambda _: model).answers(self.speech(), said.append, *given))
        assert not said
        hosted = Hosted(lambda _: model, mixed=True)
        found = dict(hosted.answers(self.speech(), said.append, *given))
        assert labels([found[place] for place in sorted(exact)]) == labels(
            [exact[place] for place in sorted(exact)]
        )
        assert "bfloat16" in said[-1]
        assert any((found[place] != exact[place]).any() for place in exact)

    def test_nothing_is_said_where_no_clip_can_be_read(
        self, model: LoadedModel, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(mixed, "_multiplies_sooner", lambda _: True)
        said: list[str] = []
        hosted = Hosted(lambda _: model, mixed=True)
        assert not [*hosted.answers([], said.append, model.batching, True, 2)]
        assert not said

    def test_a_copy_in_fewer_bits_leaves_the_module_as_it_is(self, model: LoadedModel) -> None:
        network = model.network
        assert isinstance(network, TorchNetwork)
        before = {name: value.clone() for name, value in network.module.state_dict().items()}
        small = mixed._in_fewer_bits(network.module, torch.bfloat16)
        assert {value.dtype for value in small.parameters()} == {torch.bfloat16}
        assert not small.training
        for name, value in network.module.state_dict().items():
            assert value.dtype is before[name].dtype
            assert torch.equal(value, before[name])
        with torch.inference_mode():
            answer = replace(network, module=small)([white_noise(1, 16_000)])
            wanted = network([white_noise(1, 16_000)])
        assert np.abs(answer - wanted).max() < 0.1 * max(float(np.ptp(wanted)), 1)

    def test_weights_that_are_functions_of_others_are_computed_once_and_answer_alike(
        self, tmp_path: Path
    ) -> None:
        folder = tiny.build(tmp_path)
        snapshot = take_snapshot(Candidate("tiny", str(folder), folder))
        found = load(outline(snapshot, read_index(snapshot)), threads=1)
        assert isinstance(found.network, TorchNetwork)
        assert not any(
            "parametrizations" in name for name, _ in found.network.module.named_modules()
        )
        noise = white_noise(1, 16_000)
        np.testing.assert_array_equal(found.logits(noise), tiny.reference(folder, noise))
