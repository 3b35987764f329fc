"""Made-up results, as the reports are drawn from: of good, bad, unheard and hostile candidates."""

from typing import Any

from sertify.report.results.model.results import Results
from sertify.vocabulary.outcomes import ALWAYS

__all__ = [
    "AIMS",
    "EMOTIONS",
    "HOSTILE",
    "Content",
    "as_results",
    "candidate",
    "change",
    "changes",
    "confirmation",
    "crowd",
    "five_qualify",
    "hostile_names",
    "nothing_qualifies",
    "part",
    "qualified",
    "rejected",
    "several_corpora",
    "without_corpus",
    "without_truth",
]

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
Content = dict[str, Any]
"""What is in a file such as results.json, or in a part of it."""


def as_results(content: Content) -> Results:
    """Read the content of a results.json, which a test may have changed before."""
    return Results.model_validate(content)


def measurement(name: str, value: float, unit: str = "1", spread: float = 0.0) -> Content:
    interval: Content = dict.fromkeys(("low", "high", "n", "speakers"))
    interval |= {"low": value - spread, "high": value + spread, "n": 418} if spread else {}
    return {"name": name, "value": value, "unit": unit, **interval}


def check(name: str, outcome: str = "PASS", reason: str | None = None, **more: Any) -> Content:
    fields = {"message": "", "requirement": "", "measurements": [], "details": {}}
    stamp = {"judged_at": "2026-11-22T17:59:00+00:00", "corpus": ""}
    return {"check": f"test_{name}", "outcome": outcome, "reason": reason, **fields, **stamp} | more


def gate(outcome: str | None, *checks: Content) -> Content:
    return {"outcome": outcome, "checks": list(checks)}


def accuracy_gate(uar: float) -> Content:
    counts = [[40, 3, 5, 2], [4, 30, 10, 6], [2, 2, 55, 1], [0, 9, 8, 43]]
    confusion = {"labels": [*EMOTIONS], "columns": [*EMOTIONS], "counts": counts}
    shares = {"truth": dict.fromkeys(EMOTIONS, 0.25), "predicted": dict.fromkeys(EMOTIONS, 0.125)}
    return gate(
        "PASS",
        check(
            "uar",
            requirement="at least 0.5 with 95% confidence",
            measurements=[measurement("uar", uar, spread=0.04)],
            details={"confusion": confusion, "class_shares": shares},
        ),
        check(
            "recall_of_each_emotion",
            measurements=[measurement(f"recall:{e}", 0.6, spread=0.1) for e in EMOTIONS],
        ),
    )


def speed_gate(seconds: float) -> Content:
    checks = [
        check(
            f"time_per_segment@{length}s",
            measurements=[
                measurement("segment", length, "s"),
                measurement("time_p50", seconds * length / 5, "s"),
                measurement("time_p95", seconds * length / 4, "s"),
                measurement("peak_memory", 1200 + length, "MB"),
                measurement("memory_above_model", 300 + length, "MB"),
            ],
        )
        for length in (1, 5, 10)
    ]
    return gate("PASS", *checks)


def qualified(name: str, uar: float, seconds: float) -> Content:
    labels = check(
        "has_enough_labels",
        requirement="at least 4",
        measurements=[measurement("labels", 4, "labels")],
    )
    gates = {name: gate("PASS", check(f"{name}_holds")) for name in ALWAYS}
    numbers = [
        measurement("uar", uar - 0.02, spread=0.04),
        measurement("uar_own", uar, spread=0.04),
        measurement("accuracy", uar + 0.03, spread=0.03),
        measurement("macro_f1", uar - 0.01, spread=0.04),
        measurement("coverage", 1.0),
        measurement("segment_time", seconds, "s"),
        measurement("real_time_factor", seconds / 5),
        measurement("throughput", 9 / seconds, "s/s"),
        measurement("load_time", 1.25, "s"),
        measurement("cold_start", 2.5, "s"),
        measurement("peak_memory", 1264.0, "MB"),
        measurement("memory_above_model", 386.0, "MB"),
        measurement("energy", 20 * seconds, "J"),
        measurement("parameters", 94_371_712, "weights"),
        measurement("size_on_disk", 378.3, "MB"),
    ]
    return candidate(
        name,
        verdict="qualified",
        gates=gates
        | {"labels": gate("PASS", labels), "accuracy": accuracy_gate(uar)}
        | {"speed": speed_gate(seconds)},
        numbers={each["name"]: each for each in numbers},
        labels=["ang", "hap", "neu", "sad"],
        emotions=list(EMOTIONS),
        parts=[part("our-calls", uar)],
        errors=[error(f"{place}.wav", 0.99 - place / 50) for place in range(3)],
        groups=[group("language", "en", uar), group("language", "ko", uar - 0.1)],
        operating_point=operating_point(uar),
    )


def operating_point(accuracy: float) -> Content:
    """Let one that is right in so many of all clips be right in more of those it is surer of."""
    steps = [place / 20 for place in range(1, 21)]
    sure = {step: 1 - (1 - accuracy) * step for step in steps}
    estimates = [{"value": one, "low": one - 0.05, "high": one + 0.05} for one in (0.83, 0.8)]
    return {
        "sentence": "Abstain below a confidence of 0.62: 83 % of the clips stay.",
        "wished": 0.8,
        "clips": 315,
        "units": 8,
        "temperature": 1.43,
        "temperatures": [1.4, 1.45, 1.43],
        "calibration_error": {"before": 0.11, "after": 0.04},
        "brier_score": {"before": 0.41, "after": 0.37},
        "area": 0.08,
        "excess": 0.05,
        "curve": [
            {"threshold": 1 - step / 2, "coverage": step, "precision": sure[step]} for step in steps
        ],
        "point": {"threshold": 0.62, "coverage": estimates[0], "precision": estimates[1]},
    }


def clip(name: str) -> Content:
    facts = {"corpus": "our-calls", "language": "en", "speaker": "s1", "truth": "anger"}
    return {"key": name, "clip": name, **facts}


def error(name: str, confidence: float) -> Content:
    return clip(name) | {"predicted": "neutral", "confidence": confidence}


def group(kind: str, name: str, uar: float) -> Content:
    estimate = {"value": uar, "low": uar - 0.1, "high": uar + 0.1}
    fields = {"kind": kind, "name": name, "clips": 210, "speakers": 4}
    return fields | {"coverage": 1.0, "uar": estimate}


def disagreement(name: str, *names: str) -> Content:
    """Let the named say one emotion after the other."""
    said = zip(names, EMOTIONS * len(names), strict=False)
    predicted = {one: {"emotion": emotion, "confidence": 0.75} for one, emotion in said}
    return clip(name) | {"predicted": predicted}


def part(name: str, uar: float, seen: Content | None = None) -> Content:
    return {
        "part": name,
        "seen": seen or {},
        "frame": list(EMOTIONS),
        "too_few_clips": {},
        "expressible": list(EMOTIONS[:3]),
        "inexpressible": list(EMOTIONS[3:]),
        "chance": {
            "uar": 1 / 4,
            "uar_own": None if name == "together" else 1 / 3,
        },
        "languages": ["en", "ko"],
        "language_fit": 0.5,
        "numbers": {
            "uar": measurement("uar", uar - 0.02, spread=0.04),
            "uar_own": measurement("uar_own", uar, spread=0.04),
            "coverage": measurement("coverage", 0.75, spread=0.01),
        },
    }


def rejected(name: str, reason: str, at: str = "loadability", outcome: str = "FAIL") -> Content:
    message = f"{reason} found in {name}, but should not be"
    failed = check(f"{at}_holds", outcome, reason, message=message, details={"keys": [name] * 3})
    judged = [gate("PASS", check(f"{g}_holds")) for g in ALWAYS[: ALWAYS.index(at)]]
    judged += [gate(outcome, failed), *[gate("NOT_REACHED")] * len(ALWAYS)]
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
        gates=dict(zip(ALWAYS, judged, strict=False)),
    )


def candidate(name: str, **more: Any) -> Content:
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
        "repository": {"licence": "mit", "languages": [], "gated": None, "mentions": ["emodb"]},
        "labels": [],
        "emotions": [],
        "cure": None,
        "numbers": {},
        "parts": [],
        "errors": [],
        "groups": [],
    } | more


AIMS = {"accuracy": 0.8, "speed": 0.7, "diversity": 0.6}
# Worth .7 x 4 x .03 and .6 x .01 of UAR, .09 together.
FIRM = {"again": 0.839, "close": 0.981, "weights": 0.97, "expected": 0.7812}


def selection(chosen: str | None, names: list[str], sentence: str) -> Content:
    """Compare the named, the first of whom is the most accurate, and the second tied with it."""
    comparison = {
        "emotions": {"our-calls": list(EMOTIONS[:3])},
        "left_out": {"emodb": f"seen in training by {names[-1]}"} if names else {},
        "clips": 315,
        "speakers": 8,
        "chance": 0.3333,
        "uar": {
            name: {"value": 0.8 - place / 20, "low": 0.7 - place / 20, "high": 0.9 - place / 20}
            for place, name in enumerate(names)
        },
        "differences": [
            difference(names[0], name, place) for place, name in enumerate(names) if place
        ],
        "shared": [
            {"other": names[-1], "emotions": ["anger", "neutral"], "better": names[-1]}
            | {"value": 0.06, "low": 0.02, "high": 0.1}
        ]
        if len(names) > 2
        else [],
    }
    return {
        "candidate": chosen,
        "tied": names[:2] if chosen else [],
        "pareto": names[:2] if chosen else [],
        "sentence": sentence,
        "weights": {"speed": 3, "diversity": 1, "language": 2},
        "margin": 0.02,
        "aims": dict.fromkeys(names, AIMS) if chosen else {},
        "totals": {name: 0.89 - place / 20 for place, name in enumerate(names)} if chosen else {},
        "firmness": FIRM if chosen else None,
        "comparison": comparison if chosen else None,
        "confirmation": None,
        "deployment": deployment(chosen) if chosen else None,
    }


def deployment(chosen: str) -> Content:
    """Say what a program needs to use one."""
    point = operating_point(0.8)
    answer = {
        "file": "a/1.wav",
        "corpus": "our-calls",
        "sha256": "0" * 64,
        "start": 0.0,
        "end": None,
        "truth": "anger",
        "segments": 1,
        "logits": [1.5, 0.25, -1.0, -2.0],
        "label": "ang",
        "emotion": "anger",
        "probabilities": dict.fromkeys(EMOTIONS, 0.25),
        "calibrated": dict.fromkeys(EMOTIONS, 0.25),
    }
    return {
        "candidate": chosen,
        "model": f"someone/{chosen}",
        "revision": "main",
        "commit": "8f2b1c0d" * 5,
        "companions": {},
        **dict.fromkeys(("subfolder", "adapter", "feature_extractor", "licence")),
        "trust_remote_code": False,
        "loader": "transformers",
        "architecture": "HubertForSequenceClassification",
        "variant": "fp32",
        "weights": [{"file": "model.safetensors", "size": 378, "sha256": "1" * 64}],
        "labels": [
            {"index": place, "label": emotion[:3], "emotion": emotion}
            for place, emotion in enumerate(EMOTIONS)
        ],
        "multi_label": False,
        "preprocessing": {
            "sampling_rate": 16000,
            "least_samples": 400,
            "hears": None,
            "batching": "masked",
            "extractor": {"do_normalize": True},
            "segments": None,
        },
        "judged_with": {
            **dict.fromkeys(("sertify", "torch", "transformers"), "1"),
            "device": "cpu",
            "dtype": "float32",
        },
        "temperature": point["temperature"],
        "wished": point["wished"],
        "point": point["point"],
        "uar": measurement("uar", 0.8, spread=0.04),
        "uar_own": measurement("uar_own", 0.8, spread=0.04),
        "corpora": [],
        "limits": ["All numbers are of 315 clips."],
        "golden": {"tolerance": 0.0035, "why": "0.001 of the range", "clips": [answer]},
    }


def difference(better: str, other: str, place: int) -> Content:
    value = place / 20
    low, high, p = (-0.01, 0.11, 0.12) if place == 1 else (value - 0.04, value + 0.04, 0.00001)
    fields = {"value": value, "low": low, "high": high, "p": p / 2, "p_corrected": p}
    return {"better": better, "other": other, "detectable": 0.07, **fields}


def confirmation(outcome: str, reason: str | None = None, message: str = "") -> Content:
    return {
        "corpus": "held-calls",
        "fingerprint": "sha256:77aa",
        "requested": 1250,
        "clips": 1200,
        "rejected": {"silent": 50},
        "seen": {},
        "warnings": [],
        "looks": 1,
        "power": 0.9,
        "outcome": outcome,
        "reason": reason,
        "message": message,
        "measurements": [measurement("uar", 0.6, spread=0.04), measurement("uar_own", 0.7)],
    }


def unlabelled(*names: str) -> Content:
    """Say what audio without labels says of at least two candidates."""
    corpus = build([], None, "")["corpus"] | {"name": "unheard", "labelled": False, "emotions": {}}
    pair = {"first": names[0], "second": names[1], "clips": 56, "emotions": list(EMOTIONS)}
    return {
        "corpus": corpus | {"warnings": ["nobody knows the speakers"]},
        "degeneracy": dict.fromkeys(names, "PASS"),
        "candidate": names[0],
        "sentence": f"Without ground truth, start with {names[0]}: it agrees the most.",
        "aims": {name: AIMS | {"accuracy": 0.8 - place / 10} for place, name in enumerate(names)},
        "totals": {name: 0.89 - place / 10 for place, name in enumerate(names)},
        "confidence": dict.fromkeys(names, 0.9),
        "agreements": [
            pair | {"kappa": 0.763, "low": 0.61, "high": 0.86},
            pair | {"kappa": None, "low": None, "high": None, "clips": 0, "emotions": []},
        ],
    }


def build(candidates: list[Content], chosen: str | None, sentence: str, **more: Any) -> Content:
    scores = {"accuracy": 0.25, "uar": 0.25, "macro_f1": 0.2487}
    corpus = {
        "name": "our-calls",
        "path": "our-calls",
        "fingerprint": "sha256:5f2e",
        "layout": "metadata.csv",
        "public": None,
        "requested": 520,
        "left_out": {"other split": 100},
        "clips": 420,
        "judged": 418,
        "rejected": [{"file": "a/b.wav", "reason": "no audio"}, {"file": "c.wav", "reason": "0 s"}],
        "emotions": dict.fromkeys(EMOTIONS, 105),
        "speakers": 8,
        "languages": ["en"],
        "labelled": True,
        "warnings": ["sadness has fewer than 100 clips"],
        "parts": [],
    }
    names = [each["name"] for each in candidates if each["verdict"] == "qualified"]
    ranked = sorted(names, key=lambda name: name != chosen)
    stale = {"candidate": "hubert-base", "gate": "speed", "commit": "1234567", "corpus": None}
    return {
        "schema": "sertify.results/2",
        "sertify": "0.1.0",
        "created": "2026-11-22T18:00:00+00:00",
        "command": "pytest --data our-calls",
        "selection": selection(chosen, ranked, sentence),
        "unlabelled": None,
        "candidates": candidates,
        "references": {
            "random": scores | {"uar_low": 0.21, "uar_high": 0.29},
            "majority": scores,
        },
        "corpus": corpus,
        "environment": {"python": "3.11.7", "cpu": "Example 3000", "cores": "2", "device": "cpu"},
        "stale": [stale | {"why": "measured on another machine"}],
        "moved": {one["name"]: "8f2b1c" for one in candidates[:1]},
        "changes": None,
        "disagreements": [disagreement("1.wav", *names)] if len(names) > 1 else [],
    } | more


def five_qualify() -> Content:
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
    sentence = "Use wavlm-base: UAR 0.80 over the 3 emotions, 0.05 above hubert-base [-0.01, 0.11]."
    return build([*good, *bad], "wavlm-base", sentence)


def crowd(size: int) -> Content:
    """Many candidates, of which every other one qualifies."""
    results = five_qualify()
    results["candidates"] = [
        qualified(f"model-{place}", 0.3 + place / 250, 0.1 + place / 100)
        if place % 2
        else rejected(f"model-{place}", "random_head")
        for place in range(size)
    ]
    best = f"model-{size - 1 - size % 2}"
    results["selection"] |= {"candidate": best, "tied": [best], "pareto": []}
    results["selection"] |= {"comparison": None, "totals": {}, "aims": {}}
    return results | {"disagreements": []}


def nothing_qualifies() -> Content:
    sentence = "No candidate qualified; asr came closest, rejected by loadability."
    return build([rejected("asr", "wrong_task")], None, sentence)


def without_corpus() -> Content:
    only = qualified("ast", 0.6, 0.2)
    only["gates"]["accuracy"] = gate(None)
    only["numbers"] = {"segment_time": measurement("time_p50", 0.2, "s")}
    only["parts"], only["operating_point"] = [], None
    results = build([only], "ast", "Use ast: the only one.", corpus=None, references={}, stale=[])
    results["selection"] |= {"comparison": None, "firmness": None}
    return results


def without_truth() -> Content:
    """Two on audio without labels: the one to begin with is not selected."""
    both = [candidate("ast"), candidate("wavlm")]
    for one in both:
        one |= {"verdict": "undecided", "gates": dict.fromkeys(ALWAYS, gate(None))}
    sentence = "No candidate has qualified yet; undecided: ast, wavlm (not judged yet: accuracy)."
    results = build(both, None, sentence, corpus=None, references={})
    return results | {"unlabelled": unlabelled("ast", "wavlm")}


def change(name: str, kind: str, noise: str | None = None, **more: Any) -> Content:
    fields = {"before": None, "after": "qualified", "number": None, "noise": noise}
    return {"name": name, "kind": kind, "sentence": f"{kind} of {name}", **fields} | more


def changes(before: str | None, after: str | None, *candidates: Content) -> Content:
    """Say what has changed since an earlier run."""
    return {
        "created": "2026-11-20T18:00:00+00:00",
        "sertify": "0.1.0",
        "selection": {"before": before, "after": after},
        "speech_changed": True,
        "environment": {"torch": ["2.6.0", "2.7.0"], "loaders": [None, "sertify 0.1.0"]},
        "sentence": f"Use {after} instead of {before}.",
        "candidates": [*candidates],
    }


def several_corpora() -> Content:
    """Two corpora and a language; one candidate has seen the second, one has seen both."""
    results = five_qualify()
    whole = results["corpus"]
    parts = [
        whole | {"name": name, "requested": 260, "left_out": {"other split": 50}, "clips": 210}
        for name in ("our-calls", "emodb")
    ]
    for one in parts:
        del one["judged"], one["rejected"]
    rejected = [{"file": "our-calls/a.wav", "reason": "silent"}]
    results["corpus"] |= {"name": "our-calls + emodb", "rejected": rejected, "judged": 419}
    results["corpus"]["parts"] = parts
    seen: dict[str, Content] = {
        "hubert-base": {"emodb": "its model card lists emodb among its datasets"},
        "distil": {"emodb": "it says so", "our-calls": "it says so"},
    }
    names = {"together": 0.7, "our-calls": 0.8, "emodb": 0.6, "language-ko": 0.5}
    for each in results["candidates"][:5]:
        own = seen.get(each["name"])
        each["parts"] = [part(name, uar, own) for name, uar in names.items()]
        uar, *others = each["gates"]["accuracy"]["checks"]
        shares = [uar | {"check": f"test_uar@{name}"} for name in ("our-calls", "emodb")]
        each["gates"]["accuracy"]["checks"] = [*shares, *others]
    return results


def hostile_names() -> Content:
    """Strings that strangers chose, wherever strangers choose strings."""
    good = [qualified(text, 0.7, 0.5) for text in HOSTILE]
    bad = [rejected(f"{text} too", "random_head") for text in HOSTILE]
    results = build([*good, *bad], HOSTILE[0], f"Use {HOSTILE[0]}: {' '.join(HOSTILE)}")
    results["corpus"]["rejected"] = [{"file": text, "reason": text} for text in HOSTILE]
    results["corpus"] |= {"layout": HOSTILE[0], "public": HOSTILE[1], "warnings": [*HOSTILE]}
    results["corpus"]["left_out"] = dict.fromkeys(HOSTILE, 1)
    results["corpus"]["parts"] = [
        {
            key: value
            for key, value in results["corpus"].items()
            if key not in ("judged", "rejected")
        }
        | {"name": text, "parts": []}
        for text in HOSTILE
    ]
    for each in results["candidates"]:
        each |= {"labels": [*HOSTILE], "note": HOSTILE[0], "licence": HOSTILE[1]}
        each["parts"] = [part(text, 0.5, dict.fromkeys(HOSTILE, HOSTILE[0])) for text in HOSTILE]
        each["repository"] |= {"datasets": [*HOSTILE], "mentions": [*HOSTILE]}
    for each in good:
        each["errors"] = [error(text, 0.9) for text in HOSTILE]
        each["groups"] = [group("speaker", text, 0.5) for text in HOSTILE]
    results["disagreements"] = [disagreement(text, *HOSTILE) for text in HOSTILE]
    comparison = results["selection"]["comparison"]
    comparison["emotions"] = {text: [*EMOTIONS] for text in HOSTILE}
    comparison["left_out"] = dict.fromkeys(HOSTILE, HOSTILE[1])
    results["selection"]["confirmation"] = confirmation("FAIL", "low_uar", HOSTILE[0]) | {
        "corpus": HOSTILE[1]
    }
    kinds = ("number", "removed", "labels", "verdict")
    told = [change(text, kind, "more", number=text) for text in HOSTILE for kind in kinds]
    told += [change(text, "number", noise) for text in HOSTILE for noise in ("within", "unknown")]
    results["changes"] = changes(HOSTILE[0], HOSTILE[1], *told)
    results["changes"]["environment"] = {text: [text, text] for text in HOSTILE}
    results["unlabelled"] = unlabelled(*HOSTILE)
    results["unlabelled"]["corpus"] |= {"name": HOSTILE[3], "warnings": [*HOSTILE[::-1]]}
    return results
