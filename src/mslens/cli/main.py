"""The `mslens` application: commands are registered here and live in one file each."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError, Parameter

import mslens
from mslens.cli import (
    check,
    demo,
    disconnect,
    import_tractogram,
    methods,
    predict,
    preprocess,
    radiomics,
    radiomics_robustness,
    report,
    run,
    segment,
    simulate,
    study,
    train_lesions,
)
from mslens.core.errors import MslensError

#: Exit code of a command that did nothing, as against 2 for one that did only a part.
NOTHING_DONE = 1


def _write_default(value: object) -> str | None:
    """Write a default for the help; a switch that is off and a list without entries need none."""
    if value is None or value is False or value == ():
        return None
    return " ".join(map(str, value)) if isinstance(value, tuple) else str(value)


app = App(
    name="mslens",
    version=mslens.__version__,
    suppress_keyboard_interrupt=False,
    help=(
        "Multiple-sclerosis imaging: from a BIDS dataset to lesions, tissue, volumes and one page"
        " of evidence per patient. Research software, never a diagnosis."
    ),
    default_parameter=Parameter(consume_multiple=True, negative="", show_default=_write_default),
    help_epilogue="Start with 'mslens demo', or 'mslens check BIDS', then 'mslens run BIDS OUT'.",
)
app.command(run.run)
app.command(check.check)
app.command(preprocess.preprocess)
app.command(segment.segment)
app.command(radiomics.radiomics)
app.command(radiomics_robustness.radiomics_robustness)
app.command(disconnect.disconnect)
app.command(import_tractogram.import_tractogram)
app.command(report.report)
app.command(methods.methods)
app.command(simulate.simulate)
app.command(train_lesions.train_lesions)
app.command(study.study)
app.command(predict.predict)
app.command(demo.demo)


def run_cli(arguments: Sequence[str] | None = None) -> None:
    """Parse the command line, run the command and exit with its code."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # File names may hold letters that a terminal cannot show; that must end no command.
        sys.stdout.reconfigure(errors="backslashreplace")
    code = execute(arguments)
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _silence_stdout()
    sys.exit(code)


def _silence_stdout() -> None:
    """Drop what nobody reads any more ('mslens check BIDS | head'), also at the exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def execute(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0 all done, 2 some failed, 1 nothing done."""
    tokens = list(sys.argv[1:] if arguments is None else arguments)
    try:
        result = app(tokens, exit_on_error=False, result_action="return_value")
    except CycloptsError:
        return NOTHING_DONE
    except MslensError as error:
        print(f"mslens: {type(error).__name__}: {error}", file=sys.stderr)  # noqa: T201
        return NOTHING_DONE
    except BrokenPipeError:
        _silence_stdout()
        return NOTHING_DONE
    except KeyboardInterrupt:
        print("mslens: stopped", file=sys.stderr)  # noqa: T201
        return 130
    return result if isinstance(result, int) else 0
