"""Whether transformers could read a repository's config.json; if not, what it is instead."""

from contextlib import suppress
from typing import Any

from sertify.hub.card import hub_mixin
from sertify.hub.libraries import library_of
from sertify.hub.plausible import oddity
from sertify.hub.repositories import Repository
from sertify.vocabulary.outcomes import Judgement, Measurement, Outcome
from sertify.vocabulary.text import listed, shown

_OF_TRANSFORMERS = {"model_type", "architectures", "transformers_version", "torch_dtype"}


def judge_config(repository: Repository, name: str = "config.json") -> Judgement:
    """Reject a repository without a config.json, or file of that name, that names a model type."""
    if name not in repository.files:
        if library := library_of(repository.files, repository.folder):
            base = _base_of_adapter(repository)
            return _fail("unsupported_library", f"it is in {library}, without a {name}{base}")
        return _fail("no_config", f"it has no {name}; {repository.listing}")
    config, problem = _content(repository, name)
    if problem:
        return _fail("bad_config", problem)
    if isinstance(config, dict) and isinstance(config.get("model_type"), str):
        return Judgement(Outcome.PASS, (Measurement("config_keys", len(config), "keys"),))
    if library := library_of(repository.files, repository.folder):
        message = f"it is in {library}, and its {name} names no model_type"
        return _fail("unsupported_library", message)
    if other := _written_by_another(repository, config):
        return _fail("unsupported_library", other)
    return _fail("bad_config", f"{name} names no model_type")


def _base_of_adapter(repository: Repository) -> str:
    """Say how an adapter alone is judged, with the model that it is for; "" where it is none."""
    content: Any = None
    if "adapter_config.json" in repository.files:
        with suppress(OSError, ValueError, RecursionError):
            content = repository.read_json("adapter_config.json")
    base = content.get("base_model_name_or_path") if isinstance(content, dict) else None
    if not isinstance(base, str) or not base:
        return ""
    return f"; an adapter is judged by `model: {shown(base)}` with `adapter: {repository.model}`"


def _written_by_another(repository: Repository, config: Any) -> str:
    """Say what wrote a config.json without a model_type, where that was not transformers."""
    if not isinstance(config, dict) or not config or _OF_TRANSFORMERS & config.keys():
        return ""
    keys = f"it has {listed(sorted(map(shown, config)))}"
    mixin, source = hub_mixin(repository.folder)
    whose = f"in the code of {source}" if source else "in its author's code"
    if mixin:
        what = "its config.json is a PyTorchModelHubMixin's, which names no class"
    else:
        what = (
            "its config.json was not written by transformers: it names no model_type and no class"
        )
    return f"{what} ({keys}); the class is {whose}, not in the repository"


def judge_values(repository: Repository, name: str = "config.json") -> Judgement:
    """Reject a config that can be read, but asks for what no model has."""
    content, problem = _content(repository, name)
    problem = problem or oddity(content, "config.json", called=name)
    if problem:
        return _fail("bad_config", problem)
    return Judgement(Outcome.PASS, (Measurement("config_keys", len(content), "keys"),))


def _content(repository: Repository, name: str) -> tuple[Any, str]:
    """Return what a config holds, or why it cannot be read."""
    try:
        return repository.read_json(name), ""
    except (OSError, ValueError, RecursionError) as error:
        return None, f"{name} cannot be read: {error}"


def has_config(repository: Repository, name: str = "config.json") -> bool:
    """Whether a repository has a config.json, or one of that name, that transformers could read."""
    return judge_config(repository, name).outcome is Outcome.PASS


def _fail(code: str, message: str) -> Judgement:
    return Judgement(Outcome.FAIL, (), code, message)
