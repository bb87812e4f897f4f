"""The pipeline over a real store: what is accepted, what is a repeat, and when a change is live."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from platematch.errors import InvalidPlate, NotFound, SettingsError, StoreUnavailable, TooLarge
from platematch.intake import Outcome
from platematch.matcher.block import LISTS
from platematch.pipeline import Pipeline
from platematch.problem import invalid_item
from platematch.reads import PlateRead, Read
from platematch.settings import Settings
from platematch.store import hits
from platematch.watchlist import Entry, PutEntry, PutWatchlist, RemoveEntry, RemoveWatchlist, ReplaceEntries, Watchlist

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
STOLEN = Watchlist(watchlist_id="stolen", name="Stolen", purpose="a test", owner="nobody")


def read(plate: str, camera_id: str = "cam", at: datetime = NOW, **more: Any) -> Read:
    return Read(plate=plate, camera_id=camera_id, captured_at=at, **more)


def entry(plate: str, entry_id: str = "1", **more: Any) -> Entry:
    return Entry(entry_id=entry_id, plate=plate, reason="stolen", **more)


async def started(folder: Path, **settings: Any) -> Pipeline:
    return await Pipeline.start(Settings(data=str(folder), **settings), clock=lambda: NOW)


@pytest.fixture
async def pipeline(tmp_path: Path) -> AsyncIterator[Pipeline]:
    pipeline = await started(tmp_path)
    await pipeline.apply(PutWatchlist(STOLEN), "test")
    await pipeline.apply(PutEntry("stolen", entry("АА1234ВВ")), "test")
    yield pipeline
    await pipeline.close()


def counted(outcome: Outcome) -> tuple[int, int, int, int]:
    return outcome.accepted, outcome.duplicates, len(outcome.rejected), len(outcome.hits)


async def test_a_hit_is_in_the_store_when_accept_returns(pipeline: Pipeline) -> None:
    outcome = await pipeline.accept([read("AA1234BB"), read("KA7777HT")], NOW)
    assert counted(outcome) == (2, 0, 0, 1)
    stored = await pipeline.store.read(hits.get, outcome.hits[0].hit_id)
    assert stored is not None
    assert stored.read.plate == "AA1234BB"
    assert outcome.version == pipeline.version == 2


async def test_items_add_up_and_keep_their_places(pipeline: Pipeline) -> None:
    items = [
        read("AA1234BB", read_id="one"),
        invalid_item("no read at all"),
        read("-- ."),
        read("ABCDEFGHIJKLMNOPQ"),
        read("AA1234BB", read_id="one"),
        read("KA7777HT", at=NOW + timedelta(seconds=601)),
        read("KA7777HT", at=NOW + timedelta(seconds=599)),
        read("KA7777HT", at=datetime(1, 1, 1, tzinfo=UTC)),
    ]
    outcome = await pipeline.accept(items, NOW)
    assert counted(outcome) == (2, 1, 5, 2)
    assert [rejection.index for rejection in outcome.rejected] == [1, 2, 3, 5, 7]
    assert {rejection.problem.field for rejection in outcome.rejected} == {None, "$.plate", "$.captured_at"}
    assert len({hit.hit_id for hit in outcome.hits}) == 1


async def test_more_than_a_batch_is_taken_in_slices(pipeline: Pipeline) -> None:
    items: list[Any] = [read(f"KA{number:04d}HT", read_id=str(number)) for number in range(3000)]
    items[2500] = read("AA1234BB", read_id="hit")
    items[2999] = invalid_item("the last one")
    outcome = await pipeline.accept(items, NOW)
    assert counted(outcome) == (2999, 0, 1, 1)
    assert outcome.rejected[0].index == 2999
    assert outcome.hits[0].read_id == "hit"


async def test_nothing_sent_is_nothing_accepted(pipeline: Pipeline) -> None:
    assert counted(await pipeline.accept([], NOW)) == (0, 0, 0, 0)


async def test_requests_of_one_turn_do_not_mix(pipeline: Pipeline) -> None:
    requests = [[read("AA1234BB", f"cam-{n}", read_id=f"r{n}")] * 2 for n in range(20)]
    outcomes = await asyncio.gather(*(pipeline.accept(request, NOW) for request in requests))
    assert [counted(outcome) for outcome in outcomes] == [(1, 1, 0, 2)] * 20
    assert [{hit.read_id for hit in outcome.hits} for outcome in outcomes] == [{f"r{n}"} for n in range(20)]
    assert len({hit.hit_id for outcome in outcomes for hit in outcome.hits}) == 20


async def test_a_repeat_repeats_its_hits_whatever_it_holds(pipeline: Pipeline) -> None:
    first, second = await asyncio.gather(
        pipeline.accept([read("AA1234BB", read_id="r")], NOW), pipeline.accept([read("KA7777HT", read_id="r")], NOW)
    )
    assert (counted(first), counted(second)) == ((1, 0, 0, 1), (0, 1, 0, 1))
    later = await pipeline.accept([read("???", read_id="r")], NOW)
    assert counted(later) == (0, 1, 0, 1)
    assert later.hits == first.hits


async def test_the_same_moment_and_plate_is_the_same_read(pipeline: Pipeline) -> None:
    zone = NOW.astimezone().tzinfo
    assert counted(await pipeline.accept([read("KA7777HT")], NOW))[:2] == (1, 0)
    assert counted(await pipeline.accept([read("кА 7777-нт", at=NOW.astimezone(zone))], NOW))[:2] == (0, 1)
    assert counted(await pipeline.accept([read("KA7777HT", at=NOW + timedelta(milliseconds=1))], NOW))[:2] == (1, 0)


async def test_a_repeat_is_known_after_a_restart(tmp_path: Path) -> None:
    pipeline = await started(tmp_path)
    await pipeline.apply(PutWatchlist(STOLEN), "test")
    await pipeline.apply(PutEntry("stolen", entry("АА1234ВВ")), "test")
    first = await pipeline.accept([read("AA1234BB", read_id="r")], NOW)
    await pipeline.apply(RemoveEntry("stolen", "1"), "test")
    await pipeline.close()

    pipeline = await started(tmp_path)
    again = await pipeline.accept([read("AA1234BB", read_id="r"), read("AA1234BB", read_id="new")], NOW)
    assert counted(again) == (1, 1, 0, 1)
    assert again.hits[0].hit_id == first.hits[0].hit_id
    assert (pipeline.version, len(pipeline.matcher)) == (3, 0)
    await pipeline.close()


async def test_the_memory_of_reads_is_bounded(tmp_path: Path) -> None:
    pipeline = await started(tmp_path, recent_reads=10)
    await pipeline.apply(PutWatchlist(STOLEN), "test")
    await pipeline.apply(PutEntry("stolen", entry("AA1234BB")), "test")
    items = [read("AA1234BB" if n % 7 == 0 else "KA7777HT", f"cam-{n}", read_id=f"r{n}") for n in range(100)]
    assert counted(await pipeline.accept(items, NOW)) == (100, 0, 0, 15)
    assert len(pipeline.recorder.hits) == 10, "the last ten that did hit"
    assert counted(await pipeline.accept(items[:1], NOW)) == (0, 1, 0, 1), "the store knows what the memory forgot"
    await pipeline.close()


async def test_confidences_of_another_length_are_ignored_and_counted(pipeline: Pipeline) -> None:
    items = [read("AA 1234-BB", char_confidences=[0.9] * 8), read("KA7777HT", char_confidences=[0.9] * 7)]
    assert counted(await pipeline.accept(items, NOW))[0] == 2
    assert pipeline.intake.counts.confidences_ignored == 1


async def test_a_late_read_is_marked(pipeline: Pipeline) -> None:
    outcome = await pipeline.accept([read("AA1234BB", at=NOW - timedelta(seconds=601))], NOW)
    stored = await pipeline.store.read(hits.get, outcome.hits[0].hit_id)
    assert stored is not None
    assert stored.late


async def test_an_unavailable_store_fails_the_request_and_forgets_its_reads(pipeline: Pipeline) -> None:
    taken = [read("AA1234BB", "a", read_id="hit"), read("KA7777HT", "a", read_id="miss")]
    release = asyncio.Event()
    loop = asyncio.get_running_loop()
    blocked = asyncio.ensure_future(
        pipeline.store.write(lambda conn: asyncio.run_coroutine_threadsafe(release.wait(), loop).result(20))
    )
    await asyncio.sleep(0.1)
    fill = [asyncio.ensure_future(pipeline.store.write(lambda conn: None)) for _ in range(10_000)]
    await asyncio.sleep(0)
    with pytest.raises(StoreUnavailable):
        await pipeline.accept(taken, NOW)
    assert counted(await pipeline.accept([read("KA8888HT")], NOW)) == (1, 0, 0, 0), "what does not hit needs no store"
    release.set()
    await asyncio.gather(blocked, *fill)
    assert counted(await pipeline.accept(taken[:1], NOW)) == (1, 0, 0, 1)


async def test_a_change_is_live_when_apply_returns(pipeline: Pipeline) -> None:
    async def found(plate: str) -> int:
        instant = NOW + timedelta(seconds=pipeline.version)
        return len((await pipeline.accept([read(plate, at=instant)], NOW)).hits)

    assert await found("KA7777HT") == 0
    await pipeline.apply(PutEntry("stolen", entry("KA7777HT", "2")), "test")
    assert await found("KA7777HT") == 1
    await pipeline.apply(PutEntry("stolen", entry("BH5555AC", "2")), "test")
    assert (await found("KA7777HT"), await found("BH5555AC")) == (0, 1)
    await pipeline.apply(ReplaceEntries("stolen", [entry("CE4444MM", "3"), entry("AA1234BB")]), "test")
    assert (await found("BH5555AC"), await found("CE4444MM"), await found("AA1234BB")) == (0, 1, 1)
    await pipeline.apply(ReplaceEntries("stolen", [entry("CE0000MM", "4")], dry_run=True), "test")
    assert (await found("CE4444MM"), await found("CE0000MM")) == (1, 0)
    await pipeline.apply(RemoveWatchlist("stolen"), "test")
    assert (await found("CE4444MM"), len(pipeline.matcher)) == (0, 0)


async def test_a_change_survives_the_one_who_asked_for_it(pipeline: Pipeline) -> None:
    asking = asyncio.ensure_future(pipeline.apply(PutEntry("stolen", entry("KA7777HT", "2")), "test"))
    await asyncio.sleep(0)
    asking.cancel()
    for _ in range(100):
        if len(pipeline.matcher) == 2:
            break
        await asyncio.sleep(0.02)
    assert (len(pipeline.matcher), pipeline.version) == (2, 3)


async def test_a_change_that_fails_leaves_index_and_version(pipeline: Pipeline) -> None:
    with pytest.raises(InvalidPlate) as caught:
        await pipeline.apply(PutEntry("stolen", entry("- . -", "2")), "test")
    assert caught.value.field == "$.plate"
    with pytest.raises(NotFound):
        await pipeline.apply(PutEntry("absent", entry("KA7777HT")), "test")
    assert (len(pipeline.matcher), pipeline.version) == (1, 2)


async def test_more_entries_than_there_is_room_for_are_refused_before_they_are_stored(tmp_path: Path) -> None:
    pipeline = await started(tmp_path, max_entries=1000)
    await pipeline.apply(PutWatchlist(STOLEN), "test")
    plates = [entry(f"K{number:06d}", str(number)) for number in range(2500)]
    with pytest.raises(TooLarge, match="max_entries"):
        await pipeline.apply(ReplaceEntries("stolen", plates), "test")
    assert (len(pipeline.matcher), pipeline.version) == (0, 1)
    await pipeline.apply(ReplaceEntries("stolen", plates[:1000]), "test")
    assert (len(pipeline.matcher), pipeline.version) == (1000, 2)
    await pipeline.close()


async def test_a_list_too_many_is_refused_before_it_is_stored(pipeline: Pipeline) -> None:
    for number in range(1, LISTS):
        pipeline.matcher.put_watchlist(replace(STOLEN, watchlist_id=f"list-{number}"), NOW, 1)
    with pytest.raises(TooLarge, match="no room for another"):
        await pipeline.apply(PutWatchlist(replace(STOLEN, watchlist_id="more")), "test")
    assert pipeline.version == 2
    assert (await pipeline.apply(PutWatchlist(replace(STOLEN, name="New")), "test")).version == 3


async def test_reads_are_matched_while_lists_change(pipeline: Pipeline) -> None:
    """An entry that comes, goes and gets another plate while it is read makes hits of the plate it had, or none."""
    done = asyncio.Event()

    async def change() -> None:
        for _ in range(40):
            await pipeline.apply(PutEntry("stolen", entry("KA7777HT", "2")), "test")
            await pipeline.apply(PutEntry("stolen", entry("BH5555CX", "2")), "test")
            await pipeline.apply(RemoveEntry("stolen", "2"), "test")
        done.set()

    changing = asyncio.create_task(change())
    number = found = 0
    while not done.is_set():
        plates = ["KA7777HT", "BH5555CX", "AA1234BB"]
        reads = [read(plate, read_id=f"{number}-{plate}", camera_id=f"cam{number}") for plate in plates]
        outcome = await pipeline.accept(reads, NOW)
        assert all(hit.plate == {"AA1234BB": "АА1234ВВ"}.get(hit.read, hit.read) for hit in outcome.hits)
        assert sum(hit.read == "AA1234BB" for hit in outcome.hits) == 1
        found += len(outcome.hits) - 1
        number += 1
        await asyncio.sleep(number % 7 / 2000)  # or reads and changes would go in step
    await changing
    assert found > 0
    assert counted(await pipeline.accept([read("KA7777HT"), read("BH5555CX")], NOW)) == (2, 0, 0, 0)


async def test_a_preview_stores_nothing(pipeline: Pipeline) -> None:
    preview = pipeline.preview(PlateRead(plate="AA1Z34BB"))
    assert [match.plate for match in preview.matches] == ["АА1234ВВ"]
    assert preview.background > 0
    assert await pipeline.store.read(hits.page, None, 10) == ([], None)
    with pytest.raises(InvalidPlate):
        pipeline.preview(PlateRead(plate="..."))


def answer(pipeline: Pipeline, asked: PlateRead) -> list[tuple[str, float]]:
    return [(match.entry_id, round(match.probability, 9)) for match in pipeline.preview(asked).matches]


async def test_a_restart_brings_every_list_back(tmp_path: Path) -> None:
    pipeline = await started(tmp_path)
    await pipeline.apply(PutWatchlist(STOLEN), "test")
    plates = [entry(f"KA{number:04d}HT", str(number)) for number in range(700)]
    await pipeline.apply(ReplaceEntries("stolen", [*plates, entry("AA12??BB", "pattern")]), "test")
    asked = [PlateRead(plate="KA0042HT"), PlateRead(plate="AA1234BB")]
    before = [answer(pipeline, one) for one in asked]
    await pipeline.close()
    pipeline = await started(tmp_path)
    assert [answer(pipeline, one) for one in asked] == before
    assert (len(pipeline.matcher), pipeline.version) == (701, 2)
    await pipeline.close()


async def test_an_unknown_home_country_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="home_country"):
        await started(tmp_path, home_country="XX")
