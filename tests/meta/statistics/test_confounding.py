"""What goes along with a group: by another library, by chance, and in words."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats.contingency import association

from sertify.statistics.confounding import Confounding, confoundings, cramers_v

tables = st.lists(st.lists(st.integers(0, 30), min_size=3, max_size=3), min_size=2, max_size=5).map(
    np.array
)


@given(tables)
def test_before_its_correction_it_is_that_of_scipy(table: np.typing.NDArray[np.int64]) -> None:
    kept = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    found = cramers_v(table)
    if min(kept.shape) < 2:
        assert math.isnan(found)
        return
    n, (r, c) = kept.sum(), kept.shape
    phi = association(kept, method="cramer") ** 2 * (min(r, c) - 1)
    phi = max(0, phi - (r - 1) * (c - 1) / (n - 1))
    least = min(r - (r - 1) ** 2 / (n - 1), c - (c - 1) ** 2 / (n - 1)) - 1
    if least > 1e-9:
        assert found == pytest.approx(min(1, math.sqrt(phi / least)))


@given(tables)
def test_neither_order_nor_direction_matter(table: np.typing.NDArray[np.int64]) -> None:
    assert cramers_v(table) == pytest.approx(cramers_v(table.T), nan_ok=True)
    assert cramers_v(table) == pytest.approx(cramers_v(table[::-1]), nan_ok=True)


def test_what_is_independent_seems_to_go_along_only_without_the_correction() -> None:
    rng = np.random.default_rng(0)
    some = [rng.multinomial(40, [1 / 8] * 8).reshape(2, 4) for _ in range(300)]
    ours = np.mean([cramers_v(table) for table in some])
    plain = np.mean([association(table) for table in some if table.sum(axis=0).all()])
    assert ours < 0.1 < 0.2 < plain


def test_groups_of_one_corpus_each_are_found() -> None:
    sexes, corpora = ["f", "f", "m", "m"] * 12, ["ravdess", "emodb"] * 24
    corpora = [one if sex == "f" else "emodb" for sex, one in zip(sexes, corpora, strict=True)]
    who = [
        f"{sex}{corpus}{n // 12}"
        for n, (sex, corpus) in enumerate(zip(sexes, corpora, strict=True))
    ]
    (found,) = confoundings(sexes, {"corpus": corpora}, who)
    assert found.by_speaker
    assert found.only == {"m": "emodb"}
    assert 0.3 < found.v < 0.95
    assert "m is only in emodb" in found.words("sex")


def test_speakers_are_counted_where_each_has_one_value() -> None:
    """Two speakers who are of two corpora prove nothing, however many clips they have."""
    sexes, corpora = ["f"] * 500 + ["m"] * 500, ["a"] * 500 + ["b"] * 500
    (by_clip,) = confoundings(sexes, {"corpus": corpora})
    (by_speaker,) = confoundings(sexes, {"corpus": corpora}, sexes)
    assert by_clip.v == pytest.approx(1)
    assert not by_clip.by_speaker
    assert by_speaker.by_speaker
    assert not by_speaker.v > 0.9


def test_the_strongest_comes_first_and_what_does_not_vary_last() -> None:
    sexes = ["f", "m"] * 50
    found = confoundings(
        sexes, {"language": ["de"] * 100, "emotion": ["joy", "joy", "fear", "fear"] * 25,
                "corpus": sexes, "text": [None] * 100},
    )  # fmt: skip
    assert [one.other for one in found[:2]] == ["corpus", "emotion"]
    assert all(math.isnan(one.v) for one in found[2:])
    assert [one.words("sex") for one in found[1:]] == ["", "", ""]


@pytest.mark.parametrize(
    ("v", "expected"),
    [
        (0.99, "sex is as good as corpus (V = 0.99): a gap may be of that"),
        (0.6, "sex largely goes along with corpus (V = 0.60): a gap may be of that"),
        (0.3, "sex goes along with corpus (V = 0.30): a gap may be of that"),
        (0.29, ""),
        (math.nan, ""),
    ],
)
def test_it_says_so_in_words(v: float, expected: str) -> None:
    assert Confounding("corpus", v, False).words("sex") == expected
