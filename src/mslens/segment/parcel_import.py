"""A user's label map on the subject's grid, with its labels described."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from mslens.core.errors import GridMismatch, InputError
from mslens.core.grid import Grid
from mslens.core.settings import Settings
from mslens.core.transform import Transform
from mslens.core.volume import Volume
from mslens.image.resample import resample
from mslens.segment.formats import FORMATS, FormatName, recognise_format
from mslens.segment.nawm import NawmSettings


class ImportParcelsSettings(Settings):
    """How a user's label map is read.

    Parameters
    ----------
    format : {"auto", "freesurfer", "synthseg", "aal", "table"}
        The tool that made it; auto goes by its numbers and its table.
    space : {"auto", "ref", "template"}
        Whether it lies in the world of the session's image or in MNI space.
    nawm : NawmSettings
    """

    format: Literal["auto", "freesurfer", "synthseg", "aal", "table"] = "auto"
    space: Literal["auto", "ref", "template"] = "auto"
    nawm: NawmSettings = NawmSettings()


def choose_format(
    indices: Iterable[int], lookup: Mapping[int, str], settings: ImportParcelsSettings
) -> FormatName:
    """Choose the format of a label map.

    Parameters
    ----------
    indices : iterable of int
        Label values that occur, without 0.
    lookup : mapping of int to str
        The user's table, or empty.
    settings : ImportParcelsSettings

    Raises
    ------
    InputError
        If the format is to be guessed and the numbers fit none.
    """
    if settings.format != "auto":
        return settings.format
    found = recognise_format(indices, lookup)
    if found is None:
        raise InputError(
            "the label map has numbers of no known tool",
            expected="FreeSurfer, SynthSeg, AAL-116, or a table of names",
            cure="Give a table with the columns index and name (--parcel-table)",
        )
    return found


def place_labels(
    labels: Volume,
    grid: Grid,
    *,
    name: FormatName,
    to_template: Transform | None,
    settings: ImportParcelsSettings,
) -> tuple[Volume, str]:
    """Bring a label map to the subject's grid.

    Parameters
    ----------
    labels : Volume
    grid : Grid
        Of the session's image.
    name : str
        Format of the label map.
    to_template : Transform or None
        Points of the session's image to points of the template.
    settings : ImportParcelsSettings

    Returns
    -------
    Volume
    str
        ``"grid"``, ``"world"`` or ``"template"``: how it was brought there.

    Raises
    ------
    GridMismatch
        If the map is of unknown space and on another grid.
    InputError
        If it is in template space and there is no transform.
    """
    on_grid = grid.is_close(labels.grid)
    space = settings.space
    if space == "auto" and not on_grid:
        if name == "table":
            raise GridMismatch(
                f"the label map is {labels.grid.describe()}, the image is {grid.describe()}",
                expected="the same grid",
                cure="Say where it lies: space = 'ref' or 'template' in [import_parcels]",
            )
        space = "template" if FORMATS[name].in_template_space else "ref"
    if space == "template":
        if to_template is None:
            raise InputError(
                "the label map is in template space, and there is no registration to it",
                cure="Bring the label map on the grid of the image",
            )
        return resample(labels, grid, [to_template]), "template"
    if on_grid:
        return labels, "grid"
    return resample(labels, grid, ()), "world"
