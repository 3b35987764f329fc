"""What may stand in candidates.yaml: its keys, their meaning, their defaults, their limits.

The JSON Schema is generated from here, so a description reaches the user's editor.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic.json_schema import GenerateJsonSchema

from sertify.candidates.bounds import (
    CORPUS_NAME,
    Estimate,
    Keys,
    Language,
    Limits,
    MostProven,
    as_written,
)
from sertify.candidates.complaints import complaint
from sertify.candidates.fairness import Fairness
from sertify.candidates.latency import LatencyLimit, Serving
from sertify.candidates.limits import Allowances
from sertify.candidates.requirements import ESTIMATES, Emotion, Requirements
from sertify.candidates.robustness import MostInConditions, Robustness
from sertify.candidates.spelling import LONGEST_REFERENCE, is_folder, misspelling
from sertify.candidates.streaming import Streaming
from sertify.vocabulary.conditions import CONDITION_FAMILIES, OWN_FAMILY
from sertify.vocabulary.outcomes import Bound
from sertify.vocabulary.public_corpora import known_corpus
from sertify.vocabulary.reasons import QUALIFIED, REASONS
from sertify.vocabulary.text import did_you_mean, fold, quoted
from sertify.vocabulary.yaml_lines import Location

Status = Literal["candidate", "baseline", "rejected"]
Text = Annotated[str, Field(min_length=1)]


def _rightly_spelt(written: Any, info: ValidationInfo) -> Any:
    """Refuse what leads to the hub by its address, unless it is a folder that is there."""
    if not isinstance(written, str):
        return written
    problem = misspelling(written, revisions=info.field_name == "model")
    if problem and not is_folder(written, (info.context or {}).get("root")):
        raise complaint(problem)
    return written


def _no_number(written: Any) -> Any:
    if type(written) is int:
        rate = f"write {{sampling_rate: {written}}}"
        raise complaint(f"is {written}, but should be an id or a folder; for a plain one {rate}")
    return written


Reference = Annotated[
    str,
    # A hub id has no colon, so that its address on the web is not taken for a folder.
    Field(
        pattern=r"^([./~][^\x00-\x1f]*|[A-Za-z]:[/\\][^\x00-\x1f]*"
        r"|[A-Za-z0-9_-][A-Za-z0-9_.-]*(/[A-Za-z0-9_.-]+)*/?)$",
        max_length=LONGEST_REFERENCE,
    ),
    BeforeValidator(_rightly_spelt),
]
_PART = r"[^./\\\x00-\x1f][^/\\\x00-\x1f]*"
Inside = Annotated[str, Field(pattern=rf"^{_PART}(/{_PART})*$", max_length=250)]
LOADERS = (
    "emotion2vec", "odyssey", "onnx", "pooled-head", "pooled-head-linear", "sensevoice",
    "sensevoice-no-unk", "speechbrain", "transformers", "vox-profile",
)  # fmt: skip
VARIANTS = ("fp32", "bf16", "fp16", "int8-dynamic", "onnx", "openvino", "compile")
"""What a model can be judged as: as its loader makes it, or converted to answer faster."""
_CODES = (
    *(code for code, reason in REASONS.items() if reason.fault and code not in QUALIFIED),
    *(f"not_robust:{family}" for family in (*CONDITION_FAMILIES, OWN_FAMILY)),
)
_OF_GROUPS = r"^(unfair|low_worst_group):.+$"


LEAST_RATE, MOST_RATE = 4000, 192_000
"""Samples a second that a feature extractor may take."""


class SamplingRate(Keys):
    """A plain feature extractor, for a repository without preprocessor_config.json."""

    sampling_rate: int = Field(
        ge=LEAST_RATE, le=MOST_RATE, description="Samples a second it takes."
    )


def _loaders() -> tuple[str, ...]:
    # Installed packages may add some, so these are no part of the schema.
    return ("auto", *sorted(point.name for point in entry_points(group="sertify.loaders")))


def _known(what: str, names: Callable[[], tuple[str, ...]]) -> AfterValidator:
    """Return what refuses a name that is not one of some, and proposes the nearest."""

    def check(name: str) -> str:
        if name not in (known := names()):
            raise complaint(f"is {quoted(name)}, which is not {what}{did_you_mean(name, known)}")
        return name

    return AfterValidator(check)


def _public_corpus(name: str) -> str:
    corpus = known_corpus(name)
    if corpus is None:
        raise complaint(f"is {quoted(name)}, which is not a known public corpus, such as ravdess")
    return corpus


def _commits(trusted: dict[str, str]) -> dict[str, str]:
    for repository, commit in trusted.items():
        if not re.fullmatch(r"\w[\w.-]*/\w[\w.-]*", repository, re.ASCII):
            raise complaint(f"has {quoted(repository)}, which is not a hub id such as org/model")
        if not re.fullmatch(r"[0-9a-f]{40}", commit):
            raise complaint(
                f"has {quoted(commit)} for {repository}, but should have a commit: 40 hex digits,"
                " in small letters"
            )
    return trusted


def _code(code: str) -> str:
    if code not in _CODES and not re.match(_OF_GROUPS, code):
        known = (*_CODES, "unfair:gender", "low_worst_group:gender")
        raise complaint(
            f"is {quoted(code)}, which is not a reason to reject{did_you_mean(code, known)}"
        )
    return code


Code = Annotated[
    str,
    AfterValidator(_code),
    Field(json_schema_extra={"anyOf": [{"enum": [*_CODES]}, {"pattern": _OF_GROUPS}]}),
]
Variant = Annotated[
    str, _known("a variant", lambda: VARIANTS), Field(json_schema_extra={"enum": [*VARIANTS]})
]
Codes = Annotated[
    tuple[Code, ...],
    BeforeValidator(
        lambda value: (value,) if isinstance(value, str) else value,
        json_schema_input_type=Code | tuple[Code, ...],
    ),
]
Columns = Annotated[
    tuple[Text, ...],
    BeforeValidator(
        lambda value: (value,) if isinstance(value, str) else value,
        json_schema_input_type=Text | tuple[Text, ...],
    ),
]
FeatureExtractor = Annotated[
    Annotated[Reference, Tag("<reference>")] | Annotated[SamplingRate, Tag("<rate>")],
    Discriminator(lambda value: "<rate>" if isinstance(value, Mapping) else "<reference>"),
    BeforeValidator(_no_number),
]


class Entry(Keys):
    """One candidate, as it is written."""

    model_config = ConfigDict(
        json_schema_extra={
            "if": {"properties": {"status": {"const": "rejected"}}, "required": ["status"]},
            "then": {"required": ["reason"]},
            "else": {"properties": {"reason": {"maxItems": 0, "type": "array"}}},
        }
    )
    name: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
        max_length=100,
        description="Its name in the report.",
    )
    model: Reference = Field(
        description="Hub id, or a folder, relative to this file (./ ../ / or ~/ in front)."
    )
    revision: Annotated[str, Field(pattern=r"^[^\s\x00-\x1f]+$")] | None = Field(
        None, description="Branch, tag or commit; a commit cannot change."
    )
    status: Status = Field("candidate", description="What is expected of it.")
    reason: Codes = Field(
        (), validate_default=True, description="Why it is rejected: one reason code or several."
    )
    languages: tuple[Language, ...] = Field(
        (), description="Language codes of the speech it was trained on."
    )
    trained_on: tuple[Text, ...] | None = Field(
        None,
        description="Corpora it was trained on, by name; in place of what its model card says. "
        "What it scores there does not decide.",
    )
    licence: Text | None = Field(None, description="Licence of the weights.")
    note: Text | None = Field(None, description="A sentence for the reader of the report.")
    labels: Annotated[tuple[Text, ...], Field(min_length=1)] | None = Field(
        None,
        description="Names of the outputs in index order, where its config has none or is wrong.",
    )
    emotions: dict[str, Emotion] = Field(
        {}, description="Which emotion a label means, where its name does not say."
    )
    feature_extractor: FeatureExtractor | None = Field(
        None, description="Repository or folder to take the feature extractor from."
    )
    subfolder: Inside | None = Field(
        None, description="Folder of the repository that is judged in place of the whole."
    )
    weights: Inside | None = Field(
        None, description="File of the weights, where there are several or its name is unusual."
    )
    loader: Annotated[str, _known("a loader", _loaders)] = Field(
        "auto",
        examples=["auto", *LOADERS],
        description="What loads it: auto looks, a name decides; transformers forbids all others.",
    )
    variants: Annotated[
        tuple[Variant, ...], Field(min_length=1, json_schema_extra={"uniqueItems": True})
    ] = Field(
        ("fp32",),
        description="What to judge it as, each a candidate of its own; all but fp32 are called "
        "NAME+VARIANT.",
    )
    trust_remote_code: bool = Field(False, description="Run the repository's own code. Read it!")
    trusted_code: Annotated[dict[str, str], AfterValidator(_commits)] = Field(
        {},
        description="Other repositories whose code its config names, each with the commit that you"
        " have read; beside trust_remote_code.",
    )
    network: bool = Field(
        False, description="Let its code use the network while it runs; what it gets is not locked."
    )
    adapter: Reference | None = Field(
        None, description="Repository or folder of a LoRA adapter to add to its weights."
    )
    requirements: Requirements = Field(
        default_factory=Requirements,
        description="Its own requirements, in place of those of the same name.",
    )
    limits: Allowances = Field(
        default_factory=Allowances, description="Its own limits, in place of those at the top."
    )

    @field_validator("requirements")
    @classmethod
    def _share_the_emotions(cls, own: Requirements) -> Requirements:
        if "emotions" in own.model_fields_set:
            raise complaint(
                "has emotions, but these are the same for all: name them under requirements at the"
                " top"
            )
        return own

    @field_validator("reason")
    @classmethod
    def _fits_status(cls, reason: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        status = info.data.get("status")
        if status == "rejected" and not reason:
            raise complaint("is missing, but status rejected needs one, such as random_head")
        if status in ("candidate", "baseline") and reason:
            raise complaint(f"only goes with status rejected, but status is {status}")
        return reason

    @field_validator("labels", "variants")
    @classmethod
    def _distinct(cls, names: tuple[str, ...] | None) -> tuple[str, ...] | None:
        for name, number in Counter(names or ()).items():
            if number > 1:
                raise complaint(f"has {quoted(name)} twice, but should be distinct")
        return names

    @field_validator("trusted_code", "network")
    @classmethod
    def _beside_its_own(cls, asked: Any, info: ValidationInfo) -> Any:
        if asked and info.data.get("trust_remote_code") is False:
            raise complaint("only goes with trust_remote_code: true; without that no code runs")
        return asked

    @field_validator("emotions")
    @classmethod
    def _of_labels(cls, emotions: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        labels = info.data.get("labels") or ()
        folded = {*map(fold, labels)}
        for label in emotions if labels else ():
            if fold(label) not in folded:
                near = did_you_mean(label, labels)
                raise complaint(f"has {quoted(label)}, but no label is called that{near}")
        return emotions


class CorpusEntry(Keys):
    """What a corpus' own files do not say."""

    label_map: dict[str, Emotion | None] = Field(
        {},
        description="Which emotion a label means, where its name does not say; null leaves it out.",
    )
    language: Language | None = Field(
        None, description="Language of the clips that do not name theirs."
    )
    known_as: Annotated[str, AfterValidator(_public_corpus)] | None = Field(
        None, description="The public corpus that it is or is taken from, such as ravdess."
    )
    cluster: Columns = Field(
        (), description="Columns of its table by which clips are alike, such as session."
    )


class Priorities(Keys):
    """How much each aim but accuracy counts beside the others."""

    speed: float = Field(3, ge=0, le=1000, description="Ten times as fast is a point.")
    diversity: float = Field(
        1, ge=0, le=1000, description="Predictions as varied as the truth are a point."
    )
    language: float = Field(
        2, ge=0, le=1000, description="Trained on all languages wanted is a point."
    )

    @model_validator(mode="before")
    @classmethod
    def _accuracy_comes_first(cls, weights: Any) -> Any:
        if isinstance(weights, Mapping) and "accuracy" in weights:
            raise complaint(
                "has accuracy, but these are of the other aims; margin says what they are worth in"
                " UAR"
            )
        return weights

    @model_validator(mode="after")
    def _weigh_something(self) -> Self:
        if not sum(dict(self).values()):
            raise complaint("are all 0, but at least one should be more; to ignore all: margin: 0")
        return self


class Preferences(Keys):
    """What is preferred among the candidates that qualify."""

    weights: Priorities = Field(default_factory=Priorities, description="How much each aim counts.")
    margin: float = Field(
        0.02,
        ge=0,
        le=1,
        description="UAR that a point in an aim of average weight is worth.",
    )
    languages: tuple[Language, ...] = Field(
        (), description="Languages the model is wanted for; by default those of the data."
    )
    count_seen: bool = Field(
        False, description="Let scores count on corpora that a candidate was trained on."
    )
    precision: float = Field(
        0.8,
        ge=0,
        le=1,
        description="Share of answers that should be right; the report says from which confidence"
        " on they are.",
    )


class CandidatesFile(Keys):
    """Which speech-emotion models to judge, and by what."""

    requirements: Requirements = Field(
        default_factory=Requirements, description="What each has to meet."
    )
    selection: Preferences = Field(
        default_factory=Preferences, description="What is preferred among those that qualify."
    )
    limits: Allowances = Field(
        default_factory=Allowances,
        description="How long each may take, and how much memory, before it is given up.",
    )
    corpora: dict[Annotated[str, Field(pattern=CORPUS_NAME)], CorpusEntry] = Field(
        {}, description="What the corpora of --data do not say themselves, by name."
    )
    candidates: tuple[Entry, ...] = Field(min_length=1, description="The models to judge.")


_KEYS_IN: Mapping[str, type[Keys]] = {
    "": CandidatesFile,
    "candidates": Entry,
    "requirements": Requirements,
    "selection": Preferences,
    "weights": Priorities,
    "feature_extractor": SamplingRate,
    "limits": Allowances,
    "latency": LatencyLimit,
    "requests_per_second": Serving,
    "robustness": Robustness,
    "fairness": Fairness,
    "streaming": Streaming,
    "seconds_needed": MostProven,
    "flips_per_minute": MostProven,
    "drop": MostInConditions,
    "unchanged": MostInConditions,
}


def keys_at(at: Location) -> tuple[str, ...]:
    """Return the keys that may stand where the last key of `at` does."""
    parents = [key for key in at[:-1] if isinstance(key, str)]
    if parents[:1] == ["corpora"]:
        return tuple(CorpusEntry.model_fields)
    if "fairness" in parents[:-1] or parents[-1:] == ["worst_group"]:
        return tuple(MostProven.model_fields)
    if parents and parents[-1] in ESTIMATES:
        return tuple(Estimate.model_fields)
    return tuple(_KEYS_IN.get(parents[-1] if parents else "", Limits).model_fields)


class _Schema(GenerateJsonSchema):
    def field_title_should_be_set(self, _schema: Any) -> bool:
        return False

    def encode_default(self, dft: Any) -> Any:
        if isinstance(dft, tuple) and any(isinstance(bound, Bound) for bound in dft):
            dft = [as_written(bound) for bound in dft]
        return super().encode_default(as_written(dft) if isinstance(dft, Bound) else dft)


def schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of candidates.yaml."""
    body = CandidatesFile.model_json_schema(schema_generator=_Schema)
    return {"$schema": GenerateJsonSchema.schema_dialect} | body
