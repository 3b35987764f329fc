"""Whether transformers could read a repository's config.json, or which library it is for."""

import re
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from sertify.hub.plausible import oddity
from sertify.hub.repositories import Repository
from sertify.vocabulary.outcomes import Judgement, Measurement, Outcome
from sertify.vocabulary.text import listed

_SIGNS = {
    r"hyperparams\.yaml": "SpeechBrain",
    r"configuration\.json|am\.mvn": "FunASR",
    r".*\.nemo": "NeMo",
    r"(onnx/)?[^/]*\.onnx": "ONNX",
    r"adapter_config\.json": "PEFT",
    r"tf_model\.h5|saved_model\.pb": "TensorFlow",
    r"[^/]*\.keras": "Keras",
    r"flax_model\.msgpack": "Flax",
    r"[^/]*\.(joblib|pkl|skops)": "scikit-learn",
    r"[^/]*\.tflite": "TensorFlow Lite",
    r"[^/]*\.gguf": "llama.cpp",
}


def library_of(names: Iterable[str]) -> str:
    """Say in whose format a repository is, and which of its files tell; "" where none does.

    Examples
    --------
    >>> library_of(["README.md", "am.mvn", "configuration.json"])
    "FunASR's format (am.mvn, configuration.json)"
    """
    there = sorted(names)
    for sign, library in _SIGNS.items():
        signs = [name for name in there if re.fullmatch(sign, name)]
        if signs:
            return f"{library}'s format ({listed(signs)})"
    return ""


def judge_config(repository: Repository, name: str = "config.json") -> Judgement:
    """Reject a repository without a config.json, or file of that name, that names a model type."""
    library = library_of(repository.files)
    if name not in repository.files:
        if library:
            return _fail("unsupported_library", f"it is in {library}, without a {name}")
        return _fail("no_config", f"it has no {name}; {repository.listing}")
    config, problem = _content(repository, name)
    if problem:
        return _fail("bad_config", problem)
    if isinstance(config, dict) and isinstance(config.get("model_type"), str):
        return Judgement(Outcome.PASS, (Measurement("config_keys", len(config), "keys"),))
    if library:
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
