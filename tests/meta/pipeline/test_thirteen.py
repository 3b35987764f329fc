"""The thirteen models of the root candidates.yaml are what it says: on replicas of them.

The file is judged as it is, by pytest in a process of its own, as its users call it. The hub that
the process talks to is on this machine, and keeps a ledger of what it was asked for.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from ruamel.yaml import YAML

from sertify.vocabulary.reasons import GATE_OF
from tests.meta.local_hub import LocalHub, Request, Response
from tests.meta.replicas import REVISIONS, build_replica, build_replicas

pytestmark = pytest.mark.slow(0.2)

ROOT = Path(__file__).parents[3]
CANDIDATES = ROOT / "candidates.yaml"
LISTED: list[dict[str, Any]] = YAML(typ="safe").load(CANDIDATES.read_text("utf-8"))["candidates"]
MODELS: dict[str, str] = {one["name"]: one["model"] for one in LISTED}


@dataclass(frozen=True)
class Row:
    """What a run has to find out about a candidate.

    Attributes
    ----------
    check, reason
        Which check turns it down, and why; empty where no gate up to the labels does.
    loader, network
        What loads it, as which class; without a loader, the class that its config names.
    head
        The layer behind ``classifier.dense`` of a head that transformers does not know.
    weights
        The files that its weights are read from; none of one that is rejected without.
    """

    name: str
    check: str = ""
    reason: str = ""
    loader: str | None = None
    network: str | None = None
    head: str = ""
    labels: tuple[str, ...] = ()
    weights: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.name

    @property
    def model(self) -> str:
        return MODELS[self.name]

    @property
    def is_pooled(self) -> bool:
        return self.loader == "pooled-head"

    @property
    def gate(self) -> str | None:
        return GATE_OF[self.reason] if self.reason else None


_BIN, _SAFE = ("pytorch_model.bin",), ("model.safetensors",)
_WAV2VEC2 = "Wav2Vec2ForSequenceClassification"
_TASK = "test_task_is_audio_classification"

ROWS = (
    Row(
        "wavlm-resd",
        loader="transformers",
        network="WavLMForSequenceClassification",
        labels=("anger", "disgust", "enthusiasm", "fear", "happiness", "neutral", "sadness"),
        weights=_SAFE,
    ),
    Row(
        "wav2vec2-base-ser",
        loader="transformers",
        network=_WAV2VEC2,
        labels=("SAD", "ANGRY", "DISGUST", "FEAR", "HAPPY", "NEUTRAL"),
        weights=_BIN,
    ),
    Row(
        "xlsr-ser",
        loader="pooled-head",
        network="PooledHead",
        head="out_proj",
        labels=("anger", "disgust", "fear", "happiness", "sadness"),
        weights=_BIN,
    ),
    Row(
        "hubert-dusha",
        loader="transformers",
        network="HubertForSequenceClassification",
        labels=("neutral", "angry", "positive", "sad", "other"),
        weights=_BIN,
    ),
    Row(
        "superb-er",
        loader="transformers",
        network=_WAV2VEC2,
        labels=("neu", "hap", "ang", "sad"),
        weights=_BIN,
    ),
    Row(
        "xlsr-en-ser",
        loader="pooled-head",
        network="PooledHead",
        head="output",
        labels=("angry", "calm", "disgust", "fearful", "happy", "neutral", "sad", "surprised"),
        weights=_SAFE,
    ),
    Row(
        "audeering-dim",
        "test_labels_are_categories",
        "dimensional",
        loader="pooled-head",
        network="PooledHead",
        head="out_proj",
        labels=("arousal", "dominance", "valence"),
        weights=_BIN,
    ),
    Row("robust-swbd", _TASK, "wrong_task", network="Wav2Vec2ForCTC"),
    Row("xlsr-english", _TASK, "wrong_task", network="Wav2Vec2ForCTC"),
    Row("xlsr-korean", "test_repository_resolves", "not_found"),
    Row("korean-emotions", "test_repository_resolves", "not_found"),
    Row(
        "speechbrain-iemocap",
        "test_labels_are_enough",
        "too_few_labels",
        loader="speechbrain",
        network="SpeechBrainClassifier",
        labels=("neu", "ang", "hap", "sad"),
        weights=("model.ckpt", "wav2vec2.ckpt"),
    ),
    Row("wavlm-base-plus", _TASK, "wrong_task", network="WavLMModel"),
)
THERE = [row for row in ROWS if row.reason != "not_found"]
ABSENT = [row for row in ROWS if row.reason == "not_found"]
LOADED = [row for row in ROWS if row.loader]
REJECTED = [row for row in ROWS if row.reason]
POOLED = [row for row in ROWS if row.name in ("xlsr-ser", "xlsr-en-ser")]

# What is downloaded of each repository before anything else is known of it.
SMALL = (
    r"config\.json|preprocessor_config\.json|processor_config\.json|README\.md|[^/]*\.index\.json"
    r"|adapter_config\.json|hyperparams\.yaml|label_encoder\.txt"
)
# Those of LFS, among them the pickled settings of a training.
LARGE = (".safetensors", ".bin", ".ckpt", ".pt", ".h5", ".onnx", ".msgpack")

GATES = "loadability or labels"
SILENT = "gave no usable answer, so what the cache has of it was judged"
HUBERT = "facebook/hubert-large-ls960-ft"
TOKEN = "hf_secretsecretsecret"

# ------------------------------------------------------------------ the hub's ledger


@dataclass(frozen=True)
class Entry:
    """A request, and how many bytes it was answered with."""

    request: Request
    size: int

    @property
    def repo(self) -> str:
        found = re.match(r"(?:/api/models)?/([^/]+/[^/]+)", self.request.file)
        return found[1] if found else ""

    @property
    def name(self) -> str:
        """The name of the file that was asked for; empty where it was something else."""
        return self.request.file.partition("/resolve/")[2].partition("/")[2]

    @property
    def is_question(self) -> bool:
        """Whether the hub was asked what it has, not for a file."""
        return self.request.path.startswith("/api/models/")

    @property
    def is_small(self) -> bool:
        return re.fullmatch(SMALL, self.name) is not None

    @property
    def is_large(self) -> bool:
        return PurePosixPath(self.name).suffix in LARGE

    @property
    def is_download(self) -> bool:
        """Whether a whole file came: a hub that refers to its CDN sends none."""
        return self.request.method == "GET" and self.size > 0 and not self.is_part

    @property
    def is_part(self) -> bool:
        return "range" in self.request.headers

    @property
    def is_from_cdn(self) -> bool:
        return self.request.path.startswith("/cdn/")


class Ledger(LocalHub):
    """A hub that writes down what it was asked for, but for what its client does on its own."""

    def __init__(self, root: Path) -> None:
        super().__init__(root, cdn=True)
        self.entries: list[Entry] = []

    def answer(self, request: Request) -> Response:
        """Answer a request."""
        response = super().answer(request)
        if request.path != "/api/agent-harnesses":
            size = 0 if request.method == "HEAD" else len(response.body)
            self.entries.append(Entry(request, size))
        return response


@contextmanager
def serving(root: Path) -> Iterator[Ledger]:
    with Ledger(root) as hub:
        for repo, revision in REVISIONS.items():
            if (root / repo).is_dir():
                hub.alias(repo, revision)
        yield hub


# ------------------------------------------------------------------ runs


@dataclass(frozen=True)
class Case:
    """One test case of junit.xml."""

    kind: str
    message: str
    properties: Mapping[str, str]


@dataclass(frozen=True)
class Run:
    """What a run left behind, and what it asked the hub for."""

    code: int
    output: str
    reports: Path
    entries: Sequence[Entry] = field(default=(), repr=False)

    @cached_property
    def results(self) -> dict[str, Any]:
        assert self.code in (0, 1), self.output[-4000:]
        content: dict[str, Any] = json.loads((self.reports / "results.json").read_text("utf-8"))
        return content

    @cached_property
    def cases(self) -> dict[str, Case]:
        nodes = ET.parse(self.reports / "junit.xml").iter("testcase")
        return {node.attrib["name"]: _case(node) for node in nodes}

    def candidate(self, name: str) -> dict[str, Any]:
        return next(one for one in self.results["candidates"] if one["name"] == name)

    def check(self, name: str, check: str) -> dict[str, Any]:
        """Return what a check found; empty where it was not reached."""
        gates = self.candidate(name)["gates"].values()
        checks = [one for gate in gates for one in gate["checks"] if one["check"] == check]
        return next(iter(checks), {})

    def of(self, model: str) -> list[Entry]:
        return [entry for entry in self.entries if entry.repo == model]

    @property
    def downloads(self) -> Counter[str]:
        """The large files that came as a whole, and how often."""
        whole = (one for one in self.entries if one.is_large and one.is_download)
        return Counter(f"{one.repo}/{one.name}" for one in whole)


def _case(node: ET.Element) -> Case:
    kinds = [child for child in node if child.tag in ("failure", "error", "skipped")]
    properties = {one.attrib["name"]: one.attrib["value"] for one in node.iter("property")}
    if not kinds:
        return Case("passed", "", properties)
    return Case(kinds[0].tag, kinds[0].attrib.get("message", ""), properties)


# What takes time to import, and what would be written into the project.
_SPARED = ("-p", "no:hypothesispytest", "-p", "no:cacheprovider")

# By which whoever runs this would change what it is told.
_OTHERS = ("HF_", "HUGGING", "TRANSFORMERS_", "PYTEST_", "GITHUB_STEP_SUMMARY")


def call(hub: Ledger, folder: Path, name: str, *args: str | Path, **variables: str) -> Run:
    """Judge candidates.yaml as it is; runs of one folder have one cache, but each its evidence."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(_OTHERS)}
    # Two runs at a time share the cores, and their models are tiny.
    place = {"HF_ENDPOINT": hub.url, "HF_HOME": str(folder / "hub"), "OMP_NUM_THREADS": "1"}
    reports, before = folder / name, len(hub.entries)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-m", GATES),
            *("--reports", reports, "--threads", "1", *_SPARED, *args),
        ],
        cwd=ROOT,
        env=inherited | place | variables,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return Run(done.returncode, done.stdout + done.stderr, reports, tuple(hub.entries[before:]))


def judge_statically(root: Path, folder: Path) -> dict[str, Run]:
    with serving(root) as hub:
        return {"static": call(hub, folder, "static", "--no-weights")}


def judge_again_and_again(root: Path, folder: Path) -> dict[str, Run]:
    """Judge with a login; then with a full cache, without a network, and without a hub."""
    with serving(root) as hub, serving(root) as idle, ThreadPoolExecutor() as pool:
        hub.token = TOKEN
        runs = {name: call(hub, folder, name, HF_TOKEN=TOKEN) for name in ("full", "warm")}
        hub.close()
        # Neither of the two writes to the cache.
        last = {
            "offline": pool.submit(call, idle, folder, "offline", HF_HUB_OFFLINE="1"),
            "closed": pool.submit(call, hub, folder, "closed", HF_TOKEN=TOKEN),
        }
        return runs | {name: future.result() for name, future in last.items()}


def judge_where_few_are_let_in(root: Path, folder: Path) -> dict[str, Run]:
    """Judge on a hub where two have the stock head, and which repeats a login as it refuses it."""
    others = shutil.copytree(root, folder / "root")
    for row in POOLED:
        shutil.rmtree(others / row.model)
        build_replica(others, row.model, stock=True)
    with serving(others) as hub:
        hub.token = TOKEN
        for name, (status, pattern) in REFUSALS.items():
            hub.disturb(_indiscreet(status), pattern.format(MODELS[name]))
        # The most that pytest would tell.
        return {"refused": call(hub, folder, "refused", "-rA", "--showlocals", HF_TOKEN=TOKEN)}


REFUSALS = {
    "wavlm-resd": (HTTPStatus.FORBIDDEN, "GET /api/models/{}/revision"),
    "wav2vec2-base-ser": (HTTPStatus.UNAUTHORIZED, "GET /api/models/{}$"),
    "superb-er": (HTTPStatus.NOT_IMPLEMENTED, "GET /api/models/{}$"),
    "audeering-dim": (HTTPStatus.LOOP_DETECTED, "GET /api/models/{}/tree"),
    "robust-swbd": (HTTPStatus.UNAUTHORIZED, "/{}/resolve/.*/README.md"),
    "hubert-dusha": (HTTPStatus.FORBIDDEN, "GET /{}/resolve/.*/pytorch_model.bin"),
}
"""What is answered to which request about a candidate; nothing that the client would repeat."""


def _indiscreet(status: HTTPStatus) -> Callable[[Request], Response]:
    def answer(request: Request) -> Response:
        said = f"{request.headers.get('authorization', 'nobody')} may not have {request.path}"
        headers = {"X-Error-Message": said, "Content-Type": "application/json"}
        return Response(status, json.dumps({"error": said}).encode(), headers)

    return answer


def judge_rewritten(root: Path, folder: Path) -> dict[str, Run]:
    """Judge a copy of candidates.yaml whose entries lack what they have for good reason.

    Another is of the first version of a config, which named the class that it was trained with.
    """
    content = YAML(typ="safe").load(CANDIDATES.read_text("utf-8"))
    entries = {one["name"]: one for one in content["candidates"]}
    content["candidates"] = [
        *({**entries[row.name], "loader": "transformers"} for row in POOLED),
        _without(entries["hubert-dusha"], "labels"),
        _without(entries["hubert-dusha"], "feature_extractor"),
        {**entries["xlsr-en-ser"], "name": "first", "revision": "first"},
    ]
    copy = folder / "candidates.yaml"
    with copy.open("w", encoding="utf-8") as stream:
        YAML(typ="safe").dump(content, stream)
    with serving(shutil.copytree(root, folder / "root")) as hub:
        config = hub.root / MODELS["xlsr-en-ser"] / "config.json"
        later = config.read_text("utf-8")
        config.write_text(later.replace(_WAV2VEC2, "Wav2Vec2ForEmotionRecognition"), "utf-8")
        hub.alias(MODELS["xlsr-en-ser"], "first")
        config.write_text(later, "utf-8")
        return {"rewritten": call(hub, folder, "rewritten", "--candidates", copy)}


def _without(entry: Mapping[str, Any], key: str) -> dict[str, Any]:
    kept = {name: value for name, value in entry.items() if name != key}
    return {**kept, "name": f"without-{key}"}


Scenario = Callable[[Path, Path], dict[str, Run]]
Runs = Callable[[str], Run]

SCENARIOS: dict[Scenario, tuple[str, ...]] = {
    judge_again_and_again: ("full", "warm", "offline", "closed"),
    judge_statically: ("static",),
    judge_where_few_are_let_in: ("refused",),
    judge_rewritten: ("rewritten",),
}
"""Each with the names of its runs; the longest first."""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    """Return a run by its name; all begin at once, about two at a time, for each takes seconds."""
    root = tmp_path_factory.mktemp("replicas")
    build_replicas(root)
    with ThreadPoolExecutor(2) as pool:
        futures = {
            name: future
            for scenario, names in SCENARIOS.items()
            for future in [pool.submit(scenario, root, tmp_path_factory.mktemp(names[0]))]
            for name in names
        }
        yield lambda name: futures[name].result()[name]
        pool.shutdown(cancel_futures=True)


each = pytest.mark.parametrize("row", ROWS, ids=str)
each_there = pytest.mark.parametrize("row", THERE, ids=str)
each_absent = pytest.mark.parametrize("row", ABSENT, ids=str)
each_loaded = pytest.mark.parametrize("row", LOADED, ids=str)
each_pooled = pytest.mark.parametrize("row", POOLED, ids=str)


def verdict(row: Row) -> str:
    """Return what a candidate is as long as nobody has heard what it says to speech."""
    status = next(one for one in LISTED if one["name"] == row.name).get("status")
    return status or "undecided"


# ------------------------------------------------------------------ what is found


def test_the_table_is_of_the_thirteen() -> None:
    listed = {one["name"]: one.get("reason", "") for one in LISTED}
    assert {row.name: row.reason for row in ROWS} == listed
    assert len(ROWS) == 13


@pytest.mark.parametrize("name", ["static", "full", "warm"])
def test_the_file_says_what_is_so(run: Runs, name: str) -> None:
    kinds = Counter(case.kind for case in run(name).cases.values())
    assert run(name).code == 0, run(name).output[-4000:]
    assert set(kinds) == {"passed", "skipped"}


@each
@pytest.mark.parametrize("name", ["static", "full", "warm"])
def test_what_each_is_found_to_be(run: Runs, name: str, row: Row) -> None:
    found = run(name).candidate(row.name)
    assert (found["verdict"], found["gate"]) == (verdict(row), row.gate)
    assert (found["reason"] or "") == row.reason
    assert found["loader"] == row.loader
    assert found["architecture"] == row.network
    assert tuple(found["labels"]) == row.labels
    assert found["commit"] is None if row in ABSENT else re.match("[0-9a-f]{40}", found["commit"])


@each
@pytest.mark.parametrize("name", ["static", "full"])
def test_the_check_that_finds_it(run: Runs, name: str, row: Row) -> None:
    gates = run(name).candidate(row.name)["gates"].values()
    failed = {
        one["check"]: one["reason"]
        for gate in gates
        for one in gate["checks"]
        if one["outcome"] != "PASS"
    }
    assert failed == ({row.check: row.reason} if row.check else {})


@each
@pytest.mark.parametrize("name", ["static", "full"])
def test_the_check_that_finds_it_in_junit(run: Runs, name: str, row: Row) -> None:
    own = {
        check: case
        for check, case in run(name).cases.items()
        if case.properties["candidate"] == row.name
    }
    failed = [check for check, case in own.items() if case.properties["outcome"] == "FAIL"]
    assert failed == ([f"{row.check}[{row.name}]"] if row.check else [])
    for case in map(own.__getitem__, failed):
        assert (case.kind, case.properties["reason"]) == ("skipped", row.reason)
        assert case.properties["gate"] == row.gate
        assert f"{row.reason}: " in case.message
    outcomes = {case.properties["outcome"] for case in own.values()}
    assert outcomes <= {"PASS", "FAIL", "NOT_REACHED"}


@each_loaded
def test_without_weights_their_gate_stays_open(run: Runs, row: Row) -> None:
    found = run("static").candidate(row.name)["gates"]["loadability"]
    assert found["outcome"] is None
    assert found["checks"][-1]["check"] == "test_feature_extractor_is_there"
    loading = run("static").cases[f"test_weights_load[{row.name}]"]
    assert (loading.kind, loading.properties["reason"]) == ("skipped", "not_selected")
    assert "--no-weights" in loading.message


@each_loaded
def test_with_weights_each_answers(run: Runs, row: Row) -> None:
    assert run("full").candidate(row.name)["gates"]["loadability"]["outcome"] == "PASS"
    answer = run("full").check(row.name, "test_one_second_gives_a_finite_logit_for_each_label")
    assert answer["outcome"] == "PASS"
    outputs = {one["name"]: one["value"] for one in answer["measurements"]}["outputs"]
    assert outputs == len(row.labels)
    again = run("full").check(row.name, "test_another_load_gives_the_same_logits")
    assert again["outcome"] == "PASS"


@each
def test_a_head_that_transformers_does_not_know_is_remarked_on(run: Runs, row: Row) -> None:
    remarks = run("full").candidate(row.name)["remarks"]
    assert run("static").candidate(row.name)["remarks"] == remarks
    if row.is_pooled:
        assert len(remarks) == 1
        assert f"classifier.dense, classifier.{row.head}" in remarks[0]
        assert "random" in remarks[0]
        assert remarks[0] in re.sub(r"\s+", " ", run("full").output)
    elif row.loader != "speechbrain":
        assert remarks == []


def test_the_dimensional_one_shows_what_it_outputs(run: Runs) -> None:
    found = run("full").candidate("audeering-dim")
    assert (found["loader"], found["reason"]) == ("pooled-head", "dimensional")
    assert "arousal, dominance, valence" in found["message"]
    assert found["emotions"] == []
    page = (run("full").reports / "index.html").read_text("utf-8")
    assert "arousal, dominance, valence" in page


def test_the_extractor_of_another_repository_is_named(run: Runs) -> None:
    found = run("full").candidate("hubert-dusha")
    assert set(found["repository"]["companions"]) == {HUBERT}
    assert "happiness" in found["emotions"]
    # The commit of what is judged is that of both.
    assert found["commit"].endswith("+" + found["repository"]["companions"][HUBERT])
    extractor = run("full").check("hubert-dusha", "test_feature_extractor_is_there")
    measured = {one["name"]: one["value"] for one in extractor["measurements"]}
    assert measured == {"sampling_rate": 16_000}


# ------------------------------------------------------------------ what is asked for


@each_there
def test_without_weights_few_questions_are_asked(run: Runs, row: Row) -> None:
    entries = run("static").of(row.model)
    beyond = [entry for entry in entries if not entry.is_small]
    # Which commit, which files; then the hub's word where a weight file is, its start, its end.
    assert len(beyond) <= 2 + 3 * len(row.weights), beyond
    assert sum(entry.size for entry in beyond) <= 1_000_000
    # Of a small file, its checksum and its content.
    asked = Counter((one.request.method, one.name) for one in entries if one.is_small)
    assert set(asked.values()) == {1}
    assert {method for method, _ in asked} == {"HEAD", "GET"}


def test_without_weights_few_bytes_come(run: Runs) -> None:
    entries = run("static").entries
    assert sum(entry.size for entry in entries if not entry.is_small) <= 1_000_000


@each
def test_without_weights_no_large_file_comes_as_a_whole(run: Runs, row: Row) -> None:
    large = [entry for entry in run("static").of(row.model) if entry.is_large]
    assert all(entry.request.method == "GET" and entry.is_part for entry in large), large
    assert {entry.name for entry in large} == set(row.weights)
    assert {entry.is_from_cdn for entry in large} == ({True, False} if large else set())


@each_absent
def test_what_is_not_there_is_asked_for_once(run: Runs, row: Row) -> None:
    for name in ("static", "full", "warm"):
        (entry,) = run(name).of(row.model)
        assert entry.is_question


def test_only_what_is_listed_is_asked_for(run: Runs) -> None:
    companions = {HUBERT, "facebook/wav2vec2-base"}
    for name in ("static", "full"):
        assert {entry.repo for entry in run(name).entries} == {*MODELS.values(), *companions}
        for companion in companions:
            names = {entry.name for entry in run(name).of(companion) if not entry.is_question}
            assert names == {"config.json", "preprocessor_config.json"}


def test_the_weights_of_the_loadable_are_downloaded_once(run: Runs) -> None:
    wanted = [f"{row.model}/{name}" for row in LOADED for name in row.weights]
    assert run("full").downloads == Counter(wanted)


def test_no_code_of_a_repository_is_asked_for(run: Runs) -> None:
    for name in ("static", "full", "refused"):
        assert not [one for one in run(name).entries if one.name.endswith(".py")]
        assert "no code of a repository may run" not in run(name).output


# ------------------------------------------------------------------ what is in the cache


@each
def test_of_what_is_in_the_cache_only_the_commit_is_asked(run: Runs, row: Row) -> None:
    (entry,) = run("warm").of(row.model)
    revision = REVISIONS.get(row.model)
    assert entry.request.path == f"/api/models/{row.model}" + (
        f"/revision/{revision}" if revision else ""
    )


def test_of_companions_too(run: Runs) -> None:
    asked = {entry.request.path for entry in run("warm").entries}
    models = [*(row.model for row in ROWS), HUBERT, "facebook/wav2vec2-base"]
    assert {re.sub("/revision/.*", "", path) for path in asked} == {
        f"/api/models/{model}" for model in models
    }
    assert len(run("warm").entries) == len(models)


@each_there
@pytest.mark.parametrize("name", ["closed", "offline"])
def test_without_a_hub_the_cache_is_judged(run: Runs, name: str, row: Row) -> None:
    found, before = run(name).candidate(row.name), run("full").candidate(row.name)
    same = ("verdict", "gate", "reason", "message", "commit", "loader", "labels", "licence")
    assert {key: found[key] for key in same} == {key: before[key] for key in same}
    remarks = [one for one in found["remarks"] if one not in before["remarks"]]
    if name == "offline":
        assert remarks == []
    else:
        (remark,) = remarks
        assert remark.endswith(SILENT)


@each_absent
@pytest.mark.parametrize(
    ("name", "reason"), [("closed", "unreachable"), ("offline", "offline_not_cached")]
)
def test_what_was_never_there_only_a_hub_can_tell(
    run: Runs, name: str, reason: str, row: Row
) -> None:
    found = run(name).candidate(row.name)
    assert (found["verdict"], found["reason"]) == ("undecided", reason)
    case = run(name).cases[f"test_repository_resolves[{row.name}]"]
    assert (case.kind, case.properties["outcome"]) == ("error", "BLOCKED")
    assert run(name).code == 1


def test_without_a_hub_nothing_is_asked(run: Runs) -> None:
    assert run("offline").entries == ()
    assert run("closed").entries == ()
    assert SILENT in re.sub(r"\s+", " ", run("closed").output)
    assert SILENT not in re.sub(r"\s+", " ", run("offline").output)


# ------------------------------------------------------------------ other heads, other loaders


@each_pooled
def test_with_the_stock_head_transformers_loads_it(run: Runs, row: Row) -> None:
    found = run("refused").candidate(row.name)
    assert (found["loader"], found["architecture"]) == ("transformers", _WAV2VEC2)
    assert found["remarks"] == []
    assert tuple(found["labels"]) == row.labels
    assert (found["verdict"], found["reason"]) == ("undecided", None)
    for gate in ("loadability", "labels"):
        assert found["gates"][gate]["outcome"] == "PASS"
    assert run("refused").downloads[f"{row.model}/{row.weights[0]}"] == 1


def test_with_the_first_version_of_its_config_it_loads_as_well(run: Runs) -> None:
    found = run("rewritten").candidate("first")
    (row,) = (one for one in ROWS if one.model == found["model"])
    task = run("rewritten").check("first", "test_task_is_audio_classification")
    assert task["details"] == {"architecture": "Wav2Vec2ForEmotionRecognition"}
    assert (found["loader"], found["reason"]) == (row.loader, None)
    assert f"classifier.{row.head}" in found["remarks"][0]
    assert tuple(found["labels"]) == row.labels
    for gate in ("loadability", "labels"):
        assert found["gates"][gate]["outcome"] == "PASS"


@each_pooled
def test_transformers_alone_would_make_its_head_random(run: Runs, row: Row) -> None:
    found = run("rewritten").candidate(row.name)
    assert (found["verdict"], found["gate"]) == ("rejected", "loadability")
    assert (found["reason"], found["loader"]) == ("random_head", "transformers")
    assert run("rewritten").check(row.name, "test_every_weight_is_in_the_checkpoint")
    lacking, _, instead = found["message"].partition(" instead")[0].partition(" and has ")
    for name in ("classifier.bias", "classifier.weight", "projector.bias", "projector.weight"):
        assert name in lacking
    for name in ("dense.bias", "dense.weight", f"{row.head}.bias", f"{row.head}.weight"):
        assert f"classifier.{name}" in instead
    assert "`loader:`" in found["cure"]
    # Found before a weight file is downloaded, although the run would have.
    asked = [entry for entry in run("rewritten").of(row.model) if entry.is_large]
    asked = [entry for entry in asked if found["commit"] in entry.request.file]
    assert asked
    assert all(entry.is_part for entry in asked), asked


@pytest.mark.parametrize(
    ("key", "gate", "check", "reason"),
    [
        ("labels", "labels", "test_labels_have_names", "no_labels"),
        (
            "feature_extractor",
            "loadability",
            "test_feature_extractor_is_there",
            "no_feature_extractor",
        ),
    ],
)
def test_what_the_file_adds_to_hubert_is_needed(
    run: Runs, key: str, gate: str, check: str, reason: str
) -> None:
    name = f"without-{key}"
    found = run("rewritten").candidate(name)
    assert (found["verdict"], found["gate"], found["reason"]) == ("rejected", gate, reason)
    assert run("rewritten").check(name, check)["reason"] == reason
    assert f"`{key}:`" in found["cure"]
    case = run("rewritten").cases[f"{check}[{name}]"]
    assert (case.kind, case.properties["reason"]) == ("failure", reason)


# ------------------------------------------------------------------ what stays secret


@pytest.mark.parametrize("name", ["full", "refused"])
def test_the_token_is_for_the_hub_alone(run: Runs, name: str) -> None:
    entries = run(name).entries
    bearers = {one.request.headers.get("authorization") for one in entries if not one.is_from_cdn}
    assert bearers == {f"Bearer {TOKEN}"}
    cdn = [entry for entry in entries if entry.is_from_cdn]
    assert {entry.is_part for entry in cdn if entry.is_large} == {True, False}
    assert not [entry for entry in cdn if TOKEN in str(vars(entry.request))]


@pytest.mark.parametrize("name", REFUSALS)
def test_who_is_refused_is_no_worse_for_it(run: Runs, name: str) -> None:
    found = run("refused").candidate(name)
    assert found["verdict"] in ("undecided", "baseline")
    status, _ = REFUSALS[name]
    login = status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
    assert found["reason"] == ("no_access" if login else "unreachable")
    assert found["gates"]["loadability"]["outcome"] == "BLOCKED"


def test_who_is_not_refused_is_judged(run: Runs) -> None:
    others = [row for row in ROWS if row.name not in REFUSALS]
    found = {row.name: run("refused").candidate(row.name)["reason"] or "" for row in others}
    assert found == {row.name: row.reason for row in others}


@pytest.mark.parametrize("name", ["full", "closed", "refused"])
def test_the_token_is_in_no_output(run: Runs, name: str) -> None:
    assert [line for line in run(name).output.splitlines() if TOKEN in line] == []


@pytest.mark.parametrize("name", ["full", "closed", "refused"])
def test_the_token_is_in_no_report(run: Runs, name: str) -> None:
    content = {one.name: one.read_bytes() for one in run(name).reports.rglob("*.*")}
    assert {"index.html", "results.json", "junit.xml", "summary.md"} <= content.keys()
    assert [name for name in content if TOKEN.encode() in content[name]] == []
