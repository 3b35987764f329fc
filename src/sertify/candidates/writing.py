"""A candidates.yaml with one entry more; all else stays as it was written, to the byte."""

import errno
import os
import re
import stat
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from sertify.candidates.complaints import names_in
from sertify.candidates.reading import Candidate, bytes_of, suite_of
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.files import write_whole
from sertify.vocabulary.yaml_lines import read_yaml
from sertify.vocabulary.yaml_writing import extended

_KEY = "candidates"
_LONGEST_NAME = 90  # which leaves room for a number


@dataclass(frozen=True)
class Book:
    """The text of a candidates file, and where it is, or would be."""

    path: Path
    text: str = ""

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a file; raises ``ConfigurationError`` if it is missing or anything in it is wrong.

        A list of candidates that is empty is none of that, for one is to be added.
        """
        try:
            book = cls(path, bytes_of(path).decode("utf-8"))
        except UnicodeDecodeError:
            raise ConfigurationError(f"{path}: not UTF-8 text; save the file as UTF-8") from None
        document = read_yaml(book.text.encode())
        content = {} if document.value is None else document.value
        empty = isinstance(content, dict) and not content.get(_KEY)
        if document.problems or not empty:
            book.check()
        return book

    @property
    def names(self) -> tuple[str, ...]:
        """What its candidates are called, in its order."""
        return tuple(filter(None, names_in(read_yaml(self.text.encode()))))

    def holding(self, other: Candidate) -> str:
        """Return the name of the candidate that is the same repository; "" where none is.

        Where the other one has no revision, any is the same.
        """
        found = suite_of(self.text.encode(), self.path).candidates if self.names else ()
        same = (each for each in found if _place(each) == _place(other))
        revisions = ((each.name, each.revision) for each in same)
        return next((name for name, at in revisions if other.revision in (None, at)), "")

    def check(self) -> None:
        """Raise ``ConfigurationError`` with all that is wrong with it."""
        suite_of(self.text.encode(), self.path)

    def candidate(self, name: str) -> Candidate:
        """Return one of its candidates; errors as those of `check`."""
        found = suite_of(self.text.encode(), self.path).candidates
        return next(candidate for candidate in found if candidate.name == name)

    def with_entry(self, entry: Mapping[str, Any]) -> Self:
        """Return it with an entry at the end of its candidates.

        Raises ``ConfigurationError`` where its lines do not show where that is.
        """
        mark = "\ufeff" if self.text.startswith("\ufeff") else ""
        book = replace(self, text=mark + extended(self.text.removeprefix(mark), _KEY, entry))
        if book.names != (*self.names, entry["name"]):
            message = "cannot be added to as it is written; write the entry into it by hand"
            raise ConfigurationError(f"{self.path}: {message}")
        return book

    def require_writable(self) -> None:
        """Raise ``PermissionError`` where somebody made the file read-only.

        To replace it, the folder alone would have to be writable.
        """
        mode = self.path.stat().st_mode
        if not mode & stat.S_IWUSR or not os.access(self.path, os.W_OK):
            raise PermissionError(errno.EACCES, "it is read-only", str(self.path))

    def write(self) -> None:
        """Replace the file, once what it would say was read back."""
        self.check()
        self.require_writable()
        path = self.path.resolve()  # of a link, the file that it leads to
        mode = path.stat().st_mode
        write_whole(path, self.text)
        path.chmod(mode)


def _place(candidate: Candidate) -> tuple[object, ...]:
    """Return what tells one repository from another; to the hub, capitals do not."""
    where = candidate.folder or candidate.model.casefold()
    return (where, candidate.subfolder, candidate.weights)


def free_name(wish: str, taken: Collection[str]) -> str:
    """Return a legal name of a candidate that no other one has, as near as can be to a wish.

    >>> free_name("my model (v2)", {"my-model-v2", "my-model-v2-2"})
    'my-model-v2-3'
    """
    legal = re.sub(r"[^A-Za-z0-9._-]+", "-", wish)[:_LONGEST_NAME].strip("-._") or "model"
    names = (f"{legal}-{number}" if number > 1 else legal for number in range(1, len(taken) + 2))
    return next(name for name in names if name not in taken)
