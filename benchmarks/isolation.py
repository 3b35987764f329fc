"""What it costs that a candidate's model is in a process of its own.

    python -m benchmarks.isolation --size tiny --clips 200        # a minute
    python -m benchmarks.isolation --size base --clips 60         # a quarter of an hour

The same checkpoint is loaded, examined and asked about the same clips: in this process, and in one
of its own, in turn. The time is that of all of it, the start of the process too; what is imported
beforehand is there in both.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.material import SIZES, Material
from sertify.candidates.limits import Allowances
from sertify.candidates.reading import Candidate
from sertify.corpora.reading import read_corpus
from sertify.evidence.cache import Cache
from sertify.hub.snapshots import Snapshot, read_index, take_snapshot
from sertify.models.host import Workbench
from sertify.models.processes.quota import Quota
from sertify.models.workshop import Workshop
from sertify.pipeline.lazy_model import LazyModel
from sertify.pipeline.loading import Loading
from sertify.pipeline.predictions import predict
from sertify.pipeline.prefetch import Repositories
from sertify.pipeline.telling import silently
from sertify.vocabulary.machine import usable_cores

__all__ = ["compare"]

_OPTIONS = {"device": "cpu", "threads": 1}


def compare(material: Material) -> dict[str, Any]:
    """Return the seconds of each round by either way, and the median of their ratios."""
    folder = material.model(material.size.models[0])
    snapshot = take_snapshot(Candidate("one", str(folder), folder))
    corpus = read_corpus(material.corpus(material.clips))

    def heard(subject: LazyModel) -> None:
        subject.certify()
        predict(subject, corpus)
        subject.release()

    ways: dict[str, Callable[[], LazyModel]] = {
        "here": lambda: _here(snapshot),
        "own_process": lambda: _elsewhere(snapshot, material.work),
    }
    for make in ways.values():
        heard(make())  # imports, and the clips into the memory of the system
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    for number in range(material.rounds):
        for way in sorted(ways, reverse=bool(number % 2)):
            started = time.perf_counter()
            heard(ways[way]())
            seconds[way].append(time.perf_counter() - started)
    ratios = [own / here for here, own in zip(*seconds.values(), strict=True)]
    return {
        "model": folder.name,
        "clips": len(corpus.clips),
        "ratio": statistics.median(ratios),
        "ratios": ratios,
        **seconds,
    }


def _here(snapshot: Snapshot) -> LazyModel:
    bench = Workbench(snapshot, _OPTIONS)
    bench.outline(read_index(snapshot))
    return LazyModel(bench, Cache(None), "one", usable_cores())


def _elsewhere(snapshot: Snapshot, work: Path) -> LazyModel:
    workshop = Workshop(snapshot, _OPTIONS, Quota.of(Allowances()), work / "crash.txt")
    repositories = Repositories([], offline=True)
    blueprint = workshop.outline(repositories.index(snapshot.candidate))
    loading = Loading(blueprint, repositories, workshop, silently)
    return LazyModel(loading, Cache(None), "one", usable_cores())


def main() -> None:
    """Measure by the arguments of the command line, and print what was found as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=SIZES, default="tiny")
    parser.add_argument("--clips", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--work", type=Path, default=Path(".benchmarks"))
    given = parser.parse_args()
    size = SIZES[given.size]
    material = Material(given.work.resolve(), size, given.clips, given.rounds)
    print(json.dumps(compare(material), indent=1))


if __name__ == "__main__":
    main()
