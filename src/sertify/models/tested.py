"""Which versions of transformers sertify was tested with."""

import re
from importlib.metadata import version

NEWEST = (5, 23)
"""The newest one: that of constraints.txt."""


def doubt(found: str = "") -> str:
    """Return what to say behind an error that a newer version may be the cause of; else "".

    ``found`` is the version of transformers: where none is given, the one that is installed.
    """
    found = found or version("transformers")
    numbers = re.match(r"(\d+)\.(\d+)", found)
    if numbers is None or (int(numbers[1]), int(numbers[2])) <= NEWEST:
        return ""
    newest = ".".join(map(str, NEWEST))
    advice = f"if the model worked before, try `pip install 'transformers=={newest}.*'`"
    return f"; transformers {found} is newer than {newest}, the newest that was tested: {advice}"
