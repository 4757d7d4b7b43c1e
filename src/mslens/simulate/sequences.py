"""What a sequence makes of a tissue: signal equations of MPRAGE, spin echo and FLAIR.

MPRAGE       PD |1 - 2 E(TI') + E(TR)| exp(-TE/T2), TI' = TI + train / 2 (centre of the readout)
spin echo    PD (1 - E(TR)) exp(-TE/T2)
FLAIR        PD |1 - (2 - E(TR - train)) E(TI)| exp(-TE/T2)
with E(t) = exp(-t/T1). Bernstein, King & Zhou, Handbook of MRI Pulse Sequences, 2004.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from mslens.simulate.relaxation import Relaxation

Kind = Literal["mprage", "spin-echo", "flair"]


@dataclass(frozen=True)
class Sequence:
    """One sequence of a protocol.

    Parameters
    ----------
    kind : {"mprage", "spin-echo", "flair"}
    tr_ms, te_ms, ti_ms : float
        As on the console; `ti_ms` is 0 where there is no inversion.
    voxel_mm : tuple of 3 float
        In plane, in plane, slice or partition.
    plane : {"axial", "sagittal"}
        Of the slices, or of the partitions of a 3D sequence.
    contrast_te_ms : float
        Echo time with the same T2 contrast, where variable flip angles make it differ; 0: te_ms.
    train_ms : float
        Length of the readout of MPRAGE; for FLAIR the time at the end of TR during which
        nothing recovers, which shifts the null point of fluid.
    fat_share : float
        What is left of fat: below 1 where it is saturated.
    blood : float
        Signal of flowing blood relative to fluid's proton density.
    snr : float
        Signal-to-noise ratio of white matter in voxels of the stated size.
    zero_filled : bool
        Whether the in-plane voxels are interpolated twice, as scanners do.
    """

    kind: Kind
    tr_ms: float
    te_ms: float
    ti_ms: float
    voxel_mm: tuple[float, float, float]
    plane: Literal["axial", "sagittal"] = "axial"
    contrast_te_ms: float = 0.0
    train_ms: float = 0.0
    fat_share: float = 1.0
    blood: float = 0.03
    snr: float = 25.0
    zero_filled: bool = False

    @property
    def is_3d(self) -> bool:
        """Whether the slices are partitions of a volume, without a thick slice profile."""
        return self.voxel_mm[2] <= 1.5


def signal_of(tissue: Relaxation, sequence: Sequence) -> float:
    """Signal of a pure tissue.

    Parameters
    ----------
    tissue : Relaxation
    sequence : Sequence

    Returns
    -------
    float
        Relative to the fully relaxed signal of fluid.
    """
    t1 = tissue.t1_ms
    te = sequence.contrast_te_ms or sequence.te_ms
    decay = float(np.exp(-te / tissue.t2_ms))
    recovered = float(np.exp(-sequence.tr_ms / t1))
    if sequence.kind == "mprage":
        inverted = float(np.exp(-(sequence.ti_ms + sequence.train_ms / 2) / t1))
        return (
            tissue.density
            * abs(1 - 2 * inverted + recovered)
            * float(np.exp(-sequence.te_ms / tissue.t2_ms))
        )
    if sequence.kind == "spin-echo":
        return tissue.density * (1 - recovered) * decay
    rest = float(np.exp(-(sequence.tr_ms - sequence.train_ms) / t1))
    inverted = float(np.exp(-sequence.ti_ms / t1))
    return tissue.density * abs(1 - (2 - rest) * inverted) * decay
