"""Whether transformers could read a repository's config.json; if not, what it is instead."""

from contextlib import suppress
from typing import Any

from sertify.hub.libraries import library_of
from sertify.hub.plausible import oddity
from sertify.hub.repositories import Repository
from sertify.vocabulary.outcomes import Judgement, Measurement, Outcome


def judge_config(repository: Repository, name: str = "config.json") -> Judgement:
    """Reject a repository without a config.json, or file of that name, that names a model type."""
    if name not in repository.files:
        if library := library_of(repository.files, repository.folder):
            return _fail("unsupported_library", f"it is in {library}, without a {name}")
        return _fail("no_config", f"it has no {name}; {repository.listing}")
    config, problem = _content(repository, name)
    if problem:
        return _fail("bad_config", problem)
    if isinstance(config, dict) and isinstance(config.get("model_type"), str):
        return Judgement(Outcome.PASS, (Measurement("config_keys", len(config), "keys"),))
    if library := library_of(repository.files, repository.folder):
        message = f"it is in {library}, and its {name} names no model_type"
        return _fail("unsupported_library", message)
    return _fail("bad_config", f"{name} names no model_type")


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


def names_foreign_code(repository: Repository) -> bool:
    """Whether a config names classes of another repository, which is at no commit that is known."""
    for name in ("config.json", "preprocessor_config.json"):
        with suppress(OSError, ValueError, AttributeError):
            if "--" in str(repository.read_json(name).get("auto_map")):
                return True
    return False


def _fail(code: str, message: str) -> Judgement:
    return Judgement(Outcome.FAIL, (), code, message)
