"""A folder of audio, however it is laid out, to a corpus."""

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from sertify.corpora.clips import Clip, Corpus, Heed, make_corpus, stratified, with_facts
from sertify.corpora.clusters import refuse_unknown
from sertify.corpora.columns import settled
from sertify.corpora.doubts import in_order
from sertify.corpora.labels import mapped_labels, sorted_out
from sertify.corpora.listings import Wish
from sertify.corpora.near import with_near_matches
from sertify.corpora.quality import shared_speakers, warnings_about
from sertify.corpora.recognizing import listing_of
from sertify.corpora.splits import clips_of_split
from sertify.corpora.standing import doubts_about, standing_for
from sertify.corpora.votes import ballots_of, elected, remarks, with_labels
from sertify.vocabulary.archives import archive_kind, without_ending
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.languages import language_tag
from sertify.vocabulary.public_corpora import known_corpus, language_of
from sertify.vocabulary.text import fold


@contextmanager
def _uncollected() -> Iterator[None]:
    """Leave garbage alone: to look for it takes half of the time, and clips are none."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


@_uncollected()
def read_corpus(
    path: Path,
    *,
    name: str | None = None,
    layout: str = "auto",
    split: str | None = None,
    limit: int | None = None,
    label_map: Mapping[str, str | None] | None = None,
    language: str | None = None,
    public: str | None = None,
    cluster: Sequence[str] = (),
    seed: int = 0,
    strict: bool = True,
    heed: Heed | None = None,
) -> Corpus:
    """Read a folder of speech, in whichever form of docs/corpora.md it is.

    A file is read as the table of those that lie in its folder, an archive as the folder that it
    was made of.

    Raises ``ConfigurationError`` where that cannot be done; its text names the file, the line and
    what is needed.

    Parameters
    ----------
    name
        Of the corpus; that of its folder by default.
    layout
        How to read it: ``auto``, the form that it is of, such as ``metadata``, ``folders`` or
        ``folders:speaker/label``, or a public corpus, such as ``emodb``.
    split
        The only split to keep.
    limit
        The most clips to keep: equally many of each label, and of its speakers, drawn by `seed`.
    label_map
        The emotion that a label means; None leaves its clips out.
    language
        Of the clips of which the data says none.
    public
        The public corpus that it is, where neither its files nor its name tell.
    cluster
        The columns of its table by whose values clips are resampled together, such as session.
    strict
        Whether too many labels that are no emotion are an error.
    heed
        Is told how many of how many clips are read, where that takes long.
    """
    if not path.exists():
        raise ConfigurationError(f"--data {path}: there is no such folder")
    if limit is not None and limit < 1:
        raise ConfigurationError(f"--data {path}: limit is {limit}, but should be at least 1")
    of_table = path.is_file() and not archive_kind(path.name)[0]
    root = (path.parent if of_table else path).resolve()
    own = root.name if root.is_dir() else without_ending(root.name)
    name, label_map = name or own, label_map or {}
    wish = Wish(cluster=tuple(cluster), labels=frozenset(map(fold, label_map)))
    listing = listing_of(path, layout, wish)
    refuse_unknown(path, name, cluster, listing.columns, listing.layout)
    known = _public(public, listing.public, name, own)
    spoken = language or listing.language or language_of(known or "")
    emotions = mapped_labels(path, with_labels(listing.clips, listing.votes), label_map)
    voted, tied = elected(listing.votes, listing.clips, emotions)
    every = _told(voted, name, spoken, emotions)
    unwanted = {label for label, emotion in emotions.items() if emotion is None}
    of_split = every if split is None else clips_of_split(path, every, split)
    labelled = sorted_out(path, name, of_split, unwanted, listing.states, strict=strict)
    kept = labelled.clips
    drawn = kept if limit is None else standing_for(kept, stratified(kept, limit, seed))
    if listing.unpack is not None:
        drawn = [*listing.unpack(drawn, heed)]
    not_drawn = (("other split", len(every) - len(of_split)), ("limit", len(kept) - len(drawn)))
    left_out = (*listing.left_out, ("no majority", len(tied)), *labelled.left_out, *not_drawn)
    corpus = make_corpus(
        name,
        root,
        drawn,
        heed=heed,
        layout=listing.layout,
        public=known,
        requested=len(listing.clips) + sum(number for _, number in listing.left_out),
        left_out=tuple((reason, number) for reason, number in left_out if number),
        unknown_labels=labelled.unknown,
        ballots=ballots_of(listing.votes, kept, tied, emotions),
    )
    corpus = with_near_matches(corpus)
    doubts = (*labelled.doubts, *listing.warnings, *remarks(listing.votes, tied))
    doubts = (*doubts, *shared_speakers(every))
    doubts = (*doubts, *warnings_about(corpus.clips), *doubts_about(kept, drawn))
    return replace(corpus, warnings=in_order(doubts))


def _told(
    clips: Sequence[Clip], corpus: str, spoken: str | None, emotions: Mapping[str, str | None]
) -> list[Clip]:
    """Add to clips what is told of their corpus."""
    labels = {clip.label for clip in clips}
    mapped = {label: emotions.get(fold(label)) if label else None for label in labels}
    languages = {clip.language or spoken for clip in clips}
    tags = {language: language and (language_tag(language) or language) for language in languages}
    columns = settled(clip.columns for clip in clips)
    return [
        with_facts(
            clip,
            corpus=corpus,
            language=tags[clip.language or spoken],
            mapped=mapped[clip.label],
            columns=columns[clip.columns.told],
        )
        for clip in clips
    ]


def _public(given: str | None, found: str | None, *names: str) -> str | None:
    if given is not None:
        return known_corpus(given) or given
    return found or next((known for name in names if (known := known_corpus(name))), None)
