"""One subject, 115 regions, 125,580 values: agreement with PyRadiomics 3.0.1, CPU time, memory.

    mslens run BIDS OUT --participant-label C19 --steps preprocess segment
    python benchmarks/bench_radiomics.py --peer ENV/bin/python --anat OUT/sub-C19/anat

The peer lives in an environment of its own: numpy 1.26, "setuptools<70", wheel, versioneer and
cython first, then "pip install --no-build-isolation pyradiomics==3.0.1". Without --anat the
regions are cut out of a real brain by distance. Each run is a process of its own, imports,
reading and writing included, on one thread; times are CPU seconds; ours and the peer's
alternate. PyRadiomics gets every region once with preCrop (--full rounds); otherwise a random
sample of grey regions and the white matter, whose total is: start of the process + 114 x mean
of the grey regions + white matter. That scaling is checked against the full run.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from mslens.core.volume import Volume
from mslens.io.feature_files import read_feature_part
from mslens.io.nifti import load_volume, save_volume
from mslens.radiomics.settings import EDSS_RADIOMICS

N_GREY = 114
WHITE = 1000
SUBJECT = "open_ms_bids/skullstripped/sub-C26/anat/sub-C26_T1w.nii.gz"

OURS = """
import sys
from pathlib import Path
from mslens.radiomics.settings import EDSS_RADIOMICS
from mslens.radiomics.steps import ExtractionSettings, extract_regions
image, labels, out, implementation = sys.argv[1:]
radiomics = EDSS_RADIOMICS.model_copy(update={"implementation": implementation})
extract_regions({"image": Path(image), "labels": Path(labels)}, {"features": Path(out)},
                ExtractionSettings(radiomics=radiomics))
"""

PEER = """
import json, logging, sys, time
import SimpleITK as sitk
sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
logging.disable(logging.CRITICAL)
from radiomics.featureextractor import RadiomicsFeatureExtractor
image, labels, params, wanted, out, read_once = sys.argv[1:]
if read_once == "yes":
    image, labels = sitk.ReadImage(image), sitk.ReadImage(labels)
extractor = RadiomicsFeatureExtractor(params)
found, seconds = {}, {}
for label in json.loads(wanted):
    start = time.process_time()
    values = extractor.execute(image, labels, label=label)
    seconds[label] = time.process_time() - start
    found[label] = {k: float(v) for k, v in values.items() if not k.startswith("diagnostics")}
json.dump({"values": found, "seconds": seconds}, open(out, "w"))
"""


@dataclass(frozen=True)
class Subject:
    """Files of one subject and the labels of its regions."""

    image: Path
    labels: Path
    grey: list[int]


@dataclass
class Times:
    """CPU seconds of the rounds by name, and the largest peak of memory in MB."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    memory: dict[str, float] = field(default_factory=dict)

    def add(self, name: str, seconds: float, megabytes: float) -> None:
        """Note one run."""
        self.seconds.setdefault(name, []).append(seconds)
        self.memory[name] = max(megabytes, self.memory.get(name, 0.0))
        print(f"   {name}: {seconds:.1f} CPU s, {megabytes:.0f} MB", flush=True)

    def median(self, name: str) -> float:
        """Return the median CPU seconds of a name's runs."""
        return statistics.median(self.seconds[name])


def _save(folder: Path, image: Volume, labels: np.ndarray) -> Subject:
    paths = folder / "image.nii.gz", folder / "labels.nii.gz"
    save_volume(paths[0], image)
    save_volume(paths[1], Volume(labels, image.grid, "label"))
    sizes = np.bincount(labels.ravel())
    grey = [int(label) for label in np.flatnonzero(sizes) if 0 < label < WHITE]
    print(
        f"{len(grey)} grey regions, median {np.median(sizes[grey]):.0f} voxels; "
        f"white matter {sizes[WHITE]} voxels; image {image.data.shape}"
    )
    return Subject(*paths, grey)


def cut_subject(data: Path, folder: Path) -> Subject:
    """Write the T1w and a map of 114 grey-matter-like regions and one of white matter."""
    image = load_volume(data / SUBJECT)
    brain = image.data > 0
    white = image.data > np.percentile(image.data[brain], 60)
    grey = np.argwhere(brain & ~white)
    seeds = grey[np.random.default_rng(0).choice(len(grey), N_GREY, replace=False)]
    labels = np.where(white, WHITE, 0).astype(np.int32)
    labels[tuple(grey.T)] = cKDTree(seeds).query(grey)[1] + 1
    return _save(folder, image, labels)


def join_subject(anat: Path, folder: Path) -> Subject:
    """Write the T1w and the 114 marked parcels with the normal-appearing white matter."""
    image = load_volume(next(anat.glob("*_desc-preproc_T1w.nii.gz")))
    parcels = load_volume(next(anat.glob("*desc-parcels_dseg.nii.gz")), kind="label").data
    nawm = load_volume(next(anat.glob("*label-NAWM_mask.nii.gz")), kind="mask").data
    table = pd.read_csv(next(anat.glob("*_desc-parcels_dseg.tsv")), sep="\t")
    wanted = table["index"][table["in_set114"].astype(str).str.lower() == "true"]
    labels = np.where(np.isin(parcels, wanted), parcels, np.where(nawm, WHITE, 0))
    return _save(folder, image, labels.astype(np.int32))


def write_parameters(path: Path, *, pre_crop: bool) -> Path:
    parameters = {
        "imageType": {"Original": {}, "LoG": {"sigma": [1.0, 3.0, 5.0]}, "Wavelet": {}},
        "featureClass": {k: list(v) or None for k, v in EDSS_RADIOMICS.features.items()},
        "setting": {
            "binWidth": 5,
            "normalize": True,
            "normalizeScale": 100,
            "preCrop": pre_crop,
        },
    }
    path.write_text(json.dumps(parameters))
    return path


def run_timed(command: list[str]) -> tuple[float, float]:
    """Return CPU seconds and peak memory in MB of a process."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
    with subprocess.Popen(command, env=environment) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{command[0]} failed")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1000


def run_ours(subject: Subject, implementation: str, out: Path) -> tuple[float, float]:
    files = [str(subject.image), str(subject.labels), str(out)]
    return run_timed([sys.executable, "-c", OURS, *files, implementation])


def run_peer(
    peer: Path, subject: Subject, wanted: list[int], out: Path, *, crop: bool, read_once: bool
) -> tuple[float, float, dict[str, dict[str, float]]]:
    """Return CPU seconds for every region, memory and the values of the wanted ones."""
    parameters = write_parameters(out.with_suffix(".yaml"), pre_crop=crop)
    files = [str(subject.image), str(subject.labels), str(parameters)]
    once = "yes" if read_once else "no"
    command = [str(peer), "-c", PEER, *files, json.dumps(wanted), str(out), once]
    total, memory = run_timed(command)
    answer = json.loads(out.read_text())
    spent = {int(label): seconds for label, seconds in answer["seconds"].items()}
    per_grey = statistics.mean(s for label, s in spent.items() if label != WHITE)
    scaled = total - sum(spent.values()) + per_grey * len(subject.grey) + spent[WHITE]
    return scaled, memory, answer["values"]


def compare(
    part: pd.DataFrame, reference: dict[str, dict[str, float]], kind: str = ""
) -> list[tuple[float, str, str]]:
    keys = part["image_type"].astype(str) + "_" + part["feature_class"].astype(str)
    keys = keys + "_" + part["feature"].astype(str)
    ours = dict(zip(zip(part["roi"].astype(str), keys, strict=True), part["value"], strict=True))
    found = []
    for label, values in reference.items():
        for key, value in values.items():
            if key.startswith(kind):
                error = abs(ours[label, key] - value) / max(abs(value), 1e-12)
                found.append((float(error), label, key))
    return sorted(found, reverse=True)


def report_errors(name: str, errors: list[tuple[float, str, str]]) -> None:
    print(
        f"{name}: {len(errors)} values compared, {sum(e[0] > 1e-8 for e in errors)} above 1e-8, "
        f"{sum(e[0] > 1e-4 for e in errors)} above 1e-4; worst:"
    )
    for error, label, key in errors[:5]:
        print(f"   {error:.1e} region {label} {key}")


def report_times(times: Times) -> None:
    for name, values in times.seconds.items():
        print(
            f"{name}: median {times.median(name):.2f} CPU s "
            f"({min(values):.2f}-{max(values):.2f}, {len(values)} runs), "
            f"{times.memory[name]:.0f} MB"
        )
    for name in ("exact", "fast"):
        ratios = [
            f"{times.median(peer) / times.median(name):.0f}x {peer}"
            for peer in times.seconds
            if peer not in ("exact", "fast")
        ]
        print(f"ratio of {name}: {', '.join(ratios)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", type=Path, required=True)
    parser.add_argument("--anat", type=Path, help="anat folder of a subject from 'mslens run'")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--sample", type=int, default=4, help="grey regions the peer runs on")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--full", type=int, default=1, help="rounds with every region, preCrop")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        anat = arguments.anat
        subject = join_subject(anat, folder) if anat else cut_subject(arguments.data, folder)
        chosen = np.random.default_rng(0).choice(subject.grey, arguments.sample, replace=False)
        sample = [*sorted(int(label) for label in chosen), WHITE]
        print("sample:", sample)
        run_ours(subject, "exact", folder / "warm.parquet")
        times, whole, default = Times(), {}, {}
        for number in range(arguments.rounds):
            print("round", number)
            for name in ("exact", "fast"):
                times.add(name, *run_ours(subject, name, folder / f"{name}.parquet"))
            modes = [
                ("PyRadiomics preCrop, sample", sample, True, False),
                ("PyRadiomics default, sample", sample, False, False),
            ]
            if number < arguments.full:
                everything = [*subject.grey, WHITE]
                modes.insert(0, ("PyRadiomics preCrop, every region", everything, True, False))
                modes.append(("PyRadiomics preCrop, images read once, sample", sample, True, True))
            for name, wanted, crop, once in modes:
                seconds, memory, values = run_peer(
                    arguments.peer, subject, wanted, folder / "peer", crop=crop, read_once=once
                )
                times.add(name, seconds, memory)
                if not crop:
                    default = values
                elif len(wanted) > len(sample):
                    whole = values
        report_times(times)
        for name in ("exact", "fast"):
            part = read_feature_part(folder / f"{name}.parquet")
            print(f"{name}: {len(part)} values, {int(part['value'].isna().sum())} missing")
            report_errors(f"{name}, default sample", compare(part, default))
            if whole:
                report_errors(f"{name}, every region, original", compare(part, whole, "original_"))


if __name__ == "__main__":
    main()
