"""Colours that colour-blind readers can tell apart.

After Okabe and Ito, Color Universal Design, 2008.
"""

from __future__ import annotations

import colorsys
import re
from collections.abc import Mapping, Sequence

ORANGE = "#e69f00"
SKY = "#56b4e9"
GREEN = "#009e73"
YELLOW = "#f0e442"
BLUE = "#0072b2"
VERMILION = "#d55e00"
PURPLE = "#cc79a7"
GREY = "#8c959f"

BRAIN_EDGE = SKY
TEMPLATE_EDGE = YELLOW
LESION = "#ff5a36"

#: Kind of a change between two visits -> colour.
CHANGES: Mapping[str, str] = {"new": "#ff5a36", "enlarging": YELLOW, "shrinking": SKY}

#: Tissue label -> colour, for the labels 1 CSF, 2 grey matter, 3 white matter.
TISSUE: Mapping[int, str] = {1: SKY, 2: ORANGE, 3: GREEN}

#: Lesion location class -> colour, in the order in which the classes are decided.
LOCATION: Mapping[str, str] = {
    "periventricular": BLUE,
    "juxtacortical": ORANGE,
    "infratentorial": YELLOW,
    "deep-grey-matter": GREEN,
    "deep-white-matter": SKY,
}

#: Lower limit of a class of disconnection (share of streamlines) -> colour; 0 itself has none.
DISCONNECTION: Mapping[float, str] = {
    0.0: "#fff3b0",
    0.05: "#fdc55c",
    0.1: "#f98b3c",
    0.25: "#e0442b",
    0.5: "#9b0f3c",
}

_SIDE = re.compile(r"(^|[^a-z])(left|right|lh|rh|l|r)(?=[^a-z]|$)", re.IGNORECASE)
_GOLDEN = 0.618033988749895


def colour_parcels(labels: Sequence[int], names: Mapping[int, str] | None = None) -> dict[int, str]:
    """Give every label a colour; the left and the right twin share one.

    Parameters
    ----------
    labels : sequence of int
    names : mapping of int to str, optional
        A side in a name (left, right, L, R, lh, rh) is not looked at, so twins agree.

    Returns
    -------
    dict of int to str
        Label to ``"#rrggbb"``. Hues follow the golden ratio and three lightnesses alternate, so
        that labels that follow each other, which are often neighbours, differ.
    """
    known = names or {}
    keys = {label: name_without_side(known.get(label, str(label))) for label in labels}
    order = {key: position for position, key in enumerate(dict.fromkeys(keys.values()))}
    return {label: _spread_colour(order[key]) for label, key in keys.items()}


def name_without_side(name: str) -> str:
    """Take the side out of a region's name: ``Thalamus_L`` and ``Left-Thalamus`` agree."""
    return _SIDE.sub(r"\1", name).strip(" _-.").lower()


def _spread_colour(position: int) -> str:
    hue = (position * _GOLDEN) % 1.0
    lightness = (0.62, 0.45, 0.75)[position % 3]
    red, green, blue = colorsys.hls_to_rgb(hue, lightness, 0.65)
    return f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"
