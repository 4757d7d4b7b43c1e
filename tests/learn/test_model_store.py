import numpy as np
import pytest

from learn.cohorts import factor_cohort
from mslens.core.errors import InputError, TableError, UnknownName
from mslens.learn import model_store
from mslens.learn.factors import SparseFactors
from mslens.learn.funnel import SelectionFunnel
from mslens.learn.lasso import LassoSelection
from mslens.learn.model_store import SavedModel, choose_model, load_model, save_model
from mslens.learn.novelty import CohortLikeness
from mslens.learn.tree import Model, ModelTree, Stage, fit_tree
from mslens.learn.tuned import TunedRegressor


@pytest.fixture(scope="module")
def cohort():
    X, y, _ = factor_cohort(11, n=90, p=120)
    return X, y


@pytest.fixture(scope="module")
def fitted(cohort):
    X, y = cohort
    tree = ModelTree(
        {
            "filtered": Stage("features", SelectionFunnel()),
            "lasso": Stage("filtered", LassoSelection(n_folds=3, n_alphas=20)),
            "factors": Stage("features", SparseFactors()),
        },
        {
            "ridge": Model("lasso", TunedRegressor(n_folds=3)),
            "lasso": Model("lasso", None),
            "factors + ridge": Model("factors", TunedRegressor(n_folds=3)),
        },
    )
    names = np.array([f"f{i}" for i in range(X.shape[1])], dtype=object)
    return fit_tree(tree, X[:70], y[:70], names=names)


def make(fitted, name, cohort):
    X, _ = cohort
    saved = SavedModel(choose_model(fitted, name), name, np.linspace(-1, 1, 70), None, {"a": 1})
    if name == "stack":
        return saved
    likeness = CohortLikeness().fit(saved.inputs_of(X[:70]))
    return SavedModel(saved.fitted, name, saved.residuals, likeness, saved.card)


@pytest.mark.parametrize("name", ["ridge", "lasso", "factors + ridge", "stack"])
def test_a_saved_model_predicts_the_same(tmp_path, fitted, cohort, name):
    X, _ = cohort
    digest = save_model(tmp_path / "m.mslens", make(fitted, name, cohort))
    found = load_model(tmp_path / "m.mslens")
    np.testing.assert_array_equal(found.predict(X[70:]), fitted.predict(X[70:])[name])
    np.testing.assert_array_equal(found.residuals, np.linspace(-1, 1, 70))
    assert found.card == {"a": 1}
    assert len(digest) == 64
    assert save_model(tmp_path / "again.mslens", found) == digest


def test_only_what_the_model_needs_is_kept(fitted):
    assert list(choose_model(fitted, "ridge").stages) == ["filtered", "lasso"]
    assert list(choose_model(fitted, "factors + ridge").stages) == ["factors"]
    with pytest.raises(UnknownName, match="Did you mean 'ridge'"):
        choose_model(fitted, "ridges")


def test_the_stack_sees_each_column_of_its_models_once(fitted, cohort):
    X, _ = cohort
    seen = make(fitted, "stack", cohort).inputs_of(X[70:])
    tables = fitted.transform(X[70:])
    np.testing.assert_array_equal(seen, np.hstack([tables["lasso"], tables["factors"]]))


def test_likeness_survives(tmp_path, fitted, cohort):
    X, _ = cohort
    save_model(tmp_path / "m.mslens", make(fitted, "factors + ridge", cohort))
    found = load_model(tmp_path / "m.mslens")
    strange = X[70:72].copy()
    strange[1] *= 20
    p = found.likeness.compare(found.inputs_of(strange)).p
    assert p[1] < 0.02 < p[0]


def test_a_table_is_brought_into_order_or_refused_by_name(fitted, cohort):
    X, _ = cohort
    saved = make(fitted, "ridge", cohort)
    order = np.random.default_rng(0).permutation(120)
    columns = [f"f{i}" for i in order]
    arranged = saved.arrange(X[:, order], columns)
    np.testing.assert_array_equal(saved.predict(arranged), saved.predict(X))
    with pytest.raises(TableError, match="2 of 120 columns of the model are missing: f3, f9"):
        saved.arrange(X[:, :118], [f"f{i}" for i in range(120) if i not in (3, 9)])


@pytest.fixture
def path(tmp_path, fitted, cohort):
    save_model(tmp_path / "m.mslens", make(fitted, "ridge", cohort))
    return tmp_path / "m.mslens"


def test_refuses_a_changed_or_truncated_file(path):
    content = path.read_bytes()
    for broken in (content[:-7], content[:-20] + b"x" + content[-19:]):
        path.write_bytes(broken)
        with pytest.raises(InputError, match="its hash differs"):
            load_model(path)


def test_refuses_another_format_and_other_files(path):
    content = path.read_bytes()
    path.write_bytes(content.replace(b"mslens-model 1 ", b"mslens-model 9 ", 1))
    with pytest.raises(InputError, match=r"format 9.*Expected format 1"):
        load_model(path)
    path.write_bytes(b"\x80\x04\x95pickle")
    with pytest.raises(InputError, match="not a model file"):
        load_model(path)


def test_refuses_a_model_of_another_scikit_learn(path, monkeypatch):
    monkeypatch.setattr(model_store.sklearn, "__version__", "99.1.0")
    with pytest.raises(InputError, match=r"made with scikit-learn .* this is 99.1.0"):
        load_model(path)
