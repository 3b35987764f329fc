"""Models whose class is in code of their own."""

from typing import Any

import torch

from tests.meta.forty.published import Published, hub, in_transformers
from tests.meta.replicas import BASE, LARGE, Replica, labels

__all__ = ["OWN_CODE"]

_SAFE = ("model.safetensors",)
_WAV2VEC2 = "Wav2Vec2ForSequenceClassification"
_HUBERT = "HubertForSequenceClassification"
_NO_CODE = 'raise SystemExit("no code of a repository may run unasked")\n'

Tensors = dict[str, torch.Tensor]


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

OWN_CODE: tuple[Published, ...] = (
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
            "Wav2Vec2ForSpeechClassification",
            {
                **LARGE,
                **labels(
                    "anger", "disgust", "enthusiasm", "fear", "happiness", "neutral", "sadness"
                ),
                "finetuning_task": "wav2vec2_clf",
                "pooling_mode": "mean",
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
