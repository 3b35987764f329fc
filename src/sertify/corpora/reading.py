"""A folder of audio, however it is laid out, to a corpus."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from sertify.corpora.clips import Clip, Corpus, make_corpus, stratified
from sertify.corpora.clusters import refuse_unknown
from sertify.corpora.doubts import in_order
from sertify.corpora.forms.databases import AUDFORMAT
from sertify.corpora.forms.file_names import read_as, read_detected
from sertify.corpora.forms.folders import FOLDERS, UNLABELLED
from sertify.corpora.forms.json_manifests import MANIFESTS
from sertify.corpora.forms.kaldi import KALDI
from sertify.corpora.forms.layouts import LAYOUTS
from sertify.corpora.forms.metadata import METADATA, OTHER_TABLE, refuse_nested
from sertify.corpora.forms.speechbrain_tables import SPEECHBRAIN_TABLES
from sertify.corpora.labels import mapped_labels, sorted_out
from sertify.corpora.listings import Form, Listing, Wish
from sertify.corpora.quality import shared_speakers, warnings_about
from sertify.corpora.splits import clips_of_split
from sertify.corpora.standing import doubts_about, standing_for
from sertify.corpora.trees import Tree, ending, tree_of
from sertify.corpora.votes import ballots_of, elected, remarks, with_labels
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.languages import language_tag
from sertify.vocabulary.public_corpora import known_corpus, language_of
from sertify.vocabulary.text import did_you_mean, fold

_FORMS = (
    METADATA,
    AUDFORMAT,
    KALDI,
    MANIFESTS,
    SPEECHBRAIN_TABLES,
    OTHER_TABLE,
    Form("auto", "folders with one metadata.csv each", refuse_nested),
    Form("auto", "files named as in a public corpus", read_detected),
    FOLDERS,
)
"""What a folder may be, in the order in which it is looked for; the last one reads any audio."""

_NAMED = (*_FORMS, UNLABELLED, *map(read_as, LAYOUTS))
_LAYOUTS = tuple(dict.fromkeys(["auto", *(form.layout for form in _NAMED)]))
_DETAILED = ("audformat", "folders", "manifest")
"""The layouts of which a part can be named, after a colon."""


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
) -> Corpus:
    """Read a folder: its metadata, an audformat database, known file names, or label folders.

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
    """
    if not path.is_dir():
        what = "is a file, but should be a folder" if path.exists() else "there is no such folder"
        raise ConfigurationError(f"--data {path}: {what}")
    if limit is not None and limit < 1:
        raise ConfigurationError(f"--data {path}: limit is {limit}, but should be at least 1")
    root = path.resolve()
    name, label_map = name or root.name, label_map or {}
    listing = _listing(path, layout, cluster, frozenset(map(fold, label_map)))
    refuse_unknown(path, name, cluster, listing.columns, listing.layout)
    known = _public(public, listing.public, name, root.name)
    spoken = language or listing.language or language_of(known or "")
    emotions = mapped_labels(path, with_labels(listing.clips, listing.votes), label_map)
    voted, tied = elected(listing.votes, listing.clips, emotions)
    every = [_told(clip, name, spoken, emotions) for clip in voted]
    unwanted = {label for label, emotion in emotions.items() if emotion is None}
    labelled = sorted_out(path, name, every, unwanted, listing.states)
    clips = labelled.clips
    kept = clips if split is None else clips_of_split(path, clips, split)
    drawn = kept if limit is None else standing_for(kept, stratified(kept, limit, seed))
    not_drawn = (("other split", len(clips) - len(kept)), ("limit", len(kept) - len(drawn)))
    left_out = (*listing.left_out, ("no majority", len(tied)), *labelled.left_out, *not_drawn)
    corpus = make_corpus(
        name,
        root,
        drawn,
        layout=listing.layout,
        public=known,
        requested=len(listing.clips) + sum(number for _, number in listing.left_out),
        left_out=tuple((reason, number) for reason, number in left_out if number),
        ballots=ballots_of(listing.votes, kept, tied, emotions),
    )
    doubts = (*labelled.doubts, *listing.warnings, *remarks(listing.votes, tied))
    doubts = (*doubts, *shared_speakers(clips))
    doubts = (*doubts, *warnings_about(corpus.clips), *doubts_about(kept, drawn))
    return replace(corpus, warnings=in_order(doubts))


def _told(clip: Clip, corpus: str, spoken: str | None, emotions: Mapping[str, str | None]) -> Clip:
    """Add to a clip what is told of its corpus."""
    mapped = None if clip.label is None else emotions.get(fold(clip.label))
    language = clip.language or spoken
    tag = language and (language_tag(language) or language)
    return replace(clip, corpus=corpus, language=tag, mapped=mapped)


def _listing(path: Path, layout: str, cluster: Sequence[str], labels: frozenset[str]) -> Listing:
    """Return what the reader that `layout` names reads, with account of every file."""
    kind, _, detail = layout.partition(":")
    kind = kind.casefold()
    if kind not in _LAYOUTS or (detail and kind not in _DETAILED):
        hint = did_you_mean(kind, _LAYOUTS)
        raise ConfigurationError(f"--data {path}: layout {layout!r} is unknown{hint}")
    wish = Wish(detail, tuple(cluster), named=kind != "auto", labels=labels)
    tree, why = tree_of(path), list[str]()
    forms = _FORMS if kind == "auto" else [form for form in _NAMED if form.layout == kind]
    for form in forms:
        try:
            found = form.read(tree, wish)
        except ConfigurationError as error:
            raise ConfigurationError("; ".join([str(error), *why])) from error
        if isinstance(found, Listing):
            return _accounted(tree, replace(found, warnings=(*why, *found.warnings)))
        why += found.why if found else ()
    reason = "".join(f": {text}" for text in why)
    message = f"has no {forms[0].needs}, which layout {kind} needs{reason}"
    raise ConfigurationError(f"--data {path}: {message}")


def _accounted(tree: Tree, listing: Listing) -> Listing:
    """Add the files that no reader takes: in no table, hidden, or not to be decoded."""
    listed_ = {clip.path for clip in listing.clips}
    told = sum(number for _, number in listing.left_out)
    rest = sum(tree.root / name not in listed_ for name in tree.audio)
    unlisted = max(0, rest - told) if listing.clips else 0
    kinds = Counter(ending(name) for name in tree.unread)
    left_out = [("not listed", unlisted), ("in a hidden folder", len(tree.hidden_audio))]
    left_out += [(f"ends in {kind}", number) for kind, number in sorted(kinds.items())]
    return replace(listing, left_out=(*listing.left_out, *(one for one in left_out if one[1])))


def _public(given: str | None, found: str | None, *names: str) -> str | None:
    if given is not None:
        return known_corpus(given) or given
    return found or next((known for name in names if (known := known_corpus(name))), None)
