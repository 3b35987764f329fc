"""What a SpeechBrain repository says of its network, and whether its formula is known."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sertify.hub.hyperparams import class_names, label_names, read_hyperparams
from sertify.hub.snapshots import Snapshot
from sertify.vocabulary.errors import Rejected
from sertify.vocabulary.files import read_text
from sertify.vocabulary.text import listed, quoted

RECIPE, ENCODER = "hyperparams.yaml", "label_encoder.txt"

_OLD = "speechbrain.lobes.models.huggingface_wav2vec.HuggingFaceWav2Vec2"
_SINCE = (
    "speechbrain.lobes.models.huggingface_transformers",
    "speechbrain.integrations.huggingface",
)
_WRAPPERS = ("wav2vec2.Wav2Vec2", "hubert.HuBERT", "wavlm.WavLM", "Wav2Vec2")
_CLASSES = {
    "wav2vec2": (*(f"{package}.{name}" for package in _SINCE for name in _WRAPPERS), _OLD),
    "avg_pool": ("speechbrain.nnet.pooling.StatisticsPooling",),
    "output_mlp": ("speechbrain.nnet.linear.Linear",),
}
# Of each class, the options on which the formula depends: SpeechBrain's default, and what we know.
_OPTIONS: tuple[tuple[str, str, Any, Any], ...] = (
    ("wav2vec2", "output_all_hiddens", False, False),
    ("avg_pool", "return_mean", True, True),
    ("avg_pool", "return_std", True, False),
    ("output_mlp", "max_norm", None, None),
)


@dataclass(frozen=True)
class Recipe:
    """What hyperparams.yaml says; ``source`` is the repository of the backbone's config."""

    source: str
    output_norm: bool
    outputs: int
    bias: bool
    sampling_rate: int
    remark: str


def read_recipe(snapshot: Snapshot) -> Recipe:
    """Read hyperparams.yaml.

    Raises ``Rejected``: ``no_config``, ``bad_config`` or ``unsupported_library``.
    """
    if RECIPE not in snapshot.files:
        raise Rejected("no_config", f"it has no {RECIPE}; {snapshot.listing}")
    classes = _parsed(snapshot, RECIPE, class_names)
    values = _parsed(snapshot, RECIPE, read_hyperparams)
    _require_known(values, classes)
    backbone, head = values["wav2vec2"], values["output_mlp"]
    old = classes["wav2vec2"] == _OLD
    return Recipe(
        source=_source(snapshot, backbone.get("source")),
        output_norm=_typed(bool, "wav2vec2.output_norm", backbone.get("output_norm", old)),
        outputs=_typed(int, "output_mlp.n_neurons", head.get("n_neurons")),
        bias=_typed(bool, "output_mlp.bias", head.get("bias", True)),
        sampling_rate=_typed(int, "sample_rate", _rate(values)),
        remark=_remark("output_norm" in backbone, old),
    )


def _parsed(snapshot: Snapshot, name: str, parse: Callable[[str], Any]) -> Any:
    try:
        return parse(read_text(snapshot.folder / name))
    except (OSError, ValueError) as error:
        raise Rejected("bad_config", f"{name} cannot be read: {error}") from error


def _require_known(values: Mapping[str, Any], classes: Mapping[str, str]) -> None:
    """Raise ``Rejected`` unless each part is one whose formula is known."""
    for part, known in _CLASSES.items():
        name = classes.get(part, "nothing")
        if name not in known:
            raise _unknown(f"{name} in place of {known[0]} as its {part}")
        if not isinstance(values[part], dict):
            raise _unknown(f"unnamed arguments in place of named ones in its {part}")
    for part, option, default, wanted in _OPTIONS:
        value = values[part].get(option, default)
        if value is not wanted:
            raise _unknown(f"{option} {quoted(value)} in place of {wanted} in its {part}")
    modules = values.get("modules")
    others = sorted(modules.keys() - _CLASSES) if isinstance(modules, dict) else []
    if others:
        raise _unknown(f"{listed(others)} besides {listed([*_CLASSES])} among its modules")


def _unknown(what: str) -> Rejected:
    message = f"{RECIPE} has {what}, which the loader speechbrain does not know"
    return Rejected("unsupported_library", message)


def _source(snapshot: Snapshot, source: Any) -> str:
    """Return the backbone's repository, which has to be the one that the snapshot looked up."""
    if isinstance(source, str) and source in snapshot.companions:
        return source
    wanted = "a repository, named by wav2vec2_hub"
    message = f"{RECIPE}: wav2vec2.source is {quoted(source)}, but should be {wanted}"
    raise Rejected("bad_config", message)


def _typed(kind: type[bool | int], name: str, value: Any) -> Any:
    if type(value) is kind and (kind is bool or value > 0):
        return value
    wanted = "true or false" if kind is bool else "a number above 0"
    raise Rejected("bad_config", f"{RECIPE}: {name} is {quoted(value)}, but should be {wanted}")


def _rate(values: Mapping[str, Any]) -> Any:
    """Hz that the interface resamples to: those of its normalizer, which has a default."""
    normalizer = values.get("audio_normalizer")
    rate = values.get("sample_rate", 16_000)
    return normalizer.get("sample_rate", rate) if isinstance(normalizer, dict) else rate


def read_labels(snapshot: Snapshot, recipe: Recipe) -> tuple[str, ...]:
    """Return the labels that candidates.yaml gives, else those of label_encoder.txt.

    Raises ``Rejected``: ``bad_config`` or ``label_count_mismatch``.
    """
    given = snapshot.candidate.labels
    labels: tuple[str, ...] = given or _parsed(snapshot, ENCODER, label_names)
    if len(labels) != recipe.outputs:
        owner = ENCODER if given is None else "candidates.yaml"
        message = f"{owner} names {listed(labels)}, but output_mlp has {recipe.outputs} outputs"
        raise Rejected("label_count_mismatch", message)
    return labels


def _remark(given: bool, old: bool) -> str:
    remark = f"Rebuilt from {RECIPE} without SpeechBrain, and without the noise of its pooling."
    if given:
        return remark
    versions = "up to 0.5.13" if old else "since 0.5.14"
    what = f"That file does not set output_norm: taken as {old}, as by SpeechBrain {versions}"
    return f"{remark} {what}, whose class it names."
