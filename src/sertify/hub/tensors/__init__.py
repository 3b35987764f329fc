"""Which tensors a weight file holds, told from its index: no weight is read, no code is run.

The file may be far away: it is read in one to three large pieces, wherever the index lies.
"""
