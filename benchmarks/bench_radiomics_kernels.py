"""Kernels alone on the same pre-quantised regions, one thread: ours, PyRadiomics, Nyxus.

    python benchmarks/bench_radiomics_kernels.py --peer ENV/bin/python [--nyxus ENV/bin/python]

Nyxus: "pip install nyxus==0.11 nibabel" in an environment of its own; PyRadiomics as in
bench_radiomics.py.

Regions are cubes-with-holes of smooth noise, all different, quantised to N levels and handed
over as whole numbers; ours are prepared (voxel lists) before the clock starts, as the peers'
images are. PyRadiomics: its six feature classes (91 features) on images in memory. Nyxus: its
3D groups GLCM, GLDM, GLRLM, GLSZM, NGTDM and intensity (162 columns: GLCM and GLRLM once for the
first direction and once as means over 13; no MCC; NGTDM comes out as zero in 0.11) on the same
volumes from files; what a call for the mean alone costs (reading, bookkeeping) is measured too
and taken off in a second ratio. Features that Nyxus defines as PyRadiomics does are compared,
which shows that it counts the same bins. CPU seconds per region without imports, one thread;
runs alternate; median and range.
"""

from __future__ import annotations

import argparse
import itertools
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
from mslens.radiomics.names import KERNEL_NAMES, TEXTURE_CLASSES
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
groups = ["*3D_GLCM*", "*3D_GLDM*", "*3D_GLRLM*", "*3D_GLSZM*", "*3D_NGTDM*", "*3D_ALL_INTENSITY*"]
answer = {}
for name, wanted in (("seconds", groups), ("reading", ["3MEAN"])):
    engine = nyxus.Nyxus3D(wanted, n_feature_calc_threads=1)
    engine.featurize_files([files[0][0]], [files[0][1]], False)
    start, rows = time.process_time(), []
    for image, mask in files:
        rows.append(engine.featurize_files([image], [mask], False))
    answer[name] = (time.process_time() - start) / len(files)
    if name == "seconds":
        keys = [key for key in rows[0].columns if key.startswith("3")]
        answer["values"] = [{key: float(row[key].iloc[0]) for key in keys} for row in rows]
print(json.dumps(answer))
"""

#: Ours -> Nyxus, where both define the feature alike.
SAME_IN_NYXUS = {
    "firstorder_Skewness": "3SKEWNESS",
    "glcm_Contrast": "3GLCM_CONTRAST_AVE",
    "glcm_Idm": "3GLCM_IDM_AVE",
    "gldm_SmallDependenceEmphasis": "3GLDM_SDE",
    "glrlm_ShortRunEmphasis": "3GLRLM_SRE_AVE",
    "glszm_SmallAreaEmphasis": "3GLSZM_SAE",
}


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


def name_values(found: Described) -> dict[str, float]:
    return {
        f"{kind}_{feature}": float(value)
        for kind, values in found.values.items()
        for feature, value in zip(KERNEL_NAMES[kind], values, strict=True)
        if feature is not None
    }


def worst_difference(
    ours: list[dict[str, float]], theirs: list[dict[str, float]], names: dict[str, str]
) -> tuple[float, str]:
    return max(
        (abs(a[mine] - b[other]) / max(abs(b[other]), 1e-12), mine)
        for a, b in zip(ours, theirs, strict=True)
        for mine, other in names.items()
    )


def write_pairs(volumes: np.ndarray, folder: Path) -> list[list[str]]:
    pairs = []
    for n, volume in enumerate(volumes):
        pair = [str(folder / f"{kind}{n}.nii.gz") for kind in ("image", "mask")]
        nib.save(nib.Nifti1Image(volume.astype(np.int16), np.eye(4)), pair[0])
        nib.save(nib.Nifti1Image((volume > 0).astype(np.uint8), np.eye(4)), pair[1])
        pairs.append(pair)
    np.save(folder / "volumes.npy", volumes)
    return pairs


def ask(command: list[str]) -> dict:
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.strip().splitlines()[-1])


def report(
    name: str,
    seconds: list[float],
    ours: list[float],
    worst: tuple[float, str],
    reading: list[float],
) -> None:
    base, peer = statistics.median(ours), statistics.median(seconds)
    text = (
        f"   {name} {1000 * peer:.1f} ms ({1000 * min(seconds):.1f}-{1000 * max(seconds):.1f}): "
        f"{peer / base:.0f}x"
    )
    if reading:
        alone = peer - statistics.median(reading)
        text += f", without its reading {1000 * alone:.1f} ms: {alone / base:.0f}x"
    print(f"{text}; largest difference {worst[0]:.1e} ({worst[1]})", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", type=Path, required=True)
    parser.add_argument("--nyxus", type=Path)
    parser.add_argument("--levels", type=int, nargs="+", default=[65, 604])
    parser.add_argument("--edges", type=int, nargs="+", default=[20])
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    wanted = {name: EDSS_RADIOMICS.features_of(name) for name in TEXTURE_CLASSES}
    same = {f"{c}_{f}": f"{c}_{f}" for c, features in wanted.items() for f in features}
    for levels, edge in itertools.product(arguments.levels, arguments.edges):
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            volumes = make_regions(24 if levels * edge <= 2000 else 3, edge, levels)
            pairs = write_pairs(volumes, folder)
            files = [str(folder / "volumes.npy"), json.dumps(wanted)]
            commands = {"PyRadiomics": [str(arguments.peer), "-c", PYRADIOMICS, *files]}
            if arguments.nyxus:
                commands["Nyxus"] = [str(arguments.nyxus), "-c", NYXUS, json.dumps(pairs)]
            ours: list[float] = []
            answers: dict[str, list[dict]] = {name: [] for name in commands}
            for _ in range(arguments.rounds):
                seconds, found = run_ours(volumes, 3)
                ours.append(seconds)
                for name, command in commands.items():
                    answers[name].append(ask(command))
        voxels = float(np.mean([(v > 0).sum() for v in volumes]))
        print(
            f"{levels} levels, {voxels:.0f} voxels: ours {1000 * statistics.median(ours):.2f} ms "
            f"({1000 * min(ours):.2f}-{1000 * max(ours):.2f})"
        )
        values = [name_values(described) for described in found]
        for name, given in answers.items():
            names = same if name == "PyRadiomics" else SAME_IN_NYXUS
            worst = worst_difference(values, given[0]["values"], names)
            reading = [a["reading"] for a in given if "reading" in a]
            report(name, [a["seconds"] for a in given], ours, worst, reading)


if __name__ == "__main__":
    main()
