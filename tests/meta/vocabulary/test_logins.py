"""Logins stay out of what is said, whatever form they have."""

import pytest

from sertify.evidence.store import Record
from sertify.vocabulary.errors import Blocked
from sertify.vocabulary.logins import without_logins
from sertify.vocabulary.outcomes import Judgement, Outcome
from sertify.vocabulary.text import clean

SECRET = "0pen-sesame"
TELLING = (
    f"http://me:{SECRET}@hub.org/api",
    f"https://{SECRET}@hub.org gave no answer",
    f"http://me:p@{SECRET}@hub.org/x",
    f"hf_{SECRET}",
    f"authorization: bearer {SECRET}",
    f"Authorization: Basic {SECRET}==",
    f"https://cdn.org/f?X-Amz-Signature={SECRET}&part=1",
    f"https://cdn.org/f?a=1&X-Amz-Security-Token={SECRET}",
    f"https://cdn.org/f?Policy={SECRET}&Key-Pair-Id=K",
    f"https://cdn.org/f?sig={SECRET}",
    f"https://hub.org/?access_token={SECRET}",
)
PLAIN = (
    "http://127.0.0.1:80 gave no usable answer for org/model@main: it broke off",
    "see https://hub.org/@someone/x and me@example.org",
    "https://hub.org/f?part=1&recursive=true",
    "the basic idea, of a bearer of news",
)


@pytest.mark.parametrize("text", TELLING)
def test_what_tells_a_login_is_blanked(text: str) -> None:
    for told in (without_logins(text), clean(text), Blocked("unreachable", text).message):
        assert SECRET not in told
        assert "***" in told


@pytest.mark.parametrize("text", PLAIN)
def test_what_is_no_login_is_left(text: str) -> None:
    assert without_logins(text) == text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HF_TOKEN", SECRET),
        ("HUGGING_FACE_HUB_TOKEN", SECRET),
        ("HF_ENDPOINT", f"http://me:{SECRET}@hub.org"),
        ("https_proxy", f"http://me:{SECRET}@proxy:3128"),
    ],
)
def test_logins_of_this_machine_are_blanked_wherever_they_stand(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    assert without_logins({"a": [f"it got {SECRET}, x"]}) == {"a": ["it got ***, x"]}


@pytest.mark.parametrize("value", ["", "ab", "http://[broken"])
def test_a_word_is_no_login(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("HF_TOKEN", value[:2])
    monkeypatch.setenv("HF_ENDPOINT", value)
    assert without_logins("about") == "about"


def test_what_is_kept_has_no_login() -> None:
    text = TELLING[0]
    judgement = Judgement(Outcome.BLOCKED, (), "unreachable", text, details={"remark": [text]})
    context = dict.fromkeys(("candidate", "entry", "commit", "gate", "check", "corpus"), "x")
    assert SECRET not in str(Record.of(judgement, **context, environment="").to_json())
