"""107 and 1,092 features of 22 regions in four images against PyRadiomics 3.0.1.

    python benchmarks/bench_radiomics_agreement.py --peer ENV/bin/python [--work DIR]

Images: two brains with multiple sclerosis (C19, C26) and the peer's own brain1 and breast1
(anisotropic grids). Regions: the image's mask or lesions and 22 pieces of the bright foreground
by distance to random seeds. PyRadiomics runs with its default (preCrop=False), one thread; what
it gave is kept in --work and used again. `exact` filters are compared at 1e-8, `fast` ones at
1e-4, and the voxels of the regions that `fast` puts into another bin are counted.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from mslens.core.volume import Volume
from mslens.io.nifti import load_volume
from mslens.radiomics.discretise import Discretisation, discretise
from mslens.radiomics.extract import extract_features, texture_sources
from mslens.radiomics.settings import EDSS_RADIOMICS, RadiomicsSettings
from mslens.radiomics.stored import as_stored

N_PIECES = 22
BRAIN = "open_ms_bids/skullstripped/sub-{0}/anat/sub-{0}_T1w.nii.gz"
LESIONS = (
    "open_ms_bids/skullstripped/derivatives/consensus/sub-{0}/anat/"
    "sub-{0}_space-T1w_label-lesion_mask.nii.gz"
)
SOURCES = {
    **{name: (BRAIN.format(name), LESIONS.format(name)) for name in ("C19", "C26")},
    **{
        name: (f"pyradiomics/data/{name}_image.nrrd", f"pyradiomics/data/{name}_label.nrrd")
        for name in ("brain1", "breast1")
    },
}
SETTINGS = {
    "107": RadiomicsSettings(discretisation=Discretisation(bin_width=25)),
    "1092": EDSS_RADIOMICS,
}

PREPARE = """
import sys
import numpy as np, SimpleITK as sitk
from scipy.spatial import cKDTree
image, mask = sitk.ReadImage(sys.argv[1]), sitk.ReadImage(sys.argv[2])
values, inside = sitk.GetArrayFromImage(image), sitk.GetArrayFromImage(mask) > 0
places = np.argwhere((values > values.mean()) & ~inside)
rng = np.random.default_rng(1)
seeds = places[rng.choice(len(places), int(sys.argv[5]), replace=False)]
labels = inside.astype(np.int32)
labels[tuple(places.T)] = cKDTree(seeds).query(places)[1] + 2
labels = sitk.GetImageFromArray(labels)
labels.CopyInformation(image)
sitk.WriteImage(image, sys.argv[3])
sitk.WriteImage(labels, sys.argv[4])
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

Reference = dict[str, dict[str, float]]


def write_parameters(path: Path, name: str) -> None:
    """Write the peer's parameter file of `SETTINGS[name]`."""
    settings = SETTINGS[name]
    images: dict[str, object] = {"Original": {}}
    if name == "1092":
        images |= {"LoG": {"sigma": [1.0, 3.0, 5.0]}, "Wavelet": {}}
    scale = {"normalize": True, "normalizeScale": 100} if settings.normalise else {}
    parameters = {
        "imageType": images,
        "featureClass": {k: list(v) or None for k, v in settings.features.items()},
        "setting": {"binWidth": settings.discretisation.bin_width, **scale},
    }
    path.write_text(json.dumps(parameters))


def ask_peer(peer: Path, name: str, kind: str, work: Path) -> Reference:
    """Return what PyRadiomics gives, from the working folder where it is there."""
    answer = work / f"{name}_{kind}.json"
    if not answer.exists():
        parameters = work / f"{kind}.yaml"
        write_parameters(parameters, kind)
        files = [str(work / f"{name}.nii.gz"), str(work / f"{name}_labels.nii.gz")]
        wanted = json.dumps(list(range(1, N_PIECES + 2)))
        command = [str(peer), "-c", PEER, *files, str(parameters), wanted, str(answer)]
        subprocess.run(command, check=True)
    reference: Reference = json.loads(answer.read_text())
    return reference


def compare(
    image: Volume, labels: Volume, path: Path, settings: RadiomicsSettings, reference: Reference
) -> tuple[list[tuple[float, str, str]], int]:
    """Return relative differences with region and feature, largest first, and the missing."""
    found = extract_features(
        as_stored(image.data, path),
        labels.data,
        voxel_size_mm=image.grid.voxel_size_mm,
        settings=settings,
        wanted=[int(label) for label in reference],
    )
    ours = {
        (str(label), column.name): value
        for label, row in zip(found.labels, found.matrix, strict=True)
        for column, value in zip(found.columns, row, strict=True)
    }
    errors, missing = [], 0
    for label, values in reference.items():
        for key, value in values.items():
            mine = ours[label, key]
            missing += bool(np.isnan(mine) != np.isnan(value))
            error = 0.0 if np.isnan(value) else abs(mine - value) / max(abs(value), 1e-12)
            errors.append((float(error), label, key))
    return sorted(errors, reverse=True), missing


def count_moved(image: Volume, labels: Volume, path: Path) -> tuple[int, int]:
    """Return how many voxels of the regions `fast` puts into another bin, and of how many."""
    parcels = np.ascontiguousarray(labels.data.T)
    inside = np.flatnonzero(parcels)
    data = as_stored(image.data, path)
    both = [
        texture_sources(data, parcels, image.grid.voxel_size_mm, settings)
        for settings in (
            EDSS_RADIOMICS,
            EDSS_RADIOMICS.model_copy(update={"implementation": "fast"}),
        )
    ]
    moved = total = 0
    for (name, exact, _), (_, fast, _) in zip(*both, strict=True):
        if not name.startswith("log"):
            continue
        bins = [
            discretise(v.reshape(-1)[inside], EDSS_RADIOMICS.discretisation).values
            for v in (exact, fast)
        ]
        moved += int((bins[0] != bins[1]).sum())
        total += inside.size
    return moved, total


def report(title: str, errors: list[tuple[float, str, str]], missing: int, limit: float) -> None:
    above = sum(error > limit for error, _, _ in errors)
    print(
        f"{title}: {len(errors)} values, {above} above {limit:g}, {missing} missing on one side; "
        f"worst {', '.join(f'{e:.1e} {key} ({label})' for e, label, key in errors[:3])}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--work", type=Path, help="keeps what the peer gave")
    parser.add_argument("--images", nargs="+", default=list(SOURCES), choices=list(SOURCES))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        work = arguments.work or Path(temporary)
        work.mkdir(parents=True, exist_ok=True)
        for name in arguments.images:
            image_path, labels_path = work / f"{name}.nii.gz", work / f"{name}_labels.nii.gz"
            if not labels_path.exists():
                sources = [str(arguments.data / source) for source in SOURCES[name]]
                made = [str(image_path), str(labels_path), str(N_PIECES)]
                subprocess.run([str(arguments.peer), "-c", PREPARE, *sources, *made], check=True)
            image, labels = load_volume(image_path), load_volume(labels_path, kind="label")
            for kind, settings in SETTINGS.items():
                reference = ask_peer(arguments.peer, name, kind, work)
                found = compare(image, labels, image_path, settings, reference)
                report(f"{name}, {len(reference)} regions, {kind}, exact", *found, 1e-8)
            fast = settings.model_copy(update={"implementation": "fast"})
            found = compare(image, labels, image_path, fast, reference)
            report(f"{name}, {kind}, fast", *found, 1e-4)
            moved, total = count_moved(image, labels, image_path)
            print(f"{name}, fast: {moved} of {total} voxels of the LoG images change bin")


if __name__ == "__main__":
    main()
