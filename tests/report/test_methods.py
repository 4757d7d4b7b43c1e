import string

import pytest

from mslens.core.errors import UnknownName
from mslens.report.methods import OPENING, MethodUse, collect_uses, describe_methods
from mslens.report.outcomes import Outcome
from mslens.report.references import REFERENCES
from mslens.report.sentences import ANY, SENTENCES
from mslens.studies.run import steps

ALL = [(step, method) for step, methods in SENTENCES.items() for method in methods]


def describe(*uses: MethodUse):
    return describe_methods(uses, version="1.2.3")


@pytest.mark.parametrize(("step", "method"), ALL)
def test_every_sentence_can_be_written_and_cites_what_exists(step, method):
    sentence = SENTENCES[step][method]
    assert set(sentence.references) <= set(REFERENCES)
    names = [n for d in sentence.details for _, n, _, _ in string.Formatter().parse(d) if n]
    text = describe(MethodUse(step, method, dict.fromkeys(names, 7))).sentences[-1].text
    assert "{" not in text
    assert text.count("7") >= len(names)


def test_every_step_of_the_run_has_a_sentence():
    run = {step.name for stage in steps.STAGES.values() for step in stage} - {steps.REPORT.name}
    assert run == set(SENTENCES)


def test_only_what_is_known_is_claimed():
    text = describe(
        MethodUse(
            "bias", ANY, {"n4": {"iterations": [50, 25], "tolerance": 1.0}, "tolerance": 1e-4}
        )
    )
    assert text.sentences[-1].text.endswith(
        "(at most 50 x 25 iterations, convergence tolerance 0.0001)"
    )
    bare = describe(MethodUse("bias", ANY, {"tolerance": None}))
    assert "(" not in bare.sentences[-1].text


def test_citations_are_numbered_as_they_appear_and_listed_once():
    text = describe(MethodUse("coregister-FLAIR"), MethodUse("coregister-T2w"), MethodUse("bias"))
    numbers = [sentence.citations for sentence in text.sentences]
    assert numbers == [(1,), (2, 3), (2, 3), (4,)]
    assert [r.key for r in text.references] == [
        "gorgolewski2016bids",
        "studholme1999nmi",
        "pluim2000artefacts",
        "tustison2010n4",
    ]


def test_every_reference_is_cited_by_some_sentence():
    cited = {key for step, method in ALL for key in SENTENCES[step][method].references}
    assert cited | set(OPENING.references) == set(REFERENCES)


def test_an_unknown_method_is_described_by_its_step_and_an_unknown_step_refused():
    same = describe(MethodUse("fill", "something-new")).sentences[-1]
    assert same == describe(MethodUse("fill")).sentences[-1]
    with pytest.raises(UnknownName):
        describe(MethodUse("fil"))


def test_only_steps_that_were_done_are_described_each_method_once():
    outcomes = [
        Outcome("1", "bias", "done", facts={"method": "simpleitk"}),
        Outcome("2", "bias", "done"),
        Outcome("3", "bias", "done", facts={"method": "simpleitk"}),
        Outcome("1", "fill", "failed"),
        Outcome("1", "report", "done"),
    ]
    uses = collect_uses(outcomes, {"bias": {"tolerance": 3, "method": "ants"}})
    assert [(use.step, use.method) for use in uses] == [("bias", "simpleitk"), ("bias", ANY)]
    assert uses[0].values["tolerance"] == 3


def test_facts_win_over_settings_and_paths_stay_out():
    outcomes = [Outcome(None, "fill", "done", facts={"seed": "/home/jane/seed"})]
    use = collect_uses(outcomes, {"fill": {"seed": 3}})[0]
    assert "jane" not in describe(use).write("plain")


def test_markdown_plain_and_bibtex():
    text = describe(MethodUse("bias"))
    assert text.write("markdown").startswith("# Methods\n\nImages in BIDS were processed")
    assert "mslens 1.2.3" in text.write("plain")
    assert "[2]." in text.write("plain")
    assert "\n2. Tustison NJ" in text.write("plain")
    assert text.write("bibtex").count("@article{") == len(text.references) == 2
    with pytest.raises(UnknownName, match="bibtex"):
        text.write("bibtx")  # type: ignore[arg-type]
