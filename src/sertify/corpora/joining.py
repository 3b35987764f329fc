"""Several corpora to one, and one to two that share no speaker."""

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from sertify.corpora.clips import Clip, Corpus, make_corpus
from sertify.corpora.quality import alike, shared_audio, warnings_about
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.text import counted, listed, shown


def join(corpora: Sequence[Corpus]) -> Corpus:
    """Make one corpus of several, which are its parts; one is returned as it is.

    The parts of a joined corpus become parts themselves.

    The clip ``x.wav`` of the corpus ``calls`` is then named ``calls/x.wav``.

    Raises ``ConfigurationError`` where there are none, or two have the same name.
    """
    if not corpora:
        raise ConfigurationError("--data: no corpus is given")
    if len(corpora) == 1:
        return corpora[0]
    corpora = [part for corpus in corpora for part in corpus.corpora]
    _refuse_namesakes(corpora)
    clips = [_of(part, clip) for part in corpora for clip in part.clips]
    return make_corpus(
        " + ".join(part.name for part in corpora),
        Path(os.path.commonpath([part.path.absolute() for part in corpora])),
        clips,
        tuple(corpora),
        layout=" + ".join(dict.fromkeys(part.layout for part in corpora)),
        requested=sum(part.requested for part in corpora),
        left_out=_summed(part.left_out for part in corpora),
        warnings=(*_warnings(corpora), *shared_audio(clips)),
    )


def hold_out(corpus: Corpus, share: float, seed: int = 0) -> tuple[Corpus, Corpus]:
    """Split a corpus so that no speaker is on both sides, and no copy of a sound either.

    Which speakers are held out depends on their names and on `seed`, not on the order of clips or
    on how many there are. A name is one speaker in all parts of a joined corpus; a part of which
    nothing is on one side is no part of that. Clips that name no speaker are on neither side.

    Returns what is kept, and what is held out.

    Raises ``ConfigurationError`` where fewer than two speakers are named, a part names none,
    `share` is no share, or copies of one sound would be on both sides.

    Parameters
    ----------
    share
        Of the speakers to hold out, in (0, 1); it is at least one, and one is always kept.
    """
    if not 0 < share < 1:
        raise ConfigurationError(f"share to hold out is {share}, but should be between 0 and 1")
    speakers = _speakers(corpus)
    number = min(max(round(share * len(speakers)), 1), len(speakers) - 1)
    held = set(sorted(speakers, key=lambda speaker: _lot(speaker, seed))[:number])
    _refuse_copies(corpus, held)
    pairs = [_halves(part, speakers - held, held) for part in corpus.corpora]
    return _joined([kept for kept, _ in pairs]), _joined([apart for _, apart in pairs])


def _refuse_namesakes(corpora: Sequence[Corpus]) -> None:
    for name, count in Counter(corpus.name for corpus in corpora).items():
        if count > 1:
            paths = listed(str(corpus.path) for corpus in corpora if corpus.name == name)
            raise ConfigurationError(
                f"--data: {count} corpora are named {name!r} ({paths}),"
                " but each should have a name of its own"
            )


def _of(part: Corpus, clip: Clip) -> Clip:
    return replace(clip, name=f"{part.name}/{clip.name}", corpus=part.name)


def _summed(left_out: Iterable[Iterable[tuple[str, int]]]) -> tuple[tuple[str, int], ...]:
    total: Counter[str] = Counter()
    for reasons in left_out:
        for reason, number in reasons:
            total[reason] += number
    return tuple(total.items())


def _warnings(corpora: Iterable[Corpus]) -> Iterable[str]:
    return (f"{corpus.name}: {warning}" for corpus in corpora for warning in corpus.warnings)


def _speakers(corpus: Corpus) -> set[str]:
    """Return the names that can be divided; a corpus that names none would vanish unnoticed."""
    named = [
        {clip.speaker for clip in part.clips if clip.speaker is not None} for part in corpus.corpora
    ]
    every = set().union(*named)
    if len(every) < 2:
        raise ConfigurationError(_too_few(corpus, len(every), 2))
    for part, speakers in zip(corpus.corpora, named, strict=True):
        if not speakers:
            raise ConfigurationError(_too_few(part, 0, 1))
    return every


def _too_few(corpus: Corpus, number: int, least: int) -> str:
    return (
        f"--data {corpus.path}: names {counted(number, 'speaker')}, but at least {least}"
        f" {'is' if least == 1 else 'are'} needed to hold some out:"
        " add a column speaker to its metadata"
    )


def _refuse_copies(corpus: Corpus, held: set[str]) -> None:
    named = alike(clip for clip in corpus.clips if clip.speaker is not None)
    torn = [group for group in named if len({clip.speaker in held for clip in group}) > 1]
    if torn:
        sides = {clip.speaker in held: clip for clip in torn[0]}.values()
        example = " = ".join(f"{clip.name} ({clip.speaker})" for clip in sides)
        raise ConfigurationError(
            f"--data {corpus.path}: {counted(len(torn), 'sound')} would be both kept and held out,"
            f" because there are byte-identical copies under several speakers: {shown(example)};"
            " remove the copies, or give them one speaker"
        )


def _halves(corpus: Corpus, kept: set[str], held: set[str]) -> tuple[Corpus, Corpus]:
    stays, apart = _of_speakers(corpus, kept), _of_speakers(corpus, held)
    rest = len(corpus.clips) - len(stays.clips) - len(apart.clips)
    reasons = [("held out", len(apart.clips)), ("no speaker", rest)]
    left_out = (*corpus.left_out, *((reason, number) for reason, number in reasons if number))
    return (
        replace(stays, left_out=left_out),
        replace(apart, requested=len(apart.clips), left_out=()),
    )


def _of_speakers(corpus: Corpus, speakers: set[str]) -> Corpus:
    """Return the clips of some speakers, with what is doubtful about these."""
    half = corpus.narrowed(clip for clip in corpus.clips if clip.speaker in speakers)
    outdated = {*warnings_about(corpus.clips)}
    lasting = (warning for warning in corpus.warnings if warning not in outdated)
    return replace(half, warnings=(*lasting, *warnings_about(half.clips)))


def _joined(halves: Sequence[Corpus]) -> Corpus:
    """Join what has clips; the rest still counts among what was requested and left out."""
    return replace(
        join([half for half in halves if half.clips]),
        requested=sum(half.requested for half in halves),
        left_out=_summed(half.left_out for half in halves),
    )


def _lot(speaker: str, seed: int) -> str:
    return hashlib.sha256(f"{seed}\0{speaker}".encode(errors="surrogateescape")).hexdigest()
