"""The noise-free image of one sequence on the anatomy's grid.

S = sum_c share_c (S_c + dS_c/dlnT1 m1 + dS_c/dlnT2 m2), with the signal S_c of the class in the
sequence and the texture m1, m2. Lesions lie between oedema and a hole by their tissue loss.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from mslens.simulate.composition import Composition
from mslens.simulate.relaxation import CLASSES, Relaxation, relaxation_at
from mslens.simulate.sequences import Sequence, signal_of

FloatMap = npt.NDArray[np.float32]

_STEP = 0.05
#: Classes that carry the texture of the brain.
_TEXTURED = ("gm", "wm", "lesion", "plexus")


@dataclass(frozen=True, eq=False)
class BrainTexture:
    """What varies within the classes, one value per brain row of a composition, float32.

    Parameters
    ----------
    t1, t2 : ndarray, shape (m,)
        Log change of T1 and T2.
    hole, brightness : ndarray, shape (m,)
        Tissue loss, and relative prolongation of T2, of lesions.
    flow : ndarray, shape (m,)
        Share of the fluid that flows in unsuppressed (FLAIR), 0 to 1.
    """

    t1: FloatMap
    t2: FloatMap
    hole: FloatMap
    brightness: FloatMap
    flow: FloatMap


def render_contrast(
    composition: Composition, texture: BrainTexture, sequence: Sequence, *, field_tesla: float
) -> FloatMap:
    """Render one sequence.

    Parameters
    ----------
    composition : Composition
    texture : BrainTexture
    sequence : Sequence
    field_tesla : float

    Returns
    -------
    ndarray, shape = composition.grid.shape, float32
        White matter has the value 1.
    """
    tissue = relaxation_at(field_tesla)
    plain = {name: signal_of(tissue[name], sequence) for name in (*CLASSES, "hole")}
    plain["fat"] *= sequence.fat_share
    plain["marrow"] *= 0.5 + 0.5 * sequence.fat_share
    plain["vessel"] = sequence.blood
    white = plain["wm"]
    signal = np.zeros(len(composition.where), dtype=np.float32)
    for k, name in enumerate(CLASSES):
        signal += composition.shares[k] * np.float32(plain[name] / white)
    rows = composition.brain_rows
    extra = np.zeros(len(rows), dtype=np.float32)
    for name in _TEXTURED:
        share = composition.share(name)[rows]
        by_t1, by_t2 = _slopes(tissue[name], sequence)
        change = np.float32(by_t1) * texture.t1 + np.float32(by_t2) * texture.t2
        extra += share * change / np.float32(white)
    lesion = composition.share("lesion")[rows]
    toward_hole = (plain["hole"] - plain["lesion"]) / white
    by_t2 = _slopes(tissue["lesion"], sequence)[1] / white
    extra += lesion * (
        np.float32(toward_hole) * texture.hole + np.float32(by_t2) * np.log(texture.brightness)
    )
    if sequence.kind == "flair":
        # Fluid that flowed in after the inversion is not nulled.
        fresh = signal_of(tissue["csf"], replace(sequence, kind="spin-echo")) / white
        extra += composition.share("csf")[rows] * texture.flow * np.float32(0.35 * fresh)
    signal[rows] += extra
    return composition.dense(np.maximum(signal, 0))


def _slopes(tissue: Relaxation, sequence: Sequence) -> tuple[float, float]:
    """Change of the signal per unit of ln T1 and of ln T2."""
    slopes = []
    for t1, t2 in ((1.0, 0.0), (0.0, 1.0)):
        up, down = (
            signal_of(
                Relaxation(
                    tissue.t1_ms * float(np.exp(sign * t1 * _STEP)),
                    tissue.t2_ms * float(np.exp(sign * t2 * _STEP)),
                    tissue.density,
                ),
                sequence,
            )
            for sign in (1.0, -1.0)
        )
        slopes.append((up - down) / (2 * _STEP))
    return slopes[0], slopes[1]
