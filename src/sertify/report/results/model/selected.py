"""The selected candidate as a file of its own, which programs read: selected/selected.json."""

import json
from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import ConfigDict, Field
from pydantic.json_schema import GenerateJsonSchema

from sertify.report.results.model.deployment import DeploymentResult
from sertify.report.results.model.fields import Found, Moment
from sertify.report.results.model.results import PlainSchema, Results

SELECTED_SCHEMA: Literal["sertify.selected/1"] = "sertify.selected/1"
"""Name and version of the structure; docs/results.md describes it."""


class SelectedFile(DeploymentResult):
    """The selected candidate, to be loaded, asked and checked by a program."""

    model_config = ConfigDict(title="sertify selected")

    contract: Literal["sertify.selected/1"] = Field(SELECTED_SCHEMA, alias="schema")
    sertify: str = Field(description="Version of sertify.")
    created: Moment = Field(description="When it was written: ISO 8601 with a zone.")
    sentence: str = Field(description="Why it was selected; its wording may change.")
    confirmed: Found | None = Field(
        None, description="Whether other speech confirmed it; null where that was not asked."
    )

    @classmethod
    def of(cls, results: Results) -> Self | None:
        """Return that of a run; None where no candidate is selected, or nothing known of it."""
        selection = results.selection
        if selection.candidate is None or selection.deployment is None:
            return None
        confirmation = selection.confirmation
        return cls.model_validate(
            {
                **selection.deployment.model_dump(),
                "sertify": results.sertify,
                "created": results.created,
                "sentence": selection.sentence,
                "confirmed": confirmation and confirmation.outcome,
            }
        )

    def text(self) -> str:
        """Return the text of the file, in ASCII: names of files are to be found again by it."""
        dumped = self.model_dump(by_alias=True)
        content = {name: dumped[name] for name in ("schema", "sertify", "created")} | dumped
        return json.dumps(content, indent=1, allow_nan=False) + "\n"


def selected_schema() -> Mapping[str, Any]:
    """Return the JSON Schema (draft 2020-12) of selected.json."""
    body = SelectedFile.model_json_schema(schema_generator=PlainSchema, mode="serialization")
    return {"$schema": GenerateJsonSchema.schema_dialect} | body
