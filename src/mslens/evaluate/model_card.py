"""What must be known about a model before it is used: its card, as data.

The headings follow Mitchell et al., FAT* 2019, and the reporting items of TRIPOD+AI (Collins
et al., BMJ 2024): a heading without content is printed as "not stated", never left out.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

#: Printed in place of what nobody has stated.
NOT_STATED = "not stated"


@dataclass(frozen=True)
class Performance:
    """One score of a model on one set.

    Parameters
    ----------
    cohort : str
        "training (cross-validated)", "internal test", "external test" ...
    metric : str
    value : float
    interval : tuple of 2 float or None
    n_patients : int
    note : str
        "optimistic", "simulated" and the like; printed beside the value.
    """

    cohort: str
    metric: str
    value: float
    interval: tuple[float, float] | None
    n_patients: int
    note: str = ""


@dataclass(frozen=True)
class ModelCard:
    """Card of a model.

    Parameters
    ----------
    name, version, target : str
    intended_use, out_of_scope : str
    training_data : str
        Who was in it: number, age, sex, course, sites, scanners.
    method : str
        Chain of steps with the chosen settings.
    evaluation : str
        How it was judged: protocol, folds, repeats.
    performance : tuple of Performance
    limits : tuple of str
    settings : dict
        Resolved settings, JSON-able.
    """

    name: str
    version: str
    target: str
    intended_use: str = ""
    out_of_scope: str = ""
    training_data: str = ""
    method: str = ""
    evaluation: str = ""
    performance: tuple[Performance, ...] = ()
    limits: tuple[str, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the card as JSON-able data."""
        return asdict(self)

    def to_markdown(self) -> str:
        """Return the card as Markdown, every heading present."""
        parts = [f"# {self.name} {self.version}", "", f"Predicts: {self.target}"]
        for title, text in (
            ("Intended use", self.intended_use),
            ("Out of scope", self.out_of_scope),
            ("Training data", self.training_data),
            ("Method", self.method),
            ("Evaluation", self.evaluation),
        ):
            parts += ["", f"## {title}", text or NOT_STATED]
        parts += ["", "## Performance", *(_performance_lines(self.performance))]
        parts += ["", "## Limits", *([f"- {limit}" for limit in self.limits] or [NOT_STATED])]
        return "\n".join(parts) + "\n"


def _performance_lines(rows: tuple[Performance, ...]) -> list[str]:
    if not rows:
        return [NOT_STATED]
    lines = [
        "| set | metric | value | 95% interval | patients | note |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        interval = (
            "-" if row.interval is None else f"{row.interval[0]:.3f} to {row.interval[1]:.3f}"
        )
        lines.append(
            f"| {row.cohort} | {row.metric} | {row.value:.3f} | {interval} | {row.n_patients} "
            f"| {row.note} |"
        )
    return lines
