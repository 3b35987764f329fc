"""Fixtures of the tests of what is done to a run: those of the other tests."""

from tests.meta.conftest import *  # noqa: F403
from tests.meta.conftest import _environment, _imported  # noqa: F401
