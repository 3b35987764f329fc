"""Which other repositories a repository is built on: the configs of backbones, by their names."""

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from sertify.hub.configs import has_config
from sertify.hub.hyperparams import read_hyperparams
from sertify.hub.repositories import Repository
from sertify.vocabulary.files import read_text


def built_on(repository: Repository) -> tuple[str, ...]:
    """Return the repositories whose configs a loader will ask for.

    Where a file cannot be read there are none: its loader will say so.
    """
    names = (_speechbrain, _odyssey, _vox_profile)
    return tuple(dict.fromkeys(chain.from_iterable(name(repository) for name in names)))


def odyssey_backbone(repository: Repository) -> str | None:
    """Return what a baseline of the Odyssey 2024 challenge is built on; None for what is none."""
    config = _config(repository)
    source = config.get("ssl_type") if config.get("model_type") == "ser" else None
    return source if isinstance(source, str) else None


VOX_PROFILE_BACKBONES: Mapping[str, str] = {
    "wavlm": "microsoft/wavlm-base-plus",
    "wavlm_large": "microsoft/wavlm-large",
    "whisper_tiny": "openai/whisper-tiny",
    "whisper_base": "openai/whisper-base",
    "whisper_small": "openai/whisper-small",
    "whisper_large": "openai/whisper-large-v3",
}
"""What its models are built on, by their ``pretrain_model``.

Its code also knows whisper_medium, but gives that clips of half the length that it can hear.
"""
_VOX_PROFILE = ("finetune_method", "output_class_num", "detailed_class_num", "use_conv_output")


def vox_profile_config(repository: Repository) -> Mapping[str, Any] | None:
    """Return what a model of Vox-Profile was made with; None for what is no such model."""
    config = _config(repository)
    if "model_type" in config or not isinstance(config.get("pretrain_model"), str):
        return None
    return config if any(key in config for key in _VOX_PROFILE) else None


def _odyssey(repository: Repository) -> Iterator[str]:
    source = odyssey_backbone(repository)
    if source is not None:
        yield source


def _vox_profile(repository: Repository) -> Iterator[str]:
    config = vox_profile_config(repository) or {}
    source = VOX_PROFILE_BACKBONES.get(config.get("pretrain_model", ""))
    if source is not None:
        yield source


def _config(repository: Repository) -> Mapping[str, Any]:
    try:
        content = repository.read_json("config.json")
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _speechbrain(repository: Repository) -> Iterator[str]:
    # Where transformers can read it, SpeechBrain's file does not matter.
    if "hyperparams.yaml" not in repository.files or has_config(repository):
        return
    try:
        text = read_text(repository.folder / "hyperparams.yaml")
        source = read_hyperparams(text).get("wav2vec2_hub")
    except (OSError, ValueError):
        return
    if isinstance(source, str):
        yield source
