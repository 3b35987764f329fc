"""Several models on the same clips, so that what they share cancels."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sertify.statistics import confusion
from sertify.statistics.confusion import Counts, Floats
from sertify.statistics.rare_classes import floors
from sertify.statistics.resampling import freedom, speaker_codes, trials


@dataclass(frozen=True)
class Paired:
    """The UAR of several models on the same clips, and how it varies with these.

    Attributes
    ----------
    values
        UAR by model, of shape (models,), in the order of ``names``.
    deviations
        Of shape (models, n): the variance of any contrast of models is the sum of the squares of
        the contrast of their rows. They are those of the delete-one jackknife (Efron & Stein 1981)
        over speakers or clips, and what classes may vary by in which a model is always right or
        always wrong.
    spreads
        The jackknife's standard error of each, without what classes may hide, (models,).
    freedom
        Degrees of freedom of Student's t.
    trials
        As many independent clips as tell as much (see :func:`resampling.trials`).
    groups
        Number of speakers, or of clips where ``by_speaker`` is false.
    """

    names: tuple[str, ...]
    values: Floats
    deviations: Floats
    spreads: Floats
    freedom: float
    clips: int
    trials: float
    groups: int
    by_speaker: bool

    def samples(self, n: int, seed: int = 0) -> Floats:
        """Return the UARs of n corpora like this one, of shape (models, n); they may leave 0..1.

        Normal draws with the covariance of the jackknife, widened as Student's t for few speakers.
        """
        rng = np.random.default_rng(seed)
        # Above 2 a t variate has a variance, which is that of the normal one.
        freedom = max(2.5, self.freedom)
        wider = np.sqrt((freedom - 2) / rng.chisquare(freedom, n))
        drawn: Floats = self.deviations @ rng.standard_normal((self.deviations.shape[1], n))
        return self.values[:, None] + drawn * wider


def paired(
    truth: Sequence[str],
    predictions: Mapping[str, Sequence[str | None]],
    groups: Sequence[Hashable] | None = None,
    labels: Sequence[str] | None = None,
) -> Paired:
    """Compare models on the same clips, by speaker or, without two speakers named, by clip.

    The arguments are those of :func:`confusion.confusion`, with the predictions of each model by
    name and the speaker of each clip. A clip that a model could not judge, None, has no part in its
    UAR, nor has a class of which it could judge none. Neither the order of clips and of models nor
    the names of speakers matter. Without the only speaker that has a class, its recall is as
    observed.

    Raises ``ValueError`` as :func:`confusion.confusion`, and without models.

    >>> truth = ["anger", "sadness"] * 50
    >>> both = paired(truth, {"constant": ["anger"] * 100, "right": truth})
    >>> both.values.tolist(), both.groups
    ([0.5, 1.0], 100)
    """
    if not predictions:
        raise ValueError("no predictions: a comparison needs at least one model")
    frozen = confusion.label_set(truth, labels)
    texts = [["" if one is None else one for one in said] for said in predictions.values()]
    cells = np.stack([confusion.cells(truth, said, frozen) for said in texts], axis=1)
    classes, said = np.divmod(cells, len(frozen) + 1)
    judged = np.array([[one is not None for one in said] for said in predictions.values()]).T
    right = classes == said
    classes = classes[:, 0]
    codes = speaker_codes(groups, len(truth))
    sizes, hits, repeats = _units(classes, judged, right, codes, len(frozen))
    units = np.repeat(sizes.max(axis=1), repeats, axis=0)
    clips, hit = (np.tensordot(repeats, table, axes=1) for table in (sizes, hits))
    shown = _jackknifed(sizes, hits, repeats)
    return Paired(
        names=tuple(predictions),
        values=_mean(hit, clips),
        deviations=np.hstack([shown, _hidden(shown, clips, hit)]),
        spreads=np.sqrt((shown**2).sum(axis=1)),
        freedom=freedom(units),
        clips=len(truth),
        trials=trials(units),
        groups=int(repeats.sum()),
        by_speaker=codes is not None,
    )


def _units(
    classes: Counts,
    judged: NDArray[np.bool_],
    right: NDArray[np.bool_],
    codes: Counts | None,
    n_labels: int,
) -> tuple[Floats, Floats, Counts]:
    """Return the distinct units: clips judged and right ones, each (units, models, classes).

    The third is how often each occurs: equal units are interchangeable, and joined they are fewer.
    ``classes`` has the shape (clips,), ``judged`` and ``right`` (clips, models).
    """
    if codes is None:
        clips, repeats = np.unique(
            np.column_stack([classes, judged, right]), axis=0, return_counts=True
        )
        classes, (judged, right) = clips[:, 0], np.split(clips[:, 1:] > 0, 2, axis=1)
        codes = np.arange(len(clips))
    else:
        repeats = np.ones(int(codes.max()) + 1, np.int64)
    tables = np.zeros((2, len(repeats), n_labels, judged.shape[1]))
    for table, what in zip(tables, (judged, right & judged), strict=True):
        np.add.at(table, (codes, classes), what)
    return _joined(tables.swapaxes(2, 3), repeats)


def _joined(tables: Floats, repeats: Counts) -> tuple[Floats, Floats, Counts]:
    """Put equal units together, in an order of their own."""
    flat = tables.transpose(1, 0, 2, 3).reshape(tables.shape[1], -1)
    distinct, which = np.unique(flat, axis=0, return_inverse=True)
    sizes, hits = distinct.reshape(-1, 2, *tables.shape[2:]).transpose(1, 0, 2, 3)
    return sizes, hits, np.bincount(which.ravel(), weights=repeats).astype(np.int64)


def _mean(hits: Floats, clips: Floats) -> Floats:
    """Return the mean recall over the classes that have clips, 0 where none has."""
    recalls = hits / np.maximum(clips, 1)
    mean: Floats = recalls.sum(axis=-1) / np.maximum(1, (clips > 0).sum(axis=-1))
    return mean


def _jackknifed(sizes: Floats, hits: Floats, repeats: Counts) -> Floats:
    """Return the jackknife's deviations, (models, units)."""
    units = int(repeats.sum())
    clips, right = (np.tensordot(repeats, table, axes=1) for table in (sizes, hits))
    left = clips - sizes
    recalls = np.where(left > 0, (right - hits) / np.maximum(left, 1), right / np.maximum(clips, 1))
    values = recalls.sum(axis=2) / np.maximum(1, (clips > 0).sum(axis=1))
    means = repeats @ values / units
    deviations: Floats = (values - means).T * np.sqrt(repeats * (1 - 1 / units))
    return deviations


def _hidden(shown: Floats, clips: Floats, right: Floats) -> Floats:
    """Return what no unit shows, (models, 2 * classes): recalls that are 0 or 1 by luck.

    Models that are right on all clips of a class are so on the same ones, and share its column.
    What a model may vary by in which nothing varies is left to those who find that.
    """
    variances = floors(clips, right)[1]
    varies = np.abs(shown).max(axis=1, keepdims=True) > 1e-12
    classes = np.maximum(1, (clips > 0).sum(axis=1, keepdims=True))
    errors, always = np.sqrt(variances) / classes * varies, right > 0
    hidden: Floats = np.hstack([errors * always, errors * ~always])
    return hidden
