"""The command `sertify` begins a project, draws its report again and prints schemas."""

import argparse
import json
import re
import shlex
import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML

from sertify import __version__
from sertify.candidates.reading import read_suite
from sertify.command.actions import add_actions
from sertify.command.main import main
from sertify.evidence.environment import fingerprint
from sertify.evidence.store import EvidenceStore, Record
from sertify.report.results.model.results import results_schema
from sertify.report.results.model.selected import selected_schema
from sertify.vocabulary.outcomes import ALWAYS, Outcome
from tests.meta.drawn_results import confirmation
from tests.meta.runs import CHECKS, FIXTURES, ROOT


def call(*args: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sertify", *map(str, args)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def in_new_process(folder: Path, *statements: str) -> str:
    code = "\n".join(["import sys", "from sertify.command.main import main", *statements])
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder, in which the test is."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


class TestCommand:
    def test_it_is_a_module_too_and_knows_its_version(self, tmp_path: Path) -> None:
        done = call("--version", cwd=tmp_path)
        assert (done.returncode, done.stdout) == (0, f"sertify {__version__}\n")

    def test_its_help_has_examples_and_no_colours_where_it_is_no_terminal(
        self, tmp_path: Path
    ) -> None:
        done = call("--help", cwd=tmp_path)
        assert done.returncode == 0
        assert "sertify init   " in done.stdout
        assert "\x1b" not in done.stdout

    @pytest.mark.parametrize("args", [[], ["judge"], ["schema", "nothing"], ["report", "--no"]])
    def test_what_it_does_not_understand_ends_in_2(
        self, args: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit) as end:
            main(args)
        assert end.value.code == 2
        assert capsys.readouterr().err.startswith("usage: sertify")

    def test_a_reader_who_has_seen_enough_is_no_error(self, tmp_path: Path) -> None:
        command = [sys.executable, "-m", "sertify", "schema", "results"]
        process = subprocess.Popen(
            command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == b""
        process.stderr.close()
        assert process.wait() == 0

    @pytest.mark.parametrize(
        ("args", "file"),
        [
            ([], "candidates/candidates.schema.json"),
            (["candidates"], "candidates/candidates.schema.json"),
        ],
    )
    def test_it_prints_schemas(
        self, args: list[str], file: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["schema", *args]) == 0
        printed = json.loads(capsys.readouterr().out)
        assert printed == json.loads(files("sertify").joinpath(file).read_text("utf-8"))

    def test_the_schema_of_results_is_that_of_their_types(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["schema", "results"]) == 0
        printed = json.loads(capsys.readouterr().out)
        assert printed == results_schema()
        assert printed["properties"]["schema"]["const"] == "sertify.results/2"

    def test_the_schema_of_what_is_selected_is_that_of_its_types(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["schema", "selected"]) == 0
        printed = json.loads(capsys.readouterr().out)
        assert printed == selected_schema()
        assert printed["properties"]["schema"]["const"] == "sertify.selected/1"


def test_each_option_of_inspect_and_add_has_a_row() -> None:
    page = (ROOT / "docs" / "inspect.md").read_text("utf-8")
    rows = re.findall(r"^\| `(--\w+)[^`]*` \|.*\| ([^|]+) \|$", page, re.MULTILINE)
    for action in ("inspect", "add"):
        parser = argparse.ArgumentParser()
        add_actions(parser)
        said = parser.parse_args([action, "x"])
        options = {f"--{name}" for name in vars(said)} - {"--act", "--models"}
        assert {name for name, of in rows if of.strip() in ("both", f"`{action}`")} == options


CONFIGURED = {
    "pytest.ini": "",
    ".pytest.ini": "[pytest]\n",
    "pytest.toml": "[pytest]\n",
    "pyproject.toml": "[tool.pytest.ini_options]\naddopts = '-q'\n",
    "tox.ini": "[pytest]\n",
    "setup.cfg": "[tool:pytest]\naddopts = -q\n",
}


class TestInit:
    def test_it_writes_what_is_missing_and_says_what_comes_next(
        self, here: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["init"]) == 0
        said = capsys.readouterr().out
        assert said.splitlines()[:3] == [
            "candidates.yaml: written",
            "reports/.gitignore: written",
            "pytest.ini: written",
        ]
        assert "Next:\n  pytest -m loadability --no-weights " in said
        suite = read_suite(here / "candidates.yaml")
        assert {one.status for one in suite.candidates} == {"candidate", "baseline", "rejected"}
        schema = json.loads(
            files("sertify").joinpath("candidates/candidates.schema.json").read_text("utf-8")
        )
        jsonschema.validate(YAML(typ="safe").load(here / "candidates.yaml"), schema)

    @pytest.mark.slow(2)
    def test_what_it_wrote_is_what_pytest_goes_by(self, here: Path) -> None:
        main(["init"])
        (here / "test_own.py").write_text("def test_own(): pass\n")
        command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-pno:hypothesispytest"]
        done = subprocess.run(command, cwd=here, capture_output=True, text=True, check=False)
        assert done.returncode == pytest.ExitCode.OK, done.stdout + done.stderr
        assert "sertify.checks.test_labels::test_labels_are_enough[superb-er]" in done.stdout
        assert "test_own" not in done.stdout
        done = subprocess.run(
            [*command, "test_own.py"], cwd=here, capture_output=True, text=True, check=False
        )
        assert done.stdout.startswith("test_own.py::test_own\n\n1 test collected")

    @pytest.mark.parametrize("own", ["test_mine.py", "conftest.py", "tests/test_mine.py"])
    def test_tests_that_are_there_go_on_to_run(
        self, here: Path, capsys: pytest.CaptureFixture[str], own: str
    ) -> None:
        (here / own).parent.mkdir(exist_ok=True)
        (here / own).write_text("")
        assert main(["init"]) == 0
        said = capsys.readouterr().out
        assert "There are tests here, which plain `pytest` goes on to run." in said
        assert "  pytest --pyargs sertify.checks -m loadability --no-weights " in said
        assert not (here / "pytest.ini").exists()

    def test_settings_above_that_run_the_checks_there_do_not_do_so_here(
        self, here: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        main(["init"])
        (here / "below").mkdir()
        capsys.readouterr()
        assert main(["init", "below"]) == 0
        said = capsys.readouterr().out
        assert "--pyargs sertify.checks --candidates candidates.yaml --reports reports" in said

    def test_git_leaves_alone_what_runs_write(self, here: Path) -> None:
        if shutil.which("git") is None:
            pytest.skip("needs git")
        main(["init"])
        (here / "reports" / "index.html").write_text("")
        subprocess.run(["git", "init", "-q"], cwd=here, check=True)
        command = ["git", "status", "--porcelain", "--untracked-files=all"]
        status = subprocess.run(command, cwd=here, capture_output=True, text=True, check=True)
        assert status.stdout.split() == ["??", "candidates.yaml", "??", "pytest.ini"]

    def test_nothing_is_overwritten(self, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (here / "reports").mkdir()
        for name in ("candidates.yaml", "pytest.ini"):
            (here / name).write_text("# mine\n")
        assert main(["init", "."]) == 0
        said = capsys.readouterr().out
        kept = "candidates.yaml: is there already, and left alone; --force replaces it"
        assert said.splitlines()[0] == kept
        assert {path.name for path in here.iterdir()} == {
            "candidates.yaml",
            "pytest.ini",
            "reports",
        }
        assert [*(here / "reports").iterdir()] == []
        assert (here / "candidates.yaml").read_text() == (here / "pytest.ini").read_text()

    def test_force_replaces_candidates_alone(
        self, here: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for name in ("candidates.yaml", "pytest.ini"):
            (here / name).write_text("# mine\n")
        assert main(["init", "--force"]) == 0
        assert capsys.readouterr().out.startswith("candidates.yaml: replaced\n")
        assert read_suite(here / "candidates.yaml").candidates
        assert (here / "pytest.ini").read_text() == "# mine\n"

    @pytest.mark.parametrize("name", CONFIGURED)
    def test_settings_of_pytest_are_left_alone_and_it_says_what_to_run(
        self, here: Path, capsys: pytest.CaptureFixture[str], name: str
    ) -> None:
        (here / name).write_text(CONFIGURED[name])
        assert main(["init"]) == 0
        assert (here / name).read_text() == CONFIGURED[name]
        assert name == "pytest.ini" or not (here / "pytest.ini").exists()
        said = capsys.readouterr().out
        assert f"{here / name}: configures pytest, and is left alone" in said
        assert "\n  pytest --pyargs sertify.checks -m loadability --no-weights " in said
        assert "add there: --pyargs to addopts" in said

    @pytest.mark.parametrize("name", ["pyproject.toml", "tox.ini", "setup.cfg"])
    def test_a_file_without_settings_of_pytest_is_none(self, here: Path, name: str) -> None:
        (here / name).write_text("[project]\n")
        assert main(["init"]) == 0
        assert "sertify.checks" in (here / "pytest.ini").read_text()

    @pytest.mark.slow(1.5)
    def test_settings_of_a_folder_above_count_and_the_command_that_it_names_works(
        self, here: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (here / "pyproject.toml").write_text(CONFIGURED["pyproject.toml"])
        folder = here / "my models"
        folder.mkdir()
        assert main(["init", str(folder)]) == 0
        assert not (folder / "pytest.ini").exists()
        said = capsys.readouterr().out
        assert f"Next, in {folder}:" in said
        line = next(line for line in said.splitlines() if "--no-weights" in line)
        command = [sys.executable, "-m", *shlex.split(line, comments=True), "--collect-only"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == pytest.ExitCode.OK, done.stdout + done.stderr
        assert "sertify.checks.test_loadability::test_weights_load[superb-er]" in done.stdout

    @pytest.mark.parametrize(
        ("folder", "message"),
        [
            ("nowhere", "sertify: nowhere: no such folder; make it, or give another\n"),
            ("file", "sertify: file: is a file; give the folder that it lies in\n"),
            ("broken", "sertify: pytest cannot read its settings: "),
            ("binary", "sertify: pytest cannot read its settings: "),
        ],
    )
    def test_where_nothing_can_be_begun_it_says_why(
        self, here: Path, capsys: pytest.CaptureFixture[str], folder: str, message: str
    ) -> None:
        (here / "file").write_text("")
        (here / "broken").mkdir()
        (here / "broken" / "pyproject.toml").write_text("[tool.pytest\n")
        (here / "binary").mkdir()
        (here / "binary" / "tox.ini").write_bytes(b"[pytest]\n\xff\xfe")
        before = sorted(here.rglob("*"))
        assert main(["init", folder]) == 2
        assert capsys.readouterr().err.startswith(message)
        assert sorted(here.rglob("*")) == before

    def test_a_folder_that_cannot_be_written_to_is_named(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        if not Path("/proc/self").is_dir():
            pytest.skip("needs a folder that not even an administrator can write to: Linux's /proc")
        assert main(["init", "/proc/self"]) == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert said.err.startswith("sertify: /proc/self/candidates.yaml: ")


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory, some_speech: Path) -> Path:
    """Return a folder in which two candidates were judged, and one was selected."""
    folder = tmp_path_factory.mktemp("judged")
    (folder / "candidates.yaml").write_text(
        "requirements: {uar: {min: 0.3}, segments: [1]}\n"
        "candidates:\n"
        f"  - {{name: good, model: {FIXTURES / 'models' / 'wav2vec2-tiny'}}}\n"
        f"  - {{name: bad, model: {FIXTURES / 'models' / 'broken' / 'random-head'}}}\n"
    )
    options = ["--candidates=candidates.yaml", f"--data={some_speech}", "--reports=reports"]
    quickly = ["--threads=1", "--benchmark-max-time=0.05", "-q"]
    quickly += ["-p", "no:cacheprovider", "-p", "no:hypothesispytest"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", str(CHECKS), *options, *quickly],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Use good: the only candidate that qualified" in done.stdout, done.stdout + done.stderr
    return folder


@pytest.fixture
def project(judged: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of it, in which the test is."""
    folder = tmp_path / "project"
    shutil.copytree(judged, folder)
    monkeypatch.chdir(folder)
    return folder


def read(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "reports" / "results.json").read_text("utf-8"))
    return content


def change(folder: Path, **content: Any) -> dict[str, Any]:
    changed = read(folder) | content
    (folder / "reports" / "results.json").write_text(json.dumps(changed))
    return changed


def elsewhere(folder: Path) -> dict[str, str]:
    """Let the evidence be from another machine; return the description of that."""
    told: dict[str, str] = read(folder)["environment"] | {
        "torch": "0.1",
        "cpu": "another",
        "threads": "3",
    }
    store = EvidenceStore(folder / "reports" / "evidence.sqlite")
    records = [
        Record.from_json(one.to_json() | {"environment": fingerprint(told, one.gate)})
        for one in store.records(["good", "bad"])
    ]
    store.close()
    for path in (folder / "reports").glob("evidence.sqlite*"):
        path.unlink()
    for record in records:
        store.add(record)
    store.close()
    return told


@pytest.mark.slow(0.5)
class TestReport:
    def test_it_draws_what_the_run_drew(
        self, project: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        before = read(project)
        for name in ("index.html", "summary.md"):
            (project / "reports" / name).unlink()
        assert main(["report"]) == 0
        after = read(project)
        assert after.pop("created") >= before.pop("created")
        assert after == before
        said = capsys.readouterr().out
        assert "\nUse good: the only candidate that qualified" in said
        written = {"report": "index.html", "numbers": "results.json"}
        written["deployment"] = str(Path("selected", "selected.json"))
        lines = [f"{what}: {Path('reports', name)}" for what, name in written.items()]
        assert said.splitlines()[-3:] == lines
        page = (project / "reports" / "index.html").read_text("utf-8")
        assert "good" in page
        assert "Use good" in (project / "reports" / "summary.md").read_text("utf-8")

    def test_no_framework_of_models_is_imported_for_it(self, project: Path) -> None:
        heavy = "{*sys.modules} & {'torch', 'transformers'}"
        said = in_new_process(project, "main(['report'])", f"print('imported', {heavy})")
        assert said.endswith("imported set()\n")

    def test_a_candidate_that_is_listed_no_more_is_left_out(self, project: Path) -> None:
        text = (project / "candidates.yaml").read_text()
        lines = [line for line in text.splitlines() if "name: bad" not in line]
        (project / "fewer.yaml").write_text("\n".join(lines))
        assert main(["report", "--candidates", "fewer.yaml"]) == 0
        assert [one["name"] for one in read(project)["candidates"]] == ["good"]

    def test_evidence_of_another_machine_counts_there_as_here(self, project: Path) -> None:
        told = elsewhere(project)
        change(project, environment=told)
        assert main(["report"]) == 0
        after = read(project)
        assert (after["environment"], after["stale"]) == (told, [])
        good = after["candidates"][0]
        assert {gate: good["gates"][gate]["outcome"] for gate in ALWAYS} == dict.fromkeys(
            ALWAYS, str(Outcome.PASS)
        )

    def test_evidence_of_an_unknown_machine_is_not_thrown_away_as_stale(
        self, project: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        elsewhere(project)
        (project / "reports" / "results.json").unlink()
        assert main(["report"]) == 2
        said = capsys.readouterr().err
        assert (
            "does not say what the evidence was measured with, and it was not with the versions"
            in said
        )
        assert not (project / "reports" / "results.json").exists()

    @pytest.mark.parametrize(
        "content",
        [
            None,
            "{",
            "[]",
            '{"schema": "another/1"}',
            '{"schema": "sertify.results/2", "selection": null}',
            '{"schema": "sertify.results/2", "selection": {"confirmation": {"x": 1}}}',
            '{"schema": "sertify.results/2", "environment": null}',
        ],
    )
    def test_without_results_it_takes_this_machine_for_the_one(
        self, project: Path, content: str | None
    ) -> None:
        before, path = read(project), project / "reports" / "results.json"
        path.unlink()
        if content is not None:
            path.write_text(content)
        assert main(["report"]) == 0
        after = read(project)
        assert after["command"] == "sertify report"
        assert [one["gates"]["accuracy"] for one in after["candidates"]] == [
            one["gates"]["accuracy"] for one in before["candidates"]
        ]

    def test_what_confirmed_the_selected_one_stays_as_long_as_it_is_selected(
        self, project: Path
    ) -> None:
        before = read(project)
        found = before["selection"] | {"confirmation": confirmation("PASS")}
        change(project, selection=found)
        assert main(["report"]) == 0
        assert read(project)["selection"] == found
        moved = [one | {"commit": "another"} for one in before["candidates"]]
        change(project, selection=found, candidates=moved)
        assert main(["report"]) == 0
        assert read(project)["selection"]["confirmation"] is None

    def test_a_run_that_was_ended_from_outside_is_said_not_to_have_finished(
        self, project: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        stamp = "2026-01-01T00:00:00+00:00"
        run = {"started": stamp, "finished": False, "asked": 9, "judged": 0}
        change(project, run=run, candidates=[])
        for _ in range(2):
            assert main(["report"]) == 0
            assert "Not finished: 2 of 9 candidates were judged" in capsys.readouterr().out
            assert read(project)["run"] == run | {"judged": 2}
        assert "Not finished" in (project / "reports" / "index.html").read_text("utf-8")
        assert "Not finished" in (project / "reports" / "summary.md").read_text("utf-8")

    def test_other_options_than_the_defaults_are_no_other_machine(self, project: Path) -> None:
        told = read(project)["environment"] | {"dtype": "bfloat16"}
        store = EvidenceStore(project / "reports" / "evidence.sqlite")
        for one in store.records(["good", "bad"]):
            hashed = fingerprint(told, one.gate)
            store.add(Record.from_json(one.to_json() | {"environment": hashed}))
        store.close()
        (project / "reports" / "results.json").unlink()
        assert main(["report"]) == 0

    def test_one_report_that_cannot_be_written_costs_no_other(
        self, project: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        page = project / "reports" / "index.html"
        page.unlink()
        page.mkdir()
        (project / "reports" / "summary.md").unlink()
        assert main(["report"]) == 2
        said = capsys.readouterr()
        assert "Use good" in said.out
        assert "report is missing: reports/index.html could not be written (" in said.err
        assert (project / "reports" / "summary.md").is_file()
        assert not [*(project / "reports").glob(".*.*")]

    def test_a_lock_is_held_against_what_was_judged(self, project: Path) -> None:
        model = read(project)["candidates"][0]["model"]
        entry = {"model": model, "commit": "sha256:another"}
        (project / "candidates.lock.yaml").write_text(json.dumps({"good": entry}))
        assert main(["report"]) == 0
        assert read(project)["moved"] == {"good": "sha256:another"}

    def test_it_compares_and_writes_a_model_card_as_pytest_does(
        self, project: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["report", "--compare", "reports", "--model-index"]) == 0
        assert read(project)["changes"]["candidates"] == []
        assert (project / "reports" / "model-index.yaml").read_text("utf-8")
        assert f"model card: {Path('reports', 'model-index.yaml')}" in capsys.readouterr().out

    @pytest.mark.parametrize(
        ("args", "message"),
        [
            (["--reports", "empty"], "no such file; run `pytest --pyargs sertify.checks` first"),
            (["--candidates", "none.yaml"], "none.yaml: no such file"),
            (["--candidates", "others.yaml"], "tells of no candidate of others.yaml"),
            (["--reports", "damaged"], "evidence.sqlite was damaged (file is not a database)"),
            (["--compare", "none.json"], "--compare: none.json is not there"),
        ],
    )
    def test_where_there_is_nothing_to_draw_it_says_what_to_do(
        self, project: Path, capsys: pytest.CaptureFixture[str], args: list[str], message: str
    ) -> None:
        (project / "others.yaml").write_text("candidates: [{name: other, model: org/other}]")
        (project / "damaged").mkdir()
        (project / "damaged" / "evidence.sqlite").write_text("no database, but long enough" * 99)
        before = read(project)
        assert main(["report", *args]) == 2
        assert message in capsys.readouterr().err
        assert read(project) == before
        assert not (project / "empty").exists()
