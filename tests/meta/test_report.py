"""The reports say what results.json says, whoever named the models."""

import base64
import doctest
import hashlib
import json
import re
import unicodedata
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from sertify.outcomes import GATES
from sertify.report import markdown, page, terminal, wording, write
from sertify.report.wording import standing

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "\x1b[31mred\x1b[0m\x1b]0;title\x07\x08",
    "a|b`c`@torvalds #1 [x](https://evil.example) www.evil.example",
    "한국어-감정-모델",
    "\u202egnp.exe مرحبا",
    "long-" * 40,
    "undecodable \udcff",
)
EMOTIONS = ("anger", "happiness", "neutral", "sadness")
ACTIVE = {"script", "img", "iframe", "link", "object", "embed", "form", "input", "base", "audio"}
Results = dict[str, Any]


def measurement(name: str, value: float, unit: str = "1", spread: float = 0.0) -> Results:
    interval = {"low": value - spread, "high": value + spread, "n": 418} if spread else {}
    return {"name": name, "value": value, "unit": unit, **interval}


def check(name: str, outcome: str = "PASS", reason: str | None = None, **more: Any) -> Results:
    fields = {"message": "", "requirement": "", "measurements": [], "details": {}}
    stamp = {"judged_at": "2026-11-22T17:59:00+00:00", "corpus": ""}
    return {"check": f"test_{name}", "outcome": outcome, "reason": reason, **fields, **stamp} | more


def gate(outcome: str | None, *checks: Results) -> Results:
    return {"outcome": outcome, "checks": list(checks)}


def accuracy_gate(uar: float) -> Results:
    counts = [[40, 3, 5, 2], [4, 30, 10, 6], [2, 2, 55, 1], [0, 9, 8, 43]]
    confusion = {"labels": [*EMOTIONS], "columns": [*EMOTIONS], "counts": counts}
    return gate(
        "PASS",
        check(
            "unweighted_average_recall",
            requirement="at least 0.5 with 95% confidence",
            measurements=[measurement("uar", uar, spread=0.04)],
            details={"confusion": confusion},
        ),
        check(
            "recall_of_each_emotion",
            measurements=[measurement(f"recall:{e}", 0.6, spread=0.1) for e in EMOTIONS],
        ),
    )


def qualified(name: str, uar: float, seconds: float) -> Results:
    labels = check(
        "has_enough_labels",
        requirement="at least 4",
        measurements=[measurement("labels", 4, "labels")],
    )
    gates = {name: gate("PASS", check(f"{name}_holds")) for name in GATES}
    numbers = [
        measurement("uar", uar, spread=0.04),
        measurement("uar_all", uar - 0.02, spread=0.04),
        measurement("accuracy", uar + 0.03, spread=0.03),
        measurement("macro_f1", uar - 0.01, spread=0.04),
        measurement("coverage", 1.0),
        measurement("segment_time", seconds, "s"),
        measurement("real_time_factor", seconds / 5),
        measurement("peak_memory", 1264.0, "MB"),
        measurement("parameters", 94_371_712, "weights"),
        measurement("size_on_disk", 378.3, "MB"),
    ]
    return candidate(
        name,
        verdict="qualified",
        gates=gates | {"labels": gate("PASS", labels), "accuracy": accuracy_gate(uar)},
        numbers={each["name"]: each for each in numbers},
        labels=["ang", "hap", "neu", "sad"],
        emotions=list(EMOTIONS),
    )


def rejected(name: str, reason: str, at: str = "loadability", outcome: str = "FAIL") -> Results:
    message = f"{reason} found in {name}, but should not be"
    failed = check(f"{at}_holds", outcome, reason, message=message, details={"keys": [name] * 3})
    judged = [gate("PASS", check(f"{g}_holds")) for g in GATES[: GATES.index(at)]]
    judged += [gate(outcome, failed), *[gate("NOT_REACHED")] * len(GATES)]
    verdict = "rejected" if outcome == "FAIL" else "undecided"
    return candidate(
        name,
        status="rejected",
        expected=[reason],
        verdict=verdict,
        gate=at,
        reason=reason,
        message=message,
        cure="use another model",
        gates=dict(zip(GATES, judged, strict=False)),
    )


def candidate(name: str, **more: Any) -> Results:
    return {
        "name": name,
        "model": f"someone/{name}",
        "revision": "main",
        "commit": "8f2b1c0d" * 5,
        "status": "candidate",
        "expected": [],
        "gate": None,
        "reason": None,
        "message": "",
        "languages": ["en"],
        "licence": "apache-2.0",
        "note": None,
        "loader": "transformers",
        "architecture": "HubertForSequenceClassification",
        "remarks": [f"It is not easy to load {name}."],
        "repository": {"licence": "mit", "languages": [], "gated": None},
        "labels": [],
        "emotions": [],
        "cure": None,
        "numbers": {},
    } | more


def build(candidates: list[Results], chosen: str | None, sentence: str, **more: Any) -> Results:
    scores = {"accuracy": 0.25, "uar": 0.25, "macro_f1": 0.2487}
    corpus = {
        "name": "our-calls",
        "path": "our-calls",
        "fingerprint": "sha256:5f2e",
        "clips": 420,
        "judged": 418,
        "rejected": [{"file": "a/b.wav", "reason": "no audio"}, {"file": "c.wav", "reason": "0 s"}],
        "emotions": dict.fromkeys(EMOTIONS, 105),
        "speakers": 8,
        "languages": ["en"],
        "labelled": True,
        "warnings": ["sadness has fewer than 100 clips"],
    }
    tied = [each["name"] for each in candidates[1:2]] if chosen else []
    stale = {"candidate": "hubert-base", "gate": "speed", "commit": "1234567", "corpus": None}
    return {
        "schema": "sertify.results/1",
        "sertify": "0.1.0",
        "created": "2026-11-22T18:00:00+00:00",
        "command": "pytest --data our-calls",
        "selection": {"candidate": chosen, "tied": tied, "pareto": tied, "sentence": sentence},
        "candidates": candidates,
        "references": {"random": scores, "majority": scores},
        "corpus": corpus,
        "environment": {"python": "3.11.7", "cpu": "Example 3000", "cores": "2", "device": "cpu"},
        "stale": [stale | {"why": "measured on another machine"}],
        "moved": {one["name"]: "8f2b1c" for one in candidates[:1]},
    } | more


@pytest.fixture
def results() -> Results:
    """Five that qualify, six that do not."""
    bad = [
        rejected("dawn", "random_head"),
        rejected("asr", "wrong_task"),
        rejected("missing", "not_found"),
        rejected("three-labels", "too_few_labels", "labels"),
        rejected("always-neutral", "constant_prediction", "degeneracy"),
        rejected("private", "gated", outcome="BLOCKED"),
    ]
    good = [
        qualified("hubert-base", 0.81, 0.62),
        qualified("wavlm-base", 0.83, 0.66),
        qualified("wav2vec2-large-xlsr-speech-emotion", 0.74, 1.71),
        qualified("ast", 0.66, 2.12),
        qualified("distil", 0.61, 0.0123),
    ]
    sentence = "Use wavlm-base: the highest UAR over all clips 0.81 [0.77, 0.85] of 5 qualified."
    return build([*good, *bad], "wavlm-base", sentence)


@pytest.fixture
def nothing_qualified() -> Results:
    sentence = "No candidate qualified; asr came closest, rejected by loadability."
    return build([rejected("asr", "wrong_task")], None, sentence)


@pytest.fixture
def no_corpus() -> Results:
    only = qualified("ast", 0.6, 0.2)
    only["gates"]["accuracy"] = gate(None)
    only["numbers"] = {"segment_time": measurement("time_p50", 0.2, "s")}
    return build([only], "ast", "Use ast: the only one.", corpus=None, references={}, stale=[])


@pytest.fixture
def hostile() -> Results:
    """Strings that strangers chose, wherever strangers choose strings."""
    good = [qualified(text, 0.7, 0.5) for text in HOSTILE]
    bad = [rejected(f"{text} too", "random_head") for text in HOSTILE]
    results = build([*good, *bad], HOSTILE[0], f"Use {HOSTILE[0]}: {' '.join(HOSTILE)}")
    results["corpus"]["rejected"] = [{"file": text, "reason": text} for text in HOSTILE]
    for each in results["candidates"]:
        each |= {"labels": [*HOSTILE], "note": HOSTILE[0], "licence": HOSTILE[1]}
    return results


class Reader(HTMLParser):
    """What a browser sees: elements, texts, and the rows of tables."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[list[str]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element, and open a row or a cell."""
        self.elements.append((tag, dict(attrs)))
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_data(self, data: str) -> None:
        """Note a text, in its cell where it is in a table."""
        self.text += data
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] = " ".join(f"{self.rows[-1][-1]} {data}".split())


EVERY = pytest.mark.parametrize("name", ["results", "nothing_qualified", "no_corpus", "hostile"])


@EVERY
def test_example_follows_the_schema(name: str, request: pytest.FixtureRequest) -> None:
    schema = json.loads(files("sertify.report").joinpath("results.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(request.getfixturevalue(name), schema)


def test_every_key_of_the_schema_is_documented() -> None:
    schema = json.loads(files("sertify.report").joinpath("results.schema.json").read_text())
    parts = [
        schema,
        *schema["$defs"].values(),
        schema["$defs"]["candidate"]["properties"]["numbers"],
    ]
    keys = {key for part in parts for key in part.get("properties", ())}
    documented = (Path(__file__).parents[2] / "docs" / "results.md").read_text("utf-8")
    assert not {key for key in keys if f"`{key}`" not in documented}


@EVERY
def test_page_runs_and_requests_nothing(name: str, request: pytest.FixtureRequest) -> None:
    reader = Reader(page.render(request.getfixturevalue(name)))
    assert {tag for tag, _ in reader.elements}.isdisjoint(ACTIVE)
    names = {attribute for _, attributes in reader.elements for attribute in attributes}
    assert not {each for each in names if each.startswith("on")} | names & {
        "src",
        "style",
        "srcset",
    }
    links = [attributes["href"] for tag, attributes in reader.elements if tag == "a"]
    assert all(link is not None and re.fullmatch(r"#[a-z0-9-]+", link) for link in links)


@EVERY
def test_links_of_the_page_lead_somewhere(name: str, request: pytest.FixtureRequest) -> None:
    elements = Reader(page.render(request.getfixturevalue(name))).elements
    ids = [attributes["id"] for _, attributes in elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {f"#{each}" for each in ids} >= {a["href"] for tag, a in elements if tag == "a"}


def test_policy_of_the_page_allows_its_own_style_only(results: Results) -> None:
    drawn = page.render(results)
    style = drawn.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policies = [
        attributes.get("content")
        for tag, attributes in Reader(drawn).elements
        if attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policies == [
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    ]
    assert "url(" not in style
    assert "@import" not in style


def test_page_shows_hostile_names_as_text(hostile: Results) -> None:
    text = Reader(page.render(hostile)).text
    assert "<script>alert(1)</script>" in text
    assert "한국어-감정-모델" in text
    assert not re.search("[\x00-\x08\x1b\u202e\udc80-\udcff]", text)


def test_page_says_what_to_use_and_why_not_the_others(results: Results) -> None:
    reader = Reader(page.render(results))
    assert "Use wavlm-base" in reader.text
    assert "✓ pass" in reader.rows[1]
    assert reader.rows[1][0] == "wavlm-base"
    assert [row[-1] for row in reader.rows if row[0] == "dawn"] == ["rejected random_head"]
    assert [row[:2] for row in reader.rows if row[0] == "Random"] == [["Random", "0.25"]]
    assert ["happiness", "4", "30", "10", "6"] in reader.rows
    assert "measured on another machine" in reader.text


def test_page_without_a_choice(nothing_qualified: Results) -> None:
    text = Reader(page.render(nothing_qualified)).text
    assert "No candidate qualified" in text
    assert "asr came closest" in text
    assert "No candidate came far enough to be measured." in text


def test_page_without_a_corpus(no_corpus: Results) -> None:
    text = Reader(page.render(no_corpus)).text
    assert "Accuracy needs a labelled corpus" in text
    assert "Random" not in text


def test_markdown_is_one_table(results: Results) -> None:
    drawn = markdown.render(results)
    assert drawn.startswith("### Use wavlm-base\n")
    rows = [line for line in drawn.splitlines() if line.startswith("|")]
    assert len(rows) == 2 + 11 + 2
    assert rows[2] == "| wavlm-base | use | 0.81 &#91;0.77, 0.85&#93; | 0.66 s |  |"


def test_markdown_escapes_names(hostile: Results) -> None:
    drawn = markdown.render(hostile)
    assert not re.search(r"<(?!/?sub>)|@\w|`|\]\(|www\.|\x1b", drawn)
    rows = [line for line in drawn.splitlines() if line.startswith("|")]
    assert {row.count("|") for row in rows} == {6}
    assert len(rows) == 2 + 2 * len(HOSTILE) + 2


@EVERY
@pytest.mark.parametrize("width", [80, 100, 140])
def test_terminal_is_aligned_and_fits(
    name: str, width: int, request: pytest.FixtureRequest
) -> None:
    drawn = [text for text, _ in terminal.lines(request.getfixturevalue(name), width)]
    assert max(len(cells(text)) for text in drawn) <= width
    heading, *table = drawn[: drawn.index("")]
    starts = [heading.index(title) for title in ("load", "acc", "verdict")]
    for row in map(cells, table):
        assert all(row[start - 1] == " " for start in starts)
        assert row[starts[-1]] != " "


def test_terminal_shows_gates_numbers_and_verdict(results: Results) -> None:
    drawn = {text.split()[0]: (text, markup) for text, markup in terminal.lines(results) if text}
    text, markup = drawn["wavlm-base"]
    assert text.split()[1:] == [*["ok"] * 5, "0.81", "[.77,", ".85]", "0.66", "s", "0.13", "use"]
    assert markup == {"green": True, "bold": True}
    assert drawn["private"][0].split()[1:] == ["blocked", "-", "-", "-", "-", "gated"]
    assert drawn["always-neutral"][0].split()[1:4] == ["ok", "ok", "FAIL"]
    assert drawn["dawn"][1] == {"light": True}


def test_terminal_tells_how_many_clips_did_not_count(results: Results) -> None:
    rejected = [{"file": "1.wav", "reason": "silent"}, {"file": "2.wav", "reason": "silent"}]
    corpus = results["corpus"] | {"clips": 3, "judged": 1, "rejected": rejected}
    drawn = [text for text, _ in terminal.lines({**results, "corpus": corpus})]
    assert "1 of 3 clips were judged; not: 2 silent" in drawn


def test_terminal_tells_what_is_to_be_known_of_candidates_once(results: Results) -> None:
    remark = "The hub does not answer."
    for one in results["candidates"]:
        one["remarks"] = [remark] if one["name"] in ("dawn", "asr") else []
    drawn = [text for text, _ in terminal.lines(results)]
    assert f"dawn, asr: {remark}" in drawn
    moved = "has moved on since candidates.lock.yaml, from 8f2b1c to 8f2b1c0"
    assert f"{results['candidates'][0]['name']} {moved}" in drawn


def test_terminal_tells_a_gate_that_is_judged_in_part(results: Results) -> None:
    results["candidates"][0]["gates"]["loadability"]["outcome"] = None
    drawn = [text for text, _ in terminal.lines(results)]
    name = results["candidates"][0]["name"]
    assert next(line for line in drawn if line.startswith(name)).split()[1] == "part"
    assert "part: what was checked of it passes, but not all of it was" in drawn


def test_page_tells_what_is_to_be_known_of_a_candidate(results: Results) -> None:
    drawn = page.render(results)
    assert "<p>It is not easy to load dawn.</p>" in drawn
    assert "<p>It has moved on: candidates.lock.yaml is about <code>8f2b1c</code>.</p>" in drawn


def test_terminal_strips_what_terminals_act_on(hostile: Results) -> None:
    assert not re.search("[\x00-\x1f\u202e]", "".join(text for text, _ in terminal.lines(hostile)))


def test_a_repaired_model_is_said_to_qualify(results: Results) -> None:
    repaired = qualified("dawn", 0.5, 0.5) | {"status": "rejected", "verdict": "undecided"}
    assert standing(repaired, results["selection"]) == "now qualifies"


def test_reports_are_written(hostile: Results, tmp_path: Path) -> None:
    written = write(hostile, tmp_path)
    assert json.loads(written["numbers"].read_text("utf-8")) == hostile
    assert written["report"].read_text("utf-8") == page.render(hostile)


def test_words_keep_their_promises() -> None:
    assert not doctest.testmod(wording).failed


def cells(text: str) -> str:
    """Give each column of the terminal one character: a wide one is followed by a filler."""
    return "".join(c + "_" * (unicodedata.east_asian_width(c) in "WF") for c in text)
