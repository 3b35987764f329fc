"""What is known of speech as lines for a terminal."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sertify.report import sentences
from sertify.report.results.model.speech import Listeners
from sertify.vocabulary.text import listed, quoted, shown

_WIDTH = 12
_MOST = 12
"""Speakers, labels or reasons that are told one by one."""


def survey_lines(told: Sequence[Mapping[str, Any]], warnings: Sequence[str]) -> Iterator[str]:
    """Yield what was found in each corpus, then what weakens conclusions, the entry at the end."""
    for number, facts in enumerate(told):
        yield from [""] * (number > 0)
        yield f"{shown(facts['name'])}: {facts['layout']}{_public(facts)}, {facts['path']}"
        for name, value in _rows(facts):
            yield f"  {name:<{_WIDTH}}{value}"
    if warnings:
        yield ""
        yield "what weakens conclusions:"
        yield from (f"  - {shown(warning)}" for warning in warnings)
    drafts = {facts["name"]: facts["entry"] for facts in told if facts["entry"]}
    if drafts:
        yield ""
        yield "what candidates.yaml may say, where the data do not (fill in each …):"
        yield ""
        yield "corpora:"
        for name, draft in drafts.items():
            yield f"  {quoted(name) if ':' in name else name}:"
            yield from _draft(draft)


def _public(facts: Mapping[str, Any]) -> str:
    public = facts["public"]
    return f", the public corpus {public}" if public else ""


def _rows(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "clips", _clips(facts)
    if facts["left_out"]:
        yield "not taken", _numbers(facts["left_out"])
    yield from _sound_rows(facts)
    for place, one in enumerate(facts["labels"]):
        means = "no label" if one["label"] is None else shown(one["label"])
        arrow = "" if one["label"] in (None, one["emotion"]) else f" -> {one['emotion']}"
        yield "" if place else "labels", f"{one['clips']:>6,}  {means}{arrow}"
    unknown = facts["unknown_labels"]
    for place, (label, one) in enumerate([*unknown.items()][:_MOST]):
        near = f", nearest is {one['near']}" if one["near"] else ""
        text = f"{one['clips']:>6,}  {quoted(label)} is no known emotion{near}"
        yield "" if place or facts["labels"] else "labels", text
    if len(unknown) > _MOST:
        yield "", f"and {len(unknown) - _MOST:,} more that are no known emotions"
    yield "speakers", _speakers(facts)
    for name in ("genders", "languages", "splits"):
        if facts[name]:
            yield name, _numbers(facts[name])
    if facts["listeners"]:
        yield "listeners", sentences.listeners(Listeners.model_validate(facts["listeners"]))
    yield "can show", _resolution(facts)
    if facts["stops"]:
        told = _unheard(facts) == facts["clips"] and (facts["clips"] or not unknown)
        why = "too many labels are no known emotion; see the entry below"
        yield "but", f"a run stops here: {'no clip can be judged' if told else why}"


def _unheard(facts: Mapping[str, Any]) -> int:
    return sum(one["clips"] for one in facts["rejected"].values())


def _clips(facts: Mapping[str, Any]) -> str:
    judged = f"{facts['clips'] - _unheard(facts):,} of {facts['requested']:,} can be judged"
    return judged + (
        f", {_duration(facts['seconds']['total'])}" if facts["seconds"]["total"] else ""
    )


def _sound_rows(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for one in facts["rejected"].values():
        yield "rejected", one["told"]
    for remark in facts["remarks"]:
        yield "heard", remark
    seconds = facts["seconds"]
    if "median" in seconds:
        least, middle, most = (f"{seconds[name]:.1f}" for name in ("least", "median", "most"))
        yield "length", f"{least} to {most} s, half of them up to {middle} s"
    kinds = [*facts["formats"], *(f"{int(rate) / 1000:g} kHz" for rate in facts["rates"])]
    channels = [f"{number} channels" for number in facts["channels"] if number != "1"]
    if kinds:
        yield "sound", ", ".join([*kinds, *channels])


def _speakers(facts: Mapping[str, Any]) -> str:
    numbers = facts["speakers"]
    if not numbers:
        return "none named"
    least, most = min(numbers.values()), max(numbers.values())
    each = f"{least}" if least == most else f"{least} to {most}"
    return f"{len(numbers)}, {each} clips each: {listed(map(shown, numbers))}"


def _numbers(numbers: Mapping[str, int]) -> str:
    ordered = sorted(numbers.items(), key=lambda one: (-one[1], one[0]))
    return listed((f"{number:,} {shown(name)}" for name, number in ordered), most=_MOST)


def _resolution(facts: Mapping[str, Any]) -> str:
    least = facts["resolution"]
    if least is None:
        return "nothing about accuracy: too few labelled clips or speakers"
    return (
        f"a difference in UAR of {least:.2f} between two models, in 8 of 10 cases"
        " (if they disagree on 3 of 10 clips)"
    )


def _draft(draft: Mapping[str, Any]) -> Iterator[str]:
    if "label_map" in draft:
        yield "    label_map:  # null leaves the clips of a label out"
        for label, emotion in draft["label_map"].items():
            yield f"      {quoted(label)}: {emotion or '…'}"
    if "language" in draft:
        yield f"    language: {draft['language'] or '…  # such as ko'}"


def _duration(seconds: float) -> str:
    """Return a time in the two largest units that it has.

    >>> _duration(5_000), _duration(90), _duration(4.2)
    ('1 h 23 min', '1 min 30 s', '4.2 s')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
