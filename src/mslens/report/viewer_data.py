"""The layers of the viewer as JSON-able data, in as much detail as fits the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mslens.core.volume import Volume
from mslens.plot import palette
from mslens.report.layers import (
    BrainBox,
    Layer,
    crop_to_brain,
    make_image_layer,
    make_label_layer,
    make_mask_layer,
)
from mslens.report.pictures import TISSUE_NAMES
from mslens.report.session import SessionImages


@dataclass(frozen=True)
class Detail:
    """How much of the images the viewer gets.

    Parameters
    ----------
    voxel_mm : float or None
        Edge that voxels are brought to; None keeps the image's own.
    grey_step : int
        Grey values are rounded to multiples of this.
    contrasts : int
        How many images, in the order of `CONTRASTS`.
    """

    voxel_mm: float | None = None
    grey_step: int = 1
    contrasts: int = 3

    @property
    def note(self) -> str:
        """What was given up, for the reader; empty when nothing was."""
        given_up = []
        if self.grey_step > 1:
            given_up.append(f"{256 // self.grey_step} grey levels")
        if self.contrasts < len(CONTRASTS):
            given_up.append(f"at most {self.contrasts} image{'s' if self.contrasts > 1 else ''}")
        if self.voxel_mm is not None:
            given_up.append(f"voxels of about {self.voxel_mm:g} mm")
        if not given_up:
            return ""
        return f"To keep the page small, the viewer shows {', '.join(given_up)}."


#: Sessions of one person differ little in size; one that is this much too large decides.
_TOLERANCE = 1.1
#: Roles of the images, the one that lesions are best seen on first.
CONTRASTS = ("flair", "ref", "t2w")
#: Tried in turn until the layers fit.
DETAILS = (
    Detail(),
    Detail(None, 4),
    Detail(None, 4, 2),
    Detail(None, 4, 1),
    *(Detail(voxel_mm, 4, 2) for voxel_mm in (1.0, 1.5, 2.0, 3.0)),
)


def build_viewer(
    sessions: Sequence[SessionImages],
    region_names: Mapping[str | None, Mapping[int, str]],
    *,
    budget_bytes: int,
) -> dict[str, Any] | None:
    """Encode the layers of all sessions that have a usable brain mask.

    Parameters
    ----------
    sessions : sequence of SessionImages
    region_names : mapping
        Session to the names of its parcels.
    budget_bytes : int
        Detail is given up, for all sessions alike, until the layers fit.

    Returns
    -------
    dict or None
        ``{"sessions": [...], "note": str}``; None when there is no image, or when even the
        coarsest layers do not fit.
    """
    usable = [s for s in sessions if s.brain is not None and {"ref", "flair"} & set(s.images)]
    for detail in DETAILS if usable else ():
        encoded = []
        for images in usable:
            encoded.append(_encode(images, region_names.get(images.session, {}), detail))
            # The first session tells about how large all will be: most trials end with it.
            if _size(encoded) * len(usable) / len(encoded) > _TOLERANCE * budget_bytes:
                break
        if len(encoded) == len(usable) and _size(encoded) <= budget_bytes:
            return {"sessions": encoded, "note": detail.note}
    return None


def _size(encoded: Sequence[Mapping[str, Any]]) -> int:
    return sum(len(layer["data"]) for s in encoded for layer in [*s["images"], *s["overlays"]])


def _encode(images: SessionImages, names: Mapping[int, str], detail: Detail) -> dict[str, Any]:
    brain = images.brain
    if brain is None:
        raise LookupError("brain")
    factors = _factors(brain, detail.voxel_mm)
    names_of = {"flair": "FLAIR", "ref": images.reference, "t2w": "T2w"}
    roles = [role for role in CONTRASTS if role in images.images][: detail.contrasts]
    return {
        "label": "all" if images.session is None else f"ses-{images.session}",
        "images": [
            _entry(
                make_image_layer(
                    names_of[role],
                    images.images[role],
                    brain,
                    factors=factors,
                    grey_step=detail.grey_step,
                )
            )
            for role in roles
        ],
        "overlays": _overlays(images.images, brain, names, factors),
        "start": _start(images.images.get("lesions"), brain),
    }


def _overlays(
    images: Mapping[str, Volume],
    brain: BrainBox,
    names: Mapping[int, str],
    factors: tuple[int, int, int],
) -> list[dict[str, Any]]:
    overlays = []
    if "lesions" in images:
        layer = make_mask_layer("Lesions", images["lesions"], brain, factors=factors)
        overlays.append(_entry(layer, ["lesion"], [palette.LESION]))
    if "tissue" in images:
        layer, labels = make_label_layer("Tissue", images["tissue"], brain, factors=factors)
        named = [TISSUE_NAMES.get(label, str(label)) for label in labels]
        colours = [palette.TISSUE.get(label, palette.GREY) for label in labels]
        overlays.append(_entry(layer, named, colours))
    if "parcels" in images:
        layer, labels = make_label_layer("Regions", images["parcels"], brain, factors=factors)
        table = palette.colour_parcels(labels, names)
        named = [names.get(label, f"region {label}") for label in labels]
        overlays.append(_entry(layer, named, [table[label] for label in labels]))
    return overlays


def _entry(layer: Layer, names: Sequence[str] = (), colours: Sequence[str] = ()) -> dict[str, Any]:
    return {
        "name": layer.name,
        "kind": layer.kind,
        "data": layer.content,
        "names": list(names),
        "colours": list(colours),
    }


def _factors(brain: BrainBox, voxel_mm: float | None) -> tuple[int, int, int]:
    if voxel_mm is None:
        return 1, 1, 1
    i, j, k = (max(1, round(voxel_mm / size)) for size in brain.inside.grid.voxel_size_mm)
    return i, j, k


def _start(lesions: Volume | None, brain: BrainBox) -> list[float]:
    """World point to open at: a lesion on the slice with the most, else the brain's middle."""
    inside = brain.inside.data
    if lesions is not None:
        found = crop_to_brain(lesions, brain).data != 0
        if found.any():
            inside = np.zeros_like(found)
            level = int(np.count_nonzero(found, axis=(0, 1)).argmax())
            inside[..., level] = found[..., level]
    index = np.argwhere(inside)
    closest = index[np.linalg.norm(index - index.mean(axis=0), axis=1).argmin()]
    return [round(float(v), 2) for v in brain.inside.grid.to_world(closest)]
