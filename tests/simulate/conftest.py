"""One simulated person at 4 mm, shared by the tests of everything that is built on anatomy."""

import numpy as np
import pytest

from mslens.simulate.person import Person, build_person
from mslens.simulate.template_store import TemplateMaps, load_template_maps
from mslens.simulate.visit import Scene, VisitState, build_scene

VOXEL_MM = 4.0


def _state(*, name: str = "1", years: float = 0.0, before: float | None = None, damage=0.0):
    return VisitState(
        name=name,
        age_years=40.0 + years,
        duration_years=8.0 + years,
        years=years,
        years_before=before,
        damage=np.full(7, float(damage)),
    )


@pytest.fixture(scope="session")
def visit_state():
    """Build the state of a visit: ``visit_state(name=, years=, before=, damage=)``."""
    return _state


@pytest.fixture(scope="session")
def maps() -> TemplateMaps:
    return load_template_maps(VOXEL_MM)


@pytest.fixture(scope="session")
def person() -> Person:
    return build_person(
        seed=3,
        name="A",
        female=True,
        load_ml=30.0,
        visits=[(0.0, "RR"), (2.0, "RR")],
        voxel_size_mm=VOXEL_MM,
    )


@pytest.fixture(scope="session")
def scene(person) -> Scene:
    return build_scene(person, _state(), voxel_size_mm=VOXEL_MM)
