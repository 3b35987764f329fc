"""What reads others' files returns a value or raises its own error, whatever is in them.

No code runs, no connection is opened, and nothing takes more than seconds of processor time.
``SERTIFY_FUZZ=50`` tries fifty times as many inputs.
"""

import contextlib
import io
import json
import os
import signal
import struct
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sertify.candidates.locks import read_lock
from sertify.candidates.reading import Candidate, read_suite
from sertify.corpora.reading import read_corpus
from sertify.hub.card import read_card
from sertify.hub.configs import judge_config, judge_values
from sertify.hub.hyperparams import class_names, label_names, read_hyperparams
from sertify.hub.plausible import oddity
from sertify.hub.repositories import local
from sertify.hub.snapshots import read_index, take_snapshot
from sertify.hub.tensors.checkpoints import read_torch
from sertify.hub.tensors.index import CorruptWeights, NotInspectable
from sertify.hub.tensors.safetensors_files import read_safetensors
from sertify.models.loading import outline
from sertify.report.results.reading import read_results
from sertify.vocabulary.errors import Blocked, ConfigurationError, Rejected
from tests.chaos.mutations import bytes_near, json_near, pickle_near, text_near
from tests.meta import tiny
from tests.meta.hub.test_hyperparams import LABELS, PUBLISHED

TIMES = int(os.environ.get("SERTIFY_FUZZ", "1"))
SECONDS = 5.0
_FORBIDDEN = ("os.system", "os.exec", "os.posix_spawn", "os.fork", "subprocess", "socket.connect")

CARD = """\
---
license: mit
language: [en, ru]
datasets: [narad/ravdess]
tags: [generated_from_trainer]
model-index:
- name: a
  results:
  - dataset: {name: RAVDESS, type: audio}
---
# A model
It was trained on the RAVDESS dataset, and on TESS.

## Results
Tested on CREMA-D, not trained on it. 학습 데이터: ESD.
- `pip install x`
"""
CANDIDATES = """\
requirements:
  min_labels: 4
  uar: {min: 0.4, confidence: 0.95}
corpora:
  mine: {label_map: {W: anger}, language: de}
candidates:
- name: one
  model: superb/wav2vec2-base-superb-er
  labels: [neu, hap, ang, sad]
  emotions: {neu: neutral}
- name: two
  model: ./two
  status: rejected
  reason: random_head
"""
LOCK = "one: {model: a/b, commit: 0123}\ntwo: {model: c, commit: 'sha256:12'}\n"
TABLE = "file_name,label,speaker\na.wav,anger,1\nb.wav,sad,2\n"
HEADER = """\
name: mine
source: here
usage: unrestricted
languages: [deu]
schemes:
  emotion: {dtype: str, labels: [anger, sadness]}
  speaker: {dtype: int, labels: {3: {gender: male}}}
splits: {test: {type: test}}
tables:
  emotion:
    type: filewise
    split_id: test
    columns: {emotion: {scheme_id: emotion}, speaker: {scheme_id: speaker}}
"""


class TooSlowError(BaseException):
    """Reading took too long, or did what reading must not."""


@contextlib.contextmanager
def bounded() -> Iterator[None]:
    """Raise `TooSlowError` after so many seconds of processor time, or where code is run."""

    def stop(*_: object) -> None:
        raise TooSlowError(f"it took more than {SECONDS} s")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    _watching.append(True)
    try:
        yield
    finally:
        _watching.clear()
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


_watching: list[bool] = []


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if _watching and event.startswith(_FORBIDDEN):
        raise TooSlowError(f"it called {event} with {arguments!r:.100}")


sys.addaudithook(_watch)


def fuzz(times: int) -> settings:
    """So many inputs, the same on each run."""
    return settings(
        max_examples=times * TIMES,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


def survives(
    read: Callable[..., object], *given: object, errors: tuple[type[Exception], ...]
) -> None:
    """Fail where reading raises another error than those, or one that nobody wants to read."""
    said = ""
    with bounded():
        try:
            read(*given)
        except errors as error:
            said = str(error)
    assert len(said) < 30_000


WEIGHTS = {"a.weight": torch.zeros(2, 3), "b": torch.nn.Parameter(torch.zeros(2)), "c": {"d": (1,)}}


def _saved(content: object) -> bytes:
    file = io.BytesIO()
    torch.save(content, file)
    with zipfile.ZipFile(file) as archive:
        return archive.read("archive/data.pkl")


def _archive(pickled: bytes) -> bytes:
    file = io.BytesIO()
    torch.save(WEIGHTS, file)
    packed = io.BytesIO()
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(packed, "w") as new:
        for name in old.namelist():
            new.writestr(name, pickled if name == "archive/data.pkl" else old.read(name))
    return packed.getvalue()


@fuzz(150)
@given(pickle_near(_saved(WEIGHTS)))
def test_a_pickle(pickled: bytes) -> None:
    content = _archive(pickled)
    errors = (CorruptWeights, NotInspectable)
    survives(read_torch, io.BytesIO(content), len(content), errors=errors)


SAFE: dict[str, Any] = {
    "__metadata__": {"format": "pt"},
    "a": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]},
    "b": {"dtype": "F16", "shape": [], "data_offsets": [16, 18]},
}


@fuzz(150)
@given(json_near(SAFE), st.integers(-9, 9))
def test_a_header_of_safetensors(header: Any, more: int) -> None:
    text = json.dumps(header).encode()
    content = struct.pack("<Q", max(0, len(text) + more // 3)) + text + bytes(18)
    errors = (CorruptWeights, NotInspectable)
    survives(read_safetensors, io.BytesIO(content), len(content), errors=errors)


SHARDS = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")
PARTS = {"metadata": {"total_size": 32}, "weight_map": {"a": SHARDS[0], "b": SHARDS[1]}}


@fuzz(60)
@given(json_near(PARTS))
def test_a_list_of_shards(tmp_path: Path, listed: Any) -> None:
    whole = json.dumps({"a": {"dtype": "U8", "shape": [0], "data_offsets": [0, 0]}}).encode()
    for name in SHARDS:
        (tmp_path / name).write_bytes(struct.pack("<Q", len(whole)) + whole)
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(listed))
    snapshot = take_snapshot(Candidate(name="it", model="it", folder=tmp_path))
    survives(read_index, snapshot, errors=(Rejected,))


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Sound checkpoints of three families."""
    root = tmp_path_factory.mktemp("fuzz")
    return {name: tiny.build(root / name, name) for name in ("wav2vec2", "ast", "whisper")}


_FAMILIES = ("wav2vec2", "ast", "whisper")
_LIKE: dict[str, Any] = {
    "hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32,
    "conv_dim": [32] * 7, "conv_kernel": [10, 3, 3, 3, 3, 2, 2], "conv_stride": [5] + [2] * 6,
    "num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 2, "classifier_proj_size": 32,
    "num_mel_bins": 32, "max_length": 64, "d_model": 32, "encoder_layers": 1, "num_labels": 3,
    "id2label": {"0": "angry", "1": "happy", "2": "sad"}, "label2id": {"angry": 0, "happy": 1},
    "encoder_attention_heads": 2, "max_source_positions": 50, "problem_type": None,
    "architectures": ["Wav2Vec2ForSequenceClassification"], "model_type": "wav2vec2",
    "feat_extract_norm": "group", "hidden_act": "gelu", "hidden_dropout": 0.1, "auto_map": {},
    "patch_size": 16, "time_stride": 10, "quantization_config": None, "dtype": "float32",
}  # fmt: skip
_EXTRACTORS: dict[str, Any] = {
    "feature_size": 1, "sampling_rate": 16000, "num_mel_bins": 32, "max_length": 64, "n_fft": 400,
    "hop_length": 160, "chunk_length": 1, "padding_value": 0.0, "return_attention_mask": True,
    "do_normalize": True, "mean": -4.2, "std": 4.5, "dither": 0.0, "n_samples": 16000,
    "feature_extractor_type": "Wav2Vec2FeatureExtractor", "padding_side": "right",
}  # fmt: skip


def _read_config(folder: Path) -> object:
    repository = local("it", folder)
    return judge_config(repository), judge_values(repository)


@fuzz(150)
@given(json_near(_LIKE), json_near(_EXTRACTORS))
def test_a_config_is_judged(tmp_path: Path, config: Any, extractor: Any) -> None:
    (tmp_path / "config.json").write_text(json.dumps(config))
    survives(_read_config, tmp_path, errors=())
    survives(oddity, extractor, "preprocessor_config.json", errors=())


def _changes(near: Any, real: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that differ from real ones, to be put into another file."""
    changed = near if isinstance(near, dict) else {}
    return {key: value for key, value in changed.items() if repr(value) != repr(real.get(key))}


def _outlined(folder: Path) -> object:
    snapshot = take_snapshot(Candidate(name="it", model="it", folder=folder))
    return outline(snapshot, read_index(snapshot))


@pytest.mark.slow(10)
@fuzz(60)
@given(st.sampled_from(_FAMILIES), json_near(_LIKE), json_near(_EXTRACTORS))
def test_a_network_is_outlined(
    checkpoints: Mapping[str, Path], family: str, config: Any, extractor: Any
) -> None:
    changes = (("config.json", config, _LIKE), ("preprocessor_config.json", extractor, _EXTRACTORS))
    folder = checkpoints[family]
    sound = {name: (folder / name).read_text() for name, _, _ in changes}
    try:
        for name, near, real in changes:
            content = json.loads(sound[name]) | _changes(near, real)
            (folder / name).write_text(json.dumps(content))
        survives(_outlined, folder, errors=(Rejected, Blocked))
    finally:
        for name, text in sound.items():
            (folder / name).write_text(text)


@fuzz(150)
@given(text_near(CARD))
def test_a_card(tmp_path: Path, text: str) -> None:
    (tmp_path / "README.md").write_text(text, "utf-8", "surrogatepass")
    survives(read_card, tmp_path, errors=())


@fuzz(150)
@given(text_near(PUBLISHED))
def test_hyperparams(text: str) -> None:
    survives(read_hyperparams, text, errors=(ValueError,))
    survives(class_names, text, errors=(ValueError,))


@fuzz(150)
@given(text_near(LABELS))
def test_labels_of_an_encoder(text: str) -> None:
    survives(label_names, text, errors=(ValueError,))


@fuzz(100)
@given(text_near(CANDIDATES))
def test_candidates(tmp_path: Path, text: str) -> None:
    (tmp_path / "candidates.yaml").write_text(text, "utf-8", "surrogatepass")
    survives(read_suite, tmp_path / "candidates.yaml", errors=(ConfigurationError,))


@fuzz(100)
@given(text_near(LOCK))
def test_a_lock(tmp_path: Path, text: str) -> None:
    (tmp_path / "candidates.lock.yaml").write_text(text, "utf-8", "surrogatepass")
    survives(read_lock, tmp_path / "candidates.yaml", errors=(ConfigurationError,))


@fuzz(100)
@given(bytes_near(TABLE.encode()), st.sampled_from(["metadata.csv", "metadata.jsonl"]))
def test_a_table(tmp_path: Path, content: bytes, name: str) -> None:
    for path in tmp_path.iterdir():
        path.unlink()
    (tmp_path / name).write_bytes(content)
    (tmp_path / "a.wav").touch()
    survives(read_corpus, tmp_path, errors=(ConfigurationError,))


ROW = {"file_name": "a.wav", "label": "anger", "speaker": 1, "split": None}


@fuzz(100)
@given(st.lists(json_near(ROW), max_size=3))
def test_a_table_of_objects(tmp_path: Path, rows: list[Any]) -> None:
    (tmp_path / "metadata.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (tmp_path / "a.wav").touch()
    survives(read_corpus, tmp_path, errors=(ConfigurationError,))


@fuzz(60)
@given(text_near(HEADER))
def test_a_header_of_a_database(tmp_path: Path, text: str) -> None:
    pytest.importorskip("audformat")
    (tmp_path / "db.yaml").write_text(text, "utf-8", "surrogatepass")
    (tmp_path / "db.emotion.csv").write_text("file,emotion,speaker\na.wav,anger,3\n")
    (tmp_path / "a.wav").touch()
    survives(read_corpus, tmp_path, errors=(ConfigurationError,))


@fuzz(60)
@given(json_near({"schema": "sertify.results/2", "candidates": [{"name": "a"}], "corpora": []}))
def test_results_of_an_earlier_run(tmp_path: Path, content: Any) -> None:
    (tmp_path / "results.json").write_text(json.dumps(content))
    survives(read_results, tmp_path, errors=(ConfigurationError,))
