"""What has changed since an earlier run, in results.json."""

from typing import Annotated, Literal

from pydantic import Field, Strict

from sertify.report.results.model.fields import ResultPart, Several

Noise = Literal["more", "within", "unknown"]
Kind = Literal["verdict", "added", "removed", "number", "labels", "commit"]
_Names = Annotated[tuple[str, ...], Strict(False)]
BeforeAfter = Annotated[Several[str | None], Field(min_length=2, max_length=2)]


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
