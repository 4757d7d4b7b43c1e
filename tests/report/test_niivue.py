import pytest

from mslens.core.errors import MissingDependency
from mslens.report.niivue import ASSET, make_inlinable, read_niivue


def test_the_installed_wheel_carries_the_viewer():
    bundle = read_niivue()
    assert len(bundle.script) > 1_000_000
    assert bundle.version.startswith("0.")
    assert "</script" not in bundle.script.lower()
    for call in ("loadFromBase64", "setColormapLabel", "crosshairPos", "sagittalNoseLeft"):
        assert call in bundle.script


def test_a_wheel_without_it_says_what_to_install(tmp_path):
    with pytest.raises(MissingDependency) as caught:
        read_niivue(tmp_path)
    assert str(tmp_path) not in caught.value.what


@pytest.mark.parametrize("version", ["0.12.3", "1.0.0"])
def test_a_version_that_was_never_tried_is_refused(tmp_path, version):
    path = tmp_path / ASSET
    path.parent.mkdir(parents=True)
    path.write_text(f'const zo={{version:"{version}"}};', encoding="utf-8")
    with pytest.raises(MissingDependency, match=version):
        read_niivue(tmp_path)


def test_a_file_without_a_version_is_refused(tmp_path):
    path = tmp_path / ASSET
    path.parent.mkdir(parents=True)
    path.write_text("var niivue;", encoding="utf-8")
    with pytest.raises(MissingDependency, match="unknown"):
        read_niivue(tmp_path)


def test_nothing_inside_ends_the_script_element():
    text = make_inlinable('a = "</script>";\r\nb = "<!-- </SCRIPT >";')
    assert "</script" not in text.lower()
    assert "<!--" not in text
    assert "\r" not in text
