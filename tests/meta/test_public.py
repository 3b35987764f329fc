"""What is public is listed, is there, says what it does, and its examples are true."""

import ast
import doctest
import importlib
import inspect
import pkgutil
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
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


# Names that several modules define on purpose.
SHARED = {
    "pytest_configure": "a hook of pytest",
    "outline": "a stage is named like what it computes",
    "score": "likewise, and a fixture like its stage",
    "disturbed": "a fixture is named like its stage",
    "streamed": "a fixture is named like its stage",
    "grouped_score": "a fixture is named like its stage",
    "timing": "a fixture is named like its stage",
    "served": "a fixture is named like its stage",
}


def test_one_public_name_has_one_meaning() -> None:
    places = defaultdict(set)
    (root,) = sertify.__path__
    for path in Path(root).rglob("*.py"):
        for name in defined(ast.parse(path.read_text(encoding="utf-8"))):
            places[name].add(path.relative_to(root).as_posix())
    several = {name: sorted(at) for name, at in places.items() if len(at) > 1}
    assert several.keys() == SHARED.keys(), several


def defined(module: ast.Module) -> Iterator[str]:
    """Yield the public names that a module binds itself, those of loops and imports left out."""
    for statement in module.body:
        match statement:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                names = [name]
            case ast.ClassDef(name=name):
                names = [name]
            case ast.Assign(targets=targets):
                names = [node.id for node in walked(targets) if isinstance(node, ast.Name)]
            case ast.AnnAssign(target=ast.Name(id=name)):
                names = [name]
            case _:
                names = []
        yield from (name for name in names if not name.startswith("_"))


def walked(nodes: list[ast.expr]) -> Iterator[ast.AST]:
    """Yield nodes, and those inside of them."""
    for node in nodes:
        yield from ast.walk(node)
