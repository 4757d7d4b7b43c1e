"""Kernels alone on the same pre-quantised regions, one thread: ours, PyRadiomics, Nyxus.

    python benchmarks/bench_radiomics_kernels.py --peer ENV/bin/python [--nyxus ENV/bin/python]

Regions are cubes-with-holes of smooth noise, quantised to N levels, handed over as whole
numbers; ours are prepared (voxel lists) before the clock starts, as its images are.
PyRadiomics: its six feature classes (91 features) on images in memory. Nyxus: its 3D texture
classes on the same volumes from files. CPU seconds per region, without imports; runs alternate.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import nibabel as nib
import numpy as np
from scipy import ndimage

from mslens.radiomics.discretise import Discretisation
from mslens.radiomics.names import TEXTURE_CLASSES
from mslens.radiomics.regions import find_regions
from mslens.radiomics.settings import EDSS_RADIOMICS
from mslens.radiomics.texture import Described, Scratch, TextureRequest, describe_texture

PYRADIOMICS = """
import json, logging, sys, time
import numpy as np, SimpleITK as sitk
sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
logging.disable(logging.CRITICAL)
from radiomics import firstorder, glcm, gldm, glrlm, glszm, ngtdm
classes = {"firstorder": firstorder.RadiomicsFirstOrder, "glcm": glcm.RadiomicsGLCM,
           "gldm": gldm.RadiomicsGLDM, "glrlm": glrlm.RadiomicsGLRLM,
           "glszm": glszm.RadiomicsGLSZM, "ngtdm": ngtdm.RadiomicsNGTDM}
wanted = json.loads(sys.argv[2])
found, seconds = [], 0.0
for volume in np.load(sys.argv[1]):
    image = sitk.GetImageFromArray(volume.astype(np.int32))
    mask = sitk.GetImageFromArray((volume > 0).astype(np.uint8))
    start = time.process_time()
    values = {}
    for name, kind in classes.items():
        features = kind(image, mask, binWidth=1, label=1)
        for feature in wanted[name]:
            features.enableFeatureByName(feature)
        values |= {f"{name}_{k}": float(v) for k, v in features.execute().items()}
    seconds += time.process_time() - start
    found.append(values)
print(json.dumps({"seconds": seconds / len(found), "values": found}))
"""

NYXUS = """
import json, sys, time
import nyxus
files = json.loads(sys.argv[1])
engine = nyxus.Nyxus3D(["*3D_GLCM*", "*3D_GLDM*", "*3D_GLRLM*", "*3D_GLSZM*", "*3D_NGTDM*",
                        "*3D_ALL_INTENSITY*"], n_feature_calc_threads=1)
start = time.process_time()
for image, mask in files:
    engine.featurize_files([image], [mask], False)
print(json.dumps({"seconds": (time.process_time() - start) / len(files)}))
"""


def make_regions(count: int, edge: int, levels: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    smooth = ndimage.gaussian_filter(rng.normal(size=(count, edge, edge, edge)), (0, 1, 1, 1))
    holes = ndimage.gaussian_filter(rng.normal(size=smooth.shape), (0, 2, 2, 2))
    inside = holes > np.quantile(holes, 0.35)
    place = (smooth - smooth.min()) / np.ptp(smooth)
    return np.where(inside, np.minimum((place * levels).astype(int), levels - 1) + 1, 0)


def run_ours(volumes: np.ndarray, rounds: int) -> tuple[float, list[Described]]:
    request = TextureRequest(TEXTURE_CLASSES, Discretisation(bin_width=1.0), with_mcc=False)
    scratch = Scratch()

    prepared = []
    for volume in volumes:
        region = find_regions((volume > 0).astype(np.uint8))[0]
        prepared.append((volume.reshape(-1)[region.voxels], region))
    describe_texture(*prepared[0], request, scratch=scratch)
    start = time.process_time()
    for _ in range(rounds):
        found = [describe_texture(*pair, request, scratch=scratch) for pair in prepared]
    return (time.process_time() - start) / rounds / len(volumes), found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", type=Path, required=True)
    parser.add_argument("--nyxus", type=Path)
    parser.add_argument("--levels", type=int, nargs="+", default=[65, 604])
    parser.add_argument("--edge", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    wanted = {name: EDSS_RADIOMICS.features_of(name) for name in TEXTURE_CLASSES}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for levels in arguments.levels:
            volumes = make_regions(8 if levels <= 100 else 2, arguments.edge, levels)
            np.save(folder / "volumes.npy", volumes)
            pairs = []
            for n, volume in enumerate(volumes):
                pair = [str(folder / f"{kind}{n}.nii.gz") for kind in ("image", "mask")]
                nib.save(nib.Nifti1Image(volume.astype(np.int16), np.eye(4)), pair[0])
                nib.save(nib.Nifti1Image((volume > 0).astype(np.uint8), np.eye(4)), pair[1])
                pairs.append(pair)
            commands = {
                "PyRadiomics": [
                    str(arguments.peer),
                    "-c",
                    PYRADIOMICS,
                    str(folder / "volumes.npy"),
                    json.dumps(wanted),
                ],
            }
            if arguments.nyxus:
                commands["Nyxus"] = [str(arguments.nyxus), "-c", NYXUS, json.dumps(pairs)]
            times: dict[str, list[float]] = {"ours": [], **{name: [] for name in commands}}
            for _ in range(arguments.rounds):
                times["ours"].append(run_ours(volumes, 10)[0])
                for name, command in commands.items():
                    done = subprocess.run(command, capture_output=True, text=True)
                    if done.returncode:
                        print(name, "failed:", done.stderr.strip().splitlines()[-1])
                        continue
                    answer = json.loads(done.stdout.strip().splitlines()[-1])
                    times[name].append(answer["seconds"])
            voxels = float(np.mean([(v > 0).sum() for v in volumes]))
            base = statistics.median(times["ours"])
            print(f"{levels} levels, {voxels:.0f} voxels: ours {1000 * base:.2f} ms")
            for name in commands:
                if times[name]:
                    peer = statistics.median(times[name])
                    print(f"   {name} {1000 * peer:.1f} ms: {peer / base:.0f}x")


if __name__ == "__main__":
    main()
