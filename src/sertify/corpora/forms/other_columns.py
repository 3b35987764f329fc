"""What a table says of clips beside what `roles_of` finds in it."""

from collections.abc import Collection, Mapping

from sertify.corpora.columns import NONE, OtherColumns, columns_of_rows
from sertify.corpora.forms.roles import COLUMN_NAMES, Table, aliases_of
from sertify.corpora.forms.spans import SPAN_NAMES
from sertify.corpora.forms.vote_columns import may_be_votes
from sertify.vocabulary.text import fold

_FILES = aliases_of("file_name")
_ROLES = frozenset().union(*map(aliases_of, COLUMN_NAMES))


def is_of_no_role(name: str) -> bool:
    """Whether a column is one that is read as nothing else, whatever it holds.

    >>> is_of_no_role("accent"), is_of_no_role("Speaker-ID"), is_of_no_role("duration")
    (True, False, False)
    """
    return fold(name) not in _ROLES and not _is_read(fold(name), name)


def told_beside(
    table: Table, roles: Mapping[str, int], without: Collection[str] = ()
) -> list[OtherColumns]:
    """Return what each row says in columns of no role, which may be groups of clips.

    ``roles`` are the columns that are read as something else; so are files, stretches of them and
    votes, and those ``without``.
    """
    taken = {*roles.values()}
    columns = {
        name: table.values(index)
        for index, name in enumerate(table.columns)
        if index not in taken and name not in without and not _is_read(table.folded[index], name)
    }
    return columns_of_rows(columns) if columns else [NONE] * len(table.rows)


def _is_read(folded: str, name: str) -> bool:
    return folded in _FILES or folded in SPAN_NAMES or may_be_votes(name)
