"""The codes by which a candidate is rejected or blocked, what each means and what to do.

They stand in reasons.toml beside this, and are part of the contract with whoever reads
``junit.xml``, ``results.json`` or writes ``reason:`` into ``candidates.yaml``: codes are added,
never renamed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from sertify.vocabulary.files import read_words


@dataclass(frozen=True)
class Reason:
    """One way to be turned down.

    ``fault`` is whether the model is at fault; else it could not be judged, or not in this run.
    """

    code: str
    meaning: str
    cure: str
    fault: bool = True


_TABLE: Mapping[str, Mapping[str, list[Any]]] = read_words(__file__)

REASONS: Mapping[str, Reason] = MappingProxyType(
    {code: Reason(code, *row) for rows in _TABLE.values() for code, row in rows.items()}
)
"""Every reason code, by code."""

GATE_OF: Mapping[str, str] = MappingProxyType(
    {code: gate for gate, rows in _TABLE.items() if gate != "others" for code in rows}
)
"""The gate that rejects a candidate for a reason, by code."""
