"""Public corpora that say in their file names who speaks with which emotion.

Each row of `LAYOUTS` holds what the corpus's own documentation says of its names. Labels are in
the words of the taxonomy.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from sertify.corpora.forms.roles import GENDERS

_Codes = Mapping[str, str]


@dataclass(frozen=True)
class Layout:
    """How a corpus names its files.

    Parameters
    ----------
    public
        Its canonical name in `sertify.vocabulary.public_corpora`.
    pattern
        What a path, relative to the corpus and without its ending, matches as a whole. Its groups
        are ``label``, ``speaker``, ``gender``, ``split`` and whatever `speaker` needs.
    labels
        The label by its code in the path or in the annotations; a code that is not here is none.
    genders
        By the group ``gender``, or by ``speaker`` where there is none.
    languages
        By the group ``speaker``; needed only where a corpus has several.
    speaker
        How the name of a speaker is made of the groups.
    excluded
        Pattern of names to leave out, with the reason; it matches as a whole, too.
    annotations
        Glob of the text files that have the labels which are not in the path.
    line
        What is searched in them: groups ``name`` (that of a file without its ending), ``label``.
    """

    name: str
    public: str
    pattern: re.Pattern[str]
    labels: _Codes
    genders: _Codes
    languages: _Codes = field(default_factory=dict)
    speaker: str = "{speaker}"
    excluded: tuple[re.Pattern[str], str] | None = None
    annotations: str = ""
    line: re.Pattern[str] | None = None


def _path(pattern: str) -> re.Pattern[str]:
    # Lazily, so that a folder which a group asks for is left to it.
    return re.compile(rf"(?:.*?/)??{pattern}", re.DOTALL)


def _all(names: str, value: str) -> dict[str, str]:
    return dict.fromkeys(names.split(), value)


_LETTERS = {letter.upper(): gender for letter, gender in GENDERS.items()}

# Of VideoDemographics.csv, which comes with the corpus.
_CREMA_D_WOMEN = (
    "1002 1003 1004 1006 1007 1008 1009 1010 1012 1013 1018 1020 1021 1024 1025 1028 1029 1030 "
    "1037 1043 1046 1047 1049 1052 1053 1054 1055 1056 1058 1060 1061 1063 1072 1073 1074 1075 "
    "1076 1078 1079 1082 1084 1089 1091"
)
_CREMA_D = _all(" ".join(map(str, range(1001, 1092))), "male") | _all(_CREMA_D_WOMEN, "female")

_ESD_WOMEN = "0001 0002 0003 0007 0009 0015 0016 0017 0018 0019"
_ESD = _all(" ".join(f"{n:04}" for n in range(1, 21)), "male") | _all(_ESD_WOMEN, "female")

LAYOUTS = (
    Layout(
        "EmoDB",
        "emodb",
        _path(r"(?P<speaker>03|08|09|1[0-6])[ab]\d\d(?P<label>[AEFLNTW])[a-z]"),
        {"W": "anger", "L": "boredom", "E": "disgust", "A": "fear", "F": "happiness"}
        | {"T": "sadness", "N": "neutral"},
        _all("03 10 11 12 15", "male") | _all("08 09 13 14 16", "female"),
    ),
    Layout(
        "RAVDESS",
        "ravdess",
        _path(r"0[13]-01-(?P<label>0[1-8])-0[12]-0[12]-0[12]-(?P<speaker>0[1-9]|1\d|2[0-4])"),
        {"01": "neutral", "02": "calm", "03": "happiness", "04": "sadness", "05": "anger"}
        | {"06": "fear", "07": "disgust", "08": "surprise"},
        {f"{n:02}": "male" if n % 2 else "female" for n in range(1, 25)},
        speaker="Actor_{speaker}",
        excluded=(_path(r"(?:02-0[12]|0[13]-02)(?:-\d\d){5}"), "not speech"),
    ),
    Layout(
        "CREMA-D",
        "crema-d",
        _path(
            r"(?P<speaker>10(?:0[1-9]|[1-8]\d|9[01]))_[A-Z]{3}_"
            r"(?P<label>ANG|DIS|FEA|HAP|NEU|SAD)_(?:LO|MD|HI|XX?)"
        ),
        {"ANG": "anger", "DIS": "disgust", "FEA": "fear", "HAP": "happiness", "NEU": "neutral"}
        | {"SAD": "sadness"},
        _CREMA_D,
    ),
    Layout(
        "TESS",
        "tess",
        # One file of the older speaker is called OA_bite_neutral.
        _path(r"(?P<speaker>[OY]A)F?_[a-z-]+_(?P<label>angry|disgust|fear|happy|neutral|ps|sad)"),
        {"angry": "anger", "disgust": "disgust", "fear": "fear", "happy": "happiness"}
        | {"neutral": "neutral", "ps": "pleasant surprise", "sad": "sadness"},
        _all("OA YA", "female"),
        speaker="{speaker}F",
    ),
    Layout(
        "SAVEE",
        "savee",
        _path(r"(?P<speaker>DC|JE|JK|KL)[_/](?P<label>sa|su|[adfhn])\d\d"),
        {"a": "anger", "d": "disgust", "f": "fear", "h": "happiness", "n": "neutral"}
        | {"sa": "sadness", "su": "surprise"},
        _all("DC JE JK KL", "male"),
    ),
    Layout(
        "EMOVO",
        "emovo",
        _path(
            r"(?P<label>dis|gio|neu|pau|rab|sor|tri)-(?P<speaker>(?P<gender>[fm])[123])-[bdln]\d"
        ),
        {"dis": "disgust", "gio": "happiness", "neu": "neutral", "pau": "fear", "rab": "anger"}
        | {"sor": "surprise", "tri": "sadness"},
        GENDERS,
    ),
    Layout(
        "URDU",
        "urdu",
        _path(r"(?P<speaker>S(?P<gender>[FM])\d{1,2})_F\d{1,2}_(?P<label>[AHNS])\d{1,3}"),
        {"A": "anger", "H": "happiness", "N": "neutral", "S": "sadness"},
        _LETTERS,
    ),
    Layout(
        "ShEMO",
        "shemo",
        _path(r"(?P<speaker>(?P<gender>[FM])\d\d)(?P<label>[AFHNSW])\d{2,3}"),
        {"A": "anger", "F": "fear", "H": "happiness", "N": "neutral", "S": "sadness"}
        | {"W": "surprise"},
        _LETTERS,
    ),
    Layout(
        "ESD",
        "esd",
        _path(
            r"(?:(?P<label>Angry|Happy|Neutral|Sad|Surprise)/)?(?:(?P<split>train|test|evaluation)/)?"
            r"(?P<speaker>00(?:0[1-9]|1\d|20))_00[01]\d{3}"
        ),
        {"Angry": "anger", "Happy": "happiness", "Neutral": "neutral", "Sad": "sadness"}
        | {"Surprise": "surprise", "愤怒": "anger", "生气": "anger", "快乐": "happiness"}
        | {"开心": "happiness", "中立": "neutral", "悲伤": "sadness", "伤心": "sadness"}
        | {"惊喜": "surprise", "惊讶": "surprise"},
        _ESD,
        {speaker: "zh" if speaker < "0011" else "en" for speaker in _ESD},
        annotations="**/00[0-2][0-9].txt",
        line=re.compile(r"^\W*(?P<name>\d{4}_\d{6})\s.*?(?P<label>\w+)\s*$"),
    ),
    Layout(
        "IEMOCAP",
        "iemocap",
        _path(
            r"(?P<session>Ses0[1-5])[FM]_(?:impro|script)\d\d(?:_\d)?[a-z]?"
            r"_(?P<gender>[FM])(?:\d{3}|XX\d)"
        ),
        {"ang": "anger", "dis": "disgust", "exc": "excitement", "fea": "fear"}
        | {"fru": "frustration", "hap": "happiness", "neu": "neutral", "oth": "other"}
        | {"sad": "sadness", "sur": "surprise"},
        _LETTERS,
        speaker="{session}{gender}",
        excluded=(_path(r"Ses0[1-5][FM]_(?:impro|script)\d\d(?:_\d)?[a-z]?"), "whole dialogue"),
        annotations="**/dialog/EmoEvaluation/Ses*.txt",
        line=re.compile(r"^\[[\d. -]+\]\s+(?P<name>Ses\S+)\s+(?P<label>\w+)\s"),
    ),
)
"""The corpora whose names are known, in the order in which they are told."""
