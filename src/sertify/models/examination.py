"""What loading a model shows of it."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from sertify.gates.loadability import require_sound
from sertify.gates.weights import WeightReport
from sertify.models.blueprints import Batching
from sertify.vocabulary.errors import Rejected

if TYPE_CHECKING:
    from sertify.models.model import LoadedModel  # what is known of one need not wait for torch


@dataclass(frozen=True)
class Examination:
    """What loading a model showed.

    Attributes
    ----------
    weights
        Where each of them came from.
    load_time
        Seconds from files to a model in memory.
    labels, sampling_rate, extractor_problem, receptive_field, shortest, longest, hears, multi_label
        As in `Blueprint`, which may learn them only from the files.
    size_on_disk
        Bytes of the files that it was loaded from.
    logits
        For one second of noise, as a list; empty where there is no usable feature extractor.
    batching
        Which clips may share a forward.
    batch_deviation
        How far sharing one moves logits, as a share of their range; where that is too far, clips
        are asked about one by one.
    concurrent
        Whether several threads may ask at a time.
    """

    weights: WeightReport
    load_time: float
    labels: tuple[str | None, ...]
    sampling_rate: int | None
    extractor_problem: str
    receptive_field: int
    size_on_disk: int
    logits: Any = ()
    batching: Batching = Batching.SINGLE
    batch_deviation: float = 0.0
    concurrent: bool = True
    shortest: float = 0
    longest: float | None = None
    hears: float | None = None
    multi_label: bool = False

    @classmethod
    def at_sight(cls, model: "LoadedModel") -> Self:
        """Note what a model shows that is asked nothing."""
        same = ["labels", "sampling_rate", "extractor_problem", "receptive_field"]
        same += ["shortest", "longest", "hears", "multi_label"]
        facts = {name: getattr(model.blueprint, name) for name in same}
        return cls(model.weights, model.load_time, **facts, size_on_disk=model.size_on_disk)

    @classmethod
    def of(cls, model: "LoadedModel") -> Self:
        """Examine a model that has just been loaded; questions are asked of a sound one only."""
        from sertify.models.proofs import proven

        examination = cls.at_sight(model)
        if model.sampling_rate is None:
            return examination
        examination = replace(examination, logits=model.noise_logits().tolist())
        if examination.flaw is not None:
            return examination
        model, moved = proven(model)
        return replace(
            examination,
            batching=model.batching,
            batch_deviation=moved,
            concurrent=model.concurrent,
        )

    @property
    def noise_logits(self) -> NDArray[np.float32]:
        """The logits for one second of noise, of shape (len(labels),)."""
        return np.array(self.logits, np.float32)

    @property
    def flaw(self) -> Rejected | None:
        """Why the model cannot be trusted with a question, if so."""
        try:
            rate, problem = self.sampling_rate, self.extractor_problem
            require_sound(self.weights, rate, problem, self.labels, lambda: self.noise_logits)
        except Rejected as rejection:
            return rejection
        return None
