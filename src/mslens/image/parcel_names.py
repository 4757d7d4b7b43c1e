"""Names of the regions of the built-in parcellation: "approximate, not AAL".

The 116 grey-matter regions carry the names and the order of the AAL list (Tzourio-Mazoyer et
al., NeuroImage 2002), so that tables can be compared; the regions themselves are our own
geometry (`mslens.image.parcels`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Hemisphere = Literal["left", "right", "midline"]
Group = Literal[
    "cortex",
    "deep-grey-matter",
    "cerebellum",
    "brainstem",
    "lateral-ventricle",
    "other-ventricle",
    "white-matter",
    "cerebellar-white-matter",
    "other",
]
Lobe = Literal[
    "frontal",
    "parietal",
    "temporal",
    "occipital",
    "limbic",
    "insula",
    "subcortical",
    "posterior-fossa",
    "ventricles",
    "white-matter",
    "unknown",
]


@dataclass(frozen=True)
class Region:
    """One region of a parcellation.

    Parameters
    ----------
    index : int
        Value in the label map.
    name, abbreviation : str
    hemisphere : {"left", "right", "midline"}
    group : str
        What the location rule and the volumes go by.
    lobe : str
    in_aal116 : bool
        One of the 116 regions that disconnection uses.
    in_set114 : bool
        One of the 114 that volumes and radiomics use.
    """

    index: int
    name: str
    abbreviation: str
    hemisphere: Hemisphere
    group: Group
    lobe: Lobe
    in_aal116: bool = False
    in_set114: bool = False


#: Name, abbreviation, lobe of the 45 cerebral pairs in AAL's order.
CEREBRAL: tuple[tuple[str, str, Lobe], ...] = (
    ("Precentral", "PreCG", "frontal"),
    ("Frontal_Sup", "SFGdor", "frontal"),
    ("Frontal_Sup_Orb", "ORBsup", "frontal"),
    ("Frontal_Mid", "MFG", "frontal"),
    ("Frontal_Mid_Orb", "ORBmid", "frontal"),
    ("Frontal_Inf_Oper", "IFGoperc", "frontal"),
    ("Frontal_Inf_Tri", "IFGtriang", "frontal"),
    ("Frontal_Inf_Orb", "ORBinf", "frontal"),
    ("Rolandic_Oper", "ROL", "frontal"),
    ("Supp_Motor_Area", "SMA", "frontal"),
    ("Olfactory", "OLF", "frontal"),
    ("Frontal_Sup_Medial", "SFGmed", "frontal"),
    ("Frontal_Med_Orb", "ORBmed", "frontal"),
    ("Rectus", "REC", "frontal"),
    ("Insula", "INS", "insula"),
    ("Cingulum_Ant", "ACG", "limbic"),
    ("Cingulum_Mid", "DCG", "limbic"),
    ("Cingulum_Post", "PCG", "limbic"),
    ("Hippocampus", "HIP", "limbic"),
    ("ParaHippocampal", "PHG", "limbic"),
    ("Amygdala", "AMYG", "limbic"),
    ("Calcarine", "CAL", "occipital"),
    ("Cuneus", "CUN", "occipital"),
    ("Lingual", "LING", "occipital"),
    ("Occipital_Sup", "SOG", "occipital"),
    ("Occipital_Mid", "MOG", "occipital"),
    ("Occipital_Inf", "IOG", "occipital"),
    ("Fusiform", "FFG", "temporal"),
    ("Postcentral", "PoCG", "parietal"),
    ("Parietal_Sup", "SPG", "parietal"),
    ("Parietal_Inf", "IPL", "parietal"),
    ("SupraMarginal", "SMG", "parietal"),
    ("Angular", "ANG", "parietal"),
    ("Precuneus", "PCUN", "parietal"),
    ("Paracentral_Lobule", "PCL", "frontal"),
    ("Caudate", "CAU", "subcortical"),
    ("Putamen", "PUT", "subcortical"),
    ("Pallidum", "PAL", "subcortical"),
    ("Thalamus", "THA", "subcortical"),
    ("Heschl", "HES", "temporal"),
    ("Temporal_Sup", "STG", "temporal"),
    ("Temporal_Pole_Sup", "TPOsup", "temporal"),
    ("Temporal_Mid", "MTG", "temporal"),
    ("Temporal_Pole_Mid", "TPOmid", "temporal"),
    ("Temporal_Inf", "ITG", "temporal"),
)
#: Hippocampus and amygdala count as deep grey matter, as in FreeSurfer's subcortical set.
DEEP_GREY = ("Hippocampus", "Amygdala", "Caudate", "Putamen", "Pallidum", "Thalamus")
CEREBELLAR = ("Crus1", "Crus2", "3", "4_5", "6", "7b", "8", "9", "10")
VERMIS = ("1_2", "3", "4_5", "6", "7", "8", "9", "10")
#: Paper 000 uses 114 of the 116 without naming the two. We leave out the two smallest, midline
#: slivers below 1 ml whose volume and texture are mostly partial volume.
NOT_IN_SET114 = ("Vermis_1_2", "Vermis_10")
WHITE_LOBES: tuple[Lobe, ...] = ("frontal", "parietal", "temporal", "occipital")


def _pair(
    index: int, name: str, short: str, group: Group, lobe: Lobe, *, aal: bool
) -> list[Region]:
    return [
        Region(index, f"{name}_L", f"{short}.L", "left", group, lobe, aal, aal),
        Region(index + 1, f"{name}_R", f"{short}.R", "right", group, lobe, aal, aal),
    ]


def _grey_regions() -> list[Region]:
    regions: list[Region] = []
    for name, short, lobe in CEREBRAL:
        group: Group = "deep-grey-matter" if name in DEEP_GREY else "cortex"
        regions += _pair(len(regions) + 1, name, short, group, lobe, aal=True)
    for lobule in CEREBELLAR:
        name, short = f"Cerebelum_{lobule}", f"CRBL{lobule.removeprefix('C')}"
        regions += _pair(len(regions) + 1, name, short, "cerebellum", "posterior-fossa", aal=True)
    for lobule in VERMIS:
        name = f"Vermis_{lobule}"
        kept = name not in NOT_IN_SET114
        regions.append(
            Region(
                len(regions) + 1,
                name,
                f"Ver{lobule}",
                "midline",
                "cerebellum",
                "posterior-fossa",
                True,
                kept,
            )
        )
    return regions


def _other_regions() -> list[Region]:
    regions = _pair(117, "Lateral_Ventricle", "LV", "lateral-ventricle", "ventricles", aal=False)
    regions += [
        Region(119, "Third_Ventricle", "V3", "midline", "other-ventricle", "ventricles"),
        Region(120, "Fourth_Ventricle", "V4", "midline", "other-ventricle", "ventricles"),
        Region(121, "Brainstem", "BS", "midline", "brainstem", "posterior-fossa"),
        Region(122, "Corpus_Callosum", "CC", "midline", "white-matter", "white-matter"),
    ]
    for lobe in WHITE_LOBES:
        name, short = f"White_Matter_{lobe.capitalize()}", f"WM{lobe[0].upper()}"
        regions += _pair(117 + len(regions), name, short, "white-matter", lobe, aal=False)
    regions += _pair(
        131,
        "White_Matter_Cerebellum",
        "WMC",
        "cerebellar-white-matter",
        "posterior-fossa",
        aal=False,
    )
    return regions


#: Every region of the built-in parcellation in the order of its index.
REGIONS: tuple[Region, ...] = tuple(_grey_regions() + _other_regions())


def region_index(name: str) -> int:
    """Return the label of a region by its name.

    Raises
    ------
    KeyError
        If there is no such region.
    """
    return _INDEX[name]


_INDEX = {region.name: region.index for region in REGIONS}
