"""`sertify inspect` says what a run without weights says, and proposes an entry that holds."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from sertify.command.main import main
from sertify.vocabulary.reasons import REASONS
from tests.meta.local_hub import LocalHub, broken, use_hub
from tests.meta.models import emotion2vec_replicas, msp, sensevoice_replicas
from tests.meta.replicas import REPLICAS, build_replicas
from tests.meta.runs import CHECKS, FIXTURES
from tests.meta.tiny import build, edit_json

pytestmark = pytest.mark.slow(1)

DUSHA = "xbgoose/hubert-large-speech-emotion-recognition-russian-dusha-finetuned"
RESD = "Aniemore/wavlm-emotion-russian-resd"
HUBERT = "facebook/hubert-large-ls960-ft"
XLSR = "harshit345/xlsr-wav2vec-speech-emotion-recognition"
FIVE = ("anger", "fear", "happiness", "neutral", "sadness")
SEED, SENSEVOICE = "emotion2vec/emotion2vec_plus_seed", "FunAudioLLM/SenseVoiceSmall"
ODYSSEY, VOX = "3loi/odyssey", "tiantiaf/vox-profile"
REBUILT = (SEED, SENSEVOICE, ODYSSEY, VOX)
"""Whose networks transformers does not have."""
OTHERS = ("HF_", "HUGGING", "SERTIFY", "PYTEST", "GITHUB")

MODELS = [
    *(path for path in sorted((FIXTURES / "models").iterdir()) if path.name != "broken"),
    *sorted((FIXTURES / "models" / "broken").iterdir()),
]


@dataclass(frozen=True)
class Place:
    """A folder to work in, with a hub on this machine."""

    folder: Path
    hub: LocalHub

    def call(self, *args: str | Path) -> subprocess.CompletedProcess[str]:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(OTHERS)}
        there = {"HF_ENDPOINT": self.hub.url, "HF_HOME": str(self.folder / "hub")}
        return subprocess.run(
            [sys.executable, "-m", *map(str, args)],
            cwd=self.folder,
            env=inherited | there,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("place")
    build_replicas(folder / "served")
    build_rebuilt(folder / "served")
    with LocalHub(folder / "served") as hub:
        yield Place(folder, hub)


def build_rebuilt(root: Path) -> None:
    emotion2vec_replicas.write(root / SEED, emotion2vec_replicas.REPLICAS["seed"])
    sensevoice_replicas.build(root / SENSEVOICE)
    msp.Odyssey().write(root / ODYSSEY)
    msp.VoxProfile().write(root / VOX)
    msp.write_backbone(root, "microsoft/wavlm-large")


@pytest.fixture(scope="module")
def told(place: Place) -> list[dict[str, Any]]:
    """Return what is said of all replicas and of all embedded models."""
    done = place.call(
        "sertify", "inspect", "--json", *REPLICAS, *REBUILT, *MODELS, "nobody/nothing"
    )
    assert (done.returncode, done.stderr) == (1, "")
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def judged(place: Place, told: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return what a run of pytest says of each: as it is, and by the entry that was proposed."""
    plain = [{"name": f"{n}.plain", "model": one["model"]} for n, one in enumerate(told)]
    proposed = [{**one["entry"], "name": f"{n}.proposed"} for n, one in enumerate(told)]
    (place.folder / "both.yaml").write_text(json.dumps({"candidates": [*plain, *proposed]}))
    done = place.call(
        *("pytest", CHECKS, "-q", "-p", "no:cacheprovider", "-p", "no:hypothesispytest"),
        *("-m", "loadability or labels", "--no-weights", "--candidates=both.yaml"),
        "--reports=reports",
    )
    results = json.loads((place.folder / "reports" / "results.json").read_text("utf-8"))
    assert results["run"]["finished"], done.stdout
    return {one["name"]: one for one in results["candidates"]}


@pytest.mark.slow(40)
def test_the_verdict_is_that_of_a_run(
    told: list[dict[str, Any]], judged: dict[str, dict[str, Any]]
) -> None:
    assert len(told) == len(REPLICAS) + len(REBUILT) + len(MODELS) + 1
    first = [(one["problems"] or [{"reason": None}])[0]["reason"] for one in told]
    run = [judged[f"{n}.plain"] for n in range(len(told))]
    assert first == [one["reason"] for one in run]
    assert {reason for reason in first if reason} >= {"wrong_task", "random_head", "dimensional"}


@pytest.mark.slow(40)
def test_the_entry_that_is_proposed_is_what_a_run_finds(
    told: list[dict[str, Any]], judged: dict[str, dict[str, Any]]
) -> None:
    for n, one in enumerate(told):
        found = judged[f"{n}.proposed"]
        assert found["reason"] == (one["reason"] or None), one
        assert found["expected"] == ([one["reason"]] if one["reason"] else [])


def test_what_is_wrong_is_told_with_its_code_and_its_cure(told: list[dict[str, Any]]) -> None:
    problems = [problem for one in told for problem in one["problems"]]
    assert {problem["cure"] for problem in problems} <= {one.cure for one in REASONS.values()}
    last = told[-1]
    assert (last["model"], last["verdict"], last["reason"]) == (
        "nobody/nothing",
        "rejected",
        "not_found",
    )
    assert last["problems"][0]["message"] == "the hub has no model nobody/nothing"


def test_an_entry_has_what_the_files_say(told: list[dict[str, Any]]) -> None:
    entries = {one["model"]: one["entry"] for one in told}
    assert entries[RESD] == {
        "name": "wavlm-emotion-russian-resd",
        "model": RESD,
        "languages": ["ru"],
        "licence": "mit",
        "trained_on": ["resd"],
    }
    assert entries[XLSR]["loader"] == "pooled-head"
    loaders = {"emotion2vec", "sensevoice", "odyssey", "vox-profile"}
    assert {entries[name]["loader"] for name in REBUILT} == loaders
    assert entries[SEED]["emotions"] == {"unk": "other"}
    assert entries[SENSEVOICE]["emotions"] == {"unknown": "other"}
    # Which its config names: it was trained from there.
    assert entries[DUSHA]["feature_extractor"] == HUBERT
    assert entries[DUSHA]["reason"] == "no_labels"


# ------------------------------------------------------------------ one at a time


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder, in which the test is."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalHub]:
    (tmp_path / "served").mkdir()
    with LocalHub(tmp_path / "served") as hub:
        use_hub(monkeypatch, hub.url, tmp_path / "cache")
        yield hub


Call = Callable[..., str]


@pytest.fixture
def inspect(capsys: pytest.CaptureFixture[str]) -> Call:
    """Call `sertify inspect` and return what it prints; it has to end with this code."""

    def call(*args: str | Path, code: int) -> str:
        capsys.readouterr()
        assert main(["inspect", *map(str, args)]) == code
        said = capsys.readouterr()
        assert said.err == "" or code == 2
        return said.out + said.err

    return call


def five(folder: Path, **options: Any) -> Path:
    return build(folder, labels=FIVE, **options)


def entry_in(text: str) -> dict[str, Any]:
    """Return the entry at the end of what was printed, as a reader of YAML has it."""
    _, _, entry = text.rpartition(":\n\n")
    (found,) = YAML(typ="safe").load(entry)
    content: dict[str, Any] = found
    return content


def test_a_folder_is_told_in_lines_and_its_entry_can_be_copied(here: Path, inspect: Call) -> None:
    five(here / "mine")
    said = inspect("mine", code=0)
    first, *rows = said.splitlines()
    assert first.startswith("./mine at ")
    assert first.endswith(": can be used, as far as can be told without its weights")
    assert rows[:5] == [
        "  task       audio classification (Wav2Vec2ForSequenceClassification)",
        "  loader     transformers",
        "  labels     anger, fear, happiness, neutral, sadness",
        "  head       classifier [5, 32], projector [32, 32]",
        "  input      16,000 Hz",
    ]
    assert entry_in(said) == {"name": "mine", "model": "./mine"}
    assert [*here.iterdir()] == [here / "mine"]


def test_what_is_required_is_said_by_candidates_yaml(here: Path, inspect: Call) -> None:
    build(here / "mine")  # with three labels
    assert "too_few_labels: labels=3, but should be at least 5" in inspect("./mine", code=1)
    (here / "candidates.yaml").write_text(
        "requirements: {min_labels: 3}\ncandidates:\n  - {name: mine, model: ./mine/}\n"
    )
    said = inspect("./mine", code=0)
    assert "its entry in candidates.yaml, where it is already, as mine:" in said
    assert entry_in(said) == {"name": "mine-2", "model": "./mine"}
    (here / "other.yaml").write_text("requirements: {min_labels: 4}\ncandidates: []\n")
    inspect("mine", "--candidates", "other.yaml", code=1)


def trained_from(base: str, folder: Path) -> Path:
    """Let a checkpoint have no feature extractor, and name what it was trained from."""
    (folder / "preprocessor_config.json").unlink()
    edit_json(folder / "config.json", lambda content: content.update(_name_or_path=base))
    return folder


def test_a_missing_feature_extractor_is_that_of_the_base_or_a_plain_one(
    hub: LocalHub, inspect: Call
) -> None:
    for name, base in (("a", "org/base"), ("b", "org/nothing"), ("c", "../../etc")):
        trained_from(base, five(hub.root / "org" / name))
    five(hub.root / "org" / "base")
    said = inspect("org/a", code=0)
    assert "can be used, with the entry below, as far as" in said
    assert "no_feature_extractor: org/a has no preprocessor_config.json" in said
    assert entry_in(said)["feature_extractor"] == "org/base"
    for name in "bc":
        plain = entry_in(inspect(f"org/{name}", code=0))
        assert plain["feature_extractor"] == {"sampling_rate": 16000}
    read = {file for file in hub.downloads if file.startswith("org/base/")}
    assert read == {"org/base/config.json", "org/base/preprocessor_config.json"}
    assert not [request for request in hub.requests if "etc" in request.path]


def test_no_base_is_asked_for_without_a_network(
    hub: LocalHub, inspect: Call, tmp_path: Path
) -> None:
    folder = trained_from("org/base", five(tmp_path / "mine"))
    said = inspect(folder, "--offline", code=0)
    assert entry_in(said)["feature_extractor"] == {"sampling_rate": 16000}
    assert hub.requests == []


def test_names_that_only_label2id_has_need_no_entry(here: Path, inspect: Call) -> None:
    folder = five(here / "mine")

    def generic(content: dict[str, Any]) -> None:
        content["id2label"] = {str(n): f"LABEL_{n}" for n in range(5)}
        content["label2id"] = {name: n for n, name in enumerate(reversed(FIVE))}

    edit_json(folder / "config.json", generic)
    said = inspect("mine", code=0)
    assert f"  labels     {', '.join(reversed(FIVE))}\n" in said
    assert "  remark     id2label of config.json only numbers the outputs, so " in said
    assert entry_in(said) == {"name": "mine", "model": "./mine"}


def test_names_in_the_text_of_a_card_are_told_for_a_reader_to_check(
    here: Path, inspect: Call
) -> None:
    folder = build(here / "mine", labels=tuple(f"LABEL_{n}" for n in range(5)))
    (folder / "README.md").write_text("`names = ['neutral', 'angry', 'positive', 'sad', 'other']`")
    said = inspect("mine", code=1)
    assert "  perhaps    labels: [neutral, angry, positive, sad, other]\n" in said
    assert entry_in(said) == {
        "name": "mine",
        "model": "./mine",
        "status": "rejected",
        "reason": "no_labels",
    }


def test_a_label_for_no_emotion_is_proposed_as_another(here: Path, inspect: Call) -> None:
    build(here / "undecided", labels=(*FIVE, "unk"))
    build(here / "unknown", labels=(*FIVE, "unk", "positive"))
    said = inspect("undecided", "unknown", code=1)
    first, second = said.split("\n\n./unknown")
    assert "can be used, with the entry below" in first
    assert entry_in(first)["emotions"] == {"unk": "other"}
    assert entry_in(second) == {
        "name": "unknown",
        "model": "./unknown",
        "status": "rejected",
        "reason": "unknown_labels",
    }


@pytest.mark.parametrize("name", ["", "x\x1b[31m", "\n- name: y", "LABEL_0", "fear"])
def test_of_what_files_say_nothing_is_written_that_may_not_stand_there(
    here: Path, inspect: Call, name: str
) -> None:
    folder = build(here / "mine", labels=tuple(f"LABEL_{n}" for n in range(5)))
    names = {name: 0, "fear": 1, "happiness": 2, "neutral": 3, "sadness": 4}
    edit_json(folder / "config.json", lambda content: content.update(label2id=names))
    (folder / ".checkpoint").mkdir()
    said = inspect("mine", code=1)
    assert "\x1b" not in said
    entry = entry_in(said)
    assert (entry["name"], entry["status"]) == ("mine", "rejected")
    assert entry.get("labels", [name])[0] == name


def test_a_checkpoint_without_a_head_is_told_so(here: Path, inspect: Call) -> None:
    shutil.copytree(FIXTURES / "models" / "broken" / "random-head", here / "mine")
    said = inspect("mine", code=1)
    assert "cannot be used, random_head" in said.splitlines()[0]
    assert "  head       none in the checkpoint" in said
    assert f"             what helps: {REASONS['random_head'].cure}" in said
    assert entry_in(said) == {
        "name": "mine",
        "model": "./mine",
        "status": "rejected",
        "reason": "random_head",
    }


@pytest.mark.parametrize(
    "address",
    [
        "https://huggingface.co/org/model",
        "https://huggingface.co/org/model/tree/main",
        "hf.co/org/model/",
        "org/model/blob/main/config.json",
    ],
)
def test_an_address_is_understood(hub: LocalHub, inspect: Call, address: str) -> None:
    five(hub.root / "org" / "model")
    said = inspect(address, code=0)
    assert said.startswith("org/model at ")
    assert entry_in(said) == {"name": "model", "model": "org/model"}


def test_a_revision_is_asked_for_by_an_address_or_an_option(hub: LocalHub, inspect: Call) -> None:
    five(hub.root / "org" / "model")
    hub.alias("org/model", "v1")
    wanted = {"name": "model", "model": "org/model", "revision": "v1"}
    for args in (
        ["https://huggingface.co/org/model/tree/v1"],
        ["org/model", "--revision", "v1"],
        ["org/model/tree/v1", "--revision=v1"],
    ):
        assert entry_in(inspect(*args, code=0)) == wanted
    said = inspect("org/model/tree/v1", "--revision", "v2", code=2)
    assert said == "sertify: MODEL is 'org/model/tree/v1', at v1, but --revision says v2\n"
    assert "revision_not_found: org/model has no revision v3" in inspect(
        "org/model", "--revision=v3", code=1
    )


def test_a_folder_of_a_repository_is_asked_for_by_an_address(hub: LocalHub, inspect: Call) -> None:
    five(hub.root / "org" / "model" / "large" / "best")
    said = inspect("https://huggingface.co/org/model/tree/main/large/best", code=0)
    assert entry_in(said) == {"name": "model", "model": "org/model", "subfolder": "large/best"}


def test_weights_that_can_be_in_one_place_only_are_found(hub: LocalHub, inspect: Call) -> None:
    five(hub.root / "org" / "below" / "checkpoint-100")
    entry = entry_in(inspect("org/below", code=0))
    assert entry == {"name": "below", "model": "org/below", "subfolder": "checkpoint-100"}
    five(hub.root / "org" / "below" / "checkpoint-200")
    assert entry_in(inspect("org/below", code=1))["reason"] == "no_config"
    named = five(hub.root / "org" / "named")
    (named / "model.safetensors").rename(named / "model.fp16.safetensors")
    (named / "optimizer.bin").write_bytes(b"0")
    entry = entry_in(inspect("org/named", code=0))
    assert entry == {"name": "named", "model": "org/named", "weights": "model.fp16.safetensors"}


@pytest.mark.parametrize(
    ("reference", "problem"),
    [
        ("https://huggingface.co/datasets/a/b", "which is a data set, not a model"),
        ("spaces/a/b", "which is a space (an app), not a model"),
        ("a b", "is neither an id nor a folder that is there"),
        ("a/b/c", "is neither an id nor a folder that is there; ids are written OWNER/NAME"),
        ("https://github.com/a/b", "is neither an id nor a folder that is there"),
        ("", "is neither an id nor a folder that is there"),
        ("ftp://x/", "is neither an id nor a folder that is there"),
        ("models\\mine", "should be a folder as all systems write it; write ./models/mine"),
    ],
)
def test_what_is_no_model_is_a_wrong_use(
    here: Path, inspect: Call, reference: str, problem: str
) -> None:
    said = inspect(reference, code=2)
    assert said.startswith(f"sertify: MODEL is {reference!r}, ")
    assert problem in said
    assert [*here.iterdir()] == []


def test_a_broken_candidates_yaml_is_told_first(here: Path, inspect: Call) -> None:
    (here / "candidates.yaml").write_text("candidates:\n  - {name: x}\n")
    assert "candidates.yaml:2: candidate" in inspect("a/b", code=2)
    assert "none.yaml: no such file" in inspect("a/b", "--candidates=none.yaml", code=2)


def test_a_hub_that_is_out_of_order_blocks_and_no_entry_is_proposed(
    hub: LocalHub, inspect: Call
) -> None:
    five(hub.root / "org" / "model")
    hub.gated.add("org/closed")
    five(hub.root / "org" / "closed")
    hub.disturb(broken(), on="/org/model")
    said = inspect("org/model", "org/closed", code=1)
    assert "org/model: could not be looked at, unreachable" in said
    assert "org/closed: could not be looked at, gated" in said
    assert REASONS["gated"].cure in said
    assert "its entry" not in said


def test_what_a_card_says_neither_commands_a_terminal_nor_breaks_the_entry(
    hub: LocalHub, inspect: Call
) -> None:
    folder = five(hub.root / "org" / "model")
    licence = '"\\e[31mred: {x}\\n- name: y"'
    front = f"license: {licence}\nlanguage: [en, nonsense, korean]\ndatasets: [a/b, ravdess]"
    (folder / "README.md").write_text(f"---\n{front}\n---\n")
    said = inspect("org/model", code=0)
    assert "\x1b" not in said
    entry = entry_in(said)
    assert entry["licence"] == "red: {x} - name: y"
    assert entry["languages"] == ["en", "ko"]
    assert entry["trained_on"] == ["a/b", "ravdess"]
