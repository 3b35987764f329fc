"""Of a race comes what all clips would say: who leads, who fails, and who is behind."""

import re
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from ruamel.yaml import YAML
from safetensors.torch import load_file, save_file

import sertify
from sertify.candidates.entries import Preferences
from sertify.candidates.reading import Candidate, Suite
from sertify.candidates.requirements import Requirements
from sertify.corpora.clips import Clip, Corpus, make_corpus
from sertify.corpora.joining import join
from sertify.evidence.environment import describe_environment, fingerprint
from sertify.evidence.store import EvidenceStore, Record
from sertify.pipeline.courses import courses, look_of
from sertify.pipeline.leading import Contest
from sertify.pipeline.predictions import Predictions
from sertify.pipeline.racing import may_stop, race
from sertify.statistics.curtailment import LOOKS
from sertify.vocabulary.errors import Blocked
from sertify.vocabulary.outcomes import Bound, Outcome
from tests.meta.runs import FIXTURES, SPEECH, Run

EMOTIONS = ("anger", "fear", "happiness", "neutral")
ENVIRONMENT = describe_environment("cpu", threads=1)
UNTIMED = ["loadability", "labels", "degeneracy", "accuracy"]


def corpus(
    name: str = "calls", speakers: int = 10, clips: int = 12, emotions: Sequence[str] = EMOTIONS
) -> Corpus:
    """Return a corpus that is nowhere on the disk."""
    listed = [
        Clip(
            f"{emotion}-{speaker}-{n}.wav", Path("nowhere"), emotion, f"s{speaker}", corpus=name,
            digest=f"{name} {emotion} {speaker} {n}",
        )
        for emotion in emotions
        for speaker in range(speakers)
        for n in range(clips)
    ]  # fmt: skip
    return make_corpus(name, Path("nowhere"), listed)


class Asked:
    """Answers as a model of a certain recall would, and counts what it is asked."""

    def __init__(self, recall: float, seed: int = 0, emotions: Sequence[str] = EMOTIONS) -> None:
        self.recall, self.seed, self.emotions = recall, seed, tuple(emotions)
        self.looks: list[int] = []

    def __call__(self, look: Corpus) -> Predictions:
        self.looks.append(len(look.clips))
        said = np.array([self._says(clip) for clip in look.clips])
        logits = np.eye(len(self.emotions), dtype=np.float32)[said]
        return Predictions(look, self.emotions, look.clips, logits, ())

    def _says(self, clip: Clip) -> int:
        luck = np.random.default_rng([self.seed, *clip.digest.encode()]).random()
        right = clip.emotion in self.emotions and luck < self.recall
        place = self.emotions.index(str(clip.emotion)) if clip.emotion in self.emotions else 0
        return place if right else (place + 1) % len(self.emotions)


def candidate(name: str, status: Any = "candidate", **requirements: Any) -> Candidate:
    return Candidate(name, name, status=status, requirements=Requirements(**requirements))


A, B = candidate("a"), candidate("b")
BASELINE = candidate("base", "baseline")


@pytest.fixture
def store(tmp_path: Path) -> EvidenceStore:
    return EvidenceStore(tmp_path / "evidence.sqlite")


def contest(store: EvidenceStore, speech: Corpus, *candidates: Candidate) -> Contest:
    return Contest(Suite(candidates or (A, B, BASELINE)), store, ENVIRONMENT, speech)


def judged(
    what: Contest,
    one: Candidate,
    ask: Asked,
    seen: dict[str, str] | None = None,
    outcomes: dict[str, Outcome] | None = None,
) -> None:
    """Let it be known that a candidate heard all, and passed, or what else became of it."""
    labelling = ask(what.corpus).labelling(one, seen or {})
    what.keep(one, "c1", labelling)
    for gate, outcome in ({"accuracy": Outcome.PASS} | (outcomes or {})).items():
        what.store.add(
            Record(
                one.name, one.fingerprint, "c1", gate, f"test_{gate}", what.corpus.fingerprint,
                fingerprint(ENVIRONMENT, gate), outcome, siblings=(f"test_{gate}",),
                judged_at="2026-01-01T00:00:00+00:00",
            )
        )  # fmt: skip


class TestLooks:
    def test_each_holds_the_one_before_it_and_the_last_all(self) -> None:
        speech = corpus()
        looks = [{clip.name for clip in look_of(speech, share).clips} for share in (*LOOKS, 1.0)]
        assert all(small < large for small, large in pairwise(looks))
        assert len(looks[-1]) == len(speech.clips)

    @pytest.mark.parametrize("clips", [1, 3, 12])
    def test_each_emotion_and_speaker_has_its_share(self, clips: int) -> None:
        for share in LOOKS:
            heard = look_of(corpus(clips=clips), share).clips
            of_emotion = Counter(clip.emotion for clip in heard)
            of_cell = Counter((clip.emotion, clip.speaker) for clip in heard)
            assert all(abs(of_emotion[e] - share * 10 * clips) <= 1.5 for e in EMOTIONS)
            assert max(of_cell.values()) - share * clips < 1
            assert len(of_cell) == 40 or share * clips < 1

    def test_they_are_the_same_for_every_candidate_and_run(self) -> None:
        assert look_of(corpus(), 0.17).clips == look_of(corpus(), 0.17).clips

    def test_corpora_have_the_same_share_whatever_their_size(self) -> None:
        speech = join([corpus("small", clips=3), corpus("large", clips=12)])
        heard = Counter(clip.corpus for clip in look_of(speech, 0.33).clips)
        assert heard == {"small": pytest.approx(40, abs=4), "large": pytest.approx(158, abs=4)}


class TestCourses:
    def test_they_are_over_what_is_needed(self) -> None:
        (course,) = courses(corpus(), ("anger", "happiness", "sadness"), ())
        assert course.sizes.tolist() == [[12, 12]] * 10
        assert len(course.clips) == 240

    def test_a_corpus_that_was_seen_has_no_part(self) -> None:
        speech = join([corpus("one"), corpus("other", clips=3)])
        (course,) = courses(speech, None, {"one"})
        assert course.sizes.sum() == 3 * 40
        assert courses(speech, None, {"one", "other"}) == ()

    def test_a_corpus_of_a_single_emotion_has_no_part_in_uar(self) -> None:
        speech = join([corpus("one", emotions=["anger"]), corpus("other", clips=3)])
        (course,) = courses(speech, None, ())
        assert course.sizes.shape == (10, 4)
        assert courses(speech, ("anger", "boredom"), ()) == ()

    def test_an_emotion_without_a_label_is_never_recognised(self) -> None:
        (course,) = courses(corpus(), None, ())
        heard = Asked(1.0, emotions=("anger", "happiness"))(corpus())
        said = dict(zip((c.name for c in heard.clips), heard.predicted, strict=True))
        assert course.recalls(said).tolist() == [1, 0, 1, 0]

    def test_without_speakers_each_clip_is_one(self) -> None:
        clips = [Clip(f"{n}", Path("x"), EMOTIONS[n % 4], corpus="c") for n in range(40)]
        (course,) = courses(make_corpus("c", Path("x"), clips), None, ())
        assert course.sizes.shape == (40, 4)


class TestStopping:
    def test_whoever_cannot_meet_the_requirement_is_stopped(self, store: EvidenceStore) -> None:
        ask = Asked(0.08)
        heard = race(ask, B, {}, contest(store, corpus()))
        assert heard.stopped is not None
        assert heard.stopped.reason == "low_uar"
        assert re.fullmatch(
            r"foreseen after (8|17)% of the clips: uar=0\.\d\d on them, and its interval could at"
            r" most reach 0\.[23]\d on all of them, but should be at least 0.4 with 95% confidence",
            heard.stopped.message,
        )
        assert len(heard.clips) == ask.looks[-1] < 100

    @pytest.mark.parametrize("recall", [0.4, 0.45, 0.9])
    def test_whoever_may_meet_it_hears_all(self, store: EvidenceStore, recall: float) -> None:
        ask = Asked(recall)
        heard = race(ask, B, {}, contest(store, corpus()))
        assert heard.stopped is None
        assert ask.looks[-1] == len(corpus().clips)

    def test_a_requirement_without_confidence_is_about_the_value(
        self, store: EvidenceStore
    ) -> None:
        ask, lax = Asked(0.4), candidate("b", uar=(Bound(min=0.55),))
        assert race(ask, lax, {}, contest(store, corpus(), A, lax)).stopped is not None
        assert "and it could at most reach" in str(
            race(ask, lax, {}, contest(store, corpus(), A, lax)).stopped
        )

    def test_without_a_requirement_nobody_fails(self, store: EvidenceStore) -> None:
        free = candidate("b", uar=None)
        assert race(Asked(0.1), free, {}, contest(store, corpus(), A, free)).stopped is None

    def test_whoever_is_behind_is_stopped(self, store: EvidenceStore) -> None:
        what, ask = contest(store, corpus()), Asked(0.6, seed=1)
        judged(what, A, Asked(0.9))
        heard = race(ask, B, {}, what)
        assert heard.stopped is not None
        assert heard.stopped.reason == "behind"
        assert re.fullmatch(
            r"behind a after (8|17|18)% of the clips: UAR 0\.\d\d against 0\.\d\d on them",
            heard.stopped.message,
        )
        assert heard.stopped.details["race"]["leader"] == "a"

    @pytest.mark.parametrize("recall", [0.87, 0.9, 0.97])
    def test_whoever_may_catch_up_or_is_ahead_hears_all(
        self, store: EvidenceStore, recall: float
    ) -> None:
        what = contest(store, corpus())
        judged(what, A, Asked(0.9))
        assert race(Asked(recall, seed=1), B, {}, what).stopped is None

    def test_what_the_other_aims_may_make_up_for_is_not_behind(self, store: EvidenceStore) -> None:
        what = contest(store, corpus())
        judged(what, A, Asked(0.9))
        suite = Suite(what.suite.candidates, Preferences(margin=0.2))
        wide = replace(what, suite=suite)
        assert race(Asked(0.6, seed=1), B, {}, wide).stopped is None

    def test_a_part_that_cannot_be_judged_decides_nothing(self, store: EvidenceStore) -> None:
        ask = Asked(0.2)

        def deaf_at_first(look: Corpus) -> Predictions:
            if len(look.clips) < 60:
                raise Blocked("no_data", "no clip can be judged")
            return ask(look)

        heard = race(deaf_at_first, B, {}, contest(store, corpus()))
        assert heard.stopped is not None
        assert len(heard.clips) > 60

    def test_it_is_the_mean_of_corpora_that_counts(self, store: EvidenceStore) -> None:
        both = join([corpus("one"), corpus("two")])
        assert race(Asked(0.2), B, {}, contest(store, both)).stopped is not None
        right_on_two = Asked(0.2)
        right_on_two._says = lambda clip: (  # type: ignore[method-assign]
            EMOTIONS.index(str(clip.emotion))
            if clip.corpus == "two"
            else Asked._says(right_on_two, clip)
        )
        assert race(right_on_two, B, {}, contest(store, both)).stopped is None
        assert race(right_on_two, B, {"two": "seen"}, contest(store, both)).stopped is not None

    def test_whoever_has_seen_all_there_is_hears_all(self, store: EvidenceStore) -> None:
        assert race(Asked(0.1), B, {"calls": "seen"}, contest(store, corpus())).stopped is None


class TestLeaders:
    """Only who has passed all that is known of it leads."""

    def behind(self, what: Contest, seen: dict[str, str] | None = None) -> bool:
        stopped = race(Asked(0.6, seed=1), B, seen or {}, what).stopped
        return stopped is not None and stopped.reason == "behind"

    @pytest.mark.parametrize(
        ("outcomes", "leads"),
        [
            ({}, True),
            ({"speed": Outcome.PASS, "degeneracy": Outcome.PASS}, True),
            ({"accuracy": Outcome.INCONCLUSIVE}, False),
            ({"accuracy": Outcome.FAIL}, False),
            ({"accuracy": Outcome.NOT_REACHED}, False),
            ({"speed": Outcome.FAIL}, False),
            ({"speed": Outcome.INCONCLUSIVE}, False),
            ({"degeneracy": Outcome.BLOCKED}, False),
        ],
        ids=str,
    )
    def test_gates(self, store: EvidenceStore, outcomes: dict[str, Outcome], leads: bool) -> None:
        what = contest(store, corpus())
        judged(what, A, Asked(0.9), outcomes=outcomes)
        assert self.behind(what) is leads

    def test_no_baseline_leads(self, store: EvidenceStore) -> None:
        what = contest(store, corpus())
        judged(what, BASELINE, Asked(0.9))
        assert not self.behind(what)

    def test_nobody_leads_who_has_seen_other_speech(self, store: EvidenceStore) -> None:
        what = contest(store, join([corpus("one"), corpus("two")]))
        judged(what, A, Asked(0.9), {"one": "its card says so"})
        assert not self.behind(what)
        assert self.behind(what, {"one": "its card says so, too"})

    def test_on_other_speech_or_under_other_requirements_nobody_leads(
        self, store: EvidenceStore
    ) -> None:
        judged(contest(store, corpus(clips=11)), A, Asked(0.9))
        assert not self.behind(contest(store, corpus()))
        judged(contest(store, corpus()), candidate("a", min_labels=3), Asked(0.9))
        assert not self.behind(contest(store, corpus()))

    def test_the_most_accurate_leads(self, store: EvidenceStore) -> None:
        c = candidate("c")
        what = contest(store, corpus(), A, B, c)
        judged(what, A, Asked(0.75, seed=2))
        judged(what, c, Asked(0.95, seed=3))
        stopped = race(Asked(0.6, seed=1), B, {}, what).stopped
        assert stopped is not None
        assert stopped.details["race"]["leader"] == "c"


class TestWhoMayStop:
    def test_only_candidates_whose_answers_last_and_are_not_known(
        self, store: EvidenceStore
    ) -> None:
        what = contest(store, corpus())
        assert may_stop(B, "key", "c1", what)
        assert not may_stop(B, "", "c1", what)
        assert not may_stop(B, "key", "c1", None)
        assert not may_stop(BASELINE, "key", "c1", what)
        assert not may_stop(candidate("b", "rejected"), "key", "c1", what)
        judged(what, B, Asked(0.2))
        assert not may_stop(B, "key", "c1", what)
        assert may_stop(B, "key", "another commit", what)


# ------------------------------------------------------------------ real models


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return models of graded accuracy: one good one, with more and more noise on its head."""
    root = tmp_path_factory.mktemp("pool")
    return {
        name: noisy(root / name, scale, seed)
        for name, scale, seed in (("best", 0, 0), ("good", 4, 1), ("bad", 20, 1))
    }


def noisy(folder: Path, scale: float, seed: int) -> Path:
    shutil.copytree(FIXTURES / "models" / "wavlm-tiny", folder)
    tensors = load_file(folder / "model.safetensors")
    weight = tensors["classifier.weight"]
    noise = torch.randn(weight.shape, generator=torch.Generator().manual_seed(seed))
    tensors["classifier.weight"] = weight + scale * weight.std() * noise
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    return folder


LAX = dict.fromkeys(("class_share", "top_share", "entropy", "effective_emotions"))


@pytest.fixture
def listed(tmp_path: Path, pool: dict[str, Path]) -> Callable[..., Path]:
    def call(*names: str, **requirements: Any) -> Path:
        path = tmp_path / "candidates.yaml"
        common = LAX | {"uar": {"min": 0.3, "confidence": 0.95}, "segments": [1]} | requirements
        entries = [{"name": name, "model": str(pool[name])} for name in names]
        YAML().dump({"requirements": common, "candidates": entries}, path)
        return path

    return call


class TestRuns:
    @pytest.fixture
    def call(self, tmp_path: Path) -> Callable[..., sertify.Results]:
        def call(path: Path, **keys: Any) -> sertify.Results:
            self.asked = Counter[str]()

            def told(name: str, what: str, done: float, total: float) -> None:
                if what == "clips" and done:
                    self.asked[name] = int(done)
                    assert total == 420

            return sertify.qualify(
                path, data=SPEECH, reports=tmp_path / "reports", cache=tmp_path / "cache.sqlite",
                threads=1, progress=told, **keys,
            )  # fmt: skip

        return call

    def test_a_race_and_then_the_rest(
        self, call: Callable[..., sertify.Results], listed: Callable[..., Path]
    ) -> None:
        path = listed("bad", "best", "good")
        first = call(path, race=True)
        raced = {one.name: one for one in first.candidates}
        assert first.selection.candidate == "best"
        assert first.selection.sentence.endswith("Stopped early, being behind best: good.")
        assert self.asked["best"] == 420
        assert self.asked["bad"] < 250
        assert self.asked["good"] < 160

        assert (raced["bad"].verdict, raced["bad"].reason) == ("rejected", "low_uar")
        assert raced["bad"].message.startswith("foreseen after ")
        assert (raced["good"].verdict, raced["good"].reason) == ("undecided", "behind")
        assert raced["good"].cure == "run without --race to judge it in full"
        for name in ("bad", "good"):
            assert {"uar", "uar_all", "accuracy"}.isdisjoint(raced[name].numbers)
            assert raced[name].numbers["entropy"].n == self.asked[name]
            assert raced[name].groups == ()
            assert raced[name].errors == ()
            checks = {check.check: check.outcome for check in raced[name].checks("accuracy")}
            assert Outcome.PASS not in checks.values()
        assert {c.check for c in raced["bad"].checks("accuracy")} == {"test_uar"}

        second = call(path)
        full = {one.name: one for one in second.candidates}
        assert second.selection.candidate == "best"
        assert "Stopped early" not in second.selection.sentence
        assert (full["bad"].verdict, full["bad"].reason) == ("rejected", "low_uar")
        assert full["good"].verdict == "qualified"
        assert full["good"].numbers["uar"].n == 420

        third = call(path, race=True)  # what was heard in full is not forgotten
        assert [one.verdict for one in third.candidates] == [one.verdict for one in full.values()]

    def test_the_rest_is_only_what_is_missing(
        self, call: Callable[..., sertify.Results], listed: Callable[..., Path], tmp_path: Path
    ) -> None:
        path = listed("best", "good", consistency=None)
        call(path, race=True, gates=UNTIMED)
        before = self.asked["good"]
        begun: list[int] = []
        sertify.qualify(
            path, data=SPEECH, gates=UNTIMED, reports=tmp_path / "reports",
            cache=tmp_path / "cache.sqlite", threads=1,
            progress=lambda name, what, done, _: (
                begun.append(int(done)) if (name, what) == ("good", "clips") and done else None
            ),
        )  # fmt: skip
        assert 0 < before < 420
        assert begun[0] in (before, before + 1)  # one was heard beside noise and silence
        assert begun[-1] == 420

    def test_when_the_leader_falls_those_behind_it_are_judged_on(
        self, call: Callable[..., sertify.Results], listed: Callable[..., Path], tmp_path: Path
    ) -> None:
        path = listed("best", "good")
        assert call(path, race=True, gates=UNTIMED).candidates[1].reason == "behind"
        store = EvidenceStore(tmp_path / "reports" / "evidence.sqlite")
        (record,) = [r for r in store.records(["best"]) if r.check == "test_uar"]
        environment = fingerprint(describe_environment("cpu", threads=1), "speed")
        store.add(too_slow(record, environment))
        again = {one.name: one for one in call(path, race=True, gates=UNTIMED).candidates}
        assert again["best"].reason == "too_slow"
        assert self.asked["good"] == 420
        assert again["good"].gates["accuracy"].outcome is Outcome.PASS


def too_slow(record: Record, environment: str) -> Record:
    return replace(
        record, gate="speed", check="test_time_per_segment@1s", corpus="", environment=environment,
        outcome=Outcome.FAIL, reason="too_slow", message="it takes too long", measurements=(),
        details={}, siblings=("test_time_per_segment", "test_time_per_segment@1s"),
    )  # fmt: skip


class TestInPytest:
    def test_the_run_is_green_but_for_who_fails(
        self, run: Run, listed: Callable[..., Path], tmp_path: Path
    ) -> None:
        path = listed("bad", "best", "good")
        outcome = run("--race", "--data", SPEECH, candidates=path, cache=tmp_path / "cache")
        failed = [case for case in outcome.cases if case.kind == "failure"]
        assert [case.name for case in failed] == ["test_uar[bad]"]
        assert failed[0].message.startswith("FAIL low_uar: foreseen after ")
        behind = [case for case in outcome.of("good") if case.kind == "skipped"]
        assert {case.gate for case in behind} == {"degeneracy", "accuracy", "speed"}
        assert {case.properties["reason"] for case in behind} == {"behind"}
        assert all("behind best after" in case.message for case in behind)
        assert all(case.message.endswith("[good]") for case in behind)
        passed = {case.gate for case in outcome.of("good") if case.kind == "passed"}
        assert passed == {"loadability", "labels", "degeneracy"}
        (selected,) = [c for c in outcome.cases if c.name == "test_a_candidate_is_selected"]
        assert (selected.kind, selected.properties["selection"]) == ("passed", "best")

    def test_without_a_selection_the_race_leaves_it_open(
        self, run: Run, listed: Callable[..., Path]
    ) -> None:
        outcome = run(
            "--race", "-m", "accuracy", "--data", SPEECH, candidates=listed("best", "good")
        )
        assert outcome.code == pytest.ExitCode.OK
        (case,) = [c for c in outcome.cases if c.name == "test_a_candidate_is_selected"]
        assert case.kind == "skipped"
        assert "good (behind)" in case.message

    def test_workers_race_as_well(
        self, run: Run, listed: Callable[..., Path], tmp_path: Path
    ) -> None:
        path, cache = listed("best", "good"), tmp_path / "cache"
        run("-k", "best", "--data", SPEECH, candidates=path, cache=cache)
        outcome = run("--race", "-n", "2", "--data", SPEECH, candidates=path, cache=cache)
        assert outcome.candidate("good")["reason"] == "behind"
        assert outcome.candidate("best")["verdict"] == "qualified"
