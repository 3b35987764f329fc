"""What speech becomes on its way to a model: one file a family of conditions, each a function."""
