"""What a SenseVoiceSmall repository says of its network, in FunASR's config.yaml.

Nothing of it is evaluated. A part that FunASR's ``SenseVoiceSmall`` would be built of in another
way than the one that is known is refused, never guessed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sertify.hub.funasr import FUNASR_CONFIG, FUNASR_CONFIGURATION, funasr_named, funasr_settings
from sertify.hub.snapshots import Snapshot
from sertify.vocabulary.errors import Rejected
from sertify.vocabulary.text import quoted

SENSEVOICE = "SenseVoiceSmall"
"""The class that config.yaml names."""


# The only classes, and values of options, whose formula is known; any of them may be left out
# where FunASR takes it then.
_KNOWN: Mapping[str, tuple[Any, ...]] = {
    "model": (SENSEVOICE,),
    "encoder": ("SenseVoiceEncoderSmall",),
    "frontend": ("WavFrontend", "wav_frontend"),
    "normalize": (None,),
    "encoder_conf.normalize_before": (True, None),
    "encoder_conf.concat_after": (False, None),
    "ctc_conf.extra_linear": (True, None),
    "frontend_conf.window": ("hamming", None),
    "frontend_conf.snip_edges": (True, None),
    "frontend_conf.upsacle_samples": (True, None),
}

# What FunASR takes where the file does not say, the least and the most that can be meant.
_NUMBERS: Mapping[str, tuple[int, int, int]] = {
    "encoder_conf.output_size": (256, 2, 8192),
    "encoder_conf.attention_heads": (4, 1, 256),
    "encoder_conf.linear_units": (2048, 1, 65_536),
    "encoder_conf.num_blocks": (6, 1, 200),
    "encoder_conf.tp_blocks": (0, 0, 200),
    "encoder_conf.kernel_size": (11, 1, 255),
    "encoder_conf.sanm_shfit": (0, 0, 127),
    "frontend_conf.fs": (16_000, 8_000, 48_000),
    "frontend_conf.n_mels": (80, 4, 256),
    "frontend_conf.frame_length": (25, 1, 100),
    "frontend_conf.frame_shift": (10, 1, 100),
    "frontend_conf.lfr_m": (1, 1, 25),
    "frontend_conf.lfr_n": (1, 1, 25),
}


@dataclass(frozen=True)
class FilterBank:
    """How a waveform becomes frames: ``length`` and ``shift`` are milliseconds.

    Each frame that the network sees is ``stacked`` frames of ``bins`` side by side, ``step`` frames
    further on than the one before.
    """

    sampling_rate: int
    bins: int
    length: int
    shift: int
    stacked: int
    step: int

    @property
    def width(self) -> int:
        """Values of a frame that the network sees."""
        return self.bins * self.stacked

    @property
    def window(self) -> int:
        """Samples of a frame."""
        return self.sampling_rate * self.length // 1000


@dataclass(frozen=True)
class SenseVoiceRecipe:
    """The sizes of the encoder, and what it is fed with."""

    bank: FilterBank
    width: int
    heads: int
    hidden: int
    blocks: int
    last_blocks: int
    kernel: int
    delay: int


def named_file(snapshot: Snapshot, *keys: str) -> str:
    """Return what file configuration.json names at a place of its, "" where it names none.

    Raises ``Rejected`` with ``bad_config`` where it cannot be read.
    """
    try:
        value = funasr_named(snapshot, *keys)
    except (OSError, ValueError, RecursionError) as error:
        raise Rejected("bad_config", f"{FUNASR_CONFIGURATION} cannot be read: {error}") from error
    return value if isinstance(value, str) else ""


def read_sensevoice(snapshot: Snapshot) -> SenseVoiceRecipe:
    """Read config.yaml.

    Raises ``Rejected``: ``no_config``, ``bad_config`` or ``unsupported_library``.
    """
    if FUNASR_CONFIG not in snapshot.files:
        raise Rejected("no_config", f"it has no {FUNASR_CONFIG}; {snapshot.listing}")
    content = _content(snapshot)
    for key, known in _KNOWN.items():
        value = _value(content, key)
        if value not in known:
            what = f"{FUNASR_CONFIG} has {key} {quoted(value)} in place of {known[0]}"
            raise Rejected("unsupported_library", f"{what}, which this loader does not know")
    sizes = {key.partition(".")[2]: _number(content, key) for key in _NUMBERS}
    _require_fitting(sizes)
    return _recipe(sizes)


def _content(snapshot: Snapshot) -> Mapping[str, Any]:
    try:
        return funasr_settings(snapshot)
    except (OSError, ValueError) as error:
        raise Rejected("bad_config", f"{FUNASR_CONFIG} cannot be read: {error}") from error


def _value(content: Mapping[str, Any], key: str) -> Any:
    """Return what a key says; None where it says nothing."""
    above, _, name = key.rpartition(".")
    part = content.get(above) if above else content
    if part is None:
        return None
    if not isinstance(part, dict):
        raise _wrong(above, part, "a mapping from names to values")
    return part.get(name)


def _number(content: Mapping[str, Any], key: str) -> int:
    usual, least, most = _NUMBERS[key]
    value = _value(content, key)
    if value is None:
        return usual
    if type(value) is not int or not least <= value <= most:
        raise _wrong(key, value, f"a whole number from {least:,} to {most:,}")
    return value


def _require_fitting(sizes: Mapping[str, int]) -> None:
    heads = sizes["attention_heads"]
    if sizes["output_size"] % heads:
        wanted = f"a multiple of attention_heads, which is {heads}"
        raise _wrong("encoder_conf.output_size", sizes["output_size"], wanted)
    width = sizes["n_mels"] * sizes["lfr_m"]
    if width % 2:  # half of them are told a sine of their place, half a cosine
        raise _wrong("frontend_conf.n_mels times lfr_m", width, "an even number")
    # Beyond, the memory of a block would look ahead by less than nothing.
    most = sizes["kernel_size"] - 1 - (sizes["kernel_size"] - 1) // 2
    if sizes["sanm_shfit"] > most:
        wanted = f"at most {most}, for kernel_size is {sizes['kernel_size']}"
        raise _wrong("encoder_conf.sanm_shfit", sizes["sanm_shfit"], wanted)


def _recipe(sizes: Mapping[str, int]) -> SenseVoiceRecipe:
    bank = FilterBank(
        sampling_rate=sizes["fs"],
        bins=sizes["n_mels"],
        length=sizes["frame_length"],
        shift=sizes["frame_shift"],
        stacked=sizes["lfr_m"],
        step=sizes["lfr_n"],
    )
    return SenseVoiceRecipe(
        bank=bank,
        width=sizes["output_size"],
        heads=sizes["attention_heads"],
        hidden=sizes["linear_units"],
        blocks=sizes["num_blocks"],
        last_blocks=sizes["tp_blocks"],
        kernel=sizes["kernel_size"],
        delay=sizes["sanm_shfit"],
    )


def _wrong(key: str, value: object, wanted: str) -> Rejected:
    return Rejected(
        "bad_config", f"{FUNASR_CONFIG}: {key} is {quoted(value)}, but should be {wanted}"
    )
