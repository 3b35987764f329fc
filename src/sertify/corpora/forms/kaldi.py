"""Data folders of Kaldi and ESPnet: wav.scp, and tables of speakers, emotions and segments."""

import contextlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from sertify.corpora.forms.manifests import Manifest, listing_of_all, split_named
from sertify.corpora.forms.other_columns import is_of_no_role
from sertify.corpora.forms.roles import Table
from sertify.corpora.listings import Declined, Form, Listing, Wish
from sertify.corpora.trees import Tree
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.files import stamp_of
from sertify.vocabulary.text import counted, quoted

# Tables beside wav.scp, by what they tell: the first that is there counts.
_BY_UTTERANCE = {
    "label": (
        *("utt2emo", "utt2emotion", "utt2emotions", "utt2label", "utt2category"),
        *("emotion", "emotions", "emo", "labels", "label"),
    ),
    "speaker": ("utt2spk", "utt2speaker"),
    "gender": ("utt2gender", "utt2sex"),
    "language": ("utt2lang", "utt2language"),
}
_BY_SPEAKER = {"gender": ("spk2gender", "spk2sex"), "language": ("spk2lang", "spk2language")}
_COLUMNS = ("utterance", *_BY_UTTERANCE)
# What else is told of each utterance or speaker, in files such as utt2accent and spk2age.
_OTHER = re.compile(r"(utt|spk)2(\w+)")
_NO_GROUPS = frozenset({"utt2dur", "utt2num_frames", "utt2uniq", "utt2num_samples", "spk2utt"})
_MOST_OTHERS = 30
_ARCHIVE = re.compile(r"\.(ark|scp):\d+(\[.*\])?$")
_LONGEST_LINE = 2**16
_MOST_BYTES = 2**26  # of a file that need not be read
_Segment = tuple[int, str, str, str | None, str | None]
_Lines = Mapping[str, tuple[int, str]]


def read_kaldi(tree: Tree, wish: Wish) -> Listing | Declined | None:
    """Read all data folders below a folder; no command of a wav.scp is ever run.

    Without emotions they are of speech recognition, and read where somebody asks for it only.

    Raises ``ConfigurationError`` where a row is none that can be read, naming it.
    """
    homes = [name.rpartition("/")[0] for name in tree.files if _base(name) == "wav.scp"]
    if not homes:
        return None
    named = [home for home in homes if split_named(home)]
    manifests = [_data_folder(tree, home) for home in named or homes]
    if not wish.named and not any(any(one.table.values(1)) for one in manifests):
        names = " or ".join(_BY_UTTERANCE["label"][:2])
        return Declined((f"wav.scp was not read: no {names} beside it tells emotions",))
    return listing_of_all(tree, manifests, "Kaldi data folder", wish, folders=True)


KALDI = Form("kaldi", "wav.scp", read_kaldi)


def _base(name: str) -> str:
    return name.rpartition("/")[2]


def _data_folder(tree: Tree, home: str) -> Manifest:
    folder = tree.root / home
    files = _table(folder / "wav.scp")
    _refuse_commands(folder / "wav.scp", files)
    segments = [*_segments(folder, files)] if (folder / "segments").is_file() else None
    cut = ("start", "end") if segments is not None else ()
    if segments is None:
        segments = [(line, name, name, None, None) for name, (line, _) in files.items()]
    others = dict(_others(folder))
    columns = (*_COLUMNS, *others, *cut)
    rows = tuple(
        (line, facts[: len(columns)]) for line, facts in _facts(folder, segments, others.values())
    )
    place = folder / ("segments" if (folder / "segments").is_file() else "wav.scp")
    paths = [files[recording][1] for _, _, recording, *_ in segments]
    name = f"{home}/{place.name}".lstrip("/")
    return Manifest(name, Table(place, columns, rows), paths)


def _others(folder: Path) -> Iterator[tuple[str, tuple[bool, _Lines]]]:
    """Yield what else files tell, with whether that is by speaker; what is no table is passed."""
    known = {*_NO_GROUPS, *(name for files in _BY_UTTERANCE.values() for name in files)}
    known |= {name for files in _BY_SPEAKER.values() for name in files}
    names = sorted({path.name for path in folder.iterdir()} - known)
    found = [match for name in names if (match := _OTHER.fullmatch(name))]
    for match in found[:_MOST_OTHERS]:
        size, *_ = stamp_of(folder / match[0]) or (0,)
        if is_of_no_role(match[2]) and 0 < size <= _MOST_BYTES:
            with contextlib.suppress(ConfigurationError):
                yield match[2], (match[1] == "spk", _table(folder / match[0]))


def _facts(
    folder: Path, segments: Iterable[_Segment], others: Collection[tuple[bool, _Lines]]
) -> Iterator[tuple[int, tuple[str | None, ...]]]:
    """Yield the rows of a table of what is told of each utterance, or of its speaker."""
    nothing = (0, "")
    told = {role: _first(folder, names) for role, names in _BY_UTTERANCE.items()}
    of_speaker = {role: _first(folder, names) for role, names in _BY_SPEAKER.items()}
    for line, utterance, _, start, end in segments:
        facts = {role: table.get(utterance, nothing)[1] for role, table in told.items()}
        for role, table in of_speaker.items():
            facts[role] = facts[role] or table.get(facts["speaker"], nothing)[1]
        more = [
            table.get(facts["speaker"] if of_spk else utterance, nothing)[1]
            for of_spk, table in others
        ]
        said = (value or None for value in (*facts.values(), *more))
        yield line, (utterance, *said, start, end)


def _segments(folder: Path, files: _Lines) -> Iterator[_Segment]:
    """Yield line, utterance, recording and stretch of each row of a table of segments."""
    path = folder / "segments"
    for utterance, (line, rest) in _table(path).items():
        place, fields = f"{path}:{line}", rest.split()
        if len(fields) not in (3, 4):
            raise ConfigurationError(
                f"{place}: has {counted(len(fields) + 1, 'field')}, but should have an utterance,"
                " a recording, its start and its end in seconds"
            )
        recording, start, end = fields[:3]
        if recording not in files:
            raise ConfigurationError(
                f"{place}: names the recording {quoted(recording)}, which wav.scp does not have"
            )
        # Kaldi writes -1 for the end of the recording.
        yield line, utterance, recording, start, None if end == "-1" else end


def _refuse_commands(path: Path, files: _Lines) -> None:
    piped = [(line, rest) for line, rest in files.values() if rest.endswith("|")]
    if piped:
        line, rest = piped[0]
        raise ConfigurationError(
            f"{path}:{line}: {quoted(rest)} is a command, and none is run"
            f" ({len(piped)} of {counted(len(files), 'row')}):"
            " run such commands once, and write the paths of what they make"
        )
    for line, rest in files.values():
        if _ARCHIVE.search(rest):
            raise ConfigurationError(
                f"{path}:{line}: {quoted(rest)} is a place in an archive of Kaldi, which is not"
                " read: copy it to files with `wav-copy scp:wav.scp scp:files.scp`"
            )
        if not rest:
            raise ConfigurationError(f"{path}:{line}: has an utterance, but no path after it")


def _first(folder: Path, names: Sequence[str]) -> _Lines:
    found = next((folder / name for name in names if (folder / name).is_file()), None)
    return {} if found is None else _table(found)


def _table(path: Path) -> _Lines:
    """Return number and rest of each line of a table, by its first field."""
    rows: dict[str, tuple[int, str]] = {}
    try:
        with path.open(encoding="utf-8-sig") as file:
            for number in range(1, 2**31):
                line = file.readline(_LONGEST_LINE + 1)
                if not line:
                    return rows
                if len(line) > _LONGEST_LINE or "\0" in line:
                    raise ConfigurationError(f"{path}:{number}: is no line of a table of Kaldi")
                key, _, rest = line.strip().replace("\t", " ").partition(" ")
                if key in rows:
                    raise ConfigurationError(
                        f"{path}:{number}: lists {quoted(key)} again, after line {rows[key][0]}"
                    )
                if key:
                    rows[key] = (number, rest.strip())
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: cannot be read as text in UTF-8: {error}") from error
    return rows
