"""The whole command on small phantoms: results, resume, the same bytes, privacy, fallbacks."""

import base64
import hashlib
import json
import re
import shutil
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest

from dataset import head, image_path, write_dataset_root, write_image, write_session
from mslens.io.feature_files import load_cohort, read_feature_part
from mslens.io.nifti import load_volume

CANARY = "Zaphod"
pytestmark = pytest.mark.slow
MAPS = (".nii.gz", ".tsv", ".txt")


def mslens(*arguments: str, prefix: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    command = [*prefix, sys.executable, "-m", "mslens", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def plant_canaries(bids: Path) -> None:
    """Hide a person's name wherever a dataset may hold one."""
    description = json.loads((bids / "dataset_description.json").read_text())
    description["Name"] = f"Scans of {CANARY}"
    (bids / "dataset_description.json").write_text(json.dumps(description))
    table = (bids / "participants.tsv").read_text().splitlines()
    rows = [f"{line}\t{CANARY}" for line in table[1:]]
    (bids / "participants.tsv").write_text("\n".join([f"{table[0]}\tname", *rows]) + "\n")
    for path in bids.rglob("*_T1w.nii.gz"):
        import nibabel as nib

        image = nib.load(path)
        image.header["descrip"] = CANARY.encode()
        image.header["intent_name"] = CANARY.encode()
        image.header.extensions.append(
            nib.nifti1.Nifti1Extension("comment", f"PatientName {CANARY}".encode())
        )
        nib.save(image, path.with_name(path.name.replace("_T1w", f"_acq-{CANARY}_T1w")))
        path.unlink()
    for path in bids.rglob("*_FLAIR.nii.gz"):
        sidecar = path.with_name(path.name.replace(".nii.gz", ".json"))
        sidecar.write_text(json.dumps({"PatientName": CANARY, "InstitutionName": CANARY}))


@pytest.fixture(scope="module")
def bids(tmp_path_factory):
    root = write_dataset_root(tmp_path_factory.mktemp(CANARY) / "BIDS", ["01", "02"])
    write_session(root, "01", session="1")
    write_session(root, "01", session="2", suffixes=("FLAIR",))
    write_session(root, "02", seed=1)
    plant_canaries(root)
    return root


@pytest.fixture(scope="module")
def out(bids, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "two"
    can_rename_host = (
        shutil.which("unshare")
        and subprocess.run(
            ["unshare", "--uts", "true"], capture_output=True, check=False
        ).returncode
        == 0
    )
    host = f'hostname {CANARY} 2>/dev/null; exec "$@"'
    prefix = ("unshare", "--uts", "sh", "-c", host, "sh") if can_rename_host else ()
    done = mslens("run", str(bids), str(folder), "--nprocs", "2", prefix=prefix)
    assert done.returncode == 0, done.stderr
    return folder


def digests(out: Path) -> dict[str, str]:
    return {
        str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(out.rglob("*"))
        if path.name.endswith(MAPS) and ".mslens" not in path.parts
    }


def test_brain_and_lesions_are_where_the_phantom_has_them(out):
    anat = out / "sub-02" / "anat"
    truth = head(5.0, 1)
    brain = load_volume(anat / "sub-02_space-T1w_desc-brain_mask.nii.gz", kind="mask").data
    dice = 2 * (brain & truth.brain.data).sum() / (brain.sum() + truth.brain.data.sum())
    assert dice > 0.93
    probability = load_volume(
        anat / "sub-02_space-T1w_label-lesion_probseg.nii.gz", constant="accept"
    ).data
    inside = probability[truth.lesions.data].mean()
    assert inside > 5 * probability[brain & ~truth.lesions.data].mean()


def test_every_promised_output_is_there(out):
    names = {path.name for path in (out / "sub-01" / "ses-1" / "anat").iterdir()}
    for wanted in (
        "desc-preproc_T1w.nii.gz",
        "space-T1w_desc-brain_mask.nii.gz",
        "space-T1w_desc-tissue_dseg.nii.gz",
        "space-T1w_desc-parcels_dseg.nii.gz",
        "space-T1w_label-lesion_mask.nii.gz",
        "space-T1w_label-lesion_probseg.nii.gz",
        "space-T1w_desc-instances_dseg.nii.gz",
        "space-MNI152NLin2009aSym_desc-logjacobian_T1w.nii.gz",
        "from-T1w_to-MNI152NLin2009aSym_mode-image_xfm.nii.gz",
        "from-FLAIR_to-T1w_mode-image_xfm.txt",
        "lesions.tsv",
        "volumes.tsv",
        "features.parquet",
    ):
        name = f"sub-01_ses-1_{wanted}"
        assert name in names
        assert re.sub(r"\.nii\.gz$|\.tsv$|\.txt$|\.parquet$", ".json", name) in names
    for name in ("sub-01.html", "group.html", "group_volumes.tsv", "settings.toml"):
        assert (out / name).stat().st_size > 0


def test_a_session_without_t1w_is_worked_on_its_flair_and_the_rest_is_named(out):
    names = {path.name for path in (out / "sub-01" / "ses-2" / "anat").iterdir()}
    assert "sub-01_ses-2_space-FLAIR_label-lesion_mask.nii.gz" in names
    assert not any("tissue" in name for name in names)
    status = json.loads((out / "status" / "sub-01.json").read_text())
    skipped = {s["step"]: s["reason"] for s in status["steps"] if s["state"] == "skipped"}
    assert skipped["tissue"] == "tissue needs a T1w"


def test_every_t1w_has_all_its_radiomic_features_in_one_matrix(out):
    cohort = load_cohort(out / "radiomics")
    assert cohort.X.shape == (2, 115 * 1092)
    assert cohort.obs.to_numpy().tolist() == [["sub-01", "ses-1"], ["sub-02", ""]]
    assert cohort.var["roi"].iloc[[0, -1]].tolist() == ["Precentral_L", "NAWM"]
    part = read_feature_part(out / "sub-02" / "anat" / "sub-02_features.parquet")
    assert ((part["reason"] == "") == part["value"].notna()).all()
    status = json.loads((out / "status" / "sub-01.json").read_text())
    skipped = {s["step"]: s["reason"] for s in status["steps"] if s["state"] == "skipped"}
    assert skipped["radiomics"] == "radiomics needs a T1w"


def test_a_second_run_computes_nothing_and_touches_nothing(bids, out):
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.nii.gz")}
    pages = {path: path.read_bytes() for path in out.glob("*.html")}
    done = mslens("run", str(bids), str(out), "--nprocs", "1")
    assert done.returncode == 0
    logs = sorted((out / "logs").glob("*.jsonl"))[-2:]
    states = {json.loads(line)["state"] for log in logs for line in log.read_text().splitlines()}
    assert "started" not in states
    assert "cached" in states
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert {path: path.read_bytes() for path in pages} == pages


def test_one_worker_gives_the_same_bytes_as_two(bids, out, tmp_path):
    """More of them are compared by benchmarks/bench_run.py, and on steps of no weight."""
    other = tmp_path / "other"
    assert mslens("run", str(bids), str(other), "--nprocs", "1").returncode == 0
    assert digests(other) == digests(out)


def embedded_content(page: str) -> bytes:
    """Join what the page carries as base64, unzipped where it is zipped."""
    parts = []
    for text in re.findall(r"[A-Za-z0-9+/=]{400,}", page):
        data = base64.b64decode(text + "=" * (-len(text) % 4), validate=False)
        parts.append(data)
        if data[:2] == b"\x1f\x8b":
            parts.append(zlib.decompressobj(31).decompress(data))
    return b"".join(parts)


def test_no_planted_name_reaches_a_report_or_an_embedded_layer(bids, out):
    assert CANARY in str(bids)
    for path in out.glob("*.html"):
        page = path.read_text()
        assert CANARY.lower() not in page.lower()
        assert str(bids) not in page
        assert str(out) not in page
        assert CANARY.encode() not in embedded_content(page)


def test_the_derivatives_carry_no_header_text(out):
    for path in out.rglob("*_T1w.nii.gz"):
        content = zlib.decompressobj(31).decompress(path.read_bytes())
        assert CANARY.encode() not in content[:4096]


def test_a_mask_of_ones_own_replaces_the_step(bids, tmp_path):
    truth = head(5.0, 1)
    mask = truth.lesions.data.astype(np.uint8)
    write_image(tmp_path / "sub-02.nii.gz", mask, np.array(truth.t1w.grid.affine))
    folder = tmp_path / "out"
    pattern = f"{tmp_path}/sub-{{subject}}.nii.gz"
    options = ("--participant-label", "02", "--lesion-mask", pattern)
    done = mslens("run", str(bids), str(folder), "participant", *options)
    assert done.returncode == 0, done.stderr
    anat = folder / "sub-02" / "anat"
    found = load_volume(anat / "sub-02_space-T1w_label-lesion_mask.nii.gz", kind="mask").data
    assert (found == truth.lesions.data).all()
    assert not list(anat.glob("*label-lesion_probseg*"))
    assert "--lesion-mask" in (folder / "sub-02.html").read_text()


def test_single_files_without_bids(tmp_path):
    write_session(write_dataset_root(tmp_path / "B", ["x"]), "x", seed=1)
    folder = tmp_path / "out"
    t1w = image_path(tmp_path / "B", "x", "T1w")
    flair = image_path(tmp_path / "B", "x", "FLAIR")
    done = mslens("preprocess", str(t1w), str(folder), "--flair", str(flair), "--label", "me")
    assert done.returncode == 0, done.stderr
    anat = folder / "sub-me" / "anat"
    assert (anat / "sub-me_space-T1w_desc-preproc_FLAIR.nii.gz").exists()
    assert not (anat / "sub-me_volumes.tsv").exists()
