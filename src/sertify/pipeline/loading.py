"""How a candidate's model comes into memory, in which there is room for one."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sertify.gates.loadability import require_memory
from sertify.pipeline.settings import Settings
from sertify.pipeline.telling import Announce
from sertify.vocabulary.machine import free_memory

if TYPE_CHECKING:
    from sertify.models.blueprints import Blueprint
    from sertify.models.model import LoadedModel
    from sertify.pipeline.lazy_model import LazyModel
    from sertify.pipeline.prefetch import Repositories


@dataclass(frozen=True)
class Loading:
    """Loads a candidate's model, after downloading what is missing."""

    blueprint: "Blueprint"
    repositories: "Repositories"
    settings: Settings
    tell: Announce

    def __call__(self, seed: int) -> "LoadedModel":
        """Load it for threads each of which uses one core; the seed is that of random weights."""
        from sertify.models import loading
        from sertify.models.blueprints import Recalled

        blueprint, snapshot = self.blueprint, self.blueprint.snapshot
        if isinstance(blueprint.loader, Recalled):
            blueprint = loading.outline(snapshot, self.repositories.index(snapshot.candidate))
        self.fetch(blueprint)
        shared = {"threads": 1} if self.arguments["device"] == "cpu" else {}
        with self.tell("loading its weights"):
            return loading.load(blueprint, **self.arguments | shared, seed=seed)

    def fetch(self, blueprint: "Blueprint") -> None:
        """Download what is missing, unless there is no memory to load it."""
        from sertify.hub.repositories import fetch

        require_memory(blueprint.memory, free_memory())
        with self.tell("downloading", "B") as progress:
            fetch(blueprint.snapshot, blueprint.files, progress)

    @property
    def arguments(self) -> dict[str, Any]:
        """How a model is loaded that nothing else shares the machine with."""
        device, settings = self.settings.environment["device"], self.settings
        return {"device": device, "threads": settings.threads, "dtype": settings.dtype}


def release(in_memory: "list[LazyModel]") -> None:
    """Free the models that are in memory."""
    while in_memory:
        in_memory.pop().release()
