"""Models of MSP-Podcast through a whole run: from the hub, and from a folder."""

from pathlib import Path

import pytest
from huggingface_hub import close_session
from ruamel.yaml import YAML

from tests.meta.local_hub import LocalHub, use_hub
from tests.meta.models import msp
from tests.meta.models.msp import DIMENSION_LAYERS, ODYSSEY, VOX_PROFILE, Odyssey, VoxProfile
from tests.meta.runs import Run

pytestmark = pytest.mark.slow(10)

REJECTED: dict[str, tuple[Odyssey | VoxProfile, str]] = {
    "attributes": (ODYSSEY["attributes"], "dimensional"),
    "arousal": (ODYSSEY["arousal"], "dimensional"),
    "dimensions": (VoxProfile(heads=DIMENSION_LAYERS), "dimensional"),
    "accent": (VoxProfile(heads=("out_layer",)), "wrong_task"),
}
ACCEPTED: dict[str, Odyssey | VoxProfile] = {
    "categorical": ODYSSEY["categorical"],
    "wavlm": VOX_PROFILE["wavlm-large"],
    "whisper": VOX_PROFILE["whisper-large-lora"],
}


def test_they_are_judged_as_any_other(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in msp.BACKBONES:
        msp.write_backbone(tmp_path / "hub", name)
    for name, (replica, _) in REJECTED.items():
        replica.write(tmp_path / "hub" / "someone" / name)
    for name, accepted in ACCEPTED.items():
        accepted.write(tmp_path / name)
    entries = [
        *({"name": name, "model": f"someone/{name}"} for name in REJECTED),
        *({"name": name, "model": f"./{name}"} for name in ACCEPTED),
    ]
    candidates = tmp_path / "candidates.yaml"
    YAML().dump({"candidates": entries}, candidates)
    with LocalHub(tmp_path / "hub") as local:
        use_hub(monkeypatch, local.url, tmp_path / "cache")
        outcome = run("-m", "loadability or labels", candidates=candidates)
    close_session()
    for name, (_, reason) in REJECTED.items():
        assert outcome.candidate(name)["reason"] == reason
    for name in ACCEPTED:
        assert {case.kind for case in outcome.of(name)} == {"passed"}
    licences = {name: outcome.candidate(name)["licence"] for name in ACCEPTED}
    assert licences == {"categorical": "mit", "wavlm": "openrail", "whisper": "openrail"}
