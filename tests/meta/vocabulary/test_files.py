"""Nobody reads half of a file."""

from pathlib import Path

from sertify.vocabulary.files import write_whole


def test_a_file_is_replaced_and_no_draft_is_left(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    for text in ("old", "new: Ä, \udce4\n"):
        write_whole(path, text)
    assert path.read_bytes() == "new: Ä, \\udce4\n".encode()
    assert [*tmp_path.iterdir()] == [path]
