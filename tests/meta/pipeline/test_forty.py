"""docs/models.md says of each public model what a run says of its replica.

The run is `pytest -m "loadability or labels" --no-weights` in a process of its own, as users call
it, over a candidates.yaml with all of them, each as it is and with the keys that the page gives.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.meta.forty.everything import (
    BARE,
    COMPANIONS,
    FORTY,
    TRUSTED,
    write_candidates,
    write_replicas,
)
from tests.meta.forty.guesses import GUESSES
from tests.meta.forty.published import Published
from tests.meta.pipeline.test_thirteen import CANDIDATES, ROOT, Run, call, serving

pytestmark = pytest.mark.slow(1)

PAGE = (ROOT / "docs" / "models.md").read_text("utf-8")
TASK = "test_task_is_audio_classification"
NOTHING, GUESSED = "–", " †"
COLUMNS = ("repository", "class", "languages", "labels", "licence", "verdict", "keys")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("forty")
    write_replicas(root)
    return root


@pytest.fixture(scope="module")
def run(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    pytest.importorskip("onnxruntime", reason="pip install 'sertify[onnx]'")
    folder = tmp_path_factory.mktemp("run")
    file = write_candidates(folder / "candidates.yaml", bare=True)
    with serving(root) as hub:
        return call(hub, folder, "reports", "--no-weights", "--candidates", file)


def rows() -> Iterator[list[str]]:
    """Yield the cells of each row of the page that is about a model."""
    for line in PAGE.splitlines():
        if line.startswith("| `") and "/" in line.partition("` |")[0]:
            yield [cell.strip() for cell in line.strip("|").split("|")]


ROWS = {cells[0].strip("`"): cells for cells in rows()}


# ------------------------------------------------------------------ the page


def test_there_are_forty_and_each_has_its_row() -> None:
    assert len(FORTY) >= 40
    assert [one.model for one in FORTY] == [*ROWS]


def test_what_is_guessed_is_about_models_and_columns_that_there_are() -> None:
    assert GUESSES.keys() <= ROWS.keys()
    assert {name for names in GUESSES.values() for name in names} <= {*COLUMNS}


def test_those_of_candidates_yaml_are_among_them() -> None:
    listed = YAML(typ="safe").load(CANDIDATES.read_text("utf-8"))["candidates"]
    assert {one["model"] for one in listed} <= ROWS.keys()


@pytest.mark.parametrize("one", FORTY, ids=lambda one: one.model)
def test_a_row_says_what_a_run_finds(run: Run, one: Published) -> None:
    assert ROWS[one.model] == row(one, run)


def row(one: Published, run: Run) -> list[str]:
    """Return what the row of a model has to say, by a run."""
    found = run.candidate(one.name)
    keys = "; ".join(f"`{key}: {flow(value)}`" for key, value in one.keys.items())
    cells = [
        f"`{one.model}`",
        form(found, run),
        ", ".join(found["languages"]) or NOTHING,
        ", ".join(found["labels"] or ()) or NOTHING,
        found["licence"] or NOTHING,
        verdict(one, run),
        keys or NOTHING,
    ]
    guessed = GUESSES.get(one.model, ())
    return [cell + GUESSED * (name in guessed) for name, cell in zip(COLUMNS, cells, strict=True)]


def form(found: Mapping[str, Any], run: Run) -> str:
    """Return the class that a config names, and the files of the weights."""
    named = run.check(found["name"], TASK).get("details", {}).get("architecture")
    files = (found.get("repository") or {}).get("weight_files") or ()
    return ", ".join(f"`{name}`" for name in (named, *files) if name) or NOTHING


def verdict(one: Published, run: Run) -> str:
    found = run.candidate(one.name)
    judged = f"judged by `{found['loader']}`"
    if not one.keys:
        return f"`{found['reason']}`" if found["reason"] else judged
    assert found["reason"] is None, f"{one.model}: its keys do not help: {found['message']}"
    bare = run.candidate(one.name + BARE)
    return f"`{bare['reason']}`; with its keys {judged}"


def flow(value: Any) -> str:
    """Return a value as candidates.yaml has it on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"[{', '.join(map(flow, value))}]"
    return str(value)


def test_code_that_is_too_old_is_told_so(run: Run) -> None:
    found = run.candidate(str(TRUSTED["name"]))
    assert found["reason"] == "outdated_code"
    assert "transformers.deepspeed" in found["message"]
    assert "transformers.deepspeed" in PAGE


@pytest.mark.parametrize("one", [one for one in FORTY if one.keys], ids=lambda one: one.model)
def test_the_keys_of_a_row_are_valid_as_they_stand(one: Published) -> None:
    cells = re.findall(r"`([^`]+)`", ROWS[one.model][-1])
    assert YAML(typ="safe").load("\n".join(cells)) == one.keys


# ------------------------------------------------------------------ the replicas


@pytest.mark.parametrize("one", [one for one in FORTY if one.write], ids=lambda one: one.model)
def test_a_replica_is_small_and_says_where_its_form_is_known_from(
    root: Path, one: Published
) -> None:
    assert one.source
    files = [path for path in (root / one.model).rglob("*") if path.is_file()]
    assert 0 < sum(path.stat().st_size for path in files) <= 1_000_000


def test_those_that_others_are_built_on_are_small(root: Path) -> None:
    for name in COMPANIONS:
        files = [path for path in (root / name).rglob("*") if path.is_file()]
        assert 0 < sum(path.stat().st_size for path in files) <= 1_000_000


def test_no_weights_are_downloaded_and_no_code_runs(run: Run) -> None:
    assert not run.downloads
    assert "no code of a repository may run" not in run.output
