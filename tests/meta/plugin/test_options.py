"""The values of options are not taken for paths of tests, whatever is there when."""

from pathlib import Path

import pytest

from sertify.plugin.calling import joined
from tests.meta.runs import CHECKS, FIXTURES

OPTIONS = ("--candidates", "--data", "--reports", "--benchmark-json")


@pytest.fixture
def here(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("is_there", [True, False])
def test_a_path_outside_the_project_is_joined_to_its_option(
    here: Path, option: str, is_there: bool
) -> None:
    outside = here.parent / "a folder"
    if is_there:
        outside.mkdir()
    args = ["-m", "accuracy", option, str(outside), "-q"]
    assert joined(args, here, OPTIONS) == ["-m", "accuracy", f"{option}={outside}", "-q"]
    assert joined([option, "../a folder"], here, OPTIONS) == [f"{option}=../a folder"]


def test_so_is_one_inside_with_settings_of_its_own(here: Path) -> None:
    speech = here / "corpora" / "speech"
    speech.mkdir(parents=True)
    assert joined(["--data", "corpora/speech"], here, OPTIONS) is None
    (here / "corpora" / "pyproject.toml").touch()
    assert joined(["--data", "corpora/speech"], here, OPTIONS) == ["--data=corpora/speech"]


def test_what_does_not_mislead_pytest_is_left_alone(here: Path) -> None:
    (here / "speech").mkdir()
    (here / "pytest.ini").touch()
    assert joined(["--data", "speech"], here, OPTIONS) is None
    assert joined(["--data", "name=../elsewhere/a"], here / "name=..", OPTIONS) is None
    assert joined([f"--data={here.parent}"], here, OPTIONS) is None
    assert joined(["tests", str(here.parent)], here, OPTIONS) is None
    assert joined(["--offline", str(here.parent)], here, OPTIONS) is None


@pytest.mark.slow(5)
class TestNewFoldersElsewhere:
    """As in CI, where the folder of reports is new every time; workers look later than pytest."""

    @pytest.fixture
    def project(self, pytester: pytest.Pytester, tmp_path: Path) -> Path:
        model = FIXTURES / "models" / "wav2vec2-tiny"
        entry = f"candidates: [{{name: good, model: {model}}}]\n"
        pytester.path.joinpath("candidates.yaml").write_text(entry)
        (tmp_path / "elsewhere").mkdir()
        (tmp_path / "elsewhere" / "models.yaml").write_text(entry)
        pytester.makeini(f"[pytest]\ntestpaths = {CHECKS}\naddopts = -p no:cacheprovider\n")
        pytester.makepyfile(test_own="def test_nothing(): pass")
        return tmp_path / "elsewhere"

    def test_workers_run_the_checks_and_not_the_tests_of_the_project(
        self, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, project: Path
    ) -> None:
        reports = project / "new" / "re ports"
        monkeypatch.setenv("PYTEST_ADDOPTS", f"--reports '{reports}'")
        options = (
            "--no-weights",
            "-m",
            "labels",
            "-n",
            "1",
            "--benchmark-json",
            project / "new.json",
        )
        result = pytester.runpytest_subprocess(*options, "--candidates", project / "models.yaml")
        result.assert_outcomes(passed=5)
        assert (reports / "results.json").is_file()

    def test_what_another_plugin_wrote_there_misleads_nobody(
        self, pytester: pytest.Pytester, project: Path
    ) -> None:
        (project / "there.json").touch()
        options = ("--collect-only", "-q", "-m", "labels", "--benchmark-json")
        result = pytester.runpytest_inprocess(*options, project / "there.json")
        assert sum("::test_labels_are" in line for line in result.outlines) == 4
