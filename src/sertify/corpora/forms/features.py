"""Columns of Arrow: those that hold recordings, and texts of those that say something of them."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sertify.corpora.formats import START, format_of
from sertify.corpora.forms.roles import aliases_of
from sertify.corpora.forms.shards import Shard
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.text import fold, listed, quoted

_OTHER_MEDIA = ("Image", "Video", "Pdf")
_RATES = frozenset({"sampling rate", "sample rate", "samplerate", "sr"})
_NAMES = aliases_of("file_name") | frozenset(
    {"speech", "array", "samples", "waveform", "signal", "bytes", "input values"}
)
"""Folded names of columns that people call recordings."""


def features_of(metadata: Mapping[bytes, bytes] | None) -> Mapping[str, Any]:
    """Return what `datasets` notes of the columns in the metadata of a schema, by their names."""
    try:
        noted = json.loads((metadata or {}).get(b"huggingface", b"{}"))
        features = noted["info"]["features"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return {}
    return features if isinstance(features, dict) else {}


def classes_of(feature: Any) -> tuple[str, ...]:
    """Return the names of the classes that integers of a column stand for, if it has such."""
    if not isinstance(feature, dict) or feature.get("_type") != "ClassLabel":
        return ()
    names = feature.get("names")
    return tuple(map(str, names)) if isinstance(names, list) else ()


@dataclass(frozen=True)
class AudioColumn:
    """The column of recordings, and how they lie in it.

    Parameters
    ----------
    kind
        ``bytes`` of files, or a ``struct`` of these and a path; ``samples``, or an ``array`` of
        them with its rate.
    rate
        The column of sampling rates, for ``samples``.
    """

    name: str
    kind: str
    rate: str = ""

    @property
    def columns(self) -> list[str]:
        """What has to be read for the recordings."""
        return [self.name, self.rate] if self.rate else [self.name]


def audio_column(shard: Shard, wanted: str = "") -> AudioColumn | str:
    """Return the column of recordings of a file of rows; else why there is none, "" for no trace.

    Raises ``ConfigurationError`` where there are several, and none is ``wanted``.
    """
    found = dict(_candidates(shard))
    doubts = [why for why in found.values() if isinstance(why, str)]
    sound = [one for one in found.values() if isinstance(one, AudioColumn)]
    called = [one for one in sound if fold(one.name) in _NAMES] if len(sound) > 1 else sound
    if wanted:
        called = [one for one in sound if fold(one.name) == fold(wanted)]
    elif len(called) != 1 and len(sound) > 1:
        names = listed(one.name for one in sound)
        raise ConfigurationError(
            f"{shard.path}: the columns {names} each hold recordings; choose one, such as with"
            f" layout {'arrow' if shard.path.suffix == '.arrow' else 'parquet'}:{sound[0].name}"
        )
    if called:
        return called[0]
    if wanted:
        return f"{shard.name} has no column {quoted(wanted)} of recordings"
    return doubts[0] if doubts else ""


def _candidates(shard: Shard) -> Iterator[tuple[str, AudioColumn | str]]:
    features = features_of(shard.schema.metadata)
    names = shard.schema.names
    rate = next((name for name in names if fold(name) in _RATES), "")
    for name in names:
        feature = features.get(name)
        noted = feature.get("_type") if isinstance(feature, dict) else None
        kind = kind_of_recordings(shard.schema.field(name).type)
        if not kind or noted in _OTHER_MEDIA:
            continue
        if noted == "Audio" or kind == "array":
            yield name, AudioColumn(name, kind)
        elif kind == "samples":
            if fold(name) in _NAMES:
                lacking = f"{shard.name}: {name} holds samples, but no column sampling_rate"
                yield (
                    name,
                    AudioColumn(name, kind, rate) if rate else f"{lacking} says at which rate",
                )
        elif (start := _start_of(shard, name, kind)) is None or _is_audio(
            start, called=fold(name) in _NAMES
        ):
            yield name, AudioColumn(name, kind)
        elif fold(name) in _NAMES:
            yield name, f"{shard.name}: {name} holds bytes that are no audio file"


def _start_of(shard: Shard, name: str, kind: str) -> bytes | None:
    """Return how the first recording of a column begins that is not empty; None without one."""
    column = f"{name}.bytes" if kind == "struct" else name
    for _, batch in shard.batches([column]):
        values = batch.column(0).field("bytes") if kind == "struct" else batch.column(0)
        for value in values:
            if value.is_valid and (buffer := value.as_buffer()).size:
                return bytes(memoryview(buffer)[:START])
    return None


def kind_of_recordings(kind: Any) -> str:
    """Return how a column of a type of Arrow may hold recordings; "" where it cannot."""
    from pyarrow import types

    if types.is_struct(kind):
        parts = {kind.field(index).name: kind.field(index).type for index in range(len(kind))}
        if "bytes" in parts:
            # Of a table of paths, the type of what is nowhere there may be unknown.
            fits = types.is_null(parts["bytes"]) or kind_of_recordings(parts["bytes"]) == "bytes"
            return "struct" if fits else ""
        listed = kind_of_recordings(parts["array"]) if "array" in parts else ""
        return "array" if listed == "samples" and "sampling_rate" in parts else ""
    if types.is_binary(kind) or types.is_large_binary(kind):
        return "bytes"
    is_list = types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)
    if is_list and (types.is_floating(kind.value_type) or types.is_integer(kind.value_type)):
        return "samples"
    return ""


def is_plain(kind: Any) -> bool:
    """Whether a column of a type of Arrow holds texts or numbers."""
    from pyarrow import types

    if types.is_dictionary(kind):
        return is_plain(kind.value_type)
    text = types.is_string(kind) or types.is_large_string(kind)
    number = types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind)
    return bool(text or number)


def _is_audio(start: bytes, *, called: bool) -> bool:
    """Whether a file begins as one that holds audio.

    What PyAV reads may be a film or a picture: in a column that is ``called`` otherwise, it is.
    """
    found = format_of(start)
    if found is None:
        return start[:1] == b"\xff" and start[1:2] >= b"\xe0"  # MP3 without a tag
    return called if found.demuxer else not found.flaw


def texts_of(place: str, name: str, column: Any, classes: tuple[str, ...]) -> list[str | None]:
    """Return the values of a column as texts, None where there is none.

    Integers that stand for classes become their names. Raises ``ConfigurationError`` for what is
    no text, and for a class that has no name.
    """
    values = column.to_pylist()
    if classes:
        return [*_names(place, name, values, classes)]
    return [_text(place, name, value) for value in values]


def _names(
    place: str, column: str, values: list[Any], classes: tuple[str, ...]
) -> Iterator[str | None]:
    for value in values:
        if value is None or value == -1:  # as datasets writes that there is none
            yield None
        elif isinstance(value, int) and 0 <= value < len(classes):
            yield classes[value]
        else:
            raise ConfigurationError(
                f"{place}: {column} holds {quoted(value)}, but its classes are 0 to"
                f" {len(classes) - 1}, as the metadata of the file says"
            )


def _text(place: str, column: str, value: Any) -> str | None:
    if isinstance(value, dict | list | bytes):
        kind = {dict: "an object", list: "a list", bytes: "binary data"}[type(value)]
        raise ConfigurationError(f"{place}: {column} is {kind}, but should be text or a number")
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if value is None or value != value:  # NaN
        return None
    text = str(value)
    if "\0" in text:
        raise ConfigurationError(f"{place}: {column} is {quoted(text)}, but should hold no NUL")
    return text.strip() or None
