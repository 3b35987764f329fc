"""Whether a repository has a config.json that transformers could read."""

from contextlib import suppress
from typing import TYPE_CHECKING

from sertify.hub.libraries import library_of
from sertify.vocabulary.outcomes import Judgement, Measurement, Outcome

if TYPE_CHECKING:
    from sertify.hub.snapshots import Snapshot


def judge_config(snapshot: "Snapshot") -> Judgement:
    """Reject a repository without a config.json that names a model type."""
    library = library_of(snapshot.files)
    if "config.json" not in snapshot.files:
        if library:
            return _fail("unsupported_library", f"it is in {library}, without a config.json")
        return _fail("no_config", f"it has no config.json; {snapshot.listing}")
    try:
        config = snapshot.read_json("config.json")
    except (OSError, ValueError, RecursionError) as error:
        return _fail("bad_config", f"config.json cannot be read: {error}")
    if isinstance(config, dict) and isinstance(config.get("model_type"), str):
        measured = Measurement("config_keys", len(config), "keys")
        return Judgement(Outcome.PASS, (measured,))
    if library:
        message = f"it is in {library}, and its config.json names no model_type"
        return _fail("unsupported_library", message)
    return _fail("bad_config", "config.json names no model_type")


def has_config(snapshot: "Snapshot") -> bool:
    """Whether a repository has a config.json that transformers could read."""
    return judge_config(snapshot).outcome is Outcome.PASS


def names_foreign_code(snapshot: "Snapshot") -> bool:
    """Whether a config names classes of another repository, which is at no commit that is known."""
    for name in ("config.json", "preprocessor_config.json"):
        with suppress(OSError, ValueError, AttributeError):
            if "--" in str(snapshot.read_json(name).get("auto_map")):
                return True
    return False


def _fail(code: str, message: str) -> Judgement:
    return Judgement(Outcome.FAIL, (), code, message)
