"""Tables of label names as text: BIDS TSV, CSV, FreeSurfer LUT, AAL text and XML."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence

from mslens.core.errors import TableError

_XML_LABEL = re.compile(
    r"<index>\s*(\d+)\s*</index>\s*<name>\s*([^<]+?)\s*</name>", re.IGNORECASE | re.DOTALL
)
_INDEX_NAMES = ("index", "label", "id", "number", "value", "roi")
_NAME_NAMES = ("name", "region", "structure", "labelname", "roi_name")


def parse_lookup(text: str) -> dict[int, str]:
    """Read label numbers and names from the text of a lookup table.

    Parameters
    ----------
    text : str
        A header with ``index`` and ``name`` (tab or comma), lines that begin with a number and
        a name (FreeSurfer's colour table, AAL's text), or XML with index and name elements.

    Returns
    -------
    dict of int to str
        Without 0.

    Raises
    ------
    TableError
        If no number with a name is found, or a number has two names.
    """
    pairs = _XML_LABEL.findall(text) or list(_from_columns(text)) or list(_from_lines(text))
    lookup: dict[int, str] = {}
    for number, name in pairs:
        index = int(number)
        if lookup.setdefault(index, name.strip()) != name.strip():
            raise TableError(
                f"label {index} has two names, '{lookup[index]}' and '{name.strip()}'",
                expected="one name per label",
            )
    lookup.pop(0, None)
    if not lookup:
        raise TableError(
            "no label numbers with names were found",
            expected="columns index and name, a FreeSurfer colour table, or AAL's text or XML",
            cure="Write the numbers and names into a table with the columns index and name",
        )
    return lookup


def _from_columns(text: str) -> Iterable[tuple[str, str]]:
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        return
    separator = "\t" if "\t" in lines[0] else ","
    rows = list(csv.reader(lines, delimiter=separator))
    header = [cell.strip().lower() for cell in rows[0]]
    index, name = _column(header, _INDEX_NAMES), _column(header, _NAME_NAMES)
    if index is None or name is None or index == name:
        return
    for row in rows[1:]:
        if len(row) > max(index, name) and re.fullmatch(r"\d+(\.0*)?", row[index].strip()):
            yield str(int(float(row[index]))), row[name]


def _column(header: Sequence[str], known: Iterable[str]) -> int | None:
    return next((header.index(name) for name in known if name in header), None)


def _from_lines(text: str) -> Iterable[tuple[str, str]]:
    for line in text.splitlines():
        match = re.match(r"\s*(\d+)[\s,]+([^\s,]+)", line)
        if match:
            yield match.group(1), match.group(2)
