"""The arguments of the command line: declared in every run, so this imports next to nothing."""

import argparse
import math

import pytest

from sertify.vocabulary.machine import DTYPES


def add_options(parser: pytest.Parser) -> None:
    """Declare the options; what each means is said in its help."""
    group = parser.getgroup("sertify", "qualification of speech-emotion models")
    group.addoption(
        "--candidates",
        metavar="FILE",
        help="the models to judge and what is required of them (default: candidates.yaml)",
    )
    group.addoption(
        "--data",
        metavar="[NAME=]PATH",
        action="append",
        default=[],
        help="folder of speech: with a metadata file, one subfolder per label, or the layout of a"
        " public corpus; or hf://datasets/OWNER/NAME; may be given several times",
    )
    group.addoption(
        "--layout",
        metavar="[NAME=]LAYOUT",
        action="append",
        default=[],
        help="how to read --data, such as metadata, folders, audformat or ravdess (default: look)",
    )
    group.addoption("--split", metavar="NAME", help="judge on this split of --data only")
    group.addoption(
        "--limit",
        type=_positive,
        metavar="N",
        help="judge on at most N clips of each corpus, of all labels and speakers: a quick look",
    )
    group.addoption(
        "--segment",
        type=_seconds,
        metavar="SECONDS",
        help="judge clips in segments of this length, and average their probabilities",
    )
    group.addoption(
        "--hop",
        type=_seconds,
        metavar="SECONDS",
        help="from the start of a segment to that of the next (default: the segment's length)",
    )
    group.addoption(
        "--noise",
        metavar="PATH",
        help="folder of recordings of noise, for `robustness:` to play beside the speech",
    )
    group.addoption(
        "--rooms",
        metavar="PATH",
        help="folder of impulse responses of rooms, for `robustness:` to let it be heard in",
    )
    group.addoption(
        "--confirm",
        metavar="[NAME=]PATH",
        help="folder of speech that has no part in the selection, to judge the selected one on",
    )
    group.addoption(
        "--hold-out",
        type=_share,
        metavar="SHARE",
        help="the same with a share of the speakers of --data, such as 0.3",
    )
    group.addoption(
        "--reports",
        metavar="DIR",
        help="where evidence and reports are written (default: reports)",
    )
    group.addoption(
        "--report-audio",
        nargs="?",
        type=_size,
        const=5 * 2**20,
        default=0,
        metavar="MB",
        help="put recordings of the clips that say most into the page, at most so many MB (5 where"
        " no number is given); off by default, for voices are personal data",
    )
    group.addoption(
        "--compare",
        metavar="FILE",
        help="results.json of an earlier run, or its folder, to say what has changed since",
    )
    group.addoption(
        "--model-index",
        action="store_true",
        help="write the results of the selected model as its model card has them",
    )
    group.addoption("--device", default="auto", help="cpu, cuda, mps or auto (default: auto)")
    group.addoption(
        "--threads",
        type=_positive,
        metavar="N",
        help="threads that a model may use (default: all cores, shared out over the workers)",
    )
    group.addoption(
        "--dtype",
        choices=DTYPES,
        default=DTYPES[0],
        help="what models compute in: mixed is bfloat16 (float16 on a GPU), and float32 for clips"
        " of which it could change the label; on many CPUs bfloat16 and float16 are far slower",
    )
    group.addoption(
        "--limits",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="what a candidate may take before it is given up: load, forward or candidate in"
        " seconds, memory such as 90%% or 6GB; or none (default: limits of the candidates file)",
    )
    group.addoption(
        "--no-cache",
        action="store_true",
        help="ask models anew; else what they answered before is looked up (see --cache-clear)",
    )
    group.addoption(
        "--cache-size",
        type=_size,
        default=2**30,
        metavar="MB",
        help="how much of that is kept (default: 1024)",
    )
    group.addoption(
        "--offline", action="store_true", help="use what is in the hub's cache; no network"
    )
    group.addoption(
        "--no-weights",
        action="store_true",
        help="judge what can be told without downloading weights, and no more",
    )
    group.addoption(
        "--lock",
        action="store_true",
        help="write the commits that were judged beside the candidates: candidates.lock.yaml",
    )
    group.addoption(
        "--locked",
        action="store_true",
        help="judge only what is still at the commit that candidates.lock.yaml says",
    )
    group.addoption(
        "--race",
        action="store_true",
        help="ask a candidate no more once some of --data show that it fails on UAR, or that it is"
        " behind one that qualifies",
    )


def is_worker(config: pytest.Config) -> bool:
    """Whether this process is a worker of pytest-xdist."""
    return hasattr(config, "workerinput")


def _seconds(text: str) -> float:
    return _number(text, 0.1, 600, "a number of seconds from 0.1 to 600")


def _share(text: str) -> float:
    return _number(text, 0.01, 0.99, "a share of the speakers between 0 and 1, such as 0.3")


def _number(text: str, least: float, most: float, wanted: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not least <= value <= most:
        raise argparse.ArgumentTypeError(f"is {text!r}, but should be {wanted}")
    return value


def _size(text: str) -> int:
    return _positive(text) * 2**20


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"is {text!r}, but should be a whole number, 1 or more")
    return int(text)
