"""Figures as bytes that depend on nothing but the figure: no dates, no names, fixed fonts."""

from __future__ import annotations

import io
import re
from contextlib import AbstractContextManager
from typing import Any
from xml.sax.saxutils import quoteattr

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

#: Ink of charts: replaced by ``currentColor``, so that a chart follows a dark or light page.
INK = "#010203"
#: Settings of every figure, whatever the user's own matplotlibrc says.
_STYLE: Any = {
    **mpl.rcParamsDefault,
    "font.family": "DejaVu Sans",
    "font.size": 9.0,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "svg.fonttype": "none",
}
_LEFT_OUT = re.compile(r"<metadata>.*?</metadata>|<style.*?</style>", re.DOTALL)
_GROUP_ID = re.compile(r'<g id="[^"]*"')


def figure_style() -> AbstractContextManager[None]:
    """Return the context in which every figure is drawn and encoded."""
    return mpl.rc_context(_STYLE)


def to_jpeg(figure: Figure, *, quality: int = 88) -> bytes:
    """Encode a figure of pictures as JPEG without chroma subsampling, which blurs thin lines."""
    buffer = io.BytesIO()
    FigureCanvasAgg(figure)
    with figure_style():
        figure.savefig(
            buffer,
            format="jpg",
            dpi=figure.dpi,
            pil_kwargs={"quality": quality, "subsampling": 0, "optimize": True},
        )
    return buffer.getvalue()


def to_svg(figure: Figure, *, title: str) -> str:
    """Encode a chart as an SVG element to be placed inside a page.

    Text stays text and takes the font and the ink of the page around it.

    Parameters
    ----------
    figure : Figure
    title : str
        What the chart shows, for screen readers; another one for every chart of a page.
    """
    buffer = io.StringIO()
    # Names inside the SVG hang on its title, so that charts of one page do not clash.
    with figure_style(), mpl.rc_context({"svg.hashsalt": title}):
        figure.savefig(
            buffer,
            format="svg",
            transparent=True,
            metadata={"Date": None, "Creator": None, "Format": None, "Type": None},
        )
    text = buffer.getvalue()
    text = text[text.index("<svg") :].replace(INK, "currentColor")
    text = _GROUP_ID.sub("<g", _LEFT_OUT.sub("", text))
    text = text.replace("font-family: 'DejaVu Sans'", "font-family: var(--font)")
    return text.replace("<svg ", f'<svg role="img" aria-label={quoteattr(title)} ', 1)
