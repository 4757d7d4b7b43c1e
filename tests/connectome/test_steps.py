import numpy as np
import pandas as pd
import pytest

from connectome.tracts import write_tck
from mslens.connectome.index_store import load_reference
from mslens.connectome.steps import (
    DisconnectionSettings,
    ImportSettings,
    import_tractogram,
    make_synthetic_reference,
    score_disconnection,
)
from mslens.connectome.synthetic import SyntheticSettings
from mslens.core.errors import InputError, OutputError
from mslens.core.grid import Grid
from mslens.core.transform import AffineTransform
from mslens.core.volume import Volume
from mslens.io.nifti import save_volume
from mslens.io.transforms import save_transform

GRID = Grid(
    np.array([[4.0, 0, 0, -88], [0, 4, 0, -124], [0, 0, 4, -70], [0, 0, 0, 1]]), (45, 54, 45)
)
LEFT, RIGHT = (-40.0, -20.0, 20.0), (40.0, -20.0, 20.0)


def near(*point, radius=12.0):
    place = GRID.to_world(np.indices(GRID.shape).reshape(3, -1).T)
    return (np.linalg.norm(place - point, axis=1) < radius).reshape(GRID.shape)


def shifted(points, *, y=0.0, z=0.0):
    return points + np.array([0.0, y, z])


def curve(y=0.0):
    return shifted(np.linspace(LEFT, RIGHT, 90), y=y)


@pytest.fixture
def atlas(tmp_path):
    labels = np.where(near(*LEFT), 5, np.where(near(*RIGHT), 6, 0)).astype(np.int32)
    save_volume(tmp_path / "atlas.nii.gz", Volume(labels, GRID, "label"))
    (tmp_path / "names.txt").write_text("5 left\n6 right\n8 absent\n")
    return {"parcels": tmp_path / "atlas.nii.gz", "parcel_table": tmp_path / "names.txt"}


@pytest.fixture
def index(tmp_path, atlas):
    write_tck(tmp_path / "a.tck", [curve(-6), curve(6)])
    write_tck(tmp_path / "b.tck", [curve(-6), curve(-6), curve(6)])
    import_tractogram(
        [tmp_path / "a.tck", tmp_path / "b.tck"],
        tmp_path / "index",
        ImportSettings(name="two lines"),
        **atlas,
    )
    return tmp_path / "index" / "index.json"


def lesion_file(tmp_path, *point, grid=GRID, radius=5.0):
    place = grid.to_world(np.indices(grid.shape).reshape(3, -1).T)
    mask = (np.linalg.norm(place - point, axis=1) < radius).reshape(grid.shape)
    save_volume(tmp_path / "lesions.nii.gz", Volume(mask, grid, "mask"))
    return tmp_path / "lesions.nii.gz"


def score(tmp_path, index, lesions, **inputs):
    outputs = {"table": tmp_path / "out.tsv", "matrix": tmp_path / "pairs.tsv"}
    facts = score_disconnection(
        {"lesions": lesions, "index": index, **inputs}, outputs, DisconnectionSettings()
    )
    return facts, pd.read_csv(outputs["table"], sep="\t"), pd.read_csv(outputs["matrix"], sep="\t")


def test_a_lesion_on_one_of_the_lines(tmp_path, index):
    facts, table, pairs = score(tmp_path, index, lesion_file(tmp_path, 0, -26, 20))
    # One of two streamlines of the first subject, two of three of the second.
    assert table["region"].tolist() == ["left", "right"]
    assert table["label"].tolist() == [5, 6]
    np.testing.assert_allclose(table["chaco"], (1 / 2 + 2 / 3) / 2, rtol=1e-5)
    np.testing.assert_allclose(table["chaco_sd"], (2 / 3 - 1 / 2) / np.sqrt(2), rtol=1e-5)
    assert table["n_streamlines"].tolist() == [5, 5]
    assert len(pairs) == 1
    assert pairs.loc[0, "chaco"] == pytest.approx(7 / 12, rel=1e-5)
    assert facts["n_streamlines_hit"] == 3
    assert facts["reference"] == "two lines"
    assert facts["flags"] == []


def test_the_lesion_is_taken_to_the_template(tmp_path, index):
    """The mask lies 28 mm to the front, and the transform knows."""
    shift = np.eye(4)
    shift[1, 3] = 28.0
    save_transform(tmp_path / "xfm.txt", AffineTransform(shift))
    moved = lesion_file(tmp_path, 0, 2, 20)
    assert score(tmp_path, index, moved)[1]["chaco"].tolist() == [0, 0]
    facts, table, _ = score(tmp_path, index, moved, xfm=tmp_path / "xfm.txt")
    assert table["chaco"].tolist() == pytest.approx([7 / 12, 7 / 12], rel=1e-5)
    assert facts["lesion_ml_in_template"] == pytest.approx(facts["lesion_ml"])


def test_no_lesion_is_no_disconnection(tmp_path, index):
    empty = tmp_path / "empty.nii.gz"
    save_volume(empty, Volume(np.zeros(GRID.shape, dtype=bool), GRID, "mask"))
    facts, table, _ = score(tmp_path, index, empty)
    assert table["chaco"].tolist() == [0, 0]
    assert facts["share_hit"] == 0


def test_refuses_lesions_outside_the_template(tmp_path, index):
    far = Grid(
        np.array([[4.0, 0, 0, 900], [0, 4, 0, 900], [0, 0, 4, 900], [0, 0, 0, 1]]), (20, 20, 20)
    )
    with pytest.raises(InputError, match="no lesion lies on the grid"):
        score(tmp_path, index, lesion_file(tmp_path, 940, 940, 940, grid=far))


def test_import_says_what_it_found(tmp_path, atlas):
    write_tck(tmp_path / "c.tck", [curve(), curve()[:50], curve()[20:60]])
    facts = import_tractogram([tmp_path / "c.tck"], tmp_path / "c", ImportSettings(), **atlas)
    assert facts["n_streamlines"] == 3
    assert (facts["n_with_one_region"], facts["n_without_region"]) == (1, 1)
    assert facts["n_leaving_the_grid"] == 0
    assert facts["brain_share"] > 0.95
    assert facts["regions_without_streamlines"] == []


def test_a_warp_takes_streamlines_to_the_template(tmp_path, atlas):
    write_tck(tmp_path / "w.tck", [shifted(curve(), y=300)])
    shift = np.eye(4)
    shift[1, 3] = -300.0
    save_transform(tmp_path / "warp.txt", AffineTransform(shift))
    import_tractogram(
        [tmp_path / "w.tck"], tmp_path / "w", ImportSettings(), warp=tmp_path / "warp.txt", **atlas
    )
    assert load_reference(tmp_path / "w").end_regions.tolist() == [[1, 2]]


def test_refuses_a_tractogram_in_another_space(tmp_path, atlas):
    write_tck(tmp_path / "far.tck", [shifted(curve(), y=300)])
    with pytest.raises(InputError, match="leave the template's grid"):
        import_tractogram([tmp_path / "far.tck"], tmp_path / "x", ImportSettings(), **atlas)
    write_tck(tmp_path / "up.tck", [shifted(curve(), z=78)])
    with pytest.raises(InputError, match="lie in the brain"):
        import_tractogram([tmp_path / "up.tck"], tmp_path / "x", ImportSettings(), **atlas)
    assert not (tmp_path / "x").exists()


def test_refuses_to_overwrite(tmp_path, atlas, index):
    write_tck(tmp_path / "c.tck", [curve()])
    with pytest.raises(OutputError, match="not empty"):
        import_tractogram([tmp_path / "c.tck"], index.parent, ImportSettings(), **atlas)


def test_the_synthetic_reference_says_so_everywhere(tmp_path):
    facts = make_synthetic_reference(
        tmp_path / "synthetic", SyntheticSettings(n_subjects=2, n_streamlines=60)
    )
    assert "synthetic" in facts["name"]
    assert facts["n_subjects"] == 2
    reference = load_reference(tmp_path / "synthetic")
    assert reference.is_synthetic
    assert len(reference.region_names) == 116
    scored, table, _ = score(
        tmp_path, tmp_path / "synthetic" / "index.json", lesion_file(tmp_path, 25, -20, 25)
    )
    assert len(table) == 116
    assert table["reference"].str.contains("synthetic").all()
    assert "synthetic" in scored["flags"][0]["message"]
