"""A candidate's model, which is loaded only where somebody asks what is not known yet."""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from sertify.corpora.audio import Waveform
from sertify.evidence.cache import Cache
from sertify.models.examination import Examination
from sertify.models.workshop import Host
from sertify.vocabulary.errors import Rejected

if TYPE_CHECKING:
    # Only a name here: what is known of a model need not wait for torch.
    from sertify.models.model import LoadedModel


_EXAMINATION = TypeAdapter(Examination)


class LazyModel:
    """A model by its blueprint, with what is known of it; in memory only while it is needed.

    Parameters
    ----------
    host
        Holds it, here or in another process, while it is in memory.
    key
        Tells the content of all that its answers depend on.
    """

    def __init__(self, host: Host, cache: Cache, key: str, threads: int = 1) -> None:
        self.host = host
        self.cache = cache
        self.key = key
        self.threads = threads

    @classmethod
    def of(cls, model: "LoadedModel", threads: int = 1) -> Self:
        """Make one of a model in memory, of which nothing is remembered and nothing proven."""
        from sertify.models.host import Hosted

        subject = cls(Hosted(lambda _: model), Cache(None), "", threads)
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
            self.host.examine,
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
        logits = recall(
            self.cache, self.key, "another load", self.host.noise_again, keep=_is_no_rejection
        )
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

    @property
    def multi_label(self) -> bool:
        """Whether several of its labels may be true of a clip."""
        return self.examination.multi_label

    def certify(self) -> None:
        """Raise `Rejected` where it cannot be trusted with a question."""
        if self.examination.flaw is not None:
            raise self.examination.flaw

    def answers(
        self, waveforms: Iterable[Waveform], say: Callable[[str], None]
    ) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """Answer waveforms as `sertify.models.engine.answers` does; loads it where it is not."""
        found = self.examination
        return self.host.answers(waveforms, say, found.batching, found.concurrent, self.threads)

    def release(self) -> None:
        """Let go of the model, so that the next finds room."""
        self.host.release()


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
