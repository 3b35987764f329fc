"""What a repository or a loaded model is, and what is wrong with it; its labels apart.

Every function takes facts and returns a `Judgement`; none loads anything.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sertify.gates.weights import WeightReport, judge_finite_weights, judge_weights
from sertify.vocabulary.errors import Blocked, Rejected
from sertify.vocabulary.outcomes import Judgement, Measurement, Outcome
from sertify.vocabulary.text import amount, counted, listed, quoted

if TYPE_CHECKING:
    # Only names here: whoever judges facts need not wait for the hub's client.
    import numpy as np
    from numpy.typing import NDArray


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

BACKBONES = (
    "audio-spectrogram-transformer", "clap", "data2vec-audio", "encodec", "hubert", "mimi",
    "moonshine", "seamless_m4t", "seamless_m4t_v2", "sew", "sew-d", "speech_to_text", "speecht5",
    "unispeech", "unispeech-sat", "wav2vec2", "wav2vec2-bert", "wav2vec2-conformer", "wavlm",
    "whisper",
)  # fmt: skip
"""Model types of transformers whose plain class embeds audio; other types may classify by it."""

# From telephone speech to what recordings have; nothing between a model and these is speech.
_SAMPLING_RATES = (8_000, 48_000)


def require(judgement: Judgement) -> None:
    """Raise :class:`~sertify.vocabulary.errors.Rejected` where a judgement is FAIL."""
    if judgement.outcome is Outcome.FAIL:
        assert judgement.reason is not None
        raise Rejected(judgement.reason, judgement.message)


def require_memory(needed: int, free: float) -> None:
    """Raise ``Blocked`` where a network of ``needed`` bytes is more than the ``free`` ones hold."""
    if needed > free:
        numbers = f"{amount(needed)} of memory, but {amount(free)} are free"
        raise Blocked("out_of_memory", f"its weights need {numbers}")


def require_sound(
    weights: WeightReport,
    sampling_rate: int | None,
    problem: str,
    labels: Sequence[str | None],
    logits: "Callable[[], NDArray[np.float32]]",
) -> None:
    """Raise `Rejected` where a model cannot be trusted with a question.

    ``logits`` returns those of a second of noise; it is called where nothing else is wrong.
    """
    require(judge_weights(weights))
    require(judge_finite_weights(weights))
    require(judge_feature_extractor(sampling_rate, problem))
    require(judge_logits(logits(), labels))


def judge_snapshot(
    files: int, weight_size: int, repository: Mapping[str, Any], remark: str
) -> Judgement:
    """Accept a repository that was resolved to a commit; where none is, there is no snapshot.

    ``weight_size`` is in bytes, ``repository`` what the report tells of it, in JSON types.
    """
    measured = (
        Measurement("files", files, "files"),
        Measurement("size_on_disk", weight_size / 1e6, "MB"),
    )
    details = {"repository": repository} | ({"remark": remark} if remark else {})
    return Judgement(Outcome.PASS, measured, details=details)


def judge_keys(config: Mapping[str, Any]) -> Judgement:
    """Accept a config.json; a loader of another library needs none."""
    return _pass(Measurement("config_keys", len(config), "keys"))


def judge_outline(
    loader: str,
    architecture: str,
    labels: Sequence[str | None],
    outputs: int | None = None,
    remark: str = "",
    labels_from: str = "",
) -> Judgement:
    """Reject a network that has not one label for each output, where their number is known.

    ``labels_from`` says where the labels stand.
    """
    measured = (Measurement("labels", len(labels), "labels"),)
    named = [index for index, label in enumerate(labels) if label is not None]
    if named != [*range(len(labels) if outputs is None else outputs)]:
        message = _misnamed(labels, named, outputs, labels_from)
        return Judgement(Outcome.FAIL, measured, "label_count_mismatch", message)
    details = {"loader": loader, "architecture": architecture, "outputs": list(labels)}
    details |= {"remark": remark} if remark else {}
    return Judgement(Outcome.PASS, measured, details=details)


def _misnamed(
    labels: Sequence[str | None], named: Sequence[int], outputs: int | None, labels_from: str
) -> str:
    """Say how many outputs there are, how many names, and which outputs have none."""
    there = {*named}
    every = {*range(len(labels) if outputs is None else outputs)}
    who = f"{labels_from} names {len(named)}" if labels_from else counted(len(named), "label")
    number = "" if outputs is None else f"it has {counted(outputs, 'output')}, but "
    message = f"{number}{who}: {listed(labels[index] for index in named)}"
    if there >= every:
        return message
    other = f", but one for output {listed(sorted(there - every))}" if there - every else ""
    return f"{message}; there is no name for output {listed(sorted(every - there))}{other}"


def judge_loading(load_time: float) -> Judgement:
    """Accept weights that were loaded, in ``load_time`` seconds; where they cannot be, none are."""
    return _pass(Measurement("load_time", load_time, "s"))


def judge_task(config: Mapping[str, Any], *, adapted: bool = False) -> Judgement:
    """Reject a checkpoint whose architecture was trained for another task.

    One that an adapter was added to may be for another task than before; its weights will tell.
    """
    names = config.get("architectures")
    architecture = str(names[0]) if isinstance(names, list) and names else ""
    tasks = [task for ending, task in _OTHER_TASKS.items() if architecture.endswith(ending)]
    if _is_backbone(architecture, config.get("model_type")):
        tasks = ["embedding, as it has no head"]
    measured = Measurement("other_tasks", len(tasks), "tasks")
    details = {"architecture": architecture}
    if not tasks or adapted:
        return Judgement(Outcome.PASS, (measured,), details=details)
    message = f"{architecture} is for {tasks[0]}, but should be for audio classification"
    return Judgement(Outcome.FAIL, (measured,), "wrong_task", message, details=details)


def _is_backbone(architecture: str, model_type: Any) -> bool:
    """Whether a class is transformers' own, such as WavLMModel; others end with Model as well."""
    plain = re.sub(r"\W|_", "", str(model_type)).lower()
    stock = {"astmodel", "speech2textmodel", *([f"{plain}model"] * (model_type in BACKBONES))}
    return architecture.lower() in stock


def judge_feature_extractor(sampling_rate: int | None, problem: str) -> Judgement:
    """Reject a model whose input cannot be prepared; ``problem`` says why."""
    if sampling_rate is None:
        return Judgement(Outcome.FAIL, (), "no_feature_extractor", problem)
    measured = Measurement("sampling_rate", sampling_rate, "Hz")
    low, high = _SAMPLING_RATES
    if low <= sampling_rate <= high:
        return _pass(measured)
    message = f"its feature extractor expects {sampling_rate} Hz, but should expect "
    message += f"{low} to {high} Hz"
    return Judgement(Outcome.FAIL, (measured,), "unsupported_sampling_rate", message)


def judge_logits(logits: "NDArray[np.float32]", labels: Sequence[str | None]) -> Judgement:
    """Reject logits of shape (n,) that are not finite, or not one for each label."""
    measured = Measurement("outputs", logits.size, "outputs")
    if logits.ndim != 1 or logits.size != len(labels) or None in labels:
        found = counted(logits.size, "output")
        found = found if logits.ndim == 1 else f"logits of shape {list(logits.shape)}"
        message = f"it gave {found}, but should give one for each label: {listed(labels)}"
        return Judgement(Outcome.FAIL, (measured,), "label_count_mismatch", message)
    if not all(map(math.isfinite, logits)):
        message = (
            f"one second of noise gives logits {quoted(logits.tolist())}, but all should be finite"
        )
        return Judgement(Outcome.FAIL, (measured,), "non_finite_output", message)
    return Judgement(Outcome.PASS, (measured,), details={"logits_of_noise": logits.tolist()})


def judge_batching(batching: str, deviation: float, *, concurrent: bool = True) -> Judgement:
    """Say which clips are asked about together; where that would change answers, none are.

    ``deviation`` is how far logits moved by sharing a batch, as a share of their range over clips;
    ``concurrent`` whether several threads may ask.
    """
    if not math.isfinite(deviation):
        details = {"batching": "single", "remark": "it can only be asked about one clip at a time"}
        alone = Measurement("largest_batch", 1, "clips")
        return Judgement(Outcome.PASS, (alone,), details=details)
    details = {"batching": str(batching)}
    if batching == "single" and deviation:
        moved = f"a batch moves its logits by {deviation:.2g} of their range"
        details["remark"] = f"{moved}, so it was asked about one clip at a time"
    elif not concurrent:
        details["remark"] = "it keeps something from each clip, so a single thread asks it"
    return Judgement(Outcome.PASS, (Measurement("batch_deviation", deviation),), details=details)


def judge_agreement(first: "NDArray[np.float32]", second: "NDArray[np.float32]") -> Judgement:
    """Reject a model that answers differently after a second load under another random seed."""
    difference = float(abs(first - second).max()) if first.shape == second.shape else math.inf
    measured = Measurement("reload_difference", difference, "logits")
    # Not `>`: a difference that is NaN has to fail, too.
    if difference <= 1e-4 * (1 + float(first.max() - first.min())):
        return _pass(measured)
    message = f"logits differ by {difference:.3g} between two loads, but should be the same"
    return Judgement(Outcome.FAIL, (measured,), "non_deterministic", message)


def _pass(*measured: Measurement) -> Judgement:
    return Judgement(Outcome.PASS, measured)
