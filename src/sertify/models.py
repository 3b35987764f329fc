"""From a snapshot to a model that answers: the only module that imports torch and transformers."""

import logging
import pickle
import re
import textwrap
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from transformers import AutoConfig, AutoFeatureExtractor, AutoModelForAudioClassification
from transformers.models.auto.feature_extraction_auto import (
    FEATURE_EXTRACTOR_MAPPING_NAMES,
    get_feature_extractor_config,
)
from transformers.utils import logging as transformers_logging

from sertify.audio import noise
from sertify.candidates import SamplingRate
from sertify.errors import Blocked, Rejected
from sertify.hub import Snapshot
from sertify.integrity import (
    WeightReport,
    judge_feature_extractor,
    judge_finite_weights,
    judge_logits,
    judge_weights,
    require,
)

__all__ = ["LoadedModel", "certify", "choose_device", "load"]

_LFS_POINTER = b"version https://git-lfs"


@dataclass(frozen=True)
class LoadedModel:
    """A model in memory.

    Attributes
    ----------
    labels
        Name of each output, in index order; None where the config names none for an index.
    sampling_rate
        Hz that :meth:`logits` expects; None where there is no feature extractor.
    extractor_problem
        Why there is none.
    receptive_field
        Samples below which the model cannot answer.
    load_time
        Seconds from files to a model in memory.
    """

    snapshot: Snapshot
    labels: tuple[str | None, ...]
    problem_type: str | None
    weights: WeightReport
    sampling_rate: int | None
    extractor_problem: str
    receptive_field: int
    load_time: float
    device: str
    _network: Any = field(repr=False)
    _extractor: Any = field(repr=False)

    def logits(self, waveform: NDArray[np.float32]) -> NDArray[np.float32]:
        """Answer one clip.

        Parameters
        ----------
        waveform
            Mono samples of shape (n,) in [-1, 1] at :attr:`sampling_rate`.

        Returns
        -------
        Logits of shape (len(labels),).

        Raises
        ------
        Blocked
            ``out_of_memory``.
        """
        what = f"{waveform.size} samples"
        with _out_of_memory(what), torch.inference_mode(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            inputs = self._extractor(
                waveform, sampling_rate=self.sampling_rate, return_tensors="pt"
            ).to(self.device)
            output: NDArray[np.float32] = self._network(**inputs).logits[0].float().cpu().numpy()
        return output

    def noise_logits(self) -> NDArray[np.float32]:
        """Return the logits of shape (len(labels),) for one second of the same noise."""
        assert self.sampling_rate is not None
        return self.logits(noise(1, self.sampling_rate))


def choose_device(wish: str) -> str:
    """Resolve ``auto`` to the best device of this machine."""
    if wish != "auto":
        return wish
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def load(
    snapshot: Snapshot,
    extractor_folder: Path | None = None,
    *,
    device: str = "cpu",
    threads: int | None = None,
    seed: int = 0,
) -> LoadedModel:
    """Load a model whose weights have been fetched, without any network access.

    ``seed`` decides what random weights get, where the checkpoint lacks some.

    Raises
    ------
    Rejected
        ``no_weights``, ``corrupt_weights``, ``unsafe_pickle``, ``incompatible_shapes``,
        ``needs_remote_code``, ``bad_config`` or ``wrong_task``.
    Blocked
        ``out_of_memory``.
    """
    if threads:
        torch.set_num_threads(threads)
    torch.manual_seed(seed)
    _check_weight_files(snapshot)
    started = time.perf_counter()
    network, weights = _load_network(snapshot, device)
    load_time = time.perf_counter() - started
    extractor, problem = _load_extractor(snapshot, extractor_folder, network.config)
    model = LoadedModel(
        snapshot=snapshot,
        labels=_labels(snapshot, network.config),
        problem_type=network.config.problem_type,
        weights=weights,
        sampling_rate=None if extractor is None else int(extractor.sampling_rate),
        extractor_problem=problem,
        receptive_field=_receptive_field(network.config),
        load_time=load_time,
        device=device,
        _network=network,
        _extractor=extractor,
    )
    misfit = _misfit(model)
    return replace(model, sampling_rate=None, extractor_problem=misfit) if misfit else model


def certify(model: LoadedModel) -> None:
    """Raise :class:`~sertify.errors.Rejected` where a model cannot be trusted with a question."""
    require(judge_weights(model.weights))
    require(judge_finite_weights(model.weights))
    require(judge_feature_extractor(model.sampling_rate, model.extractor_problem))
    require(judge_logits(model.noise_logits(), model.labels))


def _check_weight_files(snapshot: Snapshot) -> None:
    if not snapshot.weight_files:
        raise Rejected("no_weights", "it has neither model.safetensors nor pytorch_model.bin")
    for name in snapshot.weight_files:
        with (snapshot.folder / name).open("rb") as file:
            if file.read(len(_LFS_POINTER)) == _LFS_POINTER:
                raise Rejected("corrupt_weights", f"{name} is a Git LFS pointer, not the weights")


def _load_network(snapshot: Snapshot, device: str) -> tuple[Any, WeightReport]:
    # Left unset, transformers asks on the terminal.
    trust = {"trust_remote_code": snapshot.candidate.trust_remote_code}
    with _config_errors(), _quiet():
        config = AutoConfig.from_pretrained(snapshot.folder, local_files_only=True, **trust)
        # Built without memory first, whatever goes wrong from here on is due to the weights.
        with torch.device("meta"):
            AutoModelForAudioClassification.from_config(config, **trust)
    with _weight_errors(", ".join(snapshot.weight_files)), _quiet():
        network, info = AutoModelForAudioClassification.from_pretrained(
            snapshot.folder,
            config=config,
            dtype=torch.float32,
            local_files_only=True,
            # A head of another size is then told from one that is absent, with its name.
            ignore_mismatched_sizes=True,
            output_loading_info=True,
            **trust,
        )
        network = network.to(device).eval()
    return network, _weight_report(network, info)


@contextmanager
def _config_errors() -> Iterator[None]:
    """Say in reason codes what transformers raises for a local config.json: it may be anything."""
    try:
        yield
    except (ImportError, MemoryError):
        raise  # this machine lacks something, not the repository
    except Exception as error:
        if "trust_remote_code" in str(error):
            message = "config.json names code of the repository, which may not run"
            raise Rejected("needs_remote_code", message) from error
        other = re.search(r"Unrecognized configuration class .*?(\w+)Config\b", str(error))
        if other:
            message = f"transformers has no audio classifier of type {other[1]}"
            raise Rejected("wrong_task", message) from error
        raise Rejected("bad_config", _text(error)) from error


@contextmanager
def _weight_errors(names: str) -> Iterator[None]:
    """Say in reason codes what from_pretrained raises for local weights of a sound config."""
    try:
        with _out_of_memory(names):
            yield
    except pickle.UnpicklingError as error:
        # What torch says instead ends with advice to load it all the same.
        foreign = re.search(r"GLOBAL (\S+)", str(error))
        if foreign:
            message = f"{names} holds {foreign[1]}, but should hold tensors only"
            raise Rejected("unsafe_pickle", message) from error
        raise Rejected("corrupt_weights", f"{names} is no pickle of tensors") from error
    except RuntimeError as error:
        archive = ("PytorchStreamReader", "zip archive", "unexpected EOF")
        corrupt = any(words in str(error) for words in archive)
        code = "corrupt_weights" if corrupt else "incompatible_shapes"
        raise Rejected(code, f"{names}: {_text(error)}") from error
    except (SafetensorError, EOFError, OSError, LookupError, TypeError, ValueError) as error:
        raise Rejected("corrupt_weights", f"{names}: {_text(error)}") from error


@contextmanager
def _out_of_memory(what: str) -> Iterator[None]:
    try:
        yield
    except (MemoryError, torch.OutOfMemoryError) as error:
        raise Blocked("out_of_memory", f"not enough memory for {what}") from error
    except RuntimeError as error:
        # On the CPU, torch has no class of its own for it.
        if "can't allocate memory" not in str(error):
            raise
        raise Blocked("out_of_memory", f"not enough memory for {what}") from error


def _weight_report(network: Any, info: Mapping[str, Any]) -> WeightReport:
    # Buffers such as the running mean of a batch norm come from the checkpoint, too.
    tensors = network.state_dict()
    return WeightReport(
        backbone=_backbone(network),
        parameters=sum(tensor.numel() for tensor in network.parameters()),
        missing=tuple(sorted(info["missing_keys"])),
        mismatched=tuple(sorted(str(key[0]) for key in info["mismatched_keys"])),
        unexpected=tuple(sorted(info["unexpected_keys"])),
        non_finite=tuple(n for n, tensor in tensors.items() if not tensor.isfinite().all()),
    )


def _backbone(network: Any) -> str:
    """Name of the largest part; base_model_prefix names none in Whisper's classifier."""
    sizes: dict[str, int] = {
        name: sum(tensor.numel() for tensor in part.parameters())
        for name, part in network.named_children()
    }
    return max(sizes, key=sizes.__getitem__)


def _load_extractor(snapshot: Snapshot, folder: Path | None, config: Any) -> tuple[Any, str]:
    """Return the feature extractor, or None and why there is none."""
    candidate = snapshot.candidate
    given = candidate.feature_extractor
    if isinstance(given, SamplingRate):
        return _default_extractor(config, given.sampling_rate)
    folder = folder or snapshot.folder
    try:
        with _quiet():
            # A path that is not there would be taken for the name of a repository.
            here = folder.is_dir()
            content = get_feature_extractor_config(folder, local_files_only=True) if here else {}
            if not content:
                return None, f"{given or candidate.model} has no preprocessor_config.json"
            # Without, transformers takes it for one of the kind that the model needs.
            if not isinstance(content.get("sampling_rate"), int):
                return None, "preprocessor_config.json names no sampling_rate"
            trust = candidate.trust_remote_code
            return AutoFeatureExtractor.from_pretrained(
                folder, config=config, local_files_only=True, trust_remote_code=trust
            ), ""
    except Exception as error:  # the file may hold anything
        return None, f"preprocessor_config.json cannot be used: {_text(error)}"


def _default_extractor(config: Any, sampling_rate: int) -> tuple[Any, str]:
    """Build what models of this type are trained with when their repository does not say."""
    import transformers

    name = FEATURE_EXTRACTOR_MAPPING_NAMES.get(config.model_type)
    if name is None:
        return None, f"transformers has no feature extractor for {config.model_type} models"
    options: dict[str, Any] = {}
    if name == "Wav2Vec2FeatureExtractor":
        # Models with layer norm in the convolutions were trained with a mask, others without.
        options["return_attention_mask"] = getattr(config, "feat_extract_norm", "") == "layer"
    elif name == "ASTFeatureExtractor":
        options = {"num_mel_bins": config.num_mel_bins, "max_length": config.max_length}
    elif name == "WhisperFeatureExtractor":
        # The encoder sees 50 positions a second.
        seconds = config.max_source_positions // 50
        options = {"feature_size": config.num_mel_bins, "chunk_length": seconds}
    with _quiet():
        return getattr(transformers, name)(sampling_rate=sampling_rate, **options), ""


def _misfit(model: LoadedModel) -> str:
    """Say why the model cannot take what its feature extractor makes of a second, if so."""
    if model.sampling_rate is None:
        return ""
    try:
        model.noise_logits()
    except (RuntimeError, ValueError, TypeError, AttributeError, LookupError) as error:
        return f"what the feature extractor prepares does not fit the model: {_text(error)}"
    return ""


def _labels(snapshot: Snapshot, config: Any) -> tuple[str | None, ...]:
    given = snapshot.candidate.labels
    if given is not None:
        return given
    names: Mapping[int, Any] = config.id2label or {}
    return tuple(
        None if names.get(index) is None else str(names[index]) for index in range(len(names))
    )


def _receptive_field(config: Any) -> int:
    """Samples that one output frame of the convolutional front end sees."""
    kernels: Sequence[int] = getattr(config, "conv_kernel", None) or ()
    strides: Sequence[int] = getattr(config, "conv_stride", None) or ()
    field = 1
    for kernel, stride in zip(reversed(kernels), reversed(strides), strict=True):
        field = (field - 1) * stride + kernel
    # Spectrogram models see windows of 25 ms, which at 16 kHz is the same as wav2vec2's 400.
    return field if kernels else 400


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what transformers logs and warns of while loading off the terminal: it is judged."""
    level = transformers_logging.get_verbosity()
    transformers_logging.set_verbosity(logging.CRITICAL)
    transformers_logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        transformers_logging.set_verbosity(level)


def _text(error: Exception) -> str:
    words = textwrap.shorten(str(error), 200, placeholder=" ...")
    return f"{type(error).__name__}: {words}" if words else type(error).__name__
