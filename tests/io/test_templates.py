import subprocess
import sys
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest
from nilearn import datasets

from mslens.core.errors import MissingDependency, SettingsError
from mslens.core.volume import Volume
from mslens.io import templates
from mslens.io.templates import load_template


def test_the_native_maps_are_nilearn_s() -> None:
    ours = load_template()
    for volume, theirs in (
        (ours.t1w, datasets.load_mni152_template(resolution=1)),
        (ours.gm, datasets.load_mni152_gm_template(resolution=1)),
        (ours.wm, datasets.load_mni152_wm_template(resolution=1)),
    ):
        assert np.allclose(volume.data, theirs.get_fdata(), atol=1e-6)
        assert np.array_equal(volume.grid.affine, theirs.affine)
    assert ours.t1w.grid.describe() == "197x233x189 at 1x1x1 mm (RAS)"


def centre_mm(volume: Volume) -> np.ndarray:
    sums = [volume.data.sum(axis=tuple({0, 1, 2} - {axis}), dtype=float) for axis in range(3)]
    index = [float(np.average(np.arange(len(values)), weights=values)) for values in sums]
    return volume.grid.to_world(np.array(index))


@pytest.mark.parametrize("voxel_size_mm", [1.0, 2.0, 3.0, 5.0])
def test_the_maps_keep_their_meaning_at_every_size(voxel_size_mm: float) -> None:
    template = load_template(voxel_size_mm)
    native = load_template()
    voxel_ml = template.brain.grid.voxel_volume_ml
    assert template.brain.data.sum() * voxel_ml == pytest.approx(1886.5, rel=0.005)
    assert (template.gm.data + template.wm.data).max() <= 1 + 1e-6
    for name in ("t1w", "gm", "wm", "brain"):
        volume, reference = getattr(template, name), getattr(native, name)
        # Exactly mirrored, about x = 0.
        assert np.array_equal(volume.data, volume.data[::-1])
        first, last = volume.grid.to_world(np.array([[0, 0, 0], [volume.grid.shape[0] - 1, 0, 0]]))
        assert first[0] == pytest.approx(-last[0])
        # What is there is kept, and stays where it is.
        total = volume.data.sum() * voxel_ml
        assert total == pytest.approx(reference.data.sum() / 1000, rel=0.005)
        assert np.allclose(centre_mm(volume), centre_mm(reference), atol=0.3)


def test_brain_holds_the_tissue_and_nothing_lies_outside_of_it() -> None:
    template = load_template()
    outside = ~template.brain.data
    assert (template.t1w.data[outside] == 0).all()
    assert ((template.gm.data + template.wm.data)[outside] < 0.5).all()


def test_the_template_is_cached_and_read_only() -> None:
    assert load_template(4.0) is load_template(4.0)
    with pytest.raises(ValueError, match="read-only"):
        load_template(4.0).t1w.data[0, 0, 0] = 1


@pytest.mark.parametrize("voxel_size_mm", [0.0, -1.0, 0.1, 50.0])
def test_impossible_sizes_are_an_error(voxel_size_mm: float) -> None:
    with pytest.raises(SettingsError, match="template of"):
        load_template(voxel_size_mm)


def test_nilearn_is_not_imported() -> None:
    code = (
        "import sys\nfrom mslens.io.templates import load_template\n"
        "load_template(8.0)\nprint('nilearn' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_absent_files_say_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(templates, "_FILE", "gone_{}.nii.gz")
    with pytest.raises(MissingDependency, match="without the MNI template") as caught:
        load_template(7.5)
    assert "pip install" in str(caught.value)


def test_an_unknown_version_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "version", lambda _: "0.99.0rc1")
    with pytest.raises(MissingDependency, match=r"nilearn 0\.99\.0rc1 is installed"):
        load_template(7.5)


def test_an_absent_nilearn_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(templates.util, "find_spec", lambda _: None)
    with pytest.raises(MissingDependency, match="not installed"):
        load_template(7.5)


def test_the_bounds_are_those_of_the_package() -> None:
    text = (Path(__file__).parents[2] / "pyproject.toml").read_text()
    (low, high) = templates.NILEARN_BOUNDS
    assert f'"nilearn>={low[0]}.{low[1]},<{high[0]}.{high[1]}"' in text
