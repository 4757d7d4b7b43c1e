"""An HTML page as tests look at it: text by section, tables by heading, addresses, scripts."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any

VOID = {"meta", "img", "br", "hr", "input", "link", "path", "use"}


class Page(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text: list[str] = []
        self.scripts: list[tuple[dict[str, str], str]] = []
        self.sections: dict[str, list[str]] = {}
        self.tables: list[list[list[str]]] = []
        self._open: list[str] = []
        self._section = ""
        self._raw: dict[str, str] | None = None
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {key: value or "" for key, value in attrs}
        self.tags.append((tag, values))
        if tag == "section":
            self._section = values.get("id", "")
            self.sections[self._section] = []
        if tag in ("script", "style"):
            self._raw = values
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if tag in ("td", "th"):
            self.tables[-1][-1].append("")
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            opened = self._open.pop()
            if opened != tag:
                raise ValueError(f"<{opened}> is closed by </{tag}>")
        if tag in ("script", "style"):
            self._raw = None
        if tag == "section":
            self._section = ""

    def handle_data(self, data: str) -> None:
        if self._raw is not None:
            if self._open[-1] == "script":
                self.scripts.append((self._raw, data))
            return
        text = " ".join(data.split())
        if not text:
            return
        self.text.append(text)
        if self._section:
            self.sections[self._section].append(text)
        if self.tables and self.tables[-1] and self.tables[-1][-1] and "table" in self._open:
            self.tables[-1][-1][-1] = f"{self.tables[-1][-1][-1]} {text}".strip()

    @property
    def words(self) -> str:
        return " ".join(self.text)

    def section(self, name: str) -> str:
        return " ".join(self.sections[name])

    def table(self, *headings: str) -> list[list[str]]:
        """Rows of the first table whose head starts with these headings."""
        for table in self.tables:
            if table and table[0][: len(headings)] == list(headings):
                return table[1:]
        raise LookupError(headings)

    def attributes(self, tag: str) -> list[dict[str, str]]:
        return [values for name, values in self.tags if name == tag]

    def viewer(self) -> dict[str, Any]:
        for values, text in self.scripts:
            if values.get("id") == "viewer-data":
                return dict(json.loads(text))
        raise LookupError("viewer-data")
