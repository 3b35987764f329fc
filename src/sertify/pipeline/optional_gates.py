"""What a run should ask for, where gates and options are about what not everybody wants."""

from collections.abc import Collection

from sertify.candidates.reading import Suite
from sertify.pipeline.settings import Settings
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.outcomes import ALWAYS
from sertify.vocabulary.text import listed

_RATE = 16_000  # at which folders of sounds are tried; models hear at others, too


def require_wanted(settings: Settings, suite: Suite, gates: Collection[str]) -> None:
    """Complain where only gates are asked for that no candidate asks for, or that lack speech.

    Also of folders of sounds that cannot be read, or that nobody would hear.
    """
    optional = {*gates} - {*ALWAYS}
    if optional and optional == {*gates}:
        _require_candidates(suite, sorted(optional))
        if not settings.data:
            raise ConfigurationError(
                f"-m {' or '.join(sorted(optional))} needs speech: give --data PATH"
            )
    if settings.sounds:
        _require_sounds(settings, suite)


def _require_candidates(suite: Suite, gates: Collection[str]) -> None:
    if any(one.requirements.asks(gate) for one in suite.candidates for gate in gates):
        return
    lines = " or ".join(f"`{gate}: true`" for gate in gates)
    raise ConfigurationError(
        f"no candidate asks for {' or '.join(gates)}, so nothing would be judged: write {lines}"
        " under `requirements:` in the candidates file"
    )


def _require_sounds(settings: Settings, suite: Suite) -> None:
    options = {"noises": "--noise", "responses": "--rooms"}
    asked = {
        condition.needs
        for one in suite.candidates
        if one.requirements.robustness is not None
        for condition in one.requirements.robustness.asked(settings.sounds)
    }
    idle = [options[name] for name in settings.sounds if name not in asked]
    if idle:
        raise ConfigurationError(
            f"{listed(idle)}: no candidate is heard with these sounds; write `robustness: true`, or"
            " a family that needs them, under `requirements:` in the candidates file"
        )
    from sertify.corpora.perturbing.sound_folders import read_sounds

    for name, folder in settings.sounds.items():
        try:
            read_sounds(folder, _RATE)
        except ConfigurationError as error:
            raise ConfigurationError(f"{options[name]} {error}") from error
