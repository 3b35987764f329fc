"""What is kept over runs, and what it was measured with."""
