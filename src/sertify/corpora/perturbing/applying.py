"""A clip in any condition."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from sertify.corpora.perturbing.codecs import mp3, opus
from sertify.corpora.perturbing.cuts import cut_end, cut_start, pause
from sertify.corpora.perturbing.foreign import perturbed_by_own
from sertify.corpora.perturbing.loudness import clipping, gain
from sertify.corpora.perturbing.noises import babble, bursts, environment, pink, white
from sertify.corpora.perturbing.packets import loss
from sertify.corpora.perturbing.phones import alaw, gsm, mulaw
from sertify.corpora.perturbing.rooms import response, reverb
from sertify.corpora.perturbing.spectra import highpass, lowpass, tilt
from sertify.corpora.perturbing.takes import Take
from sertify.corpora.survey import SILENCE, Waveform
from sertify.vocabulary.conditions import OWN_FAMILY, Condition

PERTURBING = 1
"""Goes up where a condition sounds other than before."""

PERTURBATIONS: Mapping[str, Callable[..., Waveform]] = MappingProxyType(
    {
        "alaw": alaw,
        "babble": babble,
        "bursts": bursts,
        "clipping": clipping,
        "end": cut_end,
        "environment": environment,
        "gain": gain,
        "gsm": gsm,
        "highpass": highpass,
        "loss": loss,
        "lowpass": lowpass,
        "mp3": mp3,
        "mulaw": mulaw,
        "opus": opus,
        "pause": pause,
        "pink": pink,
        "response": response,
        "reverb": reverb,
        "start": cut_start,
        "tilt": tilt,
        "white": white,
    }
)
"""What makes each kind of condition, of a take and a severity."""


def perturb(
    waveform: Waveform,
    rate: int,
    condition: Condition,
    seed: bytes | int,
    sounds: Sequence[Waveform] = (),
) -> Waveform:
    """Return a clip as it is heard in a condition; silence stays as it is.

    The result has as many samples as the clip, is finite, and depends on nothing but what is given,
    so it may be kept. It may go beyond full scale. The seed is what tells the clip, such as its
    digest: then a clip gets the same noise in any corpus.

    Raises ``ConfigurationError`` where the condition lacks sounds, or a package's own perturbation
    fails.

    Parameters
    ----------
    waveform
        Finite samples of shape (n,); not changed.
    rate
        Of these, 8,000 to 48,000 Hz.
    sounds
        What the condition needs (see ``ConditionKind.needs``), at that rate: for babble, other
        clips, of which the caller leaves out this one.
    """
    if not np.abs(waveform).max(initial=0) >= SILENCE:
        return waveform.copy()
    take = Take(waveform, rate, np.random.default_rng(_entropy(condition.kind, seed)), sounds)
    if condition.family == OWN_FAMILY:
        return perturbed_by_own(take, condition.kind)
    heard = PERTURBATIONS[condition.kind](take, condition.severity)
    return np.array(heard, np.float32)  # which nobody else has


def is_heard(condition: Condition, rate: int) -> bool:
    """Whether a sampling rate leaves a condition anything to change.

    >>> is_heard(Condition("lowpass", 4000), 8_000), is_heard(Condition("lowpass", 4000), 16_000)
    (False, True)
    """
    return condition.kind != "lowpass" or (condition.severity or 0) < rate / 2


def _entropy(kind: str, seed: bytes | int) -> int:
    text = seed if isinstance(seed, bytes) else b"%d" % seed
    key = hashlib.sha256(kind.encode() + b"\0" + text).digest()
    return int.from_bytes(key[:16], "big")
