"""Every bad input of the list through the command line: an error that says what, or a reason."""

import numpy as np
import pytest

from mslens.cli.main import execute
from mslens.io.feature_files import read_feature_part
from region_images import SHAPE, make_image, make_labels, save, save_pair


@pytest.fixture
def describe(tmp_path, capsys):
    """Run the command on one pair; return exit code, table (or None) and what was said."""

    def run(*options, image=None, labels=None, params=""):
        (tmp_path / "p.yaml").write_text(params)
        pair = save_pair(tmp_path, image=image, labels=labels)
        out = tmp_path / "out"
        words = ["--params", str(tmp_path / "p.yaml")] if params else []
        code = execute(["radiomics", *pair, str(out), "--nprocs", "0", *words, *options])
        path = out / "features.parquet"
        part = read_feature_part(path) if path.exists() else None
        return code, part, capsys.readouterr().err

    return run


def set_region(label, where, start=None):
    labels = make_labels().astype(np.int64) if start is None else start
    labels[labels == 3] = 0
    labels[where] = label
    return labels.astype(np.int32)


def reasons_of(part, roi):
    rows = part[part["roi"] == roi]
    assert (rows["value"].isna() == (rows["reason"] != "")).all()
    return set(rows["reason"]) - {""}


def test_an_empty_region_has_a_row_of_reasons(describe):
    code, part, _ = describe("--label", "3", "9")
    assert code == 0
    assert reasons_of(part, "9") == {"the region is not in the label map"}
    assert part[part["roi"] == "9"]["value"].isna().all()


def test_a_map_without_any_region_is_refused(describe):
    code, part, said = describe(labels=np.zeros(SHAPE, np.int32))
    assert (code, part) == (1, None)
    assert "there is no region to describe" in said


@pytest.mark.parametrize("where", [(1, 1, 1), (slice(1, 4), 1, 1)], ids=["voxel", "line"])
def test_one_voxel_or_a_line_is_too_small(describe, where):
    code, part, _ = describe(labels=set_region(3, where))
    assert code == 0
    (reason,) = reasons_of(part, "3")
    assert reason.startswith("region too small")
    assert part[part["roi"] == "7"]["value"].notna().all()


def test_one_grey_level_has_values_where_they_are_defined(describe):
    image = make_image()
    image[make_labels() == 3] = 42.0
    _, part, _ = describe(image=image)
    rows = part[part["roi"] == "3"].set_index(["feature_class", "feature"])["value"]
    assert rows["firstorder", "Mean"] == 42.0
    assert rows["firstorder", "Entropy"] == pytest.approx(0, abs=1e-12)
    assert rows["glcm", "Contrast"] == 0
    reasons_of(part, "3")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nan_and_infinity_are_counted_and_refused(describe, value):
    image = make_image()
    image[2, 3, 3:5] = value
    code, part, said = describe(image=image)
    assert (code, part) == (1, None)
    assert "2 voxels" in said


def test_labels_that_are_no_integers_are_refused(describe):
    code, _, said = describe(labels=make_labels() * np.float32(0.3))
    assert code == 1
    assert "not integers" in said


def test_a_label_of_two_billion_is_a_region_like_any_other(describe):
    usual = describe()[1]
    labels = make_labels()
    labels[labels == 3] = 2_000_000_000
    code, part, _ = describe(labels=labels)
    assert code == 0
    large = part[part["roi"] == "2000000000"]["value"].to_numpy()
    assert np.array_equal(large, usual[usual["roi"] == "3"]["value"], equal_nan=True)


def test_a_label_beyond_32_bits_is_refused(describe):
    labels = make_labels().astype(np.float64)
    labels[labels == 3] = 3e9
    code, _, said = describe(labels=labels)
    assert code == 1
    assert "32-bit" in said


def test_labels_that_overflowed_16_bits_are_refused(describe):
    labels = make_labels()
    labels[labels == 3] = 40_000
    with np.errstate(over="ignore"):
        code, part, said = describe(labels=labels.astype(np.int16))
    assert (code, part) == (1, None)
    assert "-25536" in said
    assert "int32" in said


def test_more_than_a_hundred_thousand_labels_are_refused(tmp_path, capsys):
    shape = (50, 50, 50)
    image = save(tmp_path / "i.nii.gz", np.random.default_rng(0).normal(size=shape).astype("f4"))
    labels = save(tmp_path / "l.nii.gz", np.arange(np.prod(shape), dtype=np.int32).reshape(shape))
    command = ["radiomics", str(image), str(labels), str(tmp_path / "out"), "--nprocs", "0"]
    assert execute(command) == 1
    assert "124,999 labels" in capsys.readouterr().err


def test_image_and_labels_on_different_grids_are_refused(tmp_path, capsys):
    moved = np.eye(4)
    moved[0, 3] = 2
    image = save(tmp_path / "i.nii.gz", make_image())
    for labels, affine in ((make_labels(), moved), (make_labels()[1:], None)):
        path = save(tmp_path / "l.nii.gz", labels, affine)
        command = ["radiomics", str(image), str(path), str(tmp_path / "out"), "--nprocs", "0"]
        assert execute(command) == 1
        said = capsys.readouterr().err
        assert "label map" in said
        assert "nearest neighbour" in said


def test_anisotropic_and_oblique_grids_only_differ_where_millimetres_count(tmp_path):
    turned = np.diag([0.5, 0.5, 3.0, 1.0])
    c, s = np.cos(0.3), np.sin(0.3)
    turned[:3, :3] = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]) @ turned[:3, :3]
    parts = []
    for name, affine in (("plain", np.eye(4)), ("oblique", turned)):
        pair = [
            str(save(tmp_path / f"{name}_{kind}.nii.gz", data, affine))
            for kind, data in (("image", make_image()), ("label", make_labels()))
        ]
        assert execute(["radiomics", *pair, str(tmp_path / name), "--nprocs", "0"]) == 0
        parts.append(read_feature_part(tmp_path / name / "features.parquet"))
    plain, oblique = (
        part.set_index(["roi", "feature_class", "feature"])["value"] for part in parts
    )
    for texture in ("glcm", "glrlm", "glszm", "gldm", "ngtdm"):
        assert np.array_equal(plain.loc[:, texture], oblique.loc[:, texture])
    ratio = oblique["3", "shape", "VoxelVolume"] / plain["3", "shape", "VoxelVolume"]
    assert ratio == pytest.approx(0.75)


def test_negative_intensities_do_not_stop_a_logarithm(describe):
    params = "imageType: {Logarithm: {}, SquareRoot: {}}\nfeatureClass: {firstorder: [Minimum]}"
    image = make_image() - 120
    code, part, _ = describe(image=image, params=params)
    assert code == 0
    assert np.isfinite(part["value"]).all()
    assert (part["value"] < 0).all()


def test_a_bin_width_of_ten_million_bins_leaves_textures_out_with_the_reason(describe):
    spread = np.ptp(make_image()[make_labels() == 3])
    params = f"setting: {{binWidth: {spread / 1e7}}}"
    code, part, _ = describe(params=params)
    assert code == 0
    (reason,) = {r for r in reasons_of(part, "3") if "grey levels" in r}
    assert "more than 4,096" in reason
    first = part[part["feature_class"] == "firstorder"]
    assert first["value"].notna().all()
    assert part[part["feature_class"] == "glcm"]["value"].isna().all()


@pytest.mark.parametrize("width", ["0", "-3", ".nan"])
def test_a_bin_width_that_is_none_is_refused(describe, width):
    code, _, said = describe(params=f"setting: {{binWidth: {width}}}")
    assert code == 1
    assert "the bin width is" in said


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ("imageType: {Wavelet: {wavelet: coif9}}", "no wavelet is called 'coif9'"),
        ("imageType: {LoG: {sigma: [-1]}}", "sigma is -1.0"),
        ("imageType: {LoG: {}}\nfeatureClass: {glcm: [Contrast]}", "there is nothing to extract"),
        ("setting: {binWidht: 5}", "Did you mean 'binWidth'?"),
        ("[1, 2]", "holds no mapping"),
    ],
)
def test_a_parameter_file_that_cannot_be_followed_is_refused(describe, params, says):
    code, part, said = describe(params=params)
    assert (code, part) == (1, None)
    assert says in said
