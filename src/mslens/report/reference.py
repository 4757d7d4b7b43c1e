"""One published work, written as text and as BibTeX."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Reference:
    """A published work.

    Parameters
    ----------
    key : str
        BibTeX key.
    authors : str
        ``"Family AB, Family CD"``; ends in ``et al`` where the list is shortened.
    title, journal : str
    year : int
    volume, pages : str
    doi : str
        Without the address in front.
    """

    key: str
    authors: str
    title: str
    journal: str
    year: int
    volume: str = ""
    pages: str = ""
    doi: str = ""

    @property
    def text(self) -> str:
        """The reference on one line."""
        place = self.journal if not self.volume else f"{self.journal} {self.year};{self.volume}"
        if not self.volume:
            place = f"{place} {self.year}"
        pages = f":{self.pages}" if self.pages else ""
        doi = f" doi:{self.doi}" if self.doi else ""
        return f"{self.authors}. {self.title}. {place}{pages}.{doi}"

    @property
    def bibtex(self) -> str:
        """The reference as a BibTeX entry."""
        names = self.authors.removesuffix(" et al")
        people = [_bibtex_name(name) for name in names.rstrip(",").split(", ")]
        if names != self.authors:
            people.append("others")
        fields = {
            "author": " and ".join(people),
            "title": "{" + self.title + "}",
            "journal": self.journal,
            "year": str(self.year),
            "volume": self.volume,
            "pages": self.pages.replace("-", "--"),
            "doi": self.doi,
        }
        lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
        return "\n".join([f"@article{{{self.key},", *lines, "}"])


def _bibtex_name(name: str) -> str:
    family, _, initials = name.rpartition(" ")
    return f"{family}, {'. '.join(initials)}." if family else name
