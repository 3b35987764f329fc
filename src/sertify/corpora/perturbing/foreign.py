"""Perturbations that other packages add, which may do anything.

Each is a function of samples of shape (n,), their rate and a seed, which returns as many samples.
"""

import hashlib
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from sertify.corpora.perturbing.takes import Take
from sertify.corpora.survey import Waveform
from sertify.vocabulary.conditions import own_perturbations
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.text import quoted, text_of_error


def perturbed_by_own(take: Take, name: str) -> Waveform:
    """Return what the perturbation of that name makes of a take.

    Raises ``ConfigurationError`` where it cannot be imported, fails, or returns what is no clip of
    that length.
    """
    function, seed = _imported(name), int(take.generator.integers(2**32))
    try:
        found = function(take.waveform.copy(), take.rate, seed)
        heard = np.array(found, np.float32)
    except (Exception, SystemExit) as error:
        raise _complaint(name, f"fails with {text_of_error(error)}", "mend it") from error
    size = take.waveform.size
    if heard.shape != (size,):
        wanted = f"but should return {size} of shape ({size},), as many as it was given"
        raise _complaint(name, f"returns samples of shape {heard.shape}", wanted)
    if not np.isfinite(heard).all():
        raise _complaint(name, "returns samples that are no finite numbers", "mend it")
    return heard


@cache
def code_of_own(name: str) -> str:
    """Return what tells the code of a perturbation: its package's version, and its file.

    Of what it calls in other files, the version alone tells.
    """
    point = own_perturbations()[name]
    package = f"{point.dist.name} {point.dist.version}" if point.dist else ""
    try:
        spec = find_spec(point.module)
        content = Path(spec.origin).read_bytes() if spec and spec.origin else b""
    except (Exception, SystemExit):  # of what it lies in, which is imported; told when it is called
        content = b""
    return f"{point.value} {package} {hashlib.sha256(content).hexdigest()}"


@cache
def _imported(name: str) -> Callable[..., Any]:
    try:
        function = own_perturbations()[name].load()
    except (Exception, SystemExit) as error:
        raise _complaint(name, f"cannot be imported: {text_of_error(error)}", "mend it") from error
    if not callable(function):
        raise _complaint(name, f"is {quoted(function)}", "but should be a function")
    found: Callable[..., Any] = function
    return found


def _complaint(name: str, what: str, cure: str) -> ConfigurationError:
    point = own_perturbations()[name]
    owner = f"{point.dist.name} ({point.value})" if point.dist else point.value
    return ConfigurationError(f"the perturbation {name} of {owner} {what}; {cure}")
