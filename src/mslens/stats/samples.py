"""What every test asks of its samples: one dimension, finite, enough of them, of one length."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array
from mslens.core.errors import InputError

Floats = npt.NDArray[np.float64]


def take_sample(values: Array, *, name: str, min_size: int = 1) -> Floats:
    """Return a sample as float64.

    Parameters
    ----------
    values : array-like, shape (n,)
    name : str
        What the sample is called in the error.
    min_size : int

    Raises
    ------
    InputError
        If the values are not one row of finite numbers, or are fewer than `min_size`.
    """
    try:
        sample = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"{name} holds something that is not a number ({error})", expected="numbers"
        ) from error
    if sample.ndim != 1:
        raise InputError(f"{name} has shape {sample.shape}", expected="one dimension")
    bad = np.flatnonzero(~np.isfinite(sample))
    if bad.size:
        raise InputError(
            f"{name} has {bad.size} value(s) that are NaN or infinite, the first at {bad[0]}",
            expected="finite numbers",
            cure="Leave these participants out of every sample and say how many they are",
        )
    if sample.size < min_size:
        raise InputError(f"{name} has {sample.size} value(s)", expected=f"at least {min_size}")
    return sample


def require_same_length(**samples: Array) -> None:
    """Raise `InputError`, naming the lengths, unless all samples are equally long."""
    lengths = {name: len(sample) for name, sample in samples.items()}
    if len(set(lengths.values())) > 1:
        described = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        raise InputError(
            described, expected="one value per participant in each", cure="Match them by id"
        )


def code_clusters(clusters: Array | None, size: int) -> npt.NDArray[np.int64]:
    """Give every cluster a number from 0; without clusters every observation is its own.

    Parameters
    ----------
    clusters : array-like, shape (n,), or None
        Any labels, e.g. participant ids.
    size : int
        Number of observations n.

    Raises
    ------
    InputError
        If there is not one label per observation.
    """
    if clusters is None:
        return np.arange(size, dtype=np.int64)
    labels = np.asarray(clusters)
    if labels.shape != (size,):
        raise InputError(
            f"{labels.shape} cluster labels for {size} observations", expected="one label each"
        )
    return np.unique(labels, return_inverse=True)[1].astype(np.int64).reshape(size)
