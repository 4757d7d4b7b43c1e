import os
import subprocess
import sys

import numpy as np

from mslens.core import compiled

SCRIPT = """
import numpy as np
from mslens.core.compiled import kernel

@kernel
def double(x):
    return 2 * x

print(double(np.arange(3.0)))
"""


def _add(a, b):
    return a + b / 0.5


def test_a_kernel_computes_what_its_python_computes():
    compiled_add = compiled.kernel(_add)
    values = np.arange(4.0)
    assert (compiled_add(values, values) == _add(values, values)).all()


def test_machine_code_is_kept_for_the_next_start(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    cache = tmp_path / "cache"
    environment = os.environ | {"NUMBA_CACHE_DIR": str(cache)}
    command = [sys.executable, str(script)]
    first, second = (_run(command, environment, cache) for _ in range(2))
    assert len(first) == 1
    assert second == first


def _run(command, environment, cache):
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[0. 2. 4.]"
    return {path: path.stat().st_mtime_ns for path in cache.rglob("*.nbc")}
