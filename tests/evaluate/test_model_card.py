import json

from mslens.evaluate.model_card import NOT_STATED, ModelCard, Performance

CARD = ModelCard(
    "edss-ridge",
    "1",
    "EDSS",
    training_data="400 patients",
    performance=(
        Performance("external test", "r", 0.7551, (0.66, 0.83), 104, "simulated"),
        Performance("training", "r", 0.8, None, 400, "optimistic"),
    ),
    limits=("Not for decisions about a patient",),
)


def test_survives_json():
    assert json.loads(json.dumps(CARD.to_dict()))["performance"][0]["n_patients"] == 104


def test_every_heading_is_printed_even_when_empty():
    text = CARD.to_markdown()
    for heading in ("Intended use", "Out of scope", "Training data", "Method", "Limits"):
        assert f"## {heading}" in text
    assert text.count(NOT_STATED) == 4
    assert "400 patients" in text


def test_notes_stand_beside_the_numbers():
    text = CARD.to_markdown()
    assert "| external test | r | 0.755 | 0.660 to 0.830 | 104 | simulated |" in text
    assert "| training | r | 0.800 | - | 400 | optimistic |" in text


def test_an_empty_card_says_so():
    assert NOT_STATED in ModelCard("m", "1", "EDSS").to_markdown().split("## Performance")[1]
