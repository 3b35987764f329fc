"""What a results.json of an earlier schema says, in the words of this one."""

from collections.abc import Mapping
from typing import Any

EARLIER = "sertify.results/1"
"""The schema in which ``uar`` was what is ``uar_own`` now, and ``uar_all`` what is ``uar``."""

_NOW = {"uar": "uar_own", "uar_all": "uar"}
_KEYS = {"p_holm": "p_corrected"}


def in_words_of_today(content: Any) -> Any:
    """Return the content of a results.json of the schema `EARLIER` with the names of this one.

    All emotions of a corpus counted then, so ``frame`` is all of them. What is no results.json is
    returned as it is, for whoever validates it.
    """
    if isinstance(content, list):
        return [in_words_of_today(each) for each in content]
    if not isinstance(content, dict):
        return content
    renewed = {
        str(_KEYS.get(key, key)): _renewed(key, in_words_of_today(value))
        for key, value in content.items()
    }
    return _renamed(renewed) | _frame(renewed)


def _renewed(key: str, value: Any) -> Any:
    """Rename the keys of mappings that have a number by its name."""
    if key in ("numbers", "chance") and isinstance(value, dict):
        return {_NOW.get(name, name): number for name, number in value.items()}
    return value


def _renamed(content: dict[str, Any]) -> dict[str, Any]:
    """Rename a measurement, which alone of what has a name has a unit, or a change of a number."""
    key = "name" if "unit" in content else "number"
    name = content.get(key)
    return content | {key: _NOW[name]} if isinstance(name, str) and name in _NOW else content


def _frame(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the emotions that counted on a part of the speech, if it is one."""
    known = [content.get(key) for key in ("expressible", "inexpressible")]
    if "part" not in content or not all(isinstance(each, list) for each in known):
        return {}
    return {"frame": sorted(str(emotion) for each in known for emotion in each or ())}
