"""Models that a class of transformers loads, and those that are for another task."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.meta.forty.published import MEMORY, Published, hub, in_transformers
from tests.meta.replicas import (
    BASE,
    LARGE,
    TRAINING,
    WAVLM,
    Replica,
    build_replica,
    labels,
)

__all__ = ["STOCK", "listed"]

_SAFE = ("model.safetensors",)
_WAV2VEC2 = "Wav2Vec2ForSequenceClassification"
_HUBERT = "HubertForSequenceClassification"
_WAVLM = "WavLMForSequenceClassification"
_SEVEN = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")
_EIGHT = ("angry", "calm", "disgust", "fearful", "happy", "neutral", "sad", "surprised")
_RESD = ("anger", "disgust", "enthusiasm", "fear", "happiness", "neutral", "sadness")
_FOUR_ARE_ENOUGH = {"requirements": {"min_labels": 4}}
_DUSHA = {
    "labels": ["neutral", "angry", "positive", "sad", "other"],
    "emotions": {"positive": "happiness"},
}

_WHISPER = {
    "d_model": 32,
    "encoder_layers": 2,
    "decoder_layers": 2,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "encoder_ffn_dim": 32,
    "decoder_ffn_dim": 32,
    "classifier_proj_size": 32,
    "num_mel_bins": 16,
    "max_source_positions": 1500,
    "vocab_size": 64,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "pad_token_id": 0,
    "decoder_start_token_id": 3,
    "is_encoder_decoder": True,
}
_SPECTROGRAM = {
    "chunk_length": 30,
    "feature_extractor_type": "WhisperFeatureExtractor",
    "feature_size": 16,
    "hop_length": 160,
    "n_fft": 400,
    "n_samples": 480_000,
    "nb_max_frames": 3000,
    "padding_side": "right",
    "padding_value": 0.0,
    "processor_class": "WhisperProcessor",
    "return_attention_mask": False,
    "sampling_rate": 16_000,
}


def listed(model: str, **keys: Any) -> Published:
    """Return one of candidates.yaml, of which there is a replica already."""
    source = "tests/meta/replicas.py"
    return Published(model, source, lambda folder: _build(folder, model), keys)


def absent(model: str) -> Published:
    """Return one that people name, and that the Hub does not have."""
    return Published(model, "tests/meta/replicas.py", None)


def _build(folder: Path, model: str) -> None:
    root = folder.parents[1]
    folder.rmdir()
    build_replica(root, model)


def _superb(model: str, architecture: str, size: Mapping[str, Any], source: str) -> Published:
    card = {
        "language": "en",
        "datasets": ["superb"],
        "tags": ["speech", "audio", "audio-classification"],
        "license": "apache-2.0",
    }
    config = {**size, **labels("neu", "hap", "ang", "sad"), "use_weighted_layer_sum": True}
    replica = Replica(architecture, config, card, mask=size is LARGE)
    return in_transformers(model, source, replica, **_FOUR_ARE_ENOUGH)


def _trained(
    model: str, source: str, names: tuple[str, ...], size: Mapping[str, Any], **keys: Any
) -> Published:
    """Return one that transformers' Trainer wrote."""
    card = {"license": "apache-2.0", "tags": ["generated_from_trainer"], "language": keys.pop("of")}
    card = {name: value for name, value in card.items() if value is not None}
    weights = keys.pop("weights", _SAFE)
    config = {**size, **labels(*names)}
    replica = Replica(_WAV2VEC2, config, card, size is LARGE, weights=weights, files=TRAINING)
    return in_transformers(model, f"{source}; {MEMORY}", replica, **keys)


STOCK = (
    listed("Aniemore/wavlm-emotion-russian-resd"),
    in_transformers(
        "Aniemore/wav2vec2-emotion-russian-resd",
        hub(
            "Aniemore/wav2vec2-emotion-russian-resd/commit/0a536bf05f6e199d63344d2162761e66c05e99f2"
        ),
        Replica(
            _WAV2VEC2,
            {**LARGE, **labels(*_RESD), "finetuning_task": ["wav2vec2_clf"]},
            {"language": ["ru"], "license": "mit", "datasets": ["Aniemore/resd"]},
        ),
    ),
    listed(
        "xbgoose/hubert-large-speech-emotion-recognition-russian-dusha-finetuned",
        **_DUSHA,
        feature_extractor="facebook/hubert-large-ls960-ft",
    ),
    in_transformers(
        "xbgoose/wavlm-large-speech-emotion-recognition-russian-dusha-finetuned",
        hub(
            "xbgoose/wavlm-large-speech-emotion-recognition-russian-dusha-finetuned/commit/"
            "7b824831e3601f5be0e3d2e7ec9ac11a4c347dbf"
        )
        + "; labels and files as of its sibling",
        Replica(
            _WAVLM,
            {
                **LARGE,
                **WAVLM,
                **labels(*(f"LABEL_{index}" for index in range(5))),
                "conv_bias": False,
                "_name_or_path": "microsoft/wavlm-large",
            },
            {"language": ["ru"], "pipeline_tag": "audio-classification"},
            mask=None,
        ),
        **_DUSHA,
        feature_extractor={"sampling_rate": 16_000},
    ),
    listed("DunnBC22/wav2vec2-base-Speech_Emotion_Recognition"),
    listed("superb/wav2vec2-base-superb-er", **_FOUR_ARE_ENOUGH),
    _superb(
        "superb/wav2vec2-large-superb-er",
        _WAV2VEC2,
        LARGE,
        f"files as of superb/hubert-large-superb-er; {MEMORY}",
    ),
    _superb(
        "superb/hubert-base-superb-er", _HUBERT, BASE, f"as superb/hubert-large-superb-er; {MEMORY}"
    ),
    _superb(
        "superb/hubert-large-superb-er",
        _HUBERT,
        LARGE,
        hub("superb/hubert-large-superb-er/commit/32f8dbd449174e160844b0810696ebd2838a0219"),
    ),
    in_transformers(
        "firdhokk/speech-emotion-recognition-with-openai-whisper-large-v3",
        hub(
            "firdhokk/speech-emotion-recognition-with-openai-whisper-large-v3/blame/main/config.json"
        ),
        Replica(
            "WhisperForAudioClassification",
            labels("angry", "disgust", "fearful", "happy", "neutral", "sad", "surprised"),
            {"license": "apache-2.0", "base_model": "openai/whisper-large-v3"},
            weights=_SAFE,
            files=TRAINING,
            sizes=_WHISPER,
            extractor=_SPECTROGRAM,
        ),
    ),
    _trained(
        "firdhokk/speech-emotion-recognition-with-facebook-wav2vec2-large-xlsr-53",
        "its Whisper sibling's card",
        ("angry", "disgust", "fearful", "happy", "neutral", "sad", "surprised"),
        LARGE,
        of=None,
    ),
    _trained(
        "hughlan1214/Speech_Emotion_Recognition_wav2vec2-large-xlsr-53_240304_SER_fine-tuned2.0",
        "its tree at a80c42d2f44f4e480209e75505256080da84b175, and the labels that its users name",
        _SEVEN,
        LARGE,
        of=None,
    ),
    _trained(
        "Dpngtm/wav2vec2-emotion-recognition",
        f"{hub('Dpngtm/wav2vec2-emotion-recognition')}, its users see LABEL_0 to LABEL_7",
        tuple(f"LABEL_{index}" for index in range(8)),
        BASE,
        of="en",
        labels=[*_EIGHT],
    ),
    _trained(
        "Hatman/audio-emotion-detection",
        hub("Hatman/audio-emotion-detection/tree/main"),
        _SEVEN,
        LARGE,
        of=None,
    ),
    _trained(
        "prithivMLmods/Speech-Emotion-Classification",
        "its card",
        ("Anger", "Calm", "Disgust", "Fear", "Happy", "Neutral", "Sad", "Surprised"),
        BASE,
        of="en",
    ),
    _trained(
        "Wiam/wav2vec2-lg-xlsr-en-speech-emotion-recognition-finetuned-ravdess-v8",
        "its siblings' commits",
        _EIGHT,
        LARGE,
        of=None,
    ),
    _trained(
        "somosnlp-hackathon-2022/wav2vec2-base-finetuned-sentiment-classification-MESD",
        "its commit 2b06843f633f047fd9fee641093a9bda75a6447d",
        ("anger", "disgust", "fear", "happiness", "neutral", "sadness"),
        BASE,
        of=None,
        weights=("pytorch_model.bin",),
    ),
    listed("facebook/wav2vec2-large-robust-ft-swbd-300h"),
    listed("jonatasgrosman/wav2vec2-large-xlsr-53-english"),
    absent("jonatasgrosman/wav2vec2-large-xlsr-53-korean"),
    absent("jungjongho/korean-wav2vec2-xlsr-emotions"),
    listed("microsoft/wavlm-base-plus"),
)
