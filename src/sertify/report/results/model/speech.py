"""The speech in results.json: a corpus, those it was joined from, and what was not judged."""

from collections import Counter
from collections.abc import Sequence
from typing import Self

from pydantic import Field, NonNegativeInt

from sertify.report.results.model.fields import ResultPart, Several


class RejectedFile(ResultPart):
    """A clip that could not be judged."""

    file: str
    reason: str = Field(description="A code, told in docs/corpora.md.")
    detail: str = Field("", description="What more is known: what it is instead, for example.")


class Listeners(ResultPart):
    """What several annotators say of the same clips, also of those without a majority."""

    clips: NonNegativeInt = Field(description="Clips that at least two annotators listened to.")
    votes: float = Field(description="Annotators of one of these, in the mean.")
    alpha: float | None = Field(
        description="Krippendorff's alpha of their agreement: 1 is agreement, 0 that of chance."
    )
    counts: dict[str, dict[str, float]] = Field(
        description="By what most of the others say, what one annotator says, in clips."
    )


class CorpusFacts(ResultPart):
    """A corpus as it was read."""

    name: str = Field(description="As given to --data; of several, their names.")
    path: str = Field(description="Its folder; of several, the one that all are in.")
    fingerprint: str = Field(description="Changes with any clip or label, not with their order.")
    layout: str = Field(description="How the clips and their labels were found in it.")
    public: str | None = Field(description="The public corpus that it is or is part of.")
    requested: NonNegativeInt = Field(description="Clips that its folder or tables name.")
    left_out: dict[str, NonNegativeInt] = Field(description="Of these, not taken, by reason.")
    clips: NonNegativeInt = Field(description="Clips taken.")
    labelled: bool = Field(description="Whether clips have emotions to be judged against.")
    emotions: dict[str, NonNegativeInt] = Field(description="Clips by emotion.")
    whole: dict[str, NonNegativeInt] = Field(
        {}, description="Clips by emotion before --limit drew some; empty where it did not."
    )
    speakers: NonNegativeInt = Field(description="Number of speakers, 0 where none is named.")
    languages: Several[str] = Field(description="Languages spoken.")
    warnings: Several[str] = Field(description="What weakens conclusions from this corpus.")
    listeners: Listeners | None = Field(
        None, description="How far annotators agree; null where their votes are not known."
    )
    parts: Several["CorpusFacts"] = Field(description="The corpora that it was joined from.")

    @property
    def alone(self) -> Sequence["CorpusFacts"]:
        """The corpora that it was joined from, or else itself."""
        return self.parts or (self,)


class CorpusResult(CorpusFacts):
    """A corpus, and what became of its clips."""

    judged: NonNegativeInt = Field(description="Clips that could be judged.")
    rejected: Several[RejectedFile] = Field(description="The others of those taken.")

    def part(self, facts: CorpusFacts) -> Self:
        """Return what became of the clips of a corpus that this one was joined from."""
        # Where corpora are joined, the names of their clips begin with theirs.
        start = f"{facts.name}/" if self.parts else ""
        rejected = tuple(clip for clip in self.rejected if clip.file.startswith(start))
        judged = max(0, facts.clips - len({clip.file for clip in rejected}))
        return type(self)(**dict(facts) | {"judged": judged, "rejected": rejected})

    @property
    def reasons(self) -> dict[str, int]:
        """Why clips were not judged, and how many, the most frequent reason first."""
        rejected = Counter(clip.reason for clip in self.rejected)
        return dict((Counter(self.left_out) + rejected).most_common())
