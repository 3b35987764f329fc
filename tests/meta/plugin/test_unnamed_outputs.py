"""A whole run on checkpoints whose config says nothing of their outputs, or says it oddly."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.meta.runs import FIXTURES, Run

LABELS = ("anger", "fear", "happiness", "neutral", "sadness")
NAMELESS = {"id2label": None, "label2id": None}


@pytest.fixture
def listed(tmp_path: Path) -> Callable[..., Path]:
    """Write a candidates.yaml with a model whose config.json was changed, beside the model."""

    def call(changes: dict[str, Any], **entry: Any) -> Path:
        folder = tmp_path / "model"
        shutil.copytree(FIXTURES / "models" / "wav2vec2-tiny", folder)
        config = json.loads((folder / "config.json").read_text()) | changes
        kept = {key: value for key, value in config.items() if value is not None}
        (folder / "config.json").write_text(json.dumps(kept))
        path = tmp_path / "candidates.yaml"
        written = {"name": "unnamed", "model": "./model", **entry}
        path.write_text(json.dumps({"candidates": [written]}))
        return path

    return call


def test_with_labels_in_its_entry_it_is_judged_as_usual(
    run: Run, some_speech: Path, listed: Callable[..., Path], write: Callable[..., Path]
) -> None:
    how = ("-m", "loadability or labels or degeneracy or accuracy", "--data", some_speech)

    def judged(name: str, path: Path) -> tuple[dict[str, Any], list[str]]:
        outcome = run(*how, candidates=path)
        assert outcome.code == pytest.ExitCode.OK
        return outcome.candidate(name), [case.kind for case in outcome.of(name)]

    one, kinds = judged("unnamed", listed(NAMELESS, labels=LABELS))
    other, as_usual = judged("wav2vec2-tiny", write("wav2vec2-tiny"))
    assert one["labels"] == other["labels"]
    numbers, usual = ([part["numbers"] for part in found["parts"]] for found in (one, other))
    assert numbers == usual
    assert one["errors"] == other["errors"]
    assert kinds == as_usual
    assert one["remarks"] == [
        *other["remarks"],
        (
            "config.json does not say how many outputs there are; the checkpoint has 5, by the"
            " shape of classifier.weight, and that counts."
        ),
    ]


@pytest.mark.parametrize(
    ("changes", "entry", "gate", "reason", "told"),
    [
        (NAMELESS, {}, "labels", "no_labels", "the labels are LABEL_0, LABEL_1, LABEL_2, LABEL_3"),
        (
            NAMELESS,
            {"labels": LABELS[:4]},
            "loadability",
            "label_count_mismatch",
            (
                "it has 5 outputs, but `labels:` of candidates.yaml names 4: anger, fear, happiness"
                ", neutral; there is no name for output 4"
            ),
        ),
        (
            {"label2id": dict(zip(LABELS, (1, 0, 2, 3, 4), strict=True))},
            {},
            "loadability",
            "contradictory_labels",
            "anger is output 0 in id2label of config.json, but 1 in its label2id",
        ),
    ],
    ids=["no-names", "too-few-names", "two-orders"],
)
@pytest.mark.parametrize("option", ["--no-weights", "--no-header"])
def test_without_them_it_is_told_what_lacks(
    run: Run,
    listed: Callable[..., Path],
    changes: dict[str, Any],
    entry: dict[str, Any],
    gate: str,
    reason: str,
    told: str,
    option: str,
) -> None:
    path = listed(changes, **entry)
    outcome = run("-m", "loadability or labels", option, candidates=path)
    failed = next(case for case in outcome.of("unnamed") if case.kind == "failure")
    assert (failed.gate, failed.properties["reason"]) == (gate, reason)
    assert told in failed.message
    assert "→ set `labels:` to " in " ".join(outcome.output.split())
