"""Training cases from the simulator, every image under a protocol that nobody else has.

A simulated head is scanned under random protocols: echo, inversion and repetition times, field,
slice thickness and plane, noise, what is left of the inhomogeneity, a power of the intensities,
the errors of registration, of the brain mask and of the template's fit. What a model learns from
them cannot hang on one scanner's contrast (domain randomisation; Billot et al., SynthSeg, Medical
Image Analysis 2023). The last scan of each person is as one of the known scanners makes it: good
images are not rare outside.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mslens.core.grid import Grid
from mslens.core.rng import make_rng
from mslens.core.transform import AffineTransform, DisplacementTransform, Transform
from mslens.core.volume import Volume
from mslens.image.resample import resample
from mslens.segment.lesion_case import LesionCase
from mslens.segment.lesion_geography import map_geography
from mslens.simulate.clinic import DAMAGE_FACTORS
from mslens.simulate.diffeomorphism import draw_smooth_noise
from mslens.simulate.person import build_person
from mslens.simulate.scanners import SCANNERS, Scanner
from mslens.simulate.sequences import Sequence
from mslens.simulate.visit import Scan, Scene, VisitState, build_scene, scan_scene

#: Share of the simulated people without any lesion, and of FLAIR images in thick slices.
_HEALTHY_SHARE, _THICK_FLAIR_SHARE, _THICK_T1W_SHARE = 0.1, 0.5, 0.15
#: Loads are spread evenly on a logarithmic scale: small ones decide by their false positives.
_LOAD_RANGE_ML = (0.4, 60.0)
_MISFIT_MM, _MISFIT_SCALE_MM, _SHIFT_MM = 1.5, 25.0, 0.8
#: What the bias correction leaves, as the range of the spread of its logarithm.
_BIAS_RANGE = (0.005, 0.04)
_POWER_SPREAD = 0.12


def simulate_cases(name: str, *, seed: int, n_scans: int, voxel_size_mm: float) -> list[LesionCase]:
    """Simulate one person and scan it under several random protocols.

    Parameters
    ----------
    name : str
        Names the person and all random streams.
    seed : int
    n_scans : int
    voxel_size_mm : float
        Of the anatomy.

    Returns
    -------
    list of LesionCase
    """
    rng = make_rng(seed, name, "training person")
    healthy = rng.random() < _HEALTHY_SHARE
    low, high = np.log(_LOAD_RANGE_ML)
    load_ml = float(np.exp(rng.uniform(low, high)))
    course = "PP" if rng.random() < 0.15 else "RR"
    person = build_person(
        seed=seed,
        name=name,
        female=bool(rng.random() < 0.7),
        load_ml=0.0 if healthy else load_ml,
        visits=[] if healthy else [(0.0, course)],
        voxel_size_mm=voxel_size_mm,
    )
    state = VisitState(
        name="1",
        age_years=float(rng.uniform(20, 68)),
        duration_years=0.0 if healthy else float(rng.uniform(1, 25)),
        years=0.0,
        years_before=None,
        damage=rng.standard_normal(len(DAMAGE_FACTORS)) * 0.8,
    )
    scene = build_scene(person, state, voxel_size_mm=voxel_size_mm)
    return [
        _scan_case(scene, f"{name}-{number}", group=name, seed=seed, is_random=number < n_scans - 1)
        for number in range(n_scans)
    ]


def _scan_case(scene: Scene, name: str, *, group: str, seed: int, is_random: bool) -> LesionCase:
    rng = make_rng(seed, name, "training scan")
    scanner = draw_protocol(rng) if is_random else choose_scanner(rng)
    scans = {
        suffix: scan_scene(scene, scanner, suffix, seed=seed, names=(name,), motion_share=0.05)
        for suffix in ("T1w", "FLAIR", "T2w")
    }
    grid = scans["T1w"].slices.grid
    if rng.random() < 0.15:
        grid = scans["FLAIR"].slices.grid
    spread = _POWER_SPREAD if is_random else 0.0
    images = {suffix: _onto(scan, grid, rng, spread) for suffix, scan in scans.items()}
    lesions = _truth(scene, scene.dense(scene.lesion), grid)
    inside = _truth(scene, scene.dense(scene.brain.inside), grid, level=rng.uniform(0.3, 0.7))
    return LesionCase(
        name=name,
        group=group,
        flair=images["FLAIR"],
        t1w=images["T1w"],
        t2w=images["T2w"],
        mask=inside,
        lesions=lesions & inside,
        geography=map_geography(grid, _misfit(scene, rng)),
        voxel_size_mm=grid.voxel_size_mm,
    )


def draw_protocol(rng: np.random.Generator) -> Scanner:
    """Draw a scanner with random sequences around those that are known.

    Parameters
    ----------
    rng : numpy Generator

    Returns
    -------
    Scanner
    """
    names = sorted(SCANNERS)
    chosen = {s: SCANNERS[names[int(rng.integers(len(names)))]] for s in ("T1w", "FLAIR", "T2w")}
    thick = {
        "T1w": rng.random() < _THICK_T1W_SHARE,
        "FLAIR": rng.random() < _THICK_FLAIR_SHARE,
        "T2w": rng.random() < 0.7,
    }
    sequences = {
        suffix: _vary(scanner.sequences[suffix], rng, is_thick=thick[suffix])
        for suffix, scanner in chosen.items()
    }
    field = 3.0 if rng.random() < 0.7 else 1.5
    bias_sd = float(rng.uniform(*_BIAS_RANGE))
    return Scanner("training", "any", "any", field, sequences, bias_sd)


def choose_scanner(rng: np.random.Generator) -> Scanner:
    """Choose one of the known scanners, with what a bias correction leaves of its inhomogeneity.

    Parameters
    ----------
    rng : numpy Generator

    Returns
    -------
    Scanner
    """
    names = sorted(SCANNERS)
    known = SCANNERS[names[int(rng.integers(len(names)))]]
    return replace(known, bias_sd=float(rng.uniform(*_BIAS_RANGE)))


def _vary(sequence: Sequence, rng: np.random.Generator, *, is_thick: bool) -> Sequence:
    def around(value: float, spread: float) -> float:
        return value * float(np.exp(spread * rng.standard_normal()))

    in_plane = float(rng.uniform(0.7, 1.2))
    thickness = float(rng.uniform(2.0, 5.0)) if is_thick else in_plane
    return replace(
        sequence,
        te_ms=around(sequence.te_ms, 0.12),
        contrast_te_ms=around(sequence.contrast_te_ms, 0.15),
        tr_ms=around(sequence.tr_ms, 0.05),
        ti_ms=around(sequence.ti_ms, 0.04),
        voxel_mm=(in_plane, in_plane, thickness),
        plane="axial" if is_thick else sequence.plane,
        snr=float(rng.uniform(10.0, 35.0)),
        zero_filled=False,
    )


def _onto(scan: Scan, grid: Grid, rng: np.random.Generator, power_spread: float) -> np.ndarray:
    """Bring a scan onto the reference grid as coregistration does, with an error and a power."""
    matrix = scan.to_anatomy.matrix.copy()
    matrix[:3, 3] += 0.25 * rng.standard_normal(3)
    image = Volume(scan.data.astype(np.float32), scan.slices.grid)
    onto = AffineTransform(matrix).inverse()
    moved = image if image.grid.is_close(grid) else resample(image, grid, (onto,))
    top = float(np.percentile(moved.data, 99.5))
    power = np.exp(power_spread * rng.standard_normal())
    scaled = np.clip(moved.data / np.float32(top), 0, 2) ** np.float32(power)
    return np.asarray(scaled, dtype=np.float32)


def _truth(scene: Scene, share: np.ndarray, grid: Grid, *, level: float = 0.5) -> np.ndarray:
    if scene.grid.is_close(grid):
        return np.asarray(share >= level)
    return np.asarray(resample(Volume(share, scene.grid), grid, antialias=True).data >= level)


def _misfit(scene: Scene, rng: np.random.Generator) -> Transform:
    """Return the true way to the template with the error of a coarse registration."""
    true = scene.deformation.to_subject
    size = true.grid.voxel_size_mm
    error = np.stack(
        [
            _MISFIT_MM * draw_smooth_noise(
                true.grid.shape, voxel_size_mm=size, scale_mm=_MISFIT_SCALE_MM, rng=rng
            )
            + _SHIFT_MM * rng.standard_normal()
            for _ in range(3)
        ],
        axis=-1,
    )  # fmt: skip
    moved = np.asarray(true.displacement_mm + error, dtype=np.float32)
    return DisplacementTransform(moved, true.grid)
