"""Runs of pytest on the checks, and what they leave behind."""

import json
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
CHECKS = ROOT / "tests" / "checks"
FIXTURES = ROOT / "fixtures"
SPEECH = FIXTURES / "speech" / "test"
EMBEDDED = FIXTURES / "candidates.yaml"


@dataclass(frozen=True)
class Case:
    """One test case of junit.xml."""

    name: str
    kind: str
    message: str
    properties: dict[str, str]

    @property
    def gate(self) -> str:
        return self.properties.get("gate", "")


@dataclass(frozen=True)
class Outcome:
    """What a run left behind."""

    code: int
    output: str
    reports: Path

    @property
    def results(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.reports / "results.json").read_text("utf-8"))
        return content

    @property
    def cases(self) -> list[Case]:
        return [_case(node) for node in ET.parse(self.reports / "junit.xml").iter("testcase")]

    @property
    def suite(self) -> dict[str, str]:
        nodes = ET.parse(self.reports / "junit.xml").findall("testsuite/properties/property")
        return {node.attrib["name"]: node.attrib["value"] for node in nodes}

    def candidate(self, name: str) -> dict[str, Any]:
        return next(one for one in self.results["candidates"] if one["name"] == name)

    def of(self, candidate: str) -> list[Case]:
        return [case for case in self.cases if case.properties.get("candidate") == candidate]


def _case(node: ET.Element) -> Case:
    kinds = [child for child in node if child.tag in ("failure", "error", "skipped")]
    properties = {one.attrib["name"]: one.attrib["value"] for one in node.iter("property")}
    kind = kinds[0].tag if kinds else "passed"
    message = kinds[0].attrib.get("message", "") if kinds else ""
    return Case(node.attrib["name"], kind, message, properties)


Run = Callable[..., Outcome]
