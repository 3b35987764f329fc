"""What has changed since an earlier run."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from sertify.report.changes.significance import COMPARED, LOST, Pair, clear, noise
from sertify.report.formats import brief
from sertify.report.formats import number as written
from sertify.report.results.model.candidate import CandidateResult
from sertify.report.results.model.fields import Measured
from sertify.report.results.model.results import (
    Change,
    Changes,
    Kind,
    Noise,
    Results,
    SelectionChange,
)
from sertify.report.sentences import TITLES
from sertify.report.text_columns import wrapped

ENVIRONMENT = (
    "sertify", "torch", "transformers", "numpy", "soundfile", "soxr", "loaders", "dtype", "device",
    "cpu", "cores", "threads",
)  # fmt: skip
"""The part of the environment that answers or times depend on."""

_UNJUDGED = ("parameters", "size_on_disk")
_SAID = {"more": "more than noise", "within": "within noise", "unknown": "not comparable"}
_MACHINE = frozenset({"cpu", "cores", "threads"})
_KINDS = ("verdict", "added", "removed", "number", "labels", "commit")
_NOISES = (None, "more", "unknown", "within")
_LONGEST = 200


def since(earlier: Results, results: Results) -> Changes:
    """Return what has changed from an earlier run to this one."""
    now = results.cleaned()
    same_speech = _fingerprint(earlier) == _fingerprint(now)
    environment = _environment(earlier.environment, now.environment)
    before, after = (_cut(run.selection.candidate) for run in (earlier, now))
    pairs = _pairs(earlier, now, same_speech, environment)
    changes = [*_coming(earlier, now), *_going(earlier, now), *_of_pairs(pairs)]
    return Changes(
        created=_cut(earlier.created),
        sertify=_cut(earlier.sertify),
        selection=SelectionChange(before=before, after=after),
        speech_changed=not same_speech,
        environment=environment,
        sentence=" ".join([_selected(before, after), *_else(same_speech, environment)]),
        candidates=tuple(sorted(changes, key=_rank)),
    )


def matters(changes: Changes, most: int) -> list[str]:
    """Say in at most so many sentences what has changed by more than noise."""
    sure = [change for change in changes.candidates if change.noise in (None, "more")]
    texts = [f"{change.name}: {change.sentence}" for change in sure]
    if len(texts) > most - 1:
        texts = [*texts[: most - 2], f"and {len(texts) - most + 2} more in the report"]
    return [f"Since the last run: {changes.sentence}", *texts]


def in_lines(results: Results, width: int, most: int = 6) -> list[str]:
    """Say the same in at most so many lines of a terminal; nothing where nothing was compared."""
    texts = matters(results.changes, most) if results.changes else []
    lines = [line for text in texts for line in wrapped(text, width)]
    return lines if len(lines) <= most else [*lines[: most - 1], "… and more in the report"]


def _fingerprint(run: Results) -> str | None:
    return run.corpus.fingerprint if run.corpus else None


def _environment(
    before: Mapping[str, str], after: Mapping[str, str]
) -> dict[str, tuple[str | None, ...]]:
    keys = [key for key in ENVIRONMENT if before.get(key) != after.get(key)]
    return {key: tuple(_cut(run.get(key)) for run in (before, after)) for key in keys}


def _pairs(
    earlier: Results, now: Results, speech: bool, environment: Mapping[str, Any]
) -> list[Pair]:
    versions = environment.keys() <= _MACHINE
    machine = environment.keys().isdisjoint({*_MACHINE, "device"})
    return [
        Pair(before, after, speech, versions, machine)
        for after in now.candidates
        if (before := earlier.named(after.name))
    ]


def _selected(before: str | None, after: str | None) -> str:
    if before == after:
        return f"The selection is the same, {after}." if after else "There is still no selection."
    if after is None:
        return f"There is no selection any more; it was {before}."
    if before is None:
        return f"Use {after}; there was no selection."
    return f"Use {after} instead of {before}."


def _else(same_speech: bool, environment: Mapping[str, Any]) -> Iterator[str]:
    if not same_speech:
        yield "The speech changed, so no accuracy is called better or worse."
    if environment:
        yield f"Other environment: {', '.join(environment)}."


def _coming(earlier: Results, now: Results) -> Iterator[Change]:
    for new in now.candidates:
        if earlier.named(new.name) is None:
            yield _change(new, "added", None, _verdict(new), f"new: {_verdict(new)}")


def _going(earlier: Results, now: Results) -> Iterator[Change]:
    for old in earlier.candidates:
        if now.named(old.name) is None:
            sentence = f"no longer a candidate; was {_verdict(old)}"
            yield _change(old, "removed", _verdict(old), None, sentence)


def _of_pairs(pairs: Sequence[Pair]) -> Iterator[Change]:
    surely = clear(pairs)
    for pair in pairs:
        yield from _facts(pair)
        for name in (*COMPARED, *pair.drops):
            if pair.differs(name):
                yield _number(pair, name, *noise(pair, name, (pair.after.name, name) in surely))


def _facts(pair: Pair) -> Iterator[Change]:
    """Yield what differs in a candidate but its numbers."""
    old, new = pair.before, pair.after
    was, now = _verdict(old), _verdict(new)
    if was != now:
        yield _change(new, "verdict", was, now, f"{now}; was {was}")
    there, here = (_place(run, old.model != new.model) for run in (old, new))
    if there != here:
        said, earlier = (brief(place or "an unknown commit") for place in (here, there))
        yield _change(new, "commit", there, here, f"judged at {said}; was {earlier}")
    if old.labels != new.labels and old.labels and new.labels:
        before, after = (tuple(map(_cut, run.labels)) for run in (old, new))
        yield _change(new, "labels", before, after, f"labels changed: {_relabelled(old, new)}")


def _number(pair: Pair, name: str, judgement: Noise, why: str) -> Change:
    old, new = pair.values(name) or (0.0, 0.0)
    unit = next(number.unit for number in pair.numbers(name) if number)
    was, now = (written(Measured(name=name, value=value, unit=unit)) for value in (old, new))
    if was == now:
        was, now = f"{old:.9g}", f"{new:.9g}"
    better = (new < old) == (name == "segment_time" or name.startswith(LOST))
    judged = judgement == "more" and not why and name not in _UNJUDGED
    said = [("better" if better else "worse") if judged else "", _cut(why) or _SAID[judgement]]
    lost = f"UAR lost in {_cut(name.removeprefix(LOST))}"
    text = f"{TITLES.get(name, lost)} {now}; was {was} ({', '.join(filter(None, said))})"
    change = _change(pair.after, "number", old, new, text)
    return change.model_copy(update={"number": _cut(name), "noise": judgement})


def _change(
    candidate: CandidateResult, kind: Kind, before: Any, after: Any, sentence: str
) -> Change:
    name = _cut(candidate.name)
    return Change(name=name, kind=kind, before=before, after=after, sentence=sentence)


def _rank(change: Change) -> tuple[int, int]:
    """Put first what is sure to matter."""
    return _NOISES.index(change.noise) > 1, _KINDS.index(change.kind)


def _verdict(candidate: CandidateResult) -> str:
    reason = f" ({candidate.reason})" if candidate.reason else ""
    return _cut(candidate.verdict + reason)


def _place(candidate: CandidateResult, with_model: bool) -> str | None:
    model = candidate.model if with_model else None
    return _cut(" at ".join(filter(None, (model, candidate.commit)))) or None


def _relabelled(old: CandidateResult, new: CandidateResult) -> str:
    gone, come = {*old.labels} - {*new.labels}, {*new.labels} - {*old.labels}
    said = [f"without {', '.join(sorted(gone))}"] if gone else []
    said += [f"with {', '.join(sorted(come))}"] if come else []
    return _cut("; ".join(said) or "in another order")


_Text = TypeVar("_Text", str, str | None)


def _cut(text: _Text) -> _Text:
    return text if text is None or len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
