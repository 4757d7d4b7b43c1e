"""The pages in a real browser, without a network: the viewer draws, its fallback draws."""

from __future__ import annotations

import http.server
import re
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mslens.report.settings import SubjectReportSettings
from mslens.report.steps import write_subject_report
from report.subject_files import done, write_outcomes

pytestmark = pytest.mark.browser

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--enable-logging=stderr",
    "--window-size=1000,2000",
    # Virtual time: the page is looked at when it has come to rest, however slow the machine.
    "--virtual-time-budget=8000",
)
SOFTWARE_WEBGL = (
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
)
NO_WEBGL = ("--disable-gpu", "--disable-3d-apis")


@dataclass(frozen=True)
class Shown:
    """What the browser made of a page."""

    dom: str
    console: list[str]
    pixels: np.ndarray

    @property
    def viewer(self) -> str:
        found = re.search(r'<html[^>]*data-viewer="(\w+)"', self.dom)
        return found[1] if found else ""

    def text_of(self, role: str) -> str:
        found = re.search(rf'data-role="{role}"[^>]*>([^<]*)<', self.dom)
        return found[1] if found else ""


@pytest.fixture(scope="module")
def report(derivatives, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    entries = [done(step) for step in ("lesions", "tissue", "parcels")]
    inputs = {**derivatives, "outcomes": write_outcomes(folder / "o.json", entries)}
    settings = SubjectReportSettings(subject="01", tiles=4, pixel_mm=2.0)
    write_subject_report(inputs, {"html": folder / "sub-01.html"}, settings)
    return folder / "sub-01.html"


@pytest.fixture(scope="module")
def show(chromium, tmp_path_factory):
    def run(page: Path, *flags: str) -> Shown:
        folder = tmp_path_factory.mktemp("browser")
        picture = folder / "shot.png"
        wanted = ("--dump-dom", f"--screenshot={picture}", f"--user-data-dir={folder / 'profile'}")
        done = call([chromium, *FLAGS, *flags, *wanted, page.as_uri()])
        console = re.findall(r"CONSOLE[^\]]*\] (.*)", done.stderr)
        return Shown(done.stdout, console, np.asarray(Image.open(picture).convert("RGB")))

    return run


def call(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=240)


@pytest.fixture(scope="module")
def full(show, report) -> Shown:
    return show(report, *SOFTWARE_WEBGL)


@pytest.fixture(scope="module")
def plain(show, report) -> Shown:
    return show(report, *NO_WEBGL)


def stage(shown: Shown) -> np.ndarray:
    """Rows of the screenshot that the viewer's canvas fills: the first tall black band."""
    left = shown.pixels[:, 40, :].max(axis=1) < 12
    edges = np.flatnonzero(np.diff(np.r_[0, left.astype(int), 0]))
    bands = [(stop - start, start, stop) for start, stop in edges.reshape(-1, 2)]
    _, start, stop = max(bands)
    return shown.pixels[start:stop]


def is_lesion_coloured(pixels: np.ndarray) -> np.ndarray:
    red, green, blue = np.moveaxis(pixels.astype(int), -1, 0)
    return (red > 150) & (red - green > 40) & (green >= blue - 10)


def test_niivue_draws_the_brain_and_its_lesions_without_an_error(full):
    assert full.viewer == "niivue"
    assert full.console == []
    drawn = stage(full)
    assert (drawn.min(axis=2) > 60).mean() > 0.05
    assert is_lesion_coloured(drawn).sum() > 30


def test_the_viewer_says_where_it_is(full):
    assert re.fullmatch(
        r"\d+ mm (left|right), \d+ mm (posterior|anterior), \d+ mm (inferior|superior).*",
        full.text_of("readout"),
    )


def test_without_webgl2_slices_are_drawn_and_it_is_said(plain):
    assert plain.viewer == "canvas"
    assert plain.console == []
    drawn = stage(plain)
    assert (drawn.min(axis=2) > 60).mean() > 0.03
    assert is_lesion_coloured(drawn).sum() > 30
    assert re.search(r'data-role="plain">\s*This browser offers no WebGL2', plain.dom)


def test_both_viewers_open_at_the_same_place(full, plain):
    # NiiVue keeps the point, the plain viewer goes to the middle of its voxel of 4 mm.
    places = [
        [int(number) for number in re.findall(r"(\d+) mm", shown.text_of("readout"))]
        for shown in (full, plain)
    ]
    np.testing.assert_allclose(*places, atol=2.5)


def test_the_plain_viewer_shows_the_patients_left_on_the_right(plain, head):
    drawn = is_lesion_coloured(stage(plain))
    areas = head.lesions.data.sum(axis=(0, 1))
    index = np.argwhere(head.lesions.data[..., int(areas.argmax())])
    x_mm = head.lesions.grid.to_world(np.c_[index, np.full(len(index), areas.argmax())])[
        :, 0
    ].mean()
    column = np.nonzero(drawn)[1].mean() - drawn.shape[1] / 2
    assert abs(x_mm) > 3
    assert np.sign(column) == -np.sign(x_mm)


def test_tables_can_be_sorted_after_loading(full):
    headings = re.findall(r'<th class="[^"]*sortable[^"]*"[^>]*tabindex="0"', full.dom)
    assert len(headings) > 10
    assert 'class="no-js"' not in full.dom


def test_a_script_that_slipped_in_does_not_run(show, report, tmp_path):
    html = report.read_text(encoding="utf-8")
    evil = "<script>document.documentElement.dataset.evil = 'ran'</script>"
    page = tmp_path / "evil.html"
    page.write_text(html.replace("<main", f"{evil}<main", 1), encoding="utf-8")
    shown = show(page, *NO_WEBGL)
    assert "data-evil" not in shown.dom
    assert any("Content Security Policy" in line for line in shown.console)


PRESS = """<script>
new MutationObserver((_, observer) => {
  if (!document.documentElement.dataset.viewer) return;
  observer.disconnect();
  const say = (name) => {
    document.documentElement.dataset[name] =
      document.querySelector('[data-role="readout"]').textContent;
  };
  document.querySelector('[data-role="overlays"] input[name="Regions"]').click();
  document.querySelectorAll("tr[data-mm]")[%d].click();
  say("clicked");
  const slice = document.querySelector('[data-role="slice"]');
  slice.value = "7";
  slice.dispatchEvent(new Event("input"));
  say("sliced");
  const head = [...document.querySelectorAll("th")].find((th) => th.textContent === "Volume (ml)"
    && th.closest("table").classList.contains("sorted"));
  head.click();
  document.documentElement.dataset.sorted =
    [...head.closest("table").tBodies[0].rows].map((row) => row.cells[2].dataset.value).join(" ");
}).observe(document.documentElement, { attributes: true, attributeFilter: ["data-viewer"] });
</script>"""


@pytest.mark.parametrize("flags", [SOFTWARE_WEBGL, NO_WEBGL])
def test_the_controls_do_what_they_say(show, report, tmp_path, head, flags):
    html = re.sub(r"<meta http-equiv[^>]*>", "", report.read_text(encoding="utf-8"), count=1)
    page = tmp_path / "pressed.html"
    page.write_text(html.replace("<main", f"{PRESS % 2}<main", 1), encoding="utf-8")
    shown = show(page, *flags)
    said = dict(re.findall(r'data-(clicked|sliced|sorted)="([^"]*)"', shown.dom))
    assert shown.console == []
    wanted = [float(v) for v in re.findall(r'<tr[^>]*data-mm="([^"]*)"', html)[2].split()]
    found = [int(number) for number in re.findall(r"(\d+) mm", said["clicked"])]
    np.testing.assert_allclose(found, np.abs(wanted), atol=2.6)
    assert re.search(r"Thalamus_[LR]$", said["clicked"])
    assert said["sliced"] != said["clicked"]
    assert said["sliced"].split(",")[:2] == said["clicked"].split(",")[:2]
    values = [float(value) for value in said["sorted"].split()]
    assert values == sorted(values)
    assert len(values) > 2


@pytest.fixture
def listener() -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    thread.join()


def test_the_policy_forbids_every_connection(chromium, report, tmp_path, listener):
    address, asked = listener
    calls = (
        f'<img alt="" src="{address}/picture"><link rel="stylesheet" href="{address}/style">'
        f'<iframe src="{address}/frame"></iframe>'
    )
    html = report.read_text(encoding="utf-8").replace("</main>", f"{calls}</main>")
    page = tmp_path / "calling.html"
    page.write_text(html, encoding="utf-8")
    flags = [flag for flag in FLAGS if not flag.startswith("--host-resolver")]
    profile = f"--user-data-dir={tmp_path / 'profile'}"
    call([chromium, *flags, *NO_WEBGL, profile, "--dump-dom", page.as_uri()])
    assert asked == []
    open_page = tmp_path / "open.html"
    open_page.write_text(re.sub(r"<meta http-equiv[^>]*>", "", html, count=1), encoding="utf-8")
    call([chromium, *flags, *NO_WEBGL, profile, "--dump-dom", open_page.as_uri()])
    assert "/picture" in asked  # the listener hears what is not forbidden
