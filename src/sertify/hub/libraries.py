"""Which library a repository is for, if not transformers: by its files, else by its card."""

import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from sertify.hub.card import declared_libraries
from sertify.vocabulary.text import listed

# By the names of files, those that say most first.
_SIGNS: Mapping[str, str] = MappingProxyType(
    {
        "SpeechBrain": r"hyperparams\.yaml",
        "NeMo": r".*\.nemo",
        "ONNX": r"(onnx/)?[^/]*\.onnx",
        "PEFT": r"adapter_config\.json",
        "TensorFlow": r"tf_model\.h5|saved_model\.pb",
        "Keras": r"[^/]*\.keras",
        "Flax": r"flax_model\.msgpack",
        "scikit-learn": r"[^/]*\.(joblib|skops)",
        "fastai": r"export\.pkl",
        "TensorFlow Lite": r"[^/]*\.tflite",
        "llama.cpp": r"[^/]*\.gguf",
    }
)
# FunASR's files, of which the name of each alone says little: all of one row have to be there.
_FUNASR = (
    {"am.mvn"},
    {"model.pt", "config.yaml"},
    {"model.pt", "configuration.json"},
    {"config.yaml", "configuration.json"},
)
_OF_FUNASR = frozenset().union(*_FUNASR)
_OBJECTS = re.compile(r"[^/]*\.(pkl|pickle)")
# What cards call libraries that a loader would be needed for.
_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "espnet": "ESPnet",
        "fairseq": "fairseq",
        "fastai": "fastai",
        "flair": "Flair",
        "funasr": "FunASR",
        "keras": "Keras",
        "modelscope": "ModelScope",
        "nemo": "NeMo",
        "paddlespeech": "PaddleSpeech",
        "pyannote": "pyannote.audio",
        "pyannote-audio": "pyannote.audio",
        "s3prl": "S3PRL",
        "scikit-learn": "scikit-learn",
        "sklearn": "scikit-learn",
        "skops": "scikit-learn",
        "speechbrain": "SpeechBrain",
        "tensorflow": "TensorFlow",
        "tf-keras": "Keras",
    }
)


def library_of(names: Iterable[str], folder: Path | None = None) -> str:
    """Say in whose format a repository is, and what tells; "" where nothing does.

    ``names`` are those of its files, ``folder`` is where its model card is.

    Examples
    --------
    >>> library_of(["README.md", "am.mvn", "configuration.json"])
    "FunASR's format (am.mvn, configuration.json)"
    >>> library_of(["README.md", "configuration.json"])
    "ModelScope's format (configuration.json)"
    """
    there = sorted(names)
    if any(row <= {*there} for row in _FUNASR):
        return _format("FunASR", _OF_FUNASR.intersection(there))
    for library, sign in _SIGNS.items():
        if signs := [name for name in there if re.fullmatch(sign, name)]:
            return _format(library, signs)
    objects = [name for name in there if _OBJECTS.fullmatch(name)]
    declared = _declared(folder)
    if objects:  # of which any library may have written these
        return _format(declared or "fastai's or scikit-learn", objects)
    if declared:
        return f"{declared}'s format, as its model card says"
    return _format("ModelScope", {"configuration.json"} & {*there})


def _format(library: str, signs: Collection[str]) -> str:
    return f"{library}'s format ({listed(sorted(signs))})" if signs else ""


def _declared(folder: Path | None) -> str:
    names = () if folder is None else declared_libraries(folder)
    return next((_NAMES[name] for name in map(str.casefold, names) if name in _NAMES), "")
