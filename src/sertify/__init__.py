"""Qualify speech-emotion models the way you test code.

What stands here is what sertify promises to keep; docs/python.md tells of each. All of it is
imported on demand, for every run of pytest imports this.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from sertify.vocabulary.about import VERSION

if TYPE_CHECKING:
    from sertify.candidates.reading import Candidate, read_candidates
    from sertify.command.qualifying import qualify
    from sertify.corpora.clips import Clip, Corpus
    from sertify.corpora.reading import read_corpus
    from sertify.gates.weights import WeightReport
    from sertify.models.blueprints import Blueprint
    from sertify.report.results.model.results import Results
    from sertify.report.results.reading import read_results
    from sertify.vocabulary.errors import ConfigurationError
    from sertify.vocabulary.outcomes import Bound, Judgement, Measurement, Outcome, judge

_ROOMS = {
    "Blueprint": "models.blueprints",
    "Bound": "vocabulary.outcomes",
    "Candidate": "candidates.reading",
    "Clip": "corpora.clips",
    "ConfigurationError": "vocabulary.errors",
    "Corpus": "corpora.clips",
    "Judgement": "vocabulary.outcomes",
    "Measurement": "vocabulary.outcomes",
    "Outcome": "vocabulary.outcomes",
    "Results": "report.results.model.results",
    "WeightReport": "gates.weights",
    "judge": "vocabulary.outcomes",
    "qualify": "command.qualifying",
    "read_candidates": "candidates.reading",
    "read_corpus": "corpora.reading",
    "read_results": "report.results.reading",
}

__all__ = [
    "Blueprint",
    "Bound",
    "Candidate",
    "Clip",
    "ConfigurationError",
    "Corpus",
    "Judgement",
    "Measurement",
    "Outcome",
    "Results",
    "WeightReport",
    "judge",
    "qualify",
    "read_candidates",
    "read_corpus",
    "read_results",
]

__version__ = VERSION


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_ROOMS[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
