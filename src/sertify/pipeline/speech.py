"""The speech of a run: what candidates are judged on, and what may confirm the selected one."""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from sertify.candidates.entries import CorpusEntry
from sertify.candidates.locks import Locked
from sertify.candidates.reading import Suite
from sertify.pipeline.settings import Settings, Source
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.public_corpora import known_corpus
from sertify.vocabulary.text import fold, listed

if TYPE_CHECKING:
    # At run time these are imported on demand: collecting must wait for neither of them.
    from sertify.corpora.clips import Corpus, Heed
    from sertify.pipeline.data_sets import LocalData
    from sertify.vocabulary.data_addresses import DataAddress


_MOST_WARNINGS = 5


@dataclass(frozen=True)
class Speech:
    """The speech of a run; each is None where no option asks for it.

    ``locks`` are what candidates.lock.yaml is to say of data sets of the hub, by their addresses.
    """

    judged: "Corpus | None" = None
    confirming: "Corpus | None" = None
    locks: Mapping[str, Locked] = field(default_factory=dict)


def read_speech(
    settings: Settings, suite: Suite, *, strict: bool = True, heed: "Heed | None" = None
) -> Speech:
    """Read what ``--data``, ``--confirm`` and ``--hold-out`` name.

    ``strict`` and ``heed`` as for `read_corpus`.

    Raises
    ------
    ConfigurationError
        Where it cannot be read, or where the same clips would select a candidate and confirm it.
    """
    if settings.confirm and settings.hold_out:
        raise ConfigurationError("--confirm and --hold-out are two ways to one end; give one")
    if not settings.data:
        if settings.confirm or settings.hold_out or settings.split or settings.limit:
            raise ConfigurationError(
                "--confirm, --hold-out, --split and --limit go with --data PATH"
            )
        return Speech()
    from sertify.corpora.joining import hold_out, join

    _refuse_misspelt([source.name for source in settings.data], suite)
    sources = [*settings.data, *([settings.confirm] if settings.confirm else [])]
    hub, options = _of_hub(sources, settings, heed), {"strict": strict, "heed": heed}
    corpora = [_read(source, settings, suite, hub, options) for source in settings.data]
    _refuse_mixture(corpora)
    judged = join(corpora)
    confirming = None
    if settings.confirm:
        confirming = _read(settings.confirm, settings, suite, hub, {"heed": heed})
        _refuse_shared(judged, confirming)
    elif settings.hold_out:
        judged, confirming = hold_out(judged, settings.hold_out)
    strangers = _strangers(suite, [source.name for source in settings.data])
    judged = _warned(judged, (*strangers, *_unheard(suite, judged)))
    confirming = confirming and _warned(confirming, _unheard(suite, confirming))
    locks = {str(address): data.locked for address, data in hub.items()}
    return Speech(_keyed(judged, settings, suite), confirming, locks)


def _of_hub(
    sources: Iterable[Source], settings: Settings, heed: "Heed | None"
) -> "dict[DataAddress, LocalData]":
    """Return the data sets of the hub among what is to be read, on this machine."""
    addresses = dict.fromkeys(source.address for source in sources if source.address is not None)
    if not addresses:
        return {}
    from sertify.pipeline.data_sets import local_data

    return {address: local_data(address, settings, heed) for address in addresses}


def _warned(corpus: "Corpus", warnings: Iterable[str]) -> "Corpus":
    from sertify.corpora.doubts import in_order

    return replace(corpus, warnings=in_order([*corpus.warnings, *warnings]))


def require_something(settings: Settings, gates: Collection[str], speech: Speech) -> None:
    """Complain where nothing of what is asked for could be judged."""
    if not gates:
        raise ConfigurationError("no gate is asked for, so nothing would be judged")
    if not settings.weights and not {"loadability", "labels"} & {*gates}:
        raise ConfigurationError("--no-weights leaves nothing to judge of what was selected")
    if {*gates} <= {"accuracy", "fairness"}:
        _require_labels(speech.judged, " or ".join(sorted(gates)))


def _require_labels(judged: "Corpus | None", gates: str) -> None:
    wanted = (
        "a folder with a metadata.csv (columns file_name and label) or with one subfolder per label"
    )
    if judged is None:
        raise ConfigurationError(f"-m {gates} needs labelled speech: give --data PATH, {wanted}")
    if not judged.labelled:
        read = listed(f"{corpus.name} was read as {corpus.layout}" for corpus in judged.corpora)
        why = "".join(f"; {warning}" for warning in judged.warnings[:_MOST_WARNINGS])
        raise ConfigurationError(
            f"-m {gates} needs labelled speech, but no clip of --data has a label: {read}{why}."
            f" Give {wanted}"
        )


def _read(
    source: Source,
    settings: Settings,
    suite: Suite,
    hub: "Mapping[DataAddress, LocalData]",
    options: Mapping[str, Any],
) -> "Corpus":
    if source.address is None:
        return _read_folder(source, settings, suite, options)
    data = hub[source.address]
    folder = replace(source, path=data.path)
    known = known_corpus(source.address.repository)
    try:
        corpus = _read_folder(folder, settings, suite, options, known)
    except ConfigurationError as error:
        told = str(error).replace(str(data.path), str(source.address))
        raise ConfigurationError(told) from error
    clips = tuple(replace(clip, keeper=(clip.keeper, data.keeper)) for clip in corpus.clips)
    return _warned(replace(corpus, path=data.home, clips=clips), data.remarks)


def _read_folder(
    source: Source,
    settings: Settings,
    suite: Suite,
    options: Mapping[str, Any],
    known: str | None = None,
) -> "Corpus":
    from sertify.corpora.hearable import require_hearable
    from sertify.corpora.reading import read_corpus

    entry = suite.corpora.get(source.name, CorpusEntry())
    corpus = read_corpus(
        source.path,
        name=source.name,
        layout=source.layout,
        split=settings.split,
        limit=settings.limit,
        label_map=entry.label_map,
        language=entry.language,
        public=entry.known_as or known,
        cluster=entry.cluster,
        **options,
    )
    if options.get("strict", True):
        require_hearable(corpus, in_segments=settings.segmenting is not None)
    return corpus


def _refuse_misspelt(names: Sequence[str], suite: Suite) -> None:
    """Complain of what candidates.yaml says of a corpus that is nearly called like one at hand."""
    asked = {
        f"requirements of {candidate.name}": corpus
        for candidate in suite.candidates
        for corpus, _ in candidate.requirements.scopes
        if corpus
    }
    named = asked | {f"corpora.{name}": name for name in suite.corpora}
    for where, name in named.items():
        near = get_close_matches(name, names, 1, cutoff=0.75)
        if name not in names and near and near[0] not in named.values():
            raise ConfigurationError(
                f"candidates.yaml, {where}: no --data is called {name!r}; did you mean {near[0]!r}?"
            )


def _strangers(suite: Suite, names: Sequence[str]) -> Iterator[str]:
    """Warn of names in ``trained_on`` that guard against nothing: they are of no corpus."""
    known = {fold(name) for name in names}
    for candidate in suite.candidates:
        for name in candidate.trained_on or ():
            if known_corpus(name) is None and fold(name) not in known:
                yield (
                    f"{candidate.name} was trained on {name}, which is neither a public corpus that"
                    " is known nor called like one of --data"
                )


def _unheard(suite: Suite, corpus: "Corpus") -> Iterator[str]:
    """Warn of emotions that are needed, but that no clip has: nothing is found out about them."""
    needed = next((each.requirements.emotions for each in suite.candidates), None) or ()
    heard = {clip.emotion for clip in corpus.clips}
    missing = [emotion for emotion in needed if emotion not in heard]
    if missing and corpus.labelled:
        yield (
            f"no clip is labelled {listed(missing)}, which `emotions:` names, so nothing is found"
            " out about that"
        )


def _refuse_mixture(corpora: Sequence["Corpus"]) -> None:
    mute = [corpus.name for corpus in corpora if not corpus.labelled]
    if mute and len(mute) < len(corpora):
        raise ConfigurationError(
            f"--data: {', '.join(mute)} has no labels, but other corpora have;"
            " judge what has none in a run of its own"
        )


def _refuse_shared(judged: "Corpus", confirming: "Corpus") -> None:
    known = {clip.digest for clip in judged.clips if clip.identified}
    shared = [clip.name for clip in confirming.clips if clip.digest in known]
    if shared:
        raise ConfigurationError(
            f"--confirm: {len(shared)} of its clips are in --data as well, such as {shared[0]};"
            " it should be speech that has no part in the selection"
        )


def _keyed(corpus: "Corpus", settings: Settings, suite: Suite) -> "Corpus":
    """Let the fingerprint tell what else decides what is found on a corpus."""
    from sertify.pipeline.grouping import digest_of_groups

    terms = [f"{part.name} is {part.public}" for part in corpus.corpora if part.public]
    if any(candidate.trained_on for candidate in suite.candidates):
        terms += [f"called {part.name}" for part in corpus.corpora]
    terms += ["seen counts"] if suite.preferences.count_seen else []
    if settings.segmenting is not None:
        terms.append(f"segments {settings.segmenting.seconds:g} {settings.segmenting.hop:g}")
    # A corrected column must not be answered by what was found in the groups of before.
    columns = dict.fromkeys(name for each in suite.candidates for name in each.requirements.groups)
    if columns:
        columns["gender"] = None  # which is told of other groups: that they go along with it
    terms += [f"by {name}: {digest_of_groups(name, corpus.clips)}" for name in columns]
    if not terms:
        return corpus
    text = "\n".join([corpus.fingerprint, *terms])
    return replace(corpus, fingerprint=hashlib.sha256(text.encode()).hexdigest()[:16])
