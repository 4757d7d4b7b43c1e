"""Who a process is and whether it still lives, so that leftovers of the dead can be recognised.

A token names the machine (hash), the boot and process-id namespace (hash), the process id and its
start time. Two process ids can only be compared within one boot and one namespace, so the owner
of any other token is unknown, never dead.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import signal
import sys
import threading
import time
from functools import cache
from pathlib import Path
from typing import Literal

OwnerState = Literal["alive", "dead", "unknown"]

#: ``prctl(2)``: send this signal to the process when the thread that started it ends.
PR_SET_PDEATHSIG = 1
PARENT_POLL_S = 1.0


@cache
def _place() -> str:
    """Hash of host, boot and process-id namespace."""
    return hashlib.sha256(f"{platform.node()}|{_boot()}|{_namespace()}".encode()).hexdigest()[:16]


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _namespace() -> str:
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""


def _start_time(pid: int) -> str | None:
    """Start of a live process in clock ticks; None when it is gone or a zombie."""
    if sys.platform != "linux":
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return None
        except PermissionError:
            return "0"
        return "0"
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else fields[19]


def process_token(pid: int | None = None) -> str:
    """Name a process (default: this one) so that no other process ever has the same name."""
    pid = os.getpid() if pid is None else pid
    return f"{_place()}-{pid}-{_start_time(pid) or 0}"


def owner_state(token: str) -> OwnerState:
    """Say whether the process behind a token of `process_token` still lives.

    Returns
    -------
    {"alive", "dead", "unknown"}
        ``unknown`` for another machine, boot or container, and for anything that is no token.
    """
    place, _, rest = token.partition("-")
    pid, _, start = rest.partition("-")
    if place != _place() or not pid.isdigit():
        return "unknown"
    return "alive" if _start_time(int(pid)) == start else "dead"


def die_with_parent(parent: int) -> None:
    """End this process as soon as `parent` ends, however that happens.

    On Linux the kernel sends SIGKILL, which also ends a step in native code; elsewhere a thread
    looks once a second.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    else:
        threading.Thread(target=_watch_parent, args=(parent,), daemon=True).start()
    if os.getppid() != parent:
        os._exit(1)


def _watch_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(PARENT_POLL_S)
    os._exit(1)


def describe_exit(returncode: int) -> str:
    """Say in words how a process ended, from `subprocess.Popen.returncode`."""
    if returncode >= 0:
        return f"ended with exit code {returncode}"
    try:
        name = signal.Signals(-returncode).name
    except ValueError:
        name = f"signal {-returncode}"
    hint = " (often: out of memory)" if name == "SIGKILL" else ""
    return f"was ended by {name}{hint}"
