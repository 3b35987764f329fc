"""One clip that is to be heard in another condition."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sertify.corpora.survey import Waveform


@dataclass(frozen=True)
class Take:
    """What a perturbation is given.

    Parameters
    ----------
    waveform
        Samples of shape (n,), n >= 1, finite and not all 0. They are not to be changed in place.
    rate
        Of these, in Hz.
    generator
        Of the randomness that this clip gets. It begins alike for all severities of a kind, so
        that they differ in nothing else.
    sounds
        Other recordings at the same rate, where the condition needs some.
    """

    waveform: Waveform
    rate: int
    generator: np.random.Generator
    sounds: Sequence[Waveform] = ()
