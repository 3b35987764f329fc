"""Models with a head of their own on a backbone of transformers."""

from collections.abc import Mapping
from typing import Any

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


_KOREAN = ("기쁨", "당황", "분노", "불안", "슬픔", "중립")
_GENDERED = tuple(
    f"{gender}_{emotion}"
    for gender in ("female", "male")
    for emotion in ("neutral", "happy", "sad", "angry", "fear", "disgust", "surprise")
)
_EMOTION_OF = {"neutral": "neutral", "happy": "happiness", "sad": "sadness", "angry": "anger"}
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
)
