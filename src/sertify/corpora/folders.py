"""A folder of audio files, which may lie in a folder per label."""

from pathlib import Path

from sertify.corpora.audio import SUFFIXES
from sertify.corpora.clips import Clip
from sertify.corpora.listings import Listing
from sertify.corpora.metadata import metadata_in
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.text import listed


def audio_in(folder: Path) -> tuple[str, ...]:
    """Return the audio files below a folder, relative to it; links to folders are not followed.

    Raises ``ConfigurationError`` where there are none.
    """
    names = tuple(
        file.relative_to(folder).as_posix()
        for file in sorted(folder.rglob("*"))
        # macOS leaves a ._a.wav beside an a.wav, which holds no audio.
        if file.suffix.lower() in SUFFIXES and not file.name.startswith("._") and file.is_file()
    )
    if not names:
        raise ConfigurationError(f"--data {folder}: holds no audio ({listed(sorted(SUFFIXES))})")
    return names


def read_folders(folder: Path) -> Listing:
    """Read audio files; the first folder on the way to a file is its label.

    Where most files lie in no folder, the others' are none.
    """
    names = audio_in(folder)
    labelled = 2 * sum("/" in name for name in names) >= len(names)
    clips = tuple(
        Clip(name, folder / name, name.partition("/")[0] if labelled and "/" in name else None)
        for name in names
    )
    if labelled:
        return Listing(clips, "folder per label")
    folders = sorted({name.partition("/")[0] for name in names if "/" in name})
    warning = (
        f"most clips are in no folder, so folders are not taken for labels: {listed(folders)};"
        " if they are labels, put every clip into the folder of its label"
    )
    return Listing(clips, "plain files", warnings=(warning,) if folders else ())


def refuse_nested(folder: Path) -> None:
    """Complain of folders that each have a metadata file: it is unclear which is meant."""
    below = sorted(path for path in folder.glob("*") if path.is_dir())
    nested = [path.name for path in below if metadata_in(path) is not None]
    if nested:
        raise ConfigurationError(
            f"--data {folder}: has no metadata.csv, but its folders {listed(nested)} have one;"
            f" give one of them, such as --data {folder / nested[0]}"
        )
