"""A hub that does what it likes: to one candidate at a time, while the others are judged."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest
from huggingface_hub import close_session, constants, file_download
from huggingface_hub.utils import _http

from sertify.candidates.reading import Candidate
from sertify.gates.loadability import require
from sertify.hub import bounds, client
from sertify.hub.configs import judge_config
from sertify.hub.repositories import fetch
from sertify.pipeline.prefetch import Repositories
from sertify.vocabulary.errors import Blocked, Rejected
from tests.chaos.hub_changes import FILES, Row
from tests.chaos.hub_rows import ROWS
from tests.meta.local_hub import LocalHub, Request, use_hub

pytestmark = pytest.mark.slow(30)

SOUND = tuple(f"sound-{number}" for number in range(10))


@dataclass(frozen=True)
class Survey:
    """What came of each repository, and what the hub and the disk saw of it."""

    found: dict[str, tuple[str, str]]
    requests: list[Request]
    bytes_sent: int
    outside: list[str]
    reading: int


def candidate(name: str) -> Candidate:
    row = ROWS.get(name)
    return Candidate(name, f"org/{name}", revision=row.revision if row else None)


def judged(repositories: Repositories, name: str) -> tuple[str, str]:
    """Return why a candidate is not judged, or "" and a remark."""
    try:
        snapshot = repositories.snapshot(candidate(name))
        require(judge_config(snapshot))
        repositories.index(candidate(name))
        fetch(snapshot, snapshot.weight_files)
    except (Blocked, Rejected) as error:
        return error.reason.code, error.message
    return "", snapshot.remark


def short(patch: pytest.MonkeyPatch) -> None:
    """Wait for less than one would, and not at all before asking again."""
    clock = SimpleNamespace(sleep=lambda _: None, time=time.time)
    for module in (_http, file_download, client):
        patch.setattr(module, "time", clock)
    patch.setattr(bounds, "TIMEOUT", 2.0)
    patch.setattr(bounds, "WINDOW", 2.0)
    patch.setattr(bounds, "GRACE", 4.0)
    patch.setattr(bounds, "LOOK", 8.0)


@pytest.fixture(scope="module")
def survey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Survey]:
    """All of them on one hub, as in one run; sound ones are among and behind the others."""
    place = tmp_path_factory.mktemp("chaos")
    names = [*list(ROWS)[::2], *SOUND[::2], *list(ROWS)[1::2], *SOUND[1::2]]
    for name in names:
        (place / "hub/org" / name).mkdir(parents=True)
        for file, content in FILES.items():
            (place / "hub/org" / name / file).write_bytes(content)
    with LocalHub(place / "hub", cdn=True) as hub, pytest.MonkeyPatch.context() as patch:
        use_hub(patch, hub.url, place / "cache")
        patch.setenv("HF_TOKEN", hub.token)
        short(patch)
        for name, row in ROWS.items():
            row.begin(hub, name)
        with (
            closing(Repositories(map(candidate, names), offline=False)) as repositories,
            ThreadPoolExecutor(len(names)) as pool,
        ):
            found = pool.map(lambda name: judged(repositories, name), names)
            told = dict(zip(names, found, strict=True))
        for thread in threading.enumerate():
            if thread.name == "hub":
                thread.join(20)
        reading = [one for one in threading.enumerate() if one.name == "hub"]
        outside = [path.name for path in place.iterdir() if path.name not in ("hub", "cache")]
        yield Survey(told, hub.requests, hub.bytes_sent, outside, len(reading))
    close_session()


@pytest.mark.parametrize("name", ROWS)
def test_what_a_hub_does_to_one_is_said_of_it(survey: Survey, name: str) -> None:
    row: Row = ROWS[name]
    code, message = survey.found[name]
    assert code == row.code, message
    assert row.says in message


@pytest.mark.parametrize("name", SOUND)
def test_the_others_are_judged(survey: Survey, name: str) -> None:
    assert survey.found[name] == ("", "")


def test_nothing_is_written_outside_of_the_cache(survey: Survey) -> None:
    assert survey.outside == []
    assert not Path("/tmp/sertify-outside").exists()


def test_what_was_given_up_has_ended(survey: Survey) -> None:
    assert survey.reading == 0


def test_no_more_is_taken_than_could_be_used(survey: Survey) -> None:
    api = sum("endless" in name or "pages" in name for name in ROWS)
    assert survey.bytes_sent < (api + 1) * 20_000_000


def test_the_token_goes_to_the_hub_alone(survey: Survey) -> None:
    elsewhere = [one for one in survey.requests if "localhost" in one.headers.get("host", "")]
    assert elsewhere
    assert all("authorization" not in one.headers for one in elsewhere)
    assert any("authorization" in one.headers for one in survey.requests)


def test_there_are_enough_of_them() -> None:
    assert len(ROWS) >= 60
    assert constants.HF_HUB_DISABLE_XET
