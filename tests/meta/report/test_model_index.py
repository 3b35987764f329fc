"""The results of the selected candidate as a model card has them, and as the Hub reads them."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from huggingface_hub import EvalResult, ModelCard, ModelCardData

from sertify.report import model_index
from tests.meta.drawn_results import (
    HOSTILE,
    Content,
    as_results,
    five_qualify,
    hostile_names,
    measurement,
    nothing_qualifies,
    part,
    several_corpora,
    without_corpus,
)
from tests.meta.runs import Run


def parsed(text: str | None) -> ModelCardData:
    """Paste it into a model card, and read that with the Hub's own library."""
    assert text is not None
    data = ModelCard(f"---\nlicense: mit\n{text}---\n# A card\n").data
    assert isinstance(data, ModelCardData)
    return data


def evaluations(text: str | None) -> list[EvalResult]:
    return parsed(text).eval_results or []


def with_metrics(results: Content) -> Content:
    """Let each candidate have all numbers on each part of the speech."""
    for candidate in results["candidates"]:
        for one in candidate["parts"]:
            uar = one["numbers"]["uar_own"]["value"]
            for name in ("accuracy", "macro_f1"):
                one["numbers"][name] = measurement(name, uar, spread=0.04)
    return results


def test_the_hub_reads_equal_values() -> None:
    results = with_metrics(five_qualify())
    data = parsed(model_index.draw_model_index(as_results(results)))
    numbers = results["candidates"][1]["parts"][0]["numbers"]
    assert data.model_name == "someone/wavlm-base"
    assert data.eval_results is not None
    assert [(one.metric_type, one.metric_value) for one in data.eval_results] == [
        ("recall", round(numbers["uar_own"]["value"], 6)),
        ("accuracy", round(numbers["accuracy"]["value"], 6)),
        ("f1", round(numbers["macro_f1"]["value"], 6)),
    ]
    first, second, _ = data.eval_results
    interval = [round(numbers["uar_own"][end], 6) for end in ("low", "high")]
    args = {"confidence_interval_95": interval, "clips": 418}
    assert first.metric_args == {"average": "macro", **args}
    assert second.metric_args == args
    assert (first.task_type, first.dataset_name) == ("audio-classification", "our-calls")
    assert first.dataset_revision == results["corpus"]["fingerprint"]
    assert first.dataset_args == {
        "language": ["en", "ko"],
        "emotions": ["anger", "happiness", "neutral"],
    }


def test_it_is_what_the_hubs_own_library_writes_of_it() -> None:
    text = model_index.draw_model_index(as_results(with_metrics(five_qualify())))
    assert text is not None
    data = parsed(text)
    again = ModelCardData(model_name=data.model_name, eval_results=data.eval_results)
    comment, _, rest = text.partition("\n")
    assert rest == again.to_yaml() + "\n"
    assert comment == (f"# {'8f2b1c0d' * 5}, judged by sertify 0.1.0 at 2026-11-22T18:00:00+00:00")


def test_each_corpus_that_it_has_not_seen_stands_for_itself() -> None:
    results = several_corpora()
    found = {
        one.dataset_name: one.metric_value
        for one in evaluations(model_index.draw_model_index(as_results(results)))
    }
    assert found == {"our-calls": 0.8, "emodb": 0.6}
    results["selection"]["candidate"] = "hubert-base"
    assert {
        one.dataset_name for one in evaluations(model_index.draw_model_index(as_results(results)))
    } == {"our-calls"}
    results["selection"]["candidate"] = "distil"
    assert model_index.draw_model_index(as_results(results)) is None


def test_a_public_corpus_has_its_own_identifier() -> None:
    results = several_corpora()
    results["corpus"]["parts"][1] |= {"public": "crema-d", "name": "emodb"}
    found = {
        one.dataset_name: one.dataset_type
        for one in evaluations(model_index.draw_model_index(as_results(results)))
    }
    assert found == {"our-calls": "our-calls", "emodb": "crema-d"}


@pytest.mark.parametrize("make", [nothing_qualifies, without_corpus])
def test_without_a_selection_or_labelled_speech_there_is_none(
    make: Callable[[], Content], tmp_path: Path
) -> None:
    assert model_index.draw_model_index(as_results(make())) is None
    assert (
        model_index.write_model_index(as_results(five_qualify()), tmp_path)
        == tmp_path / "model-index.yaml"
    )
    assert model_index.write_model_index(as_results(make()), tmp_path) is None
    assert list(tmp_path.iterdir()) == []  # that of an earlier selection says nothing of this one


@pytest.mark.parametrize("text", [*HOSTILE, "a: b\n- c", "# no", "&a *a !!python/name:os", "~"])
def test_names_of_strangers_are_text(text: str, tmp_path: Path) -> None:
    results = hostile_names() if text in HOSTILE else five_qualify()
    chosen = results["candidates"][0]
    results["selection"]["candidate"] = chosen["name"] = text
    results["corpus"] |= {"name": text, "parts": []}
    chosen |= {"model": text, "parts": [part(text, 0.7)], "commit": text}
    chosen["parts"][0] |= {"languages": [text], "expressible": [text]}
    path = model_index.write_model_index(as_results(results), tmp_path)
    assert path is not None
    (found,) = evaluations(path.read_text("utf-8"))
    assert found.metric_value == 0.7
    shown = found.dataset_name
    assert shown.isprintable()
    assert found.dataset_args == {"language": [shown], "emotions": [shown]}
    assert set(yaml.safe_load(path.read_text("utf-8"))) == {"model-index"}
    if text.isprintable():
        assert shown == text


@pytest.mark.parametrize(
    ("name", "commit", "model", "called"),
    [
        ("mine", "sha256:77aa", "./folder/mine", "mine"),
        ("mine+onnx", "8f2b1c", "someone/mine", "mine+onnx"),
        ("mine", "8f2b1c+9999", "someone/mine", "someone/mine"),
    ],
)
def test_folders_and_variants_have_the_candidates_name(
    name: str, commit: str, model: str, called: str
) -> None:
    results = five_qualify()
    results["candidates"][0] |= {"name": name, "commit": commit, "model": model}
    results["selection"]["candidate"] = name
    assert parsed(model_index.draw_model_index(as_results(results))).model_name == called


def test_a_run_writes_it(run: Run, some_speech: Path, write: Callable[..., Path]) -> None:
    path = write("wav2vec2-tiny", requirements={"uar": {"min": 0.1}})
    outcome = run("--data", some_speech, "--model-index", candidates=path)
    assert outcome.results["selection"]["candidate"] == "wav2vec2-tiny"
    assert "model card: reports/model-index.yaml" in outcome.output
    found = evaluations((outcome.reports / "model-index.yaml").read_text("utf-8"))
    numbers = outcome.candidate("wav2vec2-tiny")["parts"][0]["numbers"]
    assert [one.metric_value for one in found] == [
        round(numbers[name]["value"], 6) for name in ("uar_own", "accuracy", "macro_f1")
    ]
