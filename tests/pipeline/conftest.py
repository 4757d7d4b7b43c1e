import pytest

from pipeline.fake_steps import TRACE


@pytest.fixture
def trace(tmp_path, monkeypatch):
    """Folder in which every call of a fake step leaves a file."""
    folder = tmp_path / "trace"
    folder.mkdir()
    monkeypatch.setenv(TRACE, str(folder))
    return folder
