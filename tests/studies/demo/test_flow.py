"""The demo as a whole: folders, order, exit codes."""

import pytest

from mslens.core.errors import DatasetError, SettingsError
from mslens.studies.demo.act import Act, ActResult
from mslens.studies.demo.acts import ACTS
from mslens.studies.demo.flow import run_demo
from mslens.studies.demo.settings import DemoSettings


def act(name, code=0, skipped=(), seen=None):
    def perform(stage):
        if seen is not None:
            seen.append(stage)
        return ActResult(exit_code=code, pages={"a page": stage.folder / "x.html"}, skipped=skipped)

    return Act(name, f"Title of {name}", perform)


def test_acts_come_in_order_each_in_its_own_folder(tmp_path, capsys):
    seen = []
    acts = (act("one", seen=seen), act("two", seen=seen, skipped=("no torch is installed",)))
    assert run_demo(tmp_path / "out", nprocs=3, is_full=True, acts=acts) == 0
    assert [stage.folder for stage in seen] == [tmp_path / "out" / "one", tmp_path / "out" / "two"]
    assert all(stage.nprocs == 3 and stage.is_full for stage in seen)
    said = capsys.readouterr()
    assert said.out.splitlines() == [
        f"Open {tmp_path}/out/one/x.html  (a page)", f"Open {tmp_path}/out/two/x.html  (a page)",
    ]  # fmt: skip
    assert "Skipped in 'Title of two': no torch is installed" in said.err
    assert "shows the flow, not the performance" in said.err


@pytest.mark.parametrize(
    ("codes", "expected"), [((0, 0), 0), ((0, 2), 2), ((1, 0), 2), ((1, 1), 1), ((143, 0), 143)]
)
def test_the_exit_code_says_what_succeeded(tmp_path, codes, expected):
    acts = tuple(act(f"a{i}", code) for i, code in enumerate(codes))
    assert run_demo(tmp_path / "out", acts=acts) == expected


def test_an_act_that_cannot_be_done_leaves_the_others(tmp_path, capsys):
    def fail(stage):
        raise DatasetError("the truth holds nobody")

    seen = []
    acts = (Act("bad", "Cannot be done", fail), act("good", seen=seen))
    assert run_demo(tmp_path / "out", acts=acts) == 2
    assert len(seen) == 1
    assert "DatasetError: the truth holds nobody" in capsys.readouterr().err


def test_a_signal_ends_the_demo(tmp_path):
    seen = []
    run_demo(tmp_path / "out", acts=(act("a", 130), act("b", seen=seen)))
    assert not seen


def test_a_folder_that_holds_something_else_is_refused(tmp_path):
    (tmp_path / "thesis.doc").write_text("mine")
    seen = []
    with pytest.raises(DatasetError, match="something else"):
        run_demo(tmp_path, acts=(act("a", seen=seen),))
    assert not seen
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.doc"]


def test_a_demo_is_resumed_but_not_one_of_other_settings(tmp_path):
    acts = (act("a"),)
    assert run_demo(tmp_path / "out", acts=acts) == 0
    assert run_demo(tmp_path / "out", acts=acts) == 0
    with pytest.raises(DatasetError, match="other settings"):
        run_demo(tmp_path / "out", acts=acts, settings=DemoSettings(seed=99))


def test_the_names_of_the_acts_are_folders_of_their_own():
    names = [one.name for one in ACTS]
    assert "imaging" in names
    assert len(set(names)) == len(names)
    assert all(name.isidentifier() for name in names)


def test_the_simulated_cohort_has_two_sites_and_a_second_visit():
    from mslens.simulate.cohort import simulate_cohort

    cohort = simulate_cohort(DemoSettings().simulation().cohort)
    assert set(cohort.participants["site"]) == {"site1", "site2"}
    assert len(cohort.participants) == 5
    assert (cohort.sessions["session_id"] == "ses-2").sum() == 1


@pytest.mark.parametrize("nprocs", [0, -1])
def test_less_than_one_process_is_refused_before_anything_is_written(tmp_path, nprocs):
    with pytest.raises(SettingsError, match=f"processes is {nprocs}"):
        run_demo(tmp_path / "out", nprocs=nprocs)
    assert not (tmp_path / "out").exists()
