"""What a FunASR repository says of its model, read without running any of it.

FunASR builds what config.yaml names, and evaluates some of its texts as Python. Here they stay the
texts they are.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sertify.hub.downloads import largest
from sertify.hub.plausible import LONGEST_NAME
from sertify.hub.repositories import Repository, fetch
from sertify.vocabulary.files import read_text
from sertify.vocabulary.text import amount, quoted
from sertify.vocabulary.yaml_lines import read_yaml

FUNASR_CONFIG = "config.yaml"

FUNASR_CONFIGURATION = "configuration.json"
_MODEL = re.compile(r"""^model:[ \t]*["']?(\w{1,100})""", re.MULTILINE)
# In the order in which FunASR looks for them.
_TOKENS = ("tokens.json", "tokens.txt")


def funasr_model(repository: Repository) -> str:
    """Return the class that config.yaml names, also of a file with mistakes; "" where none is."""
    if FUNASR_CONFIG not in repository.files:
        return ""
    try:
        found = _MODEL.search(read_text(repository.folder / FUNASR_CONFIG))
    except (OSError, ValueError):
        return ""
    return found[1] if found else ""


def funasr_settings(repository: Repository) -> dict[str, Any]:
    """Return what config.yaml says; ``OSError`` or ``ValueError`` where it cannot be read."""
    text = read_text(repository.folder / FUNASR_CONFIG)
    document = read_yaml(text.encode(), any_keys=True, tags=True)
    document.require_sound()
    if not isinstance(document.value, dict):
        raise ValueError("it is not a mapping from names to values")
    return document.value


def funasr_token_file(repository: Repository) -> str:
    """Return the name of the file that names the outputs; "" where there is none.

    That is what configuration.json says, else the usual one. Raises ``OSError`` or ``ValueError``
    where configuration.json cannot be read, or names a file that is not there.
    """
    named = funasr_named(repository, "tokenizer_conf", "token_list")
    if named is None:
        return next((name for name in _TOKENS if name in repository.files), "")
    if not isinstance(named, str) or named not in repository.files:
        raise ValueError(f"it names {quoted(named)} as its token_list, which is not there")
    return named


def funasr_named(repository: Repository, *keys: str) -> Any:
    """Return what configuration.json names as a file at a place of its; None for nothing.

    Raises ``OSError`` or ``ValueError`` where it cannot be read.
    """
    if FUNASR_CONFIGURATION not in repository.files:
        return None
    value = repository.read_json(FUNASR_CONFIGURATION)
    for key in ("file_path_metas", *keys):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def fetched_small(repository: Repository, name: str) -> Path:
    """Return where a file is that is no weights, fetched where it is not there yet.

    Raises ``ValueError`` where it is larger than what is read, and ``Blocked`` as `fetch` does.
    """
    if (size := repository.files[name]) > (most := largest(name)):
        raise ValueError(f"it has {amount(size)}, and no more than {amount(most)} are read")
    fetch(repository, [name])
    return repository.folder / name


def funasr_tokens(repository: Repository, name: str) -> tuple[str, ...]:
    """Return the names in a list of tokens, in the order of the outputs they name.

    Raises ``OSError`` or ``ValueError`` where it is no such list.
    """
    path = fetched_small(repository, name)
    if name.endswith(".json"):
        tokens = repository.read_json(name)
        if not isinstance(tokens, list) or not all(isinstance(token, str) for token in tokens):
            raise ValueError("it is not a list of names")
    else:
        tokens = read_text(path).removeprefix("\ufeff").splitlines()
    if long := next((token for token in tokens if len(token) > LONGEST_NAME), None):
        raise ValueError(
            f"a name has {len(long):,} characters, but at most {LONGEST_NAME} are read"
        )
    return tuple(token.strip() for token in tokens)
