"""What is raised on purpose can be told on any terminal."""

from sertify.vocabulary.errors import ConfigurationError


def test_names_do_nothing_to_the_terminal_that_is_told_of_them() -> None:
    text = "--data a\x1b[31m: is wrong\nin two lines, in 말"
    assert str(ConfigurationError(text)) == "--data a\\x1b[31m: is wrong\nin two lines, in 말"
