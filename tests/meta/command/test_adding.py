"""`sertify add` writes an entry into candidates.yaml that a run then finds to be true."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sertify.candidates.reading import read_suite
from sertify.command.main import main
from tests.meta.local_hub import LocalHub, broken, use_hub
from tests.meta.tiny import build

pytestmark = pytest.mark.slow(1)

FIVE = ("anger", "fear", "happiness", "neutral", "sadness")
OLD = """\
# mine
requirements: {min_labels: 4}   # few
candidates:
  - name: old
    model: org/old              # the one that we use

# how to choose
selection: {margin: 0.01}
"""
BEFORE, AFTER = OLD[: OLD.index("\n# how")], OLD[OLD.index("\n# how") :]

Add = Callable[..., str]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with a candidates.yaml, in which the test is."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    (folder / "candidates.yaml").write_text(OLD)
    return folder


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalHub]:
    (tmp_path / "served").mkdir()
    with LocalHub(tmp_path / "served") as hub:
        use_hub(monkeypatch, hub.url, tmp_path / "cache")
        yield hub


@pytest.fixture
def add(here: Path, capsys: pytest.CaptureFixture[str]) -> Add:
    """Call `sertify add` and return what it prints; it has to end with this code."""

    def call(*args: str, code: int) -> str:
        capsys.readouterr()
        assert main(["add", *args]) == code
        said = capsys.readouterr()
        assert said.err == "" or code == 2
        assert [path.name for path in here.glob("*candidates*")] == ["candidates.yaml"]
        return said.out + said.err

    return call


def five(folder: Path) -> Path:
    return build(folder, labels=FIVE)


def test_an_entry_comes_to_the_end_of_the_list_and_nothing_else_changes(
    here: Path, hub: LocalHub, add: Add
) -> None:
    folder = five(hub.root / "org" / "new")
    (folder / "README.md").write_text("---\nlanguage: ko\nlicense: mit\n---\n")
    said = add("https://huggingface.co/org/new", code=0)
    new = "  - name: new\n    model: org/new\n    languages: [ko]\n    licence: mit\n"
    assert (here / "candidates.yaml").read_text() == BEFORE + new + AFTER
    first, *rest = said.splitlines(keepends=True)
    assert first.startswith("org/new at ")
    assert "".join(rest) == f"{new}candidates.yaml: added new\n"


def test_several_are_added_each_by_a_name_of_its_own(here: Path, hub: LocalHub, add: Add) -> None:
    for repo in ("org/old", "a/new", "b/new"):
        five(hub.root / repo)
    build(hub.root / "c" / "few")
    said = add("a/new", "b/new", "c/few", "./local", code=1)
    assert said.endswith("candidates.yaml: added new, new-2, few\n")
    assert "  not added: not_found: there is no folder ./local; check the spelling of" in said
    candidates = read_suite(here / "candidates.yaml").candidates
    assert [(one.name, one.model, one.reasons) for one in candidates[1:]] == [
        ("new", "a/new", ()),
        ("new-2", "b/new", ()),
        ("few", "c/few", ("too_few_labels",)),
    ]


def test_a_folder_is_written_as_it_is_seen_from_the_file(here: Path, add: Add) -> None:
    five(here / "models" / "mine")
    (here / "lists").mkdir()
    (here / "lists" / "mine.yaml").write_text("candidates:\n")
    add("models/mine", code=0)
    add("models/mine", "--candidates", "lists/mine.yaml", code=0)
    for path, written in (
        ("candidates.yaml", "./models/mine"),
        ("lists/mine.yaml", "../models/mine"),
    ):
        (*_, candidate) = read_suite(here / path).candidates
        assert (candidate.model, candidate.folder) == (written, here / "models" / "mine")


def test_a_name_can_be_given(here: Path, add: Add) -> None:
    five(here / "mine")
    assert add("./mine", "--name", "best", code=0).endswith("candidates.yaml: added best\n")
    assert read_suite(here / "candidates.yaml").candidates[-1].name == "best"


def test_the_commit_is_written_where_it_is_asked_for(here: Path, hub: LocalHub, add: Add) -> None:
    five(hub.root / "org" / "new")
    five(here / "mine")
    add("org/new", "./mine", "--pin", code=0)
    _, new, mine = read_suite(here / "candidates.yaml").candidates
    assert new.revision == hub.commit("org/new")
    assert mine.revision is None
    assert "    model: org/new\n    revision: " in (here / "candidates.yaml").read_text()
    assert "org/new is there already, as new; give --revision" in add("org/new", code=2)


@pytest.mark.parametrize(
    ("args", "problem"),
    [
        (["org/old"], "org/old is there already, as old; give --revision to add another of it"),
        (["Org/Old/"], "is there already, as old"),
        (["org/new", "org/new"], "org/new is there already, as new"),
        (["org/new", "--name", "old"], "has a candidate old already; give another name"),
        (["org/new", "--name", "a b"], "name is 'a b', but should be letters"),
        (["org/new", "org/other", "--name", "x"], "--name goes with one model"),
        (["datasets/org/new"], "which is a data set, not a model"),
        (["org/new", "--candidates", "none.yaml"], "none.yaml: no such file; `sertify init`"),
    ],
    ids=str,
)
def test_what_cannot_be_added_is_said_before_anything_is_asked_for(
    here: Path, hub: LocalHub, add: Add, args: list[str], problem: str
) -> None:
    assert problem in add(*args, code=2)
    assert (here / "candidates.yaml").read_text() == OLD
    assert hub.requests == []


def test_another_revision_of_one_that_is_there_can_be_added(
    here: Path, hub: LocalHub, add: Add
) -> None:
    five(hub.root / "org" / "old")
    hub.alias("org/old", "v2")
    add("org/old", "--revision", "v2", code=0)
    (*_, candidate) = read_suite(here / "candidates.yaml").candidates
    assert (candidate.name, candidate.revision) == ("old-2", "v2")


def test_what_could_not_be_looked_at_gets_no_entry(here: Path, hub: LocalHub, add: Add) -> None:
    five(hub.root / "org" / "new")
    hub.disturb(broken())
    said = add("org/new", code=1)
    assert "  not added: unreachable: " in said
    assert said.endswith("; check the network, then try again\ncandidates.yaml: left as it was\n")
    assert (here / "candidates.yaml").read_text() == OLD


def test_what_was_written_meanwhile_is_kept(here: Path, hub: LocalHub, add: Add) -> None:
    five(hub.root / "org" / "new")
    path, usual = here / "candidates.yaml", hub.usual
    newer = OLD.replace("# few", "# written meanwhile")

    def write(request: object) -> object:
        path.write_text(newer)
        return usual(request)  # type: ignore[arg-type]

    hub.disturb(write)  # type: ignore[arg-type]
    add("org/new", code=0)
    assert (
        path.read_text()
        == newer[: newer.index("\n# how")] + ("  - name: new\n    model: org/new\n") + AFTER
    )


def test_a_file_that_is_read_only_stays_so(here: Path, hub: LocalHub, add: Add) -> None:
    five(hub.root / "org" / "new")
    (here / "candidates.yaml").chmod(0o444)
    assert add("org/new", code=2) == "sertify: candidates.yaml: it is read-only\n"
    assert (here / "candidates.yaml").read_text() == OLD
    assert hub.requests == []
    (here / "candidates.yaml").chmod(0o644)
    add("org/new", code=0)


def test_a_file_that_cannot_be_written_is_told(
    here: Path, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    five(here / "mine")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    assert "No space left on device" in add("./mine", code=2)
    assert (here / "candidates.yaml").read_bytes() == OLD.encode()
