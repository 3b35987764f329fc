"""Which outputs of emotion2vec have a label, and what it is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from sertify.hub.funasr import FUNASR_CONFIGURATION, funasr_token_file, funasr_tokens
from sertify.hub.plausible import MOST_LABELS
from sertify.hub.snapshots import Snapshot
from sertify.vocabulary.errors import Rejected
from sertify.vocabulary.text import counted, listed

_UNUSED = "unuse"
_Told = TypeVar("_Told")


@dataclass(frozen=True)
class Emotion2vecOutputs:
    """The outputs of the last layer.

    ``labels`` are those of the outputs in ``kept``, in index order; ``left_out`` are the names of
    the others, and ``source`` is where both are from.
    """

    labels: tuple[str, ...]
    kept: tuple[int, ...]
    left_out: tuple[str, ...]
    source: str

    @property
    def number(self) -> int:
        """How many outputs there are."""
        return len(self.kept) + len(self.left_out)


def read_outputs(snapshot: Snapshot, rows: int | None) -> Emotion2vecOutputs:
    """Return what candidates.yaml, else the repository, calls the ``rows`` of the last layer.

    ``rows`` is None where the checkpoint has no such layer, or cannot be looked into. Without any
    names, the outputs are only numbered.

    Raises ``Rejected``: ``bad_config`` or ``label_count_mismatch``.
    """
    if rows is not None and rows > MOST_LABELS:
        message = f"proj has {rows:,} outputs, but should have at most {MOST_LABELS:,}"
        raise Rejected("label_count_mismatch", message)
    names, source = _names(snapshot, rows)
    if rows not in (None, len(names)):
        layer = f"proj has {counted(rows or 0, 'output')}"
        message = f"{source} has {counted(len(names), 'label')}, {listed(names, most=20)}"
        raise Rejected("label_count_mismatch", f"{message}; but {layer}")
    unused = [name.startswith(_UNUSED) for name in names]
    if names and all(unused):
        message = f"{source} has no label: all of {listed(names)} stand for nothing"
        raise Rejected("label_count_mismatch", message)
    return Emotion2vecOutputs(
        labels=tuple(name for name, left_out in zip(names, unused, strict=True) if not left_out),
        kept=tuple(index for index, left_out in enumerate(unused) if not left_out),
        left_out=tuple(name for name, left_out in zip(names, unused, strict=True) if left_out),
        source=source,
    )


def _names(snapshot: Snapshot, rows: int | None) -> tuple[tuple[str, ...], str]:
    given = snapshot.candidate.labels
    if given is not None:
        return given, "candidates.yaml"
    source = _told(FUNASR_CONFIGURATION, lambda: funasr_token_file(snapshot))
    if not source:
        return tuple(f"LABEL_{index}" for index in range(rows or 0)), "nothing"
    tokens = [*_told(source, lambda: funasr_tokens(snapshot, source))]
    while tokens and not tokens[-1]:
        tokens.pop()  # lines after the last
    return tuple(map(english_name, tokens)), source


def _told(name: str, read: Callable[[], _Told]) -> _Told:
    try:
        return read()
    except (OSError, ValueError) as error:
        raise Rejected("bad_config", f"{name} cannot be read: {error}") from error


def english_name(token: str) -> str:
    """Return the English of two names in one token, and a special one without its brackets.

    >>> english_name("生气/angry"), english_name("<unk>"), english_name("happy/excited")
    ('angry', 'unk', 'happy/excited')
    """
    names = token.removeprefix("<").removesuffix(">").split("/")
    english = [name for name in names if name.isascii()]
    return english[0].strip() if len(english) == 1 and len(names) <= 2 else token.strip()
