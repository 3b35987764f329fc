"""Manifests of NeMo, Kaldi and SpeechBrain are read, or the row that cannot be is named."""

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from sertify.corpora.audio import read_audio
from sertify.corpora.forms.kaldi import _BY_SPEAKER, _BY_UTTERANCE
from sertify.corpora.reading import read_corpus
from sertify.vocabulary.errors import ConfigurationError
from tests.meta.corpora.rows import Row, check, noise, noises

FOUR = {"a.wav": "angry", "b.wav": "sad", "c.wav": "happy", "d.wav": "neutral"}
EMOTIONS = {"anger": 1, "sadness": 1, "happiness": 1, "neutral": 1}


def lines(rows: Iterable[Mapping[str, Any]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def writes(*audio: str, **texts: str) -> Callable[[Path], None]:
    """Write noise, and texts into files whose names have ``__`` for a dot and ``___`` for ``/``."""

    def write(root: Path) -> None:
        noises(root, *audio)
        for key, text in texts.items():
            path = root / key.replace("___", "/").replace("__", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")

    return write


def nemo(prefix: str = "", **more: Any) -> str:
    rows = ({"audio_filepath": prefix + name, "emotion": label} for name, label in FOUR.items())
    return lines(row | {"duration": 0.3, "text": "well"} | more for row in rows)


def long_file(root: Path) -> None:
    noise(root / "call.wav", seconds=3)


def cut(*rows: Mapping[str, Any]) -> str:
    return lines({"audio_filepath": "a.wav", "label": "sad", **row} for row in rows)


def nemo_stretches(root: Path) -> None:
    long_file(root)
    rows = [(0, 1, "angry"), (1.0, 0.5, "sad"), (2, 1, "neutral")]
    text = lines(
        {"audio_filepath": "call.wav", "offset": start, "duration": long, "label": label}
        for start, long, label in rows
    )
    (root / "manifest.json").write_text(text)


def kaldi(root: Path, home: str = "", audio: str = "wav", **more: str) -> None:
    folder = root / home
    folder.mkdir(parents=True, exist_ok=True)
    noises(root / audio, *FOUR)
    texts = {
        "wav.scp": "".join(f"u_{name[0]} {audio}/{name}\n" for name in FOUR),
        "utt2emo": "".join(f"u_{name[0]} {label}\n" for name, label in FOUR.items()),
        "utt2spk": "u_a anna\nu_b anna\nu_c\tben\nu_d ben\n",
        "spk2gender": "anna f\nben m\n",
    }
    for name, text in (
        texts | {key.replace("__", "."): text for key, text in more.items()}
    ).items():
        if text:
            (folder / name).write_text(text)


def kaldi_with(home: str = "", **more: str) -> Callable[[Path], None]:
    return lambda root: kaldi(root, home, **more)


def kaldi_segments(root: Path) -> None:
    long_file(root)
    (root / "wav.scp").write_text("call1 /data/kim/call.wav\n")
    (root / "segments").write_text("u1 call1 0.0 1.0\nu2 call1 1.0 2.5\nu3 call1 2.5 -1\n")
    (root / "utt2emo").write_text("u1 angry\nu2 sad\nu3 neutral\n")
    (root / "utt2spk").write_text("u1 anna\nu2 ben\nu3 anna\n")


def kaldi_splits(root: Path) -> None:
    kaldi(root, "data/train", "audio/train")
    kaldi(root, "data/test", "audio/test")
    # What validate_data_dir.sh leaves behind lists the same recordings again.
    (root / "data" / "all").mkdir()
    (root / "data" / "all" / "wav.scp").write_bytes((root / "data/train/wav.scp").read_bytes())


def speechbrain(root: Path, data_root: str = "{data_root}", label: str = "emotion") -> None:
    halves = {"train": ("a.wav", "b.wav"), "valid": ("c.wav",), "test": ("d.wav",)}
    noises(root / "wavs", *FOUR)
    for split, names in halves.items():
        rows = {
            f"id_{name[0]}": {"wav": f"{data_root}/wavs/{name}", "length": 0.3, label: FOUR[name]}
            for name in names
        }
        (root / f"{split}.json").write_text(json.dumps(rows, indent=2))


def speechbrain_in_samples(root: Path) -> None:
    noise(root / "call.wav", seconds=2, rate=8000)
    rows = {
        "u1": {"wav": {"file": "{data_root}/call.wav", "start": 0, "stop": 8000}, "label": "sad"},
        "u2": {"wav": {"file": "call.wav", "start": 8000, "stop": 12000}, "label": "angry"},
    }
    (root / "train.json").write_text(json.dumps(rows))


HEADER = "ID,duration,wav,spk_id,emotion"


def table(prefix: str = "$data_folder/") -> str:
    rows = (f"{name[0]},0.3,{prefix}{name},s1,{label}" for name, label in FOUR.items())
    return "\n".join([HEADER, *rows, ""])


def table_in_samples(root: Path) -> None:
    noise(root / "call.wav", seconds=2)
    rows = ["u1,2,call.wav,0,16000,sad", "u2,2,call.wav,16000,24000,angry"]
    (root / "dev.csv").write_text("\n".join(["ID,duration,wav,start,stop,emotion", *rows, ""]))


ROWS = [
    # ---------------------------------------------------------------- NeMo
    Row(
        "nemo",
        writes(*FOUR, manifest__json=nemo()),
        layout="manifest",
        emotions=EMOTIONS,
        labels=FOUR,
        quiet=("found", "not read"),
    ),
    Row("nemo-jsonl", writes(*FOUR, all__jsonl=nemo()), layout="manifest", labels=FOUR),
    Row(
        "nemo-of-another-machine",
        writes(*(f"audio/{name}" for name in FOUR), manifest__json=nemo("/home/kim/data/audio/")),
        labels={f"audio/{name}": label for name, label in FOUR.items()},
        says=(r"manifest.json: 4 names are found .*: /home/kim/data/audio/a.wav as audio/a.wav",),
    ),
    Row(
        "nemo-in-a-folder-of-manifests",
        writes(*FOUR, manifests___set__json=nemo("../")),
        labels=FOUR,
        quiet=("found by",),
    ),
    Row(
        "nemo-windows",
        writes("x/a.wav", m__json=lines([{"audio_filepath": "x\\a.wav", "label": "sad"}])),
        labels={"x/a.wav": "sad"},
    ),
    Row(
        "nemo-stretches",
        nemo_stretches,
        labels={
            "call.wav#t=0,1": "angry",
            "call.wav#t=1,1.5": "sad",
            "call.wav#t=2,3": "neutral",
        },
    ),
    Row(
        "nemo-offset-0-everywhere-is-none",
        writes(*FOUR, manifest__json=nemo(offset=0)),
        labels=FOUR,
    ),
    Row(
        "nemo-speakers",
        writes(*FOUR, m__json=nemo(speaker="anna", gender="F", lang="de")),
        speakers=frozenset({"anna"}),
    ),
    Row(
        "nemo-splits",
        writes(
            *FOUR,
            train_manifest__json="".join(nemo().splitlines(keepends=True)[:2]),
            test_manifest__json="".join(nemo().splitlines(keepends=True)[2:]),
            all__json=nemo(),
        ),
        labels=FOUR,
        says=(r"all.json is not read: .*named after their splits",),
    ),
    Row(
        "nemo-split-asked-for",
        writes(
            *FOUR,
            train_manifest__json="".join(nemo().splitlines(keepends=True)[:2]),
            test_manifest__json="".join(nemo().splitlines(keepends=True)[2:]),
        ),
        labels={"c.wav": "happy", "d.wav": "neutral"},
        left_out={"other split": 2},
        options={"split": "test"},
    ),
    Row(
        "nemo-one-of-two",
        writes(*FOUR, a__json=nemo(), b__json=nemo()),
        labels=FOUR,
        options={"layout": "manifest:b.json"},
    ),
    Row(
        "nemo-two-that-list-the-same",
        writes(*FOUR, a__json=nemo(), b__json=nemo()),
        refused=r"lists? a.wav, b.wav.* more than once",
    ),
    Row(
        "nemo-none-of-the-files-is-there",
        writes("other.wav", manifest__json=nemo("/srv/")),
        refused=r"manifest.json:1: '/srv/a.wav' is not below PATH, nor is any other of its 4 rec",
    ),
    Row(
        "nemo-one-file-is-missing",
        writes("a.wav", "b.wav", "c.wav", manifest__json=nemo()),
        labels=FOUR,
    ),
    Row(
        "nemo-end-before-start",
        writes("a.wav", m__json=cut({"start": 2, "end": 1})),
        refused=r"m.json:1: end is 1, but should be after start, which is 2",
    ),
    Row(
        "nemo-offset-that-is-text",
        writes(
            "a.wav",
            m__json=cut({"offset": 0, "duration": 0.1}, {"offset": "late", "duration": 0.1}),
        ),
        refused=r"m.json:2: offset is 'late', but should be seconds, 0 or more",
    ),
    Row(
        "nemo-offset-below-0",
        writes("a.wav", m__json=cut({"offset": -1, "duration": 0.1})),
        refused=r"m.json:1: offset is '-1', but should be seconds, 0 or more",
    ),
    Row(
        "nemo-a-broken-line",
        writes(*FOUR, m__json=nemo() + '{"audio_filepath": "x'),
        refused=r"m.json:5: should be an object such as",
    ),
    Row(
        "nemo-blank-lines",
        writes(*FOUR, m__json="\n" + nemo().replace("\n", "\n\n")),
        labels=FOUR,
    ),
    Row(
        "nemo-of-speech-recognition",
        writes(
            "angry/a.wav",
            "sad/b.wav",
            m__json=lines([{"audio_filepath": "angry/a.wav", "text": "x"}]),
        ),
        layout="folder per label",
        says=(r"m.json not read: no emotion of a recording is told there",),
    ),
    Row(
        "nemo-that-leads-out",
        writes(
            "a.wav",
            m__json=lines(
                [{"audio_filepath": name, "label": "sad"} for name in ("a.wav", "../../x.wav")]
            ),
        ),
        labels={"a.wav": "sad", "x.wav": "sad"},
    ),
    # ---------------------------------------------------------------- lists
    Row(
        "a-list-of-objects",
        writes(
            *FOUR,
            labels__json=json.dumps(
                [{"file": name, "emotion": label} for name, label in FOUR.items()]
            ),
        ),
        layout="manifest",
        labels=FOUR,
    ),
    Row(
        "an-object-with-a-list",
        writes(
            *FOUR,
            labels__json=json.dumps(
                {
                    "data": [{"path": name, "emotion": label} for name, label in FOUR.items()],
                    "version": 1,
                }
            ),
        ),
        labels=FOUR,
    ),
    Row(
        "json-label-by-file",
        writes(*(f"audio/{name}" for name in FOUR), labels__json=json.dumps(FOUR)),
        layout="manifest",
        labels={f"audio/{name}": label for name, label in FOUR.items()},
    ),
    Row(
        "json-facts-by-file",
        writes(
            *FOUR,
            labels__json=json.dumps(
                {name: {"emotion": label, "speaker": "s1"} for name, label in FOUR.items()}
            ),
        ),
        layout="manifest",
        labels=FOUR,
        speakers=frozenset({"s1"}),
    ),
    Row(
        "json-of-other-things-by-file",
        writes(
            *(f"sad/{name}" for name in FOUR),
            checksums__json=json.dumps(dict.fromkeys(FOUR, "0a1b2c")),
        ),
        layout="folder per label",
        emotions={"sadness": 4},
    ),
    Row(
        "json-that-is-no-manifest",
        writes(
            "angry/a.wav",
            "sad/b.wav",
            config__json=json.dumps({"model": {"path": "x.bin", "label": "y"}}),
        ),
        layout="folder per label",
        quiet=("config",),
    ),
    # ---------------------------------------------------------------- Kaldi
    Row(
        "kaldi",
        kaldi,
        layout="Kaldi data folder",
        labels={f"wav/{name}": label for name, label in FOUR.items()},
        speakers=frozenset({"anna", "ben"}),
        quiet=("stretches",),
    ),
    Row(
        "kaldi-utt2emotion",
        kaldi_with(utt2emo="", utt2emotion="u_a angry\nu_b sad\n"),
        emotions={"anger": 1, "sadness": 1, "": 2},
    ),
    Row("kaldi-splits", kaldi_splits, clips=8, left_out={}, options={}),
    Row(
        "kaldi-split", kaldi_splits, clips=4, left_out={"other split": 4}, options={"split": "test"}
    ),
    Row(
        "kaldi-segments",
        kaldi_segments,
        labels={"call.wav#t=0,1": "angry", "call.wav#t=1,2.5": "sad", "call.wav#t=2.5,": "neutral"},
        speakers=frozenset({"anna", "ben"}),
        says=(r"segments: 1 name.* found by the end of .*: /data/kim/call.wav as call.wav",),
    ),
    Row(
        "kaldi-command",
        kaldi_with(wav__scp="u_a touch owned; cat wav/a.wav |\nu_b wav/b.wav\n"),
        refused=r"wav.scp:1: 'touch .* wav/a.wav \|' is a command, and none is run \(1 of 2 rows\)",
    ),
    Row(
        "kaldi-archive",
        kaldi_with(wav__scp="u_a data/wav.ark:7\n"),
        refused=r"wav.scp:1: 'data/wav.ark:7' is a place in an archive of Kaldi, which is not read",
    ),
    Row(
        "kaldi-no-path",
        kaldi_with(wav__scp="u_a\n"),
        refused=r"wav.scp:1: has an utterance, but no path after it",
    ),
    Row(
        "kaldi-twice",
        kaldi_with(utt2emo="u_a sad\nu_a angry\n"),
        refused=r"utt2emo:2: lists 'u_a' again, after line 1",
    ),
    Row(
        "kaldi-segment-of-nothing",
        kaldi_with(segments="u1 call9 0 1\n"),
        refused=r"segments:1: names the recording 'call9', which wav.scp does not have",
    ),
    Row(
        "kaldi-segment-backwards",
        kaldi_with(segments="u_a u_a 2 1\n"),
        refused=r"segments:1: end is 1, but should be after start, which is 2",
    ),
    Row(
        "kaldi-of-speech-recognition",
        lambda root: kaldi(root, audio="angry", utt2emo="", text="u_a hello\n"),
        layout="folder per label",
        says=(r"wav.scp was not read: no utt2emo or utt2emotion beside it tells emotions",),
    ),
    Row("kaldi-unlabelled-asked-for", kaldi_with(utt2emo=""), clips=4, options={"layout": "kaldi"}),
    # ---------------------------------------------------------------- SpeechBrain
    Row(
        "speechbrain",
        speechbrain,
        layout="manifest",
        labels={f"wavs/{name}": label for name, label in FOUR.items()},
        quiet=("found by",),
    ),
    Row("speechbrain-absolute", lambda root: speechbrain(root, "/data/IEMOCAP"), clips=4),
    Row("speechbrain-emo", lambda root: speechbrain(root, label="emo"), emotions=EMOTIONS),
    Row(
        "speechbrain-of-recognition",
        writes("angry/a.wav", "sad/b.wav", asr__csv="ID,duration,wav,wrd\n1,1,angry/a.wav,no\n"),
        layout="folder per label",
        emotions={"anger": 1, "sadness": 1},
        says=(r"asr\.csv not read: no emotion",),
    ),
    Row("speechbrain-split", speechbrain, clips=1, options={"split": "valid"}),
    Row(
        "speechbrain-samples",
        speechbrain_in_samples,
        labels={"call.wav#t=0,1": "sad", "call.wav#t=1,1.5": "angry"},
    ),
    Row(
        "speechbrain-table",
        writes(*FOUR, train__csv=table()),
        layout="manifest",
        labels=FOUR,
        speakers=frozenset({"s1"}),
    ),
    Row(
        "speechbrain-table-in-samples",
        table_in_samples,
        labels={"call.wav#t=0,1": "sad", "call.wav#t=1,1.5": "angry"},
    ),
    Row(
        "speechbrain-table-without-a-path",
        writes(*FOUR, train__csv=table() + "e,1,,s1,sad\n"),
        refused=r"train.csv:6: wav is None, but should be a path",
    ),
]


@pytest.mark.parametrize(
    "text",
    [
        '{"audio": {"sampling_rate": 16000}, "path": null}\n',
        '[{"file": 1}, {"file": 2}]',
        '{"a": {"wav": 3}}',
        '{"path": "weights.bin"}\nnothing',
    ],
)
def test_json_of_other_things_beside_folders_of_labels(tmp_path: Path, text: str) -> None:
    noises(tmp_path, "angry/a.wav", "sad/b.wav")
    (tmp_path / "config.json").write_text(text)
    corpus = read_corpus(tmp_path)
    assert [clip.label for clip in corpus.clips] == ["angry", "sad"]
    assert "config.json not read" in "\n".join(corpus.warnings)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_manifests(tmp_path: Path, row: Row) -> None:
    check(row, tmp_path)


def test_a_stretch_is_what_is_heard(tmp_path: Path) -> None:
    nemo_stretches(tmp_path)
    clips = read_corpus(tmp_path).clips
    whole = read_audio(tmp_path / "call.wav", 16_000)
    for clip in clips:
        heard = read_audio(clip.content, 16_000, start=clip.start, end=clip.end)
        first = round(clip.start * 16_000)
        assert (heard == whole[first : first + heard.size]).all()
    assert [round(clip.end - clip.start, 3) for clip in clips if clip.end] == [1, 0.5, 1]


def test_no_command_of_a_wav_scp_is_run(tmp_path: Path) -> None:
    sign = tmp_path / "owned"
    kaldi(tmp_path / "data", wav__scp=f"u_a touch {sign} |\n")
    with pytest.raises(ConfigurationError, match="is a command, and none is run"):
        read_corpus(tmp_path / "data")
    assert not sign.exists()


def test_a_manifest_of_splits_says_which_each_clip_is_of(tmp_path: Path) -> None:
    speechbrain(tmp_path)
    splits = {clip.name: clip.split for clip in read_corpus(tmp_path).clips}
    assert splits == {
        "wavs/a.wav": "train",
        "wavs/b.wav": "train",
        "wavs/c.wav": "validation",
        "wavs/d.wav": "test",
    }


def test_the_tables_of_kaldi_are_documented() -> None:
    text = (Path(__file__).parents[4] / "docs" / "corpora.md").read_text("utf-8")
    for names in (*_BY_UTTERANCE.values(), *_BY_SPEAKER.values()):
        assert ", ".join(f"`{name}`" for name in names) in text
