"""New, enlarging and shrinking lesions against the truth of simulated visits and of real ones.

    python benchmarks/bench_longitudinal.py simulated FOLDER --people 12 --seed 900
    python benchmarks/bench_longitudinal.py simulated FOLDER --people 3 --seed 901 --years 0.01
    python benchmarks/bench_longitudinal.py real ../shared/data/open_ms_bids/raw OUT

``simulated`` draws people with two visits into FOLDER and runs brain mask, bias correction,
coregistration, the default lesion model and the comparison of the visits on them (the true parcels
stand in for the location of a change, which is not judged); after hardly any time nothing has
changed, and all that is found is false. ``real`` judges the changes in OUT, the output folder of
``mslens run`` on RAW, against the consensus change masks of RAW.
Settings were chosen on simulated people of the seeds 501, 502, 503 and 505 only: 501
and 503 (6 years) with 6 people, 502 with 3 at 1.5 mm, 505 with 3 after .01 years.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mslens.core.arrays import Array, LabelArray, MaskArray
from mslens.core.errors import MslensError
from mslens.core.transform import AffineTransform, Transform, identity
from mslens.evaluate.lesion_matching import count_min_voxels, match_lesions
from mslens.image.components import label_components
from mslens.image.resample import resample
from mslens.io.nifti import load_volume
from mslens.io.transforms import load_transform
from mslens.pipeline.environment import prepare_environment
from mslens.pipeline.plan import Task
from mslens.segment.lesion_change import CHANGE_LABELS
from mslens.simulate.dataset import simulate_dataset
from mslens.simulate.settings import SimulationSettings
from mslens.simulate.truth import ENLARGED, NEW
from mslens.studies.run.images import SessionImages
from mslens.studies.run.longitudinal_tasks import plan_longitudinal
from mslens.studies.run.names import session_outputs
from mslens.studies.run.preprocess_tasks import plan_preprocess
from mslens.studies.run.segment_tasks import plan_lesions
from mslens.studies.run.session_planner import SessionPlanner
from mslens.studies.run.settings import RunSettings

NEEDED = ("brain-mask", "bias", "coregister-FLAIR", "lesions")


@dataclass(frozen=True)
class Agreement:
    """Voxels and lesions of growth, found and true."""

    both: int
    found: int
    true: int
    n_true: int
    n_detected: int
    n_found: int
    n_false: int

    @classmethod
    def of(cls, found: MaskArray, true: MaskArray, voxel_mm3: float) -> Agreement:
        """Compare masks; true changes below the smallest volume need not be found."""
        ours = label_components(found)
        counted = label_components(true, min_voxels=count_min_voxels(voxel_mm3 / 1000))
        match = match_lesions(ours, counted, other_true=true)
        return cls(
            both=int((found & true).sum()),
            found=int(found.sum()),
            true=int(true.sum()),
            n_true=match.partner.size,
            n_detected=match.n_detected,
            n_found=match.is_real.size,
            n_false=match.n_false_positive,
        )

    def __add__(self, other: Agreement) -> Agreement:
        return Agreement(*(a + b for a, b in zip(self.values, other.values, strict=True)))

    @property
    def values(self) -> tuple[int, ...]:
        """The counts, in the order of the fields."""
        return tuple(vars(self).values())

    def __str__(self) -> str:
        dice = 2 * self.both / max(1, self.found + self.true)
        sensitivity = self.n_detected / max(1, self.n_true)
        precision = 1 - self.n_false / max(1, self.n_found)
        f1 = 2 * sensitivity * precision / max(1e-9, sensitivity + precision)
        return (
            f"Dice {dice:.3f}  found {self.n_detected}/{self.n_true} ({sensitivity:.0%})"
            f"  false {self.n_false} of {self.n_found}  F1 {f1:.2f}"
        )


def compare_real(raw: Path, out: Path) -> None:
    """Judge the changes of every real patient with a consensus mask."""
    for consensus in sorted(
        (raw / "derivatives" / "consensus").glob("sub-*/anat/*_desc-changedlesion_mask.nii.gz")
    ):
        subject = consensus.name.split("_")[0].removeprefix("sub-")
        later = consensus.parents[1] / "ses-2" / "anat"
        to_flair = load_transform(next(later.glob("*_from-FLAIR_to-common_mode-image_xfm.txt")))
        true = load_volume(consensus, kind="mask")
        names = _names(out, subject, "2")
        changes = load_volume(names["halfway_changes"], kind="label")
        chain = (to_flair, *_flair_to_halfway(names))
        print(f"{subject}: consensus {true.data.sum() * true.grid.voxel_volume_ml:.2f} ml")
        for label, kinds in (("growth", ("new", "enlarging")), ("all", tuple(CHANGE_LABELS))):
            mask = changes.like(_select(changes.data, kinds), "mask")
            found = np.asarray(resample(mask, true.grid, chain).data)
            score = Agreement.of(found, np.asarray(true.data), true.grid.voxel_volume_ml * 1000)
            print(f"  {label:8s} {score}")


def _names(out: Path, subject: str, session: str) -> dict[str, Path]:
    t1w = session_outputs(out, subject=subject, session=session, reference="T1w")
    if t1w["preproc"].exists():
        return t1w
    return session_outputs(out, subject=subject, session=session, reference="FLAIR")


def _flair_to_halfway(names: dict[str, Path]) -> tuple[Transform, ...]:
    """Points of the later FLAIR to points of its reference to points of the half-way space."""
    to_flair = load_transform(names["flair_xfm"]) if names["flair_xfm"].exists() else identity()
    from_halfway = load_transform(names["halfway_later_xfm"])
    if not isinstance(to_flair, AffineTransform) or not isinstance(from_halfway, AffineTransform):
        raise MslensError("a transform between the visits is not linear")
    return to_flair.inverse(), from_halfway.inverse()


def _select(labels: LabelArray | Array, kinds: Sequence[str]) -> MaskArray:
    return np.isin(labels, [CHANGE_LABELS[kind] for kind in kinds])


@dataclass(frozen=True)
class NewLesions:
    """New foci and those found by any growth; changes called new and those without any growth."""

    n_true: int = 0
    n_detected: int = 0
    n_found: int = 0
    n_false: int = 0

    def __add__(self, other: NewLesions) -> NewLesions:
        ours, theirs = vars(self).values(), vars(other).values()
        return NewLesions(*(a + b for a, b in zip(ours, theirs, strict=True)))

    def __str__(self) -> str:
        sensitivity = self.n_detected / max(1, self.n_true)
        precision = 1 - self.n_false / max(1, self.n_found)
        f1 = 2 * sensitivity * precision / max(1e-9, sensitivity + precision)
        return (
            f"new {self.n_detected}/{self.n_true}, false {self.n_false} of {self.n_found},"
            f" F1 {f1:.2f}"
        )


def compare_simulated(
    folder: Path, people: int, seed: int, voxel_size: float, years: float
) -> None:
    """Simulate, compare the visits and judge growth, new lesions and loss."""
    settings = SimulationSettings.parse(
        {
            "cohort": {
                "n_patients": people,
                "seed": seed,
                "n_visits": 2,
                "repeated": False,
                "visit_interval_years": years,
                "sites": ("site1",),
            },
            "voxel_size_mm": voxel_size,
        }
    )
    simulate_dataset(folder, settings=settings)
    total, all_new, loss = Agreement(0, 0, 0, 0, 0, 0, 0), NewLesions(), 0
    for path in sorted((folder / "bids").glob("sub-*")):
        subject = path.name.removeprefix("sub-")
        visits = [_planner(folder, subject, session) for session in ("1", "2")]
        for visit in visits:
            _run([*plan_preprocess(visit), *plan_lesions(visit)], only=NEEDED)
        parcels = _truth(folder, subject, "2", "desc-parcels_dseg")
        _run(plan_longitudinal(visits), parcels=parcels)
        changes = load_volume(visits[1].names["changes"], kind="label")
        truth = load_volume(_truth(folder, subject, "2", "desc-changes_dseg"), kind="label").data
        voxel_mm3 = 1000 * changes.grid.voxel_volume_ml
        growth = np.isin(truth, (NEW, ENLARGED))
        found = _select(changes.data, ("new", "enlarging"))
        score = Agreement.of(found, growth, voxel_mm3)
        foci = Agreement.of(found, truth == NEW, voxel_mm3)
        called = Agreement.of(_select(changes.data, ("new",)), growth, voxel_mm3)
        new = NewLesions(foci.n_true, foci.n_detected, called.n_found, called.n_false)
        lost = int(label_components(_select(changes.data, ("shrinking",))).max())
        total, all_new, loss = total + score, all_new + new, loss + lost
        print(f"{subject}: {score}  {new}  shrinking {lost}", flush=True)
    print(f"all {people}: {total}  {all_new}  shrinking {loss}")


def _planner(folder: Path, subject: str, session: str) -> SessionPlanner:
    anat = folder / "bids" / f"sub-{subject}" / f"ses-{session}" / "anat"
    t1w, flair = (
        anat / f"sub-{subject}_ses-{session}_{suffix}.nii.gz" for suffix in ("T1w", "FLAIR")
    )
    images = SessionImages(subject, session, t1w=t1w, flair=flair, t2w=None)
    return SessionPlanner(images, folder / "out", RunSettings())


def _truth(folder: Path, subject: str, session: str, name: str) -> Path:
    anat = folder / "truth" / f"sub-{subject}" / f"ses-{session}" / "anat"
    return anat / f"sub-{subject}_ses-{session}_space-T1w_{name}.nii.gz"


def _run(
    entries: Sequence[object], *, only: Sequence[str] = (), parcels: Path | None = None
) -> None:
    """Carry out tasks whose results are missing."""
    for entry in entries:
        if not isinstance(entry, Task) or (only and entry.step.name not in only):
            continue
        if all(path.exists() for path in entry.outputs.values()):
            continue
        inputs = dict(entry.inputs)
        if parcels is not None and "parcels" in inputs:
            inputs = {k: v for k, v in inputs.items() if k != "parcel_table"} | {"parcels": parcels}
        for path in entry.outputs.values():
            path.parent.mkdir(parents=True, exist_ok=True)
        task = replace(entry, inputs=inputs)
        task.step.load()(task.inputs, task.outputs, task.settings)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    ways = parser.add_subparsers(dest="way", required=True)
    real = ways.add_parser("real")
    real.add_argument("raw", type=Path)
    real.add_argument("out", type=Path)
    simulated = ways.add_parser("simulated")
    simulated.add_argument("folder", type=Path)
    simulated.add_argument("--people", type=int, default=12)
    simulated.add_argument("--seed", type=int, default=900)
    simulated.add_argument("--years", type=float, default=3.0)
    simulated.add_argument("--voxel-size", type=float, default=2.0)
    arguments = parser.parse_args()
    prepare_environment()
    if arguments.way == "real":
        compare_real(arguments.raw, arguments.out)
    else:
        compare_simulated(
            arguments.folder,
            arguments.people,
            arguments.seed,
            arguments.voxel_size,
            arguments.years,
        )


if __name__ == "__main__":
    main()
