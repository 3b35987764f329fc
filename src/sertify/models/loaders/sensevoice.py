"""FunASR's SenseVoiceSmall: a speech recogniser that names an emotion before it writes the text.

It is rebuilt from config.yaml, am.mvn and the names of its tensors, in torch and transformers
alone; FunASR is not needed, and no code of a repository runs. What a clip is answered are the
outputs of the CTC layer that are emotions, in the frame that FunASR reads the emotion from, as they
are before the softmax. FunASR takes the likeliest of all 25,055 tokens there; where that is an
emotion, it is the likeliest one of these as well. Where it is not (the blank, a word), FunASR names
none, and here the likeliest emotion counts.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

from sertify.gates.weights import WeightReport
from sertify.hub.configs import has_config
from sertify.hub.funasr import fetched_small, funasr_model
from sertify.hub.snapshots import Snapshot
from sertify.hub.tensors.index import TensorIndex
from sertify.models.blueprints import Batching, Blueprint, Network
from sertify.models.checkpoints import read_files
from sertify.models.failures import quiet, weight_errors
from sertify.models.loaders.fitting import Fit, best_fit, unwrapped
from sertify.models.loaders.sensevoice_features import (
    NORMALIZATION,
    SenseVoiceFeatures,
    read_normalization,
)
from sertify.models.loaders.sensevoice_network import SenseVoiceClassifier, SenseVoiceConfig
from sertify.models.loaders.sensevoice_recipe import (
    SENSEVOICE,
    FilterBank,
    named_file,
    read_sensevoice,
)
from sertify.models.loaders.sensevoice_tokens import CANNOT_TELL, EmotionTokens, read_emotion_tokens
from sertify.models.loaders.weight_reports import (
    LOADING,
    expected_weights,
    memory_of,
    weight_report,
)
from sertify.models.networks import TorchNetwork
from sertify.vocabulary.errors import Rejected
from sertify.vocabulary.files import read_text
from sertify.vocabulary.text import counted

_Value = TypeVar("_Value")
_FORMATS = (".pt", ".bin", ".safetensors")
_BACKBONE = "encoder"
_REMARK = (
    "Rebuilt from config.yaml without FunASR, and without the random noise (dither) of its "
    "features. The language is left to the model. Where FunASR would name no emotion, the "
    "likeliest one counts."
)
_LONGEST = 30.0  # seconds: beyond, FunASR cuts clips into segments before it asks


class SenseVoiceLoader:
    """Loads what FunASR does, which may answer that it cannot tell: ``unknown``."""

    name = "sensevoice"

    def recognises(self, snapshot: Snapshot, index: TensorIndex) -> bool:  # noqa: ARG002
        """Whether config.yaml is FunASR's, and there is nothing that transformers could read."""
        return funasr_model(snapshot) == SENSEVOICE and not has_config(snapshot)

    def emotions(self, tokens: EmotionTokens) -> EmotionTokens:
        """Return the tokens that may be answered."""
        return tokens

    def outline(self, snapshot: Snapshot, index: TensorIndex) -> Blueprint:
        """Compare what config.yaml describes with what the checkpoint holds."""
        recipe = read_sensevoice(snapshot)
        _require_weights(snapshot)
        tokens = self.emotions(read_emotion_tokens(snapshot))
        config = SenseVoiceConfig(recipe, tokens.number, tuple(tokens.places.values()))
        fit = best_fit(lambda *_: SenseVoiceClassifier, config, index, _expected)
        _require_outputs(tokens, fit.index)
        features, problem = _features(snapshot, recipe.bank)
        given = snapshot.candidate.labels
        return Blueprint(
            snapshot=snapshot,
            loader=self,
            files=snapshot.weight_files,
            architecture=SenseVoiceClassifier.__name__,
            labels=given or tuple(tokens.places),
            labels_from="candidates.yaml" if given else tokens.source,
            outputs=len(tokens.places),
            weights=fit.weights,
            unknown=index.problem,
            sampling_rate=None if features is None else features.sampling_rate,
            extractor_problem=problem,
            receptive_field=recipe.bank.window,
            memory=memory_of(SenseVoiceClassifier, config),
            longest=_LONGEST,
            remark=_remark(snapshot, tokens, fit),
            material=(config, features, fit),
        )

    def load(self, blueprint: Blueprint, device: str) -> tuple[Network, WeightReport]:
        """Load it in float32."""
        config, features, fit = blueprint.material
        with weight_errors(", ".join(blueprint.files)), quiet():
            tensors = read_files(blueprint.snapshot.folder, blueprint.files, fit.index.inside)
            named = _renamed(unwrapped(tensors, fit.prefix))
            network, info = SenseVoiceClassifier.from_pretrained(
                None, config=config, state_dict=named, **LOADING
            )
            network = network.to(device).eval()
        report = weight_report(network, info, fit.index.others)
        rounded = fit.weights.rounded if fit.weights else ()
        report = replace(report, backbone=_BACKBONE, rounded=rounded)
        return TorchNetwork(network, features, Batching.EQUAL), report


class SenseVoiceNoUnkLoader(SenseVoiceLoader):
    """Loads it with ``unknown`` banned, as in its published scores, where a candidate asks so."""

    name = "sensevoice-no-unk"

    def recognises(self, snapshot: Snapshot, index: TensorIndex) -> bool:  # noqa: ARG002
        """Never: that is another question to the same repository."""
        return False

    def emotions(self, tokens: EmotionTokens) -> EmotionTokens:
        """Return all but ``unknown``."""
        return tokens.without(CANNOT_TELL)


def _require_weights(snapshot: Snapshot) -> None:
    """Raise ``Rejected`` unless there are tensors to read; a graph is none."""
    # Of several checkpoints, FunASR's training calls one model.pt.best, another model.pt.avg10.
    asked = snapshot.candidate.weights is not None
    known = [
        name
        for name in snapshot.weight_files
        if name.endswith(_FORMATS) or (asked and ".onnx" not in name)
    ]
    if not known:
        raise Rejected("no_weights", f"it has no model.pt; {snapshot.listing}")


def _require_outputs(tokens: EmotionTokens, index: TensorIndex) -> None:
    """Raise ``Rejected`` where the head has not one output for each token."""
    head = index.tensors.get("ctc.ctc_lo.weight")
    if head is None or head.shape[:1] == (tokens.number,):
        return
    source = tokens.source or "the vocabulary of the published model, for it has none of its own,"
    outputs = counted(head.shape[0] if head.shape else 0, "output")
    message = f"{source} has {tokens.number:,} tokens, but ctc.ctc_lo has {outputs}"
    raise Rejected("label_count_mismatch", message)


def _expected(network: Any, config: SenseVoiceConfig, index: TensorIndex) -> WeightReport:
    renamed = replace(index, tensors=_renamed(index.tensors))
    # Not the largest part, which with many tokens would be the head.
    return replace(expected_weights(network, config, renamed), backbone=_BACKBONE)


def _renamed(tensors: Mapping[str, _Value]) -> dict[str, _Value]:
    """Make the questions a part of the encoder: without them, the trained head is still there."""
    questions = "embed.weight"
    wanted = f"{_BACKBONE}.{questions}"
    return {wanted if name == questions else name: tensor for name, tensor in tensors.items()}


def _features(snapshot: Snapshot, bank: FilterBank) -> tuple[SenseVoiceFeatures | None, str]:
    """Return what makes the network's input, or None and why it cannot be made."""
    name = named_file(snapshot, "frontend_conf", "cmvn_file") or NORMALIZATION
    if name not in snapshot.files:
        message = f"it has no {name}, by which what it hears is normalised"
        return None, f"{message}; take it from the repository that it was tuned from"
    try:
        text = read_text(fetched_small(snapshot, name))
        return SenseVoiceFeatures(bank, *read_normalization(text, bank.width)), ""
    except (OSError, ValueError) as error:
        return None, f"{name} cannot be used: {error}"


def _remark(snapshot: Snapshot, tokens: EmotionTokens, fit: Fit) -> str:
    said = [_REMARK]
    if CANNOT_TELL not in tokens.places:
        said.append("It may not answer that it cannot tell, as in its published scores.")
    if not tokens.source:
        said.append("It has no vocabulary: its emotions are those of the published model.")
    if fit.remark:
        said.append(fit.remark)
    if snapshot.candidate.feature_extractor is not None:
        said.append("It has no use for the `feature_extractor:` of candidates.yaml.")
    return " ".join(said)
