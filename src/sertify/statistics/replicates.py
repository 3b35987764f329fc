"""Several models on the same resampled clips, so that what they share cancels."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sertify.statistics import confusion
from sertify.statistics.confusion import Counts, Floats
from sertify.statistics.rare_classes import floors
from sertify.statistics.resampling import design, draws, speaker_codes, tables, trials
from sertify.vocabulary.text import listed


@dataclass(frozen=True)
class Replicates:
    """The UAR of several models on the same clips, and on the same resamples of them.

    ``values`` has the shape (models,), ``samples`` (models, replicates), both in the order of
    ``names``. The deviations of the samples from the values are already corrected for the number
    of units (with G equal speakers times sqrt(G / (G - 1)), see :func:`resampling.design`): their
    standard deviation is the standard error, to be used with Student's t of ``freedom`` degrees.
    They may leave 0..1. ``groups`` counts the speakers, or the clips where ``by_speaker`` is false;
    ``trials`` as many independent clips as tell as much (see :func:`resampling.trials`).
    """

    names: tuple[str, ...]
    values: Floats
    samples: Floats
    freedom: float
    clips: int
    trials: float
    groups: int
    by_speaker: bool


def paired(
    truth: Sequence[str],
    predictions: Mapping[str, Sequence[str]],
    groups: Sequence[Hashable] | None = None,
    labels: Sequence[str] | None = None,
    replicates: int = 2000,
    seed: int = 0,
) -> Replicates:
    """Resample speakers, the same ones for each model, or clips without two speakers named.

    The arguments are those of :func:`jackknife.metric_intervals`, with the predictions of each
    model by name. Neither the order of clips and of models nor the names of speakers matter. A
    resample without clips of a class takes its recall as observed. What resampling can't show
    of classes that a model gets all right or all wrong (:func:`floors.floors`) is added as normal
    noise, the same for models that are right on the same clips.

    Raises ``ValueError`` as in :func:`jackknife.metric_intervals`, and without models.

    >>> truth = ["anger", "sadness"] * 50
    >>> both = paired(truth, {"constant": ["anger"] * 100, "right": truth})
    >>> both.values.tolist(), both.samples.shape, both.groups
    ([0.5, 1.0], (2, 2000), 100)
    """
    if not predictions:
        raise ValueError("no predictions: a comparison needs at least one model")
    frozen, order = confusion.label_set(truth, labels), sorted(predictions)
    cells = np.stack([confusion.cells(truth, predictions[name], frozen) for name in order], axis=1)
    codes = speaker_codes(groups, len(truth))
    sizes, hits, repeats = _units(cells, codes, len(frozen))
    units = np.repeat(sizes, repeats, axis=0)
    plan = design(units)
    place = [order.index(name) for name in predictions]
    observed = _recalls(repeats[None].astype(float), sizes, hits)[0]
    values = observed.mean(axis=1)
    drawn = draws(repeats, replicates, seed)
    samples = np.concatenate(
        [_recalls(some, sizes, hits, observed).mean(axis=2) for some in drawn]
    ).T
    samples = values[:, None] + plan.scale * (samples - values[:, None])
    samples += _hidden(samples, repeats, sizes, hits, seed)
    return Replicates(
        names=tuple(predictions),
        values=values[place],
        samples=samples[place],
        freedom=plan.freedom,
        clips=len(truth),
        trials=trials(units),
        groups=int(repeats.sum()),
        by_speaker=codes is not None,
    )


def combine(parts: Sequence[Replicates]) -> Replicates:
    """Average several corpora: the mean UAR, in which each corpus weighs the same.

    The corpora are independent, whatever seeds their resamples were drawn with. The degrees of
    freedom are Welch & Satterthwaite's, for the model for which they are fewest. ``ValueError``
    without parts, or for parts of different models or numbers of replicates.

    >>> part = paired(["anger", "joy"] * 20, {"a": ["anger"] * 40, "b": ["anger", "joy"] * 20})
    >>> combine([part, part]).values.tolist()
    [0.5, 1.0]
    """
    if not parts:
        raise ValueError("no replicates: combine needs at least one corpus")
    if len({(part.names, part.samples.shape) for part in parts}) > 1:
        shown = "; ".join(f"{part.samples.shape[1]} of {listed(part.names)}" for part in parts)
        raise ValueError(f"replicates differ, but should be as many of the same models: {shown}")
    return Replicates(
        names=parts[0].names,
        values=np.mean([part.values for part in parts], axis=0),
        # In an order of its own for each: one seed draws alike in like corpora.
        samples=np.mean(
            [np.random.default_rng(i).permutation(p.samples, axis=1) for i, p in enumerate(parts)],
            axis=0,
        ),
        freedom=_welch(parts),
        clips=sum(part.clips for part in parts),
        trials=len(parts) ** 2 / sum(1 / part.trials for part in parts),
        groups=sum(part.groups for part in parts),
        by_speaker=all(part.by_speaker for part in parts),
    )


def _units(cells: Counts, codes: Counts | None, n_labels: int) -> tuple[Floats, Floats, Counts]:
    """Return the distinct units: clips of each class, right ones of each model and class, repeats.

    Equal units are interchangeable; joined, they are fewer and in an order of their own.
    """
    size, diagonal = n_labels * (n_labels + 1), np.arange(n_labels) * (n_labels + 2)
    if codes is None:
        rows, repeats = np.unique(cells, axis=0, return_counts=True)
        sizes = rows[:, :1] // (n_labels + 1) == np.arange(n_labels)
        return sizes.astype(float), (rows[:, :, None] == diagonal).astype(float), repeats
    flat, repeats = np.unique(
        tables(cells, codes, size).reshape(int(codes.max()) + 1, -1), axis=0, return_counts=True
    )
    table = flat.reshape(len(flat), -1, n_labels, n_labels + 1).astype(float)
    hits = flat.reshape(len(flat), -1, size)[:, :, diagonal].astype(float)
    return table[:, 0].sum(axis=-1), hits, repeats


def _recalls(drawn: Floats, sizes: Floats, hits: Floats, missing: Floats | None = None) -> Floats:
    """Return (draws, models, classes), for the classes that occur; ``missing`` fills gaps."""
    occurring = sizes.sum(axis=0) > 0
    clips = (drawn @ sizes)[:, None, occurring]
    flat = hits[:, :, occurring].reshape(len(hits), -1)
    right = (drawn @ flat).reshape(len(drawn), hits.shape[1], -1)
    start = np.zeros_like(right) if missing is None else np.broadcast_to(missing, right.shape)
    return np.divide(right, clips, out=start.copy(), where=clips > 0)


def _hidden(samples: Floats, repeats: Counts, sizes: Floats, hits: Floats, seed: int) -> Floats:
    """Return noise of the shape of the samples, none for a model in which nothing varies.

    What that one may vary by is left to those who find that it has no spread.
    """
    clips, right = repeats @ sizes, np.tensordot(repeats, hits, axes=1)
    variances = floors(np.broadcast_to(clips, right.shape), right)[1].sum(axis=1)
    errors = np.sqrt(variances) / (clips > 0).sum() * (np.ptp(samples, axis=1) > 1e-12)
    # By what they are right on, so that the names of models don't matter.
    keys = [np.ascontiguousarray(hits[:, model]).tobytes() for model in range(hits.shape[1])]
    which = {key: i for i, key in enumerate(sorted(set(keys)))}
    noise = np.random.default_rng([seed, 1]).standard_normal((len(which), samples.shape[1]))
    added: Floats = errors[:, None] * noise[[which[key] for key in keys]]
    return added


def _welch(parts: Sequence[Replicates]) -> float:
    variances = np.stack([part.samples.var(axis=1) for part in parts])
    freedoms = np.array([part.freedom for part in parts])
    varying = variances[:, variances.sum(axis=0) > 0]
    if not varying.size:
        return float(freedoms.sum())
    welch = varying.sum(axis=0) ** 2 / (varying**2 / freedoms[:, None]).sum(axis=0)
    return float(welch.min())
