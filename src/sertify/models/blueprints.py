"""What a loader makes of a snapshot: a blueprint without weights, then a network with them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from sertify.corpora.audio import Waveform, white_noise
from sertify.gates.weights import WeightReport
from sertify.hub.snapshots import Snapshot
from sertify.hub.tensors.index import TensorIndex


class Batching(StrEnum):
    """Which clips a network may be asked about together.

    That is none (``SINGLE``); those of one length (``EQUAL``); others, too, padded and with a mask
    that hides the padding (``MASKED``); any, for the feature extractor brings all to one length
    (``ANY``).
    """

    SINGLE = "single"
    EQUAL = "equal"
    MASKED = "masked"
    ANY = "any"


class Network(Protocol):
    """Answers a batch of clips, also from several threads at a time.

    It may have an attribute ``batching``, which says what batches it makes better use of than of
    clips one by one, and one ``hears``, as a blueprint does.
    """

    def __call__(self, waveforms: Sequence[Waveform], /) -> NDArray[np.float32]:
        """Return logits of shape (len(waveforms), outputs).

        Each waveform is mono, of shape (n,) with a length of its own, in [-1, 1], at the rate of
        the blueprint's feature extractor. What a clip is answered must not depend on the others.
        """
        ...


@dataclass(frozen=True)
class Blueprint:
    """A candidate's network as it will be, known without its weights.

    Attributes
    ----------
    loader
        What made it, and loads it.
    files
        The files to download before that.
    architecture
        The class of the network.
    labels
        Name of each output, in index order; None where the config names none for an index.
    labels_from
        Where these stand; an empty string where nobody need know.
    outputs
        How many there are; None where only loading can tell.
    weights
        Which of its weights the checkpoint has; None where only loading can tell, and
        `unknown` says why.
    sampling_rate
        Hz that the network expects; None where there is no usable feature extractor, and
        `extractor_problem` says why.
    receptive_field
        Samples below which the network cannot answer.
    shortest, longest
        Seconds of the clips that the network was made for; None for no limit.
    hears
        Seconds after which a clip is cut off; None where the network hears all of it.
    memory
        Bytes that the network takes, at least; 0 where only loading can tell.
    remark
        What the reader of the report should know of how it is loaded.
    material
        What the loader needs to load it.
    """

    snapshot: Snapshot
    loader: "Loader"
    files: tuple[str, ...]
    architecture: str
    labels: tuple[str | None, ...]
    labels_from: str = ""
    outputs: int | None = None
    problem_type: str | None = None
    weights: WeightReport | None = None
    unknown: str = ""
    sampling_rate: int | None = None
    extractor_problem: str = ""
    receptive_field: int = 400
    shortest: float = 0
    longest: float | None = None
    hears: float | None = None
    memory: int = 0
    remark: str = ""
    material: Any = field(default=None, repr=False, compare=False)

    def to_json(self) -> dict[str, Any]:
        """Return in JSON types what is known of it, without what the loader needs to load it."""
        left_out = ("snapshot", "loader", "material")
        names = [column.name for column in fields(self) if column.name not in left_out]
        kept = {name: getattr(self, name) for name in names}
        kept["weights"] = None if self.weights is None else asdict(self.weights)
        return {**kept, "loader": self.loader.name}

    @classmethod
    def from_json(cls, snapshot: Snapshot, facts: Mapping[str, Any]) -> "Blueprint":
        """Rebuild one that can be judged, of the same snapshot; it is to be loaded by another."""
        same = {**facts, "files": tuple(facts["files"]), "labels": tuple(facts["labels"])}
        if facts["weights"] is not None:
            same["weights"] = TypeAdapter(WeightReport).validate_python(facts["weights"])
        return cls(snapshot, **{**same, "loader": Recalled(facts["loader"])})

    @property
    def multi_label(self) -> bool:
        """Whether each output is a question of its own, so that several may be true of a clip."""
        return self.problem_type == "multi_label_classification"

    def noises(self, lengths: Sequence[float]) -> list[Waveform]:
        """Return white noise of so many seconds each, or of as many as it takes to be answered."""
        rate, least = self.sampling_rate or 16_000, self.receptive_field
        longest = white_noise(max(*lengths, least / rate) + 1 / rate, rate)
        return [longest[: max(round(seconds * rate), least)] for seconds in lengths]

    @property
    def facts(self) -> dict[str, Any]:
        """What it is to be judged by."""
        same = ("architecture", "labels", "labels_from", "outputs", "remark")
        return {"loader": self.loader.name, **{name: getattr(self, name) for name in same}}


class Loader(Protocol):
    """One way to make networks from repositories; registered as an entry point.

    A package adds one to the group ``sertify.loaders``, under the name by which ``loader:`` asks
    for it; it is made without arguments.
    """

    name: str

    def recognises(self, snapshot: Snapshot, index: TensorIndex) -> bool:
        """Whether the repository is of the kind that this loads; `index` may have no tensors."""
        ...

    def outline(self, snapshot: Snapshot, index: TensorIndex) -> Blueprint:
        """Say what the network will be, reading no weights; raise ``Rejected`` if there is none."""
        ...

    def load(self, blueprint: Blueprint, device: str) -> tuple[Network, WeightReport]:
        """Make the network, from files that are on this machine.

        Raises ``Rejected`` or ``Blocked`` with the reason where that is not possible.
        """
        ...


@dataclass(frozen=True)
class Recalled:
    """Stands for the loader of that name where a blueprint was not made anew."""

    name: str

    def recognises(self, snapshot: Snapshot, index: TensorIndex) -> bool:  # noqa: ARG002
        """Never: it only stands for another."""
        return False

    def outline(self, snapshot: Snapshot, index: TensorIndex) -> Blueprint:
        """Raise: only the loader itself can."""
        raise NotImplementedError

    def load(self, blueprint: Blueprint, device: str) -> tuple[Network, WeightReport]:
        """Raise: only the loader itself can."""
        raise NotImplementedError
