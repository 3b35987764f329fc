"""What the model card in README.md declares, and the corpora that it says it was trained on."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sertify.vocabulary.public_corpora import mentioned
from sertify.vocabulary.yaml_lines import read_yaml

_LONGEST = 200_000
_FRONT_MATTER = re.compile(r"\A\ufeff?\s*---\n(.*?)\n---(?:\n|\Z)", re.DOTALL)
_HIDDEN = re.compile(r"\A\ufeff?\s*---\n.*?\n---|```.*?(?:```|\Z)|<!--.*?(?:-->|\Z)", re.DOTALL)
_HEADING = re.compile(r"^(#{1,6})[ \t].*$", re.MULTILINE)
_ITEM = re.compile(r"[ \t]*(?:[-*+|]|\d+[.)])[ \t]")
_BLOCK = re.compile(rf"\n\s*\n|\n(?={_ITEM.pattern})")
# "e.g. RAVDESS" goes on.
_SENTENCE = re.compile(r"(?<=[.!?。])(?<![a-z]\.[a-z]\.)\s+")

_TRAINED = r"(?:\b(?:pre-?)?train\w*|\bfine[ -]?tun\w*|학습|훈련|파인튜닝|\b(?:до)?обуч\w*)"
_NOT = r"(?:\b(?:not(?! only)|never|no|without)|n['’]t|\bне)\s(?:\w+[\s-]){0,3}?"
_OTHER = (
    rf"{_NOT}(?:{_TRAINED}|seen\b)|(?:학습|훈련)\w{{0,20}}지 ?않"
    r"|\b(?:evaluat|validat|benchmark|compar|generali[sz]|accurac)\w*"
    r"|\btest(?:ed|ing)\b|\btest (?:set|split|data|accuracy|score)\w*|\bresults?\b"
    r"|\b(?:unseen|zero-shot|held-out|F1|UAR|WAR|citation|references|related work)\b"
    r"|평가|테스트|정확도|\b(?:оцен|точност|тест)\w*"
)
_CUE = re.compile(rf"(?P<other>{_OTHER})|(?P<training>{_TRAINED})", re.IGNORECASE)
_HOLDER = re.compile(r"\b(?:data ?sets?|corpus|corpora)\b|데이터 ?셋|\bдатасет", re.IGNORECASE)
_HANGUL = re.compile("[가-힣]")


@dataclass(frozen=True)
class Card:
    """What a model's author says of it; empty where nothing is said.

    ``library`` is the one that it is said to be for, such as speechbrain. ``datasets`` are as
    declared. ``mentions`` are public corpora, by their canonical names, that the text speaks of as
    training data: each is judged by the nearest word of training or of evaluation before it in its
    sentence, then the nearest after it, the line that leads to its list, and its heading. Without
    any, the word dataset or corpus in the sentence is enough. A sentence on evaluation, or
    "not trained on", is no mention. The datasets of ``model-index`` were evaluated on; they are
    mentions only in the cards that the Trainer wrote, which has them from the training.
    """

    licence: str = ""
    languages: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    library: str = ""
    mentions: tuple[str, ...] = ()


def read_card(folder: Path) -> Card:
    """Return what README.md of a repository says, of which 200,000 characters are read."""
    text = text_of_card(folder)
    content = _front_matter(text)
    # Neither the front matter, nor code, nor comments; headings stand alone.
    body = _HEADING.sub(r"\n\g<0>\n", _HIDDEN.sub("\n", text))
    mentions = dict.fromkeys((*_trainers_datasets(content), *_trained_on(body)))
    return Card(
        licence=_licence(content),
        languages=_texts(content.get("language")),
        datasets=_texts(content.get("datasets")),
        library=", ".join(_texts(content.get("library_name"))),
        mentions=tuple(mentions),
    )


def declared_libraries(folder: Path) -> tuple[str, ...]:
    """Return what may name the library that a model is for: as such, then among its tags."""
    content = _front_matter(text_of_card(folder))
    return _texts(content.get("library_name")) + _texts(content.get("tags"))


def text_of_card(folder: Path) -> str:
    """Return the start of README.md, front matter included; "" where there is none."""
    with suppress(OSError), (folder / "README.md").open(encoding="utf-8", errors="replace") as file:
        return file.read(_LONGEST)
    return ""


def hub_mixin(folder: Path) -> tuple[bool, str]:
    """Say whether README.md is of a `PyTorchModelHubMixin`, and where it says that the code is.

    Such a repository has the arguments of a class for a config, and nothing that names the class.
    """
    text = text_of_card(folder)
    if not re.search(r"pytorch_?model_?hub_?mixin", text, re.IGNORECASE):
        return False, ""
    source = re.search(
        r"^[ \t]*[-*] *(?:Code|Repo|Repository|Library): *(https?://\S{1,200})", text, re.MULTILINE
    )
    return True, source[1] if source else ""


def _licence(content: dict[Any, Any]) -> str:
    """Return what licence is declared; one that the hub has no name for by the name it is given."""
    declared, named = (", ".join(_texts(content.get(key))) for key in ("license", "license_name"))
    return f"{declared} ({named})" if named and declared == "other" else declared or named


def _texts(value: Any) -> tuple[str, ...]:
    """Return one text or a list of them as a tuple; anything else as none."""
    values = value if isinstance(value, tuple) else (value,)
    return tuple(text[:100] for text in values[:50] if isinstance(text, str))


def _dicts(value: Any) -> list[dict[Any, Any]]:
    values = value if isinstance(value, tuple) else (value,)
    return [entry for entry in values[:50] if isinstance(entry, dict)]


def _trainers_datasets(content: dict[Any, Any]) -> Iterator[str]:
    if "generated_from_trainer" not in _texts(content.get("tags")):
        return
    for index in _dicts(content.get("model-index")):
        for result in _dicts(index.get("results")):
            for dataset in _dicts(result.get("dataset")):
                names = _texts(dataset.get("name")) + _texts(dataset.get("type"))
                yield from mentioned(f"datasets: {' '.join(names)}")


def _front_matter(text: str) -> dict[Any, Any]:
    """Return what can be read of it: anything may stand there, and nothing depends on it."""
    match = _FRONT_MATTER.match(text)
    content = read_yaml(match[1].encode(), any_keys=True).value if match else None
    return content if isinstance(content, dict) else {}


def _trained_on(body: str) -> Iterator[str]:
    for block, context in _blocks(body):
        for sentence in _SENTENCE.split(block):
            weak = "training" if _HOLDER.search(sentence) else None
            for clause, kind in _clauses(sentence):
                if (kind or context or weak) == "training":
                    yield from mentioned(clause)


def _blocks(body: str) -> Iterator[tuple[str, str | None]]:
    """Return headings, paragraphs and items of lists, and what the text around says of each."""
    headings: dict[int, str | None] = {}
    lead: str | None = None
    for block in (text.strip("\n") for text in _BLOCK.split(body)):
        heading = _HEADING.match(block)
        level = len(heading[1]) if heading else 7
        headings = {above: kind for above, kind in headings.items() if above < level}
        item = _ITEM.match(block) is not None
        context = next((kind for kind in reversed(headings.values()) if kind), None)
        yield block, (lead if item else None) or context
        if heading and level > 1:  # a title is not about every sentence below it
            headings[level] = _kind_of_heading(block)
        if block and not item:
            kinds = [None, *(cue.lastgroup for cue in _CUE.finditer(block))]
            lead = kinds[-1] if block.rstrip(" *_").endswith(":") else None


def _kind_of_heading(heading: str) -> str | None:
    """Return training for "Training and evaluation data", under which training is told."""
    kinds = [cue.lastgroup for cue in _CUE.finditer(heading)]
    return "training" if "training" in kinds else next(iter(kinds), None)


def _clauses(sentence: str) -> Iterator[tuple[str, str | None]]:
    """Cut a sentence at its words of training and of evaluation, and say which is for each part."""
    cues = list(_CUE.finditer(sentence))
    edges = [0, *(edge for cue in cues for edge in cue.span()), len(sentence)]
    kinds = [None, *(cue.lastgroup for cue in cues), None]
    verb_last = _HANGUL.search(sentence) is not None
    for start, end, before, after in zip(edges[::2], edges[1::2], kinds, kinds[1:], strict=False):
        yield sentence[start:end], (after or before) if verb_last else (before or after)
