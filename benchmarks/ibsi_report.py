"""IBSI compliance in a table with codes: digital phantom, configurations A-C, filters 1-3.

    python benchmarks/ibsi_report.py [--data ../shared/data] [--out ibsi.tsv]

Configurations D and E are computed too; their reference values are not in the data, so their
values are only listed.
"""

from __future__ import annotations

import argparse
import csv
import time
from pathlib import Path

import nibabel as nib
import numpy as np

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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    root, lines = arguments.data / "ibsi", []
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
            f"{name}: {len(found)} values in {seconds:.1f} CPU s; "
            f"{len(verdicts)} with a reference, "
            f"{sum(s for s, _ in verdicts.values())} inside as computed, "
            f"{sum(r for _, r in verdicts.values())} inside at the reference's 3 digits; "
            f"missing: {missing or 'none'}"
        )
        for tag, (_, inside) in verdicts.items():
            if not inside:
                print("   outside:", tag, code_of(tag), found[tag], reference[tag])
    if arguments.out:
        header = ["configuration", "tag", "ibsi_code", "value", "reference", "tolerance", "inside"]
        text = "\n".join("\t".join(str(c) for c in line) for line in [header, *lines])
        arguments.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
