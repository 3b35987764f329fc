"""The door to pytest: options, collection, fixtures, reporting; it decides nothing."""
