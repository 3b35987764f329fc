"""From a candidate to the subject of its checks, and what is remembered of it."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from sertify.candidates.reading import Candidate
from sertify.evidence.cache import Cache, content_key
from sertify.evidence.environment import decides_answers
from sertify.plugin.options import Options
from sertify.plugin.progress import Progress

if TYPE_CHECKING:
    # At run time these are imported on demand: what is known needs neither torch nor the hub.
    from sertify.hub.snapshots import Snapshot
    from sertify.models.blueprints import Blueprint
    from sertify.models.model import LoadedModel
    from sertify.pipeline.lazy_model import Subject
    from sertify.pipeline.prefetch import Survey


def open_cache(config: pytest.Config, options: Options) -> Cache:
    """Return the cache of the project, within pytest's; ``--no-cache`` remembers nothing.

    pytest itself clears it with ``--cache-clear``, and has none under ``-p no:cacheprovider``.
    """
    folder = getattr(config, "cache", None)
    if folder is None or not options.cache:
        return Cache(None)
    try:
        return Cache(folder.mkdir("sertify") / "answers.sqlite", options.cache_size)
    except OSError as error:
        cache = Cache(None)
        cache.problem = f"pytest's cache_dir cannot be used ({error})"
        return cache


def subject_key(snapshot: "Snapshot", candidate: Candidate, environment: Mapping[str, str]) -> str:
    """Return a key that changes with anything that the model's answers depend on.

    It is empty, and nothing to be remembered, where code runs whose content nobody knows.
    """
    import soundfile  # the version of what decodes is known by it alone

    if candidate.trust_remote_code and _runs_code_from_elsewhere(snapshot):
        return ""
    extractor = candidate.feature_extractor
    return content_key(
        candidate.model,  # for it is named in messages
        snapshot.identity,
        soundfile.__libsndfile_version__,
        candidate.loader,
        candidate.variant,
        candidate.labels,
        candidate.trust_remote_code,
        getattr(extractor, "sampling_rate", extractor),
        decides_answers(environment),
    )


def _runs_code_from_elsewhere(snapshot: "Snapshot") -> bool:
    """Whether a config names classes of another repository, which is at no commit that is known."""
    for name in ("config.json", "preprocessor_config.json"):
        with suppress(OSError, ValueError, AttributeError):
            if "--" in str(snapshot.read_json(name).get("auto_map")):
                return True
    return False


def load_model(
    survey: "Survey", blueprint: "Blueprint", config: pytest.Config, **options: Any
) -> "LoadedModel":
    """Load a model, after downloading what is missing; options as `sertify.models.loading.load`."""
    from sertify.hub import repositories
    from sertify.models import loading
    from sertify.models.blueprints import Recalled

    snapshot = blueprint.snapshot
    if isinstance(blueprint.loader, Recalled):
        blueprint = loading.outline(snapshot, survey.index(snapshot.candidate))
    name = snapshot.candidate.name
    with Progress(config, name, "downloading", "B") as progress:
        repositories.fetch(snapshot, blueprint.files, progress)
    with Progress(config, name, "loading its weights"):
        return loading.load(blueprint, **options)


def release(in_memory: list["Subject"]) -> None:
    """Free the models of these subjects: one is in memory at a time."""
    while in_memory:
        in_memory.pop().release()


def sharing(loading: "partial[LoadedModel]") -> Callable[[int], "LoadedModel"]:
    """Return what loads a model, by a seed, for threads each of which uses one core."""
    threads = 1 if loading.keywords["device"] == "cpu" else loading.keywords["threads"]
    return lambda seed: loading(seed=seed, threads=threads)
