"""SpeechBrain's classifiers, rebuilt: against SpeechBrain itself, and against their description."""

import json
import os
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from huggingface_hub import close_session
from numpy.typing import NDArray

from sertify.candidates.entries import SamplingRate
from sertify.candidates.reading import Candidate
from sertify.corpora.audio import white_noise
from sertify.gates.loadability import require
from sertify.gates.weights import judge_index
from sertify.hub.snapshots import Snapshot, read_index, take_snapshot
from sertify.hub.tensors.index import TensorIndex
from sertify.models.blueprints import Blueprint
from sertify.models.failures import quiet
from sertify.models.loaders.choice import choose_loader
from sertify.models.loading import outline
from sertify.models.model import LoadedModel
from sertify.vocabulary.errors import Rejected
from tests.meta import tiny
from tests.meta.local_hub import LocalHub, use_hub
from tests.meta.steps import certified

pytestmark = pytest.mark.slow(0.3)

BACKBONE = "facebook/wav2vec2-base"
LABELS = ("neu", "ang", "hap", "sad")
RECIPE, ENCODER, HEAD, TUNED = (
    "hyperparams.yaml",
    "label_encoder.txt",
    "model.ckpt",
    "wav2vec2.ckpt",
)
NEW = "speechbrain.lobes.models.huggingface_transformers.wav2vec2.Wav2Vec2"
NEWEST = "speechbrain.integrations.huggingface.wav2vec2.Wav2Vec2"
OLD = "speechbrain.lobes.models.huggingface_wav2vec.HuggingFaceWav2Vec2"
NEW_NAMES = ("parametrizations.weight.original0", "parametrizations.weight.original1")
OLD_NAMES = ("weight_g", "weight_v")

# Laid out like speechbrain/emotion-recognition-wav2vec2-IEMOCAP.
HYPERPARAMS = """\
HPARAMS_NEEDED: ["encoder_dim", "out_n_neurons", "label_encoder", "softmax"]
MODULES_NEEDED: ["wav2vec2", "avg_pool", "output_mlp"]
wav2vec2_hub: {backbone}
pretrained_path: {folder}
encoder_dim: 32
out_n_neurons: 4

wav2vec2: !new:{wrapper}
    source: !ref <wav2vec2_hub>
    {output_norm}
    freeze: True
    save_path: {folder}/checkpoints

avg_pool: !new:speechbrain.nnet.pooling.StatisticsPooling
    return_std: False

output_mlp: !new:speechbrain.nnet.linear.Linear
    input_size: !ref <encoder_dim>
    n_neurons: !ref <out_n_neurons>
    bias: {bias}

model: !new:torch.nn.ModuleList
    - [!ref <output_mlp>]

modules:
    wav2vec2: !ref <wav2vec2>
    output_mlp: !ref <output_mlp>
    avg_pool: !ref <avg_pool>

softmax: !new:speechbrain.nnet.activations.Softmax

label_encoder: !new:speechbrain.dataio.encoder.CategoricalEncoder

pretrainer: !new:speechbrain.utils.parameter_transfer.Pretrainer
    loadables:
        wav2vec2: !ref <wav2vec2>
        model: !ref <model>
        label_encoder: !ref <label_encoder>
    paths:
        wav2vec2: !ref <pretrained_path>/wav2vec2.ckpt
        model: !ref <pretrained_path>/model.ckpt
        label_encoder: !ref <pretrained_path>/label_encoder.txt
"""
LABEL_ENCODER = "".join(f"{label!r} => {index}\n" for index, label in enumerate(LABELS))
LABEL_ENCODER += "================\n'starting_index' => 0\n"

_TINY = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "conv_dim": (16,) * 7,
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 2,
    "initializer_range": 0.3,
}
_NORMS: dict[str, dict[str, Any]] = {
    "group": {"feat_extract_norm": "group", "do_stable_layer_norm": False, "conv_bias": False},
    "layer": {"feat_extract_norm": "layer", "do_stable_layer_norm": True, "conv_bias": True},
}
_FAMILIES = {"wav2vec2": "Wav2Vec2", "hubert": "Hubert", "wavlm": "WavLM"}


@dataclass(frozen=True)
class Variant:
    """In what recipes differ."""

    norm: str = "group"
    output_norm: bool | None = True
    bias: bool = False
    normalize: bool = True
    names: tuple[str, str] = OLD_NAMES
    wrapper: str = NEW
    family: str = "wav2vec2"

    @property
    def normalizes_frames(self) -> bool:
        """What SpeechBrain does where the recipe does not say."""
        return self.wrapper == OLD if self.output_norm is None else self.output_norm


VARIANTS = {
    "published": Variant(),
    "layer-norm": Variant("layer", names=NEW_NAMES),
    "plain-frames": Variant(output_norm=False, bias=True, names=NEW_NAMES),
    "layer-norm-plain-frames": Variant("layer", output_norm=False, bias=True),
    "raw-waveform": Variant(normalize=False, output_norm=None),
    "newest-names": Variant(wrapper=NEWEST, output_norm=None, names=NEW_NAMES),
    "hubert": Variant(
        wrapper=NEWEST.replace("wav2vec2.Wav2Vec2", "hubert.HuBERT"), family="hubert"
    ),
    "wavlm": Variant(
        "layer", wrapper=NEW.replace("wav2vec2.Wav2Vec2", "wavlm.WavLM"), family="wavlm"
    ),
}
# SpeechBrain 1.1.2 no longer has this class.
BY_DESCRIPTION = VARIANTS | {"until-0.5.13": Variant(wrapper=OLD, output_norm=None)}
CLIPS = tuple(
    scale * white_noise(2, 16_000)[:length]
    for scale, length in ((1.0, 16_000), (0.003, 9_601), (0.05, 12_345))
)


@dataclass(frozen=True)
class Place:
    """A folder with a candidate, and the hub with the repository of its backbone."""

    folder: Path
    backbone: Path

    def snapshot(self, **entry: Any) -> Snapshot:
        return take_snapshot(Candidate(name="tiny", model="./tiny", folder=self.folder, **entry))

    def write(self, name: str, content: str | bytes) -> None:
        encoded = content.encode() if isinstance(content, str) else content
        (self.folder / name).write_bytes(encoded)

    def replace(self, *pairs: tuple[str, str], name: str = RECIPE) -> None:
        text = (self.folder / name).read_text()
        for old, new in pairs:
            assert old in text
            text = text.replace(old, new)
        (self.folder / name).write_text(text)

    def edit(self, name: str, change: Callable[[dict[str, Any]], Any]) -> None:
        """Change the tensors of a checkpoint in place."""
        tensors = torch.load(self.folder / name, weights_only=True)
        change(tensors)
        torch.save(tensors, self.folder / name)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """A place with nothing in it yet."""
    backbone = tmp_path / "hub" / BACKBONE
    with LocalHub(tmp_path / "hub") as local:
        use_hub(monkeypatch, local.url, tmp_path / "cache")
        yield Place(tmp_path / "tiny", backbone)
    close_session()


@pytest.fixture
def published(place: Place) -> Place:
    """A place with a sound candidate."""
    make(place, VARIANTS["published"])
    return place


def make(place: Place, variant: Variant) -> None:
    """Write a candidate, and the repository of the backbone that it was tuned from."""
    family = _FAMILIES[variant.family]
    config = getattr(transformers, f"{family}Config")(**_TINY, **_NORMS[variant.norm])
    torch.manual_seed(1)
    with quiet():
        transformers.AutoModel.from_config(config).save_pretrained(place.backbone)
    transformers.Wav2Vec2FeatureExtractor(
        do_normalize=variant.normalize, return_attention_mask=variant.norm == "layer"
    ).save_pretrained(place.backbone)
    torch.manual_seed(2)
    place.folder.mkdir()
    torch.save(tuned(config, variant.names), place.folder / TUNED)
    head = {"0.w.weight": torch.randn(4, 32)}
    torch.save(head | ({"0.w.bias": torch.randn(4)} if variant.bias else {}), place.folder / HEAD)
    place.write(ENCODER, LABEL_ENCODER)
    given = "" if variant.output_norm is None else f"output_norm: {variant.output_norm}"
    text = HYPERPARAMS.format(
        backbone=BACKBONE,
        folder="speechbrain/emotion-recognition-wav2vec2-IEMOCAP",
        wrapper=variant.wrapper,
        output_norm=given,
        bias=variant.bias,
    )
    place.write(RECIPE, text)


def tuned(config: Any, names: tuple[str, str]) -> dict[str, torch.Tensor]:
    """Return a backbone's weights as SpeechBrain calls them, and other than the hub's."""
    network = transformers.AutoModel.from_config(config)
    tensors = {f"model.{name}": tensor for name, tensor in network.state_dict().items()}
    for new, old in zip(NEW_NAMES, names, strict=True):
        tensors = {name.replace(new, old): tensor for name, tensor in tensors.items()}
    return {
        name: tensor + 0.1 * torch.randn(tensor.shape) if tensor.is_floating_point() else tensor
        for name, tensor in tensors.items()
    }


def outlined(place: Place, **entry: Any) -> Blueprint:
    snapshot = place.snapshot(**entry)
    choose_loader(snapshot, TensorIndex({}))
    index = read_index(snapshot)
    require(judge_index(**index.facts))
    return outline(snapshot, index)


def loaded(place: Place, **entry: Any) -> LoadedModel:
    """Return the model of a candidate that no check rejects."""
    return certified(outlined(place, **entry))


def rejection(place: Place, **entry: Any) -> str:
    with pytest.raises(Rejected) as caught:
        loaded(place, **entry)
    return str(caught.value)


def agree(found: NDArray[np.float32], wanted: NDArray[np.float32]) -> None:
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-5)


# ------------------------------------------------------------------ equality


class Described(torch.nn.Module):
    """The model as SpeechBrain's documentation describes it, from the tensors as they are."""

    def __init__(self, place: Place, variant: Variant) -> None:
        super().__init__()
        config = transformers.AutoConfig.from_pretrained(place.backbone)
        self.model = transformers.AutoModel.from_config(config)
        tensors = torch.load(place.folder / TUNED, weights_only=True)
        self.load_state_dict(tensors)
        head = torch.load(place.folder / HEAD, weights_only=True)
        self.weight, self.bias = head["0.w.weight"], head.get("0.w.bias", torch.zeros(4))
        self.variant = variant
        self.eval()

    def forward(self, clip: torch.Tensor) -> Any:
        if self.variant.normalize:
            clip = standardised(clip)
        frames = self.model(clip[None]).last_hidden_state[0]
        if self.variant.normalizes_frames:
            frames = standardised(frames)
        return self.weight @ frames.mean(dim=0) + self.bias


def standardised(values: torch.Tensor) -> torch.Tensor:
    """Take mean and variance of all values together, as layer_norm over all dimensions does."""
    return (values - values.mean()) / torch.sqrt(values.var(correction=0) + 1e-5)


@pytest.mark.parametrize("variant", BY_DESCRIPTION.values(), ids=BY_DESCRIPTION)
def test_it_answers_as_described(place: Place, variant: Variant) -> None:
    make(place, variant)
    model = loaded(place)
    described = Described(place, variant)
    for clip in CLIPS:
        with torch.inference_mode():
            agree(model.logits(clip), described(torch.from_numpy(clip)).numpy())
    assert model.blueprint.loader.name == "speechbrain"
    assert model.labels == LABELS
    assert model.sampling_rate == 16_000
    assert model.weights.random == model.weights.unexpected == ()


NEEDED = (
    "speechbrain==1.1.2", "hyperpyyaml==1.2.3", "ruamel.yaml<0.19", "sentencepiece",
    "requests", "urllib3", "certifi", "charset_normalizer",
)  # fmt: skip
INTERFACE = '''
from speechbrain.inference.interfaces import Pretrained


class CustomEncoderWav2vec2Classifier(Pretrained):
    """The steps of the published interface, up to the logits."""

    def logits(self, wavs, wav_lens):
        outputs = self.mods.wav2vec2(wavs)
        outputs = self.mods.avg_pool(outputs, wav_lens)
        return self.mods.output_mlp(outputs.view(outputs.shape[0], -1))

    forward = logits
'''
SCRIPT = """
import json, pathlib, warnings
import numpy, torch
warnings.simplefilter("ignore")
from speechbrain.inference.interfaces import foreign_class

clips = sorted(pathlib.Path().glob("clip-*.npy"))
answers = {}
for name, folder, backbone in json.load(open("candidates.json")):
    model = foreign_class(
        source=folder, pymodule_file="custom_interface.py",
        classname="CustomEncoderWav2vec2Classifier", savedir=folder + "/saved",
        overrides={"wav2vec2_hub": backbone, "pretrained_path": folder},
    )
    model.mods.avg_pool.eps = 0.0  # no noise; nothing else depends on it
    for path in clips:
        clip = torch.from_numpy(numpy.load(path))[None]
        with torch.inference_mode():
            answers[name + " " + path.stem] = model.logits(clip, torch.ones(1))[0].numpy()
    names = model.hparams.label_encoder.decode_torch(torch.arange(4))
    answers[name + " labels"] = numpy.array(names)
numpy.savez("answers.npz", **answers)
"""


@pytest.fixture
def speechbrain(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A folder with SpeechBrain, which cannot live beside what this project needs."""
    cache = getattr(request.config, "cache", None)
    if cache is None:  # it is switched off
        install(tmp_path / "packages")
        return tmp_path / "packages"
    key = zlib.crc32(" ".join(NEEDED).encode())
    folder: Path = cache.mkdir(f"speechbrain-{key:08x}") / "packages"
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
    # SpeechBrain asks for its version; were more of it asked for, it would raise AttributeError.
    (folder / "torchaudio.py").write_text('__version__ = "2.11.0"\n')


@pytest.mark.slow(15)
def test_it_answers_as_speechbrain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, speechbrain: Path
) -> None:
    places = {name: Place(tmp_path / name, tmp_path / "hub" / name / BACKBONE) for name in VARIANTS}
    for name, place in places.items():
        make(place, VARIANTS[name])
        place.write("custom_interface.py", INTERFACE)
    answers = answers_of_speechbrain(tmp_path, places, speechbrain)
    for name, place in places.items():
        with LocalHub(tmp_path / "hub" / name) as local:
            use_hub(monkeypatch, local.url, tmp_path / "cache" / name)
            model = loaded(place)
        for number, clip in enumerate(CLIPS):
            agree(model.logits(clip), answers[f"{name} clip-{number}"])
        assert model.labels == tuple(answers[f"{name} labels"])
    close_session()


def answers_of_speechbrain(folder: Path, places: dict[str, Place], packages: Path) -> Any:
    """Run SpeechBrain in a process of its own."""
    asked = [[name, str(place.folder), str(place.backbone)] for name, place in places.items()]
    (folder / "candidates.json").write_text(json.dumps(asked))
    for number, clip in enumerate(CLIPS):
        np.save(folder / f"clip-{number}.npy", clip)
    environment = {**os.environ, "PYTHONPATH": str(packages), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return np.load(folder / "answers.npz")


def test_clips_of_one_batch_do_not_change_each_other(published: Place) -> None:
    model = loaded(published)
    with torch.inference_mode():
        batch = model.network(CLIPS)
    assert batch.dtype == np.float32
    for logits, clip in zip(batch, CLIPS, strict=True):
        np.testing.assert_array_equal(logits, model.logits(clip))


def test_weights_before_torch_1_6_answer_the_same(published: Place) -> None:
    expected = loaded(published).logits(CLIPS[0])
    for name in (HEAD, TUNED):
        tensors = torch.load(published.folder / name, weights_only=True)
        torch.save(tensors, published.folder / name, _use_new_zipfile_serialization=False)
    agree(loaded(published).logits(CLIPS[0]), expected)


def test_weights_of_half_precision_are_loaded_as_float32(published: Place) -> None:
    expected = loaded(published).logits(CLIPS[0])
    for name in (HEAD, TUNED):
        published.edit(name, lambda t: t.update({key: one.half() for key, one in t.items()}))
    logits = loaded(published).logits(CLIPS[0])
    assert logits.dtype == np.float32
    np.testing.assert_allclose(logits, expected, atol=0.05)


def test_a_mask_of_training_may_be_absent(published: Place) -> None:
    expected = loaded(published).logits(CLIPS[0])
    published.edit(TUNED, lambda tensors: tensors.pop("model.masked_spec_embed"))
    agree(loaded(published).logits(CLIPS[0]), expected)


# ------------------------------------------------------------------ what is chosen, and said


def test_it_is_chosen_by_its_files(published: Place) -> None:
    chosen = choose_loader(published.snapshot(), TensorIndex({}))
    assert chosen.name == "speechbrain"
    # The hub counts downloads by this file; it names no model_type.
    published.write("config.json", '{"speechbrain_interface": "CustomEncoderWav2vec2Classifier"}')
    assert choose_loader(published.snapshot(), TensorIndex({})).name == "speechbrain"


def test_a_config_of_transformers_comes_first(published: Place) -> None:
    tiny.build(published.folder)
    assert choose_loader(published.snapshot(), TensorIndex({})).name == "transformers"


@pytest.mark.parametrize("name", [RECIPE, ENCODER])
def test_without_both_files_it_is_not_chosen(published: Place, name: str) -> None:
    (published.folder / name).unlink()
    with pytest.raises(Rejected):
        choose_loader(published.snapshot(), TensorIndex({}))


def test_what_its_loader_leaves_out_is_said(published: Place) -> None:
    without = "Rebuilt from hyperparams.yaml without SpeechBrain, and without the noise of its"
    assert outlined(published).remark == f"{without} pooling."


@pytest.mark.parametrize(
    ("wrapper", "taken"),
    [
        (OLD, "taken as True, as by SpeechBrain up to 0.5.13, whose class it names."),
        (NEW, "taken as False, as by SpeechBrain since 0.5.14, whose class it names."),
    ],
)
def test_a_default_that_changed_is_said(place: Place, wrapper: str, taken: str) -> None:
    make(place, Variant(wrapper=wrapper, output_norm=None))
    assert outlined(place).remark.endswith(f"That file does not set output_norm: {taken}")


def test_its_files_are_the_two_checkpoints(published: Place) -> None:
    torch.save({"step": torch.zeros(1)}, published.folder / "optimizer.ckpt")
    assert outlined(published).files == (HEAD, TUNED)


def test_other_weights_beside_them_do_not_count(published: Place) -> None:
    expected = loaded(published).logits(CLIPS[0])
    tiny.build(published.folder / "other")
    (published.folder / "other" / "model.safetensors").rename(
        published.folder / "model.safetensors"
    )
    blueprint = outlined(published)
    assert blueprint.weights is None
    agree(loaded(published).logits(CLIPS[0]), expected)


def test_given_labels_win(published: Place) -> None:
    labels = ("neutral", "angry", "happy", "sad")
    assert loaded(published, labels=labels).labels == labels
    published.write(ENCODER, "no label encoder")
    assert loaded(published, labels=labels).labels == labels


@pytest.mark.parametrize(
    "text",
    [
        "sample_rate: 8000\n",
        (
            "audio_normalizer: !new:speechbrain.dataio.preprocess.AudioNormalizer\n"
            "    sample_rate: 8000\nsample_rate: 44100\n"
        ),
    ],
)
def test_the_recipe_may_name_another_sampling_rate(published: Place, text: str) -> None:
    published.replace(("encoder_dim: 32\n", "encoder_dim: 32\n" + text))
    assert outlined(published).sampling_rate == 8000


def test_a_given_sampling_rate_wins(published: Place) -> None:
    given = SamplingRate(sampling_rate=8000)
    assert outlined(published, feature_extractor=given).sampling_rate == 8000


def test_a_backbone_without_its_preprocessor_is_told(published: Place) -> None:
    (published.backbone / "preprocessor_config.json").unlink()
    message = f"no_feature_extractor: {BACKBONE} has no preprocessor_config.json"
    assert rejection(published) == message
    assert loaded(published, feature_extractor=SamplingRate(sampling_rate=16_000))


# ------------------------------------------------------------------ what is refused


def test_no_code_of_the_recipe_runs(published: Place, tmp_path: Path) -> None:
    mark = tmp_path / "executed"
    expected = loaded(published).logits(CLIPS[0])
    published.replace(
        (
            "encoder_dim: 32\n",
            (
                "encoder_dim: 32\n"
                f"a: !!python/object/apply:os.system ['touch {mark}']\n"
                f"b: !apply:os.system ['touch {mark}']\n"
                f"c: !new:os.system\n    - touch {mark}\n"
            ),
        )
    )
    published.write("custom_interface.py", f"open({str(mark)!r}, 'w')")
    agree(loaded(published).logits(CLIPS[0]), expected)
    assert not mark.exists()


class Payload:
    """What an attacker pickles: unpickled without care, it makes a directory."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.mark),)


@pytest.mark.parametrize("name", [HEAD, TUNED])
def test_the_payload_of_a_checkpoint_does_not_run(
    published: Place, tmp_path: Path, name: str
) -> None:
    mark = tmp_path / "executed"
    torch.save({"payload": Payload(mark)}, published.folder / name)
    assert rejection(published).startswith("unsafe_pickle: ")
    # Nor where nobody looked before.
    blueprint = outline(published.snapshot(), TensorIndex({}, problem="not looked at"))
    with pytest.raises(Rejected, match="unsafe_pickle"):
        blueprint.loader.load(blueprint, "cpu")
    assert not mark.exists()


def without(*names: str) -> Callable[[Place], Any]:
    def breaker(place: Place) -> None:
        for name in names:
            (place.folder / name).unlink()

    return breaker


def swap(old: str, new: str) -> Callable[[Place], Any]:
    return lambda place: place.replace((old, new))


def text(name: str, content: str | bytes) -> Callable[[Place], Any]:
    return lambda place: place.write(name, content)


def head(**tensors: torch.Tensor) -> Callable[[Place], Any]:
    renamed = {f"0.w.{name}": tensor for name, tensor in tensors.items()}
    return lambda place: torch.save(renamed, place.folder / HEAD)


FORMAT = f"unsupported_library: {RECIPE} has"
UNKNOWN = "which the loader speechbrain does not know"
POOLING = "speechbrain.nnet.pooling.StatisticsPooling"
LINEAR = "speechbrain.nnet.linear.Linear"
WRONG: dict[str, tuple[Callable[[Place], Any], str]] = {
    "other-backbone": (
        swap(NEW, "speechbrain.lobes.models.ECAPA_TDNN.ECAPA_TDNN"),
        (
            f"{FORMAT} speechbrain.lobes.models.ECAPA_TDNN.ECAPA_TDNN in place of {NEW} as its"
            f" wav2vec2, {UNKNOWN}"
        ),
    ),
    "other-pooling": (
        swap(POOLING, "speechbrain.nnet.pooling.AttentivePooling"),
        (
            f"{FORMAT} speechbrain.nnet.pooling.AttentivePooling in place of {POOLING} as its"
            f" avg_pool, {UNKNOWN}"
        ),
    ),
    "other-head": (
        swap(LINEAR, "speechbrain.lobes.models.Xvector.Classifier"),
        (
            f"{FORMAT} speechbrain.lobes.models.Xvector.Classifier in place of {LINEAR} as its"
            f" output_mlp, {UNKNOWN}"
        ),
    ),
    "no-pooling": (
        swap("avg_pool", "pooling"),
        f"{FORMAT} nothing in place of {POOLING} as its avg_pool, {UNKNOWN}",
    ),
    "standard-deviation": (
        swap("return_std: False", "return_std: True"),
        f"{FORMAT} return_std True in place of False in its avg_pool, {UNKNOWN}",
    ),
    "standard-deviation-by-default": (
        swap("return_std: False", "return_mean: True"),
        f"{FORMAT} return_std True in place of False in its avg_pool, {UNKNOWN}",
    ),
    "no-mean": (
        swap("return_std: False", "return_std: False\n    return_mean: False"),
        f"{FORMAT} return_mean False in place of True in its avg_pool, {UNKNOWN}",
    ),
    "all-layers": (
        swap("freeze: True", "output_all_hiddens: True"),
        f"{FORMAT} output_all_hiddens True in place of False in its wav2vec2, {UNKNOWN}",
    ),
    "renormalised-head": (
        swap("bias: False", "max_norm: 1.0"),
        f"{FORMAT} max_norm 1.0 in place of None in its output_mlp, {UNKNOWN}",
    ),
    "unnamed-arguments": (
        swap("return_std: False", "- True\n    - False"),
        f"{FORMAT} unnamed arguments in place of named ones in its avg_pool, {UNKNOWN}",
    ),
    "another-module": (
        swap("    avg_pool: !ref <avg_pool>\n", "    avg_pool: !ref <avg_pool>\n    lstm: x\n"),
        f"{FORMAT} lstm besides wav2vec2, avg_pool, output_mlp among its modules, {UNKNOWN}",
    ),
    "no-yaml": (
        text(RECIPE, "a: ["),
        f"bad_config: {RECIPE} cannot be read: line 1: not valid YAML",
    ),
    "no-text": (text(RECIPE, b"\xff\xfe"), f"bad_config: {RECIPE} cannot be read: "),
    "reference-to-nothing": (
        swap("<encoder_dim>", "<dim>"),
        f"bad_config: {RECIPE} cannot be read: it refers to <dim>, which is missing",
    ),
    "two-backbones": (
        swap("source: !ref <wav2vec2_hub>", "source: other/backbone"),
        (
            f"bad_config: {RECIPE}: wav2vec2.source is 'other/backbone', but should be a "
            "repository, named by wav2vec2_hub"
        ),
    ),
    "no-backbone": (
        swap("source: !ref <wav2vec2_hub>", "source: [1]"),
        f"bad_config: {RECIPE}: wav2vec2.source is (1,), but should be a repository",
    ),
    "norm-of-no-kind": (
        swap("output_norm: True", "output_norm: often"),
        f"bad_config: {RECIPE}: wav2vec2.output_norm is 'often', but should be true or false",
    ),
    "bias-of-no-kind": (
        swap("bias: False", "bias: 1"),
        f"bad_config: {RECIPE}: output_mlp.bias is 1, but should be true or false",
    ),
    "outputs-of-no-kind": (
        swap("out_n_neurons: 4", "out_n_neurons: -4"),
        f"bad_config: {RECIPE}: output_mlp.n_neurons is -4, but should be a number above 0",
    ),
    "rate-of-no-kind": (
        swap("encoder_dim: 32\n", "encoder_dim: 32\nsample_rate: fast\n"),
        f"bad_config: {RECIPE}: sample_rate is 'fast', but should be a number above 0",
    ),
    "no-encoder": (
        text(ENCODER, "'neu' => 0\n"),
        f"bad_config: {ENCODER} cannot be read: it ends before its line of equals signs",
    ),
    "no-checkpoint": (
        without(HEAD),
        f"no_weights: it has no {HEAD}; its files are {RECIPE}, {ENCODER}, ",
    ),
    "labels-of-another-number": (
        swap("out_n_neurons: 4", "out_n_neurons: 5"),
        f"label_count_mismatch: {ENCODER} names neu, ang, hap, sad, but output_mlp has 5 outputs",
    ),
    "head-for-other-labels": (
        head(weight=torch.zeros(5, 32)),
        "label_count_mismatch: the checkpoint has classifier.weight [5, 32] where ",
    ),
    "head-of-another-backbone": (
        head(weight=torch.zeros(4, 16)),
        "incompatible_shapes: the checkpoint has classifier.weight [4, 16] where ",
    ),
    "no-head": (head(other=torch.zeros(4, 32)), "random_head: 1 weights are random"),
    "bias-absent": (swap("bias: False", "bias: True"), "random_head: 1 weights are random"),
    "layer-absent": (
        lambda place: place.edit(TUNED, lambda t: t.pop("model.encoder.layer_norm.weight")),
        "incomplete_backbone: 1 weights are random",
    ),
    "layer-too-many": (
        lambda place: place.edit(
            TUNED,
            lambda t: t.update({"model.encoder.layers.2.layer_norm.weight": torch.ones(32)}),
        ),
        "unused_layers: ",
    ),
    "not-finite": (
        head(weight=torch.full((4, 32), torch.nan)),
        "non_finite_weights: classifier.weight",
    ),
    "list": (lambda place: torch.save([1], place.folder / TUNED), "corrupt_weights: "),
    "garbage": (text(TUNED, "<html>" * 99), "corrupt_weights: "),
    "truncated": (
        lambda place: place.write(TUNED, (place.folder / TUNED).read_bytes()[:5000]),
        "corrupt_weights: ",
    ),
    "config-of-no-backbone": (
        lambda place: (place.backbone / "config.json").write_text("{}"),
        "bad_config: ",
    ),
    "config-of-another-task": (
        lambda place: (place.backbone / "config.json").write_text(
            '{"model_type": "speech-encoder-decoder"}'
        ),
        f"wrong_task: of its backbone '{BACKBONE}': transformers has no backbone for speech-",
    ),
    "no-config-of-the-backbone": (
        lambda place: (place.backbone / "config.json").unlink(),
        f"no_config: of its backbone '{BACKBONE}': it has no config.json; its files are ",
    ),
    "extractor-of-another-kind": (
        lambda place: transformers.ASTFeatureExtractor(num_mel_bins=32).save_pretrained(
            place.backbone
        ),
        f"no_feature_extractor: ASTFeatureExtractor is not what {BACKBONE} is used with",
    ),
    "backbone-not-found": (swap(BACKBONE, "nobody/nothing"), "no_config: "),
}


@pytest.mark.parametrize(("breaker", "message"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_refused(
    published: Place, breaker: Callable[[Place], Any], message: str
) -> None:
    breaker(published)
    found = rejection(published)
    assert found.startswith(message), found


def test_both_checkpoints_are_asked_for(published: Place) -> None:
    without(TUNED)(published)
    (published.folder / "embedding.ckpt").write_bytes(b"")
    snapshot = published.snapshot(loader="speechbrain")
    with pytest.raises(Rejected, match=r"no_weights: it has no wav2vec2\.ckpt; its files are "):
        outline(snapshot, TensorIndex({}))


def test_given_labels_have_to_be_as_many(published: Place) -> None:
    message = "candidates.yaml names angry, happy, but output_mlp has 4 outputs"
    assert rejection(published, labels=("angry", "happy")) == f"label_count_mismatch: {message}"


def test_asked_for_by_name_it_needs_its_recipe(tmp_path: Path) -> None:
    tiny.build(tmp_path)
    snapshot = take_snapshot(
        Candidate(name="tiny", model="./tiny", folder=tmp_path, loader="speechbrain")
    )
    with pytest.raises(
        Rejected, match=r"no_config: it has no hyperparams\.yaml; its files are config\.json, "
    ):
        outline(snapshot, read_index(snapshot))


@pytest.mark.parametrize("key", ["attn_implementation", "_attn_implementation"])
def test_an_attention_of_some_machines_is_replaced(published: Place, key: str) -> None:
    wanted = loaded(published).logits(white_noise(1, 16_000))
    path = published.backbone / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: "flash_attention_2"}))
    model = loaded(published)
    agree(model.logits(white_noise(1, 16_000)), wanted)
    told = f"config.json of {BACKBONE} asks for flash_attention_2, which not every machine has"
    assert told in model.blueprint.remark
