"""Data sets of the hub as ``--data``, with the hub's real client and a hub on this machine."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from huggingface_hub import close_session, constants

from sertify.candidates.locks import Locked, lock_path, update_lock
from sertify.candidates.reading import Candidate, Suite
from sertify.corpora.clips import Corpus
from sertify.corpora.reading import read_corpus
from sertify.hub import bounds
from sertify.pipeline.settings import Settings, source_of
from sertify.pipeline.speech import Speech, read_speech
from sertify.vocabulary.errors import ConfigurationError
from tests.meta.corpora.embedded import AUDIO, class_label, recording, write_parquet
from tests.meta.corpora.rows import noises
from tests.meta.local_hub import LocalHub, broken, corrupted, use_hub

pytestmark = pytest.mark.slow(0.2)

FEATURES = {"audio": AUDIO, "label": class_label("anger", "fear")}
SUITE = Suite((Candidate("x", "org/x"),))
ADDRESS = "hf://datasets/org/speech"


def shard(root: Path, name: str, *clips: str) -> None:
    columns: dict[str, list[object]] = {
        "audio": [recording(root.parent / "aside", f"{clip}.wav") for clip in clips],
        "label": [number % 2 for number, _ in enumerate(clips)],
    }
    write_parquet(root / name, columns, FEATURES)


def parquet(root: Path) -> None:
    shard(root, "data/train-00000-of-00001.parquet", "a", "b", "c")
    shard(root, "data/test-00000-of-00001.parquet", "d", "e")
    (root / "README.md").write_text("---\nlicense: mit\n---\n# Speech\n")


def loose(root: Path) -> None:
    for split, clips in (("train", "ab"), ("test", "cd")):
        noises(root, f"{split}/anger/{clips[0]}.wav", f"{split}/fear/{clips[1]}.wav")
        (root / split / "notes.txt").write_text("What was said.")
    (root / "README.md").write_text("# Speech")
    (root / "model.safetensors").write_bytes(b"no speech")


def one_table(root: Path) -> None:
    noises(root, "audio/a.wav", "audio/b.wav")
    table = "file_name,label,split\naudio/a.wav,anger,train\naudio/b.wav,fear,test\n"
    (root / "metadata.csv").write_text(table)


def table_above_splits(root: Path) -> None:
    noises(root, "train/a.wav", "test/b.wav")
    (root / "metadata.csv").write_text("file_name,label\ntrain/a.wav,anger\ntest/b.wav,fear\n")


def table_of_rows(root: Path) -> None:
    noises(root, "audio/a.wav", "audio/b.wav")
    columns: dict[str, list[object]] = {
        "file_name": ["audio/a.wav", "audio/b.wav"],
        "label": [0, 1],
    }
    write_parquet(root / "metadata.parquet", columns, {"label": FEATURES["label"]})


def configured(root: Path) -> None:
    shard(root, "de/x.parquet", "a", "b")
    shard(root, "fr/y.parquet", "c", "d", "e")
    front = "configs:\n" + "".join(
        f"- config_name: {name}\n  data_files:\n  - split: validation\n    path: {name}/*\n"
        for name in ("de", "fr")
    )
    (root / "README.md").write_text(f"---\n{front}---\n")


def script(root: Path) -> None:
    root.mkdir(parents=True)
    (root / "speech.py").write_text("raise SystemExit('never run')")
    (root / "README.md").write_text("# Speech")


def nothing(root: Path) -> None:
    root.mkdir(parents=True)
    (root / "README.md").write_text("# Speech")
    (root / "paper.pdf").write_bytes(b"%PDF")


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalHub]:
    (tmp_path / "hub").mkdir()
    with LocalHub(tmp_path / "hub", cdn=True) as local:
        use_hub(monkeypatch, local.url, tmp_path / "cache")
        monkeypatch.setattr(bounds, "TIMEOUT", 1.0)
        yield local
    close_session()


Write = Callable[[Path], None]


def read(
    hub: LocalHub, write: Write | None = None, given: str = ADDRESS, **options: object
) -> Speech:
    if write is not None:
        write(hub.root / "datasets/org/speech")
    candidates = hub.root.parent / "candidates.yaml"
    data = (source_of(given, hub.root.parent),)
    settings = Settings(candidates=candidates, data=data)
    return read_speech(replace(settings, **options), SUITE)  # type: ignore[arg-type]


def corpus(hub: LocalHub, *arguments: object, **options: object) -> Corpus:
    judged = read(hub, *arguments, **options).judged  # type: ignore[arg-type]
    assert judged is not None
    return judged


def refused(hub: LocalHub, *arguments: object, **options: object) -> str:
    with pytest.raises(ConfigurationError) as caught:
        read(hub, *arguments, **options)  # type: ignore[arg-type]
    return str(caught.value)


def names(found: Corpus) -> set[str]:
    return {clip.name for clip in found.clips}


def data_files(hub: LocalHub) -> set[str]:
    downloads = {name.removeprefix("datasets/org/speech/") for name in hub.downloads}
    return downloads - {"README.md"}


def test_a_data_set_is_read_as_if_it_were_a_folder(hub: LocalHub) -> None:
    found = corpus(hub, parquet)
    assert names(found) == {f"{name}.wav" for name in "abcde"}
    local = read_corpus(hub.root / "datasets/org/speech")
    assert (found.name, found.fingerprint) == ("speech", local.fingerprint)
    assert found.path.name == hub.commit("datasets/org/speech")


def test_who_waits_is_told_how_far_it_is(hub: LocalHub) -> None:
    told: list[tuple[str, float, float]] = []
    parquet(hub.root / "datasets/org/speech")
    settings = Settings(
        candidates=hub.root.parent / "candidates.yaml", data=(source_of(ADDRESS, hub.root.parent),)
    )
    read_speech(settings, SUITE, heed=lambda *told_now: told.append(told_now))
    assert list(dict.fromkeys(what for what, _, _ in told)) == [
        f"downloading {ADDRESS}, MB",
        "reading the speech, clips",
    ]
    assert all(0 <= done <= total for _, done, total in told)
    assert told[-2][1:] == (5, 5)  # unpacked; the last one says which are looked at


def test_only_the_files_of_a_split_are_downloaded(hub: LocalHub) -> None:
    found = corpus(hub, parquet, split="test")
    assert names(found) == {"d.wav", "e.wav"}
    assert data_files(hub) == {"data/test-00000-of-00001.parquet"}


def test_what_is_in_the_cache_of_another_split_is_not_read(hub: LocalHub) -> None:
    found = corpus(hub, loose, split="test")
    assert [(clip.label, clip.split) for clip in found.clips] == [
        ("anger", "test"),
        ("fear", "test"),
    ]
    assert data_files(hub) == {"test/anger/c.wav", "test/fear/d.wav", "test/notes.txt"}
    assert len(corpus(hub).clips) == 4
    assert names(corpus(hub, None, f"{ADDRESS}/test")) == {"test/anger/c.wav", "test/fear/d.wav"}


def test_a_column_may_tell_the_split(hub: LocalHub) -> None:
    assert names(corpus(hub, one_table, split="test")) == {"audio/b.wav"}


def test_folders_below_a_table_tell_the_split(hub: LocalHub) -> None:
    found = corpus(hub, table_above_splits, split="test")
    assert [(clip.name, clip.label, clip.flaw) for clip in found.clips] == [
        ("test/b.wav", "fear", None)
    ]
    assert data_files(hub) == {"test/b.wav", "metadata.csv"}


def test_a_table_may_be_a_file_of_rows(hub: LocalHub) -> None:
    assert {clip.label for clip in corpus(hub, table_of_rows).clips} == {"anger", "fear"}


def test_what_is_no_speech_is_not_downloaded(hub: LocalHub) -> None:
    corpus(hub, loose, f"{ADDRESS}/train")
    assert data_files(hub) == {"train/anger/a.wav", "train/fear/b.wav", "train/notes.txt"}


def test_a_configuration_is_chosen(hub: LocalHub) -> None:
    assert refused(hub, configured).endswith(
        f"{ADDRESS}: has several configurations (de, fr); choose one, such as {ADDRESS}/de"
    )
    found = corpus(hub, None, f"{ADDRESS}/fr")
    assert (names(found), {clip.split for clip in found.clips}) == (
        {"c.wav", "d.wav", "e.wav"},
        {"validation"},
    )
    assert data_files(hub) == {"fr/y.parquet"}
    message = refused(hub, None, f"{ADDRESS}/it")
    assert "has no configuration or folder it; its configurations are de, fr" in message


def test_a_revision_is_read(hub: LocalHub) -> None:
    parquet(hub.root / "datasets/org/speech")
    first = hub.commit("datasets/org/speech")
    hub.alias("datasets/org/speech", "v1")
    (hub.root / "datasets/org/speech/data/test-00000-of-00001.parquet").unlink()
    assert len(corpus(hub).clips) == 3
    assert len(corpus(hub, None, f"{ADDRESS}@v1").clips) == 5
    assert len(corpus(hub, None, f"{ADDRESS}@{first}").clips) == 5
    assert "org/speech has no revision v2" in refused(hub, None, f"{ADDRESS}@v2")


def test_a_split_may_be_called_otherwise(hub: LocalHub) -> None:
    shard(hub.root / "datasets/org/speech", "data/validation-00000-of-00001.parquet", "a", "b")
    assert len(corpus(hub, None, split="dev").clips) == 2


def test_the_address_of_its_page_does_as_well(hub: LocalHub) -> None:
    page = "https://huggingface.co/datasets/org/speech/tree/main/data"
    assert len(corpus(hub, parquet, page).clips) == 5


def test_without_a_network_the_cache_is_read(hub: LocalHub) -> None:
    online = corpus(hub, parquet)
    asked = len(hub.requests)
    assert corpus(hub, offline=True).fingerprint == online.fingerprint
    assert len(hub.requests) == asked
    message = refused(hub, None, "hf://datasets/org/other", offline=True)
    assert "org/other is not in the cache, and the network may not be used" in message


def test_a_hub_that_does_not_answer_leaves_the_cache(hub: LocalHub) -> None:
    corpus(hub, parquet)
    hub.close()
    found = corpus(hub)
    assert len(found.clips) == 5
    assert any("so what the cache has of it was read" in text for text in found.warnings)


@pytest.mark.parametrize(
    ("disturb", "message"),
    [
        (
            lambda hub: hub.gated.add("datasets/org/speech"),
            "org/speech is gated, and this machine has no access; accept its terms on its page",
        ),
        (
            lambda hub: hub.private.add("datasets/org/speech"),
            "the hub has no data set org/speech; check the spelling; what is private needs a login",
        ),
        (lambda hub: hub.disturb(broken(500), "/api/"), "gave no usable answer"),
        (lambda hub: hub.spoil(corrupted(), r"/cdn/"), "checksum of .* is not the one"),
    ],
    ids=["gated", "private", "broken", "corrupted"],
)
def test_what_stands_in_the_way_is_told(
    hub: LocalHub, disturb: Callable[[LocalHub], None], message: str
) -> None:
    disturb(hub)
    with pytest.raises(ConfigurationError, match=message) as caught:
        read(hub, parquet)
    assert str(caught.value).startswith(f"--data {ADDRESS}: ")


def test_who_has_access_to_a_gated_one_reads_it(
    hub: LocalHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.gated.add("datasets/org/speech")
    monkeypatch.setenv("HF_TOKEN", hub.token)
    assert len(corpus(hub, parquet).clips) == 5


def test_a_disk_that_is_too_small_is_told(hub: LocalHub, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type("Usage", (), {"free": 1000})
    monkeypatch.setattr("sertify.hub.downloads.shutil.disk_usage", lambda _: usage)
    message = refused(hub, parquet)
    assert "org/speech needs " in message
    assert "1 kB are free" in message
    assert not data_files(hub)


def test_a_script_is_never_run(hub: LocalHub) -> None:
    message = refused(hub, script)
    assert "are made by a script (speech.py), which is never run, and the hub has no" in message


def test_what_the_hub_made_of_a_script_is_read(hub: LocalHub) -> None:
    root = hub.root / "datasets/org/speech"
    shard(root, "default/train/0000.parquet", "a", "b")
    shard(root, "default/test/0000.parquet", "c")
    hub.alias("datasets/org/speech", "refs/convert/parquet")
    for path in root.rglob("*.parquet"):
        path.unlink()
    (root / "speech.py").write_text("raise SystemExit('never run')")
    found = corpus(hub, split="train")
    assert names(found) == {"a.wav", "b.wav"}
    assert any("the Parquet files that the hub made of it were read" in t for t in found.warnings)


def test_a_data_set_without_recordings_is_told(hub: LocalHub) -> None:
    message = refused(hub, nothing)
    assert message.endswith("has no recordings that are read; its files are README.md, paper.pdf")


def test_a_split_that_is_not_there_is_told(hub: LocalHub) -> None:
    message = refused(hub, parquet, split="dev")
    assert message == f"--data {ADDRESS}: has no split 'dev'; its splits are test, train"
    assert not data_files(hub)


def test_a_fault_in_its_files_is_told_of_its_address(hub: LocalHub) -> None:
    def torn(root: Path) -> None:
        noises(root, "a.wav")
        (root / "metadata.csv").write_text("file_name,label\na.wav,anger\na.wav,fear\n")

    message = refused(hub, torn)
    assert ADDRESS in message
    assert "sertify-" not in message


def test_it_is_taken_for_the_public_corpus_that_its_id_names(hub: LocalHub) -> None:
    parquet(hub.root / "datasets/someone/ravdess")
    found = corpus(hub, None, "hf://datasets/someone/ravdess")
    assert (found.name, found.public, found.clips[0].language) == ("ravdess", "ravdess", "en")


def test_it_may_have_another_name(hub: LocalHub) -> None:
    assert corpus(hub, parquet, f"calls={ADDRESS}").name == "calls"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("org/speech", "there is no such folder; if the data set of the hub is meant, write"),
        ("hf://org/speech", "is no data set, but should be hf://datasets/OWNER/NAME"),
        ("hf://datasets/", "names no data set, but should be hf://datasets/OWNER/NAME"),
        ("hf://datasets/org/speech@", "names no data set"),
        ("hf://datasets/org/../../x", "names no data set"),
        ("hf://datasets/org/a b", "names no data set"),
    ],
)
def test_what_is_no_address_is_told(given: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=message):
        source_of(given, tmp_path)


def test_a_folder_that_is_called_like_an_id_is_that_folder(tmp_path: Path) -> None:
    (tmp_path / "org/speech").mkdir(parents=True)
    assert source_of("org/speech", tmp_path).address is None
    assert source_of("org/misspelt", tmp_path).address is None  # which reading it will tell


def test_the_lock_has_its_commit(hub: LocalHub) -> None:
    speech = read(hub, parquet)
    commit = hub.commit("datasets/org/speech")
    assert speech.locks == {ADDRESS: Locked("datasets/org/speech", commit)}
    candidates = hub.root.parent / "candidates.yaml"
    update_lock(candidates, {"x": "org/x"}, {"x": "0" * 40}, speech.locks)
    assert len(corpus(hub, locked=True).clips) == 5
    shard(hub.root / "datasets/org/speech", "data/test-00000-of-00001.parquet", "d")
    message = refused(hub, locked=True)
    assert f"{ADDRESS}: is locked at {commit}, but is at " in message
    assert f"write hf://datasets/org/speech@{commit}" in message
    found = corpus(hub)
    assert any(f"is locked at {commit}, but is at " in text for text in found.warnings)
    update_lock(candidates, {"x": "org/x"}, {})
    assert ADDRESS in lock_path(candidates).read_text()


def test_what_no_lock_names_is_refused_where_it_has_to(hub: LocalHub) -> None:
    candidates = hub.root.parent / "candidates.yaml"
    update_lock(candidates, {"x": "org/x"}, {"x": "0" * 40})
    assert f"{ADDRESS}: is not in candidates.lock.yaml" in refused(hub, parquet, locked=True)
    assert len(corpus(hub).clips) == 5


def test_constants_of_the_client_are_its_own() -> None:
    assert constants.HF_HUB_OFFLINE is False
