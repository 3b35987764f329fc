"""Which clips say most, how they sound, and on what groups of clips a candidate is right."""

import base64
import json
import re
import shutil
import sqlite3
import zlib
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import fields, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
import soundfile
from playwright.sync_api import sync_playwright

from sertify.candidates.reading import Candidate
from sertify.corpora.audio import read_audio
from sertify.corpora.clips import Clip, Corpus, content_keys, make_corpus
from sertify.evidence.labelling import Labelling
from sertify.gates.parts import Part
from sertify.pipeline.predictions import Predictions
from sertify.pipeline.scores import score
from sertify.report import writing
from sertify.report.page import page, recordings
from sertify.report.results.clips import disagreements, errors
from sertify.report.results.groups import groups
from sertify.report.results.model.candidate import ClipResult
from sertify.report.results.model.results import results_schema
from sertify.selection.verdicts import GateResult, Standing, Verdict
from sertify.vocabulary.outcomes import ALWAYS
from tests.meta.drawn_results import (
    HOSTILE,
    Content,
    as_results,
    build,
    disagreement,
    error,
    five_qualify,
    qualified,
)
from tests.meta.runs import SPEECH, Outcome, Run

Write = Callable[..., Path]
EMOTIONS = ("anger", "neutral", "sadness")


def answers(candidate: str, *rows: tuple[Any, ...], **more: Any) -> Labelling:
    """Answer for a candidate; a row is a clip's name, truth, prediction and its probability."""
    clips, truth, predicted, confidence = zip(*rows, strict=True)
    own: dict[str, Any] = {
        "candidate": candidate,
        "corpus": "f00d",
        "emotions": EMOTIONS,
        "keys": tuple(f"key of {clip}" for clip in clips),
        "clips": clips,
        "truth": truth,
        "predicted": predicted,
        "confidence": confidence,
        "speakers": (None,) * len(rows),
        "corpora": ("calls",) * len(rows),
        "languages": (None,) * len(rows),
    }
    return Labelling(**own | more)


def names(listed: Sequence[ClipResult]) -> list[str]:
    return [one.clip for one in listed]


# ------------------------------------------------------------------ errors

WRONG = (
    ("a", "anger", "neutral", 0.5),
    ("b", "anger", "anger", 0.99),
    ("d", "anger", "neutral", 0.8),
    ("c", "sadness", "neutral", 0.8),
    ("e", "disgust", "anger", 1.0),
    ("f", None, "anger", 1.0),
)


def test_errors_are_those_of_emotions_it_can_express_the_most_confident_first() -> None:
    first, *rest = errors(answers("x", *WRONG), {"key of c": "c, as it is called now"})
    assert names([first, *rest]) == ["c, as it is called now", "d", "a"]
    assert first.model_dump() == {
        "key": "key of c",
        "clip": "c, as it is called now",
        "corpus": "calls",
        "language": None,
        "speaker": None,
        "truth": "sadness",
        "predicted": "neutral",
        "confidence": 0.8,
    }


def test_no_more_than_ten_errors_are_listed() -> None:
    rows = [(f"{n:02}", "anger", "neutral", n / 100) for n in range(40)]
    assert names(errors(answers("x", *rows), {})) == [str(n) for n in range(39, 29, -1)]


def test_what_was_seen_in_training_does_not_count_unless_all_was() -> None:
    own = answers("x", *WRONG, corpora=("calls", "calls", "studio", "calls", "calls", "calls"))
    assert names(errors(replace(own, seen={"calls": "listed"}), {})) == ["d"]
    known = dict.fromkeys(("calls", "studio"), "listed")
    assert names(errors(replace(own, seen=known), {})) == ["c", "d", "a"]
    # Unlabelled speech is no reason to leave out what has labels.
    plain = replace(own, corpora=("calls",) * 5 + ("plain",), seen={"calls": "listed"})
    assert names(errors(plain, {})) == ["c", "d", "a"]


# ------------------------------------------------------------------ disagreements


def verdict(name: str, gate: str | None = None, standing: Standing | None = None) -> Verdict:
    standing = standing or (Standing.REJECTED if gate else Standing.QUALIFIED)
    gates = {one: GateResult(one, None, ()) for one in ALWAYS}
    return Verdict(Candidate(name, name), standing, gates, gate)


def said(*clips: str, **predicted: Sequence[tuple[str, float]]) -> dict[str, Labelling]:
    return {
        name: answers(name, *((clip, None, *one) for clip, one in zip(clips, given, strict=True)))
        for name, given in predicted.items()
    }


def test_disagreements_are_ranked_by_entropy_then_confidence_then_name() -> None:
    found = said(
        "agreed", "two to one", "surer", "torn", "alike",
        x=[("anger", 1.0), ("anger", 0.5), ("anger", 0.9), ("anger", 0.4), ("anger", 0.5)],
        y=[("anger", 1.0), ("anger", 0.5), ("sadness", 0.5), ("sadness", 0.4), ("sadness", 0.5)],
        z=[("anger", 1.0), ("neutral", 0.5), ("anger", 0.5), ("neutral", 0.4), ("anger", 0.5)],
    )  # fmt: skip
    listed = disagreements([verdict(name) for name in found], found, {})
    assert names(listed) == ["torn", "surer", "alike", "two to one"]
    assert listed[0].truth is None
    assert listed[0].model_dump()["predicted"] == {
        "x": {"emotion": "anger", "confidence": 0.4},
        "y": {"emotion": "sadness", "confidence": 0.4},
        "z": {"emotion": "neutral", "confidence": 0.4},
    }


def test_only_emotions_are_disagreed_about() -> None:
    found = said("a", "b", x=[("anger", 0.5)] * 2, y=[("LABEL_1", 0.9), ("sadness", 0.1)])
    assert names(disagreements([verdict("x"), verdict("y")], found, {})) == ["b"]


@pytest.mark.parametrize(
    ("other", "asked"),
    [
        (verdict("y"), True),
        (verdict("y", "accuracy"), True),
        (verdict("y", "speed"), True),
        (verdict("y", standing=Standing.UNDECIDED), True),
        (verdict("y", "degeneracy"), False),
        (verdict("y", standing=Standing.BASELINE), False),
        (verdict("never asked"), False),
    ],
)
def test_asked_are_those_that_came_as_far_as_accuracy(other: Verdict, asked: bool) -> None:
    found = said("a", x=[("anger", 0.5)], y=[("sadness", 0.5)])
    assert bool(disagreements([verdict("x"), other], found, {})) is asked


def test_twenty_disagreements_are_listed_and_none_of_one_candidate() -> None:
    clips = [f"{n:02}" for n in range(30)]
    found = said(*clips, x=[("anger", 0.5)] * 30, y=[("sadness", 0.5)] * 30)
    assert names(disagreements([verdict("x"), verdict("y")], found, {})) == clips[:20]
    assert disagreements([verdict("x")], found, {}) == ()


# ------------------------------------------------------------------ groups

CANDIDATE = Candidate("x", "org/x")


def predictions() -> Predictions:
    """Return answers about two corpora in two languages, many of them wrong."""
    chance = np.random.default_rng(0)
    clips = tuple(
        Clip(
            f"{n:03}.wav",
            Path(),
            label=(*EMOTIONS, "disgust")[n % 4],
            speaker=f"s{n % 10}",
            language=("de", "ger", "ko")[n % 3],
            gender=("female", "male", None)[n % 5 % 3],
            corpus=("calls", "studio")[n % 7 % 2],
        )
        for n in range(200)
    )
    logits = chance.normal(size=(200, 3)).astype(np.float32)
    corpus = Corpus("calls + studio", Path(), clips, "f00d")
    return Predictions(corpus, EMOTIONS, clips, logits, ())


PREDICTED = predictions()


def grouped(labelling: Labelling) -> list[Content]:
    return [group.model_dump() for group in groups(labelling)]


GROUPS = {(one["kind"], one["name"]): one for one in grouped(PREDICTED.labelling(CANDIDATE, {}))}


@pytest.mark.parametrize(
    ("group", "part"),
    [
        (("corpus", "calls"), Part("calls", corpus="calls")),
        (("corpus", "studio"), Part("studio", corpus="studio")),
        (("language", "de"), Part("language-de", language="de")),
        (("language", "ko"), Part("language-ko", language="ko")),
    ],
    ids=str,
)
def test_a_group_scores_what_the_same_part_of_the_speech_does(
    group: tuple[str, str], part: Part
) -> None:
    expected = score(PREDICTED, CANDIDATE, part)
    found = GROUPS[group]
    assert found["uar"]["value"] == pytest.approx(expected.uar_own.value)
    assert found["uar"]["low"] == pytest.approx(expected.uar_own.low, abs=0.02)
    assert found["uar"]["high"] == pytest.approx(expected.uar_own.high, abs=0.02)
    assert found["clips"] == sum(map(part.takes, PREDICTED.clips))
    whole = [clip for clip in PREDICTED.clips if part.takes(clip)]
    assert found["coverage"] == sum(clip.emotion != "disgust" for clip in whole) / len(whole)
    assert found["speakers"] == len({clip.group for clip in whole})


def test_groups_are_of_language_corpus_gender_and_speaker() -> None:
    assert [name for kind, name in GROUPS if kind == "language"] == ["de", "ko"]
    assert [name for kind, name in GROUPS if kind == "gender"] == ["female", "male"]
    assert [name for kind, name in GROUPS if kind == "corpus"] == ["calls", "studio"]
    speakers = [one for (kind, _), one in GROUPS.items() if kind == "speaker"]
    assert [one["name"] for one in speakers[:2]] == ["calls/s0", "calls/s1"]
    assert len(speakers) == 20
    assert {(one["uar"]["low"], one["uar"]["high"]) for one in speakers} == {(None, None)}


def test_a_group_that_cannot_be_expressed_has_no_uar() -> None:
    rows = [("a", "anger", "anger", 1.0), ("b", "disgust", "anger", 1.0)]
    first, second = grouped(answers("x", *rows, languages=("de", "ko")))
    assert first["uar"]["value"] == 1
    assert second == {
        "kind": "language", "name": "ko", "clips": 1, "speakers": 0, "coverage": 0, "uar": None,
    }  # fmt: skip


def test_a_group_of_one_speaker_has_no_interval() -> None:
    rows = [(f"{n}", "anger", ("anger", "neutral")[n % 2], 1.0) for n in range(8)]
    languages = ("de",) * 4 + ("ko",) * 4
    speakers = ("s0",) * 4 + ("s1", "s2") * 2
    found = grouped(answers("x", *rows, speakers=speakers, languages=languages))
    de, ko = (one for one in found if one["kind"] == "language")
    assert (de["speakers"], de["uar"]["low"], de["uar"]["high"]) == (1, None, None)
    assert ko["speakers"] == 2
    assert ko["uar"]["low"] < ko["uar"]["value"] < ko["uar"]["high"]


def test_a_group_of_one_cluster_has_no_interval() -> None:
    rows = [(f"{n}", "anger", ("anger", "neutral")[n % 2], 1.0) for n in range(8)]
    columns = {"speakers": ("s0", "s1", "s2", "s3") * 2, "languages": ("de",) * 4 + ("ko",) * 4}
    found = grouped(answers("x", *rows, **columns, clusters=("1",) * 4 + ("1", "2") * 2))
    de, ko = (one for one in found if one["kind"] == "language")
    assert (de["speakers"], de["uar"]["low"], de["uar"]["high"]) == (4, None, None)
    assert ko["uar"]["low"] < ko["uar"]["value"] < ko["uar"]["high"]


def test_a_kind_of_one_group_and_many_speakers_are_left_out() -> None:
    rows = [(f"{n}", "anger", "anger", 1.0) for n in range(25)]
    speakers = tuple(f"s{n}" for n in range(25))
    assert grouped(answers("x", *rows, speakers=speakers, languages=("de",) * 25)) == []
    assert len(grouped(answers("x", *rows[:24], speakers=speakers[:24]))) == 24


def test_groups_leave_out_what_was_seen_in_training() -> None:
    own = replace(PREDICTED.labelling(CANDIDATE, {}), seen={"calls": "listed"})
    found = grouped(own)
    assert not [one for one in found if one["kind"] == "corpus"]
    unseen = sum(clip.corpus == "studio" and clip.language == "ko" for clip in PREDICTED.clips)
    assert next(one["clips"] for one in found if one["name"] == "ko") == unseen


def test_answers_that_were_kept_before_genders_were_still_unpack() -> None:
    found = PREDICTED.labelling(CANDIDATE, {})
    assert Labelling.unpack(found.pack()) == found
    content = {one.name: getattr(found, one.name) for one in fields(found)}
    del content["genders"]
    old = Labelling.unpack(zlib.compress(json.dumps(content).encode()))
    assert old == replace(found, genders=())
    kinds = [one["kind"] for one in grouped(old)]
    assert kinds == [kind for kind, _ in GROUPS if kind != "gender"]


# ------------------------------------------------------------------ recordings


@pytest.fixture
def calls(tmp_path: Path) -> Corpus:
    """A corpus of a clip and its copy, a long one, a stretch of that, and one that is damaged."""
    sources = sorted((SPEECH / "audio").iterdir())
    shutil.copy(sources[0], tmp_path / "a.wav")
    shutil.copy(sources[0], tmp_path / "copy.wav")
    long = np.concatenate([read_audio(path, 16_000) for path in sources[:40]])[: 20 * 16_000]
    soundfile.write(tmp_path / "long.flac", long, 16_000)
    (tmp_path / "damaged.wav").write_bytes(b"RIFF")
    clips = [Clip(path.name, path, "angry", corpus="calls") for path in tmp_path.iterdir()]
    stretch: dict[str, Any] = {"name": "long.flac#t=17.5,18.75", "start": 17.5, "end": 18.75}
    clips += [replace(clip, **stretch) for clip in clips if clip.name == "long.flac"]
    return make_corpus("calls", tmp_path, clips)


def telling(corpus: Corpus, *listed: Sequence[str]) -> Content:
    """Return results of candidates, the better ones first, that get the named clips wrong."""
    keys = dict(zip((clip.name for clip in corpus.clips), content_keys(corpus.clips), strict=True))
    good = [qualified(f"model {place}", 0.9 - place / 10, 0.1) for place, _ in enumerate(listed)]
    for one, wrong in zip(good, listed, strict=True):
        one["errors"] = [error(name, 0.9) | {"key": keys.get(name, name)} for name in wrong]
    return build(good[::-1], "model 0", "Use model 0", disagreements=[])


def heard(uri: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Decode a recording of the page."""
    kind, _, content = uri.partition(",")
    assert kind == "data:audio/mpeg;base64"
    samples, rate = soundfile.read(BytesIO(base64.b64decode(content, validate=True)))
    assert (rate, samples.ndim) == (16_000, 1)
    return np.asarray(samples)


MB = 2**20


def test_recordings_are_what_was_heard_cut_to_fifteen_seconds(calls: Corpus) -> None:
    wanted = ["a.wav", "long.flac", "long.flac#t=17.5,18.75"]
    found = recordings.recorded(as_results(telling(calls, wanted)), calls, MB)
    clips = dict(zip(content_keys(calls.clips), calls.clips, strict=True))
    assert [clips[key].name for key in found] == wanted
    for key, uri in found.items():
        clip, sound = clips[key], heard(uri)
        original = read_audio(clip.path, 16_000, 1, clip.start, clip.end)[: 15 * 16_000]
        assert len(sound) == pytest.approx(len(original), abs=1600)
        both = min(len(sound), len(original))
        assert np.corrcoef(sound[:both], original[:both])[0, 1] > 0.9


def test_what_cannot_be_decoded_or_is_of_another_run_has_no_player(calls: Corpus) -> None:
    assert (
        recordings.recorded(
            as_results(telling(calls, ["damaged.wav", "of another run"])), calls, MB
        )
        == {}
    )


def test_recordings_stop_at_the_limit_behind_the_best_placed(calls: Corpus) -> None:
    others = ["copy.wav", "long.flac", "long.flac#t=17.5,18.75"]
    results = telling(calls, ["a.wav"], others)
    whole = recordings.recorded(as_results(results), calls, MB)
    first, copy, long, stretch = whole.values()
    limit = len(first) + len(stretch)
    found = recordings.recorded(as_results(results), calls, limit)
    # What comes behind the first that is too long is left out, too.
    assert list(found.values()) == [first, copy, "", ""]
    assert sum(map(len, {*found.values()})) <= limit < len(first) + len(long)
    assert [*recordings.recorded(as_results(results), calls, 1).values()] == [""] * 4


def test_the_page_plays_a_sound_once_and_says_what_it_contains(calls: Corpus) -> None:
    results = telling(calls, ["a.wav", "long.flac"], ["copy.wav", "a.wav"])
    results["disagreements"] = [
        disagreement("copy.wav", "model 0", "model 1")
        | {"key": results["candidates"][0]["errors"][0]["key"]}
    ]
    audio = recordings.recorded(as_results(results), calls, MB)
    drawn = page.draw_page(as_results(results), audio)
    own, _ = results["candidates"][1]["errors"]
    assert len(re.findall(r"<audio [^>]*controls preload=\"none\" src=\"data:audio", drawn)) == 2
    assert drawn.count(f'<a href="#clip-{own["key"]}">above</a>') == 3
    text = " ".join(re.sub("<[^>]*>", "", drawn).split())
    assert "contains recordings 2 recordings of people's voices are part of this file" in text
    assert "would have exceeded" not in text
    left = page.draw_page(
        as_results(results), dict.fromkeys(audio, "") | {own["key"]: audio[own["key"]]}
    )
    assert "2 more clips would have exceeded the limit" in left


def test_a_browser_plays_a_recording(calls: Corpus, tmp_path: Path) -> None:
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("needs a browser: install chromium")
    results = as_results(telling(calls, ["long.flac#t=17.5,18.75"]))
    writing.write_reports(results, tmp_path, recordings.recorded(results, calls, MB))
    switches = ["--no-sandbox", "--disable-background-networking", "--no-first-run"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=switches)
        opened = browser.new_page()
        opened.goto((tmp_path / "index.html").as_uri())
        player = opened.locator("#clips ~ details audio")
        assert player.is_visible()
        seconds = player.evaluate(
            """player => new Promise((found, failed) => {
                player.onerror = () => failed(player.error.message);
                player.onended = () => found(player.currentTime);
                player.muted = true;
                player.play();
            })"""
        )
        browser.close()
    assert seconds == pytest.approx(1.25, abs=0.1)


# ------------------------------------------------------------------ page


def section(results: Content) -> str:
    """Return the page's section of clips."""
    drawn = page.draw_page(as_results(results))
    return drawn.partition('<section aria-labelledby="clips">')[2].partition("</section>")[0]


def test_page_opens_the_errors_of_the_chosen() -> None:
    drawn = section(five_qualify())
    opened = re.findall(r"<details( open)?><summary><bdi>([^<]*)</bdi>: 3</summary>", drawn)
    assert [name for is_open, name in opened if is_open] == ["wavlm-base"]
    assert len(opened) == 5
    assert "<audio" not in drawn
    assert "Recording" not in drawn


@pytest.mark.parametrize("several", [2, 6, 7])
def test_page_says_what_each_says_in_columns_or_by_emotion(several: int) -> None:
    names = [f"model-{n}" for n in range(several)]
    results = build([qualified(name, 0.5, 0.1) for name in names], names[0], f"Use {names[0]}")
    drawn = section(results).partition("Most disagreement")[2]
    text = " ".join(re.sub("<[^>]*>", "", drawn).split())
    assert drawn.count("<th ") == (several + 3 if several < 7 else 4)
    assert ("anger: model-0 0.75, model-4 0.75" in text) is (several > 6)
    assert text.count("0.75") == several


def test_page_shows_hostile_names_of_clips_as_text() -> None:
    results = five_qualify()
    for one in results["candidates"][:5]:
        one["errors"] = [error(text, 0.9) | {"truth": text, "speaker": text} for text in HOSTILE]
    results["disagreements"] = [disagreement(text, "ast", "distil") for text in HOSTILE]
    drawn = section(results)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in drawn
    assert not re.search("<script|<img|[\x00-\x08\x1b\u202e\udc80-\udcff]", drawn)
    assert "한국어-감정-모델" in drawn


def test_page_without_telling_clips_has_no_section() -> None:
    results = five_qualify() | {"disagreements": []}
    for one in results["candidates"]:
        one["errors"] = []
    assert 'id="clips"' not in page.draw_page(as_results(results))


# ------------------------------------------------------------------ runs


def kept(outcome: Outcome) -> dict[str, Labelling]:
    """Return what the candidates of a run said."""
    with closing(sqlite3.connect(outcome.reports / "evidence.sqlite")) as connection:
        rows = connection.execute("SELECT candidate, answers FROM answers").fetchall()
    return {name: Labelling.unpack(content) for name, content in rows}


def test_a_run_finds_the_worst_errors_and_embeds_recordings_only_when_asked(
    run: Run, some_speech: Path, write: Write
) -> None:
    file = write("hubert-tiny", "wav2vec2-tiny")
    plain = run("--data", f"calls={some_speech}", "-m", "accuracy", candidates=file)
    jsonschema.validate(plain.results, results_schema())
    said = kept(plain)
    for name, own in said.items():
        wrong = sorted(
            (-confidence, clip, truth, predicted)
            for confidence, clip, truth, predicted in zip(
                own.confidence, own.clips, own.truth, own.predicted, strict=True
            )
            if truth != predicted and truth in own.emotions
        )
        found = plain.candidate(name)["errors"]
        keys = ("clip", "truth", "predicted")
        assert [(-one["confidence"], *(one[key] for key in keys)) for one in found] == wrong[:10]
        kinds = {one["kind"] for one in plain.candidate(name)["groups"]}
        assert kinds == {"language", "gender", "speaker"}
    first, second = (dict(zip(one.clips, one.predicted, strict=True)) for one in said.values())
    listed = plain.results["disagreements"]
    assert 0 < len(listed) <= 20
    assert all(first[one["clip"]] != second[one["clip"]] for one in listed)
    assert "data:audio" not in (plain.reports / "index.html").read_text("utf-8")

    # The same speech under other names, which the report then calls by these.
    renamed = some_speech.with_name("renamed")
    shutil.copytree(some_speech, renamed)
    (renamed / "audio").rename(renamed / "sound")
    table = renamed / "metadata.csv"
    table.write_text(table.read_text("utf-8").replace("audio/", "sound/"), "utf-8")
    data = ("--data", f"calls={renamed}", "-m", "labels")
    asked = run(*data, "--report-audio", "1", candidates=file)
    drawn = (asked.reports / "index.html").read_text("utf-8")
    uris = re.findall(r'src="(data:audio[^"]*)"', drawn)
    told = [one for each in asked.results["candidates"] for one in each["errors"]]
    told += asked.results["disagreements"]
    assert all(one["clip"].startswith("sound/") for one in told)
    assert len(uris) == len({one["key"] for one in told})
    assert sum(map(len, uris)) <= MB
    assert all(len(heard(uri)) > 1600 for uri in uris[:3])
    assert "base64" not in (asked.reports / "results.json").read_text("utf-8")
    shutil.rmtree(renamed)


def test_unlabelled_speech_shows_what_candidates_disagree_on(
    run: Run, some_speech: Path, tmp_path: Path, write: Write
) -> None:
    plain = tmp_path / "plain"
    shutil.copytree(some_speech / "audio", plain)
    file = write("hubert-tiny", "wav2vec2-tiny")
    options = ("--layout", "unlabelled", "-m", "degeneracy", "--limit", "21")
    outcome = run("--data", plain, *options, candidates=file)
    listed = outcome.results["disagreements"]
    assert listed
    assert {one["truth"] for one in listed} == {None}
    assert {one["corpus"] for one in listed} == {"plain"}
    assert all(len(one["predicted"]) == 2 for one in listed)
    assert "These are worth a label first." in (outcome.reports / "index.html").read_text("utf-8")


@pytest.mark.parametrize("wrong", ["0", "many"])
def test_a_limit_that_is_none_ends_the_run(run: Run, wrong: str) -> None:
    outcome = run(f"--report-audio={wrong}")
    assert outcome.code == 4
    assert f"is '{wrong}', but should be a whole number, 1 or more" in outcome.output
