"""How many operations a second this machine reaches at best: large products of matrices, fp32.

    python -m benchmarks.gemm

prints one line of JSON. No forward pass of a network can be faster than its operations at this
rate, unless it takes fewer of them.
"""

import json
import time

import torch

from sertify.vocabulary.machine import usable_cores

__all__ = ["rate"]


def rate(size: int = 2048, repetitions: int = 20) -> float:
    """Operations a second of the fastest of some products of square matrices, on all cores."""
    torch.set_num_threads(usable_cores())
    one, other = torch.randn(size, size), torch.randn(size, size)
    fastest = float("inf")
    for _ in range(repetitions):
        start = time.perf_counter()
        torch.mm(one, other)
        fastest = min(fastest, time.perf_counter() - start)
    return 2 * size**3 / fastest


if __name__ == "__main__":
    print(json.dumps({"rate": rate(), "threads": torch.get_num_threads()}))
