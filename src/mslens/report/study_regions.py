"""Where in the brain the selected features are: regions drawn on the template."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib import colormaps
from matplotlib.colors import to_hex

from mslens.connectome.region_store import built_in_regions
from mslens.core.volume import Volume
from mslens.image.parcel_names import REGIONS
from mslens.io.templates import load_template
from mslens.plot.mosaic import Overlay, Tile
from mslens.plot.slices import spread_slices
from mslens.report.pictures import Picture, PictureStyle, draw_sheet

_VOXEL_MM = 2.0
_SHARES = (0.25, 0.5, 0.75, 1.0)


def draw_regions(shares: Mapping[str, float]) -> Picture | None:
    """Draw regions in the colour of how often a feature of theirs is selected.

    Parameters
    ----------
    shares : mapping of str to float
        Region -> share of the folds, 0-1. Regions that the built-in parcellation does not know
        are left out.

    Returns
    -------
    Picture or None
        None when no region is known.
    """
    known = {region.name for region in REGIONS}
    wanted = {name: share for name, share in shares.items() if name in known}
    if not wanted:
        return None
    template = load_template(_VOXEL_MM)
    regions = built_in_regions(template)
    place = {name: number for number, name in enumerate(regions.names, 1)}
    colours = {place[name]: _colour(share) for name, share in wanted.items() if name in place}
    if not colours:
        return None
    brain = Volume(template.brain.data, template.brain.grid, "mask")
    tiles = [
        *(Tile("axial", i) for i in spread_slices(brain.data, "axial", 8, trim=0.12)),
        *(Tile("coronal", i) for i in spread_slices(brain.data, "coronal", 4, trim=0.2)),
    ]
    overlay = Overlay(regions.places.data, colours, "fill", alpha=0.75)
    content = draw_sheet(template.t1w, tiles, brain, [overlay], style=PictureStyle())
    return Picture(
        "regions",
        "Regions of the selected features",
        "Template; a region is coloured by the share of the training folds that select a feature"
        " of it.",
        tuple((_colour(share), f"{share:.0%}") for share in _SHARES),
        content,
    )


def collect_shares(selected: Mapping[str, Any]) -> dict[str, float]:
    """Return region -> largest share among its features, from a study's ``selected``."""
    shares: dict[str, float] = {}
    for row in (*selected["features"], *selected["others"]):
        region, share = row["region"], row["share"]
        if region:
            shares[region] = max(shares.get(region, 0.0), 1.0 if share is None else share)
    return shares


def _colour(share: float) -> str:
    return to_hex(colormaps["YlOrRd"](0.2 + 0.8 * min(max(share, 0.0), 1.0)))
