"""What a run concludes, typed, and all that is drawn from it."""
