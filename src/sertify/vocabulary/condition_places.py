"""Where a model is heard, in words, by the family of conditions."""

from sertify.vocabulary.files import read_words
from sertify.vocabulary.text import shortened

_PLACES: dict[str, str] = read_words(__file__)
_LONGEST = 60


def heard_where(family: str) -> str:
    """Say where a family of conditions is heard, be it one that nobody here knows.

    >>> heard_where("phone"), heard_where("helmets")
    ('on a phone', 'in helmets')
    """
    return _PLACES.get(family, f"in {shortened(family, _LONGEST)}")
