import os
import select
import signal
import threading

import pytest

from mslens.pipeline.stop_signal import Stopped, StopSignal


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_is_noted_wakes_and_does_not_kill(number):
    before = signal.getsignal(number)
    with StopSignal() as stop:
        assert stop.number is None
        assert select.select([stop.wakeup], [], [], 0)[0] == []
        os.kill(os.getpid(), number)
        assert select.select([stop.wakeup], [], [], 5)[0] == [stop.wakeup]
        os.kill(os.getpid(), signal.SIGTERM)
        assert (stop.number, stop.count) == (number, 2)
    assert signal.getsignal(number) is before


def test_a_signal_can_interrupt_what_runs():
    with StopSignal() as stop:
        stop.interrupts = True
        with pytest.raises(Stopped):
            signal.raise_signal(signal.SIGTERM)
        assert stop.number == signal.SIGTERM


def test_an_ignored_signal_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with StopSignal() as stop:
            signal.raise_signal(signal.SIGHUP)
            assert stop.number is None
    finally:
        signal.signal(signal.SIGHUP, before)


def test_outside_the_main_thread_it_notes_nothing_and_breaks_nothing():
    seen = []

    def enter():
        with StopSignal() as stop:
            seen.append(stop.number)

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert seen == [None]
