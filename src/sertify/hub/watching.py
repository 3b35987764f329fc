"""Whether what was judged is what is there: others may write into a folder while it is judged."""

from sertify.hub.checksums import changed_files
from sertify.hub.repositories import Repository, local
from sertify.hub.snapshots import Snapshot
from sertify.vocabulary.errors import Blocked, Rejected
from sertify.vocabulary.files import Footprint, stamp_of, stamps_in
from sertify.vocabulary.text import shown


class Watch:
    """Watches the files that the identity of a snapshot tells of, those of companions included.

    Sizes, times and places on the disk are compared; contents only where one of these differs.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self._known: list[tuple[Repository, dict[str, Footprint]]] = [
            (one, dict(one.stamps)) for one in snapshot.repositories
        ]
        self._changed = ""

    def changed(self) -> str:
        """Return the first file that is not what it was any more; "" where all are."""
        for repository, known in self._known:
            if not self._changed:
                look = _changed_of_hub if repository.of_hub else _changed_here
                name = look(repository, known)
                self._changed = f"{shown(name)} of {repository.model}" if name else ""
        return self._changed

    def require(self) -> None:
        """Raise ``Blocked`` with ``changed_while_judged`` where a file has changed."""
        if name := self.changed():
            message = f"{name} was written while it was judged, so nobody can say what was"
            raise Blocked("changed_while_judged", message)


def _changed_here(repository: Repository, known: dict[str, Footprint]) -> str:
    """Return what differs in a folder of the user, and note how it looks if nothing does."""
    present = stamps_in(repository.root)
    if present == known:
        return ""
    try:
        same = local(repository.model, repository.root).commit == repository.commit
    except (Blocked, Rejected):
        same = False
    if same:
        known.clear()
        known.update(present)
        return ""
    return min(name for name in present | known if present.get(name) != known.get(name))


def _changed_of_hub(repository: Repository, known: dict[str, Footprint]) -> str:
    """Return what differs in the hub's cache; what came meanwhile was compared with the listing."""
    for name, size in repository.files.items():
        stamp = stamp_of(repository.folder / name)
        if stamp is None:
            continue
        if known.setdefault(name, stamp) != stamp:
            if any(changed_files(repository.folder, {name: size})):
                return name
            known[name] = stamp
    return ""
