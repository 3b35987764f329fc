"""Front matter that nobody vouches for is read as far as it is sound, and in bounded time."""

import time
from pathlib import Path

import pytest

from sertify.hub.card import Card, read_card

NINE = "k0: &k0 {x: 1}\n" + "".join(
    f"k{i}: &k{i} {{<<: [{', '.join([f'*k{i - 1}'] * 9)}]}}\n" for i in range(1, 10)
)


def card(folder: Path, front_matter: str) -> Card:
    """Return what is read of a card with this front matter."""
    (folder / "README.md").write_text(f"---\n{front_matter}\n---\nA model.\n", "utf-8")
    return read_card(folder)


def test_languages_are_no_booleans(tmp_path: Path) -> None:
    assert card(tmp_path, "license: mit\nlanguage: [no, on]") == Card("mit", ("no", "on"))


@pytest.mark.parametrize(
    ("declared", "licence"),
    [
        ("license: other\nlicense_name: model-license", "other (model-license)"),
        ("license: other", "other"),
        ("license_name: model-license", "model-license"),
        ("license: mit\nlicense_name: mine", "mit"),
    ],
)
def test_a_licence_of_no_common_name_is_told_by_its_own(
    tmp_path: Path, declared: str, licence: str
) -> None:
    assert card(tmp_path, declared).licence == licence


@pytest.mark.parametrize("hostile", [NINE, "a: !!python/object/apply:os.abort []", "1: &a b"])
def test_what_is_wrong_leaves_the_rest(tmp_path: Path, hostile: str) -> None:
    start = time.process_time()
    assert card(tmp_path, f"license: mit\n{hostile}").licence == "mit"
    assert time.process_time() - start < 5


@pytest.mark.parametrize("hostile", ["[" * 100_000, "a: &a [*a]", "- a", "a: [", "a: \x00"])
def test_of_what_is_no_front_matter_nothing_is_read(tmp_path: Path, hostile: str) -> None:
    start = time.process_time()
    assert card(tmp_path, hostile) == Card()
    assert time.process_time() - start < 5
