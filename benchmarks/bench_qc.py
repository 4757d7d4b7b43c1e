"""Sensitivity and specificity of the quality flags on simulated faults of several strengths.

    python benchmarks/bench_qc.py simulate FOLDER --people 20 --seed 917 --sites site2
    python benchmarks/bench_qc.py judge FOLDER [FOLDER ...] --sessions 20 --slow-sessions 12
    python benchmarks/bench_qc.py judge FOLDER --only "field of view" "mask brought"

FOLDER holds simulated people whom no limit was set on, with their brain masks, registrations and
lesions as the pipeline found them; ``bench_longitudinal.py simulated`` makes such a folder too.
Every fault (`qc_faults.py`) is put into one image or one result of a session; it counts as seen
when the step that should see it raises a flag on that image. First visits come first, so that as
many sessions as can be are of different people. Faults that the brain mask or the alignment of
visits has to notice run that step again, on fewer sessions. Intervals are Wilson's, 95%; where a
person gives two sessions they are somewhat too narrow.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from itertools import chain, zip_longest
from pathlib import Path

from mslens.core.rng import make_rng
from mslens.pipeline.environment import prepare_environment
from mslens.pipeline.plan import Task
from mslens.preprocess.brain_mask import BrainMaskSettings
from mslens.preprocess.image_quality import QualitySettings
from mslens.preprocess.longitudinal_steps import AlignVisitsSettings, align_visits
from mslens.preprocess.quality_steps import measure_quality
from mslens.preprocess.steps import extract_brain
from mslens.simulate.dataset import simulate_dataset
from mslens.simulate.settings import SimulationSettings
from mslens.stats.proportions import wilson_interval
from mslens.studies.run.images import SessionImages
from mslens.studies.run.names import session_outputs
from mslens.studies.run.preprocess_tasks import plan_preprocess
from mslens.studies.run.segment_tasks import plan_lesions
from mslens.studies.run.session_planner import SessionPlanner
from mslens.studies.run.settings import RunSettings
from qc_faults import FAULTS, SOUND, Fault, Files

NEEDED = ("brain-mask", "bias", "coregister-FLAIR", "lesions")
#: Inputs of the step `quality` that a fault of a place needs.
COMMON = ("t1w", "mask", "preproc", "coarse_xfm")
INPUTS = {
    "T1w": COMMON,
    "FLAIR": (*COMMON, "flair", "flair_xfm"),
    "lesions": (*COMMON, "aligned_flair", "lesions"),
    "all": (*COMMON, "flair", "flair_xfm", "aligned_flair", "lesions"),
}
ALIGNED = {
    "earlier_image": "earlier.nii.gz",
    "later_image": "later.nii.gz",
    "mask": "mask.nii.gz",
    "earlier_to_halfway": "earlier.txt",
    "later_to_halfway": "later.txt",
}


def simulate(folder: Path, people: int, seed: int, sites: Sequence[str], voxel_size: float) -> None:
    """Simulate people with one visit and run the steps on them that the faults are put into."""
    cohort = {"n_patients": people, "seed": seed, "repeated": False, "sites": tuple(sites)}
    settings = SimulationSettings.parse(
        {"cohort": cohort, "voxel_size_mm": voxel_size, "images": ("T1w", "FLAIR")}
    )
    simulate_dataset(folder, settings=settings)
    for anat in sorted((folder / "bids").glob("sub-*/anat")):
        t1w, flair = (anat / f"{anat.parent.name}_{suffix}.nii.gz" for suffix in ("T1w", "FLAIR"))
        images = SessionImages(anat.parent.name[4:], None, t1w=t1w, flair=flair)
        planner = SessionPlanner(images, folder / "out", RunSettings())
        for task in [*plan_preprocess(planner), *plan_lesions(planner)]:
            if not isinstance(task, Task) or task.step.name not in NEEDED:
                continue
            for path in task.outputs.values():
                path.parent.mkdir(parents=True, exist_ok=True)
            task.step.load()(task.inputs, task.outputs, task.settings)


def list_sessions(folder: Path) -> Iterator[Files]:
    """Yield the files of every session that is complete; of a second visit those of both."""
    for person in sorted((folder / "bids").glob("sub-*")):
        visits = sorted(person.glob("ses-*/anat")) or [person / "anat"]
        earlier: Files = {}
        for anat in visits:
            files = _files_of(folder, anat)
            if files is None:
                continue
            if earlier:
                pair = {"earlier": earlier, "later": files}
                for name, visit in pair.items():
                    files |= {
                        name: visit["flair"],
                        f"{name}_mask": visit["mask"],
                        f"{name}_xfm": visit["flair_xfm"],
                    }
            yield files
            earlier = files


def _files_of(folder: Path, anat: Path) -> Files | None:
    session = anat.parent.name[4:] if anat.parent.name.startswith("ses-") else None
    person = anat.parents[1] if session else anat.parent
    subject = person.name[4:]
    names = session_outputs(folder / "out", subject=subject, session=session, reference="T1w")
    if not names["lesions"].exists():
        return None
    stem = f"sub-{subject}" + (f"_ses-{session}" if session else "")
    truth = folder / "truth" / anat.relative_to(folder / "bids")
    return {
        "t1w": anat / f"{stem}_T1w.nii.gz",
        "flair": anat / f"{stem}_FLAIR.nii.gz",
        "true_mask": truth / f"{stem}_space-T1w_desc-brain_mask.nii.gz",
        "mask": names["brain_mask"],
        "aligned_flair": names["flair"],
        **{role: names[role] for role in ("preproc", "coarse_xfm", "flair_xfm", "lesions")},
    }


def order_sessions(folders: Sequence[Path]) -> list[Files]:
    """Take turns among the folders, the first visits of all people before the second ones."""
    per_folder = [list(list_sessions(folder)) for folder in folders]
    mixed = [files for files in chain(*zip_longest(*per_folder)) if files]
    return sorted(mixed, key=lambda files: "later" in files)


def find_flags(files: Files, fault: Fault | None, folder: Path) -> list[str]:
    """Messages of the step that should see the fault, about the image that has it."""
    if fault is not None and fault.place == "visits":
        roles = [f"{n}{part}" for n in ("earlier", "later") for part in ("", "_mask", "_xfm")]
        outputs = {role: folder / name for role, name in ALIGNED.items()}
        facts = align_visits({role: files[role] for role in roles}, outputs, AlignVisitsSettings())
    elif fault is not None and fault.place == "brain":
        outputs = {"mask": folder / "new_mask.nii.gz", "coarse_xfm": folder / "new_xfm.nii.gz"}
        inputs = {"image": files["t1w"]}
        if "brought" in files:
            inputs["mask"] = files["brought"]
        facts = extract_brain(inputs, outputs, BrainMaskSettings())
    else:
        place = "all" if fault is None else fault.place
        inputs = {role: files[role] for role in INPUTS[place] if role in files}
        facts = measure_quality(inputs, {"table": folder / "quality.tsv"}, QualitySettings())
        if fault is not None:
            own = [f for f in facts["flags"] if f["message"].startswith(f"{place}:")]
            facts = {"flags": own}
    return [flag["message"] for flag in facts["flags"]]


def judge(everyone: Sequence[Files], slow_sessions: int, only: Sequence[str]) -> None:
    """Put every fault into the sessions and print who saw it, fault by fault."""
    if not only or "none" in only:
        _judge_fault(None, everyone)
    for fault in (*SOUND, *FAULTS):
        if only and fault.name not in only:
            continue
        sessions = everyone
        if fault.place == "visits":
            sessions = [files for files in everyone if "later" in files]
        _judge_fault(fault, sessions[:slow_sessions] if fault.is_slow else sessions)


def _judge_fault(fault: Fault | None, sessions: Sequence[Files]) -> None:
    name, strength = ("none", "") if fault is None else (fault.name, fault.strength)
    seen, messages = 0, []
    for number, files in enumerate(sessions):
        with tempfile.TemporaryDirectory() as place:
            rng = make_rng(1, "qc", str(number), name, strength)
            changed = files if fault is None else fault.apply(files, Path(place), rng)
            found = find_flags(changed, fault, Path(place))
        seen += bool(found)
        messages += [f"{files['t1w'].name}: {message}" for message in found]
    if not sessions:
        return
    low, high = wilson_interval(seen, len(sessions))
    print(
        f"{name:16s} {strength:18s} {seen:3d} of {len(sessions):3d}  {seen / len(sessions):4.0%}"
        f" [{low:.0%}, {high:.0%}]",
        flush=True,
    )
    is_sound = fault is None or fault in SOUND
    for message in messages if is_sound else messages[:1]:
        print(f"    {message[:150]}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    ways = parser.add_subparsers(dest="way", required=True)
    making = ways.add_parser("simulate")
    making.add_argument("folder", type=Path)
    making.add_argument("--people", type=int, default=20)
    making.add_argument("--seed", type=int, default=917)
    making.add_argument("--sites", nargs="+", default=["site1", "site2"])
    making.add_argument("--voxel-size", type=float, default=2.0)
    judging = ways.add_parser("judge")
    judging.add_argument("folders", type=Path, nargs="+")
    judging.add_argument("--sessions", type=int, default=24)
    judging.add_argument("--slow-sessions", type=int, default=12)
    judging.add_argument("--only", nargs="+", default=[])
    given = parser.parse_args()
    prepare_environment()
    if given.way == "simulate":
        simulate(given.folder, given.people, given.seed, given.sites, given.voxel_size)
    else:
        everyone = order_sessions(given.folders)[: given.sessions]
        judge(everyone, given.slow_sessions, given.only)


if __name__ == "__main__":
    main()
