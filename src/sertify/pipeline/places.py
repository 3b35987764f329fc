"""Where the checks and the embedded speech are: in an installed sertify, or in a clone.

Every run of pytest imports this, also of other projects, so it imports next to nothing.
"""

from pathlib import Path

_PACKAGE = Path(__file__).parents[1]
_ROOT = _PACKAGE.parents[1]

INSTALLED = (_PACKAGE / "checks").is_dir()
"""Whether the package brings the checks and the speech itself, as its wheel does."""

CHECKS = _PACKAGE / "checks" if INSTALLED else _ROOT / "tests" / "checks"
SPEECH = _PACKAGE / "speech" if INSTALLED else _ROOT / "fixtures" / "speech" / "test"

MODULE = "sertify.checks"
"""What the checks are called behind ``pytest --pyargs``."""
