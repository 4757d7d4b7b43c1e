"""AAL-116 (Tzourio-Mazoyer et al., NeuroImage 2002), in MNI space, with its table of names.

AAL maps come with the numbers 1 to 116 or with four-digit codes (2001 ...); only the names say
what they are, so a table is needed unless the numbers are exactly 1 to 116.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from mslens.image.parcel_names import REGIONS, Region

_BY_NAME = {region.name.lower(): region for region in REGIONS if region.in_aal116}
_PLAIN = {region.index: region for region in REGIONS if region.in_aal116}


def is_aal(indices: set[int], lookup: Mapping[int, str]) -> bool:
    """Say whether a label map is AAL: by most of its names, else by the numbers 1 to 116."""
    if lookup:
        named = [_canonical(lookup[index]) in _BY_NAME for index in indices if index in lookup]
        return sum(named) > 0.8 * len(indices) > 0
    return indices == set(_PLAIN)


def aal_regions(indices: Iterable[int], lookup: Mapping[int, str]) -> list[Region]:
    """Describe the labels of an AAL map by their names, or by their numbers without a table."""
    regions = []
    for index in sorted(set(indices)):
        known = _BY_NAME.get(_canonical(lookup.get(index, ""))) if lookup else _PLAIN.get(index)
        if known is None:
            name = lookup.get(index, f"label-{index}")
            regions.append(Region(index, name, name, "midline", "other", "unknown"))
        else:
            regions.append(replace(known, index=index))
    return regions


def _canonical(name: str) -> str:
    """Put AAL's spellings into one: Cerebelum / Cerebellum, Crus, case."""
    return name.strip().lower().replace("cerebellum", "cerebelum").replace(" ", "_")
