"""How many CPUs and how much memory this process may use: affinity, cgroups, batch systems."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

GB = 1e9
#: Variables that say how many CPUs a batch system gave to this task, most specific first.
CPU_VARIABLES = (
    "SLURM_CPUS_PER_TASK",
    "SLURM_CPUS_ON_NODE",
    "PBS_NP",
    "NSLOTS",
    "LSB_DJOB_NUMPROC",
)
#: Limits of cgroups above this are "no limit".
NO_LIMIT_BYTES = 1 << 60


def count_cpus(environment: Mapping[str, str] | None = None, root: Path = Path("/")) -> int:
    """Return the number of CPUs that this process may keep busy.

    Parameters
    ----------
    environment : mapping of str to str, optional
        Default: that of this process.
    root : Path
        Root of ``proc`` and ``sys``.

    Returns
    -------
    int
        The least of the affinity mask, the cgroup's quota and what the batch system gave.
    """
    environment = os.environ if environment is None else environment
    limits = [_affinity()]
    batch = _first_number(environment, CPU_VARIABLES)
    if batch:
        limits.append(batch)
    limits += [max(1, int(quota)) for quota in _cpu_quotas(root)]
    return max(1, min(limits))


def find_memory_gb(
    environment: Mapping[str, str] | None = None, root: Path = Path("/")
) -> float | None:
    """Return the memory that this process may use, in GB (10^9 bytes); None when nothing tells.

    Parameters as in `count_cpus`. The least of the machine's memory, the limits of the cgroup and
    of its parents, and what SLURM gave (``SLURM_MEM_PER_NODE``, ``SLURM_MEM_PER_CPU``, in MB).
    """
    environment = os.environ if environment is None else environment
    limits = [*_machine_memory(root), *_cgroup_memory(root)]
    per_node = _first_number(environment, ("SLURM_MEM_PER_NODE",))
    per_cpu = _first_number(environment, ("SLURM_MEM_PER_CPU",))
    if per_node:
        limits.append(per_node * 1024**2)
    elif per_cpu:
        limits.append(per_cpu * 1024**2 * count_cpus(environment, root))
    return min(limits) / GB if limits else None


def choose_workers(wanted: int | None, memory_gb: float | None, memory_per_worker_gb: float) -> int:
    """Return how many subjects may run at a time.

    Parameters
    ----------
    wanted : int, optional
        Default: one per CPU.
    memory_gb : float, optional
        Default: what `find_memory_gb` finds.
    memory_per_worker_gb : float
    """
    workers = count_cpus() if wanted is None else wanted
    memory = find_memory_gb() if memory_gb is None else memory_gb
    if memory is not None:
        workers = min(workers, int(memory // memory_per_worker_gb))
    return max(1, workers)


def _affinity() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _first_number(environment: Mapping[str, str], names: tuple[str, ...]) -> int | None:
    for name in names:
        text = environment.get(name, "")
        if text.isdigit() and int(text) > 0:
            return int(text)
    return None


def _cpu_quotas(root: Path) -> Iterator[float]:
    for folder in _cgroup_folders(root, "cpu"):
        with suppress(OSError, ValueError):
            quota, period = (folder / "cpu.max").read_text(encoding="ascii").split()
            yield int(quota) / int(period)
        with suppress(OSError, ValueError):
            quota = (folder / "cpu.cfs_quota_us").read_text(encoding="ascii")
            period = (folder / "cpu.cfs_period_us").read_text(encoding="ascii")
            if int(quota) > 0:
                yield int(quota) / int(period)


def _cgroup_memory(root: Path) -> Iterator[int]:
    for folder in _cgroup_folders(root, "memory"):
        for name in ("memory.max", "memory.limit_in_bytes"):
            with suppress(OSError, ValueError):
                limit = int((folder / name).read_text(encoding="ascii"))
                if limit < NO_LIMIT_BYTES:
                    yield limit


def _cgroup_folders(root: Path, controller: str) -> Iterator[Path]:
    """Yield the folders of our cgroup and of its parents, for both versions of cgroups."""
    try:
        lines = (root / "proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        top = root / "sys/fs/cgroup" / (controller if controllers else "")
        folder = top / path.lstrip("/")
        while True:
            yield folder
            if folder == top or top not in folder.parents:
                break
            folder = folder.parent


def _machine_memory(root: Path) -> Iterator[int]:
    with suppress(OSError, ValueError, IndexError):
        first = (root / "proc/meminfo").read_text(encoding="ascii").splitlines()[0]
        yield int(first.split()[1]) * 1024
