"""What clips are alike by is read from the columns that are named, and is never torn apart."""

import json
from collections.abc import Mapping
from pathlib import Path

import pyarrow
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from sertify.corpora.clips import Clip, Corpus, make_corpus
from sertify.corpora.joining import hold_out
from sertify.corpora.reading import read_corpus
from sertify.vocabulary.errors import ConfigurationError
from tests.meta.trees import complaint, plant

ROWS = [
    {"file": "a.wav", "label": "sad", "speaker": "anna", "Session_ID": "1", "text": "x"},
    {"file": "b.wav", "label": "sad", "speaker": "ben", "Session_ID": "1", "text": "y"},
    {"file": "c.wav", "label": "joy", "speaker": "carl", "Session_ID": None, "text": "x"},
]
CSV = """\
file,label,speaker,Session_ID,text
a.wav,sad,anna,1,x
b.wav,sad,ben,1,y
c.wav,joy,carl,NA,x
"""


@pytest.fixture(params=["csv", "jsonl", "parquet"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    if request.param == "csv":
        return plant(tmp_path, "a.wav", "b.wav", "c.wav", metadata_csv=CSV)
    if request.param == "jsonl":
        lines = "\n".join(map(json.dumps, ROWS))
        return plant(tmp_path, "a.wav", "b.wav", "c.wav", metadata_jsonl=lines)
    folder = plant(tmp_path, "a.wav", "b.wav", "c.wav")
    parquet.write_table(pyarrow.Table.from_pylist(ROWS), folder / "metadata.parquet")
    return folder


@pytest.mark.parametrize(
    ("cluster", "expected"),
    [
        ((), [None, None, None]),
        (("session-id",), ["1", "1", None]),
        (("Session_ID", "text"), ["1 + x", "1 + y", " + x"]),
        (("speaker",), ["anna", "ben", "carl"]),
    ],
)
def test_clusters_are_the_values_of_columns(
    root: Path, cluster: tuple[str, ...], expected: list[str | None]
) -> None:
    corpus = read_corpus(root, cluster=cluster)
    assert [clip.cluster for clip in corpus.clips] == expected


def test_a_clip_goes_with_its_cluster_else_with_its_speaker(root: Path) -> None:
    clips = read_corpus(root, name="calls", cluster=["session_id"]).clips
    session = ("calls", "cluster", "1")
    assert [clip.unit for clip in clips] == [session, session, ("calls", "carl")]


def test_clusters_make_another_corpus(root: Path) -> None:
    ways: list[tuple[str, ...]] = [(), ("text",), ("Session_ID",)]
    assert len({read_corpus(root, cluster=way).fingerprint for way in ways}) == 3


def test_a_column_that_is_not_there_is_refused_with_those_that_are(root: Path) -> None:
    message = complaint(root, name="ko", cluster=["sesion_id"])
    assert message.startswith("candidates.yaml, corpora.ko.cluster is 'sesion_id', but --data ")
    assert message.endswith(
        "has the columns file, label, speaker, Session_ID, text; did you mean 'Session_ID'?"
    )


def test_what_is_read_without_a_table_has_no_columns(tmp_path: Path) -> None:
    root = plant(tmp_path, "sad/a.wav", "joy/b.wav")
    assert complaint(root, name="ko", cluster=["session"]).endswith(
        "is read as folder per label, which has no columns:"
        " add a metadata.csv with the columns file_name and session"
    )


def test_a_list_is_no_cluster(tmp_path: Path) -> None:
    line = json.dumps({"file": "a.wav", "session": [1]})
    root = plant(tmp_path, "a.wav", metadata_jsonl=line)
    assert "session is a list, but should be text" in complaint(root, cluster=["session"])


@pytest.mark.parametrize(
    ("rows", "warning"),
    [
        (["anna,1", "ben,2"], "2 clusters: intervals are wide below 10"),
        (["anna,1", "anna,2"], "1 speaker is in more than one cluster: intervals by cluster"),
    ],
)
def test_what_is_doubtful_about_clusters_is_told(
    tmp_path: Path, rows: list[str], warning: str
) -> None:
    lines = [f"{n}.wav,sad,{row}" for n, row in enumerate(rows)]
    table = "\n".join(["file,label,speaker,session", *lines])
    root = plant(tmp_path, *(f"{n}.wav" for n in range(len(rows))), metadata_csv=table)
    assert any(one.startswith(warning) for one in read_corpus(root, cluster=["session"]).warnings)


# ------------------------------------------------------------------ hold out


def corpus_of(names: Mapping[str, str | None], name: str = "calls") -> Corpus:
    """Make a corpus of a clip of each speaker, in his or her cluster."""
    clips = [
        Clip(f"{who}.wav", Path("/data"), "sad", who, corpus=name, cluster=cluster, digest=who)
        for who, cluster in names.items()
    ]
    return make_corpus(name, Path("/data"), clips)


@given(st.integers(2, 8), st.floats(0.05, 0.95), st.integers(0, 20))
def test_whole_clusters_are_held_out(sessions: int, share: float, seed: int) -> None:
    names = {f"s{n}": str(n % sessions) for n in range(3 * sessions)}
    kept, apart = hold_out(corpus_of(names), share, seed)
    one, other = ({clip.cluster for clip in side.clips} for side in (kept, apart))
    assert not one & other
    assert one | other == set(names.values())
    assert len(other) == min(max(round(share * sessions), 1), sessions - 1)


def test_clusters_that_share_a_speaker_stay_together() -> None:
    clips = [
        Clip(f"{n}.wav", Path("/data"), "sad", who, corpus="calls", cluster=session, digest=str(n))
        for n, (who, session) in enumerate(
            [("anna", "1"), ("ben", "1"), ("ben", "2"), ("carl", "2"), ("dora", "3")]
        )
    ]
    for seed in range(5):
        kept, apart = hold_out(make_corpus("calls", Path("/data"), clips), 0.5, seed)
        sides = [{str(clip.speaker) for clip in side.clips} for side in (kept, apart)]
        assert sorted(sorted(side) for side in sides) == [["anna", "ben", "carl"], ["dora"]]


def test_one_cluster_of_all_cannot_be_divided() -> None:
    with pytest.raises(ConfigurationError, match="or leave out its cluster"):
        hold_out(corpus_of(dict.fromkeys("abcd", "1")), 0.5)


def test_a_cluster_is_another_one_in_another_corpus() -> None:
    assert corpus_of({"anna": "1"}).clips[0].unit != corpus_of({"anna": "1"}, "x").clips[0].unit


def test_clips_of_a_cluster_need_no_speaker() -> None:
    clips = [
        Clip(f"{n}.wav", Path("/data"), "sad", corpus="calls", cluster=str(n % 4), digest=str(n))
        for n in range(12)
    ]
    kept, apart = hold_out(make_corpus("calls", Path("/data"), clips), 0.25)
    assert (len(kept.clips), len(apart.clips)) == (9, 3)
