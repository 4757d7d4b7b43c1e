"""`mslens disconnect`: one lesion mask, through the engine as every other step."""

from __future__ import annotations

from pathlib import Path

from mslens.connectome.steps import DisconnectionSettings
from mslens.core.errors import InputError
from mslens.io.bids_name import parse_name
from mslens.io.derivatives import write_dataset_description
from mslens.io.templates import TEMPLATE_SPACE
from mslens.pipeline.engine import EngineSettings
from mslens.pipeline.environment import prepare_environment
from mslens.pipeline.plan import Chain, Task
from mslens.studies.disconnect.reference import locate_reference, prepare_reference
from mslens.studies.disconnect.request import LesionFile
from mslens.studies.run.names import session_outputs
from mslens.studies.run.output import require_output_folder
from mslens.studies.run.runner import Runner
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
        If a file does not exist, the mask's name says that it is not in template space and no
        transform is given, or the reference cannot be used.
    """
    prepare_environment()
    for path in (lesions, inputs.xfm):
        if path is not None and not path.is_file():
            raise InputError("there is no such file", where=path)
    _require_template_space(lesions, inputs)
    require_output_folder(out, inputs=lesions)
    index = locate_reference(tractogram)
    prepare_reference(index)
    settings = DisconnectionSettings(include_within=inputs.include_within)
    task = _plan(lesions.absolute(), out.absolute(), inputs, index, settings)
    write_dataset_description(out, name="mslens derivatives")
    runner = Runner(
        out.absolute(),
        settings,
        command="mslens disconnect LESIONS OUT",
        engine=EngineSettings(workers=1),
    )
    code = runner.run([Chain(task.subject, (task,))])
    if code == 0:
        print(task.outputs["table"])  # noqa: T201
    return code


def _require_template_space(lesions: Path, inputs: LesionFile) -> None:
    name = parse_name(lesions.name)
    space = None if name is None else name.entities.get("space")
    if inputs.xfm is None and space is not None and space != TEMPLATE_SPACE:
        raise InputError(
            f"the mask lies in space-{space}, and no transform is given",
            where=lesions,
            expected=f"a mask in {TEMPLATE_SPACE}, or --xfm",
            cure=f"Pass --xfm with the file from-{space}_to-{TEMPLATE_SPACE}_mode-image_xfm.nii.gz",
        )


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
