"""Two runs are compared: what has changed, and whether that is more than noise."""

import json
import random
import re
from collections.abc import Callable
from pathlib import Path
from statistics import NormalDist
from typing import Any

import jsonschema
import pytest

from sertify.evidence.environment import decides_answers, describe_environment
from sertify.report import summary, terminal
from sertify.report.changes import since
from sertify.report.changes.significance import WITH_INTERVAL, Pair, clear
from sertify.report.page import page
from sertify.report.results.model.candidate import CandidateResult
from sertify.report.results.model.results import results_schema
from sertify.report.results.reading import read_results
from sertify.vocabulary.errors import ConfigurationError
from tests.meta.drawn_results import (
    Content,
    as_results,
    change,
    five_qualify,
    hostile_names,
    measurement,
    without_corpus,
)
from tests.meta.drawn_results import changes as drawn
from tests.meta.runs import Run

NAME = "wavlm-base"
GOOD = five_qualify()["candidates"][0]


@pytest.fixture
def old() -> Content:
    return five_qualify()


@pytest.fixture
def new() -> Content:
    return five_qualify()


def one(results: Content, name: str = NAME) -> Content:
    found: Content = next(each for each in results["candidates"] if each["name"] == name)
    return found


def compared(old: Content, new: Content, folder: Path) -> Content:
    """Compare with what was written, and make sure that it is what the schema allows."""
    (folder / "results.json").write_text(json.dumps(old), "utf-8")
    found: Content = json.loads(
        since.since(read_results(folder), as_results(new)).model_dump_json()
    )
    jsonschema.validate(found, {"$ref": "#/$defs/Changes", "$defs": results_schema()["$defs"]})
    return found


def moved(results: Content, number: str, to: float, spread: float = 0.04) -> None:
    """Give a candidate another number, as another commit would."""
    one(results)["numbers"][number] = measurement(number, to, spread=spread)
    one(results)["commit"] = "abcdef0" * 5


def numbers(found: Content) -> dict[str, str]:
    return {each["number"]: each["noise"] for each in found["candidates"] if each["number"]}


class TestFacts:
    def test_of_equal_runs_nothing_is_listed(
        self, old: Content, new: Content, tmp_path: Path
    ) -> None:
        found = compared(old, new, tmp_path)
        assert found["candidates"] == []
        assert found["environment"] == {}
        assert found["sentence"] == f"The selection is the same, {NAME}."
        assert not found["speech_changed"]
        assert found["created"] == old["created"]

    @pytest.mark.parametrize(
        ("before", "after", "sentence"),
        [
            ("a", "a", "The selection is the same, a."),
            ("a", "b", "Use b instead of a."),
            (None, "b", "Use b; there was no selection."),
            ("a", None, "There is no selection any more; it was a."),
            (None, None, "There is still no selection."),
        ],
    )
    def test_the_selection_comes_first(
        self,
        old: Content,
        new: Content,
        tmp_path: Path,
        before: str | None,
        after: str | None,
        sentence: str,
    ) -> None:
        old["selection"]["candidate"], new["selection"]["candidate"] = before, after
        found = compared(old, new, tmp_path)
        assert found["sentence"] == sentence
        assert found["selection"] == {"before": before, "after": after}

    def test_candidates_come_and_go(self, old: Content, new: Content, tmp_path: Path) -> None:
        one(old, "ast")["name"] = "gone"
        gone, come = (
            next(
                each for each in compared(old, new, tmp_path)["candidates"] if each["kind"] == kind
            )
            for kind in ("removed", "added")
        )
        assert (gone["name"], gone["before"], gone["after"]) == ("gone", "qualified", None)
        assert (come["name"], come["before"], come["after"]) == ("ast", None, "qualified")
        assert gone["sentence"] == "no longer a candidate; was qualified"

    def test_verdict_commit_and_labels(self, old: Content, new: Content, tmp_path: Path) -> None:
        one(new).update(verdict="rejected", reason="low_uar", commit="a1" * 20)
        one(new)["labels"] = ["ang", "hap", "sad", "fear"]
        found = compared(old, new, tmp_path)["candidates"]
        assert {each["kind"]: each["sentence"] for each in found} == {
            "verdict": "rejected (low_uar); was qualified",
            "commit": "judged at a1a1a1a; was 8f2b1c0",
            "labels": "labels changed: without neu; with fear",
        }
        assert {each["name"] for each in found} == {NAME}
        assert [each["kind"] for each in found] == ["verdict", "labels", "commit"]
        assert {each["noise"] for each in found} == {None}

    def test_another_reason_is_another_verdict(
        self, old: Content, new: Content, tmp_path: Path
    ) -> None:
        one(new, "asr")["reason"] = "no_config"
        (found,) = compared(old, new, tmp_path)["candidates"]
        assert (found["before"], found["after"]) == (
            "rejected (wrong_task)",
            "rejected (no_config)",
        )

    def test_another_model_of_the_same_name_is_told(
        self, old: Content, new: Content, tmp_path: Path
    ) -> None:
        one(new)["model"] = "else/where"
        (found,) = compared(old, new, tmp_path)["candidates"]
        assert found["sentence"] == (
            "judged at else/where at 8f2b1c0; was someone/wavlm-base at 8f2b1c0"
        )

    def test_what_matters_of_the_environment(
        self, old: Content, new: Content, tmp_path: Path
    ) -> None:
        new["environment"] |= {"torch": "2.7", "cpu": "Example 4000", "platform": "else"}
        found = compared(old, new, tmp_path)
        assert found["environment"] == {
            "torch": [None, "2.7"],
            "cpu": ["Example 3000", "Example 4000"],
        }
        assert found["sentence"].endswith("Other environment: torch, cpu.")

    def test_all_that_answers_depend_on_matters(self) -> None:
        every = decides_answers(describe_environment("cpu", threads=1))
        assert every.keys() <= {*since.ENVIRONMENT}


class TestEstimates:
    def test_a_clear_difference_is_more_than_noise(
        self, old: Content, new: Content, tmp_path: Path
    ) -> None:
        moved(new, "uar", 0.5)
        found = compared(old, new, tmp_path)
        assert numbers(found) == {"uar": "more"}
        (told,) = (each for each in found["candidates"] if each["number"])
        assert (told["before"], told["after"]) == (pytest.approx(0.81), 0.5)
        assert told["sentence"] == ("UAR 0.50; was 0.81 (worse, more than noise)")

    def test_a_small_one_is_within_it(self, old: Content, new: Content, tmp_path: Path) -> None:
        moved(new, "uar", 0.83)
        found = compared(old, new, tmp_path)
        assert numbers(found) == {"uar": "within"}
        (told,) = (each for each in found["candidates"] if each["number"])
        assert told["sentence"] == "UAR 0.83; was 0.81 (within noise)"

    def test_the_standard_errors_are_those_of_the_intervals(
        self, old: Content, new: Content, tmp_path: Path
    ) -> None:
        # Four are compared, so the least p has to be below 0.05 / 4.
        edge = NormalDist().inv_cdf(1 - 0.05 / 4 / 2) * (0.04 / 1.96) * 2**0.5
        for factor, noise in ((0.99, "within"), (1.01, "more")):
            moved(new, "uar", 0.81 - factor * edge)
            assert numbers(compared(old, new, tmp_path)) == {"uar": noise}

    def test_more_comparisons_need_more(self, old: Content, new: Content, tmp_path: Path) -> None:
        moved(new, "uar", 0.735)
        assert numbers(compared(old, new, tmp_path)) == {"uar": "more"}
        for each in new["candidates"]:
            each["commit"] = "another"
        assert numbers(compared(old, new, tmp_path)) == {"uar": "within"}

    def test_of_equal_models_few_are_told_apart(self) -> None:
        """At most 5 % of families of comparisons hold a false alarm, in 400 up to 7.5 %."""
        chance = random.Random(0)
        alarms = sum(bool(clear([_null(chance, n) for n in range(5)])) for _ in range(400))
        assert 0 < alarms <= 30

    def test_without_an_interval_nobody_knows(
        self, old: Content, new: Content, tmp_path: Path
    ) -> None:
        moved(new, "uar_own", 0.5, spread=0.0)
        found = compared(old, new, tmp_path)
        assert numbers(found) == {"uar_own": "unknown"}
        assert "it has no interval" in found["candidates"][-1]["sentence"]

    def test_on_other_speech_nothing_is_better(
        self, old: Content, new: Content, tmp_path: Path
    ) -> None:
        moved(new, "uar", 0.99)
        moved(new, "coverage", 0.5)
        new["corpus"]["fingerprint"] = "sha256:other"
        found = compared(old, new, tmp_path)
        assert found["speech_changed"]
        assert "no accuracy is called better or worse" in found["sentence"]
        assert numbers(found) == {"uar": "unknown", "coverage": "unknown"}
        assert not any("better," in each["sentence"] for each in found["candidates"])

    def test_a_corpus_that_was_not_there_is_other_speech(
        self, new: Content, tmp_path: Path
    ) -> None:
        assert compared(without_corpus(), new, tmp_path)["speech_changed"]
        assert not compared(without_corpus(), without_corpus(), tmp_path)["speech_changed"]

    def test_the_same_cannot_differ(self, old: Content, new: Content, tmp_path: Path) -> None:
        one(new)["numbers"]["uar"] = measurement("uar", 0.8101, spread=0.04)
        found = compared(old, new, tmp_path)
        assert numbers(found) == {"uar": "more"}
        assert "a contradiction: commit, speech and versions" in found["candidates"][0]["sentence"]
        assert "0.8101; was 0.81 (" in found["candidates"][0]["sentence"]
        assert "better" not in found["candidates"][0]["sentence"]

    @pytest.mark.parametrize("key", ["cpu", "threads"])
    def test_on_another_machine_it_may(
        self, old: Content, new: Content, tmp_path: Path, key: str
    ) -> None:
        one(new)["numbers"]["uar"] = measurement("uar", 0.8101, spread=0.04)
        new["environment"][key] = "another"
        found = compared(old, new, tmp_path)
        assert numbers(found) == {"uar": "within"}
        assert "contradiction" not in found["candidates"][0]["sentence"]

    def test_with_other_versions_it_may(self, old: Content, new: Content, tmp_path: Path) -> None:
        one(new)["numbers"]["uar"] = measurement("uar", 0.8101, spread=0.04)
        new["environment"]["torch"] = "2.7"
        assert numbers(compared(old, new, tmp_path)) == {"uar": "within"}

    def test_what_follows_from_clips_and_files_has_no_noise(
        self, old: Content, new: Content, tmp_path: Path
    ) -> None:
        moved(new, "coverage", 0.99)
        one(new)["numbers"]["parameters"]["value"] += 1
        one(new)["numbers"]["size_on_disk"]["value"] += 0.1
        found = compared(old, new, tmp_path)
        names = ("coverage", "parameters", "size_on_disk")
        assert numbers(found) == dict.fromkeys(names, "more")


def _null(chance: random.Random, place: int) -> Pair:
    """Draw a candidate twice whose numbers are the same in truth."""
    before, after = (_drawn(chance, place, commit) for commit in ("a", "b"))
    return Pair(before, after, speech=True, versions=True, machine=True)


def _drawn(chance: random.Random, place: int, commit: str) -> CandidateResult:
    found = GOOD | {"name": f"c{place}", "commit": commit}
    drawn = {
        name: measurement(name, chance.gauss(0.7, 0.02), spread=0.0392) for name in WITH_INTERVAL
    }
    return CandidateResult.model_validate(found | {"numbers": drawn})


def timed(
    results: Content, p50: float, spread: float = 1.1, noise: str = "", segment: float = 5.0
) -> None:
    """Give a candidate a time per segment, and the check that it is from."""
    measured = [
        measurement("time_p50", p50, "s"),
        measurement("time_p90", p50 * spread, "s"),
        measurement("segment", segment, "s"),
    ]
    one(results)["numbers"]["segment_time"] = measured[0]
    check = one(results)["gates"]["speed"]["checks"][0]
    check |= {"measurements": measured, "details": {"noise": noise} if noise else {}}


class TestTimes:
    @pytest.mark.parametrize(
        ("now", "spread", "noise"),
        [
            (1.3, 1.1, "more"),
            (0.7, 1.1, "more"),
            (1.15, 1.01, "within"),  # as runs differ on the same machine
            (1.3, 1.5, "within"),  # as rounds differ within a run
        ],
    )
    def test_by_their_spread(
        self, old: Content, new: Content, tmp_path: Path, now: float, spread: float, noise: str
    ) -> None:
        timed(old, 1.0, spread)
        timed(new, now, spread)
        found = compared(old, new, tmp_path)
        assert numbers(found) == {"segment_time": noise}
        word = {"within": "(within noise)"}.get(
            noise, f"({'worse' if now > 1 else 'better'}, more than noise)"
        )
        assert found["candidates"][0]["sentence"].endswith(word)

    @pytest.mark.parametrize(
        ("more", "environment", "why"),
        [
            ({"noise": "its threads waited"}, {}, "other work: its threads waited"),
            ({"segment": 10.0}, {}, "the length of the audio changed"),
            ({}, {"cpu": "Example 4000"}, "the hardware or its threads changed"),
            ({}, {"threads": "1"}, "the hardware or its threads changed"),
        ],
    )
    def test_that_cannot_be_compared(
        self,
        old: Content,
        new: Content,
        tmp_path: Path,
        more: dict[str, Any],
        environment: dict[str, str],
        why: str,
    ) -> None:
        timed(old, 1.0)
        timed(new, 3.0, **more)
        new["environment"] |= environment
        found = compared(old, new, tmp_path)
        assert numbers(found) == {"segment_time": "unknown"}
        assert why in found["candidates"][0]["sentence"]

    def test_of_an_earlier_version_that_had_no_90th_percentile(
        self, old: Content, new: Content, tmp_path: Path
    ) -> None:
        timed(old, 1.0, spread=1.4)
        timed(new, 1.3)
        one(old)["gates"]["speed"]["checks"][0]["measurements"][1]["name"] = "time_p95"
        assert numbers(compared(old, new, tmp_path)) == {"segment_time": "within"}

    def test_without_a_spread_nobody_knows(
        self, old: Content, new: Content, tmp_path: Path
    ) -> None:
        one(new)["numbers"]["segment_time"]["value"] *= 3
        found = compared(old, new, tmp_path)
        assert numbers(found) == {"segment_time": "unknown"}
        assert "its spread was not recorded" in found["candidates"][0]["sentence"]


class TestDamaged:
    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (lambda r: r.update(schema="other/2"), "is of schema 'other/2', but should be of"),
            (lambda r: r.pop("schema"), "is of schema None"),
            (lambda r: r.update(candidates={}), "has {} as candidates, but it should be a valid"),
            (lambda r: r.pop("candidates"), "has no candidates; it is damaged: give the"),
            (
                lambda r: one(r)["numbers"]["uar"].update(value="0.9"),
                "has '0.9' as candidates.1.numbers.uar.value, but it should be a valid number",
            ),
            (
                lambda r: one(r)["numbers"]["uar"].update(value=10**400),
                "as candidates.1.numbers.uar.value, but it should be",
            ),
            (
                lambda r: one(r)["numbers"]["uar"].update(value=float("nan")),
                "has nan as candidates.1.numbers.uar.value, but it should be a finite number",
            ),
            (
                lambda r: one(r)["numbers"]["uar"].update(low=0.9, high=0.1),
                "but low=0.9 should not be above high=0.1",
            ),
            (lambda r: one(r).update(verdict="fine"), "has 'fine' as candidates.1.verdict"),
            (lambda r: one(r).update(labels=[1]), "has 1 as candidates.1.labels.0"),
            (lambda r: r.update(selection=None), "has None as selection"),
            (lambda r: r.update(created="yesterday"), "has 'yesterday' as created"),
        ],
    )
    def test_a_damaged_value_is_named(
        self,
        old: Content,
        tmp_path: Path,
        change: Callable[[Content], None],
        message: str,
    ) -> None:
        change(old)
        file = tmp_path / "results.json"
        file.write_text(json.dumps(old), "utf-8")
        with pytest.raises(ConfigurationError, match=re.escape(message)) as error:
            read_results(file)
        assert str(error.value).startswith(f"--compare: {file} ")
        assert "give the results.json of an earlier run" in str(error.value)
        assert len(str(error.value)) < 500 + len(str(file))

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            (b"", "is no JSON"),
            (b"{", "is no JSON"),
            (b"\xff\xfe\xfa", "is no JSON"),
            (b"[" * 100_000, "nested"),
            (b"1" * 5000, "is no JSON"),
            (b"[]", "is of schema None"),
            (b"7", "is of schema None"),
            (
                b'{"schema": "sertify.results/2", "a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
                "nested",
            ),
        ],
    )
    def test_what_is_no_result_is_refused(self, tmp_path: Path, text: bytes, message: str) -> None:
        (tmp_path / "old.json").write_bytes(text)
        with pytest.raises(ConfigurationError, match=message):
            read_results(tmp_path / "old.json")

    def test_what_is_not_there_or_too_large_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigurationError, match=r"results\.json is not there; give the"):
            read_results(tmp_path)
        with (tmp_path / "large.json").open("wb") as file:
            file.truncate(2**26 + 1)
        with pytest.raises(ConfigurationError, match="is larger than 64 MB"):
            read_results(tmp_path / "large.json")

    def test_many_mistakes_are_told_as_one(self, old: Content, tmp_path: Path) -> None:
        old["candidates"] = [1] * 100_000
        (tmp_path / "results.json").write_text(json.dumps(old), "utf-8")
        with pytest.raises(ConfigurationError, match=r"has 1 as candidates\.0, but") as error:
            read_results(tmp_path)
        assert len(str(error.value)) < 500

    def test_long_strings_are_cut(self, old: Content, new: Content, tmp_path: Path) -> None:
        one(old, "ast").update(name="n" * 9999, reason="r" * 9999, verdict="rejected")
        one(old).update(labels=["l" * 9999], commit="c" * 9999)
        old["sertify"] = old["environment"]["cpu"] = "x" * 9999
        assert len(json.dumps(compared(old, new, tmp_path))) < 5000


class TestReports:
    def test_the_page_tells_what_matters_and_folds_the_rest(self) -> None:
        results = five_qualify()
        rows = [change("gone", "removed"), change(NAME, "number", "within", number="uar")]
        results["changes"] = drawn("a", NAME, *rows)
        text = page.draw_page(as_results(results))
        section = text[text.index('id="changes"') :].partition("</section>")[0]
        assert section.index("removed of gone") < section.index("<details")
        assert section.index("<details") < section.index(f"number of {NAME}")
        assert "1 difference within noise or not comparable" in section
        assert "2.7.0" in section
        assert 'id="changes"' not in page.draw_page(as_results(five_qualify()))

    def test_hostile_names_show_as_text(self) -> None:
        results = hostile_names()
        section = (
            page.draw_page(as_results(results))
            .partition('id="changes"')[2]
            .partition("</section>")[0]
        )
        assert "&lt;script&gt;alert(1)" in section
        assert "<script" not in section
        assert "<img" not in section

    @pytest.mark.parametrize("many", [0, 1, 5, 50])
    def test_the_summary_has_eight_lines_and_the_terminal_six(self, many: int) -> None:
        results = five_qualify()
        rows = [
            change(NAME, "verdict", sentence=f"no {place}, " + "and so on " * 5)
            for place in range(many)
        ]
        results["changes"] = drawn("a", NAME, *rows, change(NAME, "number", "unknown"))
        plain = five_qualify()
        more = set(summary.draw_summary(as_results(results)).splitlines()) - set(
            summary.draw_summary(as_results(plain)).splitlines()
        )
        assert len(more) == min(many + 1, 8)
        assert not any("number of" in line for line in more)
        assert any(f"{many - 6} more in the report" in line for line in more) == (many > 7)
        for width in (60, 100):
            drawn_lines, without = (
                list(terminal.lines(as_results(r), width)) for r in (results, plain)
            )
            assert 1 <= len(drawn_lines) - len(without) <= 6
            assert all(len(line) <= width for line, _ in drawn_lines)

    def test_results_of_an_earlier_version_are_drawn(self) -> None:
        results = five_qualify()
        del results["changes"]
        assert "Since the last run" not in summary.draw_summary(as_results(results))
        assert "Since the last run" not in "".join(
            text for text, _ in terminal.lines(as_results(results))
        )


class TestRuns:
    def test_a_run_is_compared_with_what_it_writes_over(
        self, run: Run, some_speech: Path, write: Callable[..., Path]
    ) -> None:
        args = ("-m", "not speed", "--data", some_speech)
        first = run(*args, candidates=write("baseline-tiny", "wav2vec2-tiny"))
        assert first.results["changes"] is None
        before = first.results
        again = run(*args, "--compare", first.reports, candidates=write("wav2vec2-tiny"))
        found = again.results["changes"]
        assert found["created"] == before["created"]
        assert not found["speech_changed"]
        # The other one was judged anew, and is the same to the last digit.
        (gone,) = found["candidates"]
        assert (gone["name"], gone["kind"]) == ("baseline-tiny", "removed")
        assert "Since the last run: There is still no selection." in again.output
        assert "baseline-tiny: no longer a candidate" in again.output
        assert "no longer a candidate" in (again.reports / "index.html").read_text("utf-8")

    def test_a_file_that_is_not_there_is_told_at_once(self, run: Run, tmp_path: Path) -> None:
        outcome = run("--compare", tmp_path / "gone.json")
        assert outcome.code == pytest.ExitCode.USAGE_ERROR
        assert f"--compare: {tmp_path / 'gone.json'} is not there; give the" in outcome.output
        assert not (outcome.reports / "results.json").exists()
