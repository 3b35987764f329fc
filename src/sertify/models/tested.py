"""Which versions of transformers sertify was tested with."""

import re

import transformers

NEWEST = (5, 23)
"""The newest one: that of constraints.txt."""


def doubt(version: str = transformers.__version__) -> str:
    """Return what to say behind an error that a newer version may be the cause of; else ""."""
    found = re.match(r"(\d+)\.(\d+)", version)
    if found is None or (int(found[1]), int(found[2])) <= NEWEST:
        return ""
    newest = ".".join(map(str, NEWEST))
    advice = f"if the model worked before, try `pip install 'transformers=={newest}.*'`"
    return f"; transformers {version} is newer than {newest}, the newest that was tested: {advice}"
