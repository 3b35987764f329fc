"""Classes that come with a repository: run where its entry says so, from files that are here.

transformers would fetch the code of another repository by itself, at whatever commit that is; here
each class is taken from a folder at the commit that is judged, or that `trusted_code:` names.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from inspect import signature
from types import ModuleType
from typing import Any

from transformers import (
    CONFIG_MAPPING,
    MODEL_FOR_AUDIO_CLASSIFICATION_MAPPING,
    FeatureExtractionMixin,
    PreTrainedConfig,
    PreTrainedModel,
)
from transformers.dynamic_module_utils import get_class_from_dynamic_module

from sertify.hub.auto_maps import (
    CLASSIFIERS,
    CONFIG,
    EXTRACTOR,
    NamedClass,
    fetch_code,
    named_classes,
    own_classifier,
    untrusted,
)
from sertify.hub.repositories import Repository
from sertify.hub.snapshots import Snapshot, code_of
from sertify.models.networks import OtherInterface
from sertify.models.own_faults import is_own
from sertify.vocabulary.errors import Rejected
from sertify.vocabulary.text import listed, safe, shown


def class_of(snapshot: Snapshot, reference: NamedClass) -> Any:
    """Return a class of the repository's code, or of one that its candidate trusts.

    Raises ``Rejected``: ``needs_remote_code`` where the entry does not say that it may run, and
    ``bad_config`` where there is none of this name; and whatever its code raises.
    """
    candidate = snapshot.candidate
    own = candidate.trust_remote_code
    if problem := untrusted(reference, candidate.trusted_code, own=own):
        raise Rejected("needs_remote_code", problem)
    foreign = reference.repository
    home: Repository = snapshot.companion(code_of(foreign)) if foreign else snapshot
    fetch_code(home)
    if not (home.folder / reference.file).is_file():
        raise Rejected("bad_config", f"it names {reference}, but there is no {reference.file}")
    try:
        return get_class_from_dynamic_module(
            f"{reference.module}.{reference.name}", home.folder, local_files_only=True
        )
    except AttributeError as error:
        if isinstance(error.obj, ModuleType) and error.name == reference.name:
            message = f"it names {reference}, but {reference.file} has no {reference.name}"
            raise Rejected("bad_config", message) from error
        raise


def own_config(snapshot: Snapshot, mended: dict[str, Any] | None = None) -> Any:
    """Return config.json as the class of its own reads it; None where it names none that may run.

    ``mended`` is its content where that class could not read the file as it is.

    Raises as `class_of` does, where nothing but that class could read it.
    """
    reference = named_classes(snapshot).get(CONFIG)
    known = snapshot.read_json("config.json").get("model_type") in CONFIG_MAPPING
    if reference is None or (known and not snapshot.candidate.trust_remote_code):
        return None
    kind = class_of(snapshot, reference)
    _require_kind(kind, PreTrainedConfig, reference)
    if mended is not None:
        return kind.from_dict(mended)
    return kind.from_pretrained(snapshot.folder, local_files_only=True)


def own_extractor(snapshot: Snapshot) -> Any:
    """Return the feature extractor of its own, or None."""
    reference = named_classes(snapshot).get(EXTRACTOR)
    if reference is None or not snapshot.candidate.trust_remote_code:
        return None
    kind = class_of(snapshot, reference)
    _require_kind(kind, FeatureExtractionMixin, reference)
    return kind.from_pretrained(snapshot.folder, local_files_only=True)


def own_network(snapshot: Snapshot, config: Any) -> Any:
    """Return the class that its author means; None where it names none, or the stock one is asked.

    Raises ``Rejected`` with ``needs_remote_code`` where that may not run: a stock class may give
    other answers, and so has to be asked for, by ``loader: transformers``.
    """
    reference = own_classifier(snapshot)
    if reference is None:
        return None
    candidate = snapshot.candidate
    if candidate.trust_remote_code:
        kind = class_of(snapshot, reference)
        _require_kind(kind, PreTrainedModel, reference)
        return kind
    stock = MODEL_FOR_AUDIO_CLASSIFICATION_MAPPING.get(type(config), None)
    if stock is not None and candidate.loader == "transformers":
        return None
    problem = untrusted(reference, candidate.trusted_code, own=False)
    if stock is not None:
        other = f"`loader: transformers` has it judged by {stock.__name__} instead"
        problem = f"{problem}; {other}, which may answer otherwise"
    raise Rejected("needs_remote_code", problem)


def told_of_code(snapshot: Snapshot, network: Any, extractor: Any) -> str:
    """Return what to tell of the code that configs name, whether it ran or not; "" for none.

    ``network`` is the class that is judged, ``extractor`` what prepares its input, or None.
    """
    parts = (
        _told_of_what_ran(snapshot, network, extractor),
        _told_of_stock_class(snapshot, network),
        _told_of_stock_extractor(snapshot, extractor),
    )
    return " ".join(filter(None, parts))


def _told_of_what_ran(snapshot: Snapshot, network: Any, extractor: Any) -> str:
    named, trusted = named_classes(snapshot), snapshot.candidate.trust_remote_code
    used = {
        named.get(CONFIG) if trusted else None,
        own_classifier(snapshot) if network is not None and is_own(network) else None,
        named.get(EXTRACTOR) if is_own(type(extractor)) else None,
    }
    homes = {reference.repository for reference in used if reference is not None}
    if not homes:
        return ""
    others = {name: snapshot.companion(code_of(name)).commit for name in sorted(homes - {""})}
    own = {snapshot.model: snapshot.commit} if "" in homes else {}
    listing = listed(f"{name} at {commit[:14]}" for name, commit in {**own, **others}.items())
    opened = ", with the network open to it" if snapshot.candidate.network else ""
    return f"Code of {listing} ran{opened}."


def _told_of_stock_class(snapshot: Snapshot, network: Any) -> str:
    """Say that a config names another class than the one that is judged."""
    if network is None or is_own(network):
        return ""
    named = named_classes(snapshot)
    trusted = snapshot.candidate.trust_remote_code
    if meant := own_classifier(snapshot) or (None if trusted else named.get(CONFIG)):
        return _instead(f"Judged by {network.__name__}", meant, snapshot)
    if (plain := named.get(CLASSIFIERS[-1])) is None:
        return ""
    what = f"its config names {plain} as a plain {CLASSIFIERS[-1]}"
    doubt = "of which its `architectures` does not say that it is the classifier"
    return f"Judged by {network.__name__}: {what}, {doubt}."


def _told_of_stock_extractor(snapshot: Snapshot, extractor: Any) -> str:
    """Say that a config names another feature extractor than the one that is used."""
    meant = named_classes(snapshot).get(EXTRACTOR)
    chosen = snapshot.candidate.feature_extractor is not None
    if meant is None or chosen or extractor is None or is_own(type(extractor)):
        return ""
    return _instead(f"Its input is prepared by {type(extractor).__name__}", meant, snapshot)


def _instead(used: str, meant: NamedClass, snapshot: Snapshot) -> str:
    told = f"{used}, which its config does not name ({meant})"
    keys = [] if snapshot.candidate.trust_remote_code else ["trust_remote_code: true"]
    if meant.repository and meant.repository not in snapshot.candidate.trusted_code:
        keys.append(f"trusted_code: {{{meant.repository}: COMMIT}}")
    return f"{told}; with {' and '.join(keys)} by its own." if keys else f"{told}."


@contextmanager
def code_of_its_day(snapshot: Snapshot) -> Iterator[None]:
    """Add to a rejection for outdated code which transformers its config was written by."""
    try:
        yield
    except Rejected as rejection:
        if rejection.reason.code != "outdated_code":
            raise
        written = snapshot.read_json("config.json").get("transformers_version")
        if not isinstance(written, str):
            raise
        message = f"{rejection.message}; its config is of transformers {shown(written)[:20]}"
        raise Rejected("outdated_code", message) from rejection


@contextmanager
def interface_faults(network: Any) -> Iterator[None]:
    """Raise ``Rejected`` with ``other_interface`` where a module of its own is no classifier."""
    module = getattr(network, "module", None)
    try:
        yield
    except OtherInterface as error:
        raise Rejected("other_interface", str(error)) from error
    except TypeError as error:
        name = getattr(getattr(module, "forward", None), "__qualname__", "")
        if module is None or not is_own(type(module)) or not safe(error).startswith(f"{name}() "):
            raise
        taken = [*signature(module.forward).parameters]
        message = f"its forward takes {listed(taken)}, but should take what is prepared"
        raise Rejected("other_interface", f"{message}: {safe(error)}") from error


def _require_kind(kind: Any, wanted: type, reference: NamedClass) -> None:
    if not (isinstance(kind, type) and issubclass(kind, wanted)):
        message = f"{reference} derives from no {wanted.__name__}, but should, to be loaded as one"
        raise Rejected("other_interface", message)
