from pathlib import Path

from mslens.core.errors import DatasetError
from mslens.core.settings import Settings
from mslens.pipeline.plan import Failure, Skip, Step, Task
from mslens.studies.check.steps import split_steps

RAW, MASK, XFM, TABLE = (Path(name) for name in ("raw", "mask", "xfm", "table"))


def task(name: str, inputs: list[Path], output: Path, optional: tuple[str, ...] = ()) -> Task:
    return Task(
        subject="1",
        session=None,
        step=Step(name, 1, "x:y"),
        inputs={path.name: path for path in inputs},
        outputs={"out": output},
        settings=Settings(),
        optional=frozenset(optional),
    )


CHAIN = (task("a", [RAW], MASK), task("b", [MASK], XFM), task("c", [XFM], TABLE))


def test_everything_is_possible_with_good_images() -> None:
    assert split_steps(CHAIN, unusable=()) == (("a", "b", "c"), {})


def test_what_follows_a_broken_image_is_impossible() -> None:
    possible, impossible = split_steps(CHAIN, unusable={RAW})
    assert possible == ()
    assert impossible == {
        "a": "its image cannot be used",
        "b": "'a' is not possible",
        "c": "'b' is not possible",
    }


def test_an_optional_input_of_an_earlier_step_may_be_missing() -> None:
    chain = (CHAIN[0], task("d", [MASK], TABLE, optional=("mask",)))
    assert split_steps(chain, unusable={RAW})[0] == ("d",)


def test_an_optional_image_that_is_broken_still_blocks() -> None:
    chain = (task("d", [RAW], TABLE, optional=("raw",)),)
    assert split_steps(chain, unusable={RAW})[1] == {"d": "its image cannot be used"}


def test_skips_and_failures_give_their_reason_without_the_path() -> None:
    entries = (
        Skip("1", None, "tissue", "tissue needs a T1w"),
        Failure("1", None, "images", DatasetError("there is none", where="/secret")),
        Failure("1", None, "other", ValueError("broken")),
    )
    assert split_steps(entries, unusable=()) == (
        (),
        {"tissue": "tissue needs a T1w", "images": "there is none", "other": "broken"},
    )
