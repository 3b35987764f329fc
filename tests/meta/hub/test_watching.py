"""What is written while it is judged is noticed, and what only looks so is not."""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from huggingface_hub import close_session

from sertify.candidates.entries import SamplingRate
from sertify.candidates.reading import Candidate
from sertify.hub import repositories
from sertify.hub.repositories import fetch, local
from sertify.hub.snapshots import Snapshot, take_snapshot
from sertify.hub.watching import Watch
from sertify.vocabulary.errors import Blocked
from tests.meta import tiny
from tests.meta.local_hub import LocalHub, use_hub


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tiny.build(tmp_path / "model")


def watched(folder: Path, **terms: object) -> Watch:
    return Watch(take_snapshot(Candidate("tiny", "./model", folder, **terms)))  # type: ignore[arg-type]


def overwrite(path: Path) -> None:
    """Write other bytes of the same number in place, as a training does."""
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    with path.open("r+b") as file:
        file.write(content)


def replace(path: Path) -> None:
    """Put another file in its place."""
    draft = path.with_name(f"{path.name}.new")
    draft.write_bytes(path.read_bytes() + b"\0")
    draft.replace(path)


def back_in_time(path: Path) -> None:
    """Put another file of the same size and time in its place, as `rsync --times` does."""
    before = path.stat()
    draft = path.with_name(f"{path.name}.new")
    draft.write_bytes(bytes(before.st_size))
    os.utime(draft, ns=(before.st_atime_ns, before.st_mtime_ns))
    draft.replace(path)


@pytest.mark.parametrize(
    "change", [overwrite, replace, back_in_time, Path.unlink], ids=lambda change: change.__name__
)
def test_a_file_that_is_written_is_noticed(folder: Path, change: Callable[[Path], None]) -> None:
    watch = watched(folder)
    assert not watch.changed()
    change(folder / "model.safetensors")
    assert watch.changed() == "model.safetensors of ./model"
    with pytest.raises(
        Blocked, match=r"model\.safetensors of \./model was written while"
    ) as caught:
        watch.require()
    assert caught.value.reason.code == "changed_while_judged"


def test_so_is_one_that_comes_and_a_folder_that_goes(folder: Path) -> None:
    watch, other = watched(folder), watched(folder)
    (folder / "adapter_model.safetensors").touch()
    assert watch.changed() == "adapter_model.safetensors of ./model"
    shutil.rmtree(folder)
    assert other.changed() == "config.json of ./model"


def test_who_has_changed_once_is_no_longer_trusted(folder: Path) -> None:
    watch, path = watched(folder), folder / "model.safetensors"
    content = path.read_bytes()
    overwrite(path)
    assert watch.changed()
    path.write_bytes(content)
    assert watch.changed()


def touch(folder: Path) -> None:
    os.utime(folder / "model.safetensors")


def move(folder: Path) -> None:
    shutil.copytree(folder, folder.parent / "copy")
    shutil.rmtree(folder)
    (folder.parent / "copy").rename(folder)


def import_code(folder: Path) -> None:
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "code.pyc").touch()


def hide(folder: Path) -> None:
    (folder / ".lock").touch()


@pytest.mark.parametrize(
    "change", [touch, move, import_code, hide], ids=lambda change: change.__name__
)
def test_what_only_looks_new_is_no_change(folder: Path, change: Callable[[Path], None]) -> None:
    watch = watched(folder)
    change(folder)
    watch.require()


def test_contents_are_read_again_only_where_a_file_looks_new(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = watched(folder)
    with monkeypatch.context() as context:
        context.setattr(repositories, "_digests", None)  # whoever reads them fails
        watch.require()
    touch(folder)
    watch.require()
    monkeypatch.setattr(repositories, "_digests", None)
    watch.require()


def test_the_folder_of_the_feature_extractor_is_watched_too(folder: Path, tmp_path: Path) -> None:
    other = tiny.build(tmp_path / "other")
    watch = watched(folder, feature_extractor="./other", feature_extractor_folder=other)
    overwrite(other / "preprocessor_config.json")
    assert watch.changed() == "preprocessor_config.json of ./other"
    assert not watched(folder, feature_extractor=SamplingRate(sampling_rate=8_000)).changed()


def test_a_folder_that_is_written_without_end_is_told(folder: Path) -> None:
    ended = threading.Event()

    def write() -> None:
        number = 0
        while not ended.is_set():
            number += 1
            (folder / "log.txt").write_text("x" * number)

    writer = threading.Thread(target=write)
    big = folder / "optimizer.bin"
    big.write_bytes(bytes(50_000_000))
    writer.start()
    try:
        with pytest.raises(Blocked, match="is written to all the time; wait until that") as caught:
            local("./model", folder)
    finally:
        ended.set()
        writer.join()
    assert caught.value.reason.code == "changed_while_judged"


@pytest.fixture
def of_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Snapshot]:
    """Return a snapshot of a hub on this machine, with its weights."""
    tiny.build(tmp_path / "hub" / "org" / "model")
    with LocalHub(tmp_path / "hub") as server:
        use_hub(monkeypatch, server.url, tmp_path / "cache")
        snapshot = take_snapshot(Candidate("tiny", "org/model"))
        yield snapshot
    close_session()


def test_what_is_downloaded_is_no_change_but_what_is_written_over_it_is(of_hub: Snapshot) -> None:
    watch = Watch(of_hub)
    watch.require()
    fetch(of_hub, ["model.safetensors"])
    watch.require()
    path = (of_hub.folder / "model.safetensors").resolve()
    os.utime(path)
    watch.require()
    overwrite(path)
    assert watch.changed() == "model.safetensors of org/model"


def test_what_is_taken_out_of_the_cache_is_no_change(of_hub: Snapshot) -> None:
    fetch(of_hub, ["model.safetensors"])
    watch = Watch(of_hub)
    watch.require()
    (of_hub.folder / "model.safetensors").unlink()
    watch.require()
