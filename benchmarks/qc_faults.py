"""Faults of images and results that the quality flags should see: changes of a session's files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import fft, ndimage
from scipy.spatial.transform import Rotation

from mslens.core.grid import Grid
from mslens.core.transform import AffineTransform
from mslens.core.volume import Volume
from mslens.image.resample import resample
from mslens.io.nifti import load_volume, save_volume
from mslens.io.transforms import load_transform, save_transform
from mslens.preprocess.coregister import CoregisterSettings
from mslens.preprocess.steps import coregister

Files = dict[str, Path]
Floats = npt.NDArray[np.float32]


Place = Literal["T1w", "FLAIR", "lesions", "brain", "visits"]


@dataclass(frozen=True)
class Fault:
    """A fault: its name and strength, how it changes a session's files, and who should see it.

    ``place`` is the image whose flags of the step `quality` count, or another step: `brain` the
    brain mask (slow), `visits` the alignment of two visits (slow).
    """

    name: str
    strength: str
    apply: Callable[[Files, Path, np.random.Generator], Files]
    place: Place

    @property
    def is_slow(self) -> bool:
        """Whether a whole step is run again to see it."""
        return self.place in ("brain", "visits")


def _replace(files: Files, role: str, volume: Volume, folder: Path) -> Files:
    path = folder / f"{role}.nii.gz"
    save_volume(path, volume)
    changed = files | {role: path}
    # The bias correction would run on the image with its fault: it is not judged here.
    return changed | {"preproc": path} if role == "t1w" else changed


def _change_image(
    role: str, change: Callable[[Volume, Volume, np.random.Generator], Volume]
) -> Callable[[Files, Path, np.random.Generator], Files]:
    def apply(files: Files, folder: Path, rng: np.random.Generator) -> Files:
        image = load_volume(files[role])
        mask = load_volume(files["mask"], kind="mask")
        return _replace(files, role, change(image, mask, rng), folder)

    return apply


def add_noise(share: float) -> Callable[[Volume, Volume, np.random.Generator], Volume]:
    """Rician noise of `share` of the brain's median."""

    def change(image: Volume, mask: Volume, rng: np.random.Generator) -> Volume:
        sd = share * float(np.median(image.data[mask.data]))
        noise = sd * rng.standard_normal((2, *image.data.shape)).astype(np.float32)
        return image.like(np.hypot(image.data + noise[0], noise[1]).astype(np.float32))

    return change


def add_ghosts(shift_mm: float) -> Callable[[Volume, Volume, np.random.Generator], Volume]:
    """Five sudden movements along the second axis while its k-space is filled."""

    def change(image: Volume, mask: Volume, rng: np.random.Generator) -> Volume:  # noqa: ARG001
        n = image.data.shape[1]
        shifts = np.cumsum(rng.choice([-1.0, 1.0], 6)) * shift_mm / image.grid.voxel_size_mm[1]
        starts = np.sort(rng.integers(0, n, 5))
        own = shifts[np.searchsorted(starts, np.arange(n), side="right")]
        ramp = np.exp(-2j * np.pi * fft.ifftshift(fft.fftshift(fft.fftfreq(n)) * own))
        space = fft.fft(np.asarray(image.data, dtype=np.complex64), axis=1)
        moved = fft.ifft(space * ramp[None, :, None], axis=1)
        return image.like(np.abs(moved).astype(np.float32))

    return change


def scale_slice(factor: float) -> Callable[[Volume, Volume, np.random.Generator], Volume]:
    """One slice of the middle third brighter by a factor."""

    def change(image: Volume, mask: Volume, rng: np.random.Generator) -> Volume:
        inside = np.flatnonzero(mask.data.any(axis=(0, 1)))
        third = len(inside) // 3
        data = np.array(image.data, dtype=np.float32)
        data[:, :, int(rng.choice(inside[third:-third]))] *= factor
        return image.like(data)

    return change


def take_for_t1w(files: Files, folder: Path, rng: np.random.Generator) -> Files:  # noqa: ARG001
    """Give the FLAIR, on the T1w's grid, as T1w."""
    return _replace(files, "t1w", load_volume(files["aligned_flair"]), folder)


def take_for_flair(files: Files, folder: Path, rng: np.random.Generator) -> Files:  # noqa: ARG001
    """Give the T1w as FLAIR."""
    save_transform(folder / "own.txt", AffineTransform(np.eye(4)))
    return files | {"flair": files["t1w"], "flair_xfm": folder / "own.txt"}


def move_flair(
    shift_mm: float, turn_deg: float
) -> Callable[[Files, Path, np.random.Generator], Files]:
    """Give the FLAIR a wrong transform: a shift and a turn about random axes."""

    def apply(files: Files, folder: Path, rng: np.random.Generator) -> Files:
        direction, axis = rng.standard_normal((2, 3))
        wrong = np.eye(4)
        turn = Rotation.from_rotvec(np.deg2rad(turn_deg) * axis / np.linalg.norm(axis))
        wrong[:3, :3] = turn.as_matrix()
        wrong[:3, 3] = shift_mm * direction / np.linalg.norm(direction)
        right = load_transform(files["flair_xfm"])
        assert_linear(right)
        save_transform(folder / "wrong.txt", AffineTransform(right.matrix @ wrong))
        return files | {"flair_xfm": folder / "wrong.txt"}

    return apply


def assert_linear(transform: object) -> None:
    if not isinstance(transform, AffineTransform):
        raise TypeError("the transform of the FLAIR is not linear")


def mirror_flair(files: Files, folder: Path, rng: np.random.Generator) -> Files:  # noqa: ARG001
    """Exchange left and right of the FLAIR alone; it is registered anew."""
    flair = load_volume(files["flair"])
    axis = int(np.argmax(np.abs(flair.grid.affine[0, :3])))
    changed = _replace(files, "flair", flair.like(np.flip(flair.data, axis).copy()), folder)
    outputs = {"image": folder / "moved.nii.gz", "xfm": folder / "moved.txt"}
    inputs = {"moving": changed["flair"], "fixed": files["preproc"], "mask": files["mask"]}
    coregister(inputs, outputs, CoregisterSettings())
    moved = {"flair_xfm": outputs["xfm"], "aligned_flair": outputs["image"]}
    # The lesions would be segmented on the mirrored image: they are not judged here.
    return {role: path for role, path in changed.items() if role != "lesions"} | moved


def mirror_visit(files: Files, folder: Path, rng: np.random.Generator) -> Files:  # noqa: ARG001
    """Exchange left and right of all of the later visit: image and brain mask alike."""
    changed = dict(files)
    for role in ("later", "later_mask"):
        image = load_volume(files[role], kind="mask" if role == "later_mask" else "scalar")
        affine = image.grid.affine.copy()
        affine[0] *= -1
        mirrored = Volume(np.array(image.data), Grid(affine, image.grid.shape), image.kind)
        save_volume(folder / f"{role}.nii.gz", mirrored)
        changed[role] = folder / f"{role}.nii.gz"
    to_flair = load_transform(files["later_xfm"])
    assert_linear(to_flair)
    flip = np.diag([-1.0, 1.0, 1.0, 1.0])
    save_transform(folder / "later.txt", AffineTransform(flip @ to_flair.matrix @ flip))
    return changed | {"later_xfm": folder / "later.txt"}


def cut_flair(millimetres: float) -> Callable[[Files, Path, np.random.Generator], Files]:
    """End the FLAIR's field of view below the top of the brain."""

    def apply(files: Files, folder: Path, rng: np.random.Generator) -> Files:  # noqa: ARG001
        flair, mask = load_volume(files["flair"]), load_volume(files["mask"], kind="mask")
        to_flair = load_transform(files["flair_xfm"])
        assert_linear(to_flair)
        brain = resample(mask, flair.grid, (to_flair.inverse(),))
        return _replace(files, "flair", _cut_top(flair, brain, millimetres), folder)

    return apply


def spread_lesions(files: Files, folder: Path, rng: np.random.Generator) -> Files:  # noqa: ARG001
    """Take everything brighter than four fifths of the brain for lesions."""
    flair, mask = load_volume(files["aligned_flair"]), load_volume(files["mask"], kind="mask")
    limit = np.percentile(flair.data[mask.data], 80)
    return _replace(files, "lesions", mask.like(mask.data & (flair.data > limit)), folder)


def shift_lesions(files: Files, folder: Path, rng: np.random.Generator) -> Files:  # noqa: ARG001
    """Put the lesion mask 20 mm away from where it belongs."""
    lesions = load_volume(files["lesions"], kind="mask")
    steps = round(20 / lesions.grid.voxel_size_mm[1])
    return _replace(files, "lesions", lesions.like(np.roll(lesions.data, steps, 1)), folder)


def cut_top(millimetres: float) -> Callable[[Files, Path, np.random.Generator], Files]:
    """End the T1w's field of view below the top of the brain."""

    def apply(files: Files, folder: Path, rng: np.random.Generator) -> Files:  # noqa: ARG001
        mask = load_volume(files["mask"], kind="mask")
        cut = _cut_top(load_volume(files["t1w"]), mask, millimetres)
        return _replace(files, "t1w", cut, folder)

    return apply


def _cut_top(image: Volume, mask: Volume, millimetres: float) -> Volume:
    axis = int(np.argmax(np.abs(image.grid.affine[2, :3])))
    inside = np.flatnonzero(mask.data.any(axis=tuple(a for a in range(3) if a != axis)))
    steps = round(millimetres / image.grid.voxel_size_mm[axis])
    box = [slice(None)] * 3
    corner = np.zeros(3)
    if image.grid.affine[2, axis] > 0:
        box[axis] = slice(0, int(inside[-1]) + 1 - steps)
    else:
        corner[axis] = int(inside[0]) + steps
        box[axis] = slice(int(corner[axis]), None)
    data = np.ascontiguousarray(image.data[tuple(box)])
    affine = image.grid.affine.copy()
    affine[:3, 3] = image.grid.to_world(corner)
    return Volume(data, Grid(affine, data.shape))


def flip_affine(axis: int) -> Callable[[Files, Path, np.random.Generator], Files]:
    """Turn an axis of the world round in the header, the voxels unchanged."""

    def apply(files: Files, folder: Path, rng: np.random.Generator) -> Files:  # noqa: ARG001
        image = load_volume(files["t1w"])
        affine = image.grid.affine.copy()
        affine[axis] *= -1
        flipped = Volume(np.array(image.data), Grid(affine, image.grid.shape))
        return _replace(files, "t1w", flipped, folder)

    return apply


def spoil_mask(how: str) -> Callable[[Files, Path, np.random.Generator], Files]:
    """Bring the true brain mask, made wrong."""

    def apply(files: Files, folder: Path, rng: np.random.Generator) -> Files:  # noqa: ARG001
        mask = load_volume(files["true_mask"], kind="mask")
        steps = round(10 / mask.grid.voxel_size_mm[0])
        data = np.array(mask.data)
        if how == "none":
            return files | {"brought": files["true_mask"]}
        if how == "10 mm too small":
            data = ndimage.binary_erosion(data, iterations=steps)
        elif how == "10 mm too large":
            data = ndimage.binary_dilation(data, iterations=steps)
        elif how == "20 mm away":
            data = np.roll(data, 2 * steps, axis=1)
        else:
            data[: data.shape[0] // 2] = False
        return _replace(files, "brought", mask.like(data), folder)

    return apply


FAULTS = (
    *(
        Fault("noise", f"{s:.0%}", _change_image("t1w", add_noise(s)), "T1w")
        for s in (0.05, 0.1, 0.2)
    ),
    *(
        Fault("motion ghosts", f"{s:g} mm", _change_image("t1w", add_ghosts(s)), "T1w")
        for s in (1.0, 2.0, 4.0)
    ),
    *(
        Fault("bright slice", f"+{s - 1:.0%}", _change_image("t1w", scale_slice(s)), "T1w")
        for s in (1.1, 1.2, 1.4)
    ),
    Fault("wrong contrast", "FLAIR as T1w", take_for_t1w, "T1w"),
    Fault("wrong contrast", "T1w as FLAIR", take_for_flair, "FLAIR"),
    *(Fault("FLAIR misplaced", f"{s:g} mm", move_flair(s, 0.0), "FLAIR") for s in (3.0, 6.0, 10.0)),
    *(Fault("FLAIR misplaced", f"{s:g} degrees", move_flair(0.0, s), "FLAIR") for s in (5.0, 10.0)),
    Fault("FLAIR cut", "10 mm", cut_flair(10.0), "FLAIR"),
    Fault("FLAIR mirrored", "left-right", mirror_flair, "FLAIR"),
    Fault("lesion misfit", "brightest fifth", spread_lesions, "lesions"),
    Fault("lesion misfit", "20 mm away", shift_lesions, "lesions"),
    *(
        Fault("mask brought", how, spoil_mask(how), "brain")
        for how in ("20 mm away", "10 mm too large", "10 mm too small", "half missing")
    ),
    *(Fault("field of view", f"{s:g} mm cut", cut_top(s), "brain") for s in (10.0, 30.0)),
    Fault("visit mirrored", "left-right", mirror_visit, "visits"),
    Fault("flipped header", "front-back", flip_affine(1), "brain"),
    Fault("flipped header", "up-down", flip_affine(2), "brain"),
)
#: What is sound, beside the session as it is: these flags count against specificity.
SOUND = (
    Fault("sound", "true mask brought", spoil_mask("none"), "brain"),
    Fault("sound", "visits", lambda files, *_: files, "visits"),
)
