"""Archives as the folders that they were made of, in a temporary place."""

import shutil
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from sertify.corpora.contents import Content
from sertify.corpora.tars import files_in_tar, plain_tar, readable_archive, require_room
from sertify.corpora.trees import MOST_FILES, SYSTEM_FOLDERS, Tree, tree_of
from sertify.corpora.unpacking import Scratch
from sertify.vocabulary.archives import UNREAD_ARCHIVES, ZIP, archive_kind, without_ending
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.text import listed, quoted

_LONGEST_PART = 255
_ENCRYPTED, _UTF8 = 0x1, 0x800


@dataclass(frozen=True)
class UnpackedTree:
    """The files of archives; ``keeper`` has to be kept for as long as they are to be there."""

    tree: Tree
    keeper: Scratch


def unpacked_tree(path: Path) -> UnpackedTree:
    """Unpack an archive into a temporary folder.

    Links, devices and hidden files are left out, and nothing is written elsewhere.

    Raises ``ConfigurationError`` where it cannot be, or where it holds other archives only.
    """
    keeper = Scratch()
    folder = keeper.path / "unpacked"
    _unpack(path, folder, keeper)
    tree = tree_of(folder)
    inner = archives_in(tree)
    if inner and not tree.audio:
        raise ConfigurationError(
            f"{path}: holds archives, such as {quoted(inner[0])}; unpack it, and give one of them"
        )
    return UnpackedTree(tree, keeper)


def unpacked_in(tree: Tree) -> UnpackedTree | None:
    """Unpack the archives of a folder, each into a folder of its name; None where there are none.

    The other files are there as well. Raises ``ConfigurationError`` as `unpacked_tree` does.
    """
    archives = archives_in(tree)
    if not archives:
        unread = [name for name in tree.files if name.casefold().endswith(UNREAD_ARCHIVES)]
        if unread and not tree.audio:
            raise ConfigurationError(
                f"--data {tree.root}: holds no audio, but {listed(unread)}: unpack it first"
            )
        return None
    keeper = Scratch()
    folder = keeper.path / "unpacked"
    for name in tree.files:
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if name in archives:
            _unpack(tree.root / name, place.with_name(without_ending(place.name)), keeper)
        else:
            _link(tree.root / name, place)
    return UnpackedTree(tree_of(folder), keeper)


def archives_in(tree: Tree) -> list[str]:
    """Return the names of the archives of a folder."""
    return [name for name in tree.files if archive_kind(name)[0]]


def _link(source: Path, place: Path) -> None:
    try:
        place.symlink_to(source.resolve())
    except OSError:
        shutil.copy(source, place)


def _unpack(path: Path, folder: Path, keeper: Scratch) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    is_zip = archive_kind(path.name)[0] == ZIP
    with readable_archive(path):
        files = _of_zip(path, folder) if is_zip else _of_tar(path, folder, keeper)
        for name, file in files:
            if (place := _place(path, folder, name)) is not None:
                place.parent.mkdir(parents=True, exist_ok=True)
                with place.open("wb") as target:
                    shutil.copyfileobj(file, target)


def _of_zip(path: Path, folder: Path) -> Iterator[tuple[str, BinaryIO]]:
    """Yield the files of a zip archive, of which none can be longer than it says."""
    try:
        with zipfile.ZipFile(path) as archive:
            infos = [info for info in archive.infolist() if _is_file(info)]
            if len(infos) > MOST_FILES:
                raise ConfigurationError(f"{path}: holds more than {MOST_FILES:,} files")
            if any(info.flag_bits & _ENCRYPTED for info in infos):
                raise ConfigurationError(f"{path}: needs a password; unpack it yourself")
            size = sum(info.file_size for info in infos)
            require_room(path, size, folder, size)
            for info in infos:
                with archive.open(info) as file:
                    yield _name_of(info), file  # type: ignore[misc]
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise ConfigurationError(f"{path}: cannot be unpacked as zip: {error}") from error


def _of_tar(path: Path, folder: Path, keeper: Scratch) -> Iterator[tuple[str, BinaryIO]]:
    plain = plain_tar(path, keeper)
    members = [*files_in_tar(plain)]
    size = sum(member.size for member in members)
    require_room(path, size, folder, size)
    for member in members:
        with Content(plain, member.offset, member.size).open() as file:
            yield member.name, file
    if plain != path:
        plain.unlink()


def _is_file(info: zipfile.ZipInfo) -> bool:
    kind = stat.S_IFMT(info.external_attr >> 16)
    return not info.is_dir() and kind in (0, stat.S_IFREG)


def _name_of(info: zipfile.ZipInfo) -> str:
    """Return the name of a file; one that is not said to be in UTF-8 may be so, or Korean."""
    if info.flag_bits & _UTF8:
        return info.filename
    for encoding in ("utf-8", "cp949"):
        try:
            return info.filename.encode("cp437").decode(encoding)
        except UnicodeError:
            continue
    return info.filename


def _place(path: Path, folder: Path, name: str) -> Path | None:
    """Return where a file is written; None for a hidden one.

    Raises ``ConfigurationError`` where its name leads elsewhere.
    """
    parts = PurePosixPath(name.replace("\\", "/")).parts
    drive = len(parts) > 0 and len(parts[0]) == 2 and parts[0][1] == ":"
    long = any(len(part.encode(errors="replace")) > _LONGEST_PART for part in parts)
    if not parts or parts[0] == "/" or ".." in parts or "\0" in name or drive or long:
        raise ConfigurationError(
            f"{path}: holds {quoted(name)}, which is no name of a file inside of a folder;"
            " if you trust it, unpack it yourself and give that folder"
        )
    hidden = any(part.startswith(".") or part in SYSTEM_FOLDERS for part in parts)
    return None if hidden else folder.joinpath(*parts)
