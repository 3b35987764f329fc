"""The command ``sertify``: begins a project, draws its report again, prints schemas.

Judging is no part of it: that is a run of pytest.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterable, Sequence
from importlib.resources import files
from pathlib import Path

from sertify.vocabulary.about import VERSION
from sertify.vocabulary.errors import ConfigurationError

_SCHEMAS = ("candidates", "results")
_EXAMPLES = """\
examples:
  sertify init                  begin here: candidates.yaml, and pytest finds the checks
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
        for line in arguments.act(arguments):
            print(line)
    except BrokenPipeError:
        raise
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        print(f"sertify: {place}{error.strerror or error}", file=sys.stderr)
        return 2
    except ConfigurationError as error:
        print(f"sertify: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sertify",
        description="Qualify speech-emotion models the way you test code.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"sertify {VERSION}")
    actions = parser.add_subparsers(title="actions", required=True, metavar="ACTION")
    _add_init(actions.add_parser("init", help="write what a project needs; overwrites nothing"))
    _add_report(actions.add_parser("report", help="draw the reports again, without a model"))
    _add_schema(actions.add_parser("schema", help="print a JSON schema, for editors"))
    return parser


def _add_init(parser: argparse.ArgumentParser) -> None:
    parser.description = "Write candidates.yaml and, where pytest has no settings, pytest.ini."
    parser.add_argument(
        "folder", metavar="DIR", nargs="?", type=Path, default=Path(), help="where (default: here)"
    )
    parser.add_argument("--force", action="store_true", help="replace candidates.yaml")
    parser.set_defaults(act=_init)


def _add_report(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Draw index.html, results.json and summary.md again from the evidence of earlier runs,"
        " without recordings."
    )
    parser.add_argument(
        "--candidates",
        metavar="FILE",
        type=Path,
        default=Path("candidates.yaml"),
        help="the models that are judged (default: %(default)s)",
    )
    parser.add_argument(
        "--reports",
        metavar="DIR",
        type=Path,
        default=Path("reports"),
        help="where the evidence is, and the reports go (default: %(default)s)",
    )
    parser.add_argument(
        "--compare",
        metavar="FILE",
        type=Path,
        help="results.json of an earlier run, or its folder, to say what has changed since",
    )
    parser.add_argument(
        "--model-index",
        action="store_true",
        help="write the results of the selected model as its model card has them",
    )
    parser.set_defaults(act=_report)


def _add_schema(parser: argparse.ArgumentParser) -> None:
    parser.description = "Print the JSON schema of candidates.yaml or of results.json."
    parser.add_argument(
        "name", nargs="?", choices=[*_SCHEMAS], default="candidates", help="default: %(default)s"
    )
    parser.set_defaults(act=_schema)


def _init(arguments: argparse.Namespace) -> Iterable[str]:
    from sertify.command.beginning import begin

    return begin(arguments.folder, replace=arguments.force)


def _report(arguments: argparse.Namespace) -> Iterable[str]:
    from sertify.command.redrawing import redraw

    compare, card = arguments.compare, arguments.model_index
    return redraw(arguments.candidates, arguments.reports, compare=compare, model_index=card)


def _schema(arguments: argparse.Namespace) -> Iterable[str]:
    if arguments.name == "results":
        from sertify.report.results.model.results import results_schema

        yield json.dumps(results_schema(), indent=2)
    else:
        file = files("sertify").joinpath("candidates/candidates.schema.json")
        yield file.read_text("utf-8").rstrip()
