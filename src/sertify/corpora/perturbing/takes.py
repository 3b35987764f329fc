"""One clip that is to be heard in another condition."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sertify.corpora.survey import Waveform
from sertify.vocabulary.errors import ConfigurationError


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

    def any_sound(self, condition: str, what: str) -> Waveform:
        """Return one of the sounds that is not silent, drawn for this clip.

        Raises ``ConfigurationError``, saying ``what`` the condition needs, where there is none.
        """
        loud = [sound for sound in self.sounds if sound.any()]
        if not loud:
            raise ConfigurationError(
                f"{condition} needs {what} that are not silent, but none is there; give a folder of"
                " some"
            )
        return loud[self.generator.integers(len(loud))]
