"""What rows of Arrow say in columns of no role, for as long as it may tell groups apart."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from sertify.corpora.columns import most_values, plain_text
from sertify.corpora.forms.features import is_plain
from sertify.corpora.forms.shards import Shard


@dataclass
class Sieve:
    """Reads columns batch by batch, and gives up those in which too much differs.

    ``dropped`` are the names of these. Of texts, paths and ids only the first rows are held.
    """

    dropped: set[str] = field(default_factory=set)
    _seen: defaultdict[str, set[str | None]] = field(default_factory=lambda: defaultdict(set))

    def names(self, shard: Shard, columns: Sequence[str], asked: Collection[str]) -> list[str]:
        """Return the columns of a file that are read beside those that are asked for."""
        return [
            name
            for name in columns
            if name in shard.schema.names
            and name not in asked
            and name not in self.dropped
            and is_plain(shard.schema.field(name).type)
        ]

    def texts(self, name: str, column: Any, classes: Sequence[str] = ()) -> list[str | None] | None:
        """Return the values of a column, None where it is given up."""
        most = most_values(name)
        if name in self.dropped or len(column.unique()) > most:
            self.dropped.add(name)
            return None
        values = [_named(value, classes) for value in column.to_pylist()]
        self._seen[name] |= {*values}
        if len(self._seen[name]) > most + 1:  # with None
            self.dropped.add(name)
        return values


def _named(value: Any, classes: Sequence[str]) -> str | None:
    if classes and type(value) is int:
        return classes[value] if 0 <= value < len(classes) else None
    return plain_text(value)
