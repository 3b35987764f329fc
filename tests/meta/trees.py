"""Folders of files whose content is their path; what only lists audio need not decode it."""

from pathlib import Path

import pytest

from sertify.corpora.clips import Clip, Corpus
from sertify.corpora.reading import read_corpus
from sertify.vocabulary.errors import ConfigurationError

__all__ = ["by_name", "complaint", "plant"]


def plant(root: Path, *files: str, **texts: str | bytes) -> Path:
    """Write `files`, and each text into the file that its key names, ``_`` for its dot."""
    root.mkdir(parents=True, exist_ok=True)
    for name in files:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode(errors="surrogateescape"))
    for name, text in texts.items():
        content = text if isinstance(text, bytes) else text.encode()
        (root / name.replace("_", ".")).write_bytes(content)
    return root


def complaint(root: Path, **options: object) -> str:
    """Return what is said of a folder, with "calls" for the folder's own path."""
    with pytest.raises(ConfigurationError) as caught:
        read_corpus(root, **options)  # type: ignore[arg-type]
    return str(caught.value).replace(str(root), "calls")


def by_name(corpus: Corpus) -> dict[str, Clip]:
    """Return the clips of a corpus by their names."""
    return {clip.name: clip for clip in corpus.clips}
