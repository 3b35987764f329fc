"""What users would run instead of sertify, each in a process of its own.

    python -m benchmarks.contenders bare --model FOLDER --data FOLDER

prints one line of JSON: ``loop`` (seconds of answering alone), ``peak`` (bytes), ``labels`` of all
clips, and of the first twenty ``logits``, where the contender gives them. Clips are decoded before
the loop begins, as those who write such a loop do it.
"""

import argparse
import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers

from benchmarks.clips import RATE, Waveform, read_clips
from sertify.vocabulary.machine import usable_cores

__all__ = ["CONTENDERS", "MISSING", "bare", "contend"]

MISSING = 77
"""Exit status where a package that the contender needs is absent."""
SHOWN = 20

Answer = tuple[str, Sequence[float] | None]


def bare(model: Path, clips: Sequence[Waveform]) -> Iterator[Answer]:
    """Answer one clip after the other on all cores."""
    network = transformers.AutoModelForAudioClassification.from_pretrained(model).eval()
    extractor = transformers.AutoFeatureExtractor.from_pretrained(model)
    yield from _ready()
    for clip in clips:
        inputs = extractor(clip, sampling_rate=RATE, return_tensors="pt")
        with torch.inference_mode():
            logits = network(**inputs).logits[0]
        yield network.config.id2label[int(logits.argmax())], logits.tolist()


def pipeline(model: Path, clips: Sequence[Waveform], batch: int) -> Iterator[Answer]:
    """Answer as the pipeline of transformers does; above one, it pads clips to a batch."""
    ready = transformers.pipeline("audio-classification", model=str(model), top_k=None)
    labels = [ready.model.config.id2label[index] for index in range(ready.model.config.num_labels)]
    yield from _ready()
    for scores in ready([*clips], batch_size=batch, function_to_apply="none"):
        logits = {one["label"]: one["score"] for one in scores}
        yield max(logits, key=logits.__getitem__), [logits[label] for label in labels]


def evaluator(model: Path, clips: Sequence[Waveform]) -> Iterator[Answer]:
    """Answer as ``evaluate.evaluator`` does.

    Its metrics are scripts on the Hub, which this does without: a metric of the same interface
    that is defined here keeps the answers, and costs less than any real one.
    """
    # Optional packages, and without type information.
    datasets: Any = import_module("datasets")
    evaluate: Any = import_module("evaluate")

    kept: list[int] = []

    class Keeping(evaluate.EvaluationModule):  # type: ignore[misc]
        def _info(self) -> Any:
            kinds = {name: datasets.Value("int64") for name in ("predictions", "references")}
            return evaluate.MetricInfo(
                description="", citation="", features=datasets.Features(kinds)
            )

        def _compute(self, predictions: Sequence[int], references: Sequence[int]) -> Any:
            kept.extend(map(int, predictions))
            same = [one == other for one, other in zip(predictions, references, strict=True)]
            return {"accuracy": sum(same) / len(same)}

    # evaluate 0.4.6 asks whether the model is of this class, which transformers 5 no longer has.
    base: Any = import_module("evaluate.evaluator.base")
    base.transformers.TFPreTrainedModel = type("TFPreTrainedModel", (), {})
    ready = transformers.pipeline("audio-classification", model=str(model))
    columns = {"audio": [*clips], "label": [0] * len(clips)}
    data = datasets.Dataset.from_dict(columns).with_format("numpy")
    config = ready.model.config
    yield from _ready()
    evaluate.evaluator("audio-classification").compute(
        model_or_pipeline=ready, data=data, metric=Keeping(), input_column="audio",
        label_mapping=config.label2id,
    )  # fmt: skip
    for label in kept:
        yield config.id2label[label], None


def onnxruntime(model: Path, clips: Sequence[Waveform]) -> Iterator[Answer]:
    """Answer from an export, one clip after the other on all cores."""
    runtime: Any = import_module("onnxruntime")

    options = runtime.SessionOptions()
    options.intra_op_num_threads = usable_cores()
    session = runtime.InferenceSession(model.with_name(f"{model.name}.onnx"), options)
    extractor = transformers.AutoFeatureExtractor.from_pretrained(model)
    names = json.loads((model / "config.json").read_text())["id2label"]
    taken = {one.name: one.type for one in session.get_inputs()}
    types = {"tensor(float)": np.float32, "tensor(int64)": np.int64, "tensor(int32)": np.int32}
    yield from _ready()
    for clip in clips:
        inputs = extractor(clip, sampling_rate=RATE, return_tensors="np")
        fed = {name: inputs[name].astype(types[kind]) for name, kind in taken.items()}
        (logits,) = session.run(["logits"], fed)[0]
        yield names[str(logits.argmax())], logits.tolist()


CONTENDERS: dict[str, Callable[[Path, Sequence[Waveform]], Iterator[Answer]]] = {
    "bare": bare,
    "pipeline-1": lambda model, clips: pipeline(model, clips, 1),
    "pipeline-8": lambda model, clips: pipeline(model, clips, 8),
    "evaluate": evaluator,
    "onnxruntime": onnxruntime,
}


def contend(name: str, model: Path, data: Path) -> dict[str, Any]:
    """Let a contender answer all clips of a folder."""
    torch.set_num_threads(usable_cores())
    answers = CONTENDERS[name](model, read_clips(data))
    next(answers)
    start = time.perf_counter()
    found = list(answers)
    return {
        "loop": time.perf_counter() - start,
        "peak": _peak(),
        "labels": [label for label, _ in found],
        "logits": [logits for _, logits in found[:SHOWN]] if found[0][1] else None,
    }


def _ready() -> Iterator[Answer]:
    """Mark that the model is loaded."""
    yield "", None


def _peak() -> int | None:
    """Return the most bytes that this process has held, where the system tells."""
    status = Path("/proc/self/status")
    if not status.is_file():
        return None
    found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text())
    return int(found[1]) * 1024 if found else None


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("name", choices=[*CONTENDERS])
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    arguments = parser.parse_args()
    try:
        print(json.dumps(contend(arguments.name, arguments.model, arguments.data)))
    except ModuleNotFoundError as error:
        print(f"{error.name} is not installed")
        raise SystemExit(MISSING) from error


if __name__ == "__main__":
    _main()
