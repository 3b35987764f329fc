"""What the outputs are called, in every way in which configs say so."""

from typing import Any

import pytest

from sertify.hub.label_names import names_of
from sertify.hub.plausible import oddity
from sertify.vocabulary.errors import Rejected

IDS = {"0": "angry", "1": "happy", "2": "sad"}
NAMES = {"angry": 0, "happy": 1, "sad": 2}
THREE = ("angry", "happy", "sad")
NUMBERED = {"0": "LABEL_0", "1": "LABEL_1"}
SWAPPED = "leads from names to indexes, and was read so."
LISTED = "is a list, and was read in its order."
NUMBERS = (
    "id2label of config.json only numbers the outputs, so the names are those of its label2id."
)
ABSENT = "id2label of config.json is absent, so the names are those of its label2id."

READ: dict[str, tuple[dict[str, Any], str, str]] = {
    "both": ({"id2label": IDS, "label2id": NAMES}, "id2label", ""),
    "id2label": ({"id2label": IDS}, "id2label", ""),
    "label2id-numbers": ({"id2label": IDS, "label2id": {"LABEL_0": 0}}, "id2label", ""),
    "label2id-in-text": (
        {"id2label": IDS, "label2id": {name: str(index) for name, index in NAMES.items()}},
        "id2label",
        "",
    ),
    "label2id-unreadable": ({"id2label": IDS, "label2id": {"angry": 0.5}}, "id2label", ""),
    "only-label2id": ({"label2id": NAMES}, "label2id", ABSENT),
    "id2label-null": ({"id2label": None, "label2id": NAMES}, "label2id", ABSENT),
    "id2label-numbers": ({"id2label": NUMBERED, "label2id": NAMES}, "label2id", NUMBERS),
    "a-gap-that-label2id-fills": (
        {"id2label": {"0": "angry", "2": "sad"}, "label2id": NAMES},
        "id2label",
        "id2label of config.json has no name for output 1; label2id calls it happy.",
    ),
    "list": (
        {"id2label": [*THREE], "label2id": NAMES},
        "id2label",
        f"id2label of config.json {LISTED}",
    ),
    "swapped": ({"id2label": NAMES}, "id2label", f"id2label of config.json {SWAPPED}"),
    "swapped-in-text": (
        {"id2label": {name: str(index) for name, index in NAMES.items()}},
        "id2label",
        f"id2label of config.json {SWAPPED}",
    ),
    "both-swapped": (
        {"id2label": NAMES, "label2id": IDS},
        "id2label",
        f"id2label of config.json {SWAPPED}",
    ),
    "label2id-list": (
        {"label2id": [*THREE]},
        "label2id",
        f"label2id of config.json {LISTED} {ABSENT}",
    ),
    "label2id-swapped": (
        {"label2id": IDS},
        "label2id",
        f"label2id of config.json leads from indexes to names, and was read so. {ABSENT}",
    ),
    "other-words": (
        {"id2label": IDS, "label2id": {"anger": 0, "Happiness": 1, "sadness": 2}},
        "id2label",
        "",
    ),
    "many-words": (
        {"id2label": IDS, "label2id": {"angry": 0, "furious": 0, "happy": 1, "sad": 2}},
        "id2label",
        "",
    ),
}


@pytest.mark.parametrize(("content", "source", "remark"), READ.values(), ids=READ)
def test_names_are_read_however_they_are_said(
    content: dict[str, Any], source: str, remark: str
) -> None:
    names = names_of(None, content)
    assert names.labels(3) == THREE
    assert names.source == f"{source} of config.json"
    assert names.remark == remark
    assert not oddity(content, "config.json")


@pytest.mark.parametrize("content", [{"id2label": 7}, {"id2label": {"x": "y"}}, {"label2id": IDS}])
def test_those_of_candidates_yaml_count_whatever_the_config_says(content: Any) -> None:
    names = names_of(("sad", "happy"), content)
    assert names.labels(3) == ("sad", "happy")
    assert (names.source, names.remark) == ("`labels:` of candidates.yaml", "")


DIFFERENT: dict[str, tuple[dict[str, Any], str]] = {
    "another-name": ({"angry": 0, "happy": 1, "fear": 2}, "output 2 ('sad' and 'fear')"),
    "one-too-few": ({"angry": 0, "happy": 1}, "output 2 ('sad' and no name)"),
    "one-too-many": ({**NAMES, "fear": 3}, "output 3 (no name and 'fear')"),
    "of-another-model": ({"yes": 0, "no": 1}, "output 0 ('angry' and 'yes')"),
}


@pytest.mark.parametrize(("other", "where"), DIFFERENT.values(), ids=DIFFERENT)
def test_where_the_tables_differ_is_said(other: dict[str, int], where: str) -> None:
    names = names_of(None, {"id2label": IDS, "label2id": other})
    assert names.labels(3) == THREE
    assert names.remark == (
        f"id2label and label2id of config.json differ, first for {where}; id2label was taken, as"
        " transformers does."
    )


CONTRADICTORY: dict[str, tuple[dict[str, Any], str]] = {
    "another-order": (
        {"id2label": IDS, "label2id": {"angry": 0, "happy": 2, "sad": 1}},
        "happiness is output 1 in id2label of config.json, but 2 in its label2id",
    ),
    "in-other-words": (
        {"id2label": IDS, "label2id": {"anger": 1, "happiness": 0, "sadness": 2}},
        "anger is output 0 in id2label of config.json, but 1 in its label2id",
    ),
    "shifted": (
        {"id2label": IDS, "label2id": {"angry": 1, "happy": 2, "sad": 3}},
        "anger is output 0 in id2label of config.json, but 1 in its label2id",
    ),
    "one-moved": (
        {"id2label": IDS, "label2id": {"angry": 0, "fear": 1, "sad": 3}},
        "sadness is output 2 in id2label of config.json, but 3 in its label2id",
    ),
    "two-names": (
        {"label2id": {"calm": 0, "neutral": 0, "happy": 1}},
        "label2id of config.json calls output 0 'calm' and 'neutral'",
    ),
    "two-names-of-one-index": (
        {"id2label": {"0": "angry", "00": "sad"}},
        "id2label of config.json calls output 0 'angry' and 'sad'",
    ),
    "two-names-swapped": (
        {"id2label": {"angry": 0, "sad": 0, "happy": 1}},
        "id2label of config.json calls output 0 'angry' and 'sad'",
    ),
}


@pytest.mark.parametrize(("content", "message"), CONTRADICTORY.values(), ids=CONTRADICTORY)
def test_what_nobody_can_know_is_not_guessed(content: dict[str, Any], message: str) -> None:
    with pytest.raises(Rejected, match=rf"^contradictory_labels: {message}$"):
        names_of(None, content)
    assert names_of(THREE, content).labels(3) == THREE


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        ({"id2label": {"first": "angry"}}, "'angry' for 'first'"),
        ({"id2label": {"0": "angry", "x": "sad"}}, "'sad' for 'x'"),
        ({"id2label": {"angry": 0.5}}, "0.5 for 'angry'"),
        ({"id2label": {"-1": "angry"}}, "'angry' for '-1'"),
        ({"id2label": {"²": "angry"}}, "'angry' for '²'"),
    ],
)
def test_tables_of_no_indexes(content: dict[str, Any], wrong: str) -> None:
    with pytest.raises(Rejected) as caught:
        names_of(None, content)
    wanted = "should have a name for the index of each output"
    assert str(caught.value) == f"bad_config: config.json: id2label has {wrong}, but {wanted}"


@pytest.mark.parametrize("index", ["10000", "999999999"])
def test_an_index_beyond_all_models_takes_no_memory(index: str) -> None:
    with pytest.raises(Rejected, match=r"but only outputs below 10,000 are read$"):
        names_of(None, {"id2label": {index: "angry"}})


@pytest.mark.parametrize("content", [{}, {"id2label": NUMBERED}, {"id2label": {}}])
def test_outputs_without_a_name_are_numbered(content: dict[str, Any]) -> None:
    names = names_of(None, content)
    assert not names.named
    assert names.labels(3) == ("LABEL_0", "LABEL_1", "LABEL_2")
    assert names.labels(2) == ("LABEL_0", "LABEL_1")


def test_a_class_of_its_own_may_name_them() -> None:
    made = dict(enumerate(THREE))
    assert names_of(None, {}, made).labels(3) == THREE
    assert names_of(None, {"label2id": {"fear": 0}}, made).labels(1) == ("fear",)


def test_an_output_without_a_name_between_others_is_left_open() -> None:
    names = names_of(None, {"id2label": {"0": "angry", "2": "sad", "1": None}})
    assert names.labels(3) == ("angry", None, "sad")
