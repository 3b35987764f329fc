"""The recipes for CI do what they say: their scripts are run as the runners would run them.

Only what installs sertify is left out, and what belongs to the runner: checkout, cache, upload.
"""

import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.meta.local_hub import LocalHub
from tests.meta.pages import Content, steps, typed
from tests.meta.runs import FIXTURES, ROOT

pytestmark = pytest.mark.slow(2.5)

ACTION, TEMPLATE, PAGE = ROOT / "action.yml", ROOT / "ci" / "gitlab.yml", ROOT / "docs" / "ci.md"
GOOD, BROKEN = "someone/emotion", "someone/recogniser"
HOSTILE = '"; touch pwned; $(touch pwned) `touch pwned` #'
INSTALLS = "Install sertify"

_OTHERS = ("HF_", "HUGGING", "TRANSFORMERS_", "PYTEST_", "GITHUB_", "CI", "SERTIFY_")


def read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = YAML(typ="safe").load(path)
    return content


def written(name: str) -> str:
    """Return what docs/ci.md has its readers write to that file."""
    found = (step for step in steps(PAGE) if isinstance(step, Content) and step.path == name)
    return next(found).text


# ------------------------------------------------------------------ they are what runners read


@pytest.mark.parametrize(
    ("schema", "path"), [("github-actions", ACTION), ("gitlab-ci", TEMPLATE)], ids=str
)
def test_the_recipes_are_valid(schema: str, path: Path) -> None:
    _validate(schema, path)


@pytest.mark.parametrize(
    ("schema", "name"),
    [("github-workflows", ".github/workflows/models.yml"), ("gitlab-ci", ".gitlab-ci.yml")],
)
def test_what_users_write_is_valid_and_short(schema: str, name: str, tmp_path: Path) -> None:
    path = tmp_path / Path(name).name
    path.write_text(written(name), "utf-8")
    _validate(schema, path)
    own = written(name).partition("actions/checkout@v4\n")[2] or written(name)
    assert len(own.splitlines()) <= 5


def _validate(schema: str, path: Path) -> None:
    pytest.importorskip("check_jsonschema")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}"]
    done = subprocess.run([*command, path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_page_has_each_input_as_the_action_has_it() -> None:
    for name, given in read(ACTION)["inputs"].items():
        default = f"`{given['default']}` " if given["default"] else ""
        assert f"| `{name}` | {given['description']} | {default}|" in PAGE.read_text("utf-8")


def test_the_page_has_each_variable_of_the_template() -> None:
    variables = read(TEMPLATE)[".sertify"]["variables"]
    for name in (name for name in variables if name.startswith("SERTIFY_")):
        assert f"| `{name}` |" in PAGE.read_text("utf-8")


def test_no_input_is_a_part_of_a_script() -> None:
    scripts = [step["run"] for step in read(ACTION)["runs"]["steps"] if "run" in step]
    assert len(scripts) == 2
    assert not [script for script in scripts if "${{" in script]


def test_what_is_saved_is_what_is_restored() -> None:
    found = {step["name"]: step for step in read(ACTION)["runs"]["steps"]}
    restored, saved = found["Restore models and answers"], found["Save models and answers"]
    assert restored["with"]["path"] == saved["with"]["path"]
    assert found["Upload the report"]["if"] == "${{ !cancelled() }}"  # else not of a job that fails


# ------------------------------------------------------------------ and do what they say


@dataclass(frozen=True)
class Job:
    """What a job left behind in the folder of the project."""

    code: int
    output: str
    folder: Path

    @property
    def outcomes(self) -> dict[str, str]:
        """What each candidate came to in junit.xml: ``failure``, ``error`` or ``passed``."""
        found: dict[str, str] = {}
        for case in ET.parse(self.folder / "reports" / "junit.xml").iter("testcase"):
            name = case.attrib["name"].partition("[")[2].rstrip("]")
            worst = {child.tag for child in case} & {"failure", "error"}
            found[name] = next(iter(worst), found.get(name, "passed"))
        return found

    def read(self, name: str) -> str:
        path = self.folder / name
        return path.read_text("utf-8") if path.exists() else ""


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalHub]:
    root = tmp_path_factory.mktemp("hub")
    shutil.copytree(FIXTURES / "models" / "wavlm-tiny", root / GOOD)
    shutil.copytree(FIXTURES / "models" / "broken" / "speech-recogniser", root / BROKEN)
    with LocalHub(root) as serving:
        yield serving


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a project with one candidate."""
    project = tmp_path / "project"
    project.mkdir()
    content = {"candidates": [{"name": "good", "model": GOOD}]}
    YAML(typ="safe").dump(content, project / "candidates.yaml")
    return project


Recipe = Callable[[Path, LocalHub, dict[str, str]], Job]


def github(folder: Path, hub: LocalHub, given: dict[str, str]) -> Job:
    """Run the steps of the action with these inputs, but for those that are not ours."""
    inputs = {name: one["default"] for name, one in read(ACTION)["inputs"].items()} | given
    code, output = 0, ""
    for step in read(ACTION)["runs"]["steps"]:
        if "run" in step and step["name"] != INSTALLS:
            assert step["shell"] == "bash"
            values = {name: inputs[_input(value)] for name, value in step["env"].items()}
            files = {"GITHUB_OUTPUT": "output", "GITHUB_STEP_SUMMARY": "step-summary"}
            runner = {name: str(folder / file) for name, file in files.items()}
            # As GitHub calls it.
            shell = ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c")
            done = _run((*shell, step["run"]), folder, hub, values | runner)
            code, output = code or done.returncode, output + done.stdout
    return Job(code, output, folder)


def _input(value: str) -> str:
    found = re.fullmatch(r"\$\{\{ inputs\.([\w-]+) \}\}", value)
    assert found, value
    return found[1]


def gitlab(folder: Path, hub: LocalHub, given: dict[str, str], shell: str = "bash") -> Job:
    """Run the script of a job that extends the template, with these values of its variables."""
    job = read(TEMPLATE)[".sertify"]
    own = {f"SERTIFY_{name.upper()}": value for name, value in given.items()}
    # The hub's cache of these tests lies elsewhere.
    defaults = {k: v for k, v in job["variables"].items() if k.startswith("SERTIFY_")}
    variables = {name: str(value) for name, value in defaults.items()} | own
    script = "\n".join(job["script"])
    done = _run((shell, "-e", "-c", script), folder, hub, variables | {"CI": "true"})
    return Job(done.returncode, done.stdout, folder)


def _run(
    command: tuple[str, ...], folder: Path, hub: LocalHub, variables: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(_OTHERS)}
    own = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HF_ENDPOINT": hub.url,
        "HF_HOME": str(folder.parent / "cache"),
        "PYTEST_ADDOPTS": "-p no:hypothesispytest --threads=1",
        "OMP_NUM_THREADS": "1",
    }
    return typed(command, folder, inherited | own | variables)


each_recipe = pytest.mark.parametrize("recipe", [github, gitlab], ids=lambda one: one.__name__)


@each_recipe
def test_a_good_candidate_passes_and_is_reported(
    recipe: Recipe, folder: Path, hub: LocalHub
) -> None:
    job = recipe(folder, hub, {})
    assert job.code == 0, job.output
    assert job.outcomes == {"good": "passed"}
    assert "good" in job.read("reports/index.html")
    assert "good" in job.read("reports/summary.md")
    if recipe is github:
        assert job.read("step-summary") == job.read("reports/summary.md")
        assert job.read("output") == "complete=true\n"


@each_recipe
def test_a_broken_candidate_fails_the_job_and_is_reported(
    recipe: Recipe, folder: Path, hub: LocalHub
) -> None:
    YAML(typ="safe").dump(
        {"candidates": [{"name": "good", "model": GOOD}, {"name": "broken", "model": BROKEN}]},
        folder / "candidates.yaml",
    )
    job = recipe(folder, hub, {"args": "--no-weights"})
    assert job.code == 1, job.output
    assert job.outcomes == {"good": "passed", "broken": "failure"}
    for name in ("index.html", "summary.md", "results.json"):
        assert "wrong_task" in unescape(job.read(f"reports/{name}"))
    if recipe is github:
        assert "wrong_task" in unescape(job.read("step-summary"))


def test_a_hub_that_is_down_leaves_no_cache(folder: Path, hub: LocalHub) -> None:
    with LocalHub(hub.root) as closed:
        pass
    job = github(folder, closed, {})
    assert job.code == 1, job.output
    assert job.outcomes == {"good": "error"}
    assert job.read("output") == ""


@each_recipe
def test_the_gates_and_the_data_are_those_given(
    recipe: Recipe, folder: Path, hub: LocalHub
) -> None:
    for name in ("one", "another one"):
        (folder / name / "anger").mkdir(parents=True)
        clip = FIXTURES / "speech" / "test" / "audio" / "anger-ko_f2-00.flac"
        shutil.copy(clip, folder / name / "anger")
    given = {"gates": "labels", "data": "a=one\n\nb=another one\n", "args": "--limit=1\n-vv"}
    job = recipe(folder, hub, given)
    assert job.code == 0, job.output
    assert "test_labels_are_enough[good]" in job.output
    assert "test_config_is_there" not in job.output
    assert "a (folder per label, 1 clips), b (folder per label, 1 clips)" in job.output


@each_recipe
@pytest.mark.parametrize("name", ["candidates", "gates", "data", "args"])
def test_what_looks_like_a_command_stays_text(
    recipe: Recipe, folder: Path, hub: LocalHub, name: str
) -> None:
    job = recipe(folder, hub, {name: HOSTILE})
    assert job.code == 4, job.output
    assert not [*folder.parent.rglob("pwned")]
    assert "touch pwned" in job.output


def test_the_template_needs_no_bash(folder: Path, hub: LocalHub) -> None:
    job = gitlab(folder, hub, {"args": "--no-weights\n-k config", "data": ""}, shell="sh")
    assert job.code == 0, job.output
    assert job.outcomes == {"good": "passed"}
