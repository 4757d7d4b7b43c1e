"""SynthSeg: FreeSurfer's numbers, with extracerebral CSF (24) and nothing that aseg adds to it.

Billot et al., Medical Image Analysis 2023; with ``--parc`` also the Desikan-Killiany gyri.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mslens.image.parcel_names import Region
from mslens.segment.formats.freesurfer import freesurfer_regions, is_freesurfer

#: Labels that aseg has and SynthSeg never writes.
_ASEG_ONLY = {30, 31, 62, 63, 72, 77, 80, 85, 251, 252, 253, 254, 255}


def is_synthseg(indices: set[int]) -> bool:
    """Say whether label values look like SynthSeg's."""
    return is_freesurfer(indices) and 24 in indices and not indices & _ASEG_ONLY


def synthseg_regions(indices: Iterable[int], lookup: Mapping[int, str]) -> list[Region]:
    """Describe the labels of a SynthSeg map."""
    return freesurfer_regions(indices, lookup)
