"""What a repository of emotion2vec says of its network, and whether its formula is known."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sertify.hub.funasr import FUNASR_CONFIG, funasr_settings
from sertify.hub.snapshots import Snapshot
from sertify.vocabulary.errors import Rejected
from sertify.vocabulary.text import quoted

MODEL = "Emotion2vec"

_AUDIO = "model_conf.modalities.audio"

# Whole numbers that the network is built of, at each place: from the least to the most.
_NUMBERS: Mapping[str, Mapping[str, tuple[int, int]]] = {
    "model_conf": {"depth": (1, 500), "num_heads": (1, 1024), "embed_dim": (1, 65_536)},
    _AUDIO: {
        "prenet_depth": (1, 500),
        "num_extra_tokens": (0, 10_000),
        "num_alibi_heads": (1, 1024),
        "conv_pos_width": (1, 10_000),
        "conv_pos_depth": (1, 100),
        "conv_pos_groups": (1, 65_536),
    },
}
# On these the formula depends, and this is the one that is known: that of all published models.
_KNOWN: Mapping[str, Mapping[str, Any]] = {
    "model_conf": {"norm_affine": True, "layer_norm_first": False},
    _AUDIO: {
        "extractor_mode": "layer_norm",
        "conv_pos_pre_ln": False,
        "use_alibi_encoder": True,
        "learned_alibi": False,
    },
}
_MOST_CONVOLUTIONS, _MOST_CHARACTERS = 32, 1000
_LAYER = r"\(\s*\d{1,5}\s*,\s*\d{1,5}\s*,\s*\d{1,5}\s*,?\s*\)"
_TERM = re.compile(rf"\s*\[\s*({_LAYER}(?:\s*,\s*{_LAYER})*)\s*,?\s*\]\s*(?:\*\s*(\d{{1,5}})\s*)?")


@dataclass(frozen=True)
class Emotion2vecRecipe:
    """What config.yaml says of the network.

    ``convolutions`` are the channels, kernel and stride of each layer on the waveform, ``kernel``
    that of the positional ones. ``scale_per_head`` and ``scale_per_layer`` say how many scales of
    ALiBi were learned. ``wrappers`` are what may stand in front of a tensor's name.
    """

    depth: int
    num_heads: int
    embed_dim: int
    prenet_depth: int
    num_extra_tokens: int
    conv_pos_depth: int
    conv_pos_groups: int
    kernel: int
    mlp_dim: int
    norm_eps: float
    normalize: bool
    scale_per_head: bool
    scale_per_layer: bool
    convolutions: tuple[tuple[int, int, int], ...]
    wrappers: tuple[str, ...]


def read_emotion2vec(snapshot: Snapshot) -> Emotion2vecRecipe:
    """Read config.yaml.

    Raises ``Rejected``: ``no_config``, ``bad_config`` or ``unsupported_library``.
    """
    settings = _settings(snapshot)
    places = {place: _at(settings, place) for place in _NUMBERS}
    for place, known in _KNOWN.items():
        _require_known(place, places[place], known)
    found = {
        name: _number(place, name, places[place].get(name), *limits)
        for place, names in _NUMBERS.items()
        for name, limits in names.items()
    }
    _require_fitting(found)
    general, audio = places.values()
    return Emotion2vecRecipe(
        depth=found["depth"],
        num_heads=found["num_heads"],
        embed_dim=found["embed_dim"],
        prenet_depth=found["prenet_depth"],
        num_extra_tokens=found["num_extra_tokens"],
        conv_pos_depth=found["conv_pos_depth"],
        conv_pos_groups=found["conv_pos_groups"],
        kernel=max(3, found["conv_pos_width"] // found["conv_pos_depth"]),
        mlp_dim=int(found["embed_dim"] * _ratio("mlp_ratio", general, 0.01, 64.0)),
        norm_eps=_ratio("norm_eps", general, 0.0, 1.0),
        normalize=_flag("model_conf", "normalize", general),
        scale_per_head=_flag(_AUDIO, "learned_alibi_scale_per_head", audio),
        scale_per_layer=_flag(_AUDIO, "learned_alibi_scale_per_layer", audio),
        convolutions=_convolutions(audio.get("feature_encoder_spec")),
        wrappers=_wrappers(settings.get("scope_map")),
    )


def _settings(snapshot: Snapshot) -> dict[str, Any]:
    if FUNASR_CONFIG not in snapshot.files:
        raise Rejected("no_config", f"it has no {FUNASR_CONFIG}; {snapshot.listing}")
    try:
        settings = funasr_settings(snapshot)
    except (OSError, ValueError) as error:
        raise Rejected("bad_config", f"{FUNASR_CONFIG} cannot be read: {error}") from error
    if settings.get("model") != MODEL:
        raise _unknown(f"model {quoted(settings.get('model'))} in place of {MODEL}")
    return settings


def _at(settings: Mapping[str, Any], place: str) -> Mapping[str, Any]:
    value: Any = settings
    for key in place.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    if not isinstance(value, dict):
        raise _bad(place, value, "a mapping from names to values")
    return value


def _require_known(place: str, values: Mapping[str, Any], known: Mapping[str, Any]) -> None:
    """Raise ``Rejected`` unless the formula is the known one; what is not set is false."""
    for name, wanted in known.items():
        value = values.get(name) or False
        if value != wanted:
            raise _unknown(f"{place}.{name} {quoted(value)} in place of {wanted}")


def _require_fitting(found: Mapping[str, int]) -> None:
    for divisor in ("num_heads", "conv_pos_groups"):
        if found["embed_dim"] % found[divisor]:
            wanted = f"a multiple of {divisor}, which is {found[divisor]}"
            raise _bad("model_conf.embed_dim", found["embed_dim"], wanted)
    if found["num_alibi_heads"] != found["num_heads"]:
        name, value = f"{_AUDIO}.num_alibi_heads", found["num_alibi_heads"]
        raise _bad(name, value, f"num_heads, which is {found['num_heads']}")


def _number(place: str, name: str, value: Any, least: int, most: int) -> int:
    if type(value) is not int or not least <= value <= most:
        raise _bad(f"{place}.{name}", value, f"a whole number from {least:,} to {most:,}")
    return value


def _flag(place: str, name: str, values: Mapping[str, Any]) -> bool:
    """Return whether something is set; FunASR takes what is absent for false."""
    value = values.get(name)
    if value is not None and not isinstance(value, bool):
        raise _bad(f"{place}.{name}", value, "true or false")
    return bool(value)


def _ratio(name: str, values: Mapping[str, Any], least: float, most: float) -> float:
    value: Any = values.get(name)
    if type(value) not in (int, float) or not least <= value <= most:
        raise _bad(f"model_conf.{name}", value, f"a number from {least:g} to {most:g}")
    return float(value)


def _convolutions(spec: Any) -> tuple[tuple[int, int, int], ...]:
    """Read what FunASR would evaluate: ``[(512, 10, 5)] + [(512, 3, 2)] * 4``, and nothing else."""
    name = f"{_AUDIO}.feature_encoder_spec"
    wanted = "such as '[(512, 10, 5)] + [(512, 3, 2)] * 4', of channels, kernel and stride"
    if not isinstance(spec, str) or len(spec) > _MOST_CHARACTERS:
        raise _bad(name, spec, wanted)
    layers: list[tuple[int, int, int]] = []
    for term in spec.split("+"):
        found = _TERM.fullmatch(term)
        if found is None:
            raise _bad(name, spec, wanted)
        numbers = [*map(int, re.findall(r"\d+", found[1]))]
        times = min(int(found[2] or 1), _MOST_CONVOLUTIONS + 1)
        layers += times * [*zip(numbers[::3], numbers[1::3], numbers[2::3], strict=True)]
    if not 1 <= len(layers) <= _MOST_CONVOLUTIONS or not all(map(all, layers)):
        raise _bad(name, spec, f"1 to {_MOST_CONVOLUTIONS} layers of numbers above 0")
    return tuple(layers)


def _wrappers(scopes: Any) -> tuple[str, ...]:
    """Return what scope_map takes off the names of tensors: each that stands before a none."""
    values = scopes if isinstance(scopes, tuple) else tuple(str(scopes or "").split(","))
    pairs = zip(values[::2], values[1::2], strict=False)
    return tuple(
        old
        for old, new in pairs
        if old and isinstance(old, str) and old.lower() != "none" and str(new).lower() == "none"
    )


def _unknown(what: str) -> Rejected:
    message = f"{FUNASR_CONFIG} has {what}, which the loader emotion2vec does not know"
    return Rejected("unsupported_library", message)


def _bad(name: str, value: Any, wanted: str) -> Rejected:
    message = f"{FUNASR_CONFIG}: {name} is {quoted(value)}, but should be {wanted}"
    return Rejected("bad_config", message)
