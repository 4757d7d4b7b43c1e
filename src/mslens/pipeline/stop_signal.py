"""SIGTERM, SIGINT and SIGHUP as something that a waiting engine can see."""

from __future__ import annotations

import os
import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Protocol, Self

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Stopped(BaseException):
    """A stop signal came while a step ran in this process."""


class Stop(Protocol):
    """What an engine asks while it waits: see the attributes of `StopSignal`."""

    @property
    def number(self) -> int | None:
        """Signal that came."""

    @property
    def count(self) -> int:
        """How many came."""

    @property
    def wakeup(self) -> int:
        """File descriptor that becomes readable when a signal comes."""


class StopSignal:
    """While entered, note the first stop signal instead of dying of it.

    Outside the main thread, where Python cannot handle signals, it notes nothing. A signal that
    is ignored (SIGHUP under nohup) stays ignored.

    Attributes
    ----------
    interrupts : bool
        Whether a signal also raises `Stopped` wherever the main thread is.
    number : int or None
        The signal that came.
    count : int
        How many came: who asks twice does not want to wait.
    wakeup : int
        File descriptor that becomes readable when a signal comes.
    """

    def __init__(self) -> None:
        self.interrupts = False
        self.number: int | None = None
        self.count = 0
        self._earlier: dict[int, Any] = {}
        self.wakeup, self._writer = -1, -1

    def __enter__(self) -> Self:
        self.wakeup, self._writer = os.pipe()
        os.set_blocking(self._writer, False)
        if threading.current_thread() is threading.main_thread():
            for name in STOP_SIGNALS:
                if signal.getsignal(name) is not signal.SIG_IGN:
                    self._earlier[name] = signal.signal(name, self._note)
        return self

    def _note(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - signal's own
        self.number = number if self.number is None else self.number
        self.count += 1
        os.write(self._writer, b"!")
        if self.interrupts:
            raise Stopped

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for name, handler in self._earlier.items():
            signal.signal(name, handler)
        os.close(self.wakeup)
        os.close(self._writer)
