"""From template label maps on a subject's grid to the subject's parcels.

Nuclei, ventricles and brainstem are where the registration puts them, less what the tissue map
contradicts, but for a nucleus of which it would leave next to nothing; cortex and cerebellum are
the subject's grey voxels and lobes its white voxels, each named by the territory that it lies in.
Fluid that widened the ventricles into template white matter joins the lateral ventricle that it
touches.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from mslens.core.arrays import Array, LabelArray, MaskArray
from mslens.core.settings import Settings
from mslens.image.components import keep_overlapping
from mslens.image.crop import crop_box
from mslens.image.parcel_names import REGIONS, Group, Region, region_index
from mslens.image.parcels import Parcellation
from mslens.segment.nawm import NawmSettings

_CSF, _GM, _WM = 1, 2, 3
#: A nucleus of which the tissue map leaves less than this is kept whole: no nucleus is all fluid.
_LEAST_KEPT = 0.1


class ParcelSettings(Settings):
    """Settings of the built-in parcels.

    Parameters
    ----------
    nawm : NawmSettings
    """

    nawm: NawmSettings = NawmSettings()


def assign_parcels(template: Parcellation, mask: Array, tissue: Array | None = None) -> LabelArray:
    """Name the voxels of a brain.

    Parameters
    ----------
    template : Parcellation
        The built-in maps, resampled to the subject's grid, shape (x, y, z).
    mask : ndarray, shape (x, y, z)
        Brain.
    tissue : ndarray of int, shape (x, y, z), optional
        1 CSF, 2 GM, 3 WM with lesions as WM. Without it the template's labels are taken as
        they are.

    Returns
    -------
    ndarray, shape (x, y, z), int32
        Indices of `REGIONS`; 0 where no region fits.
    """
    brain = np.asarray(mask) != 0
    if tissue is None:
        return np.where(brain, template.labels, 0).astype(np.int32)
    kind = np.where(brain, tissue, 0)
    labels = np.zeros(brain.shape, dtype=np.int32)
    box = crop_box(brain)
    kind, own = kind[box], template.labels[box]
    inner = labels[box]
    grey, white = kind == _GM, kind == _WM
    inner[grey] = template.grey_territory[box][grey]
    inner[white] = template.white_territory[box][white]
    callosal = white & (own == region_index("Corpus_Callosum"))
    inner[callosal] = own[callosal]
    solid = _find_solid(own, kind)
    inner[solid] = own[solid]
    fluid = (kind > 0) & ~white & _in_groups(own, ("lateral-ventricle", "other-ventricle"))
    inner[fluid] = own[fluid]
    _widen_ventricles(inner, own, template.white_territory[box], kind == _CSF)
    return labels


def _find_solid(own: LabelArray, kind: Array) -> MaskArray:
    """Say where nuclei and brainstem are: not in fluid, unless nearly all of one would be."""
    placed = (kind > 0) & _in_groups(own, ("deep-grey-matter", "brainstem"))
    solid = placed & (kind > _CSF)
    all_of, left = (
        np.bincount(own[where], minlength=len(REGIONS) + 1) for where in (placed, solid)
    )
    lost = left < _LEAST_KEPT * all_of
    return np.asarray(solid | (placed & lost[own]))


def _in_groups(labels: Array, groups: Iterable[Group]) -> MaskArray:
    table = np.zeros(len(REGIONS) + 1, dtype=bool)
    for region in REGIONS:
        table[region.index] = region.group in set(groups)
    return np.asarray(table[labels])


def _widen_ventricles(labels: LabelArray, own: Array, territory: Array, csf: MaskArray) -> None:
    """Give fluid in template white matter to the lateral ventricle of its side it touches."""
    lateral = _in_groups(labels, ("lateral-ventricle",))
    inward = csf & (labels == 0) & _in_groups(own, ("white-matter", "deep-grey-matter"))
    joined = keep_overlapping(lateral | inward, lateral, connectivity=6) & inward
    right = _RIGHT_SIDE[np.where(territory > 0, territory, own)]
    left_index = region_index("Lateral_Ventricle_L")
    labels[joined] = np.where(right, left_index + 1, left_index)[joined]


_RIGHT_SIDE = np.array([False, *(region.hemisphere == "right" for region in REGIONS)])


def region_groups(regions: Iterable[Region]) -> dict[int, Group]:
    """Return the group of each label."""
    return {region.index: region.group for region in regions}


def select_groups(labels: Array, groups: Mapping[int, Group], wanted: Iterable[Group]) -> MaskArray:
    """Say where a label map holds a region of the wanted groups.

    Parameters
    ----------
    labels : ndarray of int, shape (x, y, z)
    groups : mapping of int to str
        Group of each label.
    wanted : iterable of str

    Returns
    -------
    ndarray, shape (x, y, z), bool
    """
    names = set(wanted)
    members = [index for index, group in groups.items() if group in names]
    table = np.zeros(max(int(np.max(labels, initial=0)), *groups, 0) + 1, dtype=bool)
    table[members] = True
    return np.asarray(table[np.asarray(labels)])


def select_white_matter(
    parcels: Array, groups: Mapping[int, Group], tissue: Array | None
) -> MaskArray:
    """Select the cerebral white matter, lesions included.

    Parameters
    ----------
    parcels : ndarray of int, shape (x, y, z)
    groups : mapping of int to str
        Group of each label.
    tissue : ndarray of int, shape (x, y, z) or None
        1 CSF, 2 GM, 3 WM: white matter must be 3 in it, too.

    Returns
    -------
    ndarray, shape (x, y, z), bool
    """
    white = select_groups(parcels, groups, ("white-matter",))
    return white if tissue is None else white & (np.asarray(tissue) == _WM)


def complete_parcels(labels: Array, completion: Array) -> LabelArray:
    """Fill what a map of grey regions leaves out with the built-in regions of the rest.

    Parameters
    ----------
    labels : ndarray of int, shape (x, y, z)
        Grey regions, such as AAL.
    completion : ndarray of int, shape (x, y, z)
        The built-in parcels of the subject.

    Returns
    -------
    ndarray, shape (x, y, z), int32
        `labels`, and where it is 0 the built-in ventricles, brainstem and white matter.
    """
    rest = np.where(_in_aal116(completion), 0, completion)
    return np.where(np.asarray(labels) == 0, rest, labels).astype(np.int32)


def _in_aal116(labels: Array) -> MaskArray:
    table = np.array([False, *(region.in_aal116 for region in REGIONS)])
    return np.asarray(table[labels])
