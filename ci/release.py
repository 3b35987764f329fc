"""Checks what `make release` has built in dist/, and tries it: the embedded models, from the wheel.

    python ci/release.py

The wheel is installed into an empty environment, with the versions of constraints.txt. It ends with
an error where anything is not as it should be.
"""

import os
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import venv
import zipfile
from collections.abc import Iterator, Mapping
from email import message_from_string
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
DIST = ROOT / "dist"

IN_WHEEL = (
    "sertify/__init__.py",
    "sertify/py.typed",
    "sertify/checks/test_loadability.py",
    "sertify/speech/metadata.csv",
    "sertify/command/candidates.yaml",
    "sertify/report/page/page.html.j2",
    "sertify/vocabulary/reasons.toml",
)
IN_SOURCE = (
    "LICENSE",
    "README.md",
    "CHANGELOG.md",
    "SECURITY.md",
    "CITATION.cff",
    "constraints.txt",
    "fixtures/models/wavlm-tiny/model.safetensors",
    "tests/meta/conftest.py",
)
NOWHERE = (".pyc", ".sqlite", ".DS_Store")


Project = Mapping[str, Any]


def problems(project: Project, dist: Path, folder: Path) -> Iterator[str]:
    """Yield what is wrong with the archives in dist; what is made of them goes into the folder."""
    stem = f"sertify-{project['version']}"
    wheel, source = dist / f"{stem}-py3-none-any.whl", dist / f"{stem}.tar.gz"
    there = {path.name for path in dist.iterdir()} - {".gitignore"}
    if there != {wheel.name, source.name}:
        yield f"dist/ holds {sorted(there)}, but should {wheel.name} and {source.name}"
        return
    with zipfile.ZipFile(wheel) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    with tarfile.open(source) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    yield from _about(contents[f"{stem}.dist-info/METADATA"], project)
    yield from _absent(IN_WHEEL, contents.keys(), wheel.name)
    yield from _absent(IN_SOURCE, names, source.name)
    yield from (f"{name} is in an archive" for name in contents.keys() | names if _odd(name))
    if f"{stem}.dist-info/licenses/LICENSE" not in contents:
        yield f"{wheel.name} has no licence"
    yield from _unlike(contents, source, folder)


def _about(metadata: bytes, project: Project) -> Iterator[str]:
    """Compare what an index would show with pyproject.toml and the README."""
    found = message_from_string(metadata.decode("utf-8"))
    wanted = {
        "Name": project["name"],
        "Version": project["version"],
        "Summary": project["description"],
        "License-Expression": project["license"],
        "Requires-Python": project["requires-python"],
        "Description-Content-Type": "text/markdown",
    }
    for name, value in wanted.items():
        if found[name] != value:
            yield f"{name} is {found[name]!r}, but should be {value!r}"
    if found.get_payload() != (ROOT / "README.md").read_text("utf-8"):
        yield "the description is not README.md"


def _absent(wanted: tuple[str, ...], names: Any, archive: str) -> Iterator[str]:
    yield from (f"{name} is not in {archive}" for name in wanted if name not in names)


def _odd(name: str) -> bool:
    return name.endswith(NOWHERE) or name.startswith(("reports/", ".venv/", "build/", "dist/"))


def _unlike(contents: Mapping[str, bytes], source: Path, folder: Path) -> Iterator[str]:
    """Build a wheel from the source archive, which has to be the same one."""
    pip = (sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation")
    _run(folder, *pip, "--wheel-dir", folder, source)
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as archive:
        again = {name: archive.read(name) for name in archive.namelist()}
    if again != contents:
        unlike = sorted(dict(again.items() ^ contents.items()))
        yield f"the wheel that is built from {source.name} differs in {unlike[:3]}"


def try_out(project: Project, folder: Path) -> str:
    """Judge the embedded models on the wheel's speech, where nothing else is; return what it says.

    The models are those of the sources: a wheel has none.
    """
    environment, own = folder / "environment", folder / "project"
    venv.create(environment, with_pip=True)
    own.mkdir()
    programs = environment / ("Scripts" if os.name == "nt" else "bin")
    constraint = ("--constraint", ROOT / "constraints.txt")
    wheel = next(DIST.glob("*.whl"))
    _run(own, programs / "python", "-m", "pip", "install", "--quiet", *constraint, wheel)
    where = "import sertify, pathlib; print(pathlib.Path(sertify.__file__).parent)"
    package = Path(_run(own, programs / "python", "-c", where).strip())
    if not package.is_relative_to(environment):
        sys.exit(f"sertify is imported from {package}, which is not the wheel's")
    version = _run(own, programs / "sertify", "--version").strip()
    if version != f"sertify {project['version']}":
        sys.exit(f"the command is {version}, but should be {project['version']}")
    _run(own, programs / "sertify", "init")
    candidates = ("--candidates", ROOT / "fixtures" / "candidates.yaml")
    return _run(own, programs / "pytest", *candidates, "--data", package / "speech")


def _run(folder: Path, *command: str | Path) -> str:
    """Return what a command prints, called where nothing of the sources is found."""
    alone = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [*map(str, command)], cwd=folder, env=alone, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{done.stdout}{done.stderr}\n{command[0]} ended with {done.returncode}")
    return done.stdout


def main() -> None:
    """Check and try what is in dist/."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    with tempfile.TemporaryDirectory() as folder:
        if wrong := [*problems(project, DIST, Path(folder))]:
            sys.exit("\n".join(wrong))
        said = try_out(project, Path(folder).resolve())
    print(said[said.rindex(" sertify ") :].partition("\n")[2])
    print(f"sertify {project['version']} is built, checked and tried: {DIST}")


if __name__ == "__main__":
    main()
