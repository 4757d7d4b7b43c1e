"""The texture families of IBSI with every aggregation: by slice, over slices, in the volume.

``2D`` features are means over slices, ``2_5D`` merge the slices' matrices, ``3D`` use the
volume's neighbours; ``avg`` is the mean over directions, ``comb`` merges their matrices.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array
from mslens.radiomics.directions import flat_offsets, list_directions
from mslens.radiomics.glcm import GLCM, describe_glcm
from mslens.radiomics.gldm import describe_gldm
from mslens.radiomics.gldzm import describe_gldzm
from mslens.radiomics.glrlm import describe_glrlm
from mslens.radiomics.glszm import describe_glszm
from mslens.radiomics.neighbourhood import look_around
from mslens.radiomics.ngtdm import NGTDM, describe_ngtdm

Aggregation = Literal["2D", "2_5D", "3D"]
Values = npt.NDArray[np.float64]

_EMPHASIS_CODES = {
    "rlm": "22OV W4KF V3SW G3QZ HTZT GD3A IVPO 3KUM R5YN OVBL W92Y IC23 9ZK5 8CE5 SXLW HJ9O",
    "szm": "5QRC 48P8 XMSY 5GN9 5RAI HW1V YH51 J17V JNSA Y1RO 4JP3 VB3A P30P BYLV 3NSA GU8N",
    "dzm": "0GBI MB4I S1RA K26C RUVG DKNJ A7WM KLTH VFT7 7HP3 V294 IATH VIWW QK93 7WT1 GBDU",
    "ngl": "SODN IMOQ TL9H OAE7 EQ3F JA6D NBZI 9QMG FP8K 5SPA Z87G OKJI 6XV8 1PFV DNX2 FCBV CAS9",
}
_EMPHASIS_TAGS = {
    "rlm": "sre lre lgre hgre srlge srhge lrlge lrhge glnu glnu_norm rlnu rlnu_norm r_perc"
    " gl_var rl_var rl_entr",
    "szm": "sze lze lgze hgze szlge szhge lzlge lzhge glnu glnu_norm zsnu zsnu_norm z_perc"
    " gl_var zs_var zs_entr",
    "dzm": "sde lde lgze hgze sdlge sdhge ldlge ldhge glnu glnu_norm zdnu zdnu_norm z_perc"
    " gl_var zd_var zd_entr",
    "ngl": "lde hde lgce hgce ldlge ldhge hdlge hdhge glnu glnu_norm dcnu dcnu_norm dc_perc"
    " gl_var dc_var dc_entr dc_energy",
}
#: Tag -> (name in `GLCM`, code).
_CM = {
    "joint_max": ("MaximumProbability", "GYBY"),
    "joint_avg": ("JointAverage", "60VM"),
    "joint_var": ("SumSquares", "UR99"),
    "joint_entr": ("JointEntropy", "TU9B"),
    "diff_avg": ("DifferenceAverage", "TF7R"),
    "diff_var": ("DifferenceVariance", "D3YU"),
    "diff_entr": ("DifferenceEntropy", "NTRS"),
    "sum_avg": ("SumAverage", "ZGXS"),
    "sum_var": ("ClusterTendency", "OEEB"),
    "sum_entr": ("SumEntropy", "P6QZ"),
    "energy": ("JointEnergy", "8ZQL"),
    "contrast": ("Contrast", "ACUI"),
    "dissimilarity": ("DifferenceAverage", "8S9J"),
    "inv_diff": ("Id", "IB1Z"),
    "inv_diff_norm": ("Idn", "NDRX"),
    "inv_diff_mom": ("Idm", "WF0Z"),
    "inv_diff_mom_norm": ("Idmn", "1QCO"),
    "inv_var": ("InverseVariance", "E8JP"),
    "corr": ("Correlation", "NI2N"),
    "auto_corr": ("Autocorrelation", "QWB0"),
    "clust_tend": ("ClusterTendency", "DG8W"),
    "clust_shade": ("ClusterShade", "7NFM"),
    "clust_prom": ("ClusterProminence", "AE86"),
    "info_corr1": ("Imc1", "R8DG"),
    "info_corr2": ("Imc2", "JN9H"),
}
_NGT = {
    "coarseness": ("Coarseness", "QCDE"),
    "contrast": ("Contrast", "65HE"),
    "busyness": ("Busyness", "NQ30"),
    "complexity": ("Complexity", "HDEZ"),
    "strength": ("Strength", "1X9X"),
}


def texture_codes() -> dict[str, str]:
    """Return family_tag -> code for all texture families."""
    codes = {f"cm_{tag}": code for tag, (_, code) in _CM.items()}
    codes |= {f"ngt_{tag}": code for tag, (_, code) in _NGT.items()}
    for family, tags in _EMPHASIS_TAGS.items():
        pairs = zip(tags.split(), _EMPHASIS_CODES[family].split(), strict=True)
        codes |= {f"{family}_{tag}": code for tag, code in pairs}
    return codes


@dataclass(frozen=True, eq=False)
class LevelBox:
    """Grey levels of a region in its padded box, and what the families need beside them.

    Parameters
    ----------
    levels : ndarray, shape (k, j, i), int32
        From 1; 0 outside the intensity mask.
    n_levels : int
    distance : ndarray, shape (k, j, i), int64
        Distance to the border of the morphological mask, in the volume or in slices.
    """

    levels: npt.NDArray[np.int32]
    n_levels: int
    distance: npt.NDArray[np.int64]


def describe_ibsi_texture(box: LevelBox, aggregation: Aggregation) -> dict[str, float]:
    """Return all texture features of one aggregation, e.g. ``cm_contrast_3D_avg``."""
    directions = list_directions(in_plane=aggregation != "3D")
    flat = box.levels.reshape(-1)
    cells = np.flatnonzero(flat).astype(np.int64)
    plane = box.levels.shape[1] * box.levels.shape[2]
    starts = np.flatnonzero(np.diff(cells // plane, prepend=-1))
    parts = np.split(cells, starts[1:]) if aggregation == "2D" else [cells]
    found: dict[str, float] = {}
    for merge, suffix in ((False, "avg"), (True, "comb")):
        mean = _mean_over(parts, functools.partial(_cm, box, directions, merge))
        found |= {
            f"cm_{tag}_{aggregation}_{suffix}": mean[GLCM.index(name)]
            for tag, (name, _) in _CM.items()
        }
        mean = _mean_over(parts, functools.partial(_rlm, box, directions, merge))
        found |= _tagged("rlm", mean, f"{aggregation}_{suffix}")
    offsets = flat_offsets(directions, box.levels.shape)
    distance, n = box.distance.reshape(-1), box.n_levels
    zones = _mean_over(parts, lambda c: describe_glszm(flat, c, offsets, n_levels=n))
    found |= _tagged("szm", zones, aggregation)
    zones = _mean_over(parts, lambda c: describe_gldzm(flat, c, offsets, distance, n_levels=n))
    found |= _tagged("dzm", zones, aggregation)
    around = _mean_over(parts, functools.partial(_neighbours, box, directions))
    found |= {
        f"ngt_{tag}_{aggregation}": around[NGTDM.index(name)] for tag, (name, _) in _NGT.items()
    }
    found |= _tagged("ngl", around[len(NGTDM) :], aggregation)
    return {name: float(value) for name, value in found.items()}


def _mean_over(parts: Sequence[Array], describe: Callable[[Array], Values]) -> Values:
    """Mean over parts of the region; a part without a matrix does not count."""
    rows = np.stack([describe(part) for part in parts])
    known = np.isfinite(rows)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(known, rows, 0).sum(axis=0) / known.sum(axis=0))


def _tagged(family: str, values: Values, suffix: str) -> dict[str, float]:
    tags = _EMPHASIS_TAGS[family].split()
    return {f"{family}_{tag}_{suffix}": v for tag, v in zip(tags, values, strict=False)}


def _cm(box: LevelBox, directions: Array, merge: bool, cells: Array) -> Values:
    offsets = flat_offsets(directions, box.levels.shape)
    return describe_glcm(
        box.levels.reshape(-1), cells, offsets, n_levels=box.n_levels, merge=merge, with_mcc=False
    )


def _rlm(box: LevelBox, directions: Array, merge: bool, cells: Array) -> Values:
    return describe_glrlm(
        box.levels.reshape(-1),
        cells,
        directions,
        shape=box.levels.shape,
        n_levels=box.n_levels,
        merge=merge,
        skip_flat=False,
    )


def _neighbours(box: LevelBox, directions: Array, cells: Array) -> Values:
    around = look_around(
        box.levels.reshape(-1), cells, directions, shape=box.levels.shape, n_levels=box.n_levels
    )
    return np.concatenate([describe_ngtdm(around, count_isolated=False), describe_gldm(around)])
