"""What a repository is at one commit, told without its weights."""
