"""What leaves a check in an odd way stays with its candidate: the next one begins as the first."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from _pytest.outcomes import OutcomeException

from sertify.vocabulary.text import safe

_ENDS = (KeyboardInterrupt, pytest.exit.Exception)


class Escaped(Exception):
    """Stands for what is no ``Exception``, such as ``SystemExit``; that is its cause.

    pytest would remember neither that a fixture has failed nor how far it has cleared up.
    """


@contextmanager
def contained() -> Iterator[None]:
    """Let all be an ``Exception`` that is to end no more than a check."""
    try:
        yield
    except (*_ENDS, Exception, OutcomeException):
        raise
    except BaseException as error:
        raise Escaped(safe(error)) from error


@contextmanager
def remembered(fixture: Any, request: Any) -> Iterator[None]:
    """Let a fixture be one that failed, which pytest then ends before it makes it anew."""
    try:
        with contained():
            yield
    except Escaped as error:
        fixture.cached_result = (None, fixture.cache_key(request), (error, error.__traceback__))
        raise


@contextmanager
def cleared_up(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """End what lives as long as a candidate with its last check, whatever goes wrong.

    pytest would do so when it begins the next one, which would then be at fault.
    """
    try:
        with contained():
            yield
    except Escaped:
        item.session._setupstate.teardown_exact(nextitem)
        raise
    finally:
        if nextitem is not None and _candidate(nextitem) != _candidate(item):
            with contained():
                _end_candidate(item)


def _candidate(item: Any) -> str:
    name: str = (getattr(item, "callspec", None) and item.callspec.params.get("candidate")) or ""
    return name


def _end_candidate(item: Any) -> None:
    request = getattr(item, "_request", None)
    fixture = request._fixture_defs.get("candidate") if request is not None else None
    if fixture is not None:
        fixture.finish(request)
