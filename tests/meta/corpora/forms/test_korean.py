"""Korean corpora as they are downloaded: votes in a table, a JSON file for each recording."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from sertify.corpora.reading import read_corpus
from tests.meta.corpora.rows import Row, check, noise, noises

# ------------------------------------------------------------------ a table of five votes

HEADER = (
    "wav_id,발화문,상황,1번 감정,1번 감정세기,2번 감정,2번 감정세기,3번 감정,3번 감정세기,"
    "4번 감정,4번감정세기,5번 감정,5번 감정세기,나이,성별"
)
FIVE = {
    "5e258fd1305bcf3ad153a6a4": ["Angry", "Angry", "Disgust", "Angry", "Neutral"],
    "5e258fe2305bcf3ad153a6a5": ["Happiness"] * 5,
    "5e258ff8305bcf3ad153a6a6": ["Sadness", "Sadness", "Fear", "Fear", "Neutral"],
}


def five_votes(
    encoding: str, ending: str = ".wav", table: str = "4차년도.csv"
) -> Callable[[Path], None]:
    def write(root: Path) -> None:
        lines = [HEADER]
        for place, (name, votes) in enumerate(FIVE.items()):
            noise(root / "4차년도" / f"{name}{ending}")
            pairs = ",".join(f"{vote},{strength}" for strength, vote in enumerate(votes))
            lines.append(f'{name},"네, 그래요",anger,{pairs},{20 + place},남')
        (root / table).write_text("\n".join([*lines, ""]), encoding)

    return write


FIVE_SAID = Row(
    "",
    five_votes("cp949"),
    layout="4차년도.csv",
    emotions={"anger": 1, "happiness": 1},
    left_out={"no majority": 1},
    says=(r"labels are what most votes say: 1번 감정, 2번 감정, 3번 감정",),
    quiet=("may hold labels",),
)

# ------------------------------------------------------------------ one JSON file a recording


def recordings(
    make: Callable[[str, str], Any],
    labels: str = "{}",
    audio: str = "{}",
    encoding: str = "utf-8",
) -> Callable[[Path], None]:
    """Write a recording for each emotion, and the JSON file that tells of it."""

    def write(root: Path) -> None:
        for place, emotion in enumerate(("angry", "sad", "happy", "neutral")):
            stem = f"0005_G1A3E7_KYG_00000{place}"
            noise(root / audio.format(f"{stem}.wav"))
            path = root / labels.format(f"{stem}.json")
            path.parent.mkdir(parents=True, exist_ok=True)
            text = json.dumps(make(emotion, stem), ensure_ascii=False)
            path.write_text(text, encoding)

    return write


def synthesis(emotion: str, stem: str) -> Any:
    return {
        "기본정보": {"NumberOfSpeaker": "0005", "NumberOfUtterance": 100},
        "화자정보": {"SpeakerName": "KYG", "Gender": "Female", "Emotion": emotion.title()},
        "전사정보": {"TransLabelText": "안녕하세요.", "OrgLabelText": "안녕하세요."},
        "파일정보": {"FileName": f"{stem}.wav", "FileLength": "3.5"},
    }


def korean(emotion: str, stem: str) -> Any:
    names = {"angry": "분노", "sad": "슬픔", "happy": "기쁨", "neutral": "중립"}
    return {
        "파일명": f"{stem}.wav",
        "화자정보": {"화자": "가", "성별": "여"},
        "감정": names[emotion],
    }


def inside(emotion: str, _: str) -> Any:
    return {"dialog": {"emotion": {"type": emotion, "id": "E18"}, "speaker": {"id": "x"}}}


def flat(emotion: str, _: str) -> Any:
    return {"emotion": emotion, "speaker": "anna", "gender": "F", "text": "x" * 5000}


def voted(emotion: str, _: str) -> Any:
    return {"annotation": {"annotator_1": emotion, "annotator_2": emotion, "annotator_3": "fear"}}


def of_recognition(emotion: str, stem: str) -> Any:
    return {"file": f"{stem}.wav", "text": emotion}


ALL = {"anger": 1, "sadness": 1, "happiness": 1, "neutral": 1}
TL = "01.Data/1.Training/LabelingData/TL1/1.Emotion/{}"
TS = "01.Data/1.Training/SourceData/TS1/1.Emotion/{}"


def dialogue(root: Path) -> None:
    """Write two dialogues, whose turns are told with times, as in free dialogue with emotions."""
    for number, name in enumerate(("D60_J01", "D60_J02")):
        noise(root / "원천데이터" / f"{name}.wav", seconds=3)
        turns = [
            ("1", "0.00", "1.0", "기쁨"),
            ("2", "1.00", "1.75", "슬픔"),
            ("1", "2", "3", "화남"),
        ]
        document = {
            "File": {"FileName": name},
            "Speaker": [{"SpeakerNo": "1", "Gender": "여"}, {"SpeakerNo": "2", "Gender": "남"}],
            "Conversation": [
                {
                    "TextNo": str(place),
                    "SpeakerNo": speaker,
                    "StartTime": start,
                    "EndTime": end,
                    "SpeakerEmotionTarget": "놀라움",
                    "VerifyEmotionTarget": emotion,
                }
                for place, (speaker, start, end, emotion) in enumerate(turns)
            ],
        }
        path = root / "라벨링데이터" / f"{name}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(document, ensure_ascii=False), "cp949" if number else "utf-8")


def numbered_for_each_speaker(root: Path) -> None:
    """Write recordings that are numbered from 1 for each speaker of each part."""
    for part in ("1.Training", "2.Validation"):
        for speaker, emotion in (("s1", "angry"), ("s2", "sad")):
            noise(root / part / "source" / speaker / "0001.wav")
            path = root / part / "labels" / speaker / "0001.json"
            path.parent.mkdir(parents=True)
            path.write_text(json.dumps({"emotion": emotion, "speaker": speaker}))


def with_strays(root: Path) -> None:
    recordings(flat)(root)
    noise(root / "alone.wav")
    (root / "extra.json").write_text("{}")
    (root / "0005_G1A3E7_KYG_000000.json").write_text("{broken")


def nested_without_end(root: Path) -> None:
    recordings(flat)(root)
    (root / "0005_G1A3E7_KYG_000000.json").write_text("[" * 100_000)


# ------------------------------------------------------------------ KEMDy

Said = Mapping[str, Sequence[str]]
UPPER = "Numb,Wav,,Segment ID,Total Evaluation,,,Eval01,,,Eval02,,,Eval03,,"
LOWER = ",Start,End,,Emotion,Valence,Arousal" + ",Emotion,Valence,Arousal" * 3
SEGMENTS: Said = {
    "Sess01_script01_User001F_001": ["neutral", "neutral", "happy"],
    "Sess01_script01_User002M_001": ["angry", "disqust", "disqust"],
    "Sess01_script02_User001F_002": ["sad", "happy", "neutral"],
}


def session(path: Path, segments: Said, total: Callable[[Sequence[str]], str] = ";".join) -> None:
    lines = [UPPER, LOWER]
    for number, (segment, votes) in enumerate(segments.items(), start=1):
        said = ",".join(f"{vote},3,4" for vote in votes)
        lines.append(f"{number},0.0,1.5,{segment},{total(votes)},3.1,3.3,{said}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([*lines, ""]), "utf-8-sig")


def kemdy20(root: Path) -> None:
    session(root / "annotation" / "Sess01_eval.csv", SEGMENTS)
    noises(root, *(f"wav/Session01/{segment}.wav" for segment in SEGMENTS))


PAIR: Said = {
    "Sess02_impro01_F001": ["happy", "happy", "sad"],
    "Sess02_impro01_M001": ["sad", "sad", "sad"],
}


def kemdy19(root: Path) -> None:
    noises(root, *(f"wav/Session02/Sess02_impro01/{segment}.wav" for segment in PAIR))
    session(root / "annotation" / "Session02_F_res.csv", PAIR)
    session(
        root / "annotation" / "Session02_M_res.csv", {**PAIR, "Sess02_impro01_F001": ["fear"] * 3}
    )


def without_emotions(root: Path) -> None:
    kemdy20(root)
    path = root / "annotation" / "Sess01_eval.csv"
    path.write_text(path.read_text("utf-8-sig").replace("Emotion", "Feeling"))


ROWS = [
    Row(**vars(FIVE_SAID) | {"name": "five-votes-cp949"}),
    Row(**vars(FIVE_SAID) | {"name": "five-votes-utf-8", "write": five_votes("utf-8-sig")}),
    Row(
        "five-votes-with-a-label-map",
        five_votes("cp949"),
        emotions={"anger": 1, "happiness": 1, "fear": 1},
        options={"label_map": {"sadness": "fear"}},
    ),
    Row(
        "json-of-synthesis",
        recordings(synthesis, TL, TS),
        layout="JSON of each recording",
        emotions=ALL,
        speakers=frozenset({"KYG"}),
    ),
    Row(
        "json-of-synthesis-split",
        recordings(synthesis, TL, TS),
        clips=4,
        options={"split": "train"},
    ),
    Row("json-in-korean", recordings(korean), emotions=ALL, speakers=frozenset({"가"})),
    Row("json-in-cp949", recordings(korean, encoding="cp949"), emotions=ALL),
    Row("json-in-an-object", recordings(inside), emotions=ALL),
    Row("json-flat", recordings(flat), emotions=ALL, speakers=frozenset({"anna"})),
    Row("json-of-votes", recordings(voted), emotions=ALL, says=("what most votes say",)),
    Row("json-in-another-folder", recordings(flat, "labels/{}", "audio/{}"), emotions=ALL),
    Row(
        "json-of-recognition",
        recordings(of_recognition, audio="angry/{}"),
        layout="folder per label",
        says=(r"4 JSON files not read: none tells an emotion",),
    ),
    Row(
        "json-of-turns",
        dialogue,
        clips=6,
        emotions={"happiness": 2, "sadness": 2, "anger": 2},
        speakers=frozenset({"D60_J01/1", "D60_J01/2", "D60_J02/1", "D60_J02/2"}),
    ),
    Row(
        "json-that-is-broken-and-strays",
        with_strays,
        clips=3,
        left_out={"not listed": 2},
        says=(
            r"1 file not read, no JSON: 0005_G1A3E7_KYG_000000.json",
            r"1 JSON file not read, as no recording is called like it: extra.json",
        ),
    ),
    Row(
        "json-numbered-for-each-speaker",
        numbered_for_each_speaker,
        layout="JSON of each recording",
        labels={
            f"{part}/source/{speaker}/0001.wav": emotion
            for part in ("1.Training", "2.Validation")
            for speaker, emotion in (("s1", "angry"), ("s2", "sad"))
        },
        quiet=("not read",),
    ),
    Row("json-nested-without-end", nested_without_end, clips=3),
    Row(
        "kemdy20",
        kemdy20,
        layout="KEMDy20",
        labels={
            "wav/Session01/Sess01_script01_User001F_001.wav": "neutral",
            "wav/Session01/Sess01_script01_User002M_001.wav": "disgust",
        },
        left_out={"no majority": 1},
        speakers=frozenset({"User001F", "User002M"}),
        says=(r"(?m)^\d+ (?:of \d+ )?names (?:is|are) found",),
    ),
    Row(
        "kemdy19-each-table-is-of-one-speaker",
        kemdy19,
        layout="KEMDy19",
        emotions={"happiness": 1, "sadness": 1},
        speakers=frozenset({"Sess02_F", "Sess02_M"}),
    ),
    Row(
        "kemdy-without-emotions",
        without_emotions,
        refused="Sess01_eval.csv: has no column Emotion above its segments",
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_korean_corpora(tmp_path: Path, row: Row) -> None:
    check(row, tmp_path)


def test_kemdy_is_known_and_has_genders_sessions_and_a_language(tmp_path: Path) -> None:
    kemdy20(tmp_path)
    corpus = read_corpus(tmp_path, cluster=("session",))
    facts = {(clip.gender, clip.language, clip.cluster) for clip in corpus.clips}
    assert corpus.public == "kemdy20"
    assert facts == {("female", "ko", "Sess01"), ("male", "ko", "Sess01")}
    assert sum(times for _, times in corpus.ballots) == 3


def test_the_turns_of_a_dialogue_are_stretches(tmp_path: Path) -> None:
    dialogue(tmp_path)
    names = sorted(clip.name for clip in read_corpus(tmp_path).clips)
    assert names[:3] == [f"원천데이터/D60_J01.wav#t={cut}" for cut in ("0,1", "1,1.75", "2,3")]
