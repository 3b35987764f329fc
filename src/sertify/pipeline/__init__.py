"""One candidate's way from its entry to its scores and timing, without pytest."""
