"""How a checkpoint and the class that its config names come to fit, where only little is wrong.

That is the number of outputs, which the checkpoint knows better, and a prefix that a wrapper in
training has put before the name of each tensor.
"""

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from sertify.gates.weights import WeightReport
from sertify.hub.plausible import MOST_LABELS
from sertify.hub.tensors.index import TensorIndex

_Value = TypeVar("_Value")
Make = Callable[[Any, TensorIndex], Any]
"""Returns the class for a config and an index."""
Expect = Callable[[Any, Any, TensorIndex], WeightReport]
"""Reports on the weights of a class, by its config and an index alone."""

PREFIXES = ("module.", "_orig_mod.", "base_model.model.", "model.")
"""Of torch's DataParallel, torch.compile, PEFT, and of loops that call a model so."""
_MOST_WRAPPERS = 3


def readings(index: TensorIndex) -> Iterator[tuple[str, TensorIndex]]:
    """Return the index as it is, then without one wrapper's prefix after the other.

    Each comes with the prefix that it is without. A prefix is one where most names have it.
    """
    prefix = ""
    yield prefix, index
    for _ in range(_MOST_WRAPPERS):
        longer = (prefix + word for word in PREFIXES)
        found = next((word for word in longer if _is_common(word, index)), None)
        if found is None:
            return
        prefix = found
        yield prefix, replace(index, tensors=unwrapped(index.tensors, prefix))


def _is_common(prefix: str, index: TensorIndex) -> bool:
    names = [name for name in index.tensors if name.startswith(prefix)]
    # Two tensors of one name would be one.
    bare = any(name.removeprefix(prefix) in index.tensors for name in names)
    return len(names) > len(index.tensors) / 2 and not bare


def unwrapped(tensors: Mapping[str, _Value], prefix: str) -> dict[str, _Value]:
    """Return tensors under their names without a prefix."""
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items()}


@dataclass(frozen=True)
class Fit:
    """A class, its config with the right number of outputs, and how a checkpoint fits.

    Attributes
    ----------
    index
        The tensors by the names that the network has for them.
    prefix
        What comes before each of these names in the checkpoint.
    weights
        Which of its weights the checkpoint has; None where only loading can tell.
    counted
        The tensor that told the number of outputs, where config.json says another.
    """

    network: Any
    config: Any
    index: TensorIndex
    prefix: str = ""
    weights: WeightReport | None = None
    counted: str = ""

    @property
    def flaws(self) -> int:
        """How many tensors are not as they should be."""
        return 0 if self.weights is None else self.weights.flaws

    @property
    def outputs(self) -> int | None:
        """How many there are, where the checkpoint has the layer that gives them."""
        weights = self.weights
        if weights is None or weights.random_head or weights.mismatched:
            return None
        number: int = self.config.num_labels
        return number

    @property
    def remark(self) -> str:
        """What a reader should know of how they were made to fit."""
        inside, prefix = self.index.inside, self.prefix
        return " ".join(
            [f"Its weights are in {inside} of what a training run saved."] * bool(inside)
            + [f"The names of its tensors begin with {prefix}, which was left out."] * bool(prefix)
        )


def best_fit(make: Make, config: Any, index: TensorIndex, expect: Expect) -> Fit:
    """Return how a checkpoint fits best: under its own names if they do, else unwrapped."""
    if index.problem:
        return Fit(make(config, index), config, index)
    best: Fit | None = None
    for prefix, reading in readings(index):
        fit = replace(_counted(make(config, reading), config, reading, expect), prefix=prefix)
        if best is None or fit.flaws < best.flaws:
            best = fit
        if not best.flaws:
            break
    assert best is not None
    return best


def _counted(network: Any, config: Any, index: TensorIndex, expect: Expect) -> Fit:
    """Return how a checkpoint fits, with as many outputs as its last layer has where that helps."""
    report = expect(network, config, index)
    plain = Fit(network, config, index, weights=report)
    number = report.outputs_found
    if number is None or not 0 < number <= MOST_LABELS:
        return plain
    other = deepcopy(config)
    other.num_labels = number
    again = expect(network, other, index)
    if again.mismatched:
        return plain
    last = max(report.mismatched, key=lambda mismatch: len(mismatch.found))
    return replace(plain, config=other, weights=again, counted=last.name)
