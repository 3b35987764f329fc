"""Audio and labels of any shape to corpora of clips and waveforms."""
