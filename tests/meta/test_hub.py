"""From a candidate to a snapshot, with the hub's real client and a hub on this machine."""

import errno
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from huggingface_hub import close_session, constants, file_download, hf_hub_download
from huggingface_hub.utils import _http

from sertify import hub
from sertify.candidates import Candidate
from sertify.errors import Blocked, Rejected
from sertify.hub import Snapshot, fetch_feature_extractor, fetch_weights, take_snapshot
from tests.meta.local_hub import LocalHub, Request, Response, html, use_hub

REPO = "org/model"
SMALL = {"config.json": b"{}", "preprocessor_config.json": b'{"sampling_rate": 16000}'}
WEIGHTS = {"model.safetensors": b"safe" * 100, "pytorch_model.bin": b"pickled" * 100}
OTHERS = {
    "README.md": b"# A model",
    "modeling.py": b"raise SystemExit",
    "tf_model.h5": b"flow" * 100,
    "model.fp16.safetensors": b"half" * 100,
    "adapter_model.safetensors": b"part" * 100,
    "checkpoint-500/model.safetensors": b"half" * 100,
    "checkpoint-500/trainer_state.json": b"{}",
}


def write(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def of_hub(**entry: Any) -> Candidate:
    return Candidate(**{"name": "model", "model": REPO, **entry})


def of_folder(folder: Path) -> Candidate:
    return Candidate(name="model", model="./model", folder=folder)


def present(snapshot: Snapshot) -> set[str]:
    """Return the files of a snapshot that are on this machine."""
    folder = snapshot.folder
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def blocked(candidate: Candidate, **options: bool) -> str:
    with pytest.raises(Blocked) as caught:
        take_snapshot(candidate, **options)
    return str(caught.value)


def rejected(candidate: Candidate) -> str:
    with pytest.raises(Rejected) as caught:
        take_snapshot(candidate)
    return str(caught.value)


@pytest.fixture(autouse=True)
def server(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[LocalHub]:
    """A hub with one repository, for every test: none may reach the real one."""
    root = tmp_path_factory.mktemp("hub")
    write(root / REPO, SMALL | WEIGHTS | OTHERS)
    with LocalHub(root) as local:
        use_hub(monkeypatch, local.url, tmp_path_factory.mktemp("cache"))
        monkeypatch.setattr(hub, "TIMEOUT", 1.0)
        yield local
    close_session()


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the client retry without the pauses of half a minute in all that it makes."""
    clock = SimpleNamespace(sleep=lambda _: None, time=time.time)
    for module in (_http, file_download):
        monkeypatch.setattr(module, "time", clock)


# ------------------------------------------------------------------ what is on the hub


@pytest.mark.parametrize("revision", [None, "main"])
def test_a_revision_resolves_to_its_commit(server: LocalHub, revision: str | None) -> None:
    snapshot = take_snapshot(of_hub(revision=revision))
    assert snapshot.commit == server.commit(REPO)
    assert snapshot.read_json("preprocessor_config.json") == {"sampling_rate": 16_000}


def test_a_commit_resolves_to_itself(server: LocalHub) -> None:
    commit = server.commit(REPO)
    assert take_snapshot(of_hub(revision=commit)).commit == commit


def test_a_snapshot_knows_every_file_and_its_size() -> None:
    snapshot = take_snapshot(of_hub())
    files = SMALL | WEIGHTS | OTHERS
    assert snapshot.files == {name: len(content) for name, content in files.items()}


def test_a_snapshot_downloads_small_files_only(server: LocalHub) -> None:
    assert present(take_snapshot(of_hub())) == set(SMALL)
    assert server.downloads == {f"{REPO}/{name}" for name in SMALL}


def test_of_two_formats_the_safe_one_is_downloaded() -> None:
    snapshot = take_snapshot(of_hub())
    fetch_weights(snapshot)
    assert present(snapshot) == {*SMALL, "model.safetensors"}
    assert snapshot.weight_files == ("model.safetensors",)


def test_pickled_weights_are_downloaded_where_there_are_no_others(server: LocalHub) -> None:
    (server.root / REPO / "model.safetensors").unlink()
    snapshot = take_snapshot(of_hub())
    fetch_weights(snapshot)
    assert present(snapshot) == {*SMALL, "pytorch_model.bin"}


def test_shards_are_downloaded_with_their_index(server: LocalHub) -> None:
    shards = [f"model-0000{n}-of-00002.safetensors" for n in (1, 2)]
    (server.root / REPO / "model.safetensors").rename(server.root / REPO / shards[0])
    index = "model.safetensors.index.json"
    write(server.root / REPO, {shards[1]: b"safe", index: b"{}"})
    snapshot = take_snapshot(of_hub())
    fetch_weights(snapshot)
    assert present(snapshot) == {*SMALL, *shards, index}
    assert snapshot.weight_files == tuple(shards)


@pytest.mark.parametrize("name", ["adapter_model.safetensors", "training_args.bin"])
def test_weights_of_something_else_are_no_weights(server: LocalHub, name: str) -> None:
    for weights in WEIGHTS:
        (server.root / REPO / weights).unlink()
    write(server.root / REPO, {name: b"other"})
    assert take_snapshot(of_hub()).weight_files == ()


def test_code_is_downloaded_only_where_it_may_run() -> None:
    snapshot = take_snapshot(of_hub(trust_remote_code=True))
    fetch_weights(snapshot)
    assert "modeling.py" in present(snapshot)


def test_no_byte_is_downloaded_in_vain(server: LocalHub) -> None:
    snapshot = take_snapshot(of_hub())
    server.bytes_sent = 0
    fetch_weights(snapshot)
    assert server.bytes_sent == len(WEIGHTS["model.safetensors"])


def test_the_local_hub_sends_a_part_of_a_file(server: LocalHub) -> None:
    path = f"/{REPO}/resolve/main/model.safetensors"
    part = server.answer(Request("GET", path, {"range": "bytes=398-"}))
    assert (part.status, part.body) == (206, b"fe")
    assert part.headers["Content-Range"] == "bytes 398-399/400"


def test_what_is_in_the_cache_is_not_downloaded_again(server: LocalHub) -> None:
    fetch_weights(take_snapshot(of_hub()))
    server.requests.clear()
    fetch_weights(take_snapshot(of_hub()))
    assert server.downloads == set()


# ------------------------------------------------------------------ what is not


@pytest.mark.parametrize("model", ["org/nothing", "no--id", "-org/model"])
def test_no_such_repository(model: str) -> None:
    assert rejected(of_hub(model=model)) == f"not_found: the hub has no model {model}"


def test_no_such_revision() -> None:
    message = f"revision_not_found: {REPO} has no revision v9"
    assert rejected(of_hub(revision="v9")) == message


def test_a_gated_repository_needs_a_login(server: LocalHub) -> None:
    server.gated.add(REPO)
    assert blocked(of_hub()) == f"gated: {REPO} is gated, and this machine has no access"


def test_a_gated_repository_opens_with_a_token(
    server: LocalHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.gated.add(REPO)
    monkeypatch.setenv("HF_TOKEN", server.token)
    assert take_snapshot(of_hub()).commit == server.commit(REPO)


# ------------------------------------------------------------------ no hub

UNREACHABLE: dict[str, Callable[[LocalHub], None]] = {
    "closed": LocalHub.close,
    "stalled": LocalHub.stall,
    "failing": lambda server: server.disturb(Response(503)),
    "forbidding": lambda server: server.disturb(html("Blocked by your company", 403)),
    "captive": lambda server: server.disturb(html("Log in to the wireless network")),
    "nonsense": lambda server: server.disturb(Response(body=b"[]")),
}


@pytest.mark.parametrize("make", UNREACHABLE.values(), ids=UNREACHABLE)
@pytest.mark.parametrize("revision", [None, "v1"])
def test_a_hub_that_does_not_answer_is_unreachable(
    server: LocalHub, make: Callable[[LocalHub], None], revision: str | None
) -> None:
    make(server)
    at = f"{REPO}@{revision}" if revision else REPO
    message = blocked(of_hub(revision=revision))
    assert message.startswith(f"unreachable: {server.url} gave no answer for {at}: ")
    assert "\n" not in message


@pytest.mark.parametrize("make", UNREACHABLE.values(), ids=UNREACHABLE)
def test_without_a_hub_nothing_is_tried_twice(
    server: LocalHub, monkeypatch: pytest.MonkeyPatch, make: Callable[[LocalHub], None]
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    make(server)
    blocked(of_hub())
    assert len(server.requests) <= 1
    assert pauses == []


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("part", ["/tree/", "/resolve/"])
@pytest.mark.parametrize("make", ["stall", "failing", "captive"])
def test_a_hub_that_breaks_off_is_unreachable(
    server: LocalHub, monkeypatch: pytest.MonkeyPatch, make: str, part: str
) -> None:
    monkeypatch.setattr(hub, "TIMEOUT", 0.1)
    answers = {"failing": Response(502), "captive": html("Log in")}
    server.disturb(answers[make], part) if make in answers else server.stall(part)
    assert blocked(of_hub()).startswith(f"unreachable: {server.url} gave no answer for {REPO}: ")


@pytest.mark.usefixtures("patient")
def test_a_short_trouble_is_overcome(server: LocalHub) -> None:
    server.disturb(Response(503), "/tree/", times=1)
    assert take_snapshot(of_hub()).commit == server.commit(REPO)


@pytest.mark.usefixtures("patient")
def test_weights_that_cannot_be_fetched_are_unreachable(server: LocalHub) -> None:
    snapshot = take_snapshot(of_hub())
    server.disturb(Response(500), "model.safetensors")
    with pytest.raises(Blocked, match=f"gave no answer for {REPO}@{snapshot.commit}") as caught:
        fetch_weights(snapshot)
    assert caught.value.reason.code == "unreachable"


def broken_off(server: LocalHub, size: int) -> Response:
    """Make the answer that sends `size` bytes of the weights, then closes the connection."""
    whole = WEIGHTS["model.safetensors"]
    headers = {"Content-Length": str(len(whole)), "Connection": "close"}
    return Response(200, whole[:size], {**headers, "X-Repo-Commit": server.commit(REPO)})


@pytest.mark.usefixtures("patient")
def test_weights_that_break_off_are_fetched_again(server: LocalHub) -> None:
    snapshot = take_snapshot(of_hub())
    server.disturb(broken_off(server, 100), "GET .*/model.safetensors", times=1)
    fetch_weights(snapshot)
    assert (snapshot.folder / "model.safetensors").read_bytes() == WEIGHTS["model.safetensors"]


@pytest.mark.usefixtures("patient")
def test_weights_that_always_break_off_are_unreachable(server: LocalHub) -> None:
    snapshot = take_snapshot(of_hub())
    server.disturb(broken_off(server, 0), "GET .*/model.safetensors")
    with pytest.raises(Blocked) as caught:
        fetch_weights(snapshot)
    assert caught.value.reason.code == "unreachable"
    assert not (snapshot.folder / "model.safetensors").exists()


def test_a_full_disk(server: LocalHub, monkeypatch: pytest.MonkeyPatch) -> None:
    def fill(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    snapshot = take_snapshot(of_hub())
    monkeypatch.setattr(hub, "snapshot_download", fill)  # no test can have a full disk
    with pytest.raises(Blocked) as caught:
        fetch_weights(snapshot)
    assert str(caught.value) == f"disk_full: no space left for {REPO}@{server.commit(REPO)}"


# ------------------------------------------------------------------ without the network


def test_offline_with_a_cold_cache(server: LocalHub) -> None:
    message = f"offline_not_cached: {REPO} is not in the cache, and the network may not be used"
    assert blocked(of_hub(), offline=True) == message
    assert server.requests == []


@pytest.mark.parametrize("switch", [True, False], ids=["--offline", "HF_HUB_OFFLINE"])
@pytest.mark.parametrize("revision", [None, "main", "commit"])
def test_offline_with_a_warm_cache(
    server: LocalHub, monkeypatch: pytest.MonkeyPatch, revision: str | None, switch: bool
) -> None:
    candidate = of_hub(revision=server.commit(REPO) if revision == "commit" else revision)
    online = take_snapshot(candidate)
    fetch_weights(online)
    server.close()
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", not switch)
    offline = take_snapshot(candidate, offline=switch)
    fetch_weights(offline, offline=switch)
    assert offline == online
    assert present(offline) == {*SMALL, "model.safetensors"}


def test_offline_without_the_weights() -> None:
    take_snapshot(of_hub())
    snapshot = take_snapshot(of_hub(), offline=True)
    with pytest.raises(Blocked, match=f"{REPO}@{snapshot.commit} is not in the cache") as caught:
        fetch_weights(snapshot, offline=True)
    assert caught.value.reason.code == "offline_not_cached"


def test_offline_a_repository_without_weights_is_known_as_such(server: LocalHub) -> None:
    for name in WEIGHTS:
        (server.root / REPO / name).unlink()
    take_snapshot(of_hub())
    snapshot = take_snapshot(of_hub(), offline=True)
    fetch_weights(snapshot, offline=True)
    assert snapshot.weight_files == ()


def test_offline_a_cache_that_transformers_filled_is_enough(server: LocalHub) -> None:
    files = {*SMALL, "model.safetensors"}
    for name in files:
        hf_hub_download(REPO, name)
    snapshot = take_snapshot(of_hub(), offline=True)
    fetch_weights(snapshot, offline=True)
    assert set(snapshot.files) == files
    assert snapshot.commit == server.commit(REPO)


def test_offline_a_cache_that_may_lack_the_weights_is_not() -> None:
    hf_hub_download(REPO, "config.json")
    message = f"offline_not_cached: {REPO} is not in the cache, and the network may not be used"
    assert blocked(of_hub(), offline=True) == message


# ------------------------------------------------------------------ folders


def test_a_missing_folder(tmp_path: Path) -> None:
    message = "not_found: there is no folder ./model"
    assert rejected(of_folder(tmp_path / "model")) == message


def test_a_folder_is_known_by_its_content(tmp_path: Path) -> None:
    folder = write(tmp_path, SMALL | WEIGHTS)
    first = take_snapshot(of_folder(folder))
    os.utime(folder / "config.json", (1, 1))
    assert take_snapshot(of_folder(folder)) == first
    (folder / "config.json").write_bytes(b"{ }")
    assert take_snapshot(of_folder(folder)).commit != first.commit
    assert first.commit.startswith("sha256:")
    assert first.files == {name: len(content) for name, content in (SMALL | WEIGHTS).items()}


def test_a_folder_is_known_by_the_names_in_it(tmp_path: Path) -> None:
    folder = write(tmp_path, SMALL)
    first = take_snapshot(of_folder(folder))
    (folder / "config.json").rename(folder / "other.json")
    assert take_snapshot(of_folder(folder)).commit != first.commit


@pytest.mark.parametrize("name", [".gitattributes", ".git/HEAD", "checkpoint/.DS_Store"])
def test_hidden_files_do_not_count(tmp_path: Path, name: str) -> None:
    folder = write(tmp_path, SMALL)
    first = take_snapshot(of_folder(folder))
    write(folder, {name: b"hidden"})
    assert take_snapshot(of_folder(folder)) == first


def test_a_folder_within_a_hidden_one_is_as_good(tmp_path: Path) -> None:
    folder = write(tmp_path / ".models" / "model", SMALL)
    assert set(take_snapshot(of_folder(folder)).files) == set(SMALL)


def test_a_folder_needs_no_network(server: LocalHub, tmp_path: Path) -> None:
    snapshot = take_snapshot(of_folder(write(tmp_path / "model", SMALL | WEIGHTS)))
    fetch_weights(snapshot)
    assert server.requests == []


# ------------------------------------------------------------------ another feature extractor


def test_no_other_feature_extractor(server: LocalHub) -> None:
    assert fetch_feature_extractor(of_hub()) is None
    assert server.requests == []


def test_the_feature_extractor_of_another_repository(server: LocalHub) -> None:
    folder = fetch_feature_extractor(of_hub(model="org/other", feature_extractor=REPO))
    assert folder is not None
    content = json.loads((folder / "preprocessor_config.json").read_text())
    assert content == {"sampling_rate": 16_000}
    assert server.downloads == {f"{REPO}/preprocessor_config.json"}


def test_the_feature_extractor_of_a_folder(tmp_path: Path) -> None:
    candidate = of_hub(feature_extractor="./other", feature_extractor_folder=tmp_path)
    assert fetch_feature_extractor(candidate) == tmp_path


def test_the_feature_extractor_of_a_processor(server: LocalHub) -> None:
    write(server.root / "org/new", {"processor_config.json": b"{}", "config.json": b"{}"})
    folder = fetch_feature_extractor(of_hub(feature_extractor="org/new"))
    assert folder is not None
    assert (folder / "processor_config.json").is_file()


def test_a_feature_extractor_that_is_not_there() -> None:
    with pytest.raises(Rejected) as caught:
        fetch_feature_extractor(of_hub(feature_extractor="org/nothing"))
    assert str(caught.value) == "no_feature_extractor: the hub has no model org/nothing"


def test_a_feature_extractor_out_of_reach(server: LocalHub) -> None:
    server.close()
    with pytest.raises(Blocked, match=f"gave no answer for {REPO}: ") as caught:
        fetch_feature_extractor(of_hub(feature_extractor=REPO))
    assert caught.value.reason.code == "unreachable"


def test_a_feature_extractor_offline(server: LocalHub) -> None:
    candidate = of_hub(feature_extractor=REPO)
    with pytest.raises(Blocked) as caught:
        fetch_feature_extractor(candidate, offline=True)
    assert caught.value.reason.code == "offline_not_cached"
    folder = fetch_feature_extractor(candidate)
    server.close()
    assert fetch_feature_extractor(candidate, offline=True) == folder
