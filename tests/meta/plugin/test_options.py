"""The values of sertify's options are not taken for paths of tests."""

from pathlib import Path

import pytest

from sertify.plugin.arguments import joined


@pytest.mark.parametrize("option", ["--candidates", "--data", "--reports"])
def test_a_path_outside_the_project_is_joined_to_its_option(tmp_path: Path, option: str) -> None:
    here, outside = tmp_path / "project", tmp_path / "speech"
    here.mkdir()
    outside.mkdir()
    args = ["-m", "accuracy", option, str(outside), "-q"]
    assert joined(args, here) == ["-m", "accuracy", f"{option}={outside}", "-q"]


def test_what_does_not_mislead_pytest_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "speech").mkdir()
    assert joined(["--data", "speech"], tmp_path) is None
    assert joined(["--data", "../nowhere"], tmp_path) is None
    assert joined([f"--data={tmp_path.parent}"], tmp_path) is None
    assert joined(["tests", str(tmp_path.parent)], tmp_path) is None
