"""What a repository or a loaded model is, and what is wrong with it; its labels apart.

Every function takes facts and returns a :class:`~sertify.outcomes.Judgement`; none loads anything.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sertify.errors import Rejected
from sertify.outcomes import Judgement, Measurement, Outcome, listed

if TYPE_CHECKING:
    # Only a name here: whoever judges facts need not wait for the hub's client.
    from sertify.hub import Snapshot

__all__ = [
    "WeightReport",
    "judge_agreement",
    "judge_config",
    "judge_feature_extractor",
    "judge_finite_weights",
    "judge_loading",
    "judge_logits",
    "judge_snapshot",
    "judge_task",
    "judge_weights",
    "require",
]

_OTHER_TASKS = {
    "ForCTC": "speech recognition (CTC)",
    "ForPreTraining": "pre-training",
    "ForMaskedLM": "pre-training",
    "ForConditionalGeneration": "sequence to sequence",
    "ForSpeechSeq2Seq": "sequence to sequence",
    "ForXVector": "speaker verification",
    "ForAudioFrameClassification": "frame classification",
    "ForCausalLM": "text generation",
    "Model": "embedding; a backbone without a head",
}

# Only needed to mask spans in training: a checkpoint without it answers the same.
_BENIGN = ("masked_spec_embed",)

_LAYER = re.compile(r"\.layers?\.\d+\.")


@dataclass(frozen=True)
class WeightReport:
    """Where the weights of a loaded model came from.

    ``missing`` and ``mismatched`` are names of parameters that the checkpoint lacks or holds in
    another shape: transformers has initialised them at random. ``unexpected`` are names that only
    the checkpoint has, ``non_finite`` parameters that hold NaN or infinity. A parameter whose name
    starts with ``backbone`` and a dot belongs to the backbone, any other to the head.
    """

    backbone: str
    parameters: int
    missing: tuple[str, ...] = ()
    mismatched: tuple[str, ...] = ()
    unexpected: tuple[str, ...] = ()
    non_finite: tuple[str, ...] = ()

    @property
    def random(self) -> tuple[str, ...]:
        """Parameters that were initialised at random, the head's first."""
        names = {n for n in self.missing + self.mismatched if not n.endswith(_BENIGN)}
        return tuple(sorted(names, key=lambda name: (self._in_backbone(name), name)))

    @property
    def random_head(self) -> tuple[str, ...]:
        """Parameters of the head that were initialised at random."""
        return tuple(name for name in self.random if not self._in_backbone(name))

    @property
    def unused_layers(self) -> tuple[str, ...]:
        """What the checkpoint holds of layers that the backbone should have, but has not."""
        names = (name for name in self.unexpected if self._in_backbone(name))
        return tuple(name for name in names if _LAYER.search(name))

    def _in_backbone(self, name: str) -> bool:
        return name.startswith(f"{self.backbone}.")


def require(judgement: Judgement) -> None:
    """Raise :class:`~sertify.errors.Rejected` where a judgement is FAIL."""
    if judgement.outcome is Outcome.FAIL:
        assert judgement.reason is not None
        raise Rejected(judgement.reason, judgement.message)


def judge_snapshot(snapshot: "Snapshot") -> Judgement:
    """Accept a repository that was resolved to a commit; where none is, there is no snapshot."""
    files = Measurement("files", len(snapshot.files), "files")
    return _pass(files, Measurement("size_on_disk", snapshot.weight_size / 1e6, "MB"))


def judge_config(snapshot: "Snapshot") -> Judgement:
    """Reject a repository without a config.json that names a model type."""
    if "config.json" not in snapshot.files:
        names = listed(sorted(snapshot.files)) if snapshot.files else "no file at all"
        return _fail("no_config", f"it has no config.json, but {names}")
    try:
        config = snapshot.read_json("config.json")
    except (OSError, ValueError) as error:
        return _fail("bad_config", f"config.json cannot be read: {error}")
    if not isinstance(config, dict) or not isinstance(config.get("model_type"), str):
        return _fail("bad_config", "config.json names no model_type")
    return _pass(Measurement("config_keys", len(config), "keys"))


def judge_loading(load_time: float) -> Judgement:
    """Accept weights that were loaded, in ``load_time`` seconds; where they cannot be, none are."""
    return _pass(Measurement("load_time", load_time, "s"))


def judge_task(config: Mapping[str, Any]) -> Judgement:
    """Reject a checkpoint whose architecture was trained for another task."""
    names = config.get("architectures")
    architecture = str(names[0]) if isinstance(names, list) and names else ""
    tasks = [task for ending, task in _OTHER_TASKS.items() if architecture.endswith(ending)]
    measured = Measurement("other_tasks", len(tasks), "tasks")
    details = {"architecture": architecture}
    if not tasks:
        return Judgement(Outcome.PASS, (measured,), details=details)
    message = f"{architecture} is for {tasks[0]}, but should be for audio classification"
    return Judgement(Outcome.FAIL, (measured,), "wrong_task", message, details=details)


def judge_weights(weights: WeightReport) -> Judgement:
    """Reject a model with a weight that is not from the checkpoint, or without a layer of it."""
    measured = (
        Measurement("random_weights", len(weights.random), "tensors"),
        Measurement("unused_weights", len(weights.unused_layers), "tensors"),
        Measurement("parameters", weights.parameters, "weights"),
    )
    if not weights.random:
        return _judge_unused(weights, measured)
    code = "random_head" if weights.random_head else "incomplete_backbone"
    message = (
        f"{len(weights.random)} weights are random, but all should come from the checkpoint; "
        + _differences(weights)
    )
    details = {
        "missing": list(weights.missing),
        "mismatched": list(weights.mismatched),
        "unexpected": list(weights.unexpected),
    }
    return Judgement(Outcome.FAIL, measured, code, message, details=details)


def judge_finite_weights(weights: WeightReport) -> Judgement:
    """Reject a model with NaN or infinity in a weight."""
    measured = Measurement("non_finite_weights", len(weights.non_finite), "tensors")
    if not weights.non_finite:
        return _pass(measured)
    message = f"NaN or infinity in {listed(weights.non_finite)}, but all should be finite"
    return Judgement(Outcome.FAIL, (measured,), "non_finite_weights", message)


def judge_feature_extractor(sampling_rate: int | None, problem: str) -> Judgement:
    """Reject a model whose input cannot be prepared; ``problem`` says why."""
    if sampling_rate is None:
        return _fail("no_feature_extractor", problem)
    return _pass(Measurement("sampling_rate", sampling_rate, "Hz"))


def judge_logits(logits: NDArray[np.float32], labels: Sequence[str | None]) -> Judgement:
    """Reject logits of shape (n,) that are not finite, or not one for each label."""
    measured = Measurement("outputs", logits.size, "outputs")
    if logits.ndim != 1 or logits.size != len(labels) or None in labels:
        message = f"outputs={logits.size}, but should be one for each label: {listed(labels)}"
        return Judgement(Outcome.FAIL, (measured,), "label_count_mismatch", message)
    if not np.isfinite(logits).all():
        message = f"one second of noise gives logits {logits.tolist()}, but all should be finite"
        return Judgement(Outcome.FAIL, (measured,), "non_finite_output", message)
    return _pass(measured)


def judge_agreement(first: NDArray[np.float32], second: NDArray[np.float32]) -> Judgement:
    """Reject a model that answers differently after a second load under another random seed."""
    difference = float(np.max(np.abs(first - second))) if first.shape == second.shape else np.inf
    measured = Measurement("reload_difference", difference, "logits")
    # Not `>`: a difference that is NaN has to fail, too.
    if difference <= 1e-4 * (1 + float(np.ptp(first))):
        return _pass(measured)
    message = f"logits differ by {difference:.3g} between two loads, but should be the same"
    return Judgement(Outcome.FAIL, (measured,), "non_deterministic", message)


def _judge_unused(weights: WeightReport, measured: tuple[Measurement, ...]) -> Judgement:
    """Reject a model that lacks layers which it was trained with."""
    if not weights.unused_layers:
        return _pass(*measured)
    message = (
        f"config.json leaves out layers that the checkpoint has, but should have all of them: "
        f"{listed(weights.unused_layers)}"
    )
    details = {"unexpected": list(weights.unexpected)}
    return Judgement(Outcome.FAIL, measured, "unused_layers", message, details=details)


def _differences(weights: WeightReport) -> str:
    """Say what the checkpoint lacks, what it has instead, and what it has in another shape."""
    lacking = [name for name in weights.random if name not in weights.mismatched]
    parts = []
    if lacking:
        part = "head" if weights.random_head else "backbone"
        instead = f" and has {listed(weights.unexpected)} instead" if weights.unexpected else ""
        parts.append(f"its {part} lacks {listed(lacking)}{instead}")
    if weights.mismatched:
        parts.append(f"it has {listed(weights.mismatched)} in another shape")
    return "; ".join(parts)


def _pass(*measured: Measurement) -> Judgement:
    return Judgement(Outcome.PASS, measured)


def _fail(code: str, message: str, details: Mapping[str, Any] | None = None) -> Judgement:
    return Judgement(Outcome.FAIL, (), code, message, details=details or {})
