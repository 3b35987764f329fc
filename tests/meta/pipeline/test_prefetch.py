"""The repositories of many candidates, asked for a few at a time."""

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import close_session

from sertify.candidates.locks import Locked
from sertify.candidates.reading import Candidate
from sertify.hub import bounds
from sertify.hub.snapshots import Snapshot, take_snapshot
from sertify.pipeline import prefetch
from sertify.pipeline.prefetch import Repositories
from sertify.vocabulary.errors import Blocked, Rejected
from tests.meta import tiny
from tests.meta.local_hub import LocalHub, Request, Response, use_hub

CTC = '{"model_type": "wav2vec2", "architectures": ["Wav2Vec2ForCTC"]}'


@pytest.fixture(autouse=True)
def server(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[LocalHub]:
    """A hub with a classifier and a recogniser, as the real one sends them: by a CDN."""
    root = tmp_path_factory.mktemp("hub")
    tiny.build(root / "org/model")
    tiny.build(root / "org/recogniser")
    (root / "org/recogniser/config.json").write_text(CTC)
    with LocalHub(root, cdn=True) as local:
        use_hub(monkeypatch, local.url, tmp_path_factory.mktemp("cache"))
        yield local
    close_session()


def of_hub(model: str = "org/model", **entry: Any) -> Candidate:
    return Candidate(**{"name": model.replace("/", "-"), "model": model, **entry})


def asked(server: LocalHub, what: str) -> list[Request]:
    return [one for one in server.requests if what in one.path]


def test_what_is_asked_for_is_what_the_hub_has(server: LocalHub) -> None:
    with closing(Repositories([], offline=False)) as survey:
        assert survey.snapshot(of_hub()).commit == server.commit("org/model")
        assert "projector.weight" in survey.index(of_hub()).tensors


def test_an_index_alone_may_be_asked_for() -> None:
    with closing(Repositories([], offline=False)) as survey:
        assert "projector.weight" in survey.index(of_hub()).tensors


def test_nothing_is_asked_for_twice(server: LocalHub) -> None:
    with closing(Repositories([of_hub()], offline=False)) as survey:
        first = survey.snapshot(of_hub()), survey.index(of_hub())
        number = len(server.requests)
        assert (survey.snapshot(of_hub()), survey.index(of_hub())) == first
    assert len(server.requests) == number


def test_many_are_asked_for_at_a_time_but_not_too_many(server: LocalHub) -> None:
    there, most, lock = [0], [0], threading.Lock()
    several = threading.Event()

    def count(_: Request) -> Response:
        with lock:
            there[0] += 1
            most[0] = max(most[0], there[0])
            if there[0] > 1:
                several.set()
        several.wait(5)
        with lock:
            there[0] -= 1
        return Response(404, headers={"X-Error-Code": "RepoNotFound"})

    server.disturb(count, "/api/models/many/")
    candidates = [of_hub(f"many/model{number}") for number in range(30)]
    with closing(Repositories(candidates, offline=False)) as survey:
        for one in candidates:
            with pytest.raises(Rejected, match="not_found: the hub has no model many/model"):
                survey.snapshot(one)
    assert 1 < most[0] <= 8


def test_what_fails_ahead_of_time_fails_where_it_is_asked_for(server: LocalHub) -> None:
    server.gated.add("org/model")
    with closing(Repositories([of_hub(), of_hub("org/recogniser")], offline=False)) as survey:
        assert survey.snapshot(of_hub("org/recogniser"))
        for ask in (survey.snapshot, survey.index):
            with pytest.raises(Blocked, match="gated: org/model is gated"):
                ask(of_hub())


def test_of_what_is_for_another_task_no_tensor_is_asked_for(server: LocalHub) -> None:
    recogniser = of_hub("org/recogniser")
    with (
        closing(Repositories([recogniser], offline=False)) as survey,
        pytest.raises(Rejected) as caught,
    ):
        survey.index(recogniser)
    assert caught.value.reason.code == "wrong_task"
    assert asked(server, "safetensors") == []


@pytest.mark.parametrize("name", [tiny.SAFETENSORS, tiny.BIN])
def test_a_large_model_is_told_by_little(server: LocalHub, name: str) -> None:
    # As many tensors as one of 1.3 GB, so an index of the same size; with fewer weights.
    options: dict[str, Any] = {"hidden_size": 64, "num_hidden_layers": 24}
    tiny.build(server.root / "org/large", weights=name, **options)
    size = (server.root / "org/large" / name).stat().st_size
    with closing(Repositories([], offline=False)) as survey:
        assert len(survey.index(of_hub("org/large")).tensors) > 400
    weights = [one for one in server.requests if name in (one.file or "")]
    assert all("range" in one.headers for one in weights)
    small = [one for one in asked(server, "/resolve/") if one not in weights]
    others = [one for one in server.requests if one not in small and "harness" not in one.path]
    assert len(others) <= 5
    assert server.bytes_sent < min(1_000_000, size / 2)


@pytest.mark.parametrize(
    ("locked", "known"),
    [
        ({}, "no lock"),
        ({"org-model": Locked("org/model", "1" * 40)}, f"org/model is locked at {'1' * 40}"),
        ({"org-model": Locked("org/other", "")}, "org/other is locked at "),
    ],
    ids=["unknown", "moved", "renamed"],
)
def test_what_is_not_as_it_is_locked_is_not_judged(
    server: LocalHub, locked: dict[str, Locked], known: str
) -> None:
    repositories = Repositories([], offline=False, locked=locked)
    with closing(repositories), pytest.raises(Blocked) as caught:
        repositories.snapshot(of_hub())
    commit = server.commit("org/model")
    assert str(caught.value) == f"moved_on: {known}, but org/model is at {commit}"


def test_what_is_as_it_is_locked_is_judged(server: LocalHub, tmp_path: Path) -> None:
    folder = tiny.build(tmp_path / "local")
    local = of_hub("./local", folder=folder)
    with closing(Repositories([], offline=False)) as survey:
        commits = {one.name: survey.snapshot(one).identity for one in (of_hub(), local)}
    locked = {
        "org-model": Locked("org/model", commits["org-model"]),
        local.name: Locked("./local", commits[local.name]),
    }
    with closing(Repositories([], offline=False, locked=locked)) as survey:
        assert survey.snapshot(of_hub()).commit == server.commit("org/model")
        assert survey.snapshot(local).folder == folder


def test_what_hangs_elsewhere_than_in_an_answer_is_given_up_and_holds_up_no_other(
    server: LocalHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    forever = threading.Event()

    def hang(candidate: Candidate, **options: bool) -> Snapshot:
        if candidate.model != "org/model":
            forever.wait()
        return take_snapshot(candidate, **options)

    monkeypatch.setattr(prefetch, "take_snapshot", hang)  # as a name server, or a disk
    monkeypatch.setattr(bounds, "LOOK", 2.0)
    monkeypatch.setattr(bounds, "GRACE", 1.0)
    hanging = [of_hub(f"org/hanging{number}") for number in range(10)]
    with closing(Repositories([*hanging, of_hub()], offline=False)) as survey:
        assert survey.snapshot(of_hub()).commit == server.commit("org/model")
        for one in hanging:
            for ask in (survey.snapshot, survey.index):
                with pytest.raises(Blocked) as caught:
                    ask(one)
                message = f"what the hub has of {one.model} did not arrive within 3 s"
                assert str(caught.value) == f"timed_out: {message}"
    forever.set()
