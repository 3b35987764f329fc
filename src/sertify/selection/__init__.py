"""From evidence to a verdict on each candidate, and the one to use."""
