"""Data sets of Hugging Face for tests, as `datasets` writes them."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow
from pyarrow import parquet

from tests.meta.corpora.rows import noise

AUDIO = {"_type": "Audio", "sampling_rate": 16000}


def class_label(*names: str) -> dict[str, Any]:
    return {"names": [*names], "_type": "ClassLabel"}


def recording(folder: Path, name: str) -> dict[str, Any]:
    """Return a cell of a column of recordings: some noise, under the base of a name."""
    path = noise(folder / "unpacked" / name)
    cell = {"bytes": path.read_bytes(), "path": name.rpartition("/")[2]}
    path.unlink()
    return cell


def table_of(columns: Mapping[str, Sequence[Any]], features: Mapping[str, Any] | None) -> Any:
    """Return a table of Arrow with the features that `datasets` notes in its schema."""
    table = pyarrow.table({name: pyarrow.array(values) for name, values in columns.items()})
    if features is None:
        return table
    noted = json.dumps({"info": {"features": dict(features)}}).encode()
    return table.replace_schema_metadata({b"huggingface": noted})


def write_parquet(
    path: Path, columns: Mapping[str, Sequence[Any]], features: Mapping[str, Any] | None = None
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(table_of(columns, features), path)


def write_arrow(
    path: Path, columns: Mapping[str, Sequence[Any]], features: Mapping[str, Any] | None = None
) -> None:
    """Write a file in the format of streams, with the state of its data set beside it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    table = table_of(columns, features)
    with pyarrow.OSFile(str(path), "wb") as sink, pyarrow.ipc.new_stream(sink, table.schema) as out:
        out.write_table(table, max_chunksize=2)
    state = {"_data_files": [{"filename": path.name}], "_split": path.parent.name}
    (path.parent / "state.json").write_text(json.dumps(state))
    (path.parent / "dataset_info.json").write_text("{}")
