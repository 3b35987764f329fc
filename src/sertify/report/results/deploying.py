"""What a program needs to use the selected candidate, from the evidence of it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

from sertify.candidates.entries import SamplingRate
from sertify.candidates.reading import Candidate
from sertify.report.results.model.candidate import CandidateResult
from sertify.report.results.model.choice import SelectionResult
from sertify.report.results.model.deployment import (
    DeploymentResult,
    GoldenAnswer,
    GoldenAnswers,
    JudgedOn,
    LabelResult,
)
from sertify.report.results.model.speech import CorpusResult
from sertify.selection.verdicts import Verdict
from sertify.vocabulary.text import counted, listed

_MOVES = {"float32": 1e-3, "bfloat16": 2e-2, "mixed": 5e-2}
"""How far logits may differ elsewhere, as a share of their range; docs/results.md has the reason.

On one machine, threads, batches and other kernels moved them by less than a hundredth of that in
float32.
"""
_COARSE = {"int8-dynamic": 2e-2, "bf16": 2e-2, "fp16": 5e-3}
# What it is to be used in, where that is not what it was judged in.
_DEPLOYED = {"mixed": "float32"}


def deployed(
    selection: SelectionResult,
    candidates: Sequence[CandidateResult],
    verdicts: Sequence[Verdict],
    corpus: CorpusResult | None,
    environment: Mapping[str, str],
) -> SelectionResult:
    """Return a selection with what a program needs to use the selected one.

    ``corpus`` is the speech that it was judged on, ``environment`` what it was judged with. Where
    its evidence is too old to say, there is no such thing.
    """
    for found, verdict in zip(candidates, verdicts, strict=True):
        if found.name == selection.candidate:
            # What another version wrote may tell something else.
            with suppress(ValueError, LookupError, TypeError):
                needed = _described(verdict, found, corpus, environment)
                return selection.model_copy(update={"deployment": needed})
    return selection


def _described(
    verdict: Verdict,
    found: CandidateResult,
    corpus: CorpusResult | None,
    environment: Mapping[str, str],
) -> DeploymentResult:
    candidate, prepared = verdict.candidate, verdict.detail("preparation") or {}
    point, whole = found.operating_point, found.parts[0] if found.parts else None
    seen = whole.seen if whole else {}
    extractor, dtype = candidate.feature_extractor, environment["dtype"]
    fields = {
        **{name: getattr(found, name) for name in _SAME},
        "candidate": found.name,
        "commit": (found.commit or "").partition("+")[0] or None,
        "companions": found.repository.get("companions", {}),
        **{name: getattr(candidate, name) for name in _WRITTEN},
        "feature_extractor": None if isinstance(extractor, SamplingRate) else extractor,
        "weights": prepared.get("weights", ()),
        "labels": tuple(_labels(candidate, found.labels)),
        "multi_label": prepared.get("multi_label", False),
        "preprocessing": {**prepared, "segments": prepared["segmenting"]} if prepared else None,
        "judged_with": {**environment, "dtype": _DEPLOYED.get(dtype, dtype)},
        "temperature": point and point.temperature,
        "wished": point and point.wished,
        "point": point and point.point,
        "uar": found.numbers.get("uar"),
        "uar_own": found.numbers.get("uar_own"),
        "corpora": tuple(_corpora(corpus, seen)),
        "limits": tuple(_limits(found, corpus)),
        "golden": _golden(verdict, candidate.variant, dtype),
    }
    return DeploymentResult.model_validate(fields)


_SAME = ("model", "revision", "loader", "architecture", "licence")
_WRITTEN = ("subfolder", "adapter", "trust_remote_code", "variant")


def _labels(candidate: Candidate, labels: Sequence[str]) -> Iterator[LabelResult]:
    for index, label in enumerate(labels):
        yield LabelResult(index=index, label=label, emotion=candidate.emotion_of(label))


def _corpora(corpus: CorpusResult | None, seen: Mapping[str, str]) -> Iterator[JudgedOn]:
    for part in corpus.alone if corpus else ():
        yield JudgedOn.model_validate({**dict(part), "seen": seen.get(part.name)})


def _golden(verdict: Verdict, variant: str, dtype: str) -> GoldenAnswers | None:
    """Return the golden answers, and how far another machine may be from them."""
    clips = [GoldenAnswer.model_validate(clip) for clip in verdict.detail("golden") or ()]
    if not clips:
        return None
    logits = [logit for clip in clips for logit in clip.logits]
    span = max(max(logits) - min(logits), 0.01 * max(map(abs, logits)))
    share = max(_MOVES.get(dtype, 0.0), _COARSE.get(variant, 0.0)) or max(_MOVES.values())
    why = (
        f"{share:g} of the range of these logits, which is {span:.4g}: in {dtype}, as {variant};"
        " in another precision they differ by more"
    )
    return GoldenAnswers(tolerance=float(f"{share * span:.4g}"), why=why, clips=tuple(clips))


def _limits(found: CandidateResult, corpus: CorpusResult | None) -> Iterator[str]:
    """Say of which speech the numbers are, and what they leave out."""
    if corpus is not None:
        whole = found.parts[0] if found.parts else None
        speakers = f" of {counted(corpus.speakers, 'speaker')}" if corpus.speakers else ""
        tongues = f" in {listed(corpus.languages)}" if corpus.languages else ""
        clips = f"{counted(corpus.judged, 'clip')}{speakers}{tongues}"
        yield (
            f"All numbers are of {clips} ({corpus.name}), and hold for speech like that: in other"
            " languages, rooms or styles, or by other microphones, they may be others."
        )
        if whole and whole.inexpressible:
            yield (
                f"It has no label for {listed(whole.inexpressible)}: each such clip is answered"
                " wrongly, and temperature and threshold are of the others."
            )
        if whole and whole.seen:
            yield f"Left out, as it was trained on them: {listed(whole.seen)}."
