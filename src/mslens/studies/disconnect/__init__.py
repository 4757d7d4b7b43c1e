"""Structural disconnection: the reference tractogram, and lesion masks scored against it."""
