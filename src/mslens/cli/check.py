"""``mslens check``: what is there, and which steps are possible for whom."""

from __future__ import annotations

from pathlib import Path


def check(bids: Path, /, *, participant_label: tuple[str, ...] = (), deep: bool = False) -> int:
    """Say in plain words what a BIDS dataset holds and what is missing for which step.

    Parameters
    ----------
    bids
        BIDS dataset.
    participant_label
        Only these participants, with or without "sub-".
    deep
        Read every image whole, not only its header.
    """
    from mslens.studies.check import check_dataset

    found = check_dataset(bids, participants=participant_label, deep=deep)
    print(found.to_text())  # noqa: T201
    return found.exit_code
