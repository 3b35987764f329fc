"""What was computed is kept, and never taken for something else."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from sertify.evidence import cache as evidence_cache
from sertify.evidence.cache import Cache, content_key


def test_what_is_kept_is_there_for_the_next(tmp_path: Path) -> None:
    path = tmp_path / "new" / "answers.sqlite"
    first = Cache(path)
    first.keep("model", "question", b"answer")
    first.keep("model", "question", b"better")
    assert Cache(path).answer("model", "question") == b"better"
    assert Cache(path).answers("model") == {"question": b"better"}
    assert Cache(path).answer("model", "other") is None
    assert Cache(path).answers("other") == {}


def test_without_a_file_it_lasts_as_long_as_the_object() -> None:
    cache = Cache(None)
    cache.keep("model", "question", b"answer")
    assert cache.answer("model", "question") == b"answer"
    assert Cache(None).answers("model") == {}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("a", "b"), ("ab",)),
        (("a", ""), ("", "a")),
        ((1,), ("1",)),
        ((None,), ("",)),
        ((["a", "b"],), ("a", "b")),
        (({"a": 1},), ({"a": 2},)),
    ],
)
def test_keys_of_unlike_content_are_unlike(one: tuple[object], other: tuple[object]) -> None:
    assert content_key(*one) != content_key(*other)


def test_the_order_of_a_mapping_is_no_content() -> None:
    assert content_key({"a": 1, "b": 2}) == content_key({"b": 2, "a": 1})


def test_what_was_not_used_for_longest_makes_room(tmp_path: Path) -> None:
    path = tmp_path / "answers.sqlite"
    cache = Cache(path, limit=200_000)
    for model in ("old", "new"):
        for number in range(1_000):
            cache.keep(model, str(number), bytes(100))
    cache.answers("old")
    cache.answers("new")
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("UPDATE models SET used = 1 WHERE model = 'old'")
    connection.close()
    cache.close()
    after = Cache(path)
    assert (len(after.answers("old")), len(after.answers("new"))) == (0, 1_000)
    after.close()
    assert path.stat().st_size <= 200_000


def test_a_file_that_is_damaged_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "answers.sqlite"
    path.write_bytes(b"no database, but of some length" * 100)
    cache = Cache(path)
    cache.keep("model", "question", b"answer")
    cache.close()
    assert Cache(path).answer("model", "question") == b"answer"


def test_an_answer_that_is_not_as_it_was_written_is_not_known(tmp_path: Path) -> None:
    path = tmp_path / "answers.sqlite"
    first = Cache(path)
    for number in range(3):
        first.keep("model", str(number), b"answer %d" % number)
    first.close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE answers SET answer = CAST('answer 7' AS BLOB) WHERE question=1")
        connection.execute("UPDATE answers SET question = '8' WHERE question = '2'")
    cache = Cache(path)
    assert cache.answers("model") == {"0": b"answer 0"}
    assert [cache.answer("model", number) for number in ("1", "2", "8")] == [None] * 3
    cache.keep("model", "1", b"answer 1")
    assert cache.answer("model", "1") == b"answer 1"


def test_whatever_bit_is_flipped_no_answer_becomes_another(tmp_path: Path) -> None:
    path, chance = tmp_path / "answers.sqlite", random.Random(14)
    true = {str(number): bytes([number]) * 10 * number for number in range(40)}
    first = Cache(path)
    for question, answer in true.items():
        first.keep("model", question, answer)
    first.close()
    whole = path.read_bytes()
    header = [chance.randrange(100 * 8) for _ in range(30)]
    for bit in (*header, *(chance.randrange(len(whole) * 8) for _ in range(60))):
        for file in tmp_path.iterdir():
            file.unlink()
        content = bytearray(whole)
        content[bit // 8] ^= 1 << bit % 8
        path.write_bytes(content)
        cache = Cache(path)
        assert cache.answers("model").items() <= true.items(), bit
        cache.keep("other", "question", b"answer")
        assert cache.answers("other") == {"question": b"answer"}, bit
        cache.close()
        assert not cache.problem, bit


def test_who_has_waited_for_a_lock_once_waits_no_more_and_still_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence_cache, "_WAITING", 0.05)
    path = tmp_path / "answers.sqlite"
    cache = Cache(path)
    cache.keep("model", "before", b"answer")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        cache.keep("model", "meanwhile", b"answer")
        assert cache.problem == "it cannot be used any more (database is locked)"
        assert cache.answer("model", "before") == b"answer"
    cache.keep("model", "after", b"answer")
    cache.close()
    assert Cache(path).answers("model") == {"before": b"answer"}


def test_of_a_model_that_is_no_longer_what_its_key_tells_nothing_is_kept() -> None:
    cache, sound = Cache(None), [True]
    cache.vouch("model", lambda: sound[0])
    cache.keep("model", "first", b"answer")
    sound[0] = False
    cache.keep("model", "second", b"answer")
    cache.keep("other", "first", b"answer")
    assert cache.answers("model") == {"first": b"answer"}
    assert cache.answers("other") == {"first": b"answer"}


def test_a_place_that_cannot_be_written_is_said_and_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    cache = Cache(tmp_path / "file" / "answers.sqlite")
    assert "cannot be used" in cache.problem
    cache.keep("model", "question", b"answer")
    assert cache.answer("model", "question") == b"answer"


KEEP_AND_DIE = """
import os, signal, sys
from pathlib import Path
from sertify.evidence.cache import Cache
cache = Cache(Path(sys.argv[1]))
for number in range(1000):
    cache.keep("model", f"{sys.argv[2]} {number}", bytes(50))
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_nothing_is_lost_by_being_killed_nor_by_company(tmp_path: Path) -> None:
    path = tmp_path / "answers.sqlite"
    command = [sys.executable, "-c", KEEP_AND_DIE, str(path)]
    running = [subprocess.Popen([*command, name], env=os.environ) for name in ("a", "b", "c")]
    assert [one.wait(60) for one in running] == [-signal.SIGKILL] * 3
    assert len(Cache(path).answers("model")) == 3_000
