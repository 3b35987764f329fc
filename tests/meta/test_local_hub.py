"""The hub on this machine behaves as the real one: shown by the real client."""

import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest
from huggingface_hub import (
    HfApi,
    close_session,
    constants,
    get_cached_repo_tree,
    get_hf_file_metadata,
    get_session,
    hf_hub_download,
    hf_hub_url,
    snapshot_download,
)
from huggingface_hub import (
    file_download as client,
)
from huggingface_hub.errors import (
    DisabledRepoError,
    GatedRepoError,
    HfHubHTTPError,
    LocalEntryNotFoundError,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.utils import _http

from tests.meta.local_hub import (
    Change,
    LocalHub,
    broken,
    corrupted,
    rate_limited,
    trickle,
    truncated,
    use_hub,
)

REPO = "org/model"
WEIGHTS = "model.safetensors"
README = b"""---
license: apache-2.0
language:
- ru
- no
datasets:
- org/speech
date: 2024-05-01
pipeline_tag: audio-classification
---
# A model
"""
# A header of 60 bytes, and one weight of two floats.
TENSORS = (
    b"\x3c\0\0\0\0\0\0\0"
    + b'{"weight":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}'.ljust(60)
    + b"\0\0\x80\x3f\0\0\0\x40"
)
FILES = {
    "README.md": README,
    "config.json": b"{}",
    WEIGHTS: TENSORS,
    "checkpoint-5/state.json": b"[]",
    "checkpoint-5/optimizer.pt": b"pickled",
}
COMMIT = "7a4ca18b34adff59b56b451acc7ff44fc43a12dc"


def write(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


BOTH = pytest.mark.parametrize("hub", [False, True], ids=["one host", "cdn"], indirect=True)


@pytest.fixture(autouse=True)
def hub(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[LocalHub]:
    """A hub with one repository, and with a CDN unless the test says otherwise."""
    root = tmp_path_factory.mktemp("hub")
    write(root / REPO, FILES)
    with LocalHub(root, cdn=getattr(request, "param", True)) as local:
        use_hub(monkeypatch, local.url, tmp_path_factory.mktemp("cache"))
        yield local
    close_session()


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let the client retry at once, and return the seconds that it would have waited."""
    waited: list[float] = []
    clock = SimpleNamespace(sleep=waited.append, time=time.time)
    for module in (_http, client):
        monkeypatch.setattr(module, "time", clock)
    return waited


def login(monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    monkeypatch.setenv("HF_TOKEN", token)


def sha1(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0%s" % (len(content), content)).hexdigest()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def pointer(content: bytes) -> bytes:
    """Return what git holds in place of a file in LFS."""
    lines = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize {}\n"
    return lines.format(sha256(content), len(content)).encode()


def fetch(name: str = WEIGHTS, **options: Any) -> bytes:
    return Path(hf_hub_download(REPO, name, **options)).read_bytes()


def get(name: str = WEIGHTS, **headers: str) -> httpx2.Response:
    url = hf_hub_url(REPO, name)
    return get_session().get(url, headers=headers, follow_redirects=True)


# ------------------------------------------------------------------ what a repository is


def test_the_info_tells_what_the_readme_says(hub: LocalHub) -> None:
    os.utime(hub.root / REPO / "config.json", (1, 4e9))
    info = HfApi().model_info(REPO)
    assert (info.id, info.author, info.sha) == (REPO, "org", hub.commit(REPO))
    assert (info.private, info.gated, info.disabled) == (False, False, False)
    assert (info.library_name, info.pipeline_tag) == ("transformers", "audio-classification")
    assert info.card_data is not None
    assert info.card_data.license == "apache-2.0"
    assert info.card_data.language == ["ru", "no"]  # as in YAML 1.2: not ["ru", False]
    assert info.tags is not None
    assert {"transformers", "ru", "license:apache-2.0", "dataset:org/speech"} <= set(info.tags)
    assert info.last_modified is not None
    assert info.last_modified.year == 2096


def test_the_info_leaves_out_what_is_not_known(hub: LocalHub) -> None:
    for name in ("README.md", "config.json"):
        (hub.root / REPO / name).unlink()
    info = HfApi().model_info(REPO)
    assert (info.card_data, info.library_name, info.pipeline_tag) == (None, None, None)
    assert info.tags == []


def test_the_info_names_the_files_without_their_sizes() -> None:
    siblings = HfApi().model_info(REPO).siblings
    assert siblings is not None
    assert {one.rfilename for one in siblings} == set(FILES)
    assert {(one.size, one.blob_id, one.lfs) for one in siblings} == {(None, None, None)}


def test_the_info_with_metadata_tells_sizes_and_digests() -> None:
    siblings = HfApi().model_info(REPO, files_metadata=True).siblings
    assert siblings is not None
    files = {one.rfilename: one for one in siblings}
    assert {name: file.size for name, file in files.items()} == {
        n: len(c) for n, c in FILES.items()
    }
    assert files["config.json"].blob_id == sha1(b"{}")
    assert files["config.json"].lfs is None
    assert files[WEIGHTS].blob_id == sha1(pointer(TENSORS))
    lfs = files[WEIGHTS].lfs
    assert lfs is not None
    assert (lfs.sha256, lfs.size) == (sha256(TENSORS), len(TENSORS))
    assert lfs.pointer_size == len(pointer(TENSORS))


def test_the_tree_of_all_folders() -> None:
    entries = {one.path: one for one in HfApi().list_repo_tree(REPO, recursive=True)}
    assert set(entries) == {*FILES, "checkpoint-5"}
    weights: Any = entries[WEIGHTS]
    assert (weights.size, weights.blob_id) == (len(TENSORS), sha1(pointer(TENSORS)))
    assert (weights.lfs.sha256, weights.lfs.size) == (sha256(TENSORS), len(TENSORS))


def test_the_tree_of_one_folder() -> None:
    top = {one.path for one in HfApi().list_repo_tree(REPO)}
    assert top == {"README.md", "config.json", WEIGHTS, "checkpoint-5"}
    inside = {one.path for one in HfApi().list_repo_tree(REPO, "checkpoint-5")}
    assert inside == {"checkpoint-5/state.json", "checkpoint-5/optimizer.pt"}
    with pytest.raises(RemoteEntryNotFoundError):
        list(HfApi().list_repo_tree(REPO, "checkpoint-6"))


@BOTH
def test_a_snapshot_holds_every_file(hub: LocalHub) -> None:
    folder = Path(str(snapshot_download(REPO)))
    assert folder.name == hub.commit(REPO)
    assert {name: (folder / name).read_bytes() for name in FILES} == FILES
    assert {one.path: one.size for one in get_cached_repo_tree(REPO)} == {
        name: len(content) for name, content in FILES.items()
    }
    assert hub.downloads == {f"{REPO}/{name}" for name in FILES}
    assert hub.bytes_sent > sum(map(len, FILES.values()))


@BOTH
def test_the_etag_is_the_digest() -> None:
    about = get_hf_file_metadata(hf_hub_url(REPO, WEIGHTS))
    assert (about.etag, about.size) == (sha256(TENSORS), len(TENSORS))
    about = get_hf_file_metadata(hf_hub_url(REPO, "config.json"))
    assert (about.etag, about.size) == (sha1(b"{}"), 2)


# ------------------------------------------------------------------ parts of files


@BOTH
@pytest.mark.parametrize(
    ("wanted", "part"),
    [
        ("bytes=0-7", TENSORS[:8]),
        ("bytes=70-", TENSORS[70:]),
        ("bytes=70-999", TENSORS[70:]),
        ("bytes=-4", TENSORS[-4:]),
        ("bytes=-999", TENSORS),
    ],
)
def test_a_part_of_a_file(hub: LocalHub, wanted: str, part: bytes) -> None:
    response = get(Range=wanted)
    assert (response.status_code, response.content) == (206, part)
    start = TENSORS.rindex(part)
    span = f"bytes {start}-{start + len(part) - 1}/{len(TENSORS)}"
    assert response.headers["Content-Range"] == span
    assert hub.bytes_sent == len(part)


@pytest.mark.parametrize("wanted", ["bytes=76-", "bytes=500-600", "bytes=-0"])
def test_a_part_beyond_the_end(wanted: str) -> None:
    response = get(Range=wanted)
    assert (response.status_code, response.content) == (416, b"")
    assert response.headers["Content-Range"] == f"bytes */{len(TENSORS)}"


@pytest.mark.parametrize("wanted", ["bytes=-", "lines=1-2", "bytes=0-1,4-5"])
def test_a_range_that_is_none_is_ignored(wanted: str) -> None:
    assert get(Range=wanted).content == TENSORS


@BOTH
def test_a_header_of_safetensors_is_read_from_afar() -> None:
    about = HfApi().parse_safetensors_file_metadata(REPO, WEIGHTS)
    assert about.tensors["weight"].shape == [2]
    assert about.parameter_count == {"F32": 2}


# ------------------------------------------------------------------ the CDN


def test_the_cdn_sees_no_token(hub: LocalHub, monkeypatch: pytest.MonkeyPatch) -> None:
    login(monkeypatch, hub.token)
    hub.gated.add(REPO)
    assert fetch() == TENSORS
    assert HfApi().parse_safetensors_file_metadata(REPO, WEIGHTS).tensors
    host = {"localhost": False, "127.0.0.1": True}
    seen = {
        (one.headers["host"].split(":")[0], "authorization" in one.headers) for one in hub.requests
    }
    assert seen == set(host.items())
    assert hub.downloads == {f"{REPO}/{WEIGHTS}"}


def test_the_cdn_refuses_a_token(hub: LocalHub) -> None:
    address = get().url
    assert address.host == "localhost"
    answer = get_session().get(address, headers={"Authorization": f"Bearer {hub.token}"})
    assert answer.status_code == 400
    unknown = get_session().get(f"{hub.cdn_url}/cdn/{'0' * 64}")
    assert unknown.status_code == 403


def test_only_large_files_are_on_the_cdn(hub: LocalHub) -> None:
    assert fetch("config.json") == b"{}"
    assert not any(one.path.startswith("/cdn/") for one in hub.requests)


# ------------------------------------------------------------------ revisions


@BOTH
def test_an_old_commit_keeps_its_content(hub: LocalHub) -> None:
    old = hub.commit(REPO)
    write(hub.root / REPO, {"config.json": b'{"new": 1}', WEIGHTS: TENSORS + b"more"})
    assert hub.commit(REPO) != old
    assert fetch("config.json", revision=old) == b"{}"
    assert fetch(revision=old) == TENSORS
    assert fetch("config.json") == b'{"new": 1}'
    assert HfApi().model_info(REPO, revision=old).sha == old
    assert Path(str(snapshot_download(REPO, revision=old))).name == old


def test_a_commit_that_was_only_asked_for_is_kept(hub: LocalHub) -> None:
    old = HfApi().model_info(REPO).sha
    write(hub.root / REPO, {"config.json": b'{"new": 1}'})
    assert fetch("config.json", revision=old) == b"{}"
    write(hub.root / REPO, {"config.json": b"{}"})
    assert hub.commit(REPO) == old


def test_a_commit_id_of_ones_choice(hub: LocalHub) -> None:
    hub.alias(REPO, COMMIT)
    assert HfApi().model_info(REPO, revision=COMMIT).sha == COMMIT
    folder = Path(str(snapshot_download(REPO, revision=COMMIT)))
    assert folder.name == COMMIT
    assert (folder / WEIGHTS).read_bytes() == TENSORS
    assert HfApi().model_info(REPO).sha == hub.commit(REPO) != COMMIT


@pytest.mark.parametrize("name", ["v1", "refs/pr/2"])
def test_the_name_of_a_branch(hub: LocalHub, name: str) -> None:
    with pytest.raises(RevisionNotFoundError):
        HfApi().model_info(REPO, revision=name)
    hub.alias(REPO, name)
    old = hub.commit(REPO)
    write(hub.root / REPO, {"config.json": b"[]"})
    assert HfApi().model_info(REPO, revision=name).sha == old
    assert fetch("config.json", revision=name) == b"{}"
    assert [one.path for one in HfApi().list_repo_tree(REPO, revision=name)]


# ------------------------------------------------------------------ who may see what


@BOTH
def test_a_gated_repository(hub: LocalHub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.gated.add(REPO)
    assert HfApi().model_info(REPO).gated == "manual"
    for token, status in (("", 401), (hub.stranger, 403)):
        login(monkeypatch, token)
        with pytest.raises(GatedRepoError) as caught:
            fetch()
        assert caught.value.response.status_code == status
    login(monkeypatch, hub.token)
    assert fetch() == TENSORS


def test_a_private_repository_looks_as_if_it_was_not_there(
    hub: LocalHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.private.add(REPO)
    for token, status in (("", 401), (hub.stranger, 404)):
        login(monkeypatch, token)
        for repo in (REPO, "org/nothing"):
            with pytest.raises(RepositoryNotFoundError) as caught:
                HfApi().model_info(repo)
            assert caught.value.response.status_code == status
    login(monkeypatch, hub.token)
    assert HfApi().model_info(REPO).private
    assert fetch() == TENSORS


def test_a_login_that_is_no_longer_valid(monkeypatch: pytest.MonkeyPatch) -> None:
    login(monkeypatch, "hf_of_last_year")
    with pytest.raises(HfHubHTTPError, match="Invalid credentials in Authorization") as caught:
        HfApi().model_info(REPO)
    assert not isinstance(caught.value, RepositoryNotFoundError)


def test_a_disabled_repository(hub: LocalHub) -> None:
    hub.disabled.add(REPO)
    with pytest.raises(DisabledRepoError):
        HfApi().model_info(REPO)
    with pytest.raises(DisabledRepoError):
        list(HfApi().list_repo_tree(REPO))
    with pytest.raises(LocalEntryNotFoundError) as caught:
        fetch()
    assert isinstance(caught.value.__cause__, DisabledRepoError)


# ------------------------------------------------------------------ disturbances


def test_a_limited_rate_is_obeyed(hub: LocalHub, pauses: list[float]) -> None:
    hub.disturb(rate_limited(7), "GET .*/tree/", times=1)
    assert list(HfApi().list_repo_tree(REPO))
    assert pauses == [8.0]


def test_a_limited_rate_is_named(hub: LocalHub) -> None:
    hub.disturb(rate_limited(7))
    with pytest.raises(HfHubHTTPError, match="Retry after 7 seconds"):
        HfApi().model_info(REPO)


@pytest.mark.parametrize("status", [500, 503])
def test_a_broken_hub(hub: LocalHub, status: int) -> None:
    hub.disturb(broken(status))
    with pytest.raises(HfHubHTTPError, match="working hard to fix this") as caught:
        HfApi().model_info(REPO)
    assert caught.value.response.status_code == status


@BOTH
def test_a_download_that_breaks_off_is_resumed(
    hub: LocalHub, monkeypatch: pytest.MonkeyPatch, pauses: list[float]
) -> None:
    # The client keeps whole chunks only: of a file below 10 MB it would fetch all again.
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 16)
    hub.spoil(truncated(0.5), f"GET /{REPO}/.*/{WEIGHTS}", times=1)
    assert fetch() == TENSORS
    assert pauses == [1]
    assert hub.requests[-1].headers["range"] == "bytes=32-"
    assert hub.bytes_sent == 38 + 44


def test_a_slow_download_takes_its_time(hub: LocalHub) -> None:
    hub.spoil(trickle(0.2, pieces=4), f"GET .*/{WEIGHTS}")
    begin = time.monotonic()
    assert fetch() == TENSORS
    assert time.monotonic() - begin > 0.15


def test_a_slow_download_ends_with_the_hub(hub: LocalHub) -> None:
    hub.spoil(trickle(60, pieces=2), f"GET .*/{WEIGHTS}")
    with get_session().stream("GET", hf_hub_url(REPO, WEIGHTS), follow_redirects=True) as response:
        hub.close()
        with pytest.raises(httpx2.RemoteProtocolError):
            response.read()
    assert hub.bytes_sent == 0


@BOTH
def test_the_client_takes_corrupted_weights(hub: LocalHub) -> None:
    hub.spoil(corrupted(), f"GET .*/{WEIGHTS}")
    received = fetch()
    assert len(received) == len(TENSORS)
    assert received[:-1] == TENSORS[:-1]
    assert received[-1] == TENSORS[-1] ^ 0x80


@pytest.mark.parametrize("change", [truncated(0.5), trickle(1), corrupted()])
def test_a_head_has_nothing_to_spoil(hub: LocalHub, change: Change) -> None:
    hub.spoil(change, "HEAD ")
    assert get_hf_file_metadata(hf_hub_url(REPO, "config.json")).size == 2


def test_a_closed_hub_ends_what_is_open(hub: LocalHub) -> None:
    HfApi().model_info(REPO)
    hub.close()
    with pytest.raises(httpx2.ConnectError):
        HfApi().model_info(REPO)
