"""What a run concludes."""
