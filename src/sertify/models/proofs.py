"""Whether clips may share a forward, and threads a model: proven on noise."""

import math
import warnings
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from sertify.corpora.audio import Waveform, white_noise
from sertify.models.blueprints import Batching
from sertify.models.model import LoadedModel
from sertify.models.networks import TorchNetwork

TOLERANCE = 1e-4
"""How far logits may move by sharing a batch or by a conversion, as a share of their range."""

# Seconds of the noises: what depends on a clip's length, or on its neighbours, is no less on short
# ones. The middle one is the shortest, for what is kept may fit what is shorter.
_UNLIKE, _ALIKE = (0.375, 0.25, 0.5), (0.25, 0.25, 0.25)


def is_concurrent(model: LoadedModel) -> bool:
    """Whether several threads may ask the model at a time, each about a clip of its own.

    A repository's own code never promised that; what transformers has is looked at.
    """
    if model.snapshot.candidate.trust_remote_code:
        return False
    if not isinstance(model.network, TorchNetwork):
        return True  # as `Network` says
    with torch.inference_mode(), warnings.catch_warnings(action="ignore"):
        return not model.network.remembers(_noises(model, _UNLIKE))


def proven(model: LoadedModel) -> tuple[LoadedModel, float]:
    """Return the model, to be asked only as changes no answer, and its `batch_deviation`."""
    model = replace(model, concurrent=is_concurrent(model))
    if model.batching is Batching.SINGLE:
        return model, 0.0
    moved = batch_deviation(model)
    return (model if moved <= TOLERANCE else replace(model, batching=Batching.SINGLE)), moved


def _noises(model: LoadedModel, lengths: Sequence[float]) -> list[Waveform]:
    """Return noise of so many seconds, each from another sample on and at another level."""
    rate = model.sampling_rate
    assert rate is not None
    return [
        white_noise(seconds + 0.1 * place, rate)[
            -max(round(seconds * rate), model.receptive_field) :
        ]
        / np.float32(2**place)
        for place, seconds in enumerate(lengths)
    ]


def batch_deviation(model: LoadedModel) -> float:
    """Return how far logits move by sharing a batch, as a share of their range over clips.

    That is infinite where the model cannot be asked so. The clips are three of noise, of lengths
    that `LoadedModel.batching` allows to be mixed.
    """
    mixed = model.batching in (Batching.MASKED, Batching.ANY)
    clips = _noises(model, _UNLIKE if mixed else _ALIKE)
    alone = np.stack([model.logits(clip) for clip in clips])
    scale = scale_of(alone)
    with warnings.catch_warnings(action="ignore"):
        try:
            together = model.answer(clips)
        except (RuntimeError, ValueError, TypeError, LookupError):
            return math.inf  # code of the repository may be made for a clip at a time
    if together.shape != alone.shape:
        return math.inf
    moved = float(np.abs(together - alone).max())
    return moved / scale if scale else moved


def scale_of(logits: NDArray[np.float32]) -> float:
    """Return the range of logits, to which a difference is compared.

    A model that answers all alike has none, but rounds all the same.
    """
    return max(float(np.ptp(logits)), float(np.abs(logits).max()) * 1e-2)
