"""Models with a head of their own on a backbone of transformers, and with code of their own."""

from collections.abc import Mapping
from typing import Any

import torch

from tests.meta.forty.published import ISSUE, MEMORY, Published, hub, in_transformers
from tests.meta.forty.stock import listed
from tests.meta.replicas import BASE, LARGE, TRAINING, Replica, labels

__all__ = ["OWN_HEADS"]

_SAFE = ("model.safetensors",)
_WAV2VEC2 = "Wav2Vec2ForSequenceClassification"
_HUBERT = "HubertForSequenceClassification"
_SPEECH = "Wav2Vec2ForSpeechClassification"
_SEVEN = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")
_SOXAN = {"finetuning_task": "wav2vec2_clf", "pooling_mode": "mean"}
_NO_CODE = 'raise SystemExit("no code of a repository may run unasked")\n'

Tensors = dict[str, torch.Tensor]


def _soxan(
    model: str,
    source: str,
    names: tuple[str, ...],
    card: Mapping[str, Any],
    size: Mapping[str, Any] = LARGE,
    **keys: Any,
) -> Published:
    """Return one of the class of m3hrdadfi's training notebook."""
    hubert = keys.pop("hubert", False)
    replica = Replica(
        "HubertForSpeechClassification" if hubert else _SPEECH,
        {**size, **labels(*names), **_SOXAN},
        card,
        mask=size is LARGE,
        weights=keys.pop("weights", ("pytorch_model.bin",)),
        head="out_proj",
        model=_HUBERT if hubert else _WAV2VEC2,
        files=TRAINING,
    )
    return in_transformers(model, source, replica, **keys)


def _with(**shapes: tuple[int, ...]) -> Any:
    """Return what puts layers of these shapes in place of the stock head."""

    def change(tensors: Tensors) -> Tensors:
        backbone = {
            n: t for n, t in tensors.items() if not n.startswith(("projector", "classifier"))
        }
        return backbone | {
            name.replace("__", "."): torch.ones(shape) for name, shape in shapes.items()
        }

    return change


def _linear(name: str, inputs: int, outputs: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}__weight": (outputs, inputs), f"{name}__bias": (outputs,)}


_KOREAN = ("기쁨", "당황", "분노", "불안", "슬픔", "중립")
_GENDERED = tuple(
    f"{gender}_{emotion}"
    for gender in ("female", "male")
    for emotion in ("neutral", "happy", "sad", "angry", "fear", "disgust", "surprise")
)
_EMOTION_OF = {"neutral": "neutral", "happy": "happiness", "sad": "sadness", "angry": "anger"}
_LSTM = {
    f"lstm__{part}_l0{way}": shape
    for way in ("", "_reverse")
    for part, shape in {
        "weight_ih": (512, 32),
        "weight_hh": (512, 128),
        "bias_ih": (512,),
        "bias_hh": (512,),
    }.items()
}
_BERT_SIZES = {
    "model_type": "wav2vec2-bert",
    "hidden_size": 32,
    "intermediate_size": 32,
    "num_attention_heads": 2,
    "num_hidden_layers": 2,
    "feature_projection_input_dim": 160,
    "classifier_proj_size": 32,
    "conv_depthwise_kernel_size": 31,
}
_FILTERBANK = {
    "feature_extractor_type": "SeamlessM4TFeatureExtractor",
    "feature_size": 80,
    "num_mel_bins": 80,
    "padding_side": "right",
    "padding_value": 0.0,
    "return_attention_mask": True,
    "sampling_rate": 16_000,
    "stride": 2,
}

OWN_HEADS = (
    listed("harshit345/xlsr-wav2vec-speech-emotion-recognition"),
    listed("ehcalabres/wav2vec2-lg-xlsr-en-speech-emotion-recognition"),
    listed("audeering/wav2vec2-large-robust-12-ft-emotion-msp-dim"),
    in_transformers(
        "r-f/wav2vec-english-speech-emotion-recognition",
        hub(
            "r-f/wav2vec-english-speech-emotion-recognition/commit/"
            "bdd11d6fdf75ea0f81cd5deabb1eef72602ee30d"
        )
        + f"; that its config has two outputs is from {ISSUE}",
        Replica(
            _SPEECH,
            {**LARGE, "_name_or_path": "jonatasgrosman/wav2vec2-large-xlsr-53-english", **_SOXAN},
            {"license": "apache-2.0", "tags": ["generated_from_trainer"]},
            head="out_proj",
            model=_WAV2VEC2,
            files={"training_args.bin": "pickled"},
            beyond={"num_labels": 7},
        ),
        labels=[*_SEVEN],
    ),
    in_transformers(
        "xmj2002/hubert-base-ch-speech-emotion-recognition",
        f"{ISSUE}, and the code of its users; files by its commit 13210ca",
        Replica(
            "HubertForSpeechClassification",
            {**BASE, "num_class": 6, "classifier_dropout": 0.1},
            {"language": ["zh"], "license": "apache-2.0", "pipeline_tag": "audio-classification"},
            mask=False,
            head="out_proj",
            model=_HUBERT,
            beyond={"num_labels": 6},
        ),
        labels=["angry", "fear", "happy", "neutral", "sad", "surprise"],
    ),
    _soxan(
        "padmalcom/wav2vec2-large-emotion-detection-german",
        hub(
            "padmalcom/wav2vec2-large-emotion-detection-german/tree/115b3b4a329a93da5986fd9ac5478e2050229329"
        ),
        ("anger", "boredom", "disgust", "fear", "happiness", "sadness", "neutral"),
        {"language": "de", "license": "apache-2.0", "datasets": ["emo-DB"]},
    ),
    _soxan(
        "jungjongho/wav2vec2-xlsr-korean-speech-emotion-recognition2_data_rebalance",
        "its tree at 1233e6cd4f449028f0087ffcd0b02e9d6a5fd55f; head and labels by its users' code, "
        "some of which name them in English",
        _KOREAN,
        {"license": "apache-2.0", "tags": ["generated_from_trainer"]},
        emotions={"당황": "surprise", "불안": "fear"},
    ),
    _soxan(
        "m3hrdadfi/wav2vec2-xlsr-greek-speech-emotion-recognition",
        "its card, and the class of github.com/m3hrdadfi/soxan",
        ("anger", "disgust", "fear", "happiness", "sadness"),
        {"language": "el", "license": "apache-2.0", "datasets": ["aesdd"]},
    ),
    _soxan(
        "SeaBenSea/hubert-large-turkish-speech-emotion-recognition",
        hub(
            "SeaBenSea/hubert-large-turkish-speech-emotion-recognition/commit/2ad848da6bdfc8e46a4f0f1bf49743dd37f9fa31"
        )
        + f"; labels by those of its corpora, {MEMORY}",
        ("Angry", "Calm", "Happy", "Sad"),
        {"language": "tr", "license": "apache-2.0"},
        hubert=True,
        weights=_SAFE,
        requirements={"min_labels": 4},
    ),
    _soxan(
        "Rajaram1996/Hubert_emotion",
        "files by its commit 620ff8a8229f7e2b83d9cbaa326cbe09757374e2; labels by its users' code",
        _GENDERED,
        {"pipeline_tag": "audio-classification", "tags": ["speech", "audio", "HUBert"]},
        BASE,
        hubert=True,
        emotions={
            name: _EMOTION_OF.get(name.partition("_")[2], name.partition("_")[2])
            for name in _GENDERED
        },
    ),
    in_transformers(
        "CAiRE/SER-wav2vec2-large-xlsr-53-eng-zho-adults",
        "its commit 1dc0f44a1d73c368eea35db3e1ea408abf4aeb28; class, outputs and names by the code "
        "of its users",
        Replica(
            "Wav2Vec2ForMultilabelSequenceClassification",
            LARGE,
            {
                "language": ["en", "zh"],
                "license": "cc-by-sa-4.0",
                "datasets": ["Ar4ikov/iemocap_audio_text_splitted"],
                "tags": ["speech-emotion-recognition"],
            },
            model=_WAV2VEC2,
            beyond={"num_labels": 13},
        ),
        labels=[
            "sadness",
            "fear",
            "angry",
            "happiness",
            "disgust",
            "neutral",
            "surprise",
            "positive",
            "negative",
            "excitement",
            "frustrated",
            "other",
            "unknown",
        ],
        emotions={"positive": "other", "negative": "other", "unknown": "other"},
    ),
    in_transformers(
        "UMUTeam/w2v-bert-emotion-es",
        hub("UMUTeam/w2v-bert-emotion-es/discussions/1") + "; head by the code of its users",
        Replica(
            "CustomAudioClassification",
            labels("anger", "disgust", "fear", "joy", "neutral", "sadness"),
            {"language": ["es"], "tags": ["speech-emotion-recognition"]},
            weights=_SAFE,
            model="Wav2Vec2BertForSequenceClassification",
            sizes=_BERT_SIZES,
            extractor=_FILTERBANK,
            change=lambda tensors: (
                {n: t for n, t in tensors.items() if "classifier" not in n}
                | {
                    f"classifier.{layer}.{part}": torch.ones(shape)
                    for layer, outputs in (("dense", 32), ("out_proj", 6))
                    for part, shape in {"weight": (outputs, 32), "bias": (outputs,)}.items()
                }
                | {f"classifier.layernorm.{part}": torch.ones(32) for part in ("weight", "bias")}
            ),
        ),
    ),
    in_transformers(
        "amiriparian/ExHuBERT",
        hub("amiriparian/ExHuBERT/commit/fec72ec0168fe672c4f7ae8f846ecc821dac060e")
        + "; its code is named and imports by its users' code",
        Replica(
            "ExHuBERT",
            {
                **LARGE,
                **labels(*(f"LABEL_{index}" for index in range(6))),
                "model_type": "hubert",
                "auto_map": {"AutoModelForAudioClassification": "exhubert.ExHuBERT"},
            },
            {"license": "cc-by-nc-sa-4.0", "tags": ["Speech Emotion Recognition", "SER"]},
            mask=None,
            model=_HUBERT,
            files={"exhubert.py": "import transformers.deepspeed\n" + _NO_CODE},
        ),
    ),
    in_transformers(
        "KhaldiAbderrhmane/emotion-classifier-hubert",
        hub("KhaldiAbderrhmane/emotion-classifier-hubert/blob/main/config.json"),
        Replica(
            "EmotionClassifierHuBERT",
            {
                "model_type": "hubert",
                "auto_map": {
                    "AutoConfig": "configuration_emotion_classifier.EmotionClassifierConfig",
                    "AutoModelForSequenceClassification": (
                        "modeling_emotion_classifier.EmotionClassifierHuBERT"
                    ),
                },
                "hidden_size_lstm": 128,
                "num_classes": 6,
                "transformers_version": "4.41.1",
            },
            {"library_name": "transformers", "tags": []},
            mask=None,
            weights=_SAFE,
            model=_HUBERT,
            sizes={},
            beyond={
                "hidden_size": 32,
                "num_hidden_layers": 2,
                "intermediate_size": 32,
                "num_attention_heads": 2,
                "conv_dim": [32] * 7,
                "classifier_proj_size": 32,
                "num_conv_pos_embeddings": 16,
                "num_conv_pos_embedding_groups": 2,
            },
            files={
                "configuration_emotion_classifier.py": _NO_CODE,
                "modeling_emotion_classifier.py": _NO_CODE,
                "__init__.py": "",
            },
            change=_with(**_LSTM, **_linear("fc", 256, 6)),
        ),
    ),
    in_transformers(
        "Aniemore/wav2vec2-xlsr-53-russian-emotion-recognition",
        "files by its commit 0b6fac4921e6a784013a88cb4b427ae993b5f4d2; auto_map as users call it",
        Replica(
            _SPEECH,
            {
                **LARGE,
                **labels(
                    "anger", "disgust", "enthusiasm", "fear", "happiness", "neutral", "sadness"
                ),
                **_SOXAN,
                "auto_map": {
                    "AutoModelForAudioClassification": (
                        "wav2vec2speechclassification.Wav2Vec2ForSpeechClassification"
                    )
                },
            },
            {"language": ["ru"], "license": "mit", "datasets": ["Aniemore/resd"]},
            head="out_proj",
            model=_WAV2VEC2,
            files={"wav2vec2speechclassification.py": _NO_CODE},
        ),
    ),
    in_transformers(
        "m-a-p/MERT-v1-95M",
        hub("m-a-p/MERT-v1-95M/raw/main/configuration_MERT.py"),
        Replica(
            "MERTModel",
            {
                **BASE,
                "model_type": "mert_model",
                "auto_map": {
                    "AutoConfig": "configuration_MERT.MERTConfig",
                    "AutoModel": "modeling_MERT.MERTModel",
                },
                "_name_or_path": "m-a-p/MERT-v1-95M",
            },
            {"license": "cc-by-nc-4.0", "tags": ["music"], "pipeline_tag": "audio-classification"},
            mask=False,
            model="HubertModel",
            files={"configuration_MERT.py": _NO_CODE, "modeling_MERT.py": _NO_CODE},
        ),
    ),
)
