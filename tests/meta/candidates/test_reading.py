"""candidates.yaml: what it may say, what it means, and how each mistake in it is told."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import FrozenInstanceError, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from ruamel.yaml import YAML

import sertify
from sertify.candidates.entries import (
    CorpusEntry,
    Entry,
    Preferences,
    Priorities,
    SamplingRate,
    schema,
)
from sertify.candidates.reading import Candidate, Suite, read_candidates, read_suite
from sertify.candidates.requirements import Requirements
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.outcomes import Bound
from sertify.vocabulary.reasons import REASONS

ROOT = Path(__file__).parents[3]
SCHEMA = Path(sertify.__file__).parent / "candidates" / "candidates.schema.json"
SHIPPED = [ROOT / "candidates.yaml", *sorted((ROOT / "fixtures").glob("candidates*.yaml"))]

COMMIT = "0123456789abcdef0123456789abcdef01234567"
Read = Callable[[str | bytes], tuple[Candidate, ...]]
Complaints = Callable[[str | bytes], list[str]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read candidates from a text."""

    def write_and_read(text: str | bytes) -> tuple[Candidate, ...]:
        path = tmp_path / "candidates.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_candidates(path)

    return write_and_read


@pytest.fixture
def complaints(read: Read) -> Complaints:
    """Return what is wrong with a text, a line a problem."""

    def of(text: str | bytes) -> list[str]:
        with pytest.raises(ConfigurationError) as caught:
            read(text)
        return str(caught.value).splitlines()

    return of


def entry(*lines: str) -> str:
    """Return a file with one candidate whose further keys, from line 4 on, are `lines`."""
    return "\n    ".join(["candidates:\n  - name: x", "model: org/name", *lines]) + "\n"


# ------------------------------------------------------------------ what a correct file means


def test_an_entry_needs_no_more_than_name_and_model(read: Read) -> None:
    assert read(entry()) == (Candidate(name="x", model="org/name", line=2),)


def test_every_key_reaches_the_candidate(read: Read, tmp_path: Path) -> None:
    (candidate,) = read(
        entry(
            "revision: abc123",
            "status: rejected",
            "reason: [random_head, dimensional]",
            "languages: [ru, en-GB]",
            "licence: mit",
            "note: as found",
            "labels: [neutral, Positive]",
            "emotions: {positive: joy}",
            "feature_extractor: {sampling_rate: 16000}",
            "trained_on: [Dusha]",
            "loader: transformers",
            "trust_remote_code: true",
            f"trusted_code: {{someone/base: {COMMIT}}}",
            "network: true",
            "adapter: ./lora",
            "requirements: {min_labels: 2}",
        )
    )
    assert candidate == Candidate(
        name="x",
        model="org/name",
        revision="abc123",
        status="rejected",
        reasons=("random_head", "dimensional"),
        languages=("ru", "en-GB"),
        licence="mit",
        note="as found",
        labels=("neutral", "Positive"),
        emotions={"positive": "happiness"},
        feature_extractor=SamplingRate(sampling_rate=16000),
        trained_on=("Dusha",),
        loader="transformers",
        trust_remote_code=True,
        trusted_code={"someone/base": COMMIT},
        network=True,
        adapter="./lora",
        adapter_folder=tmp_path / "lora",
        requirements=Requirements(min_labels=2),
        line=2,
    )


def test_the_entrys_own_emotions_come_before_the_taxonomy(read: Read) -> None:
    (candidate,) = read(entry("emotions: {positive: 행복, calm: neutral}"))
    labels = ["Positive", "calm", "sad", "negative"]
    assert [candidate.emotion_of(label) for label in labels] == [
        "happiness",
        "neutral",
        "sadness",
        None,
    ]


def test_korean_names_stay_what_they_are(read: Read) -> None:
    (candidate,) = read(entry("labels: [화남, 행복]", "note: 한국어 모델"))
    assert candidate.labels == ("화남", "행복")
    assert candidate.note == "한국어 모델"


def test_yes_and_norwegian_are_text_in_yaml_1_2(read: Read) -> None:
    (candidate,) = read(entry("labels: [yes, off]", "languages: [no]"))
    assert (candidate.labels, candidate.languages) == (("yes", "off"), ("no",))


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(read: Read) -> None:
    (candidate,) = read(b"\xef\xbb\xbf" + entry("note: a").replace("\n", "\r\n").encode())
    assert candidate.note == "a"


def test_anchors_and_their_redefinition_are_yaml(read: Read) -> None:
    (candidate,) = read(entry("languages: &l [ru]", "labels: *l", "emotions: &l {ru: joy}"))
    assert candidate.labels == ("ru",)


def test_a_candidate_is_frozen_and_hashable(read: Read) -> None:
    (candidate,) = read(entry("labels: [a]", "emotions: {a: joy}", "requirements: {min_labels: 3}"))
    with pytest.raises(FrozenInstanceError):
        candidate.name = "y"  # type: ignore[misc]
    with pytest.raises(ValidationError, match="frozen"):
        candidate.requirements.min_labels = 4  # type: ignore[misc]
    assert {candidate: 1}[replace(candidate)] == 1


# ------------------------------------------------------------------ folder or hub


@pytest.mark.parametrize(
    ("model", "folder"),
    [
        ("./x", "x"),
        ("../x", "../x"),
        ("/nowhere/x", "/nowhere/x"),
        ("models/broken/missing-folder", "models/broken/missing-folder"),
        ("here/model", "here/model"),
        ("here", "here"),
        (".", "."),
    ],
)
def test_a_folder_is_relative_to_the_file(
    read: Read, tmp_path: Path, model: str, folder: str
) -> None:
    (tmp_path / "here" / "model").mkdir(parents=True)
    (candidate,) = read(entry().replace("org/name", model))
    assert candidate.folder == (tmp_path / folder).resolve()
    assert candidate.model == model


def test_a_tilde_is_the_home_folder(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    (candidate,) = read(entry().replace("org/name", "~/x"))
    assert candidate.folder == Path("/home/somebody/x").resolve()


@pytest.mark.parametrize("model", ["org/name", "gpt2", "Org-1/na.me_2"])
def test_what_is_no_folder_is_a_hub_id(read: Read, model: str) -> None:
    (candidate,) = read(entry().replace("org/name", model))
    assert candidate.folder is None


def test_a_feature_extractor_is_found_like_a_model(read: Read, tmp_path: Path) -> None:
    (local,) = read(entry("feature_extractor: ./x"))
    assert (local.feature_extractor, local.feature_extractor_folder) == ("./x", tmp_path / "x")
    (remote,) = read(entry("feature_extractor: org/other"))
    assert (remote.feature_extractor, remote.feature_extractor_folder) == ("org/other", None)


# ------------------------------------------------------------------ variants


def test_each_variant_is_a_candidate_of_its_own(read: Read) -> None:
    every = ["variants: [int8-dynamic, fp32, onnx]", "status: rejected", "reason: low_uar"]
    found = read(entry(*every) + "  - {name: y, model: org/name}\n")
    assert [(one.name, one.variant) for one in found] == [
        ("x+int8-dynamic", "int8-dynamic"),
        ("x", "fp32"),
        ("x+onnx", "onnx"),
        ("y", "fp32"),
    ]
    assert {one.reasons for one in found[:3]} == {("low_uar",)}
    assert len({one.fingerprint for one in found[:3]}) == 3
    assert found[1].fingerprint == read(entry(*every[1:]))[0].fingerprint


def test_without_fp32_only_the_named_are_judged(read: Read) -> None:
    assert [one.name for one in read(entry("variants: [openvino]"))] == ["x+openvino"]


def test_no_entry_can_be_called_like_a_variant(complaints: Complaints) -> None:
    text = entry("variants: [fp32, onnx]") + "  - {name: x+onnx, model: org/name}\n"
    (told,) = complaints(text)
    problem = "name is 'x+onnx', but should be letters (a to z), digits, '.', '_' and '-',"
    assert told.startswith(f'candidates.yaml:5: candidate "x+onnx": {problem}')


# ------------------------------------------------------------------ requirements


def test_an_override_replaces_the_whole_bound_and_null_switches_it_off(read: Read) -> None:
    (candidate,) = read(
        "requirements: {uar: {min: 0.5, confidence: 0.9}, recall: {min: 0.1}, segments: [2]}\n"
        + entry("requirements: {uar: {min: 0.6}, top_share: null}")
    )
    requirements = candidate.requirements
    assert requirements.uar == (Bound(min=0.6),)
    assert requirements.top_share is None
    assert requirements.recall == (Bound(min=0.1),)
    assert requirements.segments == (2,)
    assert requirements.entropy == Requirements().entropy


def test_a_baseline_needs_only_two_labels_unless_it_says_otherwise(read: Read) -> None:
    file = "requirements: {min_labels: 5}\n" + entry("status: baseline")
    assert read(file)[0].requirements.min_labels == 2
    assert read(file + "    requirements: {min_labels: 4}\n")[0].requirements.min_labels == 4


def test_requirements_take_bounds_from_python_too() -> None:
    assert Requirements(top_share=Bound(max=0.5)).top_share == Bound(max=0.5)
    assert Requirements(uar=(Bound(min=0.5),)).uar == (Bound(min=0.5),)
    with pytest.raises(ValidationError):
        Requirements(uar=(Bound(min=1.5),))


def test_a_limit_may_be_for_one_corpus_or_one_language(read: Read) -> None:
    (candidate,) = read(
        """\
requirements:
  uar:
    - {min: 0.5, confidence: 0.9}
    - {min: 0.3, corpus: call-center}
    - {min: 0.2, language: ko}
  recall: {min: 0.1, language: ko-KR}
"""
        + entry("requirements: {coverage: null}")
    )
    requirements = candidate.requirements
    assert requirements.uar == (
        Bound(min=0.5, confidence=0.9),
        Bound(min=0.3, corpus="call-center"),
        Bound(min=0.2, language="ko"),
    )
    assert requirements.recall == (Bound(min=0.1, language="ko-KR"),)
    assert requirements.coverage == ()
    assert requirements.scopes == (("call-center", None), (None, "ko"), (None, "ko-KR"))


def test_the_emotions_that_are_needed_are_the_same_for_all(read: Read) -> None:
    several = read("requirements: {emotions: [joy, 분노, Happiness]}\n" + entry())
    assert [one.requirements.emotions for one in several] == [("anger", "happiness")]
    assert read(entry())[0].requirements.emotions is None
    assert read(entry())[0].fingerprint != several[0].fingerprint


def test_no_candidate_has_needs_of_its_own(complaints: Complaints) -> None:
    (told,) = complaints(entry("requirements: {emotions: [anger, joy]}"))
    assert told == (
        'candidates.yaml:4: candidate "x": requirements has emotions, but these are the same for'
        " all: name them under requirements at the top"
    )


# ------------------------------------------------------------------ preferences and corpora


def test_what_is_preferred_and_what_corpora_leave_open_is_read_with_the_candidates(
    tmp_path: Path,
) -> None:
    path = tmp_path / "candidates.yaml"
    path.write_text(
        """\
selection:
  weights: {speed: 1, diversity: 0}
  margin: 0.05
  languages: [ko, de]
  count_seen: true
corpora:
  calls: {label_map: {W: 분노, N: neutral}, language: ko, known_as: Emo-DB}
  studio: {cluster: session}
  radio: {cluster: [session, text]}
"""
        + entry(),
        encoding="utf-8",
    )
    suite = read_suite(path)
    assert suite.candidates == read_candidates(path)
    assert suite.preferences == Preferences(
        weights=Priorities(speed=1, diversity=0),
        margin=0.05,
        languages=("ko", "de"),
        count_seen=True,
    )
    assert suite.corpora == {
        "calls": CorpusEntry(
            label_map={"W": "anger", "N": "neutral"}, language="ko", known_as="emodb"
        ),
        "studio": CorpusEntry(cluster=("session",)),
        "radio": CorpusEntry(cluster=("session", "text")),
    }


def test_without_them_speed_weighs_most_and_little_accuracy_is_given_up(tmp_path: Path) -> None:
    path = tmp_path / "candidates.yaml"
    path.write_text(entry())
    suite = read_suite(path)
    assert suite == Suite(read_candidates(path), Preferences(), {})
    weights = suite.preferences.weights
    assert weights.speed > weights.language > weights.diversity > 0
    assert (suite.preferences.margin, suite.preferences.count_seen) == (0.02, False)


@pytest.mark.parametrize(
    ("written", "corpora"), [("[]", ()), ("[RAVDESS, 자유대화]", ("RAVDESS", "자유대화"))]
)
def test_trained_on_may_be_empty_which_is_not_the_same_as_left_out(
    read: Read, written: str, corpora: tuple[str, ...]
) -> None:
    assert read(entry(f"trained_on: {written}"))[0].trained_on == corpora
    assert read(entry())[0].trained_on is None


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("selecton: {}", "unknown key 'selecton'; did you mean 'selection'?"),
        ("selection: 5", "selection is 5, but should be a mapping"),
        (
            "selection: {weigths: {}}",
            "unknown key 'weigths' in selection; did you mean 'weights'?",
        ),
        (
            "selection: {weights: {sped: 1}}",
            "unknown key 'sped' in selection.weights; did you mean 'speed'?",
        ),
        (
            "selection: {weights: {speed: -1}}",
            "selection.weights.speed is -1, but should be at least 0",
        ),
        (
            "selection: {weights: {accuracy: 4, speed: 2}}",
            (
                "selection.weights has accuracy, but these are of the other aims; margin says what"
                " they are worth in UAR"
            ),
        ),
        (
            "selection: {weights: {speed: 0, diversity: 0, language: 0}}",
            (
                "selection.weights are all 0, but at least one should be more; to ignore all:"
                " margin: 0"
            ),
        ),
        ("selection: {margin: 2}", "selection.margin is 2, but should be at most 1"),
        (
            "selection: {languages: [Korean]}",
            "selection.languages[0] is 'Korean', but should be a language code such as ru",
        ),
        ("selection: {precision: 80}", "selection.precision is 80, but should be at most 1"),
        (
            "selection: {count_seen: 1}",
            "selection.count_seen is 1, but should be true or false",
        ),
        (
            "requirements: {emotions: [anger, angre]}",
            (
                "requirements.emotions[1] is 'angre', which is not a known emotion; did you mean"
                " 'anger'?"
            ),
        ),
        (
            "requirements: {emotions: [joy, happiness]}",
            ("requirements.emotions has fewer than two emotions, but telling them apart takes two"),
        ),
        ("corpora: [calls]", "corpora is a list, but should be a mapping"),
        ("corpora: {calls: 5}", "corpora.calls is 5, but should be a mapping"),
        (
            "corpora: {calls: {lable_map: {}}}",
            "unknown key 'lable_map' in corpora.calls; did you mean 'label_map'?",
        ),
        (
            "corpora: {calls: {label_map: {W: angre}}}",
            (
                "corpora.calls.label_map.W is 'angre', which is not a known emotion; did you mean"
                " 'anger'?"
            ),
        ),
        (
            "corpora: {calls: {language: Korean}}",
            "corpora.calls.language is 'Korean', but should be a language code such as ru",
        ),
        (
            "corpora: {calls: {known_as: emodbb}}",
            "corpora.calls.known_as is 'emodbb', which is not a known public corpus",
        ),
        (
            "corpora: {calls: {cluster: 3}}",
            "corpora.calls.cluster is 3, but should be a list",
        ),
        ("corpora: {a b: {}}", "corpora.a b is 'a b', but should be "),
        (
            "requirements: {uar: {min: 0.5, corpus: calls, language: ko}}",
            "requirements.uar has both corpus and language, but should have one of them",
        ),
        (
            "requirements: {uar: {min: 0.5, language: Korean}}",
            "requirements.uar.language is 'Korean', but should be a language code such as ru",
        ),
        (
            "requirements: {uar: {min: 0.5, corpus: a b}}",
            "requirements.uar.corpus is 'a b', but should be ",
        ),
        (
            "requirements: {uar: {min: 0.5, copus: calls}}",
            "unknown key 'copus' in requirements.uar; did you mean 'corpus'?",
        ),
        (
            "requirements: {top_share: {max: 0.5, corpus: calls}}",
            "unknown key 'corpus' in requirements.top_share; known are min, max",
        ),
    ],
)
def test_a_mistake_outside_the_candidates_is_told_with_its_line(
    complaints: Complaints, line: str, problem: str
) -> None:
    (told,) = complaints(f"\n{line}\n{entry()}")
    assert told.startswith(f"candidates.yaml:2: {problem}")


@pytest.mark.parametrize(
    ("second", "told"),
    [
        ("{min: 0.6}", "3: requirements.uar limits the same speech twice"),
        (
            "{min: 0.6, corpus: a, language: ko}",
            "5: requirements.uar[1] has both corpus and language, but should have one of them",
        ),
        ("{mn: 0.6, corpus: a}", "5: unknown key 'mn' in requirements.uar[1]; did you mean 'min'?"),
        ("0.6", "5: requirements.uar[1] is 0.6, but should be a mapping such as {min: 0.5}"),
        (
            "{min: 0.6, corpus: a b}",
            "5: requirements.uar[1].corpus is 'a b', but should be ",
        ),
    ],
)
def test_of_several_limits_the_wrong_one_is_told(
    complaints: Complaints, second: str, told: str
) -> None:
    text = f"\nrequirements:\n  uar:\n    - {{min: 0.5}}\n    - {second}\n{entry()}"
    assert complaints(text)[0].startswith(f"candidates.yaml:{told}")


# ------------------------------------------------------------------ fingerprint


@pytest.mark.parametrize(
    "change",
    [
        {"model": "org/other"},
        {"revision": "v2"},
        {"labels": ("a",)},
        {"variant": "onnx"},
        {"emotions": {"a": "fear"}},
        {"feature_extractor": "org/other"},
        {"feature_extractor": SamplingRate(sampling_rate=16000)},
        {"trust_remote_code": True},
        {"trusted_code": {"someone/base": COMMIT}},
        {"network": True},
        {"adapter": "someone/lora"},
        {"loader": "transformers"},
        {"trained_on": ()},
        {"requirements": Requirements(uar=(Bound(min=0.7),))},
        {"requirements": Requirements(uar=(Bound(min=0.4, confidence=0.95, corpus="calls"),))},
    ],
    ids=lambda change: next(iter(change)),
)
def test_the_fingerprint_changes_with_what_is_judged(change: dict[str, Any]) -> None:
    candidate = Candidate(name="x", model="org/name")
    assert replace(candidate, **change).fingerprint != candidate.fingerprint


@pytest.mark.parametrize(
    "change",
    [
        {"name": "y"},
        {"note": "n"},
        {"licence": "mit"},
        {"languages": ("ru",)},
        {"status": "rejected", "reasons": ("random_head",)},
        {"line": 9},
        {"folder": Path("/elsewhere")},
    ],
    ids=lambda change: next(iter(change)),
)
def test_the_fingerprint_does_not_change_with_the_rest(change: dict[str, Any]) -> None:
    candidate = Candidate(name="x", model="org/name")
    assert replace(candidate, **change).fingerprint == candidate.fingerprint


def test_the_fingerprint_does_not_depend_on_the_order_of_keys(read: Read) -> None:
    (one,) = read(entry("emotions: {a: joy, b: fear}"))
    (two,) = read(entry("emotions: {b: fear, a: joy}"))
    assert one.fingerprint == two.fingerprint
    assert len(one.fingerprint) == 12


# ------------------------------------------------------------------ how mistakes are told


def test_every_problem_is_told_in_one_error(complaints: Complaints) -> None:
    text = """\
requirements:
  uarr: {min: 0.5}
  uar: {min: 1.5}
candidates:
  - name: superb-er
    model: superb/wav2vec2-base-superb-er
    langauges: [en]
    status: foo
  - name: superb-er
    labels: neutral
    status: rejected
"""
    expected = """\
candidates.yaml:2: unknown key 'uarr' in requirements; did you mean 'uar'?
candidates.yaml:3: requirements.uar.min is 1.5, but should be at most 1
candidates.yaml:7: candidate "superb-er": unknown key 'langauges'; did you mean 'languages'?
candidates.yaml:8: candidate "superb-er": status is 'foo', but should be candidate, baseline or \
rejected
candidates.yaml:9: candidate "superb-er": key 'model' is missing
candidates.yaml:9: candidate "superb-er": name is already taken on line 5
candidates.yaml:9: candidate "superb-er": reason is missing, but status rejected needs one, such \
as random_head
candidates.yaml:10: candidate "superb-er": labels is 'neutral', but should be a list
"""
    assert complaints(text) == expected.splitlines()


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("revision: 123", "revision is 123, but should be text; quote it"),
        ("trained_on: ravdess", "trained_on is 'ravdess', but should be a list"),
        ("trained_on: ['']", "trained_on[0] is '', but should be some text"),
        ("revision: a b", "revision is 'a b', but should be a branch, tag or commit"),
        ("labels: [a, 1]", "labels[1] is 1, but should be text; quote it"),
        ("labels: []", "labels is an empty list, but should be a list of at least 1"),
        ("labels: [a, b, a]", "labels has 'a' twice, but should be distinct"),
        ("variants: [onnx, fp32, onnx]", "variants has 'onnx' twice, but should be distinct"),
        ("variants: []", "variants is an empty list, but should be a list of at least 1"),
        ("variants: onnx", "variants is 'onnx', but should be a list"),
        (
            "variants: [fp32, onxx]",
            "variants[1] is 'onxx', which is not a variant; did you mean 'onnx'?",
        ),
        (
            "languages: [english]",
            "languages[0] is 'english', but should be a language code such as ru",
        ),
        ("note: ''", "note is '', but should be some text"),
        ("trust_remote_code: yes", "trust_remote_code is 'yes', but should be true or false"),
        ("network: 1", "network is 1, but should be true or false"),
        (
            "adapter: a b",
            "adapter is 'a b', but should be a hub id, or a folder such as ./my-adapter",
        ),
        (
            f"trusted_code: {{someone/base: {COMMIT}}}",
            "trusted_code only goes with trust_remote_code: true; without that no code runs",
        ),
        ("network: true", "network only goes with trust_remote_code: true; without that no code"),
        (
            "trusted_code: {someone/base: main}",
            "trusted_code has 'main' for someone/base, but should have a commit: 40 hex digits,",
        ),
        (
            f"trusted_code: {{someone/base: {COMMIT[:12]}}}",
            f"trusted_code has '{COMMIT[:12]}' for someone/base, but should have a commit: 40",
        ),
        (
            f"trusted_code: {{./base: {COMMIT}}}",
            "trusted_code has './base', which is not a hub id such as org/model",
        ),
        ("trusted_code: someone/base", "trusted_code is 'someone/base', but should be a mapping"),
        ("status:", "status is empty, but should be candidate, baseline or rejected"),
        ("reason: random_head", "reason only goes with status rejected, but status is candidate"),
        (
            "reason: random_haed",
            "reason is 'random_haed', which is not a reason to reject; did you mean 'random_head'?",
        ),
        ("reason: [random_head, 5]", "reason[1] is 5, but should be text; quote it"),
        (
            "emotions: {a: happines}",
            "emotions.a is 'happines', which is not a known emotion; did you mean 'happiness'?",
        ),
        ("emotions: [a]", "emotions is a list, but should be a mapping"),
        (
            "feature_extractor: 16000",
            "feature_extractor is 16000, but should be an id or a folder; for a plain one write {",
        ),
        (
            "feature_extractor: {sampling_rate: 16000, sampling_rat: 1}",
            "unknown key 'sampling_rat' in feature_extractor; did you mean 'sampling_rate'?",
        ),
        (
            "feature_extractor: {sampling_rate: 16}",
            "feature_extractor.sampling_rate is 16, but should be at least 4000",
        ),
        ("requirements: 5", "requirements is 5, but should be a mapping"),
        (
            "requirements: {uar: {mn: 0.5}}",
            "unknown key 'mn' in requirements.uar; did you mean 'min'?",
        ),
        (
            "requirements: {uar: {}}",
            "requirements.uar needs min or max; to switch it off, write null",
        ),
        (
            "requirements: {uar: {min: 0.6, max: 0.5}}",
            "requirements.uar has min 0.6, but it should be at most max, 0.5",
        ),
        (
            "requirements: {uar: 0.5}",
            "requirements.uar is 0.5, but should be a mapping such as {min: 0.5}",
        ),
        (
            "requirements: {uar: {min: 0.5, confidence: 95}}",
            "requirements.uar.confidence is 95, but should be less than 1",
        ),
        (
            "requirements: {uar: {min: .nan}}",
            "requirements.uar.min is nan, but should be a finite number",
        ),
        (
            "requirements: {uar: {min: true}}",
            "requirements.uar.min is true, but should be a number",
        ),
        (
            "requirements: {real_time_factor: {max: .inf}}",
            "requirements.real_time_factor.max is inf, but should be a finite number",
        ),
        (
            "requirements: {min_labels: 2.5}",
            "requirements.min_labels is 2.5, but should be a whole number",
        ),
        (
            "requirements: {segments: [0]}",
            "requirements.segments[0] is 0, but should be more than 0",
        ),
        ("note: a\n    note: b", "key 'note' is there twice, first on line 4"),
        ("1: a", "key 1 should be text; quote it"),
        ("? [a, b]\n    : c", "key made of several values should be text; quote it"),
        ("<<: {note: a}", "keys cannot be merged with <<; write them out"),
        (
            "note: !!python/object/apply:os.system [ls]",
            "tag !!python/object/apply:os.system is not",
        ),
        ("note: !secret x", "tag !secret is not allowed; leave it out"),
        (
            "requirements: {min_labels: 99999999999999999999}",
            "99999999999999999999 is not a usable value; quote it if it is text",
        ),
        (r'note: "\ud800"', r"note is '\ud800', but should be text in valid Unicode"),
    ],
)
def test_a_mistake_is_told_with_its_line(complaints: Complaints, line: str, problem: str) -> None:
    first = 5 if "\n    note: b" in line else 4
    (told, *more) = complaints(entry(line))
    assert told.startswith(f'candidates.yaml:{first}: candidate "x": {problem}')
    assert more == []


def test_a_label_that_emotions_misspells_is_told(complaints: Complaints) -> None:
    (told,) = complaints(entry("labels: [sad, positive]", "emotions: {positve: joy}"))
    problem = "emotions has 'positve', but no label is called that; did you mean 'positive'?"
    assert told == f'candidates.yaml:5: candidate "x": {problem}'


@pytest.mark.parametrize("name", ["", "-x", "a b", "a/b", "한국", "a\n", "\ud800", "x" * 101])
def test_a_name_has_to_make_a_test_id(complaints: Complaints, name: str) -> None:
    (told,) = complaints(entry().replace("name: x", f"name: {json.dumps(name)}"))
    assert told.startswith("candidates.yaml:2: candidate ")
    assert "but should be" in told
    assert told.encode()


@pytest.mark.parametrize(
    "model", ["https://huggingface.co/superb/x", "a b", '"./a\\0b"', "", "a:b"]
)
def test_a_model_is_a_hub_id_or_a_folder(complaints: Complaints, model: str) -> None:
    (told,) = complaints(entry().replace("org/name", model))
    assert told.startswith('candidates.yaml:3: candidate "x": model is ')


def test_a_reason_that_blocks_is_no_reason_to_reject(complaints: Complaints) -> None:
    blocking = [code for code, reason in REASONS.items() if not reason.fault]
    told = complaints(entry("status: rejected", f"reason: [{', '.join(blocking)}]"))
    assert len(told) == len(blocking)


def test_a_candidate_without_a_name_is_told_by_number(complaints: Complaints) -> None:
    text = "candidates:\n  - {name: a, model: b}\n  - model: c\n  - 5\n"
    assert complaints(text) == [
        "candidates.yaml:3: candidate 2: key 'name' is missing",
        "candidates.yaml:4: candidate 3: it is 5, but should be a mapping",
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "",
            "1: the file is empty, but should be a mapping with the key candidates",
        ),
        (
            "- a\n",
            "1: the file is a list, but should be a mapping with the key candidates",
        ),
        ("candidates:\n", "1: candidates is empty, but should be a list"),
        ("candidates: []\n", "1: candidates is an empty list, but should be a list of at least 1"),
        ("requirements: {}\n", "1: key 'candidates' is missing"),
        ("candidate: []\n", "1: key 'candidates' is missing"),
        ("a: 1\nb: [c\nd", "3: not valid YAML: "),
        ("a:\n\tb: 1\n", "2: not valid YAML: found character '\\t' that cannot start any token"),
        ("a: *b\n", "1: not valid YAML: found undefined alias 'b'"),
        ("a: 1\n---\nb: 1\n", "2: not valid YAML: "),
        ("a: 1\nb: \x07\n", "2: not valid YAML: character U+0007 is not allowed"),
        ("&a [*a]\n", "1: nested more than 32 levels deep"),
    ],
)
def test_a_file_of_another_kind_is_told(complaints: Complaints, text: str, problem: str) -> None:
    assert complaints(text)[0].startswith(f"candidates.yaml:{problem}")


def test_deep_nesting_is_refused(complaints: Complaints) -> None:
    assert complaints("[" * 5000) == ["candidates.yaml:1: nested more than 32 levels deep"]


def test_a_huge_file_is_refused(complaints: Complaints) -> None:
    problem = "candidates.yaml:1: 1,100,000 bytes, but at most 1,000,000"
    assert complaints("#" * 1_100_000) == [problem]


def test_text_in_another_encoding_is_told(complaints: Complaints) -> None:
    text = entry("note: ä").encode("latin-1")
    assert complaints(text) == ["candidates.yaml:4: not UTF-8 text; save the file as UTF-8"]


def test_an_alias_bomb_is_refused(complaints: Complaints) -> None:
    names = "abcdefghi"
    bomb = "a: &a [1]\n" + "".join(
        f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in pairwise(names)
    )
    assert complaints(bomb) == ["candidates.yaml:1: more than 50,000 values, aliases included"]


def test_nothing_in_a_tag_is_run(complaints: Complaints, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    complaints(entry(f'note: !!python/object/apply:os.system ["touch {trace}"]'))
    assert not trace.exists()


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no such file; `sertify init` writes a first one"):
        read_candidates(tmp_path / "candidates.yaml")


def test_a_folder_in_place_of_the_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read: Is a directory"):
        read_candidates(tmp_path)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)
lenient = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@lenient
@given(st.binary() | st.text().map(str.encode))
def test_any_bytes_give_one_clear_error(complaints: Complaints, data: bytes) -> None:
    assert all(line.startswith("candidates.yaml:") for line in complaints(data))


@lenient
@given(
    st.dictionaries(st.sampled_from([*Requirements.model_fields]), anything),
    st.dictionaries(st.sampled_from([*Entry.model_fields, "nmae"]), anything),
)
def test_any_value_of_any_key_is_taken_or_told(
    read: Read, requirements: dict[str, Any], written: dict[str, Any]
) -> None:
    entries = [{"name": "x", "model": "org/name"} | written, {"requirements": requirements}]
    with pytest.raises(ConfigurationError, match=r"candidate 2: key 'name' is missing"):
        read(json.dumps({"requirements": requirements, "candidates": entries}))


# ------------------------------------------------------------------ schema and shipped files


def load(path: Path) -> Any:
    return YAML(typ="safe", pure=True).load(path)


def test_the_committed_schema_is_the_generated_one() -> None:
    assert json.loads(SCHEMA.read_text()) == schema(), (
        "write it anew: python -c 'import json, sertify.candidates.entries as c; "
        f"print(json.dumps(c.schema(), indent=2))' > {SCHEMA.name}"
    )


def test_every_key_has_a_description() -> None:
    body = schema()
    for model in [body, *body["$defs"].values()]:
        assert all(value["description"] for value in model["properties"].values())


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_shipped_file_is_valid(path: Path) -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    jsonschema.validate(load(path), schema())
    assert read_candidates(path)


@pytest.mark.parametrize(
    "change",
    [
        {"langauges": ["en"]},
        {"status": "foo"},
        {"status": "rejected"},
        {"reason": "random_head"},
        {"status": "rejected", "reason": "gated"},
        {"requirements": {"uar": {"min": 1.5}}},
        {"requirements": {"uar": {}}},
        {"requirements": {"uar": [{"min": 0.5}, {"mn": 0.5}]}},
        {"requirements": {"top_share": {"max": 0.5, "corpus": "calls"}}},
        {"trained_on": "ravdess"},
        {"feature_extractor": {"sampling_rate": "16k"}},
        {"labels": "neutral"},
        {"variants": ["fp32", "fp32"]},
        {"variants": ["int4"]},
        {"variants": []},
        {"name": "a b"},
    ],
    ids=str,
)
def test_the_schema_refuses_what_the_reader_refuses(
    complaints: Complaints, change: dict[str, Any]
) -> None:
    wrong = {"candidates": [{"name": "x", "model": "org/name", **change}]}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, schema())
    assert complaints(json.dumps(wrong))


@pytest.mark.parametrize(
    "key",
    [
        {"selection": {"weigths": {}}},
        {"selection": {"weights": {"speed": -1}}},
        {"selection": {"margin": 2}},
        {"corpora": {"calls": {"lable_map": {}}}},
        {"corpora": {"calls": 5}},
    ],
    ids=str,
)
def test_the_schema_refuses_it_outside_the_candidates_too(
    complaints: Complaints, key: dict[str, Any]
) -> None:
    wrong = {"candidates": [{"name": "x", "model": "org/name"}], **key}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, schema())
    assert complaints(json.dumps(wrong))


def test_the_schema_takes_a_limit_or_several() -> None:
    several = [{"min": 0.5}, {"min": 0.3, "corpus": "calls"}]
    for uar in ({"min": 0.5}, several, None):
        file = {
            "requirements": {"uar": uar},
            "candidates": [{"name": "x", "model": "org/name"}],
        }
        jsonschema.validate(file, schema())


def test_the_shipped_list_is_the_list_as_it_was_found() -> None:
    by_status: dict[str, list[str]] = {}
    for candidate in read_candidates(ROOT / "candidates.yaml"):
        by_status.setdefault(candidate.status, []).append(candidate.model)
    assert by_status["baseline"] == ["superb/wav2vec2-base-superb-er"]
    assert {status: len(models) for status, models in by_status.items()} == {
        "candidate": 5,
        "baseline": 1,
        "rejected": 7,
    }


def test_reading_candidates_imports_nothing_heavy() -> None:
    heavy = ["torch", "transformers", "huggingface_hub", "numpy", "pytest"]
    code = f"import sys, sertify.candidates.reading; print(*set({heavy}) & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == []
