"""A package may add a perturbation, and is told where that does not do."""

import importlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from sertify.corpora.perturbing import foreign
from sertify.corpora.perturbing.applying import perturb
from sertify.vocabulary.conditions import (
    Condition,
    conditions_in,
    conditions_named,
    own_perturbations,
)
from sertify.vocabulary.errors import ConfigurationError
from tests.meta.corpora.perturbing.spoken import speech

CODE = """
import numpy as np

def backwards(waveform, rate, seed):
    return waveform[::-1]

def noisy(waveform, rate, seed):
    return waveform + np.random.default_rng(seed).standard_normal(waveform.size)

def in_place(waveform, rate, seed):
    waveform *= 0
    return waveform

def listed(waveform, rate, seed):
    return waveform.tolist()

def shorter(waveform, rate, seed):
    return waveform[1:]

def stereo(waveform, rate, seed):
    return np.stack([waveform, waveform])

def broken(waveform, rate, seed):
    raise KeyError("no such room")

def leaving(waveform, rate, seed):
    raise SystemExit(3)

def endless(waveform, rate, seed):
    return np.full_like(waveform, np.inf)

def nothing(waveform, rate, seed):
    pass

number = 7
"""
NAMES = (
    *("backwards", "noisy", "in_place", "listed", "shorter", "stereo", "broken", "endless"),
    *("nothing", "number", "missing", "leaving"),
)

Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Install a package with perturbations, by name, until the end of the test."""

    def call(names: tuple[str, ...] = NAMES, package: str = "phones", **others: str) -> None:
        points = {name: f"{package}_module:{name}" for name in names} | others
        (tmp_path / f"{package}_module.py").write_text(CODE)
        info = tmp_path / f"{package}-1.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1\n")
        lines = "".join(f"{name} = {value}\n" for name, value in points.items())
        (info / "entry_points.txt").write_text(f"[sertify.perturbations]\n{lines}")
        monkeypatch.syspath_prepend(tmp_path)
        clear()

    def clear() -> None:
        importlib.invalidate_caches()
        own_perturbations.cache_clear()
        foreign._imported.cache_clear()
        foreign.code_of_own.cache_clear()

    yield call
    monkeypatch.undo()
    clear()


def test_without_one_there_is_none() -> None:
    with pytest.raises(ConfigurationError, match="no condition is called 'backwards'"):
        Condition("backwards")
    assert conditions_in("own") == ()
    with pytest.raises(
        ConfigurationError, match=r"^no installed package adds a condition to own, "
    ):
        conditions_named("own")


def test_it_is_heard(install: Install) -> None:
    install()
    found = perturb(speech(), 16_000, Condition("backwards"), 1)
    assert np.array_equal(found, speech()[::-1])
    assert found.dtype == np.float32
    assert found.flags.c_contiguous
    assert (str(Condition("backwards")), Condition("backwards").family) == ("backwards", "own")
    assert [one.kind for one in conditions_in("own")] == sorted(NAMES)


def test_it_gets_a_seed_of_the_clip(install: Install) -> None:
    install()
    noisy = Condition("noisy")
    one, again, other = (perturb(speech(), 16_000, noisy, seed) for seed in (b"a", b"a", b"b"))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def test_it_cannot_change_the_clip_itself(install: Install) -> None:
    install()
    before = speech().copy()
    assert not perturb(speech(), 16_000, Condition("in_place"), 1).any()
    assert np.array_equal(speech(), before)


def test_numbers_of_any_kind_will_do(install: Install) -> None:
    install()
    assert np.array_equal(perturb(speech(), 16_000, Condition("listed"), 1), speech())


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("shorter", "returns samples of shape (17702,); but should return 17703 of shape (17703,)"),
        ("stereo", "returns samples of shape (2, 17703); but should return 17703 of shape"),
        ("broken", "fails with KeyError: 'no such room'; mend it"),
        ("leaving", "fails with SystemExit: 3; mend it"),
        ("endless", "returns samples that are no finite numbers; mend it"),
        ("nothing", "returns samples of shape (); but should"),
        ("number", "is 7; but should be a function"),
        ("missing", "cannot be imported: AttributeError: module 'phones_module' has no"),
    ],
)
def test_what_does_not_do_is_told(install: Install, name: str, message: str) -> None:
    install()
    with pytest.raises(ConfigurationError) as caught:
        perturb(speech(), 16_000, Condition(name), 1)
    told = f"the perturbation {name} of phones (phones_module:{name}) {message}"
    assert str(caught.value).startswith(told)


def test_it_has_no_severity(install: Install) -> None:
    install()
    with pytest.raises(ConfigurationError, match=r"^backwards has no severities, but 3 is given$"):
        Condition("backwards", 3)


@pytest.mark.parametrize("name", ["my helmet", "a@b", "[x]", "-a"])
def test_a_name_may_stand_in_that_of_a_check(install: Install, name: str) -> None:
    install((), **{name: "phones_module:noisy"})
    with pytest.raises(ConfigurationError, match="should have a name of letters, digits, "):
        conditions_in("own")


@pytest.mark.parametrize("name", ["babble", "twice", "noise", "own"])
def test_a_name_means_one(install: Install, name: str) -> None:
    install(("twice",))
    install((), "others", **{name: "phones_module:noisy"})
    with pytest.raises(
        ConfigurationError, match=f"'{name}' .* has the name of another one; rename"
    ):
        conditions_in("own")


def test_the_same_one_may_be_found_twice(install: Install) -> None:
    install(("twice",))
    install((), "others", twice="phones_module:twice")
    assert [one.kind for one in conditions_in("own")] == ["twice"]
