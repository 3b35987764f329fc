"""What people write where a data set of the hub is meant."""

import re
from dataclasses import dataclass
from urllib.parse import unquote

_PART = r"[A-Za-z0-9_-][A-Za-z0-9_.-]*"
_ID = re.compile(rf"{_PART}(?:/{_PART})?")
_MOST = 1000
_WRITTEN = re.compile(
    r"(?:hf://datasets/|https?://(?:www\.)?(?:huggingface\.co|hf\.co|hf-mirror\.com)/datasets/)(.*)",
    re.IGNORECASE | re.DOTALL,
)
_REFERENCE = re.compile(r"refs/(?:convert|pr)/[^/]+")


@dataclass(frozen=True)
class DataAddress:
    """A data set of the hub.

    Parameters
    ----------
    repository
        Its id: ``owner/name``.
    inner
        What of it is meant: one of its configurations, a folder, or a file; "" for all.
    """

    repository: str
    revision: str | None = None
    inner: str = ""

    def __str__(self) -> str:
        at = f"@{self.revision}" if self.revision else ""
        return f"hf://datasets/{self.repository}{at}" + (f"/{self.inner}" if self.inner else "")

    @property
    def name(self) -> str:
        """Its name without the owner's."""
        return self.repository.rpartition("/")[2]


def data_address(written: str) -> DataAddress | None:
    """Return the data set that somebody wrote the address of; None where it is no such address.

    Raises ``ValueError`` where it begins as one, but names no data set; its text says what to
    write.

    >>> str(data_address("hf://datasets/owner/name@v1/test"))
    'hf://datasets/owner/name@v1/test'
    >>> str(data_address("https://huggingface.co/datasets/owner/name/tree/main/test"))
    'hf://datasets/owner/name@main/test'
    >>> data_address("datasets/owner/name") is None
    True
    """
    found = _WRITTEN.fullmatch(written.strip())
    if found is None:
        if written.strip().lower().startswith("hf://"):
            raise ValueError("is no data set, but should be hf://datasets/OWNER/NAME")
        return None
    path = unquote(re.split(r"[?#]", found[1])[0]).strip("/")
    parts = path.split("/")
    repository, at, revision = "/".join(parts[:2]).partition("@")
    rest = "/".join(parts[2:])
    if rest and not at and parts[2] in ("tree", "blob", "resolve") and parts[3:]:
        at, rest = "@", "/".join(parts[3:])
        reference = _REFERENCE.match(rest)
        revision = reference[0] if reference else parts[3]
        rest = rest.removeprefix(revision).strip("/")
    elif at and (reference := _REFERENCE.match(f"{revision}/{rest}")):
        revision, rest = reference[0], f"{revision}/{rest}"[reference.end() :].strip("/")
    odd = len(path) > _MOST or ".." in path.split("/") or not path.isprintable()
    if odd or not _ID.fullmatch(repository) or (at and not revision):
        raise ValueError("names no data set, but should be hf://datasets/OWNER/NAME[@REVISION]")
    return DataAddress(repository, revision or None, rest)


def may_be_of_hub(written: str) -> bool:
    """Whether a text that is no folder may be the id of a data set: ``owner/name``."""
    return written.count("/") == 1 and _ID.fullmatch(written) is not None and len(written) < _MOST
