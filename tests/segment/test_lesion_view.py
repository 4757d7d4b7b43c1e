import numpy as np

from lesion_views import make_view
from mslens.segment.lesion_case import LesionCase
from mslens.segment.lesion_features import FEATURES
from mslens.segment.lesion_view import StoredViews, load_view, save_view, view_case
from mslens.segment.lesions import LesionSettings
from phantom import make_head


def test_a_view_comes_back_from_its_file(tmp_path):
    view = make_view(3, is_real=False)
    save_view(tmp_path / "a.npz", view)
    again = load_view(tmp_path / "a.npz")
    for name, value in vars(view).items():
        stored = getattr(again, name)
        if isinstance(value, np.ndarray):
            np.testing.assert_array_equal(stored, value)
        else:
            assert stored == value, name


def test_stored_views_are_a_sequence(tmp_path):
    paths = [tmp_path / f"{n}.npz" for n in range(3)]
    for n, path in enumerate(paths):
        save_view(path, make_view(n))
    views = StoredViews(paths)
    assert [view.group for view in views] == ["r0", "r1", "r2"]
    assert [view.group for view in views[1:]] == ["r1", "r2"]


def test_a_choice_of_contrasts_hides_the_others_and_counts_what_is_missed():
    head = make_head(4.0, seed=3, n_lesions=6)
    gm, wm = head.gm.data, head.wm.data
    zero = np.zeros(gm.shape, np.float32)
    dark = head.lesions.data.copy()
    dark[tuple(np.argwhere(head.brain.data & (gm + wm < 0.2))[0])] = True
    case = LesionCase(
        name="a", group="a", flair=head.flair.data, t1w=head.t1w.data, t2w=None,
        mask=head.brain.data, lesions=dark,
        geography=np.stack([np.where(head.brain.data, 1 - gm - wm, 1), gm, wm, *[zero] * 5]),
        voxel_size_mm=(4.0, 4.0, 4.0),
    )  # fmt: skip
    alone = view_case(case, "FLAIR", settings=LesionSettings())
    both = view_case(case, "FLAIR+T1w", settings=LesionSettings())
    t1w = FEATURES.index("t1w")
    assert np.isnan(alone.values[:, t1w]).all()
    assert np.isfinite(both.values[:, t1w]).all()
    assert both.name == "a_FLAIR+T1w"
    assert alone.missed == 1
    assert alone.truth.sum() + alone.missed == dark.sum()
