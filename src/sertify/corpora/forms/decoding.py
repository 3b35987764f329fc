"""Texts of tables in the encoding that they were written in, where that is sure."""

import codecs
import re
from collections.abc import Mapping

from sertify.vocabulary.emotions import emotion_of
from sertify.vocabulary.files import read_words
from sertify.vocabulary.text import listed

_ENCODINGS: Mapping[str, Mapping[str, str]] = read_words(__file__)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NEARLY = 0.98
_MANY = 12  # Chinese that has so many characters has some that Korean does not
_SAMPLE = 200_000  # characters


def decoded(content: bytes) -> tuple[str, str]:
    """Return the text of a table, and in which encoding it is, where that is not Unicode.

    Without a mark it is in UTF-8; else in the one encoding in which it has the letters of its
    language, or the names of emotions.

    Raises ``ValueError`` where there is none, or several.
    """
    marked = next((name for mark, name in _MARKS if content.startswith(mark)), None)
    try:
        return content.decode(marked or "utf-8"), ""
    except UnicodeDecodeError as error:
        if marked:
            raise ValueError(f"it begins like {marked.upper()}, but is not: {error}") from error
        fitting = _fitting(content)
        if len(fitting) != 1:
            among = f"; it could be {listed(fitting)}" if fitting else ""
            raise ValueError(f"{error}{among}; save it as UTF-8") from error
        ((name, text),) = fitting.items()
        return text, f"{name} ({_ENCODINGS[name]['of']})"


def _fitting(content: bytes) -> dict[str, str]:
    texts = {name: text for name in _ENCODINGS if (text := _text(content, name)) is not None}
    words = {name: _emotions(text) for name, text in texts.items()}
    most = max(words.values(), default=0)
    if most and list(words.values()).count(most) == 1:
        return {name: text for name, text in texts.items() if words[name] == most}
    if "cp949" in texts and len({*_beyond(texts["cp949"])}) >= _MANY:
        return {"cp949": texts["cp949"]}
    return texts


def _text(content: bytes, name: str) -> str | None:
    """Return the text in one encoding; None where it has not the letters of its language."""
    try:
        text = content.decode(name)
    except UnicodeDecodeError:
        return None
    facts = _ENCODINGS[name]
    sample = text[:_SAMPLE] if _beyond(text[:_SAMPLE]) else text
    beyond = _beyond(sample)
    fits = len(re.findall(facts["characters"], sample)) >= _NEARLY * len(beyond)
    # Korean syllables that its own set does not have are written as eight bytes.
    sizes = {char: len(char.encode(facts.get("common", name), "ignore")) for char in {*beyond}}
    common = sum(sizes[char] in (1, 2) for char in beyond) >= _NEARLY * len(beyond)
    needed = re.search(facts.get("needs", ""), sample) is not None
    return text if fits and common and needed else None


def _beyond(text: str) -> str:
    return "".join(char for char in text if char > "\x7f")


def _emotions(text: str) -> int:
    """Count the fields that name an emotion in letters beyond ASCII."""
    fields = (field.strip(' "') for field in re.split(r"[,;|\t\r\n]", text[:_SAMPLE]))
    return sum(not field.isascii() and emotion_of(field) is not None for field in fields)
