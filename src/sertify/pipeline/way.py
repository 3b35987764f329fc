"""How stages are computed: each once, from those that its parameters name."""

from collections.abc import Callable, Mapping, Set
from functools import cache
from inspect import signature
from typing import Any, Self

Stage = Callable[..., Any]


class Way:
    """Values by the name of their stage; what is given and what follows from it.

    A stage is a function whose parameters name what it is made of. It is called when somebody first
    asks for it, and never again: what it returned is kept, and so is what it raised, a rejection
    above all, which is raised anew for whoever asks next.

    A branch knows more than the way it leaves. What follows from its own values lives in the branch
    and ends with it; all else is computed where it was before, for other branches as well.
    """

    def __init__(self, stages: Mapping[str, Stage], **given: Any) -> None:
        self._stages = stages
        self._given = given
        self._above: Way | None = None
        self._values: dict[str, Any] = {}
        self._errors: dict[str, Exception] = {}

    def branch(self, **given: Any) -> Self:
        """Return a way that is given some values more."""
        branch = type(self)(self._stages, **given)
        branch._above = self
        return branch

    def get(self, name: str) -> Any:
        """Return the value of a stage, or raise what it raised; ``LookupError`` where none is."""
        if name in self._given:
            return self._given[name]
        if self._above is not None and not self._follows(name):
            return self._above.get(name)
        if name in self._errors:
            raise self._errors[name]
        if name not in self._values:
            if name not in self._stages:
                raise LookupError(f"there is no stage {name!r}, and no such value was given")
            try:
                self._values[name] = self.call(self._stages[name])
            except Exception as error:
                self._errors[name] = error
                raise
        return self._values[name]

    def call(self, function: Stage) -> Any:
        """Call a function with the values that its parameters name."""
        return function(**{name: self.get(name) for name in parameters(function)})

    def _follows(self, name: str) -> bool:
        """Whether a stage is made of what this branch was given, and no way above it was."""
        way, given = self._above, set[str]()
        while way is not None:
            given |= way._given.keys()
            way = way._above
        return not self._given.keys().isdisjoint(self.needs(name, given=given))

    def known(self, name: str) -> Any:
        """Return the value of a stage where it is there already, else None."""
        for values in (self._given, self._values):
            if name in values:
                return values[name]
        return None if self._above is None else self._above.known(name)

    def needs(self, *names: str, given: Set[str] = frozenset()) -> frozenset[str]:
        """Return what these stages are made of, at first or second hand, and themselves.

        What is ``given`` is made of nothing.
        """
        needed: set[str] = set()
        waiting = [*names]
        while waiting:
            name = waiting.pop()
            if name not in needed:
                needed.add(name)
                made = name in self._stages and name not in given
                waiting += parameters(self._stages[name]) if made else ()
        return frozenset(needed)

    def close(self) -> None:
        """Close what was computed here and can be closed, the newest first."""
        while self._values:
            _, value = self._values.popitem()
            if callable(close := getattr(value, "close", None)):
                close()


@cache
def parameters(function: Stage) -> tuple[str, ...]:
    """Return the names of a function's parameters."""
    return tuple(signature(function).parameters)
