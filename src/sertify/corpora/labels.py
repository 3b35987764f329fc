"""Labels of clips: which are emotions, and what becomes of the clips whose labels are none."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sertify.corpora.clips import Clip, Corpus
from sertify.corpora.doubts import Doubt
from sertify.vocabulary.emotions import emotion_of, is_undecided, nearest, refusal
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.text import counted, did_you_mean, fold, listed, quoted, shown

MOST_UNKNOWN = 0.05
"""Share of the labelled clips whose labels may be no emotion; with more, the run stops."""


@dataclass(frozen=True)
class SortedOut:
    """The clips whose labels are emotions, or that have none; and what became of the others."""

    clips: tuple[Clip, ...]
    left_out: tuple[tuple[str, int], ...] = ()
    doubts: tuple[str, ...] = ()
    unknown: tuple[tuple[str, int], ...] = ()
    """The labels that are no known emotion, and how many clips have them."""


def mapped_labels(
    path: Path, given: Iterable[str], label_map: Mapping[str, str | None]
) -> dict[str, str | None]:
    """Return what a label map says of the labels that are given, by folded label.

    None stands for a label whose clips are to be left out. Raises ``ConfigurationError`` where it
    names a label that no clip has, or one twice and differently.
    """
    labels = {fold(label): label for label in given}
    emotions: dict[str, str | None] = {}
    for label, emotion in label_map.items():
        if fold(label) not in labels:
            near = did_you_mean(label, sorted(map(shown, labels.values()))) or "; it has no labels"
            raise ConfigurationError(
                f"--data {path}: label_map names {label!r}, but no clip has that label{near}"
            )
        canonical = emotion and (emotion_of(emotion) or emotion.casefold())
        if emotions.setdefault(fold(label), canonical) != canonical:
            raise ConfigurationError(
                f"--data {path}: label_map names {label!r} twice, and differently"
            )
    return emotions


def sorted_out(
    path: Path,
    name: str,
    clips: Sequence[Clip],
    unwanted: Collection[str] = (),
    states: Collection[str] = (),
    *,
    strict: bool = True,
) -> SortedOut:
    """Take out the clips whose labels are no emotion.

    Parameters
    ----------
    path, name
        Where the corpus is, and what candidates.yaml calls it.
    unwanted
        The folded labels that a label map leaves out.
    states
        Labels of which the corpus' own documentation says that they are no emotion.

    Raises
    ------
    ConfigurationError
        Where `strict`, and more than ``MOST_UNKNOWN`` of the labelled clips have such labels that
        nobody knows.
    """
    reasons = {label: _reason(label, unwanted, states) for label in {clip.label for clip in clips}}
    kept = tuple(clip for clip in clips if clip.mapped or not reasons[clip.label])
    out = [clip for clip in clips if reasons[clip.label] and not clip.mapped]
    unknown = Counter(str(clip.label) for clip in out if reasons[clip.label] == _UNKNOWN)
    labelled = sum(clip.label is not None for clip in clips)
    if strict and unknown.total() > MOST_UNKNOWN * labelled:
        raise ConfigurationError(_stop(path, name, unknown, labelled))
    left_out = Counter(reasons[clip.label] for clip in out)
    return SortedOut(
        kept,
        tuple(left_out.items()),
        tuple(_doubts(out, unknown, reasons)),
        (*unknown.most_common(),),
    )


def has_too_many_unknown(corpus: Corpus) -> bool:
    """Whether a run stops at a corpus that was read without being strict about its labels."""
    left_out = dict(corpus.left_out)
    whys = (_UNWANTED, _UNKNOWN, _UNDECIDED, _STATE, "limit")
    labelled = sum(clip.label is not None for clip in corpus.clips)
    labelled += sum(left_out.get(why, 0) for why in whys)
    return left_out.get(_UNKNOWN, 0) > MOST_UNKNOWN * labelled


_UNWANTED = "left out by label_map"
_UNKNOWN = "unknown label"
_UNDECIDED = "label that says nobody knows"
_STATE = "label that is no emotion"


def _reason(label: str | None, unwanted: Collection[str], states: Collection[str]) -> str:
    """Return why clips of a label are left out, "" where they are not."""
    if label is None:
        return ""
    if fold(label) in unwanted:
        return _UNWANTED
    if emotion_of(label):
        return ""
    if is_undecided(label):
        return _UNDECIDED
    return _STATE if label in states else _UNKNOWN


def _doubts(
    out: Sequence[Clip], unknown: Counter[str], reasons: Mapping[str | None, str]
) -> Iterable[str]:
    if unknown:
        names = _listed_with_near(unknown)
        are = "is no known emotion" if len(unknown) == 1 else "are no known emotions"
        yield Doubt(
            f"{names} {are}, so {counted(unknown.total(), 'clip')}"
            f" {'is' if unknown.total() == 1 else 'are'} left out of every score; correct the"
            " label, or say what it means with `label_map` under `corpora:` in candidates.yaml",
            Doubt.LOST,
        )
    for why in (_UNDECIDED, _STATE):
        of = Counter(str(clip.label) for clip in out if reasons[clip.label] == why)
        if of:
            names = listed(f"{quoted(label)} ({number})" for label, number in of.most_common())
            yield Doubt(f"{counted(of.total(), 'clip')} left out: {why}: {names}", Doubt.TOLD)


_MOST_TOLD = 6


def _listed_with_near(unknown: Counter[str]) -> str:
    # Where a table has texts for labels, there are as many as rows: only some are looked up.
    told = [_with_near(*one) for one in unknown.most_common(_MOST_TOLD)]
    return listed([*told, *[*unknown][len(told) :]], most=_MOST_TOLD)


def _with_near(label: str, number: int) -> str:
    near = nearest(label)
    hint = f"; did you mean {quoted(near)}?" if near else ""
    return f"{quoted(label)} ({counted(number, 'clip')}{hint})"


def _stop(path: Path, name: str, unknown: Counter[str], labelled: int) -> str:
    """Say which labels are unknown, why, and the lines to write."""
    told = _listed_with_near(unknown)
    whys = dict.fromkeys(_why(label) for label in unknown)
    why = "".join(f" {text}." for text in [*filter(None, whys)][:3])
    lines = ", ".join(f"{quoted(label)}: …" for label in [*unknown][:6])
    more = ", …" if len(unknown) > 6 else ""
    return (
        f"--data {path}: {unknown.total()} of {counted(labelled, 'labelled clip')} have labels that"
        f" are no known emotion: {told}.{why} Say in candidates.yaml what they mean (null leaves"
        f" the clips of a label out): corpora: {{{name}: {{label_map: {{{lines}{more}}}}}}}"
    )


def _why(label: str) -> str:
    """Return why an ambiguous label is none, without the cure."""
    return (refusal(label) or "").partition("; say which")[0]
