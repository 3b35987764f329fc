"""Files of rows in Parquet or Arrow, read a few rows at a time."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sertify.corpora.sight import stand_in
from sertify.vocabulary.errors import ConfigurationError

_BUFFER = 2**20
_AT_A_TIME = 2**24  # bytes of rows
_MOST_ROWS = 4096


@dataclass(frozen=True)
class Shard:
    """A file of rows.

    ``name`` is its path relative to the data set; ``rows`` is None where it has to be read to tell.
    """

    path: Path
    name: str
    schema: Any
    rows: int | None = None

    def batches(
        self, columns: Sequence[str], wanted: Sequence[int] | None = None
    ) -> Iterator[tuple[int, Any]]:
        """Yield batches of some columns, each with the number of its first row, from 0.

        Those without any row of ``wanted``, in ascending order, may be left out. A part of a struct
        is named ``audio.path``; where it cannot be had alone, the whole is there.

        Raises ``ConfigurationError`` where the file cannot be read.
        """
        raise NotImplementedError


class ParquetShard(Shard):
    """A Parquet file; of a row group of any size, little is in memory."""

    def batches(  # noqa: D102
        self, columns: Sequence[str], wanted: Sequence[int] | None = None
    ) -> Iterator[tuple[int, Any]]:
        with readable(self.path, "a Parquet"), _parquet(self.path) as file:
            first = 0
            for group in range(file.num_row_groups):
                facts = file.metadata.row_group(group)
                last = first + facts.num_rows
                if _is_among(wanted, first, last):
                    options = {"row_groups": [group], "columns": [*columns], "use_threads": False}
                    for batch in file.iter_batches(_rows(self, facts, columns), **options):
                        yield first, batch
                        first += batch.num_rows
                first = last


class ArrowShard(Shard):
    """A file of Arrow, in either of its two formats."""

    def batches(  # noqa: D102
        self, columns: Sequence[str], wanted: Sequence[int] | None = None
    ) -> Iterator[tuple[int, Any]]:
        names = list(dict.fromkeys(name.partition(".")[0] for name in columns))
        with readable(self.path, "an Arrow"), _arrow(self.path) as reader:
            first = 0
            for batch in reader:
                last = first + batch.num_rows
                if _is_among(wanted, first, last):
                    batch.validate(full=True)
                    yield first, batch.select(names)
                first = last


@contextmanager
def readable(path: Path, kind: str) -> Iterator[None]:
    """Say in words what is wrong with a file that is no Parquet or Arrow."""
    import pyarrow

    try:
        yield
    except ConfigurationError:
        raise
    except (pyarrow.ArrowException, OSError, ValueError, OverflowError) as error:
        what = stand_in(path) or str(error).partition("\n")[0][:200]
        raise ConfigurationError(f"{path}: is not {kind} file: {what}") from error


def parquet_shard(path: Path, name: str) -> Shard:
    """Return a Parquet file. Raises ``ConfigurationError`` where it is none."""
    with readable(path, "a Parquet"), _parquet(path) as file:
        return ParquetShard(path, name, file.schema_arrow, file.metadata.num_rows)


def arrow_shard(path: Path, name: str) -> Shard:
    """Return a file of Arrow. Raises ``ConfigurationError`` where it is none."""
    with readable(path, "an Arrow"), _arrow(path) as reader:
        return ArrowShard(path, name, reader.schema)


def _parquet(path: Path) -> Any:
    from pyarrow import parquet

    # Without a buffer, the whole of a column of a row group would be read at once.
    return parquet.ParquetFile(path, buffer_size=_BUFFER, pre_buffer=False)


@contextmanager
def _arrow(path: Path) -> Iterator[Any]:
    import pyarrow
    from pyarrow import ipc

    with pyarrow.memory_map(str(path)) as source:
        magic = source.read(6)
        source.seek(0)
        if magic == b"ARROW1":
            with ipc.open_file(source) as file:
                yield _Batches(file)
        else:
            with ipc.open_stream(source) as stream:
                yield stream


class _Batches:
    """The batches of a file of Arrow as those of a stream."""

    def __init__(self, file: Any) -> None:
        self.schema, self._file = file.schema, file

    def __iter__(self) -> Iterator[Any]:
        for index in range(self._file.num_record_batches):
            yield self._file.get_batch(index)


def _is_among(wanted: Sequence[int] | None, first: int, last: int) -> bool:
    """Whether any row of a stretch is wanted, of which they are in ascending order."""
    return wanted is None or bisect_left(wanted, first) < bisect_left(wanted, last)


def _rows(shard: Shard, group: Any, columns: Sequence[str]) -> int:
    """Return how many rows of a group to read at a time: few, where recordings are read.

    What the metadata of a single column says is not asked for: where that is corrupt, pyarrow ends
    the process.
    """
    from pyarrow import types

    kinds = [shard.schema.field(name).type for name in columns if "." not in name]
    heavy = any(types.is_nested(kind) or types.is_binary(kind) for kind in kinds)
    heavy = heavy or any(types.is_large_binary(kind) for kind in kinds)
    heavy = heavy or any(name.endswith(".bytes") for name in columns)
    mean = group.total_byte_size / max(1, group.num_rows) if heavy else 1
    return int(min(_MOST_ROWS, max(1, _AT_A_TIME / max(1.0, mean))))
