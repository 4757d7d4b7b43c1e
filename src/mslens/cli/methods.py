"""``mslens methods``: the methods paragraph of a run, with its references."""

from __future__ import annotations

from pathlib import Path
from typing import Literal


def methods(
    out: Path | None = None, /, *, text: Literal["markdown", "plain", "bibtex"] = "markdown"
) -> int:
    """Print the methods paragraph with citations, for a run or for the default settings.

    Parameters
    ----------
    out
        Output folder of a run; without it, the default settings are described.
    text
        "markdown", "plain", or "bibtex" for the references alone.
    """
    from mslens.studies.run.describe import methods_text

    print(methods_text(out, form=text))  # noqa: T201
    return 0
