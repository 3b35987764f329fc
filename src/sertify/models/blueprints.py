"""What a loader makes of a snapshot: a blueprint without weights, then a network with them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sertify.hub import Snapshot
from sertify.tensors import TensorIndex
from sertify.weights import WeightReport

__all__ = ["Blueprint", "Loader", "Network"]


class Network(Protocol):
    """Answers a batch of clips."""

    def __call__(self, waveforms: Sequence[NDArray[np.float32]], /) -> NDArray[np.float32]:
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
    remark
        What the reader of the report should know of how it is loaded.
    parts
        What the loader needs to load it.
    """

    snapshot: Snapshot
    loader: "Loader"
    files: tuple[str, ...]
    architecture: str
    labels: tuple[str | None, ...]
    outputs: int | None = None
    problem_type: str | None = None
    weights: WeightReport | None = None
    unknown: str = ""
    sampling_rate: int | None = None
    extractor_problem: str = ""
    receptive_field: int = 400
    remark: str = ""
    parts: Any = field(default=None, repr=False, compare=False)

    @property
    def facts(self) -> dict[str, Any]:
        """What it is to be judged by."""
        same = ("architecture", "labels", "outputs", "remark")
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
        """Say what the network will be, without reading weights.

        Raises ``Rejected`` with the reason where none can be made.
        """
        ...

    def load(self, blueprint: Blueprint, device: str) -> tuple[Network, WeightReport]:
        """Make the network, from files that are on this machine.

        Raises ``Rejected`` or ``Blocked`` with the reason where that is not possible.
        """
        ...
