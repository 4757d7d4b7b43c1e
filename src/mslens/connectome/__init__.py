"""Tractogram index and structural disconnection (ChaCo)."""
