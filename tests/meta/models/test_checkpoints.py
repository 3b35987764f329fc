"""Tensors of weight files: those asked for, however the file holds them, and not longer."""

import math
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from sertify.models.checkpoints import read_tensors
from sertify.models.loaders.weight_reports import is_finite

WEIGHTS = {"layer.weight": torch.arange(1000.0), "layer.bias": torch.ones(3).half()}
STATE = {"model": WEIGHTS, "last_optimizer_state": {"state": {0: torch.zeros(9)}}, "epoch": 3}


def packed(content: Any, path: Path) -> None:
    """Write an archive whose members are packed, as by a program other than torch."""
    plain = path.with_suffix(".plain")
    torch.save(content, plain)
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))


FORMS: dict[str, Callable[[Any, Path], Any]] = {
    "archive": torch.save,
    "packed": packed,
    "before-1.6": lambda content, path: torch.save(
        content, path, _use_new_zipfile_serialization=False
    ),
}


@pytest.mark.parametrize("inside", ["", "model"])
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_tensors_are_read_from_any_form(
    tmp_path: Path, form: Callable[[Any, Path], Any], inside: str
) -> None:
    path = tmp_path / "model.pt"
    form(STATE if inside else WEIGHTS, path)
    tensors = read_tensors(path, inside)
    assert tensors.keys() == WEIGHTS.keys()
    for name, tensor in tensors.items():
        assert tensor.dtype is WEIGHTS[name].dtype
        assert torch.equal(tensor, WEIGHTS[name])


def test_what_happens_to_the_file_afterwards_does_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    torch.save(STATE, path)
    tensors = read_tensors(path, "model")
    with path.open("r+b") as file:
        file.truncate(100)
    assert torch.equal(tensors["layer.weight"], WEIGHTS["layer.weight"])


@pytest.mark.parametrize(
    ("values", "finite"),
    [
        ([1.0, -2.0], True),
        ([3e38, 3e38], True),  # their sum is not
        ([1.0, math.nan], False),
        ([math.inf, -math.inf], False),
        ([0.0, -math.inf], False),
    ],
)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_weights_are_finite_where_each_is(
    values: list[float], finite: bool, dtype: torch.dtype
) -> None:
    assert is_finite(torch.tensor(values, dtype=dtype)) is finite
    assert is_finite(torch.tensor([], dtype=dtype))
    assert is_finite(torch.tensor(3))
