"""What the pages say works: commands are run as their readers would, in a copy of the project.

`pages` tells how a page marks them. The hub that the commands talk to is on this machine.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from sertify.candidates.bounds import Estimate, Keys
from sertify.candidates.entries import (
    CandidatesFile,
    CorpusEntry,
    Entry,
    Preferences,
    Priorities,
    SamplingRate,
)
from sertify.candidates.entries import schema as candidates_schema
from sertify.candidates.latency import PERCENTILES, LatencyLimit, Serving
from sertify.candidates.requirements import ESTIMATES, Requirements
from sertify.candidates.robustness import Robustness
from sertify.candidates.streaming import Streaming
from sertify.report.page.page import draw_page
from sertify.statistics.percentiles import samples_needed
from tests.meta.drawn_gates import both_gates
from tests.meta.drawn_results import (
    as_results,
    changes,
    five_qualify,
    nothing_qualifies,
    without_truth,
)
from tests.meta.local_hub import LocalHub
from tests.meta.pages import Command, Content, lacking, steps, typed
from tests.meta.runs import FIXTURES, ROOT
from tests.meta.warm_pytest import warm_pytest

DOCS = ROOT / "docs"
PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.glob("*.md")))
WITH_STEPS = [page for page in PAGES if any(isinstance(one, Command) for one in steps(page))]

# Why no test runs a command, by how it begins.
NOT_RUN = {
    "make qualify": "CI does, on a clean clone",
    "make check": "these tests are a part of it",
    "make test": "these tests are a part of it",
    "make bench": "takes hours",
    "make release": "needs a package registry",
    "pytest tests/meta": "these tests are a part of it",
    "python -m benchmarks": "takes hours",
    "pip install": "needs a package registry",
    "xdg-open": "needs a desktop",
}

# What the hub of these tests has in place of the real one: small models with the same labels.
REPOSITORIES = {
    "Aniemore/wavlm-emotion-russian-resd": "wavlm-tiny",
    "DunnBC22/wav2vec2-base-Speech_Emotion_Recognition": "hubert-tiny",
    "harshit345/xlsr-wav2vec-speech-emotion-recognition": "broken/foreign-head",
    "superb/wav2vec2-base-superb-er": "baseline-tiny",
    "audeering/wav2vec2-large-robust-12-ft-emotion-msp-dim": "broken/dimensional",
    "facebook/wav2vec2-large-robust-ft-swbd-300h": "broken/speech-recogniser",
    "microsoft/wavlm-base-plus": "broken/backbone",
}
# Those of the root candidates.yaml that commands judge here: one good, one not there.
FEW = ("wavlm-resd", "xlsr-korean")

# Small models wait long for cores that something else is using; measure time no longer than needed.
_QUICK = "-p no:hypothesispytest --threads=1 --benchmark-max-time=0.05 --benchmark-min-rounds=2"
# By which whoever runs this would change what it is told.
_OTHERS = ("HF_", "HUGGING", "TRANSFORMERS_", "PYTEST_", "GITHUB_", "MAKE", "MFLAGS", "CI")


# ------------------------------------------------------------------ a copy to type commands in


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalHub]:
    """Serve small models under the names of real ones."""
    root = tmp_path_factory.mktemp("hub")
    for repository, model in REPOSITORIES.items():
        shutil.copytree(FIXTURES / "models" / model, root / repository)
    with LocalHub(root) as serving:
        for entry in YAML(typ="safe").load(ROOT / "candidates.yaml")["candidates"]:
            if entry.get("revision") and entry["model"] in REPOSITORIES:
                serving.alias(entry["model"], entry["revision"])
        yield serving


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Copy what of the project is used, with the environment that make would set up."""
    folder = tmp_path / "sertify"
    for name in ("src", "tests/checks", "fixtures", "docs", "ci"):
        shutil.copytree(ROOT / name, folder / name)
    for path in ROOT.glob("[!.]*.*"):
        if path.is_file():
            shutil.copy(path, folder)
    shutil.copy(ROOT / "Makefile", folder)
    (folder / ".venv").mkdir()
    for path in Path(sys.prefix).glob("[!.]*"):
        (folder / ".venv" / path.name).symlink_to(path)
    (folder / ".venv" / ".ready").touch()
    return folder


@pytest.fixture(scope="module")
def common(hub: LocalHub, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return what of the environment is the same for all pages."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith((*_OTHERS, "PYTHON"))}
    return inherited | {
        "PYTEST_ADDOPTS": _QUICK,
        "HF_ENDPOINT": hub.url,
        "HF_HOME": str(tmp_path_factory.mktemp("cache")),
        "OMP_NUM_THREADS": "1",
        "COLUMNS": "100",
    }


@pytest.fixture(scope="module")
def commands(common: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a folder with a ``pytest`` that needs not import torch again."""
    with warm_pytest(tmp_path_factory.mktemp("bin"), common) as folder:
        yield folder


@pytest.fixture
def variables(project: Path, common: dict[str, str], commands: Path) -> dict[str, str]:
    """Return the environment of the commands, in which sertify is that of the copy."""
    places = (str(commands), str(project / ".venv" / "bin"), os.environ["PATH"])
    sources = (str(project / "src"), str(project / "plugins"))
    return common | {"PATH": os.pathsep.join(places), "PYTHONPATH": os.pathsep.join(sources)}


def prepare(project: Path, speech: Path) -> None:
    """Put there what the commands speak of, under the names that they use."""
    content = YAML(typ="safe").load(project / "candidates.yaml")
    content["requirements"]["segments"] = [1]
    content["candidates"] = [one for one in content["candidates"] if one["name"] in FEW]
    YAML(typ="safe").dump(content, project / "candidates.yaml")
    shutil.copytree(speech, project / "PATH")
    shutil.copytree(speech / "audio", project / "UNLABELLED")


def call(step: Command, where: Path, variables: dict[str, str]) -> None:
    """Type a command, and hold what comes of it against what the page says."""
    shell = ["bash", "-euo", "pipefail", "-c", step.instead or step.text]
    done = typed(shell, where, variables)
    said = f"line {step.line}: {step.text}\n{done.stdout[-6000:]}"
    assert done.returncode == step.status, f"ends with {done.returncode}: {said}"
    missing = lacking(step.output, done.stdout)
    assert not missing, f"does not print {missing!r} there: {said}"


@pytest.mark.slow(9)
@pytest.mark.parametrize("page", WITH_STEPS, ids=lambda page: page.stem)
def test_what_a_page_says_to_type_does_what_it_says(
    page: Path, project: Path, some_speech: Path, variables: dict[str, str]
) -> None:
    if page.stem in ("README", "options"):
        prepare(project, some_speech)
    where = project
    for step in steps(page):
        if isinstance(step, Content):
            step.write(where)
        elif step.text.startswith("cd "):
            where = (where / step.text.removeprefix("cd ")).resolve()
        elif not _reason(step):
            call(step, where, variables)


def _reason(step: Command) -> str:
    if step.instead:
        return ""
    return next((why for start, why in NOT_RUN.items() if step.text.startswith(start)), "")


def test_a_page_says_so_where_no_test_runs_a_command() -> None:
    for page in PAGES[2:]:
        commands = [step for step in steps(page) if isinstance(step, Command)]
        fenced = [one for one in commands if "console" in page.read_text("utf-8")]
        said = {one.text: one.skipped for one in fenced}
        assert said == {one.text: _reason(one) for one in fenced}, page.name


def test_each_exception_is_needed() -> None:
    commands = [step for page in PAGES for step in steps(page) if isinstance(step, Command)]
    begun = {start for start in NOT_RUN for one in commands if one.text.startswith(start)}
    assert begun == NOT_RUN.keys()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_commands_are_written_in_one_way(page: Path) -> None:
    fences = re.findall(r"^```(\w*)$", page.read_text("utf-8"), re.MULTILINE)[::2]
    assert not {"bash", "sh", "shell"} & set(fences), "use ```console with `$ ` before commands"
    assert len(re.findall(r"^```console$", page.read_text("utf-8"), re.MULTILINE)) == len(
        re.findall(r"^```console\n\$ ", page.read_text("utf-8"), re.MULTILINE)
    )


# ------------------------------------------------------------------ every key has its row


def _rows(section: str) -> dict[str, str]:
    """Return the rows of the tables of a section of requirements.md, by their first cell."""
    page = (DOCS / "requirements.md").read_text("utf-8")
    text = page.partition(f"\n{section}\n")[2]
    text = re.split(
        r"\n## |\n### |\nThe weights:|\n`feature_extractor: \{|\n`drop` and `unchanged` are",
        text,
    )[0]
    return {row.split("`")[1]: row for row in text.splitlines() if row.startswith("| `")}


KEYS: dict[str, type[Keys]] = {
    "## requirements": Requirements,
    "### Limits": Estimate,
    "### Robustness": Robustness,
    "### Streaming": Streaming,
    "### Latency": LatencyLimit,
    "### Requests": Serving,
    "## selection": Preferences,
    "The weights:": Priorities,
    "## corpora": CorpusEntry,
    "## candidates": Entry,
    "`feature_extractor: {sampling_rate: 16000}` has one key:": SamplingRate,
}


@pytest.mark.parametrize(("section", "keys"), KEYS.items(), ids=lambda one: str(one)[:20])
def test_each_key_has_a_row_that_says_what_it_is(section: str, keys: type[Keys]) -> None:
    rows = _rows(section)
    assert [*rows] == [*keys.model_fields]
    for name, field in keys.model_fields.items():
        assert f"| `{name}` | {field.description} |" in rows[name]


@pytest.mark.parametrize("name", Requirements.model_fields)
def test_each_requirement_has_its_default(name: str) -> None:
    cell = re.split(r"(?<!\\)\|", _rows("## requirements")[name])[5].strip()
    default = candidates_schema()["$defs"]["Requirements"]["properties"][name]["default"]
    single = default[0] if name in ESTIMATES and len(default) == 1 else default
    assert cell == "off" if single == [] else YAML(typ="safe").load(cell.strip("`")) == single


def test_the_counts_of_rounds_are_those_that_decide() -> None:
    section = (DOCS / "requirements.md").read_text("utf-8").partition("### Latency")[2]
    head, *rows = re.findall(r"^\| (longer|p\d\d)[^|]*\| ([\d |]+) \|$", section, re.MULTILINE)
    above = [int(cell) for cell in head[1].split(" | ")]
    told = {name: [int(cell) for cell in cells.split(" | ")] for name, cells in rows}
    assert told == {f"p{p}": [samples_needed(p, each) for each in above] for p in PERCENTILES}


def test_the_sections_are_those_of_the_file() -> None:
    page = (DOCS / "requirements.md").read_text("utf-8")
    sections = re.findall(r"^## (\w+)$", page, re.MULTILINE)
    assert sections[: len(CandidatesFile.model_fields)] == [*CandidatesFile.model_fields]


# ------------------------------------------------------------------ the report as it is


@pytest.mark.parametrize(
    "results",
    [
        five_qualify() | {"changes": changes("a", "b")},
        without_truth(),
        nothing_qualifies(),
        both_gates(),
    ],
    ids=["five qualify", "without truth", "nothing qualifies", "both gates"],
)
def test_each_section_and_sign_of_the_report_is_explained(results: dict[str, Any]) -> None:
    guide = (DOCS / "reading-the-report.md").read_text("utf-8")
    drawn = draw_page(as_results(results))
    titles = re.findall(r'<h2 id="(?!cell-)[\w-]+">([^<]+)</h2>', drawn)
    assert "Gates" in titles
    assert set(titles) <= set(re.findall(r"^## (.+)$", guide, re.MULTILINE))
    signs = re.findall(r'class="sign[^"]*"[^>]*><span aria-hidden="true">(.)</span>', drawn)
    assert signs
    assert all(f"| {sign} |" in guide for sign in signs)


# ------------------------------------------------------------------ the pages as a site


class _Requests(HTMLParser):
    """Notes what a browser would fetch from elsewhere without being asked."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named: dict[str, Any] = dict(attrs)
        relation = named.get("rel") or ""
        fetched = [named.get("src"), named.get("srcset")]
        fetched += [named.get("href")] if tag == "link" and "canonical" not in relation else []
        self.found += [one for one in fetched if one and re.match(r"(https?:)?//", one)]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the pages; any warning is an error."""
    pytest.importorskip("sphinx", reason="needs the extra docs")
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-n", "-q", "-d"]
    done = subprocess.run(
        [*command, folder / "trees", DOCS, folder / "html"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return folder / "html"


def test_every_page_is_built_and_linked(site: Path) -> None:
    index = (site / "index.html").read_text("utf-8")
    for page in DOCS.glob("*.md"):
        assert (site / f"{page.stem}.html").is_file()
        assert page.stem == "index" or f'href="{page.stem}.html"' in index


def test_the_pages_ask_nobody_else_for_anything(site: Path) -> None:
    for page in site.glob("*.html"):
        requests = _Requests()
        requests.feed(page.read_text("utf-8"))
        assert not requests.found, page.name
    for sheet in site.rglob("*.css"):
        assert not re.findall(r"(?:url\(|@import)\s*['\"]?(?:https?:)?//", sheet.read_text("utf-8"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_to_files_and_headings(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", page.read_text("utf-8")):
        path, _, anchor = target.partition("#")
        file = (page.parent / path) if path else page
        assert file.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", file.read_text("utf-8"), re.MULTILINE)
            slugs = {re.sub(r"[^\w -]", "", one).lower().replace(" ", "-") for one in headings}
            assert anchor in slugs, target
