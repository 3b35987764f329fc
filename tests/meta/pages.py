"""What pages tell their readers to type, write and expect.

A block of ``console`` has commands behind ``$ ``, which go on behind ``> ``, and what they print
between them; ``…`` stands for whatever is there. In pages without such blocks, an indented block of
known commands counts as well. HTML comments in the lines before a block say more:

``<!-- exit: 1 -->``
    The exit status of its last command, where that is not 0.
``<!-- not run: WHY -->``
    No test runs it.
``<!-- instead: COMMAND -->``
    A test runs this in its place.
``<!-- file: PATH -->``
    The block is the content of that file.
``<!-- append: PATH -->``
    The block goes to the end of that file.
"""

import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

__all__ = ["Command", "Content", "console", "lacking", "steps", "typed"]

_COMMENT = re.compile(r"\s*<!-- (exit|not run|instead|file|append): (.+) -->")
_FENCE = re.compile(r"```(\w*)")
_KNOWN = re.compile(r"    (?:make|pip|pre-commit|pytest|python|sertify)\b")


@dataclass(frozen=True)
class Command:
    """A command, what it prints and how it ends.

    ``skipped`` says why no test runs it, ``instead`` is what a test runs in its place.
    """

    line: int
    text: str
    output: str = ""
    status: int = 0
    skipped: str = ""
    instead: str = ""


@dataclass(frozen=True)
class Content:
    """A file, or what goes into one."""

    line: int
    path: str
    text: str
    appended: bool = False

    def write(self, folder: Path) -> None:
        """Write it."""
        path = folder / self.path
        path.parent.mkdir(parents=True, exist_ok=True)
        text = self.text
        if self.appended:
            text = path.read_text("utf-8") + "\n" + text
        path.write_text(text, "utf-8")


def steps(page: Path) -> Iterator[Command | Content]:
    """Yield what a page has its reader do, in its order."""
    notes: dict[str, str] = {}
    for line, language, block in _blocks(page.read_text("utf-8").splitlines()):
        if language == "<!--":
            kind, note = block
            notes[kind] = note
        else:
            yield from _read(line, language, list(block), notes)
            notes = {}


def _blocks(lines: list[str]) -> Iterator[tuple[int, str, tuple[str, ...]]]:
    """Yield comments, fenced blocks by their language, and indented ones as ``indented``."""
    at = 0
    while at < len(lines):
        start, line = at, lines[at]
        at += 1
        if comment := _COMMENT.fullmatch(line):
            yield start + 1, "<!--", (comment[1], comment[2])
        elif fence := _FENCE.match(line):
            at = lines.index("```", at) + 1
            yield start + 1, fence[1], tuple(lines[start + 1 : at - 1])
        elif line.startswith("    ") and not lines[start - 1].strip():
            while at < len(lines) and lines[at].startswith("    "):
                at += 1
            yield start + 1, "indented", tuple(lines[start:at])
        # What a comment says is of the block that follows, not of one further on.
        elif line.strip():
            yield start + 1, "text", ()


def _read(
    line: int, language: str, block: list[str], notes: dict[str, str]
) -> Iterator[Command | Content]:
    path = notes.get("file") or notes.get("append")
    if path and language != "text":
        yield Content(line, path, "\n".join(block) + "\n", "append" in notes)
    elif language == "console":
        *first, last = console(line, block)
        yield from (_noted(one, notes, 0) for one in first)
        yield _noted(last, notes, int(notes.get("exit", 0)))
    elif language == "indented" and all(map(_KNOWN.match, block)):
        for number, text in enumerate(block):
            yield Command(line + number, text.partition("  #")[0].strip())


def _noted(command: Command, notes: dict[str, str], status: int) -> Command:
    skipped, instead = notes.get("not run", ""), notes.get("instead", "")
    return replace(command, status=status, skipped=skipped, instead=instead)


def console(line: int, block: list[str]) -> list[Command]:
    """Read a block of ``console`` that begins behind that line."""
    found: list[tuple[int, str, list[str]]] = []
    for number, text in enumerate(block, line + 1):
        if text.startswith("$ "):
            found.append((number, text[2:], []))
        elif (text == ">" or text.startswith("> ")) and not found[-1][2]:
            place, command, _ = found[-1]
            found[-1] = (place, f"{command}\n{text[2:]}", [])
        else:
            found[-1][2].append(text)
    return [Command(place, text, "\n".join(output)) for place, text, output in found]


def lacking(expected: str, printed: str) -> str:
    """Return the first piece of the expected output that was not printed in its place.

    Pieces are what lies between ``…`` and line breaks; how much space is in them does not matter.

    >>> lacking("2 passed, … in …", "==== 2 passed, 1 skipped in 0.5 s ====")
    ''
    >>> lacking("2 passed", "1 passed")
    '2 passed'
    """
    rest = " ".join(printed.split())
    for piece in re.split(r"…|\n", expected):
        wanted = " ".join(piece.split())
        _, found, after = rest.partition(wanted) if wanted else ("", " ", rest)
        if not found:
            return wanted
        rest = after
    return ""


def typed(
    command: Sequence[str], where: Path, variables: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run a command as if at a prompt, with nobody to answer it; both outputs are one text."""
    return subprocess.run(
        command,
        cwd=where,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
