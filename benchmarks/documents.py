"""Writes the tables of ``docs/performance.md`` from the recorded result."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks import growth, rows
from benchmarks.processes import ROOT

__all__ = ["PAGE", "filled", "rewrite"]

PAGE = ROOT / "docs" / "performance.md"
_MARKS = ("<!-- {name}: written by benchmarks/engine.py -->", "<!-- end of {name} -->")


def rewrite(result: Mapping[str, Any]) -> None:
    """Put the tables of a result into the page."""
    PAGE.write_text(filled(PAGE.read_text("utf-8"), result), encoding="utf-8")


def filled(text: str, result: Mapping[str, Any]) -> str:
    """Return a page with the tables of a result between their marks.

    Raises ``ValueError`` where a mark is missing.
    """
    tables = {
        "measurements": _pictured(rows.table(result["rows"]), "ratios", "The ratios as bars"),
        "limit": _limit_table(result["limit"]),
        "growth": _growth(result["exponents"]),
        "machine": _machine(result),
    }
    for name, table in tables.items():
        begin, end = (mark.format(name=name) for mark in _MARKS)
        pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
        if not pattern.search(text):
            raise ValueError(f"{PAGE.name} should have {begin!r} and {end!r}, but lacks one")
        whole = f"{begin}\n{table}\n{end}"
        text = pattern.sub(lambda _, whole=whole: whole, text)  # type: ignore[misc]
    return text


def _pictured(table: str, name: str, what: str) -> str:
    return f"{table}\n\n![{what}](performance/{name}.svg)"


def _growth(exponents: Mapping[str, Any]) -> str:
    if not exponents:
        return "Not measured yet."
    return _pictured(growth.table(exponents), "growth", "Time, memory and files over clips")


def _limit_table(limits: Sequence[Mapping[str, Any]]) -> str:
    if not limits:
        return "Not measured yet."
    names = [*limits[0]["share"]]
    lines = [f"| model | GFLOP a second of audio | GEMM, GFLOP/s | {' | '.join(names)} |"]
    lines.append("|---|---|---" + "|---" * len(names) + "|")
    for one in limits:
        cost = one["flops"] / one["seconds_of_audio"] / 1e9
        shares = " | ".join(f"{100 * one['share'][name]:.0f} %" for name in names)
        rate = one["gemm_flops_per_second"] / 1e9
        lines.append(f"| {one['model']} | {cost:.3g} | {rate:.3g} | {shares} |")
    return "\n".join(lines)


def _machine(result: Mapping[str, Any]) -> str:
    machine, settings = result["machine"], result["settings"]
    parts = (
        f"{machine['cpu']}, {machine['cores']} cores", f"{machine['platform']}",
        f"Python {machine['python']}", f"torch {machine['torch']}",
        f"transformers {machine['transformers']}", f"onnxruntime {machine['onnxruntime']}",
        f"sertify {machine['sertify']}", f"{settings['size']} models",
        f"{settings['clips']} clips", f"{settings['rounds']} rounds",
    )  # fmt: skip
    return f"{', '.join(parts)} ({result['created'][:10]})."
