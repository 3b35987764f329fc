"""Corpora are joined, divided by speaker, and cut down, and what is doubtful in them is said."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sertify.corpora.clips import Clip, Corpus, make_corpus
from sertify.corpora.joining import hold_out, join
from sertify.corpora.reading import read_corpus
from sertify.vocabulary.errors import ConfigurationError
from tests.meta.trees import complaint, plant


def corpus_of(name: str, speakers: dict[str | None, int], root: Path = Path("/data")) -> Corpus:
    """Make a corpus of so many clips of each speaker; the files need not be there."""
    clips = [
        Clip(f"{who}-{n}.wav", root / name, "sad", who, corpus=name, digest=f"{name}{who}{n}")
        for who, number in speakers.items()
        for n in range(number)
    ]
    return make_corpus(name, root / name, clips, layout="made", requested=len(clips) + 1)


def speakers(corpus: Corpus) -> set[tuple[str, str] | None]:
    return {clip.group for clip in corpus.clips}


# ------------------------------------------------------------------ join


def test_one_corpus_is_itself() -> None:
    corpus = corpus_of("a", {"x": 1})
    assert join([corpus]) is corpus
    assert corpus.corpora == (corpus,)


def test_several_corpora_are_one_with_parts(tmp_path: Path) -> None:
    parts = [
        read_corpus(plant(tmp_path / "de", "wav/03a01Fa.wav", "wav/08a01Wa.wav")),
        read_corpus(plant(tmp_path / "calls", "sad/a.wav", "other/b.wav")),
    ]
    joined = join(parts)
    assert (joined.name, joined.path) == ("de + calls", tmp_path)
    assert joined.corpora == tuple(parts)
    assert joined.layout == "EmoDB + folder per label"
    assert joined.public is None
    assert joined.requested == 4
    assert [(clip.name, clip.corpus, clip.label) for clip in joined.clips] == [
        ("calls/other/b.wav", "calls", "other"),
        ("calls/sad/a.wav", "calls", "sad"),
        ("de/wav/03a01Fa.wav", "de", "happiness"),
        ("de/wav/08a01Wa.wav", "de", "anger"),
    ]
    assert "de: 2 speakers: intervals are wide below 10" in joined.warnings


def test_speakers_of_two_corpora_are_told_apart() -> None:
    joined = join([corpus_of("a", {"1": 1}), corpus_of("b", {"1": 1, None: 1})])
    assert speakers(joined) == {("a", "1"), ("b", "1"), None}


def test_the_fingerprint_of_several_is_that_of_the_parts_in_any_order() -> None:
    one, two, three = (corpus_of(name, {"x": 1}) for name in ("a", "b", "c"))
    assert join([one, two]).fingerprint == join([two, one]).fingerprint
    assert len({join([one, two]).fingerprint, join([one, three]).fingerprint, one.fingerprint}) == 3
    assert join([one, two]).fingerprint != join([one, corpus_of("b", {"x": 2})]).fingerprint


def test_joining_again_is_joining_at_once() -> None:
    one, two, three = (corpus_of(name, {"x": 1}) for name in ("a", "b", "c"))
    assert join([join([one, two]), three]) == join([one, two, three])


def test_namesakes_are_not_joined() -> None:
    with pytest.raises(
        ConfigurationError, match=r"2 corpora are named 'a' \(/data/a, /srv/a\), but"
    ):
        join([corpus_of("a", {"x": 1}), corpus_of("a", {"x": 1}, Path("/srv"))])


def test_nothing_is_not_joined() -> None:
    with pytest.raises(ConfigurationError, match="no corpus is given"):
        join([])


def test_audio_in_two_corpora_is_told(tmp_path: Path) -> None:
    roots = [plant(tmp_path / name, "sad/a.wav", "sad/b.wav") for name in ("one", "two")]
    (tmp_path / "two/sad/b.wav").write_text("another")
    assert join([read_corpus(root) for root in roots]).warnings[0] == (
        "1 sound is in more than one corpus (one, two): one/sad/a.wav = two/sad/a.wav;"
        " they count twice in the results over all corpora and make their intervals"
        " too narrow, so remove them from all but one"
    )


def test_a_sample_of_several_is_of_each() -> None:
    joined = join([corpus_of("a", {"x": 50, "y": 5}), corpus_of("b", {"x": 9, "y": 9})])
    sample = joined.sample(16)
    assert Counter(clip.group for clip in sample.clips) == dict.fromkeys(speakers(joined), 4)
    assert [len(part.clips) for part in sample.members] == [8, 8]
    assert joined.sample(1000) == joined
    assert [len(part.clips) for part in joined.sample(1).members] == [1]
    assert sample.fingerprint == join(sample.members).fingerprint != joined.fingerprint


# ------------------------------------------------------------------ hold out

NAMES = st.text(max_size=4)
NUMBERS = st.dictionaries(NAMES, st.integers(1, 4), min_size=2, max_size=12)


@given(numbers=NUMBERS, share=st.floats(0.01, 0.99), seed=st.integers(0, 5))
def test_no_speaker_is_on_both_sides(
    numbers: dict[str | None, int], share: float, seed: int
) -> None:
    corpus = corpus_of("a", numbers)
    kept, held = hold_out(corpus, share, seed)
    assert speakers(kept) | speakers(held) == speakers(corpus)
    assert not speakers(kept) & speakers(held)
    assert abs(len(speakers(held)) - share * len(numbers)) <= 1
    assert set(kept.clips) | set(held.clips) == set(corpus.clips)
    assert len({kept.fingerprint, held.fingerprint, corpus.fingerprint}) == 3


@given(numbers=NUMBERS, seed=st.integers(0, 5))
def test_neither_order_nor_number_of_clips_decides_who_is_held_out(
    numbers: dict[str | None, int], seed: int
) -> None:
    once = corpus_of("a", dict.fromkeys(reversed(numbers), 1))
    held = [hold_out(corpus, 0.3, seed)[1] for corpus in (corpus_of("a", numbers), once)]
    assert speakers(held[0]) == speakers(held[1])


def test_another_seed_holds_out_others() -> None:
    corpus = corpus_of("a", {str(n): 1 for n in range(20)})
    held = [hold_out(corpus, 0.25, seed)[1] for seed in range(5)]
    assert {len(one.clips) for one in held} == {5}
    assert len({one.fingerprint for one in held}) == 5


PARTS = st.dictionaries(st.sampled_from("ab"), NUMBERS, min_size=2)


@given(numbers=PARTS, share=st.floats(0.01, 0.99), seed=st.integers(0, 5))
def test_a_name_is_on_one_side_in_all_corpora(
    numbers: dict[str, dict[str | None, int]], share: float, seed: int
) -> None:
    joined = join([corpus_of(name, each) for name, each in numbers.items()])
    kept, held = hold_out(joined, share, seed)
    names = [{clip.speaker for clip in side.clips} for side in (kept, held)]
    assert all(names)
    assert not names[0] & names[1]
    assert abs(len(names[1]) - share * len(names[0] | names[1])) <= 1
    assert len(kept.clips) + len(held.clips) == len(joined.clips)
    assert kept.requested == joined.requested
    assert (kept.fingerprint, held.fingerprint) == tuple(
        side.fingerprint for side in hold_out(join(joined.members[::-1]), share, seed)
    )


def test_a_corpus_of_which_nothing_is_on_one_side_is_no_part_of_it() -> None:
    one = corpus_of("a", dict.fromkeys("vwxyz", 2))
    joined = join([one, corpus_of("b", {"v": 3, None: 1})])
    sides = [hold_out(joined, 0.2, seed) for seed in range(30)]
    assert {tuple(part.name for part in held.corpora) for _, held in sides} == {("a",), ("a", "b")}
    kept, _ = next(side for side in sides if len(side[1].corpora) == 2)
    assert (kept.name, kept.requested) == ("a", 16)
    assert kept.left_out == (("held out", 5), ("no speaker", 1))


def test_a_corpus_that_names_no_speaker_does_not_vanish() -> None:
    joined = join([corpus_of("a", {"x": 1, "y": 1}), corpus_of("b", {None: 9})])
    with pytest.raises(ConfigurationError, match=r"--data /data/b: names 0 speakers, but at least"):
        hold_out(joined, 0.5)


def copied(root: Path, *speakers: str) -> Corpus:
    """Make a corpus of one sound of each speaker, all alike."""
    table = rows(*(f"{n}.wav,sad,{who}" for n, who in enumerate(speakers)))
    plant(root, metadata_csv=table)
    for n in range(len(speakers)):
        (root / f"{n}.wav").write_text("alike")
    return read_corpus(root)


def test_copies_under_two_speakers_are_not_torn_apart(tmp_path: Path) -> None:
    corpus = copied(tmp_path, "anna", "ben")
    with pytest.raises(ConfigurationError) as caught:
        hold_out(corpus, 0.5)
    assert str(caught.value) == (
        f"--data {tmp_path}: 1 sound would be both kept and held out, because there are"
        " byte-identical copies under several speakers: 0.wav (anna) = 1.wav (ben);"
        " remove the copies, or give them one speaker"
    )


def test_copies_in_two_corpora_are_not_torn_apart(tmp_path: Path) -> None:
    joined = join([copied(tmp_path / "a", "anna"), copied(tmp_path / "b", "ben")])
    with pytest.raises(ConfigurationError, match=r"a/0.wav \(anna\) = b/0.wav \(ben\); remove"):
        hold_out(joined, 0.5)


def test_copies_on_one_side_and_missing_files_are_no_leak(tmp_path: Path) -> None:
    one = copied(tmp_path / "one", "anna", "anna")
    two = corpus_of("two", {"ben": 1})
    sides = hold_out(join([one, two]), 0.5)
    assert {len(side.clips) for side in sides} == {1, 2}
    missing = plant(tmp_path / "missing", metadata_csv=rows("a.wav,sad,x", "b.wav,sad,y"))
    assert [len(side.clips) for side in hold_out(read_corpus(missing), 0.5)] == [1, 1]


def test_each_side_says_how_few_speakers_it_has(tmp_path: Path) -> None:
    table = rows(*(f"{n}.wav,sad,s{n}" for n in range(12)))
    corpus = read_corpus(plant(tmp_path, *(f"{n}.wav" for n in range(12)), metadata_csv=table))
    assert "speakers: intervals" not in " ".join(corpus.warnings)
    kept, held = hold_out(corpus, 1 / 3)
    assert "8 speakers: intervals are wide below 10" in kept.warnings
    assert "4 speakers: intervals are wide below 10" in held.warnings


def test_what_was_said_in_reading_is_said_of_each_side(tmp_path: Path) -> None:
    table = rows("a.wav,sad,x,sad", "b.wav,sad,y,call", columns="file,label,speaker,emotion")
    corpus = read_corpus(plant(tmp_path, "a.wav", "b.wav", metadata_csv=table))
    for side in hold_out(corpus, 0.5):
        assert side.warnings == (
            corpus.warnings[0],
            "1 speaker: intervals are wide below 10",
        )


def test_a_clip_without_a_speaker_is_on_neither_side() -> None:
    kept, held = hold_out(corpus_of("a", {"x": 1, "y": 1, None: 5}), 0.5)
    assert (len(kept.clips), len(held.clips)) == (1, 1)


@pytest.mark.parametrize("numbers", [{"x": 9}, {None: 9}, {}])
def test_one_speaker_cannot_be_divided(numbers: dict[str | None, int]) -> None:
    with pytest.raises(ConfigurationError, match=r"--data /data/a: names [01] speakers?, but at"):
        hold_out(corpus_of("a", numbers), 0.5)


@pytest.mark.parametrize("share", [0, 1, -1, float("nan")])
def test_a_share_is_more_than_nothing_and_less_than_all(share: float) -> None:
    with pytest.raises(ConfigurationError, match="but should be between 0 and 1"):
        hold_out(corpus_of("a", {"x": 1, "y": 1}), share)


# ------------------------------------------------------------------ split and limit

SPLITS = "file,label,speaker,split\n" + "".join(
    f"{n}.wav,{'sad' if n % 2 else 'angry'},s{n % 3},{'test' if n < 6 else 'train'}\n"
    for n in range(20)
)


def test_a_split_is_kept_and_the_others_are_counted(tmp_path: Path) -> None:
    corpus = read_corpus(plant(tmp_path, metadata_csv=SPLITS), split="Test")
    assert {clip.split for clip in corpus.clips} == {"test"}
    assert (corpus.requested, corpus.left_out) == (20, (("other split", 14),))


def test_a_split_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path) -> None:
    root = plant(tmp_path, metadata_csv=SPLITS)
    assert complaint(root, split="dev") == (
        "--data calls: has no split 'dev'; its splits are test, train"
    )
    root = plant(tmp_path / "other", "a.wav")
    assert complaint(root, split="test") == (
        "--data calls: split 'test' is asked for, but no clip names its split:"
        " add a column split to its metadata"
    )


def test_a_limit_is_stratified_seeded_and_counted(tmp_path: Path) -> None:
    root = plant(tmp_path, metadata_csv=SPLITS)
    corpus = read_corpus(root, split="train", limit=6)
    assert Counter(clip.label for clip in corpus.clips) == {"sad": 3, "angry": 3}
    assert corpus.left_out == (("other split", 6), ("limit", 8))
    assert corpus == read_corpus(root, split="train", limit=6, seed=0)
    assert corpus.clips != read_corpus(root, split="train", limit=6, seed=1).clips
    assert read_corpus(root, limit=500).left_out == ()
    assert complaint(root, limit=0) == "--data calls: limit is 0, but should be at least 1"


def test_clips_within_a_limit_stand_for_those_of_their_label(tmp_path: Path) -> None:
    names = [f"neutral/{n}.wav" for n in range(90)] + [f"sad/{n}.wav" for n in range(10)]
    root = plant(tmp_path, *names)
    corpus = read_corpus(root, limit=10)
    assert {clip.label: clip.weight for clip in corpus.clips} == {"neutral": 18, "sad": 2}
    (warning,) = (one for one in corpus.warnings if "--limit" in one)
    assert warning.endswith("are weighed back to how often each label occurs without it")
    alone = read_corpus(root, limit=1).warnings
    assert "--limit leaves no clip of neutral, so no number tells of these" in alone or (
        "--limit leaves no clip of sad, so no number tells of these" in alone
    )
    whole = read_corpus(root)
    assert {clip.weight for clip in whole.clips} == {1.0}
    assert not any("--limit" in one for one in whole.warnings)


def test_what_clips_stand_for_is_part_of_the_fingerprint(tmp_path: Path) -> None:
    root = plant(tmp_path, *(f"{label}/{n}.wav" for label in ("sad", "calm") for n in range(4)))
    drawn = read_corpus(root, limit=4)
    plain = drawn.narrowed(replace(clip, weight=1.0) for clip in drawn.clips)
    assert drawn.fingerprint != plain.fingerprint


# ------------------------------------------------------------------ what is told of a corpus


def test_a_label_map_says_what_a_label_means(tmp_path: Path) -> None:
    root = plant(tmp_path, "Tense_Voice/a.wav", "sad/b.wav")
    corpus = read_corpus(root, label_map={"tense voice": "angry", "sad": "grief"})
    assert [clip.emotion for clip in corpus.clips] == ["anger", "grief"]
    assert [clip.label for clip in corpus.clips] == ["Tense_Voice", "sad"]
    other = read_corpus(root, label_map={"tense voice": "fear", "sad": "grief"})
    assert corpus.fingerprint != other.fingerprint


@pytest.mark.parametrize(
    ("label_map", "message"),
    [
        (
            {"tens": "anger"},
            "label_map names 'tens', but no clip has that label; did you mean 'tense'?",
        ),
        ({"x": "anger"}, "label_map names 'x', but no clip has that label; known are sad, tense"),
        ({"sad": "fear", "SAD": "anger"}, "label_map names 'SAD' twice, and differently"),
    ],
)
def test_a_label_map_that_does_not_fit_is_refused(
    tmp_path: Path, label_map: dict[str, str], message: str
) -> None:
    root = plant(tmp_path, metadata_csv="file,label\na.wav,tense\nb.wav,sad\n")
    assert complaint(root, label_map=label_map) == f"--data calls: {message}"


def test_name_language_and_public_corpus_may_be_told(tmp_path: Path) -> None:
    root = plant(tmp_path / "x", metadata_csv="file,lang\na.wav,\nb.wav,fr\n")
    corpus = read_corpus(root, name="mine", language="en", public="Emo-DB")
    assert (corpus.name, corpus.public) == ("mine", "emodb")
    assert [(clip.language, clip.corpus) for clip in corpus.clips] == [
        ("en", "mine"),
        ("fr", "mine"),
    ]


@pytest.mark.parametrize(("folder", "name"), [("RAVDESS", None), ("x", "ravdess")])
def test_a_public_corpus_is_known_by_its_name(
    tmp_path: Path, folder: str, name: str | None
) -> None:
    root = plant(tmp_path / folder, "sad/a.wav")
    corpus = read_corpus(root, name=name)
    assert corpus.public == "ravdess"
    assert corpus.clips[0].language == "en"
    assert read_corpus(root, name=name, language="fr").clips[0].language == "fr"


# ------------------------------------------------------------------ warnings


def warned(root: Path, **files: str) -> list[str]:
    for name, content in files.items():
        (root / f"{name}.wav").write_text(content)
    return list(read_corpus(root).warnings)


def rows(*rows: str, columns: str = "file,label,speaker") -> str:
    return "\n".join([columns, *rows, ""])


def test_a_sound_corpus_has_no_warnings(tmp_path: Path) -> None:
    listed = rows(*(f"{n}.wav,sad,s{n}" for n in range(10)))
    root = plant(tmp_path, *(f"{n}.wav" for n in range(10)), metadata_csv=listed)
    assert warned(root) == []
    assert warned(plant(tmp_path / "unlabelled", "a.wav")) == []


def test_copies_are_told(tmp_path: Path) -> None:
    root = plant(tmp_path, metadata_csv=rows("a.wav,sad,x", "b.wav,sad,x", "c.wav,sad,y"))
    assert warned(root, a="1", b="1", c="2")[0] == (
        "1 clip is a byte-identical copy of another: a.wav = b.wav;"
        " they count twice and make intervals too narrow"
    )
    assert "identical" not in " ".join(warned(root, a="1", b="2", c="3"))


def test_two_labels_of_one_sound_are_told(tmp_path: Path) -> None:
    root = plant(tmp_path, metadata_csv=rows("a.wav,sad,x", "b.wav,angry,x", "c.wav,Sadness,y"))
    found = warned(root, a="1", b="1", c="2")
    assert found[0] == (
        "1 sound has more than one label: a.wav (sad) = b.wav (angry);"
        " at most one of them can be right, so remove the others"
    )
    assert "identical" not in " ".join(found)
    assert "more than one label" not in " ".join(warned(root, a="1", b="2", c="1"))
    assert "more than one label" not in " ".join(warned(root, a="", b="", c="1"))


def test_missing_files_are_no_copies_of_each_other(tmp_path: Path) -> None:
    root = plant(tmp_path, metadata_csv=rows("a.wav,sad,x", "b.wav,angry,y"))
    assert warned(root) == ["2 speakers: intervals are wide below 10"]


def test_a_speaker_in_two_splits_is_told_whichever_split_is_kept(tmp_path: Path) -> None:
    table = rows("a.wav,s1,test", "b.wav,s1,train", "c.wav,s2,train", columns="file,speaker,split")
    corpus = read_corpus(plant(tmp_path, metadata_csv=table), split="test")
    assert corpus.warnings == (
        (
            "1 speaker is in more than one split: s1 (test, train);"
            " a model trained on one split has heard the other's voices"
        ),
    )


@pytest.mark.parametrize(
    ("listed", "warning"),
    [
        (["sad,"], "no clip names its speaker: intervals treat clips as independent, which makes"),
        (["sad,x", "sad,"], "1 of 2 clips name no speaker: intervals treat clips as independent"),
        (["sad,x"], "1 speaker: intervals are wide below 10"),
        ([f"sad,{n}" for n in range(9)], "9 speakers: intervals are wide below 10"),
    ],
)
def test_too_few_speakers_are_told(tmp_path: Path, listed: list[str], warning: str) -> None:
    table = rows(*(f"{n}.wav,{row}" for n, row in enumerate(listed)))
    (found,) = warned(plant(tmp_path, metadata_csv=table))
    assert found.startswith(warning)


def test_a_hostile_name_is_told_on_one_line(tmp_path: Path) -> None:
    name = "a\x1b[2J\n\udce4.wav"
    root = plant(tmp_path, f"sad/{name}", "sad/b.wav")
    (root / "sad" / "b.wav").write_bytes((root / "sad" / name).read_bytes())
    assert warned(root)[0].startswith(
        r"1 clip is a byte-identical copy of another: sad/a\x1b[2J\n\udce4.wav = sad/b.wav;"
    )


def test_what_matters_most_is_told_first(tmp_path: Path) -> None:
    table = rows("a.wav,sad,x", "b.wav,angry,x", "c.wav,xxx,x")
    one = plant(tmp_path / "one", "a.wav", "c.wav", metadata_csv=table)
    (one / "b.wav").write_bytes(b"a.wav")  # the same sound under another label
    corpus = read_corpus(one)
    order = ["1 sound has more than one label", "1 speaker: intervals", "1 clip left out: label"]
    assert [text.startswith(start) for text, start in zip(corpus.warnings, order, strict=True)] == [
        True
    ] * 3
    two = read_corpus(plant(tmp_path / "two", "d.wav", metadata_csv=rows("d.wav,sad,y")))
    joined = join([two, corpus]).warnings
    assert joined[0].startswith("one: 1 sound has more than one label")
    assert joined[1] == "two, one: 1 speaker: intervals are wide below 10"
