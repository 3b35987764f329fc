"""Code that comes with a repository: whether it runs, what it gets, and what it is at fault for.

All of it is real: repositories on a hub of this machine, processes, sockets, curl.
"""

import shutil
import sys
import textwrap
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import close_session

from sertify.candidates.locks import Locked, write_lock
from sertify.candidates.reading import Candidate
from sertify.hub.repositories import fetch
from sertify.hub.snapshots import take_snapshot
from tests.meta import tiny
from tests.meta.local_hub import LocalHub, use_hub
from tests.meta.models.own_code import AUTO_MAP, CODE, build, on_its_way, verdict, write_code

pytestmark = [pytest.mark.slow(1), pytest.mark.usefixtures("_imported")]

FOREIGN = {auto: f"someone/base--{name}" for auto, name in AUTO_MAP.items()}
ELSEWHERE = "a" * 40


@pytest.fixture
def ran(tmp_path: Path) -> Path:
    """A file that is there once code of a repository ran."""
    return tmp_path / "ran.txt"


def marking(ran: Path, text: str = "it ran") -> str:
    return f"open({str(ran)!r}, 'a').write({text!r})\n"


def local(folder: Path, **entry: Any) -> Candidate:
    return Candidate(name="own", model="./own", folder=folder, **entry)


def of_hub(model: str = "someone/own", **entry: Any) -> Candidate:
    return Candidate(name="own", model=model, **entry)


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalHub]:
    root = tmp_path / "hub"
    root.mkdir()
    with LocalHub(root) as opened:
        use_hub(monkeypatch, opened.url, tmp_path / "cache")
        yield opened
    close_session()


# ------------------------------------------------------------------ what runs


def test_its_own_code_runs_where_the_entry_says_so(tmp_path: Path, ran: Path) -> None:
    folder = build(tmp_path / "own", at_import=marking(ran))
    assert verdict(local(folder), tmp_path).startswith(
        "needs_remote_code: its config asks for code of the repository (modeling.Config), which"
    )
    assert not ran.exists()
    assert verdict(local(folder, trust_remote_code=True), tmp_path) == ""
    assert ran.exists()


def test_code_of_the_hub_is_fetched_by_the_run_at_its_commit(
    hub: LocalHub, tmp_path: Path, ran: Path
) -> None:
    auto_map = {auto: f"parts/{name}" for auto, name in AUTO_MAP.items()}
    folder = build(hub.root / "someone" / "own", auto_map=auto_map)
    (folder / "modeling.py").unlink()
    write_code(folder / "parts", "from .base import Config, Model\n")
    write_code(folder / "parts", marking(ran) + CODE, "base.py")
    assert verdict(of_hub(trust_remote_code=True), tmp_path) == ""
    assert ran.exists()
    assert "someone/own/parts/base.py" in hub.downloads


def test_no_code_is_fetched_that_may_not_run(hub: LocalHub, tmp_path: Path) -> None:
    build(hub.root / "someone" / "own")
    assert verdict(of_hub(), tmp_path).startswith("needs_remote_code")
    assert not [name for name in hub.downloads if name.endswith(".py")]


class TestForeignCode:
    @pytest.fixture
    def base(self, hub: LocalHub, ran: Path) -> str:
        """The commit of another repository, whose code one of the user's names."""
        write_code(hub.root / "someone" / "base", marking(ran) + CODE)
        tiny.build(hub.root / "someone" / "own")
        build(hub.root / "someone" / "own", code="", auto_map=FOREIGN)
        return hub.commit("someone/base")

    @pytest.mark.parametrize("trust", [False, True])
    @pytest.mark.parametrize("offline", [False, True])
    def test_it_is_neither_fetched_nor_run_unasked(
        self, base: str, hub: LocalHub, tmp_path: Path, ran: Path, *, trust: bool, offline: bool
    ) -> None:
        snapshot = take_snapshot(of_hub())
        fetch(snapshot, snapshot.files)
        before = len(hub.requests)
        found = verdict(of_hub(trust_remote_code=trust), tmp_path, offline=offline)
        assert found.startswith("needs_remote_code: its config asks for code of someone/base (some")
        assert "`trusted_code: {someone/base: COMMIT}`" in found
        assert ("`trust_remote_code: true` and" in found) is not trust
        assert not ran.exists()
        asked = [one.file for one in hub.requests[before:]]
        assert not [file for file in asked if "someone/base" in file]
        assert not (offline and asked)
        assert base

    def test_it_runs_at_the_commit_that_is_trusted(
        self, base: str, hub: LocalHub, tmp_path: Path, ran: Path
    ) -> None:
        write_code(hub.root / "someone" / "base", marking(ran, "the newer one") + CODE)
        assert hub.commit("someone/base") != base
        candidate = of_hub(trust_remote_code=True, trusted_code={"someone/base": base})
        with on_its_way(candidate, tmp_path) as way:
            way.get("model")
            snapshot = way.get("snapshot")
            told = f"Code of someone/base at {base[:14]} ran."
            assert way.get("blueprint").remark == told
        assert set(ran.read_text().split("it ran")) == {""}
        assert snapshot.identity == f"{snapshot.commit}+{base}"
        assert snapshot.facts["repository"]["companions"] == {"code of someone/base": base}

    def test_a_folder_may_name_it_too(
        self, base: str, hub: LocalHub, tmp_path: Path, ran: Path
    ) -> None:
        folder = shutil.copytree(hub.root / "someone" / "own", tmp_path / "own")
        trusted = {"someone/base": base}
        candidate = local(folder, trust_remote_code=True, trusted_code=trusted)
        assert verdict(candidate, tmp_path) == ""
        assert ran.exists()

    def test_a_commit_that_is_not_there_is_told(self, base: str, tmp_path: Path, ran: Path) -> None:
        trusted = {"someone/base": ELSEWHERE}
        found = verdict(of_hub(trust_remote_code=True, trusted_code=trusted), tmp_path)
        message = f"trusted_code: someone/base has no revision {ELSEWHERE}"
        assert found == f"needs_remote_code: {message}"
        assert not ran.exists()
        assert base

    def test_offline_it_comes_from_the_cache_or_not_at_all(
        self, base: str, hub: LocalHub, tmp_path: Path, ran: Path
    ) -> None:
        snapshot = take_snapshot(of_hub())
        fetch(snapshot, snapshot.files)
        candidate = of_hub(trust_remote_code=True, trusted_code={"someone/base": base})
        found = verdict(candidate, tmp_path, offline=True)
        assert found.startswith(f"offline_not_cached: someone/base@{base} is not in the cache")
        assert not ran.exists()
        assert verdict(candidate, tmp_path) == ""
        before = len(hub.requests)
        assert verdict(candidate, tmp_path, offline=True) == ""
        assert len(hub.requests) == before

    def test_what_is_trusted_is_locked(
        self, base: str, hub: LocalHub, tmp_path: Path, ran: Path
    ) -> None:
        def trusting(commit: str) -> Candidate:
            return of_hub(trust_remote_code=True, trusted_code={"someone/base": commit})

        with on_its_way(trusting(base), tmp_path) as way:
            identity = way.get("snapshot").identity
        write_lock(tmp_path / "candidates.yaml", {"own": Locked("someone/own", identity)})
        assert verdict(trusting(base), tmp_path, locked=True) == ""
        ran.unlink()
        write_code(hub.root / "someone" / "base", marking(ran, "the newer one") + CODE)
        newer = trusting(hub.commit("someone/base"))
        assert verdict(newer, tmp_path, locked=True).startswith("moved_on: ")
        assert not ran.exists()


# ------------------------------------------------------------------ which class is judged


class TestKnownTypes:
    """A config of a type that transformers knows, with a class of its own all the same."""

    BEFORE = "input_values = input_values.flip(-1)"

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        return build(
            tmp_path / "own",
            CODE.replace("fancy", "wav2vec2"),
            model_type="wav2vec2",
            before=self.BEFORE,
        )

    def test_the_stock_class_is_not_taken_for_the_one_of_its_author(
        self, folder: Path, tmp_path: Path
    ) -> None:
        found = verdict(local(folder), tmp_path)
        assert found.startswith("needs_remote_code: its config asks for code of the repository (")
        assert "modeling.Model" in found
        assert found.endswith(
            "`loader: transformers` has it judged by Wav2Vec2ForSequenceClassification instead,"
            " which may answer otherwise"
        )

    def test_who_asks_for_the_stock_class_is_told_that_it_was_judged(
        self, folder: Path, tmp_path: Path
    ) -> None:
        stock = tiny.build(tmp_path / "stock")
        with on_its_way(local(stock), tmp_path) as way:
            wanted = way.get("model").examination.logits
        with on_its_way(local(folder, loader="transformers"), tmp_path) as way:
            assert way.get("model").examination.logits == wanted
            assert way.get("blueprint").remark == (
                "Judged by Wav2Vec2ForSequenceClassification, which its config does not name"
                " (modeling.Model); with trust_remote_code: true by its own."
            )

    def test_with_trust_its_own_class_answers(self, folder: Path, tmp_path: Path) -> None:
        with on_its_way(local(folder, loader="transformers"), tmp_path) as way:
            stock = way.get("model").examination.logits
        with on_its_way(local(folder, trust_remote_code=True), tmp_path) as way:
            assert way.get("blueprint").architecture == "Model"
            commit = way.get("snapshot").commit[:14]
            assert way.get("blueprint").remark == f"Code of ./own at {commit} ran."
            assert way.get("model").examination.logits != stock

    def test_a_head_that_a_loader_knows_needs_none(self, tmp_path: Path) -> None:
        folder = tiny.build(tmp_path / "own")
        tensors = tiny.read_tensors(folder)
        head = {"projector.": "classifier.dense.", "classifier.": "classifier.out_proj."}
        renamed = {}
        for name, tensor in tensors.items():
            old = next(filter(name.startswith, head), "")
            renamed[head.get(old, "") + name.removeprefix(old)] = tensor
        tiny.write_tensors(folder, renamed)
        tiny.edit_json(folder / "config.json", lambda one: one.update(auto_map=AUTO_MAP))
        with on_its_way(local(folder), tmp_path) as way:
            assert way.get("blueprint").loader.name == "pooled-head"
            assert "its config does not name (modeling.Model)" in way.get("blueprint").remark

    def test_an_auto_map_that_names_no_class_is_told(self, tmp_path: Path) -> None:
        folder = build(tmp_path / "own", auto_map={"AutoConfig": "../../etc.Config"})
        found = verdict(local(folder, trust_remote_code=True), tmp_path)
        assert found.startswith("bad_config: auto_map names '../../etc.Config' for AutoConfig, but")

    @pytest.mark.parametrize("named", [["modeling.Model", None], {}, 7])
    def test_an_auto_map_that_names_no_text_is_told(self, tmp_path: Path, named: Any) -> None:
        folder = tiny.build(tmp_path / "own")
        auto_map = {"AutoModelForAudioClassification": named}
        tiny.edit_json(folder / "config.json", lambda one: one.update(auto_map=auto_map))
        found = verdict(local(folder), tmp_path)
        assert found.startswith(f"bad_config: auto_map names {named} for AutoModelForAudioClass")

    @pytest.mark.parametrize("trust", [False, True])
    def test_a_plain_model_that_may_be_the_classifier_is_told(
        self, tmp_path: Path, ran: Path, *, trust: bool
    ) -> None:
        folder = tiny.build(tmp_path / "own")
        write_code(folder, marking(ran) + CODE)
        changes = {"auto_map": {"AutoModel": "modeling.Model"}, "architectures": None}
        tiny.edit_json(folder / "config.json", lambda one: one.update(changes))
        with on_its_way(local(folder, trust_remote_code=trust), tmp_path) as way:
            assert way.get("blueprint").remark == (
                "Judged by Wav2Vec2ForSequenceClassification: its config names modeling.Model as a"
                " plain AutoModel, of which its `architectures` does not say that it is the"
                " classifier."
            )
        assert not ran.exists()

    def test_a_feature_extractor_of_its_own_is_told(self, tmp_path: Path, ran: Path) -> None:
        folder = tiny.build(tmp_path / "own")
        stock = "Wav2Vec2FeatureExtractor"
        code = f"from transformers import {stock}\n{marking(ran)}class Own({stock}):\n    pass\n"
        write_code(folder, code)
        auto_map = {"AutoFeatureExtractor": "modeling.Own"}
        file = folder / "preprocessor_config.json"
        tiny.edit_json(file, lambda one: one.update(auto_map=auto_map))
        instead = f"Its input is prepared by {stock}, which its config does not name (modeling.Own)"
        with on_its_way(local(folder), tmp_path) as way:
            told = f"{instead}; with trust_remote_code: true by its own."
            assert way.get("blueprint").remark == told
        assert not ran.exists()
        with on_its_way(local(folder, trust_remote_code=True), tmp_path) as way:
            commit = way.get("snapshot").commit[:14]
            assert way.get("blueprint").remark == f"Code of ./own at {commit} ran."
        assert ran.exists()
        tiny.edit_json(
            file, lambda one: one.update(auto_map={"AutoFeatureExtractor": "a/b--m.Own"})
        )
        with on_its_way(local(folder), tmp_path) as way:
            keys = "trust_remote_code: true and trusted_code: {a/b: COMMIT}"
            assert way.get("blueprint").remark.endswith(f"(a/b--m.Own); with {keys} by its own.")

    def test_a_class_that_is_not_there_is_told(self, tmp_path: Path) -> None:
        folder = build(tmp_path / "own")
        (folder / "modeling.py").unlink()
        found = verdict(local(folder, trust_remote_code=True), tmp_path)
        message = "it names modeling.Config, but there is no modeling.py"
        assert found == f"bad_config: {message}"


# ------------------------------------------------------------------ the network


CURL = shutil.which("curl")
PYTHON = sys.executable
WAYS = {
    "socket": "import socket; socket.create_connection((HOST, PORT), 5)",
    "bare-socket": "import socket; socket.socket().connect((HOST, PORT))",
    "datagram": "import socket; socket.socket(type=2).sendto(b'x', (HOST, PORT))",
    "server": "import socket; socket.socket().bind((HOST, 0))",
    "urllib": "import urllib.request; urllib.request.urlopen(URL, timeout=5).read()",
    "httpx": "import httpx2; httpx2.get(URL, timeout=5).raise_for_status()",
    "names": "import socket; socket.getaddrinfo('example.org', 80)",
    "other-names": "import socket; socket.gethostbyname('example.org')",
    "hub": "from transformers import AutoConfig; AutoConfig.from_pretrained('someone/base')",
    "client": "import huggingface_hub as h; h.hf_hub_download('someone/base', 'config.json')",
    "api": "import huggingface_hub as h; h.model_info('someone/base')",
}


def asking(hub: LocalHub, way: str) -> str:
    host, port = hub.url.removeprefix("http://").split(":")
    return f"HOST, PORT, URL = {host!r}, {port}, {hub.url + '/api/models/someone/base'!r}\n{way}\n"


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_code_gets_nothing_of_the_network(hub: LocalHub, tmp_path: Path, way: str) -> None:
    tiny.build(hub.root / "someone" / "base")
    folder = build(tmp_path / "own", at_import=asking(hub, way))
    found = verdict(local(folder, trust_remote_code=True), tmp_path)
    assert found.startswith("needs_network: its code asked for ")
    assert "but the network is closed while it runs" in found
    assert not hub.requests


@pytest.mark.parametrize("way", ["socket", "bare-socket", "urllib", "server", "httpx"])
def test_code_gets_the_network_that_its_entry_gives_it(
    hub: LocalHub, tmp_path: Path, way: str
) -> None:
    tiny.build(hub.root / "someone" / "base")
    folder = build(tmp_path / "own", at_import=asking(hub, WAYS[way]))
    assert verdict(local(folder, trust_remote_code=True, network=True), tmp_path) == ""


@pytest.mark.parametrize("call", ["hf_hub_download", "snapshot_download"])
def test_a_hub_that_does_not_answer_is_not_the_fault_of_code(tmp_path: Path, call: str) -> None:
    named = "'config.json', " if call == "hf_hub_download" else ""
    nowhere = (
        f"import huggingface_hub as h\nh.{call}('a/b', {named}endpoint='http://127.0.0.1:9')\n"
    )
    folder = build(tmp_path / "own", at_import=nowhere)
    found = verdict(local(folder, trust_remote_code=True, network=True), tmp_path)
    message = "its code asked for a/b of the hub, which neither the hub gave nor the cache has"
    assert found == f"unreachable: {message}"
    assert verdict(local(folder, trust_remote_code=True), tmp_path).startswith("needs_network: ")


def test_an_open_network_is_told(tmp_path: Path) -> None:
    folder = build(tmp_path / "own")
    with on_its_way(local(folder, trust_remote_code=True, network=True), tmp_path) as way:
        assert way.get("blueprint").remark.endswith(" ran, with the network open to it.")
        assert way.get("key") == ""


@pytest.mark.parametrize("variant", ["int8-dynamic", "onnx", "openvino", "compile"])
def test_variants_need_no_network(tmp_path: Path, variant: str) -> None:
    if variant == "openvino" and find_spec("openvino") is None:
        pytest.skip("openvino is not installed: pip install 'sertify[openvino]'")
    folder = tiny.build(tmp_path / "tiny")
    assert verdict(local(folder, variant=variant), tmp_path) == ""


def test_the_speed_gate_has_its_code_and_no_network(hub: LocalHub, tmp_path: Path) -> None:
    calm = f"""
    import urllib.request
    try:
        urllib.request.urlopen({hub.url!r})
    except OSError:
        pass
    """
    build(hub.root / "someone" / "own", at_import=calm)
    with on_its_way(of_hub(trust_remote_code=True), tmp_path) as way:
        way.get("model")
        before = len(hub.requests)
        (Path(way.get("snapshot").folder) / "modeling.py").unlink()
        assert way.get("stopwatch").timing(0.5, lambda call, _: [call()]).rounds
        asked = [one.file for one in hub.requests[before:]]
        assert [file for file in asked if file.endswith("modeling.py")]
        assert not [file for file in asked if file in ("", "/")]


def test_what_it_asked_for_is_named(hub: LocalHub, tmp_path: Path) -> None:
    def told(way: str) -> str:
        folder = build(tmp_path / way, at_import=asking(hub, WAYS[way]))
        found = verdict(local(folder, trust_remote_code=True), tmp_path)
        return found.removeprefix("needs_network: its code asked for ").split(",")[0]

    assert told("socket") == "127.0.0.1"
    assert told("names") == "example.org"
    assert told("hub") == "someone/base of the hub"
    assert told("client") == "someone/base of the hub"


def test_a_forward_gets_none_either(hub: LocalHub, tmp_path: Path) -> None:
    folder = build(tmp_path / "own", before=asking(hub, WAYS["urllib"]))
    found = verdict(local(folder, trust_remote_code=True), tmp_path)
    assert found.startswith("needs_network: its code asked for 127.0.0.1, but")


def test_offline_is_offline_whatever_the_entry_says(hub: LocalHub, tmp_path: Path) -> None:
    folder = build(tmp_path / "own", at_import=asking(hub, WAYS["hub"]))
    candidate = local(folder, trust_remote_code=True, network=True)
    found = verdict(candidate, tmp_path, offline=True)
    assert found.startswith("offline_not_cached: its code asked for someone/base of the hub")
    assert not hub.requests


def test_what_the_cache_has_by_chance_does_not_decide(
    hub: LocalHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny.build(hub.root / "someone" / "base")
    take_snapshot(of_hub("someone/base"))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    folder = build(tmp_path / "own", at_import=asking(hub, WAYS["client"]))
    found = verdict(local(folder, trust_remote_code=True), tmp_path)
    assert found.startswith("needs_network: its code asked for someone/base of the hub")


def test_code_that_can_do_without_is_judged(hub: LocalHub, tmp_path: Path) -> None:
    calm = """
    import urllib.request
    try:
        urllib.request.urlopen(%r)
    except OSError:
        pass
    """
    folder = build(tmp_path / "own", at_import=calm % hub.url)
    assert verdict(local(folder, trust_remote_code=True), tmp_path) == ""


STARTED = {
    "curl": f"[{CURL!r}, '-sS', URL]",
    "python": f"[{PYTHON!r}, '-c', 'import urllib.request as u; u.urlopen(' + repr(URL) + ')']",
    "sh": f"['/bin/sh', '-c', '{CURL} -sS ' + URL + ' & wait $!']",
}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has such a filter")
@pytest.mark.parametrize("command", STARTED.values(), ids=STARTED)
def test_what_code_starts_gets_nothing_either(
    hub: LocalHub, tmp_path: Path, ran: Path, command: str
) -> None:
    if CURL is None and "curl" in command:
        pytest.skip("there is no curl")
    tiny.build(hub.root / "someone" / "base")
    start = f"""
    import subprocess
    done = subprocess.run({command}, capture_output=True, text=True, check=False)
    open({str(ran)!r}, "w").write(str(done.returncode))
    """
    lines = asking(hub, "\n".join(line.strip() for line in start.splitlines()))
    folder = build(tmp_path / "own", at_import=lines)
    assert verdict(local(folder, trust_remote_code=True), tmp_path) == ""
    assert ran.read_text() != "0"
    assert not hub.requests
    assert verdict(local(folder, trust_remote_code=True, network=True), tmp_path) == ""
    assert ran.read_text() == "0"
    assert hub.requests


def test_processes_of_this_machine_still_talk(tmp_path: Path) -> None:
    lines = """
    import multiprocessing, socket
    from multiprocessing.pool import ThreadPool
    first, second = socket.socketpair()
    first.send(b"x")
    assert second.recv(1) == b"x"
    connection, other = multiprocessing.Pipe()
    connection.send(1)
    assert other.recv() == 1
    assert ThreadPool(2).map(abs, [-1]) == [1]
    """
    folder = build(tmp_path / "own", at_import=lines)
    assert verdict(local(folder, trust_remote_code=True), tmp_path) == ""


# ------------------------------------------------------------------ what it is at fault for


OLD = "from transformers.models.wav2vec2.modeling_wav2vec2 import WAV_2_VEC_2_INPUTS_DOCSTRING\n"
HEAD = CODE.rstrip() + "\n\n"
GONE = "outdated_code: its own code was made for other packages: "
FAULTS: dict[str, tuple[str, str]] = {
    "imports-what-is-gone": (
        OLD + CODE,
        (GONE + "transformers {transformers} has no transformers.models.wav2vec2.modeling_"),
    ),
    "imports-a-module-that-is-gone": (
        "from transformers.file_utilities import cached_path\n" + CODE,
        (GONE + "transformers {transformers} has no transformers.file_utilities"),
    ),
    "uses-what-is-gone": (
        "import transformers\ntransformers.modeling_utils.old_helper(1)\n" + CODE,
        (GONE + "transformers {transformers} has no transformers.modeling_utils.old_helper"),
    ),
    "of-another-package": (
        "import torch\ntorch.nn.OldLayer\n" + CODE,
        (GONE + "torch {torch} has no torch.nn.OldLayer"),
    ),
    "calls-as-it-was": (
        HEAD + "    def __init__(self, config):\n        super().__init__(config, old=True)\n",
        "outdated_code: its own code has another Wav2Vec2ForSequenceClassification.__init__ than",
    ),
    "is-called-as-it-is-now": (
        HEAD + "    def tie_weights(self):\n        pass\n",
        "outdated_code: its own code has another Model.tie_weights than transformers ",
    ),
    "needs-memory-to-be-made": (
        HEAD + "    def __init__(self, config):\n        super().__init__(config)\n"
        "        import torch\n        self.rate = torch.linspace(0, 1, 3)[1].item()\n",
        GONE + "transformers {transformers} has a network made without memory first",
    ),
    "lacks-a-module-of-its-own": (
        "from .parts.base import Config, Model\n",
        "broken_code: its own code (modeling.py) raises FileNotFoundError",
    ),
    "lacks-the-class": (
        CODE.replace("Model(", "Other("),
        "bad_config: it names modeling.Model, but modeling.py has no Model",
    ),
    "lacks-a-package": (
        "import surely_no_such_package\n" + CODE,
        "missing_package: its own code imports surely_no_such_package, which is not installed",
    ),
    "is-no-python": ("class Model(:\n", "broken_code: its own code (modeling.py, line 1) raises"),
    "is-wrong": (
        HEAD + "    def __init__(self, config):\n        super().__init__(config)\n        1 / 0\n",
        "broken_code: its own code (modeling.py, line 12) raises ZeroDivisionError",
    ),
    "is-wrong-when-asked": (
        HEAD
        + "    def forward(self, input_values, attention_mask=None):\n        return {}['a']\n",
        "broken_code: its own code (modeling.py, line 11) raises KeyError",
    ),
    "takes-other-names": (
        HEAD + "    def forward(self, x, mask):\n        return x\n",
        "other_interface: its forward takes x, mask, but should take what is prepared: ",
    ),
    "gives-a-tensor": (
        HEAD + "    def forward(self, input_values, attention_mask=None):\n"
        "        return super().forward(input_values).logits\n",
        (
            "other_interface: its forward gives a Tensor of shape (1, 3), but should give an output"
            " with logits"
        ),
    ),
    "gives-frames": (
        HEAD + "    def forward(self, input_values, attention_mask=None):\n"
        "        return {'logits': super().forward(input_values).logits[:, None]}\n",
        "other_interface: its forward gives logits of shape (1, 1, 3), but should give a row",
    ),
    "is-no-model": (
        HEAD + "class Plain:\n    pass\nModel = Plain\n",
        "other_interface: modeling.Model derives from no PreTrainedModel, but should",
    ),
}


@pytest.mark.parametrize(("code", "message"), FAULTS.values(), ids=FAULTS)
def test_what_code_is_at_fault_for(tmp_path: Path, code: str, message: str) -> None:
    import torch
    import transformers

    versions = {"transformers": transformers.__version__, "torch": torch.__version__}
    folder = build(tmp_path / "own", code)
    found = verdict(local(folder, trust_remote_code=True), tmp_path)
    wanted = message.format(**versions) if "{" in message else message
    assert found.startswith(wanted), found


def test_outdated_code_is_told_with_its_day(tmp_path: Path) -> None:
    folder = build(tmp_path / "own", OLD + CODE, transformers_version="4.17.0")
    found = verdict(local(folder, trust_remote_code=True), tmp_path)
    assert found.endswith("; its config is of transformers 4.17.0")


@pytest.mark.parametrize("names", [[*tiny.LABELS], {n: i for i, n in enumerate(tiny.LABELS)}])
def test_names_that_its_own_class_could_not_read(tmp_path: Path, names: Any) -> None:
    folder = build(tmp_path / "own", id2label=names, label2id=None)
    with on_its_way(local(folder, trust_remote_code=True), tmp_path) as way:
        assert way.get("blueprint").labels == tiny.LABELS
        assert way.get("model").examination.flaw is None


def test_code_that_loads_other_weights_while_it_is_made(tmp_path: Path) -> None:
    other = tiny.build(tmp_path / "other")
    code = CODE + textwrap.dedent(f"""
        def __init__(self, config):
            super().__init__(config)
            Wav2Vec2ForSequenceClassification.from_pretrained({str(other)!r})
    """).replace("\n", "\n    ")
    folder = build(tmp_path / "own", code)
    found = verdict(local(folder, trust_remote_code=True), tmp_path)
    nested = "loads other weights while its network is made, which transformers "
    assert found.startswith("outdated_code: its own code (modeling.py, line ")
    assert nested in found
    assert "\n" not in found


def test_a_dictionary_of_logits_will_do(tmp_path: Path) -> None:
    code = HEAD + (
        "    def forward(self, input_values, attention_mask=None):\n"
        "        return {'logits': super().forward(input_values).logits}\n"
    )
    folder = build(tmp_path / "own", code)
    assert verdict(local(folder, trust_remote_code=True), tmp_path) == ""
