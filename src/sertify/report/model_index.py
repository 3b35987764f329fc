"""The evaluation results of the selected candidate, as the Hub's model cards have them."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from huggingface_hub import EvalResult, ModelCardData

from sertify.report.results.model.candidate import CandidateResult, PartResult
from sertify.report.results.model.fields import Measured
from sertify.report.results.model.results import Results
from sertify.report.results.model.speech import CorpusFacts
from sertify.vocabulary.files import write_whole

# The Hub's identifiers of metrics, and how each is averaged over the emotions.
_METRICS: Mapping[str, tuple[str, str, Mapping[str, Any]]] = {
    "uar_own": ("recall", "UAR", {"average": "macro"}),
    "accuracy": ("accuracy", "Accuracy", {}),
    "macro_f1": ("f1", "Macro F1", {"average": "macro"}),
}


def write_model_index(results: Results, folder: Path) -> Path | None:
    """Write model-index.yaml, or remove that of an earlier run where there is nothing to write."""
    path, text = folder / "model-index.yaml", draw_model_index(results)
    if text is None:
        path.unlink(missing_ok=True)
        return None
    write_whole(path, text)
    return path


def draw_model_index(results: Results) -> str | None:
    """Return the ``model-index`` of the selected candidate, to paste into its model card's YAML.

    Each corpus has a result with UAR (``recall``, macro average), accuracy and macro F1 over the
    clips whose emotion the candidate can express, in ``args`` of the corpus. The 95 % interval and
    the number of clips are in ``args`` of each metric; ``revision`` is the corpus's fingerprint.
    Speech that the candidate has seen in training is no evaluation, and left out. None without a
    selection, or where nothing is left.
    """
    # The Hub's newer .eval_results/*.yaml has no place for recordings of one's own.
    shown = results.cleaned()
    candidate = shown.named(shown.selection.candidate)
    evaluations = list(_evaluations(candidate, shown)) if candidate else []
    if candidate is None or not evaluations:
        return None
    card = ModelCardData(model_name=_model(candidate), eval_results=evaluations)
    made = f"{candidate.commit}, judged by sertify {shown.sertify} at {shown.created}"
    made = made.encode("ascii", "backslashreplace").decode()
    return f"# {made}\n{card.to_yaml()}\n"


def _evaluations(candidate: CandidateResult, shown: Results) -> Iterator[EvalResult]:
    """Yield the metrics of each corpus, not those of the mean over several, or of a language."""
    corpora = {corpus.name: corpus for corpus in shown.corpora}
    for part in candidate.parts:
        if part.part in corpora and part.part not in part.seen:
            yield from _of_corpus(part, corpora[part.part])


def _of_corpus(part: PartResult, corpus: CorpusFacts) -> Iterator[EvalResult]:
    about: dict[str, Any] = {
        "task_type": "audio-classification",
        "task_name": "Speech emotion recognition",
        "dataset_type": _identifier(corpus.public or corpus.name),
        "dataset_name": corpus.name,
        "dataset_revision": corpus.fingerprint,
        "dataset_args": {"language": [*part.languages], "emotions": [*part.expressible]},
    }
    for number, (metric, name, args) in _METRICS.items():
        measured = part.numbers.get(number)
        if measured is not None and measured.value is not None:
            yield EvalResult(
                **about,
                metric_type=metric,
                metric_name=name,
                metric_value=round(measured.value, 6),
                metric_args={**args, **_sure(measured)},
            )


def _sure(measured: Measured) -> dict[str, Any]:
    """Return how sure an estimate is, as far as it is known."""
    known: dict[str, Any] = {"clips": measured.n, "speakers": measured.speakers}
    if measured.low is not None and measured.high is not None:
        bounds = [round(measured.low, 6), round(measured.high, 6)]
        known = {"confidence_interval_95": bounds, **known}
    return {key: value for key, value in known.items() if value is not None}


def _model(candidate: CandidateResult) -> str:
    """Name the model as the Hub does; a folder, or a variant, has the candidate's name."""
    local = str(candidate.commit).startswith("sha256:")
    return candidate.name if local or "+" in candidate.name else candidate.model


def _identifier(name: str) -> str:
    """Write a name with the characters that identifiers of data sets have on the Hub."""
    return re.sub(r"[^\w./-]+", "-", name, flags=re.ASCII).strip("-./") or "recordings"
