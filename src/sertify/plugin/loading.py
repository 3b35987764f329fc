"""From a candidate to the subject of its checks, and what is remembered of it."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from sertify.blueprints import Blueprint, Recalled
from sertify.cache import Cache, content_key
from sertify.candidates import Candidate
from sertify.environment import decides_answers
from sertify.plugin.options import Options

if TYPE_CHECKING:
    # At run time these are imported on demand: what is known needs neither torch nor the hub.
    from sertify.hub import Snapshot
    from sertify.models import LoadedModel
    from sertify.survey import Survey

__all__ = ["load_model", "open_cache", "sharing", "subject_key"]


def open_cache(config: pytest.Config, options: Options) -> Cache:
    """Return the cache of the project, within pytest's; ``--no-cache`` remembers nothing.

    pytest itself clears it with ``--cache-clear``, and has none under ``-p no:cacheprovider``.
    """
    folder = getattr(config, "cache", None)
    if folder is None or not options.cache:
        return Cache(None)
    return Cache(folder.mkdir("sertify") / "answers.sqlite", options.cache_size)


def subject_key(snapshot: "Snapshot", candidate: Candidate, environment: Mapping[str, str]) -> str:
    """Return a key that changes with anything that the model's answers depend on."""
    extractor = candidate.feature_extractor
    return content_key(
        snapshot.identity,
        candidate.loader,
        candidate.variant,
        candidate.labels,
        candidate.trust_remote_code,
        getattr(extractor, "sampling_rate", extractor),
        decides_answers(environment),
    )


def load_model(survey: "Survey", blueprint: Blueprint, **options: Any) -> "LoadedModel":
    """Load a model, after downloading what is missing; options as `sertify.models.load`."""
    from sertify import hub, models

    snapshot = blueprint.snapshot
    if isinstance(blueprint.loader, Recalled):
        blueprint = models.outline(snapshot, survey.index(snapshot.candidate))
    hub.fetch(snapshot, blueprint.files)
    return models.load(blueprint, **options)


def sharing(loading: "partial[LoadedModel]") -> Callable[[int], "LoadedModel"]:
    """Return what loads a model, by a seed, for threads each of which uses one core."""
    threads = 1 if loading.keywords["device"] == "cpu" else loading.keywords["threads"]
    return lambda seed: loading(seed=seed, threads=threads)
