"""The replicas are to transformers what their originals are."""

from pathlib import Path
from typing import Any

import pytest
import torch
from huggingface_hub import HfApi, close_session, snapshot_download
from ruamel.yaml import YAML
from safetensors.torch import load_file
from transformers import (
    AutoConfig,
    AutoFeatureExtractor,
    AutoModelForAudioClassification,
    Wav2Vec2Config,
    Wav2Vec2Model,
)

from tests.meta.local_hub import LocalHub, use_hub
from tests.meta.replicas import REPLICAS, REVISIONS, VARIANTS, build_replica, build_replicas

CANDIDATES = Path(__file__).parents[2] / "candidates.yaml"

RESD = "Aniemore/wavlm-emotion-russian-resd"
BASE = "DunnBC22/wav2vec2-base-Speech_Emotion_Recognition"
XLSR = "harshit345/xlsr-wav2vec-speech-emotion-recognition"
DUSHA = "xbgoose/hubert-large-speech-emotion-recognition-russian-dusha-finetuned"
HUBERT = "facebook/hubert-large-ls960-ft"
SUPERB = "superb/wav2vec2-base-superb-er"
DIMENSIONS = "audeering/wav2vec2-large-robust-12-ft-emotion-msp-dim"
XLSR_EN = "ehcalabres/wav2vec2-lg-xlsr-en-speech-emotion-recognition"
SWITCHBOARD = "facebook/wav2vec2-large-robust-ft-swbd-300h"
ENGLISH = "jonatasgrosman/wav2vec2-large-xlsr-53-english"
PRETRAINED = "facebook/wav2vec2-base"
SPEECHBRAIN = "speechbrain/emotion-recognition-wav2vec2-IEMOCAP"
WAVLM = "microsoft/wavlm-base-plus"

HEAD = {"projector.weight", "projector.bias", "classifier.weight", "classifier.bias"}
LETTERS = {"lm_head.weight", "lm_head.bias"}
QUANTIZER = {
    f"{name}.{part}" for name in ("project_hid", "project_q") for part in ("weight", "bias")
}
QUANTIZER |= {"quantizer.codevectors", "quantizer.weight_proj.weight", "quantizer.weight_proj.bias"}


def own_head(output: str) -> set[str]:
    return {f"classifier.{n}.{part}" for n in ("dense", output) for part in ("weight", "bias")}


GOOD = {
    RESD: ("anger", "disgust", "enthusiasm", "fear", "happiness", "neutral", "sadness"),
    BASE: ("SAD", "ANGRY", "DISGUST", "FEAR", "HAPPY", "NEUTRAL"),
    DUSHA: ("LABEL_0", "LABEL_1", "LABEL_2", "LABEL_3", "LABEL_4"),
    SUPERB: ("neu", "hap", "ang", "sad"),
}
UNUSED: dict[str, set[str]] = {
    XLSR: own_head("out_proj"),
    DIMENSIONS: own_head("out_proj"),
    XLSR_EN: own_head("output"),
    HUBERT: LETTERS,
    SWITCHBOARD: LETTERS,
    ENGLISH: LETTERS,
    PRETRAINED: QUANTIZER,
    WAVLM: set(),
}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("replicas")
    build_replicas(folder)
    return folder


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stock")
    for repo in VARIANTS:
        build_replica(folder, repo, stock=True)
    return folder


def load(folder: Path, seed: int = 0) -> tuple[Any, dict[str, set[str]]]:
    """Return the model, and the names of weights that transformers did not match."""
    torch.manual_seed(seed)
    model, about = AutoModelForAudioClassification.from_pretrained(folder, output_loading_info=True)
    return model.eval(), {kind: set(names) for kind, names in about.items() if names}


def logits(model: Any) -> torch.Tensor:
    sound = torch.randn(1, 16_000, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        answer: torch.Tensor = model(sound).logits
    return answer


def saved(folder: Path) -> dict[str, torch.Tensor]:
    """Return the weights as they are in the file."""
    if (folder / "model.safetensors").exists():
        tensors: dict[str, torch.Tensor] = load_file(folder / "model.safetensors")
        return tensors
    return torch.load(folder / "pytorch_model.bin", weights_only=True)  # type: ignore[no-any-return]


def names(model: Any) -> tuple[str, ...]:
    return tuple(model.config.id2label[index] for index in range(model.config.num_labels))


# ------------------------------------------------------------------ all of them


def test_every_candidate_that_exists_has_one() -> None:
    listed = YAML(typ="safe").load(CANDIDATES.read_text())["candidates"]
    there = [one for one in listed if one.get("reason") != "not_found"]
    extractors = {one["feature_extractor"] for one in there if "feature_extractor" in one}
    assert set(REPLICAS) == {one["model"] for one in there} | extractors | {PRETRAINED}
    assert {one["model"]: one["revision"] for one in there if "revision" in one} == REVISIONS


def test_they_are_small_and_the_same_each_time(root: Path, tmp_path: Path) -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state()
    build_replicas(tmp_path)
    assert torch.equal(torch.get_rng_state(), before)
    for path in (path for path in root.rglob("*") if path.is_file()):
        assert path.read_bytes() == (tmp_path / path.relative_to(root)).read_bytes(), path
        assert path.stat().st_size < 300_000


def test_the_hub_serves_them(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with LocalHub(root) as hub:
        use_hub(monkeypatch, hub.url, tmp_path)
        for repo, revision in REVISIONS.items():
            hub.alias(repo, revision)
            folder = Path(str(snapshot_download(repo, revision=revision)))
            assert folder.name == revision
            assert load(folder)[1] == {}
        card = HfApi().model_info(DIMENSIONS).card_data
        assert card is not None
        assert card.license == "cc-by-nc-sa-4.0"
    close_session()


# ------------------------------------------------------------------ what transformers makes of them


@pytest.mark.parametrize("repo", GOOD)
def test_a_good_one_lacks_nothing(root: Path, repo: str) -> None:
    model, unmatched = load(root / repo)
    assert unmatched == {}
    assert names(model) == GOOD[repo]
    assert model.config.architectures == [type(model).__name__]
    assert logits(model).shape == (1, len(GOOD[repo]))
    assert logits(model).isfinite().all()
    assert torch.equal(logits(model), logits(load(root / repo, seed=1)[0]))


@pytest.mark.parametrize("repo", UNUSED)
def test_a_bad_one_gets_a_random_head(root: Path, repo: str) -> None:
    model, unmatched = load(root / repo)
    assert unmatched.pop("missing_keys") == HEAD
    assert unmatched.pop("unexpected_keys", set()) == UNUSED[repo]
    assert unmatched == {}
    assert logits(model).isfinite().all()
    assert not torch.equal(logits(model), logits(load(root / repo, seed=1)[0]))


@pytest.mark.parametrize("repo", VARIANTS)
def test_with_the_stock_head_it_lacks_nothing(root: Path, stock: Path, repo: str) -> None:
    model, unmatched = load(stock / repo)
    assert unmatched == {}
    assert model.config.architectures == [type(model).__name__]
    assert names(model) == names(load(root / repo)[0])
    files = {path.name for path in (root / repo).iterdir()}
    assert {path.name for path in (stock / repo).iterdir()} == files


def test_the_variants_are_written_on_demand(tmp_path: Path) -> None:
    build_replicas(tmp_path, stock={XLSR_EN})
    assert load(tmp_path / XLSR_EN)[1] == {}
    assert load(tmp_path / XLSR)[1] != {}


@pytest.mark.parametrize("repo", [*GOOD, *UNUSED])
def test_the_positional_convolution_has_the_names_of_torch_1(root: Path, repo: str) -> None:
    tensors = saved(root / repo)
    old = {name for name in tensors if name.endswith(("weight_g", "weight_v"))}
    assert len(old) == 2
    assert not any("parametrizations" in name for name in tensors)
    model, _ = load(root / repo)
    loaded = model.base_model.encoder.pos_conv_embed.conv.parametrizations.weight
    for name, value in (("weight_g", loaded.original0), ("weight_v", loaded.original1)):
        assert torch.equal(next(tensors[one] for one in old if one.endswith(name)), value)


# ------------------------------------------------------------------ one by one


@pytest.mark.parametrize(
    ("repo", "architecture"),
    [
        (XLSR, "Wav2Vec2ForSpeechClassification"),
        (DIMENSIONS, "Wav2Vec2ForSpeechClassification"),
        (XLSR_EN, "Wav2Vec2ForSequenceClassification"),
        (HUBERT, "HubertForCTC"),
        (SWITCHBOARD, "Wav2Vec2ForCTC"),
        (ENGLISH, "Wav2Vec2ForCTC"),
        (PRETRAINED, "Wav2Vec2ForPreTraining"),
        (WAVLM, "WavLMModel"),
    ],
)
def test_what_it_says_that_it_is(root: Path, repo: str, architecture: str) -> None:
    assert AutoConfig.from_pretrained(root / repo).architectures == [architecture]


@pytest.mark.parametrize("repo", [*GOOD, *UNUSED])
def test_where_it_normalises(root: Path, repo: str) -> None:
    config = AutoConfig.from_pretrained(root / repo)
    base = repo in (BASE, SUPERB, PRETRAINED, WAVLM)
    assert config.feat_extract_norm == ("group" if base else "layer")
    assert config.do_stable_layer_norm is not base
    assert config.conv_bias is not (base or repo == RESD)


@pytest.mark.parametrize("repo", [*GOOD, *UNUSED])
def test_how_its_input_is_prepared(root: Path, repo: str) -> None:
    if repo == DUSHA:
        with pytest.raises(OSError, match="Can't load feature extractor"):
            AutoFeatureExtractor.from_pretrained(root / repo)
        return
    extractor = AutoFeatureExtractor.from_pretrained(root / repo)
    assert extractor.sampling_rate == 16_000
    assert extractor.do_normalize is (repo != WAVLM)
    assert extractor.return_attention_mask is (repo not in (BASE, SUPERB, PRETRAINED))


@pytest.mark.parametrize("repo", REPLICAS)
def test_the_format_of_its_weights(root: Path, repo: str) -> None:
    files = {path.name for path in (root / repo).iterdir()}
    safe, pickled = {"model.safetensors"}, {"pytorch_model.bin"}
    formats = {RESD: safe, XLSR_EN: safe | pickled, ENGLISH: safe | pickled, SPEECHBRAIN: set()}
    assert files & (safe | pickled) == formats.get(repo, pickled)


def test_the_dimensional_one(root: Path) -> None:
    config = AutoConfig.from_pretrained(root / DIMENSIONS)
    assert list(config.id2label.values()) == ["arousal", "dominance", "valence"]
    assert (config.problem_type, config.finetuning_task) == ("regression", "wav2vec2_reg")
    assert (config.pooling_mode, config.vocab_size) == ("mean", None)
    assert (root / DIMENSIONS / "LICENSE").is_file()


def test_the_one_that_weighs_its_layers(root: Path) -> None:
    model, _ = load(root / SUPERB)
    assert model.config.use_weighted_layer_sum
    assert torch.equal(saved(root / SUPERB)["layer_weights"], model.layer_weights)


def test_the_backbone_has_no_prefix(root: Path) -> None:
    assert not any(name.startswith("wavlm.") for name in saved(root / WAVLM))


# ------------------------------------------------------------------ SpeechBrain


def test_transformers_cannot_load_speechbrain(root: Path) -> None:
    with pytest.raises(ValueError, match="Unrecognized model"):
        AutoConfig.from_pretrained(root / SPEECHBRAIN)
    with pytest.raises(ValueError, match="Unrecognized model"):
        load(root / SPEECHBRAIN)


def test_the_hyperparameters_of_speechbrain(root: Path) -> None:
    made = YAML().load((root / SPEECHBRAIN / "hyperparams.yaml").read_text())
    assert made["wav2vec2_hub"] == PRETRAINED
    assert (made["encoder_dim"], made["out_n_neurons"]) == (32, 4)
    assert made["wav2vec2"].tag.value.startswith("!new:speechbrain.")
    loadables = made["pretrainer"]["loadables"]
    assert set(loadables) == set(made["pretrainer"]["paths"])
    for path in made["pretrainer"]["paths"].values():
        assert (root / SPEECHBRAIN / path.value.rpartition("/")[2]).is_file()


def test_the_weights_of_speechbrain(root: Path) -> None:
    folder = root / SPEECHBRAIN
    head = torch.load(folder / "model.ckpt", weights_only=True)
    assert {name: tensor.shape for name, tensor in head.items()} == {"0.w.weight": (4, 32)}
    encoder = torch.load(folder / "wav2vec2.ckpt", weights_only=True)
    assert all(name.startswith("model.") for name in encoder)
    inner = {name.removeprefix("model."): tensor for name, tensor in encoder.items()}
    config = Wav2Vec2Config.from_pretrained(root / PRETRAINED)
    # Loaded by transformers itself, for it knows the names of torch 1.
    loaded, about = Wav2Vec2Model.from_pretrained(
        None, config=config, state_dict=inner, output_loading_info=True
    )
    assert not about["missing_keys"]
    assert not about["unexpected_keys"]
    assert loaded.config.hidden_size == head["0.w.weight"].shape[1]


def test_the_labels_of_speechbrain(root: Path) -> None:
    text = (root / SPEECHBRAIN / "label_encoder.txt").read_text()
    labels, _, rest = text.partition("================\n")
    assert labels.split("\n")[:-1] == ["'neu' => 0", "'ang' => 1", "'hap' => 2", "'sad' => 3"]
    assert rest == "'starting_index' => 0\n"
