"""Public corpora are known by how they name their files, and nothing else is taken for one."""

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from sertify.corpora.clips import Corpus
from sertify.corpora.forms.layouts import LAYOUTS, Layout
from sertify.corpora.reading import read_corpus
from sertify.vocabulary.emotions import emotion_of
from sertify.vocabulary.public_corpora import known_corpus, language_of
from tests.meta.trees import by_name, complaint, plant

SHARED = Path(__file__).parents[5] / "shared" / "corpora"


class Fact(NamedTuple):
    label: str | None
    speaker: str
    gender: str
    language: str


# As the corpora are published: path, label, speaker, gender, language.
TREES = {
    "emodb": """
        wav/03a01Fa.wav happiness 03 male de
        wav/08b10Wd.wav anger 08 female de
        wav/16a02Lb.wav boredom 16 female de
        wav/11a05Ec.wav disgust 11 male de
        wav/12a04Ac.wav fear 12 male de
        wav/15b09Ta.wav sadness 15 male de
        wav/09a07Na.wav neutral 09 female de""",
    "ravdess": """
        Actor_01/03-01-01-01-01-01-01.wav neutral Actor_01 male en
        Actor_12/03-01-06-01-02-01-12.wav fear Actor_12 female en
        Actor_24/03-01-08-02-02-02-24.wav surprise Actor_24 female en
        Actor_03/01-01-02-01-01-01-03.wav calm Actor_03 male en
        Actor_03/03-01-03-01-01-01-03.wav happiness Actor_03 male en
        Actor_03/03-01-04-01-01-01-03.wav sadness Actor_03 male en
        Actor_03/03-01-05-01-01-01-03.wav anger Actor_03 male en
        Actor_03/03-01-07-01-01-01-03.wav disgust Actor_03 male en""",
    "crema-d": """
        AudioWAV/1001_DFA_ANG_XX.wav anger 1001 male en
        AudioWAV/1002_IEO_DIS_LO.wav disgust 1002 female en
        AudioWAV/1091_IEO_FEA_HI.wav fear 1091 female en
        AudioWAV/1050_IEO_HAP_MD.wav happiness 1050 male en
        AudioWAV/1089_ITH_NEU_X.wav neutral 1089 female en
        AudioWAV/1090_WSI_SAD_XX.wav sadness 1090 male en""",
    "tess": """
        OAF_angry/OAF_back_angry.wav anger OAF female en
        OAF_neutral/OA_bite_neutral.wav neutral OAF female en
        YAF_pleasant_surprised/YAF_youth_ps.wav pleasant_surprise YAF female en
        YAF_happy/YAF_pass_happy.wav happiness YAF female en
        YAF_disgust/YAF_pass_disgust.wav disgust YAF female en
        YAF_fear/YAF_pass_fear.wav fear YAF female en
        YAF_sad/YAF_pass_sad.wav sadness YAF female en""",
    "savee": """
        DC_a01.wav anger DC male en
        JE/sa15.wav sadness JE male en
        JK_su02.wav surprise JK male en
        KL/n30.wav neutral KL male en
        KL_d03.wav disgust KL male en
        KL_f03.wav fear KL male en
        KL_h03.wav happiness KL male en""",
    "emovo": """
        f1/dis-f1-b1.wav disgust f1 female it
        m3/gio-m3-n5.wav happiness m3 male it
        m3/neu-m3-l4.wav neutral m3 male it
        m3/pau-m3-d1.wav fear m3 male it
        m3/rab-m3-b2.wav anger m3 male it
        m3/sor-m3-b2.wav surprise m3 male it
        m3/tri-m3-b2.wav sadness m3 male it""",
    "urdu": """
        Angry/SM1_F10_A010.wav anger SM1 male ur
        Angry/SM1_F10_A0100.wav anger SM1 male ur
        Happy/SF12_F3_H03.wav happiness SF12 female ur
        Neutral/SM5_F4_N044.wav neutral SM5 male ur
        Sad/SM23_F10_S100.wav sadness SM23 male ur""",
    "shemo": """
        female/F01A01.wav anger F01 female fa
        female/F31F02.wav fear F31 female fa
        male/M56H01.wav happiness M56 male fa
        male/M02N03.wav neutral M02 male fa
        male/M02S111.wav sadness M02 male fa
        male/M02W01.wav surprise M02 male fa""",
    "esd": """
        0001/Angry/0001_000351.wav anger 0001 female zh
        0010/Happy/train/0010_000701.wav happiness 0010 male zh
        0011/Neutral/test/0011_000001.wav neutral 0011 male en
        0020/Sad/evaluation/0020_001051.wav sadness 0020 male en
        0019/Surprise/0019_001750.wav surprise 0019 female en""",
    "iemocap": """
        Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_F000.wav neutral Ses01F female en
        Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_M001.wav frustration Ses01M male en
        Session5/sentences/wav/Ses05M_impro05b/Ses05M_impro05b_MXX0.wav - Ses05M male en
        Session5/sentences/wav/Ses05M_impro05b/Ses05M_impro05b_F002.wav excitement Ses05F female en
        sentences/wav/Ses05M_script01_1b/Ses05M_script01_1b_F002.wav anger Ses05F female en""",
    "nemo": """
        samples/SB0_anger_1.wav anger SB0 None pl
        samples/PE0_fear_12.wav fear PE0 None pl
        samples/KD1_happiness_3.wav happiness KD1 None pl
        samples/KD1_neutral_3.wav neutral KD1 None pl
        samples/KD1_sadness_90.wav sadness KD1 None pl
        samples/KD1_surprised_3.wav surprise KD1 None pl""",
    "turev-db": """
        Sound~Source/Angry/1157_kz_algi.wav anger 1157 None tr
        Sound~Source/Calm/1234_sk_beste.wav calm 1234 None tr
        Sound~Source/Happy/6783_mt_kedi.wav happiness 6783 None tr
        Sound~Source/Sad/7895_hl_zeytin.wav sadness 7895 None tr""",
    "emotiontts": """
        Emotional/plain-to-emotional/ema/wav/ema00001.wav neutral ema female ko
        Emotional/plain-to-emotional/emf/wav/emf00100.wav neutral emf male ko
        Emotional/emotional-to-emotional/nee/wav/nee00101.wav happiness nee female ko
        Emotional/emotional-to-emotional/nek/wav/nek00200.wav happiness nek male ko
        Emotional/emotional-to-emotional/neo/wav/neo00201.wav anger neo male ko
        Emotional/emotional-to-emotional/neo/wav/neo00400.wav sadness neo male ko""",
    "ased": """
        01Neutral/n1-01-01-01-03.wav neutral 03 female am
        02Fearful/f2-07-02-02-65.wav fear 65 male am
        03Happy/h3-02-01-01-10.wav happiness 10 female am
        04Sad/S4-04-02-01-29.wav sadness 29 female am
        05Angry/a5-03-01-02-11.wav anger 11 male am""",
    "baved": """
        0/12-m-21-0-0-183.wav - 12 male ar
        1/3-F-19-2-1-7.wav - 3 female ar
        2/102-M-40-6-2-1935.wav - 102 male ar""",
    "cafe": """
        Colère/Faible/01-C-1-1.wav anger 01 male fr
        Dégoût/Fort/02-D-2-6.wav disgust 02 female fr
        Joie/Fort/11-J-2-3.wav happiness 11 male fr
        Neutre/12-N-1-5.wav neutral 12 female fr
        Peur/Faible/12-P-1-5.wav fear 12 female fr
        Surprise/Faible/12-S-1-5.wav surprise 12 female fr
        Tristesse/Fort/12-T-2-5.wav sadness 12 female fr""",
    "mesd": """
        Anger_C_A_abajo.wav anger C None es
        Disgust_F_B_a_veces.wav disgust F female es
        Fear_M_A_antes.wav fear M male es
        Happiness_M_B_derecha.wav happiness M male es
        Neutral_M_A_basta.wav neutral M male es
        Sadness_M_A_adiós.wav sadness M male es""",
    "subesco": """
        F_01_OISHI_S_1_ANGRY_1.wav anger F_01 female bn
        F_10_TITHI_S_10_DISGUST_5.wav disgust F_10 female bn
        M_01_SHUVO_S_2_FEAR_3.wav fear M_01 male bn
        M_10_RASEL_S_2_HAPPY_3.wav happiness M_10 male bn
        M_10_RASEL_S_2_NEUTRAL_3.wav neutral M_10 male bn
        M_10_RASEL_S_2_SAD_3.wav sadness M_10 male bn
        M_10_RASEL_S_2_SURPRISE_3.wav surprise M_10 male bn""",
    "banglaser": """
        BanglaSER/03-01-01-01-01-01-01.wav happiness 01 male bn
        BanglaSER/03-01-02-02-03-03-34.wav sadness 34 female bn
        BanglaSER/03-01-03-01-03-02-26.wav anger 26 female bn
        BanglaSER/03-01-04-01-02-01-10.wav surprise 10 female bn
        BanglaSER/03-01-05-01-03-01-33.wav neutral 33 male bn""",
    "jl-corpus": """
        JL(wav+txt)/male1_angry_1a_1.wav anger male1 male en
        JL(wav+txt)/female2_sad_15b_2.wav sadness female2 female en
        JL(wav+txt)/female1_neutral_3a_2.wav neutral female1 female en
        JL(wav+txt)/male2_happy_3a_2.wav happiness male2 male en
        JL(wav+txt)/male2_excited_3a_2.wav excitement male2 male en
        JL(wav+txt)/male2_enthusiastic_3a_2.wav enthusiasm male2 male en""",
    "emov-db": """
        bea/Angry/anger_1-28_0001.wav anger bea female en
        jenie/Disgusted/disgust_29-56_0051.wav disgust jenie female en
        sam/Neutral/neutral_1-28_0001.wav neutral sam male en
        josh_Neutral/Neutral_1-28_0002.wav neutral josh male en""",
    "asvp-esd": """
        Audio/actor_11/03-01-01-01-01-11-02-02.wav boredom actor_11 female None
        Audio/actor_12/03-01-02-01-04-12-02-02-01-16.wav neutral actor_12 male None
        Audio/actor_12/03-01-03-02-04-12-02-02-01.wav happiness actor_12 male None
        Audio/actor_100/03-01-04-02-04-100-02-03-01.wav sadness actor_100 male None
        Audio/actor_12/03-01-05-02-04-12-02-02-01.wav anger actor_12 male None
        Audio/actor_12/03-01-06-02-04-12-02-02-01.wav fear actor_12 male None
        Audio/actor_12/03-01-07-02-04-12-02-02-01.wav disgust actor_12 male None
        Audio/actor_12/03-01-08-02-04-12-02-02-01.wav surprise actor_12 male None
        Audio/actor_12/03-01-09-02-04-12-02-02-01-16.wav excitement actor_12 male None""",
    "aesdd": """
        anger/a01~(1).wav anger 1 None el
        disgust/d20~(2).wav disgust 2 None el
        fear/f03~(3).wav fear 3 None el
        happiness/h03~(6).wav happiness 6 None el
        sadness/s03~(4)b.wav sadness 4 None el""",
    "casia": """
        liuchanhg/angry/201.wav anger liuchanhg female zh
        wangzhe/fear/250.wav fear wangzhe male zh
        zhaoquanyin/happy/204.wav happiness zhaoquanyin female zh
        ZhaoZuoxiang/neutral/204.wav neutral ZhaoZuoxiang male zh
        ZhaoZuoxiang/sad/204.wav sadness ZhaoZuoxiang male zh
        ZhaoZuoxiang/surprise/204.wav surprise ZhaoZuoxiang male zh""",
}
TURNS = {
    "Session1": """% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]

[6.2901 - 8.2357]\tSes01F_impro01_F000\tneu\t[2.5000, 2.5000, 2.5000]
C-E2:\tNeutral;\t()
[10.0100 - 11.3925]\tSes01F_impro01_M001\tfru\t[2.5000, 2.5000, 2.5000]
""",
    "Session5": """% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]

[14.8872 - 18.0175]\tSes05M_impro05b_MXX0\txxx\t[2.5000, 3.0000, 2.5000]
[19.2900 - 20.7875]\tSes05M_impro05b_F002\texc\t[2.5000, 3.0000, 2.5000]
[21.2900 - 22.7875]\tSes05M_script01_1b_F002\tang\t[2.5000, 3.0000, 2.5000]
""",
}


def expected(public: str) -> dict[str, Fact]:
    rows = [line.split() for line in TREES[public].strip().splitlines()]
    return {
        name.replace("~", " "): Fact(None if label == "-" else label.replace("_", " "), *rest)
        for name, label, *rest in rows
    }


def grow(root: Path, public: str) -> Path:
    """Write a small tree of a corpus."""
    plant(root, *expected(public))
    if public == "iemocap":
        for session, turns in TURNS.items():
            folder = root / session / "dialog" / "EmoEvaluation"
            folder.mkdir(parents=True)
            (folder / f"Ses0{session[-1]}X_impro01.txt").write_text(turns)
            (folder / "._Ses01F_impro01.txt").write_bytes(b"\0\5\x16\7")
    return root


def facts(corpus: Corpus) -> dict[str, Fact]:
    return {
        clip.name: Fact(clip.label, str(clip.speaker), str(clip.gender), str(clip.language))
        for clip in corpus.clips
    }


NAMED = [layout for layout in LAYOUTS if layout.pattern]


@pytest.mark.parametrize("layout", NAMED, ids=lambda layout: layout.public)
def test_a_corpus_is_known_by_its_names(tmp_path: Path, layout: Layout) -> None:
    public = layout.public
    root = grow(tmp_path / "downloaded", public)
    corpus = read_corpus(root)
    assert facts(corpus) == expected(public)
    assert (corpus.layout, corpus.public) == (layout.name, public)
    assert facts(read_corpus(root, layout=public)) == expected(public)
    assert not any("no known emotion" in warning for warning in corpus.warnings)


def test_each_layout_has_a_tree_of_all_its_labels() -> None:
    for layout in NAMED:
        labels = {fact.label for fact in expected(layout.public).values()} - {None}
        known = {*layout.labels.values()} - {*layout.states}
        assert labels <= known
        assert layout.public == "iemocap" or labels == known


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.public)
def test_the_labels_of_a_layout_are_emotions_or_states(layout: Layout) -> None:
    labels = {*layout.labels.values()}
    assert {label for label in labels if not emotion_of(label)} == {*layout.states}
    assert labels or layout.remark
    assert known_corpus(layout.public) == layout.public
    assert language_of(layout.public) or layout.languages or layout.public == "asvp-esd"
    assert layout.pattern or layout.table


def test_each_layout_is_documented() -> None:
    text = (Path(__file__).parents[4] / "docs" / "corpora.md").read_text("utf-8")
    rows = [line.split(" | ")[:2] for line in text.splitlines() if line.startswith("| `")]
    for layout in LAYOUTS:
        assert [f"| `{layout.public}`", layout.name] in rows


@pytest.mark.parametrize("public", TREES)
def test_the_names_of_one_corpus_are_not_those_of_another(tmp_path: Path, public: str) -> None:
    root = grow(tmp_path, public)
    for other in TREES.keys() - {public}:
        assert "do not match" in complaint(root, layout=other)


@pytest.mark.parametrize(("public", "clips"), [("emodb", 535), ("ravdess", 1440)])
def test_names_and_metadata_of_a_whole_corpus_agree(public: str, clips: int) -> None:
    root = SHARED / public
    if not root.is_dir():
        pytest.skip(f"there is no {root} to compare metadata and names of")
    by_metadata, by_names = read_corpus(root), read_corpus(root / "audio")
    assert (by_metadata.layout, by_names.public) == ("metadata.csv", public)
    assert len(by_names.clips) == clips
    listed = {name.removeprefix("audio/"): fact for name, fact in facts(by_metadata).items()}
    assert listed == facts(by_names)


# ------------------------------------------------------------------ what is left out

SONG = "Actor_01/03-02-03-01-01-01-01.wav"
SILENT = "Actor_01/02-01-03-01-01-01-01.wav"


def test_song_and_pictures_are_left_out(tmp_path: Path) -> None:
    root = plant(grow(tmp_path, "ravdess"), SONG, SILENT)
    for layout in ("auto", "ravdess"):
        corpus = read_corpus(root, layout=layout)
        assert facts(corpus) == expected("ravdess")
        assert corpus.left_out == (("not speech", 2),)
        assert corpus.requested == len(corpus.clips) + 2


def test_whole_dialogues_are_left_out(tmp_path: Path) -> None:
    root = plant(grow(tmp_path, "iemocap"), "Session1/dialog/wav/Ses01F_impro01.wav")
    corpus = read_corpus(root)
    assert facts(corpus) == expected("iemocap")
    assert corpus.left_out == (("whole dialogue", 1),)


def test_a_few_other_names_are_left_out_and_told(tmp_path: Path) -> None:
    names = [
        f"wav/{speaker}a0{n}{code}a.wav" for speaker in (13, 14) for n in range(7) for code in "FW"
    ]
    corpus = read_corpus(plant(tmp_path, *names, "wav/noise.wav"))
    assert len(corpus.clips) == 28
    assert corpus.left_out == (("other name", 1),)
    assert corpus.warnings[0] == "1 file left out, not named as in EmoDB: wav/noise.wav"


def test_the_splits_of_esd_are_read(tmp_path: Path) -> None:
    corpus = read_corpus(grow(tmp_path, "esd"))
    splits = {clip.speaker: clip.split for clip in corpus.clips}
    assert splits == {
        "0001": None,
        "0010": "train",
        "0011": "test",
        "0020": "evaluation",
        "0019": None,
    }


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_the_labels_of_esd_may_be_in_its_texts(tmp_path: Path, encoding: str) -> None:
    root = plant(tmp_path, "0001/0001_000351.wav", "0011/0011_000001.wav", "0011/0011_000002.wav")
    chinese = "0001_000351\t打远一看，\t生气\n"
    (root / "0001" / "0001.txt").write_bytes(chinese.encode(encoding))
    (root / "0011" / "0011.txt").write_text("0011_000001\tThe nine the eggs, I keep.\tNeutral\r\n")
    labels = [clip.label for clip in read_corpus(root).clips]
    assert labels == ["anger", "neutral", None]


# ------------------------------------------------------------------ what is not a corpus

OTHERS = {
    "emodb": ["01a01Fa.wav", "03c01Fa.wav", "03a01Xa.wav", "03a01F.wav"],
    "ravdess": ["03-01-09-01-01-01-01.wav", "03-01-06-01-02-01-25.wav", "03-01-06-01-02-12.wav"],
    "crema-d": ["1092_DFA_ANG_XX.wav", "1001_DFA_SUR_XX.wav", "1001_ANG_XX.wav"],
    "tess": ["OAF_back_calm.wav", "MAF_back_angry.wav", "OAF_angry.wav"],
    "savee": ["AB_a01.wav", "DC_x01.wav", "DCa01.wav"],
    "emovo": ["dis-f4-b1.wav", "fel-f1-b1.wav", "dis_f1_b1.wav"],
    "urdu": ["SX1_F10_A010.wav", "SM1_F10_B010.wav", "SM1_A010.wav"],
    "shemo": ["X01A01.wav", "F01B01.wav", "F1A1.wav"],
    "esd": ["0021_000351.wav", "0001_002351.wav", "001_000351.wav"],
    "iemocap": ["Ses06F_impro01_F000.wav", "Ses01F_impro01_X000.wav", "Ses01F_talk01_F000.wav"],
    "nemo": ["SB_1_anger.wav", "sb0_xx_1.wav", "SB0_1.wav"],
    "turev-db": ["1158_kz_algi.wav", "1157_xx_algi.wav", "1157_kz.wav"],
    "emotiontts": ["emc00001.wav", "ema00000.wav", "ema00401.wav", "ema0001.wav"],
    "ased": ["x1-01-01-01-03.wav", "n1-01-01-03-03.wav", "n1-01-01-01.wav"],
    "baved": ["12-x-21-0-0-183.wav", "12-m-21-7-0-183.wav", "12-m-21-0-3-183.wav"],
    "cafe": ["13-C-1-1.wav", "01-X-1-1.wav", "01-C-3-1.wav", "01-C-1-7.wav"],
    "mesd": ["Bien_C_A_abajo.wav", "Mal_F_C_abajo.wav", "Mal_F_A.wav"],
    "subesco": ["X_01_OISHI_S_1_CRY_1.wav", "F_1_OISHI_S_1_CRY_1.wav", "F_01_OISHI_1_CRY_1.wav"],
    "banglaser": [
        "03-01-06-01-03-01-01.wav",
        "03-01-01-01-04-01-01.wav",
        "03-01-01-01-01-01-35.wav",
    ],
    "jl-corpus": ["male3_shy_1a_1.wav", "male1_shy_1a_1.wav", "male1_1a_1.wav"],
    "emov-db": ["shy_1-28_0001.wav", "bea_1-28_0001.wav", "bea_sam_0001.wav"],
    "asvp-esd": [
        "03-03-01-01-01-11-02-02.wav",
        "03-01-14-01-01-11-02-02.wav",
        "03-01-01-01-01-11.wav",
    ],
    "aesdd": ["a01 (1).wav", "s02 (2).wav"],
    "casia": ["liuchanhg-201.wav", "201.wav", "wangzhe_250.wav"],
}


@pytest.mark.parametrize("public", OTHERS)
def test_names_that_are_nearly_those_of_a_corpus_are_not(tmp_path: Path, public: str) -> None:
    corpus = read_corpus(plant(tmp_path, *OTHERS[public]))
    assert corpus.public is None
    assert re.fullmatch(r"plain files|part -?\d of the names", corpus.layout)
    message = complaint(tmp_path, layout=public)
    name = next(layout.name for layout in LAYOUTS if layout.public == public)
    number = len(OTHERS[public])
    assert f"should be read as {name}, but {number} files of {number} do not match: " in message


def test_folders_that_say_otherwise_are_believed(tmp_path: Path) -> None:
    corpus = read_corpus(plant(tmp_path, "sad/F01A01.wav", "sad/F02S01.wav", "happy/F03H01.wav"))
    assert corpus.layout == "folder per label"
    assert [clip.label for clip in corpus.clips] == ["happy", "sad", "sad"]
    assert corpus.warnings[0] == (
        "3 of 3 files are named as in ShEMO, but 1 clip lies in the folder of another emotion"
        " (sad/F01A01.wav); the names were not used (layout shemo uses them all the same)"
    )


@pytest.mark.parametrize(
    ("names", "numbers"),
    [
        (["F01A01.wav", "F02A02.wav"], "1 label and 2 speakers"),
        (["F01A01.wav", "F01H02.wav"], "2 labels and 1 speaker"),
    ],
)
def test_one_speaker_or_one_label_is_too_little_to_believe(
    tmp_path: Path, names: list[str], numbers: str
) -> None:
    corpus = read_corpus(plant(tmp_path, *names))
    assert corpus.layout == "plain files"
    assert f"that would make {numbers}, where at least 2 of each" in corpus.warnings[0]
    assert read_corpus(tmp_path, layout="shemo").clips[0].label == "anger"


def test_two_corpora_in_one_folder_are_to_be_given_apart(tmp_path: Path) -> None:
    root = grow(grow(tmp_path, "emodb"), "savee")
    assert complaint(root).endswith(
        "--layout unlabelled; files are named as in EmoDB (7) and SAVEE (7), so the names were not"
        " used; give each corpus by itself"
    )


def test_metadata_decides_over_names(tmp_path: Path) -> None:
    root = plant(grow(tmp_path, "emodb"), metadata_csv="file,label\nwav/03a01Fa.wav,sad\n")
    corpus = read_corpus(root)
    assert (corpus.layout, corpus.clips[0].label) == ("metadata.csv", "sad")
    assert facts(read_corpus(root, layout="emodb")) == expected("emodb")
    assert "'wav' (7 clips)" in complaint(root, layout="folders")


def test_an_unknown_layout_names_the_nearest(tmp_path: Path) -> None:
    message = complaint(plant(tmp_path, "a.wav"), layout="ravdes")
    assert message.startswith("--data calls: layout 'ravdes' is unknown; did you mean 'ravdess'?")
    message = complaint(plant(tmp_path, "a.wav"), layout="x")
    assert "known are auto, " in message
    assert "emodb, ravdess, " in message


def test_a_layout_may_be_called_as_people_call_the_corpus(tmp_path: Path) -> None:
    for name in ("EmoDB", "emo-db", "Emo_DB", "Berlin Database of Emotional Speech"):
        assert read_corpus(grow(tmp_path, "emodb"), layout=name).public == "emodb"


def test_files_that_a_mac_leaves_behind_are_no_audio(tmp_path: Path) -> None:
    corpus = read_corpus(plant(tmp_path, "sad/a.wav", "sad/._a.wav", "__MACOSX/sad/._a.wav"))
    assert list(by_name(corpus)) == ["sad/a.wav"]


# ------------------------------------------------------------------ a table of a public corpus


def with_table(root: Path, public: str, **labels: str) -> Path:
    """Write a tree of a corpus, without its annotations, and a table of its files."""
    known = {name: fact.label or "neutral" for name, fact in expected(public).items()}
    rows = [f"{name},{labels.get(label, label)}" for name, label in known.items()]
    return plant(root, *known, metadata_csv="\n".join(["file,label", *rows, ""]))


@pytest.mark.parametrize("public", TREES)
def test_the_files_of_a_table_tell_the_public_corpus(tmp_path: Path, public: str) -> None:
    corpus = read_corpus(with_table(tmp_path / "ours", public))
    assert (corpus.layout, corpus.public) == ("metadata.csv", public)
    assert {clip.speaker for clip in corpus.clips} == {None}


def test_labels_and_languages_stay_those_of_the_table(tmp_path: Path) -> None:
    corpus = read_corpus(with_table(tmp_path, "emodb", happiness="calm"))
    assert by_name(corpus)["wav/03a01Fa.wav"].label == "calm"
    assert {clip.language for clip in corpus.clips} == {"de"}
    other = read_corpus(tmp_path, language="nl", public="savee")
    assert ({clip.language for clip in other.clips}, other.public) == ({"nl"}, "savee")


@pytest.mark.parametrize(
    "names",
    [
        ["03a01Fa", "08a01Wa", "another"],
        ["03a01Fa", "03a01Wa"],
        ["03a01Fa", "08a01Fa"],
        ["sad/03a01Fa", "angry/08a01Wa"],
        ["a", "b"],
    ],
    ids=["another name", "one speaker", "one label", "folders that contradict", "no names"],
)
def test_names_of_a_table_that_may_be_anybodys_are_not_believed(
    tmp_path: Path, names: list[str]
) -> None:
    rows = [f"{name}.wav,{label}" for name, label in zip(names, ["sad", "angry"] * 2, strict=False)]
    corpus = read_corpus(plant(tmp_path, metadata_csv="\n".join(["file,label", *rows])))
    assert (corpus.public, len(corpus.clips)) == (None, len(names))
