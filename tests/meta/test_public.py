"""What is public is listed, is there, says what it does, and its examples are true."""

import doctest
import importlib
import inspect
import pkgutil
from types import ModuleType
from typing import Any

import pytest

import sertify

# pytest calls the functions of a plugin by their names; nobody imports them.
PLUGIN = "sertify.plugin.entry"
NAMES = [
    "sertify",
    *(module.name for module in pkgutil.walk_packages(sertify.__path__, "sertify.")),
]


@pytest.fixture(params=NAMES)
def module(request: pytest.FixtureRequest) -> ModuleType:
    return importlib.import_module(request.param)


def constants_classes_functions(name: str) -> tuple[int, str]:
    """Return the key by which names are sorted, as ruff does it."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2), name


def test_a_module_says_what_it_is_for(module: ModuleType) -> None:
    assert module.__doc__ is not None
    assert module.__doc__.strip().partition("\n")[0].endswith((".", "?"))


@pytest.mark.parametrize("name", [name for name in NAMES if name != PLUGIN])
def test_public_names_are_listed_sorted_and_there(name: str) -> None:
    module = importlib.import_module(name)
    listed = module.__all__
    assert [name for name in listed if not hasattr(module, name)] == []
    assert list(listed) == sorted(set(listed), key=constants_classes_functions)


def test_public_functions_and_classes_say_what_they_do(module: ModuleType) -> None:
    listed = [getattr(module, name) for name in getattr(module, "__all__", ())]
    public = [one for one in listed if inspect.isclass(one) or inspect.isroutine(one)]
    assert [one.__name__ for one in public if not is_documented(one)] == []


def is_documented(one: Any) -> bool:
    # A dataclass without a docstring is given its signature for one.
    return bool(one.__doc__) and not one.__doc__.startswith(f"{one.__name__}(")


def test_examples_are_true(module: ModuleType) -> None:
    failed, _ = doctest.testmod(module)
    assert failed == 0
