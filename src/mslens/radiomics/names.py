"""Names of the features of the `pyradiomics` profile, and the IBSI code of each.

The names are those of PyRadiomics 3.0.1; the codes those of the IBSI reference manual (arXiv
1612.07003). A feature that IBSI does not define has no code. PyRadiomics differs from IBSI in
known ways (kurtosis + 3, bins anchored at zero); the code says which quantity is meant.
"""

from __future__ import annotations

from mslens.radiomics.first_order import FIRST_ORDER
from mslens.radiomics.glcm import GLCM
from mslens.radiomics.ngtdm import NGTDM

#: PyRadiomics' name of each shared emphasis feature, by class; None: not offered there.
_EMPHASIS_NAMES: dict[str, tuple[str | None, ...]] = {
    "glrlm": (
        "ShortRunEmphasis",
        "LongRunEmphasis",
        "LowGrayLevelRunEmphasis",
        "HighGrayLevelRunEmphasis",
        "ShortRunLowGrayLevelEmphasis",
        "ShortRunHighGrayLevelEmphasis",
        "LongRunLowGrayLevelEmphasis",
        "LongRunHighGrayLevelEmphasis",
        "GrayLevelNonUniformity",
        "GrayLevelNonUniformityNormalized",
        "RunLengthNonUniformity",
        "RunLengthNonUniformityNormalized",
        "RunPercentage",
        "GrayLevelVariance",
        "RunVariance",
        "RunEntropy",
        None,
    ),
    "glszm": (
        "SmallAreaEmphasis",
        "LargeAreaEmphasis",
        "LowGrayLevelZoneEmphasis",
        "HighGrayLevelZoneEmphasis",
        "SmallAreaLowGrayLevelEmphasis",
        "SmallAreaHighGrayLevelEmphasis",
        "LargeAreaLowGrayLevelEmphasis",
        "LargeAreaHighGrayLevelEmphasis",
        "GrayLevelNonUniformity",
        "GrayLevelNonUniformityNormalized",
        "SizeZoneNonUniformity",
        "SizeZoneNonUniformityNormalized",
        "ZonePercentage",
        "GrayLevelVariance",
        "ZoneVariance",
        "ZoneEntropy",
        None,
    ),
    "gldm": (
        "SmallDependenceEmphasis",
        "LargeDependenceEmphasis",
        "LowGrayLevelEmphasis",
        "HighGrayLevelEmphasis",
        "SmallDependenceLowGrayLevelEmphasis",
        "SmallDependenceHighGrayLevelEmphasis",
        "LargeDependenceLowGrayLevelEmphasis",
        "LargeDependenceHighGrayLevelEmphasis",
        "GrayLevelNonUniformity",
        None,
        "DependenceNonUniformity",
        "DependenceNonUniformityNormalized",
        None,
        "GrayLevelVariance",
        "DependenceVariance",
        "DependenceEntropy",
        None,
    ),
}

_SHAPE = (
    "Elongation",
    "Flatness",
    "LeastAxisLength",
    "MajorAxisLength",
    "Maximum2DDiameterColumn",
    "Maximum2DDiameterRow",
    "Maximum2DDiameterSlice",
    "Maximum3DDiameter",
    "MeshVolume",
    "MinorAxisLength",
    "Sphericity",
    "SurfaceArea",
    "SurfaceVolumeRatio",
    "VoxelVolume",
)

#: Names of every class in the order of the values that its kernel returns; None: not offered.
KERNEL_NAMES: dict[str, tuple[str | None, ...]] = {
    "shape": _SHAPE,
    "firstorder": FIRST_ORDER,
    "glcm": GLCM,
    **_EMPHASIS_NAMES,
    "ngtdm": NGTDM,
}

#: The feature names of every class.
CLASS_FEATURES: dict[str, tuple[str, ...]] = {
    name: tuple(feature for feature in features if feature is not None)
    for name, features in KERNEL_NAMES.items()
}

#: Classes that describe intensities; shape depends on the region alone.
TEXTURE_CLASSES = ("firstorder", "glcm", "gldm", "glrlm", "glszm", "ngtdm")

_CODES: dict[str, str] = {
    "shape": "Q3CK N17B 7J51 TDIC - - - L0JK RNU0 P9VJ QCFX C0JK 2PR5 YEKZ",
    "firstorder": (
        "QG58 8DWT N8CA TLU2 SALO IPH6 84IY 4FUA Q4LE Y12H 1GSF 2OJQ 1128 5ZWQ KE2A - BJ5W ECT3"
    ),
    "glcm": (
        "QWB0 AE86 7NFM DG8W ACUI NI2N TF7R NTRS D3YU IB1Z WF0Z 1QCO NDRX R8DG JN9H E8JP 60VM "
        "8ZQL TU9B - GYBY ZGXS P6QZ UR99"
    ),
    "glrlm": "22OV W4KF V3SW G3QZ HTZT GD3A IVPO 3KUM R5YN OVBL W92Y IC23 9ZK5 8CE5 SXLW HJ9O",
    "glszm": "5QRC 48P8 XMSY 5GN9 5RAI HW1V YH51 J17V JNSA Y1RO 4JP3 VB3A P30P BYLV 3NSA GU8N",
    "gldm": "SODN IMOQ TL9H OAE7 EQ3F JA6D NBZI 9QMG FP8K Z87G OKJI 1PFV DNX2 FCBV",
    "ngtdm": "NQ30 QCDE HDEZ 65HE 1X9X",
}


def _pair_codes() -> dict[tuple[str, str], str]:
    codes = {}
    for name, features in CLASS_FEATURES.items():
        for feature, code in zip(features, _CODES[name].split(), strict=True):
            codes[name, feature] = "" if code == "-" else code
    return codes


#: (class, feature) -> IBSI code, empty where IBSI has none.
IBSI_CODES = _pair_codes()
