"""How right predictions are, how varied, and how sure that is.

``truth``, ``prediction`` and ``labels`` are as in :mod:`sertify.statistics.confusion`, from whose
counts all is computed that compares with the truth; so are the errors. A prediction outside the
label set counts as wrong. A ratio 0/0 is not a number, so its class is left out of dictionaries and
means. Metrics lie in 0..1 where nothing else is said, and have no unit. No clips are a
``ValueError``.

Clips of one speaker resemble each other, so a thousand clips of ten speakers tell little more
about new speakers than ten speakers do. What is said here of new speakers resamples speakers.
The formulas, their sources and what simulation says of them are in ``docs/statistics.md``.
"""
