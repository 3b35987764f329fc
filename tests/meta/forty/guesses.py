"""What of a replica no page of its repository says: it is from memory, or from code of others."""

from collections.abc import Mapping

__all__ = ["GUESSES"]

GUESSES: Mapping[str, tuple[str, ...]] = {
    "Aniemore/wav2vec2-emotion-russian-resd": ("licence",),
    "Aniemore/wav2vec2-xlsr-53-russian-emotion-recognition": ("class", "labels"),
    "CAiRE/SER-wav2vec2-large-xlsr-53-eng-zho-adults": ("class", "labels"),
    "Dpngtm/wav2vec2-emotion-recognition": ("class", "labels", "licence"),
    "Hatman/audio-emotion-detection": ("labels",),
    "Rajaram1996/Hubert_emotion": ("class", "labels"),
    "SeaBenSea/hubert-large-turkish-speech-emotion-recognition": ("labels", "licence"),
    "UMUTeam/w2v-bert-emotion-es": ("licence",),
    "Wiam/wav2vec2-lg-xlsr-en-speech-emotion-recognition-finetuned-ravdess-v8": (
        "class",
        "labels",
        "licence",
    ),
    "amiriparian/ExHuBERT": ("licence",),
    "firdhokk/speech-emotion-recognition-with-facebook-wav2vec2-large-xlsr-53": (
        "class",
        "labels",
        "licence",
    ),
    "harshit345/xlsr-wav2vec-speech-emotion-recognition": ("class", "labels"),
    "hughlan1214/Speech_Emotion_Recognition_wav2vec2-large-xlsr-53_240304_SER_fine-tuned2.0": (
        "class",
        "labels",
    ),
    "jungjongho/wav2vec2-xlsr-korean-speech-emotion-recognition2_data_rebalance": ("labels",),
    "m-a-p/MERT-v1-95M": ("licence",),
    "m3hrdadfi/wav2vec2-xlsr-greek-speech-emotion-recognition": ("class", "labels", "licence"),
    "prithivMLmods/Speech-Emotion-Classification": ("class", "labels", "licence"),
    "r-f/wav2vec-english-speech-emotion-recognition": ("labels",),
    "somosnlp-hackathon-2022/wav2vec2-base-finetuned-sentiment-classification-MESD": ("labels",),
    "steveway/wav2vec2-base-Speech_Emotion_Recognition_onnx": ("licence",),
    "steveway/wav2vec2-lg-xlsr-en-speech-emotion-recognition_onnx": ("licence",),
    "superb/hubert-base-superb-er": ("class", "labels"),
    "superb/wav2vec2-large-superb-er": ("class", "labels"),
    "tiantiaf/wavlm-large-categorical-emotion": ("labels", "licence"),
    "tiantiaf/whisper-large-v3-msp-podcast-emotion": ("labels", "licence"),
    "xbgoose/wavlm-large-speech-emotion-recognition-russian-dusha-finetuned": ("labels",),
    "xmj2002/hubert-base-ch-speech-emotion-recognition": ("labels",),
    "3loi/SER-Odyssey-Baseline-WavLM-Categorical": ("labels",),
    "3loi/SER-Odyssey-Baseline-WavLM-Multi-Attributes": ("labels",),
}
"""The columns of docs/models.md, by repository, that a sign there says so of."""
