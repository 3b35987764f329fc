"""The commits that were judged, written and read."""

from pathlib import Path

import pytest

from sertify.candidates.locks import Locked, lock_path, read_lock, require_writable, write_lock
from sertify.vocabulary.errors import ConfigurationError

ENTRIES = {
    "wavlm": Locked("org/wavlm", "8f2b1c" * 6 + "+" + "1" * 40),
    "007": Locked("./on: disk", "sha256:00"),
    "no": Locked("org/한국어", "1" * 40),
}


@pytest.fixture
def candidates(tmp_path: Path) -> Path:
    return tmp_path / "candidates.yaml"


def test_what_is_written_is_read(candidates: Path) -> None:
    assert write_lock(candidates, ENTRIES) == lock_path(candidates)
    assert read_lock(candidates) == ENTRIES
    assert list(read_lock(candidates)) == list(ENTRIES)


def test_a_lock_stands_beside_its_candidates_and_says_what_it_is(candidates: Path) -> None:
    path = write_lock(candidates, ENTRIES)
    assert path == candidates.parent / "candidates.lock.yaml"
    assert path.read_text("utf-8").startswith("# The commits that were judged, written by")


def test_no_lock(candidates: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_lock(candidates)
    path = lock_path(candidates)
    assert str(caught.value) == f"{path}: no such file; write it with `pytest --lock`"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "wavlm: 8f2b1c",
        "wavlm: {commit: 8f2b1c}",
        "wavlm: {model: a}",
        "{",
    ],
)
def test_what_is_no_lock(candidates: Path, text: str) -> None:
    lock_path(candidates).write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        read_lock(candidates)
    path = lock_path(candidates)
    message = f"{path}: cannot be read as a lock; write a new one with `pytest --lock`"
    assert str(caught.value) == message


def test_a_lock_that_cannot_be_written(candidates: Path) -> None:
    require_writable(candidates)
    lock_path(candidates).mkdir()
    with pytest.raises(ConfigurationError, match="cannot be written; change its permissions"):
        require_writable(candidates)
