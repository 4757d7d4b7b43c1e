import pytest

from mslens.core.errors import DatasetError
from mslens.io.tables import read_tsv
from mslens.simulate.cohort import CohortSettings, simulate_cohort
from mslens.simulate.dataset_store import SETTINGS_FILE, claim_folder, write_tables


def test_a_claimed_folder_is_recognised_and_only_with_its_own_settings(tmp_path):
    out = tmp_path / "out"
    claim_folder(out, CohortSettings(seed=1))
    content = (out / SETTINGS_FILE).read_bytes()
    claim_folder(out, CohortSettings(seed=1))
    assert (out / SETTINGS_FILE).read_bytes() == content
    with pytest.raises(DatasetError, match="other settings"):
        claim_folder(out, CohortSettings(seed=2))


def test_an_empty_folder_may_be_claimed_a_file_may_not(tmp_path):
    claim_folder(tmp_path, CohortSettings())
    file = tmp_path / SETTINGS_FILE
    with pytest.raises(DatasetError, match="something else"):
        claim_folder(file, CohortSettings())


@pytest.mark.parametrize("has_sessions", [True, False])
def test_dates_stand_where_the_visits_are(tmp_path, has_sessions):
    cohort = simulate_cohort(CohortSettings(n_patients=3, n_visits=2 if has_sessions else 1))
    write_tables(tmp_path, cohort, has_sessions=has_sessions)
    people = read_tsv(tmp_path / "bids" / "participants.tsv")
    assert ("scan_date" in people.columns) is not has_sessions
    sessions = sorted((tmp_path / "bids").rglob("*_sessions.tsv"))
    assert len(sessions) == (3 if has_sessions else 0)
    for path in sessions:
        table = read_tsv(path)
        assert table["session_id"].tolist() == ["ses-1", "ses-2"]
        assert {"scan_date", "examination_date", "edss", "age"} <= set(table.columns)
    assert len(read_tsv(tmp_path / "truth" / "latent.tsv")) == len(cohort.latent)
