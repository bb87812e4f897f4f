"""The city: its cameras, the share of listed vehicles, the order of time, and that the seed decides all."""

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise

import pytest

from platematch.plates.formats import FORMATS
from platematch.reads import Location
from platematch.simulation.camera import VENDORS, distance_km
from platematch.simulation.city import City, Passage
from platematch.simulation.stolen import vehicles

START = datetime(2026, 3, 1, tzinfo=UTC)


def play(city: City, count: int, per_second: float = 50.0) -> list[Passage]:
    return list(islice(city.passages(START, per_second), count))


@pytest.fixture(scope="module")
def passages() -> list[Passage]:
    return play(City(1, listed=vehicles(), listed_share=0.05, near_share=0.02), 5000)


def test_the_seed_decides_cameras_and_passages() -> None:
    assert City(3).cameras == City(3).cameras
    assert City(3).cameras != City(4).cameras
    assert play(City(3), 300) == play(City(3), 300)
    city = City(3)
    assert play(city, 50) == play(city, 50)
    assert play(City(3), 300) != play(City(4), 300)


def test_cameras_stand_in_the_city_and_speak_every_vendors_language() -> None:
    cameras = City(1, cameras=200).cameras
    assert len({camera.camera_id for camera in cameras}) == 200
    assert {camera.vendor for camera in cameras} == set(VENDORS)
    assert all(distance_km(camera.location, Location(50.45, 30.52)) < 10 for camera in cameras)


def test_time_runs_forward_at_the_asked_rate(passages: list[Passage]) -> None:
    assert all(before.at <= after.at for before, after in pairwise(passages))
    assert passages[0].at >= START
    seconds = (passages[-1].at - START).total_seconds()
    assert len(passages) / seconds == pytest.approx(50, rel=0.15)


def test_listed_share(passages: list[Passage]) -> None:
    plates = {vehicle.plate for vehicle in vehicles()}
    assert all(passage.listed == (passage.vehicle.plate in plates) for passage in passages)
    assert 0.03 < sum(passage.listed for passage in passages) / len(passages) < 0.07


def test_listed_vehicles_come_by_in_turn(passages: list[Passage]) -> None:
    passed = {passage.vehicle.plate for passage in passages if passage.listed}
    assert len(passed) > 90


def test_neighbours_are_innocent_and_one_character_away(passages: list[Passage]) -> None:
    plates = {vehicle.plate for vehicle in vehicles()}

    def near(plate: str) -> bool:
        return any(
            len(plate) == len(other) and sum(a != b for a, b in zip(plate, other, strict=True)) == 1 for other in plates
        )

    ordinary = {passage.vehicle.plate for passage in passages if not passage.listed}
    assert 0.01 < sum(map(near, ordinary)) / len(ordinary) < 0.04
    neighbours = [passage for passage in passages if passage.near]
    assert all(near(passage.vehicle.plate) and not passage.listed for passage in neighbours)
    assert all(FORMATS[passage.vehicle.country].fits(passage.vehicle.plate) for passage in neighbours)


def test_one_vehicle_passes_one_to_four_cameras_within_minutes() -> None:
    seen: dict[str, list[Passage]] = {}
    for passage in play(City(2, between_s=(60.0, 120.0)), 4000, per_second=4.0):
        seen.setdefault(passage.vehicle.plate, []).append(passage)
    journeys = [journey for journey in seen.values() if START + timedelta(minutes=6) < journey[0].at]
    assert {len(journey) for journey in journeys} == {1, 2, 3, 4}
    for journey in journeys:
        for before, after in pairwise(journey):
            assert timedelta(seconds=59) < after.at - before.at < timedelta(seconds=121)
            assert distance_km(before.camera.location, after.camera.location) < 8


def test_reads_are_what_their_camera_can_say(passages: list[Passage]) -> None:
    for passage in passages:
        read, camera = passage.read, passage.camera
        assert (read.camera_id, read.captured_at) == (camera.camera_id, passage.at)
        assert (read.vehicle is not None) == camera.describes
        assert (read.char_confidences is not None) == camera.char_confidences
        assert bool(read.candidates) == bool(camera.candidates)
        assert read.captured_at.microsecond % 1000 == 0
    assert len({passage.read.read_id for passage in passages}) == len(passages)


def test_no_listed_vehicles_no_hits_to_find() -> None:
    assert not any(passage.listed for passage in play(City(2, listed_share=0.5, near_share=0.5), 200))


def test_picture_cameras_stand_beside_the_others_and_read_nothing() -> None:
    city = City(1, 50, vehicles(), listed_share=0.05, near_share=0.02, between_s=(1.0, 5.0), picture_cameras=3)
    assert [camera.vendor for camera in city.cameras[50:]] == ["picture"] * 3
    assert "picture" not in {camera.vendor for camera in city.cameras[:50]}
    passages = play(city, 6000, per_second=100.0)
    pictured = [passage for passage in passages if passage.camera.vendor == "picture"]
    assert all(passage.read.plate == "" and passage.read.read_id for passage in pictured)
    assert all(passage.read.plate for passage in passages if passage.camera.vendor != "picture")
    seconds = (passages[-1].at - START).total_seconds()
    assert 1.0 < len(pictured) / seconds <= 3.0
    assert sum(passage.listed for passage in pictured) > 0.3 * len(pictured)
    for camera in city.cameras[50:]:
        times = [passage.at for passage in pictured if passage.camera == camera]
        assert all(after - before > timedelta(seconds=0.99) for before, after in pairwise(times))


def test_without_picture_cameras_the_city_is_what_it_was() -> None:
    assert play(City(3, picture_cameras=0), 200) == play(City(3), 200)
    assert not [passage for passage in play(City(3), 200) if passage.camera.vendor == "picture"]
