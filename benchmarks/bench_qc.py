"""Sensitivity and specificity of the quality flags on simulated faults of several strengths.

    python benchmarks/bench_longitudinal.py simulated FOLDER --people 12 --seed 900
    python benchmarks/bench_qc.py FOLDER --sessions 24 --slow-sessions 4

FOLDER holds simulated people whom no limit was set on, with their brain masks, registrations and
lesions as the pipeline found them. Every fault is put into one image or one result of a session;
it counts as seen when a step raises a flag. Faults that the brain mask has to notice run the brain
extraction again and are therefore tried on fewer sessions.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import fft, ndimage
from scipy.spatial.transform import Rotation

from mslens.core.grid import Grid
from mslens.core.rng import make_rng
from mslens.core.transform import AffineTransform
from mslens.core.volume import Volume
from mslens.io.nifti import load_volume, save_volume
from mslens.io.transforms import load_transform, save_transform
from mslens.pipeline.environment import prepare_environment
from mslens.preprocess.brain_mask import BrainMaskSettings
from mslens.preprocess.coregister import CoregisterSettings
from mslens.preprocess.image_quality import QualitySettings
from mslens.preprocess.quality_steps import measure_quality
from mslens.preprocess.steps import coregister, extract_brain
from mslens.studies.run.names import session_outputs

Files = dict[str, Path]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Fault:
    """A fault: its name and strength, and how it changes the inputs of a session."""

    name: str
    strength: str
    apply: Callable[[Files, Path, np.random.Generator], Files]
    is_slow: bool = False


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
    """End the field of view below the top of the brain."""

    def apply(files: Files, folder: Path, rng: np.random.Generator) -> Files:  # noqa: ARG001
        image = load_volume(files["t1w"])
        mask = load_volume(files["mask"], kind="mask")
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
        return _replace(files, "t1w", Volume(data, Grid(affine, data.shape)), folder)

    return apply


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
    """Bring a brain mask that is wrong."""

    def apply(files: Files, folder: Path, rng: np.random.Generator) -> Files:  # noqa: ARG001
        mask = load_volume(files["mask"], kind="mask")
        steps = round(10 / mask.grid.voxel_size_mm[0])
        data = np.array(mask.data)
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
    *(Fault("noise", f"{s:.0%}", _change_image("t1w", add_noise(s))) for s in (0.05, 0.1, 0.2)),
    *(
        Fault("motion ghosts", f"{s:g} mm", _change_image("t1w", add_ghosts(s)))
        for s in (1.0, 2.0, 4.0)
    ),
    *(
        Fault("bright slice", f"+{s - 1:.0%}", _change_image("t1w", scale_slice(s)))
        for s in (1.1, 1.2, 1.4)
    ),
    Fault("wrong contrast", "FLAIR as T1w", take_for_t1w),
    Fault("wrong contrast", "T1w as FLAIR", take_for_flair),
    *(Fault("FLAIR misplaced", f"{s:g} mm", move_flair(s, 0.0)) for s in (3.0, 6.0, 10.0)),
    *(Fault("FLAIR misplaced", f"{s:g} degrees", move_flair(0.0, s)) for s in (5.0, 10.0)),
    Fault("FLAIR mirrored", "left-right", mirror_flair),
    Fault("lesion misfit", "brightest fifth", spread_lesions),
    Fault("lesion misfit", "20 mm away", shift_lesions),
    *(Fault("field of view", f"{s:g} mm cut", cut_top(s), is_slow=True) for s in (10.0, 30.0)),
    Fault("flipped header", "left-right", flip_affine(0), is_slow=True),
    Fault("flipped header", "front-back", flip_affine(1), is_slow=True),
    Fault("flipped header", "up-down", flip_affine(2), is_slow=True),
    *(
        Fault("failed mask", how, spoil_mask(how), is_slow=True)
        for how in ("10 mm too small", "10 mm too large", "20 mm away", "half missing")
    ),
)


def list_sessions(folder: Path) -> Iterator[Files]:
    """Yield the inputs of the quality step of every session."""
    for path in sorted((folder / "bids").glob("sub-*/ses-*/anat")):
        subject, session = (path.parents[n].name[4:] for n in (1, 0))
        names = session_outputs(folder / "out", subject=subject, session=session, reference="T1w")
        if not names["lesions"].exists():
            continue
        raw = path / f"sub-{subject}_ses-{session}"
        yield {
            "t1w": raw.with_name(f"{raw.name}_T1w.nii.gz"),
            "flair": raw.with_name(f"{raw.name}_FLAIR.nii.gz"),
            "mask": names["brain_mask"],
            "preproc": names["preproc"],
            "coarse_xfm": names["coarse_xfm"],
            "flair_xfm": names["flair_xfm"],
            "aligned_flair": names["flair"],
            "lesions": names["lesions"],
        }


def find_flags(files: Files, folder: Path, *, with_brain: bool) -> list[str]:
    """Messages of the steps."""
    if with_brain:
        outputs = {"mask": folder / "new_mask.nii.gz", "coarse_xfm": folder / "new_xfm.nii.gz"}
        inputs = {"image": files["t1w"]}
        if "brought" in files:
            inputs["mask"] = files["brought"]
        facts = extract_brain(inputs, outputs, BrainMaskSettings())
    else:
        facts = measure_quality(files, {"table": folder / "quality.tsv"}, QualitySettings())
    return [flag["message"] for flag in facts["flags"]]


def compare(folder: Path, sessions: int, slow_sessions: int, *, slow_only: bool) -> None:
    found_sessions = list(list_sessions(folder))
    everyone = [*found_sessions[::2], *found_sessions[1::2]][:sessions]
    seen: dict[tuple[str, str], list[bool]] = {}
    examples: dict[tuple[str, str], str] = {}
    for number, files in enumerate(everyone):
        few = number % max(1, len(everyone) // max(1, slow_sessions)) == 0
        for fault in (Fault("none", "", lambda f, *_: f), *FAULTS):
            if fault.is_slow and (not few or slow_sessions == 0):
                continue
            if slow_only and not fault.is_slow and fault.name != "none":
                continue
            key = (fault.name, fault.strength)
            with tempfile.TemporaryDirectory() as place:
                rng = make_rng(1, "qc", str(number), *key)
                changed = fault.apply(files, Path(place), rng)
                found = find_flags(changed, Path(place), with_brain=fault.is_slow)
                if fault.name == "none" and few and slow_sessions:
                    again = find_flags(files, Path(place), with_brain=True)
                    seen.setdefault(("none", "brain mask"), []).append(bool(again))
                    examples.setdefault(("none", "brain mask"), " ".join(again))
            seen.setdefault(key, []).append(bool(found))
            if found:
                examples[key] = found[0]
        _print(seen, examples, number + 1)


def _print(
    seen: Mapping[tuple[str, str], list[bool]],
    examples: Mapping[tuple[str, str], str],
    sessions: int,
) -> None:
    print(f"after {sessions} sessions")
    for (name, strength), flagged in seen.items():
        example = examples.get((name, strength), "")
        print(f"  {name:16s} {strength:16s} {sum(flagged):3d} of {len(flagged):3d}  {example[:90]}")
    print(flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sessions", type=int, default=24)
    parser.add_argument("--slow-sessions", type=int, default=4)
    parser.add_argument("--slow-only", action="store_true")
    arguments = parser.parse_args()
    prepare_environment()
    compare(
        arguments.folder,
        arguments.sessions,
        arguments.slow_sessions,
        slow_only=arguments.slow_only,
    )


if __name__ == "__main__":
    main()
