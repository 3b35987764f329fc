"""The loaders that there are, and which of them loads a repository."""

from functools import cache
from importlib.metadata import EntryPoint, entry_points

from sertify.gates.loadability import require
from sertify.hub.auto_maps import own_classifier
from sertify.hub.configs import judge_config
from sertify.hub.snapshots import Snapshot
from sertify.hub.tensors.index import TensorIndex
from sertify.models.blueprints import Loader
from sertify.models.failures import text_of
from sertify.vocabulary.errors import Blocked

LAST = "transformers"
"""The name of the loader that takes what no other one recognises."""


def choose_loader(snapshot: Snapshot, index: TensorIndex) -> Loader:
    """Return the loader that the candidate names, else the first that recognises its repository.

    Raises ``Rejected``: ``no_config``, ``bad_config`` or ``unsupported_library``.
    """
    wish = snapshot.candidate.loader
    if wish != "auto":
        return _loader(wish)
    if snapshot.candidate.trust_remote_code and own_classifier(snapshot) is not None:
        require(judge_config(snapshot))
        return _loader(LAST)  # its author means that class
    for loader in map(_loader, sorted(_entry_points().keys() - {LAST})):
        if loader.recognises(snapshot, index):
            return loader
    require(judge_config(snapshot))
    return _loader(LAST)


@cache
def _entry_points() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group="sertify.loaders")}


@cache
def _loader(name: str) -> Loader:
    point = _entry_points()[name]
    try:
        loader: Loader = point.load()()
    except Exception as error:  # packages may hold anything
        owner = point.dist.name if point.dist else point.value
        message = f"the loader {name} of {owner} cannot be used: {text_of(error)}"
        raise Blocked("missing_package", message) from error
    return loader
