"""The result of a test between groups, the same for every test."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Comparison:
    """A difference between groups and how surely it is one.

    Parameters
    ----------
    method : str
        Name of the test, as a methods section would write it.
    p : float
    statistic : float or None
        t, z, F, chi-square; None for an exact test.
    df : tuple of float
        Degrees of freedom of the statistic; empty where it has none.
    estimate : float or None
        Size of the effect, named by `estimate_name`.
    estimate_name : str
    interval : tuple of 2 float or None
        95% interval of the estimate.
    """

    method: str
    p: float
    statistic: float | None = None
    df: tuple[float, ...] = ()
    estimate: float | None = None
    estimate_name: str = ""
    interval: tuple[float, float] | None = None
