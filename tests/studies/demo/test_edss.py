"""The act around the study, which is tested itself."""

import pytest

from mslens.studies.demo import edss
from mslens.studies.demo.act import Stage
from mslens.studies.demo.settings import DemoSettings


@pytest.fixture
def asked(monkeypatch):
    calls = []

    def pretend(out, *, n_features, seed, settings, n_workers, tell):
        assert n_workers == 1
        calls.append((out.name, n_features, seed, settings))
        page = out / "edss-radiomics" / "edss-radiomics.html"
        page.parent.mkdir(parents=True)
        page.touch()

    monkeypatch.setattr(edss, "demonstrate", pretend)
    return calls


def perform(folder, *, is_full):
    stage = Stage(folder=folder, settings=DemoSettings(seed=3), nprocs=1, is_full=is_full)
    return edss.show_edss(stage)


def test_the_light_form_says_what_it_leaves_out_and_is_not_done_twice(tmp_path, asked):
    first, again = (perform(tmp_path, is_full=False) for _ in range(2))
    assert first == again
    assert asked == [("light", 3000, 3, None)]
    assert "--full" in first.skipped[0]
    assert all(page.is_file() for page in first.pages.values())


def test_the_full_form_has_every_feature_and_its_own_folder(tmp_path, asked):
    perform(tmp_path, is_full=False)
    result = perform(tmp_path, is_full=True)
    (_, n_features, seed, settings) = asked[1]
    assert (n_features, seed, settings.seed, settings.n_folds) == (125_580, 3, 3, 10)
    assert not result.skipped
    assert (tmp_path / "full").is_dir()
