"""In which conditions speech may be heard: kinds of them, in families, and how severe they are.

The kinds stand in conditions.toml beside this. A package may add its own under the entry point
group ``sertify.perturbations``; such a kind has no severities.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import Any, Literal

from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.files import read_words
from sertify.vocabulary.text import did_you_mean, listed, quoted

GIVEN = ("noises", "responses")
"""The sounds that a condition may need and only the user has."""

OWN_FAMILY = "own"
"""The family of the kinds that other packages add."""

_OWN_NAME = re.compile(r"\w[\w.-]*", re.ASCII)


@dataclass(frozen=True)
class ConditionKind:
    """One way to change what is heard.

    Parameters
    ----------
    text
        What it is, in words.
    unit, severities
        Of the numbers that say how severe it is, and those that are usual, mild ones first; none
        where it has no degrees.
    standard
        Those that are asked where no family is named.
    least, most, step
        Which numbers may stand for a severity: from, to, and, if any, multiples of what.
    worse
        Which numbers are more severe: ``more``, ``less`` or those ``away from 0``.
    needs
        The sounds without which it cannot be made: ``voices``, ``noises``, ``responses``, or none.
    """

    name: str
    family: str
    text: str
    unit: str = ""
    severities: tuple[float, ...] = ()
    standard: tuple[float, ...] = ()
    least: float = 0.0
    most: float = 0.0
    step: float | None = None
    worse: Literal["more", "less", "away from 0"] = "more"
    needs: str = ""

    def mildness(self, severity: float) -> float:
        """Return what is smaller the more severe a severity is.

        >>> sorted((10, 20, 0), key=CONDITION_KINDS["babble"].mildness)
        [0, 10, 20]
        """
        return {"more": -severity, "less": severity, "away from 0": -abs(severity)}[self.worse]


def _kind(name: str, row: Mapping[str, Any]) -> ConditionKind:
    tuples: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in row.items()
    }
    return ConditionKind(name, **tuples)


CONDITION_KINDS: Mapping[str, ConditionKind] = MappingProxyType(
    {name: _kind(name, row) for name, row in read_words(__file__).items()}
)
"""Every kind that needs no other package, by name."""

CONDITION_FAMILIES: tuple[str, ...] = tuple(
    dict.fromkeys(kind.family for kind in CONDITION_KINDS.values())
)
"""Their families."""


@dataclass(frozen=True)
class Condition:
    """A kind of condition, by name, and how severe it is; None where that has no degrees.

    Raises ``ConfigurationError`` where there is no such kind, or it cannot be so severe.

    >>> str(Condition("babble", 20)), str(Condition("reverb", 0.5)), str(Condition("response"))
    ('babble 20 dB', 'reverb 0.5 s', 'response')
    """

    kind: str
    severity: float | None = None

    def __post_init__(self) -> None:
        _require_severity(kind_of_condition(self.kind), self.severity)

    @property
    def family(self) -> str:
        """The name of its family."""
        return kind_of_condition(self.kind).family

    @property
    def needs(self) -> str:
        """The sounds without which it cannot be made: see ``ConditionKind``."""
        return kind_of_condition(self.kind).needs

    @property
    def code(self) -> str:
        """Its name in those of checks: ``babble_20dB``."""
        unit = "".join(filter(str.isalpha, kind_of_condition(self.kind).unit))
        return self.kind if self.severity is None else f"{self.kind}_{self.severity:g}{unit}"

    def __str__(self) -> str:
        if self.severity is None:
            return self.kind
        return f"{self.kind} {self.severity:g} {kind_of_condition(self.kind).unit}"


def kind_of_condition(name: str) -> ConditionKind:
    """Return a kind by its name, which may be one that another package adds.

    Raises ``ConfigurationError`` where there is none.
    """
    own = own_perturbations()
    if name in CONDITION_KINDS:
        return CONDITION_KINDS[name]
    if name in own:
        return ConditionKind(name, OWN_FAMILY, f"the perturbation {own[name].value}")
    known = (*CONDITION_KINDS, *own)
    raise ConfigurationError(f"no condition is called {quoted(name)}{did_you_mean(name, known)}")


def conditions_in(family: str) -> tuple[Condition, ...]:
    """Return the usual conditions of a family, mild ones first in each kind.

    Raises ``ConfigurationError`` where there is no such family.

    >>> [str(condition) for condition in conditions_in("mp3")]
    ['mp3 32 kbit/s', 'mp3 16 kbit/s']
    """
    if family == OWN_FAMILY:
        return tuple(Condition(name) for name in own_perturbations())
    kinds = [kind for kind in CONDITION_KINDS.values() if kind.family == family]
    if not kinds:
        known = (*CONDITION_FAMILIES, OWN_FAMILY)
        message = f"no family of conditions is called {quoted(family)}"
        raise ConfigurationError(message + did_you_mean(family, known))
    return tuple(
        Condition(kind.name, severity) for kind in kinds for severity in kind.severities or (None,)
    )


def conditions_named(text: str) -> tuple[Condition, ...]:
    """Return what is meant by the name of a family, of a kind, or by a condition as it is written.

    Raises ``ConfigurationError`` where there is none, as in a family to which no package adds any.

    >>> [[str(one) for one in conditions_named(text)] for text in ("babble 5", "opus")]
    [['babble 5 dB'], ['opus 24 kbit/s', 'opus 12 kbit/s']]
    """
    name, _, severity = text.strip().partition(" ")
    if not severity:
        return _all_of(name)
    if name in CONDITION_FAMILIES and name not in CONDITION_KINDS:
        usual = listed(str(one) for one in conditions_in(name))
        raise ConfigurationError(
            f"{quoted(text)} is no condition, as {name} is a family of them; it should be {usual}"
        )
    kind = kind_of_condition(name)
    number = severity.removesuffix(kind.unit).strip() if kind.unit else severity
    try:
        return (Condition(name, float(number)),)
    except ValueError:
        unit = f" {kind.unit}" if kind.unit else ""
        usual = listed([f"{name} {one:g}{unit}" for one in kind.severities] or [name])
        message = f"{quoted(text)} is no condition; it should be {usual}"
        raise ConfigurationError(message) from None


def _all_of(name: str) -> tuple[Condition, ...]:
    """Return the usual conditions of a family, or of a kind."""
    if name == OWN_FAMILY and not own_perturbations():
        raise ConfigurationError(
            f"no installed package adds a condition to {name}, under the entry point group"
            " sertify.perturbations"
        )
    if name in (*CONDITION_FAMILIES, OWN_FAMILY):
        return conditions_in(name)
    if name not in CONDITION_KINDS and name not in own_perturbations():
        known = (*CONDITION_FAMILIES, OWN_FAMILY, *CONDITION_KINDS, *own_perturbations())
        raise ConfigurationError(
            f"no condition is called {quoted(name)}{did_you_mean(name, known)}"
        )
    kind = kind_of_condition(name)
    return tuple(Condition(name, severity) for severity in kind.severities or (None,))


def standard_conditions(given: Collection[str] = ()) -> tuple[Condition, ...]:
    """Return those that are asked where none is named.

    ``given`` are the sounds that the user gives, ``noises`` or ``responses``; what needs one of
    these is asked with it only.
    """
    return tuple(
        Condition(kind.name, severity)
        for kind in CONDITION_KINDS.values()
        if kind.needs not in GIVEN or kind.needs in given
        for severity in kind.standard or ((None,) if kind.needs in given else ())
    )


@cache
def own_perturbations() -> Mapping[str, EntryPoint]:
    """Return the perturbations that other packages add, by name; none of them is imported.

    Raises ``ConfigurationError`` where two have the same name, or one has that of a known kind or
    family, or a name that could not stand in those of checks.
    """
    found: dict[str, EntryPoint] = {}
    known = {*CONDITION_KINDS, *CONDITION_FAMILIES, OWN_FAMILY}
    for point in sorted(entry_points(group="sertify.perturbations")):
        if not _OWN_NAME.fullmatch(point.name):
            raise ConfigurationError(
                f"the perturbation {quoted(point.name)} ({point.value}) should have a name of"
                " letters, digits, _, - and dots; rename it in the entry points of its package"
            )
        if point.name in known or found.get(point.name, point).value != point.value:
            raise ConfigurationError(
                f"the perturbation {quoted(point.name)} ({point.value}) has the name of another"
                " one; rename it in the entry points of its package"
            )
        found[point.name] = point
    return MappingProxyType(found)


def _require_severity(kind: ConditionKind, severity: float | None) -> None:
    if not kind.severities:
        if severity is not None:
            raise ConfigurationError(
                f"{kind.name} has no severities, but {quoted(severity)} is given"
            )
        return
    usual = listed(f"{one:g}" for one in kind.severities)
    span = f"from {kind.least:g} to {kind.most:g} {kind.unit}"
    steps = f" in steps of {kind.step:g}" if kind.step else ""
    if not _may_be(kind, severity):
        raise ConfigurationError(
            f"{kind.name}: its severity is {quoted(severity)}, but should be a number"
            f" {span}{steps}, such as {usual}"
        )


def _may_be(kind: ConditionKind, severity: object) -> bool:
    if isinstance(severity, bool) or not isinstance(severity, int | float):
        return False
    within = kind.least <= severity <= kind.most
    return within and (kind.step is None or severity % kind.step == 0)
