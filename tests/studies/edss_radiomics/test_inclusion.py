"""Known people, known reasons."""

import pandas as pd
import pytest

from mslens.studies.edss_radiomics.inclusion import apply_inclusion
from mslens.studies.edss_radiomics.inputs import StudyInput
from mslens.studies.edss_radiomics.settings import InclusionSettings, StudySettings

PERSON = {"age": 40.0, "sex": "F", "course": "RR", "disease_duration_years": 5.0, "edss": 2.0}


def flow_of(people: dict[str, dict], settings: StudySettings | None = None):
    table = pd.DataFrame({name: {**PERSON, **own} for name, own in people.items()}).T
    numbers = ["age", "disease_duration_years", "edss"]
    numbers += [c for c in table.columns if c.startswith("days")]
    table = table.astype(dict.fromkeys(numbers, float))
    volumes = pd.DataFrame({"brain": 1.0}, index=table.index)
    return apply_inclusion(StudyInput(table, volumes=volumes), settings or StudySettings())


def reason_of(flow) -> dict[str, str]:
    return {name: step.reason for step in flow.steps for name in step.names}


@pytest.mark.parametrize(
    ("own", "reason"),
    [
        ({"group": "control"}, "not a patient"),
        ({"edss": None}, "no edss"),
        ({"age": 17.9}, "age missing, or not 18-70 years"),
        ({"age": 70.1}, "age missing, or not 18-70 years"),
        ({"course": "PP"}, "course is not RR or SP"),
        ({"sex": None}, "no sex"),
        ({"disease_duration_years": None}, "no disease duration"),
        ({"days_to_examination": -32}, "scan and examination more than 31 days apart"),
        ({"days_since_relapse": 29}, "relapse in the 30 days before"),
        ({"days_since_steroids": 3}, "steroids in the 30 days before"),
    ],
)
def test_every_rule_leaves_out_whom_it_should(own, reason):
    flow = flow_of({"bad": own, "good": dict.fromkeys(own) | {k: PERSON.get(k) for k in own}})
    assert reason_of(flow) == {"bad": reason}
    assert flow.included == ("good",)


def test_limits_belong_to_the_study():
    flow = flow_of({"a": {"age": 18}, "b": {"age": 70}, "c": {"days_to_examination": 31}})
    assert flow.included == ("a", "b", "c")


def test_dates_are_compared():
    own = {"scan_date": "2020-01-01", "examination_date": "2020-02-02"}
    flow = flow_of({"far": own, "near": {**own, "examination_date": "2020-02-01"}})
    assert flow.included == ("near",)


def test_a_rule_without_its_column_is_not_checked():
    flow = flow_of({"a": {}})
    unchecked = {step.reason for step in flow.steps if not step.checked}
    assert "relapse in the 30 days before" in unchecked
    assert "no edss" not in unchecked


def test_a_person_counts_once_for_the_first_rule():
    flow = flow_of({"a": {"age": 80, "course": "PP"}, "b": {}})
    assert reason_of(flow) == {"a": "age missing, or not 18-70 years"}
    assert [step.left for step in flow.steps][-1] == len(flow.included) == flow.n_start - 1


def test_other_courses_on_request():
    settings = StudySettings(inclusion=InclusionSettings(courses=("PP",)))
    assert flow_of({"a": {"course": "PP"}, "b": {}}, settings).included == ("a",)
