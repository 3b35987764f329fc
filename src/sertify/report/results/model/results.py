"""What a run found, whole: written as results.json, and what every report is drawn from."""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, NonNegativeInt, Strict
from pydantic.json_schema import GenerateJsonSchema

from sertify.report.results.model.candidate import CandidateResult, DisagreementClip
from sertify.report.results.model.choice import (
    ConfirmationResult,
    SelectionResult,
    UnlabelledResult,
)
from sertify.report.results.model.fields import Moment, ResultPart, Several
from sertify.report.results.model.speech import CorpusFacts, CorpusResult
from sertify.vocabulary.text import clean

SCHEMA: Literal["sertify.results/2"] = "sertify.results/2"
"""Name and version of the structure; docs/results.md describes it."""

Noise = Literal["more", "within", "unknown"]
Kind = Literal["verdict", "added", "removed", "number", "labels", "commit"]
BeforeAfter = Annotated[Several[str | None], Field(min_length=2, max_length=2)]
_Names = Annotated[tuple[str, ...], Strict(False)]


class Change(ResultPart):
    """What has changed in a candidate."""

    name: str
    kind: Kind
    before: str | float | _Names | None = Field(None, description="A value, or what the kind says.")
    after: str | float | _Names | None = None
    number: str | None = Field(None, description="Which number changed.")
    noise: Noise | None = Field(None, description="Whether a number differs by more than noise.")
    sentence: str = Field(description="That, to be read by people.")


class SelectionChange(ResultPart):
    """The candidate to use; null where there was none."""

    before: str | None
    after: str | None


class Changes(ResultPart):
    """What has changed since an earlier run."""

    created: str = Field(description="Of the earlier run.")
    sertify: str = Field(description="Of the earlier run.")
    selection: SelectionChange
    speech_changed: bool = Field(description="Whether the speech has another fingerprint.")
    environment: dict[str, BeforeAfter] = Field(description="What answers or times depend on.")
    sentence: str = Field(description="The most important, to be read by people.")
    candidates: Several[Change] = Field(description="What has not changed is not listed.")


class StaleEvidence(ResultPart):
    """Evidence from earlier runs that was not used."""

    candidate: str
    gate: str
    commit: str | None
    corpus: str | None
    why: str


class RunResult(ResultPart):
    """The run that wrote it, and how far it came."""

    started: Moment
    finished: bool = Field(description="Whether all that it was asked to judge was judged.")
    asked: NonNegativeInt = Field(description="Candidates that it was asked to judge.")
    judged: NonNegativeInt = Field(description="Those of them that it came to the end of.")


class Results(ResultPart):
    """What a run of sertify found. Readers ignore keys they do not know."""

    model_config = ConfigDict(title="sertify results")

    contract: Literal["sertify.results/2"] = Field(SCHEMA, alias="schema")
    sertify: str = Field(description="Version of sertify.")
    created: Moment = Field(description="When it was written: ISO 8601 with a zone.")
    command: str = Field("", description="The command line.")
    run: RunResult | None = Field(None, description="The run that wrote it.")
    selection: SelectionResult
    unlabelled: UnlabelledResult | None = Field(None, description="Of audio without labels.")
    candidates: Several[CandidateResult] = Field(description="In the order of candidates.yaml.")
    disagreements: Annotated[Several[DisagreementClip], Field(max_length=20)] = Field(
        (), description="Clips on which candidates disagree, those of most disagreement first."
    )
    references: dict[str, dict[str, float]] = Field(
        description="Scores of guessing, `random`, and of always answering the most frequent class,"
        " `majority`: `accuracy`, `uar`, `macro_f1`, and `uar_low` to `uar_high`, the range of 95 %"
        " of guessing models; and where votes of annotators are known, of one annotator by the"
        " majority of the others, `human`."
    )
    corpus: CorpusResult | None = Field(description="The labelled speech that counts.")
    environment: dict[str, str] = Field(description="Versions and machine.")
    stale: Several[StaleEvidence] = ()
    moved: dict[str, str] = Field({}, description="Locked commits of those judged at others.")
    changes: Changes | None = Field(None, description="Null without --compare.")

    @property
    def speech(self) -> tuple[CorpusResult, ...]:
        """The corpora: the labelled one that counts, and the one without labels."""
        unlabelled = self.unlabelled.corpus if self.unlabelled else None
        return tuple(corpus for corpus in (self.corpus, unlabelled) if corpus)

    @property
    def corpora(self) -> tuple[CorpusFacts, ...]:
        """The labelled corpora, each by itself."""
        return tuple(self.corpus.alone) if self.corpus else ()

    def named(self, name: str | None) -> CandidateResult | None:
        """Return what was found about a candidate."""
        return next((one for one in self.candidates if one.name == name), None)

    def confirmed(self, found: Any) -> Self:
        """Return it with how the selected candidate was confirmed."""
        confirmation = ConfirmationResult.model_validate(found)
        selection = self.selection.model_copy(update={"confirmation": confirmation})
        return self.selected(selection)

    def selected(self, selection: SelectionResult) -> Self:
        """Return it with another selection."""
        return self.model_copy(update={"selection": selection})

    def compared(self, changes: Changes) -> Self:
        """Return it with what has changed since an earlier run."""
        return self.model_copy(update={"changes": changes})

    def of_run(self, run: RunResult | None) -> Self:
        """Return it with the run that wrote it."""
        return self.model_copy(update={"run": run})

    def content(self) -> dict[str, Any]:
        """Return the content of results.json."""
        return self.model_dump(by_alias=True)

    def text(self) -> str:
        """Return the text of results.json."""
        return json.dumps(self.content(), indent=2, ensure_ascii=False, allow_nan=False) + "\n"

    def cleaned(self) -> Self:
        """Return a copy without the characters that a terminal or a browser acts on."""
        return self.model_validate(clean(self.content()))


class PlainSchema(GenerateJsonSchema):
    """Makes a schema without titles that only repeat a name."""

    def field_title_should_be_set(self, _schema: Any) -> bool:
        """Tell that none is of use."""
        return False


def results_schema() -> Mapping[str, Any]:
    """Return the JSON Schema (draft 2020-12) of results.json."""
    body = Results.model_json_schema(schema_generator=PlainSchema, mode="serialization")
    return {"$schema": GenerateJsonSchema.schema_dialect} | body
