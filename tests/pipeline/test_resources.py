import os

import pytest

from mslens.pipeline import resources
from mslens.pipeline.resources import choose_workers, count_cpus, find_memory_gb

GB = 1_000_000_000


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """Return `machine(files)`: the root of a machine of 16 CPUs with these files."""
    monkeypatch.setattr(resources, "_affinity", lambda: 16)

    def make(files):
        for name, text in {"proc/meminfo": "MemTotal: 62500000 kB\n", **files}.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path

    return make


def test_the_affinity_mask_counts():
    if not hasattr(os, "sched_setaffinity"):
        pytest.skip("this system has no affinity masks")
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        assert count_cpus({}) == 1
    finally:
        os.sched_setaffinity(0, before)


@pytest.mark.parametrize(
    ("variables", "cpus"),
    [
        ({}, 16),
        ({"SLURM_CPUS_PER_TASK": "4"}, 4),
        ({"SLURM_CPUS_ON_NODE": "8", "SLURM_CPUS_PER_TASK": "4"}, 4),
        ({"SLURM_CPUS_ON_NODE": "8"}, 8),
        ({"SLURM_CPUS_PER_TASK": "64"}, 16),
        ({"NSLOTS": "3"}, 3),
        ({"SLURM_CPUS_PER_TASK": "many"}, 16),
    ],
)
def test_a_batch_system_counts(machine, variables, cpus):
    assert count_cpus(variables, machine({})) == cpus


@pytest.mark.parametrize(
    ("files", "cpus"),
    [
        ({"proc/self/cgroup": "0::/job\n", "sys/fs/cgroup/job/cpu.max": "250000 100000"}, 2),
        ({"proc/self/cgroup": "0::/job\n", "sys/fs/cgroup/job/cpu.max": "50000 100000"}, 1),
        ({"proc/self/cgroup": "0::/job/a\n", "sys/fs/cgroup/job/cpu.max": "300000 100000"}, 3),
        ({"proc/self/cgroup": "0::/job\n", "sys/fs/cgroup/job/cpu.max": "max 100000"}, 16),
        (
            {
                "proc/self/cgroup": "4:cpu,cpuacct:/job\n",
                "sys/fs/cgroup/cpu/job/cpu.cfs_quota_us": "500000",
                "sys/fs/cgroup/cpu/job/cpu.cfs_period_us": "100000",
            },
            5,
        ),
        (
            {
                "proc/self/cgroup": "4:cpu:/job\n",
                "sys/fs/cgroup/cpu/job/cpu.cfs_quota_us": "-1",
                "sys/fs/cgroup/cpu/job/cpu.cfs_period_us": "100000",
            },
            16,
        ),
    ],
)
def test_the_quota_of_a_container_counts(machine, files, cpus):
    assert count_cpus({}, machine(files)) == cpus


@pytest.mark.parametrize(
    ("files", "variables", "gb"),
    [
        ({}, {}, 64.0),
        ({"proc/self/cgroup": "0::/j\n", "sys/fs/cgroup/j/memory.max": f"{8 * GB}"}, {}, 8.0),
        ({"proc/self/cgroup": "0::/j/a\n", "sys/fs/cgroup/j/memory.max": f"{9 * GB}"}, {}, 9.0),
        ({"proc/self/cgroup": "0::/j\n", "sys/fs/cgroup/j/memory.max": "max"}, {}, 64.0),
        (
            {
                "proc/self/cgroup": "4:memory:/j\n",
                "sys/fs/cgroup/memory/j/memory.limit_in_bytes": f"{7 * GB}",
            },
            {},
            7.0,
        ),
        (
            {
                "proc/self/cgroup": "4:memory:/j\n",
                "sys/fs/cgroup/memory/j/memory.limit_in_bytes": "9223372036854771712",
            },
            {},
            64.0,
        ),
        ({}, {"SLURM_MEM_PER_NODE": "4000"}, 4000 * 1024**2 / GB),
        ({}, {"SLURM_MEM_PER_CPU": "1000", "SLURM_CPUS_PER_TASK": "2"}, 2000 * 1024**2 / GB),
    ],
)
def test_the_least_memory_limit_counts(machine, files, variables, gb):
    assert find_memory_gb(variables, machine(files)) == pytest.approx(gb)


def test_a_machine_that_tells_nothing_has_unknown_memory(tmp_path):
    assert find_memory_gb({}, tmp_path) is None


@pytest.mark.parametrize(
    ("wanted", "memory", "each", "workers"),
    [(4, 8.0, 4.0, 2), (4, 64.0, 4.0, 4), (4, 3.0, 4.0, 1), (1, 64.0, 4.0, 1), (8, 31.9, 4.0, 7)],
)
def test_memory_limits_the_workers(wanted, memory, each, workers):
    assert choose_workers(wanted, memory, each) == workers


def test_workers_default_to_cpus_and_memory_to_the_machine(monkeypatch):
    monkeypatch.setattr(resources, "count_cpus", lambda: 6)
    monkeypatch.setattr(resources, "find_memory_gb", lambda: 20.0)
    assert choose_workers(None, None, 4.0) == 5
    monkeypatch.setattr(resources, "find_memory_gb", lambda: None)
    assert choose_workers(None, None, 4.0) == 6
