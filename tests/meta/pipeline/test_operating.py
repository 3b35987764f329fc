"""From predictions to an operating point, golden answers, and what a program needs besides."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from sertify.candidates.entries import SamplingRate
from sertify.candidates.reading import Candidate
from sertify.corpora.clips import Clip, Corpus
from sertify.corpora.joining import join
from sertify.hub.repositories import Repository, local
from sertify.hub.snapshots import take_snapshot
from sertify.pipeline.golden import GOLDEN, golden_answers
from sertify.pipeline.operating import CURVE_POINTS, cooled, operating_facts
from sertify.pipeline.predictions import Predictions
from sertify.pipeline.preparing import preparation
from sertify.report.results.model.deployment import GoldenAnswer
from sertify.report.results.model.operating import OperatingPointResult
from sertify.statistics.temperature import calibrated
from tests.meta.runs import FIXTURES

LABELS = ("ang", "hap", "neu", "sad")
WORDS = ("anger", "happiness", "neutral", "sadness")
CANDIDATE = Candidate("x", "org/x")


def clips_of(truth: Sequence[str], corpus: str = "calls", speakers: int = 6) -> tuple[Clip, ...]:
    return tuple(
        Clip(
            f"{place:04}.wav",
            Path(),
            label,
            speaker=f"s{place % speakers}",
            corpus=corpus,
            digest=f"{corpus}{place:064x}"[-64:],
        )
        for place, label in enumerate(truth)
    )


def drawn(
    n: int = 240, corpus: str = "calls", *, seed: int = 0, skill: float = 1.5, heat: float = 2.0
) -> Predictions:
    """Return what a model says that is somewhat right, and surer than it should be."""
    rng = np.random.default_rng(seed)
    true = rng.integers(0, len(LABELS), n)
    logits = rng.normal(size=(n, len(LABELS)))
    logits[np.arange(n), true] += skill
    return said(clips_of([WORDS[place] for place in true], corpus), heat * logits)


def said(
    clips: tuple[Clip, ...],
    logits: NDArray[np.float64],
    labels: tuple[str, ...] = LABELS,
    **more: Any,
) -> Predictions:
    corpus = Corpus(clips[0].corpus, Path(), clips, "f00d")
    return Predictions(corpus, labels, clips, logits.astype(np.float32), (), **more)


def both(first: Predictions, second: Predictions) -> Predictions:
    """Return what is said of two corpora that were joined."""
    corpus = join([replace(each.corpus, name=each.clips[0].corpus) for each in (first, second)])
    logits = np.concatenate([first.logits, second.logits])
    return Predictions(corpus, LABELS, corpus.clips, logits, ())


def facts(predictions: Predictions, wished: float = 0.8, **more: Any) -> dict[str, Any]:
    found = operating_facts(predictions, CANDIDATE, more.get("seen", {}), wished)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    return found


# ------------------------------------------------------------------ operating point


def test_the_temperature_is_that_of_the_logits_where_each_emotion_has_one_label() -> None:
    predictions = drawn()
    wide = predictions.logits.astype(float)
    rows = [WORDS.index(str(clip.emotion)) for clip in predictions.clips]

    def loss(heat: float) -> float:
        return -float(log_softmax(wide / heat, axis=1)[range(len(rows)), rows].mean())

    best = minimize_scalar(loss, bounds=(0.2, 20), method="bounded", options={"xatol": 1e-9}).x
    heat = facts(predictions)["temperature"]
    assert heat == pytest.approx(best, abs=1e-6)
    assert heat > 1.2
    expected = np.exp(log_softmax(wide / heat, axis=1))
    assert np.abs(cooled(predictions.probabilities, heat) - expected).max() < 1e-12


def test_a_model_that_is_too_sure_is_better_calibrated_for_speakers_it_was_not_fitted_on() -> None:
    found = facts(drawn(600, heat=3.0))
    assert found["temperature"] > 1.5
    assert len(found["temperatures"]) == 5
    for name in ("calibration_error", "brier_score"):
        assert found[name]["after"] < found[name]["before"]


def test_the_point_is_where_so_many_are_right() -> None:
    predictions = drawn(600, skill=1.2)
    found = facts(predictions)
    sure = cooled(predictions.probabilities, found["temperature"]).max(axis=1)
    right = np.array([LABELS.index(one) for one in predictions.predicted])
    hits = right == np.array([WORDS.index(str(clip.emotion)) for clip in predictions.clips])
    stay = sure >= found["point"]["threshold"]
    assert 0.8 <= hits[stay].mean() < 0.82
    coverage, precision = found["point"]["coverage"], found["point"]["precision"]
    assert coverage["low"] < coverage["value"] < coverage["high"] < 1
    assert precision["low"] < 0.8 < precision["high"]
    assert abs(coverage["value"] - stay.mean()) < 0.05
    assert (found["clips"], found["units"], found["wished"]) == (600, 6, 0.8)


def test_of_a_model_that_is_right_enough_no_clip_is_left_out_of_a_bad_one_none_stays() -> None:
    assert facts(drawn(skill=5))["point"]["threshold"] == 0
    guessing = drawn(skill=0)
    assert facts(guessing, wished=1.0)["point"] is None
    assert facts(guessing, wished=0.0)["point"]["threshold"] == 0


def test_the_curve_has_few_points_and_ends_at_all_clips() -> None:
    for n in (3, 7, 49, 51, 400):
        found = facts(drawn(n))
        curve = found["curve"]
        assert len(curve) <= min(n, CURVE_POINTS)
        assert curve[-1]["coverage"] == 1
        assert [one["coverage"] for one in curve] == sorted({one["coverage"] for one in curve})
        thresholds = [one["threshold"] for one in curve]
        assert thresholds == sorted(thresholds, reverse=True)
        assert 0 <= found["excess"] <= found["area"] <= 1


def test_what_it_has_seen_or_has_no_label_for_is_no_part_of_it() -> None:
    calls, studio = drawn(120), drawn(240, "studio", seed=1, skill=6)
    together = both(calls, studio)
    seen = facts(together, seen={"studio": "its card lists it"})
    assert seen == facts(calls)
    every = facts(together, seen={"studio": "why", "calls": "why"})
    assert every == facts(together)  # else there would be none
    strange = replace(calls.clips[0], label="disgust", digest="d" * 64)
    more = said((*calls.clips, strange), np.vstack([calls.logits, [[9.0, 0, 0, 0]]]))
    assert facts(more) == facts(calls)


def test_corpora_weigh_the_same_however_many_clips_they_have() -> None:
    calls, studio = drawn(60, skill=0.5), drawn(600, "studio", seed=1, skill=6)
    ends = [facts(each)["curve"][-1]["precision"] for each in (calls, studio)]
    together = facts(both(calls, studio))
    assert together["curve"][-1]["precision"] == pytest.approx(sum(ends) / 2, abs=1e-5)
    assert together["units"] == 12


def test_clips_that_were_drawn_stand_for_the_others() -> None:
    calls = drawn(200, skill=1)
    heavy = tuple(
        replace(clip, weight=9.0 if clip.emotion == "anger" else 1.0) for clip in calls.clips
    )
    repeated = [clip for clip in calls.clips if clip.emotion == "anger" for _ in range(8)]
    rows = [row for row, clip in zip(calls.logits, calls.clips, strict=True) if clip in repeated]
    whole = said((*calls.clips, *repeated), np.vstack([calls.logits, np.repeat(rows, 8, axis=0)]))
    weighed, by_hand = facts(said(heavy, calls.logits.astype(float))), facts(whole)
    assert weighed["temperature"] == pytest.approx(by_hand["temperature"])
    ends = [found["curve"][-1]["precision"] for found in (weighed, by_hand)]
    assert ends[0] == pytest.approx(ends[1], abs=1e-6)
    for name in ("calibration_error", "brier_score"):
        assert weighed[name]["before"] == pytest.approx(by_hand[name]["before"])
    assert weighed["clips"] == 200


def test_several_labels_of_an_emotion_are_one_probability() -> None:
    plain = drawn(200)
    split = np.log(np.exp(plain.logits[:, :1].astype(float)) / 2)
    labels = ("angry", "hap", "neu", "sad", "anger")
    twofold = said(plain.clips, np.hstack([split, plain.logits[:, 1:], split]), labels)
    assert facts(twofold)["temperature"] == pytest.approx(facts(plain)["temperature"], rel=1e-5)


def test_where_several_labels_may_be_true_there_is_no_temperature() -> None:
    plain = drawn(200)
    found = facts(replace(plain, multi_label=True))
    assert (found["temperature"], found["temperatures"]) == (None, [])
    assert found["calibration_error"]["after"] is None
    assert found["curve"]


def test_of_too_little_nothing_is_said() -> None:
    assert facts(drawn(1)) == {}
    nothing = said(clips_of(["disgust"] * 4), np.zeros((4, 4)))
    assert facts(nothing) == {}
    one = facts(said(clips_of(["anger", "anger"], speakers=1), np.eye(4)[:2]))
    assert one["clips"] == 2


@given(
    st.lists(
        st.tuples(
            st.sampled_from([*WORDS, "disgust", None]),
            st.sampled_from([None, "ann", "ben"]),
            st.sampled_from(["calls", "studio"]),
            st.sampled_from([0.5, 1.0, 40.0]),
            st.lists(st.floats(-1e4, 1e4, width=32), min_size=4, max_size=4),
        ),
        min_size=1,
        max_size=12,
    ),
    st.integers(1, 4),
    st.booleans(),
    st.floats(0, 1),
)
def test_no_answers_are_beyond_it(
    rows: list[tuple[Any, ...]], labels: int, multi: bool, wished: float
) -> None:
    """What it raised would leave a candidate undecided."""
    clips = tuple(
        Clip(
            f"{place}.wav", Path(), label, speaker, corpus=corpus, weight=weight, digest=f"{place}"
        )
        for place, (label, speaker, corpus, weight, _) in enumerate(rows)
    )
    logits = np.array([row[-1][:labels] for row in rows])
    predictions = said(clips, logits, LABELS[:labels], multi_label=multi)
    found = facts(predictions, wished, seen={"studio": "why"})
    if found:
        OperatingPointResult.model_validate({**found, "sentence": ""})
    for one in golden_answers(predictions, CANDIDATE, found.get("temperature")):
        GoldenAnswer.model_validate(one)


def test_certain_answers_are_no_infinities() -> None:
    logits = np.full((6, 4), -3e4)
    logits[:, 0] = 3e4
    found = facts(said(clips_of(["anger"] * 3 + ["sadness"] * 3), logits))
    assert found["temperature"] == pytest.approx(20)


def test_without_speakers_clips_are_dealt_out() -> None:
    mute = tuple(replace(clip, speaker=None) for clip in drawn().clips)
    found = facts(said(mute, drawn().logits.astype(float)))
    assert found["units"] is None
    assert found["temperature"] == pytest.approx(facts(drawn())["temperature"])


def test_it_is_what_the_statistics_make_of_the_clips() -> None:
    predictions = drawn()
    scores = np.log(predictions.probabilities)
    truth = [str(clip.emotion) for clip in predictions.clips]
    groups = [clip.group for clip in predictions.clips]
    assert facts(predictions)["temperature"] == calibrated(scores, truth, WORDS, groups).temperature


# ------------------------------------------------------------------ golden answers


def test_golden_are_twenty_clips_the_emotions_in_turn_whatever_their_order() -> None:
    predictions = drawn(300)
    found = golden_answers(predictions, CANDIDATE, 1.5)
    assert len(found) == GOLDEN
    assert set(Counter(one["truth"] for one in found).values()) == {GOLDEN // len(WORDS)}
    backwards = said(predictions.clips[::-1], predictions.logits[::-1].astype(float))
    assert golden_answers(backwards, CANDIDATE, 1.5) == found
    renamed = tuple(replace(clip, name=f"new/{clip.name}") for clip in predictions.clips)
    again = golden_answers(said(renamed, predictions.logits.astype(float)), CANDIDATE, 1.5)
    assert [one["sha256"] for one in again] == [one["sha256"] for one in found]


def test_a_golden_answer_is_what_the_model_said() -> None:
    predictions = drawn(40)
    for one in golden_answers(predictions, CANDIDATE, 2.0):
        place = next(at for at, c in enumerate(predictions.clips) if c.digest == one["sha256"])
        assert (np.array(one["logits"], np.float32) == predictions.logits[place]).all()
        assert one["label"] == predictions.predicted[place]
        assert one["emotion"] == WORDS[LABELS.index(one["label"])]
        expected = predictions.probabilities[place]
        assert [*one["probabilities"].values()] == pytest.approx(expected, abs=1e-7)
        softer = np.sqrt(expected) / np.sqrt(expected).sum()
        assert [*one["calibrated"].values()] == pytest.approx(softer, abs=1e-6)
    assert golden_answers(predictions, CANDIDATE, None)[0]["calibrated"] is None


def test_few_clips_copies_and_odd_ones_are_no_golden_answers() -> None:
    predictions = drawn(8)
    first, second, third, *rest = predictions.clips
    changed = (
        replace(first, digest="missing"),
        replace(second, name="long" * 300),
        replace(third, label=None),
        *(replace(clip, digest=rest[0].digest, label="anger") for clip in rest[:2]),
        *rest[2:],
    )
    odd = ((rest[-1].name, "loudest_channel"),)
    found = golden_answers(
        said(changed, predictions.logits.astype(float), notable=odd), CANDIDATE, None
    )
    assert len(found) == 8 - 5
    assert {one["sha256"] for one in found} == {clip.digest for clip in (rest[0], *rest[2:-1])}


def test_of_joined_corpora_and_of_stretches_the_file_is_told_as_its_corpus_has_it() -> None:
    stretch = replace(
        drawn(4).clips[0], name="tape.wav#t=1.5,3", start=1.5, end=3.0, digest="e" * 64
    )
    other = replace(drawn(4).clips[1], name="a#t=b.wav")
    (one, two) = sorted(
        golden_answers(said((stretch, other), np.eye(4)[:2]), CANDIDATE, None),
        key=lambda each: str(each["file"]),
        reverse=True,
    )
    assert (one["file"], one["start"], one["end"]) == ("tape.wav", 1.5, 3.0)
    assert (two["file"], two["start"], two["end"]) == ("a#t=b.wav", 0, None)
    together = both(drawn(20), drawn(20, "studio", seed=1))
    files = {(each["corpus"], each["file"]) for each in golden_answers(together, CANDIDATE, None)}
    assert {corpus for corpus, _ in files} == {"calls", "studio"}
    assert all("/" not in file for _, file in files)


# ------------------------------------------------------------------ what else is needed


class Examined:
    """What loading a model shows, as far as it is asked here."""

    sampling_rate, receptive_field, hears, multi_label = 16000, 400, None, False
    batching = "masked"


class Outlined:
    """A blueprint, as far as it is asked here."""

    def __init__(self, snapshot: Any, *names: str) -> None:
        self.snapshot, self.files = snapshot, names


def prepared(folder: Path, *names: str, **entry: Any) -> dict[str, Any]:
    snapshot = take_snapshot(Candidate("x", "./x", folder=folder, **entry))
    found: dict[str, Any] = preparation(Outlined(snapshot, *names), Examined(), None)  # type: ignore[arg-type]
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    return found


def test_files_of_a_folder_have_their_checksums_and_the_extractor_its_settings() -> None:
    import hashlib

    model = FIXTURES / "models" / "wavlm-tiny"
    found = prepared(model, "model.safetensors")
    content = (model / "model.safetensors").read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    assert found["weights"] == [
        {"file": "model.safetensors", "size": len(content), "sha256": digest}
    ]
    assert found["extractor"] == json.loads((model / "preprocessor_config.json").read_text("utf-8"))


def test_the_checksum_of_a_file_of_the_hub_is_the_one_that_it_gave(tmp_path: Path) -> None:
    blob = tmp_path / "blobs" / ("a" * 64)
    blob.parent.mkdir()
    blob.write_bytes(b"weights")
    folder = tmp_path / "snapshots" / "c1"
    folder.mkdir(parents=True)
    (folder / "model.safetensors").symlink_to(blob)
    (folder / "small.bin").write_bytes(b"no link")
    mine = take_snapshot(Candidate("x", "./x", folder=FIXTURES / "models" / "wavlm-tiny"))
    names = {"model.safetensors": 7, "small.bin": 7, "gone.bin": 7}
    of_hub = replace(mine, folder=folder, files=names, of_hub=True, digests={})
    found = preparation(Outlined(of_hub, *names), Examined(), None)  # type: ignore[arg-type]
    told = {one["file"]: one["sha256"] for one in found["weights"]}
    assert told == {"model.safetensors": "a" * 64, "small.bin": None, "gone.bin": None}


def test_a_subfolder_stands_in_the_names_of_files(tmp_path: Path) -> None:
    (tmp_path / "fp32").mkdir()
    (tmp_path / "fp32" / "model.safetensors").write_bytes(b"weights")
    found = prepared(tmp_path, "model.safetensors", subfolder="fp32")
    (one,) = found["weights"]
    assert (one["file"], one["size"]) == ("fp32/model.safetensors", 7)
    assert len(one["sha256"]) == 64


@pytest.mark.parametrize(
    "content",
    [
        "no json",
        "[1, 2]",
        '{"feature_extractor": [1]}',
        "[" * 100_000,
        '{"mean": NaN, "std": Infinity, "name": "' + "x" * 10_000 + '", "nested": {"a": 1}}',
    ],
    ids=["no json", "list", "no mapping", "nested", "huge"],
)
def test_what_others_wrote_of_an_extractor_is_told_only_where_it_is_plain(
    tmp_path: Path, content: str
) -> None:
    (tmp_path / "preprocessor_config.json").write_text(content, "utf-8")
    assert prepared(tmp_path)["extractor"] == {}


def test_settings_are_few_and_a_processor_has_them_too(tmp_path: Path) -> None:
    many = {f"key{place}": place for place in range(1000)} | {"do_normalize": True}
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(many), "utf-8")
    assert len(prepared(tmp_path)["extractor"]) == 40
    inside = {"feature_extractor": {"do_normalize": False}}
    (tmp_path / "processor_config.json").write_text(json.dumps(inside), "utf-8")
    assert prepared(tmp_path)["extractor"] == {"do_normalize": False}
    rate = SamplingRate(sampling_rate=8000)
    assert prepared(tmp_path, feature_extractor=rate)["extractor"] == {"sampling_rate": 8000}


def test_a_folder_without_a_file_has_none_of_its_checksums(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}", "utf-8")
    found = local("x", tmp_path)
    assert isinstance(found, Repository)
    assert found.digests.keys() == {"config.json"}
