"""Seeds that depend on the run's seed and on names, never on order or on the worker."""

from __future__ import annotations

import hashlib

import numpy as np


def derive_seed(seed: int, *names: str) -> int:
    """Return a 32-bit seed for the part of the work that `names` describe."""
    text = "\x1f".join((str(seed), *names)).encode()
    return int.from_bytes(hashlib.sha256(text).digest()[:4], "little")


def make_rng(seed: int, *names: str) -> np.random.Generator:
    """Return a generator seeded by `derive_seed`."""
    return np.random.Generator(np.random.PCG64(derive_seed(seed, *names)))
