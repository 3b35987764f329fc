"""Where the weights of a network come from, and what is wrong with that."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sertify.vocabulary.outcomes import Judgement, Measurement, Outcome
from sertify.vocabulary.text import listed

# Only needed to mask spans in training: a checkpoint without it answers the same.
_BENIGN = ("masked_spec_embed",)

# What is left of pre-training and other tasks, of losses, and what is computed anew when it is
# needed. Any other tensor that a network has no place for was trained for something.
_SPARE = re.compile(
    r"(^|\.)(masked_spec_embed|position_ids|num_batches_tracked|inv_freq)$"
    r"|^(lm_head|ctc_proj|proj_out|project_q|project_hid|speaker_proj)\."
    r"|^(dropout_features|loss\w*|criterion|class_weights?)(\.|$)"
    r"|(^|\.)(label_embeddings_concat|final_proj|quantizer|mask_emb)(\.|$)"
    r"|^(model\.)?decoder\.|^d2v_model\.(_ema|modality_encoders\.AUDIO\.decoder)\."
)


@dataclass(frozen=True, order=True)
class Mismatch:
    """A parameter that the checkpoint holds in another shape than the model has."""

    name: str
    found: tuple[int, ...]
    wanted: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.name} {list(self.found)} where the model has {list(self.wanted)}"


@dataclass(frozen=True)
class WeightReport:
    """Where the weights of a model come from.

    ``missing`` are names of parameters that the checkpoint lacks, ``mismatched`` those that it
    holds in another shape: transformers initialises both at random. ``unexpected`` are names of
    tensors that only the checkpoint has, ``others`` what it holds beside tensors, ``non_finite``
    parameters that hold NaN or infinity, ``rounded`` tensors of whole numbers where the network has
    real ones. A parameter whose name starts with ``backbone`` and a dot
    belongs to the backbone, any other to the head, whose last layer has ``outputs``.
    """

    backbone: str
    parameters: int
    outputs: int = 0
    missing: tuple[str, ...] = ()
    mismatched: tuple[Mismatch, ...] = ()
    unexpected: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    non_finite: tuple[str, ...] = ()
    rounded: tuple[str, ...] = ()

    @property
    def random(self) -> tuple[str, ...]:
        """Parameters that the checkpoint lacks, and which would be random; the head's first."""
        names = {name for name in self.missing if not name.endswith(_BENIGN)}
        return tuple(sorted(names, key=lambda name: (self.in_backbone(name), name)))

    @property
    def random_head(self) -> tuple[str, ...]:
        """Parameters of the head that were initialised at random."""
        return tuple(name for name in self.random if not self.in_backbone(name))

    @property
    def unused_layers(self) -> tuple[str, ...]:
        """What the checkpoint was trained with, but the network has no place for."""
        return tuple(name for name in self.unexpected if not _SPARE.search(name))

    @property
    def outputs_found(self) -> int | None:
        """How many outputs the checkpoint has, where nothing else has another shape."""
        found = {mismatch.found[0] for mismatch in self.mismatched if self._of_last(mismatch)}
        alone = all(map(self._of_last, self.mismatched))
        return found.pop() if alone and len(found) == 1 else None

    @property
    def flaws(self) -> int:
        """How many tensors keep the checkpoint from being the network's."""
        return len(self.random) + len(self.mismatched) + len(self.unused_layers)

    def _of_last(self, mismatch: Mismatch) -> bool:
        """Whether of a parameter of the head the number of outputs differs alone."""
        found, wanted = mismatch.found, mismatch.wanted
        same = len(found) == len(wanted) and found[1:] == wanted[1:]
        return same and wanted[:1] == (self.outputs,) and not self.in_backbone(mismatch.name)

    def in_backbone(self, name: str) -> bool:
        """Whether a parameter of that name is none of the head's."""
        return name.startswith(f"{self.backbone}.")


def judge_index(tensors: int, unsafe: Sequence[str], problem: str) -> Judgement:
    """Reject pickled weights that name more than tensors; their loading could run anything.

    ``unsafe`` are those names; ``problem`` is why the tensors cannot be listed, where that is so.
    """
    measured = (
        Measurement("tensors", tensors, "tensors"),
        Measurement("suspicious_globals", len(unsafe), "names"),
    )
    details: dict[str, Any] = {"not_inspectable": problem} if problem else {}
    if not unsafe:
        return Judgement(Outcome.PASS, measured, details=details)
    message = f"its pickle refers to {listed(unsafe)}, but should hold only tensors"
    details |= {"suspicious_globals": list(unsafe)}
    return Judgement(Outcome.FAIL, measured, "unsafe_pickle", message, details=details)


def judge_weights(weights: WeightReport) -> Judgement:
    """Reject a model with a weight that is not from the checkpoint, or without a layer of it."""
    measured = (
        Measurement("random_weights", len(weights.random), "tensors"),
        Measurement("mismatched_weights", len(weights.mismatched), "tensors"),
        Measurement("unused_weights", len(weights.unused_layers), "tensors"),
        *([Measurement("parameters", weights.parameters, "weights")] * bool(weights.parameters)),
    )
    for code, message in _flaws(weights):
        details = {
            "missing": list(weights.missing),
            "mismatched": list(map(str, weights.mismatched)),
            "unexpected": list(weights.unexpected),
        }
        return Judgement(Outcome.FAIL, measured, code, message, details=details)
    return Judgement(Outcome.PASS, measured)


def judge_promise(weights: WeightReport | None, unknown: str) -> Judgement:
    """Reject weights whose names and shapes say that some would be random, before they are loaded.

    Where that cannot be told, `unknown` says why, and loading will tell.
    """
    if weights is not None:
        return judge_weights(weights)
    measured = (Measurement("listed_weights", 0, "tensors"),)
    return Judgement(Outcome.PASS, measured, details={"not_inspectable": unknown})


def judge_finite_weights(weights: WeightReport) -> Judgement:
    """Reject a model with NaN or infinity in a weight."""
    measured = Measurement("non_finite_weights", len(weights.non_finite), "tensors")
    if not weights.non_finite:
        return Judgement(Outcome.PASS, (measured,))
    message = (
        f"{listed(weights.non_finite)} holds NaN or infinity, but all weights should be finite"
    )
    return Judgement(Outcome.FAIL, (measured,), "non_finite_weights", message)


def _flaws(weights: WeightReport) -> Iterator[tuple[str, str]]:
    """What is wrong with the weights, the worst first: reason code and message."""
    if weights.random:
        part = "head" if weights.random_head else "backbone"
        code = "random_head" if weights.random_head else "incomplete_backbone"
        number, names = len(weights.random), listed(weights.random)
        strange = (*weights.unexpected, *weights.others)
        instead = f" and has {listed(strange)} instead" if strange else ""
        wanted = f"{number} weights are random, but all should come from the checkpoint"
        yield code, f"{wanted}; its {part} lacks {names}{instead}"
    if weights.mismatched:
        code = "incompatible_shapes" if weights.outputs_found is None else "label_count_mismatch"
        shapes = listed([str(mismatch) for mismatch in weights.mismatched])
        yield code, f"the checkpoint has {shapes}, but both should be the same"
    if weights.rounded:
        found = f"the checkpoint holds {listed(weights.rounded)} as whole numbers"
        wanted = "but should hold real numbers: without their scales, these are no weights"
        yield "quantized_weights", f"{found}, {wanted}"
    if weights.unused_layers:
        wanted = "the network leaves out layers that the checkpoint has, but should use them all"
        yield "unused_layers", f"{wanted}: {listed(weights.unused_layers)}"
