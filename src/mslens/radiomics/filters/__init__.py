"""Image filters whose responses are described like images."""
