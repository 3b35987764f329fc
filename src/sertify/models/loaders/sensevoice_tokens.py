"""Which of SenseVoiceSmall's 25,055 tokens are emotions.

They are looked up in the repository's own vocabulary: tokens.json, else the pieces of a
SentencePiece model. Where it has neither, the tokens of the published model are taken, and that is
said.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sertify.hub.funasr import fetched_small
from sertify.hub.snapshots import Snapshot
from sertify.models.loaders.sensevoice_recipe import named_file
from sertify.vocabulary.errors import Rejected
from sertify.vocabulary.text import listed, quoted

_LIST, _PIECES = "tokens.json", ".bpe.model"
CANNOT_TELL = "unknown"
"""The label of the token by which the model says that it cannot tell."""

# Of the published vocabulary.
_PUBLISHED: Mapping[str, tuple[str, int]] = {
    "happy": ("<|HAPPY|>", 25_001),
    "sad": ("<|SAD|>", 25_002),
    "angry": ("<|ANGRY|>", 25_003),
    "neutral": ("<|NEUTRAL|>", 25_004),
    "fearful": ("<|FEARFUL|>", 25_005),
    "disgusted": ("<|DISGUSTED|>", 25_006),
    "surprised": ("<|SURPRISED|>", 25_007),
    "other": ("<|OTHER|>", 25_008),
    CANNOT_TELL: ("<|EMO_UNKNOWN|>", 25_009),
}
_PUBLISHED_NUMBER = 25_055


@dataclass(frozen=True)
class EmotionTokens:
    """The place of each emotion among ``number`` tokens, and the file that says so.

    ``source`` is empty where none does.
    """

    places: Mapping[str, int]
    number: int
    source: str

    def without(self, label: str) -> "EmotionTokens":
        """Return them without one."""
        places = {name: place for name, place in self.places.items() if name != label}
        return EmotionTokens(places, self.number, self.source)


def read_emotion_tokens(snapshot: Snapshot) -> EmotionTokens:
    """Look the emotions up, in a file that is fetched where it is not there yet.

    Raises ``Rejected`` with ``bad_config``, and ``Blocked`` as `fetch` does.
    """
    name = _file(snapshot)
    if not name:
        places = {label: place for label, (_, place) in _PUBLISHED.items()}
        return EmotionTokens(places, _PUBLISHED_NUMBER, "")
    try:
        tokens = _read(snapshot, name)
    except (OSError, ValueError, RecursionError) as error:
        raise Rejected("bad_config", f"{name} cannot be read: {error}") from error
    return EmotionTokens(_places(tokens, name), len(tokens), name)


def _file(snapshot: Snapshot) -> str:
    if _LIST in snapshot.files:
        return _LIST
    named = named_file(snapshot, "tokenizer_conf", "bpemodel")
    if named in snapshot.files:
        return named
    at_the_top = (name for name in snapshot.files if "/" not in name)
    return min((name for name in at_the_top if name.endswith(_PIECES)), default="")


def _read(snapshot: Snapshot, name: str) -> Sequence[str]:
    path = fetched_small(snapshot, name)
    if name == _LIST:
        return _listed(snapshot.read_json(name))
    return list(pieces_of(path.read_bytes()))


def _listed(content: Any) -> Sequence[str]:
    if not isinstance(content, list) or not all(isinstance(token, str) for token in content):
        raise ValueError(f"it is {quoted(content)}, but should be a list of texts")
    return content


def _places(tokens: Sequence[str], name: str) -> dict[str, int]:
    wanted = {token: label for label, (token, _) in _PUBLISHED.items()}
    found: dict[str, list[int]] = {token: [] for token in wanted}
    for place, token in enumerate(tokens):
        if token in found:
            found[token].append(place)
    absent = [token for token, places in found.items() if not places]
    twice = [token for token, places in found.items() if len(places) > 1]
    if absent or twice:
        what = f"has no {listed(absent)}" if absent else f"has {listed(twice)} more than once"
        raise Rejected("bad_config", f"{name} {what}, but should have each emotion once")
    places = {label: found[token][0] for token, label in wanted.items()}
    return dict(sorted(places.items(), key=lambda place: place[1]))


def pieces_of(model: bytes) -> Iterator[str]:
    """Yield the pieces of a SentencePiece model, a message of protobuf, in the order of their ids.

    Raises ``ValueError`` where it is none.
    """
    for field, content in _fields(model):
        if field == 1:
            names = [value for number, value in _fields(content) if number == 1]
            yield names[-1].decode("utf-8") if names else ""


def _fields(message: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield number and content of each field; that of a number is empty."""
    place = 0
    while place < len(message):
        key, place = _varint(message, place)
        kind, size = key & 7, 0
        if kind == 0:
            _, place = _varint(message, place)
        elif kind == 2:
            size, place = _varint(message, place)
        elif kind in _FIXED:
            place += _FIXED[kind]
        else:
            raise ValueError("it is no SentencePiece model")
        if place + size > len(message):
            raise ValueError("it is no SentencePiece model, or ends early")
        yield key >> 3, message[place : place + size]
        place += size


_FIXED = {1: 8, 5: 4}  # bytes, by the kind of the field


def _varint(message: bytes, place: int) -> tuple[int, int]:
    """Return the number at a place, and the place after it."""
    value = 0
    for shift in range(0, 64, 7):
        byte = message[place : place + 1]
        if not byte:
            break
        place += 1
        value |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            return value, place
    raise ValueError("it is no SentencePiece model, or ends early")
