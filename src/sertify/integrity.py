"""What a repository or a loaded model is, and what is wrong with it; its labels apart.

Every function takes facts and returns a :class:`~sertify.outcomes.Judgement`; none loads anything.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sertify.errors import Rejected
from sertify.libraries import library_of
from sertify.outcomes import Judgement, Measurement, Outcome, listed
from sertify.tensors import TensorIndex

if TYPE_CHECKING:
    # Only a name here: whoever judges facts need not wait for the hub's client.
    from sertify.hub import Snapshot

__all__ = [
    "Mismatch",
    "WeightReport",
    "has_config",
    "judge_agreement",
    "judge_config",
    "judge_feature_extractor",
    "judge_finite_weights",
    "judge_index",
    "judge_keys",
    "judge_loading",
    "judge_logits",
    "judge_outline",
    "judge_promise",
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
}

# Only needed to mask spans in training: a checkpoint without it answers the same.
_BENIGN = ("masked_spec_embed",)

# From telephone speech to what recordings have; nothing between a model and these is speech.
_SAMPLING_RATES = (8_000, 48_000)

_LAYER = re.compile(r"\.layers?\.\d+\.")


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
    holds in another shape: transformers initialises both at random. ``unexpected`` are names that
    only the checkpoint has, ``non_finite`` parameters that hold NaN or infinity. A parameter whose
    name starts with ``backbone`` and a dot belongs to the backbone, any other to the head, whose
    last layer has ``outputs``.
    """

    backbone: str
    parameters: int
    outputs: int = 0
    missing: tuple[str, ...] = ()
    mismatched: tuple[Mismatch, ...] = ()
    unexpected: tuple[str, ...] = ()
    non_finite: tuple[str, ...] = ()

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
        """What the checkpoint holds of layers that the backbone should have, but has not."""
        names = (name for name in self.unexpected if self.in_backbone(name))
        return tuple(name for name in names if _LAYER.search(name))

    def in_backbone(self, name: str) -> bool:
        """Whether a parameter of that name is none of the head's."""
        return name.startswith(f"{self.backbone}.")


def require(judgement: Judgement) -> None:
    """Raise :class:`~sertify.errors.Rejected` where a judgement is FAIL."""
    if judgement.outcome is Outcome.FAIL:
        assert judgement.reason is not None
        raise Rejected(judgement.reason, judgement.message)


def judge_snapshot(snapshot: "Snapshot") -> Judgement:
    """Accept a repository that was resolved to a commit; where none is, there is no snapshot."""
    files = Measurement("files", len(snapshot.files), "files")
    size = Measurement("size_on_disk", snapshot.weight_size / 1e6, "MB")
    repository = {
        **asdict(snapshot.card),
        "weight_files": list(snapshot.weight_files),
        "gated": snapshot.gated,
        "companions": {
            name: one.commit
            for name, one in snapshot.companions.items()
            if not isinstance(one, Rejected)
        },
    }
    details = {"repository": repository} | ({"remark": snapshot.remark} if snapshot.remark else {})
    return Judgement(Outcome.PASS, (files, size), details=details)


def judge_config(snapshot: "Snapshot") -> Judgement:
    """Reject a repository without a config.json that names a model type."""
    library = library_of(snapshot.files)
    if "config.json" not in snapshot.files:
        if library:
            return _fail("unsupported_library", f"it is in {library}, without a config.json")
        names = listed(sorted(snapshot.files)) if snapshot.files else "no file at all"
        return _fail("no_config", f"it has no config.json, but {names}")
    try:
        config = snapshot.read_json("config.json")
    except (OSError, ValueError, RecursionError) as error:
        return _fail("bad_config", f"config.json cannot be read: {error}")
    if isinstance(config, dict) and isinstance(config.get("model_type"), str):
        return _pass(Measurement("config_keys", len(config), "keys"))
    if library:
        message = f"it is in {library}, and its config.json names no model_type"
        return _fail("unsupported_library", message)
    return _fail("bad_config", "config.json names no model_type")


def has_config(snapshot: "Snapshot") -> bool:
    """Whether a repository has a config.json that transformers could read."""
    return judge_config(snapshot).outcome is Outcome.PASS


def judge_keys(config: Mapping[str, Any]) -> Judgement:
    """Accept a config.json; a loader of another library needs none."""
    return _pass(Measurement("config_keys", len(config), "keys"))


def judge_outline(
    loader: str, architecture: str, labels: Sequence[str | None], remark: str
) -> Judgement:
    """Accept a network that can be built; where none can, there is no blueprint of it."""
    measured = (Measurement("labels", len(labels), "labels"),)
    details: dict[str, Any] = {"loader": loader, "architecture": architecture}
    details["outputs"] = list(labels)
    if remark:
        details["remark"] = remark
    return Judgement(Outcome.PASS, measured, details=details)


def judge_loading(load_time: float) -> Judgement:
    """Accept weights that were loaded, in ``load_time`` seconds; where they cannot be, none are."""
    return _pass(Measurement("load_time", load_time, "s"))


def judge_task(config: Mapping[str, Any]) -> Judgement:
    """Reject a checkpoint whose architecture was trained for another task."""
    names = config.get("architectures")
    architecture = str(names[0]) if isinstance(names, list) and names else ""
    tasks = [task for ending, task in _OTHER_TASKS.items() if architecture.endswith(ending)]
    if _is_backbone(architecture, config.get("model_type")):
        tasks = ["embedding; a backbone without a head"]
    measured = Measurement("other_tasks", len(tasks), "tasks")
    details = {"architecture": architecture}
    if not tasks:
        return Judgement(Outcome.PASS, (measured,), details=details)
    message = f"{architecture} is for {tasks[0]}, but should be for audio classification"
    return Judgement(Outcome.FAIL, (measured,), "wrong_task", message, details=details)


def judge_index(index: TensorIndex) -> Judgement:
    """Reject pickled weights that name more than tensors; their loading could run anything."""
    measured = (
        Measurement("tensors", len(index.tensors), "tensors"),
        Measurement("suspicious_globals", len(index.unsafe), "names"),
    )
    details: dict[str, Any] = {"not_inspectable": index.problem} if index.problem else {}
    if not index.unsafe:
        return Judgement(Outcome.PASS, measured, details=details)
    message = f"its pickle names {listed(index.unsafe)}, but should hold tensors only"
    details |= {"suspicious_globals": list(index.unsafe)}
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
    return _pass(*measured)


def _is_backbone(architecture: str, model_type: Any) -> bool:
    """Whether a class is transformers' own, such as WavLMModel; others end with Model as well."""
    plain = re.sub(r"\W", "", str(model_type)).lower()
    return architecture.lower() in (f"{plain}model", "astmodel")


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
        return _pass(measured)
    message = f"NaN or infinity in {listed(weights.non_finite)}, but all should be finite"
    return Judgement(Outcome.FAIL, (measured,), "non_finite_weights", message)


def judge_feature_extractor(sampling_rate: int | None, problem: str) -> Judgement:
    """Reject a model whose input cannot be prepared; ``problem`` says why."""
    if sampling_rate is None:
        return _fail("no_feature_extractor", problem)
    measured = Measurement("sampling_rate", sampling_rate, "Hz")
    low, high = _SAMPLING_RATES
    if low <= sampling_rate <= high:
        return _pass(measured)
    message = f"its feature extractor wants {sampling_rate} Hz, but should want {low} to {high}"
    return Judgement(Outcome.FAIL, (measured,), "unsupported_sampling_rate", message)


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


def _flaws(weights: WeightReport) -> Iterator[tuple[str, str]]:
    """What is wrong with the weights, the worst first: reason code and message."""
    if weights.random:
        part = "head" if weights.random_head else "backbone"
        code = "random_head" if weights.random_head else "incomplete_backbone"
        number, names = len(weights.random), listed(weights.random)
        instead = f" and has {listed(weights.unexpected)} instead" if weights.unexpected else ""
        wanted = f"{number} weights are random, but all should come from the checkpoint"
        yield code, f"{wanted}; its {part} lacks {names}{instead}"
    if weights.mismatched:
        # Of a head that was trained for other labels, the number of outputs differs alone.
        last = (
            one.found[1:] == one.wanted[1:]
            and one.wanted[:1] == (weights.outputs,)
            and not weights.in_backbone(one.name)
            for one in weights.mismatched
        )
        code = "label_count_mismatch" if all(last) else "incompatible_shapes"
        shapes = listed([str(one) for one in weights.mismatched])
        yield code, f"the checkpoint has {shapes}, but both should be the same"
    if weights.unused_layers:
        wanted = (
            "config.json leaves out layers that the checkpoint has, but should have all of them"
        )
        yield "unused_layers", f"{wanted}: {listed(weights.unused_layers)}"


def _pass(*measured: Measurement) -> Judgement:
    return Judgement(Outcome.PASS, measured)


def _fail(code: str, message: str, details: Mapping[str, Any] | None = None) -> Judgement:
    return Judgement(Outcome.FAIL, (), code, message, details=details or {})
