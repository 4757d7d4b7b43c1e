"""Compare the simulator with its specification and with real lesion masks, and time it.

python benchmarks/bench_simulate.py oracle
python benchmarks/bench_simulate.py lesions --data ../shared/data/open_ms --picture /tmp/lesions.png
python benchmarks/bench_simulate.py speed --voxel-size 2 --people 4
python benchmarks/bench_simulate.py features
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import ndimage, stats

from mslens.core.rng import make_rng
from mslens.io.nifti import load_volume
from mslens.simulate.clinic import draw_clinic
from mslens.simulate.cohort import CohortSettings
from mslens.simulate.dataset import simulate_dataset
from mslens.simulate.features import draw_features
from mslens.simulate.lesions import grow_lesions
from mslens.simulate.oracle import ask_oracle
from mslens.simulate.person import build_person
from mslens.simulate.settings import SimulationSettings
from mslens.simulate.sites import SITES
from mslens.simulate.template_store import load_template_maps

STATED = {0.30: (0.774, 0.80, 0.853), 0.35: (0.799, 0.76, 0.872), 0.40: (0.824, 0.72, 0.887)}
BOX = 48


def auc(positive: np.ndarray, value: np.ndarray) -> float:
    u = stats.mannwhitneyu(value[positive], value[~positive]).statistic
    return float(u / (positive.sum() * (~positive).sum()))


def area_error(area: float, positive: np.ndarray) -> float:
    """Return the standard error of an AUC (Hanley & McNeil, Radiology 1982)."""
    n, m = int(positive.sum()), int((~positive).sum())
    one, two = area / (2 - area), 2 * area**2 / (1 + area)
    variance = area * (1 - area) + (n - 1) * (one - area**2) + (m - 1) * (two - area**2)
    return float(np.sqrt(variance / (n * m)))


def compare_oracle(n: int) -> None:
    print(f"oracle on {n} patients of site 1 +- Monte-Carlo error (stated in brackets)")
    for loading, (r, mae, area) in STATED.items():
        clinic = draw_clinic(n, site=SITES["site1"], seed=1, loading=loading)
        oracle = ask_oracle(clinic)
        found = np.corrcoef(oracle.score, clinic.score)[0, 1]
        error = np.abs(oracle.score - clinic.score)
        disabled = clinic.score >= 3
        found_area = auc(disabled, oracle.disabled)
        print(
            f"  l = {loading:.2f}  r {found:.3f} +- {(1 - found**2) / np.sqrt(n):.4f} ({r})"
            f"  MAE {error.mean():.3f} +- {error.std() / np.sqrt(n):.4f} ({mae})"
            f"  AUC {found_area:.3f} +- {area_error(found_area, disabled):.4f} ({area})"
        )
    alone = ask_oracle(clinic, damage_known=False)
    print(f"  clinic alone  r {np.corrcoef(alone.score, clinic.score)[0, 1]:.3f} (0.667)")


def real_masks(data: Path) -> list[tuple[np.ndarray, np.ndarray, np.ndarray, float]]:
    """Size map at 1 mm, and lesion and brain masks in RAS order of a coarser native grid."""
    cases = []
    for folder in sorted((data / "cross_sectional" / "MNI").iterdir()):
        fine = load_volume(next(folder.glob("*.nii.gz")), kind="mask")
        native = data / "cross_sectional" / "coregistered" / folder.name
        lesion = load_volume(native / "consensus_gt.nii.gz", kind="mask")
        brain = load_volume(native / "brainmask.nii.gz", kind="mask")
        cases.append((fine.data, *in_ras(lesion, brain), 0.001))
    return cases


def in_ras(lesion, brain) -> tuple[np.ndarray, np.ndarray]:
    codes = lesion.grid.axis_codes
    order = [next(i for i, c in enumerate(codes) if c in pair) for pair in ("LR", "PA", "IS")]
    steps = [max(1, round(1.5 / lesion.grid.voxel_size_mm[i])) for i in order]
    out = []
    for volume in (lesion, brain):
        data = np.transpose(volume.data, order)
        data = data[tuple(slice(None, None, -1 if codes[i] in "LPI" else 1) for i in order)]
        out.append(data[:: steps[0], :: steps[1], :: steps[2]])
    return out[0], out[1]


def simulated_masks(loads_ml: list[float], seed: int) -> list[tuple]:
    maps = load_template_maps(1.0)
    brain = maps.brain_level > 0
    cases = []
    for i, load in enumerate(loads_ml):
        person = build_person(
            seed=seed, name=f"bench{i}", female=True, load_ml=load, visits=[(0.0, "RR")],
            voxel_size_mm=1.0,
        )  # fmt: skip
        lesion = grow_lesions(person.foci, person.bed, years=0.0).share >= 0.5
        cases.append((lesion, lesion, brain, person.bed.ml_per_voxel))
    return cases


def describe(cases: list[tuple]) -> tuple[pd.Series, np.ndarray]:
    """Statistics over patients, and how often each place of the brain's box is lesion."""
    sizes, rows, frequency = [], [], np.zeros((BOX, BOX, BOX))
    for fine, lesion, brain, ml in cases:
        labels, _ = ndimage.label(fine, np.ones((3, 3, 3)))
        size = np.bincount(labels.ravel())[1:] * ml
        size = size[size > 0.003]
        sizes.append(size)
        box = tuple(slice(a.min(), a.max() + 1) for a in np.nonzero(brain))
        lesion, brain = lesion[box], brain[box]
        depth = ndimage.distance_transform_edt(brain)
        where = np.argwhere(lesion & brain)
        place = (where + 0.5) / brain.shape
        rows.append(
            {
                "load_ml": size.sum(), "lesions": len(size),
                "largest_share": size.max() / size.sum(),
                "depth": (depth[tuple(where.T)] / depth.max()).mean(),
                "off_midline": np.abs(place[:, 0] - 0.5).mean() * 2,
                "anterior": place[:, 1].mean(), "superior": place[:, 2].mean(),
                "spread_ap": place[:, 1].std(), "spread_is": place[:, 2].std(),
            }
        )  # fmt: skip
        index = np.minimum((place * BOX).astype(int), BOX - 1)
        one = np.zeros_like(frequency)
        one[tuple(index.T)] = 1
        frequency += one / len(cases)
    table = pd.DataFrame(rows)
    size = np.concatenate(sizes)
    summary = {f"{k} mean": v for k, v in table.mean().items()}
    summary |= {f"{k} sd": v for k, v in table.std(ddof=0).items()}
    slope, at_one = np.polyfit(np.log(table["load_ml"]), np.log(table["lesions"]), 1)
    summary |= {"count slope on load (log-log)": slope, "count at 1 ml": np.exp(at_one)}
    for q in (5, 25, 50, 75, 95, 99):
        summary[f"size ml, {q}%"] = np.quantile(size, q / 100)
    return pd.Series(summary), frequency


def compare_lesions(data: Path, picture: Path | None, seed: int) -> None:
    real = real_masks(data)
    loads = [float(case[0].sum() * case[3]) for case in real]
    simulated = simulated_masks(loads, seed)
    ours, their = describe(simulated), describe(real)
    table = pd.DataFrame({"real": their[0], "simulated": ours[0]})
    print(f"{len(real)} real consensus masks, {len(simulated)} simulated of the same loads")
    print(table.round(3).to_string())
    a, b = (ndimage.gaussian_filter(f, 1.0).ravel() for f in (their[1], ours[1]))
    print(f"correlation of the smoothed lesion frequency maps: {np.corrcoef(a, b)[0, 1]:.2f}")
    if picture is not None:
        draw_frequencies(their[1], ours[1], picture)


def draw_frequencies(real: np.ndarray, simulated: np.ndarray, path: Path) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(2, 3, figsize=(11, 7.5), constrained_layout=True)
    for row, (name, frequency) in enumerate((("real", real), ("simulated", simulated))):
        smooth = ndimage.gaussian_filter(frequency, 0.8)
        for axis, view in enumerate(("from the left", "from the front", "from above")):
            image = smooth.max(axis=axis).T[::-1]
            axes[row, axis].imshow(image, cmap="magma", vmin=0, vmax=0.5, aspect="auto")
            axes[row, axis].set_title(f"{name}, {view}")
            axes[row, axis].axis("off")
    figure.suptitle("Share of patients with lesion, largest along the view, in the brain's box")
    figure.savefig(path, dpi=90)
    print(f"picture: {path}")


def time_people(voxel_size_mm: float, people: int) -> None:
    cohort = CohortSettings(n_patients=people, seed=int(make_rng(0, "bench").integers(1000)))
    settings = SimulationSettings(cohort=cohort, voxel_size_mm=voxel_size_mm)
    stamps: list[tuple[float, float]] = []

    def stamp(*_: object) -> None:
        stamps.append((time.process_time(), time.perf_counter()))

    with tempfile.TemporaryDirectory() as folder:
        simulate_dataset(Path(folder) / "out", settings=settings, progress=stamp)
        size = sum(p.stat().st_size for p in Path(folder).rglob("*") if p.is_file())
    cpu = np.diff([s[0] for s in stamps])
    wall = np.diff([s[1] for s in stamps])
    print(f"{voxel_size_mm:g} mm, T1w + FLAIR + T2w + truth, one process (1-min load "
          f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores)")  # fmt: skip
    print(f"  first person (builds the template's maps) {cpu[0]:.1f} s CPU, {wall[0]:.1f} s wall")
    if people > 1:
        print(f"  each further {cpu[1:].mean():.1f} s CPU, {wall[1:].mean():.1f} s wall")
    print(f"  {size / people / 1e6:.0f} MB per person")


def time_features() -> None:
    clinics = tuple(
        draw_clinic(n, site=SITES[s], seed=1) for s, n in (("site1", 500), ("site2", 104))
    )
    start, columns = time.process_time(), 0
    for chunk in draw_features(clinics, seed=1):
        columns += chunk.features.shape[1]
    print(f"604 x {columns} features: {time.process_time() - start:.1f} s CPU")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("oracle", "lesions", "speed", "features"))
    default = os.environ.get("MSLENS_TEST_DATA", "../shared/data")
    parser.add_argument("--data", type=Path, default=Path(default) / "open_ms")
    parser.add_argument("--picture", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--n", type=int, default=100_000)
    parser.add_argument("--voxel-size", type=float, default=2.0)
    parser.add_argument("--people", type=int, default=4)
    given = parser.parse_args()
    if given.what == "oracle":
        compare_oracle(given.n)
    elif given.what == "lesions":
        compare_lesions(given.data, given.picture, given.seed)
    elif given.what == "speed":
        time_people(given.voxel_size, given.people)
    else:
        time_features()


if __name__ == "__main__":
    main()
