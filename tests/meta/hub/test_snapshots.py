"""From a candidate to a snapshot, with the hub's real client and a hub on this machine."""

import errno
import os
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest
from huggingface_hub import (
    close_session,
    constants,
    file_download,
    get_session,
    hf_hub_download,
)
from huggingface_hub.utils import _http, hf_raise_for_status
from huggingface_hub.utils._runtime import is_xet_available

from sertify.candidates.reading import Candidate
from sertify.hub import bounds, client, downloads, troubles
from sertify.hub.card import Card, read_card
from sertify.hub.configs import judge_config
from sertify.hub.ranges import RemoteFile
from sertify.hub.repositories import Repository, Wanted, fetch, supplied
from sertify.hub.snapshots import Snapshot, read_index, take_snapshot
from sertify.hub.watching import Watch
from sertify.vocabulary.errors import Blocked, Rejected
from tests.meta.local_hub import (
    LocalHub,
    Request,
    Response,
    broken,
    corrupted,
    html,
    rate_limited,
    truncated,
    use_hub,
)

pytestmark = pytest.mark.slow(0.2)

REPO = "org/model"
SMALL = {
    "config.json": b"{}",
    "preprocessor_config.json": b'{"sampling_rate": 16000}',
    "README.md": b"# A model",
}
WEIGHTS = {"model.safetensors": b"safe" * 100, "pytorch_model.bin": b"pickled" * 100}
OTHERS = {
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
        monkeypatch.setattr(bounds, "TIMEOUT", 1.0)
        yield local
    close_session()


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the client retry without the pauses of half a minute in all that it makes."""
    clock = SimpleNamespace(sleep=lambda _: None, time=time.time)
    for module in (_http, file_download, client):
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


def test_a_folder_of_a_repository_stands_for_the_whole(server: LocalHub) -> None:
    write(server.root / REPO, {f"best/{name}": content for name, content in SMALL.items()})
    write(server.root / REPO, {"best/model.safetensors": b"best" * 100})
    snapshot = take_snapshot(of_hub(subfolder="best"))
    assert snapshot.files.keys() == {*SMALL, "model.safetensors"}
    assert present(snapshot) == {*SMALL}
    fetch(snapshot, snapshot.weight_files)
    assert (snapshot.folder / "model.safetensors").read_bytes() == b"best" * 100
    assert not (snapshot.root / "model.safetensors").exists()
    assert not Watch(snapshot).changed()
    again = take_snapshot(of_hub(subfolder="best"), offline=True)
    assert again == snapshot


@pytest.mark.parametrize("offline", [False, True])
def test_a_folder_that_a_repository_does_not_have(offline: bool) -> None:
    take_snapshot(of_hub())
    with pytest.raises(Rejected) as caught:
        take_snapshot(of_hub(subfolder="best"), offline=offline)
    assert (
        str(caught.value)
        == "not_found: org/model has no folder best; its folders are checkpoint-500"
    )


def test_weights_of_another_name_or_place_are_proposed(server: LocalHub) -> None:
    for name in WEIGHTS:
        (server.root / REPO / name).unlink()
    assert no_weights().endswith(". Set `subfolder: checkpoint-500` to take those in a folder")
    (server.root / REPO / "checkpoint-500/model.safetensors").unlink()
    assert no_weights().endswith(". Set `weights: model.fp16.safetensors` if that is them")
    (server.root / REPO / "model.fp16.safetensors").unlink()
    assert no_weights().startswith("unsupported_library: ")


def no_weights() -> str:
    """Return why there is no index of weights."""
    snapshot = take_snapshot(of_hub())
    with pytest.raises(Rejected) as caught:
        read_index(snapshot)
    assert caught.value.reason.code in ("no_weights", "unsupported_library")
    return str(caught.value)


def test_of_two_formats_the_safe_one_is_downloaded() -> None:
    snapshot = take_snapshot(of_hub())
    fetch(snapshot, snapshot.weight_files)
    assert present(snapshot) == {*SMALL, "model.safetensors"}
    assert snapshot.weight_files == ("model.safetensors",)


def test_pickled_weights_are_downloaded_where_there_are_no_others(server: LocalHub) -> None:
    (server.root / REPO / "model.safetensors").unlink()
    snapshot = take_snapshot(of_hub())
    fetch(snapshot, snapshot.weight_files)
    assert present(snapshot) == {*SMALL, "pytorch_model.bin"}


def test_shards_are_downloaded_with_their_index(server: LocalHub) -> None:
    shards = [f"model-0000{n}-of-00002.safetensors" for n in (1, 2)]
    (server.root / REPO / "model.safetensors").rename(server.root / REPO / shards[0])
    index = "model.safetensors.index.json"
    write(server.root / REPO, {shards[1]: b"safe", index: b"{}"})
    snapshot = take_snapshot(of_hub())
    fetch(snapshot, snapshot.weight_files)
    assert present(snapshot) == {*SMALL, *shards, index}
    assert snapshot.weight_files == tuple(shards)


@pytest.mark.parametrize("name", ["adapter_model.safetensors", "training_args.bin"])
def test_weights_of_something_else_are_no_weights(server: LocalHub, name: str) -> None:
    for weights in WEIGHTS:
        (server.root / REPO / weights).unlink()
    write(server.root / REPO, {name: b"other"})
    assert take_snapshot(of_hub()).weight_files == ()


def test_no_byte_is_downloaded_in_vain(server: LocalHub) -> None:
    snapshot = take_snapshot(of_hub())
    server.bytes_sent = 0
    fetch(snapshot, snapshot.weight_files)
    assert server.bytes_sent == len(WEIGHTS["model.safetensors"])


def test_the_local_hub_sends_a_part_of_a_file(server: LocalHub) -> None:
    path = f"/{REPO}/resolve/main/model.safetensors"
    part = server.answer(Request("GET", path, {"range": "bytes=398-"}))
    assert (part.status, part.body) == (206, b"fe")
    assert part.headers["Content-Range"] == "bytes 398-399/400"


def test_what_is_in_the_cache_is_not_downloaded_again(server: LocalHub) -> None:
    for _ in range(2):
        server.requests.clear()
        snapshot = take_snapshot(of_hub())
        fetch(snapshot, snapshot.weight_files)
    assert server.downloads == set()


# ------------------------------------------------------------------ what is not


@pytest.mark.parametrize("model", ["org/nothing", "-org/model"])
def test_no_such_repository(model: str) -> None:
    assert rejected(of_hub(model=model)) == f"not_found: the hub has no model {model}"


@pytest.mark.parametrize("model", ["nothing", "no--id"])
def test_no_such_repository_by_a_name_without_an_owner(model: str) -> None:
    message = f"not_found: the hub has no model {model}; ids are written OWNER/NAME"
    assert rejected(of_hub(model=model)) == message


def test_no_such_revision() -> None:
    message = f"revision_not_found: {REPO} has no revision v9"
    assert rejected(of_hub(revision="v9")) == message


def test_a_gated_repository_needs_a_login(server: LocalHub) -> None:
    server.gated.add(REPO)
    assert blocked(of_hub()) == f"gated: {REPO} is gated, and this machine has no access"


def test_a_login_that_the_hub_refuses(server: LocalHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_expired")
    assert blocked(of_hub()) == f"no_access: {server.url} refuses this machine's login for {REPO}"


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("status", [400, 403, 418, 500, 503])
def test_a_token_that_is_sent_back_is_not_repeated(
    server: LocalHub, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    page = {"X-Error-Message": "Bearer hf_secret", "Content-Type": "text/html"}
    server.disturb(Response(status, b"hf_secret", page))
    assert "hf_secret" not in blocked(of_hub())


def test_a_gated_repository_opens_with_a_token(
    server: LocalHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.gated.add(REPO)
    monkeypatch.setenv("HF_TOKEN", server.token)
    assert take_snapshot(of_hub()).commit == server.commit(REPO)


def test_a_disabled_repository(server: LocalHub) -> None:
    server.disabled.add(REPO)
    assert rejected(of_hub()) == f"not_found: the hub has disabled {REPO}"


def test_a_private_repository_is_as_good_as_none(server: LocalHub) -> None:
    server.private.add(REPO)
    assert rejected(of_hub()) == f"not_found: the hub has no model {REPO}"


def test_a_snapshot_knows_whether_its_repository_is_gated(
    server: LocalHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert take_snapshot(of_hub()).gated is False
    server.gated.add(REPO)
    monkeypatch.setenv("HF_TOKEN", server.token)
    assert take_snapshot(of_hub()).gated is True


CARD = """---
license: other
license_name: my-licence
language: [ko, en]
datasets: iemocap
library_name: speechbrain
---
# A model
"""


@pytest.mark.parametrize(
    ("text", "card"),
    [
        (CARD, Card("other (my-licence)", ("ko", "en"), ("iemocap",), "speechbrain")),
        ("---\nlicense_name: mine\nlanguage: ru\n---\n", Card("mine", ("ru",))),
        ("# A model", Card()),
        ("---\nlanguage: {a: b}\nlicense: [1]\n---\n", Card()),
        ("---\n- a list\n---\n", Card()),
        ("---\n{: [\n---\n", Card()),
        ("---\nlicense: !!python/object/apply:os.getcwd []\n---\n", Card()),
    ],
)
def test_a_snapshot_knows_what_the_model_card_declares(
    server: LocalHub, text: str, card: Card
) -> None:
    write(server.root / REPO, {"README.md": text.encode()})
    assert take_snapshot(of_hub()).card == card


TRAINER = """---
tags: [generated_from_trainer]
model-index:
- name: mine
  results:
  - dataset: {name: RAVDESS, type: narad/ravdess, split: test}
---
"""

SPEAKS_OF_TRAINING = {
    "sentence": ("The dataset used to fine-tune it is the [RAVDESS dataset](https://x.y).", "R"),
    "title": ("# wav2vec2 fine-tuned on RAVDESS\n\nIEMOCAP is well known.", "R"),
    "heading": ("## Training data\n- RAVDESS\n- TESS\n## Evaluation\n- SAVEE", "RT"),
    "subheading": ("## Training and evaluation data\n### Sources\nRAVDESS\n## More\nTESS", "R"),
    "list": ("It was trained on:\n\n- RAVDESS\n- TESS\n\nIt was tested on:\n- SAVEE", "RT"),
    "wrapped": ("It was trained on\nRAVDESS.", "R"),
    "both": ("It was trained on RAVDESS and evaluated on TESS.", "R"),
    "both-reversed": ("Evaluated on TESS, it was trained on RAVDESS.", "R"),
    "after": ("RAVDESS was used for training.", "R"),
    "for-example": ("It was trained on acted speech, e.g. RAVDESS.", "R"),
    "not-only": ("It was not only trained on RAVDESS, but on TESS.", "RT"),
    "dataset": ("We use the RAVDESS dataset.", "R"),
    "korean": ("RAVDESS로 학습하고 TESS로 평가했습니다.", "R"),
    "korean-list": ("학습 데이터: RAVDESS, TESS", "RT"),
    "russian": ("Модель обучена на RAVDESS, точность на TESS 0.8.", "R"),
    "bad-front": ("---\n{: [\n---\nTrained on RAVDESS.", "R"),
    "trainer": (TRAINER, "R"),
}
SPEAKS_OF_SOMETHING_ELSE = {
    "evaluated": "It was evaluated on the RAVDESS dataset.",
    "accuracy": "Test accuracy on RAVDESS: 80%",
    "not-trained": "It was not trained on RAVDESS.",
    "never-seen": "The model has never seen RAVDESS.",
    "was-not": "It wasn't fine-tuned on RAVDESS.",
    "heading": "## Training\nOurs.\n## Evaluation results\n| RAVDESS | 0.8 |",
    "bare": "RAVDESS is in English.",
    "code": "```python\nmodel.train('RAVDESS')\n```",
    "comment": "<!-- trained on RAVDESS -->",
    "citation": "## Citation\nThe RAVDESS dataset.",
    "korean": "RAVDESS로 학습하지 않았습니다.",
    "model-index": TRAINER.replace("generated_from_trainer", "speech"),
    "model-index-of-nothing": TRAINER.replace("results:", "results: 3\n  other:"),
    "too-late": "x" * 200_000 + "\n\nTrained on RAVDESS.",
}


@pytest.mark.parametrize(("text", "initials"), SPEAKS_OF_TRAINING.values(), ids=SPEAKS_OF_TRAINING)
def test_corpora_that_a_card_says_it_was_trained_on(
    tmp_path: Path, text: str, initials: str
) -> None:
    (tmp_path / "README.md").write_text(text, "utf-8")
    corpora = {"R": "ravdess", "T": "tess"}
    assert read_card(tmp_path).mentions == tuple(corpora[initial] for initial in initials)


@pytest.mark.parametrize("text", SPEAKS_OF_SOMETHING_ELSE.values(), ids=SPEAKS_OF_SOMETHING_ELSE)
def test_corpora_that_a_card_speaks_of_otherwise(tmp_path: Path, text: str) -> None:
    (tmp_path / "README.md").write_text(text, "utf-8")
    assert read_card(tmp_path).mentions == ()


def test_declared_datasets_are_kept_apart_from_mentions(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(f"{CARD}\nTrained on RAVDESS.", "utf-8")
    card = read_card(tmp_path)
    assert (card.datasets, card.mentions) == (("iemocap",), ("ravdess",))


def test_a_folder_without_a_card_says_nothing(tmp_path: Path) -> None:
    assert read_card(tmp_path) == Card()


@pytest.mark.parametrize(
    "unit", ["not ", "-", "\n- ", "# a\n", "a. ", "```", "<!--", "train ", "|"]
)
def test_a_hostile_card_is_read_in_time(tmp_path: Path, unit: str) -> None:
    (tmp_path / "README.md").write_text(unit * 200_000, "utf-8")
    start = time.monotonic()
    assert read_card(tmp_path).mentions == ()
    assert time.monotonic() - start < 10


# ------------------------------------------------------------------ no hub

UNREACHABLE: dict[str, Callable[[LocalHub], None]] = {
    "closed": LocalHub.close,
    "failing": lambda server: server.disturb(broken()),
    "forbidding": lambda server: server.disturb(html("Blocked by your company", 403)),
    "captive": lambda server: server.disturb(html("Log in to the wireless network")),
    "nonsense": lambda server: server.disturb(Response(body=b"[]")),
    "limited": lambda server: server.disturb(rate_limited(3600)),
}


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("make", UNREACHABLE.values(), ids=UNREACHABLE)
@pytest.mark.parametrize("revision", [None, "v1", "0" * 40])
def test_a_hub_that_does_not_answer_is_unreachable(
    server: LocalHub, make: Callable[[LocalHub], None], revision: str | None
) -> None:
    make(server)
    message = blocked(of_hub(revision=revision))
    at = f"{REPO}@{revision}" if revision else REPO
    expected = f"unreachable: {server.url} gave no usable answer for {at}: "
    if make is UNREACHABLE["limited"]:
        expected = f"unreachable: {server.url} asks to wait 3600 s; try again then"
    assert message.startswith(expected)
    assert "\n" not in message


@pytest.mark.parametrize("make", ["closed", "forbidding", "captive", "nonsense", "limited"])
def test_a_hub_that_would_say_the_same_again_is_asked_once(
    server: LocalHub, monkeypatch: pytest.MonkeyPatch, make: str
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    UNREACHABLE[make](server)
    blocked(of_hub())
    assert len(server.requests) <= 1
    assert pauses == []


@pytest.mark.parametrize("revision", [None, "0" * 40])
def test_a_hub_that_stalls_is_asked_once(server: LocalHub, revision: str | None) -> None:
    server.stall()
    at = f"{REPO}@{revision}" if revision else REPO
    message = f"timed_out: {server.url} gave no answer for {at} within 1 s"
    assert blocked(of_hub(revision=revision)) == message
    assert len(server.requests) == 1


@pytest.mark.parametrize("part", ["/tree/", "HEAD .*/resolve/"])
def test_a_hub_that_stalls_on_the_way_is_not_asked_again(server: LocalHub, part: str) -> None:
    server.stall(part)
    assert blocked(of_hub()).startswith(f"timed_out: {server.url} gave no answer for {REPO} ")
    stalled = [one for one in server.requests if re.search(part, f"{one.method} {one.path}")]
    assert len({one.path for one in stalled}) == len(stalled)


def test_a_busy_hub_is_asked_again_after_the_pause_that_it_asks_for(
    server: LocalHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(_http, "time", SimpleNamespace(sleep=pauses.append, time=time.time))
    server.disturb(rate_limited(7), "/api/", times=1)
    server.disturb(broken(502), "/api/", times=1)
    assert take_snapshot(of_hub()).commit == server.commit(REPO)
    assert pauses == [8, 2]  # the client adds a second to be sure


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("part", ["/tree/", "/resolve/"])
@pytest.mark.parametrize("make", ["failing", "captive"])
def test_a_hub_that_breaks_off_is_unreachable(server: LocalHub, make: str, part: str) -> None:
    answers = {"failing": broken(502), "captive": html("Log in")}
    server.disturb(answers[make], part)
    assert blocked(of_hub()).startswith(
        f"unreachable: {server.url} gave no usable answer for {REPO}: "
    )


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize(
    "part", ["/api/models/org/model$", "/tree/", "/resolve/", "GET .*/resolve/"]
)
def test_a_short_trouble_is_overcome(server: LocalHub, part: str) -> None:
    server.disturb(broken(), part, times=1)
    assert take_snapshot(of_hub()).commit == server.commit(REPO)


@pytest.mark.parametrize("part", ["HEAD .*/resolve/", "GET .*/resolve/", "/tree/", "/api/"])
@pytest.mark.usefixtures("patient")
def test_a_connection_that_ends_before_its_time_is_no_trouble(server: LocalHub, part: str) -> None:
    server.disturb(Response(raw=True), part, times=1)
    assert take_snapshot(of_hub()).remark == ""


def test_a_session_that_the_client_makes_anew_gives_up_in_time_as_well(server: LocalHub) -> None:
    take_snapshot(of_hub())
    close_session()
    server.stall()
    with pytest.raises(Exception, match="timed out"):
        get_session().get(f"{server.url}/api/models/{REPO}", timeout=None)


@pytest.mark.usefixtures("patient")
def test_weights_that_cannot_be_fetched_are_unreachable(server: LocalHub) -> None:
    snapshot = take_snapshot(of_hub())
    server.disturb(Response(500), "model.safetensors")
    with pytest.raises(
        Blocked, match=f"gave no usable answer for {REPO}@{snapshot.commit}"
    ) as caught:
        fetch(snapshot, snapshot.weight_files)
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
    fetch(snapshot, snapshot.weight_files)
    assert (snapshot.folder / "model.safetensors").read_bytes() == WEIGHTS["model.safetensors"]


@pytest.mark.usefixtures("patient")
def test_weights_that_always_break_off_are_unreachable(server: LocalHub) -> None:
    snapshot = take_snapshot(of_hub())
    server.disturb(broken_off(server, 0), "GET .*/model.safetensors")
    with pytest.raises(Blocked) as caught:
        fetch(snapshot, snapshot.weight_files)
    assert caught.value.reason.code == "unreachable"
    assert not (snapshot.folder / "model.safetensors").exists()


def test_a_full_disk(server: LocalHub, monkeypatch: pytest.MonkeyPatch) -> None:
    def fill(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    snapshot = take_snapshot(of_hub())
    monkeypatch.setattr(downloads, "hf_hub_download", fill)  # no test can have a full disk
    with pytest.raises(Blocked) as caught:
        fetch(snapshot, snapshot.weight_files)
    assert (
        str(caught.value)
        == f"disk_full: there is no space left on the disk for {REPO}@{server.commit(REPO)}"
    )


def test_what_another_commit_has_needs_no_space() -> None:
    snapshot = take_snapshot(of_hub())
    blobs = snapshot.folder.parents[1] / "blobs"
    with (blobs / ("0" * 64)).open("wb") as blob:
        blob.truncate(10**13)  # of which the disk has to hold nothing
    large = replace(snapshot, files={**snapshot.files, "model.safetensors": 10**13})
    with pytest.raises(Blocked, match="checksum_mismatch"):
        fetch(large, large.weight_files)


def test_more_than_there_is_space_for_is_not_downloaded(server: LocalHub) -> None:
    snapshot = take_snapshot(of_hub())
    before = len(server.requests)
    large = replace(snapshot, files={**snapshot.files, "model.safetensors": 10**15})
    with pytest.raises(Blocked) as caught:
        fetch(large, large.weight_files)
    message = f"{REPO} needs 1,000,000 GB more, .* GB are free in {snapshot.folder}"
    assert re.fullmatch(f"disk_full: {message}", str(caught.value))
    assert len(server.requests) == before


def test_a_pause_beyond_what_is_left_is_not_waited_for(
    server: LocalHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "LOOK", 5.0)
    server.disturb(rate_limited(30))
    assert blocked(of_hub()).endswith("asks to wait 30 s; try again then")
    assert len(server.requests) <= 2


def test_a_card_that_is_too_large_is_left_out(server: LocalHub) -> None:
    (server.root / REPO / "README.md").write_bytes(b"x" * 4_000_001)
    snapshot = take_snapshot(of_hub())
    assert snapshot.remark == "README.md has 4 MB, of which no more than 4 MB would be read"
    assert present(snapshot) == {*SMALL} - {"README.md"}
    assert server.bytes_sent < 100_000
    assert take_snapshot(of_hub(), offline=True).remark == snapshot.remark
    fetch(snapshot, snapshot.weight_files)


def test_a_config_that_is_too_large_is_not_read(tmp_path: Path, server: LocalHub) -> None:
    large = {"config.json": b" " * 4_000_001}
    write(server.root / REPO, large)
    write(tmp_path / "model", large)
    for snapshot in (take_snapshot(of_hub()), take_snapshot(of_folder(tmp_path / "model"))):
        judgement = judge_config(snapshot)
        message = "config.json cannot be read: it has 4 MB, and no more than 4 MB are read"
        assert (judgement.reason, judgement.message) == ("bad_config", message)


# ------------------------------------------------------------------ what arrives is what is listed


@pytest.fixture
def real(server: LocalHub) -> LocalHub:
    """The hub as the real one is: large files come from elsewhere."""
    server.cdn = True
    return server


def test_weights_that_change_on_the_way_are_fetched_again(real: LocalHub) -> None:
    snapshot = take_snapshot(of_hub())
    real.spoil(corrupted(), "GET .*/model.safetensors", times=1)
    fetch(snapshot, snapshot.weight_files)
    assert (snapshot.folder / "model.safetensors").read_bytes() == WEIGHTS["model.safetensors"]


def test_weights_that_always_change_on_the_way_are_not_used(real: LocalHub) -> None:
    snapshot = take_snapshot(of_hub())
    real.spoil(corrupted(), "GET .*/model.safetensors")
    with pytest.raises(Blocked) as caught:
        fetch(snapshot, snapshot.weight_files)
    message = "the checksum of model.safetensors of org/model is not the one that the hub lists"
    assert str(caught.value) == f"checksum_mismatch: {message}"


def test_a_config_that_changes_on_the_way_is_not_taken_for_the_models(real: LocalHub) -> None:
    real.spoil(corrupted(), "GET .*/config.json")
    message = "the checksum of config.json of org/model is not the one that the hub lists"
    assert blocked(of_hub()) == f"checksum_mismatch: {message}"


def test_weights_that_changed_in_the_cache_are_fetched_again(real: LocalHub) -> None:
    snapshot = take_snapshot(of_hub())
    fetch(snapshot, snapshot.weight_files)
    path = snapshot.folder / "model.safetensors"
    path.resolve().write_bytes(b"soft" * 100)
    fetch(snapshot, snapshot.weight_files)
    assert path.read_bytes() == WEIGHTS["model.safetensors"]
    path.resolve().write_bytes(b"soft" * 100)
    real.close()
    offline = take_snapshot(of_hub(), offline=True)
    with pytest.raises(Blocked, match="checksum_mismatch"):
        fetch(offline, offline.weight_files)


def test_a_download_is_taken_up_where_it_broke_off(
    real: LocalHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 100)
    monkeypatch.setattr(_http, "time", SimpleNamespace(sleep=lambda _: None, time=time.time))
    monkeypatch.setattr(file_download, "time", _http.time)
    snapshot = take_snapshot(of_hub())
    real.spoil(truncated(0.5), "GET .*/model.safetensors", times=1)
    fetch(snapshot, snapshot.weight_files)
    assert (snapshot.folder / "model.safetensors").read_bytes() == WEIGHTS["model.safetensors"]
    assert [one for one in real.requests if one.headers.get("range") == "bytes=200-"]


def test_what_arrives_comes_by_the_session_that_is_limited() -> None:
    take_snapshot(of_hub())
    assert not is_xet_available()


@pytest.mark.parametrize("place", ["models--org--model", "models--org--model/blobs"])
def test_a_cache_that_cannot_be_written(place: str) -> None:
    path = Path(constants.HF_HUB_CACHE) / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("a file where a folder should be")
    assert blocked(of_hub()).startswith(f"unusable_cache: the files of {REPO} cannot be saved: ")


def test_the_page_of_a_proxy_that_asks_for_a_login_is_no_missing_repository() -> None:
    # Of a real hub, which has a name, the client takes any such answer for "not found".
    url = "https://huggingface.co/api/models/org/model"
    page = {"content-type": "text/html"}
    request = httpx2.Request("GET", url)
    response = httpx2.Response(401, headers=page, text="Log in", request=request)
    with pytest.raises(Blocked) as caught, troubles.hub_errors(REPO, None, offline=False):
        hf_raise_for_status(response)
    assert caught.value.reason.code == "unreachable"
    assert "what answered is not the hub; it may be the page of a proxy" in str(caught.value)


@pytest.mark.parametrize("error", [RuntimeError("CAS failed"), UserWarning("odd"), KeyError("x")])
def test_nothing_that_the_client_raises_gets_through_with_what_it_sent(error: Exception) -> None:
    with pytest.raises(Blocked) as caught, troubles.hub_errors(REPO, None, offline=False):
        raise error
    assert caught.value.reason.code == "unreachable"
    assert caught.value.__suppress_context__


# ------------------------------------------------------------------ parts of files


def test_parts_are_read_where_the_file_is(real: LocalHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", real.token)
    take_snapshot(of_hub())
    real.requests.clear()
    file = RemoteFile(REPO, "main", "model.safetensors", 400)
    assert (file.read(6), file.tell(), file.seek(-2, 2), file.read()) == (b"safesa", 6, 398, b"fe")
    assert file.read() == b""
    first, moved, second = real.requests
    assert (first.file, moved.path) == (second.file and first.file, second.path)
    # The place that a file is at has a signature of its own, and no use for the token.
    sent = ["authorization" in one.headers for one in (first, moved, second)]
    assert sent == [True, False, False]


def test_a_part_that_breaks_off_is_asked_for_again(
    real: LocalHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_http, "time", SimpleNamespace(sleep=lambda _: None, time=time.time))
    take_snapshot(of_hub())
    real.spoil(truncated(0.5), "/cdn/", times=1)
    assert RemoteFile(REPO, "main", "model.safetensors", 400).read(8) == b"safesafe"


def test_a_server_that_would_send_the_whole_file_is_not_listened_to(server: LocalHub) -> None:
    take_snapshot(of_hub())
    whole = WEIGHTS["model.safetensors"]
    server.disturb(Response(200, whole), "GET .*/model.safetensors")
    with pytest.raises(Blocked) as caught:
        RemoteFile(REPO, "main", "model.safetensors", len(whole)).read(8)
    message = "127.0.0.1 only sends whole files, but should send parts of them"
    assert str(caught.value) == f"unreachable: {message}"


# ------------------------------------------------------------------ without the network


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize(
    "make", [*UNREACHABLE.values(), LocalHub.stall], ids=[*UNREACHABLE, "stalled"]
)
@pytest.mark.parametrize("revision", [None, "commit"])
def test_without_a_hub_a_warm_cache_will_do(
    server: LocalHub, make: Callable[[LocalHub], None], revision: str | None
) -> None:
    candidate = of_hub(revision=server.commit(REPO) if revision else None)
    before = take_snapshot(candidate)
    fetch(before, before.weight_files)
    make(server)
    after = take_snapshot(candidate)
    fetch(after, after.weight_files)
    assert after == before
    assert (
        after.remark
        == f"{server.url} gave no usable answer, so what the cache has of it was judged"
    )
    assert before.remark == ""


def test_what_is_gone_from_the_hub_is_not_taken_from_the_cache(server: LocalHub) -> None:
    take_snapshot(of_hub())
    server.private.add(REPO)
    assert rejected(of_hub()) == f"not_found: the hub has no model {REPO}"


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
    fetch(online, online.weight_files)
    server.close()
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", not switch)
    offline = take_snapshot(candidate, offline=switch)
    fetch(offline, offline.weight_files)
    assert offline == online
    assert present(offline) == {*SMALL, "model.safetensors"}


def test_offline_without_the_weights() -> None:
    take_snapshot(of_hub())
    snapshot = take_snapshot(of_hub(), offline=True)
    with pytest.raises(Blocked, match=f"{REPO}@{snapshot.commit} is not in the cache") as caught:
        fetch(snapshot, snapshot.weight_files)
    assert caught.value.reason.code == "offline_not_cached"


def test_offline_a_repository_without_weights_is_known_as_such(server: LocalHub) -> None:
    for name in WEIGHTS:
        (server.root / REPO / name).unlink()
    take_snapshot(of_hub())
    snapshot = take_snapshot(of_hub(), offline=True)
    fetch(snapshot, snapshot.weight_files)
    assert snapshot.weight_files == ()


def test_offline_a_cache_that_transformers_filled_is_enough(server: LocalHub) -> None:
    files = {*SMALL, "model.safetensors"}
    for name in files:
        hf_hub_download(REPO, name)
    snapshot = take_snapshot(of_hub(), offline=True)
    fetch(snapshot, snapshot.weight_files)
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


def test_a_missing_folder_that_may_be_a_misspelt_id() -> None:
    candidate = Candidate("x", "org/model/large", folder=Path("/nowhere"))
    message = "not_found: there is no folder org/model/large; ids are written OWNER/NAME"
    assert rejected(candidate) == message


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
    fetch(snapshot, snapshot.weight_files)
    assert server.requests == []


# ------------------------------------------------------------------ the index of the weights

NO_INDEX: dict[str, tuple[dict[str, bytes], str]] = {
    "no-weights": (
        SMALL,
        (
            "no_weights: it has no weights in a known format; its files are README.md, "
            "config.json, preprocessor_config.json"
        ),
    ),
    "tensorflow": (
        SMALL | {"tf_model.h5": b""},
        "unsupported_library: its weights are only in TensorFlow's format (tf_model.h5)",
    ),
    "adapter": (
        SMALL | {"adapter_config.json": b"{}", "adapter_model.safetensors": b""},
        "unsupported_library: its weights are only in PEFT's format (adapter_config.json)",
    ),
    "empty": (
        SMALL | {"model.safetensors": b""},
        "corrupt_weights: model.safetensors is empty",
    ),
    "lost-shard": (
        SMALL
        | {
            "model-00001-of-00002.safetensors": b"",
            "model.safetensors.index.json": b'{"weight_map": {"a": "b.safetensors"}}',
        },
        "corrupt_weights: model.safetensors.index.json lists b.safetensors, which is missing",
    ),
    "foreign-shard": (
        {
            "model-00001-of-00001.safetensors": b"",
            "other/b.safetensors": b"",
            "model.safetensors.index.json": b'{"weight_map": {"a": "other/b.safetensors"}}',
        },
        (
            "corrupt_weights: model.safetensors.index.json lists other/b.safetensors, "
            "which is no part of the weights by its name"
        ),
    ),
    "shard-outside": (
        {
            "model-00001-of-00001.safetensors": b"",
            "model.safetensors.index.json": b'{"weight_map": {"a": "../b.safetensors"}}',
        },
        "corrupt_weights: model.safetensors.index.json lists ../b.safetensors, which is missing",
    ),
    "shards-without-a-list": (
        SMALL | {"pytorch_model-00001-of-00002.bin": b""},
        (
            "corrupt_weights: pytorch_model.bin.index.json, which lists the parts of the weights, "
            "cannot be read"
        ),
    ),
}


@pytest.mark.parametrize(("files", "message"), NO_INDEX.values(), ids=NO_INDEX)
def test_weights_of_which_there_is_no_index(
    tmp_path: Path, files: dict[str, bytes], message: str
) -> None:
    snapshot = take_snapshot(of_folder(write(tmp_path, files)))
    with pytest.raises(Rejected) as caught:
        read_index(snapshot)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("model.onnx", "model.onnx is a graph, not a list of tensors"),
        ("onnx/model_quantized.onnx", "onnx/model_quantized.onnx is a graph, not a list"),
    ],
)
def test_weights_that_only_loading_can_list(tmp_path: Path, name: str, problem: str) -> None:
    snapshot = take_snapshot(of_folder(write(tmp_path, SMALL | {name: b""})))
    assert read_index(snapshot).problem.startswith(problem)


def test_an_index_needs_the_hub_or_the_cache(server: LocalHub) -> None:
    take_snapshot(of_hub())
    snapshot = take_snapshot(of_hub(), offline=True)
    with pytest.raises(Blocked) as caught:
        read_index(snapshot)
    assert caught.value.reason.code == "offline_not_cached"
    online = take_snapshot(of_hub())
    server.close()
    with pytest.raises(Blocked) as caught:
        read_index(online)
    assert caught.value.reason.code == "unreachable"


# ------------------------------------------------------------------ companions


def companion(candidate: Candidate, **options: bool) -> Repository:
    assert isinstance(candidate.feature_extractor, str)
    return take_snapshot(candidate, **options).companion(candidate.feature_extractor)


def with_extractor(source: str = "org/other", **entry: Any) -> Candidate:
    return of_hub(feature_extractor=source, **entry)


@pytest.fixture
def other(server: LocalHub) -> Path:
    """Another repository, that has a feature extractor and more."""
    return write(server.root / "org/other", SMALL | WEIGHTS)


def test_without_companions_nothing_else_is_asked_for(server: LocalHub) -> None:
    assert take_snapshot(of_hub()).companions == {}
    assert not [one for one in server.requests if REPO not in one.path]


def test_the_feature_extractor_of_another_repository(server: LocalHub, other: Path) -> None:
    found = companion(with_extractor())
    assert found.read_json("preprocessor_config.json") == {"sampling_rate": 16_000}
    assert found.commit == server.commit("org/other")
    downloads = {name for name in server.downloads if name.startswith("org/other")}
    assert downloads == {"org/other/preprocessor_config.json", "org/other/config.json"}
    (other / "preprocessor_config.json").unlink()
    assert "preprocessor_config.json" not in companion(with_extractor()).files


@pytest.mark.usefixtures("other")
def test_a_snapshot_is_another_one_where_its_companion_is(server: LocalHub) -> None:
    before = take_snapshot(with_extractor())
    assert before.identity == f"{server.commit(REPO)}+{server.commit('org/other')}"
    write(server.root / "org/other", {"preprocessor_config.json": b"{}"})
    after = take_snapshot(with_extractor())
    assert (before.commit, before.identity) != (after.commit, after.identity)
    assert before.commit == after.commit


def test_the_feature_extractor_of_a_folder(tmp_path: Path) -> None:
    folder = write(tmp_path, SMALL)
    assert companion(with_extractor("./other", feature_extractor_folder=folder)).folder == folder


def test_the_feature_extractor_of_a_processor(server: LocalHub) -> None:
    write(server.root / "org/new", {"processor_config.json": b"{}", "config.json": b"{}"})
    assert (companion(with_extractor("org/new")).folder / "processor_config.json").is_file()


def test_a_feature_extractor_that_is_not_there_is_told_when_it_is_needed() -> None:
    snapshot = take_snapshot(with_extractor("org/nothing"))
    with pytest.raises(Rejected) as caught:
        snapshot.companion("org/nothing")
    assert str(caught.value) == "no_feature_extractor: the hub has no model org/nothing"
    assert snapshot.identity == snapshot.commit


@pytest.mark.usefixtures("other")
def test_a_feature_extractor_out_of_reach(server: LocalHub) -> None:
    server.disturb(html("Log in"), "org/other")
    assert blocked(with_extractor()).startswith(
        f"unreachable: {server.url} gave no usable answer for org"
    )


@pytest.mark.usefixtures("other")
def test_a_feature_extractor_offline(server: LocalHub) -> None:
    take_snapshot(of_hub())
    message = "offline_not_cached: org/other is not in the cache, and the network may not be used"
    assert blocked(with_extractor(), offline=True) == message
    online = companion(with_extractor())
    server.close()
    assert companion(with_extractor(), offline=True) == online


def test_what_is_asked_for_again_and_again_does_not_hang(tmp_path: Path) -> None:
    snapshot = take_snapshot(of_folder(write(tmp_path, SMALL)))
    asked: list[str] = []

    def work() -> None:
        asked.append("once more")
        raise Wanted("./model", "never-there.py")

    with pytest.raises(Wanted):
        supplied(work, [snapshot])
    assert len(asked) == 2
