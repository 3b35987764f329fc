"""Models in the formats of other libraries: SpeechBrain, FunASR, ONNX, and of code elsewhere."""

import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
import transformers

from tests.meta.forty.published import MEMORY, Published, hub
from tests.meta.forty.stock import listed
from tests.meta.models import emotion2vec_replicas, msp, sensevoice_replicas
from tests.meta.replicas import BASE, LARGE, SPEECHBRAIN, Replica, config_of, labels

__all__ = ["LIBRARIES"]

_DIARIZATION = """\
HPARAMS_NEEDED: ["window_length", "stride", "encoder_dim", "out_n_neurons", "avg_pool", \
"label_encoder", "softmax"]
MODULES_NEEDED: ["wav2vec2", "output_mlp"]

wav2vec2_hub: "microsoft/wavlm-large"
pretrained_path: speechbrain/emotion-diarization-wavlm-large

window_length: 1
stride: 1
encoder_dim: 32
out_n_neurons: 4

input_norm: !new:speechbrain.processing.features.InputNormalization
    norm_type: sentence
    std_norm: False

wav2vec2: !new:speechbrain.lobes.models.huggingface_wav2vec.HuggingFaceWav2Vec2
    source: !ref <wav2vec2_hub>
    output_norm: True
    freeze: False
    freeze_feature_extractor: True
    save_path: wav2vec2_checkpoint

avg_pool: !new:speechbrain.nnet.pooling.Pooling1d
    pool_type: "avg"
    kernel_size: !ref <window_length>
    stride: !ref <stride>
    ceil_mode: True

output_mlp: !new:speechbrain.nnet.linear.Linear
    input_size: !ref <encoder_dim>
    n_neurons: !ref <out_n_neurons>
    bias: False

modules:
    input_norm: !ref <input_norm>
    wav2vec2: !ref <wav2vec2>
    output_mlp: !ref <output_mlp>
"""
_FRAMES = """\
'a' => 0
'n' => 1
'h' => 2
's' => 3
================
'starting_index' => 0
"""


def _diarization(folder: Path) -> None:
    """Write a model of SpeechBrain that labels frames."""
    card = "---\nlanguage: en\nlicense: apache-2.0\nlibrary_name: speechbrain\n---\n"
    texts = {
        "README.md": card,
        "config.json": '{"speechbrain_interface": "SpeechEmotionDiarization"}',
        "custom_interface.py": 'raise SystemExit("no code of a repository may run")\n',
        "hyperparams.yaml": _DIARIZATION,
        "label_encoder.txt": _FRAMES,
    }
    for name, content in texts.items():
        (folder / name).write_text(content, "utf-8")
    torch.save({"count": torch.ones(1, dtype=torch.long)}, folder / "input_norm.ckpt")
    torch.save({"0.w.weight": torch.ones(4, 32)}, folder / "model.ckpt")
    torch.save({"model.masked_spec_embed": torch.ones(32)}, folder / "wav2vec2.ckpt")


def _emotion2vec(size: str) -> Published:
    """Return one of emotion2vec+, whose replica is that of its loader's tests."""
    model = f"emotion2vec/emotion2vec_plus_{size}"
    replica = emotion2vec_replicas.REPLICAS[size]
    return Published(
        model,
        f"tests/meta/models/emotion2vec_replicas.py; {hub(model)}",
        lambda folder: emotion2vec_replicas.write(folder, replica),
        {"emotions": {"unk": "other"}},
    )


def _sensevoice(folder: Path) -> None:
    folder.rmdir()
    sensevoice_replicas.build(folder, vocabulary="chn_jpn_yue_eng_ko_spectok.bpe.model")


def _of_msp(model: str, source: str, replica: msp.Odyssey | msp.VoxProfile) -> Published:
    """Return one that was trained on MSP-Podcast, whose replica is that of its loader's tests."""

    def write(folder: Path) -> None:
        folder.rmdir()
        replica.write(folder)

    return Published(model, f"tests/meta/models/msp.py; {source}", write)


class _Exported(torch.nn.Module):
    """What exports have of a network."""

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.network = network
        self.eval()

    def forward(self, input_values: torch.Tensor) -> Any:
        return self.network(input_values).logits


def _export(name: str, size: Mapping[str, Any], names: tuple[str, ...]) -> Published:
    """Return one of steveway's exports: of a clip of 20 seconds, with a config of its own name."""
    replica = Replica("Wav2Vec2ForSequenceClassification", {**size, **labels(*names)}, {})

    def write(folder: Path) -> None:
        content = config_of(replica)
        config = transformers.Wav2Vec2Config.from_dict(content)
        network = _Exported(transformers.Wav2Vec2ForSequenceClassification(config))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of this exporter, the only one that needs no package
            torch.onnx.export(
                network, (torch.zeros(1, 320_000),), str(folder / f"{name}.onnx"), dynamo=False,
                opset_version=17, input_names=["input_values"], output_names=["logits"],
            )  # fmt: skip
        # As a config is printed, with the name of its class in front.
        text = f"Wav2Vec2Config {json.dumps(content, indent=2)}\n"
        (folder / f"{name}.config").write_text(text, "utf-8")
        about = "".join(f"  {index}: {label}\n" for index, label in enumerate(names))
        (folder / f"{name}.yaml").write_text(_ABOUT.format(labels=about), "utf-8")
        (folder / "README.md").write_text("---\nlicense: apache-2.0\n---\n", "utf-8")

    model = f"steveway/{name}_onnx"
    return Published(model, f"{hub(model)}/blob/main/{name}.config and .yaml; {MEMORY}", write)


_ABOUT = """\
feature_extractor: Wav2Vec2FeatureExtractor
labels:
{labels}model: Wav2Vec2ForSequenceClassification
sampling_rate: 16000
shape:
- 1
- 320000
"""

LIBRARIES = (
    listed(SPEECHBRAIN, requirements={"min_labels": 4}),
    Published(
        "speechbrain/emotion-diarization-wavlm-large",
        hub(
            "speechbrain/emotion-diarization-wavlm-large/tree/f9fd4bc2d80b2877ac30999ac84cde0b7281f0c6"
        ),
        _diarization,
    ),
    _emotion2vec("seed"),
    _emotion2vec("base"),
    _emotion2vec("large"),
    Published(
        "FunAudioLLM/SenseVoiceSmall",
        "tests/meta/models/sensevoice_replicas.py; "
        + hub("FunAudioLLM/SenseVoiceSmall/tree/3eb3b4eeffc2f2dde6051b853983753db33e35c3"),
        _sensevoice,
        {"emotions": {"unknown": "other"}},
    ),
    _of_msp(
        "3loi/SER-Odyssey-Baseline-WavLM-Categorical",
        hub("3loi/SER-Odyssey-Baseline-WavLM-Arousal/blob/refs%2Fpr%2F1/config.json"),
        msp.ODYSSEY["categorical"],
    ),
    _of_msp(
        "3loi/SER-Odyssey-Baseline-WavLM-Multi-Attributes",
        hub(
            "3loi/SER-Odyssey-Baseline-WavLM-Multi-Attributes/blame/"
            "45e6e027556062649edea9b92de1a3442889de99/config.json"
        ),
        msp.ODYSSEY["attributes"],
    ),
    _of_msp(
        "tiantiaf/wavlm-large-categorical-emotion",
        "github.com/tiantiaf0627/vox-profile-release",
        msp.VOX_PROFILE["wavlm-large"],
    ),
    _of_msp(
        "tiantiaf/whisper-large-v3-msp-podcast-emotion",
        "github.com/tiantiaf0627/vox-profile-release",
        msp.VOX_PROFILE["whisper-large-lora"],
    ),
    _export(
        "wav2vec2-base-Speech_Emotion_Recognition",
        BASE,
        ("SAD", "ANGRY", "DISGUST", "FEAR", "HAPPY", "NEUTRAL"),
    ),
    _export(
        "wav2vec2-lg-xlsr-en-speech-emotion-recognition",
        LARGE,
        ("angry", "calm", "disgust", "fearful", "happy", "neutral", "sad", "surprised"),
    ),
)
