"""Whole runs against a hub that does what it likes, or that should not be asked at all."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from filelock import FileLock

from tests.chaos.hub_changes import FILES
from tests.chaos.hub_rows import ROWS
from tests.meta.local_hub import LocalHub, Response
from tests.meta.runs import FIXTURES, ROOT, Outcome

pytestmark = pytest.mark.slow(12)

SOUND = ("sound-1", "sound-2")
HOSTILE = (
    "drip-config",
    "endless-listing",
    "bomb-gzip-card",
    "etag-up",
    "name-up",
    "commit-of-file-other",
)

# By which whoever runs this would change what it is told.
_OTHERS = ("HF_", "HUGGING", "TRANSFORMERS_", "PYTEST_", "GITHUB_STEP_SUMMARY")

# For each process of a run: what it connects to, and a patience that a test can wait for.
WATCHED = """
import os, sys

def watch(event, args):
    inet = event == "socket.connect" and isinstance(args[1], tuple)
    if inet or event == "socket.getaddrinfo":
        with open(os.environ["SEEN"], "a") as file:
            print(event, args[1:], file=file)

sys.addaudithook(watch)
"""
SHORT = """
from sertify.hub import bounds

bounds.TIMEOUT = bounds.WINDOW = 2.0
bounds.GRACE = 8.0
"""


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[LocalHub]:
    """A hub with two models that are sound."""
    for name in SOUND:
        shutil.copytree(FIXTURES / "models" / "wav2vec2-tiny", tmp_path / "hub/org" / name)
    with LocalHub(tmp_path / "hub") as local:
        yield local


def judge(folder: Path, names: tuple[str, ...], *args: str, **variables: str) -> Outcome:
    """Judge candidates of a hub by their loadability; runs of one folder have one cache."""
    listing, reports = folder / "candidates.yaml", folder / f"reports{len(list(folder.iterdir()))}"
    entries = [{"name": name, "model": f"org/{name}"} for name in names]
    listing.write_text(json.dumps({"candidates": entries}), "utf-8")
    (folder / "watch").mkdir(exist_ok=True)
    (folder / "watch" / "sitecustomize.py").write_text(WATCHED)
    (folder / "watch" / "impatient.py").write_text(SHORT)
    places = [str(folder / "watch"), *filter(None, [os.environ.get("PYTHONPATH")])]
    given = {"HF_HOME": folder / "home", "SEEN": folder / "seen", "OMP_NUM_THREADS": 1}
    made = given | {"PYTHONPATH": os.pathsep.join(places)} | variables
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(_OTHERS)}
    shared = ("-pno:hypothesispytest", "-pno:cacheprovider", "-pimpatient", "-mloadability")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "tests/checks", *shared, *args),
            *(f"--candidates={listing}", f"--reports={reports}", "--threads=1"),
        ],
        cwd=ROOT,
        env=inherited | {name: str(value) for name, value in made.items()},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return Outcome(done.returncode, done.stdout + done.stderr, reports)


def reasons(outcome: Outcome, name: str) -> set[str]:
    """Return the reason codes of what did not pass of a candidate."""
    return {case.properties["reason"] for case in outcome.of(name) if case.kind != "passed"}


@contextmanager
def locked(hub: LocalHub, home: Path, name: str) -> Iterator[None]:
    """Hold what a process holds that downloads the config of a repository, and never ends."""
    shutil.copytree(hub.root / "org" / SOUND[0], hub.root / "org" / name)
    size = len(config := (hub.root / "org" / name / "config.json").read_bytes())
    blob = hashlib.sha1(b"blob %d\0%s" % (size, config), usedforsecurity=False).hexdigest()
    lock = home / "hub" / ".locks" / f"models--org--{name}" / f"{blob}.lock"
    lock.parent.mkdir(parents=True)
    with FileLock(lock):
        yield


@pytest.mark.parametrize("workers", ["0", "2"])
def test_one_is_blocked_and_the_others_are_judged(
    hub: LocalHub, tmp_path: Path, workers: str
) -> None:
    for name in HOSTILE:
        for file, content in FILES.items():
            (hub.root / "org" / name).mkdir(exist_ok=True)
            (hub.root / "org" / name / file).write_bytes(content)
        ROWS[name].begin(hub, name)
    names = (*HOSTILE, "locked", *SOUND)
    with locked(hub, tmp_path / "home", "locked"):
        outcome = judge(tmp_path, names, "-n", workers, HF_ENDPOINT=hub.url)
    assert outcome.code == 1, outcome.output
    expected = {name: {ROWS[name].code} for name in HOSTILE} | {"locked": {"timed_out"}}
    assert {name: reasons(outcome, name) for name in expected} == expected
    assert all(not reasons(outcome, name) for name in SOUND), outcome.output
    assert all(case.kind == "passed" for name in SOUND for case in outcome.of(name))


def everything(outcome: Outcome) -> str:
    """Return all that a run said and left behind."""
    files = [path for path in outcome.reports.rglob("*") if path.is_file()]
    return "\n".join([outcome.output, *(path.read_bytes().decode("latin-1") for path in files)])


def test_no_login_is_told_to_anyone(hub: LocalHub, tmp_path: Path) -> None:
    hub.token = "odd-token-77"
    login = {
        "HF_TOKEN": hub.token,
        "HF_ENDPOINT": hub.url.replace("//", "//me:s3cret-pass@"),
    }
    hub.disturb(Response(400, b'{"error": "odd-token-77 is no token"}'), "/api/.*sound-2")
    asked = judge(tmp_path, SOUND, **login)
    hub.close()
    alone = judge(tmp_path, SOUND, **login)
    for outcome in (asked, alone):
        told = everything(outcome)
        assert "***@127.0.0.1" in told, told
        assert "s3cret-pass" not in told
        assert "odd-token" not in told
    assert alone.candidate("sound-1")["remarks"][0].startswith("http://***@127.0.0.1:")


def test_offline_nothing_is_connected_to(hub: LocalHub, tmp_path: Path) -> None:
    judge(tmp_path, SOUND[:1], HF_ENDPOINT=hub.url)
    seen = tmp_path / "seen"
    assert "socket.connect" in seen.read_text()
    seen.unlink()
    hub.requests.clear()
    for args, variables in ((["--offline"], {}), ([], {"HF_HUB_OFFLINE": "1"})):
        outcome = judge(tmp_path, SOUND, *args, **variables, HF_ENDPOINT=hub.url)
        assert reasons(outcome, "sound-1") == set()
        assert reasons(outcome, "sound-2") == {"offline_not_cached"}
    assert hub.requests == []
    assert not seen.exists(), seen.read_text()
