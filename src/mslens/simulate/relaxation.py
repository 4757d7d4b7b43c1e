"""Relaxation times and proton densities of the tissues of the simulated head at 1.5 T and 3 T.

T1 in ms after Stanisz 2005 (doi:10.1002/mrm.20605) and Bojorquez 2017
(doi:10.1016/j.mri.2016.08.021); T2 is what a fast spin echo sees, so fat is long. Proton
densities are relative to fluid.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

#: Tissue classes; a voxel is a mixture of them and of air, which has no signal.
CLASSES = (
    "csf", "gm", "wm", "lesion", "plexus", "vessel", "meninges", "fat", "muscle", "marrow", "bone",
    "vitreous",
)  # fmt: skip


@dataclass(frozen=True)
class Relaxation:
    """T1 and T2 in ms, proton density relative to fluid."""

    t1_ms: float
    t2_ms: float
    density: float


_AT_3_T: Mapping[str, Relaxation] = {
    "csf": Relaxation(4300, 1900, 1.00),
    "gm": Relaxation(1330, 96, 0.83),
    "wm": Relaxation(860, 74, 0.70),
    "lesion": Relaxation(1180, 115, 0.80),
    "hole": Relaxation(2050, 180, 0.92),
    "plexus": Relaxation(1900, 115, 0.92),
    "vessel": Relaxation(1650, 60, 0.90),
    "meninges": Relaxation(1100, 60, 0.60),
    "fat": Relaxation(370, 150, 0.90),
    "muscle": Relaxation(1300, 42, 0.72),
    "marrow": Relaxation(520, 100, 0.42),
    "bone": Relaxation(900, 8, 0.12),
    "vitreous": Relaxation(3800, 1100, 1.00),
}
_T1_AT_1_5_T: Mapping[str, float] = {
    "csf": 4200, "gm": 1040, "wm": 650, "lesion": 920, "hole": 1750, "plexus": 1500,
    "vessel": 1400, "meninges": 850, "fat": 280, "muscle": 980, "marrow": 370, "bone": 700,
    "vitreous": 3700,
}  # fmt: skip
#: T2 is a little longer at the lower field.
_T2_FACTOR_AT_1_5_T = 1.07


def relaxation_at(field_tesla: float) -> Mapping[str, Relaxation]:
    """Relaxation of every class, and of ``hole`` (a lesion that has lost its tissue).

    Parameters
    ----------
    field_tesla : float
        Below 2.2 T the values of 1.5 T are given, above those of 3 T.

    Returns
    -------
    mapping of str to Relaxation
    """
    if field_tesla > 2.2:
        return _AT_3_T
    return {
        name: Relaxation(_T1_AT_1_5_T[name], value.t2_ms * _T2_FACTOR_AT_1_5_T, value.density)
        for name, value in _AT_3_T.items()
    }
