"""A folder of audio files, one level of whose folders may be named for emotions."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sertify.corpora.clips import Clip
from sertify.corpora.doubts import Doubt
from sertify.corpora.forms.file_names import contradicted_by_folders
from sertify.corpora.forms.roles import gender_of
from sertify.corpora.listings import Form, Listing, Wish
from sertify.corpora.splits import split_of
from sertify.corpora.trees import Tree, require_audio
from sertify.vocabulary.emotions import emotion_of
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.text import did_you_mean, fold, listed, ordinal, quoted, shown

_MOST = 0.5
"""Share of the files that have to lie in folders named for emotions, for these to be labels."""

_ROLES = ("label", "speaker", "gender", "language", "split")
_SPEAKER = re.compile(
    r"(?:actor|speaker|spk|spkr|sp|subject|subj|participant|person|voice|talker|user)?[ _-]*\d{1,5}"
    r"|(?:actor|speaker|spk|subject|voice)[ _-]*\w{1,20}|[fm](?:emale|ale)?[ _-]*\d{1,3}",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True)
class _Level:
    """The folders at one depth below the root, 0 for those right below it."""

    depth: int
    names: Sequence[str | None]
    """Of the folder that each file lies in, None where it lies in none so deep."""

    def share(self, known: Mapping[str, str]) -> float:
        return sum(name in known for name in self.names) / len(self.names)


def read_folders(tree: Tree, wish: Wish) -> Listing:
    """Read audio files; the folders of that level which are named for emotions are the labels.

    A level of splits, or of folders numbered like speakers, tells these. Where most files lie in
    no folder, there are no labels. ``wish.detail`` names the levels: ``speaker/label``.

    Raises ``ConfigurationError`` where there are folders, but none named for emotions.
    """
    names = require_audio(tree)
    parts = [name.split("/")[:-1] for name in names]
    if wish.detail:
        return _listing(tree, names, parts, _stated(tree, wish.detail), ())
    if 2 * sum(bool(folders) for folders in parts) < len(names):
        return _without_labels(tree, names, parts)
    levels = [*_levels(parts)]
    known, level = _labels(levels, wish)
    if level is None:
        if wish.named:  # somebody says that these are labels
            return _listing(tree, names, parts, {0: "label"}, ())
        raise ConfigurationError(_unfit(tree, levels))
    roles = {level.depth: "label"} | _others(levels, level.depth)
    labels = [_label(folders, level.depth, known) for folders in parts]
    plain = len(roles) == 1 and level.depth == 0 and known == _emotions(level)
    doubts = [] if plain else [_said(levels, roles, names, labels)]
    return _listing(tree, names, parts, roles, doubts, labels)


def read_unlabelled(tree: Tree, _: Wish) -> Listing:
    """Read audio files, and take nothing for a label."""
    names = require_audio(tree)
    return Listing(tuple(Clip(name, tree.root / name) for name in names), "plain files")


FOLDERS = Form("folders", "folders of audio", read_folders)
UNLABELLED = Form("unlabelled", "audio", read_unlabelled)


def _levels(parts: Sequence[Sequence[str]]) -> Iterator[_Level]:
    for depth in range(max(map(len, parts))):
        yield _Level(depth, [of[depth] if len(of) > depth else None for of in parts])


def _emotions(level: _Level) -> dict[str, str]:
    """Return the folders that are named for an emotion and nothing else, and their labels."""
    return {name: name for name in {*level.names} - {None} if name and emotion_of(name)}


def _labels(levels: Sequence[_Level], wish: Wish) -> tuple[dict[str, str], _Level | None]:
    """Return the label of each folder that has one, and the level where most are; None if none.

    Names that are an emotion go before those that only hold one, such as ``01_angry``.
    """
    every = {name for level in levels for name in level.names if name is not None}
    mapped = {name: name for name in every if fold(name) in wish.labels}
    whole = mapped | {name: name for name in every if emotion_of(name)}
    for known in (whole, whole | {name: word for name in every if (word := _word_in(name))}):
        best = max(levels, key=lambda level: (level.share(known), -level.depth))
        if best.share(known) >= _MOST and len({known.get(name or "") for name in best.names}) > 1:
            return known, best
    best = max(levels, key=lambda level: (level.share(whole), -level.depth))
    return whole, best if best.share(whole) >= _MOST else None


def _word_in(name: str) -> str | None:
    """Return the word of a name that is an emotion, where there is only one such."""
    words = {emotion: word for word in _WORD.findall(name) if (emotion := emotion_of(word))}
    return next(iter(words.values())) if len(words) == 1 else None


def _label(folders: Sequence[str], depth: int, known: Mapping[str, str]) -> str | None:
    """Return the label of a file: of its level, or of another folder of its way that has one."""
    own = folders[depth] if len(folders) > depth else None
    if own is not None and own in known:
        return known[own]
    others = [known[name] for name in folders if name in known]
    return others[0] if len(others) == 1 else own


def _others(levels: Sequence[_Level], labels: int) -> dict[int, str]:
    """Return what the levels beside that of the labels are."""
    roles: dict[int, str] = {}
    for level in levels:
        names = {*level.names}
        if level.depth == labels or None in names:
            continue
        if all(split_of(name or "") for name in names):
            roles.setdefault(level.depth, "split")
        elif "speaker" not in roles.values() and all(map(_SPEAKER.fullmatch, filter(None, names))):
            roles[level.depth] = "speaker"
    return roles


def _listing(
    tree: Tree,
    names: Sequence[str],
    parts: Sequence[Sequence[str]],
    roles: Mapping[int, str],
    doubts: Sequence[str],
    labels: Sequence[str | None] | None = None,
) -> Listing:
    clips = []
    for place, (name, folders) in enumerate(zip(names, parts, strict=True)):
        facts = {role: folders[depth] for depth, role in roles.items() if len(folders) > depth}
        split = facts.get("split", "")
        clip = Clip(
            name,
            tree.root / name,
            facts.get("label") if labels is None else labels[place],
            facts.get("speaker"),
            facts.get("language"),
            gender_of(facts.get("gender")),
            split_of(split) or split or None,
        )
        clips.append(clip)
    if labels is not None and (contradicted := contradicted_by_folders(clips)):
        doubts = [*doubts, Doubt(contradicted, Doubt.WRONG)]
    return Listing(tuple(clips), "folder per label", warnings=tuple(doubts))


def _stated(tree: Tree, detail: str) -> dict[int, str]:
    """Return what somebody says that each level is; ``-`` is nothing."""
    roles = {depth: fold(name) for depth, name in enumerate(detail.strip("/").split("/"))}
    strange = next((name for name in roles.values() if name not in (*_ROLES, "-")), None)
    if strange is not None:
        hint = did_you_mean(strange, _ROLES) or f"; it may be {listed([*_ROLES, '-'])}"
        message = f"--data {tree.root}: layout folders:{detail} names a level {strange!r}{hint}"
        raise ConfigurationError(message)
    twice = next((name for name, n in Counter(roles.values()).items() if n > 1 and name != "-"), "")
    if twice or "label" not in roles.values():
        what = f"names {twice} twice" if twice else "names no label"
        example = "such as folders:speaker/label"
        message = f"--data {tree.root}: layout folders:{detail} {what}; name each level, {example}"
        raise ConfigurationError(message)
    return {depth: name for depth, name in roles.items() if name != "-"}


def _without_labels(tree: Tree, names: Sequence[str], parts: Sequence[Sequence[str]]) -> Listing:
    clips = tuple(Clip(name, tree.root / name) for name in names)
    folders = sorted({of[0] for of in parts if of})
    warning = (
        f"most clips are in no folder, so folders are not taken for labels: {listed(folders)};"
        " if they are labels, put every clip into the folder of its label"
    )
    return Listing(clips, "plain files", warnings=(warning,) if folders else ())


def _said(
    levels: Sequence[_Level],
    roles: Mapping[int, str],
    names: Sequence[str],
    labels: Sequence[str | None],
) -> Doubt:
    """Say what the levels of folders were taken for, and how to say which are speakers."""
    depth = next(depth for depth, role in roles.items() if role == "label")
    place = next(i for i, name in enumerate(levels[depth].names) if name and labels[i])
    others = [
        f"{role}s those of the {ordinal(at + 1)}" for at, role in roles.items() if at != depth
    ]
    text = f"labels are the folders of the {ordinal(depth + 1)} level{_and(others)}"
    text += f": {shown(names[place])} is {shown(labels[place] or '')}"
    likely = [one.depth for one in levels if one.depth not in roles and _may_be_speakers(one)]
    if likely and "speaker" not in roles.values():
        told = {**roles, likely[-1]: "speaker"}
        layout = "/".join(told.get(one.depth, "-") for one in levels[: max(told) + 1])
        text += f"; if those of the {ordinal(likely[-1] + 1)} level are speakers, give"
        text += f" --layout folders:{layout}"
    return Doubt(text, Doubt.TOLD)


def _may_be_speakers(level: _Level) -> bool:
    names = {*level.names}
    return len(names) > 1 and not any(name is None or emotion_of(name) for name in names)


def _and(texts: Sequence[str]) -> str:
    return "".join(f", {text}" for text in texts)


def _unfit(tree: Tree, levels: Sequence[_Level]) -> str:
    """Say that no level of folders is named for emotions, and what to do."""
    told, strange = [], list[str]()
    for level in levels[:3]:
        counts = Counter(name for name in level.names if name is not None)
        held = (f"{shown(name)} ({n})" for name, n in sorted(counts.items()))
        told.append(f"the {ordinal(level.depth + 1)} level has {listed(held)}")
        strange += [] if strange else [name for name in sorted(counts) if not emotion_of(name)]
    lines = ", ".join(f"{quoted(name)}: …" for name in strange[:3])
    more = ", …" if len(strange) > 3 else ""
    return (
        f"--data {tree.root}: at no level are most of its folders named for emotions:"
        f" {'; '.join(told)}. If they are labels, say in candidates.yaml what they mean:"
        f" corpora: {{NAME: {{label_map: {{{lines}{more}}}}}}}. If a table has the labels, put it"
        " there as metadata.csv (columns file_name and label). If nothing has: --layout unlabelled"
    )
