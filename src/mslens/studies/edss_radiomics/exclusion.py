"""The steps of an inclusion flow: reason, names and who is left."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Exclusion:
    """One rule of the flow.

    Parameters
    ----------
    reason : str
    names : tuple of str
        Left out by this rule and by none before it.
    left : int
        Patients left after it.
    checked : bool
        False when the table lacks what the rule needs.
    """

    reason: str
    names: tuple[str, ...]
    left: int
    checked: bool = True


@dataclass(frozen=True)
class InclusionFlow:
    """From everybody to the patients of the study."""

    n_start: int
    steps: tuple[Exclusion, ...]
    included: tuple[str, ...]

    @property
    def excluded(self) -> int:
        """Number of people left out."""
        return self.n_start - len(self.included)


class Sieve:
    """Leaves people out rule by rule and remembers why.

    Parameters
    ----------
    people : list of str
        Everybody, in order.
    """

    def __init__(self, people: list[str]) -> None:
        self.left, self.steps = list(people), list[Exclusion]()

    def drop(self, reason: str, wrong: set[str] | None) -> None:
        """Leave people out; None when the rule cannot be checked."""
        names = tuple(name for name in self.left if wrong is not None and name in wrong)
        self.left = [name for name in self.left if name not in set(names)]
        self.steps.append(Exclusion(reason, names, len(self.left), wrong is not None))
