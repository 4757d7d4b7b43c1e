"""Every bad request of `mslens simulate` is answered by name, and nothing is written."""

import pytest

from mslens.cli.main import NOTHING_DONE, execute

BAD = {
    "negative patients": (["-n", "-4"], "n_patients"),
    "negative controls": (["-n", "2", "--controls", "-1"], "n_controls"),
    "nobody": (["-n", "0"], "neither patients nor controls"),
    "no visit": (["--visits", "0"], "n_visits"),
    "impossible ages": (["--age-range", "150", "200"], "ages must be"),
    "ages the wrong way round": (["--age-range", "60", "20"], "ages must be"),
    "unknown site": (["--sites", "site9"], "Did you mean"),
    "no site twice": (["--sites", "site1", "site1"], "each site once"),
    "voxels too small": (["--voxel-size", "0.4"], "voxel_size_mm"),
    "voxels too large": (["--voxel-size", "4.5"], "voxel_size_mm"),
    "voxel size that is no number": (["--voxel-size", "nan"], "voxel_size_mm"),
    "more lesion than white matter": (["--lesion-load", "700", "10"], "white matter"),
    "negative lesions": (["--lesion-load", "-1", "10"], "above 0 ml"),
}


@pytest.mark.parametrize("case", BAD)
def test_it_is_refused_by_name(case, tmp_path, capsys):
    arguments, said = BAD[case]
    out = tmp_path / "out"
    assert execute(["simulate", str(out), *arguments]) == NOTHING_DONE
    answer = " ".join(capsys.readouterr().err.split())
    assert said in answer
    assert "Traceback" not in answer
    assert not out.exists()


def test_a_folder_that_holds_something_else_stays_as_it_is(tmp_path, capsys):
    (tmp_path / "thesis.doc").write_text("mine")
    assert execute(["simulate", str(tmp_path), "-n", "1", "--voxel-size", "4"]) == NOTHING_DONE
    assert "something else" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.doc"]


def test_options_reach_the_cohort(tmp_path, capsys):
    out = tmp_path / "out"
    arguments = "-n 1 --voxel-size 4 --seed 5 --sites site5 --age-range 30 40 --lesion-load 8 2"
    assert execute(["simulate", str(out), *arguments.split()]) == 0
    assert capsys.readouterr().out.strip() == str(out / "bids")
    settings = (out / "simulation.toml").read_text()
    assert "age_range_years = [30.0, 40.0]" in settings
    assert "lesion_load_ml = [8.0, 2.0]" in settings
    assert 'sites = ["site5"]' in settings
    assert (out / "truth" / "sub-Site5P0001").is_dir()
