import subprocess
import sys
import time

from mslens.pipeline.measure import Meter

MB = 1_000_000


def test_time_and_work_are_told_apart():
    meter = Meter()
    time.sleep(0.05)
    idle = meter.read()
    began = time.process_time()
    while time.process_time() - began < 0.05:
        pass
    busy = meter.read()
    assert idle.wall_s >= 0.05
    assert busy.cpu_s >= idle.cpu_s + 0.04


def test_the_peak_is_that_of_the_task_and_not_of_an_earlier_one():
    before = Meter().read().peak_rss_bytes
    meter = Meter()
    block = bytearray(80 * MB)
    block[::1024] = b"x" * len(block[::1024])
    del block
    assert meter.read().peak_rss_bytes >= before + 60 * MB
    if sys.platform == "linux":
        assert Meter().read().peak_rss_bytes <= before + 40 * MB


def test_the_work_of_a_program_counts():
    code = "import time\nwhile time.process_time() < 0.2: pass\nb = b'x' * 200_000_000"
    meter = Meter()
    subprocess.run([sys.executable, "-c", code], check=True)
    cost = meter.read()
    assert cost.cpu_s >= 0.2
    assert cost.peak_rss_bytes >= 200 * MB
