"""The driver's end of a worker: start it, talk to it, end it.

A worker is a fresh interpreter (what multiprocessing calls spawn), started with `subprocess`, so
that its whole environment is given before Python starts, and so that the caller's ``__main__`` is
not imported again (a script or notebook needs no guard).
"""

from __future__ import annotations

import json
import os
import pickle
import shutil
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from mslens.pipeline.events import Event
from mslens.pipeline.failures import PortableError, describe_problem
from mslens.pipeline.outcomes import Outcome
from mslens.pipeline.plan import Chain, Failure
from mslens.pipeline.processes import describe_exit, process_token
from mslens.pipeline.run_chain import RunContext
from mslens.pipeline.scratch import make_temporary, remove_scratch

_BOOT = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]);"
    " from mslens.pipeline.worker import work;"
    " work(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])"
)
LOG_TAIL_CHARACTERS = 2000
#: Time for a worker to leave by itself once its socket is closed.
FAREWELL_S = 5.0


class WorkerProcess:
    """A running worker; what its steps print goes to a log of its own in ``OUT/logs``.

    Parameters
    ----------
    context : RunContext
    environment : mapping of str to str
        From `make_worker_environment`.

    Attributes
    ----------
    chain : Chain or None
        What it works on.
    running : (str, Event) or None
        Label and start of the task that runs.
    outcomes : list of Outcome
        Of the entries of the chain so far.
    is_ready : bool
        Whether it has said that it could start.
    """

    def __init__(self, context: RunContext, environment: Mapping[str, str]) -> None:
        self.chain: Chain | None = None
        self.running: tuple[str, Event] | None = None
        self.outcomes: list[Outcome] = []
        self.is_ready = False
        self._out = context.out
        self._log = context.out / "logs" / f"{context.run_id}_worker-{uuid.uuid4().hex[:8]}.txt"
        self._log.parent.mkdir(parents=True, exist_ok=True)
        self._temporary = make_temporary()
        environment = {**environment, "TMPDIR": str(self._temporary)}
        self._process, self.connection = _start(context.out, self._log, environment)
        self._token = process_token(self._process.pid)
        self._send(pickle.dumps(("context", context), protocol=pickle.HIGHEST_PROTOCOL))

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    def give(self, chain: Chain, content: bytes) -> None:
        """Let the worker begin a chain, whose `pickle_chain` is `content`."""
        self.chain, self.running, self.outcomes = chain, None, []
        self._send(content)

    def _send(self, content: bytes) -> None:
        """Send; that the other end is gone is noticed where its messages are read."""
        with suppress(BrokenPipeError, ConnectionResetError):
            self.connection.send_bytes(content)

    def receive(self) -> tuple[str, Any] | None:
        """Return the next message; None when the worker is gone."""
        try:
            kind, value = pickle.loads(self.connection.recv_bytes())
        except (EOFError, OSError, pickle.UnpicklingError):
            return None
        return kind, value

    def has_ended(self) -> bool:
        """Say whether the process is gone."""
        return self._process.poll() is not None

    def bury(self) -> str:
        """Clean up after a worker that is gone or going; return how it ended, in words."""
        self.connection.close()
        self.wait(FAREWELL_S)
        self._kill(signal.SIGKILL)
        code = self._process.wait()
        remove_scratch(self._out, self._token)
        shutil.rmtree(self._temporary, ignore_errors=True)
        self._drop_empty_log()
        return describe_exit(code)

    def read_log_tail(self) -> str:
        """Return the end of what the worker printed."""
        try:
            text = self._log.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
        return text[-LOG_TAIL_CHARACTERS:].strip()

    def terminate(self) -> None:
        """Ask the worker and the programs that it started to end."""
        self._kill(signal.SIGTERM)

    def kill(self) -> None:
        """End the worker and the programs that it started at once."""
        self._kill(signal.SIGKILL)

    def wait(self, timeout_s: float) -> bool:
        """Wait until the process is gone; say whether it is."""
        try:
            self._process.wait(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _kill(self, number: signal.Signals) -> None:
        """Signal the whole process group: a step may have started programs."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)

    def _drop_empty_log(self) -> None:
        with suppress(OSError):
            if self._log.stat().st_size == 0:
                self._log.unlink()


def make_portable(chain: Chain) -> Chain:
    """Return the chain with the errors of its failures in a form that travels."""
    entries = tuple(
        replace(entry, error=PortableError(describe_problem(entry.error)))
        if isinstance(entry, Failure)
        else entry
        for entry in chain.entries
    )
    return replace(chain, entries=entries)


def pickle_chain(chain: Chain) -> bytes:
    """Make the message that gives a chain to a worker.

    Raises
    ------
    Exception
        Whatever pickle raises: settings must be of classes that can be imported.
    """
    return pickle.dumps(("chain", make_portable(chain)), protocol=pickle.HIGHEST_PROTOCOL)


def _start(
    out: Path, log: Path, environment: Mapping[str, str]
) -> tuple[subprocess.Popen[bytes], Connection[Any, Any]]:
    ours, theirs = socket.socketpair()
    arguments = [json.dumps(sys.path), str(theirs.fileno()), str(os.getpid()), str(out)]
    with theirs, log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", _BOOT, *arguments],
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=[theirs.fileno()],
            process_group=0,
        )
    return process, Connection(ours.detach())
