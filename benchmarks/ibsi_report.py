"""IBSI compliance in a table with codes: digital phantom, configurations A-C, filters 1-3.

    python benchmarks/ibsi_report.py [--data ../shared/data] [--out ibsi.tsv]

A value agrees when it lies in the published tolerance, as computed or rounded to the three digits
that the reference has. Configurations D and E are computed too; their reference values are not
in the data, so their values are only listed. Response maps of IBSI 2 agree when no voxel is
further from the reference than 1% of its range.
"""

from __future__ import annotations

import argparse
import csv
import functools
import time
from pathlib import Path

import nibabel as nib
import numpy as np

from mslens.radiomics.filters.laws import laws_filter
from mslens.radiomics.filters.mean import mean_filter
from mslens.radiomics.filters.truncated_gaussian import laplacian_truncated
from mslens.radiomics.ibsi import CONFIGURATIONS, code_of, describe_ibsi
from mslens.radiomics.ibsi_diagnostics import describe_stages

REFERENCES = {
    "digital-phantom": "dig_phantom",
    "A": "chest_config_a",
    "B": "chest_config_b",
    "C": "chest_config_c",
    "D": "chest_config_d",
    "E": "chest_config_e",
}


SPACING_MM = (2.0, 2.0, 2.0)
LIMIT = 0.01


def mean(boundary, *, in_plane=False):
    return functools.partial(mean_filter, support_voxels=15, boundary=boundary, in_plane=in_plane)


def log(sigma_mm, boundary, *, in_plane=False):
    return functools.partial(
        laplacian_truncated,
        sigma_mm=sigma_mm,
        spacing_mm=SPACING_MM,
        boundary=boundary,
        in_plane=in_plane,
    )


def laws(kernels, boundary, step):
    return functools.partial(
        laws_filter,
        kernels=kernels,
        boundary=boundary,
        rotation_invariant=step > 1,
        energy_distance_voxels=7 if step > 2 else 0,
    )


#: Name of the reference map -> phantom and filter.
RESPONSE_MAPS = {
    "1_a_1": ("checkerboard", mean("zero")),
    "1_a_2": ("checkerboard", mean("nearest")),
    "1_a_3": ("checkerboard", mean("periodic")),
    "1_a_4": ("checkerboard", mean("mirror")),
    "1_b_1": ("impulse", mean("zero", in_plane=True)),
    "2_a": ("impulse", log(3.0, "zero")),
    "2_b": ("checkerboard", log(5.0, "mirror")),
    "2_c": ("checkerboard", log(5.0, "mirror", in_plane=True)),
    **{f"3_a_{n}": ("impulse", laws(("E5", "L5", "S5"), "zero", n)) for n in (1, 2, 3)},
    **{f"3_b_{n}": ("checkerboard", laws(("E3", "W5", "R5"), "mirror", n)) for n in (1, 2, 3)},
    **{f"3_c_{n}": ("checkerboard", laws(("L5", "S5"), "mirror", n)) for n in (1, 2, 3)},
}


def load_phantom(root: Path, name: str):
    folder = (
        "ibsi_1_digital_phantom" if name == "digital-phantom" else "ibsi_1_ct_radiomics_phantom"
    )
    image = nib.load(root / folder / "nifti/image/phantom.nii.gz")
    mask = nib.load(root / folder / "nifti/mask/mask.nii.gz")
    size = tuple(float(s) for s in image.header.get_zooms()[:3])
    return np.asarray(image.dataobj).astype(float), np.asarray(mask.dataobj), size


def read_reference(root: Path, name: str):
    path = root / f"test/data/ibsi_1_reference_values/ibsi_1_{REFERENCES[name]}.csv"
    if not path.exists():
        return {}
    with path.open(encoding="utf-8-sig") as stream:
        rows = list(csv.reader(stream, delimiter=";"))[1:]
    return {tag: (float(v), float(t)) for v, t, tag in rows if v}


def is_inside(value: float, reference: float, tolerance: float) -> tuple[bool, bool]:
    """Say whether the value, and whether the value at the reference's digits, is inside."""
    slack = tolerance + 1e-9 * abs(reference)
    strict = abs(value - reference) <= slack
    rounded = abs(float(f"{value:.3g}") - reference) <= slack
    return strict, strict or rounded


def report_values(root: Path) -> list[list[object]]:
    """Print a line per configuration and return a row per value."""
    lines: list[list[object]] = []
    for name, settings in CONFIGURATIONS.items():
        image, mask, size = load_phantom(root, name)
        start = time.process_time()
        found = describe_ibsi(image, mask, voxel_size_mm=size, settings=settings)
        seconds = time.process_time() - start
        found |= describe_stages(image, mask, voxel_size_mm=size, settings=settings)
        reference = read_reference(root, name)
        missing = sorted(set(reference) - set(found))
        verdicts = {t: is_inside(found[t], *reference[t]) for t in reference if t in found}
        for tag, value in found.items():
            v, t = reference.get(tag, ("", ""))
            inside = verdicts[tag][1] if tag in verdicts else ""
            lines.append([name, tag, code_of(tag), f"{value:.6g}", v, t, inside])
        print(
            f"{name}: {len(found)} values ({sum(not np.isfinite(v) for v in found.values())} not "
            f"finite) in {seconds:.1f} CPU s; {len(verdicts)} with a reference, "
            f"{sum(r for _, r in verdicts.values())} inside "
            f"({sum(s for s, _ in verdicts.values())} without rounding to three digits); "
            f"missing: {missing or 'none'}"
        )
        for tag, (_, inside) in verdicts.items():
            if not inside:
                print("   outside:", tag, code_of(tag), found[tag], reference[tag])
    return lines


def report_maps(root: Path) -> None:
    """Print how far every response map is from its reference."""
    found = {}
    for name, (phantom, respond) in RESPONSE_MAPS.items():
        path = root / f"ibsi_2_digital_phantom/nifti/{phantom}/image/{phantom}.nii.gz"
        image = np.asarray(nib.load(path).dataobj).T.astype(float)
        maps = root / "ibsi_2_reference/reference_response_maps"
        expected = np.asarray(nib.load(maps / f"{name}-ValidCRM.nii").dataobj).T.astype(float)
        found[name] = np.abs(respond(image) - expected).max() / np.ptp(expected)
    inside = sum(value <= LIMIT for value in found.values())
    print(f"IBSI 2, filters 1-3: {inside} of {len(found)} maps inside {LIMIT:.0%} of the range")
    print("   " + ", ".join(f"{name} {value:.4%}" for name, value in found.items()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    lines = report_values(arguments.data / "ibsi")
    report_maps(arguments.data / "ibsi")
    if arguments.out:
        header = ["configuration", "tag", "ibsi_code", "value", "reference", "tolerance", "inside"]
        text = "\n".join("\t".join(str(c) for c in line) for line in [header, *lines])
        arguments.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
