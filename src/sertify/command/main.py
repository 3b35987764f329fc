"""The command ``sertify``: looks at models, begins a project, draws its report again.

Judging is no part of it: that is a run of pytest.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence

from sertify.command.actions import add_actions
from sertify.vocabulary.about import VERSION
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.text import shown

_EXAMPLES = """\
examples:
  sertify inspect superb/wav2vec2-base-superb-er
                                what is this model, and can it be used?
  sertify data ./my-speech      how is this speech read, and what can it show?
  sertify init                  begin here: candidates.yaml, and pytest finds the checks
  sertify add ./my-model        list a model there, with what its files say of it
  pytest -m loadability         judge the candidates; which checks and how, pytest's options say
  sertify report                draw reports/index.html again from what was found
  sertify schema > candidates.schema.json
                                let an editor complete and explain candidates.yaml
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the arguments say; return 0, or 2 where that cannot be done, and say why."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a name may have signs that a terminal has not
            stream.reconfigure(errors="backslashreplace")
    try:
        try:
            return _obey(_parser().parse_args(argv))
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        # Who reads has seen enough; what Python still holds would complain at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _obey(arguments: argparse.Namespace) -> int:
    try:
        return _print(iter(arguments.act(arguments)))
    except BrokenPipeError:
        raise
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        return _refuse(f"{place}{error.strerror or error}")
    except ConfigurationError as error:
        return _refuse(str(error))


def _refuse(text: str) -> int:
    # It may name files that are called whatever others like.
    print("\n".join(map(shown, f"sertify: {text}".split("\n"))), file=sys.stderr)
    return 2


def _print(lines: Iterator[str]) -> int:
    """Print each line as it comes; return the code that an action ends with, by default 0."""
    while True:
        try:
            print(next(lines), flush=True)
        except StopIteration as end:
            return int(end.value or 0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sertify",
        description="Qualify speech-emotion models the way you test code.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"sertify {VERSION}")
    add_actions(parser)
    return parser
