import numpy as np

from mslens.simulate.plexus import measure_flow, plexus_distance


def test_the_plexus_lies_in_both_atria():
    points = np.array([[22.0, -38, 10], [-22, -38, 10], [0, 0, 50]])
    left, right, elsewhere = plexus_distance(points)
    assert left < 0
    assert right == left
    assert elsewhere > 20


def test_fluid_flows_in_at_the_stated_places_only():
    points = np.array([[0.0, -6, -38], [0, -4, 6], [60, 0, 40]])
    flows = np.array([measure_flow(points, np.random.default_rng(seed)) for seed in range(50)])
    assert flows.min() >= 0
    assert flows.max() <= 1
    assert flows[:, :2].mean() > 0.2
    assert flows[:, 2].max() < 1e-3
    assert (flows[:, 0] < 0.01).any()
