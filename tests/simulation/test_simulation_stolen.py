"""The bundled list: made from its seed byte for byte, with the dirt of the real one, and importable."""

import json
from itertools import islice

from platematch.plates import canonical
from platematch.simulation import stolen
from platematch.watchlist.importing import read_file

FIELDS = [
    "organunit", "brandmodel", "cartype", "color", "vehiclenumber", "bodynumber", "chassisnumber", "enginenumber",
    "illegalseizuredate", "insertdate",
]  # fmt: skip


def test_the_bundled_file_comes_from_its_seed_byte_for_byte() -> None:
    assert stolen.FILE.read_bytes() == stolen.render([item.row for item in stolen.stolen()])


def test_another_seed_gives_another_list() -> None:
    assert stolen.stolen(1, 20) != stolen.stolen(2, 20)
    assert stolen.stolen(1, 20) == list(islice(stolen.stolen(1, 30), 20))


def test_layout() -> None:
    data = stolen.FILE.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf[")
    rows = json.loads(data.decode("utf-8-sig"))
    assert len(rows) == stolen.COUNT
    assert all(list(row) == FIELDS for row in rows)


def test_every_row_means_its_vehicle_however_it_is_typed() -> None:
    items = stolen.stolen()
    meant = [item for item in items if item.vehicle]
    assert len(items) - len(meant) == len(stolen.UNUSABLE)
    for item in meant:
        assert item.vehicle is not None
        assert canonical(item.row["vehiclenumber"]) == canonical(item.vehicle.plate)
    assert len({item.vehicle.plate for item in meant if item.vehicle}) == len(meant)


def test_the_dirt_of_the_real_list() -> None:
    plates = [item.row["vehiclenumber"] for item in stolen.stolen()]
    assert any(plate.endswith(" ") for plate in plates)
    assert sum("\u0400" <= letter <= "\u04ff" for plate in plates for letter in plate) > 1000
    letters = [[letter for letter in plate if letter.isalpha()] for plate in plates]
    assert any(len({letter.isascii() for letter in word}) == 2 for word in letters)
    assert any(plate[:4].isalpha() and plate[4:8].isdigit() for plate in plates)
    assert {"00000", ""} <= set(plates)


def test_it_imports_but_for_the_unusable_rows() -> None:
    imported = read_file("mvs", stolen.FILE.read_bytes())
    assert len(imported.entries) == stolen.COUNT - len(stolen.UNUSABLE)
    assert [rejected.row for rejected in imported.rejected] == [number + 1 for number in stolen.UNUSABLE]
