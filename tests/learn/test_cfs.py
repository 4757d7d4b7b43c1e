import re

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from mslens.core.errors import InputError, SettingsError, UnknownName
from mslens.learn.cfs import CorrelationSubset


def read_arff(path):
    names, rows, in_data = [], [], False
    for raw in path.read_text().splitlines():
        line = raw.strip()
        if line.lower().startswith("@attribute"):
            names.append(line.split()[1])
        elif line.lower().startswith("@data"):
            in_data = True
        elif in_data and line and not line.startswith("%"):
            rows.append([float(cell) for cell in line.split(",")])
    return names, np.array(rows)


def read_weka(path):
    text = path.read_text()
    numbers = re.search(r"Selected attributes: ([\d,]+)", text).group(1)
    count = re.search(r"subsets evaluated: (\d+)", text)
    merit = float(re.search(r"Merit of best subset found: +([\d.]+)", text).group(1))
    return [int(n) - 1 for n in numbers.split(",")], count and int(count.group(1)), merit


@pytest.mark.data
@pytest.mark.parametrize("table", ["cpu", "diabetes_regression", "sim0_n80_p60"])
@pytest.mark.parametrize("search", ["BestFirst", "GreedyStepwise"])
@pytest.mark.parametrize("suffix", ["", "_noLocPred"])
def test_every_subset_of_weka(data_dir, table, search, suffix):
    folder = data_dir / "weka_cfs"
    _, values = read_arff(folder / f"{table}.arff")
    expected, n_evaluated, merit = read_weka(folder / f"{table}__{search}{suffix}.txt")
    selector = CorrelationSubset(
        search={"BestFirst": "best-first", "GreedyStepwise": "greedy-stepwise"}[search],
        locally_predictive=suffix == "",
    ).fit(values[:, :-1], values[:, -1])
    assert np.flatnonzero(selector.support_).tolist() == expected
    assert round(selector.merit_, 3) == merit
    if n_evaluated is not None:
        assert selector.n_evaluated_ == n_evaluated


def table(seed=0, n=120, p=30):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, p)) * rng.uniform(0.1, 10, size=p)
    return X, X[:, 3] / X[:, 3].std() + X[:, 7] / X[:, 7].std() + 0.3 * rng.normal(size=n)


def textbook_merit(X, y, subset):
    k = len(subset)
    with_target = np.mean([abs(np.corrcoef(X[:, i], y)[0, 1]) for i in subset])
    pairs = [abs(np.corrcoef(X[:, i], X[:, j])[0, 1]) for i in subset for j in subset if i < j]
    between = np.mean(pairs) if pairs else 0.0
    return k * with_target / np.sqrt(k + k * (k - 1) * between)


def test_finds_the_columns_that_make_the_target():
    X, y = table()
    selector = CorrelationSubset(merit="textbook", locally_predictive=False).fit(X, y)
    assert np.flatnonzero(selector.support_).tolist() == [3, 7]
    assert selector.merit_ == pytest.approx(textbook_merit(X, y, [3, 7]), rel=1e-6)


def test_both_merits_are_the_same_after_z_scoring():
    X, y = table(1)
    scaled = StandardScaler().fit_transform(X)
    weka = CorrelationSubset().fit(scaled, y)
    textbook = CorrelationSubset(merit="textbook").fit(X, y)
    np.testing.assert_array_equal(weka.support_, textbook.support_)
    assert weka.merit_ == pytest.approx(textbook.merit_, rel=1e-6)


def test_weka_prefers_columns_of_large_scale():
    rng = np.random.default_rng(2)
    signal = rng.normal(size=200)
    X = np.stack([signal + rng.normal(size=200), 1e6 * (signal + rng.normal(size=200))], axis=1)
    selector = CorrelationSubset(locally_predictive=False).fit(X, signal)
    assert selector.support_.tolist() == [False, True]
    plain = CorrelationSubset(merit="textbook", locally_predictive=False).fit(X, signal)
    assert plain.support_.all()


@pytest.mark.parametrize("search", ["best-first", "greedy-stepwise"])
def test_of_equal_columns_the_first_is_kept(search):
    X, y = table(3)
    X[:, 12] = X[:, 3]
    selector = CorrelationSubset(merit="textbook", search=search, locally_predictive=False).fit(
        X, y
    )
    assert selector.support_[3]
    assert not selector.support_[12]


def test_a_constant_column_is_never_chosen():
    X, y = table(4)
    X[:, 0] = 5.0
    assert not CorrelationSubset(merit="textbook").fit(X, y).support_[0]


@pytest.mark.parametrize("constant", ["target", "columns"])
def test_refuses_what_is_related_to_nothing(constant):
    X, y = table(5)
    X, y = (X, np.ones_like(y)) if constant == "target" else (np.ones_like(X), y)
    with pytest.raises(InputError, match="no column is related"):
        CorrelationSubset().fit(X, y)


def test_names_the_nearest_search():
    X, y = table()
    with pytest.raises(UnknownName, match="best-first"):
        CorrelationSubset(search="bestfirst").fit(X, y)
    with pytest.raises(SettingsError, match="merit"):
        CorrelationSubset(merit="wekka").fit(X, y)
