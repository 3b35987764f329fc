"""What an audformat database says of files and speakers beside what roles name."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sertify.corpora.clusters import Values
from sertify.corpora.columns import NONE, OtherColumns, columns_of_rows, plain_text
from sertify.corpora.forms.database_tables import (
    described_speakers,
    load_table,
    stretches_of,
    texts,
    values_of,
)
from sertify.corpora.forms.other_columns import is_of_no_role
from sertify.corpora.listings import is_there

_MOST_BYTES = 2**26  # of a table that need not be read


def told_of_files(header: Path, database: Any, table: str, labels: str) -> list[OtherColumns]:
    """Return what is said of each row of the table that has the labels, in columns of no role.

    It stands in that table, in tables of whole files, or with the labels of the speakers' scheme;
    the first that has a column counts.
    """
    own = database[table]
    files = [file for file, _, _ in stretches_of(own.df.index)]
    found: dict[str, Values] = {}
    for name, values in (
        *((str(name), texts(own.df[name])) for name in own.columns if str(name) != labels),
        *_of_whole_files(header, database, table, files),
        *_of_speakers(database, table, values_of(header, database, table, "speaker")),
    ):
        if is_of_no_role(name):
            found.setdefault(name, values)
    return columns_of_rows(found) if found else [NONE] * len(files)


def _of_whole_files(
    header: Path, database: Any, table: str, files: Sequence[str]
) -> Iterator[tuple[str, Values]]:
    for other in database.tables:
        if other == table or not database[other].is_filewise or not _is_small(header, other):
            continue
        # What nobody asked for may be broken.
        with contextlib.suppress(Exception):
            load_table(header, database, other)
            frame = database[other].df
            rows = [*map(str, frame.index)]
            for name in database[other].columns:
                by_file = dict(zip(rows, texts(frame[name]), strict=True))
                yield str(name), [by_file.get(file) for file in files]


def _is_small(header: Path, table: str) -> bool:
    names = [f"{header.stem}.{table}{suffix}" for suffix in (".csv", ".parquet")]
    paths = [header.parent / name for name in names if is_there(header.parent, name)]
    return sum(path.stat().st_size for path in paths) <= _MOST_BYTES


def _of_speakers(database: Any, table: str, speakers: Values) -> Iterator[tuple[str, Values]]:
    described = described_speakers(database, table)
    facts = {who: told for who, told in described.items() if isinstance(told, Mapping)}
    for name in dict.fromkeys(str(key) for told in facts.values() for key in told):
        by_speaker = {who: _text(told, name) for who, told in facts.items()}
        yield name, [by_speaker.get(speaker or "") for speaker in speakers]


def _text(told: Mapping[Any, Any], name: str) -> str | None:
    return next((plain_text(value) for key, value in told.items() if str(key) == name), None)
