"""candidates.yaml and its lock to frozen objects; every mistake with its line."""
