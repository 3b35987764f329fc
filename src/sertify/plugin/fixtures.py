"""The pipeline as fixtures: candidate, snapshot, checkpoint, model, predictions, score, timing.

Each is the noun that the next is made of, and lives as long as its candidate, so that one model is
in memory at a time. Where the pipeline meets a reason to reject the candidate, that reason is the
value of the fixture, handed down until a check receives it.
"""

import functools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sertify import audio, integrity, judgements, scores
from sertify.candidates import Candidate
from sertify.corpora import EMBEDDED, Corpus, read_corpus
from sertify.errors import Rejected
from sertify.outcomes import Judgement
from sertify.plugin.checks import NotReached, conclude
from sertify.plugin.collection import CANDIDATES
from sertify.plugin.footprint import peak_memory
from sertify.plugin.options import OPTIONS, Options, environment_of
from sertify.plugin.progress import Progress

if TYPE_CHECKING:
    # At run time these are imported on demand: collecting must wait for neither torch nor the hub.
    from sertify.hub import Snapshot
    from sertify.models import LoadedModel
    from sertify.predictions import Predictions

__all__ = [
    "CORPUS",
    "candidate",
    "check",
    "checkpoint",
    "config",
    "data",
    "labelled",
    "loader",
    "model",
    "options",
    "predictions",
    "probe",
    "reloaded",
    "responses",
    "score",
    "snapshot",
    "timing",
]

PROBE_CLIPS = 56
"""Clips of the embedded speech that show whether predictions vary: each emotion eight times."""

CORPUS = pytest.StashKey[Corpus | None]()
_EMBEDDED = Path(__file__).parents[3] / "fixtures" / "speech" / "test"


def _stage(scope: Any = "session") -> Callable[[Callable[..., Any]], Any]:
    """Make a fixture whose value is the reason for rejection, where it meets one."""

    def decorate(function: Callable[..., Any]) -> Any:
        @pytest.fixture(scope=scope, name=function.__name__)
        @functools.wraps(function)
        def fixture(**inputs: Any) -> Any:
            for value in inputs.values():
                if isinstance(value, Rejected):
                    return value
            try:
                return function(**inputs)
            except Rejected as rejection:
                return rejection

        return fixture

    return decorate


@pytest.fixture(scope="session")
def candidate(request: pytest.FixtureRequest) -> Candidate:
    """The candidate under test."""
    chosen: Candidate = request.config.stash[CANDIDATES].named(request.param)
    return chosen


@pytest.fixture(scope="session")
def options(pytestconfig: pytest.Config) -> Options:
    """The options of the run."""
    return pytestconfig.stash[OPTIONS]


@_stage()
def snapshot(candidate: Candidate, options: Options) -> "Snapshot":
    """What the candidate's repository holds, at a commit."""
    from sertify.hub import take_snapshot

    return take_snapshot(candidate, offline=options.offline)


@_stage()
def config(snapshot: "Snapshot") -> dict[str, Any]:
    """The content of the repository's config.json."""
    integrity.require(integrity.judge_config(snapshot))
    content: dict[str, Any] = snapshot.read_json("config.json")
    return content


@_stage()
def loader(
    snapshot: "Snapshot", config: dict[str, Any], options: Options, pytestconfig: pytest.Config
) -> Callable[..., "LoadedModel"]:
    """Loads the model from files that are on this machine; takes the seed of random weights."""
    from sertify import hub, models

    integrity.require(integrity.judge_task(config))
    hub.fetch_weights(snapshot, offline=options.offline)
    return functools.partial(
        models.load,
        snapshot,
        hub.fetch_feature_extractor(snapshot.candidate, offline=options.offline),
        device=environment_of(pytestconfig)["device"],
        threads=options.threads,
    )


@_stage()
def checkpoint(loader: Callable[..., "LoadedModel"]) -> "LoadedModel":
    """What transformers makes of the repository, whatever may be wrong with it."""
    return loader(seed=0)


@_stage()
def model(checkpoint: "LoadedModel") -> "LoadedModel":
    """A model that can be trusted with a question: its weights and its input are complete."""
    from sertify import models

    models.certify(checkpoint)
    return checkpoint


@_stage(scope="function")
def reloaded(
    model: "LoadedModel",  # noqa: ARG001 - what is at fault need not be loaded twice
    loader: Callable[..., "LoadedModel"],
) -> Any:
    """The logits for the same noise after a second load, under another random seed."""
    return loader(seed=1).noise_logits()


@pytest.fixture(scope="session")
def data(options: Options, pytestconfig: pytest.Config) -> Corpus | None:
    """The audio that --data names; a worker of pytest-xdist reads it for itself."""
    if CORPUS not in pytestconfig.stash and options.data is not None:
        return read_corpus(options.data)
    return pytestconfig.stash.get(CORPUS, None)


@pytest.fixture(scope="session")
def probe(data: Corpus | None) -> Corpus:
    """Audio that shows whether predictions vary: --data, or a part of the embedded speech."""
    if data is not None:
        return data
    sample = read_corpus(_EMBEDDED).sample(PROBE_CLIPS)
    return replace(sample, fingerprint=EMBEDDED + sample.fingerprint)


@_stage()
def predictions(
    model: "LoadedModel", probe: Corpus, candidate: Candidate, pytestconfig: pytest.Config
) -> "Predictions":
    """What the model answers on the probe."""
    from sertify.predictions import predict

    with Progress(pytestconfig, candidate.name, "clips") as progress:
        return predict(model, probe, progress)


@_stage()
def responses(model: "LoadedModel", probe: Corpus) -> Any:
    """The model's logits for speech, noise and silence."""
    from sertify.predictions import respond

    return respond(model, probe)


@pytest.fixture(scope="session")
def labelled(data: Corpus | None) -> Corpus:
    """The audio that --data names, where it has labels to be right or wrong about."""
    if data is None:
        raise NotReached("no_data", "accuracy needs labelled speech: give --data PATH")
    if not data.labelled:
        raise NotReached("no_data", f"{data.path} has no clip with a label")
    return data


@_stage()
def score(
    labelled: Corpus,  # noqa: ARG001 - asked for first, for the predictions take long
    predictions: "Predictions",
    candidate: Candidate,
) -> scores.Score:
    """How well the predictions agree with the labels."""
    return scores.score(predictions, candidate)


@_stage(scope="function")
def timing(
    model: "LoadedModel",
    seconds: float,
    options: Options,
    benchmark: Any,
) -> judgements.Timing:
    """What a segment of this length costs, measured by pytest-benchmark after a warm-up."""
    assert model.sampling_rate is not None
    waveform = audio.noise(seconds, model.sampling_rate)
    benchmark.group = f"{seconds:g} s of audio"
    peak = peak_memory(functools.partial(model.logits, waveform))
    benchmark(model.logits, waveform)
    result = judgements.Timing(
        length=seconds,
        rounds=tuple(benchmark.stats.stats.data),
        load_time=model.load_time,
        peak_memory=peak,
        size_on_disk=model.snapshot.weight_size / 1e6,
        parameters=model.weights.parameters,
        threads=options.threads,
    )
    benchmark.extra_info |= {one.name: one.value for one in result.measurements}
    return result


@pytest.fixture
def check(request: pytest.FixtureRequest) -> Callable[[Judgement], None]:
    """Record a judgement, then pass or fail by it."""
    return functools.partial(conclude, request.node)
