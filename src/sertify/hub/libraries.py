"""Which library a repository is for, by the names of its files."""

import re
from collections.abc import Iterable

from sertify.vocabulary.text import listed

_SIGNS = {
    r"hyperparams\.yaml": "SpeechBrain",
    r"configuration\.json|am\.mvn": "FunASR",
    r".*\.nemo": "NeMo",
    r"(onnx/)?[^/]*\.onnx": "ONNX",
    r"adapter_config\.json": "PEFT",
    r"tf_model\.h5|saved_model\.pb": "TensorFlow",
    r"[^/]*\.keras": "Keras",
    r"flax_model\.msgpack": "Flax",
    r"[^/]*\.(joblib|pkl|skops)": "scikit-learn",
    r"[^/]*\.tflite": "TensorFlow Lite",
    r"[^/]*\.gguf": "llama.cpp",
}


def library_of(names: Iterable[str]) -> str:
    """Say in whose format a repository is, and which of its files tell; "" where none does.

    Examples
    --------
    >>> library_of(["README.md", "am.mvn", "configuration.json"])
    "FunASR's format (am.mvn, configuration.json)"
    """
    there = sorted(names)
    for sign, library in _SIGNS.items():
        signs = [name for name in there if re.fullmatch(sign, name)]
        if signs:
            return f"{library}'s format ({listed(signs)})"
    return ""
