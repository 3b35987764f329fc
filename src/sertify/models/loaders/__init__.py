"""One file a loader: from a blueprint to a network with the weights of a checkpoint."""
