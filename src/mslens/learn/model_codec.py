"""Fitted estimators as plain numbers and arrays, and back, without pickle.

Only the classes listed here are written or made again; nothing that is read can name code to run.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.covariance import LedoitWolf
from sklearn.ensemble import RandomForestRegressor
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import (
    RBF,
    ConstantKernel,
    Hyperparameter,
    Product,
    Sum,
    WhiteKernel,
)
from sklearn.linear_model import Ridge
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR
from sklearn.tree import DecisionTreeRegressor
from sklearn.tree._tree import Tree

from mslens.core.arrays import Array
from mslens.core.errors import InputError, SettingsError
from mslens.learn.cfs import CorrelationSubset
from mslens.learn.collinearity import CollinearityFilter
from mslens.learn.column_choice import ColumnChoice
from mslens.learn.combat import ComBat, SiteEffect
from mslens.learn.covariates import CovariateZScore
from mslens.learn.factors import SparseFactors
from mslens.learn.funnel import SelectionFunnel
from mslens.learn.lasso import LassoSelection
from mslens.learn.novelty import CohortLikeness
from mslens.learn.stacking import StackedRegressor, StackWeights
from mslens.learn.tree import FittedTree, Model, ModelTree, Stage
from mslens.learn.tuned import TunedRegressor
from mslens.learn.variance import RangeScaledVariance

_CLASSES: dict[str, type] = {
    cls.__name__: cls
    for cls in (
        CohortLikeness,
        CollinearityFilter,
        ColumnChoice,
        ComBat,
        ConstantKernel,
        CorrelationSubset,
        CovariateZScore,
        DecisionTreeRegressor,
        FittedTree,
        GaussianProcessRegressor,
        LassoSelection,
        LedoitWolf,
        Model,
        ModelTree,
        Pipeline,
        Product,
        RBF,
        RandomForestRegressor,
        RangeScaledVariance,
        Ridge,
        SVR,
        SelectionFunnel,
        SiteEffect,
        SparseFactors,
        StackWeights,
        StackedRegressor,
        Stage,
        StandardScaler,
        Sum,
        TunedRegressor,
        WhiteKernel,
    )
}
#: Marks of what JSON has no word for.
_ARRAY, _TEXTS, _NUMBER, _OBJECT = "@array", "@texts", "@number", "@object"
_TUPLE, _PAIRS, _TREE = "@tuple", "@pairs", "@tree"


def encode(value: object, arrays: dict[str, Array]) -> Any:
    """Turn a fitted object into JSON-able data; arrays are put into `arrays`.

    Raises
    ------
    SettingsError
        If it holds something of a class that is not listed.
    """
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {_NUMBER: repr(value)}
    if isinstance(value, np.generic):
        return _keep(np.asarray(value), arrays, scalar=True)
    if isinstance(value, np.ndarray):
        return _encode_array(value, arrays)
    if isinstance(value, list):
        return [encode(item, arrays) for item in value]
    if isinstance(value, tuple) and not isinstance(value, Hyperparameter):
        return {_TUPLE: [encode(item, arrays) for item in value]}
    if isinstance(value, Mapping):
        return {_PAIRS: [[encode(k, arrays), encode(v, arrays)] for k, v in value.items()]}
    if isinstance(value, np.random.RandomState):
        return None
    if isinstance(value, Tree):
        _, arguments, state = value.__reduce__()
        return {_TREE: [encode(tuple(arguments), arrays), encode(state, arrays)]}
    name = type(value).__name__
    if _CLASSES.get(name) is not type(value):
        raise SettingsError(
            f"a {type(value).__module__}.{name} cannot be saved",
            expected=f"one of {', '.join(sorted(_CLASSES))}",
        )
    return {_OBJECT: name, "state": {k: encode(v, arrays) for k, v in vars(value).items()}}


def decode(data: Any, arrays: Mapping[str, Array]) -> Any:
    """Make the object again that `encode` has written.

    Raises
    ------
    InputError
        If the data names a class that is not listed, or lacks an array.
    """
    if isinstance(data, list):
        return [decode(item, arrays) for item in data]
    if not isinstance(data, dict):
        return data
    if _NUMBER in data:
        return float(data[_NUMBER])
    if _ARRAY in data:
        array = _find(data[_ARRAY], arrays)
        return array[()] if data.get("scalar") else array.copy()
    if _TEXTS in data:
        return _find(data[_TEXTS], arrays).astype(object)
    if _TUPLE in data:
        return tuple(decode(item, arrays) for item in data[_TUPLE])
    if _PAIRS in data:
        return {decode(key, arrays): decode(item, arrays) for key, item in data[_PAIRS]}
    if _TREE in data:
        return _decode_tree(data[_TREE], arrays)
    cls = _CLASSES.get(str(data.get(_OBJECT)))
    if cls is None:
        raise InputError(
            f"the model holds a '{data.get(_OBJECT)}'", expected="a model that mslens has written"
        )
    made: object = object.__new__(cls)
    vars(made).update({key: decode(item, arrays) for key, item in data["state"].items()})
    return made


def _encode_array(value: Array, arrays: dict[str, Array]) -> Any:
    if value.dtype != object:
        return _keep(value, arrays, scalar=False)
    if all(isinstance(item, str) for item in value.ravel()):
        return {_TEXTS: _keep(value.astype(str), arrays, scalar=False)[_ARRAY]}
    raise SettingsError("an array of objects cannot be saved", expected="numbers or texts")


def _keep(value: Array, arrays: dict[str, Array], *, scalar: bool) -> dict[str, Any]:
    name = f"a{len(arrays)}"
    arrays[name] = value
    return {_ARRAY: name, "scalar": True} if scalar else {_ARRAY: name}


def _find(name: object, arrays: Mapping[str, Array]) -> Array:
    if name not in arrays:
        raise InputError(f"the model lacks its array '{name}'", expected="a complete file")
    return arrays[str(name)]


def _decode_tree(data: Any, arrays: Mapping[str, Array]) -> Any:
    """Make a decision tree again, after checking that no node points outside of it or back."""
    n_features, n_classes, n_outputs = decode(data[0], arrays)
    state = decode(data[1], arrays)
    nodes, count = state["nodes"], int(state["node_count"])
    inner = np.flatnonzero(nodes["left_child"] >= 0)
    children = np.stack([nodes["left_child"][inner], nodes["right_child"][inner]])
    # A child after its parent: walking down must end.
    within = (children > inner).all() and (children < count).all()
    known = ((nodes["feature"][inner] >= 0) & (nodes["feature"][inner] < n_features)).all()
    if len(nodes) != count or len(state["values"]) != count or not within or not known:
        raise InputError("a decision tree of the model is damaged", expected="a complete file")
    tree = Tree(n_features, n_classes, n_outputs)
    tree.__setstate__(state)
    return tree
