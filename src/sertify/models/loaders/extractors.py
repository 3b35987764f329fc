"""From preprocessor_config.json, or what stands for it, to a feature extractor."""

import json
from pathlib import Path
from typing import Any

import transformers
from transformers import AutoFeatureExtractor
from transformers.models.auto.feature_extraction_auto import FEATURE_EXTRACTOR_MAPPING_NAMES

from sertify.candidates.entries import SamplingRate
from sertify.hub.plausible import oddity
from sertify.hub.snapshots import EXTRACTOR_FILES, Snapshot
from sertify.models.failures import of_the_system, quiet, text_of
from sertify.models.own_code import own_extractor
from sertify.models.own_faults import own_faults
from sertify.vocabulary.errors import Blocked, Rejected
from sertify.vocabulary.files import read_text
from sertify.vocabulary.text import quoted


def load_extractor(snapshot: Snapshot, config: Any) -> tuple[Any, str]:
    """Return the feature extractor, or None and why there is none."""
    candidate = snapshot.candidate
    given = candidate.feature_extractor
    if isinstance(given, SamplingRate):
        return default_extractor(config, given.sampling_rate)
    try:
        folder = snapshot.folder if given is None else snapshot.companion(given).folder
    except Rejected as rejection:
        return None, rejection.message
    return _extractor_in(folder, given or candidate.model, snapshot, config)


def _extractor_in(folder: Path, owner: str, snapshot: Snapshot, config: Any) -> tuple[Any, str]:
    name = EXTRACTOR_FILES[0]
    try:
        name, content = _described(folder)
        if not name:
            return None, f"{owner} has no {EXTRACTOR_FILES[0]}"
        if problem := _problem(content, name):
            return None, problem
        with quiet():
            return _made(folder, snapshot, config)
    except (Blocked, Rejected):
        raise
    except ImportError as error:
        raise Blocked("missing_package", text_of(error)) from error
    except Exception as error:  # the file may hold anything
        if isinstance(error, MemoryError) or of_the_system(error):
            raise
        return None, f"{name} cannot be used: {text_of(error)}"


def _described(folder: Path) -> tuple[str, Any]:
    """Return which file describes the feature extractor, and how; no name where none does."""
    usual, processor = EXTRACTOR_FILES
    if (folder / processor).is_file():
        whole = json.loads(read_text(folder / processor))
        if isinstance(whole, dict) and whole.get("feature_extractor") is not None:
            return processor, whole["feature_extractor"]
    if (folder / usual).is_file():
        return usual, json.loads(read_text(folder / usual))
    return "", None


def _problem(content: Any, name: str) -> str:
    """Say what is wrong with what a file says of a feature extractor, if anything."""
    if not isinstance(content, dict):
        return f"{name} is {quoted(content)}, but should be an object with keys"
    rate = content.get("sampling_rate")
    if not content:
        return f"{name} is empty: it names no feature extractor and no sampling_rate"
    # Without one, transformers takes it for one of the kind that the model needs.
    if rate is None:
        return f"{name} names no sampling_rate"
    if type(rate) is not int:
        wanted = "a whole number without quotes, such as 16000"
        return f"{name}: sampling_rate is {quoted(rate)}, but should be {wanted}"
    return oddity(content, EXTRACTOR_FILES[0])


def _made(folder: Path, snapshot: Snapshot, config: Any) -> tuple[Any, str]:
    with own_faults():
        # That the candidate's own code may run says nothing of another repository's.
        own = own_extractor(snapshot) if folder == snapshot.folder else None
        extractor = own or AutoFeatureExtractor.from_pretrained(
            folder, config=config, local_files_only=True, trust_remote_code=False
        )
    if isinstance(getattr(extractor, "sampling_rate", None), int):
        return extractor, ""
    return None, f"{type(extractor).__name__} has no sampling_rate"


def default_extractor(config: Any, sampling_rate: int) -> tuple[Any, str]:
    """Build what models of this type are trained with when their repository does not say."""
    name = _OTHERS.get(config.model_type) or FEATURE_EXTRACTOR_MAPPING_NAMES.get(config.model_type)
    if name is None:
        return None, f"transformers has no feature extractor for {config.model_type} models"
    options: dict[str, Any] = {}
    if name == "Wav2Vec2FeatureExtractor":
        # Models with layer norm in the convolutions were trained with a mask, others without.
        options["return_attention_mask"] = getattr(config, "feat_extract_norm", "") == "layer"
    elif name == "ASTFeatureExtractor":
        options = {"num_mel_bins": config.num_mel_bins, "max_length": config.max_length}
    elif name == "WhisperFeatureExtractor":
        # The encoder sees 50 positions a second.
        seconds = config.max_source_positions // 50
        options = {"feature_size": config.num_mel_bins, "chunk_length": seconds}
    elif name == "SeamlessM4TFeatureExtractor":
        # The network takes two frames of the spectrogram as one.
        bins = config.feature_projection_input_dim // 2
        options = {"feature_size": bins, "num_mel_bins": bins, "stride": 2}
    with quiet():
        return getattr(transformers, name)(sampling_rate=sampling_rate, **options), ""


# transformers lists another for these, which they cannot take.
_OTHERS = {"wav2vec2-bert": "SeamlessM4TFeatureExtractor"}
