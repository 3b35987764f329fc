"""Qualify speech-emotion models the way you test code."""

from importlib.metadata import version

__all__ = ["__version__"]

__version__ = version("sertify")
