"""``mslens demo``: the main jobs of the product on simulated patients."""

from __future__ import annotations

from pathlib import Path


def demo(
    out: Path = Path("mslens-demo"), /, *, full: bool = False, nprocs: int | None = None
) -> int:
    """Show everything on simulated patients, with scores against the truth.

    Simulates a small cohort on a 2-mm grid, runs every stage on it, writes the reports with the
    truth beside the estimates, and says where they are. It takes some minutes on two cores and
    needs no data and no network. Run again, it finishes what is missing.

    Parameters
    ----------
    out
        Output folder, empty or of an earlier demo.
    full
        Studies at their full width, with healthy controls: half an hour instead of five minutes.
    nprocs
        Processes at a time (default: the processors that this process may use).
    """
    from mslens.pipeline.environment import prepare_environment

    prepare_environment()
    from mslens.studies.demo.flow import run_demo

    return run_demo(out, is_full=full, nprocs=nprocs)
