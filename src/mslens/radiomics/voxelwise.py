"""Maps of a feature: at every voxel the feature of its own neighbourhood in the region.

The grey levels are those of the whole region, so that neighbourhoods can be compared.
"""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array, MaskArray, Spacing
from mslens.core.errors import SettingsError
from mslens.radiomics.discretise import Levels, discretise
from mslens.radiomics.extract import Column, texture_request, texture_sources
from mslens.radiomics.names import IBSI_CODES, KERNEL_NAMES
from mslens.radiomics.regions import Region, find_regions
from mslens.radiomics.settings import RadiomicsSettings
from mslens.radiomics.texture import Scratch, TextureRequest, describe_levels


def map_features(
    image: Array,
    inside: MaskArray,
    *,
    voxel_size_mm: Spacing,
    settings: RadiomicsSettings,
    radius_voxels: int = 1,
) -> dict[Column, npt.NDArray[np.float64]]:
    """Compute maps of the wanted intensity and texture features.

    Parameters
    ----------
    image, inside : ndarray, shape (i, j, k)
    voxel_size_mm : tuple of 3 float
    settings : RadiomicsSettings
        Name the few features that you want: every one costs a map. Shape has none.
    radius_voxels : int
        The neighbourhood is a cube that reaches so far.

    Returns
    -------
    dict of Column to ndarray, shape (i, j, k), float64
        0 outside the region, and where a feature is undefined.

    Raises
    ------
    SettingsError
        If the radius is below 1.
    """
    if radius_voxels < 1:
        raise SettingsError(f"the radius is {radius_voxels} voxels", expected="at least 1")
    maps: dict[Column, npt.NDArray[np.float64]] = {}
    labels = np.ascontiguousarray(np.asarray(inside, dtype=np.uint8).T)
    region = find_regions(labels)[0]
    steps = np.array(
        list(itertools.product(range(-radius_voxels, radius_voxels + 1), repeat=3)),
        dtype=np.int64,
    )
    for name, volume, spec in texture_sources(image, labels, voxel_size_mm, settings):
        request = texture_request(settings, spec, voxel_size_mm)
        values = volume.reshape(-1)[region.voxels]
        levels = discretise(values, request.discretisation)
        described = _describe_everywhere(values, levels, region, request, steps)
        for c in request.classes:
            for feature in settings.features_of(c):
                column = Column(name, c, feature, IBSI_CODES[c, feature])
                flat = np.zeros(labels.shape)
                found = described[c][:, KERNEL_NAMES[c].index(feature)]
                flat.reshape(-1)[region.voxels] = np.nan_to_num(found)
                maps[column] = flat.T
    return maps


def _describe_everywhere(
    values: Array,
    levels: Levels,
    region: Region,
    request: TextureRequest,
    steps: Array,
) -> dict[str, npt.NDArray[np.float64]]:
    """Describe the neighbourhood of every voxel; rows in the order of the region's voxels."""
    places = np.stack(np.unravel_index(region.cells, region.shape), axis=1)
    row_of = np.full(region.shape, -1, dtype=np.int64)
    row_of[tuple(places.T)] = np.arange(region.size)
    out = {c: np.empty((region.size, len(KERNEL_NAMES[c]))) for c in request.classes}
    scratch, top = Scratch(), np.asarray(region.shape) - 1
    for row, place in enumerate(places):
        near = np.clip(place + steps, 0, top)
        rows = np.unique(row_of[tuple(near.T)])
        rows = rows[rows >= 0]
        body = Region(
            region.label, region.voxels[rows], region.cells[rows], region.box, region.shape
        )
        part = _crop(body, places[rows])
        local = Levels(levels.values[rows], levels.count)
        found = describe_levels(values[rows], local, part, request, scratch=scratch)
        for c in request.classes:
            out[c][row] = found.values[c]
    return out


def _crop(body: Region, places: Array) -> Region:
    low = places.min(axis=0) - 1
    k, j, i = (int(n) for n in places.max(axis=0) - low + 2)
    cells = np.ravel_multi_index(tuple((places - low).T), (k, j, i)).astype(np.int64)
    return Region(body.label, body.voxels, cells, body.box, (k, j, i))
