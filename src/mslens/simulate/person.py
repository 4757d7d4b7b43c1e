"""What a simulated person carries through all visits: body, folds, lesion foci."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mslens.core.rng import make_rng
from mslens.simulate.body import Body, draw_body
from mslens.simulate.diffeomorphism import draw_smooth_noise
from mslens.simulate.folding import Levels, fold_levels
from mslens.simulate.lesion_foci import Foci, draw_activity, draw_foci, draw_new_foci, join_foci
from mslens.simulate.lesion_priors import find_receptive_tissue, load_lesion_priors
from mslens.simulate.lesions import LesionBed, fit_foci
from mslens.simulate.template_store import load_template_maps

#: Volume of the template's brain: what a voxel of it becomes in a person of another size.
_TEMPLATE_BRAIN_ML = 1886.0
_OUTLINE_NOISE_MM = 2.2


@dataclass(frozen=True, eq=False)
class Person:
    """One simulated person.

    Parameters
    ----------
    body : Body
    levels : Levels
        The template's level functions with the person's folds.
    foci : Foci
        Of all visits.
    bed : LesionBed
    dirty : float
        Amount of dirty-appearing white matter, 0 for a control.
    """

    body: Body
    levels: Levels
    foci: Foci
    bed: LesionBed
    dirty: float


def build_person(
    *,
    seed: int,
    name: str,
    female: bool,
    load_ml: float,
    visits: Sequence[tuple[float, str]],
    voxel_size_mm: float,
) -> Person:
    """Build a person.

    Parameters
    ----------
    seed : int
    name : str
    female : bool
    load_ml : float
        Lesion volume at the first visit; 0 for a control.
    visits : sequence of (float, str)
        Years from the first visit and course at each visit; empty for a control.
    voxel_size_mm : float

    Returns
    -------
    Person

    Raises
    ------
    InputError
        If the load does not fit into the white matter.
    """
    maps, priors = load_template_maps(voxel_size_mm), load_lesion_priors(voxel_size_mm)
    size = maps.grid.voxel_size_mm
    body = draw_body(seed, name, female=female)
    levels = fold_levels(maps.levels, voxel_size_mm=size, rng=make_rng(seed, name, "folds"))
    receptive = find_receptive_tissue(maps, levels)
    noise = draw_smooth_noise(
        receptive.shape[:3], voxel_size_mm=size, scale_mm=max(_OUTLINE_NOISE_MM, size[0]),
        rng=make_rng(seed, name, "lesion outlines"),
    )  # fmt: skip
    ml_per_voxel = maps.grid.voxel_volume_ml * body.intracranial_ml / _TEMPLATE_BRAIN_ML
    bed = LesionBed(priors, receptive, noise, size, ml_per_voxel)
    white_ml = float(receptive.sum(dtype=np.float64)) * ml_per_voxel
    rng = make_rng(seed, name, "lesions")
    foci = draw_foci(priors, load_ml=load_ml, white_matter_ml=white_ml, rng=rng)
    foci = fit_foci(foci, bed)
    activity = 0.0
    for number, ((before, _), (after, course)) in enumerate(itertools.pairwise(visits)):
        stream = make_rng(seed, name, "new lesions", str(number))
        if number == 0:
            activity = draw_activity(stream)
        new = draw_new_foci(
            priors, course=course, from_years=before, to_years=after, activity=activity, rng=stream
        )
        foci = join_foci(foci, new)
    dirty = float(rng.gamma(2.0, 0.5)) if visits else 0.0
    return Person(body, levels, foci, bed, dirty)
