"""Repositories with code of their own, and the whole way of a candidate, for tests of such code."""

import textwrap
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sertify.candidates.reading import Candidate, Suite
from sertify.evidence.cache import Cache
from sertify.pipeline.settings import Settings
from sertify.pipeline.stages import STAGES
from sertify.pipeline.telling import silently
from sertify.pipeline.way import Way
from sertify.vocabulary.errors import Blocked, Rejected
from tests.meta import tiny

__all__ = ["AUTO_MAP", "CODE", "build", "on_its_way", "verdict", "way_of", "write_code"]

AUTO_MAP = {"AutoConfig": "modeling.Config", "AutoModelForAudioClassification": "modeling.Model"}

CODE = """
from transformers import Wav2Vec2Config, Wav2Vec2ForSequenceClassification

class Config(Wav2Vec2Config):
    model_type = "fancy"

class Model(Wav2Vec2ForSequenceClassification):
    config_class = Config
"""
"""A class of its own that is the stock one by another name."""


def build(
    folder: Path,
    code: str = CODE,
    *,
    model_type: str = "fancy",
    auto_map: Mapping[str, str] = AUTO_MAP,
    at_import: str = "",
    before: str = "",
    **config: Any,
) -> Path:
    """Write a tiny checkpoint whose config names classes of its own.

    ``at_import`` are lines that run when it is imported; ``before`` those of a forward, before the
    stock one.
    """
    tiny.build(folder)
    changes = {"model_type": model_type, "auto_map": dict(auto_map), **config}
    tiny.edit_json(folder / "config.json", lambda content: content.update(changes))
    if before:
        lines = textwrap.indent(textwrap.dedent(before).strip(), " " * 8)
        code += "\n    def forward(self, input_values, attention_mask=None, **options):\n"
        code += f"{lines}\n        return super().forward(input_values, attention_mask)\n"
    write_code(folder, textwrap.dedent(at_import) + code)
    return folder


def write_code(folder: Path, code: str, name: str = "modeling.py") -> None:
    """Write code into a repository."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(code, encoding="utf-8")


def way_of(candidate: Candidate, place: Path, **settings: Any) -> Way:
    """Return the way of a candidate, each stage of which runs as in a run; ``place`` is its own."""
    given = Settings(
        candidates=place / "candidates.yaml", reports=place, device="cpu", threads=1, **settings
    )
    return Way(
        STAGES,
        settings=given,
        suite=Suite((candidate,)),
        ahead=[candidate],
        cache=Cache(None),
        store=None,
        candidate=candidate,
        tell=silently,
    )


@contextmanager
def on_its_way(candidate: Candidate, place: Path, **settings: Any) -> Iterator[Way]:
    """Give the way of a candidate, and end its process."""
    way = way_of(candidate, place, **settings)
    try:
        yield way
    finally:
        way.close()


def verdict(candidate: Candidate, place: Path, **settings: Any) -> str:
    """Return why a candidate is turned down up to the second load; "" where it is not."""
    with on_its_way(candidate, place, **settings) as way:
        try:
            way.get("reloaded")
        except (Rejected, Blocked) as error:
            return str(error)
    return ""
