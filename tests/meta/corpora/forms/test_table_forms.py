"""Tables of recordings as people have them: what is read of each, or why it is refused."""

from pathlib import Path

import pytest

from tests.meta.corpora.rows import Row, check, noises

CSV = "file_name,label,speaker\na.wav,angry,anna\nb.wav,sad,ben\n"


def write(*names: str, **texts: str | bytes) -> "Write":
    return Write(names, texts)


class Write:
    """Writes noise, and tables whose names are given with ``_`` for the dot."""

    def __init__(self, names: tuple[str, ...], texts: dict[str, str | bytes]) -> None:
        self.names, self.texts = names, texts

    def __call__(self, root: Path) -> Path | None:
        noises(root, *self.names)
        for name, text in self.texts.items():
            path = root / name.replace("__", "/").replace("_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return None

    def given(self, name: str) -> "Given":
        """Give one of the files instead of the folder."""
        return Given(self, name)


class Given:
    """Writes as another one does, and returns the path of a file of it."""

    def __init__(self, write: Write, name: str) -> None:
        self.write, self.name = write, name

    def __call__(self, root: Path) -> Path:
        self.write(root)
        return root / self.name


FILES = [
    Row(
        "a table is given instead of its folder",
        write("a.wav", "b.wav", labels_csv=CSV, other_csv=CSV).given("labels.csv"),
        layout="labels.csv",
        emotions={"anger": 1, "sadness": 1},
        speakers=frozenset({"anna", "ben"}),
    ),
    Row(
        "a table that is given needs no labels",
        write("a.wav", data_csv="file\na.wav\n").given("data.csv"),
        emotions={"": 1},
    ),
    Row(
        "a file that is no table is refused",
        write("a.wav").given("a.wav"),
        refused=r"--data PATH: is a file, but should be a folder, or a file such as \.csv",
    ),
    Row(
        "a table is read as a table only",
        write("a.wav", data_csv="file\na.wav\n").given("data.csv"),
        options={"layout": "emodb"},
        refused="PATH: is a table, which layout emodb does not read; give its folder",
    ),
]


@pytest.mark.parametrize("row", FILES, ids=lambda row: row.name)
def test_what_is_read_of_a_table(row: Row, tmp_path: Path) -> None:
    check(row, tmp_path)
