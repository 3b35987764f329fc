"""Whether transformers could read a repository's config.json; if not, what it is instead."""

from contextlib import suppress
from typing import Any

from sertify.hub.libraries import library_of
from sertify.hub.plausible import oddity
from sertify.hub.repositories import Repository
from sertify.vocabulary.outcomes import Judgement, Measurement, Outcome


def judge_config(repository: Repository) -> Judgement:
    """Reject a repository without a config.json that names a model type."""
    if "config.json" not in repository.files:
        if library := library_of(repository.files, repository.folder):
            return _fail("unsupported_library", f"it is in {library}, without a config.json")
        return _fail("no_config", f"it has no config.json; {repository.listing}")
    config, problem = _content(repository)
    if problem:
        return _fail("bad_config", problem)
    if isinstance(config, dict) and isinstance(config.get("model_type"), str):
        return Judgement(Outcome.PASS, (Measurement("config_keys", len(config), "keys"),))
    if library := library_of(repository.files, repository.folder):
        message = f"it is in {library}, and its config.json names no model_type"
        return _fail("unsupported_library", message)
    return _fail("bad_config", "config.json names no model_type")


def judge_values(repository: Repository) -> Judgement:
    """Reject a config.json that can be read, but asks for what no model has."""
    content, problem = _content(repository)
    problem = problem or oddity(content, "config.json")
    if problem:
        return _fail("bad_config", problem)
    return Judgement(Outcome.PASS, (Measurement("config_keys", len(content), "keys"),))


def _content(repository: Repository) -> tuple[Any, str]:
    """Return what config.json holds, or why it cannot be read."""
    try:
        return repository.read_json("config.json"), ""
    except (OSError, ValueError, RecursionError) as error:
        return None, f"config.json cannot be read: {error}"


def has_config(repository: Repository) -> bool:
    """Whether a repository has a config.json that transformers could read."""
    return judge_config(repository).outcome is Outcome.PASS


def names_foreign_code(repository: Repository) -> bool:
    """Whether a config names classes of another repository, which is at no commit that is known."""
    for name in ("config.json", "preprocessor_config.json"):
        with suppress(OSError, ValueError, AttributeError):
            if "--" in str(repository.read_json(name).get("auto_map")):
                return True
    return False


def _fail(code: str, message: str) -> Judgement:
    return Judgement(Outcome.FAIL, (), code, message)
