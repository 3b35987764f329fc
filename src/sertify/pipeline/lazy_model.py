"""A candidate's model, which is loaded only where somebody asks what is not known yet."""

import gc
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from sertify.evidence.cache import Cache
from sertify.gates.loadability import require_sound
from sertify.gates.weights import WeightReport
from sertify.models.blueprints import Batching
from sertify.vocabulary.errors import Rejected

if TYPE_CHECKING:
    # Only a name here: what is known of a model need not wait for torch.
    from sertify.models.model import LoadedModel


@dataclass(frozen=True)
class Examination:
    """What loading a model showed.

    Attributes
    ----------
    weights
        Where each of them came from.
    load_time
        Seconds from files to a model in memory.
    labels, sampling_rate, extractor_problem, receptive_field
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

    @classmethod
    def at_sight(cls, model: "LoadedModel") -> Self:
        """Note what a model shows that is asked nothing."""
        same = ("labels", "sampling_rate", "extractor_problem", "receptive_field")
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


_EXAMINATION = TypeAdapter(Examination)


class LazyModel:
    """A model by its blueprint, with what is known of it; in memory only while it is needed.

    Parameters
    ----------
    load
        Loads it; takes the seed of random weights.
    key
        Tells the content of all that its answers depend on.
    """

    def __init__(
        self, load: Callable[[int], "LoadedModel"], cache: Cache, key: str, threads: int = 1
    ) -> None:
        self._load = load
        self.cache = cache
        self.key = key
        self.threads = threads
        self._model: LoadedModel | None = None

    @classmethod
    def of(cls, model: "LoadedModel", threads: int = 1) -> Self:
        """Make one of a model in memory, of which nothing is remembered and nothing proven."""
        subject = cls(lambda _: model, Cache(None), "", threads)
        subject.examination = Examination.at_sight(model)
        return subject

    @cached_property
    def examination(self) -> Examination:
        """What loading it shows.

        Raises what :func:`sertify.models.loading.load` does.
        """
        examination: Examination = recall(
            self.cache,
            self.key,
            "examination",
            lambda: Examination.of(self.loaded()),
            asdict,
            _EXAMINATION.validate_python,
            # A flaw may be of the moment, and who asks again wants to see it mended.
            keep=lambda examination: (
                isinstance(examination, Examination) and examination.flaw is None
            ),
        )
        return examination

    @cached_property
    def logits_of_another_load(self) -> NDArray[np.float32]:
        """The logits for the noise of `Examination`, loaded anew under another random seed."""

        def ask() -> Any:
            self.release()  # two at a time may be more than there is memory for
            self._model = self._load(1)
            return self._model.noise_logits().tolist()

        logits = recall(self.cache, self.key, "another load", ask, keep=_is_no_rejection)
        return np.array(logits, np.float32)

    @property
    def labels(self) -> tuple[str | None, ...]:
        """Name of each output, in index order."""
        return self.examination.labels

    @property
    def sampling_rate(self) -> int:
        """Hz that it expects."""
        assert self.examination.sampling_rate is not None
        return self.examination.sampling_rate

    @property
    def receptive_field(self) -> int:
        """Samples below which it cannot answer."""
        return self.examination.receptive_field

    def certify(self) -> None:
        """Raise `Rejected` where it cannot be trusted with a question."""
        if self.examination.flaw is not None:
            raise self.examination.flaw

    def loaded(self) -> "LoadedModel":
        """Return the model itself; the first call loads it."""
        if self._model is None:
            self._model = self._load(0)
        return self._model

    def release(self) -> None:
        """Let go of the model, so that the next finds room."""
        if self._model is not None:
            self._model = None
            gc.collect()  # networks hold reference cycles


def recall(
    cache: Cache,
    key: str,
    what: str,
    compute: Callable[[], Any],
    dump: Callable[[Any], Any] = lambda value: value,
    load: Callable[[Any], Any] = lambda value: value,
    *,
    keep: Callable[[Any], bool] = lambda _: True,
) -> Any:
    """Return what was computed under this key before, or compute it.

    ``dump`` makes JSON types of a value, and ``load`` a value of them; what it cannot make one of
    is computed anew. ``keep`` says whether a value, or the rejection in its place, is to be kept.
    """
    content = cache.answer(key, what) if key else None
    if content is not None:
        with suppress(ValueError, LookupError, TypeError, AttributeError):
            known = json.loads(content)
            if "rejected" not in known:
                return load(known["value"])
            raise Rejected(*known["rejected"])
    try:
        value = compute()
    except Rejected as rejection:
        if key and keep(rejection):
            content_of_rejection = {"rejected": [rejection.reason.code, rejection.message]}
            cache.keep(key, what, json.dumps(content_of_rejection).encode())
        raise
    if key and keep(value):
        cache.keep(key, what, json.dumps({"value": dump(value)}).encode())
    return value


def _is_no_rejection(found: Any) -> bool:
    return not isinstance(found, Rejected)
