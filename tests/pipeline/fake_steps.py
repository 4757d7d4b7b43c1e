"""Steps of milliseconds for the tests of the engine, and chains made of them.

Every call leaves a file in the folder that MSLENS_TEST_TRACE names, so that a test sees what
really ran, in whatever process.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import tempfile
import time
import uuid
import warnings
from dataclasses import replace
from pathlib import Path

from mslens.core.errors import ImageError, MslensWarning
from mslens.core.settings import Settings
from mslens.pipeline.plan import Chain, Step, Task

TRACE = "MSLENS_TEST_TRACE"


class FakeSettings(Settings):
    text: str = "settings"
    seconds: float = 0.0
    subjects: tuple[str, ...] = ()
    folder: Path | None = None


def _trace(name: str, outputs) -> None:
    folder = os.environ.get(TRACE)
    if folder:
        subject = next(iter(outputs.values())).name.partition("_")[0].removesuffix(".html")
        Path(folder, f"{subject}__{name}__{os.getpid()}__{uuid.uuid4().hex}").touch()


def _join(inputs, outputs, settings) -> str:
    parts = [f"{role}={path.read_text(encoding='utf-8')}" for role, path in inputs.items()]
    text = "|".join([settings.text, *parts])
    for path in outputs.values():
        path.write_text(text, encoding="utf-8")
    return text


def join(inputs, outputs, settings):
    """Join the texts of the inputs.

    More is not to be said.
    """
    _trace("join", outputs)
    time.sleep(settings.seconds)
    return {"length": len(_join(inputs, outputs, settings)), "flags": []}


def ignore_settings(inputs, outputs, settings):
    """Write the same whatever the settings."""
    _trace("ignore_settings", outputs)
    for path in outputs.values():
        path.write_text("constant")
    return {}


def tabulate(inputs, outputs, settings):
    """Write a table and its data dictionary."""
    _trace("tabulate", outputs)
    outputs["table"].write_text("volume_ml\n1.5\n")
    outputs["table"].with_suffix(".json").write_text('{"volume_ml": {"Units": "mL"}}')
    return {"volume_ml": 1.5}


def report(inputs, outputs, settings):
    """Write what became of everything."""
    _trace("report", outputs)
    _join(inputs, outputs, settings)
    return {"inputs": sorted(inputs)}


def fail(inputs, outputs, settings):
    """Fail for the subjects named in the settings."""
    _trace("fail", outputs)
    if any(f"sub-{name}_" in str(outputs) for name in settings.subjects):
        raise ImageError(
            "the image has 2 slices", where="/secret/place.nii", expected="3D", cure="Scan again"
        )
    return join(inputs, outputs, settings)


def crash(inputs, outputs, settings):
    """Raise what nobody foresaw."""
    raise KeyError("/secret/place")


def exit_python(inputs, outputs, settings):
    """Leave as no step should."""
    sys.exit(3)


def exhaust_memory(inputs, outputs, settings):
    """Find no memory."""
    raise MemoryError


def write_much(inputs, outputs, settings):
    """Write a megabyte."""
    for path in outputs.values():
        with path.open("wb") as file:
            file.write(b"x" * 1_000_000)
    return {}


def write_nothing(inputs, outputs, settings):
    """Forget the outputs."""
    return {}


def write_empty(inputs, outputs, settings):
    """Leave the outputs empty."""
    for path in outputs.values():
        path.touch()
    return {}


def return_object(inputs, outputs, settings):
    """Return something that is not JSON."""
    _join(inputs, outputs, settings)
    return {"thing": object()}


def tell_path(inputs, outputs, settings):
    """Return and warn of the temporary path."""
    _join(inputs, outputs, settings)
    warnings.warn(f"wrote {next(iter(outputs.values()))}", MslensWarning, stacklevel=1)
    return {"path": [str(next(iter(outputs.values())))], "nan": float("nan")}


def change_input(inputs, outputs, settings):
    """Write into an input, as somebody else might meanwhile."""
    next(iter(inputs.values())).write_text(uuid.uuid4().hex)
    _join(inputs, outputs, settings)
    return {}


def kill_itself(inputs, outputs, settings):
    """Be killed, as by the kernel when memory is short, for the subjects named."""
    _trace("kill_itself", outputs)
    if any(f"sub-{name}_" in str(outputs) for name in settings.subjects):
        os.kill(os.getpid(), signal.SIGKILL)
    _join(inputs, outputs, settings)
    return {}


def crash_natively(inputs, outputs, settings):
    """Read address 0."""
    ctypes.string_at(0)


def kill_itself_once(inputs, outputs, settings):
    """Be killed the first time only."""
    _trace("kill_itself_once", outputs)
    flag = settings.folder / "was-killed"
    if not flag.exists():
        flag.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    _join(inputs, outputs, settings)
    return {}


def hang(inputs, outputs, settings):
    """Hang, deaf to SIGTERM, with a program of its own."""
    for path in outputs.values():
        path.write_text("half")
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    program = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    Path(settings.folder, "hanging").write_text(f"{os.getpid()} {program.pid}")
    time.sleep(60)
    return {}


def wait_for_release(inputs, outputs, settings):
    """Say that it runs, then wait until the file ``go`` is there (once and for all)."""
    _trace("wait_for_release", outputs)
    subject = next(iter(outputs.values())).name.partition("_")[0]
    Path(settings.folder, f"running-{subject}-{os.getpid()}").touch()
    deadline = time.monotonic() + 60
    while not (settings.folder / "go").exists() and time.monotonic() < deadline:
        time.sleep(0.005)
    _join(inputs, outputs, settings)
    return {}


def tell_environment(inputs, outputs, settings):
    """Write the process id and the variables that fix threads and seeds."""
    names = ("OMP_NUM_THREADS", "ANTS_RANDOM_SEED", "PYTHONHASHSEED", "NUMBA_NUM_THREADS")
    lines = [f"{name}={os.environ.get(name)}" for name in names]
    next(iter(outputs.values())).write_text("\n".join(lines))
    return {}


def leave_temporary(inputs, outputs, settings):
    """Leave a file in the temporary folder, as some libraries do; hang for the subjects named."""
    descriptor, path = tempfile.mkstemp()
    os.close(descriptor)
    next(iter(outputs.values())).write_text(path)
    if any(f"sub-{name}_" in str(outputs) for name in settings.subjects):
        (settings.folder / "temporary").write_text(path)
        time.sleep(60)
    return {}


def shout(inputs, outputs, settings):
    """Print, from Python and from below it."""
    print("from python")
    os.write(1, b"from below\n")
    _join(inputs, outputs, settings)
    return {}


def allocate(inputs, outputs, settings):
    """Hold 60 MB for a moment."""
    block = bytearray(60_000_000)
    block[::4096] = b"x" * len(block[::4096])
    _join(inputs, outputs, settings)
    return {}


def step(function: str, name: str | None = None, version: int = 1) -> Step:
    return Step(name or function.replace("_", "-"), version, f"pipeline.fake_steps:{function}")


def make_raw(root: Path, subject: str, text: str = "raw") -> Path:
    """Write a raw image with its sidecar."""
    path = root / f"sub-{subject}" / "anat" / f"sub-{subject}_T1w.nii.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    (path.parent / f"sub-{subject}_T1w.json").write_text('{"EchoTime": 0.003}')
    return path


def output(out: Path, subject: str, name: str) -> Path:
    return out / f"sub-{subject}" / "anat" / f"sub-{subject}_{name}"


def make_task(out: Path, subject: str, kind: Step, name: str, **inputs: Path) -> Task:
    """Return a task with one output of the role ``image``."""
    return Task(
        subject=subject,
        session=None,
        step=kind,
        inputs=inputs,
        outputs={"image": output(out, subject, name)},
        settings=FakeSettings(),
    )


def make_chain(
    raw: Path,
    out: Path,
    subject: str,
    *,
    middle: str = "join",
    settings: FakeSettings | None = None,
    text: str = "raw",
) -> Chain:
    """Return first -> middle -> last -> table -> report; `settings` are those of the middle."""
    image = make_raw(raw, subject, text) if not (raw / f"sub-{subject}").exists() else None
    image = image or next((raw / f"sub-{subject}").rglob("*_T1w.nii.gz"))
    first = make_task(out, subject, step("join", "first"), "desc-first_T1w.nii.gz", image=image)
    second = make_task(
        out, subject, step(middle, "middle"), "desc-middle_T1w.nii.gz",
        image=first.outputs["image"],
    )  # fmt: skip
    second = replace(second, settings=settings or FakeSettings())
    last = make_task(
        out, subject, step("join", "last"), "desc-last_T1w.nii.gz",
        image=second.outputs["image"],
    )  # fmt: skip
    table = replace(
        make_task(out, subject, step("tabulate"), "", image=first.outputs["image"]),
        outputs={"table": output(out, subject, "volumes.tsv")},
    )
    return Chain(subject, (first, second, last, table, make_report(out, subject, last, table)))


def make_report(out: Path, subject: str, *tasks: Task) -> Task:
    """Return the task that sums up a subject."""
    inputs = {task.step.name: path for task in tasks for path in task.outputs.values()}
    return Task(
        subject=subject,
        session=None,
        step=step("report"),
        inputs={"outcomes": out / ".mslens" / "outcomes" / f"sub-{subject}.json", **inputs},
        outputs={"html": out / f"sub-{subject}.html"},
        settings=FakeSettings(),
    )


def states(outcomes) -> dict[str, str]:
    return {outcome.step: outcome.state for outcome in outcomes}


def traced(folder: Path) -> list[str]:
    """Return ``sub-01__join`` for each call, sorted."""
    return sorted("__".join(path.name.split("__")[:2]) for path in folder.iterdir())


def eventually(condition, seconds: float = 30.0):
    """Wait until a condition holds and return its value; fail when it never does."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value or time.monotonic() > deadline:
            assert value, "waited in vain"
            return value
        time.sleep(0.01)
