"""Robustness, fairness and the worst group are asked for in a line, and mistakes there are told."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sertify.candidates.reading import Candidate, read_candidates
from sertify.candidates.requirements import Requirements
from sertify.vocabulary.conditions import Condition, conditions_named, standard_conditions
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.outcomes import Bound

Read = Callable[..., Candidate]

ENTRY = "\ncandidates:\n  - {name: a, model: org/a}\n"


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def of(requirements: str, entry: str = ENTRY) -> Candidate:
        path = tmp_path / "candidates.yaml"
        path.write_text(f"requirements:\n{requirements}{entry}", encoding="utf-8")
        return read_candidates(path)[0]

    return of


# ------------------------------------------------------------------ what is asked


def test_neither_gate_is_asked_unless_it_is_written(read: Read) -> None:
    asked = read("  min_labels: 4").requirements
    assert not asked.asks("robustness")
    assert not asked.asks("fairness")
    assert asked.groups == ()


@pytest.mark.parametrize("written", ["true", "{}", "\n    clips: 60"])
def test_a_line_turns_robustness_on_with_the_usual_conditions(read: Read, written: str) -> None:
    asked = read(f"  robustness: {written}").requirements
    assert asked.asks("robustness")
    assert asked.robustness is not None
    assert asked.robustness.asked() == standard_conditions()
    assert asked.robustness.clips == 60


@pytest.mark.parametrize("written", ["false", "null", ""])
def test_a_line_turns_it_off(read: Read, written: str) -> None:
    assert not read(f"  robustness: {written}\n  fairness: {written}").requirements.asks("fairness")


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("phone", ["mulaw 25 dB", "alaw 25 dB", "gsm 25 dB"]),
        ("[opus, babble 20 dB]", ["opus 24 kbit/s", "opus 12 kbit/s", "babble 20 dB"]),
        ("[babble 20, noise]", None),
        ("{conditions: [gain -12 dB]}", ["gain -12 dB"]),
        ("[reverb 0.5 s, reverb 0.5]", ["reverb 0.5 s"]),
    ],
)
def test_conditions_are_named_by_family_kind_or_severity(
    read: Read, written: str, names: list[str] | None
) -> None:
    asked = read(f"  robustness: {written}").requirements.robustness
    assert asked is not None
    told = [str(condition) for condition in asked.asked()]
    assert len(set(told)) == len(told)
    if names is None:
        assert told[0] == "babble 20 dB"
        assert {one.family for one in asked.asked()} == {"noise"}
    else:
        assert told == names


def test_a_candidate_has_its_own_in_place_of_those_for_all(read: Read) -> None:
    entry = ENTRY.replace("org/a", "org/a, requirements: {robustness: [phone], fairness: null}")
    own = read("  robustness: true\n  fairness: true", entry).requirements
    assert own.robustness is not None
    assert {one.family for one in own.robustness.asked()} == {"phone"}
    assert not own.asks("fairness")


@pytest.mark.parametrize(
    ("written", "groups", "named"),
    [
        ("fairness: true", ("gender", "pitch"), False),
        ("fairness: accent", ("accent",), True),
        ("fairness: [gender, 나이]", ("gender", "나이"), True),
        ("fairness: {uar: {max: 0.1}}", ("gender", "pitch"), False),
        ("worst_group: {min: 0.35}", ("gender", "pitch"), False),
    ],
)
def test_groups_are_named_or_the_usual_ones(
    read: Read, written: str, groups: tuple[str, ...], *, named: bool
) -> None:
    asked = read(f"  {written}").requirements
    assert asked.asks("fairness")
    assert asked.groups == groups
    assert (asked.fairness is not None and asked.fairness.named) is named


# ------------------------------------------------------------------ which limit holds


@pytest.mark.parametrize(
    ("condition", "most"),
    [
        ("babble 20 dB", 0.05), ("babble 30 dB", 0.05), ("babble 15 dB", 0.1),
        ("bursts 10 dB", 0.1), ("babble 0 dB", None), ("gsm 25 dB", 0.05), ("opus 12 kbit/s", 0.05),
        ("loss 20 %", 0.05), ("reverb 0.3 s", 0.1), ("reverb 0.5 s", 0.1), ("reverb 1 s", None),
        ("response", None), ("gain -12 dB", None), ("lowpass 4000 Hz", None), ("mp3 32", None),
    ],
)  # fmt: skip
def test_what_may_be_lost_where_nothing_is_written(condition: str, most: float | None) -> None:
    asked = Requirements.model_validate({"robustness": True}).robustness
    assert asked is not None
    (one,) = conditions_named(condition)
    assert asked.limit("drop", one) == (None if most is None else Bound(max=most))
    assert asked.limit("unchanged", one) is None


def test_the_limit_that_is_the_most_about_a_condition_holds(read: Read) -> None:
    asked = read(
        "  robustness:\n    drop:\n      - {max: 0.1}\n      - {max: 0.2, condition: noise}\n"
        "      - {max: 0.3, condition: babble}\n      - {max: 0.4, condition: babble 10 dB}\n"
        "    unchanged: {min: 0.6, condition: phone}"
    ).requirements.robustness
    assert asked is not None
    limits = {
        str(one): asked.limit("drop", one)
        for one in (Condition("babble", 10), Condition("babble", 20), Condition("pink", 20))
    }
    assert [bound and bound.max for bound in limits.values()] == [0.4, 0.3, 0.2]
    assert asked.limit("drop", Condition("gain", -12)) == Bound(max=0.1)
    phone = asked.limit("unchanged", Condition("mulaw", 25))
    assert phone is not None
    assert phone.min == 0.6
    assert asked.limit("unchanged", Condition("gain", -12)) is None


def test_no_limit_is_another_thing_than_none_written(read: Read) -> None:
    asked = read("  robustness: {drop: null}").requirements.robustness
    assert asked is not None
    assert asked.limit("drop", Condition("babble", 20)) is None


def test_evidence_knows_which_limits_it_was_judged_by(read: Read) -> None:
    written = ["min_labels: 5", "robustness: true", "robustness: {drop: null}",
               "robustness: {clips: 30}", "fairness: true", "worst_group: {min: 0.3}",
               "fairness: [gender, pitch]", "fairness: {recall: null}"]  # fmt: skip
    fingerprints = [read(f"  {one}").fingerprint for one in written]
    assert len(set(fingerprints)) == len(written)
    assert read("  robustness: null\n  worst_group: null").fingerprint == fingerprints[0]


# ------------------------------------------------------------------ streaming


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("streaming: true", (0.5, 1, 2, 3, 5)),
        ("streaming: [2, 0.3]", (0.3, 2)),
        ("streaming: {clips: 20}", (0.5, 1, 2, 3, 5)),
        ("seconds_needed: {max: 1.5}", (0.5, 1, 1.5, 2, 3, 5)),
        ("seconds_needed: {max: 2}\n  streaming: [1]", (1, 2)),
        ("flips_per_minute: {max: 0}", (0.5, 1, 2, 3, 5)),
    ],
)
def test_a_line_turns_streaming_on_and_a_limit_does_and_is_heard(
    read: Read, written: str, seconds: tuple[float, ...]
) -> None:
    asked = read(f"  {written}").requirements
    assert asked.asks("streaming")
    assert asked.streamed.seconds == seconds
    assert not read("  streaming: false\n  seconds_needed: null").requirements.asks("streaming")


def test_what_is_asked_of_streaming_is_part_of_the_entry(read: Read) -> None:
    written = ["min_labels: 5", "streaming: true", "streaming: [1, 2]", "streaming: {window: 1}",
               "seconds_needed: {max: 2}", "flips_per_minute: {max: 2}"]  # fmt: skip
    fingerprints = [read(f"  {one}").fingerprint for one in written]
    assert len(set(fingerprints)) == len(written)
    assert read("  streaming: null\n  seconds_needed: null").fingerprint == fingerprints[0]


# ------------------------------------------------------------------ mistakes


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("robustness: nois", "no condition is called 'nois'; did you mean 'noise'?"),
        ("robustness: [babbel 20 dB]", "no condition is called 'babbel'; did you mean 'babble'?"),
        ("robustness: [babble 90 dB]", "its severity is 90.0, but should be a number from -20"),
        ("robustness: [babble loud]", "is no condition; it should be babble 20 dB"),
        ("robustness: [response 3]", "response has no severities"),
        (
            "robustness: 14",
            "robustness is 14, but should be true, or conditions such as [noise, phone]",
        ),
        ("robustness: {clip: 60}", "unknown key 'clip' in requirements.robustness; did you mean"),
        ("robustness: {clips: 3}", "robustness.clips is 3, but should be at least 10"),
        ("robustness: {drop: {min: 0.1}}", "drop needs max, and no min"),
        ("robustness: {drop: {max: 5}}", "max is 5, but should be at most 1"),
        ("robustness: {unchanged: {max: 0.1}}", "unchanged needs min, and no max"),
        ("robustness: {drop: [{max: 0.1}, {max: 0.2}]}", "limits the same condition twice"),
        ("robustness: {drop: {max: 0.1, conditon: noise}}", "did you mean 'condition'?"),
        (
            "robustness: {drop: {max: 0.1, condition: nois}}",
            "robustness.drop.condition has an unknown condition: no condition is called 'nois'",
        ),
        (
            "robustness: {drop: {max: 0.1, condition: mp3 16}}",
            "robustness limits drop in mp3 16 kbit/s, in which it is not heard; name that under",
        ),
        (
            "robustness: {conditions: [noise], unchanged: {min: 0.1, condition: phone}}",
            "robustness limits unchanged in phone, in which it is not heard; name that under",
        ),
        ("robustness: {drop: 0.1}", "drop is 0.1, but should be a mapping such as {max: 0.1}"),
        ("robustness: {unchanged: 0.1}", "but should be a mapping such as {min: 0.5}"),
        ("fairness: {share: 0.1}", "but should be a mapping such as {max: 0.1}"),
        ("fairness: []", "fairness is an empty list, but should be a list of at least 1"),
        ("fairness: ['']", "is '', but should be some text"),
        (f"fairness: [{'x' * 61}]", "but should be text of at most 60 characters"),
        ("fairness: [gender, Gender]", "has a name twice"),
        ("fairness: ['a@b']", "has a name with @"),
        ("fairness: {uar: {min: 0.1}}", "uar needs max, and no min"),
        ("fairness: {uar: {max: 0.1, corpus: x}}", "unknown key 'corpus'"),
        ("fairness: {f1: {max: 0.1}}", "unknown key 'f1' in requirements.fairness"),
        ("streaming: 2", "streaming is 2, but should be true, or seconds such as [0.5, 1, 2]"),
        ("streaming: []", "streaming is an empty list, but should be a list of at least 1"),
        ("streaming: [1, 1.0]", "has a number twice"),
        ("streaming: [0.05]", "is 0.05, but should be at least 0.1"),
        (
            "streaming: {second: [1]}",
            "unknown key 'second' in requirements.streaming; did you mean",
        ),
        ("streaming: fast", "is 'fast', but should be true, or seconds such as [0.5, 1, 2]"),
        ("streaming: {window: 12}", "window is 12, but should be at most 10"),
        ("seconds_needed: 2", "seconds_needed is 2, but should be a mapping such as {max: 2}"),
        ("seconds_needed: {min: 2}", "seconds_needed needs max, and no min"),
        ("seconds_needed: {max: 0}", "max is 0, but should be at least 0.1"),
        ("flips_per_minute: {min: 1, max: 2}", "flips_per_minute needs max, and no min"),
        ("flips_per_minute: {max: 1, corpus: x}", "unknown key 'corpus'"),
        ("worst_group: 0.35", "worst_group is 0.35, but should be a mapping such as {min: 0.5}"),
        ("worst_group: {max: 0.35}", "worst_group needs min, and no max"),
    ],
)
def test_a_mistake_is_told_in_one_line(read: Read, written: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        read(f"  {written}")
    (told,) = str(raised.value).splitlines()
    assert told.startswith("candidates.yaml:2: ")
    assert said in told


# ------------------------------------------------------------------ reasons


@pytest.mark.parametrize("code", ["not_robust:phone", "unfair:accent", "low_worst_group:나이"])
def test_a_rejection_names_what_it_is_about(read: Read, code: str) -> None:
    entry = ENTRY.replace("org/a", f"org/a, status: rejected, reason: '{code}'")
    asked = "  robustness: true\n  fairness: [accent, 나이]\n  worst_group: {min: 0.3}"
    assert read(asked, entry).reasons == (code,)


def test_a_rejection_of_streaming_goes_with_its_limit(read: Read) -> None:
    entry = ENTRY.replace("org/a", "org/a, status: rejected, reason: needs_long_speech")
    assert read("  seconds_needed: {max: 1}", entry).reasons == ("needs_long_speech",)


@pytest.mark.parametrize(
    ("code", "asked", "hint"),
    [
        ("unfair:gendr", "fairness: true", "; did you mean 'unfair:gender'?"),
        ("unfair:Gender", "fairness: gender", "; did you mean 'unfair:gender'?"),
        ("unfair:x", "fairness: [language, pitch]", "; did you mean 'unfair:pitch'?"),
        ("unfair:gender", "robustness: true", "; its requirements ask for no such thing"),
        ("low_worst_group:gender", "fairness: true", "; its requirements ask for no such thing"),
        ("not_robust:phone", "fairness: true", "; its requirements ask for no such thing"),
        ("not_robust:phone", "robustness: noise", "; did you mean 'not_robust:noise'?"),
        ("needs_long_speech", "streaming: true", "; its requirements ask for no such thing"),
        ("unsteady", "seconds_needed: {max: 1}", "; its requirements ask for no such thing"),
    ],
)
def test_a_rejection_that_no_check_looks_for_is_a_mistake(
    read: Read, code: str, asked: str, hint: str
) -> None:
    """Else a run would be green whatever becomes of the candidate."""
    entry = ENTRY.replace("org/a", f"org/a, status: rejected, reason: '{code}'")
    with pytest.raises(ConfigurationError) as raised:
        read(f"  {asked}", entry)
    assert str(raised.value) == (
        f'candidates.yaml:4: candidate "a": reason is {code!r}, which no check of it could find'
        f"{hint}"
    )


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("not_robust", "did you mean 'not_robust:"),
        ("not_robust:phones", "did you mean 'not_robust:phone'"),
        ("unfair", "did you mean 'unfair:gender'"),
        ("unfair:", "did you mean 'unfair:gender'"),
        ("low_uar:gender", "which is not a reason to reject"),
    ],
)
def test_a_reason_without_it_is_a_mistake(read: Read, code: str, said: str) -> None:
    entry = ENTRY.replace("org/a", f"org/a, status: rejected, reason: '{code}'")
    with pytest.raises(ConfigurationError, match=said):
        read("  robustness: true", entry)
