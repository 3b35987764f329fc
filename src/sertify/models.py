"""From a snapshot to a model that answers: the only module that imports torch and transformers."""

import logging
import pickle
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from transformers import AutoConfig, AutoFeatureExtractor, AutoModelForAudioClassification
from transformers.models.auto.feature_extraction_auto import FEATURE_EXTRACTOR_MAPPING_NAMES
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
    return LoadedModel(
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


def certify(model: LoadedModel) -> None:
    """Raise :class:`~sertify.errors.Rejected` where a model cannot be trusted with a question."""
    require(judge_weights(model.weights))
    require(judge_finite_weights(model.weights))
    require(judge_feature_extractor(model.sampling_rate, model.extractor_problem))
    require(judge_logits(model.noise_logits(), model.labels))


def _check_weight_files(snapshot: Snapshot) -> None:
    if not snapshot.weight_files:
        raise Rejected("no_weights", "it has neither *.safetensors nor pytorch_model.bin")
    for name in snapshot.weight_files:
        with (snapshot.folder / name).open("rb") as file:
            if file.read(len(_LFS_POINTER)) == _LFS_POINTER:
                raise Rejected("corrupt_weights", f"{name} is a Git LFS pointer, not the weights")


def _load_network(snapshot: Snapshot, device: str) -> tuple[Any, WeightReport]:
    config = _load_config(snapshot)
    with _load_errors(snapshot), _quiet():
        network, info = AutoModelForAudioClassification.from_pretrained(
            snapshot.folder,
            config=config,
            dtype=torch.float32,
            local_files_only=True,
            # Left unset, transformers asks on the terminal.
            trust_remote_code=snapshot.candidate.trust_remote_code,
            # A head of another size is then told from one that is absent, with its name.
            ignore_mismatched_sizes=True,
            output_loading_info=True,
        )
    network = network.to(device).eval()
    return network, _weight_report(network, info)


def _load_config(snapshot: Snapshot) -> Any:
    candidate = snapshot.candidate
    try:
        with _quiet():
            return AutoConfig.from_pretrained(
                snapshot.folder,
                local_files_only=True,
                trust_remote_code=candidate.trust_remote_code,
            )
    except (ValueError, OSError, KeyError, TypeError) as error:
        if "trust_remote_code" in str(error):
            raise Rejected("needs_remote_code", _first_line(error)) from error
        raise Rejected("bad_config", _first_line(error)) from error


@contextmanager
def _load_errors(snapshot: Snapshot) -> Iterator[None]:
    """Say in reason codes what from_pretrained raises for a local folder."""
    names = ", ".join(snapshot.weight_files)
    try:
        with _out_of_memory(names):
            yield
    except SafetensorError as error:
        raise Rejected("corrupt_weights", f"{names}: {_first_line(error)}") from error
    except pickle.UnpicklingError as error:
        raise Rejected("unsafe_pickle", f"{names}: {_first_line(error)}") from error
    except (RuntimeError, EOFError) as error:
        raise Rejected(_runtime_code(error), f"{names}: {_first_line(error)}") from error
    except (ValueError, OSError, KeyError, TypeError) as error:
        text = str(error)
        if "trust_remote_code" in text:
            raise Rejected("needs_remote_code", _first_line(error)) from error
        if "Unrecognized configuration class" in text:
            message = f"transformers has no audio classifier for {_first_line(error)}"
            raise Rejected("wrong_task", message) from error
        raise Rejected("bad_config", _first_line(error)) from error


def _runtime_code(error: Exception) -> str:
    archive = ("PytorchStreamReader", "zip archive", "unexpected EOF", "Ran out of input")
    corrupt = isinstance(error, EOFError) or any(words in str(error) for words in archive)
    return "corrupt_weights" if corrupt else "incompatible_shapes"


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
    tensors = dict(network.named_parameters())
    return WeightReport(
        backbone=network.base_model_prefix,
        parameters=sum(tensor.numel() for tensor in tensors.values()),
        missing=tuple(sorted(info["missing_keys"])),
        mismatched=tuple(sorted(str(key[0]) for key in info["mismatched_keys"])),
        unexpected=tuple(sorted(info["unexpected_keys"])),
        non_finite=tuple(n for n, tensor in tensors.items() if not tensor.isfinite().all()),
    )


def _load_extractor(snapshot: Snapshot, folder: Path | None, config: Any) -> tuple[Any, str]:
    """Return the feature extractor, or None and why there is none."""
    given = snapshot.candidate.feature_extractor
    if isinstance(given, SamplingRate):
        return _default_extractor(config, given.sampling_rate)
    folder = folder or snapshot.folder
    if not (folder / "preprocessor_config.json").is_file():
        return None, f"{given or snapshot.candidate.model} has no preprocessor_config.json"
    try:
        with _quiet():
            extractor = AutoFeatureExtractor.from_pretrained(
                folder,
                local_files_only=True,
                trust_remote_code=snapshot.candidate.trust_remote_code,
            )
    except (ValueError, OSError, KeyError, TypeError, ImportError) as error:
        return None, f"preprocessor_config.json cannot be used: {_first_line(error)}"
    if not isinstance(getattr(extractor, "sampling_rate", None), int):
        return None, "preprocessor_config.json names no sampling_rate, so it is not for audio"
    return extractor, ""


def _default_extractor(config: Any, sampling_rate: int) -> tuple[Any, str]:
    """Build what models of this type are trained with when their repository does not say."""
    import transformers

    name = FEATURE_EXTRACTOR_MAPPING_NAMES.get(config.model_type)
    if name is None:
        return None, f"transformers has no feature extractor for {config.model_type} models"
    options: dict[str, Any] = {"sampling_rate": sampling_rate}
    if name == "Wav2Vec2FeatureExtractor":
        # Models with layer norm in the convolutions were trained with a mask, others without.
        options["return_attention_mask"] = getattr(config, "feat_extract_norm", "") == "layer"
    return getattr(transformers, name)(**options), ""


def _labels(snapshot: Snapshot, config: Any) -> tuple[str | None, ...]:
    given = snapshot.candidate.labels
    if given is not None:
        return given
    names: Mapping[int, str] = config.id2label or {}
    return tuple(names.get(index) for index in range(max(names, default=-1) + 1))


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


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
