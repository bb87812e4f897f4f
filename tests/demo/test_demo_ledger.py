"""The judge of the demonstration: who passed, who was found, which alert was false."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from platematch.demo.ledger import Ledger
from platematch.demo.report import Deliveries, hit_lines, summary, verdict
from platematch.reads import Vehicle as Looks
from platematch.simulation import City, Passage, Vehicle

AT = datetime(2026, 3, 1, tzinfo=UTC)
COMPLETE = Deliveries(expected=1, verified=1, bad_signatures=0, alerts_without_event=0)


@pytest.fixture
def passage() -> Passage:
    """A listed vehicle, read right."""
    some = next(City(1).passages(AT, 1.0))
    read = replace_read(some, "KA7538BO")
    return replace(read, vehicle=Vehicle("KA7538BO", "UA", Looks()), listed=True, near=False)


def replace_read(passage: Passage, text: str) -> Passage:
    from msgspec.structs import replace as with_values

    return replace(passage, read=with_values(passage.read, plate=text))


def event(passage: Passage, listed: str, read: str) -> dict[str, Any]:
    return {
        "read": {"camera_id": passage.camera.camera_id, "plate": read},
        "entry": {"plate": listed},
        "probability": 0.9,
        "explanation": {"sentence": "the same plate"},
    }


def played(ledger: Ledger, passage: Passage) -> None:
    ledger.sending(passage, 10.0)
    ledger.taken(passage, [passage.read.plate])


def test_an_alert_for_its_own_vehicle_finds_it(passage: Passage) -> None:
    ledger = Ledger()
    played(ledger, passage)
    judged = ledger.alert(event(passage, "КА7538ВО ", "ka7538bo"), 10.02)
    assert judged.genuine
    assert judged.latency_s == pytest.approx(0.02)
    assert ledger.found == {"KA7538BO"}
    assert not ledger.missed
    assert verdict(ledger, COMPLETE)[0]
    assert "0.900" in hit_lines(judged)
    assert "FALSE" not in hit_lines(judged)


def test_a_misread_still_finds_its_vehicle(passage: Passage) -> None:
    ledger = Ledger()
    misread = replace_read(passage, "KA753880")
    played(ledger, misread)
    assert ledger.alert(event(misread, "КА7538ВО", "KA753880"), 11.0).genuine
    assert ledger.exact == 0


def test_an_alert_from_another_vehicles_read_is_false(passage: Passage) -> None:
    ledger = Ledger()
    innocent = replace(passage, vehicle=Vehicle("KA7538BC", "UA", Looks()), listed=False, near=True)
    played(ledger, passage)
    played(ledger, innocent)
    judged = ledger.alert(event(innocent, "KA7538BO", "KA7538BO"), 11.0)
    assert not judged.genuine
    assert ledger.missed == ["KA7538BO"]
    assert "FALSE: it was KA7538BC" in hit_lines(judged)


@pytest.fixture
def pictured(passage: Passage) -> Passage:
    """The same vehicle before a picture camera, which reads nothing itself."""
    camera = replace(passage.camera, camera_id="cam-0201", vendor="picture")
    return replace(replace_read(passage, ""), camera=camera)


def of_picture(passage: Passage, listed: str, read: str, suffix: str = "") -> dict[str, Any]:
    told = event(passage, listed, read)
    return told | {"read": told["read"] | {"read_id": f"{passage.read.read_id}{suffix}"}}


@pytest.mark.parametrize("suffix", ["", ":2"])
def test_an_alert_from_a_picture_is_judged_by_the_vehicle_in_it(pictured: Passage, suffix: str) -> None:
    ledger = Ledger()
    ledger.sending(pictured, 10.0)
    judged = ledger.alert(of_picture(pictured, "КА7538ВО", "KA7538B0", suffix), 10.3)
    ledger.taken(pictured, ["KA7538B0", "WEST"])
    assert (judged.genuine, judged.by_picture, judged.latency_s) == (True, True, pytest.approx(0.3))
    assert ledger.pictures == {"taken": 1, "read": 1, "exact": 0}
    assert not ledger.reads
    assert (ledger.pictured, ledger.unseen) == ({"KA7538BO"}, set())
    text = summary(ledger, COMPLETE, 20.0, 200)
    assert "plates read in 1, 0.0% exact" in text, text
    assert "webhook latency 300 ms, median" in text
    innocent = replace(pictured, vehicle=Vehicle("KA7538BC", "UA", Looks()), listed=False)
    ledger.sending(innocent, 11.0)
    assert ledger.alert(of_picture(innocent, "КА7538ВО", "KA7538BO"), 11.3) in ledger.false


def test_a_vehicle_found_by_others_but_in_no_picture_is_unseen(passage: Passage, pictured: Passage) -> None:
    ledger = Ledger()
    played(ledger, passage)
    ledger.alert(event(passage, "КА7538ВО", "KA7538BO"), 10.02)
    ledger.sending(pictured, 12.0)
    ledger.taken(pictured, [])
    assert ledger.unseen == {"KA7538BO"}
    assert not ledger.missed
    assert ledger.within_bounds()
    for number in range(2):
        other = replace(pictured, vehicle=Vehicle(f"KA000{number}BO", "UA", Looks()))
        ledger.found.add(other.vehicle.plate)
        ledger.taken(other, [])
    assert not ledger.within_bounds(), "three of three went unseen"
    assert not verdict(ledger, COMPLETE)[0]


def test_an_alert_that_is_not_the_citys_is_not_judged(passage: Passage) -> None:
    ledger = Ledger()
    played(ledger, passage)
    judged = ledger.alert(event(passage, "KA7538BO", "KA7538B0"), 11.0)
    assert (judged.genuine, judged.latency_s) == (False, None)
    assert ledger.foreign == [judged]
    assert not ledger.false
    assert not ledger.found
    assert "not a read of the city" in hit_lines(judged)
    assert "other alerts" in summary(ledger, COMPLETE, 1.0, 1)


@pytest.mark.parametrize(
    "deliveries",
    [
        Deliveries(expected=2, verified=1, bad_signatures=0, alerts_without_event=0),
        Deliveries(expected=1, verified=1, bad_signatures=1, alerts_without_event=0),
        Deliveries(expected=1, verified=1, bad_signatures=0, alerts_without_event=1),
    ],
)
def test_any_lost_or_forged_delivery_fails_the_demonstration(passage: Passage, deliveries: Deliveries) -> None:
    ledger = Ledger()
    played(ledger, passage)
    ledger.alert(event(passage, "KA7538BO", "KA7538BO"), 11.0)
    assert not verdict(ledger, deliveries)[0]


def test_bounds_on_found_false_and_refused(passage: Passage) -> None:
    ledger = Ledger()
    for number in range(40):
        other = replace(replace_read(passage, f"KA{number:04d}BO"), vehicle=Vehicle(f"KA{number:04d}BO", "UA", Looks()))
        played(ledger, other)
        if number >= 4:
            ledger.alert(event(other, f"KA{number:04d}BO", f"KA{number:04d}BO"), 11.0)
    assert ledger.within_bounds()
    ledger.refused["json: 500"] += 1
    assert not ledger.within_bounds()
    ledger.refused.clear()
    ledger.found.discard("KA0039BO")
    assert not ledger.within_bounds()
    ledger.found.add("KA0039BO")
    for _ in range(2):
        ledger.alert(event(passage, "KA0001BO", "KA0005BO"), 11.0)
    assert not ledger.within_bounds()


def test_a_play_in_which_nothing_was_found_shows_nothing() -> None:
    kept, sentence = verdict(Ledger(), Deliveries(0, 0, 0, 0))
    assert not kept
    assert "play longer" in sentence


def test_lines_fit_a_terminal_and_lose_no_word(passage: Passage) -> None:
    ledger = Ledger()
    played(ledger, passage)
    why = "Read KA7538BO, listed КА7538ВО: every character agrees. " * 3
    data = event(passage, "КА7538ВО", "KA7538BO") | {"explanation": {"sentence": why.strip()}}
    judged = ledger.alert(data, 10.12)
    for render in (lambda width: hit_lines(judged, width), lambda width: summary(ledger, COMPLETE, 20.0, 200, width)):
        wide, narrow = render(0), render(80)
        assert max(map(len, wide.splitlines())) > 80
        assert max(map(len, narrow.splitlines())) <= 80
        assert narrow.split() == wide.split()
        assert len(render(30).splitlines()) == len(wide.splitlines())


def test_the_summary_tells_every_figure(passage: Passage) -> None:
    ledger = Ledger()
    played(ledger, passage)
    text = summary(ledger, COMPLETE, 20.0, 200)
    assert "KA7538BO was read as KA7538BO at" in text
    for word in ("reads", "passed", "found", "missed", "false hits", "deliveries", "near neighbours"):
        assert word in text
