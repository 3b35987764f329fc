"""The errors that sertify raises on purpose."""

from collections.abc import Mapping
from typing import Any

from sertify.vocabulary.logins import without_logins
from sertify.vocabulary.reasons import reason_of
from sertify.vocabulary.text import LONGEST_MESSAGE, shortened, shown


class SertifyError(Exception):
    """Base of all errors that sertify raises on purpose."""


class ConfigurationError(SertifyError):
    """What the user wrote (candidates.yaml, ``--data``, options) cannot be used as it is."""

    def __init__(self, message: str) -> None:
        # It may name files that are called whatever others like, and is told on a terminal.
        super().__init__("\n".join(map(shown, message.split("\n"))))


class _Verdict(SertifyError):
    def __init__(self, code: str, message: str, details: Mapping[str, Any] | None = None) -> None:
        message = shortened(without_logins(message), LONGEST_MESSAGE)
        super().__init__(code, message)
        self.reason = reason_of(code)
        self.message = message
        self.details = dict(details or {})

    def __str__(self) -> str:
        return f"{self.reason.code}: {self.message}"


class Rejected(_Verdict):
    """The candidate is at fault; ``reason`` says for what."""


class Foreseen(Rejected):
    """What all clips would say, told by some: the check that finds this fails, no other does."""


class Blocked(_Verdict):
    """The candidate could not be judged; ``reason`` says what stood in the way."""


class NotReached(_Verdict):
    """The candidate is not judged by a check in this run; ``reason`` says what it lacks."""
