"""What a repository is told to be in the format of, where transformers cannot read it."""

from pathlib import Path

import pytest

from sertify.candidates.reading import Candidate
from sertify.hub.configs import judge_config
from sertify.hub.libraries import library_of
from sertify.hub.snapshots import read_index, take_snapshot
from sertify.vocabulary.errors import Rejected

CONFIG = '{"model_type": "wav2vec2"}'
BY_FILES = {
    "FunASR's format (am.mvn)": ["am.mvn", "README.md"],
    "FunASR's format (config.yaml, configuration.json, model.pt)": [
        "config.yaml",
        "configuration.json",
        "model.pt",
        "tokens.txt",
    ],
    "ModelScope's format (configuration.json)": ["README.md", "configuration.json"],
    "fastai's format (export.pkl)": ["README.md", "export.pkl"],
    "scikit-learn's format (model.joblib)": ["README.md", "model.joblib", "configuration.json"],
    "scikit-learn's format (model.skops)": ["model.skops", "config.txt"],
    "fastai's or scikit-learn's format (model.pkl)": ["README.md", "model.pkl"],
    "SpeechBrain's format (hyperparams.yaml)": ["hyperparams.yaml", "model.ckpt"],
    "ONNX's format (model.onnx)": ["model.onnx", "configuration.json"],
    "": ["README.md", "notes.txt"],
}
BY_CARD = {
    "library_name: fastai": "fastai",
    "library_name: sklearn": "scikit-learn",
    "tags: [audio, fastai]": "fastai",
    "tags: [skops]": "scikit-learn",
    "tags: fastai": "fastai",
    "library_name: ESPnet": "ESPnet",
    "library_name: pyannote-audio\ntags: [fastai]": "pyannote.audio",
}
SILENT = [
    "library_name: transformers",
    "library_name: pytorch\ntags: [pytorch, audio-classification]",
    "library_name: 3",
    "tags: {fastai: 1}",
    "library_name: [",
    "library_name: something-new",
]


def repository(folder: Path, card: str = "", **files: str) -> Candidate:
    folder.mkdir()
    (folder / "README.md").write_text(f"---\n{card}\n---\n")
    for name, text in files.items():
        (folder / name.replace("_json", ".json").replace("_pkl", ".pkl")).write_text(text)
    return Candidate("x", "./x", folder=folder)


@pytest.mark.parametrize(("library", "names"), BY_FILES.items())
def test_files_tell_the_library(library: str, names: list[str]) -> None:
    assert library_of(names) == library


@pytest.mark.parametrize(("card", "library"), BY_CARD.items())
def test_the_card_tells_where_files_do_not(tmp_path: Path, card: str, library: str) -> None:
    snapshot = take_snapshot(repository(tmp_path / "x", card))
    told = judge_config(snapshot)
    said = f"it is in {library}'s format, as its model card says, without a config.json"
    assert (told.reason, told.message) == ("unsupported_library", said)
    snapshot = take_snapshot(repository(tmp_path / "y", card, model_pkl=""))
    if library in ("fastai", "scikit-learn"):
        said = f"it is in {library}'s format (model.pkl), without a config.json"
        assert judge_config(snapshot).message == said


@pytest.mark.parametrize("card", SILENT)
def test_a_card_that_does_not_tell_is_no_library(tmp_path: Path, card: str) -> None:
    told = judge_config(take_snapshot(repository(tmp_path / "x", card)))
    assert told.reason == "no_config"


def test_a_mirror_of_a_model_of_transformers_is_one(tmp_path: Path) -> None:
    candidate = repository(tmp_path / "x", config_json=CONFIG, configuration_json="{}")
    snapshot = take_snapshot(candidate)
    assert judge_config(snapshot).reason is None
    with pytest.raises(Rejected, match=r"^no_weights: it has no weights in a known format"):
        read_index(snapshot)


def test_a_card_does_not_make_a_config_that_is_right_wrong(tmp_path: Path) -> None:
    candidate = repository(tmp_path / "x", "library_name: fastai", config_json=CONFIG)
    assert judge_config(take_snapshot(candidate)).reason is None
