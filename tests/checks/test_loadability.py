"""Gate 1: the candidate is what it claims to be, and can be used."""

import pytest

from sertify.gates import loadability, weights

pytestmark = pytest.mark.loadability


@pytest.mark.owns("not_found", "revision_not_found")
def test_repository_resolves(snapshot, check):
    check(loadability.judge_snapshot(**snapshot.facts))


@pytest.mark.owns("no_config", "bad_config", "unsupported_library")
def test_config_is_there(config, check):
    check(loadability.judge_keys(config))


@pytest.mark.owns("wrong_task")
def test_task_is_audio_classification(config, candidate, check):
    check(loadability.judge_task(config, adapted=candidate.adapter is not None))


@pytest.mark.owns("no_weights", "unsupported_library", "corrupt_weights", "unsafe_pickle")
def test_weights_can_be_listed(index, check):
    check(weights.judge_index(**index.facts))


@pytest.mark.owns(
    "wrong_task",
    "no_config",
    "bad_config",
    "needs_remote_code",
    "outdated_code",
    "broken_code",
    "other_interface",
    "needs_network",
    "unsupported_adapter",
    "no_weights",
    "unsupported_library",
    "label_count_mismatch",
    "contradictory_labels",
)
def test_network_can_be_built(outline, check):
    check(loadability.judge_outline(**outline.facts))


@pytest.mark.owns(
    "random_head",
    "incomplete_backbone",
    "quantized_weights",
    "unused_layers",
    "incompatible_shapes",
    "label_count_mismatch",
)
def test_every_weight_is_in_the_checkpoint(outline, check):
    check(weights.judge_promise(outline.weights, outline.unknown))


@pytest.mark.owns("no_feature_extractor", "unsupported_sampling_rate")
def test_feature_extractor_is_there(outline, check):
    check(loadability.judge_feature_extractor(outline.sampling_rate, outline.extractor_problem))


@pytest.mark.owns(
    "corrupt_weights",
    "unsafe_pickle",
    "incompatible_shapes",
    "unsupported_library",
    "outdated_code",
    "broken_code",
    "other_interface",
    "needs_network",
    "unsupported_adapter",
)
def test_weights_load(checkpoint, check):
    check(loadability.judge_loading(checkpoint.examination.load_time))


@pytest.mark.owns(
    "random_head",
    "incomplete_backbone",
    "quantized_weights",
    "unused_layers",
    "incompatible_shapes",
    "label_count_mismatch",
)
def test_every_weight_comes_from_the_checkpoint(checkpoint, check):
    check(weights.judge_weights(checkpoint.examination.weights))


@pytest.mark.owns("non_finite_weights")
def test_weights_are_finite(checkpoint, check):
    check(weights.judge_finite_weights(checkpoint.examination.weights))


@pytest.mark.owns("no_feature_extractor")
def test_feature_extractor_fits_the_network(checkpoint, check):
    found = checkpoint.examination
    check(loadability.judge_feature_extractor(found.sampling_rate, found.extractor_problem))


@pytest.mark.owns("non_finite_output", "label_count_mismatch")
def test_one_second_gives_a_finite_logit_for_each_label(checkpoint, check):
    check(loadability.judge_logits(checkpoint.examination.noise_logits, checkpoint.labels))


@pytest.mark.owns("non_deterministic")
def test_another_load_gives_the_same_logits(model, reloaded, check):
    check(loadability.judge_agreement(model.examination.noise_logits, reloaded))


@pytest.mark.owns
def test_a_batch_gives_the_logits_of_single_clips(model, check):
    found = model.examination
    how = {"concurrent": found.concurrent}
    check(loadability.judge_batching(found.batching, found.batch_deviation, **how))
