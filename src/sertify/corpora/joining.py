"""Several corpora to one, and one to two that share no speaker."""

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from sertify.corpora.clips import Clip, Corpus, make_corpus
from sertify.corpora.quality import shared_audio
from sertify.corpora.wording import counted, examples
from sertify.errors import ConfigurationError

__all__ = ["hold_out", "join"]


def join(corpora: Sequence[Corpus]) -> Corpus:
    """Make one corpus of several, which are its parts; one is returned as it is.

    The parts of a joined corpus become parts themselves.

    The clip ``x.wav`` of the corpus ``calls`` is then named ``calls/x.wav``.

    Raises
    ------
    ConfigurationError
        Where there are none, or two have the same name.
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
    """Split a corpus, or each part of a joined one, so that no speaker is on both sides.

    Which speakers are held out depends on their names and on `seed`, not on the order of clips or
    on how many there are. Clips that name no speaker are on neither side.

    Parameters
    ----------
    share
        Of the speakers to hold out, in (0, 1); it is at least one, and one is always kept.

    Returns
    -------
    What is kept, and what is held out.

    Raises
    ------
    ConfigurationError
        Where fewer than two speakers are named, or `share` is no share.
    """
    if not 0 < share < 1:
        raise ConfigurationError(f"share to hold out is {share}, but should be between 0 and 1")
    pairs = [_halves(part, share, seed) for part in corpus.corpora]
    return join([kept for kept, _ in pairs]), join([held for _, held in pairs])


def _refuse_namesakes(corpora: Sequence[Corpus]) -> None:
    for name, count in Counter(corpus.name for corpus in corpora).items():
        if count > 1:
            paths = examples(str(corpus.path) for corpus in corpora if corpus.name == name)
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


def _halves(corpus: Corpus, share: float, seed: int) -> tuple[Corpus, Corpus]:
    speakers = {clip.speaker for clip in corpus.clips if clip.speaker is not None}
    if len(speakers) < 2:
        named = counted(len(speakers), "speaker")
        raise ConfigurationError(
            f"--data {corpus.path}: names {named}, but at least 2 are needed to hold some out:"
            " add a column speaker to its metadata"
        )
    number = min(max(round(share * len(speakers)), 1), len(speakers) - 1)
    held = set(sorted(speakers, key=lambda speaker: _lot(speaker, seed))[:number])
    kept, apart = _of_speakers(corpus, speakers - held), _of_speakers(corpus, held)
    rest = len(corpus.clips) - len(kept.clips) - len(apart.clips)
    reasons = [("held out", len(apart.clips)), ("no speaker", rest)]
    left_out = (*corpus.left_out, *((reason, number) for reason, number in reasons if number))
    return replace(kept, left_out=left_out), replace(apart, requested=len(apart.clips), left_out=())


def _of_speakers(corpus: Corpus, speakers: set[str]) -> Corpus:
    return corpus.narrowed(clip for clip in corpus.clips if clip.speaker in speakers)


def _lot(speaker: str, seed: int) -> str:
    return hashlib.sha256(f"{seed}\0{speaker}".encode(errors="surrogateescape")).hexdigest()
