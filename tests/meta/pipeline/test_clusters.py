"""What candidates.yaml says that clips are alike by reaches the intervals."""

from pathlib import Path

import pytest

from sertify.candidates.entries import CorpusEntry
from sertify.candidates.reading import Candidate, Suite
from sertify.pipeline.settings import Settings, Source
from sertify.pipeline.speech import read_speech
from sertify.vocabulary.errors import ConfigurationError
from tests.meta.corpora.rows import noises
from tests.meta.trees import plant

ROWS = [f"{n}.wav,{('sad', 'angry')[n % 2]},s{n % 8},{n % 4}" for n in range(16)]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    table = "\n".join(["file,label,speaker,session", *ROWS])
    root = plant(tmp_path, metadata_csv=table)
    noises(root, *(f"{n}.wav" for n in range(16)))
    return Settings(
        candidates=tmp_path / "candidates.yaml", data=(Source("calls", root),), hold_out=0.25
    )


def suite(*cluster: str) -> Suite:
    return Suite((Candidate("x", "org/x"),), corpora={"calls": CorpusEntry(cluster=cluster)})


def test_clips_come_with_their_clusters_and_whole_ones_are_held_out(settings: Settings) -> None:
    speech = read_speech(settings, suite("session"))
    assert speech.judged is not None
    assert speech.confirming is not None
    sides = [{clip.cluster for clip in side.clips} for side in (speech.judged, speech.confirming)]
    assert sorted(map(len, sides)) == [1, 3]
    assert set.union(*sides) == {"0", "1", "2", "3"}


def test_a_column_that_is_not_there_is_told(settings: Settings) -> None:
    with pytest.raises(ConfigurationError, match=r"corpora\.calls\.cluster is 'sesion', but"):
        read_speech(settings, suite("sesion"))
