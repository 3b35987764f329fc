"""What of a corpus must not be torn apart: speakers, and those whom a cluster has in common."""

from collections.abc import Iterable, Mapping

from sertify.corpora.clips import Clip

Name = tuple[str, ...]
Wholes = Mapping[Name, str]
"""The whole that a speaker or a cluster belongs to."""


def wholes(clips: Iterable[Clip]) -> Wholes:
    """Join speakers who share a cluster, and clusters that share a speaker.

    A whole is called like the first of its speakers, else clusters, so that one without clusters is
    its speaker. A name is one speaker in all corpora, but a cluster in its own only.

    >>> from pathlib import Path
    >>> pairs = [("anna", "1"), ("ben", "1"), ("ben", "2"), ("carl", None)]
    >>> clips = [Clip("a.wav", Path(), speaker=who, cluster=cluster) for who, cluster in pairs]
    >>> sorted(set(wholes(clips).values()))
    ['anna', 'carl']
    """
    of: dict[Name, set[Name]] = {}
    for names in dict.fromkeys(map(_names, clips)):
        joined = set(names).union(*(of.get(name, ()) for name in names))
        of |= dict.fromkeys(joined, joined)
    called = {id(joined): min(joined, key=lambda name: (len(name), name)) for joined in of.values()}
    return {name: " ".join(called[id(joined)]) for name, joined in of.items()}


def whole_of(clip: Clip, known: Wholes) -> str | None:
    """Return the whole that a clip belongs to; None where it names neither speaker nor cluster."""
    return next((known[name] for name in _names(clip)), None)


def _names(clip: Clip) -> tuple[Name, ...]:
    speaker = () if clip.speaker is None else ((clip.speaker,),)
    return speaker if clip.cluster is None else (*speaker, (clip.corpus, "cluster", clip.cluster))
