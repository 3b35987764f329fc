"""The stages of one candidate's way, from its entry to its scores and timing.

Each is a function whose parameters name the stages, or the given values, that it is made of; a
`Way` computes each once. A stage that finds a reason to reject the candidate raises it. What needs
torch, the hub or audio is imported on demand: listing the stages must not wait for that.

Given are: ``settings``, ``suite`` and ``ahead`` (candidates whose repositories are asked for ahead
of time), ``cache`` and ``store`` (None where nothing is kept) of a run; ``candidate`` and ``tell``
of a candidate; ``part``, ``condition``, or ``seconds`` and ``repeat``, of one check.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from sertify.candidates.locks import read_lock
from sertify.candidates.reading import Candidate, Suite
from sertify.evidence.cache import Cache, content_key
from sertify.evidence.environment import decides_answers
from sertify.evidence.store import EMBEDDED, EvidenceStore
from sertify.gates import loadability, weights
from sertify.gates.loadability import require
from sertify.gates.parts import Part
from sertify.pipeline.finding_stages import FINDING_STAGES
from sertify.pipeline.loading import Loading, begin_workshop
from sertify.pipeline.places import SPEECH
from sertify.pipeline.settings import Settings
from sertify.pipeline.speech import Speech, read_speech
from sertify.pipeline.telling import Announce
from sertify.pipeline.way import Stage
from sertify.vocabulary.errors import NotReached

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from sertify.corpora.clips import Corpus
    from sertify.corpora.recordings import Recordings
    from sertify.gates.accuracy import LaterLook
    from sertify.hub.snapshots import Snapshot
    from sertify.hub.tensors.index import TensorIndex
    from sertify.hub.watching import Watch
    from sertify.models.blueprints import Blueprint
    from sertify.models.processes.quota import Quota
    from sertify.models.workshop import Workshop
    from sertify.pipeline.lazy_model import LazyModel
    from sertify.pipeline.leading import Contest
    from sertify.pipeline.predictions import Predictions
    from sertify.pipeline.prefetch import Repositories

PROBE_CLIPS = 56
"""Clips of the embedded speech that show whether predictions vary: each emotion eight times."""


def repositories(settings: Settings, ahead: Sequence[Candidate]) -> "Repositories":
    """The repositories of all candidates, of which the next ones are asked for ahead of time."""
    from sertify.pipeline.prefetch import Repositories

    locked = read_lock(settings.candidates) if settings.locked else None
    return Repositories(ahead, offline=settings.offline, locked=locked)


def recordings() -> "Recordings":
    """What was decoded for one candidate, for the next."""
    from sertify.corpora.recordings import Recordings

    return Recordings()


def speech(settings: Settings, suite: Suite) -> Speech:
    """What candidates are judged on, and what may confirm the selected one."""
    return read_speech(settings, suite)


def data(speech: Speech) -> "Corpus | None":
    """The audio that --data names."""
    return speech.judged


def probe(data: "Corpus | None") -> "Corpus":
    """Audio that shows whether predictions vary: --data, or a part of the embedded speech."""
    from sertify.corpora.reading import read_corpus

    if data is not None:
        return data
    sample = read_corpus(SPEECH).sample(PROBE_CLIPS)
    return replace(sample, fingerprint=EMBEDDED + sample.fingerprint)


def labelled(data: "Corpus | None") -> "Corpus":
    """The audio that --data names, where it has labels to be right or wrong about."""
    if data is None:
        raise NotReached("no_data", "accuracy needs labelled speech: give --data PATH")
    if not data.labelled:
        raise NotReached("no_data", f"{data.path} has no clip with a label")
    return data


def snapshot(candidate: Candidate, repositories: "Repositories", tell: Announce) -> "Snapshot":
    """What the candidate's repository holds, at a commit."""
    from sertify.hub.watching import Watch

    with tell("looking at its repository"):
        found = repositories.snapshot(candidate)
        if Watch(found).changed():  # since it was looked at ahead of time
            repositories.forget(candidate)
            found = repositories.snapshot(candidate)
        return found


def watch(snapshot: "Snapshot") -> "Watch":
    """Tells whether the candidate's files are still what they were when they were looked at."""
    from sertify.hub.watching import Watch

    return Watch(snapshot)


def key(
    snapshot: "Snapshot", candidate: Candidate, settings: Settings, watch: "Watch", cache: Cache
) -> str:
    """Tells the content of all that the model's answers depend on.

    It is empty, and nothing to be remembered, where code may get what nobody knows.
    """
    import soundfile  # the version of what decodes is known by it alone

    from sertify.corpora.decoding import DECODING

    if candidate.network:
        return ""
    extractor = candidate.feature_extractor
    key = content_key(
        candidate.model,  # for it is named in messages
        snapshot.identity,
        soundfile.__libsndfile_version__,
        DECODING,
        candidate.loader,
        candidate.variant,
        candidate.labels,
        candidate.trust_remote_code,
        dict(candidate.trusted_code),
        candidate.adapter,
        candidate.subfolder,
        candidate.weights,
        getattr(extractor, "sampling_rate", extractor),
        decides_answers(settings.environment),
    )
    cache.vouch(key, lambda: not watch.changed())
    return key


def quota(candidate: Candidate, settings: Settings) -> "Quota":
    """What the candidate may take of time and memory, from now on."""
    from sertify.models.processes.quota import Quota

    limits = candidate.limits.updated(settings.limits)
    on_cpu = settings.environment["device"] == "cpu"
    return Quota.of(limits, settings.sharers, refuses=on_cpu)


def workshop(snapshot: "Snapshot", settings: Settings, quota: "Quota") -> "Workshop":
    """The process in which the candidate's model is made and asked, once that is needed."""
    return begin_workshop(snapshot, settings, quota)


def config(
    snapshot: "Snapshot", cache: Cache, key: str, workshop: "Workshop", tell: Announce
) -> dict[str, Any]:
    """The content of the repository's config.json; empty for a loader that needs none."""
    from sertify.hub.configs import has_config
    from sertify.pipeline.lazy_model import recall

    with tell("starting a process for it"):  # of which the first one waits for what all import
        recall(cache, key, "loader", workshop.choose)
    return snapshot.read_json("config.json") if has_config(snapshot) else {}


def index(
    config: dict[str, Any],  # noqa: ARG001 - asked for first, for it may say what is wrong
    candidate: Candidate,
    repositories: "Repositories",
    tell: Announce,
) -> "TensorIndex":
    """Names, shapes and types of the tensors of the weight files."""
    with tell("reading the index of its weights"):
        return repositories.index(candidate)


def outline(
    snapshot: "Snapshot", index: "TensorIndex", cache: Cache, key: str, workshop: "Workshop"
) -> "Blueprint":
    """The network that the candidate will be, whatever may be wrong with it."""
    from sertify.models.blueprints import Blueprint
    from sertify.pipeline.lazy_model import recall

    require(weights.judge_index(**index.facts))

    ways = (Blueprint.to_json, functools.partial(Blueprint.from_json, snapshot))
    made = functools.partial(workshop.outline, index)
    blueprint: Blueprint = recall(cache, key, "outline", made, *ways)
    return blueprint


def blueprint(outline: "Blueprint") -> "Blueprint":
    """A network of which nothing is known that speaks against downloading its weights."""
    require(loadability.judge_outline(**outline.facts))
    require(weights.judge_promise(outline.weights, outline.unknown))
    rate, problem = outline.sampling_rate, outline.extractor_problem
    require(loadability.judge_feature_extractor(rate, problem))
    return outline


def loading(
    blueprint: "Blueprint",
    repositories: "Repositories",
    workshop: "Workshop",
    settings: Settings,
    tell: Announce,
) -> Loading:
    """Loads the model, downloading what is missing."""
    if not settings.weights:
        raise NotReached("not_selected", "it needs the weights, and --no-weights leaves them out")
    return Loading(blueprint, repositories, workshop, tell)


def checkpoint(
    loading: Loading, cache: Cache, key: str, settings: Settings, tell: Announce
) -> "LazyModel":
    """What the loader makes of the repository, whatever may be wrong with it."""
    from sertify.pipeline.lazy_model import LazyModel

    model = LazyModel(loading, cache, key, settings.threads)
    with tell("examining it"):
        model.examination  # noqa: B018 - here its errors are the candidate's
    return model


def model(checkpoint: "LazyModel") -> "LazyModel":
    """A model that can be trusted with a question: its weights and its input are complete."""
    checkpoint.certify()
    return checkpoint


def reloaded(model: "LazyModel") -> "NDArray[np.float32]":
    """The logits for the same noise after a second load, under another random seed."""
    return model.logits_of_another_load


def seen(
    snapshot: "Snapshot", data: "Corpus | None", candidate: Candidate, suite: Suite
) -> dict[str, str]:
    """Why a corpus, by its name, was part of the candidate's training; empty where none was."""
    from sertify.pipeline.seen import seen_corpora

    return {} if data is None else seen_corpora(suite, candidate, snapshot.card, data)


def contest(
    probe: "Corpus", suite: Suite, settings: Settings, store: EvidenceStore | None
) -> "Contest | None":
    """What is known of the candidates on --data; None where nothing is kept of it."""
    from sertify.pipeline.leading import Contest

    if store is None or probe.fingerprint.startswith(EMBEDDED):
        return None
    return Contest(suite, store, settings.environment, probe)


def looks(
    snapshot: "Snapshot",
    data: "Corpus | None",
    candidate: Candidate,
    store: EvidenceStore | None,
) -> "Callable[[Part], Mapping[str, LaterLook]]":
    """Which look at a part of the speech this is where that has grown, by what is measured."""
    from sertify.pipeline.looks import looks_of

    if data is None:
        return lambda _: {}
    return looks_of(store, candidate, snapshot.identity, data).at


def predictions(
    model: "LazyModel",
    probe: "Corpus",
    recordings: "Recordings",
    snapshot: "Snapshot",
    candidate: Candidate,
    seen: dict[str, str],
    settings: Settings,
    contest: "Contest | None",
    looks: "Callable[[Part], Mapping[str, LaterLook]]",
    watch: "Watch",
    tell: Announce,
) -> "Predictions":
    """What the model answers on the probe; kept, for candidates are compared clip by clip.

    In a race that may end before all is heard; then it is not kept, as others heard more.
    """
    from sertify.pipeline.looks import with_confidence_left
    from sertify.pipeline.predictions import predict
    from sertify.pipeline.racing import may_stop, race

    segmenting = None if probe.fingerprint.startswith(EMBEDDED) else settings.segmenting
    with tell("", "clips", probe.clips) as progress:

        def ask(look: "Corpus") -> "Predictions":
            total = len(probe.clips)
            return predict(
                model, look, lambda done, _: progress(done, total), segmenting, recordings
            )

        racing = settings.race and may_stop(candidate, model.key, snapshot.identity, contest)
        asked = with_confidence_left(candidate, looks(Part()).get("uar"))
        predicted = race(ask, asked, seen, contest) if racing and contest else ask(probe)
    watch.require()
    if contest is not None and predicted.stopped is None:
        contest.keep(candidate, snapshot.identity, predicted.labelling(candidate, seen))
    return predicted


_IN_ORDER: tuple[Stage, ...] = (
    repositories, recordings, speech, data, probe, labelled, snapshot, watch, key, quota, workshop,
    config, index, outline, blueprint, loading, checkpoint, model, reloaded, seen, contest, looks,
    predictions, *FINDING_STAGES,
)  # fmt: skip

STAGES: Mapping[str, Stage] = MappingProxyType({stage.__name__: stage for stage in _IN_ORDER})
"""Every stage by its name, in the order of the way."""
