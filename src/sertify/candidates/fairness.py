"""What is asked of a candidate for groups of speech: how far apart they may be, and the worst."""

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from sertify.candidates.bounds import Keys, MostProvenBound, shorthand
from sertify.candidates.complaints import complaint
from sertify.vocabulary.outcomes import Bound

USUAL_GROUPS = ("gender", "pitch")
"""What speech is grouped by where nothing is named; pitch where no gender is known."""

GAPS = ("uar", "recall", "precision", "share")
"""What may differ between groups."""


def _column(name: str) -> str:
    if any(mark in name for mark in "@[]:") or not name.isprintable() or name != name.strip():
        raise complaint(
            "has a name with @, [, ], a colon or a space at an end, which stands for none"
        )
    return name


GroupName = Annotated[str, Field(min_length=1, max_length=60), AfterValidator(_column)]


def _distinct(names: tuple[str, ...]) -> tuple[str, ...]:
    if len({*map(str.casefold, names)}) < len(names):
        raise complaint("has a name twice, but should be distinct")
    return names


class Fairness(Keys):
    """Groups of the speech, and how far they may be apart."""

    groups: Annotated[tuple[GroupName, ...], Field(min_length=1), AfterValidator(_distinct)] = (
        Field(
            USUAL_GROUPS,
            description="Columns of the corpus, such as gender or accent; or pitch and snr,"
            " which are estimated from the signal.",
        )
    )
    uar: MostProvenBound | None = Field(Bound(max=0.075), description="Difference of UAR.")
    recall: MostProvenBound | None = Field(
        Bound(max=0.175), description="Difference of the recall of each emotion."
    )
    precision: MostProvenBound | None = Field(
        None, description="Difference of the precision of each emotion."
    )
    share: MostProvenBound | None = Field(
        None, description="Difference of how often each emotion is said to the same emotions."
    )

    @property
    def named(self) -> bool:
        """Whether the groups are written down, and not the usual ones."""
        return "groups" in self.model_fields_set

    @property
    def limits(self) -> dict[str, Bound]:
        """The limits by what is limited."""
        return {name: bound for name in GAPS if (bound := getattr(self, name)) is not None}


FairnessAsked = Annotated[
    Fairness | None,
    BeforeValidator(
        shorthand("groups"),
        json_schema_input_type=bool | GroupName | tuple[GroupName, ...] | Fairness | None,
    ),
]
