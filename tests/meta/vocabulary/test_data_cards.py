"""What README.md of a data set declares, whoever wrote it."""

import pytest

from sertify.vocabulary.data_cards import fits_glob

FITTING = [
    ("train/a.wav", "train/*"),
    ("train/a.wav", "./train/*"),
    ("train/a.wav", "**"),
    ("a.wav", "**/*.wav"),
    ("x/y/a.wav", "**/*.wav"),
    ("x/y/a.wav", "x/**/a.wav"),
    ("x/a.wav", "x/**/a.wav"),
    ("x/y/a.wav", "**/a.wav"),
    ("a1.wav", "a?.wav"),
    ("b.wav", "{a,b}.wav"),
    ("ab/ac/d", "a*/a*/*"),
    ("x/xay", "**/x*y"),
    ("a.wav", "a.wav"),
]
OTHERS = [
    ("train/x/a.wav", "train/*"),
    ("train", "train/*"),
    ("xa.wav", "**/a.wav"),
    ("a/.wav", "a?.wav"),
    ("a.wav", "a?.wav"),
    ("c.wav", "{a,b}.wav"),
    ("a_wav", "a.wav"),
    ("a.wav", ""),
    ("a" * 400, "a" * 400),
    ("", "*?"),
]


@pytest.mark.parametrize(("name", "pattern"), FITTING)
def test_patterns_of_names_fit(name: str, pattern: str) -> None:
    assert fits_glob(name, pattern)


@pytest.mark.parametrize(("name", "pattern"), OTHERS)
def test_patterns_of_other_names_do_not(name: str, pattern: str) -> None:
    assert not fits_glob(name, pattern)


@pytest.mark.parametrize("pattern", ["*a" * 19 + "b", "**/" * 19 + "b", "{a,aa}" * 19 + "b"])
def test_no_pattern_takes_for_ever(pattern: str) -> None:
    assert not fits_glob("a/" * 100 + "a" * 500, pattern)


@pytest.mark.parametrize("pattern", ["*a" * 25, "?" * 25, "{a}" * 25])
def test_patterns_of_too_many_pieces_fit_nothing(pattern: str) -> None:
    assert not fits_glob("a" * 25, pattern)
