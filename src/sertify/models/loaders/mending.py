"""What a config.json says that need not be obeyed, and a class of a repository's own that lacks."""

from collections.abc import Mapping
from typing import Any

import torch
from transformers import PreTrainedModel

from sertify.models.failures import config_errors, quiet
from sertify.vocabulary.text import counted, shown

_EVERYWHERE = (None, "eager", "sdpa")
_ATTENTION = ("attn_implementation", "_attn_implementation")
_NAMES = ("id2label", "label2id")
_QUANTIZATION = "quantization_config"


def plain_config(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content of a config.json without names of labels, and with their number alone.

    A way to compute attention that not every machine has is left out, and what is to be done to
    the weights after loading: that takes packages that may be there or not.
    """
    left_out = {*_NAMES, "num_labels", _QUANTIZATION}
    left_out |= {*_ATTENTION} if attention_of(content) else set()
    left_out |= {"auto_map"} if content.get("auto_map") is None else set()
    kept = {key: value for key, value in content.items() if key not in left_out}
    number = _stated_number(content)
    # A number of one would be refused for this, whatever the checkpoint has.
    if number is None or (number, content.get("problem_type")) == (
        1,
        "single_label_classification",
    ):
        return kept
    return {**kept, "num_labels": number}


def has_odd_names(content: Mapping[str, Any]) -> bool:
    """Whether id2label is something else than transformers reads: names by the index of each."""
    names = content.get("id2label")
    usual = isinstance(names, dict) and all(str(at).isdecimal() for at in names)
    return names is not None and not usual


def _stated_number(content: Mapping[str, Any]) -> int | None:
    names, number = content.get("id2label"), content.get("num_labels")
    if names:
        return len(names)
    return number if type(number) is int else None


def attention_of(content: Mapping[str, Any]) -> str:
    """Return the way to compute attention that a config.json asks for and not every machine has."""
    asked = [content.get(key) for key in _ATTENTION]
    return next((str(way) for way in asked if way not in _EVERYWHERE), "")


def remarks_on(content: Mapping[str, Any], tensor: str, outputs: int | None) -> tuple[str, ...]:
    """Say what of a config.json was not obeyed.

    ``tensor`` told that there are ``outputs``, and is empty where config.json had it right.
    """
    remarks = []
    if tensor and outputs is not None:
        stated = _stated_number(content)
        says = "does not say how many outputs there are"
        says = says if stated is None else f"says {counted(stated, 'output')}"
        found = f"the checkpoint has {outputs}, by the shape of {tensor}"
        remarks.append(f"config.json {says}; {found}, and that counts.")
    if remark := remark_on_attention(content):
        remarks.append(remark)
    if content.get(_QUANTIZATION):
        remarks.append("Its quantization_config was left out: its weights are used as they are.")
    return tuple(remarks)


def remark_on_attention(content: Mapping[str, Any], file: str = "config.json") -> str:
    """Say that attention is not computed as ``file``, whose content it is, asks for; or ""."""
    way = attention_of(content)
    instead = "attention is computed as transformers does by default, the same but for rounding"
    asks = f"{file} asks for {shown(way)}, which not every machine has"
    return f"{asks}; {instead}." if way else ""


def run_of_the_mill(config: Any) -> Any:
    """Return a config of a class of the repository's own without what `plain_config` leaves out."""
    if hasattr(config, _QUANTIZATION):
        delattr(config, _QUANTIZATION)
    if config._attn_implementation not in _EVERYWHERE:
        config._attn_implementation = None
    return config


def completed(network_class: Any, config: Any) -> Any:
    """Return a class that does what transformers 5 wants done at the end of its making.

    A class that does not call ``post_init`` itself worked before, and would not be loaded now.
    """
    with config_errors(), quiet(), torch.device("meta"):
        network = network_class(config)
    if not isinstance(network, PreTrainedModel) or hasattr(network, "all_tied_weights_keys"):
        return network_class

    def make(self: Any, config: Any) -> None:
        network_class.__init__(self, config)
        self.post_init()

    return type(network_class.__name__, (network_class,), {"__init__": make})
