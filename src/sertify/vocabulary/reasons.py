"""The codes by which a candidate is rejected or blocked, what each means and what to do."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Reason:
    """One way to be turned down."""

    code: str
    meaning: str
    cure: str
    fault: bool = True
    """Whether the model is at fault; else it could not be judged, or not in this run."""


_LOADABILITY = (
    Reason("not_found", "no such repository or folder", "check the spelling of `model:`"),
    Reason("revision_not_found", "the repository has no such revision", "correct `revision:`"),
    Reason(
        "no_config", "the repository has no config.json", "use a repository in transformers format"
    ),
    Reason(
        "bad_config",
        "config.json is not a valid model configuration",
        "report it to the model's author",
    ),
    Reason(
        "unsupported_library",
        "it is in the format of a library that no loader reads",
        "use a repository in transformers format, or add a loader (CONTRIBUTING.md)",
    ),
    Reason(
        "wrong_task",
        "it was trained for another task, not for audio classification",
        "use a model that was fine-tuned for emotion classification",
    ),
    Reason(
        "needs_remote_code",
        "it can only be loaded with the repository's own code",
        "read that code, then set `trust_remote_code: true`",
    ),
    Reason(
        "no_weights", "the repository has no weight file", "ask the author for model.safetensors"
    ),
    Reason(
        "corrupt_weights",
        "the weight file cannot be read",
        "download it again; if it stays so, report it to the model's author",
    ),
    Reason(
        "unsafe_pickle",
        "the pickled weights hold more than tensors, so loading them could run code",
        "do not load it; ask the author for model.safetensors",
    ),
    Reason(
        "incompatible_shapes",
        "the weights do not fit the model that config.json describes",
        "report it to the model's author",
    ),
    Reason(
        "random_head",
        "the classification head is not in the checkpoint, so it would be random",
        "set `loader:` to one that knows this head, or use another model",
    ),
    Reason(
        "incomplete_backbone",
        "weights of the backbone are not in the checkpoint, so they would be random",
        "report it to the model's author",
    ),
    Reason(
        "unused_layers",
        "the network leaves out layers that the checkpoint has",
        "report it to the model's author",
    ),
    Reason(
        "non_finite_weights", "some weights are NaN or infinite", "report it to the model's author"
    ),
    Reason(
        "no_feature_extractor",
        "there is no usable preprocessor_config.json",
        "set `feature_extractor:` to a repository that has it, or to {sampling_rate: 16000}",
    ),
    Reason(
        "unsupported_sampling_rate",
        "its feature extractor expects a sampling rate that speech is not recorded at",
        "set `feature_extractor:` to {sampling_rate: 16000}, or report it to the model's author",
    ),
    Reason(
        "non_finite_output",
        "some of its logits are NaN or infinite",
        "report it to the model's author",
    ),
    Reason(
        "label_count_mismatch",
        "the number of outputs differs from the number of labels",
        "correct `labels:`, or report it to the model's author",
    ),
    Reason(
        "non_deterministic",
        "it answers differently after it was loaded again",
        "some weight is random: find out what the checkpoint lacks",
    ),
)

_LABELS = (
    Reason(
        "no_labels",
        "the outputs have no names",
        "set `labels:` to the names in index order, from the model card",
    ),
    Reason("duplicate_labels", "two outputs share a name", "set `labels:` to distinct names"),
    Reason(
        "dimensional",
        "it outputs dimensions such as arousal, not emotion classes",
        "use a categorical model",
    ),
    Reason(
        "unknown_labels",
        "some labels are not known emotions",
        "say which emotion each is with `emotions: {label: emotion}`",
    ),
    Reason(
        "too_few_labels",
        "it has fewer labels than required",
        "lower `min_labels`, or use another model",
    ),
)

_DEGENERACY = (
    Reason(
        "constant_prediction",
        "it gives nearly all clips the same label",
        "use another model; check sampling rate and scaling first",
    ),
    Reason("low_entropy", "its predictions are spread over too few labels", "use another model"),
    Reason("few_emotions", "it predicts too few different emotions", "use another model"),
    Reason(
        "inconsistent",
        "its predictions change with volume or a shift of 10 ms",
        "use another model",
    ),
    Reason(
        "ignores_input",
        "it gives speech, noise and silence the same logits",
        "use another model: this one does not respond to the audio",
    ),
)

_ACCURACY = (
    Reason(
        "seen_in_training",
        "it was trained on all the recordings that it is judged on",
        "give recordings that are new to it with --data; if it has not seen these, set"
        " `trained_on:`",
        fault=False,
    ),
    Reason(
        "low_coverage",
        "it has no label for many of the clips",
        "use a model that has their emotions",
    ),
    Reason(
        "low_uar", "its unweighted average recall is below the requirement", "use another model"
    ),
    Reason(
        "chance_level",
        "its unweighted average recall may be no better than guessing",
        "use another model",
    ),
    Reason("low_accuracy", "its accuracy is below the requirement", "use another model"),
    Reason("low_macro_f1", "its macro F1 is below the requirement", "use another model"),
    Reason("low_recall", "it recognises an emotion too rarely", "use another model"),
    Reason("low_precision", "it is wrong too often when it names an emotion", "use another model"),
    Reason(
        "skewed_predictions",
        "it predicts an emotion far more or less often than it occurs",
        "use another model, or calibrate its outputs",
    ),
    Reason(
        "miscalibrated",
        "its confidence differs from how often it is right",
        "calibrate its outputs, or use another model",
    ),
)

_SPEED = (Reason("too_slow", "it is slower than required", "use a smaller model or more threads"),)

_OTHERS = (
    # could not be judged
    Reason(
        "gated",
        "the repository's author has to grant access",
        "accept its terms on its page, then log in with `hf auth login`",
        fault=False,
    ),
    Reason(
        "no_access",
        "the hub refuses this machine's login",
        "log in again with `hf auth login`, or set another HF_TOKEN",
        fault=False,
    ),
    Reason("unreachable", "the hub did not answer", "check the network, then try again", False),
    Reason(
        "timed_out",
        "the hub took too long to answer",
        "check the network, then try again; what has arrived is kept",
        False,
    ),
    Reason(
        "checksum_mismatch",
        "a downloaded file is not the one that the hub lists",
        "check for a proxy that changes downloads, then try again",
        False,
    ),
    Reason(
        "unusable_cache",
        "the hub's cache cannot be read or written",
        "repair the folder that the message names, or set HF_HOME to another",
        False,
    ),
    Reason(
        "moved_on",
        "it is at another commit than candidates.lock.yaml says",
        "judge it without --locked, then write a new lock with --lock",
        False,
    ),
    Reason(
        "missing_package",
        "a package that it needs is not installed",
        "install the package that the message names",
        False,
    ),
    Reason(
        "no_variant",
        "it cannot be converted to this variant",
        "do what the message says, or leave the variant out of `variants:`",
        False,
    ),
    Reason(
        "offline_not_cached",
        "it is not in the cache, and the network may not be used",
        "run once without --offline",
        False,
    ),
    Reason(
        "out_of_memory",
        "there is not enough memory",
        "use a machine with more, or fewer workers",
        False,
    ),
    Reason(
        "disk_full", "there is no space left on the disk", "free some space, then try again", False
    ),
    Reason(
        "worker_crashed",
        "the process died while judging it",
        "run it alone (-n 0) and watch the memory",
        False,
    ),
    # not judged in this run
    Reason("no_data", "there is no labelled audio to judge it on", "give --data PATH", False),
    Reason(
        "needs_serial_run",
        "time cannot be measured while other processes run",
        "run `pytest -m speed -n 0`",
        False,
    ),
    Reason("not_selected", "an option of pytest skipped it", "run without that option", False),
    # outcomes of a test rather than of a model
    Reason(
        "now_qualifies",
        "candidates.yaml expects a rejection that did not come",
        "change its `status:` to candidate",
        False,
    ),
    Reason(
        "failed_check",
        "a check failed that has no reason code of its own",
        "read its message",
        False,
    ),
    Reason("unexpected_error", "sertify did not expect this error", "please report it", False),
)

_BY_GATE = {
    "loadability": _LOADABILITY,
    "labels": _LABELS,
    "degeneracy": _DEGENERACY,
    "accuracy": _ACCURACY,
    "speed": _SPEED,
}

REASONS: Mapping[str, Reason] = MappingProxyType(
    {reason.code: reason for part in (*_BY_GATE.values(), _OTHERS) for reason in part}
)
"""Every reason code, by code."""

GATE_OF: Mapping[str, str] = MappingProxyType(
    {reason.code: gate for gate, part in _BY_GATE.items() for reason in part}
)
"""The gate that rejects a candidate for a reason, by code."""
