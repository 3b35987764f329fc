"""Texts that cost whoever reads them carelessly hours, and what reads them; run by test_texts.

As a module it reads each in a process of its own, with so many seconds of processor time and so
much memory, and prints as JSON how each ended.
"""

import json
import os
import resource
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from sertify.candidates.locks import lock_path, read_lock
from sertify.candidates.reading import Candidate, read_suite
from sertify.gates.labels import (
    judge_dimensions,
    judge_distinct_labels,
    judge_emotions,
    judge_label_count,
    judge_named_labels,
)
from sertify.hub.card import read_card
from sertify.hub.configs import judge_config, judge_values
from sertify.hub.hyperparams import class_names, label_names, read_hyperparams
from sertify.hub.plausible import oddity
from sertify.hub.repositories import local
from sertify.report.results.reading import read_results
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.public_corpora import known_corpus
from sertify.vocabulary.text import did_you_mean
from sertify.vocabulary.yaml_lines import read_yaml

__all__ = ["ROWS"]

SECONDS, BYTES = 5, 2 * 2**30
_N = 100_000

Read = Callable[[str], object]


def _file(name: str, read: Callable[[Path], object]) -> Read:
    """Return what writes a text into a folder as `name` and reads it."""

    def write_and_read(text: str) -> object:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / name).write_text(text, "utf-8")
            return read(Path(folder))

    return write_and_read


def _config(folder: Path) -> object:
    repository = local("it", folder)
    return judge_config(repository), judge_values(repository)


def _labels(text: str) -> object:
    labels = text.split("|")
    mapping = dict.fromkeys(labels[:1000], "anger")
    candidate = Candidate("it", "it", emotions=mapping)
    return (
        judge_named_labels(labels), judge_distinct_labels(labels), judge_dimensions(labels, None),
        judge_emotions(labels, candidate), judge_label_count(labels, 5),
    )  # fmt: skip


def _lock(folder: Path) -> object:
    return read_lock(folder / "candidates.yaml")


card = _file("README.md", read_card)
suite = _file("candidates.yaml", lambda folder: read_suite(folder / "candidates.yaml"))
lock = _file(lock_path(Path("candidates.yaml")).name, _lock)
config = _file("config.json", _config)
results = _file("results.json", read_results)


def yaml(text: str) -> object:
    return read_yaml(text.encode(), any_keys=True, tags=True)


def extractor(text: str) -> object:
    return oddity(json.loads(text), "preprocessor_config.json")


def _anchors(item: str) -> str:
    rest = (f"k{i}: &k{i} {item.replace('@', f'*k{i - 1}')}\n" for i in range(1, 31))
    return "k0: &k0 {x: 1}\n" + "".join(rest)


MERGED = _anchors("{<<: [@, @, @, @, @, @, @, @, @]}")
TWO_KINDS = _anchors('{1: @, "1": @}')
ALIASES = _anchors("[@, @, @, @, @, @, @, @, @]")
REFERENCES = "a0: aaaaaaaaaa\n" + "".join(
    f"a{i}: !ref {f'<a{i - 1}>' * 10}\n" for i in range(1, 30)
)
WIDE = f"a: {'x' * 9000}\nb: !ref {'<a>' * _N}\n"
OFTEN = f"a: {'x' * 9000}\nb: [{'!ref <a>y,' * 15_000}]\n"
LINES = "".join(f"'{i}' => {i}\n" for i in range(9999)) + "====="
NESTED = '{"model_type": "x", "hidden_size": ' + "[" * 900 + "]" * 900 + "}"
MANY = json.dumps({"model_type": "x", "id2label": dict.fromkeys(range(_N))})
LABELS = ",".join(f"l{i}" for i in range(5_000))
EMOTIONS = ",".join(f"l{i}: anger" for i in range(5_000))
ONE = "candidates: [{name: a, model: x/y, "

ROWS: Mapping[str, tuple[Read, str]] = {
    "card: merged keys": (card, f"---\n{MERGED}\n---\n"),
    "card: keys of two kinds": (card, f"---\n{TWO_KINDS}\n---\n"),
    "card: aliases": (card, f"---\n{ALIASES}\n---\n"),
    "card: one Korean word": (card, "학습" * (_N // 2)),
    "card: Korean words": (card, "학습 데이터 " * (_N // 7)),
    "card: one letter, many marks": (card, "train a" + "\u0315\u0300" * (_N // 2)),
    "card: corpora": (card, "trained on the esd corpus " * (_N // 26)),
    "card: one word": (card, "not " + "a" * _N),
    "card: not a a a": (card, "not a a a " * (_N // 10)),
    "card: line ends": (card, "\n " * (_N // 2) + "x"),
    "card: fences": (card, "```\n" * (_N // 4)),
    "card: rules": (card, "---\n" * (_N // 4)),
    "card: digits": (card, "\n" + "1" * _N),
    "card: underscores": (card, "crema" + "_" * _N),
    "yaml: merged keys": (yaml, MERGED),
    "yaml: keys of two kinds": (yaml, TWO_KINDS),
    "yaml: aliases": (yaml, ALIASES),
    "yaml: one anchor, again and again": (yaml, "[" + "&a 1," * 20_000 + "]"),
    "yaml: depth": (yaml, "[" * 900_000),
    "yaml: comments": (yaml, "# a\n" * _N),
    "yaml: line ends": (yaml, "\n" * 4 * _N),
    "yaml: a number": (yaml, "a: " + "1" * 4 * _N),
    "yaml: a tag": (yaml, "a: !" + "%41" * _N + " b"),
    "yaml: directives": (yaml, "".join(f"%TAG !a{i}! t:x\n" for i in range(20_000)) + "---\na: 1"),
    "hyperparams: references": (read_hyperparams, REFERENCES),
    "hyperparams: one long reference": (read_hyperparams, WIDE),
    "hyperparams: many references": (read_hyperparams, OFTEN),
    "hyperparams: open brackets": (read_hyperparams, "a: !ref '" + "<a" * (_N // 2) + "'"),
    "hyperparams: classes": (class_names, "a: !new:" + "x." * _N),
    "encoder: many labels": (label_names, LINES),
    "encoder: one long label": (label_names, f"'{'x' * _N}' => 0\n====="),
    "encoder: a sum": (label_names, f"{'-' * _N}1 => 0\n====="),
    "encoder: brackets": (label_names, f"{'(' * _N} => 0\n====="),
    "encoder: backslashes": (label_names, "'" + r"\'" * (_N // 2) + " => 0\n====="),
    "labels: many": (_labels, "|".join(f"l{i}" for i in range(_N))),
    "labels: the same": (_labels, "|".join(["same"] * _N)),
    "labels: one long": (_labels, "x" * 10**6),
    "labels: marks": (_labels, "a" + "\u0315\u0300" * (_N // 2)),
    "labels: joined": (_labels, "anger/" * _N),
    "config: depth": (config, "[" * _N + "]" * _N),
    "config: depth of objects": (config, '{"model_type": "x", "a":' * _N + "1" + "}" * _N),
    "config: a depth that is read": (config, NESTED),
    "config: nested": (config, '{"model_type": "x", "a_config": ' * 300 + "1" + "}" * 300),
    "config: digits": (config, '{"model_type": "x", "hidden_size": ' + "9" * _N + "}"),
    "config: labels": (config, MANY),
    "extractor: digits": (extractor, '{"n_fft": ' + "9" * 4000 + "}"),
    "candidates: labels": (suite, f"{ONE}labels: [{','.join(f'l{i}' for i in range(20_000))}]}}]"),
    "candidates: emotions": (suite, f"{ONE}labels: [{LABELS}], emotions: {{{EMOTIONS}}}}}]"),
    "candidates: unknown keys": (suite, ONE + ",".join(f"k{i}: 1" for i in range(5_000)) + "}]"),
    "candidates: a long key": (suite, ONE + f"? {'k' * 900_000}\n: 1}}]"),
    "candidates: many": (
        suite, "candidates:\n" + "".join(f"- {{name: a{i}, model: x/y}}\n" for i in range(2_000))
    ),
    "lock: many": (lock, "".join(f"a{i}: {{model: a, commit: b}}\n" for i in range(2_000))),
    "lock: keys of two kinds": (lock, TWO_KINDS),
    "results: depth": (results, "[" * _N),
    "results: digits": (results, '{"schema": ' + "9" * _N + "}"),
    "results: a long schema": (results, json.dumps({"schema": "x" * 10**6})),
    "corpus: a long name": (known_corpus, "emotional " * _N),
    "corpus: brackets": (known_corpus, "a (" * _N),
    "corpus: blanks": (known_corpus, "a" + " " * _N + "b"),
    "word: long": (lambda word: did_you_mean(word, ["languages"] * 100), "languages" * _N),
}  # fmt: skip


def outcome(read: Read, text: str) -> str:
    """Read a text, and say what came of it: its documented errors are as good as a value."""
    try:
        read(text)
    except (ConfigurationError, ValueError) as error:
        return "long" if len(str(error)) > 30_000 else "refused"
    except BaseException as error:
        return f"{type(error).__name__}: {error}"[:200]
    return "read"


def _in_process(row: str) -> str:
    parent, child = os.pipe()
    pid = os.fork()
    if not pid:
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
        os.write(child, outcome(*ROWS[row]).encode())
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    os.close(child)
    with os.fdopen(parent) as said:
        return said.read() or f"ended by signal {os.WTERMSIG(status)}"


if __name__ == "__main__":
    rows = sys.argv[1:] or list(ROWS)
    json.dump({row: _in_process(row) for row in rows}, sys.stdout, indent=1)
