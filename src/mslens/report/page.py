"""One HTML file that loads nothing: templates, styles and scripts put together.

The content security policy forbids every connection and runs only the scripts whose hashes it
names, so that no text that slipped through could ever run.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import jinja2
from markupsafe import Markup

from mslens.report import formats


def render_page(template: str, context: Mapping[str, Any], *, scripts: Sequence[str] = ()) -> str:
    """Render a template with the shared style and the scripts.

    Parameters
    ----------
    template : str
        Name in ``report/templates``.
    context : mapping
        Values of the template; text is escaped unless it is `Markup`.
    scripts : sequence of str
        Put at the end of the page in this order.
    """
    environment = _environment()
    page = environment.get_template(template).render(
        **context,
        style=Markup(read_asset("style.css")),
        scripts=[Markup(script) for script in scripts],
        policy=make_policy(scripts),
    )
    # A file name may hold bytes that are no text in any encoding.
    return page.encode("utf-8", errors="replace").decode("utf-8")


def make_policy(scripts: Sequence[str]) -> str:
    """Return the content security policy that allows these scripts and no connection."""
    hashes = " ".join(f"'sha256-{_digest(script)}'" for script in scripts)
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {hashes or chr(39) + 'none' + chr(39)}",
            "style-src 'unsafe-inline'",
            "img-src data: blob:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def read_asset(name: str) -> str:
    """Read a file of ``report/templates`` as text."""
    loader = _environment().loader
    if loader is None:
        raise LookupError(name)
    return loader.get_source(_environment(), name)[0]


def embed_json(value: object) -> Markup:
    """Write JSON that may stand inside a ``<script>`` element."""
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("<", "\\u003c").replace("&", "\\u0026"))


@functools.cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("mslens.report", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        number=formats.write_number,
        share=formats.write_share,
        seconds=formats.write_seconds,
        megabytes=formats.write_megabytes,
        location=formats.write_location,
        session=formats.write_session,
    )
    return environment


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode()
