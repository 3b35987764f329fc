"""What has changed since an earlier run."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sertify.report.changes.earlier import Candidate, Environment, Findings, findings
from sertify.report.changes.significance import COMPARED, Noise, Pair, clear, noise
from sertify.report.formats import number as written
from sertify.report.sentences import UAR
from sertify.report.text_columns import wrapped

Change = dict[str, Any]

_TITLES = UAR | {
    "accuracy": "Accuracy",
    "macro_f1": "Macro F1",
    "coverage": "Coverage",
    "parameters": "Parameters",
    "size_on_disk": "Size on disk",
    "segment_time": "Time per segment",
}
_UNJUDGED = ("parameters", "size_on_disk")
_SAID = {"more": "more than noise", "within": "within noise", "unknown": "not comparable"}
_MACHINE = frozenset({"cpu", "cores", "threads"})
_KINDS = ("verdict", "added", "removed", "number", "labels", "commit")
_NOISES = (None, "more", "unknown", "within")
_LONGEST = 200


def since(earlier: Findings, results: Mapping[str, Any]) -> dict[str, Any]:
    """Return what has changed from an earlier run to the content of results.json.

    It is the value of ``changes`` in results.json, and docs/results.md says what each key holds.
    """
    now = findings(results)
    speech = _fingerprint(earlier) == _fingerprint(now)
    environment = _environment(earlier.environment, now.environment)
    pairs = _pairs(earlier, now, speech, environment)
    before, after = (_cut(run.selection.candidate) for run in (earlier, now))
    found = [*_coming(earlier, now), *_going(earlier, now), *_of_pairs(pairs)]
    return {
        "created": _cut(earlier.created),
        "sertify": _cut(earlier.sertify),
        "selection": {"before": before, "after": after},
        "speech_changed": not speech,
        "environment": environment,
        "sentence": " ".join([_selected(before, after), *_else(speech, environment)]),
        "candidates": sorted(found, key=_rank),
    }


def told(changes: Mapping[str, Any], most: int) -> list[str]:
    """Say in at most so many sentences what has changed by more than noise."""
    matters = [one for one in changes["candidates"] if one["noise"] in (None, "more")]
    texts = [f"{one['name']}: {one['sentence']}" for one in matters]
    if len(texts) > most - 1:
        texts = [*texts[: most - 2], f"and {len(texts) - most + 2} more in the report"]
    return [f"Since the last run: {changes['sentence']}", *texts]


def in_lines(results: Mapping[str, Any], width: int, most: int = 6) -> list[str]:
    """Say the same in at most so many lines of a terminal; nothing where nothing was compared."""
    changes = results.get("changes")
    texts = told(changes, most) if changes else []
    lines = [line for text in texts for line in wrapped(text, width)]
    return lines if len(lines) <= most else [*lines[: most - 1], "… and more in the report"]


def _fingerprint(run: Findings) -> str | None:
    return run.corpus.fingerprint if run.corpus else None


def _environment(before: Environment, after: Environment) -> dict[str, list[str | None]]:
    keys = [key for key in Environment.model_fields if getattr(before, key) != getattr(after, key)]
    return {key: [_cut(getattr(one, key)) for one in (before, after)] for key in keys}


def _pairs(
    earlier: Findings, now: Findings, speech: bool, environment: Mapping[str, Any]
) -> list[Pair]:
    known = {one.name: one for one in earlier.candidates}
    versions = environment.keys() <= _MACHINE
    machine = environment.keys().isdisjoint({*_MACHINE, "device"})
    return [
        Pair(known[one.name], one, speech, versions, machine)
        for one in now.candidates
        if one.name in known
    ]


def _selected(before: str | None, after: str | None) -> str:
    if before == after:
        return f"The selection is the same, {after}." if after else "There is still no selection."
    if after is None:
        return f"There is no selection any more; it was {before}."
    return (
        f"Use {after} instead of {before}." if before else f"Use {after}; there was no selection."
    )


def _else(speech: bool, environment: Mapping[str, Any]) -> Iterator[str]:
    if not speech:
        yield "The speech changed, so no accuracy is called better or worse."
    if environment:
        yield f"Other environment: {', '.join(environment)}."


def _coming(earlier: Findings, now: Findings) -> Iterator[Change]:
    known = {one.name for one in earlier.candidates}
    for one in now.candidates:
        if one.name not in known:
            yield _change(one, "added", None, _verdict(one), f"new: {_verdict(one)}")


def _going(earlier: Findings, now: Findings) -> Iterator[Change]:
    known = {one.name for one in now.candidates}
    for one in earlier.candidates:
        if one.name not in known:
            said = f"no longer a candidate; was {_verdict(one)}"
            yield _change(one, "removed", _verdict(one), None, said)


def _of_pairs(pairs: Sequence[Pair]) -> Iterator[Change]:
    surely = clear(pairs)
    for pair in pairs:
        yield from _facts(pair)
        for name in COMPARED:
            if pair.differs(name):
                yield _number(pair, name, *noise(pair, name, (pair.after.name, name) in surely))


def _facts(pair: Pair) -> Iterator[Change]:
    """Yield what differs in a candidate but its numbers."""
    old, new = pair.before, pair.after
    was, now = _verdict(old), _verdict(new)
    if was != now:
        yield _change(new, "verdict", was, now, f"{now}; was {was}")
    there, here = (_place(one, old.model != new.model) for one in (old, new))
    if there != here:
        text = f"judged at {_brief(here)}; was {_brief(there)}"
        yield _change(new, "commit", there, here, text)
    if old.labels != new.labels and old.labels and new.labels:
        listed = ([*map(_cut, one.labels)] for one in (old, new))
        text = f"labels changed: {_relabelled(old, new)}"
        yield _change(new, "labels", next(listed), next(listed), text)


def _number(pair: Pair, name: str, found: Noise, why: str) -> Change:
    old, new = pair.values(name) or (0.0, 0.0)
    unit = next(one.unit for one in pair.numbers(name) if one)
    was, now = (written({"name": name, "value": value, "unit": unit}) for value in (old, new))
    if was == now:
        was, now = f"{old:.9g}", f"{new:.9g}"
    better = (new < old) == (name == "segment_time")
    judged = found == "more" and not why and name not in _UNJUDGED
    said = [("better" if better else "worse") if judged else "", why or _SAID[found]]
    text = f"{_TITLES[name]} {now}; was {was} ({', '.join(filter(None, said))})"
    return _change(pair.after, "number", old, new, text) | {"number": name, "noise": found}


def _change(candidate: Candidate, kind: str, before: Any, after: Any, sentence: str) -> Change:
    found = {"name": _cut(candidate.name), "kind": kind, "before": before, "after": after}
    return {**found, "number": None, "noise": None, "sentence": sentence}


def _rank(change: Change) -> tuple[int, int]:
    """Put first what is sure to matter."""
    return _NOISES.index(change["noise"]) > 1, _KINDS.index(change["kind"])


def _verdict(candidate: Candidate) -> str:
    reason = f" ({candidate.reason})" if candidate.reason else ""
    return str(_cut(candidate.verdict + reason))


def _place(candidate: Candidate, with_model: bool) -> str | None:
    parts = [candidate.model if with_model else None, candidate.commit]
    return _cut(" at ".join(one for one in parts if one)) or None


def _brief(place: str | None) -> str:
    """Shorten the commits in a text, as everybody does who writes them."""
    words = (place or "an unknown commit").replace("sha256:", "").split(" ")
    return " ".join(
        "+".join(part[:7] if len(part) >= 32 else part for part in word.split("+"))
        for word in words
    )


def _relabelled(old: Candidate, new: Candidate) -> str:
    gone, come = {*old.labels} - {*new.labels}, {*new.labels} - {*old.labels}
    said = [f"without {', '.join(sorted(gone))}"] if gone else []
    said += [f"with {', '.join(sorted(come))}"] if come else []
    return str(_cut("; ".join(said) or "in another order"))


def _cut(text: str | None) -> str | None:
    return text if text is None or len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
