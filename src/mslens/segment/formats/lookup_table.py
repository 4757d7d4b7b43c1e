"""Any label map with a table of names: side and group are read from the names.

The words looked for are the usual ones of atlases; what fits none is "other" and belongs to no
location class.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from mslens.image.parcel_names import Group, Hemisphere, Region

#: The first pattern found in the lower-case name decides.
GROUP_WORDS: tuple[tuple[str, Group], ...] = (
    (r"(3rd|third|4th|fourth|5th|fifth).?vent", "other-ventricle"),
    (r"vent(ricle|\b)|inf.?lat", "lateral-ventricle"),
    (r"choroid", "lateral-ventricle"),
    (r"brain.?stem|midbrain|pons\b|medulla|mesenceph", "brainstem"),
    (r"cerebel.*(white|wm)|(white|wm).*cerebel", "cerebellar-white-matter"),
    (r"cerebel|vermis|crus", "cerebellum"),
    (
        r"thalam|caudate|putamen|pallid|accumb|hippocamp(?!al)|amygdal|lenticular|ventral.?dc",
        "deep-grey-matter",
    ),
    (r"white|\bwm\b|wm[-_]|callos|capsule|corona|fascic|radiat|peduncle", "white-matter"),
    (
        r"ctx|cortex|gyr|sulc|lob(e|ul)|insula|cune|cingul|frontal|parietal|temporal|occipital"
        r"|precentral|postcentral|angular|lingual|calcarine|fusiform|rectus|pole|opercul",
        "cortex",
    ),
)
_LEFT = re.compile(r"(^|[^a-z])(l|lh|left)([^a-z]|$)")
_RIGHT = re.compile(r"(^|[^a-z])(r|rh|right)([^a-z]|$)")


def table_regions(indices: Iterable[int], lookup: Mapping[int, str]) -> list[Region]:
    """Describe labels by the names that a table gives them."""
    return [_region(index, lookup.get(index)) for index in sorted(set(indices))]


def _region(index: int, name: str | None) -> Region:
    if name is None:
        return Region(index, f"label-{index}", f"label-{index}", "midline", "other", "unknown")
    return Region(index, name, name, _side(name.lower()), _group(name.lower()), "unknown")


def _side(name: str) -> Hemisphere:
    if _LEFT.search(name):
        return "left"
    return "right" if _RIGHT.search(name) else "midline"


def _group(name: str) -> Group:
    for pattern, group in GROUP_WORDS:
        if re.search(pattern, name):
            return group
    return "other"
