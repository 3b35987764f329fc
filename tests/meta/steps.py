"""The steps of a run between a blueprint and a model, for tests that take them alone."""

from sertify.models.blueprints import Blueprint
from sertify.models.loading import load
from sertify.models.model import LoadedModel, certify
from sertify.pipeline import stages

__all__ = ["certified"]


def certified(outline: Blueprint) -> LoadedModel:
    """Return the model of a candidate that no check rejects, or raise what rejects it."""
    model = load(stages.blueprint(outline), threads=1)
    certify(model)
    return model
