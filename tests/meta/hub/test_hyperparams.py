"""What a SpeechBrain repository says of itself, hostile ones included; none of it runs."""

import time
from pathlib import Path

import pytest

from sertify.hub.hyperparams import class_names, label_names, read_hyperparams

# Laid out like that of speechbrain/emotion-recognition-wav2vec2-IEMOCAP.
PUBLISHED = """\
HPARAMS_NEEDED: ["encoder_dim", "out_n_neurons", "label_encoder", "softmax"]
wav2vec2_hub: facebook/wav2vec2-base
pretrained_path: speechbrain/emotion-recognition-wav2vec2-IEMOCAP
encoder_dim: 768
out_n_neurons: 4
wav2vec2: !new:speechbrain.lobes.models.huggingface_transformers.wav2vec2.Wav2Vec2
    source: !ref <wav2vec2_hub>
    output_norm: True
avg_pool: !new:speechbrain.nnet.pooling.StatisticsPooling
    return_std: False
output_mlp: !new:speechbrain.nnet.linear.Linear
    input_size: !ref <encoder_dim>
    n_neurons: !ref <out_n_neurons>
    bias: False
modules:
    wav2vec2: !ref <wav2vec2>
softmax: !new:speechbrain.nnet.activations.Softmax
pretrainer: !new:speechbrain.utils.parameter_transfer.Pretrainer
    paths:
        model: !ref <pretrained_path>/model.ckpt
"""
LABELS = "'neu' => 0\n'ang' => 1\n'hap' => 2\n'sad' => 3\n====\n'starting_index' => 0\n"


def test_values_and_references_are_read() -> None:
    values = read_hyperparams(PUBLISHED)
    assert values["wav2vec2"] == {"source": "facebook/wav2vec2-base", "output_norm": True}
    assert values["output_mlp"] == {"input_size": 768, "n_neurons": 4, "bias": False}
    path = "speechbrain/emotion-recognition-wav2vec2-IEMOCAP/model.ckpt"
    assert values["pretrainer"]["paths"]["model"] == path
    assert values["modules"]["wav2vec2"] == "<wav2vec2>"
    assert values["softmax"] is None


def test_classes_are_named_and_not_made() -> None:
    assert class_names(PUBLISHED) == {
        "wav2vec2": "speechbrain.lobes.models.huggingface_transformers.wav2vec2.Wav2Vec2",
        "avg_pool": "speechbrain.nnet.pooling.StatisticsPooling",
        "output_mlp": "speechbrain.nnet.linear.Linear",
        "softmax": "speechbrain.nnet.activations.Softmax",
        "pretrainer": "speechbrain.utils.parameter_transfer.Pretrainer",
    }
    assert class_names("a: !!python/name:os.system\nb: {c: !new:os.system }\n") == {}


def test_no_tag_runs_anything(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    text = f"""\
a: !apply:os.system ['touch {mark}']
b: !!python/object/apply:os.system ['touch {mark}']
c: !include:/etc/hostname
d: !copy <a>
e: !name:os.system
f: !new:os.system
    - touch {mark}
g: !tuple (1, 2)
h: !!python/object/new:os.system ['touch {mark}']
i: !module:os
"""
    values = read_hyperparams(text)
    assert values["a"] == values["b"] == values["f"] == values["h"] == (f"touch {mark}",)
    assert values["c"] is values["e"] is values["i"] is None
    class_names(text)
    assert not mark.exists()


# Each is small, and huge once its aliases or its references are followed.
ALIASES = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 20)
)
DOUBLING = "a0: xxxxxxxxxx\n" + "".join(f"a{i}: !ref <a{i - 1}><a{i - 1}>\n" for i in range(1, 32))
WIDE = "a0: x\n" + "".join(f"a{i}: !ref {f'<a{i - 1}>' * 9}\n" for i in range(1, 12))
EMPTY = "".join(f"a{i}: !ref {f'<a{i + 1}>' * 8}\n" for i in range(30)) + "a30: ''\n"
WRONG = {
    "aliases-that-multiply": (ALIASES, "more than 50,000 values"),
    "references-that-double": (DOUBLING, "characters"),
    "references-that-multiply": (WIDE, "characters"),
    "alias-in-its-anchor": ("a: &a [*a]\n", "deep"),
    "references-in-a-circle": ("a: !ref <b>\nb: !ref <a>\n", "circle"),
    "reference-to-nothing": ("a: !ref <b>\n", "which is missing"),
    "reference-of-a-list": ("a: !ref [b]\n", "line 1: !ref needs text"),
    "list": ("- a\n", "mapping"),
    "nothing": ("", "mapping"),
    "unclosed": ("a: [", "not valid YAML"),
    "deep": ("[" * 20_000, "deep"),
    "control-character": ("a: \x00", "not valid"),
    "key-twice": ("a: 1\na: 2\n", "twice"),
    "merged-keys": ("a: &b {c: 1}\nd: {<<: *b}\n", "cannot be merged"),
    "key-of-a-list": ("? [a]\n: b\n", "should be text"),
    "endless-number": ("a: " + "9" * 5000, "not a usable value"),
    "endless-text": ("x" * 1_100_000, "bytes"),
    "two-documents": ("a: 1\n---\nb: 2\n", "not valid"),
    "no-integer": ("a: !!int x\n", "line 1: x is not a usable value"),
    "no-boolean": ("a: !!bool x", "not a usable value"),
    "no-float": ("a: !!float x", "not a usable value"),
}


@pytest.mark.parametrize(("text", "message"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_at_once(text: str, message: str) -> None:
    start = time.process_time()
    with pytest.raises(ValueError, match=message):
        read_hyperparams(text)
    assert time.process_time() - start < 3


@pytest.mark.parametrize(
    "name",
    ["aliases-that-multiply", "alias-in-its-anchor", "list", "unclosed", "deep", "key-twice"],
)
def test_no_classes_are_named_where_the_file_is_wrong(name: str) -> None:
    text, message = WRONG[name]
    with pytest.raises(ValueError, match=message):
        class_names(text)


def test_references_are_followed_once() -> None:
    assert read_hyperparams(EMPTY)["a0"] == ""


def test_an_alias_stands_for_its_anchor() -> None:
    text = "a: &x !new:b.C {d: 1}\ne: {f: *x}\n"
    assert read_hyperparams(text) == {"a": {"d": 1}, "e": {"f": {"d": 1}}}


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        (LABELS, ("neu", "ang", "hap", "sad")),
        (LABELS.replace("\n", "\r\n"), ("neu", "ang", "hap", "sad")),
        ("'b' => 1\n'a => x' => 0\n====\n", ("a => x", "b")),
    ],
)
def test_labels_come_in_the_order_of_the_outputs(text: str, labels: tuple[str, ...]) -> None:
    assert label_names(text) == labels


WRONG_LABELS = {
    "nothing": ("", "ends before"),
    "no-label": ("====\n", "no label"),
    "cut": ("'a' => 0\n", "ends before"),
    "no-quotes": ("a => 0\n===\n", "quotes"),
    "no-arrow": ("'a' 0\n===\n", "form"),
    "no-number": ("'a' => x\n===\n", "whole number"),
    "negative": ("'a' => -1\n===\n", "whole number"),
    "index-twice": ("'a' => 0\n'b' => 0\n===\n", "already"),
    "label-twice": ("'a' => 0\n'a' => 1\n===\n", "already"),
    "gap": ("'a' => 1\n'b' => 2\n===\n", "leave out index 0"),
    "tuple": ("(1, 2) => 0\n===\n", "quotes"),
    "code": ("__import__('os') => 0\n===\n", "quotes"),
    "deep": ("(" * 100_000 + " => 0\n===\n", "quotes"),
    "pointer": ("version https://git-lfs\n", "form"),
    "control-character": ("'a\x00' => 0\n===\n", "quotes"),
    "endless": ("'a' => 0\n" * 30_000, "characters"),
}


@pytest.mark.parametrize(("text", "message"), WRONG_LABELS.values(), ids=WRONG_LABELS)
def test_wrong_labels(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        label_names(text)
