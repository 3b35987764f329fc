"""The steps of a run between a blueprint and a model, for tests that take them alone."""

from sertify.gates.loadability import require
from sertify.gates.weights import judge_promise
from sertify.models.blueprints import Blueprint
from sertify.models.loading import load
from sertify.models.model import LoadedModel, certify

__all__ = ["certified"]


def certified(blueprint: Blueprint) -> LoadedModel:
    """Return the model of a candidate that no check rejects, or raise what rejects it."""
    require(judge_promise(blueprint.weights, blueprint.unknown))
    model = load(blueprint, threads=1)
    certify(model)
    return model
