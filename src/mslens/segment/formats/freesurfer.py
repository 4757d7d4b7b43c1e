"""FreeSurfer and FastSurfer: aseg, aparc+aseg, aparc.a2009s+aseg, wmparc.

The numbers are those of FreeSurferColorLUT.txt (surfer.nmr.mgh.harvard.edu).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mslens.image.parcel_names import Group, Hemisphere, Lobe, Region

#: Left number, right number, name, group, lobe.
PAIRED: tuple[tuple[int, int, str, Group, Lobe], ...] = (
    (2, 41, "Cerebral-White-Matter", "white-matter", "white-matter"),
    (3, 42, "Cerebral-Cortex", "cortex", "unknown"),
    (4, 43, "Lateral-Ventricle", "lateral-ventricle", "ventricles"),
    (5, 44, "Inf-Lat-Vent", "lateral-ventricle", "ventricles"),
    (7, 46, "Cerebellum-White-Matter", "cerebellar-white-matter", "posterior-fossa"),
    (8, 47, "Cerebellum-Cortex", "cerebellum", "posterior-fossa"),
    (9, 48, "Thalamus-unsegmented", "deep-grey-matter", "subcortical"),
    (10, 49, "Thalamus", "deep-grey-matter", "subcortical"),
    (11, 50, "Caudate", "deep-grey-matter", "subcortical"),
    (12, 51, "Putamen", "deep-grey-matter", "subcortical"),
    (13, 52, "Pallidum", "deep-grey-matter", "subcortical"),
    (17, 53, "Hippocampus", "deep-grey-matter", "limbic"),
    (18, 54, "Amygdala", "deep-grey-matter", "limbic"),
    (26, 58, "Accumbens-area", "deep-grey-matter", "subcortical"),
    (28, 60, "VentralDC", "deep-grey-matter", "subcortical"),
    (30, 62, "vessel", "other", "unknown"),
    (31, 63, "choroid-plexus", "lateral-ventricle", "ventricles"),
    (78, 79, "WM-hypointensities", "white-matter", "white-matter"),
    (5001, 5002, "UnsegmentedWhiteMatter", "white-matter", "white-matter"),
)
MIDLINE: tuple[tuple[int, str, Group, Lobe], ...] = (
    (14, "3rd-Ventricle", "other-ventricle", "ventricles"),
    (15, "4th-Ventricle", "other-ventricle", "ventricles"),
    (16, "Brain-Stem", "brainstem", "posterior-fossa"),
    (24, "CSF", "other", "unknown"),
    (72, "5th-Ventricle", "other-ventricle", "ventricles"),
    (77, "WM-hypointensities", "white-matter", "white-matter"),
    (80, "non-WM-hypointensities", "other", "unknown"),
    (85, "Optic-Chiasm", "other", "unknown"),
    (251, "CC_Posterior", "white-matter", "white-matter"),
    (252, "CC_Mid_Posterior", "white-matter", "white-matter"),
    (253, "CC_Central", "white-matter", "white-matter"),
    (254, "CC_Mid_Anterior", "white-matter", "white-matter"),
    (255, "CC_Anterior", "white-matter", "white-matter"),
)
#: Desikan-Killiany gyri in the order of their numbers, 1000 left and 2000 right.
GYRI: tuple[tuple[str, Lobe], ...] = (
    ("unknown", "unknown"),
    ("bankssts", "temporal"),
    ("caudalanteriorcingulate", "limbic"),
    ("caudalmiddlefrontal", "frontal"),
    ("corpuscallosum", "white-matter"),
    ("cuneus", "occipital"),
    ("entorhinal", "temporal"),
    ("fusiform", "temporal"),
    ("inferiorparietal", "parietal"),
    ("inferiortemporal", "temporal"),
    ("isthmuscingulate", "limbic"),
    ("lateraloccipital", "occipital"),
    ("lateralorbitofrontal", "frontal"),
    ("lingual", "occipital"),
    ("medialorbitofrontal", "frontal"),
    ("middletemporal", "temporal"),
    ("parahippocampal", "temporal"),
    ("paracentral", "frontal"),
    ("parsopercularis", "frontal"),
    ("parsorbitalis", "frontal"),
    ("parstriangularis", "frontal"),
    ("pericalcarine", "occipital"),
    ("postcentral", "parietal"),
    ("posteriorcingulate", "limbic"),
    ("precentral", "frontal"),
    ("precuneus", "parietal"),
    ("rostralanteriorcingulate", "limbic"),
    ("rostralmiddlefrontal", "frontal"),
    ("superiorfrontal", "frontal"),
    ("superiorparietal", "parietal"),
    ("superiortemporal", "temporal"),
    ("supramarginal", "parietal"),
    ("frontalpole", "frontal"),
    ("temporalpole", "temporal"),
    ("transversetemporal", "temporal"),
    ("insula", "insula"),
)
#: First number of a block of labels -> prefix of the name, side, group.
BLOCKS: tuple[tuple[int, int, str, Hemisphere, Group], ...] = (
    (1000, 1035, "ctx-lh-", "left", "cortex"),
    (2000, 2035, "ctx-rh-", "right", "cortex"),
    (3000, 3035, "wm-lh-", "left", "white-matter"),
    (4000, 4035, "wm-rh-", "right", "white-matter"),
    (11100, 11175, "ctx_lh_a2009s-", "left", "cortex"),
    (12100, 12175, "ctx_rh_a2009s-", "right", "cortex"),
)


def is_freesurfer(indices: set[int]) -> bool:
    """Say whether label values look like an aseg: both white matters and both thalami."""
    return {2, 41} <= indices and ({10, 49} <= indices or {9, 48} <= indices)


def freesurfer_regions(indices: Iterable[int], lookup: Mapping[int, str]) -> list[Region]:
    """Describe the labels of a FreeSurfer map; `lookup` renames, unknown numbers are "other"."""
    return [_region(index, lookup) for index in sorted(set(indices))]


def _region(index: int, lookup: Mapping[int, str]) -> Region:
    known = _SEGMENTS.get(index) or _block_region(index)
    if known is None:
        name = lookup.get(index, f"label-{index}")
        return Region(index, name, name, "midline", "other", "unknown")
    name = lookup.get(index, known.name)
    return Region(index, name, name, known.hemisphere, known.group, known.lobe)


def _block_region(index: int) -> Region | None:
    for first, last, prefix, side, group in BLOCKS:
        if first <= index <= last:
            number = index - first
            name, lobe = GYRI[number] if first < 10_000 else (str(number), _UNKNOWN)
            return Region(index, prefix + name, prefix + name, side, group, lobe)
    return None


_UNKNOWN: Lobe = "unknown"


def _segments() -> dict[int, Region]:
    segments = {}
    for left, right, name, group, lobe in PAIRED:
        segments[left] = Region(left, f"Left-{name}", f"Left-{name}", "left", group, lobe)
        segments[right] = Region(right, f"Right-{name}", f"Right-{name}", "right", group, lobe)
    for index, name, group, lobe in MIDLINE:
        segments[index] = Region(index, name, name, "midline", group, lobe)
    return segments


_SEGMENTS = _segments()
