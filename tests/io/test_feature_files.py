import numpy as np
import pandas as pd
import pytest

from mslens.core.errors import TableError
from mslens.io.feature_files import (
    load_cohort,
    part_to_table,
    read_feature_part,
    save_cohort,
    write_feature_part,
)


def make_part():
    return pd.DataFrame(
        {
            "roi": ["Thalamus_L", "Thalamus_L", "Tiny"],
            "label": [77, 77, 2_000_000_000],
            "image_type": "original",
            "feature_class": "glcm",
            "feature": ["Contrast", "Idm", "Contrast"],
            "ibsi_code": ["ACUI", "WF0Z", "ACUI"],
            "value": [1.0 + 1e-12, 0.25, np.nan],
            "reason": ["", "", "region too small"],
        }
    )


def test_a_part_comes_back_as_it_was(tmp_path):
    path = tmp_path / "features.parquet"
    write_feature_part(path, make_part(), settings="bin_width = 5")
    back = read_feature_part(path)
    assert back["value"].tolist()[:2] == [1.0 + 1e-12, 0.25]
    assert back["label"].tolist() == [77, 77, 2_000_000_000]
    assert back["reason"].tolist() == ["", "", "region too small"]
    first = path.read_bytes()
    write_feature_part(path, make_part(), settings="bin_width = 5")
    assert path.read_bytes() == first


def test_parts_become_a_cohort_that_is_mapped_not_read(tmp_path):
    table = part_to_table(make_part(), participant_id="sub-01")
    save_cohort(tmp_path, table, facts={"settings": "x"})
    back = load_cohort(tmp_path)
    assert isinstance(back.X.base, np.memmap) or isinstance(back.X, np.memmap)
    assert np.array_equal(back.X, table.X, equal_nan=True)
    assert back.names == table.names


def test_files_that_do_not_belong_together_are_refused(tmp_path):
    table = part_to_table(make_part(), participant_id="sub-01")
    save_cohort(tmp_path, table)
    np.save(tmp_path / "X.npy", table.X + 1)
    with pytest.raises(TableError, match="belong together"):
        load_cohort(tmp_path)
    (tmp_path / "X.npy").unlink()
    with pytest.raises(TableError, match="cannot be read"):
        load_cohort(tmp_path)


def test_what_is_no_part_is_refused(tmp_path):
    path = tmp_path / "features.parquet"
    path.write_bytes(b"nonsense")
    with pytest.raises(TableError, match="Parquet"):
        read_feature_part(path)
    with pytest.raises(TableError, match="reason"):
        write_feature_part(path, make_part().drop(columns="reason"))
