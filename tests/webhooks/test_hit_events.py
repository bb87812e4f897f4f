"""Events: the bytes that operators get, and ids that survive a transaction's second try."""

import json
from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest

from platematch.hits.hit import Disposition, Hit
from platematch.matcher.match import Explanation, Step
from platematch.reads import Read, Vehicle
from platematch.watchlist import Entry, Watchlist
from platematch.webhooks import events

NOW = datetime.now(UTC).replace(microsecond=250_000)
KYIV = timezone(timedelta(hours=2))


def rfc3339(instant):
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


@pytest.fixture
def hit():
    return Hit(
        hit_id="h" * 64,
        sighting_id="s1",
        watchlist_id="stolen",
        entry_id="e1",
        probability=0.87,
        explanation=Explanation(
            sentence="read 8 where the list has B; cameras confuse these",
            alignment=[Step("same", "A", "A", 0.98), Step("confused", "B", "8", 0.02)],
            prior=1e-6,
            likelihood=0.02,
            background=1e-9,
            rivals=0.0,
        ),
        read=Read(
            plate="AA1234B8",
            camera_id="north-1",
            captured_at=NOW.astimezone(KYIV),
            read_id="r1",
            vehicle=Vehicle(make="Skoda"),
            picture=b"\xff\xd8JPEG",
        ),
        reads=2,
        entry=Entry(
            entry_id="e1", plate="АА1234ВВ", reason="stolen", valid_from=(NOW - timedelta(days=9)).astimezone(KYIV)
        ),
        watchlist=Watchlist(watchlist_id="stolen", name="Stolen", purpose="Search", owner="Police"),
        version=7,
        list_age_s=12.5,
        created_at=NOW,
        updated_at=NOW,
        picture_url="https://service.example/v1/hits/h/picture",
    )


def test_the_body_is_the_documented_event(hit):
    event = events.hit_event("hit.created", hit, NOW.astimezone(KYIV), 0)
    body = json.loads(event.body)
    assert list(body) == ["type", "timestamp", "data"]
    assert body["type"] == "hit.created"
    assert body["timestamp"] == rfc3339(NOW)
    assert list(body["data"]) == [
        "hit_id",
        "sighting_id",
        "probability",
        "explanation",
        "read",
        "entry",
        "watchlist",
        "version",
        "list_age_s",
        "picture_url",
    ]
    assert body["data"]["read"] == {
        "plate": "AA1234B8",
        "vehicle": {"make": "Skoda"},
        "camera_id": "north-1",
        "captured_at": rfc3339(NOW),
        "read_id": "r1",
    }
    assert body["data"]["entry"]["plate"] == "АА1234ВВ"
    assert body["data"]["entry"]["valid_from"].endswith("Z")
    assert body["data"]["explanation"]["alignment"][1]["kind"] == "confused"
    assert "АА1234ВВ".encode() in event.body
    assert (event.hit_id, event.watchlist_id, event.type) == (hit.hit_id, "stolen", "hit.created")


def test_the_picture_stays_behind_and_the_hit_unchanged(hit):
    before = msgspec.json.encode(hit)
    event = events.hit_event("hit.created", hit, NOW, 0)
    assert "picture" not in json.loads(event.body)["data"]["read"]
    assert msgspec.json.encode(hit) == before


def test_a_withdrawal_says_when_and_a_disposition_what(hit):
    hit.withdrawn_at = NOW.astimezone(KYIV)
    hit.disposition = Disposition(verdict="misread", note="it is a B")
    hit.picture_url = None
    data = {
        type_: json.loads(events.hit_event(type_, hit, NOW, 0).body)["data"]
        for type_ in ("hit.updated", "hit.withdrawn", "hit.disposed")
    }
    assert data["hit.withdrawn"]["withdrawn_at"] == rfc3339(NOW)
    assert data["hit.disposed"]["disposition"] == {"verdict": "misread", "note": "it is a B"}
    assert not {"withdrawn_at", "disposition"} & set(data["hit.updated"])
    assert "disposition" not in data["hit.withdrawn"]
    assert "withdrawn_at" not in data["hit.disposed"]
    assert data["hit.updated"]["picture_url"] is None


def test_ids_repeat_for_the_same_event_only(hit):
    def event_id(type_, hit_id, ordinal, now=NOW):
        return events.hit_event(type_, msgspec.structs.replace(hit, hit_id=hit_id), now, ordinal).event_id

    first = event_id("hit.created", "a", 0)
    assert first.startswith("msg_")
    assert len(first) == 68
    assert first == event_id("hit.created", "a", 0, NOW + timedelta(hours=1))
    others = [
        event_id("hit.updated", "a", 0),
        event_id("hit.updated", "a", 1),
        event_id("hit.updated", "a", 11),
        event_id("hit.created", "b", 0),
    ]
    assert len({first, *others}) == 5


def test_a_test_event_names_its_endpoint():
    first, again, other = (events.test_event("wh_1", NOW, nonce) for nonce in ("1", "1", "2"))
    assert json.loads(first.body) == {"type": "test", "timestamp": rfc3339(NOW), "data": {"webhook_id": "wh_1"}}
    assert first.event_id == again.event_id != other.event_id
