import pytest

from mslens.simulate.relaxation import CLASSES, relaxation_at


@pytest.mark.parametrize("field", [1.5, 3.0])
def test_tissues_are_ordered_as_in_the_body(field):
    tissue = relaxation_at(field)
    assert set(CLASSES) | {"hole"} == set(tissue)
    order = ["fat", "wm", "lesion", "gm", "hole", "csf"]
    if field == 1.5:
        order = ["fat", "wm", "lesion", "gm", "hole", "csf"]
    t1 = [tissue[name].t1_ms for name in order]
    assert t1 == sorted(t1)
    assert tissue["wm"].t2_ms < tissue["gm"].t2_ms < tissue["lesion"].t2_ms < tissue["hole"].t2_ms


def test_t1_is_longer_at_the_higher_field():
    low, high = relaxation_at(1.5), relaxation_at(3.0)
    assert all(low[name].t1_ms < high[name].t1_ms for name in ("gm", "wm", "fat", "muscle"))
