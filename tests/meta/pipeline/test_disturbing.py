"""A real, tiny model hears clips in conditions: each once, with sounds of its own, and judged."""

import dataclasses
import importlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from sertify.candidates.reading import Candidate
from sertify.candidates.requirements import Requirements
from sertify.corpora.audio import read_audio
from sertify.corpora.clips import Clip, Corpus
from sertify.corpora.joining import join
from sertify.corpora.perturbing import foreign
from sertify.corpora.perturbing.applying import perturb
from sertify.corpora.reading import read_corpus
from sertify.corpora.recordings import Recordings
from sertify.evidence.cache import Cache
from sertify.gates.robustness import judge_condition
from sertify.hub.snapshots import read_index, take_snapshot
from sertify.models.loading import load, outline
from sertify.models.model import LoadedModel
from sertify.pipeline.disturbances import Disturbances, disturb
from sertify.pipeline.drawing import drawn
from sertify.pipeline.hearing import Segmenting
from sertify.pipeline.lazy_model import LazyModel
from sertify.pipeline.predictions import predict
from sertify.pipeline.surroundings import SoundFolders, Voices
from sertify.vocabulary.conditions import Condition, own_perturbations, standard_conditions
from sertify.vocabulary.errors import Blocked, NotReached
from sertify.vocabulary.outcomes import Judgement, Outcome
from tests.meta import tiny

RATE = 16_000
EMOTIONS = tiny.LABELS  # angry, happy, sad
GSM, LOUD, LOW = Condition("gsm", 25), Condition("gain", -12), Condition("lowpass", 4000)
BABBLE, WHITE = Condition("babble", 20), Condition("white", 10)
ENVIRONMENT = Condition("environment", 10)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> LoadedModel:
    folder = tiny.build(tmp_path_factory.mktemp("model"))
    snapshot = take_snapshot(Candidate("tiny", str(folder), folder))
    return load(outline(snapshot, read_index(snapshot)), threads=1)


def speech(seconds: float, pitch: float, level: float = 0.3, high: float = 0.0) -> NDArray[Any]:
    """Return harmonics whose loudness changes five times a second, and hiss above 6 kHz."""
    times = np.arange(round(seconds * RATE)) / RATE
    tone = sum(np.sin(2 * np.pi * pitch * n * times) / n for n in range(1, 8)) / 2
    hiss = high * np.sin(2 * np.pi * 6500 * times)
    return level * (tone + hiss) * np.sin(np.pi * 5 * times)


def write(
    folder: Path, speakers: int = 6, clips: int = 2, labels: bool = True, seconds: float = 0.4
) -> Corpus:
    """Write clips of which the angry are loud, and the happy have hiss."""
    (folder / "audio").mkdir(parents=True)
    rows = ["file,label,speaker" if labels else "file,speaker"]
    for emotion in EMOTIONS:
        for speaker in range(speakers):
            for number in range(clips):
                name = f"audio/{emotion}-{speaker}-{number}.wav"
                sound = speech(
                    seconds + 0.01 * speaker,
                    100 + 20 * speaker + number,
                    level=0.4 if emotion == "angry" else 0.05,
                    high=0.5 if emotion == "happy" else 0.0,
                )
                soundfile.write(folder / name, sound, RATE)
                told = [emotion] if labels else []
                rows.append(",".join([name, *told, f"s{speaker}"]))
    (folder / "metadata.csv").write_text("\n".join(rows))
    return read_corpus(folder)


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    return write(tmp_path / "calls")


def candidate(robustness: Any = True, **requirements: Any) -> Candidate:
    asked = Requirements.model_validate({"robustness": robustness, **requirements}, strict=False)
    return Candidate("tiny", "tiny", requirements=asked)


USUAL = candidate()


class Asked:
    """A model that remembers what it heard."""

    def __init__(self, model: LoadedModel, cache: Cache | None = None) -> None:
        self.heard: list[NDArray[np.float32]] = []

        def network(waveforms: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
            self.heard += waveforms
            answers: NDArray[np.float32] = model.network(waveforms)
            return answers

        self.model = LazyModel.of(dataclasses.replace(model, network=network))
        if cache is not None:
            self.model.cache, self.model.key = cache, "key"


def disturbed(
    subject: LazyModel,
    corpus: Corpus,
    *conditions: Condition,
    candidate: Candidate = USUAL,
    folders: dict[str, Path] | None = None,
    segmenting: Segmenting | None = None,
    seen: dict[str, str] | None = None,
    recordings: Recordings | None = None,
) -> Disturbances:
    recordings = recordings or Recordings(limit=0)
    predictions = predict(subject, corpus, None, segmenting, recordings)
    given = SoundFolders(folders or {})
    return disturb(subject, predictions, candidate, conditions, seen or {}, recordings, given)


# ------------------------------------------------------------------ what is heard


def test_each_clip_is_heard_in_each_condition_as_that_sounds(
    model: LoadedModel, corpus: Corpus
) -> None:
    asked = Asked(model)
    predict(asked.model, corpus)
    clean = len(asked.heard)
    found = disturbed(asked.model, corpus, GSM, WHITE)
    assert len(asked.heard) == clean + len(corpus.clips) * 3  # the clips once more, then twice
    for place, clip in enumerate(found.drawn.clips):
        waveform = read_audio(clip.content, RATE)
        for condition in (GSM, WHITE):
            seed = f"{clip.digest} {clip.start} {clip.end}".encode()
            heard = perturb(waveform, RATE, condition, seed)
            expected = model.logits(heard)
            np.testing.assert_allclose(
                found.answers.logits[condition][place], expected, atol=1e-5, err_msg=clip.name
            )


def test_a_clip_is_decoded_once_for_all_conditions(model: LoadedModel, corpus: Corpus) -> None:
    reads: Counter[str] = Counter()

    class Counted(Recordings):
        def read(self, clip: Clip, *args: Any, **options: Any) -> NDArray[np.float32]:
            reads[clip.name] += 1
            return super().read(clip, *args, **options)

    subject = LazyModel.of(model)
    found = disturbed(subject, corpus, GSM, WHITE, LOW, recordings=Counted(limit=0))
    assert {*reads.values()} == {2}  # for the answers as it is, and for all conditions
    assert len(found.answers.logits) == 3


def test_all_usual_conditions_can_be_made(model: LoadedModel, corpus: Corpus) -> None:
    found = disturbed(LazyModel.of(model), corpus, *standard_conditions())
    assert set(found.answers.logits) == set(standard_conditions())
    for condition in standard_conditions():
        judgement = judge_condition(found.of(condition), found.candidate.requirements)
        assert judgement.outcome in (Outcome.PASS, Outcome.INCONCLUSIVE, Outcome.FAIL)
        assert judgement.details["clips"] == 36


def test_segments_are_changed_one_by_one(model: LoadedModel, tmp_path: Path) -> None:
    corpus = write(tmp_path / "long", speakers=2, clips=1, seconds=1.2)
    asked = Asked(model)
    found = disturbed(asked.model, corpus, WHITE, segmenting=Segmenting(0.4, 0.4))
    assert found.predictions.segments == (3,) * 6
    assert len(asked.heard) == 6 * 3 * 2
    assert {sound.size for sound in asked.heard} == {round(0.4 * RATE)}
    silent = tmp_path / "alike"
    silent.mkdir()
    soundfile.write(silent / "a.wav", np.tile(speech(0.4, 100), 3), RATE)
    asked = Asked(model)
    disturbed(asked.model, read_corpus(silent), WHITE, segmenting=Segmenting(0.4, 0.4))
    first, second, third = asked.heard[3:]
    assert not np.array_equal(first, second)
    assert not np.array_equal(second, third)


# ------------------------------------------------------------------ which clips


def test_clips_are_drawn_of_each_emotion_and_speaker(model: LoadedModel, tmp_path: Path) -> None:
    corpus = write(tmp_path / "calls", speakers=4, clips=5)
    predictions = predict(LazyModel.of(model), corpus)
    some = drawn(predictions, candidate(), {}, 24)
    assert some.at_hand == 60
    assert Counter(clip.emotion for clip in some.clips) == {
        "anger": 8, "happiness": 8, "sadness": 8,
    }  # fmt: skip
    assert {*Counter((clip.emotion, clip.speaker) for clip in some.clips).values()} == {2}
    assert [*some.weights] == pytest.approx([2.5] * 24)
    assert some == drawn(predictions, candidate(), {}, 24)
    assert {*some.clips} < {*drawn(predictions, candidate(), {}, 30).clips}
    assert drawn(predictions, candidate(), {}, 100).weights == (1.0,) * 60


def test_what_is_rare_stands_for_less(model: LoadedModel, tmp_path: Path) -> None:
    corpus = write(tmp_path / "calls", speakers=4, clips=5)
    few = corpus.narrowed(c for c in corpus.clips if c.emotion == "anger" or c.name < "audio/h-1")
    uneven = corpus.narrowed(
        clip for clip in few.clips if clip.emotion == "anger" or clip.speaker in ("s0", "s1")
    )
    some = drawn(predict(LazyModel.of(model), uneven), candidate(), {}, 12)
    stands = {clip.emotion: weight for clip, weight in zip(some.clips, some.weights, strict=True)}
    whole = Counter(clip.emotion for clip in uneven.clips)
    part = Counter(clip.emotion for clip in some.clips)
    assert stands == {emotion: pytest.approx(whole[emotion] / n) for emotion, n in part.items()}


def test_only_emotions_that_count_and_corpora_that_are_new_are_heard(
    model: LoadedModel, tmp_path: Path
) -> None:
    corpus = write(tmp_path / "calls")
    predictions = predict(LazyModel.of(model), corpus)
    some = drawn(predictions, candidate(emotions=["anger", "sadness"]), {}, 60)
    assert {clip.emotion for clip in some.clips} == {"anger", "sadness"}
    both = join(
        [
            dataclasses.replace(corpus, name="one"),
            dataclasses.replace(
                corpus,
                name="two",
                clips=tuple(dataclasses.replace(clip, corpus="two") for clip in corpus.clips),
            ),
        ]
    )
    assert {part.name for part in both.corpora} == {"one", "two"}
    heard = predict(LazyModel.of(model), both)
    new = drawn(heard, candidate(), {"two": "its card says so"}, 60)
    assert {clip.corpus for clip in new.clips} == {c.corpus for c in both.clips} - {"two"}
    assert not new.seen
    names = dict.fromkeys((part.name for part in both.corpora), "its card says so")
    everything = drawn(heard, candidate(), names, 60)
    assert everything.seen
    assert len({clip.corpus for clip in everything.clips}) == 2


def test_what_was_seen_in_training_decides_nothing(model: LoadedModel, corpus: Corpus) -> None:
    strict = candidate({"drop": {"max": 0.0}, "unchanged": {"min": 1.0}})
    options: dict[str, Any] = {"candidate": strict}
    found = disturbed(loudness(model), corpus, LOUD, **options)
    assert judge_condition(found.of(LOUD), strict.requirements).outcome is Outcome.FAIL
    known = disturbed(loudness(model), corpus, LOUD, seen={corpus.name: "it says so"}, **options)
    judgement = judge_condition(known.of(LOUD), strict.requirements)
    assert judgement.outcome is Outcome.PASS
    assert "trained on this speech" in judgement.details["remark"]


def test_where_clips_have_many_segments_fewer_are_asked(model: LoadedModel, tmp_path: Path) -> None:
    corpus = write(tmp_path / "long", speakers=6, clips=2, seconds=4)
    predictions = predict(LazyModel.of(model), corpus, None, Segmenting(0.4, 0.4))
    some = drawn(predictions, candidate(), {}, 60)
    assert len(some.clips) == 30
    assert some.remark == "30 clips in place of 60, for they have many segments"
    assert drawn(predictions, candidate(), {}, 10).remark != ""
    short = predict(LazyModel.of(model), write(tmp_path / "short"), None, Segmenting(0.4, 0.4))
    assert drawn(short, candidate(), {}, 60).remark == ""


def test_without_labels_only_what_stays_is_known(model: LoadedModel, tmp_path: Path) -> None:
    corpus = write(tmp_path / "calls", labels=False)
    found = disturbed(loudness(model), corpus, LOUD, WHITE).of(LOUD)
    assert found.drop is None
    assert found.unchanged is not None
    assert found.unchanged.n == 36
    assert found.unchanged.speakers == 6
    assert found.unchanged.value < 0.5


# ------------------------------------------------------------------ what is remembered


def test_what_was_answered_is_not_asked_again(model: LoadedModel, corpus: Corpus) -> None:
    asked = Asked(model, Cache(None))
    first = disturbed(asked.model, corpus, GSM, BABBLE, WHITE)
    number = len(asked.heard)
    again = disturbed(asked.model, corpus, WHITE, BABBLE, GSM)
    assert len(asked.heard) == number
    for condition in (GSM, BABBLE, WHITE):
        assert first.of(condition) == again.of(condition)
    disturbed(asked.model, corpus, GSM, LOW)
    assert len(asked.heard) == number + len(corpus.clips)


def test_another_folder_of_noise_is_heard_anew(
    model: LoadedModel, corpus: Corpus, tmp_path: Path
) -> None:
    one, other, copy = (tmp_path / name for name in ("one", "other", "copy"))
    for seed, folder in enumerate((one, other, copy)):
        folder.mkdir()
        noise = np.random.default_rng(seed % 2).standard_normal(RATE) * 0.1
        soundfile.write(folder / "rain.wav", noise, RATE)
    asked = Asked(model, Cache(None))
    disturbed(asked.model, corpus, ENVIRONMENT, folders={"noises": one})
    number = len(asked.heard)
    disturbed(asked.model, corpus, ENVIRONMENT, folders={"noises": copy})
    assert len(asked.heard) == number
    disturbed(asked.model, corpus, ENVIRONMENT, folders={"noises": other})
    assert len(asked.heard) == number + len(corpus.clips)


# ------------------------------------------------------------------ sounds


def test_others_talk_and_never_the_clip_itself(corpus: Corpus) -> None:
    voices = Voices(corpus, RATE, Recordings(limit=0))
    assert len(voices.clips) == 24
    for clip in corpus.clips:
        key, sounds = voices.beside(clip)
        mine = read_audio(clip.content, RATE)
        assert 18 <= len(sounds()) < 24
        assert not any(np.array_equal(sound, mine) for sound in sounds())
        assert voices.beside(clip)[0] == key
    of_one = corpus.narrowed(clip for clip in corpus.clips if clip.speaker == "s0")
    alone = Voices(of_one, RATE, Recordings(limit=0))
    assert {len(alone.beside(clip)[1]()) for clip in of_one.clips} == {5}


def test_who_talks_depends_on_no_order(model: LoadedModel, corpus: Corpus) -> None:
    forth, back = (
        Voices(corpus, RATE, Recordings(limit=0)),
        Voices(corpus, RATE, Recordings(limit=0)),
    )
    keys = {clip.name: forth.beside(clip)[0] for clip in corpus.clips}
    assert keys == {clip.name: back.beside(clip)[0] for clip in reversed(corpus.clips)}
    assert len({*keys.values()}) == 6  # by the speakers that are left out
    first = disturbed(LazyModel.of(model), corpus, BABBLE, WHITE)
    second = disturbed(LazyModel.of(model), corpus, BABBLE)
    np.testing.assert_array_equal(first.answers.logits[BABBLE], second.answers.logits[BABBLE])


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        (ENVIRONMENT, "environment 10 dB needs recordings of noise: give --noise PATH"),
        (Condition("response"), "response needs impulse responses: give --rooms PATH"),
        (
            BABBLE,
            "babble 20 dB needs 3 clips beside each one, 4 in all, but 3 are there: give more",
        ),
    ],
)
def test_what_cannot_be_made_is_said_and_the_rest_is_judged(
    model: LoadedModel, tmp_path: Path, condition: Condition, says: str
) -> None:
    few = write(tmp_path / "few", speakers=1, clips=1)
    found = disturbed(LazyModel.of(model), few, condition, GSM)
    assert found.of(GSM).clips == 3
    with pytest.raises(NotReached) as caught:
        found.of(condition)
    assert str(caught.value) == f"no_data: {says}"


def test_a_low_pass_above_what_a_model_hears_changes_nothing(
    model: LoadedModel, corpus: Corpus
) -> None:
    asked, above = Asked(model), Condition("lowpass", 8000)
    found = disturbed(asked.model, corpus, above)
    assert len(asked.heard) == len(corpus.clips)
    judgement = judge_condition(found.of(above), found.candidate.requirements)
    assert judgement.outcome is Outcome.PASS
    assert judgement.details["remark"] == (
        "it hears nothing above 8000 Hz anyway: nothing is changed"
    )


CODE = """
def quiet(waveform, rate, seed):
    return waveform * 0.25

def broken(waveform, rate, seed):
    raise KeyError("no such room")
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Install a version of a package that has perturbations, until the end of the test."""

    def clear() -> None:
        importlib.invalidate_caches()
        own_perturbations.cache_clear()
        foreign._imported.cache_clear()
        foreign.code_of_own.cache_clear()

    def call(version: str, code: str = CODE) -> None:
        (tmp_path / "rooms_of_ours.py").write_text(code)
        info = tmp_path / "rooms-1.dist-info"
        info.mkdir(exist_ok=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: rooms\nVersion: {version}\n")
        points = "".join(f"{name} = rooms_of_ours:{name}\n" for name in ("quiet", "broken"))
        (info / "entry_points.txt").write_text(f"[sertify.perturbations]\n{points}")
        monkeypatch.syspath_prepend(tmp_path)
        clear()

    yield call
    monkeypatch.undo()
    clear()


def test_a_perturbation_of_a_package_is_heard_and_known_by_its_code(
    model: LoadedModel, corpus: Corpus, install: Callable[..., None]
) -> None:
    install("1")
    own = candidate({"conditions": ["own"], "drop": {"max": 0.1}})
    quiet, broken = Condition("quiet"), Condition("broken")
    assert own.requirements.robustness is not None
    assert {*own.requirements.robustness.asked()} == {quiet, broken}
    found = disturbed(loudness(model), corpus, quiet, broken, candidate=own)
    judgement = judge_condition(found.of(quiet), own.requirements)
    assert (judgement.outcome, judgement.reason) == (Outcome.FAIL, "not_robust:own")
    with pytest.raises(Blocked, match=r"broken of rooms .* fails with KeyError") as caught:
        found.of(broken)
    assert caught.value.reason.code == "failed_check"
    asked = Asked(model, Cache(None))
    disturbed(asked.model, corpus, quiet, candidate=own)
    disturbed(asked.model, corpus, quiet, candidate=own)
    assert len(asked.heard) == 2 * len(corpus.clips)
    install("2")
    disturbed(asked.model, corpus, quiet, candidate=own)
    assert len(asked.heard) == 3 * len(corpus.clips)
    install("2", CODE.replace("0.25", "0.2"))  # as somebody who works on it does
    disturbed(asked.model, corpus, quiet, candidate=own)
    assert len(asked.heard) == 4 * len(corpus.clips)


# ------------------------------------------------------------------ models that are not robust


def hearing(model: LoadedModel, says: Callable[[NDArray[np.float32]], int]) -> LazyModel:
    """Return a model that decides by what a function makes of a clip."""

    def network(waveforms: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        return np.eye(3, dtype=np.float32)[[says(waveform) for waveform in waveforms]]

    return LazyModel.of(dataclasses.replace(model, network=network))


def loudness(model: LoadedModel) -> LazyModel:
    """Return a model that hears only loudness."""
    return hearing(model, lambda sound: 0 if float(np.abs(sound).max()) > 0.2 else 1)


def hiss(model: LoadedModel) -> LazyModel:
    """Return a model that tells by what is above 4 kHz."""

    def says(sound: NDArray[np.float32]) -> int:
        power = np.abs(np.fft.rfft(sound)) ** 2
        above = power[len(power) // 2 :].sum() / max(power.sum(), 1e-12)
        return 1 if above > 0.01 else 0 if float(np.abs(sound).max()) > 0.2 else 2

    return hearing(model, says)


def judged(found: Disturbances, condition: Condition) -> Judgement:
    return judge_condition(found.of(condition), found.candidate.requirements)


def test_who_hears_only_loudness_fails_where_it_changes(model: LoadedModel, corpus: Corpus) -> None:
    limits = candidate({"drop": {"max": 0.1}})
    found = disturbed(loudness(model), corpus, LOUD, LOW, candidate=limits)
    judgement = judged(found, LOUD)
    assert (judgement.outcome, judgement.reason) == (Outcome.FAIL, "not_robust:level")
    assert judgement.message.startswith(
        "when it is softer or louder (gain -12 dB) it loses 0.333 ["
    )
    assert "UAR (0.67 to 0.33), but should lose at most 0.1" in judgement.message
    assert judged(found, LOW).passes


def test_who_tells_by_what_is_high_fails_behind_a_low_pass(
    model: LoadedModel, corpus: Corpus
) -> None:
    limits = candidate({"drop": {"max": 0.1}})
    found = disturbed(hiss(model), corpus, LOUD, LOW, candidate=limits)
    judgement = judged(found, LOW)
    assert (judgement.outcome, judgement.reason) == (Outcome.FAIL, "not_robust:band")
    assert judgement.details["worsened"] == pytest.approx(1 / 3)
    assert "UAR (1.00 to 0.67)" in judgement.message


def test_who_ignores_everything_loses_nothing_and_nothing_is_told_of_it(
    model: LoadedModel, corpus: Corpus
) -> None:
    limits = candidate({"drop": {"max": 0.1}, "unchanged": {"min": 0.6}})
    found = disturbed(hearing(model, lambda _: 0), corpus, LOUD, candidate=limits)
    judgement = judged(found, LOUD)
    assert (judgement.outcome, judgement.tolerated) == (Outcome.INCONCLUSIVE, True)
    assert "it says one thing only" in judgement.message


def test_a_limit_may_ask_for_another_confidence(model: LoadedModel, corpus: Corpus) -> None:
    usual = disturbed(loudness(model), corpus, LOUD).of(LOUD)
    assert usual.decisive == {}
    limits = {"drop": {"max": 0.3, "confidence": 0.6}, "unchanged": {"min": 0.1, "confidence": 0.5}}
    found = disturbed(loudness(model), corpus, LOUD, candidate=candidate(limits)).of(LOUD)
    assert found.drop is not None
    narrow, wide = found.decisive["drop"], found.drop
    assert narrow.low is not None
    assert wide.low is not None
    assert wide.low < narrow.low <= narrow.value == wide.value
    assert found.decisive.keys() == {"drop", "unchanged"}


def test_speech_that_changed_meanwhile_blocks(model: LoadedModel, corpus: Corpus) -> None:
    subject, recordings = LazyModel.of(model), Recordings(limit=0)
    predictions = predict(subject, corpus, None, None, recordings)
    corpus.clips[0].path.write_bytes(b"other")
    with pytest.raises(Blocked) as caught:
        disturb(subject, predictions, candidate(), [GSM], {}, recordings, SoundFolders({}))
    assert caught.value.reason.code == "changed_while_judged"
