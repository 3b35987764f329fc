"""What each process of a model has at once: imported before the first, and shared by all."""

import gc
from contextlib import suppress
from importlib import import_module

_OURS = (
    "host",
    "loaders.emotion2vec",
    "loaders.odyssey",
    "loaders.onnx",
    "loaders.pooled_head",
    "loaders.sensevoice",
    "loaders.speechbrain",
    "loaders.vox_profile",
    "speed.bench",
)
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

# It would look again and again through what is imported, and none of that is ever garbage: a tenth
# of the time here, and memory of its own for each process later.
gc.disable()
for name in _OURS:
    import_module(f"sertify.models.{name}")
for name in _ARCHITECTURES:
    import_module(f"transformers.models.{name}")
with suppress(ImportError):  # of one version of transformers; it compiles hundreds of patterns
    from transformers.conversion_mapping import get_checkpoint_conversion_mapping

    get_checkpoint_conversion_mapping("wav2vec2")
gc.freeze()
gc.enable()
