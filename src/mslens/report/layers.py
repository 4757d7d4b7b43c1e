"""Images as small layers for the viewer: inside the brain only, with a header made from scratch.

Every layer of a session lies on one grid: the brain's bounding box in RAS order. Outside the
brain mask every voxel is 0, so that no rendering of a layer can show a face.
"""

from __future__ import annotations

import base64
import gzip
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from mslens.core.arrays import Array
from mslens.core.errors import ImageError
from mslens.core.grid import Grid
from mslens.core.volume import Volume
from mslens.io.nifti import make_header
from mslens.plot.orientation import reorient_to_ras
from mslens.plot.window import robust_window

#: A larger mask is not a brain: nothing is embedded, lest a face goes with it.
MAX_BRAIN_ML = 2500.0
_GZIP_LEVEL = 6

Factors = tuple[int, int, int]
ONE: Factors = (1, 1, 1)


@dataclass(frozen=True, eq=False)
class BrainBox:
    """The voxels around the brain, in RAS order.

    Parameters
    ----------
    inside : Volume of kind mask
        The brain mask, cropped.
    box : 3 slices
        Where it lies in the whole image in RAS order.
    """

    inside: Volume
    box: tuple[slice, slice, slice]


@dataclass(frozen=True)
class Layer:
    """A gzipped NIfTI image as base64.

    Parameters
    ----------
    name : str
        What the reader sees, e.g. ``"FLAIR"``.
    kind : {"image", "mask", "labels"}
    content : str
        base64.
    """

    name: str
    kind: Literal["image", "mask", "labels"]
    content: str


def find_brain_box(mask: Volume) -> BrainBox:
    """Crop a brain mask to its bounding box with one empty voxel around it.

    Raises
    ------
    ImageError
        If the mask is empty or larger than any brain (`MAX_BRAIN_ML`).
    """
    volume_ml = float(np.count_nonzero(mask.data)) * mask.grid.voxel_volume_ml
    if not 0 < volume_ml <= MAX_BRAIN_ML:
        raise ImageError(
            f"the brain mask holds {volume_ml:.0f} ml, so no image is embedded",
            expected=f"more than 0 and at most {MAX_BRAIN_ML:.0f} ml",
            cure="Check the brain mask, or bring your own",
        )
    whole = reorient_to_ras(mask)
    found = ndimage.find_objects(whole.data.astype(np.int8))[0]
    box = tuple(
        slice(max(0, part.start - 1), min(size, part.stop + 1))
        for part, size in zip(found, whole.data.shape, strict=True)
    )
    i, j, k = box
    return BrainBox(_crop(whole, (i, j, k)), (i, j, k))


def crop_to_brain(volume: Volume, brain: BrainBox) -> Volume:
    """Bring an image on the mask's grid into the box, with zeros outside the mask."""
    cropped = _crop(reorient_to_ras(volume), brain.box)
    cropped.grid.require_close(brain.inside.grid, ours="the brain mask", theirs="the image")
    return cropped.like(np.where(brain.inside.data, cropped.data, 0).astype(cropped.data.dtype))


def make_image_layer(
    name: str, volume: Volume, brain: BrainBox, *, factors: Factors = ONE, grey_step: int = 1
) -> Layer:
    """Encode an image as 8-bit grey values inside the brain.

    Parameters
    ----------
    name : str
    volume : Volume on the mask's grid
    brain : BrainBox
    factors : 3 ints
        Blocks of so many voxels along each axis become one, to save space.
    grey_step : int
        Grey values are rounded to multiples of this, to save space.
    """
    cropped = crop_to_brain(volume, brain)
    low, high = robust_window(cropped.data, brain.inside.data, high_percent=99.9)
    scaled = np.clip((cropped.data - low) / (high - low), 0, 1) * 254 + 1
    grey = np.where(brain.inside.data, scaled, 0).astype(np.float32)
    if factors != ONE:
        keep = _block_inside(brain, factors)
        grey = np.where(keep, _block_mean(grey, factors), 0)
    stepped = np.clip(np.rint(grey / grey_step), 1, 255 // grey_step) * grey_step
    return _layer(name, "image", np.where(grey > 0, stepped, 0), brain, factors)


def make_mask_layer(name: str, volume: Volume, brain: BrainBox, *, factors: Factors = ONE) -> Layer:
    """Encode a mask inside the brain; a coarse voxel is in when any fine one is."""
    data = (crop_to_brain(volume, brain).data != 0).astype(np.float32)
    if factors != ONE:
        data = (_block_mean(data, factors) > 0) & _block_inside(brain, factors)
    return _layer(name, "mask", data, brain, factors)


def make_label_layer(
    name: str, volume: Volume, brain: BrainBox, *, factors: Factors = ONE
) -> tuple[Layer, list[int]]:
    """Encode a label map; labels are numbered anew from 1 so that 8 bits mostly suffice.

    Returns
    -------
    layer : Layer
    labels : list of int
        ``labels[i]`` is the original label of value ``i + 1``.
    """
    data = np.rint(crop_to_brain(volume, brain).data).astype(np.int32)
    if factors != ONE:
        data = np.where(_block_inside(brain, factors), _centre_of_blocks(data, factors), 0)
    labels = [int(value) for value in np.unique(data) if value > 0]
    fresh = np.searchsorted(labels, data, side="right")
    fresh = np.where(np.isin(data, labels), fresh, 0)
    return _layer(name, "labels", fresh, brain, factors), labels


def coarsen_grid(grid: Grid, factors: Factors) -> Grid:
    """Return the grid of blocks of `factors` voxels along each axis; the last may stick out."""
    i, j, k = (-(-n // factor) for n, factor in zip(grid.shape, factors, strict=True))
    affine = grid.affine.copy()
    affine[:3, 3] = grid.to_world((np.array(factors) - 1) / 2)
    affine[:3, :3] = affine[:3, :3] * np.array(factors)
    return Grid(affine, (i, j, k))


def _crop(volume: Volume, box: tuple[slice, slice, slice]) -> Volume:
    affine = volume.grid.affine.copy()
    affine[:3, 3] = volume.grid.to_world(np.array([part.start for part in box]))
    data = volume.data[box]
    i, j, k = data.shape
    return Volume(data, Grid(affine, (i, j, k)), volume.kind)


def _pad_to_blocks(data: Array, factors: Factors) -> Array:
    sizes = zip(data.shape, factors, strict=True)
    return np.pad(data, [(0, -n % factor) for n, factor in sizes])


def _block_mean(data: Array, factors: Factors) -> npt.NDArray[np.float32]:
    padded = _pad_to_blocks(data, factors)
    (i, j, k), (p, q, r) = padded.shape, factors
    blocks = padded.reshape(i // p, p, j // q, q, k // r, r)
    return np.asarray(blocks.mean(axis=(1, 3, 5)), dtype=np.float32)


def _block_inside(brain: BrainBox, factors: Factors) -> npt.NDArray[np.bool_]:
    """Blocks that lie in the mask as a whole, so that nothing beyond it is shown."""
    mean = _block_mean(brain.inside.data.astype(np.float32), factors)
    return np.asarray(mean >= 1.0)


def _centre_of_blocks(data: Array, factors: Factors) -> Array:
    i, j, k = (slice(factor // 2, None, factor) for factor in factors)
    return _pad_to_blocks(data, factors)[i, j, k]


def _layer(
    name: str,
    kind: Literal["image", "mask", "labels"],
    data: Array,
    brain: BrainBox,
    factors: Factors,
) -> Layer:
    stored = np.asarray(data, dtype=np.int16 if data.max(initial=0) > 255 else np.uint8)
    grid = coarsen_grid(brain.inside.grid, factors) if factors != ONE else brain.inside.grid
    header = make_header(grid, stored.dtype)
    little = stored.astype(stored.dtype.newbyteorder("<"))
    content = header.binaryblock + bytes(4) + little.tobytes(order="F")
    return Layer(
        name, kind, base64.b64encode(gzip.compress(content, _GZIP_LEVEL, mtime=0)).decode()
    )
