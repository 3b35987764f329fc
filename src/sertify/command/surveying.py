"""Says how speech was read, before any model is asked about it."""

import json
import sys
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sertify.candidates.reading import Suite, read_suite
from sertify.command.survey import facts_of_corpus
from sertify.command.survey_lines import survey_lines
from sertify.pipeline.settings import Settings, require_distinct, require_named, source_of
from sertify.pipeline.speech import read_speech
from sertify.pipeline.telling import on_one_line
from sertify.vocabulary.errors import ConfigurationError


def survey(
    paths: Sequence[str],
    candidates: Path | None,
    layouts: Mapping[str, str],
    *,
    as_json: bool = False,
    **options: Any,
) -> Generator[str, None, int]:
    """Yield what was found in each folder of speech; return 1 where a run would stop, else 0.

    Parameters
    ----------
    candidates
        The file that says what corpora leave open, where there is one.
    layouts
        By the name of the speech, "" for all others.
    options
        Of `Settings`, as a run has them: ``split``, ``limit``, ``offline``.

    Raises
    ------
    ConfigurationError
        Where speech cannot be read at all.
    """
    sources = tuple(source_of(path, Path.cwd(), layouts) for path in paths)
    require_distinct(sources)
    require_named(layouts, sources)
    suite = Suite(()) if candidates is None else read_suite(candidates)
    settings = Settings(candidates=candidates or Path("candidates.yaml"), data=sources, **options)
    with on_one_line(sys.stderr, "reading the speech, clips") as heed:
        judged = read_speech(settings, suite, strict=False, heed=heed).judged
    if judged is None:
        raise ConfigurationError("no speech is given")
    with on_one_line(sys.stderr, "decoding the speech, clips") as heed:
        told = [facts_of_corpus(corpus, suite, heed) for corpus in judged.corpora]
    if as_json:
        yield json.dumps(told, indent=2, ensure_ascii=False)
    else:
        yield from survey_lines(told, judged.warnings)
    return int(any(facts["stops"] for facts in told))
