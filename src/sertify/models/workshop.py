"""Where a candidate's model is made and asked: a process of its own, begun when it is needed."""

import functools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sertify.corpora.audio import Waveform
from sertify.hub.repositories import supplied
from sertify.hub.snapshots import Snapshot
from sertify.hub.tensors.index import TensorIndex
from sertify.models.blueprints import Batching, Blueprint
from sertify.models.examination import Examination
from sertify.models.processes.network import Reach
from sertify.models.processes.quota import Quota
from sertify.models.processes.remote import Remote
from sertify.vocabulary.errors import Blocked, Rejected


class Host(Protocol):
    """Holds a model while somebody asks for it, and loads it where it is not there."""

    def examine(self) -> Examination:
        """Say what loading it shows."""
        ...

    def noise_again(self) -> list[float]:
        """Return the logits for one second of noise, after a load under another random seed."""
        ...

    def answers(
        self,
        waveforms: Iterable[Waveform],
        say: Callable[[str], None],
        batching: Batching,
        concurrent: bool,
        threads: int,
    ) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """Answer waveforms as `sertify.models.engine.answers` does."""
        ...

    def release(self) -> None:
        """Let go of it."""
        ...


class Workshop:
    """The process of a candidate.

    Where it has ended against our will, each further question raises the same ``Blocked``.

    Parameters
    ----------
    arguments
        Those of :func:`sertify.models.loading.load`.
    dump
        The file that tells of an end that is not ours.
    network
        What of the network the process may use.

    Attributes
    ----------
    holds_model
        Whether the model is in the memory of the process; for whoever loads it to say.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        arguments: Mapping[str, Any],
        quota: Quota,
        dump: Path,
        *,
        network: Reach = "closed",
    ) -> None:
        self._given = (snapshot, dict(arguments))
        self._quota, self.dump, self.network = quota, dump, network
        self._remote: Remote | None = None
        self.holds_model = False

    @property
    def memory(self) -> float:
        """Bytes that the process may hold; infinite where that is not limited."""
        return math.inf if self._quota.memory is None else self._quota.memory

    def choose(self) -> str:
        """Return the name of the loader, by the names of files alone."""
        return str(self.ask("choose"))

    def outline(self, index: TensorIndex) -> Blueprint:
        """Return what is known of the network that the loader will make."""
        return Blueprint.from_json(self._given[0], self.ask("outline", index))

    def ask(self, method: str, *inputs: Any, **limits: Any) -> Any:
        """Call a method of `sertify.models.host.Workbench`, as `Remote.ask` does.

        What it wants to be downloaded is, by this process, and it is asked again.
        """
        again = functools.partial(self._process().ask, method, *inputs, **limits)
        try:
            return supplied(again, self._given[0].repositories)
        except Rejected as rejection:
            if rejection.reason.code == "needs_network" and self.network == "cache":
                message = f"{rejection.message}, by --offline; the cache does not have it"
                raise Blocked("offline_not_cached", message) from rejection
            raise

    def stream(self, *inputs: Any, **streams: Any) -> Iterator[Any]:
        """Have waveforms answered, as `Remote.stream` does."""
        return self._process().stream(*inputs, **streams)

    def close(self) -> None:
        """End the process, if there is one; the next question begins another."""
        self.holds_model = False
        if self._remote is not None:
            self._remote.close()

    def _process(self) -> Remote:
        if self._remote is None or (self._remote.closed and not self._remote.fallen):
            self.holds_model = False
            self._remote = Remote(
                "sertify.models.host",
                "Workbench",
                *self._given,
                quota=self._quota,
                dump=self.dump,
                network=self.network,
            )
        return self._remote
