import numpy as np
import pandas as pd
import pytest

from mslens.core.errors import TableError, UnknownName
from mslens.core.features import FeatureTable, stack_rows


def make(n_rows=2, *, prefix="sub"):
    obs = pd.DataFrame(
        {"participant_id": [f"{prefix}-{n}" for n in range(n_rows)], "session_id": ""}
    )
    var = pd.DataFrame(
        [["Thalamus_L", "original", "glcm", name, ""] for name in ("Contrast", "Idm", "Id")],
        columns=["roi", "image_type", "feature_class", "feature", "ibsi_code"],
    )
    return FeatureTable(np.arange(3 * n_rows, dtype=np.float32).reshape(n_rows, 3), obs, var)


def test_columns_are_found_by_name():
    table = make()
    assert table.names[1] == "Thalamus_L.original_glcm_Idm"
    assert table.column("Thalamus_L.original_glcm_Idm").tolist() == [1, 4]
    with pytest.raises(UnknownName, match="Idm"):
        table.column("Thalamus_L.original_glcm_Idmn")


def test_the_matrix_cannot_be_written_to():
    with pytest.raises(ValueError, match="read-only"):
        make().X[0, 0] = 1


def test_taking_keeps_rows_and_columns_with_their_names():
    part = make(3).take(rows=[2, 0], columns=[1])
    assert part.X.tolist() == [[7], [1]]
    assert part.obs["participant_id"].tolist() == ["sub-2", "sub-0"]
    assert part.var["feature"].tolist() == ["Idm"]


def test_stacking_needs_the_same_columns():
    both = stack_rows([make(), make(1, prefix="other")])
    assert both.X.shape == (3, 3)
    other = make(1, prefix="x")
    changed = FeatureTable(other.X, other.obs, other.var.assign(roi="Thalamus_R"))
    with pytest.raises(TableError, match="different columns"):
        stack_rows([make(), changed])
    with pytest.raises(TableError, match="no feature table"):
        stack_rows([])


def test_the_digest_knows_values_and_names():
    table = make()
    assert table.digest() == make().digest()
    assert table.digest() != FeatureTable(table.X + 1, table.obs, table.var).digest()
    renamed = table.var.assign(roi="Other")
    assert table.digest() != FeatureTable(table.X, table.obs, renamed).digest()


def test_what_does_not_fit_together_is_refused():
    table = make()
    with pytest.raises(TableError, match="shape"):
        FeatureTable(table.X[:1], table.obs, table.var)
    with pytest.raises(TableError, match="ibsi_code"):
        FeatureTable(table.X, table.obs, table.var.drop(columns="ibsi_code"))
    with pytest.raises(TableError, match="twice"):
        FeatureTable(table.X, table.obs, table.var.assign(feature="Id"))
