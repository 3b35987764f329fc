"""Several corpora to one, and one to two that share no speaker."""

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

from sertify.corpora.clips import Corpus, digest_of, make_corpus
from sertify.corpora.doubts import in_order, of_several
from sertify.corpora.quality import alike, shared_audio, warnings_about
from sertify.corpora.wholes import Wholes, whole_of, wholes
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.text import counted, listed, shown


def join(corpora: Sequence[Corpus]) -> Corpus:
    """Make one corpus of several, which are its parts; one is returned as it is.

    The parts of a joined corpus become parts themselves. The clip ``x.wav`` of the corpus ``calls``
    is then named ``calls/x.wav``.

    Raises ``ConfigurationError`` where there are none, or two have the same name.
    """
    if not corpora:
        raise ConfigurationError("--data: no corpus is given")
    if len(corpora) == 1:
        return corpora[0]
    corpora = [part for corpus in corpora for part in corpus.corpora]
    _refuse_namesakes(corpora)
    clips = [
        replace(clip, name=f"{part.name}/{clip.name}", corpus=part.name)
        for part in corpora
        for clip in part.clips
    ]
    warnings = of_several({part.name: part.warnings for part in corpora})
    return make_corpus(
        " + ".join(part.name for part in corpora),
        Path(os.path.commonpath([part.path.absolute() for part in corpora])),
        clips,
        tuple(corpora),
        layout=" + ".join(dict.fromkeys(part.layout for part in corpora)),
        requested=sum(part.requested for part in corpora),
        left_out=_summed(part.left_out for part in corpora),
        warnings=in_order([*shared_audio(clips), *warnings]),
    )


def hold_out(corpus: Corpus, share: float, seed: int = 0) -> tuple[Corpus, Corpus]:
    """Split a corpus so that no speaker is on both sides, no cluster and no copy of a sound either.

    Which speakers are held out depends on their names and on `seed`, not on the order of clips or
    on how many there are. A name is one speaker in all parts of a joined corpus; speakers who share
    a cluster, and clusters that share a speaker, stay together. A part of which nothing is on one
    side is no part of that. Clips that name neither are on neither side.

    Returns what is kept, and what is held out: a ``share`` of the speakers, or of what keeps them
    together, in (0, 1). It is at least one, and one is always kept.

    Raises ``ConfigurationError`` where there are fewer than two of these, a part has none, `share`
    is no share, or copies of one sound would be on both sides.
    """
    if not 0 < share < 1:
        raise ConfigurationError(f"share to hold out is {share}, but should be between 0 and 1")
    whole = wholes(corpus.clips)
    _refuse_too_few(corpus, whole)
    every = set(whole.values())
    number = min(max(round(share * len(every)), 1), len(every) - 1)
    held = set(sorted(every, key=lambda one: digest_of(f"{seed}\0{one}"))[:number])
    _refuse_copies(corpus, whole, held)
    pairs = [_halves(part, whole, held) for part in corpus.corpora]
    return _joined([kept for kept, _ in pairs]), _joined([apart for _, apart in pairs])


def _refuse_namesakes(corpora: Sequence[Corpus]) -> None:
    for name, count in Counter(corpus.name for corpus in corpora).items():
        if count > 1:
            paths = listed(str(corpus.path) for corpus in corpora if corpus.name == name)
            raise ConfigurationError(
                f"--data: {count} corpora are named {name!r} ({paths}),"
                " but each should have a name of its own"
            )


def _summed(left_out: Iterable[Iterable[tuple[str, int]]]) -> tuple[tuple[str, int], ...]:
    total: Counter[str] = Counter()
    for reason, number in chain.from_iterable(left_out):
        total[reason] += number
    return tuple(total.items())


def _refuse_too_few(corpus: Corpus, whole: Wholes) -> None:
    """Complain of what can't be divided; a corpus that names no speaker would vanish unnoticed."""
    for part, least in ((corpus, 2), *((part, 1) for part in corpus.corpora)):
        number = len({whole_of(clip, whole) for clip in part.clips} - {None})
        clustered = any(clip.cluster is not None for clip in part.clips)
        if number < least:
            raise ConfigurationError(
                f"--data {part.path}: names {counted(number, 'speaker')}"
                + (" or cluster that shares nothing with others" if clustered else "")
                + f", but at least {least} {'is' if least == 1 else 'are'} needed to hold some out:"
                " add a column speaker to its metadata"
                + (", or leave out its cluster in candidates.yaml" if clustered else "")
            )


def _refuse_copies(corpus: Corpus, whole: Wholes, held: set[str]) -> None:
    named = alike(clip for clip in corpus.clips if whole_of(clip, whole) is not None)
    torn = [group for group in named if len({whole_of(clip, whole) in held for clip in group}) > 1]
    if torn:
        sides = {whole_of(clip, whole) in held: clip for clip in torn[0]}.values()
        example = " = ".join(f"{clip.name} ({clip.speaker or clip.cluster})" for clip in sides)
        raise ConfigurationError(
            f"--data {corpus.path}: {counted(len(torn), 'sound')} would be both kept and held out,"
            f" because there are byte-identical copies under several speakers: {shown(example)};"
            " remove the copies, or give them one speaker"
        )


def _halves(corpus: Corpus, whole: Wholes, held: set[str]) -> tuple[Corpus, Corpus]:
    stays = _of(corpus, whole, {*whole.values()} - held)
    apart = _of(corpus, whole, held)
    rest = len(corpus.clips) - len(stays.clips) - len(apart.clips)
    reasons = [("held out", len(apart.clips)), ("no speaker", rest)]
    left_out = (*corpus.left_out, *(reason for reason in reasons if reason[1]))
    apart = replace(apart, requested=len(apart.clips), left_out=())
    return replace(stays, left_out=left_out), apart


def _of(corpus: Corpus, whole: Wholes, side: set[str]) -> Corpus:
    """Return the clips of one side, with what is doubtful about these."""
    half = corpus.narrowed(clip for clip in corpus.clips if whole_of(clip, whole) in side)
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
