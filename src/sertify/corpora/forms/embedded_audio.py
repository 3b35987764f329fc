"""AudioColumn out of the rows of Parquet and Arrow files, to where each can be read by itself."""

import io
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import soundfile

from sertify.corpora.clips import Clip, Heed
from sertify.corpora.forms.features import AudioColumn
from sertify.corpora.forms.shards import Shard
from sertify.corpora.trees import Tree
from sertify.corpora.unpacking import Unpacked
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.files import stamp_of
from sertify.vocabulary.text import quoted

Place = tuple[int, int, str | None]
"""The number of the file, that of the row in it, and the path that the row says."""


def fetched(
    tree: Tree,
    held: Sequence[tuple[Shard, AudioColumn]],
    places: Mapping[str, Place],
    kept: Sequence[Clip],
    heed: Heed | None = None,
) -> list[Clip]:
    """Return the clips with their recordings in a temporary file, digested on the way.

    ``heed`` is told how many are there.

    Where a row has the path of a file only, the clip is that file, which may be missing.

    Raises ``ConfigurationError`` where no row has a recording and no file is there.
    """
    by_shard: defaultdict[int, dict[int, list[Clip]]] = defaultdict(lambda: defaultdict(list))
    for clip in kept:
        file, row, _ = places[clip.name]
        by_shard[file][row].append(clip)
    unpacked, found = Unpacked(), dict[str, Clip]()
    for number, wanted in sorted(by_shard.items()):
        shard, column = held[number]
        for row, content in _contents(shard, column, sorted(wanted)):
            for clip in wanted[row]:
                found[clip.name] = unpacked.placed(clip, content)
            if heed is not None:
                heed("reading the speech, clips", len(found), len(kept))
    packed = {shard.path for shard, _ in held}
    stamp = next((stamp_of(clip.path) for clip in found.values()), None)
    clips = [
        replace(found[clip.name], stamp=stamp)
        if clip.name in found
        else replace(clip, path=clip.path if clip.path not in packed else tree.root / clip.name)
        for clip in kept
    ]
    if clips and not found and not any(clip.path.is_file() for clip in clips):
        _refuse_empty(tree, held[0][1], places[kept[0].name][2])
    return clips


def _contents(
    shard: Shard, column: AudioColumn, wanted: Sequence[int]
) -> Iterator[tuple[int, bytes | memoryview]]:
    """Yield the recordings of some rows, as files; rows without one are left out."""
    rows = frozenset(wanted)
    for first, batch in shard.batches(column.columns, wanted):
        values = batch.column(column.name)
        cells = values.field("bytes") if column.kind == "struct" else values
        for index in range(batch.num_rows):
            if first + index not in rows or not cells[index].is_valid:
                continue
            if column.kind in ("struct", "bytes"):
                yield first + index, memoryview(cells[index].as_buffer())
            elif wav := _wav(
                cells[index], batch.column(column.rate)[index] if column.rate else None
            ):
                yield first + index, wav


def _wav(cell: Any, rate: Any) -> bytes | None:
    """Return samples as a file; None where there are none, or no rate that could be true."""
    if rate is None:
        cell, rate = cell["array"], cell["sampling_rate"]
    hertz = rate.as_py()
    if not cell.is_valid or not isinstance(hertz, int | float) or not 0 < hertz < 2**31:
        return None
    samples = cell.values.to_numpy(zero_copy_only=False)
    kinds = {"int16": "PCM_16", "int32": "PCM_32", "float64": "DOUBLE"}
    if samples.dtype.name not in kinds:
        samples = samples.astype(np.float32)
    file = io.BytesIO()
    subtype = kinds.get(samples.dtype.name, "FLOAT")
    soundfile.write(file, samples, int(hertz), format="WAV", subtype=subtype)
    return file.getvalue()


def _refuse_empty(tree: Tree, column: AudioColumn, path: str | None) -> None:
    paths = f"only paths, such as {quoted(path)}, which lead to no file in that folder"
    what = paths if path else "nothing"
    raise ConfigurationError(
        f"--data {tree.root}: {column.name} holds {what}; write the data set with its recordings"
        " in it, as push_to_hub of datasets does, or put the files beside it"
    )
