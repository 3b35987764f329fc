"""YAML that nobody vouches for is read in bounded time, or refused with its line."""

import time

import pytest

from sertify.vocabulary.yaml_lines import Document, read_yaml


def multiplied(item: str) -> bytes:
    """Return few lines that are a thousand million values once their aliases are written out."""
    first = "k0: &k0 {x: 1}\n"
    rest = (f"k{i}: &k{i} {item % ', '.join([f'*k{i - 1}'] * 9)}\n" for i in range(1, 10))
    return (first + "".join(rest)).encode()


def doubled() -> bytes:
    """Return 33 lines that are 2 to the 30 values: keys of one spelling and two kinds."""
    first = "k0: &k0 {x: 1}\n"
    rest = (f'k{i}: &k{i} {{1: *k{i - 1}, "1": *k{i - 1}}}\n' for i in range(1, 31))
    return (first + "".join(rest)).encode()


BOMBS = {
    "keys of two kinds": (doubled(), "more than 50,000 values"),
    "long texts": (
        b"a: &a " + b"x" * 90_000 + b"\nb: [" + b"*a," * 40_000 + b"]",
        "more than 1,000,000 characters",
    ),
    "aliases": (multiplied("[%s]"), "more than 50,000 values"),
    "merged keys": (multiplied("{<<: [%s]}"), "keys cannot be merged with <<; write them out"),
    "alias in its anchor": (b"a: &a [*a]", "nested more than 32 levels deep"),
    "depth": (b"[" * 900_000, "nested more than 32 levels deep"),
    "depth of blocks": (b"- " * 400_000, "nested more than 32 levels deep"),
    "values": (b"[" + b"1," * 400_000 + b"]", "more than 50,000 values"),
    "keys": (b"{" + b"".join(b"k%d," % i for i in range(90_000)) + b"}", "more than 50,000"),
    "size": (b"#" * 1_000_001, "1,000,001 bytes, but at most 1,000,000"),
}


@pytest.mark.parametrize(("data", "problem"), BOMBS.values(), ids=BOMBS)
def test_what_would_take_for_ever_is_refused_in_time(data: bytes, problem: str) -> None:
    start = time.process_time()
    document = read_yaml(data, any_keys=True, tags=True)
    assert any(problem in found for found in document.problems.values())
    assert time.process_time() - start < 20


def test_a_tag_is_a_problem_unless_it_is_to_be_noted() -> None:
    data = b"a: !new:os.system [ls]\nb: !ref <a>\nc: !new:os.getcwd\n"
    refused = read_yaml(data)
    assert refused.problems["a",] == "tag !new:os.system is not allowed; leave it out"
    noted = read_yaml(data, tags=True)
    assert noted.value == {"a": ("ls",), "b": "<a>", "c": None}
    assert noted.tags == {("a",): "!new:os.system", ("b",): "!ref", ("c",): "!new:os.getcwd"}


def test_a_key_is_text_unless_any_may_stand_there() -> None:
    assert read_yaml(b"0: calm").problems == {("0",): "key 0 should be text; quote it"}
    assert read_yaml(b"{0: calm, yes: on, true: 2}", any_keys=True).value == {
        0: "calm",
        "yes": "on",
        True: 2,
    }


def test_a_problem_is_raised_with_its_line() -> None:
    read_yaml(b"a: 1").require_sound()
    with pytest.raises(ValueError, match=r"^line 2: key 'a' is there twice, first on line 1$"):
        read_yaml(b"a: 1\na: 2").require_sound()
    assert Document(None, {}, {}).tags == {}


LONG = "x" * 100_000


@pytest.mark.parametrize(
    "text",
    [f"{LONG}: 1\n{LONG}: 2", f"a: !{LONG} b", f"a: *{LONG}", f"? [{LONG}]\n: 1", f"1{LONG}: 1"],
)
def test_a_problem_is_short_whatever_is_in_it(text: str) -> None:
    problems = [*read_yaml(text.encode()).problems.values()]
    assert all(len(problem) < 300 for problem in problems)
    assert problems or text.startswith("1")
