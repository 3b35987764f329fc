"""Which files of a data set of the hub are to be downloaded, by their names and its README.md."""

from collections.abc import Collection, Mapping
from pathlib import Path, PurePosixPath

from sertify.vocabulary.data_addresses import DataAddress
from sertify.vocabulary.data_cards import (
    SPLITS,
    Configuration,
    DataCard,
    read_data_card,
    split_told_by,
)
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.text import fold, listed

_CARD = "README.md"
_ROWS = frozenset({".parquet"})
_ARROW = frozenset({".arrow"})
_PACKED = frozenset({".tar", ".zip", ".gz", ".tgz", ".bz2", ".xz"})
_TABLES = frozenset(
    {".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".txt", ".yaml", ".yml", ".cls", ".xlsx"}
)
# Bytes. What is larger is no table beside recordings.
_LARGEST_TABLE = 50_000_000


def chosen_files(
    address: DataAddress, folder: Path, files: Mapping[str, int], split: str | None
) -> dict[str, int]:
    """Return the sizes of the files that are to be read, by their names.

    ``folder`` has the README.md. Of a split, as far as names or README.md tell, its files and the
    tables; of several forms of the same recordings, the one that most bytes are in.

    Raises ``ConfigurationError`` where there are none, or where it is not clear which are meant.
    """
    seen = {name: size for name, size in files.items() if not _is_hidden(name)}
    splits = _wanted(address, read_data_card(folder), [*seen])
    forms = {name: _form(name, seen[name]) for name in splits}
    form = _main_form(forms, seen)
    if form is None:
        raise ConfigurationError(
            f"--data {address}: has no recordings that are read; its files are"
            f" {listed(sorted(splits), most=10)}"
        )
    data = [name for name in splits if forms[name] == form]
    kept = _of_split(address, {name: splits[name] for name in data}, split)
    tables = [name for name in splits if forms[name] == "table" and _is_beside(name, kept, splits)]
    card = [_CARD] if _CARD in seen else []
    return {name: seen[name] for name in dict.fromkeys([*kept, *tables, *card])}


def scripts_in(address: DataAddress, files: Mapping[str, int]) -> list[str]:
    """Return the script that makes a data set, where its repository holds nothing else to read."""
    forms = {_form(name, size) for name, size in files.items() if not _is_hidden(name)}
    named = [name for name in files if name == f"{address.name}.py"]
    others = [name for name in files if name.endswith(".py") and "/" not in name]
    return (named or others) if forms <= {"", "table"} else []


def _is_hidden(name: str) -> bool:
    return any(part.startswith(".") for part in name.split("/"))


def _wanted(address: DataAddress, card: DataCard, names: Collection[str]) -> dict[str, str | None]:
    """Return the split by name of the files that an address means."""
    inner = address.inner
    chosen = next((one for one in card.configurations if inner and one.name == inner), None)
    if chosen is None and inner:
        inside = [name for name in names if name == inner or name.startswith(f"{inner}/")]
        if not inside:
            known = listed([one.name for one in card.configurations] or _folders(names), most=20)
            what = "configurations" if card.configurations else "folders"
            raise ConfigurationError(
                f"--data {address}: has no configuration or folder {inner}; its {what} are {known}"
            )
        return {name: split_told_by(name) for name in inside}
    if chosen is None:
        chosen = _usual(address, card, names)
    found = chosen.files(names) if chosen else {}
    if not found:
        return {name: split_told_by(name) for name in names}
    tables = [name for name in names if PurePosixPath(name).suffix.lower() in _TABLES]
    return {name: split or split_told_by(name) for name, split in found.items()} | {
        name: split_told_by(name) for name in tables if name not in found
    }


def _usual(address: DataAddress, card: DataCard, names: Collection[str]) -> Configuration | None:
    """Return the configuration that is meant where nobody names one."""
    there = [one for one in card.configurations if one.files(names)]
    if card.main is not None or len(there) < 2:
        return card.main if card.main in there else next(iter(there), None)
    names = listed((one.name for one in there), most=20)
    raise ConfigurationError(
        f"--data {address}: has several configurations ({names});"
        f" choose one, such as {address}/{there[0].name}"
    )


def _folders(names: Collection[str]) -> list[str]:
    return sorted({name.rpartition("/")[0] for name in names if "/" in name})


def _form(name: str, size: int) -> str:
    """Return in which form a file holds recordings, "table" for what may tell of them."""
    from sertify.corpora.audio import SUFFIXES, UNREAD_SUFFIXES

    suffix = PurePosixPath(name).suffix.lower()
    if name == _CARD:
        return ""
    if PurePosixPath(name).name == "metadata.parquet" and size <= _LARGEST_TABLE:
        return "table"
    kinds = {"Parquet": _ROWS, "Arrow": _ARROW, "archive": _PACKED}
    form = next((form for form, suffixes in kinds.items() if suffix in suffixes), "")
    if form:
        return form
    if suffix in SUFFIXES:
        return "audio"
    if suffix in UNREAD_SUFFIXES:
        return "unread"
    return "table" if suffix in _TABLES and size <= _LARGEST_TABLE else ""


def _main_form(forms: Mapping[str, str], sizes: Mapping[str, int]) -> str | None:
    """Return the form that most bytes are in; what is not read counts where there is no other."""
    total: dict[str, int] = {}
    for name, form in forms.items():
        if form not in ("", "table"):
            total[form] = total.get(form, 0) + sizes[name]
    read = {form: size for form, size in total.items() if form != "unread"} or total
    return max(read, key=lambda form: read[form], default=None)


def _of_split(
    address: DataAddress, splits: Mapping[str, str | None], wanted: str | None
) -> list[str]:
    named = {split for split in splits.values() if split is not None}
    if wanted is None or not named:
        return [*splits]  # a column may tell it
    meant = {fold(wanted), SPLITS.get(fold(wanted), fold(wanted))}
    kept = [name for name, split in splits.items() if split and fold(split) in meant]
    if not kept:
        known = listed(sorted(named), most=20)
        raise ConfigurationError(
            f"--data {address}: has no split {wanted!r}; its splits are {known}"
        )
    return kept


def _is_beside(name: str, kept: Collection[str], splits: Mapping[str, str | None]) -> bool:
    """Whether a table may tell of the files that are kept: it is of no other split."""
    return splits[name] is None or splits[name] in {splits[one] for one in kept}
