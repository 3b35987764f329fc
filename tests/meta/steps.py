"""The steps of a run between a blueprint and a model, for tests that take them alone."""

from sertify.integrity import require
from sertify.models import Blueprint, LoadedModel, certify, load
from sertify.weights import judge_promise

__all__ = ["certified"]


def certified(blueprint: Blueprint) -> LoadedModel:
    """Return the model of a candidate that no check rejects, or raise what rejects it."""
    require(judge_promise(blueprint.weights, blueprint.unknown))
    model = load(blueprint, threads=1)
    certify(model)
    return model
