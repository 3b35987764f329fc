"""What evidence was measured with, and how much of it matters to which gate."""

import os
import subprocess
import sys
from importlib.metadata import version

import pytest

from sertify.evidence.environment import decides_answers, describe_environment, fingerprint
from sertify.vocabulary.machine import usable_cores
from sertify.vocabulary.outcomes import GATES

ENVIRONMENT = describe_environment("cpu", threads=2)


def test_versions_and_machine_are_described_as_text() -> None:
    assert set(ENVIRONMENT) == {
        *("sertify", "torch", "transformers", "huggingface_hub", "numpy", "soundfile", "soxr"),
        *("python", "platform", "cpu", "cores", "device", "dtype", "threads"),
        "loaders",
    }
    assert all(isinstance(value, str) and value for value in ENVIRONMENT.values())
    assert ENVIRONMENT["torch"] == version("torch")
    assert (ENVIRONMENT["device"], ENVIRONMENT["threads"]) == ("cpu", "2")


def test_describing_it_imports_neither_torch_nor_transformers() -> None:
    code = (
        "import sys; from sertify.evidence import environment;"
        "environment.describe_environment('cpu', 1);"
        "print(*{'torch', 'transformers'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout.strip() == ""


@pytest.mark.parametrize("gate", GATES)
@pytest.mark.parametrize("fact", sorted(ENVIRONMENT))
def test_a_fingerprint_changes_with_what_decides_the_gate(gate: str, fact: str) -> None:
    answers = {"sertify", "torch", "transformers", "device", "dtype", "loaders"}
    speed = {"cpu", "cores", "threads"}
    decisive = fact in answers or (gate == "speed" and fact in speed)
    other = fingerprint(ENVIRONMENT | {fact: "other"}, gate)
    assert (other != fingerprint(ENVIRONMENT, gate)) is decisive
    assert len(other) == 16


@pytest.mark.parametrize("fact", sorted(ENVIRONMENT))
def test_an_answer_is_kept_for_all_machines_that_would_give_the_same(fact: str) -> None:
    """Where threads and CPU differ, so may the last digit; nobody would ask again for that."""
    decisive = fact not in ("huggingface_hub", "python", "platform", "cpu", "cores", "threads")
    other = decides_answers(ENVIRONMENT | {fact: "other"})
    assert (other != decides_answers(ENVIRONMENT)) is decisive


def test_which_of_several_gpus_answers_does_not_matter() -> None:
    first, second = (
        decides_answers(describe_environment(name, 1)) for name in ("cuda:0", "cuda:1")
    )
    assert first == second != decides_answers(describe_environment("mps", 1))


@pytest.mark.skipif(sys.platform != "linux", reason="only there can a process be given fewer cores")
def test_cores_are_those_that_the_process_may_use() -> None:
    code = (
        "import os; from sertify.vocabulary.machine import usable_cores;"
        "os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}); print(usable_cores())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert int(done.stdout) == 1
    assert 1 <= usable_cores() <= (os.cpu_count() or 1)
