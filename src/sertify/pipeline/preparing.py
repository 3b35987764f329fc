"""What a program needs to know to ask a candidate's model itself, in JSON types."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sertify.candidates.entries import SamplingRate
from sertify.hub.checksums import sha256_of
from sertify.hub.repositories import Repository
from sertify.hub.snapshots import EXTRACTOR_FILES, Snapshot
from sertify.pipeline.hearing import Segmenting
from sertify.vocabulary.files import read_text

if TYPE_CHECKING:
    # Only names here: what is known of a model need not wait for torch.
    from sertify.models.blueprints import Blueprint
    from sertify.models.examination import Examination

_MOST_SETTINGS, _LONGEST = 40, 200
"""Settings of a feature extractor that are told, and characters of one: others wrote them."""


def preparation(
    blueprint: "Blueprint", examination: "Examination", segmenting: Segmenting | None
) -> dict[str, Any]:
    """Describe the files of a model, and what becomes of a clip on its way to it.

    SHA-256 is None of a file whose content nobody told. Settings of the feature extractor are those
    of its file that are numbers or short texts.
    """
    snapshot = blueprint.snapshot
    return {
        "weights": [
            {
                "file": snapshot.path_of(name),
                "size": snapshot.files.get(name),
                "sha256": _sha256(snapshot, name),
            }
            for name in blueprint.files
        ],
        "sampling_rate": examination.sampling_rate,
        "least_samples": examination.receptive_field,
        "hears": examination.hears,
        "extractor": _extractor(snapshot),
        "segmenting": segmenting and asdict(segmenting),
        "multi_label": examination.multi_label,
        "batching": str(examination.batching),
    }


def _sha256(snapshot: Snapshot, name: str) -> str | None:
    known = snapshot.digests.get(snapshot.path_of(name))
    return known or (sha256_of(snapshot.folder / name) if snapshot.of_hub else None)


def _extractor(snapshot: Snapshot) -> dict[str, Any]:
    """Return the settings of the feature extractor, as far as files tell them."""
    given = snapshot.candidate.feature_extractor
    if isinstance(given, SamplingRate):
        return {"sampling_rate": given.sampling_rate}
    home = snapshot if given is None else snapshot.companions.get(given)
    return _settings(home.folder) if isinstance(home, Repository) else {}


def _settings(folder: Path) -> dict[str, Any]:
    usual, processor = EXTRACTOR_FILES
    for name, key in ((processor, "feature_extractor"), (usual, None)):
        with suppress(OSError, ValueError, RecursionError):
            content = json.loads(read_text(folder / name))
            found = content.get(key) if key and isinstance(content, Mapping) else content
            if isinstance(found, Mapping):
                return _plain(found)
    return {}


def _plain(content: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in content.items() if _is_plain(key, value)}
    return dict([*kept.items()][:_MOST_SETTINGS])


def _is_plain(key: str, value: Any) -> bool:
    if len(key) > _LONGEST:
        return False
    if isinstance(value, float):
        return abs(value) < float("inf")
    return isinstance(value, bool | int) or (isinstance(value, str) and len(value) <= _LONGEST)
