"""What the command can do: the arguments of each action, and the function that does it.

Each yields lines to print; what it returns, if anything, is the code that the command ends with.
"""

import argparse
import json
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path

_SCHEMAS = ("candidates", "results", "selected")
_CANDIDATES = Path("candidates.yaml")


def add_actions(parser: argparse.ArgumentParser) -> None:
    """Declare all actions, in the order in which a project needs them."""
    actions = parser.add_subparsers(title="actions", required=True, metavar="ACTION")
    _add_inspect(actions.add_parser("inspect", help="say what a model is, without its weights"))
    _add_data(actions.add_parser("data", help="say how speech is read, and what it can show"))
    _add_init(actions.add_parser("init", help="write what a project needs; overwrites nothing"))
    _add_add(actions.add_parser("add", help="add a model to candidates.yaml"))
    _add_report(actions.add_parser("report", help="draw the reports again, without a model"))
    _add_schema(actions.add_parser("schema", help="print a JSON schema, for editors"))


def _add_inspect(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Say what repositories are, in seconds and without their weights: what loads them, their"
        " labels as emotions, what is wrong, and the entry of candidates.yaml to write."
    )
    parser.epilog = "Ends with 0 where all can be used, else with 1."
    _add_repositories(parser)
    parser.add_argument(
        "--candidates",
        metavar="FILE",
        type=Path,
        help=f"take what is required from there (default: {_CANDIDATES}, where it is there)",
    )
    parser.add_argument("--json", action="store_true", help="print what is known as JSON")
    parser.set_defaults(act=_inspect)


def _add_data(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Say how speech is read, before any model is asked: what it was taken for, its clips by"
        " label and emotion, speakers, lengths, what cannot be judged and why, and how small a"
        " difference between models it can show. The options are those of a run."
    )
    parser.epilog = "Ends with 0 where a run would go on, with 1 where it would stop."
    parser.add_argument(
        "paths", metavar="[NAME=]PATH", nargs="+", help="folder of speech, as for --data"
    )
    parser.add_argument(
        "--layout",
        metavar="[NAME=]LAYOUT",
        action="append",
        default=[],
        help="what it is to be read as (default: auto)",
    )
    parser.add_argument("--split", help="the only split to keep")
    parser.add_argument("--limit", metavar="N", type=int, help="judge only N clips")
    parser.add_argument(
        "--candidates",
        metavar="FILE",
        type=Path,
        help=f"take what corpora leave open from there (default: {_CANDIDATES}, if there)",
    )
    parser.add_argument(
        "--offline", action="store_true", help="use what is in the cache; no network"
    )
    parser.add_argument("--json", action="store_true", help="print what is known as JSON")
    parser.set_defaults(act=_data)


def _add_add(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Add entries at the end of candidates.yaml, which stays as it is otherwise. What cannot be"
        " used gets `status: rejected` and its reason; what cannot be looked at gets no entry."
    )
    parser.epilog = "Ends with 0 where all were added, else with 1."
    _add_repositories(parser)
    _add_candidates(parser, "the file to add to")
    parser.add_argument("--name", help="what to call it (default: as its repository is called)")
    parser.add_argument("--pin", action="store_true", help="write down the commit that it is at")
    parser.set_defaults(act=_add)


def _add_repositories(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "models",
        metavar="MODEL",
        nargs="+",
        help="hub id, folder, or the address of a model's page",
    )
    parser.add_argument("--revision", help="branch, tag or commit (default: the default branch)")
    parser.add_argument(
        "--offline", action="store_true", help="use what is in the cache; no network"
    )


def _add_candidates(parser: argparse.ArgumentParser, what: str) -> None:
    parser.add_argument(
        "--candidates",
        metavar="FILE",
        type=Path,
        default=_CANDIDATES,
        help=f"{what} (default: %(default)s)",
    )


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
    _add_candidates(parser, "the models that are judged")
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
    parser.description = "Print the JSON schema of candidates.yaml, results.json or selected.json."
    parser.add_argument(
        "name", nargs="?", choices=[*_SCHEMAS], default="candidates", help="default: %(default)s"
    )
    parser.set_defaults(act=_schema)


def _inspect(arguments: argparse.Namespace) -> Iterable[str]:
    from sertify.candidates.writing import Book
    from sertify.command.inspecting import inspect

    path = arguments.candidates or _CANDIDATES
    there = arguments.candidates is not None or path.is_file()
    return inspect(
        arguments.models,
        Book.read(path) if there else Book(path),
        revision=arguments.revision,
        offline=arguments.offline,
        as_json=arguments.json,
    )


def _data(arguments: argparse.Namespace) -> Iterable[str]:
    from sertify.command.surveying import survey
    from sertify.pipeline.settings import layout_of

    named = arguments.candidates or (_CANDIDATES if _CANDIDATES.is_file() else None)
    return survey(
        arguments.paths,
        named,
        dict(map(layout_of, arguments.layout)),
        as_json=arguments.json,
        split=arguments.split,
        limit=arguments.limit,
        offline=arguments.offline,
    )


def _add(arguments: argparse.Namespace) -> Iterable[str]:
    from sertify.command.adding import add

    return add(
        arguments.models,
        arguments.candidates,
        name=arguments.name,
        revision=arguments.revision,
        pin=arguments.pin,
        offline=arguments.offline,
    )


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
    elif arguments.name == "selected":
        from sertify.report.results.model.selected import selected_schema

        yield json.dumps(selected_schema(), indent=2)
    else:
        file = files("sertify").joinpath("candidates/candidates.schema.json")
        yield file.read_text("utf-8").rstrip()
