"""Several models on the same clips, so that what they share cancels."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sertify.statistics import confusion
from sertify.statistics.confusion import Counts, Floats
from sertify.statistics.rare_classes import floors
from sertify.statistics.resampling import freedom, speaker_codes, tables, trials


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
    predictions: Mapping[str, Sequence[str]],
    groups: Sequence[Hashable] | None = None,
    labels: Sequence[str] | None = None,
) -> Paired:
    """Compare models on the same clips, by speaker or, without two speakers named, by clip.

    The arguments are those of :func:`confusion.confusion`, with the predictions of each model by
    name and the speaker of each clip. Neither the order of clips and of models nor the names of
    speakers matter. Without the only speaker that has a class, its recall is as observed.

    Raises ``ValueError`` as :func:`confusion.confusion`, and without models.

    >>> truth = ["anger", "sadness"] * 50
    >>> both = paired(truth, {"constant": ["anger"] * 100, "right": truth})
    >>> both.values.tolist(), both.groups
    ([0.5, 1.0], 100)
    """
    if not predictions:
        raise ValueError("no predictions: a comparison needs at least one model")
    frozen = confusion.label_set(truth, labels)
    cells = np.stack([confusion.cells(truth, said, frozen) for said in predictions.values()], 1)
    codes = speaker_codes(groups, len(truth))
    sizes, hits, repeats = _units(cells, codes, len(frozen))
    units = np.repeat(sizes, repeats, axis=0)
    clips, right = repeats @ sizes, np.tensordot(repeats, hits, axes=1)
    shown = _jackknifed(sizes, hits, repeats)
    return Paired(
        names=tuple(predictions),
        values=(right / clips).mean(axis=1),
        deviations=np.hstack([shown, _hidden(shown, clips, right)]),
        freedom=freedom(units),
        clips=len(truth),
        trials=trials(units),
        groups=int(repeats.sum()),
        by_speaker=codes is not None,
    )


def _units(cells: Counts, codes: Counts | None, n_labels: int) -> tuple[Floats, Floats, Counts]:
    """Return the distinct units: clips of each class, right ones of each model and class, repeats.

    Equal units are interchangeable; joined, they are fewer. Only classes that occur are kept.
    """
    size, diagonal = n_labels * (n_labels + 1), np.arange(n_labels) * (n_labels + 2)
    if codes is None:
        rows, repeats = np.unique(cells, axis=0, return_counts=True)
        sizes = (rows[:, :1] // (n_labels + 1) == np.arange(n_labels)).astype(float)
        hits = (rows[:, :, None] == diagonal).astype(float)
    else:
        flat, repeats = np.unique(
            tables(cells, codes, size).reshape(int(codes.max()) + 1, -1), axis=0, return_counts=True
        )
        table = flat.reshape(len(flat), -1, n_labels, n_labels + 1)
        sizes = table[:, 0].sum(axis=-1).astype(float)
        hits = flat.reshape(len(flat), -1, size)[:, :, diagonal].astype(float)
    occurring = sizes.sum(axis=0) > 0
    return sizes[:, occurring], hits[:, :, occurring], repeats


def _jackknifed(sizes: Floats, hits: Floats, repeats: Counts) -> Floats:
    """Return the jackknife's deviations, (models, units)."""
    units = int(repeats.sum())
    clips, right = repeats @ sizes, np.tensordot(repeats, hits, axes=1)
    left = (clips - sizes)[:, None]
    recalls = np.where(left > 0, (right - hits) / np.maximum(left, 1), right / clips)
    values = recalls.mean(axis=2)
    means = repeats @ values / units
    deviations: Floats = (values - means).T * np.sqrt(repeats * (1 - 1 / units))
    return deviations


def _hidden(shown: Floats, clips: Floats, right: Floats) -> Floats:
    """Return what no unit shows, (models, 2 * classes): recalls that are 0 or 1 by luck.

    Models that are right on all clips of a class are so on the same ones, and share its column.
    What a model may vary by in which nothing varies is left to those who find that.
    """
    variances = floors(np.broadcast_to(clips, right.shape), right)[1]
    varies = np.abs(shown).max(axis=1, keepdims=True) > 1e-12
    errors, always = np.sqrt(variances) / len(clips) * varies, right > 0
    hidden: Floats = np.hstack([errors * always, errors * ~always])
    return hidden
