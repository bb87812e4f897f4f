"""Ukraine's open list in its three layouts, with the dirt that it holds."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from platematch.errors import InvalidInput
from platematch.reads import Vehicle
from platematch.watchlist import Entry
from platematch.watchlist.importing import Imported, read_file

REAL = Path(__file__).parents[2].parent / "shared" / "hotlists" / "mvs_2019_example.json"

LAYOUT_2019 = {
    "ID": "3019000000000001",
    "OVD": "ВИГАДАНИЙ  ВІДДІЛ ПОЛІЦІЇ ",
    "BRAND": "NISSAN - NAVARA (Легковий автотранспорт)",
    "COLOR": "СІРИЙ",
    "VEHICLENUMBER": "АА1234ВВ ",
    "BODYNUMBER": "",
    "CHASSISNUMBER": "VSKCVND40U0000001",
    "ENGINENUMBER": "111111111111",
    "THEFT_DATA": "2019-10-01T00:00:00",
    "INSERT_DATE": "2019-10-03T00:03:33",
}
LAYOUT_2020 = {
    "organunit": "ВИГАДАНИЙ ВІДДІЛ ПОЛІЦІЇ",
    "brandmodel": "TESLA - MODEL S",
    "cartype": "ЛЕГКОВИЙ",
    "color": "НЕВИЗНАЧЕНИЙ",
    "vehiclenumber": "КА 5678 ЕЕ",
    "bodynumber": "5YJSA1E26JF000002",
    "chassisnumber": None,
    "enginenumber": "",
    "illegalseizuredate": "2020-08-01T00:00:00",
    "insertdate": "2020-08-02T10:00:00",
}
LAYOUT_2026 = LAYOUT_2020 | {"id": 4026000000000003, "brand": "DАEWОО", "model": "LАNОS", "color": "ЧОРНИЙ"}
del LAYOUT_2026["brandmodel"]


def imported(*records: Any, bom: bool = False) -> Imported:
    return read_file("mvs", (b"\xef\xbb\xbf" if bom else b"") + msgspec.json.encode(records))


def entry(record: dict[str, Any], **changes: Any) -> Entry:
    result = imported(record | changes)
    assert result.rejected == []
    return result.entries[0]


def test_the_layout_of_2019() -> None:
    assert entry(LAYOUT_2019) == Entry(
        entry_id="3019000000000001",
        plate="АА1234ВВ",
        reason="stolen",
        region="UA",
        vehicle=Vehicle(make="NISSAN", model="NAVARA", color="СІРИЙ", type="Легковий автотранспорт"),
        vin="VSKCVND40U0000001",
        source="ВИГАДАНИЙ ВІДДІЛ ПОЛІЦІЇ; stolen 2019-10-01; listed 2019-10-03T00:03:33 Kyiv time",
    )


@pytest.mark.parametrize("bom", [True, False])
def test_the_layout_of_2020(bom: bool) -> None:
    (found,) = imported(LAYOUT_2020, bom=bom).entries
    assert found.plate == "КА 5678 ЕЕ"
    assert found.vehicle == Vehicle(make="TESLA", model="MODEL S", type="ЛЕГКОВИЙ")
    assert found.vin == "5YJSA1E26JF000002"
    assert len(found.entry_id) == 32


def test_the_layout_of_2026() -> None:
    found = entry(LAYOUT_2026)
    assert found.entry_id == "4026000000000003"
    assert found.vehicle == Vehicle(make="DАEWОО", model="LАNОS", color="ЧОРНИЙ", type="ЛЕГКОВИЙ")


def test_a_derived_id_is_the_same_wherever_the_row_stands_and_however_the_plate_is_typed() -> None:
    found = entry(LAYOUT_2020)
    assert imported(LAYOUT_2026, LAYOUT_2020).entries[1] == found
    assert entry(LAYOUT_2020, vehiclenumber="KA5678EE", color="ЧОРНИЙ").entry_id == found.entry_id


def test_two_thefts_of_one_plate_are_two_entries() -> None:
    again = LAYOUT_2020 | {"illegalseizuredate": "2024-02-03T00:00:00"}
    assert len(imported(LAYOUT_2020, again).entries) == 2
    assert len(imported(LAYOUT_2020, LAYOUT_2020 | {"bodynumber": "5YJSA1E26JF000009"}).entries) == 2


def test_the_same_id_again_is_rejected_with_the_first_row() -> None:
    result = imported(LAYOUT_2026, LAYOUT_2019, LAYOUT_2026)
    assert len(result.entries) == 2
    assert [(bad.row, "same entry_id as row 1" in bad.message) for bad in result.rejected] == [(3, True)]


def test_broken_rows_are_rejected_by_number_and_reason_and_the_others_survive() -> None:
    dirt = ["00000", "", "* - % .", None, {"a": 1}, "A" * 17]
    rows = [LAYOUT_2019, *({**LAYOUT_2020, "vehiclenumber": plate} for plate in dirt), "text", [], None, LAYOUT_2026]
    result = imported(*rows)
    assert [found.plate for found in result.entries] == ["АА1234ВВ", "КА 5678 ЕЕ"]
    assert [bad.row for bad in result.rejected] == list(range(2, 11))
    reasons = [bad.message for bad in result.rejected]
    assert "zeros" in reasons[0]
    assert "empty" in reasons[1]
    assert "no vehiclenumber" in reasons[3]
    assert "no JSON object" in reasons[6]


def test_spaces_are_squeezed() -> None:
    found = entry(LAYOUT_2019, BRAND="  SUZUKI  -  LETS   (Мопед) ", COLOR=" ТЕМНО  СІРИЙ ")
    assert found.vehicle == Vehicle(make="SUZUKI", model="LETS", color="ТЕМНО СІРИЙ", type="Мопед")


def test_an_id_of_control_characters_counts_as_none() -> None:
    assert entry(LAYOUT_2026, id="\x1b\x00").entry_id == entry(LAYOUT_2020).entry_id


@pytest.mark.parametrize(
    ("body", "chassis", "engine", "vin"),
    [
        ("", "", "VSKCVND40U0000001", "VSKCVND40U0000001"),
        ("123", "VSKCVND40U0000001", "", "VSKCVND40U0000001"),
        ("VSКСVND40U0000001", "", "", "VSKCVND40U0000001"),  # with Cyrillic К and С
        ("", "CA1KA317268", "A148333270", "CA1KA317268"),
        ("11111111111111111", "-", "111111111111", None),
        ("", "", "A148333270", None),
        ("000", "", "", None),
    ],
)
def test_the_vin_in_any_of_the_number_fields(body: str, chassis: str, engine: str, vin: str | None) -> None:
    assert entry(LAYOUT_2019, BODYNUMBER=body, CHASSISNUMBER=chassis, ENGINENUMBER=engine).vin == vin


def test_a_brand_without_model_or_type_stays_whole() -> None:
    assert entry(LAYOUT_2019, BRAND="MERCEDES-BENZ").vehicle == Vehicle(make="MERCEDES-BENZ", color="СІРИЙ")
    assert entry(LAYOUT_2019, BRAND="", COLOR="НЕОПРЕДЕЛЕН").vehicle is None


def test_a_row_of_long_texts_keeps_the_limits_of_an_entry() -> None:
    found = entry(dict.fromkeys(LAYOUT_2020, "Ж " * 1000) | {"vehiclenumber": "АА1234ВВ"})
    assert msgspec.json.decode(msgspec.json.encode(found), type=Entry) == found
    (bad,) = imported(LAYOUT_2026 | {"id": "9" * 201}).rejected
    assert "201 characters" in bad.message


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "cut off"),
        (b"\xef\xbb\xbf", "cut off"),
        (msgspec.json.encode([LAYOUT_2019])[:-5], "cut off"),
        (b'[{"ID": x}]', "byte 8"),
        (b"{}", "array"),
        (b"7", "array"),
        ('[{"ID": "ж"}]'.encode("cp1251"), "UTF-8"),
        (b"[" * 100_000, "cut off"),
    ],
)
def test_what_is_no_list(data: bytes, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        read_file("mvs", data)


def test_the_five_real_records() -> None:
    if not REAL.exists():
        pytest.skip("the collection of real files is not beside the repository")
    with REAL.open("rb") as file:
        result = read_file("mvs", file)
    assert [found.plate for found in result.entries] == ["АА7508АА", "АІ3512АВ", "АХ3263ЕМ", "ВЕАА9212"]
    assert [(bad.row, "00000" in bad.message) for bad in result.rejected] == [(3, True)]
    assert result.entries[0].vin == "LAEMN240X8B932421"


@given(st.binary(max_size=200), st.integers(0, 400))
def test_any_bytes(noise: bytes, cut: int) -> None:
    sample = msgspec.json.encode([LAYOUT_2019, LAYOUT_2026])
    for data in (noise, sample[:cut] + noise, sample[:cut] + noise + sample[cut:]):
        try:
            result = read_file("mvs", data)
        except InvalidInput:
            continue
        assert msgspec.json.decode(msgspec.json.encode(result.entries), type=list[Entry]) == result.entries


@given(
    st.dictionaries(
        st.sampled_from(sorted(LAYOUT_2026)),
        st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.text(max_size=30) | st.lists(st.text()),
    )
)
def test_any_values(changes: dict[str, Any]) -> None:
    result = imported(LAYOUT_2026 | changes)
    assert len(result.entries) + len(result.rejected) == 1
    assert msgspec.json.decode(msgspec.json.encode(result.entries), type=list[Entry]) == result.entries


def test_a_large_list_takes_linear_time() -> None:
    records = [LAYOUT_2020 | {"illegalseizuredate": f"{number}"} for number in range(20_000)]
    started = time.perf_counter()
    assert len(imported(*records).entries) == 20_000
    assert time.perf_counter() - started < 10
