"""What a model answers on a corpus."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sertify.candidates.reading import Candidate
from sertify.corpora.clips import Clip, Corpus, content_keys
from sertify.corpora.flaws import Flaw
from sertify.corpora.recordings import Recordings
from sertify.evidence.labelling import Labelling
from sertify.pipeline.hearing import Hearing, Segmenting, unfit_lengths
from sertify.pipeline.lazy_model import LazyModel
from sertify.pipeline.questions import ask, log_softmax, sigmoid
from sertify.vocabulary.errors import Blocked, Foreseen, NotReached
from sertify.vocabulary.reasons import reason_of


@dataclass(frozen=True)
class RejectedClip:
    """A clip that could not be judged, and why: a code, and what more is known of it."""

    name: str
    reason: str
    detail: str = ""


@dataclass(frozen=True)
class Stop:
    """Why a model was not asked about the rest of a corpus; ``details`` in JSON types."""

    reason: str
    message: str
    details: Mapping[str, Any]

    def error(self, *, whole: bool) -> Foreseen | NotReached:
        """Return what to raise for a score, of the ``whole`` speech or of a part of it."""
        if whole and reason_of(self.reason).fault:
            return Foreseen(self.reason, self.message, self.details)
        return NotReached(self.reason, self.message, self.details)


@dataclass(frozen=True)
class Predictions:
    """Answers for the clips that could be judged.

    Attributes
    ----------
    logits
        Of shape (len(clips), len(labels)). Where clips were cut into segments, they give back the
        mean of the probabilities of a clip's segments.
    segments
        How many segments each clip was heard in; 1 each without segmenting.
    segmenting
        How clips were cut; None where each was heard whole.
    remarks
        What the reader of the report should know of how the answers were come by.
    notable
        The clips that were heard in another way than they are written: their names, and a code of
        what is remarkable in that.
    multi_label
        Whether several labels may be true of a clip: then each has a probability of its own.
    stopped
        Why ``corpus`` is only a part of what there is; None where the model heard all.
    """

    corpus: Corpus
    labels: tuple[str, ...]
    clips: tuple[Clip, ...]
    logits: NDArray[np.float32]
    rejected: tuple[RejectedClip, ...]
    segments: tuple[int, ...] = ()
    segmenting: Segmenting | None = None
    remarks: tuple[str, ...] = ()
    stopped: Stop | None = None
    notable: tuple[tuple[str, str], ...] = ()
    multi_label: bool = False

    @property
    def predicted(self) -> list[str]:
        """The label with the largest logit, for each clip."""
        return [self.labels[index] for index in self.logits.argmax(axis=1)]

    @property
    def truths(self) -> list[str | None]:
        """The emotion that each clip is labelled with; None without a label."""
        return [clip.emotion for clip in self.clips]

    @property
    def probabilities(self) -> NDArray[np.float64]:
        """The softmax of the logits, or each one's sigmoid; of shape (len(clips), len(labels))."""
        return sigmoid(self.logits) if self.multi_label else np.exp(log_softmax(self.logits))

    @property
    def confidence(self) -> NDArray[np.float64]:
        """The largest of the probabilities of each clip, of shape (len(clips),)."""
        largest: NDArray[np.float64] = self.probabilities.max(axis=1)
        return largest

    def emotions(self, candidate: Candidate) -> list[str]:
        """Return what is predicted in the words of the taxonomy; the label where it has none."""
        words = dict(zip(self.labels, self.words(candidate), strict=True))
        return [words[label] for label in self.predicted]

    def emotion_probabilities(
        self, candidate: Candidate
    ) -> tuple[tuple[str, ...], NDArray[np.float64]]:
        """Return the emotions in the order of their labels, and the probability of each.

        That is the sum over the labels that mean it, of shape (len(clips), number of emotions); the
        largest of them where several may be true. The emotion of the largest sum need not be that
        of the largest logit.
        """
        words = self.words(candidate)
        emotions = tuple(dict.fromkeys(words))
        means = np.array([[word == emotion for emotion in emotions] for word in words])
        if self.multi_label:
            columns = [self.probabilities[:, of].max(axis=1) for of in means.T]
            return emotions, np.stack(columns, axis=1)
        return emotions, self.probabilities @ means.astype(float)

    def labelling(self, candidate: Candidate, seen: Mapping[str, str]) -> Labelling:
        """Return what is kept of them; ``seen`` is why a corpus was part of the training."""
        emotions, probabilities = self.emotion_probabilities(candidate)
        predicted = self.emotions(candidate)
        columns = [emotions.index(emotion) for emotion in predicted]
        confidence = probabilities[np.arange(len(columns)), columns].tolist()
        genders = tuple(clip.gender for clip in self.clips)
        clusters = tuple(clip.cluster for clip in self.clips)
        return Labelling(
            candidate=candidate.name,
            corpus=self.corpus.fingerprint,
            emotions=tuple(emotions),
            keys=tuple(content_keys(self.clips)),
            clips=tuple(clip.name for clip in self.clips),
            truth=tuple(clip.emotion for clip in self.clips),
            predicted=tuple(predicted),
            confidence=tuple(round(value, 6) for value in confidence),
            speakers=tuple(clip.speaker for clip in self.clips),
            corpora=tuple(clip.corpus for clip in self.clips),
            languages=tuple(clip.language for clip in self.clips),
            seen=dict(seen),
            genders=genders if any(genders) else (),
            clusters=clusters if any(clusters) else (),
        )

    def words(self, candidate: Candidate) -> list[str]:
        """Return the emotion that each label means; the label where that is none."""
        return [candidate.emotion_of(label) or label for label in self.labels]

    @property
    def account(self) -> dict[str, Any]:
        """What became of the clips that could not be judged, and what is remarkable, in JSON."""
        remark = "; ".join(self.remarks)
        return self.clips_account | ({"remark": remark} if remark else {})

    @property
    def clips_account(self) -> dict[str, Any]:
        """What became of clips that were not simply heard, in JSON types."""
        notable = [{"file": name, "remark": remark} for name, remark in self.notable]
        account: dict[str, Any] = {"rejected_clips": self.rejected_files}
        return account | ({"notable_clips": notable} if notable else {})

    @property
    def rejected_files(self) -> list[dict[str, str]]:
        """The rejected clips in JSON types."""
        return [
            {"file": clip.name, "reason": clip.reason}
            | ({"detail": clip.detail} if clip.detail else {})
            for clip in self.rejected
        ]

    @property
    def rejections(self) -> dict[str, int]:
        """Number of rejected clips by reason."""
        return dict(Counter(clip.reason for clip in self.rejected))


def predict(
    subject: LazyModel,
    corpus: Corpus,
    progress: Callable[[int, int], None] | None = None,
    segmenting: Segmenting | None = None,
    recordings: Recordings | None = None,
) -> Predictions:
    """Ask the model about every clip; no answer depends on another clip.

    ``progress`` is called with the number of clips done and their total. With ``segmenting``, clips
    may be of any length, and the answer is the mean of the probabilities of a clip's segments.
    ``recordings`` is where what was decoded for another model may be found.

    Raises
    ------
    Rejected
        ``non_finite_output``.
    Blocked
        ``no_data`` where none of the clips can be judged.
    """
    heard = Hearing(subject, segmenting, recordings or Recordings(limit=0))
    remarks: list[str] = []
    answers = ask(subject, [heard.clip(clip) for clip in corpus.clips], progress, remarks.append)
    clips, rows, counts, seconds, rejected = [], [], [], [], []
    notable: list[tuple[str, str]] = []
    for clip, answer in zip(corpus.clips, answers, strict=True):
        if answer.logits is None:
            flaw = Flaw.of(answer.flaw)
            rejected.append(RejectedClip(clip.name, flaw.code, flaw.detail))
        else:
            clips.append(clip)
            rows.append(answer.logits)
            counts.append(answer.segments)
            seconds.append(answer.seconds)
            notable += ((clip.name, remark) for remark in answer.remarks)
    labels = tuple(str(label) for label in subject.labels)
    logits = np.array(rows, dtype=np.float32).reshape(len(rows), len(labels))
    predictions = Predictions(
        corpus,
        labels,
        tuple(clips),
        logits,
        tuple(rejected),
        tuple(counts),
        segmenting,
        (*dict.fromkeys(remarks), *unfit_lengths(seconds, subject.examination)),
        notable=tuple(notable),
        multi_label=subject.multi_label,
    )
    _require_clips(predictions)
    return predictions


def _require_clips(predictions: Predictions) -> None:
    if predictions.clips:
        return
    numbers = ", ".join(f"{n} {reason}" for reason, n in predictions.rejections.items())
    message = f"no clip of {predictions.corpus.name} can be judged: {numbers}"
    raise Blocked("no_data", message, predictions.clips_account)
