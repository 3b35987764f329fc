"""Made-up results of robustness and fairness, in the form that their gates keep."""

from collections.abc import Sequence
from typing import Any

from sertify.report.results.model.candidate import GateChecks
from sertify.report.results.more_gates import more_gates
from sertify.vocabulary.conditions import CONDITION_KINDS, Condition, standard_conditions
from sertify.vocabulary.outcomes import GATES
from tests.meta.drawn_results import (
    EMOTIONS,
    HOSTILE,
    Content,
    check,
    crowd,
    five_qualify,
    gate,
    hostile_names,
    measurement,
)

__all__ = [
    "alike",
    "both_gates",
    "column_checks",
    "condition_check",
    "crowd_heard_again",
    "hostile_gates",
    "under",
]


def as_results_have_it(text: str) -> str:
    """Return a text without what UTF-8 does not have."""
    return text.encode("utf-8", "replace").decode()


def described(condition: Condition) -> Content:
    kind = CONDITION_KINDS[condition.kind]
    about = {"kind": kind.name, "family": kind.family, "severity": condition.severity}
    return about | {"unit": kind.unit, "text": kind.text, "name": str(condition)}


def condition_check(
    condition: Content, lost: float, limit: float | None = 0.05, spread: float = 0.04
) -> Content:
    """Judge a loss by its limit, as the gate does."""
    outcome = "PASS"
    if limit is not None and lost + spread > limit:
        outcome = "FAIL" if lost - spread > limit else "INCONCLUSIVE"
    code = "".join(filter(str.isalnum, condition["name"].replace(" ", "")))
    details = {"worsened": max(0.0, lost), "mended": 0.0, "clips": 60, "limit": limit}
    return check(
        f"it_holds_up@{code}",
        outcome,
        (outcome != "PASS" and f"not_robust:{as_results_have_it(condition['family'])}") or None,
        message="" if outcome == "PASS" else f"{condition['name']}: it loses {lost} UAR",
        requirement="" if limit is None else f"drop at most {limit}, beyond doubt",
        measurements=[
            measurement("drop", lost, spread=spread),
            measurement("uar_clean", 0.7),
            measurement("uar_disturbed", 0.7 - lost),
            measurement("unchanged", 0.9 - lost, spread=0.05),
            measurement("unchanged_share", 0.95 - lost),
        ],
        details={"condition": condition, "limit_unchanged": None} | details,
        tolerated=outcome == "INCONCLUSIVE",
    )


def gap(metric: str, value: float, limit: float | None, spread: float = 0.1) -> Content:
    """Judge a gap by its limit, as the gate does."""
    within = None if limit is None or abs(abs(value) - limit) < spread else abs(value) < limit
    ends = {"low": value - spread, "high": value + spread}
    sure = {"sure_low": value - 1.5 * spread, "sure_high": value + 1.5 * spread}
    about = {"metric": metric, "one": "female", "other": "male", "value": value}
    found = {"p": 0.04, "p_corrected": 0.3, "speakers": [5, 4], "limit": limit, "within": within}
    return about | ends | sure | found | {"needed": 31 if within is None and limit else None}


def column_checks(column: str, size: float, estimated: bool = False) -> list[Content]:
    names = ("high", "low") if estimated else ("female", "male")
    gaps = [gap("uar", size, 0.075), *(gap(f"recall:{one}", size, 0.175) for one in EMOTIONS)]
    gaps = [one | {"one": names[0], "other": names[1]} for one in gaps]
    gaps.append(gap("share:anger", -size / 2, None) | {"one": names[0], "other": names[1]})
    beyond = [one for one in gaps if one["within"] is False]
    unsure = [one for one in gaps if one["within"] is None and one["limit"]]
    outcome = "FAIL" if beyond else "INCONCLUSIVE" if unsure else "PASS"
    uars = {name: 0.6 + place * size for place, name in enumerate(names)}
    groups = {
        "column": column,
        "estimated": estimated,
        "remark": "estimated from the signal" if estimated else "",
        "groups": [
            {"name": name, "clips": 200, "speakers": 5 - place}
            | {"uar": {"value": uar, "low": uar - 0.08, "high": uar + 0.08}}
            for place, (name, uar) in enumerate(uars.items())
        ],
        "gaps": gaps,
        "chance": {
            kind: {"mean": 0.03, "most": 0.06, "as_large": 0.2} for kind in ("uar", "recall")
        },
        "confounded": [f"{column} goes with corpus (V = 0.62)"] if size > 0.1 else [],
    }
    worst = measurement("worst_group_uar", min(uars.values()), spread=0.08)
    return [
        check(
            f"groups_are_treated_alike@{column}",
            outcome,
            None if outcome == "PASS" else f"unfair:{as_results_have_it(column)}",
            message="" if outcome == "PASS" else f"{column}: UAR is {abs(size)} higher",
            measurements=[measurement("gap:uar", size, spread=0.1)],
            details={"groups": groups},
            tolerated=outcome == "INCONCLUSIVE",
        ),
        check(f"worst_group@{column}", measurements=[worst]),
    ]


def worst_of(checks: Sequence[Content]) -> Content:
    """Sum the outcomes of a gate up."""
    outcomes = [one["outcome"] for one in checks]
    for outcome in ("FAIL", "BLOCKED", "INCONCLUSIVE"):
        if outcome in outcomes:
            told = outcome == "INCONCLUSIVE" and all(
                one.get("tolerated") for one in checks if one["outcome"] == outcome
            )
            return gate(outcome, *checks) | {"tolerated": told}
    return gate("PASS", *checks)


def with_gates(candidate: Content, **gates: Content) -> Content:
    """Let a candidate be asked more, in the order of the gates."""
    found = candidate["gates"] | gates
    candidate["gates"] = {name: found[name] for name in GATES if name in found}
    judged = {name: GateChecks.model_validate(one) for name, one in candidate["gates"].items()}
    said = {
        name: one.model_dump() if hasattr(one, "model_dump") else one
        for name, one in more_gates(judged).items()
    }
    plain: dict[str, Any] = {
        name: [each.model_dump() for each in one] if isinstance(one, tuple) else one
        for name, one in said.items()
    }
    return candidate | plain


def under(candidate: Content, conditions: Sequence[Content], harm: float) -> Content:
    """Hear a candidate again: it loses more the later a condition stands."""
    checks = [
        condition_check(one, harm * (place + 1) / len(conditions), None if place % 5 == 4 else 0.05)
        for place, one in enumerate(conditions)
    ]
    return with_gates(candidate, robustness=worst_of(checks))


def alike(candidate: Content, size: float) -> Content:
    """Compare groups of what a candidate heard."""
    checks = [*column_checks("gender", size), *column_checks("pitch", size / 2, estimated=True)]
    return with_gates(candidate, fairness=worst_of(checks))


SOUNDS = ("silence", "white noise", "pink noise", "hum")


def of_nothing(candidate: Content) -> Content:
    said = [
        {"sound": sound, "label": "neu", "emotion": "neutral", "probability": 0.5 + place / 10}
        for place, sound in enumerate(SOUNDS)
    ]
    asked = check("logits_depend_on_the_sound", details={"said_of_nothing": said})
    return with_gates(candidate, degeneracy=gate("PASS", asked))


def while_spoken(
    whole: float | None = 0.7, drops: tuple[float, ...] = (0.3, 0.1, 0.02, 0.0), **told: Any
) -> Content:
    """Return the gate of a candidate that loses so much after 0.5, 1, 2 and 3 s."""
    points = [
        {"seconds": seconds, "longer": 60 - 15 * place, "told": place < 3}
        | {"drop": whole and {"value": drop, "low": drop - 0.1, "high": drop + 0.1}}
        | {"unchanged": {"value": 0.9 - drop, "low": 0.5, "high": 1.0}}
        for place, (seconds, drop) in enumerate(zip((0.5, 1.0, 2.0, 3.0), drops, strict=True))
    ]
    found = {
        "points": points, "uar_whole": whole, "margin": 0.05, "limit": 1.0, "window": 2.0,
        "needed": {"value": 2.0 if whole else None, "low": 1.0 if whole else None, "high": None},
        "clips": 60, "moved_over": 40, "answers": 280,
    }  # fmt: skip
    flips = measurement("flips_per_minute", 12.0, "1/min", spread=4.0)
    checks = [
        check("short_speech_is_enough", "INCONCLUSIVE", details={"streaming": found | told})
        | {"tolerated": True},
        check("its_answer_is_steady", measurements=[flips]),
    ]
    return worst_of(checks)


def streamed() -> Content:
    """Five that qualify, of which two were asked while clips were being spoken."""
    results = five_qualify()
    for place, one in enumerate(results["candidates"][:2]):
        results["candidates"][place] = with_gates(one, streaming=while_spoken(0.7 - place / 10))
    return results


LEVELS = {"speakers": 9, "least": 8}


def of_speakers(candidate: Content) -> Content:
    told: Content = {"error": 0.1, "error_low": 0.05, "error_high": 0.15}
    shares = {
        one: told | {"rank": None if one == "anger" else 0.6, "rank_low": 0.1, "rank_high": 0.9}
        for one in EMOTIONS
    }
    asked = check("class_shares", details={"speaker_level": LEVELS | {"shares": shares}})
    accuracy = candidate["gates"]["accuracy"]
    return with_gates(candidate, accuracy=accuracy | {"checks": [*accuracy["checks"], asked]})


def both_gates() -> Content:
    """Five that qualify, heard in the usual conditions and by group; two others fail there."""
    results = five_qualify()
    conditions = [described(one) for one in (*standard_conditions(), Condition("reverb", 1.0))]
    for place, one in enumerate(results["candidates"][:5]):
        heard = under(of_speakers(of_nothing(one)), conditions, 0.02 + 0.03 * place)
        heard |= {"corruption": {"noise": 0.5 + place / 4, "phone": 1.0}}
        results["candidates"][place] = alike(heard, 0.02 + 0.04 * place)
    for place, (field, reason) in {
        3: ("robustness", "not_robust:phone"),
        4: ("fairness", "unfair:gender"),
    }.items():
        one = results["candidates"][place]
        fallen = {"verdict": "rejected", "gate": field, "reason": reason}
        results["candidates"][place] = one | fallen | {"message": f"{reason} was found"}
    totals = results["selection"]["totals"]
    for name in ("ast", "distil"):
        totals.pop(name, None)
        results["selection"]["aims"].pop(name, None)
    results["selection"] |= {"comparison": None, "firmness": None}
    return results


def crowd_heard_again(size: int) -> Content:
    """Many candidates, each in the usual conditions."""
    results = crowd(size)
    conditions = [described(one) for one in standard_conditions()]
    results["candidates"] = [
        under(one, conditions, 0.3 * place / size) if one["verdict"] == "qualified" else one
        for place, one in enumerate(results["candidates"])
    ]
    return results


def hostile_gates(conditions: int = 60) -> Content:
    """Strings that strangers chose for conditions, families, columns and groups."""
    results = hostile_names()
    kinds = [
        {"kind": HOSTILE[at % 8] + str(at // 9), "family": HOSTILE[at % 7], "severity": at * 1.0}
        | {"unit": HOSTILE[at % 5], "text": HOSTILE[0], "name": f"{HOSTILE[at % 8]} {at}"}
        for at in range(conditions)
    ]
    for place, one in enumerate(results["candidates"][: len(HOSTILE)]):
        heard = under(one, kinds, -0.0 if place else 0.5)
        checks = column_checks(HOSTILE[place], -0.0 if place else 0.3)
        groups = checks[0]["details"]["groups"]
        groups["groups"] = [
            groups["groups"][0] | {"name": name, "speakers": None, "uar": {"value": float("nan")}}
            for name in HOSTILE
        ]
        groups |= {"confounded": [*HOSTILE], "remark": HOSTILE[1]}
        groups["gaps"] = [
            groups["gaps"][0] | {"metric": f"recall:{name}", "one": name, "value": float("nan")}
            for name in HOSTILE
        ] + groups["gaps"]
        empty = column_checks(f"nothing {HOSTILE[place]}", 0.0)[:1]
        empty[0]["details"]["groups"] |= {"groups": [], "gaps": [], "chance": {}}
        said = [{"sound": name, "label": name, "probability": 0.5} for name in HOSTILE]
        nothing = check("logits_depend_on_the_sound", details={"said_of_nothing": said})
        found = with_gates(
            heard, fairness=worst_of([*checks, *empty]), degeneracy=gate("PASS", nothing)
        )
        for each in (*checks, *empty, nothing):
            each["details"] = {}
        results["candidates"][place] = found | {"corruption": dict.fromkeys(HOSTILE, 0.5)}
    return results
