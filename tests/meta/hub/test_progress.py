"""Downloads tell how far they are, and draw nothing themselves."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import close_session, file_download

from sertify.candidates.reading import Candidate
from sertify.hub.repositories import fetch
from sertify.hub.snapshots import Snapshot, take_snapshot
from tests.meta import virtual_terminal
from tests.meta.local_hub import LocalHub, trickle, truncated, use_hub
from tests.meta.plugin.test_progress import command, environment
from tests.meta.runs import FIXTURES, ROOT

REPO = "org/model"
SIZE = 50_000
WEIGHTS = [f"model-0000{n}-of-00002.safetensors" for n in (1, 2)]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LocalHub]:
    """A hub with a copy of a model that is in the fixtures."""
    shutil.copytree(FIXTURES / "models" / "wav2vec2-tiny", tmp_path / "hub" / REPO)
    with LocalHub(tmp_path / "hub") as local:
        yield local


@pytest.fixture
def snapshot(
    server: LocalHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Snapshot]:
    """A repository whose weights are in two files that are not here yet."""
    for number, name in enumerate(WEIGHTS):
        (server.root / REPO / name).write_bytes(bytes([number]) * SIZE)
    use_hub(monkeypatch, server.url, tmp_path / "cache")
    monkeypatch.setattr(file_download.constants, "DOWNLOAD_CHUNK_SIZE", SIZE // 10)
    yield take_snapshot(Candidate(name="model", model=REPO))
    close_session()


def told(snapshot: Snapshot) -> list[tuple[float, float]]:
    """Fetch the weights, and return what was told of it."""
    found: list[tuple[float, float]] = []
    fetch(snapshot, WEIGHTS, lambda done, total: found.append((done, total)))
    return found


def test_a_download_tells_bytes_of_all_files(
    snapshot: Snapshot, capfd: pytest.CaptureFixture[str]
) -> None:
    found = told(snapshot)
    assert {total for _, total in found} == {2 * SIZE}
    assert found[0][0] == 0
    assert max(done for done, _ in found) == 2 * SIZE
    assert len({done for done, _ in found}) > 10
    assert capfd.readouterr() == ("", "")


def test_what_is_here_is_not_downloaded(snapshot: Snapshot) -> None:
    fetch(snapshot, WEIGHTS[:1])
    assert {total for _, total in told(snapshot)} == {SIZE}
    assert told(snapshot) == []


def test_a_download_that_breaks_off_never_tells_too_much(
    snapshot: Snapshot, server: LocalHub
) -> None:
    server.spoil(truncated(0.5), WEIGHTS[0], times=1)
    found = told(snapshot)
    assert max(done for done, _ in found) == 2 * SIZE
    assert (snapshot.folder / WEIGHTS[0]).stat().st_size == SIZE


@pytest.mark.slow(7)
def test_a_terminal_shows_the_download(
    server: LocalHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    server.spoil(trickle(2), "model.safetensors", times=None)
    listing = tmp_path / "candidates.yaml"
    listing.write_text(f"candidates: [{{name: net, model: {REPO}}}]\n", "utf-8")
    args = command(tmp_path / "reports", "-mloadability", f"--candidates={listing}")
    told = environment(HF_ENDPOINT=server.url, HF_HOME=str(tmp_path / "home"), HF_TOKEN="")
    session = virtual_terminal.Session(args, told)
    shown = {lines[-1] for lines in session.follow()}
    assert session.process.returncode == 0, session.output
    assert any(line.startswith("net (1 of 1): downloading 0 kB of ") for line in shown)
    assert "Fetching" not in session.output
    assert "net (1 of 1)" not in "\n".join(session.screen.text)
    assert any(line.startswith("net ") and " ok " in line for line in session.screen.text)
