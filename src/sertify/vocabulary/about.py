"""Which sertify this is."""

from importlib.metadata import version

VERSION = version("sertify")
"""As pyproject.toml says it."""
