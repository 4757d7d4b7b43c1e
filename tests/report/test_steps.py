"""The two steps as the pipeline calls them: what a reader finds, what nobody may find."""

from __future__ import annotations

import base64
import gzip
import io
import json
import re
import socket

import nibabel as nib
import numpy as np
import pytest
from PIL import Image

from mslens.core.errors import OutputError
from mslens.image.location import LOCATIONS
from mslens.report.formats import write_number, write_share
from mslens.report.settings import GroupReportSettings, SubjectReportSettings
from mslens.report.steps import write_group_report, write_subject_report
from report.html_page import Page
from report.subject_files import TIV_ML, done, tissue_of, write_outcomes, write_session

STEPS = ("brain-mask", "bias", "lesions", "fill", "normalise", "tissue", "parcels", "volumes")
FALLBACK = "unsupervised mixture (fallback)"
ALL_DONE = [done(step, **({"method": FALLBACK} if step == "lesions" else {})) for step in STEPS]


def settings(**values) -> SubjectReportSettings:
    defaults = {"subject": "01", "tiles": 4, "pixel_mm": 2.0}
    return SubjectReportSettings.model_validate(defaults | values)


def write(tmp_path, files, entries, chosen=None):
    inputs = {**files, "outcomes": write_outcomes(tmp_path / "o.json", entries)}
    target = tmp_path / "sub-01.html"
    facts = write_subject_report(inputs, {"html": target}, chosen or settings())
    return facts, target.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def whole(derivatives, tmp_path_factory):
    return write(tmp_path_factory.mktemp("whole"), derivatives, ALL_DONE)


def test_the_summary_answers_what_a_radiologist_asks_first(whole, head):
    _, html = whole
    page = Page(html)
    summary = page.section("summary")
    assert page.text[0] == "sub-01"
    assert "never a diagnosis" in page.words
    assert "No automatic check failed" in summary
    load_ml = head.lesions.data.sum() * head.lesions.grid.voxel_volume_ml
    rows = page.table("Lesions by location", "Number", "Volume (ml)")
    assert [row[0] for row in rows] == [*(c.replace("-", " ") for c in LOCATIONS), "all"]
    assert sum(int(row[1]) for row in rows[:-1]) == int(rows[-1][1])
    assert float(rows[-1][2]) == pytest.approx(load_ml, rel=0.02)
    brain_ml = (tissue_of(head).data > 1).sum() * head.t1w.grid.voxel_volume_ml
    assert f"Brain {write_number(brain_ml)} ml".replace("\u202f", " ") in summary
    assert f"{write_share(brain_ml / TIV_ML)} of TIV" in summary


def test_pictures_are_named_and_say_which_side_is_which(whole):
    facts, html = whole
    page = Page(html)
    alts = [values["alt"] for values in page.attributes("img")]
    # The key slices and the map of disconnection stand outside the pictures.
    assert len(alts) == facts["pictures"] + 2
    assert all("the patient's left is on the right" in alt for alt in alts)
    for name in (
        "Lesions on FLAIR",
        "Brain mask on T1w",
        "FLAIR aligned to T1w",
        "Registration to the template",
        "Tissue on T1w",
        "Regions on T1w",
    ):
        assert f"{name}." in page.text
    for values in page.attributes("img"):
        picture = Image.open(io.BytesIO(base64.b64decode(values["src"].partition(",")[2])))
        assert picture.size == (int(values["width"]), int(values["height"]))


def test_tables_steps_methods_and_versions_are_there(derivatives, tmp_path):
    chosen = settings(
        command="mslens run BIDS OUT participant",
        versions={"numpy": "2.3.5"},
        methods={"bias": {"n4": {"tolerance": 0.001}}},
    )
    _, html = write(tmp_path, derivatives, ALL_DONE, chosen)
    page = Page(html)
    volumes = dict(row for row in page.table("Measure", "Value"))
    assert volumes["Total intracranial volume, estimated"] == "1 450 ml"
    assert float(volumes["Deep grey matter"].split()[0]) > 0
    assert not any("Thalamus" in name for name in volumes)
    (pair,) = page.table("Region", "Left (ml)", "Right (ml)")
    assert pair[0] == "Thalamus"
    assert len(page.table("Lesion", "Location")) > 2
    steps = page.table("Step", "State", "CPU time")
    assert [row[0] for row in steps] == [*STEPS, "all"]
    assert steps[-1][2] == "1 min 28 s"
    assert "convergence tolerance 0.001" in page.section("methods")
    assert "doi:10.1109/TMI.2010.2046908" in page.section("methods")
    assert "mslens run BIDS OUT participant" in page.section("methods")
    assert "numpy 2.3.5" in page.section("methods").replace("\xa0", " ")


def test_honest_labels(whole):
    words = Page(whole[1]).words
    assert "approximate, not AAL" in words
    assert "unsupervised fallback, not by a trained model" in words


def test_disconnection_is_shown_with_what_it_rests_on(whole):
    _, html = whole
    section = Page(html).section("disconnection")
    assert "synthetic-v1 (not anatomy)" in section
    assert "say nothing about this brain" in section
    assert section.index("Thalamus L") < section.index("Thalamus R")
    assert write_share(0.125) in section
    assert "2 of 3 regions lose streamlines; 1 have none in the reference" in section
    assert "Insula" not in section


def test_flags_come_first_with_their_reasons(derivatives, tmp_path):
    flags = [{"level": "error", "message": "the FLAIR does not overlap the T1w"}]
    _, html = write(tmp_path, derivatives, [*ALL_DONE, done("coregister-FLAIR", flags=flags)])
    page = Page(html)
    assert "Check before use: 1 quality check failed" in page.section("summary")
    assert "the FLAIR does not overlap the T1w" in page.section("summary")
    assert page.table("Level", "Step")[0][1:] == [
        "coregister-FLAIR",
        "the FLAIR does not overlap the T1w",
    ]


def test_a_subject_whose_steps_failed_still_has_a_page(tmp_path):
    entries = [
        {
            "session": "1",
            "step": "brain-mask",
            "state": "failed",
            "reason": "one slice only",
            "expected": "a 3D image",
            "cure": "Convert it again",
        },
        {"session": "1", "step": "bias", "state": "blocked", "reason": "blocked by brain-mask"},
        {"session": "2", "step": "images", "state": "skipped", "reason": "there is no T1w"},
    ]
    facts, html = write(tmp_path, {}, entries)
    page = Page(html)
    summary = page.section("summary")
    assert facts["viewer"] == "none"
    assert "Incomplete: 1 step failed" in summary
    assert "ses-1 brain-mask: one slice only. Expected a 3D image. Convert it again." in summary
    assert "1 later step could not start because of this." in summary
    rows = page.table("Session", "Step", "State", "CPU time")
    assert [row[:3] for row in rows] == [
        ["ses-1", "brain-mask", "failed"],
        ["ses-1", "bias", "blocked"],
        ["ses-2", "images", "skipped"],
    ]
    assert "viewer-section" not in page.sections


def test_sessions_are_shown_one_by_one(derivatives, tmp_path):
    files = {f"ses-{s}:{role}": path for s in "12" for role, path in derivatives.items()}
    entries = [done(step, session=s) for s in "12" for step in STEPS]
    _, html = write(tmp_path, files, entries)
    page = Page(html)
    assert page.section("pictures").count("Lesions on FLAIR.") == 2
    assert [s["label"] for s in page.viewer()["sessions"]] == ["ses-1", "ses-2"]
    assert "not a longitudinal measurement" in page.section("summary")
    rows = [values for tag, values in page.tags if tag == "tr" and "data-mm" in values]
    assert {values["data-session"] for values in rows} == {"0", "1"}
    anchors = [values["id"] for _, values in page.tags if "id" in values]
    assert len(anchors) == len(set(anchors))


def test_the_page_loads_nothing_from_anywhere(whole):
    page = Page(whole[1])
    sources = [v for _, values in page.tags for k, v in values.items() if k in ("src", "data")]
    assert sources
    assert all(source.startswith("data:image/jpeg;base64,") for source in sources)
    links = [values["href"] for values in page.attributes("a")]
    assert all(link.startswith("#") for link in links)
    assert not page.attributes("link")
    (policy,) = [m["content"] for m in page.attributes("meta") if "http-equiv" in m]
    assert policy.startswith("default-src 'none'")
    assert "http" not in policy


def test_without_javascript_everything_but_the_viewer_can_be_read(whole):
    page = Page(whole[1])
    assert page.attributes("html")[0]["class"] == "no-js"
    assert "The viewer needs JavaScript" in page.words
    hidden = [values for _, values in page.tags if "needs-js" in values.get("class", "")]
    assert {values.get("id", "") for values in hidden} <= {"viewer", ""}


def test_the_same_inputs_give_the_same_bytes(derivatives, tmp_path, whole):
    _, html = write(tmp_path, derivatives, ALL_DONE)
    assert html == whole[1]


def test_the_page_keeps_to_its_size(derivatives, tmp_path):
    facts, html = write(tmp_path, derivatives, ALL_DONE, settings(max_megabytes=4))
    assert len(html.encode()) <= 4e6
    assert facts["megabytes"] == pytest.approx(len(html.encode()) / 1e6, abs=0.01)
    with pytest.raises(OutputError, match="MB"):
        write(tmp_path, derivatives, ALL_DONE * 1000, settings(max_megabytes=1, viewer=False))


def test_without_the_wheels_viewer_slices_are_drawn_by_the_page(derivatives, tmp_path, monkeypatch):
    from mslens.report import niivue

    monkeypatch.setattr(niivue, "_nilearn_folder", lambda: tmp_path)
    facts, html = write(tmp_path, derivatives, ALL_DONE)
    page = Page(html)
    assert facts["viewer"] == "slices"
    assert page.viewer()["sessions"]
    assert "The NiiVue viewer is not there" in page.section("quality")
    assert str(tmp_path) not in html


CANARY = "Zzyzx"


def canary_session(head, folder):
    """Everything that a user's files can carry, with the canary in it."""
    folder = folder / f"{CANARY}_folder"
    folder.mkdir()
    files = write_session(head, folder)
    for role, path in list(files.items()):
        named = path.with_name(path.name.replace("sub-01", f"sub-{CANARY}"))
        files[role] = path.rename(named)
        if named.name.endswith(".nii.gz"):
            image = nib.load(named)
            header = image.header.copy()
            for field in ("descrip", "aux_file", "db_name", "intent_name"):
                header[field] = CANARY.encode()
            header.extensions.append(nib.nifti1.Nifti1Extension("comment", CANARY.encode()))
            nib.save(nib.Nifti1Image(np.asanyarray(image.dataobj), image.affine, header), named)
            named.with_name(named.name.replace(".nii.gz", ".json")).write_text(
                json.dumps({"PatientName": CANARY, "InstitutionName": CANARY})
            )
        else:
            lines = named.read_text().splitlines()
            lines = [f"{lines[0]}\tpatient", *(f"{line}\t{CANARY}" for line in lines[1:])]
            named.write_text("\n".join(lines) + "\n")
    return files


def all_bytes(html: str) -> str:
    """The page, and everything in it that is encoded, as text."""
    parts = [html]
    for encoded in re.findall(r"[A-Za-z0-9+/=]{200,}", html):
        if len(encoded) % 4 == 0:
            content = base64.b64decode(encoded)
            parts.append(content.decode("latin-1"))
            if content[:2] == b"\x1f\x8b":
                parts.append(gzip.decompress(content).decode("latin-1"))
    return "\n".join(parts)


def test_no_planted_name_path_or_host_is_found_in_the_page(head, tmp_path, monkeypatch):
    monkeypatch.setattr(socket, "gethostname", lambda: f"{CANARY}-host")
    files = canary_session(head, tmp_path)
    flag = {"level": "warning", "message": f"look at {files['ref']} on {CANARY}@{CANARY}.org"}
    entries = [
        *ALL_DONE,
        done("coregister-FLAIR", flags=[flag], note=CANARY, path=str(files["ref"])),
        {
            "session": None,
            "step": "fill",
            "state": "failed",
            "reason": f"cannot read '{files['ref']}'",
            "cure": f"see {tmp_path}/log.txt",
            "where": str(files["ref"]),
            "traceback": CANARY,
            "host": CANARY,
        },
    ]
    chosen = settings(command=f"mslens run {tmp_path}/{CANARY} OUT", title=f"/data/{CANARY}")
    facts, html = write(tmp_path, files, entries, chosen)
    assert facts["viewer"] == "niivue"
    text = all_bytes(html)
    assert len(text) > len(html)
    assert CANARY not in text
    assert str(tmp_path) not in text
    assert CANARY not in json.dumps(facts)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_rendering_of_the_embedded_layers_shows_no_face(whole, head, axis):
    (session,) = Page(whole[1]).viewer()["sessions"]
    for layer in session["images"] + session["overlays"]:
        image = nib.Nifti1Image.from_bytes(gzip.decompress(base64.b64decode(layer["data"])))
        data = np.asanyarray(image.dataobj)
        points = nib.affines.apply_affine(image.affine, np.argwhere(data > 0))
        index = np.rint(head.brain.grid.to_index(points)).astype(int)
        assert head.brain.data[tuple(index.T)].all()
        # The projection of the head is wider than the brain's: the scalp is bright.
        shadow = np.zeros(head.brain.data.shape, dtype=bool)
        shadow[tuple(index.T)] = True
        assert not (shadow.any(axis=axis) & ~head.brain.data.any(axis=axis)).any()
    scalp = (head.t1w.data > 20) & ~head.brain.data
    assert scalp.sum() > 1000


def group_inputs(folder, derivatives):
    inputs = {}
    for number in range(1, 13):
        subject = f"{number:02d}"
        lesions = folder / f"{subject}_lesions.tsv"
        volume_ml = 500.0 if number == 5 else 2.0 + 0.1 * number
        lesions.write_text(
            f"lesion\tvolume_ml\tlocation\n1\t{volume_ml}\tjuxtacortical\n", encoding="utf-8"
        )
        page = folder / f"sub-{subject}.html"
        page.write_text("page", encoding="utf-8")
        inputs |= {
            f"sub-{subject}:ses-1:lesion_table": lesions,
            f"sub-{subject}:ses-1:volumes": derivatives["volumes"],
            f"sub-{subject}:html": page,
            f"sub-{subject}:outcomes": write_outcomes(
                folder / f"{subject}.json", [done(step, session="1") for step in STEPS]
            ),
        }
    failed = {"session": "1", "step": "brain-mask", "state": "failed", "reason": "it is empty"}
    skipped = {"session": "1", "step": "fill", "state": "skipped", "reason": "there is no T1w"}
    inputs["sub-13:outcomes"] = write_outcomes(folder / "13.json", [failed, skipped])
    return inputs


def test_what_does_not_fit_is_left_out_and_said(derivatives, tmp_path):
    chosen = settings(max_megabytes=1, pixel_mm=0.6, tiles=12)
    facts, html = write(tmp_path, derivatives, ALL_DONE, chosen)
    assert len(html.encode()) <= 1e6
    assert (facts["viewer"], facts["pictures"]) == ("none", 0)
    words = Page(html).words
    assert "Pictures of this session" in words
    assert "The viewer is left out: its layers would make the page too large." in words
    assert Page(html).table("Lesion", "Location")


def test_the_group_names_outliers_failures_and_who_is_missing(derivatives, tmp_path):
    chosen = GroupReportSettings(title="Cohort", subjects=("01", "13", "14"))
    outputs = {"html": tmp_path / "group.html", "table": tmp_path / "group.tsv"}
    facts = write_group_report(group_inputs(tmp_path, derivatives), outputs, chosen)
    assert facts == {
        "megabytes": facts["megabytes"],
        "subjects": 14,
        "flags": [],
    }
    page = Page(outputs["html"].read_text(encoding="utf-8"))
    outliers = page.table("Session", "Measure", "Value", "Robust z")
    assert [row[:3] for row in outliers] == [["sub-05 ses-1", "Lesion volume (ml)", "500"]]
    assert page.table("Subject", "Session", "Step", "Reason") == [
        ["sub-13", "ses-1", "brain-mask", "it is empty."]
    ]
    assert page.table("Step", "Reason", "Sessions", "Who") == [
        ["fill", "there is no T1w.", "1", "sub-13 ses-1"]
    ]
    rows = page.table("Session", "Verdict")
    assert [row[0] for row in rows][-2:] == ["sub-13", "sub-14"]
    assert rows[-1][1] == "incomplete"
    assert rows[0][2] == "2.10"
    assert "±3.5" in page.section("summary")
    table = outputs["table"].read_text(encoding="utf-8").splitlines()
    assert table[0].split("\t")[:4] == ["participant_id", "session_id", "verdict", "lesion_ml"]
    assert table[5].split("\t")[:4] == ["sub-05", "ses-1", "ok", "500"]
    assert len(table) == 15


def test_links_of_the_group_lead_to_pages_that_exist(derivatives, tmp_path):
    outputs = {"html": tmp_path / "group.html"}
    write_group_report(group_inputs(tmp_path, derivatives), outputs, GroupReportSettings())
    page = Page(outputs["html"].read_text(encoding="utf-8"))
    links = {v["href"] for v in page.attributes("a") if not v["href"].startswith("#")}
    assert links == {f"sub-{n:02d}.html" for n in range(1, 13)}
    assert all((tmp_path / link).exists() for link in links)


def test_a_group_of_nobody_is_a_page(tmp_path):
    outputs = {"html": tmp_path / "group.html", "table": tmp_path / "group.tsv"}
    write_group_report({}, outputs, GroupReportSettings())
    assert "There is no subject." in Page(outputs["html"].read_text(encoding="utf-8")).words
