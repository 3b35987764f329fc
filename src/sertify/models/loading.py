"""From a snapshot to a blueprint, and from a blueprint to a model in memory."""

import gc
import time
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import torch

from sertify.hub.snapshots import Snapshot
from sertify.hub.tensors.index import Tensor, TensorIndex
from sertify.models.blueprints import Batching, Blueprint, Network
from sertify.models.checkpoints import opened, wrapper_of
from sertify.models.failures import quiet, text_of, weight_errors
from sertify.models.loaders.adapters import index_adapter
from sertify.models.loaders.choice import choose_loader
from sertify.models.loaders.stock import StockLoader
from sertify.models.model import LoadedModel
from sertify.models.networks import TorchNetwork
from sertify.models.own_code import code_of_its_day, interface_faults
from sertify.models.own_faults import own_faults
from sertify.models.processes.quota import Deed, unnoted
from sertify.models.tested import doubt
from sertify.models.variants import convert
from sertify.vocabulary.errors import Blocked, ConfigurationError, Rejected
from sertify.vocabulary.text import listed


def choose_device(wish: str) -> str:
    """Resolve ``auto`` to the best device of this machine; refuse one that it does not have."""
    cuda, mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    if wish == "auto":
        return "cuda" if cuda else "mps" if mps else "cpu"
    kind = wish.partition(":")[0]
    if not {"cpu": True, "cuda": cuda, "mps": mps}.get(kind, False):
        there = listed(["cpu", *["cuda"] * cuda, *["mps"] * mps])
        raise ConfigurationError(f"--device is {wish}, but this machine has {there}")
    return "cpu" if kind == "cpu" else wish


def outline(snapshot: Snapshot, index: TensorIndex) -> Blueprint:
    """Choose a loader, and say what network it will make, without a byte of weights.

    Raises ``Rejected``: ``no_config``, ``bad_config``, ``unsupported_library``, ``wrong_task``,
    ``needs_remote_code`` or ``no_weights``.
    """
    try:
        loader = choose_loader(snapshot, index)
        if snapshot.candidate.adapter is not None and not isinstance(loader, StockLoader):
            message = f"the loader {loader.name} takes no `adapter:`"
            raise Rejected("unsupported_adapter", message)
        with code_of_its_day(snapshot):
            return loader.outline(snapshot, index)
    except Rejected as rejection:
        wish = snapshot.candidate.loader
        if wish == "auto":
            raise
        message = (
            f"{rejection.message} (candidates.yaml says loader: {wish}; auto looks which one fits)"
        )
        raise Rejected(rejection.reason.code, message) from rejection


def load(
    blueprint: Blueprint,
    *,
    device: str = "cpu",
    threads: int | None = None,
    seed: int = 0,
    dtype: str = "float32",
    note: Callable[[Deed], None] = unnoted,
) -> LoadedModel:
    """Make a model of files that are on this machine, without any network access.

    ``seed`` decides what random weights get, where the checkpoint lacks some. ``threads`` is how
    many one forward may use, from now on and for all models of the process. ``note`` is told of
    each question to the model, also of the first, with which loading ends.

    Raises ``Rejected``: ``corrupt_weights``, ``unsafe_pickle``, ``incompatible_shapes``, what
    the loader knows; and ``Blocked``: ``out_of_memory``, or that it cannot become its variant.
    """
    if threads:
        torch.set_num_threads(threads)
    torch.manual_seed(seed)
    forget_imports()
    gc.collect()  # the last network holds reference cycles, and may still be in memory
    started = time.perf_counter()
    if blueprint.unknown:
        index = _index_of_files(blueprint.snapshot)
        blueprint = outline(blueprint.snapshot, index) if index else blueprint
    with code_of_its_day(blueprint.snapshot):
        network, weights = blueprint.loader.load(blueprint, device)
    if (heard := getattr(network, "hears", None)) is not None:
        blueprint = replace(blueprint, hears=heard)
    if isinstance(network, TorchNetwork):
        network.fold()
    network = convert(_cast(network, blueprint, dtype), blueprint, device)
    load_time = time.perf_counter() - started
    batching = Batching(getattr(network, "batching", Batching.SINGLE))
    model = LoadedModel(blueprint, weights, load_time, device, network, batching, note=note)
    if misfit := _misfit(model):
        unfit = replace(blueprint, sampling_rate=None, extractor_problem=misfit)
        return replace(model, blueprint=unfit)
    return model


def _cast(network: Network, blueprint: Blueprint, dtype: str) -> Network:
    if dtype in ("float32", "mixed"):
        return network
    variant = blueprint.snapshot.candidate.variant
    if not isinstance(network, TorchNetwork) or variant not in ("fp32", "compile"):
        what = f"loader {blueprint.loader.name}" if variant == "fp32" else variant
        own = {"bf16": "bfloat16", "fp16": "float16"}.get(variant, "float32")
        message = f"{what} answers in {own}, but --dtype is {dtype}; leave out one of the two"
        raise Blocked("no_variant", message)
    network.module.to(getattr(torch, dtype))
    return network


def _index_of_files(snapshot: Snapshot) -> TensorIndex | None:
    """Return the index of pickled weights on this machine, which only torch can read: before 1.6.

    None for other formats.
    """
    names = [
        name for name in snapshot.weight_files if name.endswith((".bin", ".ckpt", ".pt", ".pth"))
    ]
    if not names:
        return None
    index = TensorIndex.merged(_index_of(snapshot, name) for name in names)
    return replace(index, adapter=index_adapter(snapshot))


def _index_of(snapshot: Snapshot, name: str) -> TensorIndex:
    with weight_errors(name), quiet():
        content = torch.load(snapshot.folder / name, map_location="meta", weights_only=True)
    inside = wrapper_of(content)
    tensors, others = opened(content, inside)
    return TensorIndex(
        {key: Tensor(tuple(value.shape), str(value.dtype)) for key, value in tensors.items()},
        others=others,
        inside=inside,
    )


@cache
def forget_imports() -> None:
    """Keep the garbage collector from looking through all that was imported, once for all."""
    gc.collect()
    gc.freeze()  # modules are many objects, and none of them is ever garbage


def _misfit(model: LoadedModel) -> str:
    """Say why the model cannot take what its feature extractor makes of a second, if so."""
    if model.sampling_rate is None:
        return ""
    try:
        with code_of_its_day(model.snapshot), own_faults(), interface_faults(model.network):
            model.noise_logits()
    except (RuntimeError, ValueError, TypeError, AttributeError, LookupError) as error:
        given = model.snapshot.candidate.feature_extractor
        rate = getattr(given, "sampling_rate", None)
        said = f" (candidates.yaml says feature_extractor: {{sampling_rate: {rate}}})" * bool(rate)
        misfit = "what the feature extractor prepares does not fit the model"
        return f"{misfit}: {text_of(error)}{said}{doubt()}"
    return ""
