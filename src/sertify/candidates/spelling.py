"""What people write where a hub id should stand: where it leads, and what to write instead."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from urllib.parse import unquote

from sertify.vocabulary.logins import without_logins
from sertify.vocabulary.text import normalized, quoted

_HUB_ID = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*(/[A-Za-z0-9_.-]+)?")
DEFAULT_BRANCH = "main"
LONGEST_REFERENCE = 250
"""Characters of an id or a folder."""
_LONGEST = 2000  # of an address
_HOSTS = r"(?:www\.)?(?:huggingface\.co|hf\.co|hf-mirror\.com)"
_ADDRESS = re.compile(
    rf"(?:(?:^|[^\w.-]){_HOSTS}(?=[/:]|$)|^hf:/)[/:]?([^\s()\[\]<>\"'`]*)", re.IGNORECASE
)
_LOCAL = re.compile(r"[./~]|[A-Za-z]:[/\\]")
# As the folders of the hub's cache are called; no id has two dashes in a row.
_CACHED = re.compile(r"(?:model|dataset|space)s--[^/]+")
_OF_FILES = ("tree", "blob", "resolve", "raw", "commit", "commits")
_OF_PAGES = (*_OF_FILES, "discussions", "settings")
# What lies beside models on the hub, and what to do about it.
_OTHERS: Mapping[str, str] = MappingProxyType(
    {
        "datasets": "a data set, not a model; write the id of a model, and give recordings by "
        "--data PATH",
        "spaces": "a space (an app), not a model; write the id of the model that it uses",
        "collections": "a collection, not a model; write the id of one of its models",
        "papers": "a paper, not a model; write the id of a model",
        "docs": "documentation, not a model; write the id of a model",
        "blog": "an article, not a model; write the id of a model",
    }
)
_MAIN_FILES = ("config.json", "config.yaml", "configuration.json", "hyperparams.yaml")
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—−"), "-")


@dataclass(frozen=True)
class Address:
    """Where on the hub something leads that somebody wrote.

    ``model`` is the id, and ``refusal`` says why there is none, if it leads to something else.
    """

    model: str
    revision: str | None = None
    subfolder: str = ""
    refusal: str = ""

    def __str__(self) -> str:
        keys = {"revision": self.revision, "subfolder": self.subfolder}
        also = [f"{key}: {value}" for key, value in keys.items() if value]
        return ", and ".join([self.model, *also])


def address_of(written: str) -> Address | None:
    """Return where a page's address leads, or what somebody took from one; None for plain names.

    >>> str(address_of("https://huggingface.co/someone/model/tree/main"))
    'someone/model, and revision: main'
    >>> address_of("hf.co/datasets/someone/speech").refusal.partition(",")[0]
    'a data set'
    >>> address_of("someone/model"), address_of("./model/")
    (None, None)
    """
    text = written.strip(" \t\r\n\"'`<>")[:_LONGEST]
    found = _ADDRESS.search(text)
    if found is not None:
        return _address(_parts(found[1]))
    if is_local(text) or "://" in text:
        return None
    plain = re.sub(r"\s*/\s*", "/", normalized(text).translate(_DASHES))
    cached = _CACHED.fullmatch(plain) is not None
    parts = _parts(plain.replace("--", "/") if cached else plain)
    pages = {*parts[1:3]} & {*_OF_PAGES}
    other = len(parts) > 1 and parts[0] in _OTHERS
    odd = (
        cached or plain != written or plain.endswith(("/", ".git")) or "//" in plain or "@" in plain
    )
    return _address(parts) if pages or other or odd else None


def misspelling(written: str, *, revisions: bool = True) -> str:
    """Say that something is no reference to a model, and what to write; "" where it may be one.

    What it says goes on from a key; ``revisions`` is whether there can be one beside that key.

    >>> misspelling("someone/model/")
    "is 'someone/model/', but should be an id or a folder; write someone/model"
    """
    shown = f"is {quoted(without_logins(written))}"
    if path := _as_path(written):
        return f"{shown}, but should be a folder as all systems write it; write {path}"
    address = address_of(written)
    if address is None:
        return ""
    if address.refusal:
        return f"{shown}, which is {address.refusal}"
    if not is_hub_id(address.model) or address == Address(written):
        return ""
    proposed = str(address) if revisions else address.model
    return f"{shown}, but should be an id or a folder; write {proposed}"


def is_hub_id(text: str) -> bool:
    """Whether a text has the form of a repository's id; the oldest have no owner."""
    return len(text) <= LONGEST_REFERENCE and _HUB_ID.fullmatch(text) is not None


def is_local(written: str) -> bool:
    """Whether a reference can only mean a folder, there or not."""
    return _LOCAL.match(written) is not None


def is_folder(written: str, root: Path | None) -> bool:
    """Whether a reference is that of a folder which is there, seen from another."""
    short = 0 < len(written) <= LONGEST_REFERENCE and "\0" not in written
    return root is not None and short and (root / written).is_dir()


def spelling_doubt(reference: str) -> str:
    """Return the end of a sentence on a reference that leads nowhere, where it may be misspelt.

    >>> spelling_doubt("wav2vec2"), spelling_doubt("someone/model"), spelling_doubt("./a/folder")
    ('; ids are written OWNER/NAME', '', '')
    """
    return (
        "" if is_local(reference) or reference.count("/") == 1 else "; ids are written OWNER/NAME"
    )


def _as_path(written: str) -> str:
    """Return a path with other separators as it should be written; "" where it is none."""
    if written.lower().startswith("file://"):
        return unquote(re.sub(r"^file://(?:localhost)?", "", written, flags=re.IGNORECASE))
    if "\\" not in written or re.match(r"[A-Za-z]:", written) or "://" in written:
        return ""
    path = written.strip().replace("\\", "/")
    return path if is_local(path) else f"./{path}"


def _parts(path: str) -> list[str]:
    return [unquote(part) for part in re.split(r"[?#]", path)[0].split("/") if part]


def _address(parts: list[str]) -> Address:
    while parts and parts[0] in ("api", "models"):
        parts = parts[1:]
    if not parts:
        return Address("", refusal="a page of the hub, not a model; write the id of a model")
    if parts[0] in _OTHERS:
        return Address("", refusal=_OTHERS[parts[0]])
    # The oldest ids have no owner.
    owners = 0 if parts[1:2] and parts[1] in _OF_PAGES else 1
    model, _, revision = "/".join(parts[: owners + 1]).removesuffix(".git").partition("@")
    return _inside(model, revision or None, parts[owners + 1 :])


def _inside(model: str, revision: str | None, rest: list[str]) -> Address:
    """Return where a page of a repository leads, by what follows its id."""
    if rest[:1] and rest[0] in _OF_FILES and rest[1:]:
        length = 3 if rest[1] == "refs" else 1
        revision, inner = "/".join(rest[1 : 1 + length]), rest[1 + length :]
        is_file = rest[0] != "tree"
        if is_file and inner[-1:] and inner[-1] not in _MAIN_FILES:
            inner = []  # which says nothing of where the model is
        return Address(model, revision, "/".join(inner[:-1] if is_file else inner))
    return Address(model, revision)
