"""Speech in a room, heard from 1 to 2 m away.

The first 60 ms are those of the image source method (Allen & Berkley 1979) in a room of 3 x 3 x 2.4
to 8 x 6 x 3.5 m whose walls absorb what Eyring's formula asks for; then comes noise with the power
that the images would have, c / (4 pi V) a second, falling by 60 dB in the time that is asked for
(as Lehmann & Johansson 2010). Walls absorb all pitches alike.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, fftconvolve, sosfilt

from sertify.corpora.perturbing.levels import active_level, at_level
from sertify.corpora.perturbing.takes import Take
from sertify.corpora.survey import Waveform

SPEED_OF_SOUND = 343.0
"""In m/s, at 20 degrees."""

_SMALLEST, _LARGEST = (3.0, 3.0, 2.4), (8.0, 6.0, 3.5)  # m
_NEAREST, _FARTHEST = 1.0, 2.0  # m from the mouth to the microphone
_WALL = 0.5  # m from either to any wall
_TRIES = 200
_IMAGES, _BLEND = 0.06, 0.03  # seconds of images, of which noise takes over in the last
_FALL = 3 * np.log(10)  # of the amplitude, in the time in which it falls by 60 dB
# Hz: images are all positive, which adds up to a thump below.
_LOWEST = 50.0


@dataclass(frozen=True)
class Shoebox:
    """A room, and where in it is spoken and heard; each of shape (3,), in m."""

    size: NDArray[np.float64]
    mouth: NDArray[np.float64]
    microphone: NDArray[np.float64]

    @property
    def volume(self) -> float:
        """Its volume, in cubic metres."""
        return float(self.size.prod())

    @property
    def surface(self) -> float:
        """The area of its walls, in square metres."""
        return float(2 * (self.volume / self.size).sum())

    def reflection(self, seconds: float) -> float:
        """Return what walls leave of an amplitude, where sound falls by 60 dB in that time."""
        absorbed = 24 * np.log(10) / SPEED_OF_SOUND * self.volume / self.surface / seconds
        return float(np.exp(-absorbed / 2))


def reverb(take: Take, severity: float) -> Waveform:
    """Speak in a room of that reverberation time, in seconds, and keep the active level."""
    shoebox = any_shoebox(take.generator)
    return _played(take, impulse_response(shoebox, take.rate, severity, take.generator), 0)


def response(take: Take, _: float | None = None) -> Waveform:
    """Speak in the room of one of the sounds, which are impulse responses; keep the level.

    The loudest sample of a response is when its direct sound comes.

    Raises ``ConfigurationError`` where all of them are silent.
    """
    chosen = take.any_sound("response", "impulse responses")
    return _played(take, chosen, int(np.abs(chosen).argmax()))


def impulse_response(
    shoebox: Shoebox, rate: int, seconds: float, generator: np.random.Generator
) -> Waveform:
    """Return how a click is heard, from its direct sound on; as long as it falls by 60 dB."""
    distances, amplitudes = images(shoebox, shoebox.reflection(seconds), _IMAGES)
    delays = np.round((distances - distances.min()) / SPEED_OF_SOUND * rate).astype(int)
    times = np.arange(round(seconds * rate)) / rate
    early = np.bincount(delays, amplitudes, times.size)[: times.size]
    since = times + distances.min() / SPEED_OF_SOUND
    power = (
        SPEED_OF_SOUND / (4 * np.pi * shoebox.volume) / rate * np.exp(-2 * _FALL * since / seconds)
    )
    late = np.sqrt(power) * generator.standard_normal(times.size)
    share = ((since - _IMAGES + _BLEND) / _BLEND).clip(0, 1)
    both = np.sqrt(1 - share) * early + np.sqrt(share) * late
    sections = butter(2, _LOWEST, "highpass", fs=rate, output="sos")
    return np.asarray(sosfilt(sections, both), np.float32)


def images(
    shoebox: Shoebox, reflection: float, seconds: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the distances of the mouth and of its mirror images, in m, and their amplitudes.

    Those whose sound comes within that time. An amplitude is that of a point source, 1 / (4 pi
    distance), times what each wall on the way leaves of it.
    """
    farthest = seconds * SPEED_OF_SOUND
    axes = [
        _images_along(float(size), float(mouth), float(microphone), farthest)
        for size, mouth, microphone in zip(
            shoebox.size, shoebox.mouth, shoebox.microphone, strict=True
        )
    ]
    (x, by_x), (y, by_y), (z, by_z) = axes
    distances = np.sqrt(x[:, None, None] ** 2 + y[:, None] ** 2 + z**2)
    walls = by_x[:, None, None] + by_y[:, None] + by_z
    near = distances <= max(farthest, distances.min())
    return distances[near], reflection ** walls[near] / (4 * np.pi * distances[near])


def any_shoebox(generator: np.random.Generator) -> Shoebox:
    """Return a room, and two places in it that are 1 to 2 m apart."""
    size = generator.uniform(_SMALLEST, _LARGEST)
    distance = generator.uniform(_NEAREST, _FARTHEST)
    mouths, microphones = generator.uniform(_WALL, size - _WALL, (2, _TRIES, 3))
    apart = np.linalg.norm(mouths - microphones, axis=1)
    best = np.abs(apart - distance).argmin()
    return Shoebox(size, mouths[best], microphones[best])


def _images_along(
    size: float, mouth: float, microphone: float, farthest: float
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return where images are along one axis, seen from the microphone; how many walls reflect."""
    most = int(np.ceil(farthest / (2 * size))) + 1
    rooms = np.arange(-most, most + 1)
    straight = 2 * rooms * size + mouth - microphone
    mirrored = 2 * rooms * size - mouth - microphone
    return np.append(straight, mirrored), np.append(abs(2 * rooms), abs(2 * rooms - 1))


def _played(take: Take, heard: Waveform, direct: int) -> Waveform:
    level, size = active_level(take.waveform, take.rate), take.waveform.size
    played = fftconvolve(take.waveform, heard)[direct : direct + size]
    return at_level(np.asarray(played, np.float32), take.rate, level)
