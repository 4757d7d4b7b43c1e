"""The steps on a phantom in template space: files in, files out, facts and flags."""

import json

import numpy as np
import pandas as pd
import pytest

from mslens.core.errors import GridMismatch, ImageError
from mslens.core.grid import Grid
from mslens.core.transform import AffineTransform, identity
from mslens.core.volume import Volume
from mslens.image.location import LOCATIONS
from mslens.image.parcel_names import REGIONS, region_index
from mslens.io.nifti import load_volume, save_volume
from mslens.io.transforms import save_transform
from mslens.segment import steps
from mslens.segment.filling import FillingSettings
from mslens.segment.lesion_import import ImportLesionsSettings
from mslens.segment.lesion_model_store import PACKAGED, fingerprint
from mslens.segment.lesion_table import LesionTableSettings
from mslens.segment.lesions import LesionSettings
from mslens.segment.parcel_import import ImportParcelsSettings
from mslens.segment.parcels import ParcelSettings
from mslens.segment.tissue import TissueSettings
from mslens.segment.volumes import VolumeSettings
from phantom import make_head

CHAIN = (
    (
        steps.segment_lesions,
        LesionSettings(model="fallback"),
        {"ref": "t1w", "mask": "brain", "coarse_xfm": "xfm", "flair": "flair"},
        {"probseg": "probseg", "mask": "lesions"},
    ),
    (
        steps.fill_lesions,
        FillingSettings(seed=3),
        {"image": "t1w", "mask": "brain", "lesions": "lesions"},
        {"image": "filled"},
    ),
    (
        steps.segment_tissue,
        TissueSettings(),
        {"image": "filled", "mask": "brain", "xfm": "xfm", "lesions": "lesions"},
        {"dseg": "tissue", "csf": "csf", "gm": "gm", "wm": "wm"},
    ),
    (
        steps.make_parcels,
        ParcelSettings(),
        {"ref": "t1w", "mask": "brain", "xfm": "xfm", "dseg": "tissue", "lesions": "lesions"},
        {"dseg": "parcels", "table": "parcels.tsv", "nawm": "nawm"},
    ),
    (
        steps.describe_lesions,
        LesionTableSettings(),
        {
            "lesions": "lesions",
            "parcels": "parcels",
            "parcel_table": "parcels.tsv",
            "ref": "t1w",
            "mask": "brain",
            "flair": "flair",
            "dseg": "tissue",
            "inverse_xfm": "xfm",
        },
        {"instances": "instances", "table": "lesions.tsv"},
    ),
    (
        steps.measure_volumes,
        VolumeSettings(),
        {
            "mask": "brain",
            "inverse_xfm": "xfm",
            "csf": "csf",
            "gm": "gm",
            "wm": "wm",
            "parcels": "parcels",
            "parcel_table": "parcels.tsv",
            "lesions": "lesions",
            "nawm": "nawm",
        },
        {"table": "volumes.tsv"},
    ),
)


def paths(folder, roles):
    def named(name):
        return name if "." in name else f"{name}.txt" if name == "xfm" else f"{name}.nii.gz"

    return {role: folder / named(name) for role, name in roles.items()}


@pytest.fixture(scope="module")
def head():
    return make_head(4.0, seed=6, n_lesions=10)


def write_inputs(folder, head):
    for name in ("t1w", "flair", "brain"):
        save_volume(folder / f"{name}.nii.gz", getattr(head, name))
    save_volume(folder / "truth.nii.gz", head.lesions)
    save_transform(folder / "xfm.txt", identity())


@pytest.fixture(scope="module")
def done(tmp_path_factory, head):
    """Folder of the whole chain's files, and the facts of its steps."""
    folder = tmp_path_factory.mktemp("session")
    write_inputs(folder, head)
    facts = {}
    for step, settings, inputs, outputs in CHAIN:
        facts[step.__name__] = step(paths(folder, inputs), paths(folder, outputs), settings)
        for path in paths(folder, outputs).values():
            assert path.exists(), path.name
    return folder, facts


def load(done, name, kind="label"):
    return load_volume(done[0] / f"{name}.nii.gz", kind=kind).data


def table(done, name):
    return pd.read_csv(done[0] / f"{name}.tsv", sep="\t")


def test_facts_are_json_and_every_flag_has_a_level_and_words(done):
    for facts in done[1].values():
        assert json.loads(json.dumps(facts)) == facts
        assert facts["method"]
        assert {flag["level"] for flag in facts["flags"]} <= {"warning", "error"}
        assert all(flag["message"].endswith(".") for flag in facts["flags"])


def test_the_fallback_says_that_it_is_one(done):
    said = done[1]["segment_lesions"]["flags"][0]
    assert said["level"] == "warning"
    assert "unsupervised fallback" in said["message"]
    assert done[1]["segment_lesions"]["contrasts"] == ["FLAIR", "T1w"]


def test_the_trained_model_is_the_default_and_says_which_it_is(done, head, tmp_path):
    inputs = paths(done[0], {"ref": "t1w", "mask": "brain", "coarse_xfm": "xfm", "flair": "flair"})
    outputs = paths(tmp_path, {"probseg": "probseg", "mask": "lesions"})
    facts = steps.segment_lesions(inputs, outputs, LesionSettings())
    assert "trained model" in facts["method"]
    assert facts["model"] == fingerprint()
    assert not any("fallback" in flag["message"] for flag in facts["flags"])
    own = steps.segment_lesions(
        {**inputs, "model": PACKAGED}, outputs, LesionSettings(model="fallback")
    )
    assert own == facts, "a model of the user's own comes before the settings"
    found = load_volume(tmp_path / "probseg.nii.gz").data
    assert found[head.lesions.data].mean() > 5 * found[head.brain.data & ~head.lesions.data].mean()


def test_lesions_are_those_of_the_phantom(done, head):
    found = load(done, "lesions", "mask")
    assert 2 * (found & head.lesions.data).sum() / (found.sum() + head.lesions.data.sum()) > 0.9
    score = load(done, "probseg", "scalar")
    assert score.max() <= 1
    assert (score[found] > 0.5).all()


def test_tissue_is_that_of_the_phantom_and_lesions_are_white(done, head):
    tissue = load(done, "tissue")
    assert (tissue[load(done, "lesions", "mask")] == 3).all()
    assert (tissue[(head.wm.data > 0.9) & head.brain.data] == 3).mean() > 0.95
    probabilities = sum(load(done, name, "scalar") for name in ("csf", "gm", "wm"))
    np.testing.assert_allclose(probabilities[head.brain.data], 1, atol=1e-4)


def test_filled_image_has_no_dark_spots(done, head):
    filled, lesions = load(done, "filled", "scalar"), load(done, "lesions", "mask")
    assert filled[lesions].mean() == pytest.approx(99, abs=4)
    assert (filled[~lesions] == head.t1w.data[~lesions]).all()


def test_parcels_are_in_their_tissue(done):
    parcels, tissue = load(done, "parcels"), load(done, "tissue")
    groups = np.array(["", *(region.group for region in REGIONS)])[parcels]
    assert (tissue[groups == "cortex"] == 2).all()
    assert (tissue[groups == "white-matter"] == 3).all()
    assert not parcels[tissue == 0].any()
    assert len(np.unique(parcels)) > 120
    nawm = load(done, "nawm", "mask")
    assert (groups[nawm] == "white-matter").all()
    assert not (nawm & load(done, "lesions", "mask")).any()
    assert len(table(done, "parcels")) == len(REGIONS)


def test_lesion_table_agrees_with_the_map_and_the_facts(done):
    rows, instances = table(done, "lesions"), load(done, "instances")
    facts = done[1]["describe_lesions"]
    assert rows["lesion"].tolist() == list(range(1, instances.max() + 1))
    assert facts["count"] == len(rows) == done[1]["segment_lesions"]["count"]
    assert sum(facts["locations"].values()) == len(rows)
    assert (rows["contrast"] > 0.5).all(), "bright on FLAIR"
    assert (rows["t1w_contrast"] < -0.2).all(), "dark on T1w"
    for axis in "xyz":
        np.testing.assert_allclose(rows[f"{axis}_mm"], rows[f"template_{axis}_mm"], atol=1e-3)


def test_volume_table_adds_up(done, head):
    rows = table(done, "volumes").fillna({"region": ""})
    whole = rows[rows["region"] == ""].set_index("measure")["value"]
    assert whole["tiv"] == pytest.approx(1885, rel=0.01), "the phantom is the template"
    brain_ml = head.brain.data.sum() * 0.064
    assert whole["csf"] + whole["gm"] + whole["wm"] == pytest.approx(brain_ml, rel=1e-4)
    by_place = rows[(rows["measure"] == "lesion-load") & (rows["region"] != "")]
    assert by_place["region"].tolist() == list(LOCATIONS)
    assert by_place["value"].sum() == pytest.approx(whole["lesion-load"], rel=1e-4)
    lesions = table(done, "lesions")
    assert whole["lesion-load"] == pytest.approx(lesions["volume_ml"].sum(), rel=1e-4)
    counts = lesions["location"].value_counts()
    told = rows[(rows["measure"] == "lesion-count") & (rows["region"] != "")]
    assert {r: v for r, v in zip(told["region"], told["value"], strict=True) if v} == dict(counts)
    assert whole["nawm"] == pytest.approx(load(done, "nawm", "mask").sum() * 0.064, rel=1e-4)


def test_a_second_run_gives_the_same_bytes(done, tmp_path, head):
    write_inputs(tmp_path, head)
    for step, settings, inputs, outputs in CHAIN:
        facts = step(paths(tmp_path, inputs), paths(tmp_path, outputs), settings)
        assert facts == done[1][step.__name__]
        for role, path in paths(tmp_path, outputs).items():
            assert path.read_bytes() == paths(done[0], outputs)[role].read_bytes(), path.name


def test_flair_alone_gives_lesions_and_parcels(done, tmp_path):
    inputs = paths(done[0], {"ref": "flair", "mask": "brain", "coarse_xfm": "xfm"})
    outputs = paths(tmp_path, {"probseg": "probseg", "mask": "lesions"})
    facts = steps.segment_lesions(inputs, outputs, LesionSettings(model="fallback"))
    assert facts["contrasts"] == ["FLAIR"]
    inputs = paths(done[0], {"ref": "flair", "mask": "brain", "xfm": "xfm"})
    outputs = paths(tmp_path, {"dseg": "parcels", "table": "parcels.tsv", "nawm": "nawm"})
    steps.make_parcels(inputs, outputs, ParcelSettings())
    inputs = paths(done[0], {"lesions": "lesions", "ref": "flair", "mask": "brain"})
    inputs |= paths(tmp_path, {"parcels": "parcels"})
    outputs = paths(tmp_path, {"instances": "instances", "table": "lesions.tsv"})
    facts = steps.describe_lesions(inputs, outputs, LesionTableSettings())
    rows = pd.read_csv(tmp_path / "lesions.tsv", sep="\t")
    assert facts["count"] == len(rows)
    assert (rows["contrast"] > 0.5).all()


def bring_lesions(done, tmp_path, volume, **more):
    save_volume(tmp_path / "mine.nii.gz", volume)
    inputs = {"lesions": tmp_path / "mine.nii.gz", "ref": done[0] / "t1w.nii.gz", **more}
    output = {"mask": tmp_path / "out.nii.gz"}
    facts = steps.import_lesions(inputs, output, ImportLesionsSettings())
    return facts, load_volume(output["mask"], kind="mask").data


def test_a_brought_mask_is_taken_as_it_is(done, tmp_path, head):
    facts, mask = bring_lesions(done, tmp_path, head.lesions)
    np.testing.assert_array_equal(mask, head.lesions.data)
    assert facts["flags"] == []


def test_a_brought_probability_map_is_cut_and_said_so(done, tmp_path):
    score = load_volume(done[0] / "probseg.nii.gz")
    facts, mask = bring_lesions(done, tmp_path, score)
    np.testing.assert_array_equal(mask, score.data >= 0.5)
    assert "probability map" in facts["flags"][0]["message"]


def test_an_empty_mask_runs_through_every_step(done, tmp_path, head):
    facts, mask = bring_lesions(done, tmp_path, head.lesions.like(np.zeros(mask_shape(head))))
    assert not mask.any()
    assert facts["count"] == 0
    assert "empty" in facts["flags"][0]["message"]
    inputs = paths(done[0], CHAIN[4][2]) | {"lesions": tmp_path / "out.nii.gz"}
    outputs = paths(tmp_path, CHAIN[4][3])
    assert steps.describe_lesions(inputs, outputs, LesionTableSettings())["count"] == 0
    inputs = paths(done[0], CHAIN[5][2]) | {"lesions": tmp_path / "out.nii.gz"}
    steps.measure_volumes(inputs, paths(tmp_path, CHAIN[5][3]), VolumeSettings())
    rows = pd.read_csv(tmp_path / "volumes.tsv", sep="\t")
    assert (rows[rows["measure"].str.startswith("lesion")]["value"] == 0).all()


def mask_shape(head):
    return head.lesions.grid.shape


def test_a_mask_on_the_flair_comes_through_its_transform(done, tmp_path, head):
    moved = np.eye(4)
    moved[0, 3] = 8.0
    affine = head.lesions.grid.affine.copy()
    affine[0, 3] += 8.0
    drawn = Volume(head.lesions.data, Grid(affine, mask_shape(head)), "mask")
    save_transform(tmp_path / "flair.txt", AffineTransform(moved))
    _, mask = bring_lesions(done, tmp_path, drawn, xfm=tmp_path / "flair.txt")
    np.testing.assert_array_equal(mask, head.lesions.data)


def test_a_mask_on_another_grid_says_what_to_do(done, tmp_path, head):
    affine = head.lesions.grid.affine.copy()
    affine[0, 3] += 8.0
    drawn = Volume(head.lesions.data, Grid(affine, mask_shape(head)), "mask")
    with pytest.raises(GridMismatch, match="the lesion mask is") as caught:
        bring_lesions(done, tmp_path, drawn)
    assert "--lesion-space FLAIR" in str(caught.value)


def test_labels_are_no_mask(done, tmp_path):
    labels = load_volume(done[0] / "instances.nii.gz", kind="label")
    with pytest.raises(ImageError, match="the lesion mask holds values"):
        bring_lesions(done, tmp_path, labels)


def import_parcels(done, tmp_path, volume, *, table=None, **more):
    save_volume(tmp_path / "labels.nii.gz", volume)
    inputs = {"labels": tmp_path / "labels.nii.gz", **more}
    inputs |= paths(done[0], {"ref": "t1w", "xfm": "xfm", "dseg": "tissue", "lesions": "lesions"})
    if table is not None:
        (tmp_path / "lut.txt").write_text(table)
        inputs["table"] = tmp_path / "lut.txt"
    outputs = paths(tmp_path, {"dseg": "parcels", "table": "parcels.tsv", "nawm": "nawm"})
    facts = steps.import_parcels(inputs, outputs, ImportParcelsSettings())
    return facts, load_volume(outputs["dseg"], kind="label").data


def as_aseg(done):
    """The phantom's parcels with FreeSurfer's numbers."""
    parcels = load_volume(done[0] / "parcels.nii.gz", kind="label")
    numbers = np.zeros(len(REGIONS) + 1, np.int32)
    pairs = {
        "cortex": (3, 42), "deep-grey-matter": (10, 49), "cerebellum": (8, 47),
        "lateral-ventricle": (4, 43), "white-matter": (2, 41), "cerebellar-white-matter": (7, 46),
        "brainstem": (16, 16), "other-ventricle": (14, 14),
    }  # fmt: skip
    for region in REGIONS:
        numbers[region.index] = pairs[region.group][region.hemisphere == "right"]
    return parcels.like(numbers[parcels.data])


def test_freesurfer_labels_give_the_same_places_and_white_matter(done, tmp_path):
    aseg = as_aseg(done)
    facts, labels = import_parcels(done, tmp_path, aseg)
    assert facts["format"] == "freesurfer"
    assert not facts["completed_by_built_in"]
    np.testing.assert_array_equal(labels, aseg.data)
    inputs = paths(done[0], CHAIN[4][2]) | paths(
        tmp_path, {"parcels": "parcels", "parcel_table": "parcels.tsv"}
    )
    outputs = paths(tmp_path, CHAIN[4][3])
    counted = steps.describe_lesions(inputs, outputs, LesionTableSettings())
    assert counted["locations"] == done[1]["describe_lesions"]["locations"]
    nawm = load_volume(tmp_path / "nawm.nii.gz", kind="mask").data
    np.testing.assert_array_equal(nawm, load(done, "nawm", "mask"))


def test_aal_with_its_table_is_completed(done, tmp_path):
    parcels = load_volume(done[0] / "parcels.nii.gz", kind="label")
    codes = np.where((parcels.data > 0) & (parcels.data <= 116), parcels.data + 2000, 0)
    names = "\n".join(f"{r.index + 2000} {r.name} 0" for r in REGIONS if r.in_aal116)
    facts, labels = import_parcels(done, tmp_path, parcels.like(codes), table=names)
    assert facts["format"] == "aal"
    assert facts["completed_by_built_in"]
    assert facts["flags"] == []
    assert (labels[codes > 0] == codes[codes > 0]).all()
    assert (labels == region_index("Lateral_Ventricle_L")).any()
    rows = pd.read_csv(tmp_path / "parcels.tsv", sep="\t")
    assert rows["in_aal116"].astype(str).str.lower().eq("true").sum() == 116
    assert set(np.unique(labels)) - {0} <= set(rows["index"])


def test_a_mask_of_another_grid_stops_a_step(done, tmp_path, head):
    small = Volume(np.ones((9, 9, 9)), Grid(np.eye(4), (9, 9, 9)), "mask")
    save_volume(tmp_path / "small.nii.gz", small)
    inputs = paths(done[0], CHAIN[0][2]) | {"mask": tmp_path / "small.nii.gz"}
    with pytest.raises(GridMismatch, match="the brain mask is 9x9x9"):
        steps.segment_lesions(inputs, paths(tmp_path, CHAIN[0][3]), LesionSettings())
