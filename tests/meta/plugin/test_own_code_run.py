"""Candidates with code of their own through a whole run, as their users see it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.meta.models.own_code import CODE, build
from tests.meta.runs import Run

pytestmark = pytest.mark.slow(10)

HEAD = CODE.rstrip() + "\n\n"
FORWARD = "    def forward(self, input_values, attention_mask=None):\n"
OUTLINE, LOADING = "test_network_can_be_built", "test_weights_load"
# By its reason: its code, and the check that finds it.
FAULTS = {
    "outdated_code": ("from transformers.file_utilities import cached_path\n" + CODE, OUTLINE),
    "broken_code": (HEAD + FORWARD + "        return 1 / 0\n", LOADING),
    "other_interface": (HEAD + FORWARD + "        return input_values\n", LOADING),
    "needs_network": ("import socket\nsocket.getaddrinfo('example.org', 80)\n" + CODE, OUTLINE),
}


def test_each_fault_has_its_reason_and_its_check(
    run: Run, write: Callable[..., Path], tmp_path: Path
) -> None:
    path = write("wav2vec2-tiny")
    content = YAML(typ="safe").load(path)
    for reason, (code, _) in FAULTS.items():
        folder = build(tmp_path / reason, code)
        content["candidates"].append(entry(reason, folder, trust_remote_code=True))
    content["candidates"].append(entry("needs_remote_code", build(tmp_path / "own")))
    YAML().dump(content, path)
    outcome = run("-m", "loadability", candidates=path)
    assert outcome.code == pytest.ExitCode.OK, outcome.output
    for reason in (*FAULTS, "needs_remote_code"):
        assert outcome.candidate(reason)["reason"] == reason
        check = FAULTS.get(reason, ("", OUTLINE))[1]
        found = [case for case in outcome.of(reason) if case.properties.get("outcome") == "FAIL"]
        assert [case.name.partition("[")[0] for case in found] == [check]


def entry(reason: str, folder: Path, **keys: Any) -> dict[str, Any]:
    """Return an entry that expects to be rejected for a reason, by which it is called."""
    known = {"name": reason, "model": str(folder), "status": "rejected", "reason": reason}
    return {**known, **keys}


def test_what_ran_is_in_the_report(run: Run, write: Callable[..., Path], tmp_path: Path) -> None:
    path = write("wav2vec2-tiny")
    content = YAML(typ="safe").load(path)
    model = str(build(tmp_path / "own"))
    own = {"name": "own", "model": model, "trust_remote_code": True, "network": True}
    content["candidates"] = [own]
    YAML().dump(content, path)
    outcome = run("-m", "loadability", candidates=path)
    assert outcome.code == pytest.ExitCode.OK, outcome.output
    told = " ".join(map(str, outcome.candidate("own")["remarks"]))
    assert " ran, with the network open to it" in told
    page = (outcome.reports / "index.html").read_text("utf-8")
    assert "ran, with the network open to it" in page
