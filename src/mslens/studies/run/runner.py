"""Chains of one command on one output folder: recorded, run, their exit code returned."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mslens.core.settings import Settings
from mslens.pipeline.engine import EngineSettings, make_run_id, run_chains
from mslens.pipeline.plan import Chain
from mslens.pipeline.progress import make_reporter
from mslens.pipeline.provenance import write_run_record


class Runner:
    """Runs chains of one command on one output folder.

    Parameters
    ----------
    out : Path
    settings : Settings
        For the record.
    command : str
        Without folders.
    engine : EngineSettings
    verbose : bool
    """

    def __init__(
        self,
        out: Path,
        settings: Settings,
        *,
        command: str,
        engine: EngineSettings,
        verbose: bool = False,
    ) -> None:
        self._out, self._settings, self._command = out, settings, command
        self._engine, self._verbose = engine, verbose

    def run(self, chains: Sequence[Chain]) -> int:
        """Run chains and return their exit code."""
        run_id = make_run_id()
        write_run_record(
            self._out, run_id, command=self._command, settings=self._settings, engine=self._engine
        )
        reporter = make_reporter(self._out, run_id, verbose=self._verbose)
        result = run_chains(
            chains, self._out, settings=self._engine, reporter=reporter, run_id=run_id
        )
        return result.exit_code
