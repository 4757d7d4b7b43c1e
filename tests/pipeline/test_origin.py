import json
import shutil

from mslens.pipeline.origin import read_origin, record_origin


def test_the_dataset_is_found_again_beside_the_output(tmp_path):
    dataset, out = tmp_path / "data", tmp_path / "results" / "out"
    dataset.mkdir()
    out.mkdir(parents=True)
    record_origin(out, dataset)
    assert read_origin(out) == dataset
    shutil.copytree(tmp_path, tmp_path.with_name("moved"))
    assert read_origin(tmp_path.with_name("moved") / "results" / "out").is_dir()


def test_the_record_holds_no_absolute_path(tmp_path):
    record_origin(tmp_path, tmp_path / "data")
    text = (tmp_path / ".mslens" / "origin.json").read_text()
    assert json.loads(text) == {"dataset": "data"}


def test_no_record_is_no_dataset(tmp_path):
    assert read_origin(tmp_path) is None
    (tmp_path / ".mslens").mkdir()
    (tmp_path / ".mslens" / "origin.json").write_text("{broken")
    assert read_origin(tmp_path) is None
    (tmp_path / ".mslens" / "origin.json").write_text('{"dataset": 3}')
    assert read_origin(tmp_path) is None
