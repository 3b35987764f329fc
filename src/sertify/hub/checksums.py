"""Whether a file of the cache is the one that the hub lists."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

_SHA256 = re.compile(r"[0-9a-f]{64}")
_GIT = re.compile(r"[0-9a-f]{40}")


def changed_files(folder: Path, sizes: Mapping[str, int]) -> Iterator[str]:
    """Return the names of those files that are in the folder, but with other content."""
    for name, size in sizes.items():
        path = folder / name
        try:
            sound = not path.is_file() or _is_sound(path, size)
        except FileNotFoundError:
            continue  # another process has found it unsound
        if not sound:
            yield name


def sha256_of(path: Path) -> str | None:
    """Return the SHA-256 that the hub gave for a file of its cache; None where it gave none."""
    listed = path.resolve().name
    return listed if path.is_file() and _SHA256.fullmatch(listed) else None


def _is_sound(path: Path, size: int) -> bool:
    if path.stat().st_size != size:
        return False
    # The client names the file behind a link for the checksum that the hub gave. Where the file
    # system has no links, there is only the size.
    listed = path.resolve().name
    with path.open("rb") as content:
        if _SHA256.fullmatch(listed):
            return hashlib.file_digest(content, "sha256").hexdigest() == listed
        if _GIT.fullmatch(listed):
            blob = hashlib.sha1(f"blob {size}\0".encode(), usedforsecurity=False)
            blob.update(content.read())
            return blob.hexdigest() == listed
    return True
