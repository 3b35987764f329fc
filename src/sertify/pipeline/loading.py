"""How a candidate's model comes into memory: into that of the candidate's own process."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sertify.candidates.reading import Candidate
from sertify.gates.loadability import require_memory
from sertify.pipeline.settings import Settings
from sertify.pipeline.telling import Announce
from sertify.vocabulary.machine import free_memory

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from sertify.corpora.audio import Waveform
    from sertify.hub.snapshots import Snapshot
    from sertify.models.blueprints import Batching, Blueprint
    from sertify.models.examination import Examination
    from sertify.models.processes.network import Reach
    from sertify.models.workshop import Workshop
    from sertify.pipeline.prefetch import Repositories


@dataclass
class Loading:
    """Loads a candidate's model where somebody asks it, after downloading what is missing."""

    blueprint: "Blueprint"
    repositories: "Repositories"
    workshop: "Workshop"
    tell: Announce

    def fetch(self) -> None:
        """Download what is missing, unless there is no memory to load it."""
        from sertify.hub.repositories import fetch

        require_memory(self.blueprint.memory, min(free_memory(), self.workshop.memory))
        with self.tell("downloading", "B") as progress:
            fetch(self.blueprint.snapshot, self.blueprint.files, progress)

    def examine(self) -> "Examination":
        """Say what loading it shows."""
        self._load(0)
        examination: Examination = self.workshop.ask("examine", deed="forward")
        return examination

    def noise_again(self) -> list[float]:
        """Return the logits for one second of noise, after a load under another random seed."""
        self._load(1)
        logits: list[float] = self.workshop.ask("noise", deed="forward")
        return logits

    def answers(
        self,
        waveforms: "Iterable[Waveform]",
        say: Callable[[str], None],
        batching: "Batching",
        concurrent: bool,
        threads: int,
    ) -> "Iterator[tuple[int, NDArray[np.float32]]]":
        """Answer waveforms as `sertify.models.engine.answers` does."""
        if not self.workshop.holds_model:
            self._load(0)
        how = (batching, concurrent, threads)
        return self.workshop.stream("answers", *how, items=waveforms, say=say)

    def release(self) -> None:
        """Let go of it, with its process."""
        self.workshop.close()

    def _load(self, seed: int) -> None:
        """Have it in memory, with weights of this seed where the checkpoint lacks some."""
        self.fetch()
        index = self.repositories.index(self.blueprint.snapshot.candidate)
        with self.tell("loading its weights"):
            self.workshop.ask("make", index, seed)
        self.workshop.holds_model = True


def loading_options(settings: Settings) -> dict[str, Any]:
    """Return how a model is loaded that nothing else shares the machine with."""
    device = settings.environment["device"]
    return {"device": device, "threads": settings.threads, "dtype": settings.dtype}


def begin_workshop(snapshot: "Snapshot", settings: Settings, quota: Any) -> "Workshop":
    """Return where the model is examined on all cores, and then asked by a thread on each."""
    from sertify.models.workshop import Workshop

    dump = settings.reports / "crashes" / f"{snapshot.candidate.name}.txt"
    reach = reach_of(snapshot.candidate, settings)
    return Workshop(snapshot, loading_options(settings), quota, dump, network=reach)


def reach_of(candidate: Candidate, settings: Settings) -> "Reach":
    """Return what of the network the process of a candidate may use: what its entry says."""
    if not candidate.network:
        return "closed"
    return "cache" if settings.offline else "open"
