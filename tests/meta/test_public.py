"""What is public is listed, is there, says what it does, and its examples are true."""

import doctest
import importlib
import inspect
import pkgutil
from types import ModuleType
from typing import Any

import pytest

import sertify

NAMES = [
    "sertify",
    *(module.name for module in pkgutil.walk_packages(sertify.__path__, "sertify.")),
]


@pytest.fixture(params=NAMES)
def module(request: pytest.FixtureRequest) -> ModuleType:
    return importlib.import_module(request.param)


def test_a_module_says_what_it_is_for(module: ModuleType) -> None:
    assert module.__doc__ is not None
    assert module.__doc__.strip().partition("\n")[0].endswith((".", "?"))


def public(module: ModuleType) -> list[Any]:
    """Return the classes and functions that a module defines for others."""
    return [
        value
        for name, value in vars(module).items()
        if name.isidentifier()
        and not name.startswith("_")
        and getattr(value, "__module__", "") == module.__name__
        if inspect.isclass(value) or inspect.isroutine(value)
    ]


def test_public_functions_and_classes_say_what_they_do(module: ModuleType) -> None:
    assert [one.__name__ for one in public(module) if not is_documented(one)] == []


def is_documented(one: Any) -> bool:
    # A dataclass without a docstring is given its signature for one.
    return bool(one.__doc__) and not one.__doc__.startswith(f"{one.__name__}(")


def test_examples_are_true(module: ModuleType) -> None:
    failed, _ = doctest.testmod(module)
    assert failed == 0
