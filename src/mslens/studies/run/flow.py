"""`mslens run`: check the request, plan every subject, run the chains, then the group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mslens.core.errors import DatasetError, SettingsError, TableError, UnknownName
from mslens.io.bids import BidsIndex, index_dataset
from mslens.io.derivatives import write_dataset_description
from mslens.io.files import write_atomically
from mslens.pipeline.engine import EngineSettings, make_run_id, run_chains, survey_chains
from mslens.pipeline.environment import prepare_environment
from mslens.pipeline.origin import record_origin
from mslens.pipeline.outcomes import RunResult
from mslens.pipeline.plan import GROUP, Chain, Failure, Skip, Task
from mslens.pipeline.progress import make_reporter
from mslens.pipeline.provenance import write_run_record
from mslens.studies.disconnect.reference import locate_reference, prepare_reference
from mslens.studies.run.brought import BroughtFiles
from mslens.studies.run.chain import subject_chain
from mslens.studies.run.group import group_chain
from mslens.studies.run.lesion_choice import choose_lesion_model
from mslens.studies.run.output import require_output_folder
from mslens.studies.run.request import Brought, Computing, Level, Selection
from mslens.studies.run.settings import RunSettings, read_run_settings
from mslens.studies.run.sources import (
    find_sessions,
    select_sessions,
    select_subjects,
    survey_people,
)
from mslens.studies.run.steps import (
    DISCONNECT,
    GROUP_REPORT,
    RADIOMICS_SCORES,
    REPORT,
    STAGES,
)
from mslens.studies.run.words import describe_plan, describe_request


@dataclass(frozen=True)
class _Run:
    """A checked request."""

    index: BidsIndex
    out: Path
    settings: RunSettings
    stages: tuple[str, ...]
    chains: tuple[Chain, ...]
    computing: Computing
    command: str
    table_error: TableError | None
    verbose: bool


def run_dataset(
    bids: Path,
    out: Path,
    *,
    level: Level = "all",
    selection: Selection = Selection(),
    brought: Brought = Brought(),
    computing: Computing = Computing(),
    verbose: bool = False,
) -> int:
    """Take a BIDS dataset to lesions, tissue, volumes, radiomics and reports.

    Parameters
    ----------
    bids : Path
        BIDS dataset.
    out : Path
        Output folder; made when missing.
    level : {"participant", "group", "all"}
    selection, brought, computing
        See their classes.
    verbose : bool
        Show every step and every warning.

    Returns
    -------
    int
        Exit code: 0 when all succeeded, 2 when some failed, 1 when none did.

    Raises
    ------
    MslensError
        If the request itself cannot be carried out: no dataset, unknown participant, wrong
        settings, an output folder that holds something else.
    """
    prepare_environment()
    run = _check(bids, out, selection, brought, computing, verbose=verbose)
    if computing.dry_run:
        print(describe_plan(survey_chains(run.chains, run.out)))  # noqa: T201
        return 0
    _open_output(run)
    _prepare_tractogram(run)
    codes = []
    if level != "group":
        codes.append(_run_chains(run, run.chains).exit_code)
    if level != "participant" and not any(code > 2 for code in codes):
        codes += _run_group(run)
        if (run.out / "group.html").exists():
            print(run.out / "group.html")  # noqa: T201
    return _join(codes)


def _check(
    bids: Path,
    out: Path,
    selection: Selection,
    brought: Brought,
    computing: Computing,
    *,
    verbose: bool,
) -> _Run:
    _require_computing(computing)
    stages = choose_stages(selection.steps)
    index = index_dataset(bids.absolute())
    subjects = select_subjects(index, selection.participant_label)
    require_output_folder(out, inputs=bids)
    if GROUP in index.subjects:
        raise DatasetError(
            f"a participant is labelled '{GROUP}'", where=bids, cure="Give it another label"
        )
    command = describe_request(selection, brought, computing)
    settings = choose_lesion_model(
        read_run_settings(computing.config, seed=computing.seed), brought.lesion_model
    )
    files = BroughtFiles(brought)
    tractogram = locate_reference(brought.tractogram)
    unusable, whole_table = survey_people(index, settings.group_tables.columns)
    chains = []
    for subject in subjects:
        sessions = select_sessions(index, subject, selection.session_id)
        if sessions or not selection.session_id:
            found = find_sessions(index, subject, sessions=sessions, brought=files)
            if subject in unusable:
                found.insert(0, Failure(subject, None, "participants", unusable[subject]))
            chains.append(
                subject_chain(
                    subject,
                    found,
                    out=out.absolute(),
                    settings=settings,
                    stages=stages,
                    command=command,
                    tractogram=tractogram,
                )
            )
    if not chains:
        known = {s for subject in subjects for s in index.sessions(subject) if s is not None}
        raise UnknownName.of(selection.session_id[0], known, kind="session of the dataset")
    return _Run(
        index,
        out.absolute(),
        settings,
        stages,
        tuple(chains),
        computing,
        command,
        table_error=whole_table,
        verbose=verbose,
    )


def _require_computing(computing: Computing) -> None:
    """Refuse impossible numbers by the name that the command line gives them."""
    if computing.nprocs is not None and computing.nprocs < 0:
        raise SettingsError(
            f"--nprocs is {computing.nprocs}", expected="1 or more; 0 works without other processes"
        )
    if computing.mem is not None and not computing.mem > 0:
        raise SettingsError(f"--mem is {computing.mem:g}", expected="gigabytes, more than 0")


def choose_stages(names: Sequence[str]) -> tuple[str, ...]:
    """Return the stages asked for in their order, or all.

    Raises
    ------
    UnknownName
        If there is no such stage.
    """
    for name in names:
        if name not in STAGES:
            raise UnknownName.of(name, STAGES, kind="stage of --steps")
    return tuple(stage for stage in STAGES if not names or stage in names)


def _open_output(run: _Run) -> None:
    """Write what describes the run as a whole, before any subject."""
    root = run.index.root.absolute()
    inside = run.out.is_relative_to(root)
    source = "/".join([".."] * len(run.out.relative_to(root).parts)) if inside else None
    write_dataset_description(run.out, name="mslens derivatives", source=source)
    record_origin(run.out, root)
    write_atomically(run.out / "settings.toml", run.settings.to_toml())
    ignore = run.out / ".bidsignore"
    if not ignore.exists():
        write_atomically(
            ignore,
            "*.html\n*.tsv\n*_features.*\nradiomics/\nlogs/\nstatus/\nsettings.toml\n.mslens/\n",
        )


def _prepare_tractogram(run: _Run) -> None:
    """Draw the synthetic reference of disconnection when somebody needs it and it is missing."""
    tasks = (entry for chain in run.chains for entry in chain.entries if isinstance(entry, Task))
    for index in {task.inputs["index"] for task in tasks if task.step == DISCONNECT}:
        prepare_reference(index)


def _run_chains(run: _Run, chains: Sequence[Chain]) -> RunResult:
    computing = run.computing
    engine = EngineSettings.parse(
        {
            "workers": computing.nprocs,
            "memory_gb": computing.mem,
            "scheduler": computing.scheduler,
        }
    )
    run_id = make_run_id()
    write_run_record(run.out, run_id, command=run.command, settings=run.settings, engine=engine)
    return run_chains(
        chains,
        run.out,
        settings=engine,
        datasets={"raw": run.index.root.absolute()},
        reporter=make_reporter(run.out, run_id, verbose=run.verbose),
        run_id=run_id,
    )


def _run_group(run: _Run) -> list[int]:
    """Join all subjects; where they are scored against each other, their pages show it, too."""
    chain = _plan_group(run)
    codes: list[int] = []
    if _is_pending(chain, RADIOMICS_SCORES.name, run.out):
        tables = tuple(entry for entry in chain.entries if not _is_page(entry))
        codes.append(_run_chains(run, [Chain(GROUP, tables)]).exit_code)
        pages = _stale_pages(run) if codes[-1] <= 2 else []
        if pages:
            codes.append(_run_chains(run, pages).exit_code)
    if not any(code > 2 for code in codes):
        codes.append(_run_chains(run, [chain]).exit_code)
    return codes


def _is_pending(chain: Chain, step: str, out: Path) -> bool:
    outcomes = survey_chains([chain], out)[chain.subject]
    return any(o.step == step and o.state == "pending" for o in outcomes)


def _is_page(entry: Task | Skip | Failure) -> bool:
    return isinstance(entry, Task) and entry.step == GROUP_REPORT


def _stale_pages(run: _Run) -> list[Chain]:
    """Find the subjects whose page is all that is not up to date; nothing that failed is tried."""
    found = survey_chains(run.chains, run.out)
    waiting = {
        subject: [outcome.step for outcome in outcomes if outcome.state == "pending"]
        for subject, outcomes in found.items()
    }
    return [chain for chain in run.chains if waiting[chain.subject] == [REPORT.name]]


def _plan_group(run: _Run) -> Chain:
    chain = group_chain(run.index, run.out, run.settings, command=run.command)
    if run.table_error is None:
        return chain
    failure = Failure(GROUP, None, "participants", run.table_error)
    return Chain(GROUP, (failure, *chain.entries))


def _join(codes: Sequence[int]) -> int:
    """Exit code of several parts: a signal wins, then nothing done, then a part failed."""
    stopped = [code for code in codes if code > 2]
    if stopped:
        return stopped[0]
    if all(code == 1 for code in codes):
        return 1
    return 0 if not any(codes) else 2
