"""A folder of audio, however it is laid out, to a corpus."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from sertify.corpora.clips import Clip, Corpus, make_corpus, stratified
from sertify.corpora.clusters import refuse_unknown
from sertify.corpora.doubts import in_order
from sertify.corpora.labels import mapped_labels, sorted_out
from sertify.corpora.listings import Wish
from sertify.corpora.near import with_near_matches
from sertify.corpora.quality import shared_speakers, warnings_about
from sertify.corpora.recognizing import listing_of
from sertify.corpora.splits import clips_of_split
from sertify.corpora.standing import doubts_about, standing_for
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.languages import language_tag
from sertify.vocabulary.public_corpora import known_corpus, language_of
from sertify.vocabulary.text import fold


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
) -> Corpus:
    """Read a folder: its metadata, an audformat database, known file names, or label folders.

    A file is read as the table of those that lie in its folder.

    Raises ``ConfigurationError`` where that cannot be done; its text names the file, the line and
    what is needed.

    Parameters
    ----------
    name
        Of the corpus; that of its folder by default.
    layout
        How to read it: ``auto``, ``metadata``, ``audformat``, ``audformat:TABLE:COLUMN``,
        ``folders``, or a public corpus whose file names tell the labels, such as ``emodb``.
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
    """
    if not path.exists():
        raise ConfigurationError(f"--data {path}: there is no such folder")
    if limit is not None and limit < 1:
        raise ConfigurationError(f"--data {path}: limit is {limit}, but should be at least 1")
    root = (path if path.is_dir() else path.parent).resolve()
    name, label_map = name or root.name, label_map or {}
    wish = Wish(cluster=tuple(cluster), labels=frozenset(map(fold, label_map)))
    listing = listing_of(path, layout, wish)
    refuse_unknown(path, name, cluster, listing.columns, listing.layout)
    known = _public(public, listing.public, name, root.name)
    spoken = language or listing.language or language_of(known or "")
    emotions = mapped_labels(path, listing.clips, label_map)
    every = [_told(clip, name, spoken, emotions) for clip in listing.clips]
    unwanted = {label for label, emotion in emotions.items() if emotion is None}
    of_split = every if split is None else clips_of_split(path, every, split)
    labelled = sorted_out(path, name, of_split, unwanted, listing.states, strict=strict)
    kept = labelled.clips
    drawn = kept if limit is None else standing_for(kept, stratified(kept, limit, seed))
    if listing.unpack is not None:
        drawn = [*listing.unpack(drawn)]
    not_drawn = (("other split", len(every) - len(of_split)), ("limit", len(kept) - len(drawn)))
    left_out = (*listing.left_out, *labelled.left_out, *not_drawn)
    corpus = make_corpus(
        name,
        root,
        drawn,
        layout=listing.layout,
        public=known,
        requested=len(every) + sum(number for _, number in listing.left_out),
        left_out=tuple((reason, number) for reason, number in left_out if number),
        unknown_labels=labelled.unknown,
    )
    corpus = with_near_matches(corpus)
    doubts = (*labelled.doubts, *listing.warnings, *shared_speakers(every))
    doubts = (*doubts, *warnings_about(corpus.clips), *doubts_about(kept, drawn))
    return replace(corpus, warnings=in_order(doubts))


def _told(clip: Clip, corpus: str, spoken: str | None, emotions: Mapping[str, str | None]) -> Clip:
    """Add to a clip what is told of its corpus."""
    mapped = None if clip.label is None else emotions.get(fold(clip.label))
    language = clip.language or spoken
    tag = language and (language_tag(language) or language)
    return replace(clip, corpus=corpus, language=tag, mapped=mapped)


def _public(given: str | None, found: str | None, *names: str) -> str | None:
    if given is not None:
        return known_corpus(given) or given
    return found or next((known for name in names if (known := known_corpus(name))), None)
