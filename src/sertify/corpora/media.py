"""Sound of phones and of videos, which PyAV decodes where it is installed."""

import contextlib
import errno
import functools
from collections.abc import Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sertify.corpora.contents import Content
from sertify.corpora.flaws import UnreadableAudio
from sertify.corpora.lengths import is_cut_off

if TYPE_CHECKING:
    from av.container import InputContainer

# Containers of which the header tells the length; of the others FFmpeg guesses it by the bit rate.
_TIMED = ("mov", "matroska", "asf", "avi")
_TOLERANCE, _LEAST = 0.05, 0.5  # of the length, and in seconds: encoders pad the end


@functools.cache
def can_decode_media() -> bool:
    """Whether PyAV is there."""
    return find_spec("av") is not None


def media_blocks(content: Content, demuxer: str) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Yield the sampling rate and the samples, of shape (frames, channels), piece by piece.

    Nothing but the bytes of the content is read, whatever it refers to, and no more of it is held
    than a piece. Raises ``UnreadableAudio``.

    Parameters
    ----------
    demuxer
        FFmpeg's name of the format: it must not guess, as playlists lead to other files.
    """
    import av

    try:
        with (
            content.open() as file,
            av.open(file, "r", format=demuxer, metadata_errors="replace") as container,
        ):
            yield from _decoded(container, timed=demuxer in _TIMED)
            if is_cut_off(file):
                raise UnreadableAudio("truncated")
    except av.FFmpegError as error:
        said = f"FFmpeg says {error.strerror or type(error).__name__}"
        raise UnreadableAudio("undecodable", said) from error
    except OSError as error:
        if error.errno != errno.EINVAL:  # as which a damaged file asks for what is before its start
            raise UnreadableAudio("unreadable", error.strerror or "", lasting=False) from error
        raise UnreadableAudio("undecodable", "it refers to what is outside of it") from error
    except (ValueError, LookupError, AttributeError) as error:
        raise UnreadableAudio("undecodable", f"PyAV says {error}") from error


def _decoded(
    container: "InputContainer", *, timed: bool
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    import av

    if not container.streams.audio:
        raise UnreadableAudio("no_sound")
    stream = container.streams.audio[0]
    rate, channels, frames = 0, 0, 0
    to_float = av.AudioResampler(format="fltp")  # of the rate and the channels that it finds
    for frame in container.decode(stream):
        for piece in to_float.resample(frame):
            block: NDArray[Any] = piece.to_ndarray().T
            if frames and (piece.sample_rate, block.shape[1]) != (rate, channels):
                raise UnreadableAudio("undecodable", "its rate or channels change on the way")
            rate, (_, channels), frames = piece.sample_rate, block.shape, frames + len(block)
            yield rate, block
    if timed and rate and _is_cut_off(container, stream, frames / rate):
        raise UnreadableAudio("truncated")


def _is_cut_off(container: "InputContainer", stream: Any, seconds: float) -> bool:
    promised = 0.0
    with contextlib.suppress(TypeError):  # of what has no length, it is None
        promised = float(stream.duration * stream.time_base)
    if not promised and container.duration and len(container.streams) == 1:
        promised = container.duration / 1_000_000
    return promised - seconds > max(_LEAST, _TOLERANCE * promised)
