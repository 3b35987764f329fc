"""Checkpoints whose config says another number of outputs, or which a wrapper has renamed."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from huggingface_hub import close_session
from numpy.typing import NDArray

from sertify.candidates.reading import Candidate
from sertify.corpora.audio import white_noise
from sertify.hub.snapshots import read_index, take_snapshot
from sertify.models.loading import outline
from sertify.models.model import LoadedModel
from tests.meta import tiny
from tests.meta.local_hub import LocalHub, use_hub
from tests.meta.models.test_models import (
    CONFIG,
    PICKLED,
    SAFE,
    certified,
    configure,
    drop,
    outlined,
    pickle_as_of_old,
    refill,
    rejection,
    shard,
)
from tests.meta.models.test_pooled_head import publish

pytestmark = pytest.mark.slow(0.1)

Make = Callable[[Path], Any]
NOISE: NDArray[np.float32] = white_noise(1, 16_000)
NAMELESS = configure(id2label=None, label2id=None)
COUNT = "config.json {}; the checkpoint has {}, by the shape of {}, and that counts."
UNSAID = "does not say how many outputs there are"

STOCK: dict[str, Make] = {
    name: partial(tiny.build, architecture=name) for name in tiny.ARCHITECTURES
}
POOLED: dict[str, Make] = {
    f"pooled-{last}": partial(publish, last=last) for last in ("out_proj", "output")
}
LAST = {"ast": "classifier.dense.weight"} | {
    f"pooled-{last}": f"classifier.{last}.weight" for last in ("out_proj", "output")
}
FORMS = STOCK | POOLED


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest) -> str:
    """The name of one kind of head."""
    return str(request.param)


@pytest.fixture
def folder(tmp_path: Path, form: str) -> Path:
    """A sound checkpoint with it."""
    FORMS[form](tmp_path)
    return tmp_path


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    """A sound wav2vec2 checkpoint."""
    return tiny.build(tmp_path)


def names_in(folder: Path) -> tuple[str, ...]:
    return tuple(json.loads((folder / CONFIG).read_text())["id2label"].values())


def answers_as_before(folder: Path, make: Make, **entry: Any) -> LoadedModel:
    """Return the model of a checkpoint whose config was changed, if it answers the same."""
    names, expected = names_in(folder), certified(folder).logits(NOISE)
    make(folder)
    model = certified(folder, **entry)
    np.testing.assert_allclose(model.logits(NOISE), expected, atol=1e-6)
    assert model.labels == names
    assert model.blueprint.outputs == len(names)
    return model


# ------------------------------------------------------------------ the number of outputs


def test_the_checkpoint_knows_how_many_outputs_there_are(folder: Path, form: str) -> None:
    names = names_in(folder)
    model = answers_as_before(folder, NAMELESS, labels=names)
    last = LAST.get(form, "classifier.weight")
    assert COUNT.format(UNSAID, len(names), last) in model.blueprint.remark


def test_a_stale_number_does_not_count(folder: Path, form: str) -> None:
    names, last = names_in(folder), LAST.get(form, "classifier.weight")
    stale = configure(id2label=None, label2id=None, num_labels=7)
    model = answers_as_before(folder, stale, labels=names)
    assert COUNT.format("says 7 outputs", len(names), last) in model.blueprint.remark


def test_names_may_be_those_of_label2id(folder: Path) -> None:
    model = answers_as_before(folder, configure(id2label=None))
    assert model.blueprint.labels_from == "label2id of config.json"
    absent = "id2label of config.json is absent, so the names are those of its label2id."
    assert absent in model.blueprint.remark


def test_names_of_label2id_count_where_id2label_only_numbers(folder: Path) -> None:
    model = answers_as_before(folder, configure(id2label={"0": "LABEL_0", "1": "LABEL_1"}))
    assert "id2label of config.json only numbers the outputs" in model.blueprint.remark


def test_outputs_without_names_are_no_matter_of_their_number(folder: Path) -> None:
    number = len(names_in(folder))
    NAMELESS(folder)
    model = certified(folder)
    assert model.labels == tuple(f"LABEL_{index}" for index in range(number))
    assert model.blueprint.outputs == number


@pytest.mark.parametrize("change", [-1, 1])
def test_a_name_too_few_or_too_many_is_told_with_its_place(folder: Path, change: int) -> None:
    names = names_in(folder)
    wrong = (*names, "calm")[: len(names) + change]
    missing = f"; there is no name for output {len(names) - 1}" * (change < 0)
    told = f"names {len(wrong)}: {', '.join(wrong)}{missing}"
    message = f"label_count_mismatch: it has {len(names)} outputs, but"
    assert rejection(folder, labels=wrong) == f"{message} `labels:` of candidates.yaml {told}"
    configure(id2label=dict(enumerate(wrong)), label2id=None)(folder)
    assert rejection(folder) == f"{message} id2label of config.json {told}"
    label2id = {name: index for index, name in enumerate(wrong)}
    configure(id2label=None, label2id=label2id)(folder)
    assert rejection(folder) == f"{message} label2id of config.json {told}"
    assert certified(folder, labels=names).labels == names


def test_what_is_unambiguous_is_read(folder: Path) -> None:
    names = names_in(folder)
    listed = answers_as_before(folder, configure(id2label=[*names]))
    assert "id2label of config.json is a list" in listed.blueprint.remark
    configure(id2label={name: index for index, name in enumerate(names)})(folder)
    swapped = certified(folder)
    assert swapped.labels == names
    assert "id2label of config.json leads from names to indexes" in swapped.blueprint.remark


def test_tables_in_two_orders_need_a_word_of_the_user(folder: Path) -> None:
    names = names_in(folder)
    turned = {name: index for index, name in enumerate(reversed(names))}
    configure(label2id=turned)(folder)
    assert rejection(folder).startswith("contradictory_labels: ")
    assert certified(folder, labels=names).labels == names


OTHER_FILES: dict[str, Make] = {
    "pickled": lambda folder: tiny.write_tensors(folder, tiny.read_tensors(folder), PICKLED),
    "before-torch-1.6": lambda folder: pickle_as_of_old(folder, tiny.read_tensors(folder)),
    "sharded": lambda folder: shard(folder, tiny.read_tensors(folder)),
}


@pytest.mark.parametrize("make", OTHER_FILES.values(), ids=OTHER_FILES)
def test_the_format_of_the_weights_does_not_matter(plain: Path, make: Make) -> None:
    expected = certified(plain).logits(NOISE)
    NAMELESS(plain)
    make(plain)
    model = certified(plain, labels=tiny.LABELS)
    np.testing.assert_allclose(model.logits(NOISE), expected, atol=1e-6)
    assert model.labels == tiny.LABELS
    assert rejection(plain, labels=("a", "b")).startswith("label_count_mismatch: ")


def test_a_single_output_of_a_config_does_not_keep_the_others(plain: Path) -> None:
    wrong = {"num_labels": 1, "problem_type": "single_label_classification"}
    model = answers_as_before(
        plain, configure(id2label=None, label2id=None, **wrong), labels=tiny.LABELS
    )
    assert model.blueprint.problem_type == "single_label_classification"


def test_a_random_head_is_worse_than_the_number_of_its_labels(plain: Path) -> None:
    drop("classifier", "projector")(plain)
    NAMELESS(plain)
    assert rejection(plain, labels=("a", "b", "c", "d")).startswith("random_head: ")


def test_a_last_layer_of_two_minds_has_no_number(plain: Path) -> None:
    refill("classifier.bias", lambda _: torch.zeros(5))(plain)
    NAMELESS(plain)
    assert rejection(plain).startswith(
        "incompatible_shapes: the checkpoint has classifier.bias [5]"
    )


def test_another_layer_of_another_shape_is_no_matter_of_labels(plain: Path) -> None:
    NAMELESS(plain)
    refill("encoder.layer_norm.bias", lambda _: torch.zeros(5))(plain)
    assert rejection(plain, labels=tiny.LABELS).startswith("incompatible_shapes: ")


@pytest.mark.parametrize("number", [0, 10_001])
def test_no_network_is_built_for_a_number_that_no_model_has(plain: Path, number: int) -> None:
    shapes = {"classifier.bias": (number,), "classifier.weight": (number, 32)}
    changed = {name: torch.zeros(shape) for name, shape in shapes.items()}
    tiny.write_tensors(plain, tiny.read_tensors(plain) | changed)
    NAMELESS(plain)
    assert outlined(plain).weights.mismatched  # type: ignore[union-attr]
    assert rejection(plain).startswith("label_count_mismatch: the checkpoint has classifier.bias [")


def test_the_index_of_a_hub_is_enough_to_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    NAMELESS(tiny.build(tmp_path / "hub" / "org" / "tiny"))
    with LocalHub(tmp_path / "hub") as hub:
        use_hub(monkeypatch, hub.url, tmp_path / "cache")
        snapshot = take_snapshot(Candidate(name="tiny", model="org/tiny", labels=tiny.LABELS))
        blueprint = outline(snapshot, read_index(snapshot))
        assert (blueprint.outputs, blueprint.labels) == (3, tiny.LABELS)
        assert not (snapshot.folder / SAFE).exists()
    close_session()


# ------------------------------------------------------------------ wrappers


def wrapped(prefix: str, *others: str, file: str = SAFE, inside: str = "") -> Make:
    """Make a breaker that puts a prefix before all names but those with one of `others` in it."""

    def breaker(folder: Path) -> None:
        tensors = {
            name if any(other in name for other in others) else prefix + name: tensor
            for name, tensor in tiny.read_tensors(folder).items()
        }
        content: Any = {"epoch": 7, inside: tensors} if inside else tensors
        if file in (SAFE, PICKLED):
            tiny.write_tensors(folder, content, file)
        else:
            (folder / SAFE).unlink()
            torch.save(content, folder / file)

    return breaker


LEFT_OUT = "The names of its tensors begin with {}, which was left out."
WRAPPED = ("module.", "model.", "base_model.model.", "_orig_mod.", "module.model.", "model.module.")


@pytest.mark.parametrize("prefix", WRAPPED)
def test_the_prefix_of_a_wrapper_is_left_out(plain: Path, prefix: str) -> None:
    model = answers_as_before(plain, wrapped(prefix))
    assert model.blueprint.remark == LEFT_OUT.format(prefix)
    assert model.weights.random == model.weights.unexpected == ()


def test_so_it_is_for_every_head(folder: Path) -> None:
    model = answers_as_before(folder, wrapped("module."))
    assert LEFT_OUT.format("module.") in model.blueprint.remark


def test_what_transformers_leaves_out_itself_needs_no_word(tmp_path: Path) -> None:
    model = answers_as_before(tiny.build(tmp_path, "whisper"), wrapped("model."))
    assert model.blueprint.remark == ""


@pytest.mark.parametrize("inside", ["state_dict", "model_state_dict", "model"])
@pytest.mark.parametrize("old", [False, True])
def test_what_a_training_run_saved_is_opened(plain: Path, inside: str, old: bool) -> None:
    def make(folder: Path) -> None:
        wrapped("model.", file=PICKLED, inside=inside)(folder)
        NAMELESS(folder)
        if old:
            pickle_as_of_old(folder, torch.load(folder / PICKLED))

    names, expected = names_in(plain), certified(plain).logits(NOISE)
    make(plain)
    model = certified(plain, labels=names)
    np.testing.assert_allclose(model.logits(NOISE), expected, atol=1e-6)
    if not old:  # it is loaded in another process, which tells no remark
        opened = f"Its weights are in {inside} of what a training run saved."
        assert model.blueprint.remark.startswith(f"{opened} {LEFT_OUT.format('model.')}")


@pytest.mark.parametrize("file", ["best.ckpt", "best.pt", "best.pth"])
def test_a_checkpoint_of_another_name_is_opened_where_it_is_asked_for(
    plain: Path, file: str
) -> None:
    make = wrapped("model.", file=file, inside="state_dict")
    answers_as_before(plain, make, weights=file)


def test_a_layer_that_lacks_under_a_wrapper_is_told_by_its_name(plain: Path) -> None:
    drop("encoder.layer_norm")(plain)
    wrapped("module.")(plain)
    assert rejection(plain) == (
        "incomplete_backbone: 2 weights are random, but all should come from the checkpoint; its"
        " backbone lacks wav2vec2.encoder.layer_norm.bias, wav2vec2.encoder.layer_norm.weight"
    )


def test_a_head_that_lacks_under_a_wrapper_is_told_as_one(plain: Path) -> None:
    drop("classifier", "projector")(plain)
    wrapped("model.")(plain)
    assert rejection(plain).startswith("random_head: 4 weights are random")


def test_what_is_beside_a_wrapper_is_not_left_out(plain: Path) -> None:
    tensors = tiny.read_tensors(plain)
    both = {f"model.{name}": tensor for name, tensor in tensors.items()}
    both |= {f"ema.{name}": tensor + 1 for name, tensor in [*tensors.items()][:9]}
    tiny.write_tensors(plain, both)
    assert rejection(plain).startswith("unused_layers: ")


def test_what_a_loss_left_beside_a_wrapper_does_no_harm(plain: Path) -> None:
    expected = certified(plain).logits(NOISE)
    wrapped("model.")(plain)
    tiny.write_tensors(plain, tiny.read_tensors(plain) | {"criterion.weight": torch.ones(3)})
    np.testing.assert_allclose(certified(plain).logits(NOISE), expected, atol=1e-6)


def test_two_tensors_that_would_get_one_name_stay_apart(plain: Path) -> None:
    tensors = tiny.read_tensors(plain)
    twins = {f"module.{name}": torch.zeros_like(tensor) for name, tensor in tensors.items()}
    tiny.write_tensors(plain, {**twins, "classifier.bias": tensors["classifier.bias"]})
    assert rejection(plain).startswith("random_head: 37 weights are random")


# ------------------------------------------------------------------ whole numbers


@pytest.mark.parametrize("dtype", [torch.int8, torch.uint8, torch.int32, torch.bool], ids=str)
@pytest.mark.parametrize("file", [SAFE, PICKLED, "before-torch-1.6"])
def test_whole_numbers_are_no_weights(plain: Path, file: str, dtype: torch.dtype) -> None:
    tensors = tiny.read_tensors(plain)
    name = "wav2vec2.encoder.layers.0.attention.k_proj.weight"
    tensors |= {name: (tensors[name] * 127).to(dtype)}
    if file == "before-torch-1.6":
        pickle_as_of_old(plain, tensors)
    else:
        tiny.write_tensors(plain, tensors, file)
    assert rejection(plain).startswith(f"quantized_weights: the checkpoint holds {name} as whole")


@pytest.mark.parametrize("architecture", ["wav2vec2-conformer", "whisper"])
def test_what_counts_is_whole(tmp_path: Path, architecture: str) -> None:
    folder = tiny.build(tmp_path, architecture)
    extra = {"wav2vec2.embeddings.position_ids": torch.arange(4)}
    tiny.write_tensors(folder, tiny.read_tensors(folder) | extra)
    assert certified(folder).weights.rounded == ()


# ------------------------------------------------------------------ what need not be obeyed

ATTENTION = (
    "config.json asks for {}, which not every machine has; attention is computed as transformers"
    " does by default, the same but for rounding."
)


@pytest.mark.parametrize("key", ["attn_implementation", "_attn_implementation"])
@pytest.mark.parametrize("way", ["flash_attention_2", "flex_attention", "someone/kernel", "magic"])
def test_an_attention_of_some_machines_is_replaced(plain: Path, key: str, way: str) -> None:
    model = answers_as_before(plain, configure(**{key: way}))
    assert model.blueprint.remark == ATTENTION.format(way)


def test_so_it_is_for_every_backbone(folder: Path) -> None:
    model = answers_as_before(folder, configure(attn_implementation="flash_attention_2"))
    assert model.blueprint.remark.endswith(ATTENTION.format("flash_attention_2"))


@pytest.mark.parametrize("way", ["eager", "sdpa"])
def test_an_attention_of_all_machines_is_used(plain: Path, way: str) -> None:
    model = answers_as_before(plain, configure(attn_implementation=way))
    assert model.blueprint.remark == ""
    network: Any = model.network
    assert network.module.config._attn_implementation == way


def test_an_attention_of_no_text_is_a_mistake(plain: Path) -> None:
    configure(_attn_implementation={"": "sdpa"})(plain)
    wanted = "should be text of at most 200 characters"
    assert rejection(plain) == (
        f"bad_config: config.json: _attn_implementation is {{'': 'sdpa'}}, but {wanted}"
    )


QUANTIZED: dict[str, dict[str, Any]] = {
    "bitsandbytes": {"quant_method": "bitsandbytes", "load_in_8bit": True},
    "torchao": {"quant_method": "torchao"},
    "of-no-method": {"load_in_8bit": False},
}


@pytest.mark.parametrize("quantization", QUANTIZED.values(), ids=QUANTIZED)
def test_what_was_to_be_done_after_loading_is_not_done(
    plain: Path, quantization: dict[str, Any]
) -> None:
    model = answers_as_before(plain, configure(quantization_config=quantization))
    left_out = "Its quantization_config was left out: its weights are used as they are."
    assert model.blueprint.remark == left_out


def test_weights_that_were_quantized_are_refused(plain: Path) -> None:
    configure(quantization_config=QUANTIZED["bitsandbytes"])(plain)
    name = "wav2vec2.encoder.layers.0.attention.k_proj.weight"
    tensors = tiny.read_tensors(plain)
    scales = {name.replace("weight", "SCB"): torch.ones(32)}
    rounded = {name: (tensors[name] * 127).to(torch.int8)}
    tiny.write_tensors(plain, tensors | rounded | scales)
    assert rejection(plain).startswith(f"quantized_weights: the checkpoint holds {name} as whole")


OWN = """
from torch import nn
from transformers import Wav2Vec2Config, Wav2Vec2Model, PreTrainedModel
from transformers.modeling_outputs import SequenceClassifierOutput

class Config(Wav2Vec2Config):
    model_type = "fancy"

class Model(PreTrainedModel):
    config_class = Config
    base_model_prefix = "wav2vec2"

    def __init__(self, config):
        super().__init__(config)
        self.wav2vec2 = Wav2Vec2Model(config)
        self.projector = nn.Linear(config.hidden_size, config.classifier_proj_size)
        self.classifier = nn.Linear(config.classifier_proj_size, config.num_labels)

    def forward(self, input_values, attention_mask=None):
        frames = self.wav2vec2(input_values, attention_mask=attention_mask)[0]
        return SequenceClassifierOutput(logits=self.classifier(self.projector(frames).mean(dim=1)))
"""
REMOTE = {"AutoConfig": "modeling.Config", "AutoModelForAudioClassification": "modeling.Model"}


@pytest.fixture
def own(plain: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: Any) -> Path:
    """A checkpoint with a class of its own, which does not call post_init."""
    modules = tmp_path_factory.mktemp("modules")
    monkeypatch.setattr("transformers.dynamic_module_utils.HF_MODULES_CACHE", str(modules))
    monkeypatch.syspath_prepend(modules)
    configure(model_type="fancy", auto_map=REMOTE)(plain)
    (plain / "modeling.py").write_text(OWN)
    return plain


def test_a_class_of_its_own_need_not_call_post_init(own: Path) -> None:
    model = certified(own, trust_remote_code=True)
    configure(model_type="wav2vec2", auto_map=None)(own)
    expected = certified(own).logits(NOISE)
    np.testing.assert_allclose(model.logits(NOISE), expected, atol=1e-6)
    assert model.blueprint.architecture == "Model"


def test_a_class_of_its_own_gets_as_many_outputs_as_the_checkpoint_has(own: Path) -> None:
    names = names_in(own)
    expected = certified(own, trust_remote_code=True).logits(NOISE)
    NAMELESS(own)
    configure(attn_implementation="flash_attention_2", quantization_config={"bits": 4})(own)
    model = certified(own, trust_remote_code=True, labels=names)
    np.testing.assert_allclose(model.logits(NOISE), expected, atol=1e-6)
    assert COUNT.format(UNSAID, 3, "classifier.weight") in model.blueprint.remark
    assert ATTENTION.format("flash_attention_2") in model.blueprint.remark
