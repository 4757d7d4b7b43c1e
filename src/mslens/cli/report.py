"""``mslens report``: write the reports of a finished run again."""

from __future__ import annotations

from pathlib import Path


def report(out: Path, /, *, participant_label: tuple[str, ...] = ()) -> int:
    """Write the subject reports and the group report of an output folder again.

    Parameters
    ----------
    out
        Output folder of an earlier 'mslens run'.
    participant_label
        Only these participants, with or without "sub-"; the group report covers all.
    """
    from mslens.studies.run.rebuild import rebuild_reports

    return rebuild_reports(out, participants=participant_label)
