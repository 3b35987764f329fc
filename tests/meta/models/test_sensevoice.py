"""SenseVoiceSmall, rebuilt: against FunASR itself, and what its repositories may have wrong."""

import json
import os
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
import torch
from huggingface_hub import close_session
from numpy.typing import NDArray
from safetensors.torch import save_file

from sertify.candidates.entries import SamplingRate
from sertify.candidates.reading import Candidate
from sertify.corpora.audio import Waveform, white_noise
from sertify.gates.labels import judge_emotions
from sertify.gates.loadability import require
from sertify.gates.weights import judge_index, judge_promise
from sertify.hub.repositories import fetch
from sertify.hub.snapshots import Snapshot, read_index, take_snapshot
from sertify.hub.tensors.index import TensorIndex
from sertify.models.blueprints import Batching, Blueprint
from sertify.models.loaders.choice import choose_loader
from sertify.models.loaders.sensevoice_features import log_mel_frames, stacked_frames
from sertify.models.loaders.sensevoice_recipe import FilterBank
from sertify.models.loaders.sensevoice_tokens import pieces_of
from sertify.models.loading import load, outline
from sertify.models.model import LoadedModel
from sertify.models.proofs import is_concurrent, proven
from sertify.vocabulary.errors import Rejected
from tests.meta import tiny
from tests.meta.local_hub import LocalHub, use_hub
from tests.meta.models import sensevoice_by_funasr
from tests.meta.models.sensevoice_replicas import Sizes, build, pieces, tokens_of
from tests.meta.runs import Run
from tests.meta.steps import certified

pytestmark = pytest.mark.slow(0.1)

CONF, NORMALIZATION, WEIGHTS, TOKENS = "config.yaml", "am.mvn", "model.pt", "tokens.json"
PIECES = "chn_jpn_yue_eng_ko_spectok.bpe.model"
LABELS = (
    "happy", "sad", "angry", "neutral", "fearful", "disgusted", "surprised", "other", "unknown",
)  # fmt: skip
REPO = "FunAudioLLM/SenseVoiceSmall"
# The published vocabulary; other sizes throughout, of which some do not divide each other.
PUBLISHED = Sizes(width=4, hidden=8, tokens=25_055, first=25_001, lean=7)
REPLICAS = {
    "small": Sizes(),
    "published": PUBLISHED,
    "other": Sizes(
        24, 3, 40, 1, 0, kernel=6, delay=2, bins=40, stacked=4, step=3, first=5, lean=-3
    ),
}
_NOISE = white_noise(3, 16_000)
CLIPS: dict[str, Waveform] = {
    "second": _NOISE[:16_000],
    "quiet": np.float32(0.003) * _NOISE[:9_601],
    "loud": np.float32(4) * _NOISE[:12_345].clip(-0.25, 0.25),
    "shortest": _NOISE[:400],
    "silent": np.zeros(8_000, np.float32),
    "long": _NOISE,
}
_GOLDEN = Path(__file__).with_suffix(".json")
GOLDEN: dict[str, Any] = json.loads(_GOLDEN.read_text("utf-8")) if _GOLDEN.exists() else {}
"""What FunASR 1.4.0 answers: made by `python -m tests.meta.models.test_sensevoice`."""


def snapshot(folder: Path, **entry: Any) -> Snapshot:
    return take_snapshot(Candidate(name="tiny", model="./tiny", folder=folder, **entry))


def outlined(folder: Path, **entry: Any) -> Blueprint:
    taken = snapshot(folder, **entry)
    index = read_index(taken)
    require(judge_index(**index.facts))
    return outline(taken, index)


def loaded(folder: Path, **entry: Any) -> LoadedModel:
    """Return the model of a candidate that no check rejects."""
    return certified(outlined(folder, **entry))


def rejection(folder: Path, **entry: Any) -> str:
    with pytest.raises(Rejected) as caught:
        loaded(folder, **entry)
    return str(caught.value)


def agree(found: NDArray[np.float32], wanted: Any) -> None:
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-5)


@pytest.fixture
def replica(tmp_path: Path) -> Path:
    return build(tmp_path / "tiny")


# ------------------------------------------------------------------ equality


@pytest.mark.parametrize("name", REPLICAS)
def test_it_answers_as_funasr_did(tmp_path: Path, name: str) -> None:
    model = loaded(build(tmp_path / name, REPLICAS[name]))
    for clip, wanted in GOLDEN[name].items():
        agree(model.logits(CLIPS[clip]), wanted["logits"])
    assert model.labels == LABELS
    assert model.sampling_rate == 16_000


@pytest.mark.parametrize("name", REPLICAS)
def test_without_unknown_the_others_are_answered_alike(tmp_path: Path, name: str) -> None:
    folder = build(tmp_path / name, REPLICAS[name])
    model = loaded(folder, loader="sensevoice-no-unk")
    for clip, wanted in GOLDEN[name].items():
        agree(model.logits(CLIPS[clip]), wanted["logits"][:-1])
    assert model.labels == LABELS[:-1]


@pytest.mark.parametrize("name", REPLICAS)
@pytest.mark.parametrize(("loader", "way"), [("auto", "allowed"), ("sensevoice-no-unk", "banned")])
def test_its_answer_is_that_of_funasr_where_that_is_an_emotion(
    tmp_path: Path, name: str, loader: str, way: str
) -> None:
    model = loaded(build(tmp_path / name, REPLICAS[name]), loader=loader)
    for clip, wanted in GOLDEN[name].items():
        told = wanted[way] - REPLICAS[name].first
        if 0 <= told < len(LABELS):
            assert model.logits(CLIPS[clip]).argmax() == told


NEEDED = ("funasr==1.4.0", "torchaudio==2.11.0")


@pytest.fixture
def funasr(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A folder with FunASR, which cannot live beside what this project needs."""
    cache = getattr(request.config, "cache", None)
    if cache is None:  # it is switched off
        install(tmp_path / "packages")
        return tmp_path / "packages"
    key = zlib.crc32(" ".join(NEEDED).encode())
    folder: Path = cache.mkdir(f"funasr-{key:08x}") / "packages"
    if not folder.is_dir():
        install(tmp_path / "packages")
        (tmp_path / "packages").rename(folder)
    return folder


def install(folder: Path) -> None:
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--retries", "1"]
    command = [sys.executable, "-m", "pip", "install", *options, "--timeout", "10"]
    done = subprocess.run(
        [*command, "--target", str(folder), *NEEDED], capture_output=True, text=True, check=False
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        pytest.skip(f"pip cannot get {NEEDED[0]} to compare with: {last}")


@pytest.mark.slow(15)
def test_it_answers_as_funasr(tmp_path: Path, funasr: Path) -> None:
    answers = answers_of_funasr(tmp_path / "replicas", funasr)
    for name, wanted in answers.items():
        sizes, model = REPLICAS[name], loaded(tmp_path / "replicas" / name)
        for clip, waveform in CLIPS.items():
            features = model.network.extractor([waveform])["features"]  # type: ignore[attr-defined]
            agree(features[0].numpy(), wanted[f"{clip} heard"])
            logits = wanted[f"{clip} logits"]
            agree(model.logits(waveform), logits[sizes.first : sizes.first + len(LABELS)])
        assert_as_kept(golden(name, wanted), GOLDEN[name])


def assert_as_kept(found: dict[str, Any], kept: dict[str, Any]) -> None:
    assert found.keys() == kept.keys()
    for clip, answer in kept.items():
        agree(found[clip].pop("logits"), answer["logits"])
        assert found[clip] == {way: answer[way] for way in ("allowed", "banned")}


def answers_of_funasr(root: Path, packages: Path) -> dict[str, Any]:
    """Run FunASR in a process of its own."""
    root.mkdir()
    for name, sizes in REPLICAS.items():
        build(root / name, sizes)
    for name, clip in CLIPS.items():
        np.save(root / f"{name}.npy", clip)
    script = str(sensevoice_by_funasr.__file__)
    environment = {**os.environ, "PYTHONPATH": str(packages), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [sys.executable, script, str(root)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return {name: np.load(root / name / "answers.npz") for name in REPLICAS}


def golden(name: str, answers: Any) -> dict[str, Any]:
    """Return what is kept of the answers to a replica: those of emotions, and what is picked."""
    first = REPLICAS[name].first
    return {
        clip: {
            "logits": [
                round(float(one), 7) for one in answers[f"{clip} logits"][first : first + 9]
            ],
            "allowed": int(answers[f"{clip} allowed"]),
            "banned": int(answers[f"{clip} banned"]),
        }
        for clip in CLIPS
    }


def test_some_golden_answers_are_emotions_and_some_are_not() -> None:
    told = {
        0 <= answer["allowed"] - REPLICAS[name].first < len(LABELS)
        for name, answers in GOLDEN.items()
        for answer in answers.values()
    }
    assert told == {True, False}


def test_clips_of_one_length_share_a_forward(replica: Path) -> None:
    model = loaded(replica)
    clips = [_NOISE[:8_000], _NOISE[8_000:16_000], np.float32(0.01) * _NOISE[:8_000]]
    with torch.inference_mode():
        batch = model.network(clips)
    assert batch.dtype == np.float32
    for logits, clip in zip(batch, clips, strict=True):
        agree(logits, model.logits(clip))
    asked, moved = proven(model)
    assert (asked.batching, asked.concurrent) == (Batching.EQUAL, True)
    assert moved < 1e-5


def test_clips_of_other_lengths_are_asked_about_one_by_one(replica: Path) -> None:
    model = loaded(replica)
    clips = [CLIPS["second"], CLIPS["quiet"], CLIPS["shortest"]]
    with torch.inference_mode():
        batch = model.network(clips)
    for logits, clip in zip(batch, clips, strict=True):
        np.testing.assert_array_equal(logits, model.logits(clip))
    assert is_concurrent(model)


def test_a_tone_is_loudest_where_its_mel_bin_is() -> None:
    bank = FilterBank(16_000, bins=80, length=25, shift=10, stacked=7, step=6)
    time = torch.arange(16_000) / 16_000
    frames = log_mel_frames(0.1 * torch.sin(2 * torch.pi * 1000 * time)[None], bank)
    assert frames.shape == (1, 98, 80)
    # 20 Hz to 8 kHz are 31.75 to 2840 mels, of which 1000 Hz are 1000: in 81 equal steps.
    assert frames[0, 50].argmax() == round((1000 - 31.75) / ((2840.04 - 31.75) / 81)) - 1


@pytest.mark.parametrize(
    ("number", "stacks"),
    [
        (1, [[0, 0, 0, 0, 0, 0, 0]]),
        (6, [[0, 0, 0, 0, 1, 2, 3]]),
        (7, [[0, 0, 0, 0, 1, 2, 3], [3, 4, 5, 6, 6, 6, 6]]),
    ],
)
def test_stacks_repeat_the_frames_at_both_ends(number: int, stacks: list[list[int]]) -> None:
    bank = FilterBank(16_000, bins=1, length=25, shift=10, stacked=7, step=6)
    frames = torch.arange(number, dtype=torch.float32)[None, :, None]
    assert stacked_frames(frames, bank)[0].tolist() == stacks


@pytest.mark.parametrize("variant", ["int8-dynamic", "onnx"])
def test_it_can_be_converted(replica: Path, variant: str) -> None:
    if variant == "onnx":
        pytest.importorskip("onnxruntime")
    plain, other = loaded(replica), loaded(replica, variant=variant)
    for clip in ("second", "quiet"):
        wanted = plain.logits(CLIPS[clip])
        moved = np.abs(other.logits(CLIPS[clip]) - wanted).max()
        assert moved < (0.1 if variant == "int8-dynamic" else 1e-4) * np.ptp(wanted)


def test_it_answers_in_half_precision(replica: Path) -> None:
    model = load(outlined(replica), dtype="bfloat16")
    wanted = loaded(replica).logits(CLIPS["second"])
    assert np.abs(model.logits(CLIPS["second"]) - wanted).max() < 0.1 * np.ptp(wanted)


# ------------------------------------------------------------------ forms of a checkpoint


def edit(folder: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    """Change the tensors of a checkpoint in place."""
    tensors = torch.load(folder / WEIGHTS, weights_only=True)
    torch.save(change(tensors) or tensors, folder / WEIGHTS)


@pytest.mark.parametrize("key", ["state_dict", "model_state_dict", "model"])
def test_its_tensors_may_be_under_a_key(replica: Path, key: str) -> None:
    edit(replica, lambda tensors: {key: tensors, "epoch": 3})
    said = f"Its weights are in {key} of what a training run saved."
    assert outlined(replica).remark.endswith(said)
    agree(loaded(replica).logits(CLIPS["second"]), GOLDEN["small"]["second"]["logits"])


def test_a_wrapper_of_training_is_taken_off_and_that_is_said(replica: Path) -> None:
    edit(replica, lambda tensors: {f"module.{name}": one for name, one in tensors.items()})
    said = "The names of its tensors begin with module., which was left out."
    assert outlined(replica).remark.endswith(said)
    agree(loaded(replica).logits(CLIPS["second"]), GOLDEN["small"]["second"]["logits"])


def test_weights_of_half_precision_are_loaded_as_float32(replica: Path) -> None:
    edit(replica, lambda tensors: {name: one.half() for name, one in tensors.items()})
    logits = loaded(replica).logits(CLIPS["second"])
    assert logits.dtype == np.float32
    np.testing.assert_allclose(logits, GOLDEN["small"]["second"]["logits"], atol=0.05)


@pytest.mark.parametrize("name", ["model.pt.avg10", "best/model.pt", "model.safetensors"])
def test_its_weights_may_have_the_name_that_is_asked_for(replica: Path, name: str) -> None:
    (replica / "best").mkdir()
    tensors = torch.load(replica / WEIGHTS, weights_only=True)
    if name.endswith(".safetensors"):
        save_file(tensors, replica / name)
    else:
        (replica / WEIGHTS).rename(replica / name)
    model = loaded(replica, weights=name)
    agree(model.logits(CLIPS["second"]), GOLDEN["small"]["second"]["logits"])


def test_an_export_is_no_checkpoint(replica: Path) -> None:
    (replica / WEIGHTS).rename(replica / "model.onnx")
    message = "no_weights: it has no model.pt; its files are "
    assert rejection(replica).startswith(message)
    assert rejection(replica, weights="model.onnx").startswith(message)


def test_weights_before_torch_1_6_answer_the_same(replica: Path) -> None:
    tensors = torch.load(replica / WEIGHTS, weights_only=True)
    torch.save(tensors, replica / WEIGHTS, _use_new_zipfile_serialization=False)
    assert outlined(replica).weights is None
    agree(loaded(replica).logits(CLIPS["second"]), GOLDEN["small"]["second"]["logits"])


# ------------------------------------------------------------------ what is chosen, and said


def test_it_is_chosen_by_what_its_config_names(replica: Path) -> None:
    assert choose_loader(snapshot(replica), TensorIndex({})).name == "sensevoice"
    (replica / "config.json").write_text("{}")
    assert choose_loader(snapshot(replica), TensorIndex({})).name == "sensevoice"


@pytest.mark.parametrize("model", ["Paraformer", "SenseVoiceLarge", "[SenseVoiceSmall]"])
def test_another_model_of_funasr_is_not_chosen(replica: Path, model: str) -> None:
    swap("model: SenseVoiceSmall", f"model: {model}")(replica)
    with pytest.raises(Rejected, match="unsupported_library: it is in FunASR's format"):
        choose_loader(snapshot(replica), TensorIndex({}))


def test_a_config_of_transformers_comes_first(replica: Path) -> None:
    tiny.build(replica)
    assert choose_loader(snapshot(replica), TensorIndex({})).name == "transformers"


def test_what_it_leaves_out_is_said(replica: Path) -> None:
    remark = (
        "Rebuilt from config.yaml without FunASR, and without the random noise (dither) of its "
        "features. The language is left to the model. Where FunASR would name no emotion, the "
        "likeliest one counts."
    )
    assert outlined(replica).remark == remark
    banned = " It may not answer that it cannot tell, as in its published scores."
    assert outlined(replica, loader="sensevoice-no-unk").remark == remark + banned


def test_what_is_known_of_it_before_its_weights_are_there(replica: Path) -> None:
    blueprint = outlined(replica)
    numbers = sum(one.numel() for one in torch.load(replica / WEIGHTS).values())
    assert blueprint.files == (WEIGHTS,)
    assert blueprint.memory == 4 * numbers
    assert (blueprint.outputs, blueprint.receptive_field) == (9, 400)
    assert (blueprint.shortest, blueprint.longest) == (0, 30)
    assert blueprint.weights is not None
    assert blueprint.weights.parameters == numbers
    assert blueprint.weights.random == blueprint.weights.unexpected == ()


def test_given_labels_win(replica: Path) -> None:
    labels = tuple(label.upper() for label in LABELS)
    assert loaded(replica, labels=labels).labels == labels
    assert rejection(replica, labels=labels[:3]).startswith("label_count_mismatch: ")


def test_a_given_feature_extractor_is_of_no_use(replica: Path) -> None:
    model = loaded(replica, feature_extractor=SamplingRate(sampling_rate=8_000))
    assert model.sampling_rate == 16_000
    unused = "It has no use for the `feature_extractor:` of candidates.yaml."
    assert model.blueprint.remark.endswith(unused)


def test_unknown_is_no_emotion_unless_somebody_says_which(replica: Path) -> None:
    def judged(**entry: Any) -> str:
        candidate = Candidate(name="tiny", model="./tiny", folder=replica, **entry)
        labels = [str(label) for label in outlined(replica, **entry).labels]
        return judge_emotions(labels, candidate).message

    assert judged(loader="sensevoice-no-unk") == ""
    assert judged(emotions={"unknown": "other"}) == ""
    assert judged().startswith("label unknown is not known as an emotion")


# ------------------------------------------------------------------ its vocabulary


def test_emotions_are_where_the_vocabulary_says(tmp_path: Path) -> None:
    tokens = tokens_of(Sizes())
    folder = build(tmp_path / "tiny")
    places = [tokens.index(f"<|{name}|>") for name in ("SAD", "HAPPY")]
    tokens[places[0]], tokens[places[1]] = tokens[places[1]], tokens[places[0]]
    (folder / TOKENS).write_text(json.dumps(tokens))
    model = loaded(folder)
    assert model.labels == ("sad", "happy", *LABELS[2:])
    agree(model.logits(CLIPS["second"]), GOLDEN["small"]["second"]["logits"])


def test_its_vocabulary_may_be_that_of_sentencepiece(tmp_path: Path) -> None:
    model = loaded(build(tmp_path / "tiny", vocabulary=PIECES))
    agree(model.logits(CLIPS["second"]), GOLDEN["small"]["second"]["logits"])
    assert "vocabulary" not in model.blueprint.remark


def test_pieces_are_those_that_sentencepiece_reads() -> None:
    library = pytest.importorskip("sentencepiece")
    tokens = tokens_of(Sizes(tokens=300))
    processor = library.SentencePieceProcessor()
    processor.LoadFromSerializedProto(pieces(tokens))
    assert [processor.id_to_piece(place) for place in range(300)] == tokens


def test_pieces_are_in_the_order_of_their_ids() -> None:
    tokens = [*tokens_of(Sizes(tokens=300)), "x" * 500]
    assert list(pieces_of(pieces(tokens))) == tokens


def test_without_a_vocabulary_the_published_one_is_taken_and_that_is_said(tmp_path: Path) -> None:
    model = loaded(build(tmp_path / "tiny", PUBLISHED, vocabulary=""))
    agree(model.logits(CLIPS["second"]), GOLDEN["published"]["second"]["logits"])
    said = "It has no vocabulary: its emotions are those of the published model."
    assert model.blueprint.remark.endswith(said)


def test_without_a_vocabulary_its_outputs_have_to_be_the_published_ones(tmp_path: Path) -> None:
    message = (
        "label_count_mismatch: the vocabulary of the published model, for it has none of its own,"
        " has 25,055 tokens, but ctc.ctc_lo has 40 outputs"
    )
    assert rejection(build(tmp_path / "tiny", vocabulary="")) == message


def test_the_vocabulary_may_have_another_name_that_the_repository_says(tmp_path: Path) -> None:
    folder = build(tmp_path / "tiny", vocabulary="")
    (folder / "words.model").write_bytes(pieces(tokens_of(Sizes())))
    swap(PIECES, "words.model", "configuration.json")(folder)
    assert "vocabulary" not in loaded(folder).blueprint.remark


def test_the_normalization_may_have_another_name_that_the_repository_says(replica: Path) -> None:
    (replica / NORMALIZATION).rename(replica / "mean.txt")
    swap(NORMALIZATION, "mean.txt", "configuration.json")(replica)
    agree(loaded(replica).logits(CLIPS["second"]), GOLDEN["small"]["second"]["logits"])


_NESTED = b"[" * 100_000 + b"]" * 100_000


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (TOKENS, b"{}", "cannot be read: it is {}, but should be a list of texts"),
        (TOKENS, b'["a", 1]', "cannot be read: it is ['a', 1], but should be a list of texts"),
        (TOKENS, b"[", "cannot be read: "),
        (TOKENS, _NESTED, "cannot be read: "),
        (TOKENS, b'["a", "b"]', "has no <|HAPPY|>, <|SAD|>, "),
        (TOKENS, b" " * 4_000_001, "cannot be read: it has 4 MB, and no more than 4 MB are read"),
        (PIECES, b"", "has no <|HAPPY|>, "),
        (PIECES, b"\xff" * 99, "cannot be read: it is no SentencePiece model, or ends early"),
        (PIECES, b"\x0a\x7f", "cannot be read: it is no SentencePiece model, or ends early"),
        (PIECES, b"\x0b", "cannot be read: it is no SentencePiece model"),
        (PIECES, b"\x0a\x03\x0a\x01\xff", "cannot be read: "),
        (PIECES, b"<html></html>", "cannot be read: it is no SentencePiece model"),
    ],
)
def test_a_vocabulary_that_cannot_be_read_is_told(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    folder = build(tmp_path / "tiny", vocabulary="")
    (folder / name).write_bytes(content)
    assert rejection(folder).startswith(f"bad_config: {name} {message}")


def test_each_emotion_is_there_once(replica: Path) -> None:
    tokens = tokens_of(Sizes())
    tokens[3] = "<|SAD|>"
    (replica / TOKENS).write_text(json.dumps(tokens))
    message = "tokens.json has <|SAD|> more than once, but should have each emotion once"
    assert rejection(replica) == f"bad_config: {message}"


# ------------------------------------------------------------------ what is refused


def without(name: str) -> Callable[[Path], Any]:
    return lambda folder: (folder / name).unlink()


def swap(old: str, new: str, name: str = CONF) -> Callable[[Path], Any]:
    def change(folder: Path) -> None:
        text = (folder / name).read_text("utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1), "utf-8")

    return change


def write(name: str, content: str | bytes) -> Callable[[Path], Any]:
    encoded = content.encode() if isinstance(content, str) else content
    return lambda folder: (folder / name).write_bytes(encoded)


def lacks(name: str) -> Callable[[Path], Any]:
    return lambda folder: edit(folder, lambda tensors: tensors.pop(name) is None)


def has(name: str, tensor: torch.Tensor) -> Callable[[Path], Any]:
    return lambda folder: edit(folder, lambda tensors: tensors.update({name: tensor}))


def bad(key: str, value: str, wanted: str) -> str:
    return f"bad_config: {CONF}: {key} is {value}, but should be {wanted}"


def unknown(key: str, value: str, known: str) -> str:
    what = f"{CONF} has {key} {value} in place of {known}"
    return f"unsupported_library: {what}, which this loader does not know"


BACKBONE, HEAD = "incomplete_backbone: 1 weights are random", "random_head: 1 weights are random"
MVN = f"no_feature_extractor: {NORMALIZATION} cannot be used:"
WRONG: dict[str, tuple[Callable[[Path], Any], str]] = {
    "no-weights": (without(WEIGHTS), "no_weights: it has no model.pt; its files are "),
    "no-yaml": (write(CONF, "model: SenseVoiceSmall\na: ["), f"bad_config: {CONF} cannot be read:"),
    "no-text": (write(CONF, b"\xff\xfe"), f"bad_config: {CONF} cannot be read:"),
    "list": (write(CONF, "- model: SenseVoiceSmall"), f"bad_config: {CONF} cannot be read: "),
    "part-of-no-kind": (
        swap("ctc_conf:", "ctc_conf: 7\nother:"),
        bad("ctc_conf", "7", "a mapping from names to values"),
    ),
    "other-encoder": (
        swap("encoder: SenseVoiceEncoderSmall", "encoder: ConformerEncoder"),
        unknown("encoder", "'ConformerEncoder'", "SenseVoiceEncoderSmall"),
    ),
    "no-encoder": (
        swap("encoder: SenseVoiceEncoderSmall\n", ""),
        unknown("encoder", "None", "SenseVoiceEncoderSmall"),
    ),
    "other-frontend": (
        swap("WavFrontend", "WhisperFrontend"),
        unknown("frontend", "'WhisperFrontend'", "WavFrontend"),
    ),
    "normalised-again": (
        swap("normalize: null", "normalize: GlobalMVN"),
        unknown("normalize", "'GlobalMVN'", "None"),
    ),
    "norm-after": (
        swap("normalize_before: true", "normalize_before: false"),
        unknown("encoder_conf.normalize_before", "False", "True"),
    ),
    "other-window": (
        swap("hamming", "povey"),
        unknown("frontend_conf.window", "'povey'", "hamming"),
    ),
    "frames-beyond-the-end": (
        swap("fs: 16000", "fs: 16000\n    snip_edges: false"),
        unknown("frontend_conf.snip_edges", "False", "True"),
    ),
    "list-for-a-name": (
        swap("hamming", "[hamming]"),
        unknown("frontend_conf.window", "('hamming',)", "hamming"),
    ),
    "no-layer-before-the-tokens": (
        swap("reduce: true", "extra_linear: false"),
        unknown("ctc_conf.extra_linear", "False", "True"),
    ),
    "blocks-of-no-kind": (
        swap("num_blocks: 3", "num_blocks: many"),
        bad("encoder_conf.num_blocks", "'many'", "a whole number from 1 to 200"),
    ),
    "blocks-beyond-memory": (
        swap("num_blocks: 3", "num_blocks: 1000000000"),
        bad("encoder_conf.num_blocks", "1000000000", "a whole number from 1 to 200"),
    ),
    "true-for-a-number": (
        swap("kernel_size: 11", "kernel_size: true"),
        bad("encoder_conf.kernel_size", "True", "a whole number from 1 to 255"),
    ),
    "references": (
        swap("output_size: 16", "output_size: ${model_conf.width}"),
        bad("encoder_conf.output_size", "'${model_conf.width}'", "a whole number from 2 to 8,192"),
    ),
    "heads-that-do-not-divide": (
        swap("attention_heads: 2", "attention_heads: 3"),
        bad("encoder_conf.output_size", "16", "a multiple of attention_heads, which is 3"),
    ),
    "memory-of-the-future": (
        swap("sanm_shfit: 0", "sanm_shfit: 6"),
        bad("encoder_conf.sanm_shfit", "6", "at most 5, for kernel_size is 11"),
    ),
    "odd-frames": (
        swap("n_mels: 80", "n_mels: 81"),
        bad("frontend_conf.n_mels times lfr_m", "567", "an even number"),
    ),
    "rate-of-no-speech": (
        swap("fs: 16000", "fs: 4000"),
        bad("frontend_conf.fs", "4000", "a whole number from 8,000 to 48,000"),
    ),
    "tokens-of-another-number": (
        has("ctc.ctc_lo.weight", torch.zeros(41, 16)),
        "label_count_mismatch: tokens.json has 40 tokens, but ctc.ctc_lo has 41 outputs",
    ),
    "no-head": (lacks("ctc.ctc_lo.weight"), f"{HEAD}, but all should come from the checkpoint"),
    "no-bias-of-the-head": (lacks("ctc.ctc_lo.bias"), HEAD),
    "no-questions": (lacks("embed.weight"), f"{BACKBONE}, but all should come from the checkpoint"),
    "no-first-block": (lacks("encoder.encoders0.0.self_attn.linear_q_k_v.weight"), BACKBONE),
    "no-memory": (lacks("encoder.encoders.1.self_attn.fsmn_block.weight"), BACKBONE),
    "no-last-block": (lacks("encoder.tp_encoders.1.feed_forward.w_2.bias"), BACKBONE),
    "no-norm": (lacks("encoder.after_norm.weight"), BACKBONE),
    "no-last-norm": (lacks("encoder.tp_norm.bias"), BACKBONE),
    "other-width": (
        swap("linear_units: 24", "linear_units: 32"),
        "incompatible_shapes: the checkpoint has encoder.encoders.0.feed_forward.w_1.bias [24] wh",
    ),
    "other-features": (
        swap("n_mels: 80", "n_mels: 40"),
        "incompatible_shapes: the checkpoint has encoder.embed.weight [16, 560] where ",
    ),
    "layer-too-many": (
        has("encoder.encoders.2.norm1.weight", torch.ones(16)),
        "unused_layers: ",
    ),
    "fewer-blocks": (swap("tp_blocks: 2", "tp_blocks: 1"), "unused_layers: "),
    "not-finite": (
        has("encoder.tp_norm.bias", torch.full((16,), torch.nan)),
        "non_finite_weights: encoder.tp_norm.bias",
    ),
    "whole-numbers": (
        has("encoder.encoders.0.self_attn.linear_out.weight", torch.ones(16, 16).to(torch.int8)),
        "quantized_weights: the checkpoint holds encoder.encoders.0.self_attn.linear_out.weight as",
    ),
    "garbage": (write(WEIGHTS, "<html>" * 99), "corrupt_weights: "),
    "no-normalization": (
        without(NORMALIZATION),
        "no_feature_extractor: it has no am.mvn, by which what it hears is normalised; ",
    ),
    "normalization-elsewhere": (
        swap(NORMALIZATION, "../am.mvn", "configuration.json"),
        "no_feature_extractor: it has no ../am.mvn, by which what it hears is normalised; ",
    ),
    "files-that-cannot-be-read": (
        write("configuration.json", "{"),
        "bad_config: configuration.json cannot be read: ",
    ),
    "empty-normalization": (
        write(NORMALIZATION, ""),
        f"{MVN} it ends, but there should be <Nnet>",
    ),
    "html-normalization": (
        write(NORMALIZATION, "<html>"),
        f"{MVN} word 1 is '<html>', but there should be <Nnet>",
    ),
    "normalization-of-another-width": (
        swap("<AddShift> 560 560", "<AddShift> 400 400", NORMALIZATION),
        f"{MVN} word 9 is '400', but there should be 560",
    ),
    "no-rescale": (
        swap("<Rescale>", "<Scale>", NORMALIZATION),
        f"{MVN} word 575 is '<Scale>', but there should be <Rescale>",
    ),
    "splice-that-moves": (
        swap("[ 0 ]", "[ -1 0 1 ]", NORMALIZATION),
        f"{MVN} word 6 is '-1', but there should be 0",
    ),
    "number-too-many": (
        swap("0 [ -", "0 [ 1.5 -", NORMALIZATION),
        f"{MVN} word 574 is '-",
    ),
    "no-number": (
        swap("0 [ -", "0 [ nan -", NORMALIZATION),
        f"{MVN} word 14 is 'nan', but there should be 560 numbers for <AddShift>",
    ),
    "infinite": (
        swap(" ]\n<Rescale>", "e99 ]\n<Rescale>", NORMALIZATION),
        f"{MVN} a number of <AddShift> is too large",
    ),
    "something-after": (
        swap("</Nnet>", "</Nnet> <Nnet>", NORMALIZATION),
        f"{MVN} word 1143 is '<Nnet>', but there should be nothing more",
    ),
    "endless": (
        write(NORMALIZATION, "<Nnet> " + "1 " * 600_000),
        f"{MVN} 1,200,007 characters, but at most 1,000,000 are read",
    ),
    "no-text-normalization": (write(NORMALIZATION, b"\xff\xfe"), f"{MVN} "),
}


@pytest.mark.parametrize(("breaker", "message"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_refused(
    replica: Path, breaker: Callable[[Path], Any], message: str
) -> None:
    breaker(replica)
    found = rejection(replica, loader="sensevoice").removesuffix(
        " (candidates.yaml says loader: sensevoice; auto looks which one fits)"
    )
    assert found.startswith(message), found


def test_asked_for_by_name_it_needs_its_config(tmp_path: Path) -> None:
    message = "no_config: it has no config.yaml; its files are config.json, "
    assert rejection(tiny.build(tmp_path / "tiny"), loader="sensevoice").startswith(message)


def test_no_code_of_its_config_runs(replica: Path, tmp_path: Path) -> None:
    mark = tmp_path / "executed"
    code = f"!!python/object/apply:os.system ['touch {mark}']"
    swap("keep_nbest_models: 20", f"keep_nbest_models: {code}")(replica)
    swap("ignore_nan_grad: true", f"ignore_nan_grad: __import__('os').mkdir('{mark}')")(replica)
    agree(loaded(replica).logits(CLIPS["second"]), GOLDEN["small"]["second"]["logits"])
    assert not mark.exists()


class Payload:
    """What an attacker pickles: unpickled without care, it makes a directory."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.mark),)


def test_the_payload_of_a_checkpoint_does_not_run(replica: Path, tmp_path: Path) -> None:
    mark = tmp_path / "executed"
    edit(replica, lambda tensors: tensors | {"payload": Payload(mark)})
    assert rejection(replica).startswith("unsafe_pickle: ")
    # Nor where nobody looked before.
    blueprint = outline(snapshot(replica), TensorIndex({}, problem="not looked at"))
    with pytest.raises(Rejected, match="unsafe_pickle"):
        blueprint.loader.load(blueprint, "cpu")
    assert not mark.exists()


# ------------------------------------------------------------------ from a hub


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalHub]:
    with LocalHub(tmp_path / "hub") as local:
        use_hub(monkeypatch, local.url, tmp_path / "cache")
        yield local
    close_session()


@pytest.mark.parametrize("vocabulary", [TOKENS, PIECES])
def test_it_is_judged_before_its_weights_are_downloaded(hub: LocalHub, vocabulary: str) -> None:
    folder = build(hub.root / REPO, vocabulary=vocabulary)
    assert sum(path.stat().st_size for path in folder.iterdir()) < 1_000_000
    taken = take_snapshot(Candidate(name="tiny", model=REPO))
    blueprint = outline(taken, read_index(taken))
    require(judge_promise(blueprint.weights, blueprint.unknown))
    assert blueprint.loader.name == "sensevoice"
    assert not (taken.folder / WEIGHTS).exists()
    assert f"{REPO}/{vocabulary}" in hub.downloads
    fetch(taken, blueprint.files)
    agree(certified(blueprint).logits(CLIPS["second"]), GOLDEN["small"]["second"]["logits"])


def test_a_missing_layer_is_told_without_the_weights(hub: LocalHub) -> None:
    lacks("encoder.tp_encoders.0.norm1.bias")(build(hub.root / REPO))
    taken = take_snapshot(Candidate(name="tiny", model=REPO))
    blueprint = outline(taken, read_index(taken))
    with pytest.raises(Rejected, match="incomplete_backbone"):
        require(judge_promise(blueprint.weights, blueprint.unknown))
    assert not (taken.folder / WEIGHTS).exists()


def test_its_card_says_licence_and_languages(hub: LocalHub) -> None:
    build(hub.root / REPO)
    facts = take_snapshot(Candidate(name="tiny", model=REPO)).facts["repository"]
    assert facts["languages"] == ("en", "zh", "ja", "ko")
    assert facts["licence"].startswith("other")


# ------------------------------------------------------------------ through a whole run


ENTRIES = """\
requirements: {uar: {min: 0}}
candidates:
  - {name: as-it-ships, model: ./tiny, emotions: {unknown: other}}
  - {name: banned, model: ./tiny, loader: sensevoice-no-unk}
  - {name: untold, model: ./tiny, status: rejected, reason: unknown_labels}
  - {name: lacking, model: ./lacking, status: rejected, reason: incomplete_backbone}
"""


@pytest.mark.slow(8)
def test_a_run_judges_both_readings(replica: Path, some_speech: Path, run: Run) -> None:
    lacks("encoder.after_norm.bias")(build(replica.parent / "lacking"))
    path = replica.parent / "candidates.yaml"
    path.write_text(ENTRIES)
    outcome = run("-m", "loadability or labels or accuracy", "--data", some_speech, candidates=path)
    for name in ("as-it-ships", "banned"):
        judged = [case for case in outcome.of(name) if case.gate in ("loadability", "labels")]
        assert {case.kind for case in judged} == {"passed"}
        assert "uar" in outcome.candidate(name)["numbers"]
    reasons = {name: outcome.candidate(name)["reason"] for name in ("untold", "lacking")}
    assert reasons == {"untold": "unknown_labels", "lacking": "incomplete_backbone"}


if __name__ == "__main__":
    with TemporaryDirectory() as made:
        install(Path(made) / "packages")
        told = answers_of_funasr(Path(made) / "replicas", Path(made) / "packages")
        kept = {name: golden(name, answers) for name, answers in told.items()}
    _GOLDEN.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")
