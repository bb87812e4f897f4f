from __future__ import annotations

from datetime import UTC, datetime
from itertools import product

import pytest

from platematch.matcher.evidence import (
    LEAST,
    LEAST_OF_ALL,
    MOST,
    different,
    elsewhere,
    evidence,
    favour,
    make_of,
    ratio_of,
)
from platematch.matcher.live import Matcher
from platematch.matcher.looks import COLOURS, MAKES, TYPES, Confusion
from platematch.matcher.match import Match
from platematch.reads import PlateRead, Vehicle
from platematch.watchlist import Entry, Watchlist

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ALERT = Watchlist(watchlist_id="w", name="-", purpose="-", owner="-").alert_probability


def entry(plate: str = "ABC123", entry_id: str = "e", region: str | None = None, **vehicle: str) -> Entry:
    return Entry(
        entry_id=entry_id, plate=plate, reason="-", region=region, vehicle=Vehicle(**vehicle) if vehicle else None
    )


def read(plate: str = "ABC123", region: str | None = None, **vehicle: str) -> PlateRead:
    return PlateRead(plate=plate, region=region, vehicle=Vehicle(**vehicle) if vehicle else None)


def matches(seen: PlateRead, *listed: Entry, home: str = "US", lists: int = 1) -> list[Match]:
    matcher = Matcher(home_country=home)
    for number in range(lists):
        matcher.put_watchlist(Watchlist(watchlist_id=f"w{number}", name="-", purpose="-", owner="-"), NOW, 1)
    for number, one in enumerate(listed):
        matcher.put(f"w{number % lists}", one)
    return matcher.match([seen], [NOW], floor=0.0)[0]


def ratios(seen: PlateRead, listed: Entry) -> dict[str, float]:
    return {part.what: part.ratio for part in evidence(seen, listed)}


def test_aurora_2020_a_motorcycle_of_montana_is_no_suv_of_colorado() -> None:
    """Same text, another state and another kind of vehicle: a family was held at gunpoint for it."""
    wanted = entry(region="US-MT", type="motorcycle")
    assert matches(read(region="US-MT", type="motorcycle"), wanted)[0].probability > 0.9
    text_only = matches(read(), wanted)[0].probability
    assert text_only > 0.3  # several states issue the text, and the camera named none
    assert matches(read(region="US-CO"), wanted)[0].probability < min(ALERT, text_only / 3)
    assert matches(read(region="US-CO", type="suv"), wanted)[0].probability < text_only / 20


def test_toledo_2024_a_seven_read_as_a_two_on_another_make_and_colour() -> None:
    """The misread text agrees with the listed one to the letter; make and colour did not."""
    wanted = entry("ABC1224", region="US-OH", make="Toyota", color="red")
    looks = {"make": "Dodge", "color": "black"}
    assert matches(read("ABC1224"), wanted)[0].probability > ALERT
    assert matches(read("ABC1224", **looks), wanted)[0].probability < ALERT / 5
    well_read = matches(read("ABC1274"), wanted)[0].probability
    assert matches(read("ABC1274", **looks), wanted)[0].probability < well_read / 20


def test_what_is_not_said_says_nothing() -> None:
    assert evidence(read(), entry(region="UA", make="BMW", color="red", type="car")) == []
    assert evidence(read(region="UA", make="BMW", color="red", type="car"), entry()) == []
    assert ratios(read(make="Quux", color="plaid", type="hovercraft"), entry(make="BMW", color="red", type="car")) == {}
    assert ratio_of([]) == 1.0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("VW", "ФОЛЬКСВАГЕН"), ("volkswagen", "Volkswagen Golf"), ("Mercedes-Benz", "MERCEDES"), ("тойота", "Toyota"),
        ("TOYOTA - CAMRY", "toyota"), ("Land Rover", "LANDROVER"), ("ВАЗ", "Lada"),
        ("MERCEDES-BENZ - VITO", "mercedes benz"),
    ],
)  # fmt: skip
def test_makes_have_many_names(one: str, other: str) -> None:
    assert make_of(one) == make_of(other) is not None
    assert ratios(read(make=one), entry(make=other))["make"] > 1.0


def test_makes_that_differ_contradict_and_unknown_ones_do_not() -> None:
    assert ratios(read(make="BMW"), entry(make="Ауді"))["make"] < 0.3
    assert make_of("") is None
    assert make_of("QINGQI - QM 200-2D (Мотоцикл)") is None


@pytest.mark.parametrize(
    ("seen", "listed", "low", "high"),
    [
        ("silver", "сірий", 0.2, 1.0), ("grey", "ЧОРНИЙ", 0.1, 1.0), ("red", "black", 0.0, 0.3),
        ("сріблястий", "серебристый", 1.5, MOST), ("dark blue", "синій", 1.5, MOST),
    ],
)  # fmt: skip
def test_colours_by_how_they_are_confused(seen: str, listed: str, low: float, high: float) -> None:
    assert low < ratios(read(color=seen), entry(color=listed))["color"] <= high


def test_a_van_may_be_an_suv_and_no_motorcycle() -> None:
    assert (
        ratios(read(type="van"), entry(type="SUV"))["type"]
        > 2 * ratios(read(type="van"), entry(type="мотоцикл"))["type"]
    )


def test_countries_and_states() -> None:
    assert ratios(read(region="US-CA"), entry(region="US-NV"))["country"] < 0.2
    assert ratios(read(region="PL"), entry(region="UA"))["country"] < 0.1
    assert ratios(read(region="US"), entry(region="US-NV"))["country"] >= 1.0
    assert elsewhere(read(region="US-CA"), entry(region="US-NV"))
    assert elsewhere(read(), entry(region="US-NV"))
    assert not elsewhere(read(region="US-NV"), entry(region="US-NV"))
    assert not elsewhere(read(), entry(region="UA"))
    assert not elsewhere(read(), entry())


@pytest.mark.parametrize("table", [COLOURS, TYPES])
def test_a_table_of_confusions_is_one(table: Confusion) -> None:
    assert sum(table.shares.values()) == pytest.approx(1.0)
    for true in table.shares:
        assert sum(table.chance(said, true) for said in table.shares) == pytest.approx(1.0)
        assert all(table.chance(said, true) > 0.0 for said in table.shares)
        assert table.ratio(true, true) > 1.0
    assert set(table.words.values()) == set(table.shares)
    assert set().union(*table.near) <= set(table.shares)


def test_ratios_are_bounded_and_favour_bounds_them_all() -> None:
    words = [*COLOURS.shares][:6]
    for make, color, kind, region in product(sorted(set(MAKES))[:4], words, TYPES.shares, ("US-CA", "US-NV", "UA")):
        seen = read(region=region, make=make, color=color, type=kind)
        found = evidence(seen, entry(region="US-CA", make="BMW", color="white", type="suv"))
        assert all(LEAST <= part.ratio <= MOST for part in found)
        assert LEAST_OF_ALL <= ratio_of(found) <= favour(seen)
    assert favour(read()) == 1.0


def test_entries_of_one_plate_on_different_vehicles_are_rivals() -> None:
    mine = entry("AA1234BB", region="UA", make="BMW")
    theirs = entry("AA1234BB", entry_id="f", region="PL", make="Ford")
    assert different(mine, theirs)
    assert not different(mine, entry("AA1234BB", entry_id="f"))
    alone = matches(read("AA1234BB"), mine, home="UA")[0]
    both = {match.entry_id: match for match in matches(read("AA1234BB"), mine, theirs, home="UA", lists=2)}
    assert both["e"].probability < 0.6 < alone.probability
    assert both["e"].explanation.rivals > 0
    seen = read("AA1234BB", region="UA", make="BMW")
    clear = {match.entry_id: match for match in matches(seen, mine, theirs, home="UA", lists=2)}
    assert clear["e"].probability > 0.8
    assert clear["f"].probability < 0.05


def test_the_same_vehicle_on_two_lists_is_no_rival_of_itself() -> None:
    alone = matches(read(), entry(make="BMW"))[0]
    both = matches(read(), entry(make="BMW"), entry(entry_id="f"), lists=2)
    assert [match.probability for match in both] == pytest.approx([alone.probability] * 2)


def test_the_explanation_carries_the_evidence() -> None:
    found = matches(read(region="US-CO", type="suv"), entry(region="US-MT", type="motorcycle"))[0].explanation
    assert [part.what for part in found.evidence] == ["country", "type"]
    assert [(part.seen, part.listed) for part in found.evidence] == [("US-CO", "US-MT"), ("suv", "motorcycle")]


def test_two_listed_plates_as_near_to_a_read_make_it_ambiguous() -> None:
    clear = matches(read("AA1234BB"), entry("AA1234BB"), entry("KX5678CC", entry_id="f"), home="UA")
    assert not clear[0].explanation.ambiguous
    behind = matches(read("AA1Z34BB"), entry("AA1234BB"), entry("AA1534BB", entry_id="f"), home="UA")[1]
    assert behind.explanation.runner_up_probability > 3 * behind.probability
    assert not behind.explanation.ambiguous, "the other one is far likelier"
    between = matches(read("AA1?34BB"), entry("AA1234BB"), entry("AA1534BB", entry_id="f"), home="UA")
    assert len(between) == 2
    for match in between:
        assert match.explanation.ambiguous
        assert match.explanation.runner_up_probability == pytest.approx(match.probability, rel=0.2)
