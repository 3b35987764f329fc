"""What code of a repository is at fault for, told from what it raises.

Such code is made for the packages of its day, asks for what is not there, or is wrong.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

from huggingface_hub import constants
from huggingface_hub.errors import LocalEntryNotFoundError, OfflineModeIsEnabled

from sertify.models.processes.network import NetworkRefused
from sertify.vocabulary.errors import Blocked, Rejected, SertifyError
from sertify.vocabulary.text import safe, shortened

_OWN = "transformers_modules"
"""The package that transformers makes of the code of repositories."""

_OFFLINE = re.compile(r"couldn't connect to 'http|offline mode|outgoing traffic has been disabled")
_CALL = re.compile(r"(?:\w+\.)*?(\w+)?\.?(\w+)\(\) (?:got|missing|takes) ")
_NESTED = re.compile(r"from_pretrained.*\bmeta device")
_MOST = 100  # of frames, of causes, of variables


def is_own(kind: type) -> bool:
    """Whether a class is of a repository's code, or derives from one that is."""
    return any(base.__module__.startswith(f"{_OWN}.") for base in kind.__mro__)


@contextmanager
def own_faults() -> Iterator[None]:
    """Say in reason codes what code of a repository raises, where that is its own fault.

    Raises ``Rejected``: ``outdated_code``, ``needs_network`` or ``broken_code``; and ``Blocked``:
    ``missing_package``, or ``unreachable``. What it has no part in goes through.
    """
    try:
        yield
    except (SertifyError, MemoryError):
        raise
    except Exception as error:
        if (fault := _fault_of(error)) is not None:
            raise fault from error
        raise


def _fault_of(error: Exception) -> Rejected | Blocked | None:
    chain = list(_causes(error))
    place = next(filter(None, map(_place_of, chain)), "")
    refused = next((one.wanted for one in chain if isinstance(one, NetworkRefused)), "")
    if not place and not refused:
        return None
    if wanted := refused or next(filter(None, map(_wanted_of_hub, chain)), ""):
        asked = f"its code asked for {wanted}"
        if not refused and not constants.HF_HUB_OFFLINE:  # as it is where the network is closed
            return Blocked("unreachable", f"{asked}, which neither the hub gave nor the cache has")
        return Rejected("needs_network", f"{asked}, but the network is closed while it runs")
    if missing := _missing_package(error):
        return Blocked("missing_package", f"its own code imports {missing}, which is not installed")
    told = shortened(f"{type(error).__name__}: {safe(error)}", 300)
    if isinstance(error, RuntimeError) and _NESTED.search(safe(error)):
        nested = "loads other weights while its network is made"
        message = f"its own code ({place}) {nested}, which {_dated('transformers')} does not allow"
        return Rejected("outdated_code", message)
    if lacking := _lacking(error):
        return Rejected("outdated_code", f"{lacking} ({place}: {told})")
    return Rejected("broken_code", f"its own code ({place}) raises {told}")


def _wanted_of_hub(error: BaseException) -> str:
    """Return what was asked of the hub's client, which may not ask the hub."""
    known = isinstance(error, LocalEntryNotFoundError | OfflineModeIsEnabled)
    if not known and not (isinstance(error, OSError) and _OFFLINE.search(safe(error))):
        return ""
    for frame, _ in reversed([*_steps(error)]):
        for name in ("repo_id", "path_or_repo_id", "pretrained_model_name_or_path"):
            asked = frame.f_locals.get(name)
            if isinstance(asked, str) and asked:
                return f"{shortened(asked)} of the hub"
    return "a file of the hub"


def _missing_package(error: Exception) -> str:
    """Return the package that such code imports, where it is not installed at all."""
    asked = r"packages that were not found in your environment: (.+?)\. Run `pip"
    if found := re.search(asked, safe(error)):
        return shortened(found[1])
    if isinstance(error, ModuleNotFoundError) and error.name:
        package = error.name.partition(".")[0]
        return "" if package == _OWN or _is_there(package) else package
    return ""


def _lacking(error: BaseException) -> str:
    """Return what packages lack, or have otherwise, that such code was made for; "" if nothing."""
    if isinstance(error, ImportError):
        return _lacking_import(error)
    if isinstance(error, RuntimeError) and re.search(r"\bmeta (?:tensor|device)", safe(error)):
        how = "has a network made without memory first"  # and so would load it, too
        return f"its own code was made for other packages: {_dated('transformers')} {how}"
    if isinstance(error, AttributeError):
        owner = _package_of(error.obj)
        return owner and _not_in(f"{_name_of(error.obj)}.{error.name}", owner)
    if isinstance(error, TypeError) and (call := _CALL.match(safe(error))):
        owner = _package_of(_called(error, call[1] or call[2]))
        name = ".".join(filter(None, call.groups()))
        return owner and f"its own code has another {name} than {_dated(owner)} calls, or has"
    return ""


def _lacking_import(error: ImportError) -> str:
    module = error.name or ""
    if not module or module.partition(".")[0] == _OWN:
        return ""
    found = re.match(r"cannot import name '(\w+)'", safe(error))
    return _not_in(f"{module}.{found[1]}" if found else module, module)


def _not_in(name: str, module: str) -> str:
    return f"its own code was made for other packages: {_dated(module)} has no {name}"


def _dated(module: str) -> str:
    package = module.partition(".")[0]
    return f"{package} {_version(package)}".strip()


def _version(package: str) -> str:
    with suppress(PackageNotFoundError, ValueError):
        return version(package)
    return ""


def _is_there(package: str) -> bool:
    with suppress(ImportError, ValueError):
        return find_spec(package) is not None
    return False


def _package_of(thing: Any) -> str:
    """Return the package that a module, a class or an object is of; "" where it is none's.

    A class of the repository lacks what the first other one that it derives from has no more.
    """
    if isinstance(thing, ModuleType):
        modules = [thing.__name__]
    else:
        kind = thing if isinstance(thing, type) else type(thing)
        modules = [str(base.__module__) for base in kind.__mro__]
    others = (name for name in modules if not name.startswith(f"{_OWN}."))
    return next((name for name in others if _version(name.partition(".")[0])), "")


def _name_of(thing: Any) -> str:
    kind = thing if isinstance(thing, ModuleType | type) else type(thing)
    return str(kind.__name__)


def _called(error: BaseException, name: str) -> Any:
    """Return the class, or an object of it, that was called in another way than it takes."""
    for frame, _ in reversed([*_steps(error)]):
        for names in (frame.f_locals, frame.f_globals):
            if isinstance(names.get(name), type | ModuleType):
                return names[name]
        for value in islice(frame.f_locals.values(), _MOST):
            if _name_of(value) == name:
                return value
    return None


# ------------------------------------------------------------------ where it was


def _place_of(error: BaseException) -> str:
    """Return where the innermost code of the repository was; "" where it has no part in it."""
    if isinstance(error, SyntaxError) and _OWN in str(error.filename):
        return _at(str(error.filename), error.lineno)
    steps = [*_steps(error)]
    for frame, line in reversed(steps):
        if str(frame.f_globals.get("__name__")).startswith(f"{_OWN}."):
            return _at(frame.f_code.co_filename, line)
    for frame, _ in steps:  # before any of it runs
        if frame.f_code.co_name in ("check_imports", "get_relative_import_files"):
            file = frame.f_locals.get("filename") or frame.f_locals.get("module_file")
            return _at(str(file), getattr(error, "lineno", None))
    return _asked_for(error)


def _asked_for(error: BaseException) -> str:
    """Return the class of the repository that a package asks for what it does not have."""
    thing = None
    if isinstance(error, AttributeError):
        thing = error.obj
    elif isinstance(error, TypeError) and (call := _CALL.match(safe(error))):
        thing = _called(error, call[1] or call[2])
    kind = thing if isinstance(thing, type) else type(thing)
    return kind.__name__ if is_own(kind) else ""


def _at(file: str, line: int | None) -> str:
    return Path(file).name + (f", line {line}" if line else "")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen and len(seen) < _MOST:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _steps(error: BaseException) -> Iterator[tuple[FrameType, int]]:
    trace = error.__traceback__
    while trace is not None:
        yield trace.tb_frame, trace.tb_lineno
        trace = trace.tb_next
