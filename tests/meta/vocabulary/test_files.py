"""Nobody reads half of a file."""

from pathlib import Path

import pytest

from sertify.vocabulary.files import MOST_BYTES, read_start, read_text, write_whole


def test_a_file_is_replaced_and_no_draft_is_left(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    for text in ("old", "new: Ä, \udce4\n"):
        write_whole(path, text)
    assert path.read_bytes() == "new: Ä, \\udce4\n".encode()
    assert [*tmp_path.iterdir()] == [path]


def test_of_a_file_without_end_the_start_is_read(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text("Ä" * (MOST_BYTES // 2), "utf-8")
    assert len(read_text(path)) == MOST_BYTES // 2
    path.write_bytes(bytes(MOST_BYTES + 2))
    assert len(read_start(path)) == MOST_BYTES + 1
    with pytest.raises(ValueError, match=r"^it has more than the 33,554,432 bytes that are read$"):
        read_text(path)
