"""What each process of a model has at once: imported before the first, and shared by all."""

from contextlib import suppress
from importlib import import_module

import sertify.models.host
import sertify.models.loaders.emotion2vec
import sertify.models.loaders.odyssey
import sertify.models.loaders.onnx
import sertify.models.loaders.pooled_head
import sertify.models.loaders.sensevoice
import sertify.models.loaders.speechbrain
import sertify.models.loaders.vox_profile
import sertify.models.speed.bench  # noqa: F401
from sertify.models.loading import forget_imports

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
with suppress(ImportError):  # of one version of transformers; it compiles hundreds of patterns
    from transformers.conversion_mapping import get_checkpoint_conversion_mapping

    get_checkpoint_conversion_mapping("wav2vec2")
forget_imports()  # else each process would, and have memory of its own for what it looked at
