import base64
import hashlib
import json

import jinja2
import pytest
from markupsafe import Markup

from mslens.report.group import SubjectResult, render_group
from mslens.report.page import embed_json, make_policy, read_asset, render_page
from mslens.report.settings import GroupReportSettings
from report.html_page import Page

CONTEXT = {
    "title": "<b>sub-01</b>",
    "subtitle": "a & b",
    "sections": [("x", "X")],
    "version": "1",
}


def test_text_is_escaped():
    page = Page(render_page("base.html.j2", CONTEXT))
    assert not page.attributes("b")
    assert "<b>sub-01</b>" in page.text
    assert "a & b" in page.text


def test_the_policy_names_the_hash_of_every_script_and_no_address():
    html = render_page("base.html.j2", CONTEXT, scripts=['"use strict";\nlet a = 1 < 2;'])
    page = Page(html)
    (script,) = [text for values, text in page.scripts if not values]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    (policy,) = [m["content"] for m in page.attributes("meta") if "http-equiv" in m]
    assert f"script-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert "connect-src" not in policy
    assert "http" not in policy
    assert "unsafe-eval" not in policy


def test_without_scripts_none_may_run():
    assert "script-src 'none'" in make_policy([])


def test_json_cannot_end_its_element():
    value = {"a": "</script><script>alert(1)</script>", "b": "\u2028 & é"}
    text = embed_json(value)
    assert isinstance(text, Markup)
    assert "<" not in text
    assert "&" not in text
    assert json.loads(text) == value


def test_a_value_that_is_missing_is_an_error():
    with pytest.raises(jinja2.UndefinedError):
        render_page("base.html.j2", {"title": "x"})


@pytest.mark.parametrize("name", ["viewer.js", "tables.js", "style.css"])
def test_our_own_assets_load_nothing(name):
    text = read_asset(name)
    assert "http" not in text
    assert "@import" not in text
    assert "url(" not in text
    assert "fetch(" not in text
    assert "</" not in text


def test_bytes_that_are_no_text_become_question_marks():
    page = render_group([SubjectResult("3\udcff")], GroupReportSettings())
    assert "sub-3?" in page
    assert page.encode("utf-8")
