"""Which other repositories a repository is built on: the configs of backbones, by their names."""

from collections.abc import Iterator

from sertify.hub.configs import has_config
from sertify.hub.hyperparams import read_hyperparams
from sertify.hub.repositories import Repository
from sertify.vocabulary.files import read_text


def built_on(repository: Repository) -> tuple[str, ...]:
    """Return the repositories whose configs a loader will ask for.

    Where a file cannot be read there are none: its loader will say so.
    """
    return tuple(dict.fromkeys(_speechbrain(repository)))


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
