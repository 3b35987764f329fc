"""Public corpora as people have them after the download: cloned, nested, with tables, mixed."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from sertify.corpora.media import can_decode_media
from tests.meta.corpora.rows import Row, check, noise, noises

Write = Callable[[Path], None]


def files(*names: str) -> Write:
    return lambda root: noises(root, *names)


def inside(root: Path, folder: str, write: Write) -> Path:
    """Write into a folder, and give that."""
    write(root / folder)
    return root / folder


def table(separator: str, *rows: str) -> str:
    return "".join(row.replace(" ", separator).replace("~", " ") + "\n" for row in rows)


def both(*writes: Write) -> Write:
    def write(root: Path) -> None:
        for one in writes:
            one(root)

    return write


def at(name: str, text: str) -> Write:
    """Return what writes a text into a file."""

    def write(root: Path) -> None:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    return write


CREMA = ("1001_DFA_ANG_XX", "1002_IEO_DIS_LO", "1091_IEO_FEA_HI", "1050_IEO_SAD_MD")


def crema_d(root: Path) -> None:
    """Write it as cloned, with the tables of the repository."""
    for name in CREMA:
        noise(root / "AudioWAV" / f"{name}.wav")
        noise(root / "AudioMP3" / f"{name}.mp3")
        (root / "VideoFlash").mkdir(exist_ok=True)
        (root / "VideoFlash" / f"{name}.flv").write_bytes(b"FLV\x01")
    (root / "SentenceFilenames.csv").write_text(
        "Stimulus_Number,Filename\n" + "".join(f"{i},{name}\n" for i, name in enumerate(CREMA))
    )
    (root / "VideoDemographics.csv").write_text("ActorID,Age,Sex,Race,Ethnicity\n1001,51,Male,,\n")


TESS = ("OAF_{}/OAF_back_{}.wav", "YAF_{}/YAF_back_{}.wav")


def tess(root: Path, *below: str) -> None:
    for folder in below:
        for name in TESS:
            for word in ("angry", "fear", "sad"):
                noise(root / folder / name.format(word, word), seed=name.format(word, word))


MSP = table(
    ",",
    "FileName EmoClass EmoAct EmoVal EmoDom SpkrID Gender Split_Set",
    "MSP-PODCAST_0001_0008.wav A 5.1 2.0 5.0 127 Female Train",
    "MSP-PODCAST_0001_0019.wav N 3.1 4.0 4.0 127 Female Test1",
    "MSP-PODCAST_0002_0033.wav U 4.1 4.0 4.0 Unknown Unknown Development",
    "MSP-PODCAST_0002_0051.wav C 4.1 4.0 4.0 9 Male Test2",
    "MSP-PODCAST_0002_0059.wav X 4.1 4.0 4.0 9 Male Test2",
    "MSP-PODCAST_0003_0001.wav H 4.1 4.0 4.0 9 Male Test2",
)
MSP_AUDIO = [
    f"Audios/MSP-PODCAST_{name}.wav"
    for name in ("0001_0008", "0001_0019", "0002_0033", "0002_0051", "0002_0059")
]
HEAD = "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season\n"


def meld(*splits: str, ending: str = ".wav", folders: bool = True) -> Write:
    """Return what writes the same dialogues in each split, as MELD numbers them."""
    places = {"train": "train_splits", "dev": "dev_splits_complete"}
    places["test"] = "output_repeated_splits_test"
    emotions = {"train": ("joy", "anger"), "dev": ("neutral", "sadness"), "test": ("fear", "joy")}

    def write(root: Path) -> None:
        for split in splits:
            rows = [
                f'{i},"Well, that is it",{speaker},{emotion},neutral,0,{i},3\n'
                for i, (speaker, emotion) in enumerate(
                    zip(("Joey", "Monica"), emotions[split], strict=True)
                )
            ]
            (root / f"{split}_sent_emo.csv").write_text(HEAD + "".join(rows), "utf-8")
            for i in range(2):
                folder = root / places[split] if folders else root / "wav"
                path = folder / f"dia0_utt{i}{ending}"
                if ending == ".wav":
                    noise(path)
                else:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(b"\0\0\0\x18ftypmp42")

    return write


DUSHA = [
    # Two of three heard anger, and so on; the last two are even.
    ("a1", "angry", "angry", "7"),
    ("a1", "angry", "angry", "7"),
    ("a1", "sad", "angry", "7"),
    ("b2", "positive", "positive", "8"),
    ("c3", "neutral", "sad", "8"),
    ("d4", "sad", "sad", "9"),
    ("d4", "neutral", "sad", "9"),
]


def dusha(ending: str) -> Write:
    columns = ("hash_id", "audio_path", "annotator_emo", "speaker_emo", "source_id")
    rows = [(name, f"wavs/{name}.wav", *rest) for name, *rest in DUSHA]
    if ending == "tsv":
        text = "".join("\t".join(row) + "\n" for row in [columns, *rows])
    else:
        objects = (dict(zip(columns, row, strict=True)) for row in rows)
        text = "".join(json.dumps(one) + "\n" for one in objects)

    def write(root: Path) -> None:
        noises(root / "crowd_test" / "wavs", "a1.wav", "b2.wav", "c3.wav", "d4.wav")
        (root / "crowd_test" / f"raw_crowd_test.{ending}").write_text(text, "utf-8")

    return write


NEMO = table(
    "\t",
    "file_id emotion raw_text normalized_text speaker_id gender age",
    "SB0_anger_1.wav anger Ala~ma,~kota. ala~ma~kota SB0 female 24",
    "PE1_fear_1.wav fear Ala~ma~kota. ala~ma~kota PE1 male 25",
    "PE1_surprised_2.wav surprised Nie. nie PE1 male 25",
)
SAMPLES = table(
    ",",
    "file_name timestamp actor emotion_expressed sentence",
    "1.wav 2021 ada joy Vorrei~il~numero",
    "2.wav 2021 ada neutrality Vorrei",
    "3.wav 2021 bo disgust Vorrei",
)


def four_in_one(root: Path) -> None:
    noises(root / "Crema", *(f"{name}.wav" for name in CREMA))
    noises(
        root / "Ravdess" / "audio_speech_actors_01-24",
        "Actor_01/03-01-05-01-01-01-01.wav",
        "Actor_02/03-01-04-01-01-01-02.wav",
        "Actor_02/03-01-08-01-01-01-02.wav",
    )
    noises(root / "Savee", "DC_a01.wav", "JE_sa01.wav", "KL_n01.wav")
    tess(root, "Tess")


SHARED = [
    f"Actor_{actor}/03-01-{emotion}-01-01-01-{actor}.wav"
    for actor in ("01", "02")
    for emotion in ("01", "03", "05")
]
ASVP = "Audio/actor_{}/03-01-{}-01-04-{}-02-02-01.wav"
JL = "Raw JL corpus/JL(wav+txt)/{}_{}_1a_1.wav"

ROWS = [
    Row(
        "CREMA-D as cloned",
        crema_d,
        "CREMA-D",
        4,
        {"anger": 1, "disgust": 1, "fear": 1, "sadness": 1},
        speakers=frozenset({"1001", "1002", "1050", "1091"}),
        left_out={"same recording": 4},
        says=(
            "4 files hold a recording that is there in another file, too: AudioMP3/1001_DFA_ANG_XX",
        ),
        quiet=("byte-identical",),
    ),
    Row(
        "TESS, whose archive has itself inside",
        lambda root: tess(root, "TESS data", "TESS data/TESS data"),
        "TESS",
        6,
        {"anger": 2, "fear": 2, "sadness": 2},
        left_out={"same recording": 6},
        quiet=("byte-identical",),
    ),
    Row(
        "TESS divided into train and test",
        both(
            files(*(f"train/{TESS[0].format(w, w)}" for w in ("angry", "fear"))),
            files(*(f"test/{TESS[1].format(w, w)}" for w in ("angry", "fear"))),
        ),
        "TESS",
        2,
        {"anger": 1, "fear": 1},
        speakers=frozenset({"YAF"}),
        left_out={"other split": 2},
        options={"split": "test"},
    ),
    Row(
        "RAVDESS, whose archive has all actors twice",
        files(
            *(f"{above}{name}" for above in ("", "audio_speech_actors_01-24/") for name in SHARED)
        ),
        "RAVDESS",
        6,
        {"neutral": 2, "happiness": 2, "anger": 2},
        left_out={"same recording": 6},
        says=(
            "files are named as in RAVDESS, but as in BanglaSER as well; .* give layout banglaser",
        ),
    ),
    Row(
        "RAVDESS with the films and their sound",
        files(
            *(f"sound/{name}" for name in SHARED),
            *(f"films/{name.replace('/03-', '/01-')}" for name in SHARED),
            *(f"films/{name.replace('/03-', '/02-')}" for name in SHARED[:2]),
        ),
        "RAVDESS",
        6,
        {"neutral": 2, "happiness": 2, "anger": 2},
        left_out={"same recording": 6, "not speech": 2},
    ),
    Row(
        "names that RAVDESS has as well, in a folder called BanglaSER",
        lambda root: inside(root, "BanglaSER", files(*SHARED)),
        "BanglaSER",
        6,
        {"happiness": 2, "anger": 2, "neutral": 2},
        says=("files are named as in BanglaSER, but as in RAVDESS as well",),
    ),
    Row(
        "names that RAVDESS has as well, said to be BanglaSER",
        files(*SHARED),
        "BanglaSER",
        6,
        {"happiness": 2, "anger": 2, "neutral": 2},
        options={"layout": "banglaser"},
    ),
    Row(
        "TurEV-DB as cloned",
        files(
            "Sound Source/Angry/1157_kz_algi.wav",
            "Sound Source/Sad/7895_hl_zeytin.wav",
            "Model Output for Test Data/testEmotions500HighPass/sound/Angry/1157_kz_algi.wav",
        ),
        "TurEV-DB",
        2,
        {"anger": 1, "sadness": 1},
        left_out={"filtered copy": 1},
    ),
    Row(
        "EmotionTTS with what has no acted emotion",
        files(
            "Emotional/plain-to-emotional/ema/wav/ema00001.wav",
            "Emotional/plain-to-emotional/emf/wav/emf00201.wav",
            "Main/main/kih/wav/kih00001.wav",
            "Personality/pfa/wav/pfa00001.wav",
        ),
        "EmotionTTS Open DB",
        2,
        {"neutral": 1, "anger": 1},
        left_out={"no acted emotion": 2},
    ),
    Row(
        "JL corpus with its secondary emotions",
        files(
            *(JL.format(who, word) for who in ("male1", "female2") for word in ("angry", "sad")),
            *(JL.format("male1", word) for word in ("anxious", "encouraging", "concerned")),
        ),
        "JL corpus",
        4,
        {"anger": 2, "sadness": 2},
        left_out={"label that is no emotion": 3},
        says=("3 clips left out: label that is no emotion: 'anxious'",),
    ),
    Row(
        "EmoV-DB, sorted",
        files(
            "bea/Angry/anger_1-28_0001.wav",
            "bea/Sleepy/sleepiness_1-28_0001.wav",
            "josh/Amused/amused_1-28_0001.wav",
            "josh/Neutral/neutral_1-28_0001.wav",
            "jenie/Neutral/neutral_1-28_0001.wav",
        ),
        "EmoV-DB",
        3,
        {"anger": 1, "neutral": 2},
        speakers=frozenset({"bea", "josh", "jenie"}),
        left_out={"label that is no emotion": 2},
    ),
    Row(
        "ASVP-ESD with cries and laughs",
        files(
            ASVP.format(1, "03", "01"),
            ASVP.format(2, "05", "02"),
            ASVP.format(2, "11", "02"),
            "Audio/actor_2/03-02-03-01-04-02-02-02-01.wav",
        ),
        "ASVP-ESD",
        2,
        {"happiness": 1, "anger": 1},
        left_out={"not speech": 1, "label that is no emotion": 1},
    ),
    Row(
        "BAVED, which tells no emotions",
        files("0/12-m-21-0-0-183.wav", "1/3-f-19-2-1-7.wav", "2/3-f-19-2-2-8.wav"),
        "BAVED",
        3,
        {"": 3},
        speakers=frozenset({"12", "3"}),
        says=("BAVED tells how strong an emotion is .* its clips have no labels",),
    ),
    Row(
        "CaFE in 192 kHz and 48 kHz",
        files(
            "CaFE_48k/Colère/Fort/01-C-2-1.wav",
            "CaFE_192k/Colère/Fort/01-C-2-1.aiff",
            "CaFE_48k/Neutre/02-N-1-1.wav",
        ),
        "CaFE",
        2,
        {"anger": 1, "neutral": 1},
        left_out={"same recording": 1},
    ),
    Row(
        "CASIA, whose numbers begin anew in each folder",
        files(
            *(f"{who}/{of}/201.wav" for who in ("wangzhe", "liuchanhg") for of in ("sad", "fear"))
        ),
        "CASIA",
        4,
        {"sadness": 2, "fear": 2},
        speakers=frozenset({"wangzhe", "liuchanhg"}),
        left_out={},
    ),
    Row(
        "MSP-Podcast",
        both(files(*MSP_AUDIO), at("Labels/labels_consensus.csv", MSP)),
        "MSP-Podcast, labels_consensus.csv",
        5,
        {"anger": 1, "neutral": 1, "surprise": 1, "contempt": 1, "": 1},
        speakers=frozenset({"127", "9"}),
        left_out={"listed, but not there": 1},
        says=("1 clip that labels_consensus.csv lists is not there: MSP-PODCAST_0003_0001",),
    ),
    Row(
        "MSP-Podcast of earlier releases, whose table is misspelt, one split",
        both(files(*MSP_AUDIO), at("Labels/labels_concensus.csv", MSP)),
        "MSP-Podcast, labels_concensus.csv",
        1,
        {"anger": 1},
        options={"split": "train"},
    ),
    Row(
        "MSP-Podcast without audio",
        both(files("noise.wav"), at("Labels/labels_consensus.csv", MSP)),
        refused=r"--data PATH: should be read as MSP-Podcast, but has no table labels_consensus.csv"
        r" or labels_concensus.csv, with FileName, EmoClass .* no file of its 6 rows is there",
        options={"layout": "msp-podcast"},
    ),
    Row(
        "a table that is called like that of MSP-Podcast and is another",
        both(files("sad/a.wav", "angry/b.wav"), at("labels_consensus.csv", "x,y\n1,2\n")),
        "folder per label",
        2,
        {"sadness": 1, "anger": 1},
    ),
    Row(
        "MELD, whose films were made .wav",
        meld("train", "dev", "test"),
        "MELD, dev_sent_emo.csv, test_sent_emo.csv, train_sent_emo.csv",
        6,
        {"happiness": 2, "anger": 1, "neutral": 1, "sadness": 1, "fear": 1},
        speakers=frozenset({"Joey", "Monica"}),
        labels={
            "train_splits/dia0_utt0.wav": "happiness",
            "train_splits/dia0_utt1.wav": "anger",
            "dev_splits_complete/dia0_utt0.wav": "neutral",
            "dev_splits_complete/dia0_utt1.wav": "sadness",
            "output_repeated_splits_test/dia0_utt0.wav": "fear",
            "output_repeated_splits_test/dia0_utt1.wav": "happiness",
        },
        left_out={},
    ),
    Row(
        "MELD, one split",
        meld("train", "dev", "test"),
        clips=2,
        emotions={"neutral": 1, "sadness": 1},
        options={"split": "validation"},
    ),
    Row(
        "MELD, only one split of it, in a folder of another name",
        meld("dev", folders=False),
        "MELD, dev_sent_emo.csv",
        2,
        {"neutral": 1, "sadness": 1},
    ),
    Row(
        "MELD, two splits in one folder, where names do not tell them apart",
        meld("train", "dev", folders=False),
        refused="should be read as MELD, .*no file of its 4 rows is there",
        options={"layout": "meld"},
    ),
    Row(
        "MELD of which one split's sound is there",
        both(meld("dev"), at("train_sent_emo.csv", HEAD + "1,x,Joey,joy,neutral,0,0,3\n")),
        clips=2,
        emotions={"neutral": 1, "sadness": 1},
        left_out={"listed, but not there": 1},
        says=(
            "1 clip that dev_sent_emo.csv, train_sent_emo.csv lists is not there: train dia0_utt0",
        ),
    ),
    Row(
        "MELD, whose films are as they were",
        meld("train", "dev", ending=".mp4"),
        **(
            {"clips": 4, "emotions": {"happiness": 1, "anger": 1, "neutral": 1, "sadness": 1}}
            if can_decode_media()
            else {"refused": r"4 \.mp4.* is of MELD, but no file of its 4 rows is there"}
        ),
    ),
    Row(
        "Emozionalmente",
        both(
            files("audio/1.wav", "audio/2.wav", "audio/3.wav", "audio/4.wav"),
            at("metadata/samples.csv", SAMPLES),
            at("metadata/users.csv", "username,age,gender\nada,30,f\n"),
        ),
        "Emozionalmente, samples.csv",
        3,
        {"happiness": 1, "neutral": 1, "disgust": 1},
        speakers=frozenset({"ada", "bo"}),
        left_out={"not listed": 1},
    ),
    Row(
        "a samples.csv of something else",
        both(
            files("sad/a.wav", "angry/b.wav"), at("metadata/samples.csv", "file_name,size\na,1\n")
        ),
        "folder per label",
        2,
        {"sadness": 1, "anger": 1},
    ),
    Row(
        "a samples.csv of something else, which is broken",
        both(files("sad/a.wav", "angry/b.wav"), at("metadata/samples.csv", 'a,"b\n1,2,3\n\0')),
        "folder per label",
        2,
        {"sadness": 1, "anger": 1},
    ),
    *(
        Row(
            f"Dusha, .{ending}",
            dusha(ending),
            f"Dusha, raw_crowd_test.{ending}",
            3,
            {"anger": 1, "happiness": 1, "neutral": 1},
            speakers=frozenset({"7", "8"}),
            left_out={"no majority": 1},
            says=(
                f"labels are what most votes say: annotator_emo in raw_crowd_test.{ending}",
                "1 clip left out: no majority, as many votes say two things: .*d4.wav",
            ),
            options={"split": "test"},
        )
        for ending in ("tsv", "jsonl")
    ),
    Row(
        "nEMO as cloned",
        both(
            files(*(f"samples/{n}.wav" for n in ("SB0_anger_1", "PE1_fear_1", "PE1_surprised_2"))),
            at("data.tsv", NEMO),
        ),
        "nEMO, data.tsv",
        3,
        {"anger": 1, "fear": 1, "surprise": 1},
        speakers=frozenset({"SB0", "PE1"}),
    ),
    Row(
        "four corpora in one archive",
        four_in_one,
        refused=r"--data PATH: holds 4 public corpora, and a model may know one of them and not the"
        r" others; give each by itself: --data crema-d=PATH/Crema --data ravdess=PATH/Ravdess"
        r" --data savee=PATH/Savee --data tess=PATH/Tess$",
    ),
    Row(
        "four corpora in one archive, below a folder of its own",
        lambda root: four_in_one(root / "archive"),
        refused="--data crema-d=PATH/archive/Crema --data ravdess=PATH/archive/Ravdess",
    ),
    Row(
        "one of four corpora",
        lambda root: inside(root, "Savee", files("DC_a01.wav", "JE_sa01.wav", "KL_n01.wav")),
        "SAVEE",
        3,
        {"anger": 1, "sadness": 1, "neutral": 1},
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_public_corpus_as_people_have_it(tmp_path: Path, row: Row) -> None:
    check(row, tmp_path)
