"""From a snapshot to a network that answers, and what that costs; this room alone imports torch."""
