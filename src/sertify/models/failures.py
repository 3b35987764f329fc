"""What transformers and torch raise, in reason codes; and what they would say on the way."""

import errno
import logging
import pickle
import re
import struct
import textwrap
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from safetensors import SafetensorError
from transformers import __version__ as transformers_version
from transformers.utils import logging as transformers_logging

from sertify.models.own_faults import own_faults
from sertify.vocabulary.errors import Blocked, Rejected, SertifyError
from sertify.vocabulary.text import amount, quoted, safe


@contextmanager
def config_errors() -> Iterator[None]:
    """Say in reason codes what transformers raises for a local config.json: it may be anything."""
    try:
        with own_faults():
            yield
    except (MemoryError, SertifyError):
        raise
    except ImportError as error:
        raise Blocked("missing_package", text_of(error)) from error
    except Exception as error:
        if of_the_system(error):
            raise
        if "trust_remote_code" in str(error):
            message = "its config asks for code of the repository, which may not run"
            raise Rejected("needs_remote_code", message) from error
        unknown = re.search(r"has model type `(.*?)` but Transformers does not", str(error))
        if unknown:
            raise Rejected("unsupported_library", _unknown_type(unknown[1])) from error
        other = re.search(r"Unrecognized configuration class .*?(\w+)Config\b", str(error))
        if other:
            message = f"transformers has no audio classifier for {other[1]} models"
            raise Rejected("wrong_task", message) from error
        raise Rejected("bad_config", text_of(error)) from error


# What reading a file that was cut or changed comes to, by whatever reads it.
_UNREADABLE = (
    SafetensorError, EOFError, OSError, LookupError, TypeError, ValueError, struct.error,
)  # fmt: skip


@contextmanager
def weight_errors(names: str) -> Iterator[None]:
    """Say in reason codes what from_pretrained raises for local weights of a sound config."""
    try:
        with own_faults(), out_of_memory(names):
            yield
    except pickle.UnpicklingError as error:
        # What torch says instead ends with advice to load it all the same.
        foreign = re.search(r"GLOBAL (\S+)", str(error))
        if foreign:
            message = f"{names} holds {foreign[1]}, but should hold only tensors"
            raise Rejected("unsafe_pickle", message) from error
        raise Rejected("corrupt_weights", f"{names} is not a pickle of tensors") from error
    except RuntimeError as error:
        archive = ("PytorchStreamReader", "zip archive", "unexpected EOF")
        corrupt = any(words in str(error) for words in archive)
        code = "corrupt_weights" if corrupt else "incompatible_shapes"
        raise Rejected(code, f"{names}: {text_of(error)}") from error
    except ImportError as error:
        raise Blocked("missing_package", text_of(error)) from error
    except _UNREADABLE as error:
        if of_the_system(error):
            raise
        raise Rejected("corrupt_weights", f"{names}: {text_of(error)}") from error


def _unknown_type(name: str) -> str:
    there = f"transformers {transformers_version} has no model_type {quoted(name)}"
    what = "its class is in code that is not in the repository, or in a newer transformers"
    return f"{there}, and its config names no class of its own: {what}"


@contextmanager
def out_of_memory(what: str) -> Iterator[None]:
    """Raise ``Blocked`` where memory does not suffice for ``what``."""
    try:
        yield
    except (MemoryError, torch.OutOfMemoryError) as error:
        raise Blocked("out_of_memory", _too_little(what, error)) from error
    except RuntimeError as error:
        # On the CPU, torch has no class of its own for it.
        if "can't allocate memory" not in str(error):
            raise
        raise Blocked("out_of_memory", _too_little(what, error)) from error


def _too_little(what: str, error: Exception) -> str:
    """Say what there was not enough memory for, and how much was asked for where that is known."""
    asked = re.search(r"allocate ([0-9.]+) ?(bytes|[KMG]iB)", str(error))
    units = {"bytes": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
    size = f": asked for {amount(float(asked[1]) * units[asked[2]])}" if asked else ""
    return f"not enough memory for {what}{size}"


@contextmanager
def quiet() -> Iterator[None]:
    """Keep what transformers logs and warns of while loading off the terminal: it is judged."""
    level = transformers_logging.get_verbosity()
    transformers_logging.set_verbosity(logging.CRITICAL)
    transformers_logging.disable_progress_bar()
    try:
        with warnings.catch_warnings(action="ignore"):
            yield
    finally:
        transformers_logging.set_verbosity(level)


def of_the_system(error: BaseException | None) -> bool:
    """Whether an error says that the system refused something, whatever a file holds.

    Such as one file more that is open; not that a file is absent, which a repository may be at
    fault for.
    """
    while error is not None:
        refused = isinstance(error, OSError) and error.errno not in (None, errno.ENOENT)
        if refused or re.search(r"\(os error (?!2\))\d+\)", str(error)):  # as Rust has it
            return True
        error = error.__cause__ or error.__context__
    return False


def text_of(error: Exception) -> str:
    """Return an error in one line, with its kind."""
    words = textwrap.shorten(safe(error), 200, placeholder=" ...")
    return f"{type(error).__name__}: {words}" if words else type(error).__name__
