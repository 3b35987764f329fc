"""Questions to a model, and its answers: asked once, and then known."""

import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sertify.corpora.audio import Waveform
from sertify.corpora.flaws import UnreadableAudio
from sertify.pipeline.lazy_model import LazyModel
from sertify.vocabulary.errors import Rejected


@dataclass(frozen=True)
class Question:
    """What a model is to hear, and what tells the content of that.

    Attributes
    ----------
    name
        What it is called where something is wrong with it.
    key
        The same for the same sound alone; empty for what is not to be remembered.
    waveforms
        Makes what is heard, piece by piece. May raise
        :class:`~sertify.corpora.flaws.UnreadableAudio`, at once or after some.
    pooled
        Whether the answer is the mean over the pieces, be it of one; else there is only one.
    remarks
        What is remarkable in how it was heard, once ``waveforms`` were made.
    """

    name: str
    key: str
    waveforms: Callable[[], Iterable[Waveform]] = field(compare=False)
    pooled: bool = False
    remarks: Sequence[str] = field(default=(), compare=False)


@dataclass(frozen=True)
class Answer:
    """Logits of shape (len(labels),), or a code, and maybe a detail, for why there are none.

    Of a question that is pooled, these give back the mean of the probabilities of so many
    ``segments``. ``seconds`` is the length of the longest that was heard. ``lasting`` is false of a
    flaw that may be gone when it is read again. ``remarks`` are those of the question.
    """

    logits: NDArray[np.float32] | None
    segments: int = 1
    seconds: float = 0
    flaw: str = ""
    lasting: bool = True
    remarks: tuple[str, ...] = ()

    def pack(self) -> bytes:
        """Return it as bytes."""
        if self.logits is None:
            return b"!" + self.flaw.encode()
        return (
            struct.pack("<cIf", b"=", self.segments, self.seconds)
            + self.logits.astype("<f4").tobytes()
            + "".join(f"\n{remark}" for remark in self.remarks).encode()
        )

    @classmethod
    def unpack(cls, content: bytes, outputs: int) -> "Answer | None":
        """Rebuild one; None where it is none of so many finite logits."""
        if content[:1] == b"!":
            return cls(None, 0, flaw=content[1:].decode(errors="replace"))
        told, remarks = content[: 9 + 4 * outputs], content[9 + 4 * outputs :]
        if told[:1] != b"=" or len(told) != 9 + 4 * outputs or remarks[:1] not in (b"", b"\n"):
            return None
        logits = np.frombuffer(told, "<f4", offset=9).astype(np.float32)
        segments, seconds = struct.unpack_from("<If", told, 1)
        said = tuple(remarks.decode(errors="replace").split("\n")[1:])
        found = cls(logits, segments, seconds, remarks=said)
        return found if np.isfinite(logits).all() else None


def ask(
    subject: LazyModel,
    questions: Sequence[Question],
    progress: Callable[[int, int], None] | None = None,
    say: Callable[[str], None] | None = None,
) -> list[Answer]:
    """Return the answers in the order of the questions; only what is new is asked.

    ``progress`` is called with the number of questions that are answered, and their total. Each
    answer is kept as soon as it is there.

    Raises
    ------
    Rejected
        ``non_finite_output``.
    """
    known = subject.cache.answers(subject.key) if subject.key else {}
    answers = [_known(question, known, len(subject.labels)) for question in questions]
    new = [place for place, answer in enumerate(answers) if answer is None]
    done = len(questions) - len(new)
    if progress is not None and done:
        progress(done, len(questions))
    for place, answer in _answers(subject, [questions[place] for place in new], say):
        answers[new[place]] = answer
        question = questions[new[place]]
        if subject.key and question.key and answer.lasting:
            subject.cache.keep(subject.key, question.key, answer.pack())
        done += 1
        if progress is not None:
            progress(done, len(questions))
    return [answer for answer in answers if answer is not None]


def sigmoid(logits: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Return the probability of each output by itself, of the shape of the logits."""
    wide = logits.astype(np.float64)
    # The larger of the two exponentials may be too large for a float.
    small = np.exp(-np.abs(wide))
    result: NDArray[np.float64] = np.where(wide < 0, small, 1) / (1 + small)
    return result


def log_softmax(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the logarithms of the probabilities, of the shape of the logits."""
    from_largest = logits.astype(np.float64) - logits.max(axis=-1, keepdims=True)
    total = np.exp(from_largest).sum(axis=-1, keepdims=True)
    difference: NDArray[np.float64] = from_largest - np.log(total)
    return difference


def _known(question: Question, known: dict[str, bytes], outputs: int) -> Answer | None:
    content = known.get(question.key)
    return None if content is None else Answer.unpack(content, outputs)


def _answers(
    subject: LazyModel, questions: Sequence[Question], say: Callable[[str], None] | None
) -> Iterator[tuple[int, Answer]]:
    """Yield the position of each question, and its answer, as they become complete."""
    if not questions:
        return
    book = _Book(questions, subject.sampling_rate, multi_label=subject.multi_label)
    for position, logits in subject.answers(book.waveforms(), say or (lambda _: None)):
        book.note(position, logits)
        yield from book.complete()
    yield from book.complete()


class _Book:
    """Which piece belongs to which question, and what is still to come."""

    def __init__(self, questions: Sequence[Question], rate: int, *, multi_label: bool) -> None:
        self._questions, self._rate = questions, rate
        self._pool = _pooled_labels if multi_label else _pooled
        # Written by the thread that reads ahead, read by the one that collects.
        self._owner: list[tuple[int, int]] = []
        self._ended: list[tuple[int, int, int, UnreadableAudio | None]] = []
        self._pieces: dict[int, dict[int, NDArray[np.float32]]] = {}

    def waveforms(self) -> Iterator[Waveform]:
        """Yield the pieces of all questions, one question after the other."""
        for place, question in enumerate(self._questions):
            count, longest, flaw = 0, 0, None
            try:
                for waveform in question.waveforms():
                    self._owner.append((place, count))
                    count += 1
                    longest = max(longest, waveform.size)
                    yield waveform
            except UnreadableAudio as error:
                flaw = error
            self._ended.append((place, count, longest, flaw))

    def note(self, position: int, logits: NDArray[np.float32]) -> None:
        """Take the logits of a piece."""
        place, number = self._owner[position]
        if not np.isfinite(logits).all():
            name = self._questions[place].name
            message = f"{name} gives logits {logits.tolist()}, but all should be finite"
            raise Rejected("non_finite_output", message)
        self._pieces.setdefault(place, {})[number] = logits

    def complete(self) -> Iterator[tuple[int, Answer]]:
        """Yield, once each, the questions of which all pieces are there."""
        waiting = []
        for _ in range(len(self._ended)):
            place, count, longest, flaw = ended = self._ended.pop(0)
            pieces = self._pieces.get(place, {})
            if len(pieces) < count:
                waiting.append(ended)
                continue
            self._pieces.pop(place, None)
            ordered = [pieces[number] for number in range(count)]
            if flaw is not None:
                yield place, Answer(None, 0, flaw=str(flaw.flaw), lasting=flaw.lasting)
            else:
                pooled = self._questions[place].pooled
                (logits,) = [self._pool(ordered)] if pooled else ordered
                remarks = tuple(dict.fromkeys(self._questions[place].remarks))
                yield place, Answer(logits, count, longest / self._rate, remarks=remarks)
        self._ended += waiting


def _pooled(pieces: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Return logits whose softmax is the mean of those of the pieces."""
    # Added as logarithms: a probability may be too small for a float.
    total: Any = np.logaddexp.reduce([log_softmax(piece) for piece in pieces], axis=0)
    logits: NDArray[np.float32] = (total - np.log(len(pieces))).astype(np.float32)
    return logits


def _pooled_labels(pieces: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Return logits whose sigmoid is the mean of those of the pieces."""
    wide = [piece.astype(np.float64) for piece in pieces]
    true: Any = np.logaddexp.reduce([-np.logaddexp(0, -piece) for piece in wide], axis=0)
    false: Any = np.logaddexp.reduce([-np.logaddexp(0, piece) for piece in wide], axis=0)
    logits: NDArray[np.float32] = (true - false).astype(np.float32)
    return logits
