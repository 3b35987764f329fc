"""How long a candidate may take, and how much memory, before it is given up."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, TypeAdapter, ValidationError

from sertify.candidates.bounds import Keys
from sertify.candidates.complaints import complaint
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.text import did_you_mean, quoted

_UNITS = {"%": 0.01, "MB": 1e6, "GB": 1e9}
_AMOUNT = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?(%|MB|GB)")

_AN_AMOUNT = "an amount such as 90% or 6 GB"


def _amount(text: str) -> str:
    found = _AMOUNT.fullmatch(text)
    if found is None or float(found[1]) == 0 or (found[2] == "%" and float(found[1]) > 100):
        raise complaint(f"is {quoted(text)}, but should be {_AN_AMOUNT}")
    return text


Span = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Memory = Annotated[
    str, AfterValidator(_amount), Field(json_schema_extra={"pattern": f"^{_AMOUNT.pattern}$"})
]


class Allowances(Keys):
    """What a candidate may take; null lifts a limit."""

    load: Span | None = Field(600, description="Span from files to a model in memory.")
    forward: Span | None = Field(600, description="Span until the next answer.")
    candidate: Span | None = Field(
        86_400, description="Span for all that is asked of one candidate."
    )
    memory: Memory | None = Field(
        "90%",
        examples=["90%", "6 GB"],
        description="How much its process may hold: a share of what is free, or an amount.",
    )

    def updated(self, own: Self) -> Self:
        """Return these with what is written in others in place."""
        return self.model_copy(update={key: getattr(own, key) for key in own.model_fields_set})

    def bytes_of(self, free: float) -> int | None:
        """Return how many bytes a process may hold where so many are free; None without a limit."""
        found = _AMOUNT.fullmatch(self.memory or "")
        if found is None:
            return None
        amount, unit = float(found[1]), found[2]
        return round(amount * _UNITS[unit] * (free if unit == "%" else 1))


def allowances_of(texts: list[str]) -> Allowances:
    """Read ``KEY=VALUE`` as on the command line; ``none`` lifts a limit, or alone all of them.

    >>> allowances_of(["load=60", "memory=6 GB"]).model_dump(exclude_unset=True)
    {'load': 60.0, 'memory': '6 GB'}
    """
    written: dict[str, Any] = {}
    for text in texts:
        written |= dict.fromkeys(Allowances.model_fields) if text == "none" else _written(text)
    return Allowances.model_validate(written)


def _written(text: str) -> Mapping[str, Any]:
    key, equals, value = text.partition("=")
    field = Allowances.model_fields.get(key)
    hint = did_you_mean(key, Allowances.model_fields)
    if not equals:
        raise ConfigurationError(f"--limits is {quoted(text)}, but should be KEY=VALUE{hint}")
    if field is None:
        raise ConfigurationError(f"--limits has the key {quoted(key)}, which is unknown{hint}")
    if value == "none":
        return {key: None}
    try:
        one = TypeAdapter(Memory if key == "memory" else Span).validate_strings(value)
    except ValidationError:
        wanted = _AN_AMOUNT if key == "memory" else "a number of seconds above 0"
        message = f"--limits {key} is {quoted(value)}, but should be {wanted}, or none"
        raise ConfigurationError(message) from None
    return {key: one}
