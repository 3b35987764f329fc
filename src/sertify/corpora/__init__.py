"""Folders of audio to corpora of clips."""

from sertify.corpora.clips import EMBEDDED, Clip, Corpus, make_corpus
from sertify.corpora.joining import hold_out, join
from sertify.corpora.reading import read_corpus

__all__ = ["EMBEDDED", "Clip", "Corpus", "hold_out", "join", "make_corpus", "read_corpus"]
