"""From preprocessor_config.json, or what stands for it, to a feature extractor."""

from pathlib import Path
from typing import Any

import transformers
from transformers import AutoFeatureExtractor
from transformers.models.auto.feature_extraction_auto import (
    FEATURE_EXTRACTOR_MAPPING_NAMES,
    get_feature_extractor_config,
)

from sertify.candidates.entries import SamplingRate
from sertify.hub.plausible import oddity
from sertify.hub.snapshots import EXTRACTOR_FILES, Snapshot
from sertify.models.failures import of_the_system, quiet, text_of
from sertify.vocabulary.errors import Blocked, Rejected
from sertify.vocabulary.files import read_text


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
    try:
        with quiet():
            # A path that is not there would be taken for the name of a repository.
            here = folder.is_dir()
            for name in EXTRACTOR_FILES:
                if (folder / name).is_file():
                    read_text(folder / name)  # no longer than may be
            content = get_feature_extractor_config(folder, local_files_only=True) if here else {}
            if not content:
                return None, f"{owner} has no preprocessor_config.json"
            # Without, transformers takes it for one of the kind that the model needs.
            rate = content.get("sampling_rate")
            if not isinstance(rate, int) or isinstance(rate, bool):
                return None, "preprocessor_config.json names no sampling_rate"
            if problem := oddity(content, "preprocessor_config.json"):
                return None, problem
            # That the candidate's own code may run says nothing of another repository's.
            trust = snapshot.candidate.trust_remote_code and folder == snapshot.folder
            return AutoFeatureExtractor.from_pretrained(
                folder, config=config, local_files_only=True, trust_remote_code=trust
            ), ""
    except ImportError as error:
        raise Blocked("missing_package", text_of(error)) from error
    except Exception as error:  # the file may hold anything
        if isinstance(error, MemoryError) or of_the_system(error):
            raise
        return None, f"preprocessor_config.json cannot be used: {text_of(error)}"


def default_extractor(config: Any, sampling_rate: int) -> tuple[Any, str]:
    """Build what models of this type are trained with when their repository does not say."""
    name = FEATURE_EXTRACTOR_MAPPING_NAMES.get(config.model_type)
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
    with quiet():
        return getattr(transformers, name)(sampling_rate=sampling_rate, **options), ""
