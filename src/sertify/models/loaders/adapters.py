"""LoRA adapters, added to the weights of a checkpoint that an entry declares them for.

That is W + B A s, with s = alpha / r, or alpha / sqrt(r) where `use_rslora`, as PEFT merges them
(``LoraLayer.get_delta_weight``); PEFT itself is not needed, and whether it is there changes
nothing. What is not understood of an adapter is refused, never left out.
"""

import math
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import torch
from transformers.integrations import peft as integration

from sertify.gates.loadability import require
from sertify.gates.weights import judge_index
from sertify.hub.repositories import Repository, fetch
from sertify.hub.snapshots import ADAPTER_WEIGHTS, Snapshot, index_of
from sertify.hub.tensors.index import Tensor, TensorIndex
from sertify.models.checkpoints import read_tensors
from sertify.models.failures import weight_errors
from sertify.models.loaders.fitting import readings
from sertify.models.loaders.weight_reports import is_whole
from sertify.vocabulary.errors import Rejected
from sertify.vocabulary.text import amount, counted, listed, quoted, shown

ADAPTER_CONFIG = "adapter_config.json"
_LARGEST = 2**30  # bytes
_PREFIX = "base_model.model."
_HALF = re.compile(r"(.+)\.lora_([AB])(?:\.default)?\.weight")
# What changes nothing of the formula above, whatever it says, or is known by the tensors.
_HARMLESS = {
    "auto_mapping", "base_model_name_or_path", "bias", "ensure_weight_tying", "exclude_modules",
    "inference_mode", "layers_pattern", "layers_to_transform", "lora_alpha", "lora_dropout",
    "megatron_core", "modules_to_save", "peft_version", "qalora_group_size", "r", "rank_pattern",
    "revision", "target_modules", "task_type",
}  # fmt: skip
# Of other keys, the values that leave it as it is; of those that are not here, `_NOTHING`.
_PLAIN: Mapping[str, tuple[Any, ...]] = {
    "peft_type": ("LORA",),
    "init_lora_weights": (True, False, None, "gaussian"),
    "use_rslora": (True, False, None),
}
_NOTHING: tuple[Any, ...] = (False, None, {}, [])


@dataclass(frozen=True)
class Adapter:
    """What is added to a checkpoint.

    Attributes
    ----------
    name
        As candidates.yaml has it.
    halves
        A of shape (r, inputs) and B of shape (outputs, r) of each weight, by its name; of one that
        is only outlined, what an index says of them.
    whole
        Tensors that are taken in place of those of the checkpoint, by name, likewise.
    alpha
        What the product is multiplied with, over `r` or its root.
    """

    name: str
    halves: Mapping[str, tuple[Any, Any]]
    whole: Mapping[str, Any]
    alpha: float
    rooted: bool = False

    @property
    def remark(self) -> str:
        """What to tell of it."""
        whole = f" and {counted(len(self.whole), 'tensor')} taken whole" if self.whole else ""
        layers = counted(len(self.halves), "layer")
        return f"With the adapter {self.name}: LoRA of {layers}{whole}."

    def index(self, index: TensorIndex, prefix: str) -> tuple[str, TensorIndex]:
        """Return the index of the checkpoint with it, and the wrapper that its names are without.

        ``prefix`` is that of the backbone's weights. Raises ``Rejected`` with
        ``unsupported_adapter`` where the two do not fit.
        """
        if index.problem:
            return "", index
        troubles: list[Rejected] = []
        for wrapper, reading in readings(index):
            try:
                whole = self._whole_in(reading.tensors, prefix)
            except Rejected as trouble:
                troubles.append(trouble)
            else:
                return wrapper, replace(reading, tensors={**reading.tensors, **whole})
        raise troubles[0]

    def _whole_in(self, tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
        """Return what is taken whole, as a checkpoint calls it that has all that is changed."""
        for name, (a, b) in self.halves.items():
            found = tensors.get(_name_in(tensors, name, prefix))
            wanted = (b.shape[0], a.shape[1])
            if found is None or found.shape != wanted or a.shape[0] != b.shape[1]:
                has = f"of shape {list(found.shape)}" if found else "not there"
                message = f"{self.name} changes {name} of shape {list(wanted)}, which is {has}"
                raise _unsupported(message)
        return {_name_in(tensors, name, prefix): tensor for name, tensor in self.whole.items()}

    def merge(self, tensors: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
        """Return the tensors of the checkpoint with it, in float32 where it changes them."""
        merged = dict(tensors)
        for name, tensor in self.whole.items():
            merged[_name_in(tensors, name, prefix)] = tensor
        for name, (a, b) in self.halves.items():
            at = _name_in(tensors, name, prefix)
            scale = self.alpha / (math.sqrt(len(a)) if self.rooted else len(a))
            merged[at] = tensors[at].float() + scale * (b.float() @ a.float())
        return merged


def outline_adapter(snapshot: Snapshot, index: TensorIndex) -> Adapter | None:
    """Return the adapter that the entry declares, by its index; None where it declares none.

    Raises ``Rejected``: ``unsupported_adapter``.
    """
    name = snapshot.candidate.adapter
    if name is None:
        return None
    config = _config_of(snapshot.companion(name))
    file, found = _file_of(snapshot, name), index.adapter
    if found is None or found.problem or found.inside:
        why = found.problem if found else "cannot be listed"
        raise _unsupported(f"{file} of {name} {why or 'holds more than an adapter'}")
    require(judge_index(**found.facts))
    adapter = _of_tensors(name, config, found.tensors)
    _require_real_numbers(adapter)
    return adapter


def index_adapter(snapshot: Snapshot) -> TensorIndex | None:
    """Return the index of the adapter that the entry declares, downloading it; None for none."""
    name = snapshot.candidate.adapter
    if name is None:
        return None
    home, file = snapshot.companion(name), _file_of(snapshot, name)
    fetch(home, [file])
    return index_of(home, [file])


def _require_real_numbers(adapter: Adapter) -> None:
    """Raise ``Rejected`` for matrices of whole numbers; what is taken whole is judged with all."""
    whole = [at for at, pair in adapter.halves.items() if any(map(is_whole, pair))]
    if whole:
        found = f"{adapter.name} holds what it adds to {listed(whole)} as whole numbers"
        raise Rejected("quantized_weights", f"{found}, but should hold real numbers")


def load_adapter(snapshot: Snapshot) -> Adapter | None:
    """Return the adapter with its tensors, downloading it; None where the entry declares none.

    Raises ``Rejected`` as :func:`outline_adapter` does, and as of weights that cannot be read.
    """
    name = snapshot.candidate.adapter
    if name is None:
        return None
    home, file = snapshot.companion(name), _file_of(snapshot, name)
    fetch(home, [file])
    with weight_errors(f"{file} of {name}"):
        return _of_tensors(name, _config_of(home), read_tensors(home.folder / file))


def _file_of(snapshot: Snapshot, name: str) -> str:
    home = snapshot.companion(name)
    file = next((one for one in ADAPTER_WEIGHTS if one in home.files), None)
    if file is None:
        raise _unsupported(f"{name} has no {ADAPTER_WEIGHTS[0]}; {home.listing}")
    if home.files[file] > _LARGEST:
        raise _unsupported(f"{file} of {name} has {amount(home.files[file])}, but at most 1 GiB")
    return file


def left_over(snapshot: Snapshot) -> str:
    """Say that an adapter lies beside the weights that no entry declares; "" where none does."""
    if ADAPTER_CONFIG not in snapshot.files or snapshot.candidate.adapter is not None:
        return ""
    return f"Its {ADAPTER_CONFIG} was left out, as no `adapter:` names it."


@contextmanager
def unadapted() -> Iterator[None]:
    """Keep transformers from adding what lies in a folder, as it does where PEFT is installed."""
    there = integration.is_peft_available
    integration.is_peft_available = lambda: False
    try:
        yield
    finally:
        integration.is_peft_available = there


def _config_of(home: Repository) -> Mapping[str, Any]:
    if ADAPTER_CONFIG not in home.files:
        raise _unsupported(f"{home.model} has no {ADAPTER_CONFIG}; {home.listing}")
    try:
        config = home.read_json(ADAPTER_CONFIG)
    except (OSError, ValueError, RecursionError) as error:
        raise _unsupported(f"{ADAPTER_CONFIG} of {home.model} cannot be read: {error}") from error
    if not isinstance(config, dict):
        raise _unsupported(f"{ADAPTER_CONFIG} of {home.model} is no object with keys")
    for key, value in ({"peft_type": "LORA"} | config).items():
        plain = (value,) if key in _HARMLESS else _PLAIN.get(key, _NOTHING)
        if not any(value == one and type(value) is type(one) for one in plain):
            raise _unsupported(f"{ADAPTER_CONFIG} of {home.model} has {shown(key)} {quoted(value)}")
    alpha: Any = config.get("lora_alpha")
    if type(alpha) not in (int, float) or not 0 < alpha < 1e6:
        raise _unsupported(f"{ADAPTER_CONFIG} of {home.model} has lora_alpha {quoted(alpha)}")
    return config


def _of_tensors(name: str, config: Mapping[str, Any], tensors: Mapping[str, Any]) -> Adapter:
    halves: dict[str, dict[str, Any]] = {}
    whole: dict[str, Any] = {}
    for key, tensor in tensors.items():
        plain = key.removeprefix(_PREFIX).replace(".modules_to_save.", ".")
        if half := _HALF.fullmatch(plain):
            halves.setdefault(f"{half[1]}.weight", {})[half[2]] = tensor
        elif key.startswith(_PREFIX) and "lora_" not in plain and _is_whole(plain, config):
            whole[plain] = tensor
        else:
            raise _unsupported(f"{name} holds {quoted(key)}, of which nothing is known")
    pairs = {at: (pair["A"], pair["B"]) for at, pair in halves.items() if len(pair) == 2}
    odd = [at for at in halves if at not in pairs or not all(map(_is_matrix, pairs[at]))]
    if odd or not pairs:
        what = f"no two matrices for {listed(odd)}" if odd else "no matrices of a LoRA"
        raise _unsupported(f"{name} has {what}")
    return Adapter(name, pairs, whole, config["lora_alpha"], config.get("use_rslora") is True)


def _is_matrix(tensor: Any) -> bool:
    return len(tensor.shape) == 2 and 0 not in tensor.shape


def _is_whole(plain: str, config: Mapping[str, Any]) -> bool:
    """Whether a tensor was trained, and kept, as a whole."""
    saved = config.get("modules_to_save")
    modules = {str(one) for one in saved} if isinstance(saved, list) else set()
    biases = config.get("bias") in ("all", "lora_only") and plain.endswith(".bias")
    return biases or not modules.isdisjoint(plain.split("."))


def _name_in(tensors: Mapping[str, Any], name: str, prefix: str) -> str:
    """Return how a checkpoint calls a weight of the network: a backbone's have no prefix."""
    short = name.removeprefix(f"{prefix}.")
    return short if name not in tensors and short in tensors else name


def _unsupported(message: str) -> Rejected:
    return Rejected("unsupported_adapter", message)
