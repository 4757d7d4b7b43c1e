import hashlib
from pathlib import Path

import ants
import nibabel as nib
import numpy as np
import pytest
from scipy import ndimage

from mslens.core.errors import ImageError
from mslens.core.grid import Grid
from mslens.core.transform import AffineTransform, DisplacementTransform, apply_affine
from mslens.core.volume import Volume
from mslens.io.nifti import load_volume, save_volume
from mslens.io.transforms import STEP_MM, load_transform, save_transform
from nifti_files import image, rigid_affine, rotation, write

SHAPE = (24, 26, 28)
FLIPS = np.array([-1.0, -1.0, 1.0])


def smooth(shape: tuple[int, ...], seed: int, sigma: float = 3.0) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=shape)
    return (100 * ndimage.gaussian_filter(noise, sigma)).astype(np.float32)


def affine_transform() -> AffineTransform:
    matrix = np.eye(4)
    matrix[:3, :3] = rotation(0.15) @ np.diag([1.05, 0.95, 1.0])
    matrix[:3, 3] = (2.5, -3.5, 1.0)
    return AffineTransform(matrix)


def field_transform(grid: Grid) -> DisplacementTransform:
    displacement = np.stack([smooth(grid.shape, seed, 4.0) / 4 for seed in (1, 2, 3)], axis=-1)
    return DisplacementTransform(displacement, grid)


def linear(volume: Volume, points_mm: np.ndarray) -> np.ndarray:
    indices = np.moveaxis(volume.grid.to_index(points_mm), -1, 0)
    return ndimage.map_coordinates(volume.data, indices, order=1, mode="constant")


def ants_warped(tmp_path: Path, moving: Volume, fixed: Grid, transform: Path) -> np.ndarray:
    """Resample with ANTs, from files alone."""
    save_volume(tmp_path / "moving.nii.gz", moving)
    save_volume(tmp_path / "fixed.nii.gz", Volume(np.zeros(fixed.shape, np.float32), fixed))
    warped = ants.apply_transforms(
        fixed=ants.image_read(str(tmp_path / "fixed.nii.gz")),
        moving=ants.image_read(str(tmp_path / "moving.nii.gz")),
        transformlist=[str(transform)],
        interpolator="linear",
    )
    return warped.numpy()


@pytest.fixture(scope="module")
def moving() -> Volume:
    return Volume(smooth(SHAPE, 0), Grid(rigid_affine(), SHAPE))


@pytest.fixture(scope="module")
def target() -> Grid:
    affine = np.diag([2.5, 2.2, 2.0, 1.0])
    affine[:3, 3] = (-15, 8, 5)
    return Grid(affine, (14, 15, 16))


def inside(volume: Volume, points_mm: np.ndarray) -> np.ndarray:
    """Points at least a voxel away from the border, where ITK has rules of its own."""
    indices = volume.grid.to_index(points_mm)
    return ((indices > 1) & (indices < np.array(volume.grid.shape) - 2)).all(axis=-1)


def world_points(grid: Grid) -> np.ndarray:
    return grid.to_world(np.moveaxis(np.indices(grid.shape), 0, -1))


def test_ants_applies_our_affine_as_we_do(tmp_path: Path, moving: Volume, target: Grid) -> None:
    path = tmp_path / "from-FLAIR_to-T1w_mode-image_xfm.txt"
    save_transform(path, affine_transform())
    theirs = ants_warped(tmp_path, moving, target, path)
    points = apply_affine(affine_transform().matrix, world_points(target))
    within = inside(moving, points)
    assert within.mean() > 0.4
    assert np.abs(theirs - linear(moving, points))[within].max() < 1e-3 * np.ptp(moving.data)


def test_ants_applies_our_field_as_we_do(tmp_path: Path, moving: Volume, target: Grid) -> None:
    transform = field_transform(target)
    assert np.abs(transform.displacement_mm).max() > 2
    path = tmp_path / "xfm.nii.gz"
    save_transform(path, transform)
    theirs = ants_warped(tmp_path, moving, target, path)
    points = world_points(target) + transform.displacement_mm
    within = inside(moving, points)
    assert within.mean() > 0.4
    assert np.abs(theirs - linear(moving, points))[within].max() < 1e-3 * np.ptp(moving.data)


def test_we_read_a_field_that_ants_wrote(tmp_path: Path, target: Grid) -> None:
    transform = field_transform(target)
    save_transform(tmp_path / "ours.nii.gz", transform)
    field = ants.image_read(str(tmp_path / "ours.nii.gz"))
    ants.image_write(field, str(tmp_path / "theirs.nii.gz"))
    loaded = load_transform(tmp_path / "theirs.nii.gz")
    assert isinstance(loaded, DisplacementTransform)
    assert np.abs(loaded.displacement_mm - transform.displacement_mm).max() <= STEP_MM


@pytest.mark.parametrize("suffix", [".mat", ".txt"])
def test_we_read_an_affine_that_ants_wrote(tmp_path: Path, suffix: str) -> None:
    centre = np.array([5.0, 6.0, 7.0])
    theirs = ants.create_ants_transform(
        transform_type="AffineTransform",
        matrix=affine_transform().matrix[:3, :3],
        translation=[1, 2, 3],
        center=list(centre),
    )
    path = tmp_path / f"a{suffix}"
    ants.write_transform(theirs, str(path))
    loaded = load_transform(path)
    assert isinstance(loaded, AffineTransform)
    for point in ([0.0, 0, 0], [30, -40, 50]):
        expected = np.array(ants.apply_ants_transform_to_point(theirs, point))
        assert np.allclose(apply_affine(loaded.matrix, point * FLIPS) * FLIPS, expected, atol=1e-4)


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        ("Euler3DTransform", (0.1, -0.2, 0.3, 4, 5, 6)),
        ("VersorRigid3DTransform", (0.1, -0.2, 0.3, 4, 5, 6)),
        ("Similarity3DTransform", (0.1, -0.2, 0.3, 4, 5, 6, 1.2)),
        ("TranslationTransform", (4, 5, 6)),
    ],
)
def test_ants_reads_the_other_kinds_as_we_do(
    tmp_path: Path, kind: str, parameters: tuple[float, ...]
) -> None:
    path = tmp_path / "a.txt"
    fixed = "" if kind == "TranslationTransform" else "7 8 9"
    path.write_text(
        "#Insight Transform File V1.0\n#Transform 0\n"
        f"Transform: {kind}_double_3_3\nParameters: {' '.join(map(str, parameters))}\n"
        f"FixedParameters: {fixed}\n"
    )
    theirs, ours = ants.read_transform(str(path)), load_transform(path)
    assert isinstance(ours, AffineTransform)
    for point in ([0.0, 0, 0], [30, -40, 50]):
        expected = np.array(ants.apply_ants_transform_to_point(theirs, point))
        assert np.allclose(apply_affine(ours.matrix, point * FLIPS) * FLIPS, expected, atol=1e-4)


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_a_field_comes_back_within_its_step(tmp_path: Path, suffix: str) -> None:
    grid = Grid(rigid_affine(), SHAPE)
    transform = field_transform(grid)
    save_transform(tmp_path / f"a{suffix}", transform, space="template")
    loaded = load_transform(tmp_path / f"a{suffix}")
    assert isinstance(loaded, DisplacementTransform)
    assert np.abs(loaded.displacement_mm - transform.displacement_mm).max() <= STEP_MM / 2
    assert loaded.displacement_mm.dtype == np.float32
    assert loaded.displacement_mm.flags.c_contiguous
    assert loaded.grid.is_close(grid, tolerance_voxels=1e-4)
    header = nib.load(tmp_path / f"a{suffix}").header
    assert (header["qform_code"], int(header["intent_code"])) == (4, 1007)
    # What was loaded is saved without any further change.
    save_transform(tmp_path / "b.nii", loaded)
    again = load_transform(tmp_path / "b.nii")
    assert isinstance(again, DisplacementTransform)
    assert np.array_equal(again.displacement_mm, loaded.displacement_mm)


def test_the_same_transform_gives_the_same_bytes(tmp_path: Path) -> None:
    grid = Grid(rigid_affine(), SHAPE)
    for name in ("a", "b"):
        save_transform(tmp_path / f"{name}.nii.gz", field_transform(grid))
        save_transform(tmp_path / f"{name}.txt", affine_transform())
    hashes = {hashlib.sha256(path.read_bytes()).hexdigest() for path in tmp_path.iterdir()}
    assert len(hashes) == 2


@pytest.mark.parametrize("suffix", [".h5", ".lta", ""])
def test_other_types_are_an_error(tmp_path: Path, suffix: str) -> None:
    (tmp_path / f"a{suffix}").write_text("x")
    with pytest.raises(ImageError, match="cannot be read") as caught:
        load_transform(tmp_path / f"a{suffix}")
    assert "disassemble" in str(caught.value)


def test_a_type_that_does_not_fit_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="linear transform"):
        save_transform(tmp_path / "a.nii.gz", affine_transform())
    with pytest.raises(ImageError, match="displacement field"):
        save_transform(tmp_path / "a.txt", field_transform(Grid(rigid_affine(), SHAPE)))


def test_a_singular_affine_is_an_error(tmp_path: Path) -> None:
    save_transform(tmp_path / "a.txt", AffineTransform(np.diag([1.0, 1, 0, 1])))
    with pytest.raises(ImageError, match="singular"):
        load_transform(tmp_path / "a.txt")


def test_nan_in_a_field_is_an_error(tmp_path: Path) -> None:
    grid = Grid(rigid_affine(), SHAPE)
    displacement = np.zeros((*SHAPE, 3), dtype=np.float32)
    displacement[3, 3, 3, 0] = np.nan
    with pytest.raises(ImageError, match="NaN"):
        save_transform(tmp_path / "a.nii", DisplacementTransform(displacement, grid))
    write(tmp_path / "b.nii", image(displacement[:, :, :, None, :]))
    with pytest.raises(ImageError, match="NaN"):
        load_transform(tmp_path / "b.nii")


def test_an_image_and_a_truncated_field_are_an_error(tmp_path: Path) -> None:
    write(tmp_path / "a.nii", image())
    with pytest.raises(ImageError, match="dimensions"):
        load_transform(tmp_path / "a.nii")
    save_transform(tmp_path / "b.nii", field_transform(Grid(rigid_affine(), SHAPE)))
    (tmp_path / "b.nii").write_bytes((tmp_path / "b.nii").read_bytes()[:-10])
    with pytest.raises(ImageError, match="truncated"):
        load_transform(tmp_path / "b.nii")


@pytest.mark.data
def test_the_supplied_transforms_are_read_as_ants_reads_them(data_dir: Path) -> None:
    paths = sorted(data_dir.glob("open_ms/longitudinal/raw/patient0[1-4]/*_to_FLAIR.txt"))
    assert paths
    for path in paths:
        theirs, ours = ants.read_transform(str(path)), load_transform(path)
        assert isinstance(ours, AffineTransform)
        expected = np.array(ants.apply_ants_transform_to_point(theirs, [30.0, -40, 50]))
        moved = apply_affine(ours.matrix, np.array([-30.0, 40, 50])) * FLIPS
        assert np.allclose(moved, expected, atol=1e-3)


@pytest.mark.data
@pytest.mark.parametrize("session", ["1", "2"])
def test_a_real_transform_points_in_the_direction_of_its_name(data_dir: Path, session: str) -> None:
    root = data_dir / "open_ms_bids" / "raw"
    stem = f"sub-L03/ses-{session}/anat/sub-L03_ses-{session}"
    flair = load_volume(root / f"{stem}_FLAIR.nii.gz")
    consensus = root / "derivatives" / "consensus"
    mask = load_volume(
        consensus / "sub-L03/anat/sub-L03_space-common_desc-brain_mask.nii.gz", kind="mask"
    )
    transform = load_transform(consensus / f"{stem}_from-FLAIR_to-common_mode-image_xfm.txt")
    assert isinstance(transform, AffineTransform)
    points = mask.grid.to_world(np.argwhere(mask.data)[::50])

    def variation(used: AffineTransform) -> float:
        inside = linear(flair, apply_affine(used.matrix, points))
        return float(inside.std() / inside.mean())

    # The brain is uniform where the mask meets it, and not where it is missed.
    assert variation(transform) < 0.25
    assert variation(transform.inverse()) > 1.0
