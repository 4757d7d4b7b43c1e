import pytest

from mslens.core.errors import InputError
from mslens.simulate.clinic import DAMAGE_FACTORS
from mslens.simulate.cohort import CohortSettings, simulate_cohort
from mslens.simulate.settings import SimulationSettings
from mslens.simulate.steps import PersonPlan, marker_path, plan_people, simulate_person


def plans(settings):
    cohort = simulate_cohort(settings.cohort)
    return plan_people(cohort.participants, cohort.sessions, cohort.latent, settings)


def test_a_plan_holds_all_that_a_worker_needs():
    settings = SimulationSettings(cohort=CohortSettings(n_patients=3, n_controls=1, n_visits=2))
    people = plans(settings)
    assert len(people) == 4
    for person in people:
        assert [visit["session"] for visit in person.visits] == ["1", "2"]
        assert person.visits[0]["years"] == 0.0
        assert set(person.visits[0]["damage"]) == set(DAMAGE_FACTORS)
        assert person.has_sessions
        assert (person.load_ml == 0) is person.is_control
        assert (person.visits[0]["course"] is None) is person.is_control


def test_one_scanner_for_all_replaces_the_sites_own():
    settings = SimulationSettings(cohort=CohortSettings(n_patients=3), scanner="Avanto")
    scanners = {visit["scanner"] for person in plans(settings) for visit in person.visits}
    assert scanners == {"Avanto"}


def test_a_load_that_does_not_fit_leaves_no_marker(tmp_path):
    settings = SimulationSettings(cohort=CohortSettings(n_patients=1), voxel_size_mm=4.0)
    (plan,) = plans(settings)
    heavy = PersonPlan(**{**plan.__dict__, "load_ml": 3000.0})
    with pytest.raises(InputError, match="white matter"):
        simulate_person(heavy, tmp_path, settings)
    assert not marker_path(tmp_path, heavy).exists()
