"""One subject, 115 regions, 125,580 values: agreement with PyRadiomics 3.0.1 and CPU time.

    python benchmarks/bench_radiomics.py --peer /path/to/pyradiomics-env/bin/python

The peer lives in an environment of its own: numpy 1.26, "setuptools<70", wheel, versioneer and
cython first, then "pip install --no-build-isolation pyradiomics==3.0.1". Each run is a process
of its own, imports and files included; times are CPU seconds of that process; ours and the
peer's alternate. PyRadiomics runs on a sample of the regions (its cost per region is counted
for all of them) unless --full asks for every region with preCrop.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from scipy.spatial import cKDTree

from mslens.core.volume import Volume
from mslens.io.feature_files import read_feature_part
from mslens.io.nifti import load_volume, save_volume
from mslens.radiomics.settings import EDSS_RADIOMICS

N_GREY_REGIONS = 114
SUBJECT = "open_ms_bids/skullstripped/sub-{0}/anat/sub-{0}_T1w.nii.gz"

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
import json, logging, sys
import SimpleITK as sitk
sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
logging.disable(logging.CRITICAL)
from radiomics.featureextractor import RadiomicsFeatureExtractor
image, labels, params, wanted, out = sys.argv[1:]
extractor = RadiomicsFeatureExtractor(params)
found = {}
for label in json.loads(wanted):
    values = extractor.execute(image, labels, label=label)
    found[label] = {k: float(v) for k, v in values.items() if not k.startswith("diagnostics")}
json.dump(found, open(out, "w"))
"""


def make_subject(data: Path, name: str, folder: Path) -> tuple[Path, Path, dict[int, int]]:
    """Write the T1w and a map of 114 grey-matter-like regions and one of white matter."""
    image = load_volume(data / SUBJECT.format(name))
    brain = image.data > 0
    white = image.data > np.percentile(image.data[brain], 60)
    grey = np.argwhere(brain & ~white)
    rng = np.random.default_rng(0)
    seeds = grey[rng.choice(len(grey), N_GREY_REGIONS, replace=False)]
    labels = np.where(white, N_GREY_REGIONS + 1, 0).astype(np.int32)
    labels[tuple(grey.T)] = cKDTree(seeds).query(grey)[1] + 1
    paths = folder / "image.nii.gz", folder / "labels.nii.gz"
    save_volume(paths[0], image)
    save_volume(paths[1], Volume(labels, image.grid, "label"))
    sizes = np.bincount(labels.ravel())
    return (*paths, {n: int(sizes[n]) for n in range(1, len(sizes))})


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
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with subprocess.Popen(command, env=environment) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{command[0]} failed")
    del before
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1000


def compare(part, reference: dict[str, dict[str, float]]) -> list[tuple[float, str, str]]:
    keys = part["image_type"].astype(str) + "_" + part["feature_class"].astype(str)
    keys = keys + "_" + part["feature"].astype(str)
    ours = dict(zip(zip(part["roi"].astype(str), keys, strict=True), part["value"], strict=True))
    found = []
    for label, values in reference.items():
        for key, value in values.items():
            error = abs(ours[label, key] - value) / max(abs(value), 1e-12)
            found.append((float(error), label, key))
    return sorted(found, reverse=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--subject", default="C26")
    parser.add_argument("--sample", type=int, default=6, help="grey regions the peer runs on")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--full", action="store_true", help="every region with preCrop")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        image, labels, sizes = make_subject(arguments.data, arguments.subject, folder)
        grey = list(range(1, N_GREY_REGIONS + 1))
        step = max(1, len(grey) // arguments.sample)
        sample = grey if arguments.full else grey[::step][: arguments.sample]
        white = [N_GREY_REGIONS + 1]
        print(
            f"grey regions: median {statistics.median(sizes[g] for g in grey):.0f} voxels, "
            f"white matter {sizes[white[0]]}; sample of {len(sample)}"
        )

        def ours(implementation: str) -> tuple[float, float]:
            out = folder / f"{implementation}.parquet"
            command = [sys.executable, "-c", OURS, str(image), str(labels), str(out)]
            return run_timed([*command, implementation])

        def peer(wanted: list[int], name: str, *, pre_crop: bool) -> float:
            parameters = write_parameters(folder / f"{name}.yaml", pre_crop=pre_crop)
            command = [str(arguments.peer), "-c", PEER, str(image), str(labels), str(parameters)]
            return run_timed([*command, json.dumps(wanted), str(folder / f"{name}.json")])[0]

        ours("exact")
        times: dict[str, list[float]] = {"exact": [], "fast": [], "crop": [], "default": []}
        memory = []
        for number in range(arguments.rounds):
            for implementation in ("exact", "fast"):
                seconds, peak = ours(implementation)
                times[implementation].append(seconds)
                memory.append(peak)
            per_grey = peer(sample, "crop", pre_crop=True) / len(sample)
            one_white = peer(white, "crop_white", pre_crop=True)
            times["crop"].append(per_grey * len(grey) + one_white)
            if not arguments.full or number == 0:
                some = sample[: arguments.sample]
                per_grey = peer(some, "default", pre_crop=False) / len(some)
                one_white = peer(white, "default_white", pre_crop=False)
                times["default"].append(per_grey * len(grey) + one_white)
            print(number, {k: round(v[-1], 2) for k, v in times.items()}, flush=True)
        medians = {k: statistics.median(v) for k, v in times.items()}
        for k in ("exact", "fast"):
            print(
                f"{k}: {medians[k]:.2f} CPU s; PyRadiomics preCrop {medians['crop']:.0f} s "
                f"({medians['crop'] / medians[k]:.0f}x), default {medians['default']:.0f} s "
                f"({medians['default'] / medians[k]:.0f}x)"
            )
        print(f"peak memory of ours: {max(memory):.0f} MB")
        reference = json.loads((folder / "default.json").read_text())
        reference |= json.loads((folder / "default_white.json").read_text())
        for k in ("exact", "fast"):
            part = read_feature_part(folder / f"{k}.parquet")
            errors = compare(part, reference)
            print(
                f"{k}: {len(part)} values, {len(errors)} compared, "
                f"{sum(e[0] > 1e-8 for e in errors)} above 1e-8, "
                f"{sum(e[0] > 1e-4 for e in errors)} above 1e-4; worst:"
            )
            for error, label, key in errors[:5]:
                print(f"   {error:.1e} region {label} {key}")


if __name__ == "__main__":
    main()
