"""A worker: a fresh process that runs one chain after another until it is told to stop.

Messages are pickled pairs over one socket. To the worker: ``("context", RunContext)``,
``("chain", Chain)``; a closed socket means stop. From the worker: ``("ready", None)``,
``("started", (label, Event))``, ``("outcome", Outcome)``, ``("finished", outcomes)``,
``("refused", Problem)`` for a chain that cannot be loaded.
"""

from __future__ import annotations

import os
import pickle
import signal
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from mslens.pipeline.events import Event
from mslens.pipeline.failures import describe_problem
from mslens.pipeline.plan import Task
from mslens.pipeline.processes import die_with_parent
from mslens.pipeline.run_chain import RunContext, run_chain
from mslens.pipeline.scratch import remove_scratch


def work(descriptor: int, parent: int, folder: str) -> None:
    """Serve the driver until its end of the socket closes.

    Parameters
    ----------
    descriptor : int
        File descriptor of the worker's end of the socket.
    parent : int
        Process id of the driver; the worker ends when the driver does.
    folder : str
        Output folder.
    """
    die_with_parent(parent)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.set_inheritable(descriptor, False)
    connection: Connection[Any, Any] = Connection(descriptor)
    try:
        _send(connection, "ready", None)
        _serve(connection)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return
    finally:
        remove_scratch(Path(folder))


def _serve(connection: Connection[Any, Any]) -> None:
    context: RunContext | None = None
    while True:
        content = connection.recv_bytes()
        try:
            kind, value = pickle.loads(content)
        except Exception as error:  # noqa: BLE001 - the module of a setting may not be importable
            _send(connection, "refused", describe_problem(error))
            continue
        if kind == "context":
            context = value
        elif context is not None:
            outcomes = run_chain(
                value,
                context,
                on_start=lambda task, reason: _send_start(connection, task, reason),
                on_outcome=lambda outcome: _send(connection, "outcome", outcome),
            )
            _send(connection, "finished", outcomes)


def _send_start(connection: Connection[Any, Any], task: Task, reason: str) -> None:
    event = Event("started", task.subject, task.session, task.step.name, message=reason)
    _send(connection, "started", (task.label, event))


def _send(connection: Connection[Any, Any], kind: str, value: object) -> None:
    connection.send_bytes(pickle.dumps((kind, value), protocol=pickle.HIGHEST_PROTOCOL))
