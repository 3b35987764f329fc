"""The stages from a candidate's answers to what its gates judge: facts, scores and timing.

They are stages as those of :mod:`pipeline.stages`, which lists both.
"""

import functools
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sertify.candidates.latency import Serving
from sertify.candidates.reading import Candidate, Suite
from sertify.evidence.cache import Cache
from sertify.gates.parts import Part
from sertify.pipeline.loading import Loading, loading_options
from sertify.pipeline.settings import Settings, conditions_of, segments_of
from sertify.pipeline.telling import Announce
from sertify.pipeline.way import Stage
from sertify.vocabulary.conditions import Condition
from sertify.vocabulary.errors import NotReached

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from sertify.corpora.clips import Corpus
    from sertify.corpora.recordings import Recordings
    from sertify.gates.accuracy import LaterLook, Score
    from sertify.gates.degeneracy import Consistency
    from sertify.gates.fairness import GroupedScore
    from sertify.gates.robustness import Disturbance
    from sertify.gates.serving import Served
    from sertify.gates.speed import Timing
    from sertify.gates.streaming import Streamed
    from sertify.hub.snapshots import Snapshot
    from sertify.hub.tensors.index import TensorIndex
    from sertify.models.blueprints import Blueprint
    from sertify.models.processes.quota import Quota
    from sertify.models.speed.stopwatch import Repeat, Stopwatch
    from sertify.models.workshop import Workshop
    from sertify.pipeline.budget import Budget
    from sertify.pipeline.disturbances import Disturbances
    from sertify.pipeline.grouping import Grouping
    from sertify.pipeline.lazy_model import LazyModel
    from sertify.pipeline.leading import Contest
    from sertify.pipeline.predictions import Predictions
    from sertify.pipeline.surroundings import SoundFolders


def consistency(
    model: "LazyModel", predictions: "Predictions", recordings: "Recordings", tell: Announce
) -> "Consistency":
    """Whether the predictions outlast changes that must not matter."""
    from sertify.pipeline.consistency import ask_again

    if predictions.stopped is not None:  # four changes of clips would take longer than the race
        raise predictions.stopped.error(whole=False)
    with tell("", "changed clips", predictions.clips) as progress:
        return ask_again(model, predictions, progress=progress, recordings=recordings)


def sound_folders(settings: Settings) -> "SoundFolders":
    """The folders of noises and of impulse responses that the user gives."""
    from sertify.pipeline.surroundings import SoundFolders

    return SoundFolders(settings.sounds)


def say() -> Callable[[str], None]:
    """Tells a line to somebody who waits; a door that has a place for that gives its own."""
    return lambda _: None


def budget(suite: Suite, say: Callable[[str], None]) -> "Budget":
    """Tells how long it will take to hear clips again, in conditions and while they are spoken."""
    from sertify.pipeline.budget import Budget

    judged = [one.requirements for one in suite.candidates if one.status != "rejected"]
    gates = ("robustness", "streaming")
    return Budget({gate: sum(one.asks(gate) for one in judged) for gate in gates}, say)


def _require_heard(gate: str, data: "Corpus | None", predictions: "Predictions") -> None:
    """Raise where there is no speech for a gate, or a race has ended before all was heard."""
    if data is None:
        raise NotReached("no_data", f"{gate} needs speech: give --data PATH")
    if predictions.stopped is not None:
        raise predictions.stopped.error(whole=False)


def disturbances(
    data: "Corpus | None",
    model: "LazyModel",
    predictions: "Predictions",
    candidate: Candidate,
    seen: dict[str, str],
    recordings: "Recordings",
    sound_folders: "SoundFolders",
    settings: Settings,
    contest: "Contest | None",
    snapshot: "Snapshot",
    budget: "Budget",
    tell: Announce,
) -> "Disturbances":
    """What the model answers in other conditions, all that are asked for.

    In a race it is not asked where it can no longer be selected.
    """
    from sertify.pipeline.disturbances import disturb
    from sertify.pipeline.overtaken import require_chance

    _require_heard("robustness", data, predictions)
    if settings.race and contest is not None and model.key:
        require_chance(candidate, snapshot.identity, predictions, seen, contest)
    work = (predictions, candidate, conditions_of(settings, candidate), seen)
    with tell("", "disturbed clips", predictions.clips) as progress:
        return disturb(model, *work, recordings, sound_folders, budget, progress)


def disturbed(disturbances: "Disturbances", condition: Condition) -> "Disturbance":
    """What a condition costs the candidate."""
    return disturbances.of(condition)


def listened(
    data: "Corpus | None",
    model: "LazyModel",
    predictions: "Predictions",
    candidate: Candidate,
    seen: dict[str, str],
    recordings: "Recordings",
    settings: Settings,
    contest: "Contest | None",
    snapshot: "Snapshot",
    budget: "Budget",
    tell: Announce,
) -> "Streamed":
    """What the model says while clips are still being spoken; in a race as `disturbances`."""
    from sertify.pipeline.budget import in_parts
    from sertify.pipeline.overtaken import require_chance
    from sertify.pipeline.streaming import listen

    _require_heard("streaming", data, predictions)
    if settings.race and contest is not None and model.key:
        require_chance(candidate, snapshot.identity, predictions, seen, contest, "streaming")
    with tell("", "clips in part", predictions.clips) as progress:

        def watching(clips: int, answers: int) -> Callable[[float, float], None]:
            return budget.watching(progress, in_parts(clips, answers), answers)

        return listen(model, predictions, candidate, seen, recordings, watching)


def streamed(
    listened: "Streamed",
    streaming: str,  # noqa: ARG001 - a check has it only where that is asked for
) -> "Streamed":
    """What the model says while clips are still being spoken, where that is asked for."""
    return listened


def responses(
    model: "LazyModel", probe: "Corpus", recordings: "Recordings"
) -> "dict[str, NDArray[np.float32]]":
    """The model's logits for speech, noise, silence and a hum."""
    from sertify.pipeline.consistency import respond

    return respond(model, probe, recordings)


def said_of_nothing(
    responses: "dict[str, NDArray[np.float32]]", model: "LazyModel", candidate: Candidate
) -> list[dict[str, Any]]:
    """What the model says where nobody speaks, and how surely."""
    from sertify.pipeline.consistency import said_of_silence

    return said_of_silence(responses, model, candidate)


def scorebook(
    predictions: "Predictions",
    candidate: Candidate,
    seen: dict[str, str],
    looks: "Callable[[Part], Mapping[str, LaterLook]]",
) -> "Callable[[Part], Score]":
    """Scores the predictions on a part of the speech, each once."""
    from sertify.pipeline.scores import score as scored

    return functools.cache(lambda part: scored(predictions, candidate, part, seen, looks(part)))


def score(
    labelled: "Corpus",
    predictions: "Predictions",
    scorebook: "Callable[[Part], Score]",
    part: Part,
) -> "Score":
    """How well the predictions agree with the labels of a part of the speech."""
    if not any(part.takes(clip) and clip.label is not None for clip in labelled.clips):
        what = f"speech in {part.language}" if part.language else f"--data {part.corpus}=PATH"
        raise NotReached("no_data", f"a requirement is about {part.name}, which needs {what}")
    if predictions.stopped is not None:
        raise predictions.stopped.error(whole=part.corpus is None and part.language is None)
    return scorebook(part)


def groupings(
    probe: "Corpus", recordings: "Recordings", cache: Cache
) -> "Callable[[str], Grouping]":
    """Tells the group of each clip by a column of the speech, each column once for all."""
    from sertify.pipeline.grouping import group_values

    return functools.cache(lambda column: group_values(column, probe.clips, recordings, cache))


def groupbook(
    predictions: "Predictions",
    candidate: Candidate,
    seen: dict[str, str],
    groupings: "Callable[[str], Grouping]",
) -> "Callable[[str], GroupedScore]":
    """Compares the groups of a column of the speech, each column once."""
    from sertify.pipeline.group_scores import score_by_group

    given = (predictions, candidate, seen, groupings)
    return functools.cache(lambda column: score_by_group(column, *given))


def grouped_score(
    labelled: "Corpus",  # noqa: ARG001 - asked for first, for it may say that there are no labels
    predictions: "Predictions",
    groupbook: "Callable[[str], GroupedScore]",
    column: str,
) -> "GroupedScore":
    """How far the groups of a column are apart in what the model understands."""
    if predictions.stopped is not None:
        raise predictions.stopped.error(whole=False)
    return groupbook(column)


def operating(
    labelled: "Corpus",  # noqa: ARG001 - asked for first: without it, no model need be asked
    predictions: "Predictions",
    candidate: Candidate,
    seen: dict[str, str],
    suite: Suite,
    blueprint: "Blueprint",
    model: "LazyModel",
) -> dict[str, Any]:
    """From which confidence on it is to be believed, and what a program needs to use it."""
    from sertify.pipeline.golden import golden_answers
    from sertify.pipeline.operating import operating_facts
    from sertify.pipeline.preparing import preparation

    facts = operating_facts(predictions, candidate, seen, suite.preferences.precision)
    return {
        "operating": facts,
        "golden": golden_answers(predictions, candidate, facts.get("temperature")),
        "preparation": preparation(blueprint, model.examination, predictions.segmenting),
    }


def stopwatch(
    blueprint: "Blueprint",
    index: "TensorIndex",
    loading: Loading,
    workshop: "Workshop",
    quota: "Quota",
    settings: Settings,
    tell: Announce,
) -> "Stopwatch":
    """The model in a process in which nothing else runs; it lives as long as its candidate."""
    from sertify.models.speed.stopwatch import Stopwatch

    workshop.close()
    loading.fetch()
    with tell("loading it in a process of its own"):
        given = (blueprint.snapshot, index, loading_options(settings))
        return Stopwatch(*given, quota=quota, dump=workshop.dump, network=workshop.network)


def timing(
    stopwatch: "Stopwatch",
    candidate: Candidate,
    seconds: float,
    repeat: "Repeat",
    settings: Settings,
    tell: Announce,
) -> "Timing":
    """What a segment of this length costs, measured after a warm-up."""
    from sertify.gates.speed import rounds_asked

    usual = seconds in segments_of(settings, candidate)
    hop = settings.segmenting.hop if settings.segmenting and usual else None
    rounds = rounds_asked(candidate.requirements.latencies(seconds, usual=usual))
    with tell(f"timing {seconds:g} s of audio"):
        return replace(stopwatch.timing(seconds, repeat, hop, rounds), usual=usual)


def request_lengths(
    data: "Corpus | None", candidate: Candidate, settings: Settings
) -> tuple[float, ...]:
    """The seconds of audio in the requests that are sent: those of the speech, where it tells."""
    from sertify.pipeline.lengths import typical_lengths

    known = typical_lengths(data.clips) if data and settings.segmenting is None else ()
    return known or segments_of(settings, candidate)


def served(
    stopwatch: "Stopwatch", serving: Serving, request_lengths: tuple[float, ...], tell: Announce
) -> "Served":
    """How many requests a second are answered in time."""
    with tell(f"sending requests, for {serving.budget:g} s at most"):
        return stopwatch.serving(serving, request_lengths)


FINDING_STAGES: tuple[Stage, ...] = (
    consistency, responses, said_of_nothing, scorebook, score, operating, sound_folders, say,
    budget, disturbances, disturbed, listened, streamed, groupings, groupbook, grouped_score,
    stopwatch, timing, request_lengths, served,
)  # fmt: skip
"""These, in the order of the way."""
