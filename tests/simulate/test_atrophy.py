import numpy as np
import pytest

from mslens.core.transform import DisplacementTransform
from mslens.image.jacobian import jacobian_determinant
from mslens.simulate.atrophy import (
    VolumeChange,
    cortical_shift,
    describe_atrophy,
    solve_atrophy_velocity,
)
from mslens.simulate.clinic import DAMAGE_FACTORS
from mslens.simulate.controls import HEALTHY_DAMAGE
from mslens.simulate.diffeomorphism import exponentiate_velocity
from mslens.simulate.head import PARTS


def changes(maps, **wanted):
    regions = tuple(wanted.get(name, 0.0) for name in DAMAGE_FACTORS)
    grid = maps.head.grid
    velocity = solve_atrophy_velocity(
        maps.shares,
        maps.head.distance_mm[..., PARTS.index("hull")],
        VolumeChange(regions, wanted.get("ventricles", 0.0)),
        voxel_size_mm=grid.voxel_size_mm,
    )
    flow = exponentiate_velocity(velocity, voxel_size_mm=grid.voxel_size_mm)
    jacobian = jacobian_determinant(DisplacementTransform(flow, grid))
    assert jacobian.min() > 0
    volume = [(jacobian * share).sum() / share.sum() for share in maps.shares]
    total = (jacobian * maps.shares.sum(axis=0)).sum() / maps.shares.sum()
    names = (*DAMAGE_FACTORS, "ventricles", "sulci")
    return dict(zip(names, np.log(volume), strict=True)), float(total)


def test_what_is_asked_to_shrink_shrinks_and_nothing_else(maps):
    change, total = changes(maps, deep_gm=-0.15)
    assert -0.18 < change["deep_gm"] < -0.05
    others = [value for name, value in change.items() if name != "deep_gm"]
    assert np.abs(others).max() < 0.04
    assert total == pytest.approx(1.0, abs=0.01)


def test_ventricles_grow_within_the_same_skull(maps):
    change, total = changes(maps, ventricles=0.6)
    assert 0.25 < change["ventricles"] < 0.75
    assert total == pytest.approx(1.0, abs=0.02)


def test_no_change_is_no_velocity(maps):
    velocity = solve_atrophy_velocity(
        maps.shares,
        maps.head.distance_mm[..., 0],
        VolumeChange((0.0,) * 7, 0.0),
        voxel_size_mm=maps.head.grid.voxel_size_mm,
    )
    assert np.abs(velocity).max() < 1e-6


def test_damage_age_and_disease_shrink_the_brain():
    healthy = np.full(7, HEALTHY_DAMAGE)
    young, old, ill, worse = (
        describe_atrophy(d, age_years=a, duration_years=t, ventricle_noise=0.0)
        for d, a, t in (
            (healthy, 20, 0), (healthy, 60, 0), (np.zeros(7), 60, 10), (np.ones(7), 60, 10),
        )
    )  # fmt: skip
    assert young.regions == (0.0,) * 7
    for less, more in ((young, old), (old, ill), (ill, worse)):
        assert all(b < a for a, b in zip(less.regions, more.regions, strict=True))
        assert more.ventricles > less.ventricles


def test_each_factor_drives_its_own_region():
    base = describe_atrophy(np.zeros(7), age_years=40, duration_years=8, ventricle_noise=0.0)
    for k in range(7):
        damage = np.zeros(7)
        damage[k] = 1.0
        more = describe_atrophy(damage, age_years=40, duration_years=8, ventricle_noise=0.0)
        changed = [a != b for a, b in zip(base.regions, more.regions, strict=True)]
        assert changed == [i == k for i in range(7)]


def test_only_the_cortex_is_thinned_by_a_shift():
    shift = cortical_shift(VolumeChange((-0.1,) * 7, 0.4))
    thinned = {name for name, value in zip(DAMAGE_FACTORS, shift, strict=True) if value > 0}
    assert thinned == {"frontal", "temporal", "parietal", "occipital"}
