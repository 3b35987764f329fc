"""The reports that pytest and pytest-benchmark write: each whole or not at all, on its own."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from _pytest.junitxml import xml_key  # LogXML has no other way to suite-level properties

from sertify.report.writing import Written
from sertify.vocabulary.files import write_whole

# Whoever reads it sees an error, unless the run comes to its end.
_UNDER_WAY = """\
<?xml version="1.0" encoding="utf-8"?>
<testsuites name="pytest tests"><testsuite name="pytest" errors="1" failures="0" skipped="0" \
tests="1"><properties><property name="sertify:finished" value="false"/></properties>\
<testcase classname="selection" name="test_the_run_came_to_its_end"><error message="not finished: \
the run is under way, or was ended from outside"/></testcase></testsuite></testsuites>
"""


def begin_junit(config: pytest.Config, written: Written) -> None:
    """Write over the junit.xml of an earlier run that this one is under way."""
    xml = config.stash.get(xml_key, None)
    if xml is not None:
        path = Path(xml.logfile)
        written.attempt("junit", path, lambda: _made(path))


def _made(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, _UNDER_WAY)


def end_junit(config: pytest.Config, written: Written, properties: Mapping[str, str]) -> None:
    """Let pytest write junit.xml now, where nothing that goes wrong costs anything else."""
    xml: Any = config.stash.get(xml_key, None)
    if xml is None:
        return
    for name, value in properties.items():
        xml.add_global_property(name, value)
    path = Path(xml.logfile)
    written.attempt("junit", path, lambda: _drafted(path, xml))
    xml.logfile = os.devnull  # into which pytest writes once more


def tell_junit(config: pytest.Config, written: Written) -> None:
    """Let pytest say where junit.xml is, where it is anywhere."""
    xml: Any = config.stash.get(xml_key, None)
    if xml is not None and "junit" in written.missing:
        del config.stash[xml_key]
        config.pluginmanager.unregister(xml)
    elif xml is not None and "junit" in written.paths:
        xml.logfile = str(written.paths.pop("junit"))


def guard_benchmarks(config: pytest.Config, written: Written) -> None:
    """Let what ``--benchmark-json`` cannot write cost nothing else."""
    session: Any = getattr(config, "_benchmarksession", None)
    if session is not None and session.json:
        path, save = Path(session.json), session.save_json
        session.save_json = lambda content: written.attempt(
            "benchmarks", path, lambda: save(content)
        )


def _drafted(path: Path, xml: Any) -> None:
    """Let pytest write beside the place, then put it there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    xml.logfile = str(path.with_name(f".{path.name}.{os.getpid()}"))
    try:
        xml.pytest_sessionfinish()
        Path(xml.logfile).replace(path)
    finally:
        Path(xml.logfile).unlink(missing_ok=True)
