"""sertify as it is installed from its wheel: the checks run anywhere, and bother nobody."""

import json
import os
import re
import subprocess
import sys
import tarfile
import xml.etree.ElementTree as ET
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.meta.runs import CHECKS, FIXTURES, ROOT

LARGEST = 6_000_000
CANDIDATES = f"""
requirements: {{min_labels: 5, segments: [1]}}
candidates:
  - {{name: good, model: {FIXTURES / "models" / "wav2vec2-tiny"}}}
  - {{name: bad, model: {FIXTURES / "models" / "broken" / "dimensional"}, status: rejected,
     reason: dimensional}}
  - {{name: repaired, model: {FIXTURES / "models" / "wav2vec2-tiny"}, status: rejected,
     reason: dimensional}}
"""


def call(*command: str | Path, cwd: Path, path: Path | None = None) -> str:
    """Call Python in a folder, with modules of another; return all that it says."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment["PYTEST_ADDOPTS"] = "-p no:hypothesispytest"  # what takes time to import
    if path is not None:
        environment["PYTHONPATH"] = str(path)
    done = subprocess.run(
        [sys.executable, *map(str, command)],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


def collected(said: str) -> list[str]:
    """Return the node ids that ``pytest --collect-only -q`` lists."""
    return [line for line in said.splitlines() if "::" in line]


@pytest.fixture(scope="session")
def builder(tmp_path_factory: pytest.TempPathFactory) -> Path | None:
    """Return the folder of modules that hatchling is in; None where Python finds it anyway."""
    if find_spec("hatchling"):
        return None
    folder = tmp_path_factory.mktemp("builder")
    said = call("-m", "pip", "install", "--quiet", "--target", folder, "hatchling", cwd=folder)
    if not (folder / "hatchling").is_dir():
        pytest.skip(f"needs hatchling, which is neither here nor could be installed: {said}")
    return folder


@pytest.fixture(scope="session")
def built(builder: Path | None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the wheel and the sdist of this tree."""
    folder = tmp_path_factory.mktemp("built")
    said = call("-m", "hatchling", "build", "-d", folder, cwd=ROOT, path=builder)
    assert len([*folder.glob("sertify-*")]) == 2, said
    return folder


@pytest.fixture(scope="session")
def wheel(built: Path) -> Path:
    """Return the wheel."""
    return next(built.glob("*.whl"))


@pytest.fixture(scope="session")
def site(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of modules that the wheel is installed in."""
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    said = call("-c", "import sertify; print(sertify.__file__)", cwd=folder, path=folder)
    assert said.strip() == str(folder / "sertify" / "__init__.py")
    return folder


@pytest.mark.slow(0.5)
class TestPackages:
    def test_the_wheel_holds_the_checks_and_their_speech_and_no_other_tests(
        self, wheel: Path
    ) -> None:
        with zipfile.ZipFile(wheel) as archive:
            names = {*archive.namelist()}
        checks = {f"sertify/checks/{path.name}" for path in CHECKS.glob("*.py")}
        assert {name for name in names if Path(name).name.startswith("test_")} == {
            name for name in checks if "/test_" in name
        }
        assert checks | {"sertify/speech/metadata.csv", "sertify/py.typed"} <= names
        assert {
            "sertify/candidates/candidates.schema.json",
            "sertify/command/candidates.yaml",
        } <= names
        speech = FIXTURES / "speech" / "test" / "audio"
        assert {Path(name).name for name in names if name.endswith(".flac")} == {
            path.name for path in speech.iterdir()
        }
        tops = {name.partition("/")[0].partition("-")[0] for name in names}
        assert tops == {"sertify"}
        assert not [name for name in names if name.endswith((".safetensors", ".pyc"))]
        assert wheel.stat().st_size < LARGEST

    def test_the_sdist_holds_all_that_the_wheel_is_made_of_and_no_reports(
        self, built: Path
    ) -> None:
        with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
            names = {name.partition("/")[2] for name in archive.getnames()}
        assert {"tests/checks/test_labels.py", "fixtures/speech/test/metadata.csv"} <= names
        assert {"pyproject.toml", "LICENSE", "src/sertify/py.typed"} <= names
        assert not [name for name in names if name.startswith(("reports/", ".venv/", ".git/"))]

    def test_installed_in_place_it_leads_to_the_sources_and_holds_no_copy(
        self, builder: Path | None, tmp_path: Path
    ) -> None:
        build = (
            "import sys; from hatchling.build import build_editable; build_editable(sys.argv[1])"
        )
        said = call("-c", build, tmp_path, cwd=ROOT, path=builder)
        assert [*tmp_path.glob("*.whl")], said
        with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as archive:
            names = [name for name in archive.namelist() if ".dist-info/" not in name]
            assert [archive.read(name).decode().strip() for name in names] == [str(ROOT / "src")]

    def test_the_command_leads_to_a_function(self, wheel: Path) -> None:
        with zipfile.ZipFile(wheel) as archive:
            name = next(one for one in archive.namelist() if one.endswith("entry_points.txt"))
            points = archive.read(name).decode()
        assert "[console_scripts]\nsertify = sertify.command.main:main\n" in points


@pytest.fixture(scope="module")
def project(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project outside a clone, begun by sertify and judged once without its labels."""
    folder = tmp_path_factory.mktemp("project")
    call("-m", "sertify", "init", cwd=folder, path=site)
    (folder / "candidates.yaml").write_text(CANDIDATES)
    said = call(
        *("-m", "pytest", "-m", "labels or degeneracy", "--threads=1"), cwd=folder, path=site
    )
    (folder / "said").write_text(said)
    return folder


@pytest.mark.slow(2)
class TestInAProject:
    def test_the_checks_judge_on_the_speech_of_the_wheel(self, project: Path) -> None:
        said = (project / "said").read_text()
        assert f"rootdir: {project}\nconfigfile: pytest.ini\n" in said
        assert "sertify: 3 candidates of candidates.yaml, on the embedded speech" in said
        content = json.loads((project / "reports" / "results.json").read_text("utf-8"))
        found = {one["name"]: one["gates"] for one in content["candidates"]}
        assert found["good"]["degeneracy"]["outcome"] == "PASS", said
        assert found["bad"]["labels"]["outcome"] == "FAIL", said

    def test_expectations_are_strict_without_settings_of_it(self, project: Path) -> None:
        said = (project / "said").read_text()
        failed = "sertify.checks.test_labels::test_labels_are_categories[repaired]"
        assert re.findall(r"^FAILED (\S+)", said, re.MULTILINE) == [failed]
        assert "now qualifies: it passes the check that should reject it for dimensional" in said
        assert re.search(r"= 1 failed, .* 1 xfailed in", said)

    def test_reports_name_the_checks_by_their_module(self, project: Path) -> None:
        cases = [*ET.parse(project / "reports" / "junit.xml").iter("testcase")]
        modules = {f"sertify.checks.test_{gate}" for gate in ("labels", "degeneracy")}
        assert {case.attrib["classname"] for case in cases} == modules

    def test_what_failed_runs_again_in_workers(self, project: Path, site: Path) -> None:
        options = ("--lf", "-n", "2", "-m", "labels or degeneracy", "--threads=1")
        said = call("-m", "pytest", *options, cwd=project, path=site)
        assert "FAILED sertify.checks.test_labels::test_labels_are_categories[repaired]" in said
        assert re.search(r"= 1 failed in", said), said

    @pytest.mark.parametrize(
        ("options", "modules", "candidates"),
        [
            (["--benchmark-only"], {"test_speed"}, {"good", "bad", "repaired"}),
            (["-k", "good", "-m", "loadability"], {"test_loadability"}, {"good"}),
            (["sertify.checks.test_labels::test_labels_have_names[bad]"], {"test_labels"}, {"bad"}),
            (["--pyargs", "sertify", "-m", "labels"], {"test_labels"}, {"good", "bad", "repaired"}),
        ],
    )
    def test_checks_are_chosen_as_tests_are(
        self,
        project: Path,
        site: Path,
        options: list[str],
        modules: set[str],
        candidates: set[str],
    ) -> None:
        quietly = ("--collect-only", "-q", "-p", "no:cacheprovider")
        said = call("-m", "pytest", *quietly, *options, cwd=project, path=site)
        pattern = r"sertify\.checks\.(\w+)::\w+\[([a-z]+)(?:@.*)?\]"
        found = [re.fullmatch(pattern, nodeid) for nodeid in collected(said)]
        assert found
        assert {match[1] for match in found if match} == modules, said
        assert {match[2] for match in found if match} == candidates, said
        assert all(found), said

    def test_a_clone_names_and_collects_the_same_checks(self, project: Path, site: Path) -> None:
        command = ("-m", "pytest", "--collect-only", "-q", "--pyargs", "sertify.checks")
        quietly = ("-p", "no:cacheprovider")
        installed = collected(call(*command, *quietly, cwd=project, path=site))
        cloned = collected(call(*command, *quietly, cwd=project))
        assert installed
        assert cloned == installed
        one = (*command[:-1], "sertify.checks.test_speed::test_time_per_segment[good@1s]")
        assert collected(call(*one, *quietly, cwd=project)) == [one[-1]]

    def test_other_tests_are_left_alone_where_it_is_installed_below_them(
        self, wheel: Path, tmp_path: Path
    ) -> None:
        modules = tmp_path / ".venv" / "lib" / "site-packages"
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(modules)
        (tmp_path / ".venv" / "pyvenv.cfg").write_text("")
        own = "def test_own(pytestconfig):\n    assert not pytestconfig.pluginmanager"
        (tmp_path / "test_own.py").write_text(f"{own}.has_plugin('sertify-hooks')\n")
        said = call("-m", "pytest", "-q", "--strict-markers", cwd=tmp_path, path=modules)
        assert said.splitlines()[-1].startswith("1 passed in "), said


HINT = "sertify: no check was collected here; run `pytest --pyargs sertify.checks` with the same"


class TestHint:
    @pytest.fixture(autouse=True)
    def _folder(self, pytester: pytest.Pytester) -> None:
        (pytester.path / "candidates.yaml").write_text(CANDIDATES)
        pytester.makepyfile(test_own="import pytest\n@pytest.mark.own\ndef test_own(): pass\n")
        pytester.makeini("[pytest]\nmarkers = own\n")

    @pytest.mark.parametrize(
        "options",
        [
            ["--candidates", "candidates.yaml"],
            ["--data", "speech", "-m", "own"],
            ["-m", "loadability"],
            ["-m", "labels and not speed"],
        ],
    )
    def test_a_run_that_was_meant_for_checks_and_has_none_is_told(
        self, pytester: pytest.Pytester, options: list[str]
    ) -> None:
        said = str(pytester.runpytest_inprocess(*options).stdout)
        assert f"\n{HINT} options\n" in said

    @pytest.mark.parametrize("options", [[], ["-m", "own"], ["-m", "nothing"], ["-k", "speed"]])
    def test_others_are_not_bothered(self, pytester: pytest.Pytester, options: list[str]) -> None:
        said = str(pytester.runpytest_inprocess(*options).stdout)
        assert re.search(r"\d (passed|deselected) in", said)
        assert "sertify:" not in said

    def test_markers_of_others_that_are_called_like_gates_are_theirs(
        self, pytester: pytest.Pytester
    ) -> None:
        (pytester.path / "candidates.yaml").unlink()
        said = str(pytester.runpytest_inprocess("-m", "speed or labels").stdout)
        assert "1 deselected in" in said
        assert "sertify:" not in said

    def test_below_the_root_of_a_clone_the_root_is_named(
        self, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(ROOT / "docs")
        options = ("-m", "speed", "-p", "no:cacheprovider")
        said = str(pytester.runpytest_inprocess(*options).stdout)
        assert f"\n{HINT} options, or pytest in {ROOT}\n" in said

    def test_a_run_of_checks_needs_none(self, pytester: pytest.Pytester) -> None:
        options = ("--pyargs", "sertify.checks", "-m", "labels", "--collect-only")
        said = str(pytester.runpytest_inprocess(*options).stdout)
        assert "<Module test_labels.py>" in said
        assert HINT not in said
