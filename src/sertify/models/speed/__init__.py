"""What a model's answers cost, measured in a process in which nothing else runs."""
