"""Whose code a repository's configs name, told without running any of it.

`auto_map` says which class of which file stands for an auto class of transformers: ``module.Class``
of the repository itself, or ``owner/name--module.Class`` of another one.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from sertify.hub.downloads import LARGEST
from sertify.hub.repositories import Repository, fetch
from sertify.vocabulary.errors import Rejected
from sertify.vocabulary.text import quoted

CONFIG, EXTRACTOR = "AutoConfig", "AutoFeatureExtractor"
CLASSIFIERS = ("AutoModelForAudioClassification", "AutoModelForSequenceClassification", "AutoModel")
"""What a repository may call its classifier, the surest first."""

_MOST_FILES, _ALL_CODE = 500, 32_000_000  # of code, and bytes of all of it
_REFERENCE = re.compile(r"(?:([\w.-]+/[\w.-]+)--)?(\w+(?:/\w+)*)\.(\w+)", re.ASCII)


@dataclass(frozen=True)
class NamedClass:
    """A class in the code of a repository; ``repository`` is empty where it is the own one."""

    repository: str
    module: str
    name: str

    def __str__(self) -> str:
        """Return it as a config has it."""
        return f"{self.repository}--" * bool(self.repository) + f"{self.module}.{self.name}"

    @property
    def file(self) -> str:
        """The file that defines it."""
        return f"{self.module}.py"


def named_classes(repository: Repository) -> dict[str, NamedClass]:
    """Return the classes that its configs name, by the auto class that each stands for.

    Raises ``Rejected`` with ``bad_config`` for one that is none.
    """
    found = _auto_map(repository, "config.json")
    extractors = _auto_map(repository, "preprocessor_config.json")
    if EXTRACTOR in extractors:
        found[EXTRACTOR] = extractors[EXTRACTOR]
    return {auto: _parsed(auto, text) for auto, text in found.items()}


def foreign_code(repository: Repository) -> tuple[str, ...]:
    """Return the other repositories whose code its configs name."""
    with suppress(Rejected):
        named = {one.repository for one in named_classes(repository).values()}
        return tuple(sorted(named - {""}))
    return ()


def own_classifier(repository: Repository) -> NamedClass | None:
    """Return the class that the author of a repository means for its checkpoint, if named.

    A plain `AutoModel` may be a backbone: it is meant where `architectures` says so.
    """
    named = named_classes(repository)
    for auto in CLASSIFIERS:
        found = named.get(auto)
        if found is not None and (auto != "AutoModel" or _is_architecture(repository, found)):
            return found
    return None


def code_files(repository: Repository) -> list[str]:
    """Return the files of its code, as far as they are no longer than code is."""
    sizes = sorted((size, name) for name, size in repository.files.items() if name.endswith(".py"))
    together = accumulate(size for size, _ in sizes)
    small = [name for (_, name), size in zip(sizes, together, strict=True) if size <= _ALL_CODE]
    return sorted(name for name in small[:_MOST_FILES] if repository.files[name] <= LARGEST)


def fetch_code(repository: Repository) -> None:
    """Have the code of a repository on this machine; raises as :func:`fetch` does."""
    fetch(repository, code_files(repository))


def untrusted(reference: NamedClass, trusted: Mapping[str, str], *, own: bool) -> str:
    """Say why a class may not be used, and which entry would let it; "" where it may."""
    foreign = reference.repository
    if foreign and foreign not in trusted:
        entry = f"trusted_code: {{{foreign}: COMMIT}}"
        what = f"code of {foreign} ({reference}), another repository, which may not run"
        also = "" if own else "`trust_remote_code: true` and "
        return f"its config asks for {what}; read it, then set {also}`{entry}`"
    if not own:
        return f"its config asks for code of the repository ({reference}), which may not run"
    return ""


def _auto_map(repository: Repository, name: str) -> dict[str, Any]:
    if name not in repository.files:
        return {}
    content: Any = None
    with suppress(OSError, ValueError, RecursionError):  # whoever reads it for good says so
        content = repository.read_json(name)
    named = content.get("auto_map") if isinstance(content, dict) else None
    pairs = named.items() if isinstance(named, dict) else ()
    ours = (CONFIG, EXTRACTOR, *CLASSIFIERS)
    return {auto: text for auto, text in pairs if auto in ours and text is not None}


def _parsed(auto: str, text: Any) -> NamedClass:
    usual = isinstance(text, str) and len(text) <= 500
    found = _REFERENCE.fullmatch(text) if usual else None
    if found is None:
        wrong = f"auto_map names {quoted(text)} for {auto}, but should name a class"
        raise Rejected("bad_config", f"{wrong} as module.Class or owner/name--module.Class")
    return NamedClass(found[1] or "", found[2], found[3])


def _is_architecture(repository: Repository, reference: NamedClass) -> bool:
    classes = repository.read_json("config.json").get("architectures")
    return isinstance(classes, list) and classes[:1] == [reference.name]
