"""`mslens disconnect`: one lesion mask, through the engine as every other step."""

from __future__ import annotations

from pathlib import Path

from mslens.connectome.steps import DisconnectionSettings
from mslens.core.errors import InputError
from mslens.io.derivatives import write_dataset_description
from mslens.pipeline.engine import EngineSettings, make_run_id, run_chains
from mslens.pipeline.environment import prepare_environment
from mslens.pipeline.plan import Chain, Task
from mslens.pipeline.progress import make_reporter
from mslens.pipeline.provenance import write_run_record
from mslens.studies.disconnect.reference import locate_reference, prepare_reference
from mslens.studies.disconnect.request import LesionFile
from mslens.studies.run.names import session_outputs
from mslens.studies.run.output import require_output_folder
from mslens.studies.run.steps import DISCONNECT


def score_file(
    lesions: Path, out: Path, *, inputs: LesionFile = LesionFile(), tractogram: Path | None = None
) -> int:
    """Measure the disconnection by one lesion mask.

    Parameters
    ----------
    lesions : Path
        Lesion mask.
    out : Path
        Output folder, laid out as by `mslens run`.
    inputs : LesionFile
    tractogram : Path, optional
        Reference; the synthetic one by default.

    Returns
    -------
    int
        Exit code of the run.

    Raises
    ------
    InputError
        If a file does not exist or the reference cannot be used.
    """
    prepare_environment()
    for path in (lesions, inputs.xfm):
        if path is not None and not path.is_file():
            raise InputError("there is no such file", where=path)
    require_output_folder(out, inputs=lesions)
    index = locate_reference(tractogram)
    prepare_reference(index)
    settings = DisconnectionSettings(include_within=inputs.include_within)
    task = _plan(lesions.absolute(), out.absolute(), inputs, index, settings)
    write_dataset_description(out, name="mslens derivatives")
    run_id, command = make_run_id(), "mslens disconnect LESIONS OUT"
    write_run_record(out, run_id, command=command, settings=settings)
    result = run_chains(
        [Chain(task.subject, (task,))],
        out.absolute(),
        settings=EngineSettings(workers=1),
        reporter=make_reporter(out, run_id),
        run_id=run_id,
    )
    if result.exit_code == 0:
        print(task.outputs["table"])  # noqa: T201
    return result.exit_code


def _plan(
    lesions: Path, out: Path, inputs: LesionFile, index: Path, settings: DisconnectionSettings
) -> Task:
    subject = inputs.label.removeprefix("sub-")
    names = session_outputs(out, subject=subject, session=None, reference="T1w")
    files = {"lesions": lesions, "index": index}
    if inputs.xfm is not None:
        files["xfm"] = inputs.xfm.absolute()
    outputs = {"table": names["disconnection"], "matrix": names["disconnection_pairs"]}
    return Task(subject, None, DISCONNECT, files, outputs, settings)
