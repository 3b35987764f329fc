"""The summary in the terminal says in few lines what is wrong, for whom, and what would mend it."""

from pathlib import Path

import pytest

from sertify.report import sentences, summary, terminal
from sertify.report.results import speech
from sertify.report.results.model.speech import CorpusResult
from sertify.report.text_columns import width_of
from tests.meta.drawn_results import (
    Content,
    as_results,
    build,
    five_qualify,
    measurement,
    qualified,
    rejected,
)
from tests.meta.runs import Run
from tests.meta.selection.test_verdicts import judged, passed, record

LOW = "uar=0.36 [0.32, 0.40], but should be at least 0.5 with 95% confidence"
LONG = "wav2vec2-large-xlsr-speech-emotion-recognition-{}-한국어"


def unexpected(name: str, reason: str, at: str = "loadability", **more: object) -> Content:
    """Return one that falls short although candidates.yaml does not say so."""
    return rejected(name, reason, at) | {"status": "candidate", "expected": []} | more


def twenty() -> Content:
    """Return results of ten that qualify and ten that do not, all with long names."""
    good = [qualified(LONG.format(number), 0.8 - number / 50, 0.00571) for number in range(10)]
    bad = [unexpected(LONG.format(number), "label_count_mismatch") for number in range(10, 20)]
    return build([*good, *bad], LONG.format(0), "Use the first.")


def shown(results: Content, width: int = 100) -> list[str]:
    return [text for text, _ in terminal.lines(as_results(results), width)]


@pytest.mark.parametrize("width", [80, 100])
def test_twenty_candidates_fit_and_are_told_apart(width: int) -> None:
    drawn = shown(twenty(), width)
    assert max(map(width_of, drawn)) <= width
    table = drawn[1 : drawn.index("")]
    assert len(table) == 20 + 2
    assert len({line.split(" ")[0] for line in table}) == 20 + 2
    assert sum("0.78 [.74, .82]" in line for line in table) == 1
    assert sum(line.endswith("label_count_mismatch") for line in table) == 10


def test_a_narrow_terminal_shows_less_before_it_cuts_names() -> None:
    assert shown(twenty(), 100)[0].split()[-3:] == ["own", "time", "verdict"]
    assert shown(twenty(), 120)[0].split()[-3:] == ["time", "RTF", "verdict"]
    assert shown(twenty(), 80)[0].split()[-3:] == ["4", "emotions", "verdict"]


def test_who_falls_short_unexpectedly_is_told_with_the_cure() -> None:
    results = five_qualify()
    results["candidates"].append(unexpected("dusk", "random_head"))
    drawn = shown(results)
    assert "dusk: random_head found in dusk, but should not be → use another model" in drawn
    assert not any(line.startswith("dawn: random_head") for line in drawn)


def test_more_than_eight_are_folded_and_long_messages_cut() -> None:
    bad = [unexpected(f"m-{number}", "random_head", message="x " * 200) for number in range(11)]
    drawn = shown(build(bad, None, "No candidate qualified."))
    told = [line for line in drawn if ": x x" in line]
    assert [line.split(":")[0] for line in told] == [f"m-{number}" for number in range(8)]
    assert "and 3 more in the report" in drawn
    assert sum("… → use another model" in line for line in drawn) == 8


def test_a_baseline_that_fails_says_why_and_is_not_to_be_mended() -> None:
    facts = {"status": "baseline", "verdict": "baseline", "message": LOW}
    baseline = unexpected("naive", "low_uar", "accuracy", **facts)
    baseline["numbers"] = {"uar": measurement("uar", 0.3, spread=0.04)}
    drawn = shown(build([baseline], None, "No candidate qualified."))
    assert drawn[1].endswith("  baseline: low_uar")
    assert f"naive: {LOW}" in drawn


def test_every_report_says_what_models_computed_in() -> None:
    results = five_qualify()
    assert not any("computed in" in text for text in sentences.doubts(as_results(results)))
    results["environment"]["dtype"] = "bfloat16"
    assert any(line.startswith("computed in bfloat16: ") for line in shown(results))
    assert "computed in bfloat16" in summary.draw_summary(as_results(results))
    results["environment"]["dtype"] = "mixed"
    (said,) = (each for each in sentences.doubts(as_results(results)) if "--dtype mixed" in each)
    assert said.startswith("answers are in fewer bits where these could not change a label: ")


def facts(name: str, clips: int) -> Content:
    whole: Content = five_qualify()["corpus"]
    return whole | {"name": name, "emotions": {"anger": clips, "fear": clips}, "clips": 2 * clips}


def references(corpus: Content, *unread: str) -> Content:
    """Return the references of a corpus of which some files could not be read."""
    rejected = [{"file": file, "reason": "no audio"} for file in unread]
    return speech.references(CorpusResult.model_validate(corpus | {"rejected": rejected}))


def test_what_is_not_judged_yet_names_the_speech_that_is_missing() -> None:
    checks = ("test_uar", "test_uar@together", "test_uar@emodb", "test_uar@language-ko")
    others = passed("loadability", "labels", "degeneracy", "speed")
    found = judged([*others, record("accuracy", checks[1], siblings=checks)])
    assert found.message == "not judged yet: accuracy (emodb, speech in ko)"
    rest = [record("accuracy", check, siblings=checks) for check in checks[1:]]
    assert judged([*others, *rest]).message == ""


def test_speech_that_nobody_could_hear_has_no_references() -> None:
    assert references(facts("a", 1), "1.wav")["random"]
    assert references(facts("a", 1), "1.wav", "2.wav") == {}


def test_what_guessing_scores_is_over_the_emotions_that_count() -> None:
    corpus = CorpusResult.model_validate(
        facts("a", 50) | {"emotions": {"anger": 50, "fear": 50, "joy": 50, "calm": 2}}
    )
    assert speech.references(corpus)["random"]["uar"] == 1 / 3
    needed = speech.references(corpus, ["calm", "fear", "contempt"])
    assert needed["random"]["uar"] == needed["majority"]["uar"] == 1 / 2
    assert speech.references(corpus, ["calm", "contempt"]) == {}


def test_a_corpus_that_nobody_could_hear_does_not_count_among_several() -> None:
    heard, unheard = facts("a", 2), facts("b", 1) | {"emotions": {"anger": 1, "joy": 1, "fear": 1}}
    unheard |= {"clips": 3}
    joined = facts("a + b", 3) | {"clips": 7} | {"emotions": {}, "parts": [heard, unheard]}
    alone = references(heard)
    assert references(joined) != alone
    assert references(joined, "b/1.wav", "b/2.wav", "b/3.wav") == alone


def test_checks_that_are_not_reached_are_told_in_a_line(run: Run, write: object) -> None:
    assert callable(write)
    listing: Path = write("not-found", status="candidate", reason=None)
    outcome = run("-rs", "-m", "labels", candidates=listing)
    told = [line for line in outcome.output.splitlines() if line.startswith("SKIPPED")]
    (skipped,) = told
    assert skipped.startswith("SKIPPED [5] ")
    assert skipped.endswith("[not-found]")


def test_what_is_measured_has_a_unit_in_junit(run: Run, write: object) -> None:
    assert callable(write)
    outcome = run("-m", "speed", candidates=write("wav2vec2-tiny"))
    (timed,) = [case for case in outcome.of("wav2vec2-tiny") if case.gate == "speed"]
    units = {value.partition(" ")[2] for value in timed.properties.values() if " " in value}
    assert {"s", "1", "s/s", "MB", "weights"} <= units
    assert units <= {"s", "1", "s/s", "MB", "weights", "threads", "cores", "J"}
    assert timed.properties["measured:throughput"].endswith(" s/s")
