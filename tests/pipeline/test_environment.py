import subprocess
import sys

from mslens.pipeline.environment import (
    FIXED_VARIABLES,
    imported_too_early,
    make_worker_environment,
)


def test_a_worker_gets_the_fixed_variables_whatever_the_user_set():
    made = make_worker_environment({"OMP_NUM_THREADS": "8", "HOME": "/nowhere", "MINE": "1"})
    assert FIXED_VARIABLES.items() <= made.items()
    assert made["MINE"] == "1"
    assert made["PYTHONHASHSEED"] == "0"


def test_preparing_imports_no_native_library():
    code = (
        "import os, sys; from mslens.pipeline.environment import *; prepare_environment();"
        "print(os.environ['OMP_NUM_THREADS'], os.environ['ANTS_RANDOM_SEED'],"
        " imported_too_early(os.environ), 'numpy' in sys.modules, 'pydantic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", "1", "()", "False", "False"]


def test_a_library_that_was_imported_before_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "numpy", object())
    assert "numpy" in imported_too_early({})
    assert imported_too_early(FIXED_VARIABLES) == ()
