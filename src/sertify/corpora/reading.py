"""A folder of audio, however it is laid out, to a corpus."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from sertify.corpora.clips import Clip, Corpus, make_corpus, stratified
from sertify.corpora.clusters import refuse_unknown
from sertify.corpora.forms.databases import AUDFORMAT
from sertify.corpora.forms.file_names import read_as, read_detected
from sertify.corpora.forms.folders import FOLDERS
from sertify.corpora.forms.layouts import LAYOUTS
from sertify.corpora.forms.metadata import METADATA, OTHER_TABLE, refuse_nested
from sertify.corpora.listings import Form, Listing, Wish
from sertify.corpora.near import with_near_matches
from sertify.corpora.quality import shared_speakers, warnings_about
from sertify.corpora.standing import doubts_about, standing_for
from sertify.corpora.trees import tree_of
from sertify.vocabulary.emotions import emotion_of
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.languages import language_tag
from sertify.vocabulary.public_corpora import known_corpus, language_of
from sertify.vocabulary.text import did_you_mean, fold, listed, shown

_FORMS = (
    METADATA,
    AUDFORMAT,
    OTHER_TABLE,
    Form("auto", "folders with one metadata.csv each", refuse_nested),
    Form("auto", "files named as in a public corpus", read_detected),
    FOLDERS,
)
"""What a folder may be, in the order in which it is looked for; the last one reads any audio."""

_NAMED = (*_FORMS, *map(read_as, LAYOUTS))
_LAYOUTS = tuple(dict.fromkeys(["auto", *(form.layout for form in _NAMED)]))
_DETAILED = ("audformat",)
"""The layouts of which a part can be named, after a colon."""


def read_corpus(
    path: Path,
    *,
    name: str | None = None,
    layout: str = "auto",
    split: str | None = None,
    limit: int | None = None,
    label_map: Mapping[str, str] | None = None,
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
        The emotion that a label means.
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
    listing = _listing(path, layout, cluster)
    root = path.resolve()
    name = name or root.name
    refuse_unknown(path, name, cluster, listing.columns, listing.layout)
    known = _public(public, listing.public, name, root.name)
    spoken = language or listing.language or language_of(known or "")
    emotions = _emotions(path, listing.clips, label_map or {})
    clips = [_told(clip, name, spoken, emotions) for clip in listing.clips]
    kept = clips if split is None else _of_split(path, clips, split)
    drawn = kept if limit is None else standing_for(kept, stratified(kept, limit, seed))
    left_out = (("other split", len(clips) - len(kept)), ("limit", len(kept) - len(drawn)))
    corpus = make_corpus(
        name,
        root,
        drawn,
        layout=listing.layout,
        public=known,
        requested=len(clips) + sum(number for _, number in listing.left_out),
        left_out=(*listing.left_out, *(reason for reason in left_out if reason[1])),
    )
    corpus = with_near_matches(corpus)
    doubts = (*listing.warnings, *shared_speakers(clips), *warnings_about(corpus.clips))
    doubts = (*doubts, *doubts_about(kept, drawn))
    return replace(corpus, warnings=doubts)


def _told(clip: Clip, corpus: str, spoken: str | None, emotions: Mapping[str, str]) -> Clip:
    """Add to a clip what is told of its corpus."""
    mapped = None if clip.label is None else emotions.get(fold(clip.label))
    language = clip.language or spoken
    tag = language and (language_tag(language) or language)
    return replace(clip, corpus=corpus, language=tag, mapped=mapped)


def _listing(path: Path, layout: str, cluster: Sequence[str]) -> Listing:
    """Return what the reader that `layout` names reads."""
    kind, _, detail = layout.partition(":")
    kind = kind.casefold()
    if kind not in _LAYOUTS or (detail and kind not in _DETAILED):
        hint = did_you_mean(kind, _LAYOUTS)
        raise ConfigurationError(f"--data {path}: layout {layout!r} is unknown{hint}")
    wish = Wish(detail, tuple(cluster), named=kind != "auto")
    tree, why = tree_of(path), list[str]()
    forms = _FORMS if kind == "auto" else [form for form in _NAMED if form.layout == kind]
    for form in forms:
        found = form.read(tree, wish)
        if isinstance(found, Listing):
            return replace(found, warnings=(*why, *found.warnings))
        why += found.why if found else ()
    reason = "".join(f": {text}" for text in why)
    message = f"has no {forms[0].needs}, which layout {kind} needs{reason}"
    raise ConfigurationError(f"--data {path}: {message}")


def _public(given: str | None, found: str | None, *names: str) -> str | None:
    if given is not None:
        return known_corpus(given) or given
    return found or next((known for name in names if (known := known_corpus(name))), None)


def _emotions(path: Path, clips: Iterable[Clip], label_map: Mapping[str, str]) -> dict[str, str]:
    """Return the emotion by folded label."""
    labels = {fold(clip.label): clip.label for clip in clips if clip.label is not None}
    emotions: dict[str, str] = {}
    for label, emotion in label_map.items():
        if fold(label) not in labels:
            near = did_you_mean(label, sorted(map(shown, labels.values()))) or "; it has no labels"
            raise ConfigurationError(
                f"--data {path}: label_map names {label!r}, but no clip has that label{near}"
            )
        canonical = emotion_of(emotion) or emotion.casefold()
        if emotions.setdefault(fold(label), canonical) != canonical:
            raise ConfigurationError(
                f"--data {path}: label_map names {label!r} twice, and differently"
            )
    return emotions


def _of_split(path: Path, clips: Iterable[Clip], split: str) -> list[Clip]:
    named = [clip for clip in clips if clip.split is not None]
    if not named:
        raise ConfigurationError(
            f"--data {path}: split {split!r} is asked for, but no clip names its split:"
            " add a column split to its metadata"
        )
    kept = [clip for clip in named if fold(str(clip.split)) == fold(split)]
    if not kept:
        splits = listed(sorted({str(clip.split) for clip in named}), most=20)
        raise ConfigurationError(f"--data {path}: has no split {split!r}; its splits are {splits}")
    return kept
