"""Wall-clock seconds, CPU seconds and peak memory of a stretch of work in this process."""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path

from mslens.pipeline.ledger import Cost

#: Writing this to Linux's ``/proc/self/clear_refs`` sets the peak (VmHWM) back to the present.
RESET_PEAK = "5"


class Meter:
    """Measure what a process and the children that it waited for used.

    The peak is exact on Linux, where the kernel's high-water mark can be set back; elsewhere it
    is the peak of the process so far, an upper bound. A child counts when it held more than any
    child before it.
    """

    def __init__(self) -> None:
        _reset_peak()
        self._began = time.perf_counter()
        self._cpu_s = _cpu_s()
        self._children_peak = _peak_of_children()

    def read(self) -> Cost:
        """Return the cost since the meter was made, to the millisecond and the byte."""
        children = _peak_of_children()
        return Cost(
            wall_s=round(time.perf_counter() - self._began, 3),
            cpu_s=round(_cpu_s() - self._cpu_s, 3),
            peak_rss_bytes=max(_peak(), children if children > self._children_peak else 0),
        )


def _cpu_s() -> float:
    own, children = (
        resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def _reset_peak() -> None:
    try:
        Path("/proc/self/clear_refs").write_text(RESET_PEAK, encoding="ascii")
    except OSError:
        return


def _peak() -> int:
    try:
        status = Path("/proc/self/status").read_text(encoding="utf-8", errors="replace")
        line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    except (OSError, StopIteration, ValueError, IndexError):
        return _ru_maxrss_bytes(resource.RUSAGE_SELF)


def _peak_of_children() -> int:
    return _ru_maxrss_bytes(resource.RUSAGE_CHILDREN)


def _ru_maxrss_bytes(who: int) -> int:
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(who).ru_maxrss * unit
