"""The candidates: what candidates.yaml says, as frozen objects.

The file is read once, and everything that is wrong with it is said in one error.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sertify.candidates.complaints import names_in, problems_of, report
from sertify.candidates.entries import (
    CandidatesFile,
    CorpusEntry,
    Entry,
    Preferences,
    SamplingRate,
    Status,
    keys_at,
)
from sertify.candidates.limits import Allowances
from sertify.candidates.requirements import Requirements
from sertify.vocabulary import emotions, text
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.files import read_start
from sertify.vocabulary.outcomes import ALWAYS
from sertify.vocabulary.reasons import gate_of
from sertify.vocabulary.yaml_lines import Document, Location, read_yaml

_JUDGED_BY = (
    "model", "revision", "labels", "emotions", "loader", "variant", "trust_remote_code",
    "trained_on", "trusted_code", "network", "adapter",
)  # fmt: skip
_LATER = ("subfolder", "weights")
"""What an entry may also say by now."""


@dataclass(frozen=True)
class Candidate:
    """A model, how to load it, and what is expected of it.

    ``folder`` is where a local model should be, whether it is there or not, and None for one of
    the hub; ``feature_extractor_folder`` and ``adapter_folder`` likewise. ``trusted_code`` are the
    commits of other repositories whose code may run. ``variant`` is what the model is converted to
    before it is judged; fp32 leaves it as it is. ``requirements`` are the candidate's own on top of
    those of the whole file, and so are ``limits``. ``line`` is where it stands in that file.
    """

    name: str
    model: str
    folder: Path | None = None
    revision: str | None = None
    status: Status = "candidate"
    reasons: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    trained_on: tuple[str, ...] | None = None
    licence: str | None = None
    note: str | None = None
    labels: tuple[str, ...] | None = None
    emotions: Mapping[str, str] = field(default_factory=dict, hash=False)
    feature_extractor: str | SamplingRate | None = None
    feature_extractor_folder: Path | None = None
    loader: str = "auto"
    variant: str = "fp32"
    subfolder: str | None = None
    weights: str | None = None
    trust_remote_code: bool = False
    trusted_code: Mapping[str, str] = field(default_factory=dict, hash=False)
    network: bool = False
    adapter: str | None = None
    adapter_folder: Path | None = None
    requirements: Requirements = field(default_factory=Requirements)
    limits: Allowances = field(default_factory=Allowances, compare=False)
    line: int = 0

    @cached_property
    def fingerprint(self) -> str:
        """Twelve hex digits that change with anything by which the candidate is judged."""
        extractor = self.feature_extractor
        judged: dict[str, Any] = {name: getattr(self, name) for name in _JUDGED_BY}
        judged["feature_extractor"] = getattr(extractor, "sampling_rate", extractor)
        # Without them, an entry stays what it was before there were any.
        judged |= {name: value for name in _LATER if (value := getattr(self, name))}
        judged["requirements"] = self.requirements.as_judged()
        return sha256(json.dumps(judged, sort_keys=True, default=dict).encode()).hexdigest()[:12]

    def emotion_of(self, label: str) -> str | None:
        """Return the canonical emotion of `label`: as the entry says, else as the taxonomy does."""
        own = self.emotions.get(label) or self._folded_emotions.get(text.fold(label))
        return own or emotions.emotion_of(label)

    @cached_property
    def _folded_emotions(self) -> dict[str, str]:
        return {text.fold(name): emotion for name, emotion in self.emotions.items()}


@dataclass(frozen=True)
class Suite:
    """All that candidates.yaml says: the candidates, what is preferred, what corpora leave open."""

    candidates: tuple[Candidate, ...]
    preferences: Preferences = field(default_factory=Preferences)
    corpora: Mapping[str, CorpusEntry] = field(default_factory=dict)


def read_candidates(path: Path) -> tuple[Candidate, ...]:
    """Return the candidates of the YAML file `path`, in its order; errors as `read_suite`."""
    return read_suite(path).candidates


def read_suite(path: Path) -> Suite:
    """Return what the YAML file `path` says, the candidates in its order.

    Raises ``ConfigurationError`` if the file is missing or anything in it is wrong; each line of
    the message is one problem.
    """
    return suite_of(bytes_of(path), path)


def suite_of(content: bytes, path: Path) -> Suite:
    """Return what a YAML text would say as the content of the file `path`; as `read_suite`."""
    document, root = read_yaml(content), path.resolve().parent
    try:
        file = CandidatesFile.model_validate(document.value, context={"root": root})
        problems: dict[Location, str] = {}
    except ValidationError as error:
        problems = dict(problems_of(error, document, keys_at))
    # What is no proper YAML value comes first: the same place has no second problem.
    problems = problems | dict(_same_names(document)) | dict(document.problems)
    if problems:
        raise ConfigurationError(report(path.name, document, problems))
    candidates: list[Candidate] = []
    for index, entry in enumerate(file.candidates):
        line = document.lines["candidates", index]
        plain = _candidate(entry, file, root, line)
        if idle := [*_idle_reasons(plain)]:
            problems["candidates", index, "reason"] = idle[0]
        for variant in entry.variants:
            # A name in the file has no plus sign, so this one is nobody else's.
            name = entry.name if variant == "fp32" else f"{entry.name}+{variant}"
            candidates.append(replace(plain, name=name, variant=variant))
    if problems:
        raise ConfigurationError(report(path.name, document, problems))
    return Suite(tuple(candidates), file.selection, file.corpora)


def bytes_of(path: Path) -> bytes:
    """Return the content of a candidates file, or complain that there is none."""
    try:
        return read_start(path)
    except FileNotFoundError:
        hint = "`sertify init` writes a first one, or give the path of another"
        raise ConfigurationError(f"{path}: no such file; {hint}") from None
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read: {error.strerror}") from None


def _candidate(entry: Entry, file: CandidatesFile, root: Path, line: int) -> Candidate:
    others = {"reason", "variants", "requirements", "limits"}
    same = {name: getattr(entry, name) for name in Entry.model_fields if name not in others}
    source, own = entry.feature_extractor, entry.requirements
    # A reference point is compared with, not chosen: few labels do not disqualify it.
    waived = {"min_labels": 2} if entry.status == "baseline" else {}
    written = {name: getattr(own, name) for name in own.model_fields_set}
    return Candidate(
        **same,
        folder=_folder(entry.model, root),
        feature_extractor_folder=_folder(source, root) if isinstance(source, str) else None,
        adapter_folder=None if entry.adapter is None else _folder(entry.adapter, root),
        reasons=entry.reason,
        requirements=file.requirements.model_copy(update=waived | written),
        limits=file.limits.updated(entry.limits),
        line=line,
    )


def _idle_reasons(candidate: Candidate) -> Iterator[str]:
    """Complain of announced reasons that no check looks for: else nothing would ever be red."""
    for code in candidate.reasons:
        if gate_of(code) not in (None, *ALWAYS):
            known = candidate.requirements.about(code)
            if code not in known:
                hint = text.did_you_mean(code, known) or "; its requirements ask for no such thing"
                yield f"reason is {text.quoted(code)}, which no check of it could find{hint}"


def _folder(reference: str, root: Path) -> Path | None:
    path = root / (Path(reference).expanduser() if reference.startswith("~/") else reference)
    local = reference.startswith((".", "/", "~")) or ":" in reference or reference.count("/") > 1
    return path.resolve() if local or path.is_dir() else None


def _same_names(document: Document) -> Iterator[tuple[Location, str]]:
    first: dict[str, int] = {}
    for index, name in enumerate(names_in(document)):
        if name in first:
            yield ("candidates", index, "name"), f"name is already taken on line {first[name]}"
        elif name is not None:
            first[name] = document.lines["candidates", index]
