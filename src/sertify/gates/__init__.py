"""What is asked of a candidate, one file a gate: the facts, and the judgement."""
