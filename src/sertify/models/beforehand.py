"""What each process of a model has at once: imported before the first, and shared by all."""

from importlib import import_module

import sertify.models.host
import sertify.models.speed.bench  # noqa: F401

# The architectures of the candidates that there are; others take a second or two of their own.
_ARCHITECTURES = (
    "audio_spectrogram_transformer.modeling_audio_spectrogram_transformer",
    "audio_spectrogram_transformer.feature_extraction_audio_spectrogram_transformer",
    "hubert.modeling_hubert",
    "wav2vec2.feature_extraction_wav2vec2",
    "wav2vec2.modeling_wav2vec2",
    "wavlm.modeling_wavlm",
    "whisper.feature_extraction_whisper",
    "whisper.modeling_whisper",
)

for name in _ARCHITECTURES:
    import_module(f"transformers.models.{name}")
