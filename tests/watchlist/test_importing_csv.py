"""The service's own CSV: what it takes, what it refuses, and the way back."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from platematch.errors import InvalidInput, InvalidPlate
from platematch.reads import Vehicle
from platematch.watchlist import Entry
from platematch.watchlist.importing import FORMATS, Imported, read_file, write_csv
from platematch.watchlist.importing.csv import COLUMNS


def imported(text: str) -> Imported:
    return read_file("csv", text.encode())


def test_every_column() -> None:
    header = ",".join(COLUMNS)
    row = (
        "e1,АА1234ВВ,UA,stolen,Skoda,Octavia,red,sedan,VSKCVND40U0000001,17-2026,5,"
        '2026-01-01T00:00:00+02:00,2027-01-01T00:00:00Z,"stop, with care",desk'
    )
    assert imported(f"{header}\n{row}\n").entries == [
        Entry(
            entry_id="e1",
            plate="АА1234ВВ",
            region="UA",
            reason="stolen",
            vehicle=Vehicle(make="Skoda", model="Octavia", color="red", type="sedan"),
            vin="VSKCVND40U0000001",
            case_number="17-2026",
            priority=5,
            valid_from=datetime(2025, 12, 31, 22, tzinfo=UTC),
            expires_at=datetime(2027, 1, 1, tzinfo=UTC),
            instructions="stop, with care",
            source="desk",
        )
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("eol", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_delimiters_line_ends_and_bom(delimiter: str, eol: str, bom: str) -> None:
    lines = [" Plate ,reason,region", 'AA1234BB,"a ""quoted"" reason", UA ', "", "KA5678EE,stolen,"]
    result = imported(bom + eol.join(lines).replace(",", delimiter))
    assert [(found.plate, found.reason, found.region) for found in result.entries] == [
        ("AA1234BB", 'a "quoted" reason', "UA"),
        ("KA5678EE", "stolen", None),
    ]


def test_wildcards_are_allowed_here() -> None:
    assert [found.plate for found in imported("plate,reason\nAA?234*,seen in part\n").entries] == ["AA?234*"]


def test_an_empty_id_is_derived_from_plate_region_vin_and_case() -> None:
    text = "entry_id,plate,reason,vin\n,АА1234ВВ,stolen,\n,aa 1234-bb,other,\n,AA1234BB,stolen,X1\n,AA?234BB,stolen,\n"
    result = imported(text)
    assert len({found.entry_id for found in result.entries}) == 3
    assert [bad.row for bad in result.rejected] == [2]
    assert "row 1" in result.rejected[0].message


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",stolen,,", "empty"),
        ("00000,stolen,,", "zeros"),
        ("AA1234BB,,,", "reason is empty"),
        ("AA1234BB,stolen,Ukraine,", "region"),
        ("AA1234BB,stolen,UA,high", "priority"),
        ("AA1234BB,stolen,UA,101", "priority"),
        ("AA1234BB,stolen", "2 fields where the header has 4"),
        ("AA1234BB,stolen,,,,", "6 fields"),
    ],
)
def test_bad_rows_are_rejected_by_number_and_reason(row: str, reason: str) -> None:
    result = imported(f"plate,reason,region,priority\nKA1111KA,stolen,,\n{row}\nKA2222KA,stolen,,\n")
    assert [found.plate for found in result.entries] == ["KA1111KA", "KA2222KA"]
    ((number, message),) = [(bad.row, bad.message) for bad in result.rejected]
    assert number == 2
    assert reason in message


def test_a_time_needs_its_offset() -> None:
    (bad,) = imported("plate,reason,expires_at\nAA1234BB,stolen,2027-01-01T00:00:00\n").rejected
    assert "expires_at" in bad.message


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("plate,reason,colour\n", "unknown column 'colour'"),
        ("plate,reason,\n", "unknown column ''"),
        ("plate,reason,plate\n", "twice"),
        ("plate\n", "no column reason"),
        ("AA1234BB,stolen\n", "unknown column 'aa1234bb'"),
        ('plate,reason\nAA1234BB,"stolen\nKA1111KA,stolen\n', "line 3"),
        ("plate,reason\nAA1234BB," + "x" * 200_000, "line 2"),
    ],
)
def test_what_is_no_such_file(text: str, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        imported(text)


def test_another_encoding_is_refused_with_its_place() -> None:
    with pytest.raises(InvalidInput, match="byte 13"):
        read_file("csv", "plate,reason\nАА1234ВВ,угон\n".encode("cp1251"))


def test_formats_and_additional_checks() -> None:
    assert set(FORMATS) == {"mvs", "csv"}
    with pytest.raises(InvalidInput, match="known are mvs, csv"):
        read_file("xls", b"")

    def no_diplomats(plate: str) -> None:
        if plate.startswith("D"):
            raise InvalidPlate("diplomatic plates are not listed")

    result = read_file("csv", io.BytesIO(b"plate,reason\nD001002,x\nKA1111KA,x\n"), check=no_diplomats)
    assert [bad.message for bad in result.rejected] == ["diplomatic plates are not listed"]
    assert len(result.entries) == 1


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20).filter(lambda text: text.strip())
instants = st.datetimes(timezones=st.just(UTC) | st.just(timezone(timedelta(hours=3))))
entries = st.builds(
    Entry,
    entry_id=st.from_regex(r"[^\x00-\x1f\x7f\s\ud800-\udfff]{1,20}", fullmatch=True),
    plate=st.from_regex(r"[A-Z]{2}[0-9]{4}[A-Z?*]{2}", fullmatch=True),
    reason=texts,
    region=st.none() | st.sampled_from(["UA", "US-CA"]),
    vehicle=st.none() | st.builds(Vehicle, make=texts, model=st.none() | texts, color=st.none() | texts),
    vin=st.none() | texts,
    case_number=st.none() | texts,
    priority=st.none() | st.integers(0, 100),
    valid_from=st.none() | instants,
    expires_at=st.none() | instants,
    instructions=st.none() | texts,
    source=st.none() | texts,
)


@given(st.lists(entries, max_size=5, unique_by=lambda entry: entry.entry_id))
def test_what_is_written_is_read_again(listed: list[Entry]) -> None:
    result = read_file("csv", "".join(write_csv(listed)).encode())
    assert result.rejected == []
    assert result.entries == listed


def test_writing_is_one_item_per_entry() -> None:
    listed = [Entry(entry_id=f"e{number}", plate="AA1234BB", reason="x") for number in range(3)]
    lines = list(write_csv(listed))
    assert len(lines) == 4
    assert lines[0] == ",".join(COLUMNS) + "\r\n"


@given(st.binary(max_size=200), st.integers(0, 60))
def test_any_bytes(noise: bytes, cut: int) -> None:
    sample = b'entry_id,plate,reason,priority\r\ne1,AA1234BB,"stolen, again",5\r\n'
    for data in (noise, sample[:cut] + noise, sample[:cut] + noise + sample[cut:]):
        try:
            result = read_file("csv", data)
        except InvalidInput:
            continue
        assert msgspec.json.decode(msgspec.json.encode(result.entries), type=list[Entry]) == result.entries
