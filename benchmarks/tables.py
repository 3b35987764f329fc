"""How long a table of clips takes to be read, against Python's own reader of CSV.

    python -m benchmarks.tables [--rows 100000] [--rounds 5]

Each clip is a file of its own, of few bytes, whose digest is taken as well: what is measured is the
work for each row. Both are timed in turn, in rounds, in one process.
"""

import argparse
import csv
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from sertify.corpora.reading import read_corpus

__all__ = ["write_table"]

_LABELS = ("angry", "happy", "sad", "neutral")


def write_table(root: Path, rows: int) -> Path:
    """Write so many files, and a table of them."""
    (root / "audio").mkdir(parents=True)
    path = root / "metadata.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["file_name", "label", "speaker", "gender", "language", "split"])
        for row in range(rows):
            name = f"audio/{row:06}.wav"
            (root / name).write_bytes(b"RIFF" + os.urandom(60))
            speaker = row % 97
            writer.writerow(
                [name, _LABELS[row % 4], f"s{speaker}", "fm"[speaker % 2], "de", "test"]
            )
    return path


def _parsed(path: Path) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        list(csv.DictReader(file))


def _seconds(work: Callable[[], object]) -> tuple[float, float]:
    began, busy = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - began, time.process_time() - busy


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = write_table(Path(folder) / "speech", given.rows)
        print(f"{given.rows:,} rows, seconds of the clock and of the processor")
        print("| round | sertify | processor | csv | ratio |\n|---|---|---|---|---|")
        ratios = []
        for number in range(given.rounds):
            clock, busy = _seconds(lambda: read_corpus(path.parent))
            _, other = _seconds(lambda: _parsed(path))
            ratios.append(busy / other)
            print(f"| {number + 1} | {clock:.2f} | {busy:.2f} | {other:.2f} | {ratios[-1]:.1f} |")
        print(f"median ratio: {statistics.median(ratios):.1f}")


if __name__ == "__main__":
    _main()
