"""The pipeline as fixtures: candidate, snapshot, checkpoint, model, predictions, score, timing.

Each is the noun that the next is made of, and lives as long as its candidate, so that one model is
in memory at a time. Where the pipeline meets a reason to reject the candidate, that reason is the
value of the fixture, handed down until a check receives it.
"""

import functools
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from sertify.candidates.locks import read_lock
from sertify.candidates.reading import Candidate
from sertify.evidence.cache import Cache
from sertify.evidence.environment import fingerprint
from sertify.gates import loadability, speed, weights
from sertify.gates.parts import Part
from sertify.hub import configs
from sertify.pipeline.speech import DATA, read_data, seen_corpora
from sertify.pipeline.stages import load_model, open_cache, release, sharing, subject_key
from sertify.plugin.arguments import is_worker
from sertify.plugin.checks import ITEM, NotReached, conclude
from sertify.plugin.collection import CANDIDATES
from sertify.plugin.options import OPTIONS, Options, environment_of
from sertify.plugin.places import SPEECH
from sertify.plugin.progress import Progress
from sertify.vocabulary.errors import Rejected
from sertify.vocabulary.outcomes import Judgement

if TYPE_CHECKING:
    # At run time these are imported on demand: collecting must wait for none of what judging needs.
    from sertify.corpora.clips import Corpus
    from sertify.corpora.recordings import Recordings
    from sertify.gates.accuracy import Score
    from sertify.gates.degeneracy import Consistency
    from sertify.hub.snapshots import Snapshot
    from sertify.hub.tensors.index import TensorIndex
    from sertify.models.blueprints import Blueprint
    from sertify.models.model import LoadedModel
    from sertify.models.speed.stopwatch import Stopwatch
    from sertify.pipeline.lazy_model import Subject
    from sertify.pipeline.predictions import Predictions
    from sertify.pipeline.prefetch import Survey


PROBE_CLIPS = 56
"""Clips of the embedded speech that show whether predictions vary: each emotion eight times."""


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


@pytest.fixture(scope="session")
def survey(request: pytest.FixtureRequest, options: Options) -> Iterator["Survey"]:
    """The repositories of all candidates, of which the next ones are asked for ahead of time."""
    from sertify.pipeline.prefetch import Survey

    checks = [item.stash[ITEM] for item in request.session.items if ITEM in item.stash]
    # A worker does not know yet which of the candidates are its own.
    ahead = [] if is_worker(request.config) else [check.candidate for check in checks]
    locked = read_lock(options.candidates) if options.locked else None
    with Survey(ahead, offline=options.offline, locked=locked) as survey:
        yield survey


@_stage()
def snapshot(candidate: Candidate, survey: "Survey", pytestconfig: pytest.Config) -> "Snapshot":
    """What the candidate's repository holds, at a commit."""
    with Progress(pytestconfig, candidate.name, "looking at its repository"):
        return survey.snapshot(candidate)


@pytest.fixture(scope="session")
def cache(options: Options, pytestconfig: pytest.Config) -> Iterator[Cache]:
    """What earlier runs have computed."""
    opened = open_cache(pytestconfig, options)
    yield opened
    opened.close()
    terminal: Any = pytestconfig.pluginmanager.getplugin("terminalreporter")
    if opened.problem and terminal is not None:
        terminal.write_line(f"\nsertify: nothing is remembered: {opened.problem}", yellow=True)


@_stage()
def key(snapshot: "Snapshot", candidate: Candidate, pytestconfig: pytest.Config) -> str:
    """Tells the content of all that the model's answers depend on."""
    return subject_key(snapshot, candidate, environment_of(pytestconfig))


@_stage()
def config(snapshot: "Snapshot", cache: Cache, key: str) -> dict[str, Any]:
    """The content of the repository's config.json; empty for a loader that needs none."""
    from sertify.pipeline.lazy_model import recall

    def choose() -> str:
        from sertify.hub.tensors.index import TensorIndex
        from sertify.models.loaders import choice

        return choice.choose_loader(snapshot, TensorIndex({})).name

    recall(cache, key, "loader", choose)
    return snapshot.read_json("config.json") if configs.has_config(snapshot) else {}


@_stage()
def index(
    config: dict[str, Any],  # noqa: ARG001 - asked for first, for it may say what is wrong
    candidate: Candidate,
    survey: "Survey",
    pytestconfig: pytest.Config,
) -> "TensorIndex":
    """Names, shapes and types of the tensors of the weight files."""
    with Progress(pytestconfig, candidate.name, "reading the index of its weights"):
        return survey.index(candidate)


@_stage()
def outline(snapshot: "Snapshot", index: "TensorIndex", cache: Cache, key: str) -> "Blueprint":
    """The network that the candidate will be, whatever may be wrong with it."""
    from sertify.models.blueprints import Blueprint
    from sertify.pipeline.lazy_model import recall

    loadability.require(weights.judge_index(**index.facts))

    def make() -> Blueprint:
        from sertify.models import loading

        return loading.outline(snapshot, index)

    ways = (Blueprint.to_json, functools.partial(Blueprint.from_json, snapshot))
    found: Blueprint = recall(cache, key, "outline", make, *ways)
    return found


@_stage()
def blueprint(outline: "Blueprint") -> "Blueprint":
    """A network of which nothing is known that speaks against downloading its weights."""
    loadability.require(loadability.judge_outline(**outline.facts))
    loadability.require(weights.judge_promise(outline.weights, outline.unknown))
    rate, problem = outline.sampling_rate, outline.extractor_problem
    loadability.require(loadability.judge_feature_extractor(rate, problem))
    return outline


@_stage()
def loading(
    blueprint: "Blueprint", survey: "Survey", options: Options, pytestconfig: pytest.Config
) -> "functools.partial[LoadedModel]":
    """Loads the model, downloading what is missing; takes the seed of random weights."""
    if not options.weights:
        raise NotReached("not_selected", "it needs the weights, and --no-weights leaves them out")
    device = environment_of(pytestconfig)["device"]
    options_of_load = {"device": device, "threads": options.threads, "dtype": options.dtype}
    return functools.partial(load_model, survey, blueprint, pytestconfig, **options_of_load)


@pytest.fixture(scope="session")
def in_memory() -> list["Subject"]:
    """The subjects whose model may be in memory."""
    return []


@_stage()
def checkpoint(
    loading: "functools.partial[LoadedModel]",
    cache: Cache,
    key: str,
    options: Options,
    in_memory: list["Subject"],
    candidate: Candidate,
    pytestconfig: pytest.Config,
) -> "Subject":
    """What the loader makes of the repository, whatever may be wrong with it."""
    from sertify.pipeline.lazy_model import Subject

    subject = Subject(sharing(loading), cache, key, options.threads)
    release(in_memory)
    in_memory.append(subject)
    with Progress(pytestconfig, candidate.name, "examining it"):
        subject.examination  # noqa: B018 - here its errors are the candidate's
    return subject


@_stage()
def model(checkpoint: "Subject") -> "Subject":
    """A model that can be trusted with a question: its weights and its input are complete."""
    checkpoint.certify()
    return checkpoint


@_stage(scope="function")
def reloaded(model: "Subject") -> Any:
    """The logits for the same noise after a second load, under another random seed."""
    return model.logits_of_another_load


@pytest.fixture(scope="session")
def recordings() -> Iterator["Recordings"]:
    """What was decoded for one candidate, for the next."""
    from sertify.corpora.recordings import Recordings

    opened = Recordings()
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def data(options: Options, pytestconfig: pytest.Config) -> "Corpus | None":
    """The audio that --data names; a worker of pytest-xdist reads it for itself."""
    if DATA not in pytestconfig.stash:
        pytestconfig.stash[DATA] = read_data(options, pytestconfig.stash[CANDIDATES].suite)
    return pytestconfig.stash[DATA].judged


@pytest.fixture(scope="session")
def probe(data: "Corpus | None") -> "Corpus":
    """Audio that shows whether predictions vary: --data, or a part of the embedded speech."""
    from sertify.corpora.reading import read_corpus
    from sertify.evidence.store import EMBEDDED

    if data is not None:
        return data
    sample = read_corpus(SPEECH).sample(PROBE_CLIPS)
    return replace(sample, fingerprint=EMBEDDED + sample.fingerprint)


@_stage()
def seen(
    snapshot: "Snapshot", data: "Corpus | None", candidate: Candidate, pytestconfig: pytest.Config
) -> dict[str, str]:
    """Why a corpus, by its name, was part of the candidate's training; empty where none was."""
    suite = pytestconfig.stash[CANDIDATES].suite
    return {} if data is None else seen_corpora(suite, candidate, snapshot.card, data)


@_stage()
def predictions(
    model: "Subject",
    probe: "Corpus",
    recordings: "Recordings",
    snapshot: "Snapshot",
    candidate: Candidate,
    seen: dict[str, str],
    options: Options,
    pytestconfig: pytest.Config,
) -> "Predictions":
    """What the model answers on the probe; kept, for candidates are compared clip by clip."""
    from sertify.evidence.store import EMBEDDED, EvidenceStore
    from sertify.pipeline.predictions import predict

    given = not probe.fingerprint.startswith(EMBEDDED)
    with Progress(pytestconfig, candidate.name, "", "clips", probe.clips) as progress:
        segmenting = options.segmenting if given else None
        found = predict(model, probe, progress, segmenting, recordings)
    if given:
        answers = found.labelling(candidate, seen)
        versions = fingerprint(environment_of(pytestconfig), "accuracy")
        store = EvidenceStore(options.reports / "evidence.sqlite")
        store.add_labelling(candidate.fingerprint, snapshot.identity, versions, answers)
    return found


@_stage()
def consistency(
    model: "Subject",
    predictions: "Predictions",
    recordings: "Recordings",
    candidate: Candidate,
    pytestconfig: pytest.Config,
) -> "Consistency":
    """Whether the predictions outlast changes that must not matter."""
    from sertify.pipeline.consistency import consistency

    unit, clips = "changed clips", predictions.clips
    with Progress(pytestconfig, candidate.name, "", unit, clips) as progress:
        return consistency(model, predictions, progress=progress, recordings=recordings)


@_stage()
def responses(model: "Subject", probe: "Corpus", recordings: "Recordings") -> Any:
    """The model's logits for speech, noise and silence."""
    from sertify.pipeline.consistency import respond

    return respond(model, probe, recordings)


@pytest.fixture(scope="session")
def labelled(data: "Corpus | None") -> "Corpus":
    """The audio that --data names, where it has labels to be right or wrong about."""
    if data is None:
        raise NotReached("no_data", "accuracy needs labelled speech: give --data PATH")
    if not data.labelled:
        raise NotReached("no_data", f"{data.path} has no clip with a label")
    return data


@_stage()
def scorebook(
    predictions: "Predictions", candidate: Candidate, seen: dict[str, str]
) -> Callable[[Part], "Score"]:
    """Scores the predictions on a part of the speech, each once."""
    from sertify.pipeline.scores import score

    return functools.cache(lambda part: score(predictions, candidate, part, seen))


@_stage(scope="function")
def score(labelled: "Corpus", scorebook: Callable[[Part], "Score"], part: Part) -> "Score":
    """How well the predictions agree with the labels of a part of the speech."""
    if not any(part.takes(clip) and clip.label is not None for clip in labelled.clips):
        what = f"speech in {part.language}" if part.language else f"--data {part.corpus}=PATH"
        raise NotReached("no_data", f"a requirement is about {part.name}, which needs {what}")
    return scorebook(part)


@_stage()
def stopwatch(
    blueprint: "Blueprint",
    index: "TensorIndex",
    loading: "functools.partial[LoadedModel]",
    in_memory: list["Subject"],
    candidate: Candidate,
    request: pytest.FixtureRequest,
) -> "Stopwatch":
    """The model in a process in which nothing else runs; it lives as long as its candidate."""
    release(in_memory)
    from sertify.hub import repositories
    from sertify.models.speed.stopwatch import Stopwatch

    with Progress(request.config, candidate.name, "downloading", "B") as progress:
        repositories.fetch(blueprint.snapshot, blueprint.files, progress)
    with Progress(request.config, candidate.name, "loading it in a process of its own"):
        started = Stopwatch(blueprint.snapshot, index, loading.keywords)
    request.addfinalizer(started.close)
    return started


@_stage(scope="function")
def clock(stopwatch: "Stopwatch", request: pytest.FixtureRequest) -> Callable[[], float]:
    """The timer for pytest-benchmark, which has to learn of it before its fixture is made."""
    request.node.add_marker(pytest.mark.benchmark(timer=stopwatch.clock.now))
    return stopwatch.clock.now


@_stage(scope="function")
def timing(
    stopwatch: "Stopwatch",
    clock: Callable[[], float],  # noqa: ARG001 - asked for first, for the benchmark takes it
    benchmark: Any,
    seconds: float,
    options: Options,
    candidate: Candidate,
    pytestconfig: pytest.Config,
) -> speed.Timing:
    """What a segment of this length costs, measured by pytest-benchmark after a warm-up."""
    benchmark.group = f"{seconds:g} s of audio"
    hop = options.segmenting.hop if options.segmenting else None
    with Progress(pytestconfig, candidate.name, f"timing {seconds:g} s of audio"):
        return stopwatch.timing(seconds, benchmark, hop)


@pytest.fixture
def check(request: pytest.FixtureRequest) -> Callable[[Judgement], None]:
    """Record a judgement, then pass or fail by it."""
    return functools.partial(conclude, request.node)
