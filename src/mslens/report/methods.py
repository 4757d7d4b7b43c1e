"""The methods paragraph: what was really used, in sentences with citations.

Built from the steps that ran, the settings they ran with and the facts they returned; a step that
did not run is not described.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from mslens.core.errors import UnknownName
from mslens.report.outcomes import Outcome
from mslens.report.redaction import redact
from mslens.report.reference import Reference
from mslens.report.references import find_references
from mslens.report.sentences import ANY, SENTENCES, Sentence

Form = Literal["markdown", "plain", "bibtex"]
FORMS: tuple[Form, ...] = ("markdown", "plain", "bibtex")

OPENING = Sentence(
    "Images in BIDS were processed with mslens {version}; every result lives on the native grid"
    " of the reference image",
    (),
    ("gorgolewski2016bids",),
)


@dataclass(frozen=True)
class MethodUse:
    """A method that a step used.

    Parameters
    ----------
    step : str
    method : str
        As the step's facts or settings name it; empty when the step has only one.
    values : mapping
        Settings and facts by name, for the details of the sentence.
    """

    step: str
    method: str = ANY
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class CitedSentence:
    """A sentence with the numbers of its references, from 1."""

    text: str
    citations: tuple[int, ...]


@dataclass(frozen=True)
class MethodsText:
    """The paragraph and the list of its references."""

    sentences: tuple[CitedSentence, ...]
    references: tuple[Reference, ...]

    def write(self, form: Form) -> str:
        """Write paragraph and references as Markdown or plain text, or the references as BibTeX.

        Raises
        ------
        UnknownName
            If there is no such form.
        """
        if form not in FORMS:
            raise UnknownName.of(form, FORMS, kind="form of the methods text")
        if form == "bibtex":
            return "\n\n".join(reference.bibtex for reference in self.references) + "\n"
        mark = "# " if form == "markdown" else ""
        paragraph = " ".join(_with_citations(sentence) for sentence in self.sentences)
        listed = [f"{n}. {reference.text}" for n, reference in enumerate(self.references, 1)]
        blocks = [f"{mark}Methods", paragraph, f"{mark}References", "\n".join(listed)]
        return "\n\n".join(blocks) + "\n"


def describe_methods(uses: Iterable[MethodUse], *, version: str) -> MethodsText:
    """Build the methods paragraph.

    Parameters
    ----------
    uses : iterable of MethodUse
        In the order in which they are to be described; repeats are written once.
    version : str
        Of mslens.
    """
    opening = MethodUse("", ANY, {"version": version})
    pairs = [(opening, OPENING), *((use, _find_sentence(use)) for use in uses)]
    references = find_references(key for _, sentence in pairs for key in sentence.references)
    numbers = {reference.key: number for number, reference in enumerate(references, 1)}
    sentences = (
        CitedSentence(
            _fill_in(sentence, use.values), tuple(numbers[k] for k in sentence.references)
        )
        for use, sentence in pairs
    )
    return MethodsText(tuple(dict.fromkeys(sentences)), tuple(references))


def collect_uses(
    outcomes: Sequence[Outcome], settings: Mapping[str, Mapping[str, Any]]
) -> list[MethodUse]:
    """List what the steps that were done used, each method once.

    Parameters
    ----------
    outcomes : sequence of Outcome
    settings : mapping of str to mapping
        Step to its settings.
    """
    uses: dict[tuple[str, str], MethodUse] = {}
    for outcome in outcomes:
        if outcome.state != "done" or outcome.step not in SENTENCES:
            continue
        values = {**settings.get(outcome.step, {}), **outcome.facts}
        name = _find_method(outcome, settings.get(outcome.step, {}))
        uses.setdefault((outcome.step, name), MethodUse(outcome.step, name, values))
    return list(uses.values())


def _find_method(outcome: Outcome, settings: Mapping[str, Any]) -> str:
    """Return the method by the fact, else by the setting, where its step has a sentence for it."""
    facts = outcome.facts
    for method in (facts.get("method"), facts.get("format"), settings.get("method")):
        if isinstance(method, str) and method in SENTENCES[outcome.step]:
            return method
    return ANY


def _find_sentence(use: MethodUse) -> Sentence:
    known = SENTENCES.get(use.step)
    if known is None:
        raise UnknownName.of(use.step, SENTENCES, kind="step with a methods text")
    return known.get(use.method, known[ANY])


def _fill_in(sentence: Sentence, values: Mapping[str, Any]) -> str:
    text = sentence.text.format_map(_Known(values))
    details = [written for detail in sentence.details if (written := _detail(detail, values))]
    return f"{text} ({', '.join(details)})" if details else text


def _detail(template: str, values: Mapping[str, Any]) -> str:
    try:
        return template.format_map(_Known(values))
    except KeyError:
        return ""


class _Known(dict[str, str]):
    """Values as they are written in text; a value that cannot be written counts as unknown."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        flat = _flatten(values)
        super().__init__({k: v for k, raw in flat.items() if (v := _write(raw)) is not None})


def _flatten(values: Mapping[str, Any]) -> dict[str, Any]:
    """Lift the values of nested settings up; a name further up wins."""
    nested = [_flatten(value) for value in values.values() if isinstance(value, Mapping)]
    flat: dict[str, Any] = {}
    for part in reversed(nested):
        flat |= part
    return flat | {key: raw for key, raw in values.items() if not isinstance(raw, Mapping)}


def _write(value: object) -> str | None:
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list | tuple) and all(isinstance(item, int | float) for item in value):
        return " x ".join(f"{item:g}" for item in value)
    return None


def _with_citations(sentence: CitedSentence) -> str:
    numbers = ",".join(str(number) for number in sentence.citations)
    return f"{sentence.text} [{numbers}]." if numbers else f"{sentence.text}."
