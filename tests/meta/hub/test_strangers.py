"""Configs that transformers did not write, or of types that it lacks: told what they are."""

import json
from pathlib import Path
from typing import Any

import pytest
import transformers
from transformers import CONFIG_MAPPING
from transformers.models.auto.modeling_auto import MODEL_FOR_AUDIO_CLASSIFICATION_MAPPING_NAMES

from sertify.candidates.reading import Candidate
from sertify.gates.loadability import BACKBONES, judge_task
from sertify.hub.auto_maps import code_files, foreign_code, named_classes, own_classifier
from sertify.hub.configs import judge_config
from sertify.hub.repositories import Repository
from sertify.hub.snapshots import read_index, take_snapshot
from sertify.models.loading import outline
from sertify.vocabulary.errors import Rejected
from sertify.vocabulary.outcomes import Outcome
from tests.meta import tiny

SER = {
    "architectures": ["SERModel"],
    "auto_map": {
        "AutoConfig": "pipeline_utils.SERConfig",
        "AutoModelForAudioClassification": "pipeline_utils.SERModel",
    },
    "model_type": "ser",
    "num_classes": 8,
}
MIXIN = {"backbone": "some-encoder", "hidden_dim": 256, "number_of_classes": 9}
CARD = """---
tags:
- model_hub_mixin
- pytorch_model_hub_mixin
---
This model has been pushed to the Hub using the PytorchModelHubMixin integration:
- Code: {code}
- Paper: [More Information Needed]
"""


def repository(folder: Path, config: Any, **files: str) -> Repository:
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "model.safetensors").write_bytes(b"")
    for name, content in files.items():
        (folder / name.replace("_", ".")).write_text(content)
    return take_snapshot(Candidate(name="x", model="./x", folder=folder))


def message(found: Repository) -> str:
    judged = judge_config(found)
    assert judged.outcome is Outcome.FAIL
    return f"{judged.reason}: {judged.message}"


# ------------------------------------------------------------------ hub mixins


def test_a_hub_mixin_is_told_with_its_code(tmp_path: Path) -> None:
    card = CARD.format(code="https://github.com/someone/vox-profile")
    assert message(repository(tmp_path / "x", MIXIN, README_md=card)) == (
        "unsupported_library: its config.json is a PyTorchModelHubMixin's, which names no class"
        " (it has backbone, hidden_dim, number_of_classes); the class is in the code of"
        " https://github.com/someone/vox-profile, not in the repository"
    )


def test_a_hub_mixin_may_not_say_where_its_code_is(tmp_path: Path) -> None:
    card = CARD.format(code="[More Information Needed]")
    assert message(repository(tmp_path / "x", MIXIN, README_md=card)).endswith(
        "the class is in its author's code, not in the repository"
    )


def test_another_config_is_no_mixin_without_its_card(tmp_path: Path) -> None:
    assert message(repository(tmp_path / "x", MIXIN)).startswith(
        "unsupported_library: its config.json was not written by transformers: it names no"
        " model_type and no class (it has backbone, "
    )


@pytest.mark.parametrize(
    "config", [{}, [1], {"architectures": ["X"]}, {"transformers_version": "4.0"}], ids=str
)
def test_what_transformers_wrote_is_at_fault_itself(tmp_path: Path, config: Any) -> None:
    wanted = "bad_config: config.json names no model_type"
    assert message(repository(tmp_path / "x", config)) == wanted


# ------------------------------------------------------------------ types of their own


def test_a_model_of_its_own_type_is_no_backbone() -> None:
    assert judge_task(SER).outcome is Outcome.PASS
    assert judge_task({**SER, "auto_map": {}}).outcome is Outcome.PASS


def test_stock_backbones_are_told_as_such() -> None:
    backbones = {"architectures": ["WavLMModel"], "model_type": "wavlm"}
    assert judge_task(backbones).reason == "wrong_task"
    assert set(BACKBONES) <= set(CONFIG_MAPPING)
    assert set(MODEL_FOR_AUDIO_CLASSIFICATION_MAPPING_NAMES) <= set(BACKBONES)


def test_an_adapter_may_bring_the_head_of_a_backbone() -> None:
    backbone = {"architectures": ["WavLMModel"], "model_type": "wavlm"}
    assert judge_task(backbone, adapted=True).outcome is Outcome.PASS


def rejection(folder: Path, config: dict[str, Any]) -> str:
    tiny.build(folder)
    tiny.edit_json(folder / "config.json", lambda one: one.update(config))
    snapshot = take_snapshot(Candidate(name="x", model="./x", folder=folder))
    with pytest.raises(Rejected) as caught:
        outline(snapshot, read_index(snapshot))
    return str(caught.value)


def test_a_type_of_its_own_needs_its_code(tmp_path: Path) -> None:
    assert rejection(tmp_path / "x", SER) == (
        "needs_remote_code: its config asks for code of the repository"
        " (pipeline_utils.SERConfig), which may not run"
    )


def test_a_type_that_nobody_defines_is_of_another_library(tmp_path: Path) -> None:
    assert rejection(tmp_path / "x", {**SER, "auto_map": {}}) == (
        f"unsupported_library: transformers {transformers.__version__} has no model_type 'ser',"
        " and its config names no class of its own: its class is in code that is not in the"
        " repository, or in a newer transformers"
    )


# ------------------------------------------------------------------ whose code a config names


def test_classes_are_told_with_their_repositories(tmp_path: Path) -> None:
    named = {
        "AutoConfig": "someone/base--modeling.Config",
        "AutoModelForAudioClassification": "code/modeling.Model",
        "AutoTokenizer": ["none", None],
        "AutoProcessor": "other/repo--processing.Processor",
    }
    found = repository(tmp_path / "x", {"model_type": "fancy", "auto_map": named})
    classes = named_classes(found)
    assert {auto: str(one) for auto, one in classes.items()} == {
        "AutoConfig": "someone/base--modeling.Config",
        "AutoModelForAudioClassification": "code/modeling.Model",
    }
    assert foreign_code(found) == ("someone/base",)
    assert classes["AutoModelForAudioClassification"].file == "code/modeling.py"


@pytest.mark.parametrize(
    "named",
    [
        "modeling",
        "a.b.C",
        "../x.C",
        "/etc/x.C",
        "a--b.C",
        "a/b--c/../d.E",
        "",
        "x" * 600,
        "a/b--.C",
        1,
        ["a.B"],
    ],
)
def test_what_names_no_class_is_refused(tmp_path: Path, named: Any) -> None:
    config = {"model_type": "fancy", "auto_map": {"AutoModel": named}}
    found = repository(tmp_path / "x", config)
    with pytest.raises(Rejected, match=r"bad_config: auto_map names .* for AutoModel, but should"):
        named_classes(found)
    assert foreign_code(found) == ()


@pytest.mark.parametrize("named", [None, [], "x"])
def test_what_is_no_map_names_nothing(tmp_path: Path, named: Any) -> None:
    found = repository(tmp_path / "x", {"model_type": "fancy", "auto_map": named})
    assert named_classes(found) == {}
    assert own_classifier(found) is None


@pytest.mark.parametrize("architectures", [["Model"], ["Other"], [], None, "Model"])
def test_a_plain_model_is_a_classifier_where_it_is_the_architecture(
    tmp_path: Path, architectures: Any
) -> None:
    config = {"auto_map": {"AutoModel": "modeling.Model"}, "architectures": architectures}
    found = own_classifier(repository(tmp_path / "x", config))
    assert (found is not None) is (architectures == ["Model"])


def test_code_is_no_larger_than_code_is(tmp_path: Path) -> None:
    found = repository(tmp_path / "x", {}, modeling_py="pass", data_py="#" * 4_000_001)
    assert code_files(found) == ["modeling.py"]
