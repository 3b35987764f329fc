"""What the robustness gate costs: forward passes, the making of conditions, and time.

    python -m benchmarks.robustness --size tiny
    python -m benchmarks.robustness --size base --clips 12    # minutes

The same clips are answered as they are, in all usual conditions, and once more in these, made
beforehand: what the last two differ by is what making them adds. Times are of the processor, so
that other work on the machine counts less; a forward pass of one thread and the making of what
comes next share it only where there are too few cores for both.
"""

import argparse
import json
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.material import SIZES, Material
from benchmarks.processes import ROOT
from sertify.candidates.reading import Candidate
from sertify.candidates.requirements import Requirements
from sertify.corpora.clips import Corpus
from sertify.corpora.perturbing.applying import perturb
from sertify.corpora.reading import read_corpus
from sertify.corpora.recordings import Recordings
from sertify.hub.snapshots import read_index, take_snapshot
from sertify.models.loading import load, outline
from sertify.pipeline.disturbances import disturb
from sertify.pipeline.lazy_model import LazyModel
from sertify.pipeline.predictions import predict
from sertify.pipeline.questions import Question, ask
from sertify.pipeline.surroundings import SoundFolders, Voices
from sertify.vocabulary.conditions import Condition, standard_conditions

__all__ = ["measure"]

CONDITIONS = standard_conditions()
_ROBUST = Requirements.model_validate({"robustness": True}, strict=False)


def measure(folder: Path, corpus: Corpus, threads: int = 1) -> dict[str, Any]:
    """Return what it takes to answer clips, in seconds by way, and to make each condition."""
    snapshot = take_snapshot(Candidate("model", str(folder), folder))
    subject = LazyModel.of(load(outline(snapshot, read_index(snapshot)), threads=threads), threads)
    candidate, recordings = Candidate("model", "model", requirements=_ROBUST), Recordings()
    predict(subject, corpus, recordings=recordings)  # decodes
    predictions, clean = _timed(partial(predict, subject, corpus, recordings=recordings))
    given: tuple[Any, ...] = (candidate, CONDITIONS, {}, recordings, SoundFolders({}))
    _, gate = _timed(lambda: disturb(subject, predictions, *given))
    made, making = _made(corpus, subject.sampling_rate, recordings)
    questions = [Question(str(place), "", partial(iter, [one])) for place, one in enumerate(made)]
    _, before = _timed(partial(ask, subject, questions))
    seconds = sum(recordings.read(clip, subject.sampling_rate).size for clip in corpus.clips)
    recordings.close()
    return {
        "clips": len(corpus.clips),
        "seconds": seconds / subject.sampling_rate,
        "clean": clean,
        "gate": gate,
        "made_before": before,
        "forwards": len(made),
        "making": {str(condition): spent for condition, spent in making.items()},
    }


def _made(
    corpus: Corpus, rate: int, recordings: Recordings
) -> tuple[list[Any], dict[Condition, float]]:
    """Return the clips in each condition, those of a clip in a row, and what each takes to make."""
    voices, making, made = Voices(corpus, rate, recordings), dict.fromkeys(CONDITIONS, 0.0), []
    for clip in corpus.clips:
        sounds = {"voices": voices.beside(clip)[1](), "": ()}
        waveform = recordings.read(clip, rate)
        for condition in CONDITIONS:
            given = (waveform, rate, condition, clip.digest.encode(), sounds[condition.needs])
            heard, spent = _timed(partial(perturb, *given))
            making[condition] += spent["processor"]
            made.append(heard)
    return made, making


def _timed(call: Callable[[], Any]) -> tuple[Any, dict[str, float]]:
    began = time.perf_counter(), time.process_time()
    found = call()
    return found, {
        "wall": time.perf_counter() - began[0],
        "processor": time.process_time() - began[1],
    }


def _lines(found: dict[str, Any]) -> Sequence[str]:
    clean, gate, before = (found[way] for way in ("clean", "gate", "made_before"))
    pace = clean["processor"] / found["clips"]
    making = sum(found["making"].values())
    size = f"{found['clips']} clips, {found['seconds']:.0f} s of speech"
    rows = [f"{size}, {found['forwards']} forward passes"]
    for way, times in (("as they are", clean), ("gate", gate), ("made before", before)):
        rows.append(f"{way}: {times['wall']:.2f} s, {times['processor']:.2f} s of processors")
    rows.append(f"making: {making:.2f} s, {making / gate['processor']:.1%} of the gate")
    rows.append(
        f"an answer of the gate costs {gate['processor'] / found['forwards'] / pace:.2f} clean ones"
    )
    per_second = {name: 1000 * spent / found["seconds"] for name, spent in found["making"].items()}
    rows += [f"  {name}: {spent:.2f} ms a second of speech" for name, spent in per_second.items()]
    return rows


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--size", choices=[*SIZES], default="tiny", help="of the model")
    parser.add_argument("--clips", type=int, default=60)
    parser.add_argument("--threads", type=int, default=1, help="that the model may use")
    parser.add_argument("--speech", type=Path, help="recordings that clips are cut from")
    parser.add_argument("--work", type=Path, default=ROOT / ".benchmarks" / "engine")
    parser.add_argument("--out", type=Path, help="the JSON file to write")
    given = parser.parse_args()
    size = SIZES[given.size]
    material = Material(given.work.resolve(), size, given.clips, rounds=1, speech=given.speech)
    corpus = read_corpus(material.corpus(given.clips))
    found = measure(material.model(size.models[0]), corpus, given.threads)
    print(*_lines(found), sep="\n")
    if given.out:
        given.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    _main()
