"""Modules of transformers as networks that answer waveforms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn.utils import parametrize
from transformers import ASTFeatureExtractor, Wav2Vec2FeatureExtractor, WhisperFeatureExtractor

from sertify.corpora.audio import Waveform
from sertify.models.blueprints import Batching


class OtherInterface(TypeError):
    """Raised for what a module answers that is not what a classifier does."""


def logits_in(answer: Any, clips: int) -> torch.Tensor:
    """Return the logits of shape (clips, outputs) that an answer of transformers' way has.

    Raises `OtherInterface` where it has none of this shape.
    """
    logits = answer.get("logits") if isinstance(answer, Mapping) else getattr(answer, "logits", 0)
    if not isinstance(logits, torch.Tensor):
        kind = f"{type(answer).__name__}{_shape(answer)}"
        raise OtherInterface(f"its forward gives a {kind}, but should give an output with logits")
    if logits.ndim != 2 or len(logits) != clips:
        wrong = f"its forward gives logits of shape {tuple(logits.shape)}"
        raise OtherInterface(f"{wrong}, but should give a row for each of {clips} clips")
    return logits


def _shape(answer: Any) -> str:
    return f" of shape {tuple(answer.shape)}" if isinstance(answer, torch.Tensor) else ""


@dataclass
class TorchNetwork:
    """A module, and the feature extractor that prepares its input.

    ``batching`` says which clips can share a forward without changing what each is answered.
    """

    module: Any
    extractor: Any
    batching: Batching = Batching.EQUAL

    def __call__(self, waveforms: Sequence[Waveform]) -> NDArray[np.float32]:
        """Answer as `Network` says; clips that cannot be mixed one by one."""
        mixed = len({waveform.size for waveform in waveforms}) > 1
        if mixed and self.batching in (Batching.SINGLE, Batching.EQUAL):
            return np.concatenate([self([waveform]) for waveform in waveforms])
        inputs = self.extractor(
            list(waveforms),
            sampling_rate=self.extractor.sampling_rate,
            return_tensors="pt",
            # The others bring all clips to one length by themselves.
            **({"padding": True} if isinstance(self.extractor, Wav2Vec2FeatureExtractor) else {}),
        )
        inputs = inputs.to(self.module.device).to(self.module.dtype)
        logits = logits_in(self.module(**inputs), len(waveforms))
        answer: NDArray[np.float32] = logits.float().cpu().numpy()
        return answer

    def fold(self) -> None:
        """Compute once what each forward would anew: weights that are a function of others."""
        parts: list[Any] = list(self.module.modules()) if isinstance(self.module, nn.Module) else []
        threads = torch.get_num_threads()
        torch.set_num_threads(1)  # else the last digit of each would depend on how many there are
        try:
            for part in filter(parametrize.is_parametrized, parts):
                for name in list(part.parametrizations):
                    parametrize.remove_parametrizations(part, name, leave_parametrized=True)
        finally:
            torch.set_num_threads(threads)

    @property
    def least(self) -> int:
        """Samples that any clip is brought to, or beyond; 0 where each keeps its length."""
        if isinstance(self.extractor, WhisperFeatureExtractor):
            return int(self.extractor.n_samples)
        if isinstance(self.extractor, ASTFeatureExtractor):
            return int(self.extractor.max_length * self.extractor.sampling_rate // 100)
        return 0

    @property
    def hears(self) -> float | None:
        """Seconds that it hears of a clip: what any clip is brought to, if so."""
        return self.least / float(self.extractor.sampling_rate) if self.least else None

    def remembers(self, clips: Sequence[Waveform]) -> bool:
        """Whether being asked leaves something behind in the module, which threads would share.

        The rotary embedding of a conformer does, for one. ``clips`` should be of unlike lengths.
        """
        modules = [] if not isinstance(self.module, nn.Module) else [*self.module.modules()]
        states = []
        for clip in clips:
            self([clip])
            states.append([_attributes(part) for part in modules])
        return any(state != states[0] for state in states)


def _attributes(module: nn.Module) -> dict[str, int]:
    kept = {**vars(module), **module._buffers}
    return {name: id(value) for name, value in kept.items() if not name.startswith("_")}


def batching_for(config: Any, extractor: Any) -> Batching:
    """Return which clips a classifier of transformers answers together as it does one by one.

    A group norm in the convolutions takes its mean over the padding, whatever the mask says; with
    layer norm and a mask, padding changes nothing but rounding.
    """
    if isinstance(extractor, ASTFeatureExtractor | WhisperFeatureExtractor):
        return Batching.ANY
    masked = getattr(extractor, "return_attention_mask", False)
    if masked and getattr(config, "feat_extract_norm", "") == "layer":
        return Batching.MASKED
    return Batching.EQUAL
